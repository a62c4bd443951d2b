/* The bounded queue: nothing that must not be lost is lost, and what may be lost is counted (R-4). */
#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "dispatch/queue.h"

/* ---- words ---- */

static bool push(rj_queue *queue, int32_t kind, uint32_t uid) {
  return rj_queue_push(queue, &(rj_event_record){.kind = kind, .uid = uid, .time = uid});
}

static void push_state(rj_queue *queue, int32_t state) {
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_CONNECTION_CHANGED, .state = state});
}

static void push_message(rj_queue *queue, uint32_t number) {
  uint8_t bytes[4];
  memcpy(bytes, &number, sizeof bytes);
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_STREAM_MESSAGE,
                                          .uid = number,
                                          .data = bytes,
                                          .data_length = sizeof bytes});
}

/* Takes the next event, which must be this one. */
static void expect(rj_queue *queue, int32_t kind, uint32_t uid) {
  rj_event_record event;
  g_assert_true(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpint(event.kind, ==, kind);
  g_assert_cmpuint(event.uid, ==, uid);
}

static void expect_state(rj_queue *queue, int32_t state) {
  rj_event_record event;
  g_assert_true(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpint(event.kind, ==, EVENT_CONNECTION_CHANGED);
  g_assert_cmpint(event.state, ==, state);
}

static void expect_nothing(rj_queue *queue) {
  rj_event_record event;
  g_assert_false(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpuint(rj_queue_length(queue), ==, 0);
}

/* Peers 1,000,001 and up join: as many as are kept as they came. */
enum { CROWD = 1000000 };
static void crowd(rj_queue *queue) {
  for (uint32_t i = 1; i <= RJ_QUEUE_PEER_EVENTS; i++)
    push(queue, EVENT_USER_JOINED, CROWD + i);
}

static void expect_crowd(rj_queue *queue) {
  for (uint32_t i = 1; i <= RJ_QUEUE_PEER_EVENTS; i++)
    expect(queue, EVENT_USER_JOINED, CROWD + i);
}

/* ---- what goes in comes out ---- */

static void test_everything_of_an_event_is_kept(void) {
  rj_queue *queue = rj_queue_new();
  char channel[] = "demo";
  rj_event_record in = {
      .kind = EVENT_DID_LEAVE_CHANNEL,
      .time = 1,
      .old_state = 2,
      .state = 3,
      .reason = 4,
      .uid = 5,
      .elapsed = 6,
      .code = 7,
      .network = 8,
      .old_role = 9,
      .role = 10,
      .stream_id = 11,
      .count = 12,
      .attempt = 13,
      .outcome = 14,
      .next_delay = 15,
      .stats = {.duration = 16, .bytes_sent = 17, .outage_time = 18, .attempts = 19},
      .text = channel,
  };
  g_assert_true(rj_queue_push(queue, &in));
  channel[0] = 'X'; /* the queue has its own copy */
  rj_event_record out;
  g_assert_true(rj_queue_pop(queue, &out, NULL));
  g_assert_cmpstr(out.text, ==, "demo");
  g_assert_cmpuint(out.sequence, ==, 1);
  in.text = out.text;
  in.sequence = 1;
  g_assert_cmpmem(&in.stats, sizeof in.stats, &out.stats, sizeof out.stats);
  g_assert_cmpint(out.kind, ==, in.kind);
  g_assert_cmpint(out.time, ==, 1);
  g_assert_cmpint(out.old_state, ==, 2);
  g_assert_cmpint(out.state, ==, 3);
  g_assert_cmpint(out.reason, ==, 4);
  g_assert_cmpuint(out.uid, ==, 5);
  g_assert_cmpint(out.elapsed, ==, 6);
  g_assert_cmpint(out.code, ==, 7);
  g_assert_cmpint(out.network, ==, 8);
  g_assert_cmpint(out.old_role, ==, 9);
  g_assert_cmpint(out.role, ==, 10);
  g_assert_cmpuint(out.stream_id, ==, 11);
  g_assert_cmpuint(out.count, ==, 12);
  g_assert_cmpuint(out.attempt, ==, 13);
  g_assert_cmpint(out.outcome, ==, 14);
  g_assert_cmpint(out.next_delay, ==, 15);
  g_assert_cmpuint(out.data_length, ==, 0);
  rj_queue_free(queue);
}

static void test_a_peer_event_keeps_its_fields(void) {
  rj_queue *queue = rj_queue_new();
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_USER_OFFLINE,
                                          .time = 7,
                                          .uid = 8,
                                          .reason = OFFLINE_BECOME_AUDIENCE,
                                          .elapsed = 9});
  rj_event_record out;
  g_assert_true(rj_queue_pop(queue, &out, NULL));
  g_assert_cmpint(out.time, ==, 7);
  g_assert_cmpuint(out.uid, ==, 8);
  g_assert_cmpint(out.reason, ==, OFFLINE_BECOME_AUDIENCE);
  g_assert_cmpint(out.elapsed, ==, 9);
  rj_queue_free(queue);
}

static void test_the_order_is_the_producers(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  push_state(queue, STATE_CONNECTED);
  push(queue, EVENT_DID_JOIN_CHANNEL, 1);
  push(queue, EVENT_USER_JOINED, 2);
  push_message(queue, 3);
  push(queue, EVENT_USER_OFFLINE, 2);
  push(queue, EVENT_CONNECTION_LOST, 0);
  g_assert_cmpuint(rj_queue_length(queue), ==, 6);
  expect_state(queue, STATE_CONNECTED);
  expect(queue, EVENT_DID_JOIN_CHANNEL, 1);
  expect(queue, EVENT_USER_JOINED, 2);
  expect(queue, EVENT_STREAM_MESSAGE, 3);
  expect(queue, EVENT_USER_OFFLINE, 2);
  expect(queue, EVENT_CONNECTION_LOST, 0);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_push_tells_when_it_was_empty_and_pop_when_more_waits(void) {
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  bool more = false;
  g_assert_true(push(queue, EVENT_USER_JOINED, 1));
  g_assert_false(push(queue, EVENT_USER_JOINED, 2));
  g_assert_true(rj_queue_pop(queue, &event, &more));
  g_assert_true(more);
  g_assert_true(rj_queue_pop(queue, &event, &more));
  g_assert_false(more);
  g_assert_true(push(queue, EVENT_USER_JOINED, 3));
  rj_queue_free(queue);
}

/* ---- peers under pressure ---- */

static void test_peers_are_kept_as_they_came_below_the_bound(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  for (uint32_t i = 0; i < RJ_QUEUE_PEER_EVENTS; i++)
    push(queue, i % 2 == 0 ? EVENT_USER_JOINED : EVENT_USER_OFFLINE, 1);
  g_assert_cmpuint(rj_queue_length(queue), ==, RJ_QUEUE_PEER_EVENTS);
  g_assert_cmpuint(rj_queue_merged(queue), ==, 0);
  for (uint32_t i = 0; i < RJ_QUEUE_PEER_EVENTS; i++)
    expect(queue, i % 2 == 0 ? EVENT_USER_JOINED : EVENT_USER_OFFLINE, 1);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_beyond_it_one_peer_keeps_the_net_change(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  for (uint32_t i = 0; i < RJ_QUEUE_PEER_EVENTS + 1; i++)
    push(queue, i % 2 == 0 ? EVENT_USER_JOINED : EVENT_USER_OFFLINE, 1);
  /* Joined, left, … and joined at the end: joined. */
  g_assert_cmpuint(rj_queue_length(queue), ==, 1);
  g_assert_cmpuint(rj_queue_merged(queue), ==, RJ_QUEUE_PEER_EVENTS);
  expect(queue, EVENT_USER_JOINED, 1);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_net_changes(void) { /* R-4 P-2 P-11 */
  static const struct {
    const char *story, *net; /* J joined, O offline, I interrupted, R resumed */
  } cases
      [] =
          {
              {"JO", ""},   {"JOJ", "J"},  {"OJ", ""},    {"OJO", "O"},  {"JOJO", ""},
              {"JI", "JI"}, {"JIR", "J"},  {"JIO", ""},   {"IR", ""},    {"IO", "O"},
              {"RI", ""},   {"RO", "O"},   {"IRI", "I"},  {"IRIO", "O"}, {"RIR", "R"},
              {"J", "J"},   {"JIOJ", "J"}, {"IOJ", "OJ"}, {"IOJO", "O"}, {"IOJI", "OJI"},
              {"OJI", "I"}, /* nobody was interrupted before: gone and back is nothing */
          };
  static const int32_t kinds[] = {
      ['J'] = EVENT_USER_JOINED,
      ['O'] = EVENT_USER_OFFLINE,
      ['I'] = EVENT_USER_INTERRUPTED,
      ['R'] = EVENT_USER_RESUMED,
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    rj_queue *queue = rj_queue_new();
    crowd(queue);
    for (const char *at = cases[i].story; *at != '\0'; at++)
      push(queue, kinds[(unsigned char)*at], 1);
    g_test_message("%s", cases[i].story);
    expect_crowd(queue);
    for (const char *at = cases[i].net; *at != '\0'; at++)
      expect(queue, kinds[(unsigned char)*at], 1);
    expect_nothing(queue);
    g_assert_cmpuint(rj_queue_merged(queue), ==, strlen(cases[i].story) - strlen(cases[i].net));
    rj_queue_free(queue);
  }
}

static void test_the_newest_of_a_net_change_is_told_in_its_place(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  crowd(queue);
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_USER_JOINED, .uid = 1, .elapsed = 10});
  push(queue, EVENT_CONNECTION_LOST, 0);
  push(queue, EVENT_USER_OFFLINE, 1);
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_USER_JOINED, .uid = 1, .elapsed = 30});
  expect_crowd(queue);
  expect(queue, EVENT_CONNECTION_LOST, 0);
  g_assert_true(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpint(event.elapsed, ==, 30);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_what_was_delivered_is_not_merged_with(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  push(queue, EVENT_USER_JOINED, 1);
  crowd(queue);
  expect(queue, EVENT_USER_JOINED, 1);
  push(queue, EVENT_USER_JOINED, CROWD); /* pressure again */
  push(queue, EVENT_USER_OFFLINE, 1);    /* the app knows 1: it must hear this */
  expect_crowd(queue);
  expect(queue, EVENT_USER_JOINED, CROWD);
  expect(queue, EVENT_USER_OFFLINE, 1);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_pressure_ends(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  crowd(queue);
  push(queue, EVENT_USER_JOINED, 1);
  push(queue, EVENT_USER_OFFLINE, 1);
  g_assert_cmpuint(rj_queue_merged(queue), ==, 2);
  expect_crowd(queue);
  push(queue, EVENT_USER_JOINED, 1);
  push(queue, EVENT_USER_OFFLINE, 1);
  expect(queue, EVENT_USER_JOINED, 1);
  expect(queue, EVENT_USER_OFFLINE, 1);
  g_assert_cmpuint(rj_queue_merged(queue), ==, 2);
  rj_queue_free(queue);
}

static void test_an_ended_stay_has_no_peers(void) { /* R-4, section 4: SM(1,5) clears the roster */
  rj_queue *queue = rj_queue_new();
  push(queue, EVENT_USER_OFFLINE, 1); /* the app knew 1 in the first stay */
  push_state(queue, STATE_DISCONNECTED);
  push_state(queue, STATE_CONNECTING);
  push(queue, EVENT_USER_JOINED, 1); /* and meets it in the second */
  crowd(queue);
  expect_state(queue, STATE_DISCONNECTED); /* the first stay's peer was the one to go */
  expect_state(queue, STATE_CONNECTING);
  expect(queue, EVENT_USER_JOINED, 1);
  expect_crowd(queue);
  expect_nothing(queue);

  crowd(queue);
  push(queue, EVENT_USER_JOINED, 1);
  push_state(queue, STATE_FAILED);
  push(queue, EVENT_USER_JOINED, 1);
  expect_state(queue, STATE_FAILED);
  expect(queue, EVENT_USER_JOINED, 1);
  expect_nothing(queue);
  rj_queue_free(queue);
}

/* Whatever happens and whenever the app takes: joined and offline of a peer alternate, and at the
 * end the app knows exactly who is there. */
static void test_random_crowds_end_up_known(void) { /* R-4 */
  enum { PEERS = 3000, STEPS = 200000 };
  static bool there[PEERS + 1], known[PEERS + 1];
  GRand *random = g_rand_new_with_seed(20);
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  size_t longest = 0;
  memset(there, 0, sizeof there);
  memset(known, 0, sizeof known);
  for (int i = 0; i <= STEPS; i++) {
    uint32_t uid = (uint32_t)g_rand_int_range(random, 1, PEERS + 1);
    there[uid] = !there[uid];
    push(queue, there[uid] ? EVENT_USER_JOINED : EVENT_USER_OFFLINE, uid);
    longest = MAX(longest, rj_queue_length(queue));
    int take = i == STEPS ? G_MAXINT : g_rand_int_range(random, 0, 40) == 0 ? 30 : 0;
    while (take-- > 0 && rj_queue_pop(queue, &event, NULL)) {
      g_assert_true(known[event.uid] != (event.kind == EVENT_USER_JOINED));
      known[event.uid] = !known[event.uid];
    }
  }
  g_assert_cmpmem(there, sizeof there, known, sizeof known);
  g_assert_cmpuint(longest, <=, RJ_QUEUE_PEER_EVENTS + PEERS);
  g_assert_cmpuint(rj_queue_merged(queue), >, 0);
  rj_queue_free(queue);
  g_rand_free(random);
}

/* ---- messages ---- */

static void test_dropped_messages_are_counted_in_the_place_of_the_first(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS + 7; i++)
    push_message(queue, i);
  push_state(queue, STATE_RECONNECTING);
  push_message(queue, 1000); /* still full: counted where the first was */
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS; i++) {
    g_assert_true(rj_queue_pop(queue, &event, NULL));
    g_assert_cmpuint(event.uid, ==, i);
    g_assert_cmpuint(event.data_length, ==, 4);
    g_assert_cmpmem(event.data, 4, &i, 4);
  }
  g_assert_true(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpint(event.kind, ==, EVENT_EVENTS_DROPPED);
  g_assert_cmpuint(event.count, ==, 8);
  expect_state(queue, STATE_RECONNECTING);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_a_second_gap_is_its_own(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS + 2; i++)
    push_message(queue, i); /* two are dropped */
  expect(queue, EVENT_STREAM_MESSAGE, 0);
  push_message(queue, 500); /* has room */
  push_message(queue, 501); /* dropped, after 500 */
  uint64_t counts[2] = {0, 0};
  int gaps = 0;
  uint32_t last_before_second = 0;
  while (rj_queue_pop(queue, &event, NULL)) {
    if (event.kind == EVENT_EVENTS_DROPPED)
      counts[gaps++] = event.count;
    else if (gaps < 2)
      last_before_second = event.uid;
  }
  g_assert_cmpint(gaps, ==, 2);
  g_assert_cmpuint(counts[0], ==, 2);
  g_assert_cmpuint(counts[1], ==, 1);
  g_assert_cmpuint(last_before_second, ==, 500);
  rj_queue_free(queue);
}

static void test_stats_are_dropped_like_messages(void) { /* R-4 N-8 */
  rj_queue *queue = rj_queue_new();
  rj_event_record event, last = {0};
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS + 3; i++)
    push(queue, EVENT_STATS, i);
  while (rj_queue_pop(queue, &event, NULL))
    last = event;
  g_assert_cmpint(last.kind, ==, EVENT_EVENTS_DROPPED);
  g_assert_cmpuint(last.count, ==, 3);
  rj_queue_free(queue);
}

/* ---- reliable messages that are dropped (D-5) */

static bool push_reliable(rj_queue *queue, uint32_t uid, uint32_t stream) {
  return rj_queue_push(
      queue, &(rj_event_record){
                 .kind = EVENT_STREAM_MESSAGE, .uid = uid, .stream_id = stream, .reliable = true});
}

static void push_missed(rj_queue *queue, uint32_t uid, uint32_t stream, uint64_t count) {
  rj_queue_push(queue, &(rj_event_record){.kind = EVENT_STREAM_MESSAGE_ERROR,
                                          .uid = uid,
                                          .stream_id = stream,
                                          .count = count});
}

/* Takes the next event, which must be this one. */
static void expect_of_stream(rj_queue *queue, int32_t kind, uint32_t uid, uint32_t stream,
                             uint64_t count) {
  rj_event_record event;
  g_assert_true(rj_queue_pop(queue, &event, NULL));
  g_assert_cmpint(event.kind, ==, kind);
  g_assert_cmpuint(event.uid, ==, uid);
  g_assert_cmpuint(event.stream_id, ==, stream);
  g_assert_cmpuint(event.count, ==, count);
}

static void expect_dropped(rj_queue *queue, uint64_t count) {
  expect_of_stream(queue, EVENT_EVENTS_DROPPED, 0, 0, count);
}

static rj_queue *full_of_stats(void) {
  rj_queue *queue = rj_queue_new();
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS; i++)
    push(queue, EVENT_STATS, 0);
  return queue;
}

