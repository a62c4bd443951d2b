// A network in virtual time: the real protocol and the real TLS, and twenty minutes pass in
// milliseconds.
#import <RejoinKit/RJEdge.h>
#import <RejoinKit/RJRtcEngineKit.h>

RJ_NOTHING_NIL_BEGIN

/// What -[RJSimulation runUntilFunction:context:limit:error:] asks; `context` is what it was given.
typedef BOOL (*RJCondition)(void *RJ_OR_NULL context);

/// Edges and clients in a virtual network. Nothing moves but inside its run methods; the same seed
/// gives the same events at the same times.
///
/// Delegates hear on the thread that runs the simulation, in the tick (0.001 s) in which things
/// happen, so what they do in turn happens there and then. Any thread may run it, one at a time. It
/// lives as long as something in it.
RJ_SWIFT_NAME(Simulation)
@interface RJSimulation : NSObject {
@private
  RJRuntime *_runtime;
  int _running;
}

/// seed       decides everything random.
/// wallClock  the wall clock at its start, seconds since 1970; 0: now.
/// error      RJStatusInvalidArgument (a wall clock before 1970), RJStatusResourceLimited.
///
/// nil: it failed.
- (RJ_INSTANCETYPE_OR_NIL)initWithSeed:(uint64_t)seed
                             wallClock:(NSTimeInterval)wallClock
                                 error:(RJ_ERROR_OUT)error;

/// The same with the wall clock of now.
- (RJ_INSTANCETYPE_OR_NIL)initWithSeed:(uint64_t)seed error:(RJ_ERROR_OUT)error;

/// Use initWithSeed:error:.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

// ---- what lives in it ----

/// A new edge; of its config `listen` and the data directory are not used. nil with
/// RJStatusInvalidArgument: the option and its rule.
- (RJEdge *RJ_OR_NIL)edgeWithConfig:(RJEdgeConfig *RJ_OR_NIL)config error:(RJ_ERROR_OUT)error;

/// A new client, with a link of its own that needs 0.01 s in each direction.
///
/// config    its queue or run loop is not used.
/// delegate  who hears what happens; not retained.
/// error     as -[RJRtcEngineKit initWithConfig:delegate:error:].
- (RJRtcEngineKit *RJ_OR_NIL)clientWithConfig:(RJRtcEngineConfig *)config
                                     delegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate
                                        error:(RJ_ERROR_OUT)error;

/// The same at an edge of this simulation, with no more options.
- (RJRtcEngineKit *RJ_OR_NIL)clientAtEdge:(RJEdge *)edge
                                 delegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate
                                    error:(RJ_ERROR_OUT)error;

// ---- time ----

/// Virtual seconds since its start.
@property(nonatomic, readonly) NSTimeInterval now;

/// Let so many virtual seconds pass. NO with RJStatusInvalidArgument (less than 0) or
/// RJStatusInvalidState: it runs already, on another thread or around the delegate's method that
/// this is called in.
- (BOOL)runFor:(NSTimeInterval)seconds error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(run(for:));

/// Let virtual time pass until `condition` returns YES. It is asked before anything moves, after
/// each tick in which events came, and at the end.
///
/// context  given to it.
/// limit    of virtual seconds.
/// error    RJStatusTimedOut: it was not so when the limit was reached; else as runFor:error:.
- (BOOL)runUntilFunction:(RJCondition)condition
                 context:(void *RJ_OR_NULL)context
                   limit:(NSTimeInterval)limit
                   error:(RJ_ERROR_OUT)error;

/// Let virtual time pass until an engine is in a state. As runUntilFunction:context:limit:error:.
- (BOOL)runUntilEngine:(RJRtcEngineKit *)engine
             isInState:(RJConnectionState)state
                 limit:(NSTimeInterval)limit
                 error:(RJ_ERROR_OUT)error;

/// Set the wall clock forwards, or backwards where the seconds are negative, as an administrator
/// does. Timers do not see it, nor what was turned into a duration before; what is checked anew,
/// such as the token of the next join, does (SPEC sections 2 and 6). NO with
/// RJStatusInvalidArgument: the clock would leave the years 1970 to 2262.
- (BOOL)stepWallClockBy:(NSTimeInterval)seconds error:(RJ_ERROR_OUT)error;

#ifdef __BLOCKS__
/// As runUntilFunction:context:limit:error:, with a block.
- (BOOL)runUntil:(BOOL (^)(void))condition limit:(NSTimeInterval)limit error:(RJ_ERROR_OUT)error;
#endif

@end

RJ_NOTHING_NIL_END
