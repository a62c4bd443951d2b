// The options of an edge.
#import <RejoinKit/RJBase.h>

RJ_NOTHING_NIL_BEGIN

/// An app that is welcome at an edge. Does not change.
RJ_SWIFT_NAME(EdgeApp)
@interface RJEdgeApp : NSObject {
@private
  NSString *_appId, *_certificate, *_secondCertificate;
}

/// appId              up to 64 printable ASCII characters.
/// certificate        what its tokens are signed with, up to 256 bytes; nil: testing mode, tokens
///                    are not looked at.
/// secondCertificate  taken beside the first, while one takes the other's place.
+ (instancetype)appWithId:(NSString *)appId
              certificate:(NSString *RJ_OR_NIL)certificate
        secondCertificate:(NSString *RJ_OR_NIL)secondCertificate;

/// See appWithId:certificate:secondCertificate:.
@property(nonatomic, readonly, copy) NSString *appId;
/// See appWithId:certificate:secondCertificate:.
@property(nonatomic, readonly, copy) NSString *RJ_OR_NIL certificate;
/// See appWithId:certificate:secondCertificate:.
@property(nonatomic, readonly, copy) NSString *RJ_OR_NIL secondCertificate;

@end

/// The options of an RJEdge. 0 and nil mean the default.
RJ_SWIFT_NAME(EdgeConfig)
@interface RJEdgeConfig : NSObject <NSCopying> {
@private
  NSString *_listen, *_dataDirectory, *_channelPattern;
  NSArray *_apps;
  double _timeScale;
  NSTimeInterval _offline, _emptyChannel;
  uint32_t _maxSessions, _maxChannelMembers, _maxChannelBroadcasters, _maxHandshakes;
  uint32_t _maxJoinsPerSecond, _maxBadTokensPerMinute, _maxAcceptsPerSecond;
  BOOL _limitsLoopback;
  NSString *_cluster;
}

/// `udp://ADDRESS:PORT`, port 0 = a free one; nil: a free port on 127.0.0.1.
@property(nonatomic, copy) NSString *RJ_OR_NIL listen;
/// Where certificate, keys and kicks are kept, made when missing, this edge's alone; nil: made anew
/// and kept in memory.
@property(nonatomic, copy) NSString *RJ_OR_NIL dataDirectory;
/// The apps that are welcome; nil or none: any app id is, in testing mode.
@property(nonatomic, copy) RJ_ARRAY_OF(RJEdgeApp *) * RJ_OR_NIL apps;
/// A regular expression that channel names must match in full; others are refused with
/// RJConnectionChangedReasonInvalidChannelName. nil: any.
@property(nonatomic, copy) NSString *RJ_OR_NIL channelPattern;
/// 0.001 to 1,000, as the clients'; 0: 1.
@property(nonatomic) double timeScale;
/// N-4 in seconds; 0: 20 s, scaled.
@property(nonatomic) NSTimeInterval offline;
/// N-7 in seconds; 0: 10 s, scaled.
@property(nonatomic) NSTimeInterval emptyChannel;
/// Members of all channels.
@property(nonatomic) uint32_t maxSessions;
/// Members of one channel.
@property(nonatomic) uint32_t maxChannelMembers;
/// Broadcasters of one channel in the live profile.
@property(nonatomic) uint32_t maxChannelBroadcasters;
/// Handshakes under way; above it newcomers prove their address first.
@property(nonatomic) uint32_t maxHandshakes;
/// Joins of one address (IPv6: of one /64) at once, and then in each second; loopback ones are not
/// counted.
@property(nonatomic) uint32_t maxJoinsPerSecond;
/// Joins of one address with a bad token at once, and then in each minute.
@property(nonatomic) uint32_t maxBadTokensPerMinute;
/// New members of the whole edge at once, and then in each second.
@property(nonatomic) uint32_t maxAcceptsPerSecond;
/// The limits of one address are those of loopback ones, too.
@property(nonatomic) BOOL limitsLoopback;
/// In an RJSimulation: edges of one name are one cluster, whose members see each other over a bus
/// (-[RJEdge setBusFaults:error:]). 1 to 64 letters, digits, - and _; nil: it is alone. A real edge
/// is refused with RJStatusNotSupported: the program rejoin-edge joins clusters (--cluster).
@property(nonatomic, copy) NSString *RJ_OR_NIL cluster;

@end

RJ_NOTHING_NIL_END
