// Networks that change, messages, sleep, standstill, drains and clocks that jump, in virtual time.
#import "check.h"

static void test_a_connection_moves_along(void) { /* S-10 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, witness);
  NSError *none = nil;
  RJAddressChange *change = AUTORELEASE_([[RJAddressChange alloc] init]);
  [change setNetwork:RJNetworkTypeWiFi];
  [change setOverlap:1];
  CHECK([[one link] changeAddress:change error:&none]);
  run(simulation, 10);
  CHECK_INT([one networkChangedToType:RJNetworkType5G], 0);
  CHECK([[one link] rebindPortAndReturnError:&none]);
  CHECK([[one link] rebindAddress:nil error:&none]);
  CHECK([[one link] changeAddress:nil error:&none]);
  run(simulation, 10);
  CHECK_SAME([[witness lines] componentsJoinedByString:@"\n"], @"networkTypeChangedToType wifi\n"
                                                               @"networkTypeChangedToType 5g\n"
                                                               @"networkTypeChangedToType unknown");
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
}

static void test_a_dead_network_is_told_with_its_reason(void) { /* S-10 N-2 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, witness);
  NSError *none = nil;
  RJAddressChange *change = AUTORELEASE_([[RJAddressChange alloc] init]);
  [change setDead:YES];
  CHECK([[one link] changeAddress:change error:&none]);
  run(simulation, 6);
  CHECK_SAME([[witness lines] lastObject],
             @"connectionChangedToState reconnecting reason client ip address changed");
}

static void test_half_an_hour_asleep_is_told_on_waking(void) { /* S-8 S-11 S-12 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, witness);
  NSError *none = nil;
  CHECK([one suspendFor:1800 error:&none]);
  run(simulation, 1799);
  CHECK_INT([[witness events] count], 0);
  run(simulation, 2);
  CHECK_SAME([witness names], @"connection_changed connection_lost connection_changed");
  CHECK_INT([one getConnectionState], RJConnectionStateFailed);
}

static void test_a_standstill_and_a_step_of_the_clock_drop_nobody(void) { /* N-4 P-4 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  a_member(simulation, edge, 1, witness);
  NSError *none = nil;
  CHECK([edge pauseFor:3 error:&none]);
  CHECK([simulation stepWallClockBy:86400 error:&none]);
  CHECK([simulation stepWallClockBy:-100000 error:&none]);
  run(simulation, 30);
  CHECK_INT([[witness events] count], 0);
  CHECK_INT([[edge membersOfChannel:@"demo" appId:nil error:&none] count], 1);
}

static void test_members_move_to_another_edge_unheard(void) { /* A-4 */
  RJSimulation *simulation = a_simulation();
  RJEdge *old = an_edge(simulation), *next = an_edge(simulation);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithUrl:[old url]];
  [config setUrls:[NSArray arrayWithObjects:[old url], [next url], nil]];
  [config
      setFingerprint:[NSString stringWithFormat:@"%@,%@", [old fingerprint], [next fingerprint]]];
  NSError *none = nil;
  RJRtcEngineKit *one = [simulation clientWithConfig:config delegate:nil error:&none];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&none]);
  run(simulation, 1);
  NSUInteger members = 7;
  CHECK([old drainOver:2 members:&members error:&none]);
  CHECK_INT(members, 1);
  run(simulation, 10);
  CHECK_INT([[next membersOfChannel:@"demo" appId:nil error:&none] count], 1);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
  CHECK_FAILS([old drainOver:-1 members:NULL error:&error], RJStatusInvalidArgument, @"seconds");
  CHECK([old crashAndReturnError:&none]);
  CHECK_FAILS([old drainOver:0 members:&members error:&error], RJStatusInvalidState, nil);
  CHECK_INT(members, 0);
}

static void test_joins_beyond_the_rate_wait(void) { /* A-3 */
  RJSimulation *simulation = a_simulation();
  NSError *none = nil;
  RJEdgeConfig *config = AUTORELEASE_([[RJEdgeConfig alloc] init]);
  [config setMaxAcceptsPerSecond:1];
  RJEdge *edge = [simulation edgeWithConfig:config error:&none];
  CHECK(edge != nil);
  for (NSUInteger uid = 1; uid <= 3; uid++)
    CHECK([[simulation clientAtEdge:edge delegate:nil
                              error:&none] joinChannel:@"demo" token:nil uid:uid error:&none]);
  run(simulation, 0.5);
  CHECK_INT([[edge membersOfChannel:@"demo" appId:nil error:&none] count], 1);
  run(simulation, 30);
  CHECK_INT([[edge membersOfChannel:@"demo" appId:nil error:&none] count], 3);
}

