// One event with all of its fields.
#import <RejoinKit/RJChannelStats.h>
#import <RejoinKit/RJNumbers.h>

RJ_NOTHING_NIL_BEGIN

/// One event, for logs and tests (-[RJRtcEngineDelegate rtcEngine:didReceiveEvent:]). Which fields
/// mean something depends on its kind, as the delegate's methods show; the others are 0 or nil.
/// Does not change; any thread.
RJ_SWIFT_NAME(RtcEvent)
@interface RJRtcEvent : NSObject {
@private
  void *_event;
}

/// Made by engines only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// Which of SPEC section 10.
@property(nonatomic, readonly) RJEventKind kind;
/// The kind as docs write it: "did_join_channel".
@property(nonatomic, readonly) NSString *name;
/// 1, 2, 3 … in each engine.
@property(nonatomic, readonly) uint64_t sequence;
/// When it happened, in seconds on the clock of -[RJRtcEngineKit now].
@property(nonatomic, readonly) NSTimeInterval time;

/// Connection changed: the state before.
@property(nonatomic, readonly) RJConnectionState oldState;
/// Connection changed: the state now.
@property(nonatomic, readonly) RJConnectionState state;
/// Connection changed, client role change failed: why.
@property(nonatomic, readonly) RJConnectionChangedReason reason;
/// User offline: why.
@property(nonatomic, readonly) RJUserOfflineReason offlineReason;
/// Did join and did rejoin channel: one's own; else the peer's. 1 to 2^32-1.
@property(nonatomic, readonly) NSUInteger uid;
/// Did join and did rejoin channel, user joined: milliseconds since the join call (did rejoin
/// channel in dialect 3x: since RJConnectionStateReconnecting).
@property(nonatomic, readonly) NSInteger elapsed;
/// Did join and did rejoin channel: its name.
@property(nonatomic, readonly) NSString *RJ_OR_NIL channel;
/// Token privilege will expire, renew token result: the token.
@property(nonatomic, readonly) NSString *RJ_OR_NIL token;
/// Renew token result: what the edge said.
@property(nonatomic, readonly) RJRenewTokenCode code;
/// Network changed: the new kind; for other events RJNetworkTypeDisconnected.
@property(nonatomic, readonly) RJNetworkType network;
/// Client role changed: the role before.
@property(nonatomic, readonly) RJClientRole oldRole;
/// Client role changed and client role change failed: the role asked for.
@property(nonatomic, readonly) RJClientRole role;
/// Stream message and its error: the stream's id at its sender.
@property(nonatomic, readonly) NSInteger streamId;
/// Stream message: 1 to 1,024 bytes.
@property(nonatomic, readonly) NSData *RJ_OR_NIL data;
/// Stream message error: how many will not come; 0: not known how many.
@property(nonatomic, readonly) uint64_t missed;
/// Events dropped: how many.
@property(nonatomic, readonly) uint64_t count;
/// Stats, did leave channel: the stay in numbers.
@property(nonatomic, readonly) RJChannelStats *RJ_OR_NIL stats;
/// Attempt: its number, from 1 in each stay.
@property(nonatomic, readonly) NSInteger attempt;
/// Attempt: what became of it.
@property(nonatomic, readonly) RJAttemptOutcome outcome;
/// Attempt: seconds until the next one; -1: none is planned.
@property(nonatomic, readonly) NSTimeInterval nextDelay;

@end

RJ_NOTHING_NIL_END
