// What a delegate hears, in which order, and what it may do meanwhile.
#import "check.h"

// Does something at an event: once.
@interface Doer : Witness {
@public
  NSString *_at; // the event's name
  void (*_act)(RJRtcEngineKit *engine, id doer);
  id __unsafe_unretained _other;
  NSInteger _result;
}
@end
@implementation Doer
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  [super rtcEngine:engine didReceiveEvent:event];
  void (*act)(RJRtcEngineKit *, id) = _act;
  if (act == NULL || ![[event name] isEqualToString:_at])
    return;
  _act = NULL;
  act(engine, self);
}
@end

static Doer *doer(NSString *at, void (*act)(RJRtcEngineKit *, id)) {
  Doer *made = AUTORELEASE_([[Doer alloc] init]);
  made->_at = at;
  made->_act = act;
  return made;
}

static void test_a_stay_in_its_order(void) { /* S-1 S-3 S-25 P-1 P-2 R-3 R-4 */
  Witness *first = AUTORELEASE_([[Witness alloc] init]),
          *second = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, first);
  NSError *error = nil;
  RJRtcEngineKit *two = [simulation clientAtEdge:edge delegate:second error:&error];
  CHECK_INT([two joinChannelByToken:nil channelId:@"demo" info:@"unused" uid:2], 0);
  CHECK_INT([two getConnectionState], RJConnectionStateConnecting);
  run(simulation, 1);
  CHECK_INT([two leaveChannel], 0);
  CHECK_INT([two getConnectionState], RJConnectionStateDisconnected);
  run(simulation, 1);
  CHECK_SAME([second names], @"connection_changed connection_changed did_join_channel user_joined "
                             @"connection_changed did_leave_channel");
  CHECK_SAME([first names], @"user_joined user_offline");
  CHECK_SAME([[first lines] objectAtIndex:1], @"didOfflineOfUid 2 reason quit");
  uint64_t sequence = 0;
  for (RJRtcEvent *event in [second events])
    CHECK_INT([event sequence], ++sequence);
  RJRtcEvent *joined = [[second events] objectAtIndex:2];
  CHECK_SAME([joined channel], @"demo");
  CHECK_INT([joined uid], 2);
  CHECK([joined elapsed] > 0 && [joined elapsed] < 200);
  CHECK_INT([two leaveChannel], 0); // S-29
  run(simulation, 1);
  CHECK_INT([[second events] count], 6);
  [one destroy];
}

static void test_without_a_delegate_nothing_is_lost_but_its_calls(void) {
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, nil);
  Witness *late = AUTORELEASE_([[Witness alloc] init]);
  [one setDelegate:late];
  CHECK([one delegate] == late);
  CHECK_INT([one leaveChannel], 0);
  run(simulation, 0.01);
  CHECK_SAME([late names], @"connection_changed did_leave_channel");
}

static void test_set_to_nil_it_hears_no_more(void) {
  Witness *witness = [[Witness alloc] init];
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, witness);
  CHECK_INT([one leaveChannel], 0);
  [one setDelegate:nil];
  CHECK([one delegate] == nil);
  RELEASE_(witness); // the events are in flight
  witness = nil;
  run(simulation, 1);
}

static Doer *going;

static void set_to_nil(RJRtcEngineKit *engine, id doer) {
  CHECK(doer == going);
  [engine setDelegate:nil];
  RELEASE_(going); // the last one: it is kept while it hears
  going = nil;
}

static void test_it_may_go_while_it_hears(void) {
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  NSError *error = nil;
  POOL_BEGIN
    going = [[Doer alloc] init];
  POOL_END
  going->_at = @"did_join_channel";
  going->_act = set_to_nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:edge delegate:going error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  run(simulation, 1);
  CHECK([one delegate] == nil);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
}

static void hand_over(RJRtcEngineKit *engine, id doer) {
  Doer *self = doer;
  [engine setDelegate:self->_other];
}