static void take_stats(rj_queue *queue, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    expect(queue, EVENT_STATS, 0);
}

/* events_dropped tells of all; stream_message_error of each reliable stream, before its next message (R-4 D-5). */
static void test_dropped_reliable_messages_are_announced(void) {
  rj_queue *queue = full_of_stats();
  push_reliable(queue, 1, 1);
  push_reliable(queue, 1, 1);
  push_reliable(queue, 2, 1);
  push_message(queue, 7); /* an unreliable one may be lost */
  take_stats(queue, 10);
  push_message(queue, 7);
  push_reliable(queue, 1, 1);
  push_reliable(queue, 1, 1);
  push_reliable(queue, 1, 2);
  push_reliable(queue, 2, 1);
  take_stats(queue, RJ_QUEUE_DATA_EVENTS - 10);
  expect_dropped(queue, 4);
  expect(queue, EVENT_STREAM_MESSAGE, 7);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 1, 1, 2);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 2, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 2, 1, 1);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 2, 1, 0);
  expect_nothing(queue);
  rj_queue_free(queue);
}

/* Where there is room for one event alone, the message is not told without the error before it. */
static void test_an_announcement_needs_room_for_both(void) { /* D-5 */
  rj_queue *queue = full_of_stats();
  push_reliable(queue, 1, 1);
  take_stats(queue, 1);
  push_reliable(queue, 1, 1);
  take_stats(queue, 1);
  push_reliable(queue, 1, 1);
  take_stats(queue, RJ_QUEUE_DATA_EVENTS - 2);
  expect_dropped(queue, 2);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 1, 1, 2);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 1, 0);
  expect_nothing(queue);
  rj_queue_free(queue);
}

