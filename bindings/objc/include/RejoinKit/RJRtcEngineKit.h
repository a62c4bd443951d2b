// One user in one channel at a time: what an app makes, calls and listens to.
#import <RejoinKit/RJErrors.h>
#import <RejoinKit/RJLink.h>
#import <RejoinKit/RJRtcEngineConfig.h>
#import <RejoinKit/RJRtcEngineDelegate.h>

RJ_NOTHING_NIL_BEGIN

@class RJEngineCore;

/// One user in one channel at a time, over real QUIC or in an RJSimulation.
///
/// Make one for each channel connection. Calls return at once; what came of them is heard by the
/// delegate. The calls that have the shape of other SDKs return 0 or a negative RJStatus, whose
/// text is in `lastError`; the others have an error argument.
///
/// Any thread may use it, also inside a delegate's method. When the last reference goes, on any
/// thread, also while events are in flight, it leaves its channel (S-30) and nothing more is told.
RJ_SWIFT_NAME(RtcEngineKit)
@interface RJRtcEngineKit : NSObject {
@private
  RJEngineCore *_core;
  int _references; // without ARC
}

// ---- life ----

/// Make an engine; nothing is sent before it joins.
///
/// config    where to, as whom and how; copied.
/// delegate  who hears what happens; not retained (see `delegate`).
/// error     RJStatusInvalidArgument or RJStatusInvalidUserId (the option and its rule),
///           RJStatusResourceLimited.
///
/// nil: it failed.
- (RJ_INSTANCETYPE_OR_NIL)initWithConfig:(RJRtcEngineConfig *)config
                                delegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate
                                   error:(RJ_ERROR_OUT)error;

/// Use initWithConfig:delegate:error:.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// The one engine of apps that need one: made at the first call, the same from then on, until
/// +destroy. Not yours to release.
///
/// config    as for initWithConfig:delegate:error:; later calls give an equal one.
/// delegate  takes the place of the former one; not retained.
/// error     as initWithConfig:delegate:error:; RJStatusInvalidState: there is one with another
///           config.
///
/// nil: it failed.
+ (RJ_INSTANCETYPE_OR_NIL)sharedEngineWithConfig:(RJRtcEngineConfig *)config
                                        delegate:(id<RJRtcEngineDelegate> RJ_OR_NIL)delegate
                                           error:(RJ_ERROR_OUT)error;

/// End the shared engine, if there is one, as -destroy does; who still holds it gets
/// RJStatusNotInitialized from its calls.
+ (void)destroy;

/// Leave the channel and end this engine, without events (S-30): nothing is delivered afterwards
/// in a delegate's method that call is the last, and one that runs on another thread comes
/// to its end there. Never waits; a second time is nothing. Calls fail with RJStatusNotInitialized
/// from now on.
- (void)destroy;

/// The options that it was made with: a copy.
@property(nonatomic, readonly, copy) RJRtcEngineConfig *config;

/// Who hears what happens. Under ARC a zeroing weak reference. Without ARC it is not retained: set
/// it to nil before the delegate goes, on the thread where it hears or before its last release.
/// Setting it counts from the next event on.
@property(nonatomic, RJ_WEAK) id<RJRtcEngineDelegate> RJ_OR_NIL delegate;

/// Why the last call failed that returned a negative number, on whatever thread; nil: none did.
@property(nonatomic, readonly) NSError *RJ_OR_NIL lastError;

// ---- in and out of a channel ----

/// Ask to join a channel. The outcome is heard (S-1 to S-7).
///
/// token    printable ASCII, up to 4,096 characters; nil where the app is in testing mode.
/// channel  its name, 1 to 64 bytes out of letters, digits, space and ! # $ % & ( ) + - : ; < = . >
///          ? @ [ ] ^ _ { } | ~ ,
/// info     not used; here for those who come from another SDK.
/// uid      1 to 2^32-1; 0 lets the edge choose.
///
/// Returns 0, or RJStatusInvalidChannelName, RJStatusInvalidUserId, RJStatusInvalidArgument (the
/// token) (S-2), RJStatusJoinChannelRejected in any state but disconnected (S-4, S-5),
/// RJStatusNotInitialized once destroyed; the text is in `lastError`.
- (int)joinChannelByToken:(NSString *RJ_OR_NIL)token
                channelId:(NSString *)channel
                     info:(NSString *RJ_OR_NIL)info
                      uid:(NSUInteger)uid;

