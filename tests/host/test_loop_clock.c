/* The real loop under a clock that jumps, as after a sleep or a standstill of its thread (SPEC section 2). Times are not scaled: who
 * sleeps for half an hour here does not wait for it. */
#define _GNU_SOURCE
#include <glib.h>
#include <stdatomic.h>

#include "host/loop/platform.h"
#include "host/stage.h"

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\n"
         "race:libgobject-2.0.so\ndeadlock:libgobject-2.0.so\n";
}

/* The system's clock, and what a machine slept beside it. */
typedef struct {
  _Atomic int64_t slept;
} jumpy;

static int64_t read_jumpy(void *user) {
  return rj_platform_now() + atomic_load(&((jumpy *)user)->slept);
}

/* An edge with a member of its own, and a member whose machine may sleep. */
typedef struct {
  jumpy edge_clock, clock;
  stage *edge, *sleeper;
  rj_host_server *server;
  actor *one, *two; /* one is the sleeper */
} town;

static void town_init(town *t) {
  *t = (town){0};
  t->edge = stage_new_with_clock(read_jumpy, &t->edge_clock);
  t->sleeper = stage_new_with_clock(read_jumpy, &t->clock);
  t->server = stage_server(t->edge);
  t->one = stage_client_uid(t->sleeper, t->server, 1);
  t->two = stage_client_uid(t->edge, t->server, 2);
  actor_join_and_run(t->one, "demo");
  actor_join_and_run(t->two, "demo");
  actor_expect_joined(t->one, ANY, 2);
  actor_expect_joined(t->two, ANY, 1);
}

static void town_clear(town *t) {
  stage_free(t->sleeper);
  stage_free(t->edge);
}

static void jump(stage *s, jumpy *clock, int64_t span) {
  atomic_fetch_add(&clock->slept, span);
  rj_host_poke(s->host);
}

static void wait_for_proof_after(actor *a, int64_t since) {
  for (int i = 0; i < 12000 && actor_last_proof(a) <= since; i++)
    g_usleep(5000);
  g_assert_cmpint(actor_last_proof(a), >, since);
}

