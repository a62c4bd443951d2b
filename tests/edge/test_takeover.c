/* The same uid joins anew (S-16): usually a process that was killed and restarted. */
#include <string.h>

#include "edge/rig.h"

/* S-16 P-3: the old one hears 19, the new one joins, the others see nothing. */
static void test_takeover(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rejoin_JoinAnswer old_answer, new_answer;
  peer_id old = rig_joined(&rig, "demo", 1, 1, &old_answer);
  expect_joined(two, 1);
  rig_run(&rig, 8 * SECOND);
  rig_beat(&rig, two);
  rj_control request = rig_join_request("demo", 1, 11);
  peer_id new = rig_ask(&rig, &request, &new_answer);
  g_assert_cmpuint(new_answer.session, !=, old_answer.session);
  expect_roster(new, "2");
  expect_removed(old, old_answer.session, REASON_SAME_UID_LOGIN);
  expect_nothing(two);
  expect_open(old); /* until the removal arrived */
  rig_acknowledge(&rig, old);
  expect_closed(old, RJ_CLOSE_REMOVED);
  expect_members(&rig, "demo", "1 2");

  /* presence goes on with the new one's beats: the entry is the same for the others */
  rig_run(&rig, 15 * SECOND);
  expect_nothing(two);
  rig_beat(&rig, two);
  rig_beat(&rig, new);
  int64_t heard = rig.now;
  rig_run(&rig, 19 * SECOND);
  rig_beat(&rig, two);
  rig_run(&rig, 1 * SECOND);
  expect_offline_at(two, 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  g_assert_cmpuint(rig_counters(&rig).takeovers, ==, 1);
  rig_end(&rig);
}

/* A removal goes out on every connection of the session, and does not wait for ever. */
static void test_removal_on_every_connection(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer, second;
  peer_id first = rig_joined(&rig, "demo", 1, 1, &answer);
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  peer_id beside = rig_ask(&rig, &request, &second);
  expect_roster(beside, "");
  rig_joined(&rig, "demo", 1, 11, NULL);
  expect_removed(first, answer.session, REASON_SAME_UID_LOGIN);
  expect_removed(beside, answer.session, REASON_SAME_UID_LOGIN);
  rig_run(&rig, RJ_GOODBYE_FOR);
  expect_closed(first, RJ_CLOSE_REMOVED);
  expect_closed(beside, RJ_CLOSE_REMOVED);
  rig_end(&rig);
}

/* a goodbye of the older session touches nothing, by name or without, on whatever connection. */
static void test_goodbye_of_the_older_session(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer old_answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, &old_answer);
  peer_id new = rig_joined(&rig, "demo", 1, 11, NULL);
  expect_joined(two, 1);
  expect_removed(old, old_answer.session, REASON_SAME_UID_LOGIN);
  rj_control named = rig_goodbye(old_answer.session), unnamed = rig_goodbye(0);
  rig_say(&rig, old, &named);
  rig_say(&rig, old, &unnamed);
  rig_say(&rig, new, &named);
  expect_nothing(two);
  expect_open(new);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

/* Two processes with one uid: the last join holds the place, each loser is told once and refused for good when it rejoins. */
static void test_back_and_forth(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer[4];
  peer_id peer[4];
  for (uint8_t i = 0; i < 4; i++)
    peer[i] = rig_joined(&rig, "demo", 1, i + 1, &answer[i]);
  for (uint8_t i = 0; i < 3; i++) {
    expect_removed(peer[i], answer[i].session, REASON_SAME_UID_LOGIN);
    rj_control request = rig_rejoin_request("demo", &answer[i], i + 1);
    peer_id again = rig_dial(&rig, 1);
    rig_say(&rig, again, &request);
    expect_refused(again, REASON_SAME_UID_LOGIN);
    /* and a repeat of its join, whose answer it may not have got (S-6 knows no 19) */
    request = rig_join_request("demo", 1, i + 1);
    again = rig_dial(&rig, 1);
    rig_say(&rig, again, &request);
    expect_refused(again, REASON_REJECTED_BY_SERVER);
  }
  expect_open(peer[3]);
  expect_nothing(peer[3]);
  rig_end(&rig);
}

/* The place that a takeover takes is no second one: also where the edge or the channel is full. */
static void test_takeover_in_a_full_channel(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.sessions = 2;
  config.limits.channel_members = 2;
  rig_start(&rig, &config);
  rig_joined(&rig, "demo", 1, 1, NULL);
  rig_joined(&rig, "demo", 2, 2, NULL);
  rig_joined(&rig, "demo", 1, 11, NULL);
  expect_members(&rig, "demo", "1 2");
  g_assert_cmpuint(rig_counters(&rig).busy, ==, 0);
  rig_end(&rig);
}

/* section 5: at most a few connections of one session; the oldest goes. */
static void test_connections_of_a_session_are_bounded(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id first = rig_joined(&rig, "demo", 1, 1, &answer);
  peer_id later[RJ_EDGE_SESSION_LINKS];
  for (int i = 0; i < RJ_EDGE_SESSION_LINKS; i++) {
    rj_control request = rig_rejoin_request("demo", &answer, 1);
    later[i] = rig_ask(&rig, &request, &answer);
  }
  expect_closed(first, RJ_CLOSE_DONE);
  rig_run(&rig, 5 * SECOND);
  for (int i = 0; i < RJ_EDGE_SESSION_LINKS - 1; i++)
    expect_closed(later[i], RJ_CLOSE_DONE);
  expect_open(later[RJ_EDGE_SESSION_LINKS - 1]);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/takeover/told", test_takeover);
  g_test_add_func("/edge/takeover/on every connection", test_removal_on_every_connection);
  g_test_add_func("/edge/takeover/goodbye of the older session", test_goodbye_of_the_older_session);
  g_test_add_func("/edge/takeover/back and forth", test_back_and_forth);
  g_test_add_func("/edge/takeover/in a full channel", test_takeover_in_a_full_channel);
  g_test_add_func("/edge/takeover/connections are bounded",
                  test_connections_of_a_session_are_bounded);
  return g_test_run();
}
