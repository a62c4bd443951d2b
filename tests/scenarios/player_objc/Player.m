// The edges and clients of a plan, and what they do.
#import "Player.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t WATCH_EVERY = 250 * INT64_C(1000000); // ns of virtual time between two looks
static const NSTimeInterval LOOK_EVERY = 0.002;            // of real time

static _Noreturn void fail(NSString *what, NSError *error) {
  fprintf(stderr, "player: %s: %s\n", [what UTF8String], [[error localizedDescription] UTF8String]);
  exit(2);
}

static int64_t nanoseconds(NSTimeInterval seconds) {
  return llround(seconds * 1e9);
}

@implementation Player

// ---- what a plan is about

// "id", "id:certificate" or "id:certificate:second", separated by commas.
static NSArray *apps_of(NSString *text) {
  NSMutableArray *apps = [NSMutableArray array];
  for (NSString *app in [text componentsSeparatedByString:@","]) {
    NSArray *parts = [app componentsSeparatedByString:@":"];
    if ([app length] > 0)
      [apps addObject:[RJEdgeApp appWithId:[parts objectAtIndex:0]
                                certificate:[parts count] > 1 ? [parts objectAtIndex:1] : nil
                          secondCertificate:[parts count] > 2 ? [parts objectAtIndex:2] : nil]];
  }
  return apps;
}

- (void)makeEdge:(PlanNode *)node {
  PlanValues *v = node->_values;
  RJEdgeConfig *config = POOLED([[RJEdgeConfig alloc] init]);
  [config setApps:apps_of([v text:@"app"])];
  [config setChannelPattern:[v text:@"channel_pattern"]];
  [config setCluster:[v text:@"cluster"]];
  [config setTimeScale:[v real:@"time_scale"]];
  [config setOffline:[v seconds:@"offline_ns"]];
  [config setEmptyChannel:[v seconds:@"empty_channel_ns"]];
  [config setMaxSessions:(uint32_t)[v number:@"sessions" or:0]];
  [config setMaxChannelMembers:(uint32_t)[v number:@"channel_members" or:0]];
  [config setMaxChannelBroadcasters:(uint32_t)[v number:@"channel_broadcasters" or:0]];
  [config setMaxHandshakes:(uint32_t)[v number:@"handshakes" or:0]];
  NSError *error = nil;
  RJEdge *edge = _simulation != nil ? [_simulation edgeWithConfig:config error:&error]
                                    : POOLED([[RJEdge alloc] initWithConfig:config error:&error]);
  if (edge == nil)
    fail(node->_name, error);
  [_edges setObject:edge forKey:node->_name];
}

- (RJRtcEngineConfig *)configOf:(PlanNode *)node {
  PlanValues *v = node->_values;
  RJRtcEngineConfig *config = POOLED([[RJRtcEngineConfig alloc] init]);
  NSMutableArray *urls = [NSMutableArray array], *fingerprints = [NSMutableArray array];
  for (NSString *name in [[v text:@"edge"] componentsSeparatedByString:@","]) {
    RJEdge *edge = [_edges objectForKey:name];
    if (edge == nil)
      fail(node->_name, nil);
    [urls addObject:[edge url]];
    [fingerprints addObject:[edge fingerprint]];
  }
  [config setFingerprint:[fingerprints componentsJoinedByString:@","]];
  [config setUrls:urls];
  [config setAppId:[v text:@"app_id"]];
  [config setRole:(RJClientRole)[v number:@"role" or:0]];
  [config setChannelProfile:(RJChannelProfile)[v number:@"profile" or:0]];
  [config setDialect:(RJDialect)[v number:@"dialect" or:0]];
  [config setTimeScale:[v real:@"time_scale"]];
  [[config timers] setBeat:[v seconds:@"beat_ns"]];
  [[config timers] setInterrupted:[v seconds:@"interrupted_ns"]];
  [[config timers] setLost:[v seconds:@"lost_ns"]];
  [[config timers] setOffline:[v seconds:@"offline_ns"]];
  [[config timers] setGiveUp:[v seconds:@"give_up_ns"]];
  [[config timers] setTokenWarning:[v seconds:@"token_warning_ns"]];
  [[config timers] setStats:[v seconds:@"stats_ns"]];
  [config setStats:[v number:@"stats_events" or:0] != 0];
  [config setPeerInterruptions:[v number:@"peer_interruptions" or:0] != 0];
  [config setAttempts:[v number:@"attempts" or:0] != 0];
  return config;
}

