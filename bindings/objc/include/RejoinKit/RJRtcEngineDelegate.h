// What an app hears of its engine: a method for each row of abi/events.def.
#import <RejoinKit/RJChannelStats.h>
#import <RejoinKit/RJNumbers.h>
#import <RejoinKit/RJRtcEvent.h>

RJ_NOTHING_NIL_BEGIN

@class RJRtcEngineKit;

/// What an app hears of its RJRtcEngineKit. Every method is optional: write those that you need.
///
/// The methods are called where RJRtcEngineConfig says (the main queue, or with GNUstep the main
/// run loop), one after the other and in the order in which things happened; the clients of
/// an RJSimulation call them on the thread that runs it. In a method every call on the engine is
/// legal, also releasing it: then nothing more is told. No lock is held.
///
/// `elapsed` is in milliseconds since the join call, unless it says otherwise; a uid is 1 to
/// 2^32-1. The engine is asked which methods its delegate has when the delegate is set.
RJ_SWIFT_NAME(RtcEngineDelegate)
@protocol RJRtcEngineDelegate <NSObject>
@optional

/// Every event, right before its own method: with its sequence number and time, for logs and tests.
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event;

/// The state or its reason changed (R-2; SPEC sections 1 and 3).
- (void)rtcEngine:(RJRtcEngineKit *)engine
    connectionChangedToState:(RJConnectionState)state
                      reason:(RJConnectionChangedReason)reason;

/// In the channel (S-3). `uid` is the one asked for, or the edge's choice.
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinChannel:(NSString *)channel
           withUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed;

/// In the channel again after an outage (S-13). `elapsed`: in dialect 3x since
/// RJConnectionStateReconnecting.
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didRejoinChannel:(NSString *)channel
             withUid:(NSUInteger)uid
             elapsed:(NSInteger)elapsed;

/// Out of the channel, because the app left (S-25 to S-28).
- (void)rtcEngine:(RJRtcEngineKit *)engine didLeaveChannelWithStats:(RJChannelStats *)stats;

/// The stay so far, every 2 s (N-8); only where RJRtcEngineConfig's `stats` asks for it.
- (void)rtcEngine:(RJRtcEngineKit *)engine reportRtcStats:(RJChannelStats *)stats;

/// 10 s of silence, once per outage (N-3, S-7, S-11). Nothing is to be done: rejoining goes on.
- (void)rtcEngineConnectionDidLost:(RJRtcEngineKit *)engine;

/// The token ran out and the stay failed (S-6, S-18). Get a new one; then leave and join with it,
/// or in dialect 4x -[RJRtcEngineKit renewToken:] (S-22).
- (void)rtcEngineRequestToken:(RJRtcEngineKit *)engine;

/// A peer is there: it came, or was there before (S-3, P-1, P-5).
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinedOfUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed;

/// A peer is not there any more: it left, was not heard for 20 s, or became audience (P-2, P-4,
/// P-6, P-8).
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didOfflineOfUid:(NSUInteger)uid
             reason:(RJUserOfflineReason)reason;

/// The edge has not heard a peer for 4 s (P-11); only where RJRtcEngineConfig's `peerInterruptions`
/// asks for it.
- (void)rtcEngine:(RJRtcEngineKit *)engine didInterruptedOfUid:(NSUInteger)uid;

/// The edge hears an interrupted peer again (P-11).
- (void)rtcEngine:(RJRtcEngineKit *)engine didResumedOfUid:(NSUInteger)uid;

/// The privilege to join ends in 30 s or less (S-17): get a new token and give it to
/// -[RJRtcEngineKit renewToken:]. `token` is the one that ends.
- (void)rtcEngine:(RJRtcEngineKit *)engine tokenPrivilegeWillExpire:(NSString *)token;

/// What the edge said to a new token (S-20). Not RJRenewTokenCodeOK: the old one stays in force.
- (void)rtcEngine:(RJRtcEngineKit *)engine
    renewTokenResult:(NSString *)token
                code:(RJRenewTokenCode)code;

/// The device uses another kind of network (S-10).
- (void)rtcEngine:(RJRtcEngineKit *)engine networkTypeChangedToType:(RJNetworkType)type;

/// The edge granted another role (S-31).
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didClientRoleChanged:(RJClientRole)oldRole
                 newRole:(RJClientRole)newRole;

/// The edge did not grant `role`, and why (S-31). The state stays as it is.
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didClientRoleChangeFailed:(RJConnectionChangedReason)reason
                         role:(RJClientRole)role;

/// A message of a peer, 1 to 1,024 bytes (D-3).
- (void)rtcEngine:(RJRtcEngineKit *)engine
    receiveStreamMessageFromUid:(NSUInteger)uid
                       streamId:(NSInteger)streamId
                           data:(NSData *)data;

/// Messages of a peer's stream that will not come (D-5); `missed` 0: not known how many.
- (void)rtcEngine:(RJRtcEngineKit *)engine
    didOccurStreamMessageErrorFromUid:(NSUInteger)uid
                             streamId:(NSInteger)streamId
                               missed:(uint64_t)missed;

/// So many messages and statistics were thrown away, since events were not taken in time.
- (void)rtcEngine:(RJRtcEngineKit *)engine didDropEvents:(uint64_t)count;

/// An attempt to join or rejoin; only where RJRtcEngineConfig's `attempts` asks for it. `number`
/// counts from 1 in each stay; `nextDelay` is the seconds until the next one, -1: none is planned.
- (void)rtcEngine:(RJRtcEngineKit *)engine
       didAttempt:(NSInteger)number
          outcome:(RJAttemptOutcome)outcome
        nextDelay:(NSTimeInterval)nextDelay;

@end

RJ_NOTHING_NIL_END
