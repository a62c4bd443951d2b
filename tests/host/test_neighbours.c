/* Three edges with certificates of their own, and a client that was given one url and one fingerprint: it gets by with what the
 * edges hand out. They are no cluster for most of it, so that each knows of its own members alone. */
#include <string.h>

#include "edge/edge_internal.h"
#include "host/stage.h"
#include "link/trust.h"

enum { EDGES = 3 };

typedef struct {
  stage *s;
  rj_host_server *edges[EDGES];
} trio;

static void add(rejoin_Neighbours *set, const char *url, const char *fingerprint) {
  rejoin_Neighbour *edge = &set->edges[set->edges_count++];
  g_strlcpy(edge->url, url, sizeof edge->url);
  g_assert_true(rj_fingerprint_read(fingerprint, edge->fingerprint.bytes));
  edge->fingerprint.size = RJ_FINGERPRINT_SIZE;
}

static void set_neighbours(const trio *t, int of, const rejoin_Neighbours *set) {
  rj_host_enter(t->s->host);
  rj_server *server = rj_host_server_get(t->edges[of]);
  rj_neighbours_set(server, set);
  server->neighbours.look_at = RJ_NEVER;
  rj_host_leave(t->s->host);
}

/* This one hands out the others. */
static void hand_out(const trio *t, int of) {
  rejoin_Neighbours set = {.edges_count = 0};
  for (int i = 0; i < EDGES; i++) {
    if (i != of)
      add(&set, rj_host_server_url(t->edges[i]), rj_host_server_fingerprint(t->edges[i]));
  }
  set_neighbours(t, of, &set);
}

static trio trio_new(bool simulated, uint64_t seed) {
  trio t = {.s = stage_new(simulated, seed)};
  for (int i = 0; i < EDGES; i++)
    t.edges[i] = stage_server(t.s);
  for (int i = 0; i < EDGES; i++)
    hand_out(&t, i);
  return t;
}

/* At which edge the uid is; -1: at none or at several. */
static int where(const trio *t, uint32_t uid) {
  int found = -1, count = 0;
  rj_host_enter(t->s->host);
  for (int i = 0; i < EDGES; i++) {
    const rj_server *server = rj_host_server_get(t->edges[i]);
    if (server == NULL || rj_server_last_heard(server, NULL, "demo", uid) == 0)
      continue;
    found = i;
    count++;
  }
  rj_host_leave(t->s->host);
  return count == 1 ? found : -1;
}

static void crash(const trio *t, int which) {
  rj_host_enter(t->s->host);
  g_assert_cmpint(rj_host_server_crash(t->edges[which]), ==, STATUS_OK);
  rj_host_leave(t->s->host);
}

/* It stops first, if it is up. */
static void restart(const trio *t, int which) {
  char error[RJ_HOST_ERROR_SIZE];
  rj_host_enter(t->s->host);
  g_assert_cmpint(rj_host_server_restart(t->edges[which], error), ==, STATUS_OK);
  rj_host_leave(t->s->host);
}

static void drain(const trio *t, int which) {
  int64_t now = rj_host_enter(t->s->host);
  g_assert_cmpuint(rj_server_drain(rj_host_server_get(t->edges[which]), 0, now), >=, 1);
  rj_host_server_touch(t->edges[which]);
  rj_host_leave(t->s->host);
}

/* S-8 S-13: its edge dies without a word: one RECONNECTING, and it is at another one well before 20 s. */
static void test_its_edge_dies(void) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    trio t = trio_new(true, seed);
    actor *one = stage_client_uid(t.s, t.edges[0], 1);
    actor_join_and_run(one, "demo");
    stage_run(t.s, 11 * RJ_SECOND);
    g_assert_cmpint(where(&t, 1), ==, 0);
    int64_t o = stage_run_to_proof(t.s, one);
    crash(&t, 0);
    stage_run_until(t.s, o + 11 * RJ_SECOND);
    actor_expect_state(one, o + RJ_INTERRUPTED_AFTER, STATE_RECONNECTING, REASON_INTERRUPTED);
    int64_t back = actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
    g_assert_cmpint(back, <, o + 10500 * RJ_MILLISECOND);
    actor_expect(one, back, EVENT_DID_REJOIN_CHANNEL);
    actor_expect_nothing(one);
    g_assert_cmpint(where(&t, 1), >, 0);

    /* the last two: it goes on from what the second one handed out */
    int second = where(&t, 1);
    restart(&t, 0);
    hand_out(&t, 0);
    stage_run(t.s, 11 * RJ_SECOND);
    o = stage_run_to_proof(t.s, one);
    crash(&t, second);
    stage_run_until(t.s, o + 11 * RJ_SECOND);
    g_assert_cmpint(actor_state(one), ==, STATE_CONNECTED);
    g_assert_cmpint(where(&t, 1), ==, 0); /* the app's own url has the turn after */
    stage_free(t.s);
  }
}

