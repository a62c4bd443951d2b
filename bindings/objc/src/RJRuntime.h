// A runtime of the library, and the handles in it: each is freed by whoever lets go last.
#import "RJInternal.h"

RJ_NOTHING_NIL_BEGIN

@class RJEngineCore;

// A real runtime with its thread, or a simulated one. Its clients and edges hold it, so it goes
// after them.
@interface RJRuntime : NSObject {
@private
  rj_runtime *_pointer;
  NSLock *_lock;
  NSMutableDictionary *_cores; // of simulated clients, by their addresses
}

// The one that all real engines share: made when first asked for, and kept, since freeing one waits
// for goodbyes.
+ (RJRuntime *RJ_OR_NIL)sharedRuntimeAndReturnError:(RJ_ERROR_OUT)error;

// nil: RJStatusInvalidArgument (the wall clock), RJStatusResourceLimited.
- (RJ_INSTANCETYPE_OR_NIL)initWithOptions:(const rj_runtime_options *RJ_OR_NULL)options
                                    error:(RJ_ERROR_OUT)error;

- (rj_runtime *)pointer RJ_INNER_POINTER;
- (NSTimeInterval)now;

// Whose events nextReady: tells of. Forget it before its client is freed, as another may get the
// address.
- (void)addCore:(RJEngineCore *)core ofClient:(rj_client *)client;
- (void)forgetClient:(rj_client *)client;

// The next simulated client with events. *more is NO when there is none; nil with YES: it is gone
// meanwhile.
- (RJEngineCore *RJ_OR_NIL)nextReady:(BOOL *)more;

@end

// A client of the library; freeing it leaves its channel (S-30).
@interface RJClientHandle : NSObject {
@private
  rj_client *_client;
  RJRuntime *_runtime;
}

- (instancetype)initWithClient:(rj_client *)client runtime:(RJRuntime *)runtime;
- (rj_client *)client RJ_INNER_POINTER;

@end

// An edge of the library.
@interface RJEdgeHandle : NSObject {
@private
  rj_edge *_edge;
  RJRuntime *_runtime;
}

- (instancetype)initWithEdge:(rj_edge *)edge runtime:(RJRuntime *)runtime;
- (rj_edge *)edge RJ_INNER_POINTER;

@end

RJ_NOTHING_NIL_END