- (void)makeClient:(PlanNode *)node {
  PlayerClient *client = POOLED([[PlayerClient alloc] init]);
  RJRtcEngineConfig *config = [self configOf:node];
  NSError *error = nil;
  client->_player = self;
  client->_name = node->_name;
  client->_uid = (NSUInteger)[node->_values number:@"uid" or:0];
  client->_engine = _simulation != nil
                        ? [_simulation clientWithConfig:config delegate:client error:&error]
                        : POOLED([[RJRtcEngineKit alloc] initWithConfig:config
                                                               delegate:client
                                                                  error:&error]);
  if (client->_engine == nil)
    fail(node->_name, error);
#if !__has_feature(objc_arc)
  [client->_engine retain];
#endif
  [_clients setObject:client forKey:node->_name];
}

- (instancetype)initWithPlan:(Plan *)plan {
  self = [super init];
  NSError *error = nil;
  _plan = plan;
  if (plan->_simulated) {
    _simulation = [[RJSimulation alloc] initWithSeed:plan->_seed
                                           wallClock:(NSTimeInterval)plan->_wall
                                               error:&error];
    if (_simulation == nil)
      fail(@"simulation", error);
  }
  _edges = [[NSMutableDictionary alloc] init];
  _clients = [[NSMutableDictionary alloc] init];
  for (PlanNode *node in plan->_edges)
    [self makeEdge:node];
  for (PlanNode *node in plan->_clients)
    [self makeClient:node];
  return self;
}

// ---- what clients do

static int take_faults(PlayerClient *client, PlanValues *v) {
  RJLinkFaults *faults = POOLED([[RJLinkFaults alloc] init]);
  [faults setBlackhole:[v number:@"blackhole" or:0] != 0];
  [faults setLoss:[v real:@"loss"]];
  [faults setDelay:[v seconds:@"delay_ns"]];
  [faults setJitter:[v seconds:@"jitter_ns"]];
  [faults setBurst:[v real:@"burst"]];
  [faults setDuplicate:[v real:@"duplicate"]];
  [faults setReorder:[v real:@"reorder"]];
  [faults setCorrupt:[v real:@"corrupt"]];
  [faults setRate:(uint64_t)[v number:@"rate" or:0]];
  [faults setQueue:(uint32_t)[v number:@"queue" or:0]];
  [faults setMtu:(uint32_t)[v number:@"mtu" or:0]];
  [faults setNatIdle:[v seconds:@"nat_idle_ns"]];
  NSError *error = nil;
  BOOL done = [[client->_engine link] setFaults:faults
                                     directions:(RJLinkDirections)[v number:@"direction" or:0]
                                          error:&error];
  return done ? 0 : (int)[error code];
}

static int take_follow(PlayerClient *client, PlanValues *v) {
  NSError *error = nil;
  BOOL done = [[client->_engine link] followNetwork:[v text:@"name"] error:&error];
  return done ? 0 : (int)[error code];
}

static int take_rebind(PlayerClient *client, PlanValues *v) {
  NSError *error = nil;
  RJLink *link = [client->_engine link];
  BOOL done = [v number:@"address" or:0] != 0 ? [link rebindAddress:nil error:&error]
                                              : [link rebindPortAndReturnError:&error];
  return done ? 0 : (int)[error code];
}

static int take_move(PlayerClient *client, PlanValues *v) {
  RJAddressChange *change = POOLED([[RJAddressChange alloc] init]);
  [change setNetwork:(RJNetworkType)[v number:@"network" or:RJNetworkTypeUnknown]];
  [change setOverlap:[v seconds:@"overlap_ns"]];
  [change setDead:[v number:@"dead" or:0] != 0];
  NSError *error = nil;
  return [[client->_engine link] changeAddress:change error:&error] ? 0 : (int)[error code];
}

static NSData *data_of(NSString *hex) {
  NSMutableData *data = [NSMutableData data];
  for (NSUInteger i = 0; i + 1 < [hex length]; i += 2) {
    NSString *digits = [hex substringWithRange:NSMakeRange(i, 2)];
    uint8_t byte = (uint8_t)strtoul([digits UTF8String], NULL, 16);
    [data appendBytes:&byte length:1];
  }
  return data;
}

static int take_join(PlayerClient *client, PlanValues *v) {
  NSString *channel = [v text:@"channel"];
  return
      [client->_engine joinChannelByToken:[v text:@"token"]
                                channelId:channel == nil ? @"" : channel
                                     info:nil
                                      uid:(NSUInteger)[v number:@"uid" or:(int64_t)client->_uid]];
}

static int take_leave(PlayerClient *client, PlanValues *v) {
  (void)v;
  return [client->_engine leaveChannel];
}