static void test_every_fault(void) {
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, nil);
  NSError *none = nil;
  RJLinkFaults *faults = AUTORELEASE_([[RJLinkFaults alloc] init]);
  [faults setJitter:0.01];
  [faults setLoss:0.1];
  [faults setBurst:3];
  [faults setDuplicate:0.1];
  [faults setReorder:0.1];
  [faults setCorrupt:0.1];
  [faults setRate:100000];
  [faults setQueue:5000];
  [faults setMtu:1400];
  [faults setNatIdle:1];
  CHECK([[one link] setFaults:faults directions:RJLinkBoth error:&none]);
  RJLinkFaults *up = [[one link] up];
  CHECK([up jitter] == 0.01 && [up burst] == 3 && [up duplicate] == 0.1 && [up reorder] == 0.1 &&
        [up corrupt] == 0.1);
  CHECK([up rate] == 100000 && [up queue] == 5000 && [up mtu] == 1400);
  CHECK([up natIdle] == 1 && [[[one link] down] natIdle] == 0); // a NAT is of the way up
  run(simulation, 30);
  [faults setJitter:-1];
  CHECK_FAILS([[one link] setFaults:faults directions:RJLinkUp error:&error],
              RJStatusInvalidArgument, @"jitter");
  [faults setJitter:0];
  [faults setMtu:70000];
  CHECK_FAILS([[one link] setFaults:faults directions:RJLinkUp error:&error],
              RJStatusInvalidArgument, @"mtu");
  [faults setMtu:1400];
  CHECK_FAILS([[one link] setFaults:faults directions:RJLinkDown error:&error],
              RJStatusInvalidArgument, @"natIdle");
  [faults setNatIdle:0.001]; // nothing comes down any more: the answers are later
  CHECK([[one link] setFaults:faults directions:RJLinkUp error:&none]);
  run(simulation, 10);
  CHECK([one getConnectionState] == RJConnectionStateReconnecting);
}

static RJNetworkStep *step(NSTimeInterval at, BOOL dead) {
  RJNetworkStep *made = AUTORELEASE_([[RJNetworkStep alloc] init]);
  [made setAt:at];
  RJLinkFaults *up = AUTORELEASE_([[RJLinkFaults alloc] init]);
  [up setBlackhole:dead];
  [made setUp:up];
  return made;
}

static void test_a_link_follows_a_network(void) { /* S-8 S-13 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, witness);
  RJLink *link = [one link];
  NSError *none = nil;
  RJNetworkStep *moved = step(8, NO);
  [moved setMoves:YES];
  [moved setNetwork:RJNetworkType4G];
  [moved setDown:AUTORELEASE_([[RJLinkFaults alloc] init])];
  NSArray *steps = [NSArray arrayWithObjects:step(0, YES), step(6, NO), moved, nil];
  CHECK([link followSteps:steps repeat:30 error:&none]);
  run(simulation, 29);
  CHECK_SAME([witness names],
             @"connection_changed connection_changed did_rejoin_channel network_changed");
  run(simulation, 6);
  CHECK_INT([one getConnectionState], RJConnectionStateReconnecting); // once more
  CHECK([link followSteps:nil repeat:0 error:&none]);
  run(simulation, 20);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
  CHECK([link followNetwork:@"uplink-dies" error:&none]);
  CHECK([link followNetwork:nil error:&none]);
  CHECK_FAILS([link followNetwork:@"none" error:&error], RJStatusInvalidArgument, @"name");
  CHECK_FAILS([link followSteps:[NSArray arrayWithObject:step(1, NO)] repeat:0 error:&error],
              RJStatusInvalidArgument, @"steps");
  CHECK_FAILS([link followSteps:[NSArray arrayWithObject:step(0, NO)] repeat:-1 error:&error],
              RJStatusInvalidArgument, @"seconds");
  [one destroy];
  CHECK_FAILS([link followNetwork:nil error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([link followSteps:nil repeat:0 error:&error], RJStatusNotInitialized, nil);
}

static NSData *bytes(NSUInteger length) {
  NSMutableData *data = [NSMutableData dataWithLength:length];
  memset([data mutableBytes], 7, length);
  return data;
}

// Keeps the messages that it hears.
@interface Reader : Witness {
@public
  NSMutableArray *_messages;
}
@end
@implementation Reader
- (void)rtcEngine:(RJRtcEngineKit *)engine
    receiveStreamMessageFromUid:(NSUInteger)uid
                       streamId:(NSInteger)streamId
                           data:(NSData *)data {
  (void)engine;
  CHECK_INT(uid, 1);
  CHECK_INT(streamId, 1);
  [_messages addObject:data];
}
@end

static void test_messages_arrive_in_order(void) { /* D-1 D-2 D-3 D-4 */
  Reader *reader = AUTORELEASE_([[Reader alloc] init]);
  reader->_messages = [NSMutableArray array];
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, nil);
  a_member(simulation, edge, 2, reader);
  NSInteger stream = 0;
  CHECK_INT([one createDataStream:&stream reliable:YES ordered:YES], 0);
  CHECK_INT(stream, 1);
  NSArray *sent =
      [NSArray arrayWithObjects:[NSData dataWithBytes:"hello" length:5],
                                [NSData dataWithBytes:"\0\1\xff" length:3], bytes(1024), nil];
  for (NSData *data in sent)
    CHECK_INT([one sendStreamMessage:stream data:data], 0);
  run(simulation, 1);
  CHECK_SAME(reader->_messages, sent);
}

