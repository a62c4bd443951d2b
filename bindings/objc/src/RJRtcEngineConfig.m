// The options of an engine, and their form for C.
#import <RejoinKit/RJRtcEngineConfig.h>

#import <RejoinKit/RJEdge.h>

#import "RJEngineCore.h"

enum { URLS_MAX = 8 };

static BOOL same(id one, id other) {
  return one == other || [one isEqual:other];
}

// ---- timers

@implementation RJRtcEngineTimers

@synthesize beat = _beat;
@synthesize interrupted = _interrupted;
@synthesize lost = _lost;
@synthesize offline = _offline;
@synthesize giveUp = _giveUp;
@synthesize tokenWarning = _tokenWarning;
@synthesize stats = _stats;

- (id)copyWithZone:(NSZone *)zone {
  (void)zone;
  RJRtcEngineTimers *copy = [[RJRtcEngineTimers alloc] init];
  copy->_beat = _beat;
  copy->_interrupted = _interrupted;
  copy->_lost = _lost;
  copy->_offline = _offline;
  copy->_giveUp = _giveUp;
  copy->_tokenWarning = _tokenWarning;
  copy->_stats = _stats;
  return copy;
}

- (BOOL)isEqual:(id)object {
  if (![object isKindOfClass:[RJRtcEngineTimers class]])
    return NO;
  RJRtcEngineTimers *other = object;
  return _beat == other->_beat && _interrupted == other->_interrupted && _lost == other->_lost &&
         _offline == other->_offline && _giveUp == other->_giveUp &&
         _tokenWarning == other->_tokenWarning && _stats == other->_stats;
}

- (NSUInteger)hash {
  return (NSUInteger)(_beat + _interrupted + _lost + _offline + _giveUp);
}

- (BOOL)write:(rj_client_timers *)timers error:(NSError **)error {
  return RJTimer(_beat, @"timers.beat", &timers->beat_ns, error) &&
         RJTimer(_interrupted, @"timers.interrupted", &timers->interrupted_ns, error) &&
         RJTimer(_lost, @"timers.lost", &timers->lost_ns, error) &&
         RJTimer(_offline, @"timers.offline", &timers->offline_ns, error) &&
         RJTimer(_giveUp, @"timers.giveUp", &timers->give_up_ns, error) &&
         RJTimer(_tokenWarning, @"timers.tokenWarning", &timers->token_warning_ns, error) &&
         RJTimer(_stats, @"timers.stats", &timers->stats_ns, error);
}

@end

// ---- all options

@implementation RJRtcEngineConfig

@synthesize urls = _urls;
@synthesize appId = _appId;
@synthesize uid = _uid;
@synthesize fingerprint = _fingerprint;
@synthesize caFile = _caFile;
@synthesize channelProfile = _channelProfile;
@synthesize role = _role;
@synthesize dialect = _dialect;
@synthesize timers = _timers;
@synthesize timeScale = _timeScale;
@synthesize stats = _stats;
@synthesize peerInterruptions = _peerInterruptions;
@synthesize attempts = _attempts;
@synthesize ownSocket = _ownSocket;
#if RJ_HAS_RUN_LOOPS
@synthesize runLoop = _runLoop;
@synthesize runLoopMode = _runLoopMode;
#endif

+ (instancetype)configWithUrl:(NSString *)url {
  RJRtcEngineConfig *config = [[self alloc] init];
  [config setUrls:[NSArray arrayWithObject:url]];
  return RJ_AUTORELEASE(config);
}

+ (instancetype)configWithEdge:(RJEdge *)edge {
  RJRtcEngineConfig *config = [self configWithUrl:[edge url]];
  [config setFingerprint:[edge fingerprint]];
  return config;
}

- (instancetype)init {
  self = [super init];
  if (self != nil) {
    _urls = [[NSArray alloc] init];
    _timers = [[RJRtcEngineTimers alloc] init];
  }
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_urls);
  RJ_RELEASE(_appId);
  RJ_RELEASE(_fingerprint);
  RJ_RELEASE(_caFile);
  RJ_RELEASE(_timers);
  RJ_RELEASE(_runLoop);
  RJ_RELEASE(_runLoopMode);
#if RJ_HAS_DISPATCH
  [self setDelegateQueue:NULL];
#endif
  RJ_SUPER_DEALLOC;
}

#if RJ_HAS_DISPATCH
// Kept as a pointer, so that the class has one layout whether queues are objects or not.
- (dispatch_queue_t)delegateQueue {
#if RJ_ARC && OS_OBJECT_USE_OBJC
  return (__bridge dispatch_queue_t)_delegateQueue;
#else
  return (dispatch_queue_t)_delegateQueue;
#endif
}

- (void)setDelegateQueue:(dispatch_queue_t)queue {
#if RJ_ARC && OS_OBJECT_USE_OBJC
  void *old = _delegateQueue;
  _delegateQueue = (__bridge_retained void *)queue;
  dispatch_queue_t gone = (__bridge_transfer dispatch_queue_t)old;
  (void)gone;
#else
  if (queue != NULL)
    dispatch_retain(queue);
  if (_delegateQueue != NULL)
    dispatch_release((dispatch_queue_t)_delegateQueue);
  _delegateQueue = (void *)queue;
#endif
}
#endif

