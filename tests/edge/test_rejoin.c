/* Rejoining: the session's secret, what a lost answer costs (nothing), sessions that ended or that the edge never knew, 0-RTT. */
#include <string.h>

#include "edge/rig.h"

/* S-13 P-3: nobody else notices; each answer renews the secret. */
static void test_rejoin_beside(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, second;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, &first);
  expect_joined(two, 1);
  rig_run(&rig, 6 * SECOND);
  rig_beat(&rig, two);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id new = rig_ask(&rig, &request, &second);
  g_assert_true(second.resumed);
  g_assert_cmpuint(second.reason, ==, 0);
  g_assert_cmpuint(second.session, ==, first.session);
  g_assert_cmpuint(second.joined_at, ==, first.joined_at);
  g_assert_cmpint(memcmp(second.secret, first.secret, 16), !=, 0);
  expect_roster(new, "2");
  expect_nothing(two);
  expect_open(old);
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, rig.now);

  /* both count as heard, and both are told */
  rig_run(&rig, 1 * SECOND);
  rig_beat(&rig, old);
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, rig.now);
  rig_joined(&rig, "demo", 3, 3, NULL);
  expect_joined(old, 3);
  expect_joined(new, 3);

  /* still two after 5 s: the older one is closed */
  rig_run(&rig, 4 * SECOND - 1);
  expect_open(old);
  rig_run(&rig, 1);
  expect_closed(old, RJ_CLOSE_DONE);
  expect_open(new);
  g_assert_cmpuint(rig_counters(&rig).rejoins, ==, 1);
  rig_end(&rig);
}

/* The member keeps the old connection and closes the other: the session lives on there. */
static void test_the_old_connection_wins(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, second;
  peer_id old = rig_joined(&rig, "demo", 1, 1, &first);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id new = rig_ask(&rig, &request, &second);
  rig_hang_up(&rig, new, RJ_CLOSE_DONE);
  rig_run(&rig, 6 * SECOND);
  expect_open(old);
  rj_control ask = {.which_body = rejoin_Control_roster_request_tag};
  ask.body.roster_request.number = 5;
  rig_say(&rig, old, &ask);
  fake_sent sent;
  g_assert_true(rig_next(old, &sent));
  g_assert_cmpuint(sent.message.body.roster_page.number, ==, 5);
  g_assert_true(sent.message.body.roster_page.first && sent.message.body.roster_page.last);
  rig_end(&rig);
}

/* section 5: who asks for the roster has come back on this connection, whatever became of its close on the other. */
static void test_the_old_connection_wins_and_the_close_is_lost(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, second;
  peer_id old = rig_joined(&rig, "demo", 1, 1, &first);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id new = rig_ask(&rig, &request, &second);
  rig_run(&rig, 1 * SECOND);
  rj_control ask = {.which_body = rejoin_Control_roster_request_tag};
  ask.body.roster_request.number = 1;
  rig_say(&rig, old, &ask);
  expect_closed(new, RJ_CLOSE_DONE);
  expect_roster(old, "");
  rig_run(&rig, 6 * SECOND);
  expect_open(old);
  expect_members(&rig, "demo", "1");
  rig_end(&rig);
}

/* A lost answer does no harm, and each secret is used up. */
static void test_secrets(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer zero, one, repeated, two;
  rig_joined(&rig, "demo", 1, 1, &zero);
  rj_control with_zero = rig_rejoin_request("demo", &zero, 1);
  rig_ask(&rig, &with_zero, &one);
  rig_ask(&rig, &with_zero, &repeated); /* the answer was lost: the same one again */
  g_assert_cmpmem(repeated.secret, 16, one.secret, 16);

  rj_control with_one = rig_rejoin_request("demo", &one, 1);
  rig_ask(&rig, &with_one, &two);
  g_assert_true(two.resumed);
  g_assert_cmpint(memcmp(two.secret, one.secret, 16), !=, 0);

  peer_id late = rig_dial(&rig, 1); /* used up */
  rig_say(&rig, late, &with_zero);
  expect_refused(late, REASON_REJECTED_BY_SERVER);
  rig_acknowledge(&rig, late);
  expect_closed(late, RJ_CLOSE_REFUSED);

  rj_control guess = with_one;
  guess.body.join_request.resume.secret[15] ^= 1;
  peer_id thief = rig_dial(&rig, 9);
  rig_say(&rig, thief, &guess);
  expect_refused(thief, REASON_REJECTED_BY_SERVER);
  expect_members(&rig, "demo", "1");
  rig_end(&rig);
}

