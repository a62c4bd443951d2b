// The options of an edge.
#import <RejoinKit/RJEdgeConfig.h>

#import "RJMemory.h"

@implementation RJEdgeApp

@synthesize appId = _appId;
@synthesize certificate = _certificate;
@synthesize secondCertificate = _secondCertificate;

+ (instancetype)appWithId:(NSString *)appId
              certificate:(NSString *)certificate
        secondCertificate:(NSString *)secondCertificate {
  RJEdgeApp *app = [[self alloc] init];
  app->_appId = [appId copy];
  app->_certificate = [certificate copy];
  app->_secondCertificate = [secondCertificate copy];
  return RJ_AUTORELEASE(app);
}

- (void)dealloc {
  RJ_RELEASE(_appId);
  RJ_RELEASE(_certificate);
  RJ_RELEASE(_secondCertificate);
  RJ_SUPER_DEALLOC;
}

@end

@implementation RJEdgeConfig

@synthesize listen = _listen;
@synthesize dataDirectory = _dataDirectory;
@synthesize apps = _apps;
@synthesize channelPattern = _channelPattern;
@synthesize timeScale = _timeScale;
@synthesize offline = _offline;
@synthesize emptyChannel = _emptyChannel;
@synthesize maxSessions = _maxSessions;
@synthesize maxChannelMembers = _maxChannelMembers;
@synthesize maxChannelBroadcasters = _maxChannelBroadcasters;
@synthesize maxHandshakes = _maxHandshakes;
@synthesize maxJoinsPerSecond = _maxJoinsPerSecond;
@synthesize maxBadTokensPerMinute = _maxBadTokensPerMinute;
@synthesize maxAcceptsPerSecond = _maxAcceptsPerSecond;
@synthesize limitsLoopback = _limitsLoopback;
@synthesize cluster = _cluster;

- (void)dealloc {
  RJ_RELEASE(_listen);
  RJ_RELEASE(_dataDirectory);
  RJ_RELEASE(_apps);
  RJ_RELEASE(_channelPattern);
  RJ_RELEASE(_cluster);
  RJ_SUPER_DEALLOC;
}

- (id)copyWithZone:(NSZone *)zone {
  (void)zone;
  RJEdgeConfig *copy = [[RJEdgeConfig alloc] init];
  [copy setListen:_listen];
  [copy setDataDirectory:_dataDirectory];
  [copy setApps:_apps];
  [copy setChannelPattern:_channelPattern];
  [copy setCluster:_cluster];
  copy->_timeScale = _timeScale;
  copy->_offline = _offline;
  copy->_emptyChannel = _emptyChannel;
  copy->_maxSessions = _maxSessions;
  copy->_maxChannelMembers = _maxChannelMembers;
  copy->_maxChannelBroadcasters = _maxChannelBroadcasters;
  copy->_maxHandshakes = _maxHandshakes;
  copy->_maxJoinsPerSecond = _maxJoinsPerSecond;
  copy->_maxBadTokensPerMinute = _maxBadTokensPerMinute;
  copy->_maxAcceptsPerSecond = _maxAcceptsPerSecond;
  copy->_limitsLoopback = _limitsLoopback;
  return copy;
}

@end