static void test_bad_input_is_named(void) { /* D-1 D-2 */
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  NSError *none = nil;
  NSInteger stream = 7;
  RJRtcEngineKit *one = [simulation clientAtEdge:edge delegate:nil error:&none];
  CHECK_FAILS([one createDataStream:&stream reliable:YES ordered:YES error:&error],
              RJStatusNotInChannel, nil);
  CHECK_INT(stream, 0);
  CHECK_INT([one sendStreamMessage:1 data:bytes(1)], RJStatusNotInChannel);
  one = a_member(simulation, edge, 1, nil);
  CHECK_INT([one createDataStream:&stream reliable:YES ordered:NO], RJStatusInvalidArgument);
  for (int i = 1; i <= 5; i++)
    CHECK_INT([one createDataStream:&stream reliable:NO ordered:NO], 0);
  CHECK_INT(stream, 5);
  CHECK_INT([one createDataStream:&stream reliable:NO ordered:NO], RJStatusTooManyDataStreams);
  CHECK_FAILS([one sendStreamMessage:1 data:[NSData data] error:&error], RJStatusSizeTooLarge,
              @"data");
  CHECK_INT([one sendStreamMessage:1 data:bytes(1025)], RJStatusSizeTooLarge);
  static const NSInteger others[] = {0, 6, -1, NSIntegerMax};
  for (int i = 0; i < 4; i++)
    CHECK_FAILS([one sendStreamMessage:others[i] data:bytes(1) error:&error],
                RJStatusInvalidArgument, @"streamId");
  int sent = 0;
  while (sent < 100 && [one sendStreamMessage:1 data:bytes(1)] == 0)
    sent++;
  CHECK_INT(sent, 60);
  CHECK_INT([[one lastError] code], RJStatusBitrateLimit);

  CHECK_INT([one networkChangedToType:44], RJStatusInvalidArgument);
  CHECK_SAME([[[one lastError] userInfo] objectForKey:RJErrorArgumentKey], @"type");
  CHECK_FAILS([one suspendFor:0 error:&error], RJStatusInvalidArgument, @"seconds");
  CHECK_FAILS([edge pauseFor:-1 error:&error], RJStatusInvalidArgument, @"seconds");
  CHECK_FAILS([[one link] rebindAddress:@"nowhere" error:&error], RJStatusInvalidArgument,
              @"address");
  RJAddressChange *change = AUTORELEASE_([[RJAddressChange alloc] init]);
  [change setOverlap:-1];
  CHECK_FAILS([[one link] changeAddress:change error:&error], RJStatusInvalidArgument, @"overlap");
  CHECK_FAILS([simulation stepWallClockBy:-1e18 error:&error], RJStatusInvalidArgument, @"seconds");
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithUrl:@"rejoin://127.0.0.1:9"];
  RJRtcEngineKit *real = AUTORELEASE_([[RJRtcEngineKit alloc] initWithConfig:config
                                                                    delegate:nil
                                                                       error:&none]);
  CHECK(real != nil);
  CHECK_FAILS([real suspendFor:1 error:&error], RJStatusNotSupported, nil);

  RJLink *link = [one link];
  [one destroy];
  CHECK_FAILS([one createDataStream:&stream reliable:YES ordered:YES error:&error],
              RJStatusNotInitialized, nil);
  CHECK_FAILS([one sendStreamMessage:1 data:bytes(1) error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([one networkChangedToType:RJNetworkTypeLAN error:&error], RJStatusNotInitialized,
              nil);
  CHECK_FAILS([one suspendFor:1 error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([link rebindPortAndReturnError:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([link rebindAddress:nil error:&error], RJStatusNotInitialized, nil);
  CHECK_FAILS([link changeAddress:nil error:&error], RJStatusNotInitialized, nil);
}

int main(void) {
  RUN(test_a_connection_moves_along);
  RUN(test_a_dead_network_is_told_with_its_reason);
  RUN(test_half_an_hour_asleep_is_told_on_waking);
  RUN(test_a_standstill_and_a_step_of_the_clock_drop_nobody);
  RUN(test_members_move_to_another_edge_unheard);
  RUN(test_joins_beyond_the_rate_wait);
  RUN(test_every_fault);
  RUN(test_a_link_follows_a_network);
  RUN(test_messages_arrive_in_order);
  RUN(test_bad_input_is_named);
  return 0;
}