/* The right secret opens its own session alone. */
static void test_secret_of_another_place(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer one;
  rig_joined(&rig, "demo", 1, 1, &one);
  rig_joined(&rig, "other", 2, 2, NULL);
  rj_control request = rig_rejoin_request("other", &one, 1);
  peer_id peer = rig_dial(&rig, 1);
  rig_say(&rig, peer, &request);
  expect_refused(peer, REASON_REJECTED_BY_SERVER);
  request = rig_rejoin_request("demo", &one, 1);
  request.body.join_request.uid = 5;
  peer = rig_dial(&rig, 1);
  rig_say(&rig, peer, &request);
  expect_refused(peer, REASON_REJECTED_BY_SERVER);
  rig_end(&rig);
}

/* P-5: after 20 s the session is gone; the rejoin makes a new one with the same uid in the same exchange. */
static void test_rejoin_after_the_drop(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, second, third;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rig_joined(&rig, "demo", 0, 1, &first);
  expect_joined(two, first.uid);
  for (int i = 0; i < 21; i++) {
    rig_run(&rig, 1 * SECOND);
    rig_beat(&rig, two);
  }
  expect_offline(two, first.uid, OFFLINE_DROPPED);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id back = rig_ask(&rig, &request, &second);
  g_assert_cmpuint(second.reason, ==, 0);
  g_assert_false(second.resumed);
  g_assert_cmpuint(second.uid, ==, first.uid);
  g_assert_cmpuint(second.session, !=, first.session);
  g_assert_cmpuint(second.joined_at, ==, first.joined_at);
  expect_roster(back, "2");
  expect_joined(two, first.uid);

  /* its answer was lost, so the old session is asked for once more: the new one is meant */
  rig_ask(&rig, &request, &third);
  g_assert_cmpuint(third.session, ==, second.session);
  expect_nothing(two);
  rig_end(&rig);
}

/* The same for a first join whose answer never arrived: the repeat gets the same uid. */
static void test_repeat_of_a_join_after_the_drop(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, again;
  rig_joined(&rig, "demo", 0, 1, &first);
  rig_run(&rig, 25 * SECOND);
  expect_members(&rig, "demo", "");
  rj_control request = rig_join_request("demo", 0, 1);
  rig_ask(&rig, &request, &again);
  g_assert_cmpuint(again.uid, ==, first.uid);
  g_assert_cmpuint(again.session, !=, first.session);
  rig_end(&rig);
}

/* P-10: an edge that lost its state takes rejoins as joins, with the uid and the time of the join that they name. */
static void test_after_an_edge_restart(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rig_start(&rig, &config);
  rejoin_JoinAnswer one, two, answer;
  rig_joined(&rig, "demo", 1, 1, &one);
  rig_run(&rig, 1 * SECOND);
  rig_joined(&rig, "demo", 2, 2, &two);
  uint64_t edge_id = two.edge_id;
  rig_run(&rig, 5 * SECOND);
  rig_restart(&rig, &config);
  rig_run(&rig, 700 * MS);
  rj_control request = rig_rejoin_request("demo", &one, 1);
  peer_id first = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_false(answer.resumed);
  g_assert_cmpuint(answer.uid, ==, 1);
  g_assert_cmpuint(answer.joined_at, ==, one.joined_at);
  g_assert_cmpuint(answer.edge_age_ms, ==, 700);
  g_assert_cmpuint(answer.edge_id, !=, edge_id);
  expect_roster(first, "");
  request = rig_rejoin_request("demo", &two, 2);
  peer_id second = rig_ask(&rig, &request, &answer);
  expect_roster(second, "1");
  expect_joined(first, 2);
  rig_end(&rig);
}

