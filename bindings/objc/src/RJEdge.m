// An edge, its kicks and its counters.
#import <RejoinKit/RJEdge.h>

#include <stdlib.h>

#import "RJEdgeInternal.h"
#import "RJEngineCore.h"

// What the library's texts call an option, and what it is called here.
static const RJArgumentName option_names[] = {
    {"listen", "listen"},
    {"data_dir", "dataDirectory"},
    {"app_ids", "apps"},
    {"app_count", "apps"},
    {"app", "apps"},
    {"channel_pattern", "channelPattern"},
    {"time_scale", "timeScale"},
    {"offline_ns", "offline"},
    {"empty_channel_ns", "emptyChannel"},
    {"max_sessions", "maxSessions"},
    {"max_channel_members", "maxChannelMembers"},
    {"max_channel_broadcasters", "maxChannelBroadcasters"},
    {"max_handshakes", "maxHandshakes"},
    {"max_joins_per_second", "maxJoinsPerSecond"},
    {"max_bad_tokens_per_minute", "maxBadTokensPerMinute"},
    {"max_accepts_per_second", "maxAcceptsPerSecond"},
    {"limit_loopback", "limitsLoopback"},
    {"cluster", "cluster"},
    {NULL, NULL},
};

// The same for the arguments of calls.
static const RJArgumentName call_names[] = {
    {"app_id", "appId"},    {"channel", "channel"},
    {"ip", "ip"},           {"duration_ns", "duration"},
    {"id", "kickId"},       {"loss", "loss"},
    {"delay_ns", "delay"},  {"jitter_ns", "jitter"},
    {"burst", "burst"},     {"duplicate", "duplicate"},
    {"reorder", "reorder"}, {"corrupt", "corrupt"},
    {"rate", "rate"},       {"queue", "queue"},
    {"mtu", "mtu"},         {NULL, NULL},
};

// ---- kicks

#define INFO ((const rj_kick_info *)_info)

@implementation RJKick

RJ_NO_INIT

- (instancetype)initWithInfo:(const rj_kick_info *)info {
  self = [super init];
  if (self != nil)
    _info = RJCopyBytes(info, sizeof *info);
  return self;
}

- (void)dealloc {
  free(_info);
  RJ_SUPER_DEALLOC;
}

- (uint64_t)kickId {
  return INFO->id;
}

- (NSString *)appId {
  return RJText(INFO->app_id);
}

- (NSString *)channel {
  return RJTextOrNil(INFO->channel);
}

- (NSUInteger)uid {
  return INFO->uid;
}

- (NSString *)ip {
  return RJTextOrNil(INFO->ip);
}

- (NSTimeInterval)until {
  return RJSeconds(INFO->until_ns);
}

@end

// ---- counters

#define COUNTS ((const rj_edge_counts *)_counts)
#define COUNTER(type, name, field)                                                                 \
  -(type)name {                                                                                    \
    return COUNTS->field;                                                                          \
  }

@implementation RJEdgeCounters

RJ_NO_INIT

- (instancetype)initWithCounts:(const rj_edge_counts *)counts {
  self = [super init];
  if (self != nil)
    _counts = RJCopyBytes(counts, sizeof *counts);
  return self;
}

- (void)dealloc {
  free(_counts);
  RJ_SUPER_DEALLOC;
}

// clang-format off
COUNTER(NSUInteger, members, members)
COUNTER(NSUInteger, channels, channels)
COUNTER(NSUInteger, connections, connections)
COUNTER(NSUInteger, handshakes, handshakes)
COUNTER(NSUInteger, kicks, kicks)
COUNTER(uint64_t, joins, joins)
COUNTER(uint64_t, rejoins, rejoins)
COUNTER(uint64_t, takeovers, takeovers)
COUNTER(uint64_t, leaves, leaves)
COUNTER(uint64_t, drops, drops)
COUNTER(uint64_t, expiries, expiries)
COUNTER(uint64_t, kicked, kicked)
COUNTER(uint64_t, refusals, refusals)
COUNTER(uint64_t, busy, busy)
COUNTER(uint64_t, protocolErrors, protocol_errors)
COUNTER(uint64_t, datagramsIn, datagrams_in)
COUNTER(uint64_t, datagramsOut, datagrams_out)
COUNTER(uint64_t, retries, retries)
COUNTER(uint64_t, resets, resets)
// clang-format on

@end

