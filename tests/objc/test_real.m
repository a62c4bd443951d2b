// A real edge on loopback, and run loops that tell what happens.
#import "check.h"

static RJEdge *edge;

static RJRtcEngineKit *a_client(RJRtcEngineConfig *config, id<RJRtcEngineDelegate> delegate) {
  NSError *error = nil;
  RJRtcEngineKit *engine = [[RJRtcEngineKit alloc] initWithConfig:config
                                                         delegate:delegate
                                                            error:&error];
  CHECK_SAME(error, nil);
  return AUTORELEASE_(engine);
}

static void test_two_members_hear_each_other(void) { /* S-3 S-25 P-1 P-2 */
  Witness *first = AUTORELEASE_([[Witness alloc] init]),
          *second = AUTORELEASE_([[Witness alloc] init]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  RJRtcEngineKit *one = a_client(config, first), *two = a_client(config, second);
  CHECK_INT([one joinChannelByToken:nil channelId:@"two" info:nil uid:1], 0);
  TURN_UNTIL([first hears:@"did_join_channel"]);
  CHECK_INT([two joinChannelByToken:nil channelId:@"two" info:nil uid:2], 0);
  TURN_UNTIL([first hears:@"user_joined"] && [second hears:@"user_joined"]);
  CHECK_INT([two leaveChannel], 0);
  TURN_UNTIL([first hears:@"user_offline"] && [second hears:@"did_leave_channel"]);
  CHECK_SAME([second names], @"connection_changed connection_changed did_join_channel user_joined "
                             @"connection_changed did_leave_channel");
  CHECK_SAME([[first lines] lastObject], @"didOfflineOfUid 2 reason quit");
  CHECK([one lastHeard] > 0 && [one lastHeard] <= [one now]);
}

static void test_an_outage_of_a_real_socket(void) { /* S-8 S-13 */
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  [[config timers] setBeat:0.02];
  [[config timers] setInterrupted:0.2];
  RJRtcEngineKit *one = a_client(config, witness);
  CHECK_INT([one joinChannelByToken:nil channelId:@"outage" info:nil uid:1], 0);
  TURN_UNTIL([witness hears:@"did_join_channel"]);
  NSError *error = nil;
  CHECK([[one link] cut:RJLinkBoth error:&error]);
  TURN_UNTIL([one getConnectionState] == RJConnectionStateReconnecting);
  CHECK([[one link] heal:RJLinkBoth error:&error]);
  TURN_UNTIL([witness hears:@"did_rejoin_channel"]);
}

static void test_without_the_run_loop_nothing_is_told(void) {
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJRtcEngineKit *one = a_client([RJRtcEngineConfig configWithEdge:edge], witness);
  CHECK_INT([one joinChannelByToken:nil channelId:@"quiet" info:nil uid:1], 0);
  for (int i = 0; i < 60000 && [one getConnectionState] != RJConnectionStateConnected; i++)
    [NSThread sleepForTimeInterval:0.001];
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
  CHECK_INT([[witness events] count], 0);
  TURN_UNTIL([witness hears:@"did_join_channel"]);
}

#if RJ_HAS_RUN_LOOPS
static void test_another_mode_is_another_mode(void) {
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  [config setRunLoop:[NSRunLoop currentRunLoop]];
  [config setRunLoopMode:@"mine"];
  RJRtcEngineKit *one = a_client(config, witness);
  CHECK_INT([one joinChannelByToken:nil channelId:@"mode" info:nil uid:1], 0);
  turn_run_loop();
  CHECK_INT([[witness events] count], 0);
  for (int i = 0; i < 60000 && ![witness hears:@"did_join_channel"]; i++)
    [[NSRunLoop currentRunLoop] runMode:@"mine"
                             beforeDate:[NSDate dateWithTimeIntervalSinceNow:0.05]];
  CHECK([witness hears:@"did_join_channel"]);
}

// ---- other threads

@interface Worker : NSObject
+ (void)hearOnThisThread:(NSMutableArray *)done;
+ (void)makeOneForTheMainThread:(NSMutableArray *)made;
+ (void)letGo:(NSMutableArray *)made;
@end

// Which thread it heard on.
@interface Placed : Witness {
@public
  NSThread *__unsafe_unretained _thread;
}
@end
@implementation Placed
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  _thread = [NSThread currentThread];
  [super rtcEngine:engine didReceiveEvent:event];
}
@end

@implementation Worker

