// What an engine is made of, and how events get from the library to its delegate.
#import "RJEngineCore.h"

#import "RJDispatchSource.h"
#import "RJRunLoopSource.h"
#import "RJStays.h"

enum { EVENTS_IN_A_TURN = 256 };

static const RJArgumentName join_names[] = {{"token", "token"}, {NULL, NULL}};

@implementation RJEngineCore

// ---- life

- (instancetype)initWithConfig:(RJRtcEngineConfig *)config
                       runtime:(RJRuntime *)runtime
                     simulated:(BOOL)simulated
                         error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  rj_client *client = [config makeClientIn:runtime error:error];
  if (client == NULL) {
    RJ_RELEASE(self);
    return nil;
  }
  _lock = [[NSLock alloc] init];
  _config = [config copy];
  _runtime = RJ_RETAIN(runtime);
  _handle = [[RJClientHandle alloc] initWithClient:client runtime:runtime];
  _up = [[RJLinkFaults alloc] init];
  [_up setDelay:simulated ? 0.01 : 0];
  _down = [_up copy];
#ifdef __BLOCKS__
  _stays = [[RJStays alloc] init];
#endif
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_lock);
  RJ_RELEASE(_config);
  RJ_RELEASE(_handle);
  RJ_RELEASE(_runtime);
  RJ_RELEASE(_source);
  RJ_RELEASE(_lastError);
  RJ_RELEASE(_up);
  RJ_RELEASE(_down);
#ifdef __BLOCKS__
  RJ_RELEASE(_stays);
#endif
  RJ_SUPER_DEALLOC;
}

- (id<RJEventSource>)newSource:(NSError **)error {
  int32_t fd = rj_client_event_fd([_handle client]);
  if (fd < 0) {
    RJFailAsLibrary(error, fd, rj_client_error_text([_handle client]), NULL);
    return nil;
  }
#if RJ_HAS_DISPATCH
  dispatch_queue_t queue = [_config delegateQueue];
#if !RJ_HAS_RUN_LOOPS
  if (queue == NULL)
    queue = dispatch_get_main_queue();
#endif
  if (queue != NULL)
    return [[RJDispatchSource alloc] initWithDescriptor:fd core:self handle:_handle queue:queue];
#endif
#if RJ_HAS_RUN_LOOPS
  return [[RJRunLoopSource alloc] initWithDescriptor:fd
                                                core:self
                                              handle:_handle
                                             runLoop:[_config runLoop]
                                                mode:[_config runLoopMode]
                                               error:error];
#endif
}

- (BOOL)startForEngine:(RJRtcEngineKit *)engine simulated:(BOOL)simulated error:(NSError **)error {
  _engine = engine;
  if (simulated) {
    [_runtime addCore:self ofClient:[_handle client]];
    return YES;
  }
  _source = [self newSource:error];
  return _source != nil;
}

- (void)destroy {
  [_lock lock];
  RJ_UNTIL_END RJClientHandle *handle = _handle;
  RJ_UNTIL_END id<RJEventSource> source = _source;
  _handle = nil;
  _source = nil;
  _engine = nil;
#ifdef __BLOCKS__
  RJ_UNTIL_END RJStays *stays = _stays;
  _stays = nil;
#endif
  [_lock unlock];
  RJ_POOL_BEGIN // the last reference may go on a thread that has none
    if (handle != nil) {
      // At once, also while another thread still has the handle.
      rj_client_leave_channel([handle client]);
      [_runtime forgetClient:[handle client]];
    }
    [source invalidate];
    RJ_RELEASE(source);
    RJ_RELEASE(handle);
#ifdef __BLOCKS__
    RJ_RELEASE(stays); // outside the lock, as what the blocks keep goes with them
#endif
  RJ_POOL_END
}

- (BOOL)isAlive {
  [_lock lock];
  BOOL alive = _handle != nil;
  [_lock unlock];
  return alive;
}

