/* Networks that change in the simulator, devices that sleep and edges that stand still: what becomes of each datagram, and when. */
#include <glib.h>
#include <string.h>

#include "host/sim/sim.h"
#include "host/stage.h"

#define MS RJ_MILLISECOND
#define S  RJ_SECOND
enum { ONE_WAY = 10 };

static int32_t change(actor *a, rj_path_change how) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now = rj_host_enter(a->on->host);
  int32_t status = rj_host_member_change_path(a->member, &how, now, error);
  rj_host_leave(a->on->host);
  g_assert_cmpint(status == STATUS_OK, ==, error[0] == '\0');
  return status;
}

static rj_address address(const char *text) {
  rj_address parsed;
  g_assert_true(rj_address_parse(text, 0, &parsed));
  return parsed;
}

static int32_t move_to(actor *a, const char *text, int64_t overlap) {
  return change(a, (rj_path_change){.kind = RJ_PATH_MOVE,
                                    .network = NETWORK_WIFI,
                                    .overlap = overlap,
                                    .local = address(text)});
}

static int32_t rebind_to(actor *a, const char *text) {
  return change(a, (rj_path_change){.kind = RJ_PATH_REBIND_ADDRESS, .local = address(text)});
}

static void suspend(actor *a, int64_t span) {
  char error[RJ_HOST_ERROR_SIZE];
  int64_t now = rj_host_enter(a->on->host);
  g_assert_cmpint(rj_host_member_suspend(a->member, span, now, error), ==, STATUS_OK);
  rj_host_leave(a->on->host);
}

static int32_t pause_server(stage *s, rj_host_server *server, int64_t span) {
  char error[RJ_HOST_ERROR_SIZE];
  int64_t now = rj_host_enter(s->host);
  int32_t status = rj_host_server_pause(server, span, now, error);
  rj_host_leave(s->host);
  return status;
}

static rj_server_counters counters(stage *s, rj_host_server *server) {
  rj_server_counters all;
  rj_host_enter(s->host);
  rj_server_counters_get(rj_host_server_get(server), &all);
  rj_host_leave(s->host);
  return all;
}

/* ---- paths */

