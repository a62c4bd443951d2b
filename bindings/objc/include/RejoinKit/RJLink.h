// An engine's network, to be made worse in each direction: simulated links and real sockets alike.
#import <RejoinKit/RJBase.h>

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
  double _loss;
  NSTimeInterval _delay;
}

/// Nothing arrives.
@property(nonatomic) BOOL blackhole;
/// 0 to 1: the share of datagrams that is lost.
@property(nonatomic) double loss;
/// 0 to 60 s; on a real socket it comes on top. A simulated link has 0.01 s of its own until it is
/// given another one.
@property(nonatomic) NSTimeInterval delay;

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

/// Undo cut:error:; loss and delay stay. NO with RJStatusNotInitialized.
- (BOOL)heal:(RJLinkDirections)directions error:(RJ_ERROR_OUT)error;

/// Set all faults of these directions. NO with RJStatusInvalidArgument (a value out of its range)
/// or RJStatusNotInitialized.
- (BOOL)setFaults:(RJLinkFaults *)faults
       directions:(RJLinkDirections)directions
            error:(RJ_ERROR_OUT)error;

@end

RJ_NOTHING_NIL_END
