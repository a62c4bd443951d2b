// An engine's network, to be made worse in each direction.
#import <RejoinKit/RJLink.h>

#import "RJEngineCore.h"

@interface RJLinkFaults ()
- (void)take:(RJLinkFaults *)other;
@end

@implementation RJLinkFaults

@synthesize blackhole = _blackhole;
@synthesize loss = _loss;
@synthesize delay = _delay;
@synthesize jitter = _jitter;
@synthesize burst = _burst;
@synthesize duplicate = _duplicate;
@synthesize reorder = _reorder;
@synthesize corrupt = _corrupt;
@synthesize rate = _rate;
@synthesize queue = _queue;
@synthesize mtu = _mtu;
@synthesize natIdle = _natIdle;

- (void)take:(RJLinkFaults *)other {
  if (other == nil)
    return;
  _blackhole = other->_blackhole;
  _loss = other->_loss;
  _delay = other->_delay;
  _jitter = other->_jitter;
  _burst = other->_burst;
  _duplicate = other->_duplicate;
  _reorder = other->_reorder;
  _corrupt = other->_corrupt;
  _rate = other->_rate;
  _queue = other->_queue;
  _mtu = other->_mtu;
  _natIdle = other->_natIdle;
}

- (id)copyWithZone:(NSZone *)zone {
  (void)zone;
  RJLinkFaults *copy = [[RJLinkFaults alloc] init];
  [copy take:self];
  return copy;
}

@end

@implementation RJAddressChange

@synthesize network = _network;
@synthesize overlap = _overlap;
@synthesize address = _address;
@synthesize dead = _dead;

- (instancetype)init {
  self = [super init];
  if (self != nil)
    _network = RJNetworkTypeUnknown;
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_address);
  RJ_SUPER_DEALLOC;
}

@end

@implementation RJNetworkStep

@synthesize at = _at;
@synthesize up = _up;
@synthesize down = _down;
@synthesize moves = _moves;
@synthesize overlap = _overlap;
@synthesize network = _network;

- (instancetype)init {
  self = [super init];
  if (self != nil)
    _network = RJNetworkTypeUnknown;
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_up);
  RJ_RELEASE(_down);
  RJ_SUPER_DEALLOC;
}

@end

static void cut(RJLinkFaults *faults, void *context) {
  [faults setBlackhole:context != NULL];
}

static void set(RJLinkFaults *faults, void *context) {
  [faults take:RJ_LOOK(RJLinkFaults *, context)];
}

@implementation RJLink

RJ_NO_INIT

- (instancetype)initWithEngine:(RJRtcEngineKit *)engine {
  self = [super init];
  if (self != nil)
    _engine = RJ_RETAIN(engine);
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_engine);
  RJ_SUPER_DEALLOC;
}

- (RJLinkFaults *)up {
  return [[_engine core] faultsOf:RJLinkUp];
}

- (RJLinkFaults *)down {
  return [[_engine core] faultsOf:RJLinkDown];
}

static BOOL succeeded(RJClientHandle *handle, int32_t status, NSError **error) {
  static const RJArgumentName names[] = {{"network", "network"}, {"overlap_ns", "overlap"},
                                         {"address", "address"}, {"dead", "dead"},
                                         {"name", "name"},       {NULL, NULL}};
  return status >= 0 ||
         RJFailAsLibrary(error, status, rj_client_error_text([handle client]), names);
}

- (BOOL)followNetwork:(NSString *)name error:(NSError **)error {
  RJClientHandle *handle = [[_engine core] handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  if (!RJCheckText(name, @"name", RJStatusInvalidArgument, error))
    return NO;
  return succeeded(handle, rj_client_follow_network([handle client], RJBytes(name)), error);
}

// One step in the form for C, with its faults.
typedef struct {
  rj_network_step step;
  rj_faults up, down;
} c_step;

static void fill_step(c_step *c, RJNetworkStep *step) {
  c->step = (rj_network_step){.size = sizeof c->step,
                              .moves = [step moves] ? 1 : 0,
                              .at_ns = RJNanoseconds([step at]),
                              .overlap_ns = RJNanoseconds([step overlap]),
                              .network = (int32_t)[step network]};
  RJLinkFaults *up = [step up], *down = [step down];
  if (up != nil) {
    c->up = RJFaultsForC(up);
    c->step.up = &c->up;
  }
  if (down != nil) {
    c->down = RJFaultsForC(down);
    c->step.down = &c->down;
  }
}

- (BOOL)followSteps:(NSArray *)steps repeat:(NSTimeInterval)seconds error:(NSError **)error {
  RJClientHandle *handle = [[_engine core] handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  NSUInteger count = [steps count];
  NSMutableData *room = [NSMutableData dataWithLength:(count + 1) * sizeof(c_step)];
  NSMutableData *list = [NSMutableData dataWithLength:(count + 1) * sizeof(rj_network_step *)];
  c_step *all = [room mutableBytes];
  const rj_network_step **pointers = [list mutableBytes];
  for (NSUInteger i = 0; i < count; i++) {
    fill_step(&all[i], [steps objectAtIndex:i]);
    pointers[i] = &all[i].step;
  }
  uint32_t length = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count; // which is too many, too
  int32_t status =
      rj_client_follow_steps([handle client], pointers, length, RJNanoseconds(seconds));
  if (status == RJ_OK)
    return YES;
  NSString *text = RJText(rj_client_error_text([handle client]));
  return RJFail(error, status, [text hasPrefix:@"repeat_ns"] ? @"seconds" : @"steps", text);
}

- (BOOL)rebindPortAndReturnError:(NSError **)error {
  RJClientHandle *handle = [[_engine core] handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  return succeeded(handle, rj_client_rebind([handle client], RJ_REBIND_PORT, NULL), error);
}

- (BOOL)rebindAddress:(NSString *)address error:(NSError **)error {
  RJClientHandle *handle = [[_engine core] handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  if (!RJCheckText(address, @"address", RJStatusInvalidArgument, error))
    return NO;
  return succeeded(handle, rj_client_rebind([handle client], RJ_REBIND_ADDRESS, RJBytes(address)),
                   error);
}

- (BOOL)changeAddress:(RJAddressChange *)change error:(NSError **)error {
  RJClientHandle *handle = [[_engine core] handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  if (change == nil)
    return succeeded(handle, rj_client_change_address([handle client], NULL), error);
  if (!RJCheckText([change address], @"address", RJStatusInvalidArgument, error))
    return NO;
  const rj_address_change c = {.size = sizeof c,
                               .network = (int32_t)[change network],
                               .overlap_ns = RJNanoseconds([change overlap]),
                               .address = RJBytes([change address]),
                               .dead = [change isDead] ? 1 : 0};
  return succeeded(handle, rj_client_change_address([handle client], &c), error);
}

- (BOOL)cut:(RJLinkDirections)directions error:(NSError **)error {
  static char yes;
  return [[_engine core] changeFaults:directions with:cut context:&yes error:error];
}

- (BOOL)heal:(RJLinkDirections)directions error:(NSError **)error {
  return [[_engine core] changeFaults:directions with:cut context:NULL error:error];
}

- (BOOL)setFaults:(RJLinkFaults *)faults
       directions:(RJLinkDirections)directions
            error:(NSError **)error {
  return [[_engine core] changeFaults:directions
                                 with:set
                              context:RJ_LOOK(void *, faults)
                                error:error];
}

@end
