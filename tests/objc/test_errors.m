// What is wrong is told: the code, the argument by its name here, and the rule.
#import "check.h"

static RJRtcEngineConfig *a_config(void) {
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithUrl:@"rejoin://127.0.0.1:1"];
  [config setFingerprint:[@"" stringByPaddingToLength:64 withString:@"a" startingAtIndex:0]];
  return config;
}

static RJRtcEngineKit *client(RJRtcEngineConfig *config, NSError **error) {
  return [a_simulation() clientWithConfig:config delegate:nil error:error];
}

// That a config is refused for the option that is named; `change` makes it so.
#define REFUSED(argument, change)                                                                  \
  do {                                                                                             \
    RJRtcEngineConfig *config = a_config();                                                        \
    change;                                                                                        \
    CHECK_FAILS(client(config, &error), RJStatusInvalidArgument, argument);                        \
  } while (0)

static void test_options_of_an_engine(void) {
  NSString *nul = [NSString stringWithFormat:@"a%Cb", (unichar)0];
  NSError *none = nil;
  CHECK(client(a_config(), &none) != nil);
  REFUSED(@"urls", [config setUrls:[NSArray array]]);
  REFUSED(@"urls", [config setUrls:[NSArray arrayWithObject:@"http://127.0.0.1"]]);
  REFUSED(@"urls", [config setUrls:[NSArray arrayWithObject:nul]]);
  NSMutableArray *urls = [NSMutableArray array];
  for (int i = 0; i < 9; i++)
    [urls addObject:@"rejoin://127.0.0.1"];
  REFUSED(@"urls", [config setUrls:urls]);
  REFUSED(@"appId", [config setAppId:nul]);
  REFUSED(@"appId", [config setAppId:[@"" stringByPaddingToLength:65
                                                       withString:@"a"
                                                  startingAtIndex:0]]);
  REFUSED(@"fingerprint", [config setFingerprint:@"12"]);
  REFUSED(@"channelProfile", [config setChannelProfile:7]);
  REFUSED(@"role", [config setRole:7]);
  REFUSED(@"dialect", [config setDialect:5]);
  REFUSED(@"timeScale", [config setTimeScale:-1]);
  REFUSED(@"timers.beat", [[config timers] setBeat:-1]);
  REFUSED(@"timers.beat", [[config timers] setBeat:1e-9]);
  REFUSED(@"timers.lost", [[config timers] setLost:NAN]);
  REFUSED(@"timers.giveUp", [[config timers] setGiveUp:1e300]);
  RJRtcEngineConfig *far = a_config();
  [far setUid:(NSUInteger)UINT32_MAX + 1];
  CHECK_FAILS(client(far, &error), RJStatusInvalidUserId, @"uid");
}

static void test_calls_of_an_engine(void) { /* S-2 S-4 S-22 S-23 */
  RJSimulation *simulation = a_simulation();
  NSError *none = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:nil error:&none];
  CHECK_SAME([one lastError], nil);
  CHECK_FAILS([one joinChannel:@"" token:nil uid:1 error:&error], RJStatusInvalidChannelName,
              @"channel");
  CHECK_FAILS([one joinChannel:@"é" token:nil uid:1 error:&error], RJStatusInvalidChannelName,
              @"channel");
  NSString *nul = [NSString stringWithFormat:@"a%C", (unichar)0];
  CHECK_FAILS([one joinChannel:nul token:nil uid:1 error:&error], RJStatusInvalidChannelName,
              @"channel");
  CHECK_FAILS([one joinChannel:@"demo" token:@"\n" uid:1 error:&error], RJStatusInvalidArgument,
              @"token");
  CHECK_FAILS([one joinChannel:@"demo" token:nil uid:(NSUInteger)1 << 32 error:&error],
              RJStatusInvalidUserId, @"uid");
  CHECK_FAILS([one renewToken:@"" error:&error], RJStatusInvalidArgument, @"token");
  CHECK_FAILS([one setClientRole:7 error:&error], RJStatusInvalidArgument, @"role");
  CHECK_FAILS([one statsAndReturnError:&error], RJStatusNotInChannel, nil);
  CHECK(![one joinChannel:@"" token:nil uid:1 error:NULL]);

  NSString *wide = [@"" stringByPaddingToLength:65 withString:@"a" startingAtIndex:0];
  CHECK_INT([one joinChannelByToken:nil channelId:wide info:nil uid:1], RJStatusInvalidChannelName);
  check_error([one lastError], RJStatusInvalidChannelName, @"channel", __FILE__, __LINE__);
  CHECK([[[one lastError] localizedDescription] rangeOfString:@"65"].location != NSNotFound);
  CHECK_INT([one setClientRole:0], RJStatusInvalidArgument);
  CHECK_SAME([[[one lastError] userInfo] objectForKey:RJErrorArgumentKey], @"role");
  CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
  CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1],
            RJStatusJoinChannelRejected);
  CHECK_INT([one renewToken:@"\x7f"], RJStatusInvalidArgument);
}

