/* Joining and leaving an edge: answers, rosters, repeats, and how long a channel is remembered. */
#include <string.h>

#include "edge/rig.h"

/* S-3 P-1 */
static void test_first_and_second_member(void) {
  test_rig rig;
  rig_default(&rig);
  rj_control request = rig_join_request("demo", 1, 1);
  rejoin_JoinAnswer answer;
  peer_id one = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_cmpuint(answer.uid, ==, 1);
  g_assert_cmpuint(answer.session, !=, 0);
  g_assert_cmpuint(answer.edge_id, !=, 0);
  g_assert_false(answer.resumed);
  g_assert_cmpuint(answer.joined_at >> 16, ==, (uint64_t)((rig.now + 1700000000 * SECOND) / MS));
  expect_roster(one, "");

  rig_run(&rig, 3 * SECOND);
  request = rig_join_request("demo", 7, 2);
  peer_id seven = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.edge_age_ms, ==, 3000); /* P-10 */
  expect_roster(seven, "1");
  expect_joined(one, 7);

  peer_id four = rig_joined(&rig, "demo", 4, 3, NULL);
  expect_joined(one, 4);
  expect_joined(seven, 4);
  expect_nothing(four);
  expect_members(&rig, "demo", "1 4 7");
  g_assert_cmpuint(rig_counters(&rig).joins, ==, 3);
  g_assert_cmpuint(rig_counters(&rig).sessions, ==, 3);
  rig_end(&rig);
}

/* Members of one channel know nothing of another, nor of the same name in another app. */
static void test_channels_are_apart(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id here = rig_joined(&rig, "here", 1, 1, NULL);
  peer_id there = rig_joined(&rig, "there", 2, 2, NULL);
  rj_control request = rig_join_request("here", 3, 3);
  g_strlcpy(request.body.join_request.app_id, "other app", 65);
  rejoin_JoinAnswer answer;
  peer_id other = rig_ask(&rig, &request, &answer);
  expect_roster(other, "");
  expect_nothing(here);
  expect_nothing(there);

  char names[32];
  g_assert_cmpuint(rj_server_channels(rig.server, NULL, names, sizeof names), ==, 11);
  g_assert_cmpmem(names, 11, "here\0there", 11);
  g_assert_cmpuint(rj_server_channels(rig.server, "other app", NULL, 0), ==, 5);
  rig_end(&rig);
}

/* Pages of RJ_ROSTER_PAGE, ascending, the asker left out. */
static void test_roster_in_pages(void) {
  test_rig rig;
  rig_default(&rig);
  enum { MEMBERS = RJ_ROSTER_PAGE + 5 };
  for (uint32_t uid = MEMBERS; uid >= 1; uid--) {
    rj_control request = rig_join_request("demo", uid, 0);
    memcpy(request.body.join_request.join_id, &uid, sizeof uid);
    rejoin_JoinAnswer answer;
    rig_ask(&rig, &request, &answer);
  }
  rejoin_JoinAnswer answer;
  rj_control request = rig_join_request("demo", 3000, 3);
  peer_id last = rig_ask(&rig, &request, &answer);
  fake_sent one, two;
  g_assert_true(rig_next(last, &one) && rig_next(last, &two));
  expect_nothing(last);
  const rejoin_RosterPage *page = &one.message.body.roster_page;
  g_assert_true(page->first && !page->last);
  g_assert_cmpuint(page->members_count, ==, RJ_ROSTER_PAGE);
  g_assert_cmpuint(page->members[0], ==, 1);
  page = &two.message.body.roster_page;
  g_assert_true(!page->first && page->last);
  g_assert_cmpuint(page->members_count, ==, 5);
  g_assert_cmpuint(page->members[4], ==, MEMBERS);
  rig_end(&rig);
}

/* section 5: a repeat of a join gets the same session and the same uid, and the others notice nothing. */
static void test_repeat_of_a_join(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id watcher = rig_joined(&rig, "demo", 9, 9, NULL);
  for (uint32_t uid = 0; uid <= 1; uid++) {
    rejoin_JoinAnswer first, again;
    uint8_t join = (uint8_t)(uid + 1);
    peer_id old = rig_joined(&rig, "demo", uid, join, &first);
    expect_joined(watcher, first.uid);
    rj_control request = rig_join_request("demo", uid, join);
    request.body.join_request.attempt = 2;
    peer_id new = rig_ask(&rig, &request, &again);
    g_assert_cmpuint(again.session, ==, first.session);
    g_assert_cmpuint(again.uid, ==, first.uid);
    g_assert_cmpmem(again.secret, 16, first.secret, 16);
    expect_nothing(watcher);
    expect_open(old); /* bound beside */
    expect_open(new);
  }
  g_assert_cmpuint(rig_counters(&rig).sessions, ==, 3);
  g_assert_cmpuint(rig_counters(&rig).takeovers, ==, 0);
  rig_end(&rig);
}