/* Gaps that were dropped, or are told after a drop, are one with it; an unknown one stays unknown. */
static void test_gaps_and_drops_are_told_together(void) { /* D-5 */
  rj_queue *queue = full_of_stats();
  push_missed(queue, 1, 1, 5);
  push_reliable(queue, 1, 1);
  push_missed(queue, 2, 1, 0);
  push_reliable(queue, 2, 1);
  push_reliable(queue, 3, 1);
  take_stats(queue, 20);
  push_reliable(queue, 1, 1);
  push_reliable(queue, 2, 1);
  push_missed(queue, 3, 1, 3);
  push_reliable(queue, 3, 1);
  take_stats(queue, RJ_QUEUE_DATA_EVENTS - 20);
  expect_dropped(queue, 5);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 1, 1, 6);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 2, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 2, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, 3, 1, 4);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 3, 1, 0);
  expect_nothing(queue);
  rj_queue_free(queue);
}

/* Streams of a stay that is over are others'; and only so many are remembered. */
static void test_what_is_remembered_of_drops(void) { /* D-5 */
  rj_queue *queue = full_of_stats();
  push_reliable(queue, 1, 1);
  push_state(queue, STATE_DISCONNECTED);
  take_stats(queue, RJ_QUEUE_DATA_EVENTS);
  expect_dropped(queue, 1);
  expect_state(queue, STATE_DISCONNECTED);
  push_reliable(queue, 1, 1);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, 1, 1, 0);
  for (uint32_t i = 0; i < RJ_QUEUE_DATA_EVENTS; i++)
    push(queue, EVENT_STATS, 0);
  for (uint32_t uid = 1; uid <= RJ_QUEUE_MISSED_STREAMS + 1; uid++)
    push_reliable(queue, uid, 1);
  take_stats(queue, RJ_QUEUE_DATA_EVENTS);
  expect_dropped(queue, RJ_QUEUE_MISSED_STREAMS + 1);
  push_reliable(queue, RJ_QUEUE_MISSED_STREAMS, 1);
  push_reliable(queue, RJ_QUEUE_MISSED_STREAMS + 1, 1);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE_ERROR, RJ_QUEUE_MISSED_STREAMS, 1, 1);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, RJ_QUEUE_MISSED_STREAMS, 1, 0);
  expect_of_stream(queue, EVENT_STREAM_MESSAGE, RJ_QUEUE_MISSED_STREAMS + 1, 1, 0);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_a_full_queue_has_room_for_what_must_not_be_lost(void) { /* R-4 */
  static const int32_t kinds[] = {
      EVENT_CONNECTION_CHANGED,          EVENT_DID_JOIN_CHANNEL,          EVENT_DID_REJOIN_CHANNEL,
      EVENT_DID_LEAVE_CHANNEL,           EVENT_CONNECTION_LOST,           EVENT_REQUEST_TOKEN,
      EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE, EVENT_RENEW_TOKEN_RESULT,        EVENT_NETWORK_CHANGED,
      EVENT_CLIENT_ROLE_CHANGED,         EVENT_CLIENT_ROLE_CHANGE_FAILED, EVENT_ATTEMPT,
  };
  enum { ROUNDS = 1000 };
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  for (uint32_t i = 0; i < 2 * RJ_QUEUE_DATA_EVENTS; i++)
    push_message(queue, i);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
      rj_queue_push(
          queue, &(rj_event_record){.kind = kinds[i], .uid = round, .state = STATE_RECONNECTING});
  }
  for (uint32_t i = 0; i <= RJ_QUEUE_DATA_EVENTS; i++)
    g_assert_true(rj_queue_pop(queue, &event, NULL));
  for (uint32_t round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
      expect(queue, kinds[i], round);
  }
  expect_nothing(queue);
  rj_queue_free(queue);
}

