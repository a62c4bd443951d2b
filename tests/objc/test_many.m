// Hundreds of thousands of events: none is lost, and they come in order.
#import "check.h"

enum { PAIRS = 34000 }; /* three events each: more than 10^5 */

// Counts, and sees that nothing is missing.
@interface Counter : NSObject <RJRtcEngineDelegate> {
@public
  uint64_t _events, _last;
  int _left;
}
@end
@implementation Counter
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  (void)engine;
  CHECK_INT([event sequence], _last + 1);
  _last = [event sequence];
  _events++;
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didLeaveChannelWithStats:(RJChannelStats *)stats {
  (void)engine;
  (void)stats;
  _left++;
}
@end

static void join_and_leave(RJRtcEngineKit *engine, int times) {
  for (int i = 0; i < times; i++) {
    POOL_BEGIN
      CHECK_INT([engine joinChannelByToken:nil channelId:@"demo" info:nil uid:1], 0);
      CHECK_INT([engine leaveChannel], 0);
    POOL_END
  }
}

static void test_none_is_lost_in_a_simulation(void) { /* R-4 */
  Counter *counter = AUTORELEASE_([[Counter alloc] init]);
  RJSimulation *simulation = a_simulation();
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:counter error:&error];
  for (int i = 0; i < PAIRS / 100; i++) {
    join_and_leave(one, 100);
    run(simulation, 0);
  }
  CHECK_INT(counter->_events, 3 * PAIRS);
  CHECK_INT(counter->_left, PAIRS);
}

static void test_none_is_lost_in_a_run_loop(void) { /* R-4 */
  Counter *counter = AUTORELEASE_([[Counter alloc] init]);
  NSError *error = nil;
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithUrl:@"rejoin://127.0.0.1:9"];
  RJRtcEngineKit *one = AUTORELEASE_([[RJRtcEngineKit alloc] initWithConfig:config
                                                                   delegate:counter
                                                                      error:&error]);
  CHECK_SAME(error, nil);
  for (int i = 0; i < PAIRS / 1000; i++) {
    join_and_leave(one, 1000); // more than one turn takes
    TURN_UNTIL(counter->_left == 1000 * (i + 1));
  }
  CHECK_INT(counter->_events, 3 * PAIRS);
}

int main(void) {
  RUN(test_none_is_lost_in_a_simulation);
  RUN(test_none_is_lost_in_a_run_loop);
  return 0;
}