static void test_after_destroy(void) {
  RJSimulation *simulation = a_simulation();
  NSError *none = nil;
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, nil);
  RJLink *link = [one link];
  [one destroy];
  [one destroy];
  CHECK_FAILS([one joinChannel:@"demo" token:nil uid:1 error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([one leaveChannelAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([one renewToken:@"a" error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([one setClientRole:RJClientRoleAudience error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([one statsAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([link cut:RJLinkBoth error:&error], RJStatusNotInitialized, nil);
  CHECK_INT([one leaveChannel], RJStatusNotInitialized);
  CHECK_INT([[one lastError] code], RJStatusNotInitialized);
  CHECK_INT([one getConnectionState], RJConnectionStateDisconnected);
  CHECK([one lastHeard] == 0);
  CHECK([one now] > 0);
  CHECK([simulation runFor:1 error:&none]);
}

static void test_options_of_an_edge_and_a_simulation(void) {
  RJSimulation *simulation = a_simulation();
  RJEdgeConfig *config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  [config setChannelPattern:@"("];
  CHECK_FAILS([simulation edgeWithConfig:config error:&error], RJStatusInvalidArgument,
              @"channelPattern");
  config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  [config setTimeScale:1e9];
  CHECK_FAILS([simulation edgeWithConfig:config error:&error], RJStatusInvalidArgument,
              @"timeScale");
  config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  [config setOffline:-1];
  CHECK_FAILS([simulation edgeWithConfig:config error:&error], RJStatusInvalidArgument, @"offline");
  config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  RJEdgeApp *app = [RJEdgeApp appWithId:@"\n" certificate:nil secondCertificate:nil];
  [config setApps:[NSArray arrayWithObject:app]];
  CHECK_FAILS([simulation edgeWithConfig:config error:&error], RJStatusInvalidArgument, @"apps");
  config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  [config setListen:@"tcp://127.0.0.1:1"];
  CHECK_FAILS(AUTORELEASE_([[RJEdge alloc] initWithConfig:config error:&error]),
              RJStatusInvalidArgument, @"listen");
  [config setListen:@"udp://192.0.2.1:1"]; // not ours
  CHECK_FAILS(AUTORELEASE_([[RJEdge alloc] initWithConfig:config error:&error]), RJStatusRefused,
              @"listen");
  CHECK_FAILS(AUTORELEASE_([[RJSimulation alloc] initWithSeed:1 wallClock:-1 error:&error]),
              RJStatusInvalidArgument, @"wallClock");
}

static void test_nil_is_the_default_or_an_error(void) {
  RJRtcEngineConfig *config = a_config();
  NSError *none = nil;
  NSString *nothing = [[NSDictionary dictionary] objectForKey:@"nothing"];
  [config setTimers:(id)nothing];
  CHECK(client(config, &none) != nil);
  [config setUrls:(id)nothing];
  CHECK_FAILS(client(config, &error), RJStatusInvalidArgument, @"urls");
  RJRtcEngineKit *one = client(a_config(), &none);
  CHECK_FAILS([one joinChannel:nothing token:nil uid:1 error:&error], RJStatusInvalidChannelName,
              @"channel");
  CHECK_FAILS([one renewToken:nothing error:&error], RJStatusInvalidArgument, @"token");
}

static void test_init_without_arguments_is_nothing(void) {
  id made[] = {[NSClassFromString(@"RJRtcEngineKit") alloc],
               [NSClassFromString(@"RJEdge") alloc],
               [NSClassFromString(@"RJSimulation") alloc],
               [NSClassFromString(@"RJLink") alloc],
               [NSClassFromString(@"RJRtcEvent") alloc]};
  for (int i = 0; i < 5; i++) {
    made[i] = [made[i] init];
    CHECK(made[i] == nil);
  }
}

static void test_names_of_numbers(void) {
  CHECK_SAME(RJConnectionStateName(RJConnectionStateReconnecting), @"reconnecting");
  CHECK_SAME(RJConnectionStateName(99), @"unknown(99)");
  CHECK_SAME(RJConnectionChangedReasonName(RJConnectionChangedReasonSameUidLogin),
             @"same uid login");
  CHECK_SAME(RJStatusName(RJStatusInvalidChannelName), @"invalid channel name");
  CHECK_SAME(RJEventName(RJEventKindUserOffline), @"user_offline");
  CHECK_SAME(RJAttemptOutcomeName(RJAttemptOutcomeTimedOut), @"timed out");
  CHECK_SAME(RJAttemptOutcomeName(-1), @"unknown(-1)");
  CHECK_SAME(RJRenewTokenCodeName(RJRenewTokenCodeCancelled), @"cancelled");
  CHECK_SAME(RJRenewTokenCodeName(7), @"unknown(7)");
  CHECK_SAME(RJVersion(), @RJ_TEST_VERSION);
}

static void test_configs_are_copied_and_compared(void) {
  RJRtcEngineConfig *one = a_config(), *other = a_config();
  CHECK_SAME(one, other);
  CHECK_INT([one hash], [other hash]);
  [[other timers] setLost:11];
  CHECK(![one isEqual:other]);
  CHECK(![one isEqual:@"a config"]);
  RJRtcEngineConfig *copy = AUTORELEASE_([other copy]);
  CHECK_SAME(copy, other);
  [other setAttempts:YES];
  CHECK(![copy isEqual:other]);
  [[other timers] setLost:12]; // the copy has its own
  CHECK([[copy timers] lost] == 11);
}

int main(void) {
  RUN(test_options_of_an_engine);
  RUN(test_calls_of_an_engine);
  RUN(test_after_destroy);
  RUN(test_options_of_an_edge_and_a_simulation);
  RUN(test_nil_is_the_default_or_an_error);
  RUN(test_init_without_arguments_is_nothing);
  RUN(test_names_of_numbers);
  RUN(test_configs_are_copied_and_compared);
  return 0;
}
