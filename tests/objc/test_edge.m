// An edge: who is there, kicks, counters, crashes; and tokens.
#import "check.h"

static void test_who_is_there(void) {
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  NSError *none = nil;
  CHECK_SAME([edge channelsOfApp:nil error:&none], [NSArray array]);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, nil);
  RJRtcEngineKit *big = a_member(simulation, edge, UINT32_MAX, nil);
  NSArray *uids = [NSArray arrayWithObjects:[NSNumber numberWithUnsignedInt:1],
                                            [NSNumber numberWithUnsignedInt:UINT32_MAX], nil];
  CHECK_SAME([edge membersOfChannel:@"demo" appId:nil error:&none], uids);
  CHECK_SAME([edge membersOfChannel:@"other" appId:nil error:&none], [NSArray array]);
  CHECK_SAME([edge channelsOfApp:@"" error:&none], [NSArray arrayWithObject:@"demo"]);
  CHECK([edge lastHeardInChannel:@"demo" uid:1 appId:nil] > 0);
  CHECK([edge lastHeardInChannel:@"demo" uid:1 appId:nil] <= [edge now]);
  CHECK([edge lastHeardInChannel:@"demo" uid:3 appId:nil] == 0);
  CHECK_FAILS([edge membersOfChannel:@"" appId:nil error:&error], RJStatusInvalidChannelName,
              @"channel");
  RJEdgeCounters *counters = [edge countersAndReturnError:&none];
  CHECK_INT([counters members], 2);
  CHECK_INT([counters channels], 1);
  CHECK_INT([counters joins], 2);
  CHECK_INT([counters leaves], 0);
  CHECK([counters datagramsIn] > 0);
  CHECK_INT([one leaveChannel] + [big leaveChannel], 0);
  run(simulation, 1);
  CHECK_INT([[edge countersAndReturnError:&none] leaves], 2);
  run(simulation, 11); // N-7
  CHECK_SAME([edge channelsOfApp:nil error:&none], [NSArray array]);
}

