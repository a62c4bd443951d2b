/* Silence and what follows from it: S-8 to S-13 on the old connection, N-1 to N-5, P-9. Times count from O, the last proof. */
#include "client/world.h"

/* Joined, a beat later; cut right after its proof arrived: that is O. */
static int64_t cut_after_proof(world *w) {
  world_joined(w, 1);
  world_run(w, 1350 * MS);
  int64_t o = rj_member_last_proof(w->member);
  g_assert_cmpint(o, ==, w->now);
  world_cut(w);
  return o;
}

/* N-1: beats at equal distances, in state 3 and on the old connection in state 4, and none after O + 20 s */
static void test_beats(void) {
  world *w = world_new();
  world_joined(w, 1);
  int64_t joined = w->now;
  world_run(w, 12999 * MS);
  g_assert_cmpuint(w->beats->len, ==, 9);
  for (guint i = 0; i < w->beats->len; i++)
    g_assert_cmpint(g_array_index(w->beats, int64_t, i), ==, joined + (i + 1) * 1300 * MS);
  world_run(w, 1 * MS); /* the tenth */
  world_cut(w);
  rj_link *bound = world_link(w);
  int64_t o = rj_member_last_proof(w->member);
  g_assert_cmpint(o, ==, joined + 11750 * MS);
  world_run_until(w, o + 20 * SECOND - 1);
  g_assert_false(bound->freed);
  world_run_until(w, o + 20 * SECOND);
  g_assert_true(bound->freed);
  g_assert_false(bound->closed); /* dropped without a packet */
  guint beats = w->beats->len;
  g_assert_cmpuint(beats, ==, 24); /* 31750 / 1300 */
  world_run(w, 60 * SECOND);
  g_assert_cmpuint(w->beats->len, ==, beats);
  world_free(w);
}

/* N-1: the newest beat that is reported lost goes again at once, an older one does not */
static void test_lost_beat(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_run(w, 2700 * MS);
  rj_link *bound = world_link(w);
  g_assert_cmpuint(bound->datagrams, ==, 2);
  world_event(w, bound, &(rj_link_event){.kind = RJ_LINK_LOST, .id = 1});
  g_assert_cmpuint(bound->datagrams, ==, 2);
  world_event(w, bound, &(rj_link_event){.kind = RJ_LINK_LOST, .id = 2});
  g_assert_cmpuint(bound->datagrams, ==, 3);
  world_event(w, bound, &(rj_link_event){.kind = RJ_LINK_LOST, .id = 2});
  g_assert_cmpuint(bound->datagrams, ==, 3);
  g_assert_cmpint(g_array_index(w->beats, int64_t, 2), ==, w->now);
  world_free(w);
}

/* S-8 S-11 S-12 P-9 N-2 N-3 N-4 N-5, dialect 3x */
static void test_to_the_end_3x(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 7});
  int64_t o = cut_after_proof(w);
  world_run(w, 60 * MINUTE);
  world_expect_since(w, o,
                     "4000 connection_changed 3>4 2\n"
                     "10000 connection_lost\n"
                     "20000 user_offline 2 1\n"
                     "20000 user_offline 7 1\n"
                     "1200000 connection_changed 4>5 4\n");
  g_assert_cmpint(rj_member_last_proof(w->member), ==, o);
  g_assert_true(rj_member_is_quiet(w->member));
  g_assert_cmpint(rj_member_deadline(w->member), ==, RJ_NEVER);
  world_free(w);
}

/* S-11: 4x adds SM(4,16) before connection_lost */
static void test_to_the_end_4x(void) {
  world *w = world_new();
  w->config.dialect = DIALECT_4X;
  int64_t o = cut_after_proof(w);
  world_run(w, 60 * MINUTE);
  world_expect_since(w, o,
                     "4000 connection_changed 3>4 2\n"
                     "10000 connection_changed 4>4 16\n"
                     "10000 connection_lost\n"
                     "1200000 connection_changed 4>5 4\n");
  world_free(w);
}