/// The same for who wants an error: NO, and *error is what joinChannelByToken:channelId:info:uid:
/// returns.
- (BOOL)joinChannel:(NSString *)channel
              token:(NSString *RJ_OR_NIL)token
                uid:(NSUInteger)uid
              error:(RJ_ERROR_OUT)error;

/// Leave, or stop trying to join (S-25 to S-29). The state is disconnected on return; the goodbye
/// goes on in the background.
///
/// Returns 0, also where there is nothing to leave, or RJStatusNotInitialized once destroyed; the
/// text is in `lastError`.
- (int)leaveChannel;

/// The same for who wants an error.
- (BOOL)leaveChannelAndReturnError:(RJ_ERROR_OUT)error;

#ifdef __BLOCKS__
/// As joinChannelByToken:channelId:info:uid:, with a block that is called right before the delegate
/// hears rtcEngine:didJoinChannel:withUid:elapsed:, where it hears, once; not at all when the join
/// fails or the engine goes.
- (int)joinChannelByToken:(NSString *RJ_OR_NIL)token
                channelId:(NSString *)channel
                     info:(NSString *RJ_OR_NIL)info
                      uid:(NSUInteger)uid
              joinSuccess:(void (^RJ_OR_NULL)(NSString *channel, NSUInteger uid,
                                              NSInteger elapsed))joinSuccess;

/// As leaveChannel, with a block that is called right before the delegate hears
/// rtcEngine:didLeaveChannelWithStats:; not where there is nothing to leave (S-29).
- (int)leaveChannel:(void (^RJ_OR_NULL)(RJChannelStats *stats))leaveChannelBlock;
#endif

// ---- while in it ----

/// Give a new token (S-20 to S-23). In connected it goes to the edge, and
/// rtcEngine:renewTokenResult:code: tells what that said; else it is kept for the next attempt.
///
/// token  printable ASCII, 1 to 4,096 characters.
///
/// Returns 0, or RJStatusInvalidArgument (empty or malformed), RJStatusInvalidState (failed for
/// another reason than an expired token, and in dialect 3x failed at all: S-22),
/// RJStatusNotInitialized once destroyed; the text is in `lastError`.
- (int)renewToken:(NSString *)token;

/// The same for who wants an error.
- (BOOL)renewToken:(NSString *)token error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(renew(token:));

/// Ask for another role (S-31): rtcEngine:didClientRoleChanged:newRole: or
/// rtcEngine:didClientRoleChangeFailed:role: tells. Before the join, and during an outage, it is
/// kept for the next attempt.
///
/// Returns 0, or RJStatusInvalidArgument (not a role), RJStatusNotInitialized once destroyed; the
/// text is in `lastError`.
- (int)setClientRole:(RJClientRole)role;

/// The same for who wants an error.
- (BOOL)setClientRole:(RJClientRole)role error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(change(role:));

/// Tell the engine that its network is another one now, or has another address (S-10): the app's
/// own hint, beside what the system says. rtcEngine:networkTypeChangedToType: is heard in every
/// state.
///
/// Connected, the connection moves and stays; if 4 s of silence pass before the new path is proved,
/// it is reconnecting with RJConnectionChangedReasonClientIPAddressChanged. Connecting and
/// reconnecting, an attempt is made at once, at most one a second.
///
/// type  RJNetworkTypeUnknown where the app cannot tell; RJNetworkTypeDisconnected: there is none,
///       and nothing but the event follows.
///
/// Returns 0, or RJStatusInvalidArgument (not a network), RJStatusNotInitialized once destroyed;
/// the text is in `lastError`.
- (int)networkChangedToType:(RJNetworkType)type;

