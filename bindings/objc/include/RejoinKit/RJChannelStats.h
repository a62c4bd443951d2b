// A stay in numbers.
#import <RejoinKit/RJBase.h>

RJ_NOTHING_NIL_BEGIN

/// A stay in numbers, counted since the join (SPEC section 8). Does not change; any thread.
RJ_SWIFT_NAME(ChannelStats)
@interface RJChannelStats : NSObject {
@private
  void *_stats;
}

/// Made by engines only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// Seconds in the channel, so far.
@property(nonatomic, readonly) NSTimeInterval duration;
/// Peers that are visible now.
@property(nonatomic, readonly) NSUInteger members;
/// Times in RJConnectionStateReconnecting.
@property(nonatomic, readonly) NSUInteger outages;
/// Seconds of all outages together, each from its last proof that the path worked (-[RJRtcEngineKit
/// lastHeard]).
@property(nonatomic, readonly) NSTimeInterval outageDuration;
/// Attempts to join and to rejoin.
@property(nonatomic, readonly) NSUInteger attempts;
/// Seconds, smoothed; 0: not known yet.
@property(nonatomic, readonly) NSTimeInterval roundTrip;
/// Of UDP payload.
@property(nonatomic, readonly) uint64_t bytesSent;
/// Of UDP payload.
@property(nonatomic, readonly) uint64_t bytesReceived;
/// Datagrams.
@property(nonatomic, readonly) uint64_t packetsSent;
/// Datagrams.
@property(nonatomic, readonly) uint64_t packetsReceived;
/// Datagrams of ours that did not arrive.
@property(nonatomic, readonly) uint64_t packetsLost;

@end

RJ_NOTHING_NIL_END
