/* What the others are told: comings and goings (P-1, P-2, P-5), visibility in the live profile (P-6, P-7), interruptions (P-11). */
#include <string.h>

#include "edge/rig.h"

static rj_control live_request(uint32_t uid, uint8_t join, uint32_t role) {
  rj_control request = rig_join_request("live", uid, join);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = role;
  return request;
}

static peer_id join_live(test_rig *rig, uint32_t uid, uint8_t join, uint32_t role,
                         const char *roster) {
  rj_control request = live_request(uid, join, role);
  rejoin_JoinAnswer answer;
  peer_id peer = rig_ask(rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  expect_roster(peer, roster);
  return peer;
}

static void set_role(test_rig *rig, peer_id peer, uint32_t role) {
  rj_control request = {.which_body = rejoin_Control_set_role_tag};
  request.body.set_role = (rejoin_SetRole){.number = 3, .role = role};
  rig_say(rig, peer, &request);
}

static void expect_role(peer_id peer, uint32_t reason, uint32_t role) {
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_role_answer_tag);
  g_assert_cmpuint(sent.message.body.role_answer.number, ==, 3);
  g_assert_cmpuint(sent.message.body.role_answer.reason, ==, reason);
  g_assert_cmpuint(sent.message.body.role_answer.role, ==, role);
}

/* P-2: leave and join again, the goodbye first. */
static void test_goodbye_then_join(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rj_control goodbye = rig_goodbye(answer.session);
  rig_say(&rig, old, &goodbye);
  rj_control request = rig_join_request("demo", 1, 11);
  request.body.join_request.left_session = answer.session;
  rig_ask(&rig, &request, &answer);
  expect_offline(two, 1, OFFLINE_QUIT);
  expect_joined(two, 1);
  expect_nothing(two);
  rig_end(&rig);
}

/* P-6 P-10: a broadcaster comes back as audience to an edge that lost its state. The others still see it, and hear how it went,
 * those who were there before it and those who come after. One that was audience, or that this edge saw going, tells nothing. */
static void test_audience_after_a_restart(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rig_start(&rig, &config);
  rj_control request = live_request(1, 1, ROLE_BROADCASTER);
  rejoin_JoinAnswer one, answer;
  rig_ask(&rig, &request, &one);
  rig_restart(&rig, &config);
  peer_id two = join_live(&rig, 2, 2, ROLE_BROADCASTER, "");
  request = rig_rejoin_request("live", &one, 1);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_AUDIENCE;
  request.body.join_request.resume.role = ROLE_BROADCASTER;
  peer_id back = rig_ask(&rig, &request, &answer);
  expect_roster(back, "2");
  expect_offline(two, 1, OFFLINE_BECOME_AUDIENCE);
  join_live(&rig, 3, 3, ROLE_AUDIENCE, "2 -1:2");

  rig_restart(&rig, &config);
  two = join_live(&rig, 2, 2, ROLE_BROADCASTER, "");
  request.body.join_request.resume.role = ROLE_AUDIENCE;
  back = rig_ask(&rig, &request, &answer);
  expect_nothing(two);

  rj_control leave = rig_goodbye(answer.session);
  rig_say(&rig, back, &leave);
  rig_end(&rig);

  rig_default(&rig);
  two = join_live(&rig, 2, 2, ROLE_BROADCASTER, "");
  request = live_request(1, 1, ROLE_BROADCASTER);
  rig_ask(&rig, &request, &one);
  expect_joined(two, 1);
  for (int i = 0; i < 21; i++) {
    rig_run(&rig, RJ_SECOND);
    rig_beat(&rig, two);
  }
  expect_offline(two, 1, OFFLINE_DROPPED);
  request = rig_rejoin_request("live", &one, 1);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_AUDIENCE;
  request.body.join_request.resume.role = ROLE_BROADCASTER;
  rig_ask(&rig, &request, &answer);
  expect_nothing(two);
  rig_end(&rig);
}