/* section 5: where the edge lost its state, the later join wins, whatever the order in which they come. */
static void test_the_later_join_wins(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rig_start(&rig, &config);
  rejoin_JoinAnswer older, newer, answer;
  rig_joined(&rig, "demo", 1, 1, &older);
  rig_run(&rig, 2 * SECOND);
  rig_joined(&rig, "demo", 1, 2, &newer); /* took it over; the older one was not told yet */
  rj_control with_older = rig_rejoin_request("demo", &older, 1);
  rj_control with_newer = rig_rejoin_request("demo", &newer, 2);

  rig_restart(&rig, &config); /* the newer one is first */
  rig_ask(&rig, &with_newer, &answer);
  peer_id loser = rig_dial(&rig, 1);
  rig_say(&rig, loser, &with_older);
  expect_refused(loser, REASON_SAME_UID_LOGIN);

  rig_restart(&rig, &config); /* the older one is first */
  loser = rig_ask(&rig, &with_older, &answer);
  expect_roster(loser, "");
  rejoin_JoinAnswer winner;
  rig_ask(&rig, &with_newer, &winner);
  g_assert_cmpuint(winner.reason, ==, 0);
  expect_removed(loser, answer.session, REASON_SAME_UID_LOGIN);
  rig_end(&rig);
}

/* A member cannot claim to have joined in the future. */
static void test_a_join_in_the_future(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer made_up = {.uid = 1, .session = 77, .joined_at = UINT64_MAX}, answer;
  rj_control request = rig_rejoin_request("demo", &made_up, 1);
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.joined_at >> 16, ==, (uint64_t)((rig.now + 1700000000 * SECOND) / MS));
  rig_end(&rig);
}

/* section 5: why a session ended is kept for 20 min. */
static void test_reason_of_an_ended_session(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer old, new, answer;
  rig_joined(&rig, "demo", 1, 1, &old);
  peer_id winner = rig_joined(&rig, "demo", 1, 2, &new);
  rj_control request = rig_rejoin_request("demo", &old, 1);
  peer_id loser = rig_dial(&rig, 1);
  rig_say(&rig, loser, &request);
  expect_refused(loser, REASON_SAME_UID_LOGIN);

  rj_control goodbye = rig_goodbye(new.session);
  rig_say(&rig, winner, &goodbye);
  rig_run(&rig, RJ_ENDED_KEPT_FOR - 1);
  loser = rig_dial(&rig, 1);
  rig_say(&rig, loser, &request);
  expect_refused(loser, REASON_SAME_UID_LOGIN);
  rig_run(&rig, 1);
  rig_ask(&rig, &request, &answer); /* forgotten: as one that the edge never knew */
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_false(answer.resumed);
  rig_end(&rig);
}

/* a rejoin that comes after the goodbye of its stay brings nobody back. */
static void test_rejoin_of_a_stay_that_was_left(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rj_control goodbye = rig_goodbye(answer.session);
  rig_say(&rig, one, &goodbye);
  expect_offline(two, 1, OFFLINE_QUIT);
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  peer_id late = rig_dial(&rig, 1);
  rig_say(&rig, late, &request);
  expect_refused(late, REASON_REJECTED_BY_SERVER);
  goodbye = rig_goodbye(0);
  rig_say(&rig, late, &goodbye);
  expect_nothing(two);
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 0);
  rig_end(&rig);
}

/* section 5: a 0-RTT rejoin is answered at once, but counts only when the handshake is complete. */
static void test_early_rejoin(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, answer;
  rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, &first);
  int64_t heard = rig.now;
  rig_run(&rig, 5 * SECOND);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id new = rig_hello(&rig, 1);
  rig_say_early(&rig, new, &request);
  answer = expect_answer(new);
  g_assert_true(answer.resumed);
  expect_nothing(new); /* the roster comes with the binding */
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, heard);
  rig_joined(&rig, "demo", 3, 3, NULL);
  expect_joined(old, 3);
  expect_nothing(new);

  rig_run(&rig, 20 * MS);
  rig_feed(&rig, new, FAKE_UP, NULL, 0);
  expect_roster(new, "2 3");
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, rig.now);
  rj_control again =
      rig_rejoin_request("demo", &answer, 1); /* the secret that it carried is good */
  rig_ask(&rig, &again, &answer);
  g_assert_true(answer.resumed);
  rig_end(&rig);
}

