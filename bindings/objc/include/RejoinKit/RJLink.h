// An engine's network, to be made worse in each direction: simulated links and real sockets alike.
#import <RejoinKit/RJNumbers.h>

RJ_NOTHING_NIL_BEGIN

@class RJRtcEngineKit;

/// From the engine to the edge, and back.
typedef NS_OPTIONS(NSUInteger, RJLinkDirections) {
  /// From the engine to the edge.
  RJLinkUp = 1,
  /// From the edge to the engine.
  RJLinkDown = 2,
  /// Both.
  RJLinkBoth = 3,
} RJ_SWIFT_NAME(LinkDirections);

/// How one direction misbehaves.
RJ_SWIFT_NAME(LinkFaults)
@interface RJLinkFaults : NSObject <NSCopying> {
@private
  BOOL _blackhole;
  double _loss, _burst, _duplicate, _reorder, _corrupt;
  NSTimeInterval _delay, _jitter, _natIdle;
  uint64_t _rate;
  uint32_t _queue, _mtu;
}

/// Nothing arrives.
@property(nonatomic) BOOL blackhole;
/// 0 to 1: the share of datagrams that is lost.
@property(nonatomic) double loss;
/// 0 to 60 s; on a real socket it comes on top. A simulated link has 0.01 s of its own until it is
/// given another one.
@property(nonatomic) NSTimeInterval delay;
/// 0 to 60 s: each datagram needs up to so much longer, evenly spread; none overtakes another by
/// it.
@property(nonatomic) NSTimeInterval jitter;
/// Losses come in runs of so many datagrams on average, up to 1,000,000; 0 or 1: each by itself.
/// The share stays `loss`.
@property(nonatomic) double burst;
/// 0 to 1: the share that arrives twice.
@property(nonatomic) double duplicate;
/// 0 to 1: the share that is held back by up to 0.1 s, and overtaken.
@property(nonatomic) double reorder;
/// 0 to 1: the share that arrives with one bit turned over.
@property(nonatomic) double corrupt;
/// Bytes a second that the link carries, up to 2^30; 0: any number.
@property(nonatomic) uint64_t rate;
/// Bytes that wait for their turn at that rate, up to 2^30; what comes then is lost. 0: 65,536.
@property(nonatomic) uint32_t queue;
/// Bytes of the largest datagram that passes, up to 65,535; 0: any. Connections need 1,200.
@property(nonatomic) uint32_t mtu;
/// Seconds, 0 to 3,600, RJLinkUp only: a NAT next to the client forgets its mapping when nothing
/// went up for so long. Then what comes down is lost, until the next datagram up makes another
/// mapping, with another port, as -[RJLink rebindPortAndReturnError:]. What the link loses on its
/// way up keeps no mapping. 0: it is never forgotten.
@property(nonatomic) NSTimeInterval natIdle;

@end

/// How a client's own address changes (-[RJLink changeAddress:error:]).
RJ_SWIFT_NAME(AddressChange)
@interface RJAddressChange : NSObject {
@private
  RJNetworkType _network;
  NSTimeInterval _overlap;
  NSString *_address;
  BOOL _dead;
}

/// The kind of the new network; RJNetworkTypeUnknown at first.
@property(nonatomic) RJNetworkType network;
/// For so many seconds the old address works, too, 0 to 3,600; 0: a hard swap.
@property(nonatomic) NSTimeInterval overlap;
/// The new one, numeric, with a port or without; nil: any.
@property(nonatomic, copy) NSString *RJ_OR_NIL address;
/// Over the new address nothing ever passes.
@property(nonatomic, getter=isDead) BOOL dead;

@end

/// A moment at which a network changes (-[RJLink followSteps:repeat:error:]).
RJ_SWIFT_NAME(NetworkStep)
@interface RJNetworkStep : NSObject {
@private
  NSTimeInterval _at, _overlap;
  RJLinkFaults *_up, *_down;
  BOOL _moves;
  RJNetworkType _network;
}