/* Two of three die at once. */
static void test_two_die(void) {
  int both_ways = 0;
  for (uint64_t seed = 1; seed <= 8; seed++) {
    trio t = trio_new(true, seed);
    actor *one = stage_client_uid(t.s, t.edges[0], 1);
    actor_join_and_run(one, "demo");
    stage_run(t.s, 11 * RJ_SECOND);
    int64_t o = stage_run_to_proof(t.s, one);
    crash(&t, 0);
    crash(&t, 1);
    stage_run_until(t.s, o + 17 * RJ_SECOND);
    actor_expect_state(one, o + RJ_INTERRUPTED_AFTER, STATE_RECONNECTING, REASON_INTERRUPTED);
    if (one->seen->len - one->read > 2) { /* S-11: the second attempt, too, went to a dead one */
      actor_expect(one, o + RJ_LOST_AFTER, EVENT_CONNECTION_LOST);
      both_ways |= 1;
    } else {
      both_ways |= 2;
    }
    actor_expect(one, actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS),
                 EVENT_DID_REJOIN_CHANNEL);
    actor_expect_nothing(one);
    g_assert_cmpint(where(&t, 1), ==, 2);
    stage_free(t.s);
  }
  g_assert_cmpint(both_ways, ==, 3);
}

/* each edge is drained in turn; the member moves and moves, and is told nothing. */
static void test_drained_in_turn(void) {
  trio t = trio_new(true, 3);
  actor *one = stage_client_uid(t.s, t.edges[0], 1);
  actor_join_and_run(one, "demo");
  for (int round = 0; round < 6; round++) {
    stage_run(t.s, 11 * RJ_SECOND);
    int at = where(&t, 1);
    g_assert_cmpint(at, >=, 0);
    drain(&t, at);
    stage_run(t.s, 1 * RJ_SECOND);
    actor_expect_nothing(one);
    /* edges of a cluster would tell each other; here the old one may keep its record for a while */
    restart(&t, at);
    hand_out(&t, at);
    g_assert_cmpint(where(&t, 1), >=, 0);
    g_assert_cmpint(where(&t, 1), !=, at);
  }
  actor_expect_nothing(one);
  stage_free(t.s);
}