/* S-25: no goodbye arrived but the close that says the same; another close says nothing (P-4). */
static void test_left_by_the_close(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rig_hang_up(&rig, one, RJ_CLOSE_DONE);
  expect_nothing(two);
  rj_control request = rig_rejoin_request("demo", &answer, 1);
  one = rig_ask(&rig, &request, &answer);
  rig_hang_up(&rig, one, RJ_CLOSE_LEFT);
  expect_offline(two, 1, OFFLINE_QUIT);
  expect_members(&rig, "demo", "2");
  g_assert_cmpuint(rig_counters(&rig).leaves, ==, 1);
  rig_end(&rig);
}

/* the close of a connection that the session left behind, and of one that never asked, changes nothing. */
static void test_left_by_an_older_close(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  rj_control request = rig_join_request("demo", 1, 11);
  rig_ask(&rig, &request, &answer); /* S-16 */
  rig_hang_up(&rig, old, RJ_CLOSE_LEFT);
  rig_hang_up(&rig, rig_dial(&rig, 9), RJ_CLOSE_LEFT);
  expect_nothing(two);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

/* P-2: the join's packets came first. The others see the same. */
static void test_join_then_goodbye(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer old_answer, answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, &old_answer);
  expect_joined(two, 1);
  rj_control request = rig_join_request("demo", 1, 11);
  request.body.join_request.left_session = old_answer.session;
  peer_id new = rig_ask(&rig, &request, &answer);
  expect_roster(new, "2");
  expect_offline(two, 1, OFFLINE_QUIT);
  expect_joined(two, 1);
  expect_nothing(old); /* it left: there is nothing to tell it */
  rj_control goodbye = rig_goodbye(old_answer.session);
  rig_say(&rig, old, &goodbye);
  expect_nothing(two);
  expect_members(&rig, "demo", "1 2");
  g_assert_cmpuint(rig_counters(&rig).protocol_errors, ==, 0);
  rig_end(&rig);
}

/* Only a session of the same app, channel and uid can be left so. */
static void test_left_session_of_somebody_else(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer other, answer;
  rig_joined(&rig, "other", 1, 1, &other);
  rj_control request = rig_join_request("demo", 1, 11);
  request.body.join_request.left_session = other.session;
  rig_ask(&rig, &request, &answer);
  expect_members(&rig, "other", "1");
  request = rig_join_request("other", 5, 12);
  request.body.join_request.left_session = other.session;
  rig_ask(&rig, &request, &answer);
  expect_members(&rig, "other", "1 5");
  request =
      rig_join_request("other", 0, 13); /* with a picked uid it is the assigned one that counts */
  request.body.join_request.left_session = other.session;
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(rj_server_last_heard(rig.server, NULL, "other", 1), ==, 0);
  rig_end(&rig);
}

static rj_control join_after(uint8_t join, uint8_t left) {
  rj_control request = rig_join_request("demo", 1, join);
  memset(request.body.join_request.left_joins[0], left, 16);
  request.body.join_request.left_joins_count = 1;
  return request;
}

/* the member left before it was answered, and joined anew. Its first request comes after the second one. */
static void test_left_join_comes_late(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_dial(&rig, 1);
  rj_control request = join_after(11, 1);
  peer_id new = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  expect_joined(two, 1);
  rj_control late = rig_join_request("demo", 1, 1);
  rig_say(&rig, old, &late);
  expect_refused(old, REASON_REJECTED_BY_SERVER);
  expect_nothing(two);
  expect_open(new);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

/* P-2: its first request came in time, but neither the answer nor the goodbye arrived. */
static void test_left_join_was_accepted(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  peer_id old = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(two, 1);
  rj_control request = join_after(11, 1);
  rig_ask(&rig, &request, &answer);
  expect_offline(two, 1, OFFLINE_QUIT);
  expect_joined(two, 1);
  expect_nothing(old);
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, old, &goodbye);
  expect_nothing(two);
  expect_members(&rig, "demo", "1 2");
  rig_end(&rig);
}