/// Seconds since the profile began; ascending, the first is 0.
@property(nonatomic) NSTimeInterval at;
/// The faults from now on; nil: none. Copied.
@property(nonatomic, copy) RJLinkFaults *RJ_OR_NIL up;
/// As up.
@property(nonatomic, copy) RJLinkFaults *RJ_OR_NIL down;
/// The client's own address changes now, as by -[RJLink changeAddress:error:].
@property(nonatomic) BOOL moves;
/// Where it moves: for so many seconds the old address works, too, 0 to 3,600.
@property(nonatomic) NSTimeInterval overlap;
/// Where it moves: the kind of the new network; RJNetworkTypeUnknown at first.
@property(nonatomic) RJNetworkType network;

@end

/// An engine's way to its edge, to cut and to heal (-[RJRtcEngineKit link]). Any thread; datagrams
/// that are on their way stay on their way.
RJ_SWIFT_NAME(Link)
@interface RJLink : NSObject {
@private
  RJRtcEngineKit *_engine;
}

/// Made by engines only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// From the engine to the edge, as it is now: a copy.
@property(nonatomic, readonly) RJLinkFaults *up;

/// From the edge to the engine, as it is now: a copy.
@property(nonatomic, readonly) RJLinkFaults *down;

/// Let nothing through in these directions. NO with RJStatusNotInitialized.
- (BOOL)cut:(RJLinkDirections)directions error:(RJ_ERROR_OUT)error;

/// Undo cut:error:; the other faults stay. NO with RJStatusNotInitialized.
- (BOOL)heal:(RJLinkDirections)directions error:(RJ_ERROR_OUT)error;

/// Let the link follow a ready network over time, from now on and beside its faults: "3g", "lift",
/// "train-tunnel", "hotel-wifi", "wifi-to-cellular", "uplink-dies", "flapping" (docs/networks.md
/// has their numbers); nil: none any more. NO with RJStatusInvalidArgument (there is none of that
/// name; the text lists them) or RJStatusNotInitialized.
- (BOOL)followNetwork:(NSString *RJ_OR_NIL)name error:(RJ_ERROR_OUT)error;

/// The same with an app's own profile: up to 1,024 steps that fall due one after the other, and
/// begin anew after so many seconds, more than the last one's; 0: the last one stays. None or nil:
/// no profile any more. NO with RJStatusInvalidArgument (the step, the field and its rule) or
/// RJStatusNotInitialized.
- (BOOL)followSteps:(RJ_ARRAY_OF(RJNetworkStep *) * RJ_OR_NIL)steps
             repeat:(NSTimeInterval)seconds
              error:(RJ_ERROR_OUT)error;

/// Let a NAT on the way forget its mapping and make another one: the edge sees packets come from
/// another port, and nobody tells the client. NO with RJStatusResourceLimited, RJStatusNotSupported
/// (not here) or RJStatusNotInitialized.
- (BOOL)rebindPortAndReturnError:(RJ_ERROR_OUT)error;

/// The same with another address: the one that the edge shall see, numeric, with a port or without;
/// nil: any. NO as rebindPortAndReturnError:, with RJStatusInvalidArgument (no address) or
/// RJStatusRefused (it is taken, or cannot be used here).
- (BOOL)rebindAddress:(NSString *RJ_OR_NIL)address error:(RJ_ERROR_OUT)error;

/// Let the client's device take another interface: its own address changes, and the engine is told
/// (S-10). Faults of the link stay. nil: another address, of an unknown network, at once.
///
/// NO with RJStatusInvalidArgument (a field and its rule), RJStatusRefused (the address is taken,
/// or cannot be used here), RJStatusResourceLimited, RJStatusNotSupported (not here) or
/// RJStatusNotInitialized.
- (BOOL)changeAddress:(RJAddressChange *RJ_OR_NIL)change error:(RJ_ERROR_OUT)error;

/// Set all faults of these directions; natIdle of both is that of the way up. NO with RJStatusInvalidArgument (a value out of its range)
/// or RJStatusNotInitialized.
- (BOOL)setFaults:(RJLinkFaults *)faults
       directions:(RJLinkDirections)directions
            error:(RJ_ERROR_OUT)error;

@end

RJ_NOTHING_NIL_END
