// An edge: the server that clients join channels at.
#import <RejoinKit/RJEdgeConfig.h>
#import <RejoinKit/RJErrors.h>
#import <RejoinKit/RJLink.h>

RJ_NOTHING_NIL_BEGIN

@class RJRuntime;

/// A kick that is in force: joins that fit all that it names are refused. Does not change.
RJ_SWIFT_NAME(Kick)
@interface RJKick : NSObject {
@private
  void *_info;
}

/// Made by edges only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// For -[RJEdge changeKick:duration:error:] and -[RJEdge liftKick:error:].
@property(nonatomic, readonly) uint64_t kickId;
/// The app's.
@property(nonatomic, readonly) NSString *appId;
/// nil: in all channels.
@property(nonatomic, readonly) NSString *RJ_OR_NIL channel;
/// 0: not named.
@property(nonatomic, readonly) NSUInteger uid;
/// nil: not named.
@property(nonatomic, readonly) NSString *RJ_OR_NIL ip;
/// When it is over, in seconds on the clock of -[RJEdge now].
@property(nonatomic, readonly) NSTimeInterval until;

@end

/// What an edge has now, and what it counted since it was started or restarted. All but `kicks` are
/// 0 while it is down. Does not change.
RJ_SWIFT_NAME(EdgeCounters)
@interface RJEdgeCounters : NSObject {
@private
  void *_counts;
}

/// Made by edges only.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// Members now.
@property(nonatomic, readonly) NSUInteger members;
/// Channels now.
@property(nonatomic, readonly) NSUInteger channels;
/// Connections now.
@property(nonatomic, readonly) NSUInteger connections;
/// Handshakes under way now.
@property(nonatomic, readonly) NSUInteger handshakes;
/// Kicks in force now.
@property(nonatomic, readonly) NSUInteger kicks;
/// Joins that were accepted.
@property(nonatomic, readonly) uint64_t joins;
/// Rejoins that were accepted.
@property(nonatomic, readonly) uint64_t rejoins;
/// Joins that took a uid over from elsewhere (S-16).
@property(nonatomic, readonly) uint64_t takeovers;
/// Members that left.
@property(nonatomic, readonly) uint64_t leaves;
/// Members that were silent for too long.
@property(nonatomic, readonly) uint64_t drops;
/// Members whose privilege was over.
@property(nonatomic, readonly) uint64_t expiries;
/// Members that were kicked.
@property(nonatomic, readonly) uint64_t kicked;
/// Joins that were refused.
@property(nonatomic, readonly) uint64_t refusals;
/// Joins that there was no room for.
@property(nonatomic, readonly) uint64_t busy;
/// Connections closed for errors of the protocol.
@property(nonatomic, readonly) uint64_t protocolErrors;
/// Datagrams that came.
@property(nonatomic, readonly) uint64_t datagramsIn;
/// Datagrams that went.
@property(nonatomic, readonly) uint64_t datagramsOut;
/// Newcomers that had to prove their address first.
@property(nonatomic, readonly) uint64_t retries;
/// Stateless resets that were sent.
@property(nonatomic, readonly) uint64_t resets;

@end

/// How a simulated edge's way to the bus of its cluster misbehaves. Each direction begins with a
/// delay of 0.001 s; `corrupt`, `rate`, `queue` and `mtu` are no faults of a bus.
RJ_SWIFT_NAME(BusFaults)
@interface RJBusFaults : NSObject {
@private
  RJLinkFaults *_up, *_down;
  uint32_t _side;
  BOOL _gone;
}

/// From the edge to the bus.
@property(nonatomic, readonly) RJLinkFaults *up;
/// From the bus to the edge.
@property(nonatomic, readonly) RJLinkFaults *down;
/// Messages pass only between edges whose side is the same: a partition, of which nobody tells them.
@property(nonatomic) uint32_t side;
/// The bus cannot be reached, and the edge knows it, as when the bus's own server is down.
@property(nonatomic) BOOL gone;

@end

/// An edge, real (QUIC on a UDP socket, with a thread of its own) or in an RJSimulation. Any thread
/// may use it. When the last reference goes, it stops as -close does.
RJ_SWIFT_NAME(Edge)
@interface RJEdge : NSObject {
@private
  RJRuntime *_runtime;
  id _handle;
  NSLock *_lock;
  NSString *_url, *_fingerprint;
}

/// Start a real edge.
///
/// config  nil: the defaults. Copied.
/// error   RJStatusInvalidArgument (the option and its rule), RJStatusRefused (the address is in
///         use or not ours), RJStatusFailed (certificate or key files), RJStatusResourceLimited.
///
/// nil: it failed.
- (RJ_INSTANCETYPE_OR_NIL)initWithConfig:(RJEdgeConfig *RJ_OR_NIL)config error:(RJ_ERROR_OUT)error;

/// Use initWithConfig:error:.
- (RJ_INSTANCETYPE_OR_NIL)init NS_UNAVAILABLE;

/// Stop it: its members hear RJConnectionChangedReasonKeepAliveTimeout (S-9). A second time is
/// nothing; other calls fail with RJStatusNotInitialized from now on.
- (void)close;

/// For clients: "rejoin://127.0.0.1:40123"; a wildcard address shows as a loopback one.
@property(nonatomic, readonly, copy) NSString *url;
/// SHA-256 of its certificate in hex: the clients' option `fingerprint`.
@property(nonatomic, readonly, copy) NSString *fingerprint;
/// The clock of lastHeardInChannel:uid:appId: in seconds.
@property(nonatomic, readonly) NSTimeInterval now;

// ---- who is there ----

