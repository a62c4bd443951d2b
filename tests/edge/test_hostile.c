/* Peers that break the protocol: the connection is closed with a code, counted, logged once per peer; nothing else changes. */
#include <string.h>

#include "edge/rig.h"

static void expect_fault(test_rig *rig, peer_id peer, uint64_t errors) {
  expect_closed(peer, RJ_CLOSE_PROTOCOL);
  g_assert_cmpuint(rig_counters(rig).protocol_errors, ==, errors);
}

static void test_malformed(void) {
  test_rig rig;
  rig_default(&rig);
  static const uint8_t garbage[] = {0xff, 0xff, 0xff, 0x07, 0x00};
  static const uint8_t unknown[] = {0x92, 0x06, 0x00}; /* a body that nobody knows (field 98) */
  static const uint8_t truncated[] = {0x0a, 0x20, 0x08, 0x01};
  peer_id peer = rig_dial(&rig, 1);
  rig_feed(&rig, peer, FAKE_MESSAGE, garbage, sizeof garbage);
  expect_fault(&rig, peer, 1);
  peer = rig_dial(&rig, 2);
  rig_feed(&rig, peer, FAKE_MESSAGE, unknown, sizeof unknown);
  expect_fault(&rig, peer, 2);
  peer = rig_dial(&rig, 3);
  rig_feed(&rig, peer, FAKE_MESSAGE, truncated, sizeof truncated);
  expect_fault(&rig, peer, 3);
  peer = rig_dial(&rig, 4);
  rig_feed(&rig, peer, FAKE_BROKEN, NULL, 0); /* noticed below */
  g_assert_true(fake_link(peer)->freed);
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 4);
  g_assert_cmpuint(rig.warnings->len, ==, 4);
  rig_end(&rig);
}

/* Every message at a time when it may not come. */
static void test_unexpected(void) {
  test_rig rig;
  rig_default(&rig);
  uint64_t errors = 0;
  static const pb_size_t not_first[] = {
      rejoin_Control_goodbye_tag,        rejoin_Control_roster_request_tag,
      rejoin_Control_renew_token_tag,    rejoin_Control_set_role_tag,
      rejoin_Control_stream_message_tag, rejoin_Control_peer_joined_tag,
  };
  for (size_t i = 0; i < G_N_ELEMENTS(not_first); i++) {
    rj_control message = {.which_body = not_first[i]};
    switch (not_first[i]) { /* well-formed, so that it is the time that is wrong */
    case rejoin_Control_renew_token_tag:
      strcpy(message.body.renew_token.token, "t");
      break;
    case rejoin_Control_set_role_tag:
      message.body.set_role.role = ROLE_AUDIENCE;
      break;
    case rejoin_Control_stream_message_tag:
      message.body.stream_message.data.size = 1;
      message.body.stream_message.sequence = 1;
      break;
    case rejoin_Control_peer_joined_tag:
      message.body.peer_joined.uid = 1;
      break;
    default:
      break;
    }
    peer_id peer = rig_dial(&rig, 1);
    rig_say(&rig, peer, &message);
    expect_fault(&rig, peer, ++errors);
  }
  peer_id beats = rig_dial(&rig, 1);
  static const uint8_t no_beat[RJ_BEAT_SIZE + 1] = {0};
  rig_feed(&rig, beats, FAKE_DATAGRAM, no_beat, sizeof no_beat);
  expect_fault(&rig, beats, ++errors);
  peer_id stream = rig_dial(&rig, 1);
  static const uint8_t marked[RJ_BEAT_SIZE] = {1};
  rig_feed(&rig, stream, FAKE_DATAGRAM, marked, sizeof marked);
  expect_fault(&rig, stream, ++errors);
  rig_end(&rig);
}

/* From a member: its connection goes, its session waits for it as after any lost connection. */
static void test_a_member_misbehaves(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rj_control twice = rig_join_request("demo", 1, 1);
  rig_say(&rig, one, &twice);
  expect_fault(&rig, one, 1);
  expect_nothing(two);
  expect_members(&rig, "demo", "1 2");
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  one = rig_ask(&rig, &request, &answer);
  g_assert_true(answer.resumed);

  rj_control removed = {.which_body = rejoin_Control_removed_tag}; /* only an edge says that */
  removed.body.removed = (rejoin_Removed){.session = answer.session, .reason = 3};
  rig_say(&rig, one, &removed);
  expect_fault(&rig, one, 2);
  rj_control message = {.which_body = rejoin_Control_stream_message_tag};
  message.body.stream_message.sequence = 1;
  message.body.stream_message.data.size = 1;
  rig_say(&rig, two, &message);
  expect_fault(&rig, two, 3);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

static void test_bad_join_requests(void) {
  test_rig rig;
  rig_default(&rig);
  rj_control request = rig_join_request("demo", 1, 0); /* no join id */
  peer_id peer = rig_dial(&rig, 1);
  rig_say(&rig, peer, &request);
  expect_fault(&rig, peer, 1);
  rejoin_JoinAnswer made_up = {.uid = 0, .session = 9};
  request = rig_rejoin_request("demo", &made_up, 1); /* a rejoin has a uid */
  peer = rig_dial(&rig, 1);
  rig_say(&rig, peer, &request);
  expect_fault(&rig, peer, 2);
  expect_members(&rig, "demo", "");
  rig_end(&rig);
}

/* 0-RTT may carry a join request, once, and a goodbye after it. */
static void test_bad_early_data(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer made_up = {.uid = 1, .session = 9};
  rj_control request = rig_rejoin_request("demo", &made_up, 1), goodbye = rig_goodbye(9);
  rj_control role = {.which_body = rejoin_Control_set_role_tag};
  role.body.set_role.role = ROLE_AUDIENCE;
  peer_id peer = rig_hello(&rig, 1);
  rig_say_early(&rig, peer, &goodbye);
  expect_fault(&rig, peer, 1);
  peer = rig_hello(&rig, 1);
  rig_say_early(&rig, peer, &role);
  expect_fault(&rig, peer, 2);
  peer = rig_hello(&rig, 1);
  rig_say_early(&rig, peer, &request);
  rig_say_early(&rig, peer, &request);
  expect_fault(&rig, peer, 3);
  rig_end(&rig);
}

/* A connection that asks for nothing is closed; that is no crime. */
static void test_silent_connection(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id peer = rig_dial(&rig, 1);
  rig_run(&rig, RJ_HANDSHAKE_TIMEOUT - 1);
  rig_beat(&rig, peer);
  expect_open(peer);
  rig_run(&rig, 1);
  expect_closed(peer, RJ_CLOSE_PROTOCOL);
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 0);
  rig_end(&rig);
}