/* S-10: a member that is told; one whose NAT rebinds is not. */
static void test_who_is_told(void) {
  pair p = stage_simulated_pair(1);
  int64_t at = stage_now(p.s);
  g_assert_cmpint(move_to(p.one, "192.0.2.1", 0), ==, STATUS_OK);
  actor_expect(p.one, at, EVENT_NETWORK_CHANGED);
  g_assert_cmpint(change(p.two, (rj_path_change){.kind = RJ_PATH_REBIND_PORT}), ==, STATUS_OK);
  stage_run(p.s, 20 * S);
  actor_expect_nothing(p.one);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* What the edge sends to an address that was given up is lost; while it overlaps it arrives. */
static void test_the_old_address(void) {
  for (int overlaps = 0; overlaps < 2; overlaps++) {
    pair p = stage_simulated_pair(2);
    actor_leave(p.two);
    stage_run(p.s, ONE_WAY * MS); /* the edge has just told the one */
    g_assert_cmpint(move_to(p.one, "192.0.2.1", overlaps * 15 * MS), ==, STATUS_OK);
    actor_expect(p.one, ANY, EVENT_NETWORK_CHANGED);
    stage_run(p.s, ONE_WAY * MS);
    if (overlaps)
      actor_expect_offline(p.one, stage_now(p.s), 2, OFFLINE_QUIT);
    else
      actor_expect_nothing(p.one);
    stage_run(p.s, S); /* said again over the new path */
    if (!overlaps)
      actor_expect_offline(p.one, ANY, 2, OFFLINE_QUIT);
    actor_expect_nothing(p.one);
    stage_free(p.s);
  }
}

/* Addresses are given to one at a time: refused while somebody has them, also oneself, and free afterwards. */
static void test_one_address_for_one(void) {
  pair p = stage_simulated_pair(3);
  g_assert_cmpint(move_to(p.one, "192.0.2.1:5000", 0), ==, STATUS_OK);
  g_assert_cmpint(move_to(p.one, "192.0.2.1:5000", 0), ==, STATUS_REFUSED);
  g_assert_cmpint(move_to(p.two, "192.0.2.1:5000", 0), ==, STATUS_REFUSED);
  g_assert_cmpint(rebind_to(p.two, "192.0.2.1:5000"), ==, STATUS_REFUSED);
  g_assert_cmpint(move_to(p.two, "192.0.2.1:0", 0), ==, STATUS_OK); /* another port of it */
  g_assert_cmpint(rebind_to(p.two, "10.0.0.9"), ==, STATUS_REFUSED);
  g_assert_cmpint(rebind_to(p.two, "0.0.0.0"), ==, STATUS_REFUSED);
  g_assert_cmpint(rebind_to(p.two, "[2001:db8::1]:5000"), ==, STATUS_REFUSED);
  /* given up, and while it overlaps not yet */
  g_assert_cmpint(move_to(p.one, "192.0.2.2:5000", 2 * S), ==, STATUS_OK);
  stage_run(p.s, 2 * S - MS);
  g_assert_cmpint(rebind_to(p.two, "192.0.2.1:5000"), ==, STATUS_REFUSED);
  stage_run(p.s, MS);
  g_assert_cmpint(rebind_to(p.two, "192.0.2.1:5000"), ==, STATUS_OK);
  stage_run(p.s, 20 * S);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  g_assert_cmpint(actor_state(p.two), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* A client made later finds its address taken by a port, and takes another. */
static void test_a_home_that_is_taken(void) {
  pair p = stage_simulated_pair(4);
  g_assert_cmpint(move_to(p.one, "10.1.0.2:40000", 0), ==, STATUS_OK);
  actor *three = stage_client_uid(p.s, p.server, 3);
  actor_join_and_run(three, "demo");
  stage_run(p.s, 10 * S);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  g_assert_cmpint(actor_state(three), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* More moves than a device has interfaces: the oldest address works no longer, and is free. */
static void test_many_overlaps(void) {
  pair p = stage_simulated_pair(5);
  for (int i = 0; i < 20; i++) {
    char text[32];
    g_snprintf(text, sizeof text, "192.0.2.%d:5000", i);
    g_assert_cmpint(move_to(p.one, text, RJ_PATH_OVERLAP_MAX), ==, STATUS_OK);
    stage_run(p.s, 700 * MS);
  }
  g_assert_cmpint(rebind_to(p.two, "192.0.2.18:5000"), ==, STATUS_REFUSED);
  g_assert_cmpint(rebind_to(p.two, "192.0.2.3:5000"), ==, STATUS_OK);
  g_assert_cmpint(move_to(p.one, "192.0.2.18:5000", 0), ==, STATUS_OK); /* back to one of its own */
  stage_run(p.s, 20 * S);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  g_assert_cmpint(actor_state(p.two), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* ---- a NAT that forgets */

static void set_nat_idle(actor *a, int64_t idle) {
  actor_set_faults(a, UP, (rj_host_faults){.delay_ns = ONE_WAY * MS, .nat_idle_ns = idle});
}

/* What the edge sees. */
static uint16_t outside_port(const actor *a) {
  return ((const rj_sim_member *)a->member)->current->outside.port;
}

/* Until the one has sent nothing for so long, less than a beat. */
static void run_until_idle(pair *p, int64_t span) {
  stage_run_to_proof(p->s, p->one);
  stage_run(p->s, 100 * MS); /* the edge has checked the new way */
  stage_run_until(p->s, p->one->member->nat.used_at + span);
}

/* A mapping that lapses between two beats: another port with each of them, and nobody is told anything. P-3 P-4 N-1 N-4 */
static void test_a_nat_that_forgets_between_beats(void) {
  pair p = stage_simulated_pair(10);
  set_nat_idle(p.one, S);
  uint16_t last = outside_port(p.one);
  for (int i = 0; i < 60; i++) {
    stage_run_to_proof(p.s, p.one);
    g_assert_cmpuint(outside_port(p.one), !=, last);
    last = outside_port(p.one);
    g_assert_cmpint(server_last_heard(p.s, p.server, "demo", 1), ==, stage_now(p.s) - ONE_WAY * MS);
  }
  g_assert_cmpuint(counters(p.s, p.server).rejoins, ==, 0);
  g_assert_cmpuint(counters(p.s, p.server).drops, ==, 0);
  actor_expect_nothing(p.one);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* One that beats keep stays what it is. N-1 */
static void test_a_nat_that_is_kept(void) {
  pair p = stage_simulated_pair(11);
  set_nat_idle(p.one, 2 * S);
  uint16_t port = outside_port(p.one);
  stage_run(p.s, 60 * S);
  g_assert_cmpuint(outside_port(p.one), ==, port);
  stage_free(p.s);
}

/* What comes down while there is no mapping is lost, and said again once there is one: the first beat makes it. P-2 */
static void test_what_comes_to_a_lapsed_mapping(void) {
  for (int lapses = 0; lapses < 2; lapses++) {
    pair p = stage_simulated_pair(12);
    set_nat_idle(p.one, lapses ? S : 2 * S);
    run_until_idle(&p, S);
    int64_t left = stage_now(p.s);
    actor_leave(p.two);
    if (!lapses) {
      stage_run(p.s, S);
      actor_expect_offline(p.one, left + 2 * ONE_WAY * MS, 2, OFFLINE_QUIT);
    } else {
      stage_run(p.s, 100 * MS); /* no beat is due yet */
      actor_expect_nothing(p.one);
      stage_run(p.s, S);
      actor_expect_offline(p.one, ANY, 2, OFFLINE_QUIT);
    }
    actor_expect_nothing(p.one);
    stage_free(p.s);
  }
}

/* Only what passes on the way up keeps a mapping: neither what is lost there nor what comes down. N-2 S-13 */
static void test_what_keeps_a_mapping(void) {
  pair p = stage_simulated_pair(13);
  set_nat_idle(p.one, 2 * S);
  uint16_t port = outside_port(p.one);
  int64_t proof = stage_run_to_proof(p.s, p.one);
  actor_set_faults(p.one, UP, (rj_host_faults){.blackhole = 1, .nat_idle_ns = 2 * S});
  stage_run_until(p.s, proof + 3 * S);
  actor_leave(p.two); /* the way down is open, but for the NAT */
  stage_run(p.s, 2 * S);
  actor_expect_state(p.one, proof + 4 * S, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect_nothing(p.one);
  g_assert_cmpuint(outside_port(p.one), ==, port); /* nothing went up: there is no other one yet */
  set_nat_idle(p.one, 2 * S);
  stage_run(p.s, 2 * S);
  g_assert_cmpuint(outside_port(p.one), !=, port);
  actor_expect_state(p.one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(p.one, ANY, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_offline(p.one, ANY, 2, OFFLINE_QUIT);
  actor_expect_nothing(p.one);
  stage_free(p.s);
}

/* What has lapsed stays lapsed when the fault goes; a mapping that was made by hand meanwhile is a new one. */
static void test_a_nat_that_stops_forgetting(void) {
  for (int by_hand = 0; by_hand < 2; by_hand++) {
    pair p = stage_simulated_pair(14);
    set_nat_idle(p.one, S);
    run_until_idle(&p, S);
    set_nat_idle(p.one, 0);
    if (by_hand)
      g_assert_cmpint(change(p.one, (rj_path_change){.kind = RJ_PATH_REBIND_PORT}), ==, STATUS_OK);
    uint16_t port = outside_port(p.one);
    stage_run(p.s, S);
    g_assert_cmpint(outside_port(p.one) == port, ==, by_hand == 1);
    port = outside_port(p.one);
    stage_run(p.s, 10 * S);
    g_assert_cmpuint(outside_port(p.one), ==, port);
    stage_free(p.s);
  }
}

/* A profile may have such a NAT, too; the shorter time counts. */
static void test_a_nat_in_a_profile(void) {
  static const int64_t idles[][2] = {{S, 0}, {S, 30 * S}, {30 * S, S}, {30 * S, 0}};
  for (size_t i = 0; i < G_N_ELEMENTS(idles); i++) {
    pair p = stage_simulated_pair(15);
    set_nat_idle(p.one, idles[i][1]);
    const rj_network_profile_step steps[] = {{.up = {.nat_idle_ns = idles[i][0]}},
                                             {.at = 10 * S}}; /* from then on it does not forget */
    int64_t now = rj_host_enter(p.s->host);
    rj_host_member_follow(p.one->member, steps, G_N_ELEMENTS(steps), 0, now);
    rj_host_leave(p.s->host);
    uint16_t port = outside_port(p.one);
    stage_run(p.s, 9 * S);
    g_assert_cmpint(outside_port(p.one) != port, ==, idles[i][0] == S || idles[i][1] == S);
    stage_run(p.s, 2 * S);
    port = outside_port(p.one);
    stage_run(p.s, 9 * S);
    g_assert_cmpint(outside_port(p.one) != port, ==, idles[i][1] == S);
    stage_free(p.s);
  }
}

/* ---- sleep and standstill */

/* A sleeper that is freed says goodbye when it wakes (S-30); one whose simulation ends is simply gone. */
static void test_freed_asleep(void) {
  pair p = stage_simulated_pair(6);
  suspend(p.one, 5 * S);
  suspend(p.two, 3000 * S);
  actor_free_member(p.one);
  stage_run(p.s, 4990 * MS);
  g_assert_cmpuint(counters(p.s, p.server).leaves, ==, 0);
  stage_run(p.s, S);
  g_assert_cmpuint(counters(p.s, p.server).leaves, ==, 1);
  g_assert_cmpint(pause_server(p.s, p.server, 100 * S), ==, STATUS_OK);
  stage_run(p.s, 5 * S);
  stage_free(p.s);
}

/* Section 2: what waits in the socket of an edge that stands still is bounded; beyond it is lost, and nobody is dropped. */
static void test_a_full_socket(void) {
  stage *s = stage_new(true, 7);
  rj_host_server *server = stage_server(s);
  actor *clients[100];
  for (uint32_t i = 0; i < G_N_ELEMENTS(clients); i++) {
    clients[i] = stage_client_uid(s, server, i + 1);
    actor_join_and_run(clients[i], "demo");
  }
  stage_run(s, 5 * S);
  uint64_t before = counters(s, server).port.datagrams_in;
  g_assert_cmpint(pause_server(s, server, 290 * S), ==, STATUS_OK);
  stage_run(s, 290 * S); /* each beats for 20 s, and then tries to come back */
  uint64_t read = counters(s, server).port.datagrams_in - before;
  g_assert_cmpuint(read, ==, 8192);
  stage_run(s, 20 * S);
  g_assert_cmpuint(counters(s, server).drops, ==, 0);
  g_assert_cmpuint(counters(s, server).sessions, ==, G_N_ELEMENTS(clients));
  for (uint32_t i = 0; i < G_N_ELEMENTS(clients); i++)
    g_assert_cmpint(actor_state(clients[i]), ==, STATE_CONNECTED);
  stage_free(s);
}

/* Section 2: 1 s is the border; a shorter gap is not forgiven. N-4 */
static void test_the_gap_is_added(void) {
  static const int64_t spans[] = {900 * MS, 1000 * MS, 7 * S};
  for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
    pair p = stage_simulated_pair(8);
    actor_cut(p.one, UP);
    stage_run(p.s, 2 * S);
    int64_t heard = server_last_heard(p.s, p.server, "demo", 1);
    g_assert_cmpint(pause_server(p.s, p.server, spans[i]), ==, STATUS_OK);
    stage_run(p.s, spans[i] + MS);
    int64_t forgiven = spans[i] >= S ? spans[i] : 0;
    g_assert_cmpint(server_last_heard(p.s, p.server, "demo", 1), ==, heard + forgiven);
    g_assert_cmpint(server_last_heard(p.s, p.server, "demo", 2), <=, stage_now(p.s));
    stage_run(p.s, 30 * S);
    actor_forget(p.one);
    if (spans[i] < 4 * S)
      actor_expect_offline(p.two, heard + forgiven + 20 * S + ONE_WAY * MS, 1, OFFLINE_DROPPED);
    stage_free(p.s);
  }
}

/* Everything at once, twice from one seed: the same log. */
static char *story(uint64_t seed) {
  pair p = stage_simulated_pair(seed);
  for (int i = 0; i < 30; i++) {
    actor *a = i % 2 ? p.one : p.two;
    if (i % 3 == 0)
      change(a, (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_4G, .overlap = i * MS});
    else if (i % 3 == 1)
      change(a, (rj_path_change){.kind = RJ_PATH_REBIND_ADDRESS});
    if (i % 4 == 0)
      set_nat_idle(a, i * 100 * MS);
    if (i % 7 == 0)
      suspend(a, (i + 1) * S);
    if (i % 5 == 0)
      pause_server(p.s, p.server, i * 100 * MS + MS);
    stage_run(p.s, i * 300 * MS);
  }
  char *log = stage_log(p.s);
  stage_free(p.s);
  return log;
}

static void test_one_seed_one_log(void) {
  char *first = story(9), *second = story(9);
  g_assert_cmpstr(first, ==, second);
  g_assert_cmpuint(strlen(first), >, 500);
  g_free(first);
  g_free(second);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim_networks/told", test_who_is_told);
  g_test_add_func("/sim_networks/old-address", test_the_old_address);
  g_test_add_func("/sim_networks/one-for-one", test_one_address_for_one);
  g_test_add_func("/sim_networks/taken-home", test_a_home_that_is_taken);
  g_test_add_func("/sim_networks/many-overlaps", test_many_overlaps);
  g_test_add_func("/sim_networks/nat/forgets", test_a_nat_that_forgets_between_beats);
  g_test_add_func("/sim_networks/nat/is-kept", test_a_nat_that_is_kept);
  g_test_add_func("/sim_networks/nat/down", test_what_comes_to_a_lapsed_mapping);
  g_test_add_func("/sim_networks/nat/what-keeps-it", test_what_keeps_a_mapping);
  g_test_add_func("/sim_networks/nat/stops", test_a_nat_that_stops_forgetting);
  g_test_add_func("/sim_networks/nat/profile", test_a_nat_in_a_profile);
  g_test_add_func("/sim_networks/freed-asleep", test_freed_asleep);
  g_test_add_func("/sim_networks/full-socket", test_a_full_socket);
  g_test_add_func("/sim_networks/gap", test_the_gap_is_added);
  g_test_add_func("/sim_networks/seed", test_one_seed_one_log);
  return g_test_run();
}