/* P-10: who left lately is told with how, to observers that rejoin; not any more after a while, nor once it is back. */
static void test_departures(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer mine, three, four;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &mine);
  peer_id peer3 = rig_joined(&rig, "demo", 3, 3, &three);
  peer_id peer4 = rig_joined(&rig, "demo", 4, 4, &four);
  rig_joined(&rig, "demo", 2, 2, NULL); /* will be dropped */
  rj_control goodbye = rig_goodbye(four.session);
  rig_say(&rig, peer4, &goodbye);
  int64_t left = rig.now;
  for (int i = 0; i < 25; i++) {
    rig_run(&rig, 1 * SECOND);
    rig_beat(&rig, one);
    rig_beat(&rig, peer3);
  }
  goodbye = rig_goodbye(three.session);
  rig_say(&rig, peer3, &goodbye);
  rj_control request = rig_rejoin_request("demo", &mine, 1);
  rejoin_JoinAnswer answer;
  peer_id back = rig_ask(&rig, &request, &answer);
  expect_roster(back, " -2:1 -3:0 -4:0");
  rig_joined(&rig, "demo", 2, 22, NULL);
  expect_joined(back, 2);
  request = rig_rejoin_request("demo", &answer, 1);
  back = rig_ask(&rig, &request, &answer);
  expect_roster(back, "2 -3:0 -4:0");
  rig_run_until(&rig, left + 2 * RJ_OFFLINE_AFTER);
  request = rig_rejoin_request("demo", &answer, 1);
  back = rig_ask(&rig, &request, &answer);
  expect_roster(back, "2 -3:0");
  rig_end(&rig);
}

/* The bound on departures: the oldest is forgotten. */
static void test_departures_are_bounded(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer mine, answer;
  rig_joined(&rig, "demo", 1, 1, &mine);
  for (uint32_t uid = 10; uid < 10 + RJ_EDGE_DEPARTED + 3; uid++) {
    rj_control request = rig_join_request("demo", uid, 0);
    memcpy(request.body.join_request.join_id, &uid, sizeof uid);
    peer_id peer = rig_ask(&rig, &request, &answer);
    rj_control goodbye = rig_goodbye(0);
    rig_say(&rig, peer, &goodbye);
    rig_run(&rig, 1 * MS);
  }
  rj_control request = rig_rejoin_request("demo", &mine, 1);
  peer_id back = rig_ask(&rig, &request, &answer);
  uint32_t departed = 0, first = 0;
  fake_sent sent;
  while (rig_next(back, &sent)) {
    const rejoin_RosterPage *page = &sent.message.body.roster_page;
    if (departed == 0)
      first = page->departed[0].uid;
    departed += page->departed_count;
  }
  g_assert_cmpuint(departed, ==, RJ_EDGE_DEPARTED);
  g_assert_cmpuint(first, ==, 13);
  rig_end(&rig);
}

/* P-7: an audience member joins, leaves, drops: nothing; it sees the broadcasters. */
static void test_live_audience(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id host = join_live(&rig, 1, 1, ROLE_BROADCASTER, "");
  peer_id quiet = join_live(&rig, 2, 2, ROLE_AUDIENCE, "1");
  join_live(&rig, 3, 3, ROLE_AUDIENCE, "1");
  expect_nothing(host);
  expect_nothing(quiet);
  peer_id guest = join_live(&rig, 4, 4, ROLE_BROADCASTER, "1");
  expect_joined(host, 4);
  expect_joined(quiet, 4);
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, quiet, &goodbye);
  for (int i = 0; i < 12; i++) {
    rig_run(&rig, 2 * SECOND);
    rig_beat(&rig, host);
    rig_beat(&rig, guest);
  }
  expect_nothing(host); /* 3 was dropped */
  expect_members(&rig, "live", "1 4");
  rig_end(&rig);
}

/* P-6 S-31 */
static void test_live_role_change(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id host = join_live(&rig, 1, 1, ROLE_BROADCASTER, "");
  rejoin_JoinAnswer answer;
  rj_control request = live_request(2, 2, ROLE_AUDIENCE);
  peer_id two = rig_ask(&rig, &request, &answer);
  expect_roster(two, "1");
  set_role(&rig, two, ROLE_BROADCASTER);
  expect_role(two, 0, ROLE_BROADCASTER);
  expect_joined(host, 2);
  set_role(&rig, two, ROLE_AUDIENCE);
  expect_role(two, 0, ROLE_AUDIENCE);
  expect_offline(host, 2, OFFLINE_BECOME_AUDIENCE);
  set_role(&rig, two, ROLE_AUDIENCE); /* no change, no event */
  expect_role(two, 0, ROLE_AUDIENCE);
  expect_nothing(host);

  request = rig_rejoin_request("live", &answer, 2); /* by a rejoin */
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_BROADCASTER;
  rig_ask(&rig, &request, &answer);
  g_assert_true(answer.resumed);
  g_assert_cmpuint(answer.role, ==, ROLE_BROADCASTER);
  expect_joined(host, 2);

  request = live_request(2, 22, ROLE_AUDIENCE); /* by a takeover */
  rig_ask(&rig, &request, &answer);
  expect_offline(host, 2, OFFLINE_BECOME_AUDIENCE);
  expect_nothing(host);
  rig_end(&rig);
}