/* timers scale */
static void test_scaled(void) {
  world *w = world_new();
  w->config.time_scale = 0.1;
  rj_timers_default(&w->config.timers, 0.1);
  world_joined(w, 1);
  world_run(w, 180 * MS);
  int64_t o = w->now;
  g_assert_cmpint(rj_member_last_proof(w->member), ==, o);
  world_cut(w);
  world_run(w, 10 * MINUTE);
  world_expect_since(w, o,
                     "400 connection_changed 3>4 2\n"
                     "1000 connection_lost\n"
                     "120000 connection_changed 4>5 4\n");
  world_free(w);
}

/* A proof before N-2: nothing; O is the last one, whatever arrives meanwhile without proof. */
static void test_short_silence(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  int64_t o = cut_after_proof(w);
  world_run_until(w, o + 3 * SECOND);
  world_heal(w);
  world_run(w, 20 * SECOND);
  world_expect(w, "");
  g_assert_cmpint(rj_member_last_proof(w->member), >, o + 20 * SECOND);
  /* down works, up does not: silence all the same */
  w->cut_up = true;
  world_run(w, 2 * SECOND);
  o = rj_member_last_proof(w->member);
  world_run_until(w, o + 3999 * MS);
  world_peer_offline(w, 2, OFFLINE_QUIT);
  world_run_until(w, o + 4001 * MS);
  world_peer_offline(w, 3, OFFLINE_QUIT); /* held back until the return (P-10) */
  world_expect_since(w, o, "3999 user_offline 2 0\n4000 connection_changed 3>4 2\n");
  world_free(w);
}

/* S-13 P-10 on the old connection; elapsed since SM(4) (3x) or since the join call (4x) */
static void check_old_link_wins(int32_t dialect, const char *lines) {
  world *w = world_new();
  w->config.dialect = dialect;
  world_set_roster(w, 3, (uint32_t[]){2, 4, 7});
  int64_t o = cut_after_proof(w);
  w->answer = ANSWER_NOTHING;
  world_run_until(w, o + 7 * SECOND);
  world_forget(w);
  world_set_roster(w, 3, (uint32_t[]){3, 4, 9});
  g_array_append_val(w->departed, ((rejoin_Departure){.uid = 2, .reason = OFFLINE_QUIT}));
  g_array_append_val(w->departed, ((rejoin_Departure){.uid = 7, .reason = OFFLINE_DROPPED}));
  rj_link *bound = w->port->links->pdata[0];
  rj_link *attempt = world_link(w);
  g_assert_true(bound != attempt);
  world_heal(w);
  world_run(w, 10 * SECOND);
  world_expect_since(w, o, lines);
  g_assert_false(bound->freed);
  g_assert_true(attempt->freed);
  g_assert_cmpuint(w->others->len, ==, 1); /* the RosterRequest */
  g_assert_cmpuint(fake_alive(w->port), ==, 1);
  world_free(w);
}

static void test_old_link_wins(void) {
  /* beats at O - 50 + 1300 k: the first after the heal at 7750, its proof 50 later, the pages 50 after that */
  check_old_link_wins(DIALECT_3X, "7800 connection_changed 4>3 1\n"
                                  "7800 did_rejoin_channel demo 1 3800\n"
                                  "7850 user_offline 2 0\n"
                                  "7850 user_offline 7 1\n"
                                  "7850 user_joined 3 9300\n"
                                  "7850 user_joined 9 9300\n");
  check_old_link_wins(DIALECT_4X, "7800 connection_changed 4>3 15\n"
                                  "7800 did_rejoin_channel demo 1 9250\n"
                                  "7850 user_offline 2 0\n"
                                  "7850 user_offline 7 1\n"
                                  "7850 user_joined 3 9300\n"
                                  "7850 user_joined 9 9300\n");
}