// ---- its way to its bus

@implementation RJBusFaults

@synthesize up = _up;
@synthesize down = _down;
@synthesize side = _side;
@synthesize gone = _gone;

- (instancetype)init {
  self = [super init];
  if (self != nil) {
    _up = [[RJLinkFaults alloc] init];
    _down = [[RJLinkFaults alloc] init];
    [_up setDelay:0.001];
    [_down setDelay:0.001];
  }
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_up);
  RJ_RELEASE(_down);
  RJ_SUPER_DEALLOC;
}

@end

// ---- an edge

static BOOL check_config(RJEdgeConfig *config, NSError **error) {
  for (RJEdgeApp *app in [config apps])
    if (!RJCheckText([app appId], @"apps", RJStatusInvalidArgument, error) ||
        !RJCheckText([app certificate], @"apps", RJStatusInvalidArgument, error) ||
        !RJCheckText([app secondCertificate], @"apps", RJStatusInvalidArgument, error))
      return NO;
  return RJCheckText([config listen], @"listen", RJStatusInvalidArgument, error) &&
         RJCheckText([config dataDirectory], @"dataDirectory", RJStatusInvalidArgument, error) &&
         RJCheckText([config channelPattern], @"channelPattern", RJStatusInvalidArgument, error) &&
         RJCheckText([config cluster], @"cluster", RJStatusInvalidArgument, error);
}

// config is not nil: a message to that answers anything where a floating-point number is expected.
static rj_edge *make_edge(RJEdgeConfig *config, rj_runtime *runtime, NSError **error) {
  if (!check_config(config, error))
    return NULL;
  NSUInteger apps = [[config apps] count];
  // Three lists, one after the other.
  const char **texts = calloc(3 * apps + 1, sizeof *texts);
  if (texts == NULL)
    abort();
  NSUInteger at = 0;
  for (RJEdgeApp *app in [config apps]) {
    texts[at] = RJBytesOrEmpty([app appId]);
    texts[apps + at] = RJBytes([app certificate]);
    texts[2 * apps + at] = RJBytes([app secondCertificate]);
    at++;
  }
  rj_edge_options options = {
      .size = sizeof options,
      .app_count = (uint32_t)apps,
      .listen = RJBytes([config listen]),
      .data_dir = RJBytes([config dataDirectory]),
      .channel_pattern = RJBytes([config channelPattern]),
      .time_scale = [config timeScale],
      .max_sessions = [config maxSessions],
      .max_channel_members = [config maxChannelMembers],
      .max_channel_broadcasters = [config maxChannelBroadcasters],
      .max_handshakes = [config maxHandshakes],
      .max_joins_per_second = [config maxJoinsPerSecond],
      .max_bad_tokens_per_minute = [config maxBadTokensPerMinute],
      .max_accepts_per_second = [config maxAcceptsPerSecond],
      .limit_loopback = [config limitsLoopback] ? 1 : 0,
      .cluster = RJBytes([config cluster]),
  };
  if (apps > 0) {
    options.app_ids = texts;
    options.app_certificates = texts + apps;
    options.app_second_certificates = texts + 2 * apps;
  }
  rj_edge *edge = NULL;
  if (RJTimer([config offline], @"offline", &options.offline_ns, error) &&
      RJTimer([config emptyChannel], @"emptyChannel", &options.empty_channel_ns, error)) {
    int32_t status = rj_edge_new(runtime, &options, &edge);
    if (status < 0)
      RJFailAsLibrary(error, status, rj_runtime_error_text(runtime), option_names);
  }
  free(texts);
  return edge;
}

@implementation RJEdge

RJ_NO_INIT

@synthesize url = _url;
@synthesize fingerprint = _fingerprint;

// ---- life

- (instancetype)initWithConfig:(RJEdgeConfig *)config error:(NSError **)error {
  RJRuntime *runtime = [[RJRuntime alloc] initWithOptions:NULL error:error];
  if (runtime == nil) {
    RJ_RELEASE(self);
    return nil;
  }
  self = [self initWithConfig:config runtime:runtime error:error];
  RJ_RELEASE(runtime);
  return self;
}