/* In the communication profile the role shows nowhere. */
static void test_role_in_communication(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  expect_joined(one, 2);
  set_role(&rig, two, ROLE_AUDIENCE);
  expect_role(two, 0, ROLE_AUDIENCE);
  expect_nothing(one);
  rig_end(&rig);
}

/* P-11: interrupted after 4 s, then exactly one of resumed and offline; only for who asked. */
static void test_interruptions(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id plain = rig_joined(&rig, "demo", 5, 5, NULL);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  expect_joined(plain, 1);
  rig_run(&rig, 3 * SECOND);
  rj_control request = rig_join_request("demo", 2, 2);
  request.body.join_request.peer_interruptions = 1;
  rejoin_JoinAnswer answer;
  peer_id watcher = rig_ask(&rig, &request, &answer);
  expect_roster(watcher, "1 5");
  expect_joined(plain, 2);
  rig_beat(&rig, plain);
  rig_run(&rig, 1 * SECOND);
  expect_heard(watcher, 1, true); /* 4 s after it joined */
  rig_run(&rig, 2500 * MS);
  rig_beat(&rig, plain);
  rig_beat(&rig, one);
  expect_heard(watcher, 1, false);
  rig_run(&rig, 4 * SECOND - 1);
  rig_beat(&rig, plain);
  expect_nothing(watcher);
  int64_t heard = rig.now - 4 * SECOND + 1;
  rig_run(&rig, 1);
  expect_heard(watcher, 1, true);

  request = rig_rejoin_request("demo", &answer, 2); /* the roster says who is not heard just now */
  request.body.join_request.peer_interruptions = 1;
  watcher = rig_ask(&rig, &request, &answer);
  expect_roster(watcher, "1? 5");
  for (int i = 0; i < 15; i++) {
    rig_run(&rig, 1 * SECOND);
    rig_beat(&rig, plain);
    rig_beat(&rig, watcher);
  }
  rig_run_until(&rig, heard + 20 * SECOND);
  expect_offline_at(watcher, 1, OFFLINE_DROPPED, heard + 20 * SECOND);
  expect_nothing(watcher);
  expect_offline(plain, 1, OFFLINE_DROPPED);
  expect_nothing(plain);
  rig_end(&rig);
}

/* P-11: who is silent already when the first one watches is shown as such, and told once it is heard. A takeover counts as heard. */
static void test_interruption_before_the_watcher(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  rig_joined(&rig, "demo", 3, 3, NULL);
  rig_run(&rig, 6 * SECOND);
  rj_control request = rig_join_request("demo", 2, 2);
  request.body.join_request.peer_interruptions = 1;
  rejoin_JoinAnswer answer;
  peer_id watcher = rig_ask(&rig, &request, &answer);
  expect_roster(watcher, "1? 3?");
  rig_run(&rig, 1 * SECOND);
  expect_nothing(watcher);
  rig_beat(&rig, one);
  expect_heard(watcher, 1, false);
  rig_joined(&rig, "demo", 3, 33, NULL);
  expect_heard(watcher, 3, false);
  expect_nothing(watcher);
  rig_end(&rig);
}

/* A watcher of 1, who has been silent for 5 s in `channel`. */
static peer_id watcher_of_silence(test_rig *rig, rj_control *request, peer_id *one,
                                  rejoin_JoinAnswer *first) {
  *one = rig_ask(rig, request, first);
  expect_roster(*one, "");
  rj_control watch = rig_join_request("demo", 2, 2);
  watch.body.join_request.profile = request->body.join_request.profile;
  watch.body.join_request.role = ROLE_AUDIENCE;
  watch.body.join_request.peer_interruptions = 1;
  rejoin_JoinAnswer answer;
  peer_id watcher = rig_ask(rig, &watch, &answer);
  expect_roster(watcher, "1");
  rig_run(rig, 3 * SECOND);
  rig_beat(rig, watcher);
  rig_run(rig, 2 * SECOND);
  expect_heard(watcher, 1, true);
  return watcher;
}