/* S-13: the attempt that loses is closed, with a packet where the edge answered it */
static void test_loser_is_told(void) {
  world *w = world_new();
  int64_t o = cut_after_proof(w);
  w->answer = ANSWER_NOTHING;
  world_run_until(w, o + 5 * SECOND);
  world_heal(w);
  world_run_until(w, o + 5199 * MS); /* beats at 5150; its proof comes at 5200 */
  rj_link *attempt = world_link(w);
  g_assert_true(attempt->up);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_run(w, 1 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_true(attempt->closed && attempt->freed);
  g_assert_cmpint(attempt->code, ==, RJ_CLOSE_DONE);
  g_assert_cmpuint(attempt->packets_after_close, ==, 1);
  world_free(w);
}

static void check_unknown(rj_closed_how how, uint64_t code) {
  world *w = world_new();
  world_set_roster(w, 1, (uint32_t[]){2});
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  int64_t t = w->now;
  world_closed(w, world_link(w), how, code);
  g_assert_cmpint(world_link(w)->dialled_at, ==, t); /* at once */
  world_run(w, 5 * SECOND);
  world_expect_since(w, t,
                     "0 connection_changed 3>4 14\n"
                     "100 connection_changed 4>3 1\n"
                     "100 did_rejoin_channel demo 1 100\n");
  g_assert_true(world_last_request(w)->has_resume);
  world_free(w);
}

/* S-9 in 3 */
static void test_unknown(void) {
  check_unknown(RJ_CLOSED_RESET, 0);
  check_unknown(RJ_CLOSED_BY_PEER, RJ_CLOSE_RESTARTING);
  check_unknown(RJ_CLOSED_BY_PEER, RJ_CLOSE_DONE);
  check_unknown(RJ_CLOSED_BY_PEER, 12345);
}

/* S-9 in 4: no SM, an attempt at once; one that the edge does not answer makes room for it */
static void test_unknown_in_outage(void) {
  world *w = world_new();
  int64_t o = cut_after_proof(w);
  world_run_until(w, o + 6 * SECOND);
  rj_link *bound = w->port->links->pdata[0], *attempt = world_link(w);
  g_assert_true(bound != attempt && !attempt->freed);
  world_forget(w);
  world_closed(w, bound, RJ_CLOSED_RESET, 0);
  world_expect(w, "");
  g_assert_true(bound->freed && attempt->freed);
  g_assert_cmpint(world_link(w)->dialled_at, ==, w->now);
  world_heal(w);
  world_run(w, 200 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* the idle timeout of the connection is no news: the silence timers say it */
static void test_timeout(void) {
  world *w = world_new();
  int64_t o = cut_after_proof(w);
  world_run_until(w, o + 1 * SECOND);
  world_closed(w, world_link(w), RJ_CLOSED_TIMEOUT, 0);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_run(w, 4 * SECOND);
  world_expect_since(w, o, "4000 connection_changed 3>4 2\n");
  world_free(w);
}

/* S-10: a change that works is no outage; one that does not is SM(4,13) instead of SM(4,2) */
static void test_network_changed(void) {
  const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
  for (int validated = 0; validated < 2; validated++) {
    world *w = world_new();
    int64_t o = cut_after_proof(w);
    world_run_until(w, o + 1 * SECOND);
    g_assert_cmpint(rj_member_network_changed(w->member, NETWORK_4G, &local, w->now), ==, 0);
    world_pump(w);
    rj_link *bound = world_link(w);
    g_assert_cmpuint(bound->migrations, ==, 1);
    g_assert_cmpuint(bound->path.local.bytes[3], ==, 9);
    world_event(w, bound, &(rj_link_event){.kind = RJ_LINK_PATH, .ok = validated});
    world_run(w, 4 * SECOND);
    world_expect_since(w, o,
                       validated ? "1000 network_changed 5\n4000 connection_changed 3>4 2\n"
                                 : "1000 network_changed 5\n4000 connection_changed 3>4 13\n");
    g_assert_cmpuint(world_link(w)->path.local.bytes[3], ==, 9); /* attempts go from there too */
    world_free(w);
  }
}

/* S-10: a migration that failed while the old path went on is no cause of a later silence */
static void test_network_changed_for_nothing(void) {
  const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
  world *w = world_new();
  world_joined(w, 1);
  rj_member_network_changed(w->member, NETWORK_4G, &local, w->now);
  world_event(w, world_link(w), &(rj_link_event){.kind = RJ_LINK_PATH, .ok = false});
  world_run(w, 1350 * MS);
  int64_t o = w->now;
  world_forget(w);
  world_cut(w);
  world_run(w, 5 * SECOND);
  world_expect_since(w, o, "4000 connection_changed 3>4 2\n");
  /* in an outage the old connection moves too, since it may still win */
  uint32_t migrations = ((rj_link *)w->port->links->pdata[0])->migrations;
  rj_member_network_changed(w->member, NETWORK_WIFI, &local, w->now);
  g_assert_cmpuint(((rj_link *)w->port->links->pdata[0])->migrations, ==, migrations + 1);
  world_free(w);
}

/* S-10: a connection that cannot move yet is asked again */
static void test_network_changed_early(void) {
  const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
  world *w = world_new();
  world_joined(w, 1);
  rj_link *bound = world_link(w);
  bound->migrate_status = STATUS_NOT_READY;
  rj_member_network_changed(w->member, NETWORK_WIFI, &local, w->now);
  g_assert_cmpuint(bound->migrations, ==, 1);
  bound->migrate_status = STATUS_OK;
  world_run(w, 1400 * MS);
  g_assert_cmpuint(bound->migrations, ==, 2);
  world_run(w, 4 * SECOND);
  g_assert_cmpuint(bound->migrations, ==, 2);
  /* no network at all: told, and nothing else */
  world_forget(w);
  rj_member_network_changed(w->member, NETWORK_DISCONNECTED, NULL, w->now);
  world_expect_since(w, w->now, "0 network_changed 0\n");
  g_assert_cmpuint(bound->migrations, ==, 2);
  /* an address that the host does not know: the next packet shows it, so one goes at once */
  uint32_t beats = bound->datagrams;
  rj_member_network_changed(w->member, NETWORK_WIFI, NULL, w->now);
  g_assert_cmpuint(bound->datagrams, ==, beats + 1);
  world_free(w);
}

/* S-10: a hint that names no new path asks over the one there is, and the answer settles it */
static void test_network_changed_to_the_same(void) {
  for (int cut = 0; cut < 2; cut++) {
    world *w = world_new();
    world_joined(w, 1);
    world_run(w, 1350 * MS);
    int64_t o = w->now;
    world_forget(w);
    if (cut)
      world_cut(w);
    rj_link *bound = world_link(w);
    uint32_t beats = bound->datagrams;
    bound->migrate_status = STATUS_INVALID_ARGUMENT;
    const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
    rj_member_network_changed(w->member, NETWORK_LAN, &local, w->now);
    g_assert_cmpuint(bound->datagrams, ==, beats + 1);
    world_run(w, 1350 * MS);
    if (!cut) {
      g_assert_cmpint(rj_member_last_proof(w->member), >, o);
      o = rj_member_last_proof(w->member);
      world_cut(w);
    }
    world_forget(w);
    world_run_until(w, o + 5 * SECOND);
    world_expect_since(
        w, o, cut ? "4000 connection_changed 3>4 13\n" : "4000 connection_changed 3>4 2\n");
    world_free(w);
  }
}

/* S-10: without a network the address is known all the same, and attempts leave from there */
static void test_disconnected_with_an_address(void) {
  world *w = world_new();
  int64_t o = cut_after_proof(w);
  const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
  rj_member_network_changed(w->member, NETWORK_DISCONNECTED, &local, w->now);
  rj_member_network_changed(w->member, NETWORK_DISCONNECTED, NULL, w->now);
  g_assert_cmpuint(world_link(w)->migrations, ==, 0);
  world_run_until(w, o + 5 * SECOND);
  g_assert_cmpuint(world_link(w)->path.local.bytes[3], ==, 9);
  world_free(w);
}

/* S-25: a goodbye under way leaves from the new address, too */
static void test_a_goodbye_migrates(void) {
  world *w = world_new();
  world_joined(w, 1);
  rj_link *bound = world_link(w);
  world_cut(w);
  world_leave(w);
  const rj_address local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 9}, .port = 999};
  rj_member_network_changed(w->member, NETWORK_WIFI, &local, w->now);
  g_assert_cmpuint(bound->migrations, ==, 1);
  rj_member_network_changed(w->member, NETWORK_WIFI, NULL, w->now);
  g_assert_cmpuint(bound->migrations, ==, 1);
  world_run(w, 2 * SECOND);
  world_free(w);
}

/* section 2: after a sleep overdue timers run before packets, each once, in due order, with their ordinary events */
static void test_sleep(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  world_joined(w, 1);
  world_run(w, 1350 * MS);
  world_sleep(w, 30 * MINUTE);
  world_expect_since(w, w->now,
                     "0 connection_changed 3>4 2\n"
                     "0 connection_lost\n"
                     "0 user_offline 2 1\n"
                     "0 user_offline 3 1\n"
                     "0 connection_changed 4>5 4\n");
  world_free(w);
  /* 12 s: interrupted and lost; the attempt follows, and both members' peers are still there */
  w = world_new();
  world_set_roster(w, 1, (uint32_t[]){2});
  world_joined(w, 1);
  world_run(w, 1350 * MS);
  world_sleep(w, 12 * SECOND);
  int64_t woken = w->now;
  world_expect_since(w, woken, "0 connection_changed 3>4 2\n0 connection_lost\n");
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->events->len, ==, 2); /* SM and did_rejoin, no peer */
  world_free(w);
}