/* S-8 S-11 S-12 P-9 N-2 N-3 N-4 N-5: half an hour asleep in CONNECTED */
static void test_half_an_hour_asleep(void) {
  town t;
  town_init(&t);
  jump(t.sleeper, &t.clock, 30 * RJ_MINUTE);
  int64_t at = actor_expect_state(t.one, ANY, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect(t.one, at, EVENT_CONNECTION_LOST);
  actor_expect_offline(t.one, at, 2, OFFLINE_DROPPED);
  actor_expect_state(t.one, at, STATE_FAILED, REASON_JOIN_FAILED);
  g_assert_cmpint(at, >=, 30 * RJ_MINUTE);
  /* it lives: a leave and a join bring it back */
  actor_leave(t.one);
  actor_expect_state(t.one, ANY, STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
  actor_expect(t.one, ANY, EVENT_DID_LEAVE_CHANNEL);
  actor_join_and_run(t.one, "demo");
  town_clear(&t);
}

/* S-7 N-3 N-5: … and in CONNECTING */
static void test_half_an_hour_asleep_in_a_join(void) {
  town t;
  town_init(&t);
  const role nowhere = {.uid = 3, .url = "rejoin://127.0.0.1:1"};
  actor *three = stage_client(t.sleeper, t.server, &nowhere);
  actor_join(three, "demo");
  actor_expect_state(three, ANY, STATE_CONNECTING, REASON_CONNECTING);
  jump(t.sleeper, &t.clock, 30 * RJ_MINUTE);
  actor_expect(three, ANY, EVENT_CONNECTION_LOST);
  actor_expect_state(three, ANY, STATE_FAILED, REASON_JOIN_FAILED);
  town_clear(&t);
}

/* A short sleep is none: no timer but the beat was overdue */
static void test_two_seconds_asleep(void) {
  town t;
  town_init(&t);
  int64_t proof = actor_last_proof(t.one);
  jump(t.sleeper, &t.clock, 2 * RJ_SECOND);
  wait_for_proof_after(t.one, proof + 2 * RJ_SECOND - 1);
  actor_expect_nothing(t.one);
  actor_expect_nothing(t.two);
  town_clear(&t);
}

/* A clock that is a little later each time that it is read, as a slow machine's is. */
static int64_t read_hurried(void *user) {
  return rj_platform_now() + atomic_fetch_add((_Atomic int64_t *)user, RJ_MILLISECOND / 2);
}

/* Within a turn of the loop time does not go back for anybody: not for who gets a late packet, and then its own timer. So that both
 * are due in one turn, again and again, the loop is held up. */
static void test_late_packets_beside_timers(void) {
  enum { MEMBERS = 16, ROUNDS = 60 };
  static _Atomic int64_t ahead;
  stage *s = stage_new_with_clock(read_hurried, &ahead);
  rj_host_server *server = stage_server(s);
  actor *members[MEMBERS];
  uint32_t streams[MEMBERS];
  for (uint32_t i = 0; i < MEMBERS; i++) {
    members[i] = stage_client_uid(s, server, i + 1);
    actor_join_and_run(members[i], "demo");
    streams[i] = actor_create_stream(members[i], true);
    actor_set_faults(
        members[i], BOTH,
        (rj_host_faults){.delay_ns = RJ_MILLISECOND, .jitter_ns = 20 * RJ_MILLISECOND});
  }
  for (int round = 0; round < ROUNDS; round++) {
    g_assert_cmpint(actor_send(members[round % MEMBERS], streams[round % MEMBERS], "hello"), ==,
                    STATUS_OK);
    rj_host_enter(s->host);
    g_usleep(20000);
    rj_host_leave(s->host);
    g_usleep(5000);
  }
  for (uint32_t i = 0; i < MEMBERS; i++)
    g_assert_cmpint(actor_state(members[i]), ==, STATE_CONNECTED);
  stage_free(s);
}

/* The client's thread stands still while the answer to a beat lies in its socket, and wakes `span` later, when N-2 is overdue. */
static void stall_client(town *t, int64_t span) {
  int64_t proof = actor_last_proof(t->one);
  wait_for_proof_after(t->one, proof); /* a beat's: the next one is sent in 1.3 s */
  proof = actor_last_proof(t->one);
  rj_host_enter(t->edge->host); /* does not read */
  g_usleep(1400000);
  rj_host_enter(t->sleeper->host);
  rj_host_leave(t->edge->host);
  g_usleep(100000); /* the edge answers */
  g_assert_cmpint(rj_member_last_proof(rj_host_member_get(t->one->member)), ==, proof);
  atomic_fetch_add(&t->clock.slept, span);
  g_assert_cmpint(read_jumpy(&t->clock), >, proof + RJ_INTERRUPTED_AFTER);
  rj_host_leave(t->sleeper->host);
  rj_host_poke(t->sleeper->host);
}

/* After 4 s overdue timers come before packets */
static void test_a_long_stall_of_a_client(void) {
  town t;
  town_init(&t);
  stall_client(&t, 4 * RJ_SECOND);
  actor_expect_state(t.one, ANY, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect_state(t.one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(t.one, ANY, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_nothing(t.two);
  town_clear(&t);
}

/* … after less they do not, although N-2 is overdue: the answer says that there was no silence */
static void test_a_short_stall_of_a_client(void) {
  town t;
  town_init(&t);
  stall_client(&t, 3 * RJ_SECOND);
  wait_for_proof_after(t.one, stage_now(t.sleeper));
  actor_expect_nothing(t.one);
  town_clear(&t);
}

/* N-4: an edge whose loop stood still for 30 s adds them to what it heard, and drops nobody */
static void test_a_stall_of_an_edge(void) {
  town t;
  town_init(&t);
  rj_server_counters counters;
  for (int i = 0; i < 3; i++) {
    int64_t heard = server_last_heard(t.edge, t.server, "demo", 1);
    jump(t.edge, &t.edge_clock, 30 * RJ_SECOND);
    for (int j = 0;
         j < 1000 && server_last_heard(t.edge, t.server, "demo", 1) < heard + 30 * RJ_SECOND; j++)
      g_usleep(5000);
    g_assert_cmpint(server_last_heard(t.edge, t.server, "demo", 1), >=, heard + 30 * RJ_SECOND);
  }
  rj_host_enter(t.edge->host);
  rj_server_counters_get(rj_host_server_get(t.server), &counters);
  rj_host_leave(t.edge->host);
  g_assert_cmpuint(counters.drops, ==, 0);
  g_assert_cmpint(actor_state(t.one), ==, STATE_CONNECTED);
  actor_expect_nothing(t.one);
  town_clear(&t);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/clock/late-packets-beside-timers", test_late_packets_beside_timers);
  g_test_add_func("/clock/asleep/connected", test_half_an_hour_asleep);
  g_test_add_func("/clock/asleep/connecting", test_half_an_hour_asleep_in_a_join);
  g_test_add_func("/clock/asleep/short", test_two_seconds_asleep);
  g_test_add_func("/clock/stall/client-long", test_a_long_stall_of_a_client);
  g_test_add_func("/clock/stall/client-short", test_a_short_stall_of_a_client);
  g_test_add_func("/clock/stall/edge", test_a_stall_of_an_edge);
  return g_test_run();
}