/* S-25 P-2: the goodbye ends the session; the member closes the connection itself, or the edge after a while. */
static void test_goodbye(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  expect_joined(one, 2);
  rj_control goodbye = rig_goodbye(answer.session);
  int64_t left = rig.now;
  rig_say(&rig, one, &goodbye);
  expect_offline_at(two, 1, OFFLINE_QUIT, left);
  expect_members(&rig, "demo", "2");
  g_assert_cmpint(rj_server_last_heard(rig.server, NULL, "demo", 1), ==, 0);

  rig_acknowledge(&rig, one);
  expect_open(one);
  rig_say(&rig, one, &goodbye); /* a repeat says nothing new */
  rig_run(&rig, RJ_GOODBYE_FOR - 1);
  expect_open(one);
  rig_run(&rig, 1);
  expect_closed(one, RJ_CLOSE_DONE);
  rig_run(&rig, 60 * SECOND);
  g_assert_cmpuint(rig_counters(&rig).leaves, ==, 1);
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 0);
  rig_end(&rig);
}

/* S-26: a member that left before it knew its session says goodbye to "this connection's". */
static void test_goodbye_without_a_name(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, one, &goodbye);
  expect_offline(two, 1, OFFLINE_QUIT);

  /* an older attempt of that join comes late: nobody is there any more who could want it */
  rj_control late = rig_join_request("demo", 1, 1);
  peer_id older = rig_dial(&rig, 1);
  rig_say(&rig, older, &late);
  expect_refused(older, REASON_REJECTED_BY_SERVER);
  expect_nothing(two);
  expect_members(&rig, "demo", "2");
  rig_end(&rig);
}

/* N-7 */
static void test_empty_channel_is_forgotten(void) {
  test_rig rig;
  rig_default(&rig);
  char names[16];
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  rig_run(&rig, 5 * SECOND);
  rj_control goodbye = rig_goodbye(answer.session);
  rig_say(&rig, one, &goodbye);
  rig_run(&rig, RJ_EMPTY_CHANNEL_AFTER - 1);
  g_assert_cmpuint(rj_server_channels(rig.server, NULL, names, sizeof names), ==, 5);

  peer_id two = rig_joined(&rig, "demo", 2, 2, &answer); /* in time: it goes on */
  rig_run(&rig, 15 * SECOND);
  g_assert_cmpuint(rig_counters(&rig).channels, ==, 1);
  goodbye = rig_goodbye(answer.session);
  rig_say(&rig, two, &goodbye);
  rig_run(&rig, RJ_EMPTY_CHANNEL_AFTER);
  g_assert_cmpuint(rj_server_channels(rig.server, NULL, names, sizeof names), ==, 0);
  g_assert_cmpuint(rig_counters(&rig).channels, ==, 0);
  rig_end(&rig);
}

/* SPEC section 5: "restarting" */
static void test_stop(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  peer_id idle = rig_dial(&rig, 2);
  rj_server_stop(rig.server, rig.now);
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  unsigned written = 0;
  while (rj_server_write(rig.server, &out, rig.now))
    written++;
  g_assert_cmpuint(written, ==, 2);
  expect_closed(one, RJ_CLOSE_RESTARTING);
  expect_closed(idle, RJ_CLOSE_RESTARTING);
  expect_nothing(one);
  rig_end(&rig);
}

/* Each kind of memory that joins and leaves take is given back; the sanitizers look too. */
static void test_many_joins_and_leaves(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id watcher = rig_joined(&rig, "demo", 5000, 99, NULL);
  for (uint32_t i = 1; i <= 2000; i++) {
    rj_control request = rig_join_request("demo", i % 50 + 1, 0);
    memcpy(request.body.join_request.join_id, &i, sizeof i);
    rejoin_JoinAnswer answer;
    peer_id peer = rig_ask(&rig, &request, &answer);
    expect_joined(watcher, i % 50 + 1);
    rj_control goodbye = rig_goodbye(answer.session);
    rig_say(&rig, peer, &goodbye);
    expect_offline(watcher, i % 50 + 1, OFFLINE_QUIT);
    rig_hang_up(&rig, peer, RJ_CLOSE_DONE);
    g_assert_true(fake_link(peer)->freed);
    rig_beat(&rig, watcher);
    rig_run(&rig, 10 * MS);
  }
  g_assert_cmpuint(rig_counters(&rig).sessions, ==, 1);
  g_assert_cmpuint(rig_counters(&rig).leaves, ==, 2000);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/join/first and second member", test_first_and_second_member);
  g_test_add_func("/edge/join/channels are apart", test_channels_are_apart);
  g_test_add_func("/edge/join/roster in pages", test_roster_in_pages);
  g_test_add_func("/edge/join/repeat of a join", test_repeat_of_a_join);
  g_test_add_func("/edge/join/goodbye", test_goodbye);
  g_test_add_func("/edge/join/goodbye without a name", test_goodbye_without_a_name);
  g_test_add_func("/edge/join/empty channel is forgotten", test_empty_channel_is_forgotten);
  g_test_add_func("/edge/join/stop", test_stop);
  g_test_add_func("/edge/join/many joins and leaves", test_many_joins_and_leaves);
  return g_test_run();
}
