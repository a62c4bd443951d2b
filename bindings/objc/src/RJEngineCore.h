// What an engine is made of, and how events get from the library to its delegate.
#import <RejoinKit/RJRtcEngineKit.h>

#import "RJEvents.h"
#import "RJRuntime.h"

RJ_NOTHING_NIL_BEGIN

@class RJStays;

// What tells a core that events wait, where its delegate hears: a run loop's watcher or a dispatch
// source on its event fd.
@protocol RJEventSource <NSObject>
// Ends it, on any thread; the descriptor is kept open until who watches it has let go.
- (void)invalidate;
@end

// An engine without its face. It outlives the engine while a source still knows it, and refers to
// it weakly: so an engine may go on any thread, also while its events are told.
//
// No lock is held while an app's code runs.
@interface RJEngineCore : NSObject {
@private
  NSLock *_lock; // of all that is below
  RJRtcEngineConfig *_config;
  RJRuntime *_runtime;
  RJClientHandle *_handle; // nil: destroyed
  id<RJEventSource> _source;
  RJ_WEAK_VAR RJRtcEngineKit *_engine;
  RJ_WEAK_VAR id<RJRtcEngineDelegate> _delegate;
  uint64_t _hears; // RJHearsOfDelegate
  NSError *_lastError;
  RJLinkFaults *_up, *_down;
#ifdef __BLOCKS__
  RJStays *_stays;
#endif
}

// As -[RJRtcEngineKit initWithConfig:delegate:error:]; a simulated runtime's own clients are told
// by RJSimulation.
- (RJ_INSTANCETYPE_OR_NIL)initWithConfig:(RJRtcEngineConfig *)config
                                 runtime:(RJRuntime *)runtime
                               simulated:(BOOL)simulated
                                   error:(RJ_ERROR_OUT)error;

// Has the delegate told from now on. NO: RJStatusInvalidArgument (the run loop),
// RJStatusResourceLimited.
- (BOOL)startForEngine:(RJRtcEngineKit *)engine simulated:(BOOL)simulated error:(RJ_ERROR_OUT)error;

- (void)destroy;
- (BOOL)isAlive;

// The library's client, kept while the pool is, so that another thread's destroy does not take it
// away; nil: destroyed.
- (RJClientHandle *RJ_OR_NIL)handle;

- (RJRtcEngineConfig *)config;
- (RJRuntime *)runtime;
- (id<RJRtcEngineDelegate> RJ_OR_NIL)delegate;
- (void)setDelegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate;
- (NSError *RJ_OR_NIL)lastError;
- (void)setLastError:(NSError *)error;

// As the engine's methods; the blocks as void (^)(NSString *, NSUInteger, NSInteger) and void
// (^)(RJChannelStats *), or NULL.
- (BOOL)joinChannel:(NSString *)channel
              token:(NSString *RJ_OR_NIL)token
                uid:(NSUInteger)uid
            success:(void *RJ_OR_NULL)success
              error:(RJ_ERROR_OUT)error;
- (BOOL)leaveAndCall:(void *RJ_OR_NULL)left error:(RJ_ERROR_OUT)error;

- (RJLinkFaults *)faultsOf:(RJLinkDirections)direction;
// Sets each direction's faults to what `change` makes of them; all or none.
- (BOOL)changeFaults:(RJLinkDirections)directions
                with:(void (*)(RJLinkFaults *faults, void *RJ_OR_NULL context))change
             context:(void *RJ_OR_NULL)context
               error:(RJ_ERROR_OUT)error;

// Takes the next event into `event`, whose size is set, and tells it; NO: there is none.
- (BOOL)tellNext:(rj_event *)event;

// A turn: tells what waits, but no more than leaves other work of the thread its turn.
- (void)takeTurn;

@end

// The form of faults for C; not of nil.
rj_faults RJFaultsForC(RJLinkFaults *faults);

// Without ARC a weak reference needs the object's help: NO when it is going already.
@interface RJRtcEngineKit (Internal)
- (RJ_INSTANCETYPE_OR_NIL)initWithConfig:(RJRtcEngineConfig *)config
                                delegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate
                                 runtime:(RJRuntime *)runtime
                               simulated:(BOOL)simulated
                                   error:(RJ_ERROR_OUT)error;
- (RJEngineCore *)core;
#if !RJ_ARC
- (BOOL)retainUnlessGone;
#endif
@end

@interface RJRtcEngineConfig (Internal)
// A client of the library with these options; NULL: it failed.
- (rj_client *RJ_OR_NULL)makeClientIn:(RJRuntime *)runtime error:(RJ_ERROR_OUT)error;
@end

RJ_NOTHING_NIL_END