- (RJClientHandle *)handle {
  [_lock lock];
  RJClientHandle *handle = RJ_RETAIN(_handle);
  [_lock unlock];
  return RJ_AUTORELEASE(handle);
}

// ---- what the engine knows

- (RJRtcEngineConfig *)config {
  return _config;
}

- (RJRuntime *)runtime {
  return _runtime;
}

- (id<RJRtcEngineDelegate>)delegate {
  [_lock lock];
  id<RJRtcEngineDelegate> delegate = RJ_RETAIN(_delegate);
  [_lock unlock];
  return RJ_AUTORELEASE(delegate);
}

- (void)setDelegate:(id<RJRtcEngineDelegate>)delegate {
  uint64_t hears = RJHearsOfDelegate(delegate);
  [_lock lock];
  _delegate = delegate;
  _hears = hears;
  [_lock unlock];
}

- (NSError *)lastError {
  [_lock lock];
  NSError *error = RJ_RETAIN(_lastError);
  [_lock unlock];
  return RJ_AUTORELEASE(error);
}

- (void)setLastError:(NSError *)error {
  [_lock lock];
  RJ_UNTIL_END NSError *old = _lastError;
  _lastError = RJ_RETAIN(error);
  [_lock unlock];
  RJ_RELEASE(old);
}

// ---- stays: one call at a time, so that a stay's number is its place in the queue

- (BOOL)joinChannel:(NSString *)channel
              token:(NSString *)token
                uid:(NSUInteger)uid
            success:(void *)success
              error:(NSError **)error {
  if (!RJCheckText(channel, @"channel", RJStatusInvalidChannelName, error) ||
      !RJCheckText(token, @"token", RJStatusInvalidArgument, error) || !RJCheckUid(uid, error))
    return NO;
  BOOL joined;
  [_lock lock];
  if (_handle == nil) {
    joined = RJFailDestroyed(error);
  } else {
    int32_t status = rj_client_join_channel([_handle client], RJBytes(token),
                                            RJBytesOrEmpty(channel), (uint32_t)uid);
    joined = status == RJ_OK;
    if (!joined)
      RJFailAsLibrary(error, status, rj_client_error_text([_handle client]), join_names);
#ifdef __BLOCKS__
    else // what comes of it is not told before the lock is free
      [_stays joined:success];
#endif
  }
  [_lock unlock];
  (void)success;
  return joined;
}

- (BOOL)leaveAndCall:(void *)left error:(NSError **)error {
  BOOL leaves = YES;
  [_lock lock];
  if (_handle == nil) {
    leaves = RJFailDestroyed(error);
  } else {
#ifdef __BLOCKS__
    BOOL out = rj_client_connection_state([_handle client]) == RJ_STATE_DISCONNECTED;
#endif
    int32_t status = rj_client_leave_channel([_handle client]);
    if (status < 0)
      leaves = RJFailAsLibrary(error, status, rj_client_error_text([_handle client]), NULL);
#ifdef __BLOCKS__
    else if (!out)
      [_stays leaving:left];
#endif
  }
  [_lock unlock];
  (void)left;
  return leaves;
}

// ---- faults

- (RJLinkFaults *)faultsOf:(RJLinkDirections)direction {
  [_lock lock];
  RJLinkFaults *faults = [(direction == RJLinkUp ? _up : _down) copy];
  [_lock unlock];
  return RJ_AUTORELEASE(faults);
}

rj_faults RJFaultsForC(RJLinkFaults *faults) {
  return (rj_faults){.size = sizeof(rj_faults),
                     .blackhole = [faults blackhole] ? 1 : 0,
                     .loss = [faults loss],
                     .delay_ns = RJNanoseconds([faults delay]),
                     .jitter_ns = RJNanoseconds([faults jitter]),
                     .burst = [faults burst],
                     .duplicate = [faults duplicate],
                     .reorder = [faults reorder],
                     .corrupt = [faults corrupt],
                     .rate = [faults rate],
                     .queue = [faults queue],
                     .mtu = [faults mtu],
                     .nat_idle_ns = RJNanoseconds([faults natIdle])};
}

