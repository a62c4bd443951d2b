// The options of an engine.
#import <RejoinKit/RJNumbers.h>

RJ_NOTHING_NIL_BEGIN

@class RJEdge;

/// The timers of an engine that differ from the default, in seconds, 0.001 to 30 days; 0: the
/// default of SPEC section 2, times RJRtcEngineConfig's `timeScale`. Those that are given are not
/// scaled.
RJ_SWIFT_NAME(RtcEngineTimers)
@interface RJRtcEngineTimers : NSObject <NSCopying> {
@private
  NSTimeInterval _beat, _interrupted, _lost, _offline, _giveUp, _tokenWarning, _stats;
}

/// N-1, 1.3 s.
@property(nonatomic) NSTimeInterval beat;
/// N-2, 4 s.
@property(nonatomic) NSTimeInterval interrupted;
/// N-3, 10 s.
@property(nonatomic) NSTimeInterval lost;
/// N-4, 20 s: as the edge's.
@property(nonatomic) NSTimeInterval offline;
/// N-5, 20 min.
@property(nonatomic) NSTimeInterval giveUp;
/// N-6, 30 s.
@property(nonatomic) NSTimeInterval tokenWarning;
/// N-8, 2 s.
@property(nonatomic) NSTimeInterval stats;

@end

/// The options of an RJRtcEngineKit. 0 and nil mean the default. An engine copies them: later
/// changes count for the engines made later. Two are equal when every option is, and queues and run
/// loops are the same ones.
RJ_SWIFT_NAME(RtcEngineConfig)
@interface RJRtcEngineConfig : NSObject <NSCopying> {
@private
  NSArray *_urls;
  NSString *_appId, *_fingerprint, *_caFile, *_runLoopMode;
  NSUInteger _uid;
  RJChannelProfile _channelProfile;
  RJClientRole _role;
  RJDialect _dialect;
  RJRtcEngineTimers *_timers;
  double _timeScale;
  BOOL _stats, _peerInterruptions, _attempts, _ownSocket;
  NSRunLoop *_runLoop;
  void *_delegateQueue;
}

/// With one url.
+ (instancetype)configWithUrl:(NSString *)url;

/// To an edge of this process, with its url and fingerprint.
+ (instancetype)configWithEdge:(RJEdge *)edge;

/// `rejoin://host[:port]` of 1 to 8 edges, tried in turn.
@property(nonatomic, copy) RJ_ARRAY_OF(NSString *) * urls;
/// Up to 64 printable ASCII characters; nil: "".
@property(nonatomic, copy) NSString *RJ_OR_NIL appId;
/// For apps that keep it here: 1 to 2^32-1, 0: the edge chooses. A join takes the one that it is
/// given.
@property(nonatomic) NSUInteger uid;
/// SHA-256 of the edge's certificate in hex, colons allowed (-[RJEdge fingerprint]); with several
/// edges up to 8 of them, separated by commas. nil: the CAs are asked.
@property(nonatomic, copy) NSString *RJ_OR_NIL fingerprint;
/// A PEM file of the CAs that may have signed the edge's certificate; nil: the system's.
@property(nonatomic, copy) NSString *RJ_OR_NIL caFile;
/// The kind of channel; another one than the channel's is refused with
/// RJConnectionChangedReasonRejectedByServer.
@property(nonatomic) RJChannelProfile channelProfile;
/// 0: RJClientRoleBroadcaster in the communication profile, RJClientRoleAudience in live
/// broadcasting.
@property(nonatomic) RJClientRole role;
/// Which reasons are told; 0: RJDialect3x.
@property(nonatomic) RJDialect dialect;
/// What differs from the timers of SPEC section 2. Copied.
@property(nonatomic, copy) RJRtcEngineTimers *timers;
/// 0.001 to 1,000: multiplies all timers that are not given; 0: 1. Edge and clients need the same.
@property(nonatomic) double timeScale;
/// Tell rtcEngine:reportRtcStats: every 2 s (N-8).
@property(nonatomic) BOOL stats;
/// Tell rtcEngine:didInterruptedOfUid: and rtcEngine:didResumedOfUid: (P-11).
@property(nonatomic) BOOL peerInterruptions;
/// Tell rtcEngine:didAttempt:outcome:nextDelay:, for diagnosis.
@property(nonatomic) BOOL attempts;
/// A UDP socket for this engine alone instead of one that all share.
@property(nonatomic) BOOL ownSocket;

#if RJ_HAS_DISPATCH
/// A serial queue on which the delegate hears; nil: the main queue, or with GNUstep the `runLoop`.
/// Not used in an RJSimulation.
@property(nonatomic, RJ_QUEUE_KEPT) dispatch_queue_t RJ_OR_NIL delegateQueue;
#endif
#if RJ_HAS_RUN_LOOPS
/// The run loop in which the delegate hears: the current one of the thread that makes the engine,
/// as run loops are no business of other threads. nil: the main thread's, from whatever thread. It
/// must run for anything to be heard, and the thread must outlive its engines. Not used in an
/// RJSimulation.
@property(nonatomic, retain) NSRunLoop *RJ_OR_NIL runLoop;
/// In which mode; nil: NSDefaultRunLoopMode.
@property(nonatomic, copy) NSString *RJ_OR_NIL runLoopMode;
#endif

@end

RJ_NOTHING_NIL_END
