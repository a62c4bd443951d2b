// Calls with a block, and delegates on a dispatch queue: what Apple's systems have, and clang with a
// Swift toolchain's libraries.
#import "check.h"

#include <dispatch/dispatch.h>

static void test_blocks_are_called_before_the_delegate(void) {
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  RJSimulation *simulation = a_simulation();
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:witness error:&error];
  __block int joined = 0, left = 0;
  __block NSUInteger heard = 0;
  CHECK_INT([one joinChannelByToken:nil
                          channelId:@"demo"
                               info:nil
                                uid:3
                        joinSuccess:^(NSString *channel, NSUInteger uid, NSInteger elapsed) {
                          CHECK_SAME(channel, @"demo");
                          CHECK_INT(uid, 3);
                          CHECK(elapsed >= 0);
                          heard = [[witness events] count];
                          joined++;
                        }],
            0);
  run(simulation, 1);
  CHECK_INT(joined, 1);
  CHECK_INT(heard, 2);
  CHECK_INT([one leaveChannel:^(RJChannelStats *stats) {
              CHECK([stats duration] > 0.9);
              left++;
            }],
            0);
  CHECK_INT([one leaveChannel:^(RJChannelStats *stats) {
              (void)stats;
              left += 100; // there is nothing to leave (S-29)
            }],
            0);
  run(simulation, 1);
  CHECK_INT(left, 1);
}

static void test_each_stay_has_its_own(void) {
  RJSimulation *simulation = a_simulation();
  NSError *error = nil;
  RJRtcEngineKit *one = [simulation clientAtEdge:an_edge(simulation) delegate:nil error:&error];
  __block NSUInteger joined = 0;
  __block int left = 0;
  for (NSUInteger i = 1; i <= 3; i++) { // the first two are left before they joined
    CHECK_INT([one joinChannelByToken:nil
                            channelId:@"demo"
                                 info:nil
                                  uid:i
                          joinSuccess:^(NSString *channel, NSUInteger uid, NSInteger elapsed) {
                            (void)channel;
                            (void)elapsed;
                            joined = 10 * joined + uid;
                          }],
              0);
    if (i < 3)
      CHECK_INT([one leaveChannel:^(RJChannelStats *stats) {
                  (void)stats;
                  left++;
                }],
                0);
  }
  run(simulation, 1);
  CHECK_INT(joined, 3);
  CHECK_INT(left, 2);
  [one leaveChannel];
  CHECK_INT([one joinChannelByToken:nil
                          channelId:@"demo"
                               info:nil
                                uid:4
                        joinSuccess:^(NSString *channel, NSUInteger uid, NSInteger elapsed) {
                          (void)channel;
                          (void)elapsed;
                          joined = 10 * joined + uid;
                        }],
            0);
  [one destroy];
  run(simulation, 1);
  CHECK_INT(joined, 3);
}

static void test_a_condition_may_be_a_block(void) {
  RJSimulation *simulation = a_simulation();
  RJEdge *edge = an_edge(simulation);
  RJRtcEngineKit *one = a_member(simulation, edge, 1, nil);
  NSError *none = nil;
  [[one link] cut:RJLinkBoth error:&none];
  CHECK([simulation
      runUntil:^BOOL {
        return [one getConnectionState] == RJConnectionStateReconnecting;
      }
         limit:5
         error:&none]);
  CHECK_FAILS([simulation
                  runUntil:^BOOL {
                    return NO;
                  }
                     limit:1
                     error:&error],
              RJStatusTimedOut, @"limit");
}

// Says when it heard something.
@interface Ringer : Witness {
@public
  dispatch_semaphore_t _bell;
  NSString *_at;
}
@end
@implementation Ringer
- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  [super rtcEngine:engine didReceiveEvent:event];
  CHECK(dispatch_get_specific("queue") != NULL);
  if ([[event name] isEqualToString:_at])
    dispatch_semaphore_signal(_bell);
}
@end

static void test_a_queue_hears(void) {
  NSError *error = nil;
  RJEdge *edge = AUTORELEASE_([[RJEdge alloc] initWithConfig:nil error:&error]);
  dispatch_queue_t queue = dispatch_queue_create("delegate", DISPATCH_QUEUE_SERIAL);
  dispatch_queue_set_specific(queue, "queue", queue, NULL);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  [config setDelegateQueue:queue];
  CHECK([AUTORELEASE_([config copy]) isEqual:config]);
  for (int i = 0; i < 50; i++) {
    POOL_BEGIN
      Ringer *ringer = AUTORELEASE_([[Ringer alloc] init]);
      ringer->_at = @"did_join_channel";
      ringer->_bell = dispatch_semaphore_create(0);
      RJRtcEngineKit *one = AUTORELEASE_([[RJRtcEngineKit alloc] initWithConfig:config
                                                                       delegate:ringer
                                                                          error:&error]);
      CHECK_INT([one joinChannelByToken:nil channelId:@"queue" info:nil uid:1], 0);
      dispatch_time_t limit = dispatch_time(DISPATCH_TIME_NOW, 60 * (int64_t)NSEC_PER_SEC);
      if (i % 10 == 0)
        CHECK_INT(dispatch_semaphore_wait(ringer->_bell, limit), 0);
      [one destroy]; // also while it is told
      [one setDelegate:nil];
      dispatch_sync(queue, ^{
                    });
#if !__has_feature(objc_arc) || !OS_OBJECT_USE_OBJC
      dispatch_release(ringer->_bell);
#endif
    POOL_END
  }
  [config setDelegateQueue:NULL];
#if !__has_feature(objc_arc) || !OS_OBJECT_USE_OBJC
  dispatch_release(queue);
#endif
}

int main(void) {
  RUN(test_blocks_are_called_before_the_delegate);
  RUN(test_each_stay_has_its_own);
  RUN(test_a_condition_may_be_a_block);
  RUN(test_a_queue_hears);
  return 0;
}
