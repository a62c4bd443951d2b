/* The whole road in virtual time: real QUIC, a real edge, a virtual network. Times are exact: a tick is 1 ms, a link 10 ms one way. */
#include <glib.h>
#include <string.h>

#include "host/stage.h"

#define MS RJ_MILLISECOND
#define S  RJ_SECOND
enum { ONE_WAY = 10 };

/* ---- joining */

/* S-1 S-3 P-1 R-2 R-3 */
static void test_a_join_takes_two_round_trips(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1);
  g_assert_cmpint(stage_now(s), ==, 0);
  g_assert_cmpint(actor_join(one, "demo"), ==, STATUS_OK);
  actor_expect_state(one, 0, STATE_CONNECTING, REASON_CONNECTING);
  stage_run(s, S);
  int64_t at = actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  g_assert_cmpint(at, >=, 4 * ONE_WAY * MS);
  g_assert_cmpint(at, <=, (4 * ONE_WAY + 2) * MS);
  seen joined = actor_next(one);
  g_assert_cmpint(joined.kind, ==, EVENT_DID_JOIN_CHANNEL);
  g_assert_cmpint(joined.time, ==, at);
  g_assert_cmpint(joined.elapsed, ==, at);
  g_assert_cmpuint(joined.uid, ==, 1);
  g_assert_cmpstr(joined.text, ==, "demo");
  actor_expect_nothing(one);
  stage_free(s);
}

/* S-3 P-1 */
static void test_the_roster_comes_by_ascending_uid(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  const uint32_t uids[] = {30, 10, 20};
  for (size_t i = 0; i < G_N_ELEMENTS(uids); i++)
    actor_join_and_run(stage_client_uid(s, server, uids[i]), "demo");
  actor *late = stage_client_uid(s, server, 15);
  actor_join_and_run(late, "demo");
  actor_expect_joined(late, ANY, 10);
  actor_expect_joined(late, ANY, 20);
  actor_expect_joined(late, ANY, 30);
  actor_expect_nothing(late);
  stage_free(s);
}

/* S-7 N-3 N-5: nobody there; the tenth second and the twentieth minute count from the join call */
static void test_nobody_answers(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1);
  actor_cut(one, BOTH);
  actor_join(one, "demo");
  actor_expect_state(one, 0, STATE_CONNECTING, REASON_CONNECTING);
  stage_run_until(s, 10 * S);
  actor_expect_nothing(one); /* a call at this instant would still come first */
  stage_run(s, 1 * MS);
  actor_expect(one, 10 * S, EVENT_CONNECTION_LOST);
  stage_run_until(s, 20 * RJ_MINUTE + S);
  actor_expect_state(one, 20 * RJ_MINUTE, STATE_FAILED, REASON_JOIN_FAILED);
  actor_expect_nothing(one);
  stage_free(s);
}

/* ---- the page's story: T3 to T7 */