static int take_renew(PlayerClient *client, PlanValues *v) {
  NSString *token = [v text:@"token"];
  return [client->_engine renewToken:token == nil ? @"" : token];
}

static int take_role(PlayerClient *client, PlanValues *v) {
  return [client->_engine setClientRole:(RJClientRole)[v number:@"role" or:0]];
}

static int take_network(PlayerClient *client, PlanValues *v) {
  RJNetworkType type = (RJNetworkType)[v number:@"network" or:RJNetworkTypeUnknown];
  return [client->_engine networkChangedToType:type];
}

static int take_suspend(PlayerClient *client, PlanValues *v) {
  NSError *error = nil;
  return [client->_engine suspendFor:[v seconds:@"seconds_ns"] error:&error] ? 0
                                                                             : (int)[error code];
}

static int take_stream(PlayerClient *client, PlanValues *v) {
  BOOL on = [v number:@"reliable" or:0] != 0;
  NSInteger stream = 0;
  return [client->_engine createDataStream:&stream reliable:on ordered:on];
}

static int take_send(PlayerClient *client, PlanValues *v) {
  return [client->_engine sendStreamMessage:(NSInteger)[v number:@"stream" or:0]
                                       data:data_of([v text:@"data"])];
}

static int take_free(PlayerClient *client, PlanValues *v) {
  (void)v;
  if (client->_freed)
    return RJStatusNotInitialized;
  client->_freed = YES;
  [client->_engine destroy];
  return 0;
}

static int take_state(PlayerClient *client, PlanValues *v) {
  (void)v;
  return (int)[client->_engine getConnectionState];
}

// ---- what edges do

static int take_crash(RJEdge *edge, PlanValues *v) {
  (void)v;
  NSError *error = nil;
  return [edge crashAndReturnError:&error] ? 0 : (int)[error code];
}

static int take_restart(RJEdge *edge, PlanValues *v) {
  (void)v;
  NSError *error = nil;
  return [edge restartAndReturnError:&error] ? 0 : (int)[error code];
}

static int take_pause(RJEdge *edge, PlanValues *v) {
  NSError *error = nil;
  return [edge pauseFor:[v seconds:@"seconds_ns"] error:&error] ? 0 : (int)[error code];
}

static int take_drain(RJEdge *edge, PlanValues *v) {
  NSError *error = nil;
  BOOL done = [edge drainOver:[v seconds:@"seconds_ns"] members:NULL error:&error];
  return done ? 0 : (int)[error code];
}

#define NAMED(fault) [direction stringByAppendingString:@"_" fault]

static void take_direction(RJLinkFaults *faults, NSString *direction, PlanValues *v) {
  [faults setBlackhole:[v number:NAMED(@"blackhole") or:0] != 0];
  [faults setLoss:[v real:NAMED(@"loss")]];
  [faults setDelay:[v seconds:NAMED(@"delay_ns")]];
  [faults setJitter:[v seconds:NAMED(@"jitter_ns")]];
  [faults setBurst:[v real:NAMED(@"burst")]];
  [faults setDuplicate:[v real:NAMED(@"duplicate")]];
  [faults setReorder:[v real:NAMED(@"reorder")]];
}

static int take_bus(RJEdge *edge, PlanValues *v) {
  RJBusFaults *faults = POOLED([[RJBusFaults alloc] init]);
  NSError *error = nil;
  take_direction([faults up], @"up", v);
  take_direction([faults down], @"down", v);
  [faults setSide:(uint32_t)[v number:@"side" or:0]];
  [faults setGone:[v number:@"gone" or:0] != 0];
  return [edge setBusFaults:faults error:&error] ? 0 : (int)[error code];
}

static int take_kick(RJEdge *edge, PlanValues *v) {
  NSError *error = nil;
  BOOL done = [edge kickInChannel:[v text:@"channel"]
                              uid:(NSUInteger)[v number:@"uid" or:0]
                               ip:nil
                         duration:[v text:@"seconds_ns"] == nil ? 3600 : [v seconds:@"seconds_ns"]
                            appId:[v text:@"app_id"]
                           kickId:NULL
                            error:&error];
  return done ? 0 : (int)[error code];
}

static const struct {
  const char *verb;
  int (*take)(PlayerClient *client, PlanValues *values);
} client_verbs[] = {
    {"join", take_join},       {"leave", take_leave},     {"renew", take_renew},
    {"role", take_role},       {"network", take_network}, {"faults", take_faults},
    {"follow", take_follow},   {"rebind", take_rebind},   {"move", take_move},
    {"suspend", take_suspend}, {"stream", take_stream},   {"send", take_send},
    {"free", take_free},       {"state", take_state},
};