/* A replay of a 0-RTT rejoin, from elsewhere, never completes its handshake: it keeps nobody alive and costs the member nothing. */
static void test_replayed_early_rejoin(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first, answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rig_joined(&rig, "demo", 1, 1, &first);
  expect_joined(two, 1);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  for (int i = 0; i < 5; i++) {
    peer_id replay = rig_hello(&rig, 66);
    rig_say_early(&rig, replay, &request);
  }
  rig_ask(&rig, &request, &answer);
  g_assert_true(answer.resumed);
  int64_t heard = rig.now;
  for (int i = 0; i < 3; i++) {
    rig_run(&rig, 6 * SECOND);
    rig_beat(&rig, two);
  }
  rig_run_until(&rig, heard + 20 * SECOND);
  expect_offline_at(two, 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  rig_end(&rig);
}

/* A first join, or a rejoin that needs a new session, waits for the handshake although it came early. */
static void test_early_join_waits(void) {
  test_rig rig;
  rig_default(&rig);
  rj_control request = rig_join_request("demo", 1, 1);
  peer_id join = rig_hello(&rig, 1);
  rig_say_early(&rig, join, &request);
  expect_nothing(join);
  expect_members(&rig, "demo", "");
  rejoin_JoinAnswer unknown = {.uid = 2, .session = 5};
  request = rig_rejoin_request("demo", &unknown, 2);
  peer_id rejoin = rig_hello(&rig, 2);
  rig_say_early(&rig, rejoin, &request);
  expect_nothing(rejoin);
  rig_feed(&rig, join, FAKE_UP, NULL, 0);
  rig_feed(&rig, rejoin, FAKE_UP, NULL, 0);
  g_assert_cmpuint(expect_answer(join).uid, ==, 1);
  g_assert_cmpuint(expect_answer(rejoin).uid, ==, 2);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

/* S-27: it left while its 0-RTT rejoin was under way. */
static void test_early_goodbye(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rig_joined(&rig, "demo", 1, 1, &first);
  expect_joined(two, 1);
  rj_control request = rig_rejoin_request("demo", &first, 1), goodbye = rig_goodbye(0);
  peer_id new = rig_hello(&rig, 1);
  rig_say_early(&rig, new, &request);
  rig_say_early(&rig, new, &goodbye);
  expect_nothing(two); /* it may be a replay */
  rig_feed(&rig, new, FAKE_UP, NULL, 0);
  expect_offline(two, 1, OFFLINE_QUIT);
  expect_members(&rig, "demo", "2");
  rig_end(&rig);
}

/* The session ended between the early answer and the end of the handshake: the member is told to start over (S-9). */
static void test_early_rejoin_too_late(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer first;
  rig_joined(&rig, "demo", 1, 1, &first);
  rig_run(&rig, 20 * SECOND - 10 * MS);
  rj_control request = rig_rejoin_request("demo", &first, 1);
  peer_id new = rig_hello(&rig, 1);
  rig_say_early(&rig, new, &request);
  rig_run(&rig, 20 * MS);
  rig_feed(&rig, new, FAKE_UP, NULL, 0);
  expect_closed(new, RJ_CLOSE_UNKNOWN_SESSION);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/rejoin/beside the old connection", test_rejoin_beside);
  g_test_add_func("/edge/rejoin/the old connection wins", test_the_old_connection_wins);
  g_test_add_func("/edge/rejoin/the_old_connection_wins_and_the_close_is_lost",
                  test_the_old_connection_wins_and_the_close_is_lost);
  g_test_add_func("/edge/rejoin/secrets", test_secrets);
  g_test_add_func("/edge/rejoin/secret of another place", test_secret_of_another_place);
  g_test_add_func("/edge/rejoin/after the drop", test_rejoin_after_the_drop);
  g_test_add_func("/edge/rejoin/repeat of a join after the drop",
                  test_repeat_of_a_join_after_the_drop);
  g_test_add_func("/edge/rejoin/after an edge restart", test_after_an_edge_restart);
  g_test_add_func("/edge/rejoin/the later join wins", test_the_later_join_wins);
  g_test_add_func("/edge/rejoin/a join in the future", test_a_join_in_the_future);
  g_test_add_func("/edge/rejoin/reason of an ended session", test_reason_of_an_ended_session);
  g_test_add_func("/edge/rejoin/of a stay that was left", test_rejoin_of_a_stay_that_was_left);
  g_test_add_func("/edge/rejoin/early", test_early_rejoin);
  g_test_add_func("/edge/rejoin/replayed early", test_replayed_early_rejoin);
  g_test_add_func("/edge/rejoin/early join waits", test_early_join_waits);
  g_test_add_func("/edge/rejoin/early goodbye", test_early_goodbye);
  g_test_add_func("/edge/rejoin/early, too late", test_early_rejoin_too_late);
  return g_test_run();
}
