/* an edge that is to be emptied lets nobody new in, and tells its members to move, evenly over its time. */
#include <string.h>

#include "edge/rig.h"

static void expect_move_at(peer_id peer, int64_t at, uint32_t within_ms) {
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_move_tag);
  g_assert_cmpuint(sent.message.body.move.within_ms, ==, within_ms);
  g_assert_cmpint(sent.at, ==, at);
}

static void expect_elsewhere(test_rig *rig, const rj_control *request) {
  peer_id peer = rig_dial(rig, 99);
  rig_say(rig, peer, request);
  rejoin_JoinAnswer answer = expect_answer(peer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_cmpuint(answer.busy_ms, ==, 2000);
  g_assert_true(answer.elsewhere);
  rig_acknowledge(rig, peer);
  expect_closed(peer, RJ_CLOSE_REFUSED);
}

static void take_all(peer_id peer) {
  fake_sent sent;
  while (rig_next(peer, &sent))
    ;
}

/* one after the other over the time, by channel and uid; then all have been told, and who stays is kept. */
static void test_told_evenly(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id a7 = rig_joined(&rig, "a", 7, 1, NULL), b1 = rig_joined(&rig, "b", 1, 2, NULL);
  peer_id a3 = rig_joined(&rig, "a", 3, 3, NULL), b9 = rig_joined(&rig, "b", 9, 4, NULL);
  take_all(a7);
  take_all(b1);
  int64_t start = rig.now;
  g_assert_cmpuint(rj_server_drain(rig.server, 8 * SECOND, rig.now), ==, 4);
  for (int i = 0; i < 9; i++) {
    rig_run(&rig, 1 * SECOND);
    for (peer_id peer = 0; peer < 4; peer++)
      rig_beat(&rig, peer);
  }
  expect_move_at(a3, start, 8000);
  expect_move_at(a7, start + 2 * SECOND, 6000);
  expect_move_at(b1, start + 4 * SECOND, 4000);
  expect_move_at(b9, start + 6 * SECOND, 2000);
  rig_run(&rig, 10 * SECOND);
  for (peer_id peer = 0; peer < 4; peer++) {
    rig_beat(&rig, peer);
    expect_nothing(peer);
    expect_open(peer);
  }
  expect_members(&rig, "a", "3 7");
  rig_end(&rig);
}

/* Joins are put off, whoever they are for; members come back, and hear again that they are to move. */
static void test_who_is_let_in(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, second, answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &first);
  peer_id two = rig_joined(&rig, "demo", 2, 2, &second);
  expect_joined(one, 2);
  g_assert_cmpuint(rj_server_drain(rig.server, 10 * SECOND, rig.now), ==, 2);
  rig_run(&rig, 0);
  expect_move_at(one, rig.now, 10000);

  rj_control request = rig_join_request("demo", 3, 3);
  expect_elsewhere(&rig, &request);
  request = rig_join_request("demo", 1, 4); /* not even in the place of a member */
  expect_elsewhere(&rig, &request);
  request = rig_rejoin_request("demo", &first, 5); /* nor from another edge */
  request.body.join_request.resume.session ^= 1;
  expect_elsewhere(&rig, &request);
  request = rig_join_request("demo", 1, 1); /* the repeat of a join that was answered */
  peer_id repeat = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.session, ==, first.session);
  expect_roster(repeat, "2");
  expect_move_at(repeat, rig.now, 10000);

  rig_run(&rig, 1 * SECOND);
  request = rig_rejoin_request("demo", &first, 1);
  peer_id again = rig_ask(&rig, &request, &answer);
  g_assert_true(answer.resumed);
  expect_roster(again, "2");
  expect_move_at(again, rig.now, 9000);
  request = rig_rejoin_request("demo", &second, 2); /* its turn has not come */
  again = rig_ask(&rig, &request, &answer);
  expect_roster(again, "1");
  expect_nothing(again);
  expect_nothing(two);
  g_assert_cmpuint(rig_counters(&rig).busy, ==, 3);
  rig_end(&rig);
}

/* Who left is passed over; once more begins anew with who is left; 0 is at once; a restart ends it. */
static void test_once_more(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rig_start(&rig, &config);
  g_assert_cmpuint(rj_server_drain(rig.server, 10 * SECOND, rig.now), ==, 0);
  rj_control request = rig_join_request("demo", 1, 1);
  expect_elsewhere(&rig, &request);
  rig_restart(&rig, &config);

  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL), two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id three = rig_joined(&rig, "demo", 3, 3, NULL);
  take_all(one);
  take_all(two);
  int64_t start = rig.now;
  g_assert_cmpuint(rj_server_drain(rig.server, 9 * SECOND, rig.now), ==, 3);
  rj_control goodbye = rig_goodbye(0);
  rig_run(&rig, 1 * SECOND);
  rig_say(&rig, two, &goodbye);
  expect_move_at(one, start, 9000);
  expect_offline(one, 2, OFFLINE_QUIT);
  expect_offline(three, 2, OFFLINE_QUIT);
  rig_run(&rig, 4 * SECOND); /* the turn of 2 passed */
  expect_nothing(one);
  expect_nothing(three);
  g_assert_cmpuint(rj_server_drain(rig.server, 0, rig.now), ==, 2);
  rig_run(&rig, 0);
  expect_move_at(one, rig.now, 0);
  expect_move_at(three, rig.now, 0);
  rig_run(&rig, 10 * SECOND);
  expect_nothing(one);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/drain/told evenly", test_told_evenly);
  g_test_add_func("/edge/drain/who is let in", test_who_is_let_in);
  g_test_add_func("/edge/drain/once more", test_once_more);
  return g_test_run();
}