/* S-9: an edge that goes down says so; without a drain that is the one RECONNECTING. */
static void test_stopped(void) {
  trio t = trio_new(true, 4);
  actor *one = stage_client_uid(t.s, t.edges[0], 1);
  actor_join_and_run(one, "demo");
  stage_run(t.s, 11 * RJ_SECOND);
  int64_t t0 = stage_now(t.s);
  restart(&t, 0);
  stage_run(t.s, 1 * RJ_SECOND);
  int64_t lost = actor_expect_state(one, ANY, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
  int64_t back = actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  g_assert_cmpint(lost, <=, t0 + 20 * RJ_MILLISECOND);
  g_assert_cmpint(back, <=, lost + 100 * RJ_MILLISECOND);
  actor_expect(one, back, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_nothing(one);
  g_assert_cmpint(where(&t, 1), >, 0);
  stage_free(t.s);
}

/* A neighbour that has another certificate than was said is not let in, whatever it would accept; nor is one by another's. */
static void test_another_certificate(void) {
  trio t = trio_new(true, 5);
  rejoin_Neighbours set = {.edges_count = 0};
  add(&set, rj_host_server_url(t.edges[1]), rj_host_server_fingerprint(t.edges[2]));
  set_neighbours(&t, 0, &set);
  actor *one = stage_client_uid(t.s, t.edges[0], 1);
  actor_join_and_run(one, "demo");
  stage_run(t.s, 11 * RJ_SECOND);
  drain(&t, 0);
  stage_run(t.s, 20 * RJ_SECOND);
  actor_expect_nothing(one);
  g_assert_cmpint(where(&t, 1), ==, 0);
  crash(&t, 0);
  stage_run(t.s, 60 * RJ_SECOND);
  g_assert_cmpint(actor_state(one), ==, STATE_RECONNECTING);
  g_assert_cmpint(where(&t, 1), ==, -1);
  stage_free(t.s);
}

/* ---- with a cluster that says who there is */

static rj_host_server *clustered(stage *s) {
  rj_host_server_config config = {.server.cluster.name = "demo"};
  int32_t status = STATUS_FAILED;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_server_timers_default(&config.server.timers, s->scale);
  rj_host_server *server = rj_host_server_new(s->host, &config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_ptr_array_add(s->servers, server);
  return server;
}

/* One edge hands it out. */
static bool hands_out(rj_host_server *edge, const char *url) {
  const rejoin_Neighbours *set = &rj_host_server_get(edge)->neighbours.set;
  for (pb_size_t i = 0; i < set->edges_count; i++) {
    if (strcmp(set->edges[i].url, url) == 0)
      return true;
  }
  return false;
}

/* Of many edges each hands out a few, the same ones as long as they are there; one that dies or drains is handed out no more,
 * and a place that is free is filled. */
static void test_many_edges(void) {
  enum { MANY = 9, BEATS = 40 };
  stage *s = stage_new(true, 6);
  rj_host_server *edges[MANY];
  actor *members[MANY];
  uint32_t numbers[MANY], times[MANY] = {0};
  for (int i = 0; i < MANY; i++)
    edges[i] = clustered(s);
  for (int i = 0; i < MANY; i++) {
    members[i] = stage_client_uid(s, edges[i], (uint32_t)i + 1);
    actor_join_and_run(members[i], "demo");
  }
  stage_run(s, 15 * RJ_SECOND);
  rj_host_enter(s->host);
  for (int i = 0; i < MANY; i++) {
    const rj_neighbours *neighbours = &rj_host_server_get(edges[i])->neighbours;
    g_assert_cmpuint(neighbours->set.edges_count, ==, RJ_NEIGHBOURS);
    numbers[i] = neighbours->number;
    for (int j = 0; j < MANY; j++)
      times[j] += hands_out(edges[i], rj_host_server_url(edges[j])) ? 1 : 0;
    g_assert_false(hands_out(edges[i], rj_host_server_url(edges[i])));
  }
  rj_host_leave(s->host);
  uint32_t in_all = 0;
  for (int i = 0; i < MANY; i++) {
    g_assert_cmpuint(times[i], <, MANY - 1); /* not all hand out the same ones */
    in_all += times[i];
  }
  g_assert_cmpuint(in_all, ==, MANY * RJ_NEIGHBOURS);

  stage_run(s, BEATS * RJ_BEAT_INTERVAL);
  for (int i = 0; i < MANY; i++)
    g_assert_cmpuint(rj_host_server_get(edges[i])->neighbours.number, ==, numbers[i]);

  int64_t now = rj_host_enter(s->host);
  rj_host_server_crash(edges[0]);
  rj_server_drain(rj_host_server_get(edges[1]), 0, now);
  rj_host_server_touch(edges[1]);
  rj_host_leave(s->host);
  stage_run(s, 15 * RJ_SECOND);
  for (int i = 1; i < MANY; i++) {
    g_assert_false(hands_out(edges[i], rj_host_server_url(edges[0])));
    g_assert_false(hands_out(edges[i], rj_host_server_url(edges[1])));
    const rj_neighbours *neighbours = &rj_host_server_get(edges[i])->neighbours;
    g_assert_cmpuint(neighbours->set.edges_count, ==, RJ_NEIGHBOURS);
    g_assert_cmpuint(neighbours->number, <=, numbers[i] + 2);
  }
  stage_free(s);
}

/* On real sockets, by a name. */
static void test_by_name(void) {
  trio t = trio_new(false, 0);
  const char *port = strrchr(rj_host_server_url(t.edges[1]), ':');
  char *url = g_strconcat("rejoin://localhost", port, NULL);
  rejoin_Neighbours set = {.edges_count = 0};
  add(&set, url, rj_host_server_fingerprint(t.edges[1]));
  g_free(url);
  set_neighbours(&t, 0, &set);
  actor *one = stage_client_uid(t.s, t.edges[0], 1);
  g_assert_cmpint(actor_join(one, "demo"), ==, STATUS_OK);
  actor_expect_state(one, ANY, STATE_CONNECTING, REASON_CONNECTING);
  actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(one, ANY, EVENT_DID_JOIN_CHANNEL);
  g_assert_cmpint(where(&t, 1), ==, 0);
  restart(&t, 0);
  actor_expect_state(one, ANY, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
  actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(one, ANY, EVENT_DID_REJOIN_CHANNEL);
  g_assert_cmpint(where(&t, 1), ==, 1);
  stage_free(t.s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/neighbours/its_edge_dies", test_its_edge_dies);
  g_test_add_func("/neighbours/two_die", test_two_die);
  g_test_add_func("/neighbours/drained_in_turn", test_drained_in_turn);
  g_test_add_func("/neighbours/stopped", test_stopped);
  g_test_add_func("/neighbours/another_certificate", test_another_certificate);
  g_test_add_func("/neighbours/many_edges", test_many_edges);
  g_test_add_func("/neighbours/by_name", test_by_name);
  return g_test_run();
}