/// The same for who wants an error.
- (BOOL)networkChangedToType:(RJNetworkType)type
                       error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(tellNetwork(type:));

// ---- messages ----

/// Create a stream for messages to all others of the channel (D-1). It lives as long as this stay:
/// after leaving or RJConnectionStateFailed its id means nothing.
///
/// streamId  where the id goes, 1 to 5; 0 when it fails.
/// reliable  YES: each message exactly once and in order, also over a rejoin within 20 s. NO: at
///           most once, and not later than 1 s (D-4).
/// ordered   the same as reliable.
///
/// Returns 0, or RJStatusInvalidArgument (only one of both), RJStatusNotInChannel (disconnected or
/// failed), RJStatusTooManyDataStreams (there are 5), RJStatusNoPermission (audience in live
/// broadcasting), RJStatusNotInitialized once destroyed; looked at in this order; the text is in
/// `lastError`.
- (int)createDataStream:(NSInteger *)streamId reliable:(BOOL)reliable ordered:(BOOL)ordered;

/// The same for who wants an error.
- (BOOL)createDataStream:(NSInteger *)streamId
                reliable:(BOOL)reliable
                 ordered:(BOOL)ordered
                   error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(makeDataStream(_:reliable:ordered:));

/// Send a message on a stream (D-2); the others hear it as
/// rtcEngine:receiveStreamMessageFromUid:streamId:data:. While reconnecting a reliable one waits
/// for the rejoin, and an unreliable one is discarded.
///
/// streamId  from createDataStream:reliable:ordered: of this stay.
/// data      1 to 1,024 bytes.
///
/// Returns 0, or RJStatusSizeTooLarge (not 1 to 1,024 bytes), RJStatusNotInChannel,
/// RJStatusInvalidArgument (no such stream), RJStatusNoPermission (audience in live broadcasting),
/// RJStatusBitrateLimit (more than 60 messages or 30 KB in some second, or too many wait),
/// RJStatusNotInitialized once destroyed; looked at in this order; the text is in `lastError`.
- (int)sendStreamMessage:(NSInteger)streamId data:(NSData *)data;

/// The same for who wants an error.
- (BOOL)sendStreamMessage:(NSInteger)streamId
                     data:(NSData *)data
                    error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(sendMessage(on:data:));

// ---- what is known ----

/// The state of the last change, heard or not. Never waits or fails, also inside a delegate's
/// method (S-24); a destroyed engine is disconnected.
- (RJConnectionState)getConnectionState;

/// The clock of the events' times in seconds: since the device started, time asleep included; in a
/// simulation that one's.
@property(nonatomic, readonly) NSTimeInterval now;

/// When the last proof came that the path works both ways, on the clock of `now`. During an outage
/// that is its start, which all of its times count from (SPEC section 2). 0: there was none yet, or
/// it is destroyed.
@property(nonatomic, readonly) NSTimeInterval lastHeard;

/// The stay so far in numbers (SPEC section 8). nil with RJStatusNotInChannel in disconnected and
/// failed, or with RJStatusNotInitialized.
- (RJChannelStats *RJ_OR_NIL)statsAndReturnError:(RJ_ERROR_OUT)error;

/// Let a simulated client's device sleep from now on. Time passes and nothing of the client does:
/// its timers stand, what comes for it is lost. After 4 s or more its overdue timers run when it
/// wakes, each once and in due order (SPEC section 2).
///
/// seconds  more than 0; what was left of an earlier sleep does not count.
/// error    RJStatusInvalidArgument (the seconds), RJStatusNotSupported (not in a simulation),
///          RJStatusNotInitialized.
- (BOOL)suspendFor:(NSTimeInterval)seconds error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(suspend(for:));

/// The network between this engine and its edge, to be made worse. Keeps the engine.
@property(nonatomic, readonly) RJLink *link;

@end

RJ_NOTHING_NIL_END