static const struct {
  const char *verb;
  int (*take)(RJEdge *edge, PlanValues *values);
} edge_verbs[] = {
    {"crash", take_crash}, {"restart", take_restart}, {"pause", take_pause},
    {"drain", take_drain}, {"kick", take_kick},       {"bus", take_bus},
};

static _Noreturn void unknown(PlanStep *step) {
  fprintf(stderr, "player: %s does not know how to %s\n", [step->_actor UTF8String],
          [step->_verb UTF8String]);
  exit(2);
}

static int take_of_client(PlayerClient *client, PlanStep *step) {
  for (size_t i = 0; i < sizeof client_verbs / sizeof client_verbs[0]; i++)
    if (strcmp(client_verbs[i].verb, [step->_verb UTF8String]) == 0)
      return client_verbs[i].take(client, step->_values);
  unknown(step);
}

static int take_of_edge(RJEdge *edge, PlanStep *step) {
  for (size_t i = 0; i < sizeof edge_verbs / sizeof edge_verbs[0]; i++)
    if (strcmp(edge_verbs[i].verb, [step->_verb UTF8String]) == 0)
      return edge_verbs[i].take(edge, step->_values);
  unknown(step);
}

static void print_members(RJEdge *edge, PlanStep *step) {
  NSError *error = nil;
  NSString *channel = [step->_values text:@"channel"];
  NSArray *uids = [edge membersOfChannel:channel == nil ? @"" : channel
                                   appId:[step->_values text:@"app_id"]
                                   error:&error];
  printf("result\t%" PRId64, step->_index);
  if (uids == nil)
    printf("\t%ld", (long)[error code]);
  for (NSNumber *uid in uids)
    printf("\t%u", [uid unsignedIntValue]);
  putchar('\n');
}

- (int)stepWall:(PlanStep *)step {
  NSError *error = nil;
  return [_simulation stepWallClockBy:[step->_values seconds:@"seconds_ns"] error:&error]
             ? 0
             : (int)[error code];
}

- (void)take:(PlanStep *)step {
  [self watch];
  PlayerClient *client = [_clients objectForKey:step->_actor];
  RJEdge *edge = [_edges objectForKey:step->_actor];
  if (edge != nil && [step->_verb isEqualToString:@"members"]) {
    print_members(edge, step);
    return;
  }
  int result = client != nil ? take_of_client(client, step)
               : edge != nil ? take_of_edge(edge, step)
                             : [self stepWall:step];
  printf("result\t%" PRId64 "\t%d\n", step->_index, result);
}

// ---- time

- (int64_t)now {
  if (_simulation != nil)
    return nanoseconds([_simulation now]);
  PlayerClient *any = [[_clients allValues] lastObject];
  return nanoseconds([any->_engine now]);
}

- (void)watch {
  for (PlanWatch *watch in _plan->_watches) {
    RJEdge *edge = [_edges objectForKey:watch->_edge];
    int64_t heard = nanoseconds([edge lastHeardInChannel:watch->_channel
                                                     uid:watch->_uid
                                                   appId:nil]);
    if (heard <= 0 || heard == watch->_last)
      continue;
    watch->_last = heard;
    printf("heard\t%" PRId64 "\t%s\t%s\t%lu\t%" PRId64 "\n", [self now], [watch->_edge UTF8String],
           [watch->_channel UTF8String], (unsigned long)watch -> _uid, heard);
  }
}

- (void)runUntil:(int64_t)until {
  NSError *error = nil;
  for (int64_t now; (now = [self now]) < until;) {
    int64_t span = until - now;
    if ([_plan->_watches count] > 0 && span > WATCH_EVERY)
      span = WATCH_EVERY;
    if (![_simulation runFor:(NSTimeInterval)span / 1e9 error:&error])
      fail(@"running", error);
    [self watch];
  }
}

- (void)waitUntil:(int64_t)until {
  if (_simulation != nil) {
    [self runUntil:until];
    return;
  }
  while ([self now] < until) {
    [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode
                             beforeDate:[NSDate dateWithTimeIntervalSinceNow:LOOK_EVERY]];
    [self watch];
  }
}

- (void)play {
  int64_t origin = [self now];
  printf("origin\t%" PRId64 "\n", origin);
  for (PlanStep *step in _plan->_steps) {
    [self waitUntil:origin + step->_at];
    [self take:step];
  }
  [self waitUntil:origin + _plan->_end];
}

@end
