// Every row of abi/events.def has a method of the delegate, which gets its fields.
#import "check.h"

#import "RJEvents.h"

// What the method of each event is to say of the event below.
static NSString *wanted(NSString *name) {
  static const struct {
    const char *name, *line;
  } all[] = {
      {"CONNECTION_CHANGED", "connectionChangedToState connected reason token expired"},
      {"DID_JOIN_CHANNEL", "didJoinChannel text withUid 4294967295 elapsed 12"},
      {"DID_REJOIN_CHANNEL", "didRejoinChannel text withUid 4294967295 elapsed 12"},
      {"DID_LEAVE_CHANNEL", "didLeaveChannelWithStats 5"},
      {"STATS", "reportRtcStats 5"},
      {"CONNECTION_LOST", "connectionDidLost"},
      {"REQUEST_TOKEN", "requestToken"},
      {"USER_JOINED", "didJoinedOfUid 4294967295 elapsed 12"},
      {"USER_OFFLINE", "didOfflineOfUid 4294967295 reason unknown(9)"},
      {"USER_INTERRUPTED", "didInterruptedOfUid 4294967295"},
      {"USER_RESUMED", "didResumedOfUid 4294967295"},
      {"TOKEN_PRIVILEGE_WILL_EXPIRE", "tokenPrivilegeWillExpire text"},
      {"RENEW_TOKEN_RESULT", "renewTokenResult text code wrong channel"},
      {"NETWORK_CHANGED", "networkTypeChangedToType wifi"},
      {"CLIENT_ROLE_CHANGED", "didClientRoleChanged broadcaster newRole audience"},
      {"CLIENT_ROLE_CHANGE_FAILED", "didClientRoleChangeFailed token expired role audience"},
      {"STREAM_MESSAGE", "receiveStreamMessageFromUid 4294967295 streamId 6 data 4 bytes"},
      {"STREAM_MESSAGE_ERROR", "didOccurStreamMessageErrorFromUid 4294967295 streamId 6 missed 8"},
      {"EVENTS_DROPPED", "didDropEvents 8"},
      {"ATTEMPT", "didAttempt 10 outcome timed out nextDelay 2.5"},
  };
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if ([name isEqualToString:[NSString stringWithUTF8String:all[i].name]])
      return [NSString stringWithUTF8String:all[i].line];
  return [NSString stringWithFormat:@"the test knows no event %@", name];
}

static void fill(rj_event *event, int32_t kind) {
  *event = (rj_event){
      .size = sizeof *event,
      .kind = kind,
      .sequence = 7,
      .time_ns = 1500000000,
      .old_state = RJ_STATE_CONNECTING,
      .state = RJ_STATE_CONNECTED,
      .reason = RJ_REASON_TOKEN_EXPIRED,
      .uid = UINT32_MAX,
      .elapsed_ms = 12,
      .code = RJRenewTokenCodeWrongChannel,
      .network = RJ_NETWORK_WIFI,
      .old_role = RJ_ROLE_BROADCASTER,
      .role = RJ_ROLE_AUDIENCE,
      .stream_id = 6,
      .attempt = 10,
      .outcome = RJ_ATTEMPT_TIMED_OUT,
      .next_delay_ns = 2500000000,
      .count = 8,
      .stats = {.size = sizeof event->stats, .members = 5},
      .text_length = 4,
      .text = "text",
  };
}

static NSArray *rows(void) {
  NSString *text = [NSString stringWithContentsOfFile:@RJ_TEST_ROWS
                                             encoding:NSUTF8StringEncoding
                                                error:NULL];
  NSMutableArray *names = [NSMutableArray array];
  for (NSString *line in [text componentsSeparatedByString:@"\n"])
    if ([line hasPrefix:@"RJ_EVENT_ROW("])
      [names addObject:[[[line substringFromIndex:13] componentsSeparatedByString:@","]
                           objectAtIndex:0]];
  return names;
}

static RJRtcEngineKit *an_engine(void) {
  NSError *error = nil;
  RJSimulation *simulation = a_simulation();
  RJRtcEngineKit *engine = [simulation clientAtEdge:an_edge(simulation) delegate:nil error:&error];
  CHECK(engine != nil);
  return engine;
}

static void test_every_row_has_a_method(void) {
  RJRtcEngineKit *engine = an_engine();
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  uint64_t hears = RJHearsOfDelegate(witness);
  int32_t kind = 0;
  CHECK([rows() count] >= 20);
  for (NSString *name in rows()) {
    rj_event event;
    fill(&event, ++kind);
    CHECK_SAME(RJEventName(kind), [name lowercaseString]);
    CHECK(RJHears(hears, kind));
    [witness clear];
    RJTell(witness, engine, &event);
    CHECK_SAME([witness lines], [NSArray arrayWithObject:wanted(name)]);
  }
}

static void test_a_later_version_may_have_more_of_them(void) {
  RJRtcEngineKit *engine = an_engine();
  Witness *witness = AUTORELEASE_([[Witness alloc] init]);
  rj_event event;
  static const int32_t kinds[] = {-1, 0, 99, INT32_MAX};
  for (int i = 0; i < 4; i++) {
    fill(&event, kinds[i]);
    RJTell(witness, engine, &event);
  }
  CHECK_INT([[witness lines] count], 0);
}

// A delegate needs no method, and is asked for each.
@interface Quiet : NSObject <RJRtcEngineDelegate>
@end
@implementation Quiet
- (void)rtcEngine:(RJRtcEngineKit *)engine didDropEvents:(uint64_t)count {
  (void)engine;
  (void)count;
}
@end

static void test_methods_may_be_left_out(void) {
  CHECK_INT(RJHearsOfDelegate(nil), 0);
  CHECK_INT(RJHearsOfDelegate(AUTORELEASE_([[Quiet alloc] init])), 1 << RJEventKindEventsDropped);
}

static void test_an_event_shows_the_fields_of_its_kind(void) {
  rj_event event;
  fill(&event, RJ_EVENT_USER_OFFLINE);
  RJRtcEvent *offline = AUTORELEASE_([[RJRtcEvent alloc] initWithEvent:&event]);
  CHECK_INT([offline sequence], 7);
  CHECK([offline time] == 1.5);
  CHECK_INT([offline offlineReason], 9);
  CHECK_INT([offline reason], 0);
  CHECK_SAME([offline channel], nil);
  CHECK_SAME([offline data], nil);
  CHECK_SAME([offline stats], nil);
  fill(&event, RJ_EVENT_STREAM_MESSAGE);
  RJRtcEvent *message = AUTORELEASE_([[RJRtcEvent alloc] initWithEvent:&event]);
  CHECK_SAME([message data], [NSData dataWithBytes:"text" length:4]);
  CHECK_INT([message uid], UINT32_MAX);
  fill(&event, RJ_EVENT_DID_LEAVE_CHANNEL);
  RJRtcEvent *left = AUTORELEASE_([[RJRtcEvent alloc] initWithEvent:&event]);
  CHECK_INT([[left stats] members], 5);
  fill(&event, RJ_EVENT_ATTEMPT);
  event.next_delay_ns = -1;
  RJRtcEvent *attempt = AUTORELEASE_([[RJRtcEvent alloc] initWithEvent:&event]);
  CHECK([attempt nextDelay] == -1);
}

int main(void) {
  RUN(test_every_row_has_a_method);
  RUN(test_a_later_version_may_have_more_of_them);
  RUN(test_methods_may_be_left_out);
  RUN(test_an_event_shows_the_fields_of_its_kind);
  return 0;
}