- (id)copyWithZone:(NSZone *)zone {
  (void)zone;
  RJRtcEngineConfig *copy = [[RJRtcEngineConfig alloc] init];
  [copy setUrls:_urls];
  [copy setAppId:_appId];
  [copy setFingerprint:_fingerprint];
  [copy setCaFile:_caFile];
  [copy setTimers:_timers];
  copy->_uid = _uid;
  copy->_channelProfile = _channelProfile;
  copy->_role = _role;
  copy->_dialect = _dialect;
  copy->_timeScale = _timeScale;
  copy->_stats = _stats;
  copy->_peerInterruptions = _peerInterruptions;
  copy->_attempts = _attempts;
  copy->_ownSocket = _ownSocket;
#if RJ_HAS_DISPATCH
  [copy setDelegateQueue:[self delegateQueue]];
#endif
#if RJ_HAS_RUN_LOOPS
  [copy setRunLoop:_runLoop];
  [copy setRunLoopMode:_runLoopMode];
#endif
  return copy;
}

- (BOOL)isEqual:(id)object {
  if (![object isKindOfClass:[RJRtcEngineConfig class]])
    return NO;
  RJRtcEngineConfig *other = object;
  return same(_urls, other->_urls) && same(_appId, other->_appId) &&
         same(_fingerprint, other->_fingerprint) && same(_caFile, other->_caFile) &&
         same(_timers, other->_timers) && _uid == other->_uid &&
         _channelProfile == other->_channelProfile && _role == other->_role &&
         _dialect == other->_dialect && _timeScale == other->_timeScale &&
         _stats == other->_stats && _peerInterruptions == other->_peerInterruptions &&
         _attempts == other->_attempts && _ownSocket == other->_ownSocket &&
         _delegateQueue == other->_delegateQueue && _runLoop == other->_runLoop &&
         same(_runLoopMode, other->_runLoopMode);
}

- (NSUInteger)hash {
  return [_urls hash] ^ [_appId hash] ^ _uid;
}

// ---- for C

- (BOOL)checkTexts:(NSError **)error {
  for (NSString *url in _urls)
    if (!RJCheckText(url, @"urls", RJStatusInvalidArgument, error))
      return NO;
  return RJCheckText(_appId, @"appId", RJStatusInvalidArgument, error) &&
         RJCheckText(_fingerprint, @"fingerprint", RJStatusInvalidArgument, error) &&
         RJCheckText(_caFile, @"caFile", RJStatusInvalidArgument, error) && RJCheckUid(_uid, error);
}

// What the library's texts call an option, and what it is called here.
static const RJArgumentName names[] = {
    {"urls", "urls"},
    {"url_count", "urls"},
    {"app_id", "appId"},
    {"fingerprint", "fingerprint"},
    {"ca_file", "caFile"},
    {"profile", "channelProfile"},
    {"role", "role"},
    {"dialect", "dialect"},
    {"time_scale", "timeScale"},
    {"own_socket", "ownSocket"},
    {"beat_ns", "timers.beat"},
    {"interrupted_ns", "timers.interrupted"},
    {"lost_ns", "timers.lost"},
    {"offline_ns", "timers.offline"},
    {"give_up_ns", "timers.giveUp"},
    {"token_warning_ns", "timers.tokenWarning"},
    {"stats_ns", "timers.stats"},
    {NULL, NULL},
};

- (rj_client *)makeClientIn:(RJRuntime *)runtime error:(NSError **)error {
  if (![self checkTexts:error])
    return NULL;
  const char *urls[URLS_MAX + 1]; // one more than is allowed, so that the library says so
  uint32_t count = 0;
  for (NSString *url in _urls)
    if (count < URLS_MAX + 1)
      urls[count++] = RJBytes(url);
  rj_client_options options = {
      .size = sizeof options,
      .role = (int32_t)_role,
      .profile = (int32_t)_channelProfile,
      .dialect = (int32_t)_dialect,
      .app_id = RJBytes(_appId),
      .urls = urls,
      .url_count = count,
      .own_socket = _ownSocket ? 1 : 0,
      .fingerprint = RJBytes(_fingerprint),
      .ca_file = RJBytes(_caFile),
      .time_scale = _timeScale,
      .stats = _stats ? 1 : 0,
      .peer_interruptions = _peerInterruptions ? 1 : 0,
      .attempts = _attempts ? 1 : 0,
  };
  if (_timers != nil && ![_timers write:&options.timers error:error])
    return NULL;
  rj_client *client = NULL;
  int32_t status = rj_client_new([runtime pointer], &options, &client);
  if (status < 0) {
    RJFailAsLibrary(error, status, rj_runtime_error_text([runtime pointer]), names);
    return NULL;
  }
  return client;
}

@end