/* never early: a wake before its time does nothing */
static void test_never_early(void) {
  world *w = world_new();
  int64_t o = cut_after_proof(w);
  world_run_until(w, o + 4 * SECOND - 1);
  rj_member_wake(w->member, w->now);
  rj_member_wake(w->member, w->now);
  world_expect(w, "");
  g_assert_cmpint(rj_member_deadline(w->member), ==, o + 4 * SECOND);
  rj_member_wake(w->member, o + 4 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_free(w);
}

/* S-24 R-1: the state is that of the last SM, also while it is told */
static void state_sink(void *user, const rj_event_record *event) {
  world *w = user;
  if (event->kind == EVENT_CONNECTION_CHANGED)
    g_assert_cmpint(rj_member_state(w->member), ==, event->state);
  g_array_append_val(w->beats, event->time);
}

static void test_state(void) {
  world *w = world_new();
  w->config.sink.push = state_sink;
  world_join(w, "demo", 1);
  world_run(w, 2 * SECOND);
  world_cut(w);
  world_run(w, 30 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/silence/beats", test_beats);
  g_test_add_func("/client/silence/lost_beat", test_lost_beat);
  g_test_add_func("/client/silence/to_the_end_3x", test_to_the_end_3x);
  g_test_add_func("/client/silence/to_the_end_4x", test_to_the_end_4x);
  g_test_add_func("/client/silence/scaled", test_scaled);
  g_test_add_func("/client/silence/short", test_short_silence);
  g_test_add_func("/client/silence/old_link_wins", test_old_link_wins);
  g_test_add_func("/client/silence/loser_is_told", test_loser_is_told);
  g_test_add_func("/client/silence/unknown", test_unknown);
  g_test_add_func("/client/silence/unknown_in_outage", test_unknown_in_outage);
  g_test_add_func("/client/silence/timeout", test_timeout);
  g_test_add_func("/client/silence/network_changed", test_network_changed);
  g_test_add_func("/client/silence/network_changed_for_nothing", test_network_changed_for_nothing);
  g_test_add_func("/client/silence/network_changed_early", test_network_changed_early);
  g_test_add_func("/client/silence/network_changed_to_the_same", test_network_changed_to_the_same);
  g_test_add_func("/client/silence/disconnected_with_an_address",
                  test_disconnected_with_an_address);
  g_test_add_func("/client/silence/goodbye_migrates", test_a_goodbye_migrates);
  g_test_add_func("/client/silence/sleep", test_sleep);
  g_test_add_func("/client/silence/never_early", test_never_early);
  g_test_add_func("/client/silence/state", test_state);
  return g_test_run();
}