+ (void)hearOnThisThread:(NSMutableArray *)done {
  POOL_BEGIN
    Placed *witness = AUTORELEASE_([[Placed alloc] init]);
    RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
    [config setRunLoop:[NSRunLoop currentRunLoop]];
    RJRtcEngineKit *one = a_client(config, witness);
    CHECK_INT([one joinChannelByToken:nil channelId:@"thread" info:nil uid:1], 0);
    TURN_UNTIL([witness hears:@"did_join_channel"]);
    CHECK(witness->_thread == [NSThread currentThread]);
    [one setDelegate:nil];
  POOL_END
  @synchronized(done) {
    [done addObject:@"done"];
  }
}

+ (void)makeOneForTheMainThread:(NSMutableArray *)made {
  POOL_BEGIN
    Placed *witness = AUTORELEASE_([[Placed alloc] init]);
    RJRtcEngineKit *one = a_client([RJRtcEngineConfig configWithEdge:edge], witness);
    CHECK_INT([one joinChannelByToken:nil channelId:@"main" info:nil uid:1], 0);
    @synchronized(made) {
      [made addObject:one];
      [made addObject:witness];
    }
  POOL_END
}

+ (void)letGo:(NSMutableArray *)made { // without a pool
  @synchronized(made) {
    [(RJRtcEngineKit *)[made objectAtIndex:0] setDelegate:nil];
    [made removeAllObjects];
  }
}

@end

static NSUInteger count(NSArray *array) {
  @synchronized(array) {
    return [array count];
  }
}

static void test_a_run_loop_of_another_thread(void) {
  NSMutableArray *done = [NSMutableArray array];
  [NSThread detachNewThreadSelector:@selector(hearOnThisThread:)
                           toTarget:[Worker class]
                         withObject:done];
  TURN_UNTIL(count(done) == 1);
}

static void test_made_elsewhere_it_is_heard_on_the_main_thread(void) {
  NSMutableArray *made = [NSMutableArray array];
  [NSThread detachNewThreadSelector:@selector(makeOneForTheMainThread:)
                           toTarget:[Worker class]
                         withObject:made];
  TURN_UNTIL(count(made) == 2);
  Placed *witness = [made objectAtIndex:1];
  TURN_UNTIL([witness hears:@"did_join_channel"]);
  CHECK(witness->_thread == [NSThread mainThread]);
  // And goes elsewhere, while the main thread's run loop watches it.
  [(RJRtcEngineKit *)[made objectAtIndex:0] leaveChannel];
  [NSThread detachNewThreadSelector:@selector(letGo:) toTarget:[Worker class] withObject:made];
  TURN_UNTIL(count(made) == 0);
  turn_run_loop();
}
#endif

static void test_the_shared_one(void) {
  Witness *first = AUTORELEASE_([[Witness alloc] init]),
          *second = AUTORELEASE_([[Witness alloc] init]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  NSError *none = nil;
  RJRtcEngineKit *one = [RJRtcEngineKit sharedEngineWithConfig:config delegate:first error:&none];
  CHECK(one != nil);
  CHECK([RJRtcEngineKit sharedEngineWithConfig:AUTORELEASE_([config copy])
                                      delegate:second
                                         error:&none] == one);
  CHECK([one delegate] == second);
  RJRtcEngineConfig *other = AUTORELEASE_([config copy]);
  [other setUid:5];
  CHECK_FAILS([RJRtcEngineKit sharedEngineWithConfig:other delegate:nil error:&error],
              RJStatusInvalidState, @"config");
  CHECK_INT([one joinChannelByToken:nil channelId:@"shared" info:nil uid:1], 0);
  TURN_UNTIL([second hears:@"did_join_channel"]);
  [RJRtcEngineKit destroy];
  CHECK_INT([one leaveChannel], RJStatusNotInitialized);
  RJRtcEngineKit *next = [RJRtcEngineKit sharedEngineWithConfig:other delegate:nil error:&none];
  CHECK(next != nil && next != one);
  CHECK_INT([[next config] uid], 5);
  [next destroy]; // by itself: the next call makes another one
  CHECK([RJRtcEngineKit sharedEngineWithConfig:config delegate:nil error:&none] != next);
  [RJRtcEngineKit destroy];
  [RJRtcEngineKit destroy];
}

static void test_an_edge_starts(void) {
  NSError *error = nil;
  edge = [[RJEdge alloc] initWithConfig:nil error:&error];
  CHECK_SAME(error, nil);
}

int main(void) {
  RUN(test_an_edge_starts);
  RUN(test_two_members_hear_each_other);
  RUN(test_an_outage_of_a_real_socket);
  RUN(test_without_the_run_loop_nothing_is_told);
#if RJ_HAS_RUN_LOOPS
  RUN(test_another_mode_is_another_mode);
  RUN(test_a_run_loop_of_another_thread);
  RUN(test_made_elsewhere_it_is_heard_on_the_main_thread);
#endif
  RUN(test_the_shared_one);
  RELEASE_(edge);
  return 0;
}