/* P-11: whatever ends an interruption is told by one event: the packet that brings a goodbye, a role or a rejoin is not
 * first told as heard. */
static void test_one_end_of_an_interruption(void) {
  enum { GOODBYE, JOIN_AFTER_LEAVE, ROLE, REJOIN_IN_ANOTHER_ROLE, KICK, REJOIN, BEAT, WAYS };
  for (int way = 0; way < WAYS; way++) {
    test_rig rig;
    rig_default(&rig);
    rj_control request = rig_join_request("demo", 1, 1), message;
    request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
    rejoin_JoinAnswer first, answer;
    peer_id one, watcher = watcher_of_silence(&rig, &request, &one, &first);
    switch (way) {
    case GOODBYE: /* P-2 */
      message = rig_goodbye(0);
      rig_say(&rig, one, &message);
      expect_offline(watcher, 1, OFFLINE_QUIT);
      break;
    case JOIN_AFTER_LEAVE: /* P-2 */
      memset(request.body.join_request.join_id, 9, 16);
      request.body.join_request.left_session = first.session;
      rig_ask(&rig, &request, &answer);
      expect_offline(watcher, 1, OFFLINE_QUIT);
      expect_joined(watcher, 1);
      break;
    case ROLE: /* P-6 */
      message = (rj_control){.which_body = rejoin_Control_set_role_tag};
      message.body.set_role = (rejoin_SetRole){.number = 1, .role = ROLE_AUDIENCE};
      rig_say(&rig, one, &message);
      expect_offline(watcher, 1, OFFLINE_BECOME_AUDIENCE);
      break;
    case REJOIN_IN_ANOTHER_ROLE: /* P-6 */
      message = rig_rejoin_request("demo", &first, 1);
      message.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
      message.body.join_request.role = ROLE_AUDIENCE;
      rig_ask(&rig, &message, &answer);
      expect_offline(watcher, 1, OFFLINE_BECOME_AUDIENCE);
      break;
    case KICK: /* P-8 */
      rj_server_kick(rig.server, &(rj_kick_rule){.app_id = "", .uid = 1}, rig.now);
      expect_offline(watcher, 1, OFFLINE_QUIT);
      break;
    case REJOIN:
      message = rig_rejoin_request("demo", &first, 1);
      message.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
      rig_ask(&rig, &message, &answer);
      expect_heard(watcher, 1, false);
      break;
    default:
      rig_beat(&rig, one);
      expect_heard(watcher, 1, false);
      break;
    }
    expect_nothing(watcher);
    rig_end(&rig);
  }
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/presence/goodbye, then join", test_goodbye_then_join);
  g_test_add_func("/edge/presence/join, then goodbye", test_join_then_goodbye);
  g_test_add_func("/edge/presence/audience after a restart", test_audience_after_a_restart);
  g_test_add_func("/edge/presence/left by the close", test_left_by_the_close);
  g_test_add_func("/edge/presence/left by an older close", test_left_by_an_older_close);
  g_test_add_func("/edge/presence/left session of somebody else",
                  test_left_session_of_somebody_else);
  g_test_add_func("/edge/presence/left_join_comes_late", test_left_join_comes_late);
  g_test_add_func("/edge/presence/left_join_was_accepted", test_left_join_was_accepted);
  g_test_add_func("/edge/presence/departures", test_departures);
  g_test_add_func("/edge/presence/departures are bounded", test_departures_are_bounded);
  g_test_add_func("/edge/presence/live audience", test_live_audience);
  g_test_add_func("/edge/presence/live role change", test_live_role_change);
  g_test_add_func("/edge/presence/role in communication", test_role_in_communication);
  g_test_add_func("/edge/presence/interruptions", test_interruptions);
  g_test_add_func("/edge/presence/interruption before the watcher",
                  test_interruption_before_the_watcher);
  g_test_add_func("/edge/presence/one end of an interruption", test_one_end_of_an_interruption);
  return g_test_run();
}