- (instancetype)initWithConfig:(RJEdgeConfig *)config
                       runtime:(RJRuntime *)runtime
                         error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  RJEdgeConfig *options = config == nil ? [[RJEdgeConfig alloc] init] : RJ_RETAIN(config);
  rj_edge *edge = make_edge(options, [runtime pointer], error);
  RJ_RELEASE(options);
  if (edge == NULL) {
    RJ_RELEASE(self);
    return nil;
  }
  _runtime = RJ_RETAIN(runtime);
  _handle = [[RJEdgeHandle alloc] initWithEdge:edge runtime:runtime];
  _lock = [[NSLock alloc] init];
  _url = [RJText(rj_edge_url(edge)) copy];
  _fingerprint = [RJText(rj_edge_fingerprint(edge)) copy];
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_handle);
  RJ_RELEASE(_runtime);
  RJ_RELEASE(_lock);
  RJ_RELEASE(_url);
  RJ_RELEASE(_fingerprint);
  RJ_SUPER_DEALLOC;
}

- (void)close {
  [_lock lock];
  RJ_UNTIL_END RJEdgeHandle *handle = _handle;
  _handle = nil;
  [_lock unlock];
  RJ_RELEASE(handle);
}

// Kept while the pool is, so that another thread's close does not take it away; nil: closed.
- (RJEdgeHandle *)handle {
  [_lock lock];
  RJEdgeHandle *handle = RJ_RETAIN(_handle);
  [_lock unlock];
  return RJ_AUTORELEASE(handle);
}

// The edge, or NULL with an error.
- (RJEdgeHandle *)living:(NSError **)error {
  RJEdgeHandle *handle = [self handle];
  if (handle == nil)
    RJFailDestroyed(error);
  return handle;
}

static BOOL succeeded(RJEdgeHandle *handle, int32_t status, NSError **error) {
  return status >= 0 ||
         RJFailAsLibrary(error, status, rj_edge_error_text([handle edge]), call_names);
}

- (NSTimeInterval)now {
  return [_runtime now];
}

// ---- who is there

- (NSArray *)channelsOfApp:(NSString *)appId error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil || !RJCheckText(appId, @"appId", RJStatusInvalidArgument, error))
    return nil;
  NSMutableData *names = [NSMutableData data];
  size_t length = 0;
  int32_t status;
  do { // others may come meanwhile
    [names setLength:length];
    status = rj_edge_channels([handle edge], RJBytes(appId), [names mutableBytes], [names length],
                              &length);
  } while (status == RJ_ERR_BUFFER_TOO_SMALL);
  if (!succeeded(handle, status, error))
    return nil;
  NSMutableArray *channels = [NSMutableArray array];
  const char *bytes = [names bytes];
  for (size_t at = 0; at < length; at += strlen(bytes + at) + 1)
    [channels addObject:RJText(bytes + at)];
  return channels;
}

- (NSArray *)membersOfChannel:(NSString *)channel appId:(NSString *)appId error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil || !RJCheckText(channel, @"channel", RJStatusInvalidChannelName, error) ||
      !RJCheckText(appId, @"appId", RJStatusInvalidArgument, error))
    return nil;
  NSMutableData *uids = [NSMutableData data];
  size_t count = 0;
  int32_t status;
  do { // others may come meanwhile
    [uids setLength:count * sizeof(uint32_t)];
    status = rj_edge_members([handle edge], RJBytes(appId), RJBytesOrEmpty(channel),
                             [uids mutableBytes], [uids length] / sizeof(uint32_t), &count);
  } while (status == RJ_ERR_BUFFER_TOO_SMALL);
  if (!succeeded(handle, status, error))
    return nil;
  NSMutableArray *members = [NSMutableArray array];
  const uint32_t *all = [uids bytes];
  for (size_t i = 0; i < count; i++)
    [members addObject:[NSNumber numberWithUnsignedInt:all[i]]];
  return members;
}

- (NSTimeInterval)lastHeardInChannel:(NSString *)channel
                                 uid:(NSUInteger)uid
                               appId:(NSString *)appId {
  RJEdgeHandle *handle = [self handle];
  if (handle == nil || channel == nil || !RJCheckText(channel, @"", 0, NULL) ||
      !RJCheckText(appId, @"", 0, NULL) || !RJCheckUid(uid, NULL))
    return 0;
  return RJSeconds(
      rj_edge_last_heard([handle edge], RJBytes(appId), RJBytesOrEmpty(channel), (uint32_t)uid));
}

// ---- kicks

