/* Silence: when exactly a member is dropped (N-4, P-4), what counts as heard, and what a stall of the edge does. */
#include "edge/rig.h"

/* P-4 N-4: to the nanosecond, and the beats in between arm nothing. */
static void test_drop_is_exact(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  for (int i = 0; i < 30; i++) {
    rig_run(&rig, 1300 * MS + 7);
    rig_beat(&rig, one);
    rig_beat(&rig, two);
  }
  int64_t heard = rig.now;
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, heard);
  for (int i = 0; i < 19; i++) {
    rig_run(&rig, 1 * SECOND);
    rig_beat(&rig, two);
  }
  rig_run_until(&rig, heard + 20 * SECOND - 1);
  expect_nothing(two);
  expect_open(one);
  g_assert_cmpint(rj_server_deadline(rig.server), ==, heard + 20 * SECOND);
  rig_run(&rig, 1);
  expect_offline_at(two, 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  expect_closed(one, RJ_CLOSE_UNKNOWN_SESSION);
  expect_members(&rig, "demo", "2");
  g_assert_cmpuint(rig_counters(&rig).drops, ==, 1);
  rig_end(&rig);
}

/* P-3: silent for less than 20 s: nothing. Whatever comes authenticated counts, not only beats. */
static void test_heard_just_in_time(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  for (int i = 0; i < 3; i++) {
    rig_run(&rig, 20 * SECOND - 1);
    rig_acknowledge(&rig, one);
    rig_acknowledge(&rig, two);
  }
  expect_nothing(two);
  expect_open(one);
  rig_end(&rig);
}

/* The connection is gone, the session waits for its member: closing is no goodbye. */
static void test_lost_connection(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rig_run(&rig, 1 * SECOND);
  fake_link(one)->deadline = rig.now; /* it timed out */
  rig_beat(&rig, two);
  rig_run(&rig, 15 * SECOND);
  expect_nothing(two);
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  peer_id new = rig_ask(&rig, &request, &answer);
  g_assert_true(answer.resumed);
  rig_run(&rig, 1 * SECOND);
  rig_hang_up(&rig, new, RJ_CLOSE_DONE);
  int64_t heard = rig.now;
  rig_beat(&rig, two);
  rig_run(&rig, 19 * SECOND);
  rig_beat(&rig, two);
  expect_nothing(two);
  rig_run_until(&rig, heard + 20 * SECOND);
  expect_offline_at(two, 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  rig_end(&rig);
}

/* P-5: dropped, it comes back. */
static void test_back_after_the_drop(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rejoin_JoinAnswer answer;
  rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rig_run(&rig, 19 * SECOND);
  rig_beat(&rig, two);
  rig_run(&rig, 1 * SECOND);
  expect_offline(two, 1, OFFLINE_DROPPED);
  rig_run(&rig, 5 * SECOND);
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  rig_ask(&rig, &request, &answer);
  expect_joined(two, 1);
  expect_nothing(two);
  rig_end(&rig);
}

/* SPEC section 2: an edge that stood still reads first and adds the gap: no false DROPPED; who was heard since is not moved. */
static void test_stall(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  int64_t heard = rig.now;
  rig_run(&rig, 2 * SECOND);
  rig_skip(&rig, 60 * SECOND);
  rig_beat(&rig, two); /* it waited in the socket */
  int64_t two_heard = rig.now;
  rj_server_stalled(rig.server, 60 * SECOND, rig.now);
  rig_run(&rig, 0);
  expect_nothing(two);
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, heard + 60 * SECOND);
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 2), ==, two_heard);
  rig_run_until(&rig, heard + 80 * SECOND);
  expect_offline_at(two, 1, OFFLINE_DROPPED, heard + 80 * SECOND);
  expect_closed(one, RJ_CLOSE_UNKNOWN_SESSION);
  rig_end(&rig);
}

/* 1,000 members: a join is encoded once and told to all; nothing wakes more often than it must. */
static void test_many_members(void) {
  test_rig rig;
  rig_default(&rig);
  enum { MEMBERS = 1000 };
  peer_id peers[MEMBERS];
  for (uint32_t uid = 1; uid <= MEMBERS; uid++) {
    rj_control request = rig_join_request("demo", uid, 0);
    request.body.join_request.join_id[0] = (uint8_t)uid;
    request.body.join_request.join_id[1] = (uint8_t)(uid >> 8);
    rejoin_JoinAnswer answer;
    peers[uid - 1] = rig_ask(&rig, &request, &answer);
  }
  for (uint32_t i = 0; i < MEMBERS; i++) {
    fake_sent sent;
    while (rig_next(peers[i], &sent))
      ;
  }
  unsigned wakes = 0;
  for (int second = 0; second < 60; second++) {
    for (uint32_t i = 1; i < MEMBERS; i++) /* all but the first */
      rig_beat(&rig, peers[i]);
    int64_t until = rig.now + 1 * SECOND, due;
    while ((due = rj_server_deadline(rig.server)) <= until) {
      wakes++;
      rig_run_until(&rig, due);
    }
    rig_run_until(&rig, until);
  }
  for (uint32_t i = 1; i < MEMBERS; i++)
    expect_offline(peers[i], 1, OFFLINE_DROPPED);
  g_assert_cmpuint(wakes, <, 10);
  rig_end(&rig);
}

/* Alarms of members that beat are put off in company: the edge is not woken for each. */
static void test_idle_alarms_are_put_off_together(void) {
  test_rig rig;
  rig_default(&rig);
  enum { MEMBERS = 100 };
  peer_id peers[MEMBERS];
  for (uint32_t i = 0; i < MEMBERS; i++) {
    peers[i] = rig_joined(&rig, "demo", i + 1, (uint8_t)(i + 1), NULL);
    rig_run(&rig, 13 * MS);
  }
  unsigned wakes = 0;
  int64_t until = rig.now + 130 * SECOND;
  for (unsigned turn = 0; rig.now < until; turn++) { /* each beats every 1.3 s */
    rig_beat(&rig, peers[turn % MEMBERS]);
    int64_t next = rig.now + 13 * MS, due;
    while ((due = rj_server_deadline(rig.server)) <= next) {
      wakes++;
      rig_run_until(&rig, due);
    }
    rig_run_until(&rig, next);
  }
  g_assert_cmpuint(rig_counters(&rig).drops, ==, 0);
  g_assert_cmpuint(wakes, <=, 60); /* not 100 every 19 s */

  int64_t heard =
      rj_server_last_heard(rig.server, NULL, "demo", 1); /* and a drop is as exact as ever */
  for (int64_t next; rig.now < heard + 20 * SECOND - 20 * MS; rig_run_until(&rig, next)) {
    next = rig.now + 13 * MS;
    for (uint32_t i = 1; i < MEMBERS; i += 9)
      rig_beat(&rig, peers[i]);
  }
  fake_sent sent;
  while (rig_next(peers[1], &sent))
    ;
  rig_run_until(&rig, heard + 20 * SECOND - 1);
  expect_nothing(peers[1]);
  rig_run(&rig, 1);
  expect_offline_at(peers[1], 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/silence/drop is exact", test_drop_is_exact);
  g_test_add_func("/edge/silence/heard just in time", test_heard_just_in_time);
  g_test_add_func("/edge/silence/lost connection", test_lost_connection);
  g_test_add_func("/edge/silence/back after the drop", test_back_after_the_drop);
  g_test_add_func("/edge/silence/stall", test_stall);
  g_test_add_func("/edge/silence/many members", test_many_members);
  g_test_add_func("/edge/silence/idle alarms are put off", test_idle_alarms_are_put_off_together);
  return g_test_run();
}
