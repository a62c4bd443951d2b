// An engine's network, to be made worse in each direction.
#import <RejoinKit/RJLink.h>

#import "RJEngineCore.h"

@implementation RJLinkFaults

@synthesize blackhole = _blackhole;
@synthesize loss = _loss;
@synthesize delay = _delay;

- (id)copyWithZone:(NSZone *)zone {
  (void)zone;
  RJLinkFaults *copy = [[RJLinkFaults alloc] init];
  copy->_blackhole = _blackhole;
  copy->_loss = _loss;
  copy->_delay = _delay;
  return copy;
}

@end

static void cut(RJLinkFaults *faults, void *context) {
  [faults setBlackhole:context != NULL];
}

static void set(RJLinkFaults *faults, void *context) {
  RJLinkFaults *wanted = RJ_LOOK(RJLinkFaults *, context);
  if (wanted == nil) // which answers anything where a floating-point number is expected
    return;
  [faults setBlackhole:[wanted blackhole]];
  [faults setLoss:[wanted loss]];
  [faults setDelay:[wanted delay]];
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