static BOOL set_faults(RJClientHandle *handle, int32_t direction, RJLinkFaults *faults,
                       NSError **error) {
  static const RJArgumentName names[] = {
      {"loss", "loss"},       {"delay_ns", "delay"},      {"jitter_ns", "jitter"},
      {"burst", "burst"},     {"duplicate", "duplicate"}, {"reorder", "reorder"},
      {"corrupt", "corrupt"}, {"rate", "rate"},           {"queue", "queue"},
      {"mtu", "mtu"},         {"nat_idle_ns", "natIdle"}, {NULL, NULL},
  };
  const rj_faults c = RJFaultsForC(faults);
  int32_t status = rj_client_set_faults([handle client], direction, &c);
  return status == RJ_OK ||
         RJFailAsLibrary(error, status, rj_client_error_text([handle client]), names);
}

- (BOOL)changeFaults:(RJLinkDirections)directions
                with:(void (*)(RJLinkFaults *, void *))change
             context:(void *)context
               error:(NSError **)error {
  BOOL done;
  [_lock lock];
  RJLinkFaults *up = [_up copy], *down = [_down copy];
  if ((directions & RJLinkUp) != 0)
    change(up, context);
  if ((directions & RJLinkDown) != 0)
    change(down, context);
  if (directions == RJLinkBoth)
    [down setNatIdle:0]; // which is of the way up
  // The two have the same faults to be set, so what is refused is refused of the first.
  if (_handle == nil)
    done = RJFailDestroyed(error);
  else
    done = ((directions & RJLinkUp) == 0 || set_faults(_handle, RJ_DIRECTION_UP, up, error)) &&
           ((directions & RJLinkDown) == 0 || set_faults(_handle, RJ_DIRECTION_DOWN, down, error));
  if (done) {
    RJ_RELEASE(_up);
    RJ_RELEASE(_down);
    _up = RJ_RETAIN(up);
    _down = RJ_RETAIN(down);
  }
  RJ_RELEASE(up);
  RJ_RELEASE(down);
  [_lock unlock];
  return done;
}

// ---- events on their way to the app

// The engine, kept while the pool is; nil when nobody has it any more. Under the lock, where its
// dealloc waits.
- (RJRtcEngineKit *)keptEngine {
#if RJ_ARC
  return _engine;
#else
  return _engine != nil && [_engine retainUnlessGone] ? [_engine autorelease] : nil;
#endif
}

- (void)tell:(const rj_event *)event {
  [_lock lock];
  RJRtcEngineKit *engine = [self keptEngine];
  // Kept, so that who sets the delegate to nil may let it go while it hears.
  id<RJRtcEngineDelegate> delegate = RJ_AUTORELEASE(RJ_RETAIN(_delegate));
  uint64_t hears = _hears;
#ifdef __BLOCKS__
  RJStayEnd *end = RJ_AUTORELEASE([_stays newEndBy:event]);
#endif
  [_lock unlock];
  if (engine == nil)
    return;
#ifdef __BLOCKS__
  [end callWith:event];
#endif
  if (RJHears(hears, 0) && [self isAlive])
    [delegate rtcEngine:engine
        didReceiveEvent:RJ_AUTORELEASE([[RJRtcEvent alloc] initWithEvent:event])];
  if (RJHears(hears, event->kind) && [self isAlive])
    RJTell(delegate, engine, event);
}

- (BOOL)tellNext:(rj_event *)event {
  BOOL told = NO;
  RJ_POOL_BEGIN
    RJClientHandle *handle = [self handle];
    if (handle != nil && rj_client_next_event([handle client], event) == 1) {
      told = YES;
      [self tell:event];
    }
  RJ_POOL_END
  return told;
}

- (void)takeTurn {
  rj_event event;
  event.size = sizeof event;
  int left = EVENTS_IN_A_TURN;
  while (left > 0 && [self tellNext:&event])
    left--; // with more waiting the descriptor stays readable
}

@end