/// The names of an app's channels. An empty one is forgotten after 10 s (N-7).
///
/// appId  nil: "".
/// error  RJStatusInvalidArgument, RJStatusNotInitialized.
- (RJ_ARRAY_OF(NSString *) * RJ_OR_NIL)channelsOfApp:(NSString *RJ_OR_NIL)appId
                                               error:(RJ_ERROR_OUT)error;

/// The uids of a channel's members, ascending, as NSNumbers; none where there is no such channel.
///
/// error  RJStatusInvalidChannelName, RJStatusInvalidArgument (the app id), RJStatusNotInitialized.
- (RJ_ARRAY_OF(NSNumber *) * RJ_OR_NIL)membersOfChannel:(NSString *)channel
                                                  appId:(NSString *RJ_OR_NIL)appId
                                                  error:(RJ_ERROR_OUT)error;

/// When this member was last heard, on the clock of `now`; 0: it is no member, or the edge is
/// closed.
- (NSTimeInterval)lastHeardInChannel:(NSString *)channel
                                 uid:(NSUInteger)uid
                               appId:(NSString *RJ_OR_NIL)appId;

// ---- kicks ----

/// Remove every member that fits all that is named, now, and keep it out for a time. At least
/// one of channel, uid and ip is named: channel and uid = that user there; uid = that user in all
/// channels; channel = everyone there; ip = that address in all channels.
///
/// The members get RJConnectionChangedReasonBannedByServer and do not retry (S-15), the others see
/// them quit (P-8). Kicks survive restartAndReturnError: and, with a data directory, the process.
///
/// channel   nil: not named.
/// uid       1 to 2^32-1; 0: not named.
/// ip        numeric IPv4 or IPv6; nil: not named.
/// duration  seconds in which joins that fit are refused, up to 24 h; 0: not at all, they may join
///           again at once.
/// appId     nil: "".
/// kickId    where the kick's id goes, 0 where the duration is 0; or NULL. The same once more keeps
///           its id and gets the new time.
/// error     RJStatusInvalidArgument, RJStatusInvalidChannelName, RJStatusInvalidUserId (the
///           argument and its rule), RJStatusResourceLimited (there are 1,000,000 kicks),
///           RJStatusNotInitialized.
- (BOOL)kickInChannel:(NSString *RJ_OR_NIL)channel
                  uid:(NSUInteger)uid
                   ip:(NSString *RJ_OR_NIL)ip
             duration:(NSTimeInterval)duration
                appId:(NSString *RJ_OR_NIL)appId
               kickId:(uint64_t *RJ_OR_NULL)kickId
                error:(RJ_ERROR_OUT)error;

/// The kicks that are in force, oldest first. nil with RJStatusNotInitialized.
- (RJ_ARRAY_OF(RJKick *) * RJ_OR_NIL)kicksAndReturnError:(RJ_ERROR_OUT)error;

/// Let a kick last so many seconds from now on, up to 24 h; 0 lifts it. NO with
/// RJStatusInvalidArgument (there is no such kick, or it is over; the duration) or
/// RJStatusNotInitialized.
- (BOOL)changeKick:(uint64_t)kickId duration:(NSTimeInterval)duration error:(RJ_ERROR_OUT)error;

/// End a kick: whom it named may join again. As changeKick:duration:error:.
- (BOOL)liftKick:(uint64_t)kickId error:(RJ_ERROR_OUT)error;

// ---- how it does, and what may happen to it ----

/// What it has now, and what it counted since it was started or restarted. nil with
/// RJStatusNotInitialized.
- (RJEdgeCounters *RJ_OR_NIL)countersAndReturnError:(RJ_ERROR_OUT)error;

/// Empty it: from now on nobody new is let in, and the members that it has are told to move,
/// spread evenly over so many seconds. One with other urls moves without a change of its state; one
/// that finds no other edge stays. Once more begins anew; restartAndReturnError: ends it.
///
/// seconds  0, all at once, to 24 h.
/// members  where it goes how many members will be told; or NULL.
/// error    RJStatusInvalidArgument (the seconds), RJStatusInvalidState (it is down),
///          RJStatusNotInitialized.
- (BOOL)drainOver:(NSTimeInterval)seconds
          members:(NSUInteger *RJ_OR_NULL)members
            error:(RJ_ERROR_OUT)error;

/// Let the edge stand still from now on, as a machine that is too busy: datagrams wait. After more
/// than 1 s it reads them first, and nobody is dropped for the gap (SPEC section 2).
///
/// seconds  more than 0; what was left of an earlier standstill does not count.
/// error    RJStatusInvalidArgument (the seconds), RJStatusInvalidState (it is down),
///          RJStatusNotSupported (not in a simulation), RJStatusNotInitialized.
- (BOOL)pauseFor:(NSTimeInterval)seconds error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(pause(for:));

/// Set how its way to the bus of its cluster misbehaves from now on, as a whole; also while it is
/// down, and over restartAndReturnError:.
///
/// faults  nil: all is well.
/// error   RJStatusInvalidArgument (a value out of its range), RJStatusInvalidState (it has no
///         cluster), RJStatusNotSupported (not in a simulation), RJStatusNotInitialized.
- (BOOL)setBusFaults:(RJBusFaults *RJ_OR_NIL)faults
               error:(RJ_ERROR_OUT)error RJ_SWIFT_NAME(set(busFaults:));

/// Die without a word: all but certificate, keys and kicks is lost, nothing answers. NO with
/// RJStatusInvalidState (it is down already) or RJStatusNotInitialized.
- (BOOL)crashAndReturnError:(RJ_ERROR_OUT)error;

/// Come back at the same address with the same certificate; one that is up stops first (SPEC
/// section 5). NO with RJStatusRefused (the address is taken) or RJStatusNotInitialized.
- (BOOL)restartAndReturnError:(RJ_ERROR_OUT)error;

@end

RJ_NOTHING_NIL_END
