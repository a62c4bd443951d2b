// Objects that go: in any order, from any thread, with events in flight; and that nothing of them
// stays.
#import "check.h"

static RJSimulation *new_simulation(void) {
  NSError *error = nil;
  return [[RJSimulation alloc] initWithSeed:7 error:&error];
}

static void test_an_engine_goes_with_events_in_flight(void) { /* S-30 R-5 P-2 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]),
          *peer = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  a_member(simulation, edge, 2, peer);
  POOL_BEGIN
    RJRtcEngineKit *one = a_member(simulation, edge, 1, witness);
    CHECK_INT([one leaveChannel], 0); // two events wait
    CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
  POOL_END
  run(simulation, 1);
  CHECK_INT([[witness events] count], 0);
  CHECK_SAME([[peer lines] lastObject], @"didOfflineOfUid 1 reason quit");
}

static void test_any_order_is_right(void) {
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = new_simulation();
  RJEdge *edge;
  RJRtcEngineKit *one;
  RJLink *link;
  POOL_BEGIN
    NSError *error = nil;
    edge = [simulation edgeWithConfig:nil error:&error];
    CHECK(edge != nil);
    one = [simulation clientAtEdge:edge delegate:witness error:&error];
    link = [one link];
#if !__has_feature(objc_arc)
    [edge retain];
    [one retain];
    [link retain];
#endif
  POOL_END
  RELEASE_(edge);
  edge = nil;
  RELEASE_(simulation); // its engine keeps the runtime
  simulation = nil;
  NSError *error = nil;
  CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
  RELEASE_(one);
  one = nil;
  CHECK([link cut:RJLinkBoth error:&error]); // the link keeps the engine
  RELEASE_(link);
}

// Lets go of the last reference to its engine.
@interface Killer : Witness {
@public
  NSMutableArray *_engines;
}
@end
@implementation Killer
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  [super rtcEngine:engine didReceiveEvent:event];
  if ([[event name] isEqualToString:@"did_join_channel"])
    [_engines removeAllObjects];
}
@end

static void test_an_engine_goes_in_its_delegates_method(void) {
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  a_member(simulation, edge, 2, nil);
  Killer *killer = AUTORELEASE_([[Killer alloc] init]);
  killer->_engines = [NSMutableArray array];
  POOL_BEGIN
    NSError *error = nil;
    RJRtcEngineKit *one = [simulation clientAtEdge:edge delegate:killer error:&error];
    CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
    [killer->_engines addObject:one];
  POOL_END
  run(simulation, 1);
  CHECK_SAME([killer names], @"connection_changed connection_changed did_join_channel");
  CHECK_INT([[killer lines] count], 3); // without the user_joined that waited
}

// ---- threads

static RJEdge *edge;
enum { THREADS = 4, ENGINES = 40 };

@interface Thrower : NSObject
+ (void)makeAndDrop:(NSMutableArray *)done;
+ (void)drop:(NSMutableArray *)engines;
@end
@implementation Thrower
+ (void)makeAndDrop:(NSMutableArray *)done {
  for (NSUInteger i = 0; i < ENGINES; i++) {
    POOL_BEGIN
      NSError *error = nil;
      Witness *witness = AUTORELEASE_([[Witness alloc] init]);
      RJRtcEngineKit *one = AUTORELEASE_([[RJRtcEngineKit alloc]
          initWithConfig:[RJRtcEngineConfig configWithEdge:edge]
                delegate:witness
                   error:&error]);
      CHECK_SAME(error, nil);
      CHECK_INT([one joinChannelByToken:nil channelId:@"many" info:nil uid:i + 1], 0);
      if (i % 2 == 0)
        [one leaveChannel];
      if (i % 3 == 0)
        [one destroy];
      [one setDelegate:nil]; // before the witness goes
    POOL_END
  }
  @synchronized(done) {
    [done addObject:@"done"];
  }
}

+ (void)drop:(NSMutableArray *)engines {
  for (int more = 1; more;) {
    POOL_BEGIN
      @synchronized(engines) {
        more = [engines count] > 0;
        if (more)
          [engines removeLastObject];
      }
    POOL_END
  }
}
@end

static NSUInteger count(NSArray *array) {
  @synchronized(array) {
    return [array count];
  }
}

static void test_engines_of_other_threads_come_and_go(void) {
  NSMutableArray *done = [NSMutableArray array];
  for (int i = 0; i < THREADS; i++)
    [NSThread detachNewThreadSelector:@selector(makeAndDrop:)
                             toTarget:[Thrower class]
                           withObject:done];
  TURN_UNTIL(count(done) == THREADS);
  turn_run_loop();
}

static void test_engines_go_while_they_are_told(void) {
  NSMutableArray *engines = [NSMutableArray array];
  POOL_BEGIN
    NSError *error = nil;
    for (NSUInteger i = 0; i < ENGINES; i++) {
      RJRtcEngineKit *one =
          [[RJRtcEngineKit alloc] initWithConfig:[RJRtcEngineConfig configWithEdge:edge]
                                        delegate:nil
                                           error:&error];
      CHECK_INT([one joinChannelByToken:nil channelId:@"told" info:nil uid:i + 1], 0);
      for (int j = 0; j < 200; j++) { // 400 events for the main thread to tell
        [one leaveChannel];
        [one joinChannelByToken:nil channelId:@"told" info:nil uid:i + 1];
      }
      [engines addObject:one];
      RELEASE_(one);
    }
  POOL_END
  [NSThread detachNewThreadSelector:@selector(drop:) toTarget:[Thrower class] withObject:engines];
  TURN_UNTIL(count(engines) == 0);
  turn_run_loop();
}

// ---- leaks: what the leak sanitizer sees, and descriptors

enum { ROUNDS = 10000 };

static void one_round(RJSimulation *simulation, RJEdge *at, BOOL whole) {
  POOL_BEGIN
    NSError *error = nil;
    Witness *witness = AUTORELEASE_([[Witness alloc] init]);
    RJRtcEngineKit *one = [simulation clientAtEdge:at delegate:witness error:&error];
    CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
    if (whole) { // with its handshake
      run(simulation, 0.2);
      CHECK_INT([one getConnectionState], RJConnectionStateConnected);
    }
    CHECK_INT([one leaveChannel], 0);
    run(simulation, 0);
    CHECK([witness hears:@"did_leave_channel"]);
  POOL_END
}

static void test_ten_thousand_rounds_leave_nothing(void) {
  RJSimulation *simulation = a_simulation();
  RJEdge *at = an_edge(simulation);
  for (int i = 0; i < ROUNDS; i++)
    one_round(simulation, at, i % 100 == 0);
}

static NSUInteger descriptors(void) {
  return [[[NSFileManager defaultManager] contentsOfDirectoryAtPath:@"/proc/self/fd"
                                                              error:NULL] count];
}

static void test_real_rounds_leave_no_descriptor(void) {
  NSUInteger before = 0;
  for (int i = 0; i < 200; i++) {
    POOL_BEGIN
      NSError *error = nil;
      Witness *witness = AUTORELEASE_([[Witness alloc] init]);
      RJRtcEngineKit *one = AUTORELEASE_([[RJRtcEngineKit alloc]
          initWithConfig:[RJRtcEngineConfig configWithEdge:edge]
                delegate:witness
                   error:&error]);
      CHECK_INT([one joinChannelByToken:nil channelId:@"rounds" info:nil uid:1], 0);
      if (i % 20 == 0)
        TURN_UNTIL([witness hears:@"did_join_channel"]);
    POOL_END
    if (i == 20)
      before = descriptors();
  }
  CHECK(descriptors() <= before);
}

static void test_an_edge_starts(void) {
  NSError *error = nil;
  edge = [[RJEdge alloc] initWithConfig:nil error:&error];
  CHECK_SAME(error, nil);
}

int main(void) {
  RUN(test_an_edge_starts);
  RUN(test_an_engine_goes_with_events_in_flight);
  RUN(test_any_order_is_right);
  RUN(test_an_engine_goes_in_its_delegates_method);
  RUN(test_engines_of_other_threads_come_and_go);
  RUN(test_engines_go_while_they_are_told);
  RUN(test_ten_thousand_rounds_leave_nothing);
  RUN(test_real_rounds_leave_no_descriptor);
  RELEASE_(edge);
  return 0;
}