static void test_another_one_hears_from_the_next_event_on(void) {
  RJSimulation *simulation = a_simulation();
  Witness *next = AUTORELEASE_([[Witness alloc] init]);
  Doer *first = doer(@"did_join_channel", hand_over);
  first->_other = next;
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:first error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  run(simulation, 1);
  CHECK_INT([one leaveChannel], 0);
  run(simulation, 1);
  CHECK_INT([[first lines] count], 3); // its own method came, too
  CHECK_SAME([next names], @"connection_changed did_leave_channel");
}

static void rejoin(RJRtcEngineKit *engine, id self) {
  (void)self;
  CHECK_INT([engine leaveChannel], 0);
  CHECK_INT([engine joinChannelByToken:nil channelId:@"other" info:nil uid:3], 0);
}

static void test_every_call_is_legal_in_it(void) {
  RJSimulation *simulation = a_simulation();
  Doer *mover = doer(@"did_join_channel", rejoin);
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:mover error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  run(simulation, 1);
  CHECK_SAME([mover names],
             @"connection_changed connection_changed did_join_channel connection_changed "
             @"did_leave_channel connection_changed connection_changed did_join_channel");
  CHECK_SAME([[[mover events] lastObject] channel], @"other");
}

static void destroy(RJRtcEngineKit *engine, id doer) {
  Doer *self = doer;
  [engine destroy];
  self->_result = [engine joinChannelByToken:nil channelId:@"demo" info:nil uid:1];
}

static void test_destroyed_in_it_that_call_is_the_last(void) { /* R-5 S-30 */
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  Witness *peer = AUTORELEASE_([[Witness alloc] init]);
  a_member(simulation, edge, 2, peer);
  Doer *last = doer(@"did_join_channel", destroy);
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:edge delegate:last error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  run(simulation, 1);
  CHECK_SAME([last names], @"connection_changed connection_changed did_join_channel");
  CHECK_INT([[last lines] count], 2); // also not its own method
  CHECK_INT(last->_result, RJStatusNotInitialized);
  CHECK_SAME([peer names], @"user_joined user_offline");
  CHECK_INT([one getConnectionState], RJConnectionStateDisconnected);
}

static void test_peers_that_are_interrupted(void) { /* P-11 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  [config setPeerInterruptions:YES];
  [config setStats:YES];
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientWithConfig:config delegate:witness error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  RJRtcEngineKit *two = a_member(simulation, edge, 2, nil);
  [witness clear];
  CHECK([[two link] cut:RJLinkUp error:&error]);
  run(simulation, 6);
  CHECK([[two link] heal:RJLinkUp error:&error]);
  run(simulation, 6);
  CHECK([[witness lines] containsObject:@"didInterruptedOfUid 2"]);
  CHECK([[witness lines] containsObject:@"didResumedOfUid 2"]);
  CHECK([[witness lines] containsObject:@"reportRtcStats 1"]);
}

static void test_roles(void) { /* S-31 P-6 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]),
          *peer = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:an_edge(simulation)];
  [config setChannelProfile:RJChannelProfileLiveBroadcasting];
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientWithConfig:config delegate:witness error:&error];
  RJRtcEngineKit *two = [simulation clientWithConfig:config delegate:peer error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  CHECK([two joinChannel:@"demo" token:nil uid:2 error:&error]);
  run(simulation, 1);
  CHECK_INT([one setClientRole:RJClientRoleBroadcaster], 0);
  run(simulation, 1);
  CHECK_SAME([[witness lines] lastObject], @"didClientRoleChanged audience newRole broadcaster");
  CHECK([[[peer lines] lastObject] hasPrefix:@"didJoinedOfUid 1 "]);
}

int main(void) {
  RUN(test_a_stay_in_its_order);
  RUN(test_without_a_delegate_nothing_is_lost_but_its_calls);
  RUN(test_set_to_nil_it_hears_no_more);
  RUN(test_it_may_go_while_it_hears);
  RUN(test_another_one_hears_from_the_next_event_on);
  RUN(test_every_call_is_legal_in_it);
  RUN(test_destroyed_in_it_that_call_is_the_last);
  RUN(test_peers_that_are_interrupted);
  RUN(test_roles);
  return 0;
}