/* More control messages than a member has any use for. */
static void test_flood(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  rj_control ask = {.which_body = rejoin_Control_roster_request_tag};
  for (int i = 0; i < 3 * RJ_EDGE_CONTROL_RATE; i++) { /* within the rate: all are answered */
    rig_run(&rig, SECOND / RJ_EDGE_CONTROL_RATE + 1);
    rig_say(&rig, one, &ask);
    expect_roster(one, "");
  }
  expect_open(one);
  int sent = 0;
  while (!fake_link(one)->closed && sent < 1000) {
    rig_say(&rig, one, &ask);
    sent++;
  }
  g_assert_cmpint(sent, <=, RJ_EDGE_CONTROL_BURST + 1);
  g_assert_cmpint(sent, >=, RJ_EDGE_CONTROL_BURST - 1);
  expect_fault(&rig, one, 1);
  rig_end(&rig);
}

/* A member that does not read: its connection is closed when its queue is full, the others are told as ever. */
static void test_member_that_does_not_read(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  expect_joined(one, 2);
  fake_link(one)->send_status = STATUS_RESOURCE_LIMITED;
  rig_joined(&rig, "demo", 3, 3, NULL);
  expect_closed(one, RJ_CLOSE_OVERLOADED);
  expect_joined(two, 3);
  expect_members(&rig, "demo", "1 2 3");
  rig_end(&rig);
}

/* Each address is named once, whatever its ports and however often; within a number of lines per minute. */
static void test_log_once_per_peer(void) {
  test_rig rig;
  rig_default(&rig);
  static const uint8_t garbage[] = {0xff};
  for (int round = 0; round < 3; round++) {
    for (uint8_t host = 1; host <= 3; host++) {
      peer_id peer = rig_hello(&rig, host);
      fake_link(peer)->path.remote.port = (uint16_t)(6000 + round);
      rig_feed(&rig, peer, FAKE_MESSAGE, garbage, sizeof garbage);
      expect_closed(peer, RJ_CLOSE_PROTOCOL);
    }
  }
  g_assert_cmpuint(rig.warnings->len, ==, 3);
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 9);
  g_assert_nonnull(strstr(rig.warnings->pdata[0], "10.0.0.1:6000"));

  for (unsigned host = 4; host < 4 + 100; host++) {
    peer_id peer = rig_hello(&rig, (uint8_t)host);
    rig_feed(&rig, peer, FAKE_MESSAGE, garbage, sizeof garbage);
  }
  g_assert_cmpuint(rig.warnings->len, ==, RJ_EDGE_WARNINGS);
  rig_run(&rig, 60 * SECOND);
  peer_id peer = rig_hello(&rig, 200);
  rig_feed(&rig, peer, FAKE_MESSAGE, garbage, sizeof garbage);
  g_assert_cmpuint(rig.warnings->len, ==, RJ_EDGE_WARNINGS + 1);
  g_assert_nonnull(strstr(rig.warnings->pdata[RJ_EDGE_WARNINGS], "43 more"));
  rig_end(&rig);
}

/* Any bytes in any order: the edge stays whole. */
static void test_random_bytes(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  for (int i = 0; i < 3000; i++) {
    uint8_t bytes[64];
    size_t length = 1 + (size_t)rj_random_below(&rig.random, sizeof bytes);
    rj_random_fill(&rig.random, bytes, length);
    fake_kind kind = (fake_kind)(FAKE_UP + rj_random_below(&rig.random, 4));
    peer_id peer = rig_hello(&rig, (uint8_t)i);
    if (rj_random_below(&rig.random, 2) == 0)
      rig_feed(&rig, peer, FAKE_UP, NULL, 0);
    if (kind != FAKE_UP && !fake_link(peer)->freed)
      rig_feed(&rig, peer, kind, bytes, length);
  }
  rig_beat(&rig, one);
  expect_nothing(one);
  expect_members(&rig, "demo", "1");
  rig_run(&rig, 10 * SECOND);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/hostile/malformed", test_malformed);
  g_test_add_func("/edge/hostile/unexpected", test_unexpected);
  g_test_add_func("/edge/hostile/a member misbehaves", test_a_member_misbehaves);
  g_test_add_func("/edge/hostile/bad join requests", test_bad_join_requests);
  g_test_add_func("/edge/hostile/bad early data", test_bad_early_data);
  g_test_add_func("/edge/hostile/silent connection", test_silent_connection);
  g_test_add_func("/edge/hostile/flood", test_flood);
  g_test_add_func("/edge/hostile/member that does not read", test_member_that_does_not_read);
  g_test_add_func("/edge/hostile/log once per peer", test_log_once_per_peer);
  g_test_add_func("/edge/hostile/random bytes", test_random_bytes);
  return g_test_run();
}