static void test_sequence_numbers_have_no_gaps(void) { /* R-4: what is lost is told, not skipped */
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  uint64_t sequence = 0;
  crowd(queue);
  for (int i = 0; i < 100; i++) {
    push(queue, EVENT_USER_JOINED, 1);
    push(queue, EVENT_USER_OFFLINE, 1);
  }
  for (uint32_t i = 0; i < 2 * RJ_QUEUE_DATA_EVENTS; i++)
    push_message(queue, i);
  while (rj_queue_pop(queue, &event, NULL))
    g_assert_cmpuint(event.sequence, ==, ++sequence);
  g_assert_cmpuint(sequence, ==, RJ_QUEUE_PEER_EVENTS + RJ_QUEUE_DATA_EVENTS + 1);
  rj_queue_free(queue);
}

/* ---- the end ---- */

static void test_a_closed_queue_is_silent(void) { /* R-5 */
  rj_queue *queue = rj_queue_new();
  rj_event_record event;
  push_state(queue, STATE_CONNECTED);
  crowd(queue);
  push(queue, EVENT_USER_JOINED, 1);
  expect_state(queue, STATE_CONNECTED);
  rj_queue_close(queue);
  g_assert_false(rj_queue_pop(queue, &event, NULL));
  g_assert_false(push(queue, EVENT_DID_JOIN_CHANNEL, 1));
  g_assert_false(push(queue, EVENT_USER_JOINED, 2));
  expect_nothing(queue);
  rj_queue_free(queue);
}