static BOOL check_duration(NSTimeInterval duration, NSError **error) {
  if (duration >= 0) // the library's -1 is a default, no time
    return YES;
  return RJFail(error, RJStatusInvalidArgument, @"duration",
                [NSString stringWithFormat:@"duration is %g s; it must be 0 to 86400", duration]);
}

- (BOOL)kickInChannel:(NSString *)channel
                  uid:(NSUInteger)uid
                   ip:(NSString *)ip
             duration:(NSTimeInterval)duration
                appId:(NSString *)appId
               kickId:(uint64_t *)kickId
                error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil || !RJCheckText(channel, @"channel", RJStatusInvalidChannelName, error) ||
      !RJCheckText(ip, @"ip", RJStatusInvalidArgument, error) ||
      !RJCheckText(appId, @"appId", RJStatusInvalidArgument, error) || !RJCheckUid(uid, error) ||
      !check_duration(duration, error))
    return NO;
  rj_kick kick = {.size = sizeof kick,
                  .uid = (uint32_t)uid,
                  .app_id = RJBytes(appId),
                  .channel = RJBytes(channel),
                  .ip = RJBytes(ip),
                  .duration_ns = RJNanoseconds(duration)};
  return succeeded(handle, rj_edge_kick([handle edge], &kick, kickId), error);
}

- (NSArray *)kicksAndReturnError:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil)
    return nil;
  NSMutableArray *kicks = [NSMutableArray array];
  rj_kick_info info = {.size = sizeof info};
  int32_t status;
  while ((status = rj_edge_next_kick([handle edge], info.id, &info)) == 1) {
    RJKick *kick = [[RJKick alloc] initWithInfo:&info];
    [kicks addObject:kick];
    RJ_RELEASE(kick);
  }
  return succeeded(handle, status, error) ? kicks : nil;
}

- (BOOL)changeKick:(uint64_t)kickId duration:(NSTimeInterval)duration error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil || !check_duration(duration, error))
    return NO;
  return succeeded(handle, rj_edge_change_kick([handle edge], kickId, RJNanoseconds(duration)),
                   error);
}

- (BOOL)liftKick:(uint64_t)kickId error:(NSError **)error {
  return [self changeKick:kickId duration:0 error:error];
}

// ---- how it does, and what may happen to it

- (RJEdgeCounters *)countersAndReturnError:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  rj_edge_counts counts = {.size = sizeof counts};
  if (handle == nil || !succeeded(handle, rj_edge_counters([handle edge], &counts), error))
    return nil;
  return RJ_AUTORELEASE([[RJEdgeCounters alloc] initWithCounts:&counts]);
}

// The same for spans of time.
static BOOL took_span(RJEdgeHandle *handle, int32_t status, NSError **error) {
  static const RJArgumentName names[] = {
      {"span_ns", "seconds"}, {"duration_ns", "seconds"}, {NULL, NULL}};
  return status >= 0 || RJFailAsLibrary(error, status, rj_edge_error_text([handle edge]), names);
}

- (BOOL)drainOver:(NSTimeInterval)seconds members:(NSUInteger *)members error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  int32_t told = handle == nil ? 0 : rj_edge_drain([handle edge], RJNanoseconds(seconds));
  if (members != NULL)
    *members = told < 0 ? 0 : (NSUInteger)told;
  return handle != nil && took_span(handle, told, error);
}

- (BOOL)pauseFor:(NSTimeInterval)seconds error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  return handle != nil &&
         took_span(handle, rj_edge_pause([handle edge], RJNanoseconds(seconds)), error);
}

- (BOOL)setBusFaults:(RJBusFaults *)faults error:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  if (handle == nil)
    return NO;
  if (faults == nil)
    return succeeded(handle, rj_edge_set_bus_faults([handle edge], NULL), error);
  const rj_faults up = RJFaultsForC([faults up]), down = RJFaultsForC([faults down]);
  const rj_bus_faults c = {.size = sizeof c,
                           .gone = [faults gone] ? 1 : 0,
                           .up = &up,
                           .down = &down,
                           .side = [faults side]};
  return succeeded(handle, rj_edge_set_bus_faults([handle edge], &c), error);
}

- (BOOL)crashAndReturnError:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  return handle != nil && succeeded(handle, rj_edge_crash([handle edge]), error);
}

- (BOOL)restartAndReturnError:(NSError **)error {
  RJEdgeHandle *handle = [self living:error];
  return handle != nil && succeeded(handle, rj_edge_restart([handle edge]), error);
}

@end
