// Virtual time: an outage from the first silence to FAILED, and how simulations run.
#import "check.h"

static NSString *const outage = @"connectionChangedToState reconnecting reason interrupted\n"
                                @"connectionDidLost\n"
                                @"didOfflineOfUid 2 reason dropped\n"
                                @"connectionChangedToState failed reason join failed";

static NSTimeInterval after(Witness *witness, NSUInteger index, NSTimeInterval start) {
  return [(RJRtcEvent *)[[witness events] objectAtIndex:index] time] - start;
}

static void test_an_outage_ends_in_failed(void) { /* S-8 S-11 S-12 P-4 P-9 N-2 N-3 N-4 N-5 */
  Witness *first = AUTORELEASE_([[Witness alloc] init]),
          *second = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, first);
  RJRtcEngineKit *two = a_member(simulation, edge, 2, second);
  [first clear];
  NSError *error = nil;
  NSTimeInterval heard = [one lastHeard];
  CHECK([[one link] cut:RJLinkUp error:&error]);
  CHECK([simulation runUntilEngine:one isInState:RJConnectionStateFailed limit:1500 error:&error]);
  CHECK_SAME([[first lines] componentsJoinedByString:@"\n"], outage);
  static const NSTimeInterval times[] = {4, 10, 20, 1200};
  for (NSUInteger i = 0; i < 4; i++)
    CHECK(after(first, i, heard) >= times[i] - 1e-9 && after(first, i, heard) <= times[i] + 0.0011);
  CHECK_SAME([second lines], [NSArray arrayWithObject:@"didOfflineOfUid 1 reason dropped"]);
  CHECK_INT([two getConnectionState], RJConnectionStateConnected);
  CHECK([one lastHeard] == heard);
}

static void test_a_short_outage_is_over(void) { /* S-13 P-10 */
  Witness *first = AUTORELEASE_([[Witness alloc] init]),
          *second = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, first);
  a_member(simulation, edge, 2, second);
  [first clear];
  NSError *error = nil;
  CHECK([[one link] cut:RJLinkBoth error:&error]);
  CHECK([[one link] up].blackhole);
  run(simulation, 7);
  CHECK([[one link] heal:RJLinkBoth error:&error]);
  CHECK(![[one link] down].blackhole);
  run(simulation, 10);
  CHECK_SAME([first names], @"connection_changed connection_changed did_rejoin_channel");
  CHECK_INT([[second events] count], 0);
  RJChannelStats *stats = [one statsAndReturnError:&error];
  CHECK_INT([stats outages], 1);
  CHECK([stats outageDuration] > 4 && [stats outageDuration] < 10);
  CHECK_INT([stats members], 1);
  CHECK([stats roundTrip] > 0 && [stats bytesSent] > 0 && [stats packetsReceived] > 0);
}

static void test_faults_are_kept_and_checked(void) {
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, nil);
  CHECK([[[one link] up] delay] == 0.01);
  RJLinkFaults *faults = AUTORELEASE_([[RJLinkFaults alloc] init]);
  [faults setLoss:0.5];
  [faults setDelay:0.2];
  NSError *none = nil;
  CHECK([[one link] setFaults:faults directions:RJLinkDown error:&none]);
  CHECK([[[one link] down] loss] == 0.5 && [[[one link] down] delay] == 0.2);
  CHECK([[[one link] up] loss] == 0 && [[[one link] up] delay] == 0.01);
  [faults setLoss:1.5];
  CHECK_FAILS([[one link] setFaults:faults directions:RJLinkBoth error:&error],
              RJStatusInvalidArgument, @"loss");
  CHECK([[[one link] up] loss] == 0 && [[[one link] down] loss] == 0.5);
}

static BOOL hears_lost(void *context) {
  return [*(Witness * __unsafe_unretained *)context hears:@"connection_lost"];
}

static BOOL never(void *context) {
  (void)context;
  return NO;
}

static void test_conditions(void) {
  Witness *__unsafe_unretained first;
  Witness *kept = AUTORELEASE_([[Witness alloc] init]);
  first = kept;
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *one = a_member(simulation, an_edge(simulation), 1, first);
  NSError *none = nil;
  [[one link] cut:RJLinkBoth error:&none];
  NSTimeInterval heard = [one lastHeard];
  CHECK([simulation runUntilFunction:hears_lost context:&first limit:60 error:&none]);
  CHECK([simulation now] - heard >= 10 && [simulation now] - heard <= 10.0011);
  NSTimeInterval before = [simulation now];
  CHECK_FAILS([simulation runUntilFunction:never context:NULL limit:5 error:&error],
              RJStatusTimedOut, @"limit");
  CHECK([simulation now] - before >= 5 - 1e-9 && [simulation now] - before <= 5.0011);
  CHECK_FAILS([simulation runFor:-1 error:&error], RJStatusInvalidArgument, @"seconds");
}

// Runs its simulation out of a delegate's method.
@interface Impatient : NSObject <RJRtcEngineDelegate> {
@public
  RJSimulation *__unsafe_unretained _simulation;
  NSInteger _code;
}
@end
@implementation Impatient
- (void)rtcEngine:(RJRtcEngineKit *)engine
    connectionChangedToState:(RJConnectionState)state
                      reason:(RJConnectionChangedReason)reason {
  (void)engine;
  (void)state;
  (void)reason;
  NSError *error = nil;
  if (![_simulation runFor:1 error:&error])
    _code = [error code];
}
@end

static void test_it_does_not_run_inside_itself(void) {
  RJSimulation *simulation = a_simulation();
  Impatient *impatient = AUTORELEASE_([[Impatient alloc] init]);
  impatient->_simulation = simulation;
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation)
                                        delegate:impatient
                                           error:&error];
  CHECK_INT([one joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
  run(simulation, 1);
  CHECK_INT(impatient->_code, RJStatusInvalidState);
  CHECK_INT([one getConnectionState], RJConnectionStateConnected);
}

// A lossy minute, as text.
static NSString *story(uint64_t seed) {
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  NSError *error = nil;
  RJSimulation *simulation = AUTORELEASE_([[RJSimulation alloc] initWithSeed:seed
                                                                   wallClock:1e9
                                                                       error:&error]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:an_edge(simulation)];
  [config setAttempts:YES];
  RJRtcEngineKit *one = [simulation clientWithConfig:config delegate:witness error:&error];
  CHECK([one joinChannel:@"demo" token:nil uid:1 error:&error]);
  run(simulation, 2);
  CHECK([[one link] cut:RJLinkDown error:&error]);
  run(simulation, 60);
  NSMutableString *text = [NSMutableString string];
  for (RJRtcEvent *event in [witness events])
    [text appendFormat:@"%@ %g\n", event, [event nextDelay]];
  return text;
}

static void test_the_seed_decides_everything(void) {
  CHECK_SAME(story(3), story(3));
  CHECK(![story(3) isEqualToString:story(4)]);
}

int main(void) {
  RUN(test_an_outage_ends_in_failed);
  RUN(test_a_short_outage_is_over);
  RUN(test_faults_are_kept_and_checked);
  RUN(test_conditions);
  RUN(test_it_does_not_run_inside_itself);
  RUN(test_the_seed_decides_everything);
  return 0;
}