/* ---- two threads ---- */

enum { MILLION = 1000000 };

static gpointer produce_states(gpointer queue) {
  for (uint32_t i = 1; i <= MILLION; i++)
    rj_queue_push((rj_queue *)queue, &(rj_event_record){.kind = EVENT_ATTEMPT, .attempt = i});
  return NULL;
}

static void test_a_million_between_two_threads(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  GThread *producer = g_thread_new("producer", produce_states, queue);
  rj_event_record event;
  for (uint32_t expected = 1; expected <= MILLION;) {
    if (!rj_queue_pop(queue, &event, NULL)) {
      g_thread_yield();
      continue;
    }
    g_assert_cmpuint(event.attempt, ==, expected);
    g_assert_cmpuint(event.sequence, ==, expected);
    expected++;
  }
  g_thread_join(producer);
  expect_nothing(queue);
  rj_queue_free(queue);
}

static gpointer produce_messages(gpointer queue) {
  for (uint32_t i = 1; i <= MILLION / 4; i++) {
    push((rj_queue *)queue, i % 2 == 1 ? EVENT_USER_JOINED : EVENT_USER_OFFLINE, 1);
    push_message((rj_queue *)queue, i);
  }
  return NULL;
}

static void test_all_messages_are_delivered_or_counted_between_two_threads(void) { /* R-4 */
  rj_queue *queue = rj_queue_new();
  GThread *producer = g_thread_new("producer", produce_messages, queue);
  rj_event_record event;
  bool known = false;
  for (uint64_t messages = 0; messages < MILLION / 4;) {
    if (!rj_queue_pop(queue, &event, NULL)) {
      g_thread_yield();
    } else if (event.kind == EVENT_STREAM_MESSAGE) {
      messages++;
      g_assert_cmpuint(event.uid, ==, messages); /* the dropped ones are told in their place */
    } else if (event.kind == EVENT_EVENTS_DROPPED) {
      messages += event.count;
    } else {
      g_assert_true(known != (event.kind == EVENT_USER_JOINED));
      known = !known;
    }
  }
  g_thread_join(producer);
  rj_queue_free(queue);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/queue/fields", test_everything_of_an_event_is_kept);
  g_test_add_func("/queue/peer-fields", test_a_peer_event_keeps_its_fields);
  g_test_add_func("/queue/order", test_the_order_is_the_producers);
  g_test_add_func("/queue/empty", test_push_tells_when_it_was_empty_and_pop_when_more_waits);
  g_test_add_func("/queue/peers/below", test_peers_are_kept_as_they_came_below_the_bound);
  g_test_add_func("/queue/peers/beyond", test_beyond_it_one_peer_keeps_the_net_change);
  g_test_add_func("/queue/peers/net", test_net_changes);
  g_test_add_func("/queue/peers/place", test_the_newest_of_a_net_change_is_told_in_its_place);
  g_test_add_func("/queue/peers/delivered", test_what_was_delivered_is_not_merged_with);
  g_test_add_func("/queue/peers/pressure-ends", test_pressure_ends);
  g_test_add_func("/queue/peers/stay-ends", test_an_ended_stay_has_no_peers);
  g_test_add_func("/queue/peers/random", test_random_crowds_end_up_known);
  g_test_add_func("/queue/data/dropped",
                  test_dropped_messages_are_counted_in_the_place_of_the_first);
  g_test_add_func("/queue/data/second-gap", test_a_second_gap_is_its_own);
  g_test_add_func("/queue/data/stats", test_stats_are_dropped_like_messages);
  g_test_add_func("/queue/reliable/announced", test_dropped_reliable_messages_are_announced);
  g_test_add_func("/queue/reliable/room", test_an_announcement_needs_room_for_both);
  g_test_add_func("/queue/reliable/together", test_gaps_and_drops_are_told_together);
  g_test_add_func("/queue/reliable/remembered", test_what_is_remembered_of_drops);
  g_test_add_func("/queue/reserved", test_a_full_queue_has_room_for_what_must_not_be_lost);
  g_test_add_func("/queue/sequence", test_sequence_numbers_have_no_gaps);
  g_test_add_func("/queue/closed", test_a_closed_queue_is_silent);
  g_test_add_func("/queue/threads/million", test_a_million_between_two_threads);
  g_test_add_func("/queue/threads/messages",
                  test_all_messages_are_delivered_or_counted_between_two_threads);
  return g_test_run();
}