static void test_kicks(void) { /* A-1 A-2 S-15 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, witness);
  uint64_t kickId = 0;
  NSError *none = nil;
  CHECK([edge kickInChannel:@"demo" uid:1 ip:nil duration:60 appId:nil kickId:&kickId error:&none]);
  CHECK(kickId > 0);
  run(simulation, 1);
  CHECK_SAME([witness lines],
             [NSArray arrayWithObject:@"connectionChangedToState failed reason banned by server"]);
  NSArray *kicks = [edge kicksAndReturnError:&none];
  CHECK_INT([kicks count], 1);
  RJKick *kick = [kicks lastObject];
  CHECK_INT([kick kickId], kickId);
  CHECK_INT([kick uid], 1);
  CHECK_SAME([kick channel], @"demo");
  CHECK_SAME([kick appId], @"");
  CHECK_SAME([kick ip], nil);
  CHECK([kick until] > [edge now] + 58 && [kick until] < [edge now] + 61);
  CHECK([edge changeKick:kickId duration:10 error:&none]);
  CHECK([[[edge kicksAndReturnError:&none] lastObject] until] < [edge now] + 11);
  CHECK([edge liftKick:kickId error:&none]);
  CHECK_INT([[edge kicksAndReturnError:&none] count], 0);
  CHECK_INT([one leaveChannel], 0);
  CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
  run(simulation, 1);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
  CHECK_FAILS([edge liftKick:kickId error:&error], RJStatusInvalidArgument, @"kickId");
  CHECK_FAILS([edge kickInChannel:nil uid:0 ip:@"x" duration:0 appId:nil kickId:NULL error:&error],
              RJStatusInvalidArgument, @"ip");
  CHECK_FAILS([edge kickInChannel:@"demo"
                              uid:1
                               ip:nil
                         duration:-1
                            appId:nil
                           kickId:NULL
                            error:&error],
              RJStatusInvalidArgument, @"duration");
  CHECK_FAILS([edge kickInChannel:@"demo"
                              uid:1
                               ip:nil
                         duration:86401
                            appId:nil
                           kickId:NULL
                            error:&error],
              RJStatusInvalidArgument, @"duration");
}

static void test_a_crash_and_a_restart(void) { /* S-9 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, witness);
  NSError *none = nil;
  CHECK([edge crashAndReturnError:&none]);
  CHECK_FAILS([edge crashAndReturnError:&error], RJStatusInvalidState, nil);
  CHECK([edge restartAndReturnError:&none]);
  run(simulation, 15);
  CHECK_SAME([[witness lines] objectAtIndex:0],
             @"connectionChangedToState reconnecting reason keep alive timeout");
  CHECK([[[witness lines] lastObject] hasPrefix:@"didRejoinChannel demo withUid 1 "]);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
  [edge close];
  [edge close];
  CHECK_FAILS([edge countersAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([edge kicksAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([edge channelsOfApp:nil error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([edge restartAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK([edge lastHeardInChannel:@"demo" uid:1 appId:nil] == 0);
  CHECK([[edge url] hasPrefix:@"rejoin://"]);
  CHECK_INT([[edge fingerprint] length], 64);
}

// ---- tokens

enum { NOW = 1600000000 };

static RJTokenOptions *token_options(uint32_t seconds) {
  RJTokenOptions *options = AUTORELEASE_([[RJTokenOptions alloc] init]);
  [options setAppId:@"app"];
  [options setCertificate:@"certificate"];
  [options setChannel:@"demo"];
  [options setUid:1];
  [options setIssuedAt:NOW];
  [options setExpire:3600];
  [options setSalt:1];
  [options setPrivileges:[NSDictionary
                             dictionaryWithObject:[NSNumber numberWithUnsignedInt:seconds]
                                           forKey:[NSNumber numberWithInt:RJTokenPrivilegeJoin]]];
  return options;
}

static NSString *token(uint32_t seconds) {
  NSError *error = nil;
  NSString *made = [RJToken buildWithOptions:token_options(seconds) error:&error];
  CHECK(made != nil);
  return made;
}

static RJRtcEngineKit *a_client_with_tokens(RJSimulation *simulation, RJDialect dialect,
                                            Witness *witness) {
  NSError *error = nil;
  RJEdgeConfig *apps = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  RJEdgeApp *app = [RJEdgeApp appWithId:@"app" certificate:@"certificate" secondCertificate:nil];
  [apps setApps:[NSArray arrayWithObject:app]];
  RJEdge *edge = [simulation edgeWithConfig:apps error:&error];
  CHECK(edge != nil);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  [config setAppId:@"app"];
  [config setDialect:dialect];
  return [simulation clientWithConfig:config delegate:witness error:&error];
}

static void test_a_token_that_ends(void) { /* S-17 S-18 S-20 S-22 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  NSError *error = nil;
  RJSimulation *simulation = AUTORELEASE_([[RJSimulation alloc] initWithSeed:1
                                                                   wallClock:NOW
                                                                       error:&error]);
  RJRtcEngineKit *one = a_client_with_tokens(simulation, RJDialect4x, witness);
  CHECK([one joinChannel:@"demo" token:token(60) uid:1 error:&error]);
  run(simulation, 35);
  CHECK_SAME([[witness lines] lastObject],
             ([NSString stringWithFormat:@"tokenPrivilegeWillExpire %@", token(60)]));
  CHECK_INT([one renewToken:token(120)], 0);
  run(simulation, 1);
  CHECK_SAME([[witness lines] lastObject],
             ([NSString stringWithFormat:@"renewTokenResult %@ code ok", token(120)]));
  run(simulation, 100);
  CHECK_SAME([[witness lines] lastObject], @"requestToken");
  CHECK_INT([one getConnectionState], RJConnectionStateFailed);
  CHECK_INT([one renewToken:token(1000)], 0);
  run(simulation, 1);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
}

static void test_a_token_that_is_refused(void) { /* S-6 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  NSError *error = nil;
  RJSimulation *simulation = AUTORELEASE_([[RJSimulation alloc] initWithSeed:1
                                                                   wallClock:NOW
                                                                       error:&error]);
  RJRtcEngineKit *one = a_client_with_tokens(simulation, RJDialect3x, witness);
  CHECK([one joinChannel:@"other" token:token(60) uid:1 error:&error]);
  run(simulation, 1);
  CHECK_SAME([[witness lines] lastObject], @"connectionChangedToState failed reason invalid token");
}

static void test_the_bus_of_a_cluster(void) {
  RJSimulation *simulation = a_simulation();
  RJEdgeConfig *config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  RJBusFaults *faults = AUTORELEASE_([[RJBusFaults alloc] init]);
  NSError *none = nil;
  CHECK([[faults up] delay] == 0.001 && [[faults down] delay] == 0.001);
  [config setCluster:@"home"];
  RJEdge *edge = [simulation edgeWithConfig:AUTORELEASE_([config copy]) error:&none];
  [[faults up] setLoss:0.5];
  [faults setSide:2];
  [faults setGone:YES];
  CHECK([edge setBusFaults:faults error:&none]);
  CHECK([edge setBusFaults:nil error:&none]);
  [[faults down] setMtu:1500];
  CHECK_FAILS([edge setBusFaults:faults error:&error], RJStatusInvalidArgument, @"mtu");
  CHECK_FAILS([an_edge(simulation) setBusFaults:nil error:&error], RJStatusInvalidState, nil);
  [edge close];
  CHECK_FAILS([edge setBusFaults:nil error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([[RJEdge alloc] initWithConfig:config error:&error], RJStatusNotSupported, nil);
  [config setCluster:@"a.b"];
  CHECK_FAILS([simulation edgeWithConfig:config error:&error], RJStatusInvalidArgument, @"cluster");
}

static void test_building_and_explaining(void) {
  NSError *none = nil;
  RJTokenInfo *info = [RJToken inspect:token(60)
                           certificate:@"certificate"
                               channel:nil
                                   uid:nil
                                   now:NOW
                                 error:&none];
  CHECK([info isValid]);
  CHECK_INT([info signatureValid], 1);
  CHECK_INT([info version], 7);
  CHECK_SAME([info appId], @"app");
  CHECK_SAME([info channel], @"demo");
  CHECK_SAME([info uid], @"1");
  CHECK_INT([info issuedAt], NOW);
  CHECK_INT([info expiresAt], NOW + 3600);
  CHECK_SAME([[info privileges] objectForKey:[NSNumber numberWithInt:RJTokenPrivilegeJoin]],
             [NSNumber numberWithLongLong:NOW + 60]);
  info = [RJToken inspect:@"007nonsense" certificate:nil channel:nil uid:nil now:NOW error:&none];
  CHECK(![info isValid]);
  CHECK_INT([info version], 0);
  CHECK([[info reason] length] > 0);
  CHECK_SAME([info channel], nil);
  info = [RJToken inspect:token(60) certificate:nil channel:nil uid:nil now:NOW error:&none];
  CHECK_INT([info signatureValid], -1);

  RJTokenOptions *options = token_options(0);
  [options setCertificate:nil];
  CHECK_FAILS([RJToken buildWithOptions:options error:&error], RJStatusInvalidArgument,
              @"certificate");
  options = token_options(0);
  [options setChannel:@""];
  CHECK_FAILS([RJToken buildWithOptions:options error:&error], RJStatusInvalidArgument, @"channel");
  options = token_options(0);
  [options setUid:(NSUInteger)UINT32_MAX + 1];
  CHECK_FAILS([RJToken buildWithOptions:options error:&error], RJStatusInvalidUserId, @"uid");
  options = token_options(0);
  NSNumber *much = [NSNumber numberWithDouble:1e12];
  [options setPrivileges:[NSDictionary dictionaryWithObject:much
                                                     forKey:[NSNumber numberWithInt:1]]];
  CHECK_FAILS([RJToken buildWithOptions:options error:&error], RJStatusInvalidArgument,
              @"privileges");
  options = token_options(0);
  [options setVersion:5];
  CHECK_FAILS([RJToken buildWithOptions:options error:&error], RJStatusInvalidArgument, @"version");
  options = token_options(0);
  [options setPrivileges:nil];
  CHECK([RJToken buildWithOptions:options error:&none] != nil);
}

int main(void) {
  RUN(test_who_is_there);
  RUN(test_kicks);
  RUN(test_a_crash_and_a_restart);
  RUN(test_a_token_that_ends);
  RUN(test_a_token_that_is_refused);
  RUN(test_building_and_explaining);
  RUN(test_the_bus_of_a_cluster);
  return 0;
}
