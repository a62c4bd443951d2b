// A network in virtual time.
#import <RejoinKit/RJSimulation.h>

#import "RJEdgeInternal.h"
#import "RJEngineCore.h"

@implementation RJSimulation

RJ_NO_INIT

- (instancetype)initWithSeed:(uint64_t)seed error:(NSError **)error {
  return [self initWithSeed:seed wallClock:0 error:error];
}

- (instancetype)initWithSeed:(uint64_t)seed
                   wallClock:(NSTimeInterval)wallClock
                       error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  rj_runtime_options options = {
      .size = sizeof options, .simulated = 1, .seed = seed, .wall_ns = RJNanoseconds(wallClock)};
  _runtime = [[RJRuntime alloc] initWithOptions:&options error:error];
  if (_runtime == nil) {
    RJ_RELEASE(self);
    return nil;
  }
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_runtime);
  RJ_SUPER_DEALLOC;
}

// ---- what lives in it

- (RJEdge *)edgeWithConfig:(RJEdgeConfig *)config error:(NSError **)error {
  return RJ_AUTORELEASE([[RJEdge alloc] initWithConfig:config runtime:_runtime error:error]);
}

- (RJRtcEngineKit *)clientWithConfig:(RJRtcEngineConfig *)config
                            delegate:(id<RJRtcEngineDelegate>)delegate
                               error:(NSError **)error {
  return RJ_AUTORELEASE([[RJRtcEngineKit alloc] initWithConfig:config
                                                      delegate:delegate
                                                       runtime:_runtime
                                                     simulated:YES
                                                         error:error]);
}

- (RJRtcEngineKit *)clientAtEdge:(RJEdge *)edge
                        delegate:(id<RJRtcEngineDelegate>)delegate
                           error:(NSError **)error {
  return [self clientWithConfig:[RJRtcEngineConfig configWithEdge:edge]
                       delegate:delegate
                          error:error];
}

// ---- time

- (NSTimeInterval)now {
  return [_runtime now];
}

// Tells the events of this tick.
- (void)tell {
  rj_event event;
  event.size = sizeof event;
  BOOL more = YES;
  while (more) {
    RJ_POOL_BEGIN
      RJEngineCore *core = [_runtime nextReady:&more];
      while (core != nil && [core tellNext:&event])
        continue;
    RJ_POOL_END
  }
}

// 1: it was so; 0: the time is over; -1: it failed.
- (int)advanceTo:(int64_t)end
           until:(RJCondition)condition
         context:(void *)context
           error:(NSError **)error {
  [self tell];
  while (!condition(context)) {
    if (rj_runtime_now([_runtime pointer]) >= end)
      return 0;
    int32_t status = rj_runtime_run([_runtime pointer], end, 1);
    if (status < 0) {
      RJFailAsLibrary(error, status, rj_runtime_error_text([_runtime pointer]), NULL);
      return -1;
    }
    [self tell];
  }
  return 1;
}

- (int)advanceBy:(NSTimeInterval)seconds
           until:(RJCondition)condition
         context:(void *)context
           error:(NSError **)error {
  if (!(seconds >= 0)) {
    RJFail(error, RJStatusInvalidArgument, @"seconds",
           [NSString stringWithFormat:@"time cannot pass by %g s", seconds]);
    return -1;
  }
  if (__atomic_exchange_n(&_running, 1, __ATOMIC_ACQUIRE) != 0) {
    RJFail(error, RJStatusInvalidState, nil,
           @"this simulation runs already; it cannot run inside itself");
    return -1;
  }
  int64_t now = rj_runtime_now([_runtime pointer]), span = RJNanoseconds(seconds);
  int64_t end = span > INT64_MAX - now ? INT64_MAX : now + span;
  (void)RJ_RETAIN(self); // a delegate may let go of it
  int result = [self advanceTo:end until:condition context:context error:error];
  __atomic_store_n(&_running, 0, __ATOMIC_RELEASE);
  RJ_RELEASE(self);
  return result;
}

static BOOL never(void *context) {
  (void)context;
  return NO;
}

- (BOOL)runFor:(NSTimeInterval)seconds error:(NSError **)error {
  return [self advanceBy:seconds until:never context:NULL error:error] >= 0;
}

- (BOOL)runUntilFunction:(RJCondition)condition
                 context:(void *)context
                   limit:(NSTimeInterval)limit
                   error:(NSError **)error {
  int result = [self advanceBy:limit until:condition context:context error:error];
  if (result == 0)
    RJFail(error, RJStatusTimedOut, @"limit",
           [NSString stringWithFormat:@"not so after %g s of virtual time; it is %.3f s now", limit,
                                      [self now]]);
  return result == 1;
}

- (BOOL)stepWallClockBy:(NSTimeInterval)seconds error:(NSError **)error {
  int32_t status = rj_runtime_step_wall([_runtime pointer], RJNanoseconds(seconds));
  return status == RJ_OK || // it has no other argument
         RJFail(error, status, @"seconds", RJText(rj_runtime_error_text([_runtime pointer])));
}

typedef struct {
  void *engine;
  RJConnectionState state;
} wanted_state;

static BOOL is_in_state(void *context) {
  const wanted_state *wanted = context;
  return [RJ_LOOK(RJRtcEngineKit *, wanted->engine) getConnectionState] == wanted->state;
}

- (BOOL)runUntilEngine:(RJRtcEngineKit *)engine
             isInState:(RJConnectionState)state
                 limit:(NSTimeInterval)limit
                 error:(NSError **)error {
  wanted_state wanted = {RJ_LOOK(void *, engine), state};
  return [self runUntilFunction:is_in_state context:&wanted limit:limit error:error];
}

#ifdef __BLOCKS__
static BOOL ask_block(void *context) {
  return ((BOOL(^)(void))RJ_LOOK(id, context))();
}

- (BOOL)runUntil:(BOOL (^)(void))condition limit:(NSTimeInterval)limit error:(NSError **)error {
  return [self runUntilFunction:ask_block
                        context:RJ_LOOK(void *, condition)
                          limit:limit
                          error:error];
}
#endif

@end