/* S-8 S-11 P-4 P-9 N-2 N-3 N-4 T4 T5 T6 */
static void test_a_cut_uplink_is_noticed_lost_and_told(void) {
  pair p = stage_simulated_pair(2);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, UP);
  stage_run(p.s, 5 * S);
  int64_t heard = server_last_heard(p.s, p.server, "demo", 1);
  stage_run(p.s, 30 * S);
  g_assert_cmpint(actor_last_proof(p.one), ==, o);
  actor_expect_state(p.one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(p.one, o + 10 * S, EVENT_CONNECTION_LOST);
  actor_expect_offline(p.one, o + 20 * S, 2, OFFLINE_DROPPED);
  actor_expect_nothing(p.one);
  actor_expect_offline(p.two, heard + 20 * S + ONE_WAY * MS, 1, OFFLINE_DROPPED);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* S-11 in dialect 4x: reason 16; S-13: reason 15 */
static void test_dialect_4x_tells_more(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  const role how = {.uid = 1, .dialect = DIALECT_4X};
  actor *one = stage_client(s, server, &how);
  actor_join_and_run(one, "demo");
  stage_run(s, 12 * S);
  int64_t o = stage_run_to_proof(s, one);
  actor_cut(one, BOTH);
  stage_run(s, 12 * S);
  actor_heal(one, BOTH);
  stage_run(s, 14 * S);
  actor_expect_state(one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect_state(one, o + 10 * S, STATE_RECONNECTING, REASON_LOST);
  actor_expect(one, o + 10 * S, EVENT_CONNECTION_LOST);
  actor_expect_state(one, ANY, STATE_CONNECTED, REASON_REJOIN_SUCCESS);
  actor_expect(one, ANY, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_nothing(one);
  stage_free(s);
}

/* S-13 P-3 P-10: within the 20 s the old connection still lives, and a beat or two suffice */
static void test_a_heal_within_20_s_is_seen_by_nobody_else(void) {
  pair p = stage_simulated_pair(3);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, BOTH);
  stage_run_until(p.s, o + 12 * S);
  actor_heal(p.one, BOTH);
  stage_run(p.s, 30 * S);
  actor_expect_state(p.one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(p.one, o + 10 * S, EVENT_CONNECTION_LOST);
  int64_t back = actor_expect_state(p.one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  g_assert_cmpint(back, <=, o + 12 * S + 1300 * MS + 2 * ONE_WAY * MS + MS);
  seen rejoined = actor_next(p.one);
  g_assert_cmpint(rejoined.kind, ==, EVENT_DID_REJOIN_CHANNEL);
  g_assert_cmpint(rejoined.elapsed, ==, back - (o + 4 * S)); /* 3x: since SM(4, ·) */
  actor_expect_nothing(p.one);
  actor_expect_nothing(p.two);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* S-13 P-5 P-9: later it takes a new attempt, at most 13 s after the heal */
static void test_a_heal_after_20_s_joins_again(void) {
  pair p = stage_simulated_pair(4);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, BOTH);
  stage_run_until(p.s, o + 40 * S);
  actor_heal(p.one, BOTH);
  stage_run(p.s, 14 * S);
  actor_expect_state(p.one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(p.one, o + 10 * S, EVENT_CONNECTION_LOST);
  actor_expect_offline(p.one, o + 20 * S, 2, OFFLINE_DROPPED);
  int64_t back = actor_expect_state(p.one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  g_assert_cmpint(back, <=, o + 40 * S + 13 * S);
  actor_expect(p.one, back, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_joined(p.one, ANY, 2);
  actor_expect_nothing(p.one);
  actor_expect_offline(p.two, ANY, 1, OFFLINE_DROPPED);
  actor_expect_joined(p.two, ANY, 1);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* S-12 S-28 S-1 N-5 T7 */
static void test_twenty_minutes_are_the_end_and_a_leave_begins_anew(void) {
  pair p = stage_simulated_pair(5);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, UP);
  stage_run_until(p.s, o + 21 * RJ_MINUTE);
  actor_expect_state(p.one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(p.one, o + 10 * S, EVENT_CONNECTION_LOST);
  actor_expect_offline(p.one, o + 20 * S, 2, OFFLINE_DROPPED);
  actor_expect_state(p.one, o + 20 * RJ_MINUTE, STATE_FAILED, REASON_JOIN_FAILED);
  actor_expect_nothing(p.one);
  g_assert_cmpint(actor_join(p.one, "demo"), ==, STATUS_JOIN_CHANNEL_REJECTED); /* S-5 */

  actor_heal(p.one, UP);
  actor_leave(p.one);
  actor_expect_state(p.one, stage_now(p.s), STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
  actor_expect(p.one, stage_now(p.s), EVENT_DID_LEAVE_CHANNEL);
  actor_join_and_run(p.one, "demo");
  actor_expect_joined(p.one, ANY, 2);
  actor_expect_nothing(p.one);
  stage_free(p.s);
}

/* ---- leaving */

/* S-25 P-2 */
static void test_a_leave_is_told_at_once(void) {
  pair p = stage_simulated_pair(6);
  int64_t now = stage_now(p.s);
  actor_leave(p.one);
  stage_run(p.s, S);
  actor_expect_state(p.one, now, STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
  actor_expect(p.one, now, EVENT_DID_LEAVE_CHANNEL);
  actor_expect_nothing(p.one);
  actor_expect_offline(p.two, now + 2 * ONE_WAY * MS, 1, OFFLINE_QUIT);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* S-30 R-5 P-2 */
static void test_a_free_says_goodbye_without_events(void) {
  pair p = stage_simulated_pair(7);
  int64_t now = stage_now(p.s);
  actor_free_member(p.one);
  stage_run(p.s, S);
  actor_expect_nothing(p.one);
  actor_expect_offline(p.two, now + 2 * ONE_WAY * MS, 1, OFFLINE_QUIT);
  stage_free(p.s);
}

/* P-2: QUIT, then joined, also when the goodbye and the new join cross */
static void test_leave_and_join_again_is_quit_then_joined(void) {
  pair p = stage_simulated_pair(8);
  actor_leave(p.one);
  g_assert_cmpint(actor_join(p.one, "demo"), ==, STATUS_OK);
  stage_run(p.s, 2 * S);
  actor_expect_offline(p.two, ANY, 1, OFFLINE_QUIT);
  actor_expect_joined(p.two, ANY, 1);
  actor_expect_nothing(p.two);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* S-27 P-4: cut off, nobody hears the goodbye */
static void test_a_leave_that_cannot_arrive(void) {
  pair p = stage_simulated_pair(9);
  stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, BOTH);
  stage_run(p.s, 6 * S);
  int64_t heard = server_last_heard(p.s, p.server, "demo", 1);
  actor_leave(p.one);
  stage_run(p.s, 20 * S);
  actor_expect_offline(p.two, heard + 20 * S + ONE_WAY * MS, 1, OFFLINE_DROPPED);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* ---- the edge dies */

/* S-9 P-10: it comes back within the 20 s, its members hear from it that it knows them not, and no peer is told anything */
static void test_a_crashed_edge_that_returns(void) {
  pair p = stage_simulated_pair(10);
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_enter(p.s->host);
  g_assert_cmpint(rj_host_server_crash(p.server), ==, STATUS_OK);
  g_assert_cmpint(rj_host_server_crash(p.server), ==, STATUS_INVALID_STATE);
  g_assert_null(rj_host_server_get(p.server));
  rj_host_leave(p.s->host);
  stage_run(p.s, 2 * S);
  rj_host_enter(p.s->host);
  g_assert_cmpint(rj_host_server_restart(p.server, error), ==, STATUS_OK);
  rj_host_leave(p.s->host);
  int64_t up = stage_now(p.s);
  stage_run(p.s, 60 * S);
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++) {
    int64_t at = actor_expect_state(both[i], ANY, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
    g_assert_cmpint(at, <=, up + 1300 * MS + 2 * ONE_WAY * MS + MS);
    int64_t back = actor_expect_state(both[i], ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
    g_assert_cmpint(back, <=, at + 4 * ONE_WAY * MS + 5 * MS);
    actor_expect(both[i], back, EVENT_DID_REJOIN_CHANNEL);
    actor_expect_nothing(both[i]);
  }
  stage_free(p.s);
}

/* S-9 P-10: it stops by itself ("restarting") and is there again at once */
static void test_a_restarted_edge(void) {
  pair p = stage_simulated_pair(11);
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now = stage_now(p.s);
  rj_host_enter(p.s->host);
  g_assert_cmpint(rj_host_server_restart(p.server, error), ==, STATUS_OK);
  rj_host_leave(p.s->host);
  stage_run(p.s, 60 * S);
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++) {
    actor_expect_state(both[i], now + ONE_WAY * MS, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
    actor_expect_state(both[i], ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
    actor_expect(both[i], ANY, EVENT_DID_REJOIN_CHANNEL);
    actor_expect_nothing(both[i]);
  }
  stage_free(p.s);
}

/* S-8 S-11 P-9: it does not come back */
static void test_a_crashed_edge_that_stays_away(void) {
  pair p = stage_simulated_pair(12);
  rj_host_enter(p.s->host);
  rj_host_server_crash(p.server);
  rj_host_leave(p.s->host);
  stage_run(p.s, 30 * S);
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++) {
    int64_t o = actor_last_proof(both[i]);
    actor_expect_state(both[i], o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
    actor_expect(both[i], o + 10 * S, EVENT_CONNECTION_LOST);
    actor_expect_offline(both[i], o + 20 * S, both[1 - i]->uid, OFFLINE_DROPPED);
    actor_expect_nothing(both[i]);
  }
  stage_free(p.s);
}

/* P-10: one of two members does not return to the restarted edge: it is kept until 20 s after the start, then DROPPED */
static void test_who_does_not_return_to_a_restarted_edge_is_dropped_by_it(void) {
  pair p = stage_simulated_pair(13);
  char error[RJ_HOST_ERROR_SIZE] = "";
  actor_cut(p.one, BOTH);
  stage_run(p.s, 1 * S);
  rj_host_enter(p.s->host);
  rj_host_server_crash(p.server);
  g_assert_cmpint(rj_host_server_restart(p.server, error), ==, STATUS_OK);
  rj_host_leave(p.s->host);
  int64_t up = stage_now(p.s);
  stage_run(p.s, 40 * S);
  actor_expect_state(p.two, ANY, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
  actor_expect_state(p.two, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(p.two, ANY, EVENT_DID_REJOIN_CHANNEL);
  int64_t at = actor_expect_offline(p.two, ANY, 1, OFFLINE_DROPPED);
  g_assert_cmpint(ABS(at - (up + 20 * S)), <=, 25 * MS); /* the age travels one way */
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* ---- bad networks */

/* S-8 P-4: the edge hears the member, the member hears nothing: it is interrupted, its peers learn it only when it falls silent */
static void test_a_dead_down_direction(void) {
  pair p = stage_simulated_pair(14);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, DOWN);
  stage_run(p.s, 19 * S);
  actor_expect_nothing(p.two);
  g_assert_cmpint(server_last_heard(p.s, p.server, "demo", 1), >, o + 15 * S);
  stage_run(p.s, 2 * S); /* it drops the old connection at O + 20 s */
  int64_t heard = server_last_heard(p.s, p.server, "demo", 1);
  stage_run(p.s, 25 * S);
  actor_expect_state(p.one, o + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(p.one, o + 10 * S, EVENT_CONNECTION_LOST);
  actor_expect_offline(p.one, o + 20 * S, 2, OFFLINE_DROPPED);
  actor_expect_nothing(p.one);
  actor_expect_offline(p.two, heard + 20 * S + ONE_WAY * MS, 1, OFFLINE_DROPPED);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* P-3: a bad network is no outage for the others */
static void test_thirty_percent_loss_drops_nobody(void) {
  pair p = stage_simulated_pair(15);
  const rj_host_faults bad = {.loss = 0.3, .delay_ns = 10 * MS};
  actor_set_faults(p.one, BOTH, bad);
  actor_set_faults(p.two, BOTH, bad);
  stage_run(p.s, 5 * RJ_MINUTE);
  actor_heal(p.one, BOTH);
  actor_heal(p.two, BOTH);
  stage_run(p.s, 15 * S);
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++) {
    g_assert_cmpint(actor_state(both[i]), ==, STATE_CONNECTED);
    for (guint j = both[i]->read; j < both[i]->seen->len; j++)
      g_assert_cmpint(g_array_index(both[i]->seen, seen, j).kind, !=, EVENT_USER_OFFLINE);
  }
  stage_free(p.s);
}

/* S-3: through loss it is slower, but it comes (what a bad network does afterwards is another matter) */
static void test_a_join_through_loss(void) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    stage *s = stage_new(true, seed);
    rj_host_server *server = stage_server(s);
    actor *one = stage_client_uid(s, server, 1);
    actor_set_faults(one, BOTH, (rj_host_faults){.loss = 0.3, .delay_ns = 25 * MS});
    actor_join(one, "demo");
    stage_run(s, 30 * S);
    actor_expect_state(one, ANY, STATE_CONNECTING, REASON_CONNECTING);
    seen next = actor_next(one);
    if (next.kind == EVENT_CONNECTION_LOST)
      next = actor_next(one);
    g_assert_cmpint(next.state, ==, STATE_CONNECTED);
    actor_expect(one, ANY, EVENT_DID_JOIN_CHANNEL);
    stage_free(s);
  }
}

/* ---- the simulator itself */

/* Loss, an outage, a restart: enough that anything undetermined would show. */
static char *story(uint64_t seed) {
  stage *s = stage_new(true, seed);
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_server *server = stage_server(s);
  for (uint32_t uid = 1; uid <= 6; uid++) {
    actor *a = stage_client_uid(s, server, uid);
    actor_set_faults(a, BOTH, (rj_host_faults){.loss = 0.2, .delay_ns = uid * 7 * MS});
    actor_join(a, "demo");
  }
  stage_run(s, 20 * S);
  actor_cut((actor *)g_ptr_array_index(s->actors, 2), BOTH);
  stage_run(s, 40 * S);
  actor_set_faults((actor *)g_ptr_array_index(s->actors, 2), BOTH,
                   (rj_host_faults){.delay_ns = 5 * MS});
  stage_run(s, 30 * S);
  rj_host_enter(s->host);
  rj_host_server_restart(server, error);
  rj_host_leave(s->host);
  stage_run(s, 30 * S);
  char *log = stage_log(s);
  stage_free(s);
  return log;
}

static void test_one_seed_decides_everything(void) {
  char *first = story(7), *again = story(7), *other = story(8);
  g_assert_cmpstr(first, ==, again);
  g_assert_cmpstr(first, !=, other);
  g_free(first);
  g_free(again);
  g_free(other);
}

/* Section 2: packets first, then calls, then timers: a leave at the very instant of N-2 is not interrupted */
static void test_a_call_comes_before_the_timers_of_its_instant(void) {
  pair p = stage_simulated_pair(16);
  int64_t o = stage_run_to_proof(p.s, p.one);
  actor_cut(p.one, BOTH);
  stage_run_until(p.s, o + 4 * S);
  actor_leave(p.one);
  stage_run(p.s, S);
  actor_expect_state(p.one, o + 4 * S, STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
  actor_expect(p.one, o + 4 * S, EVENT_DID_LEAVE_CHANNEL);
  actor_expect_nothing(p.one);
  stage_free(p.s);
}

static bool two_is_there(void *user) {
  actor *one = (actor *)user;
  return one->seen->len > 0 &&
         g_array_index(one->seen, seen, one->seen->len - 1).kind == EVENT_USER_JOINED;
}

static void test_running_stops_when_asked(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1), *two = stage_client_uid(s, server, 2);
  bool stopped = false;
  actor_join_and_run(one, "demo");
  actor_join(two, "demo");
  g_assert_cmpint(rj_host_run(s->host, RJ_MINUTE, two_is_there, one, &stopped), ==, STATUS_OK);
  g_assert_true(stopped);
  g_assert_cmpint(stage_now(s), ==, actor_expect_joined(one, ANY, 2));
  stage_free(s);
}

static bool run_inside(void *user) {
  stage *s = (stage *)user;
  bool stopped;
  g_assert_cmpint(rj_host_run(s->host, RJ_MINUTE, NULL, NULL, &stopped), ==, STATUS_INVALID_STATE);
  return true;
}

static void test_running_while_running_is_refused(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1);
  bool stopped = false;
  actor_join(one, "demo");
  g_assert_cmpint(rj_host_run(s->host, RJ_MINUTE, run_inside, s, &stopped), ==, STATUS_OK);
  g_assert_true(stopped);
  stage_free(s);
}

/* Time goes to whole ticks, and never beyond what was asked rounded up to one. */
static void test_time_moves_in_ticks(void) {
  stage *s = stage_new(true, 1);
  stage_run_until(s, 1);
  g_assert_cmpint(stage_now(s), ==, MS);
  stage_run_until(s, 5 * MS);
  g_assert_cmpint(stage_now(s), ==, 5 * MS);
  stage_run_until(s, 3 * MS); /* the past */
  g_assert_cmpint(stage_now(s), ==, 5 * MS);
  stage_free(s);
}

/* Two edges: two channels of the same name that know nothing of each other. */
static void test_servers_have_addresses_of_their_own(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *first = stage_server(s), *second = stage_server(s);
  g_assert_cmpstr(rj_host_server_url(first), ==, "rejoin://10.0.0.1:7443");
  g_assert_cmpstr(rj_host_server_url(second), ==, "rejoin://10.0.0.2:7443");
  actor *one = stage_client_uid(s, first, 1), *two = stage_client_uid(s, second, 2);
  actor_join_and_run(one, "demo");
  actor_join_and_run(two, "demo");
  actor_expect_nothing(one);
  actor_expect_nothing(two);
  stage_free(s);
}

/* S-6: another edge's certificate than the pinned one */
static void test_the_wrong_fingerprint_is_refused(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *first = stage_server(s), *second = stage_server(s);
  const role how = {.uid = 1, .url = rj_host_server_url(second)};
  actor *one = stage_client(s, first, &how);
  actor_join(one, "demo");
  stage_run(s, 5 * S);
  actor_expect_state(one, ANY, STATE_CONNECTING, REASON_CONNECTING);
  actor_expect_state(one, ANY, STATE_FAILED, REASON_CERTIFICATION_VERIFY_FAILURE);
  actor_expect_nothing(one);
  stage_free(s);
}

/* An url that is no address of this network: it keeps trying (S-7) */
static void test_an_unknown_name(void) {
  const char *urls[] = {"rejoin://edge.example", "rejoin://10.0.7.7:7443",
                        "rejoin://10.1.0.0:40000"};
  for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
    stage *s = stage_new(true, 1);
    rj_host_server *server = stage_server(s);
    const role how = {.uid = 1, .url = urls[i]};
    actor *one = stage_client(s, server, &how);
    actor_join(one, "demo");
    stage_run(s, 11 * S);
    actor_expect_state(one, 0, STATE_CONNECTING, REASON_CONNECTING);
    actor_expect(one, 10 * S, EVENT_CONNECTION_LOST);
    actor_expect_nothing(one);
    stage_free(s);
  }
}

/* Many stays of one member, and many members: nothing is forgotten (the sanitizer looks). */
static void test_many_joins_and_leaves(void) {
  stage *s = stage_new(true, 1);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1);
  for (int i = 0; i < 100; i++) {
    actor_join(one, "demo");
    stage_run(s, 100 * MS);
    g_assert_cmpint(actor_state(one), ==, STATE_CONNECTED);
    actor_leave(one);
    stage_run(s, 100 * MS);
  }
  for (uint32_t uid = 2; uid < 102; uid++) {
    actor *a = stage_client_uid(s, server, uid);
    actor_join(a, "demo");
    stage_run(s, 50 * MS);
    actor_free_member(a);
  }
  stage_run(s, 5 * S);
  rj_host_enter(s->host);
  g_assert_cmpuint(rj_server_members(rj_host_server_get(server), NULL, "demo", NULL, 0), ==, 0);
  rj_host_leave(s->host);
  stage_free(s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim/join/round-trips", test_a_join_takes_two_round_trips);
  g_test_add_func("/sim/join/roster", test_the_roster_comes_by_ascending_uid);
  g_test_add_func("/sim/join/nobody", test_nobody_answers);
  g_test_add_func("/sim/join/wrong-fingerprint", test_the_wrong_fingerprint_is_refused);
  g_test_add_func("/sim/join/unknown-name", test_an_unknown_name);
  g_test_add_func("/sim/join/loss", test_a_join_through_loss);
  g_test_add_func("/sim/outage/uplink", test_a_cut_uplink_is_noticed_lost_and_told);
  g_test_add_func("/sim/outage/4x", test_dialect_4x_tells_more);
  g_test_add_func("/sim/outage/heal-soon", test_a_heal_within_20_s_is_seen_by_nobody_else);
  g_test_add_func("/sim/outage/heal-late", test_a_heal_after_20_s_joins_again);
  g_test_add_func("/sim/outage/give-up", test_twenty_minutes_are_the_end_and_a_leave_begins_anew);
  g_test_add_func("/sim/outage/downlink", test_a_dead_down_direction);
  g_test_add_func("/sim/outage/loss", test_thirty_percent_loss_drops_nobody);
  g_test_add_func("/sim/leave/told", test_a_leave_is_told_at_once);
  g_test_add_func("/sim/leave/free", test_a_free_says_goodbye_without_events);
  g_test_add_func("/sim/leave/again", test_leave_and_join_again_is_quit_then_joined);
  g_test_add_func("/sim/leave/cut-off", test_a_leave_that_cannot_arrive);
  g_test_add_func("/sim/edge/crash", test_a_crashed_edge_that_returns);
  g_test_add_func("/sim/edge/restart", test_a_restarted_edge);
  g_test_add_func("/sim/edge/away", test_a_crashed_edge_that_stays_away);
  g_test_add_func("/sim/edge/one-returns",
                  test_who_does_not_return_to_a_restarted_edge_is_dropped_by_it);
  g_test_add_func("/sim/clock/seed", test_one_seed_decides_everything);
  g_test_add_func("/sim/clock/instant", test_a_call_comes_before_the_timers_of_its_instant);
  g_test_add_func("/sim/clock/stop", test_running_stops_when_asked);
  g_test_add_func("/sim/clock/not-twice", test_running_while_running_is_refused);
  g_test_add_func("/sim/clock/ticks", test_time_moves_in_ticks);
  g_test_add_func("/sim/network/addresses", test_servers_have_addresses_of_their_own);
  g_test_add_func("/sim/many", test_many_joins_and_leaves);
  return g_test_run();
}
