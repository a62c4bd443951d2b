/* Edges that come, fall silent, die, stop, drain, and lose the bus or each other. */
#include <string.h>

#include "edge/cluster_rig.h"

static void pair(cluster_rig *c, cluster_member **one, cluster_member **two, uint64_t seed) {
  cluster_begin(c, 2, seed);
  *one = cluster_join(c, 0, 1);
  *two = cluster_join(c, 1, 2);
  cluster_run(c, 10 * SECOND);
  expect_told(c, *one, "+2");
  expect_told(c, *two, "+1");
}

/* P-4: the members of an edge that died are offline 20 s (and a hello) after it was heard last. */
static void test_an_edge_dies(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 1);
  cluster_crash(&c, 1);
  cluster_run(&c, 19 * SECOND);
  expect_told(&c, one, "");
  cluster_run(&c, 2 * SECOND + 10 * MS);
  expect_told(&c, one, "-2:1");
  rj_cluster_edge edge;
  g_assert_true(rj_server_cluster_edge(c.rigs[0].server, 0, &edge));
  g_assert_true(edge.gone);
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, 0);
  cluster_end(&c);
}

/* P-3: all its members rejoin elsewhere, or where it comes up again, within 20 s: nobody is told. */
static void test_members_of_a_dead_edge_rejoin(void) {
  for (int where = 0; where < 2; where++) {
    cluster_rig c;
    cluster_member *one, *two;
    pair(&c, &one, &two, 2);
    cluster_crash(&c, 1);
    cluster_run(&c, 5 * SECOND);
    if (where == 1)
      cluster_start(&c, 1);
    cluster_run(&c, 5 * SECOND);
    g_assert_true(cluster_move(&c, two, where, NULL));
    cluster_run(&c, 60 * SECOND);
    expect_told(&c, one, "");
    expect_told(&c, two, "");
    expect_seen(&c, two, "1");
    expect_everywhere(&c, 0, "1 2");
    cluster_end(&c);
  }
}

/* P-11: an edge that is not heard for 4 s (and a hello) has members that are not heard. */
static void test_a_silent_edge_is_an_interruption(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 3);
  rj_control request = cluster_request(&c, 1);
  request.body.join_request.peer_interruptions = 1;
  cluster_member *one = cluster_ask(&c, 0, &request, NULL);
  cluster_join(&c, 1, 2);
  cluster_run(&c, 10 * SECOND);
  expect_told(&c, one, "+2");
  cluster_part(&c, 1);
  cluster_run(&c, 6 * SECOND);
  expect_told(&c, one, "?2");
  cluster_heal(&c);
  cluster_run(&c, 1 * SECOND + 10 * MS);
  expect_told(&c, one, "!2");
  cluster_crash(&c, 1);
  cluster_run(&c, 22 * SECOND);
  expect_told(&c, one, "?2 -2:1");
  cluster_end(&c);
}

/* A clean stop: known at once, so that nobody is sent there; its members have their 20 s to move. */
static void test_an_edge_stops(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 4);
  const char *url, *fingerprint;
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(url, ==, "rejoin://b:1");
  g_assert_cmpstr(fingerprint, ==, "ab");
  g_assert_false(rj_server_neighbours(c.rigs[0].server, 1, &url, &fingerprint));
  cluster_stop(&c, 1);
  cluster_run(&c, 10 * MS);
  g_assert_false(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  cluster_run(&c, 20 * SECOND - 20 * MS);
  expect_told(&c, one, "");
  cluster_run(&c, 20 * MS);
  expect_told(&c, one, "-2:1");
  cluster_end(&c);
}

/* Another certificate under a running edge: the others send nobody there with the old one's fingerprint. */
static void test_a_new_fingerprint_is_told_at_once(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 11);
  const char *url, *fingerprint;
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(fingerprint, ==, "ab");
  rj_server_set_fingerprint(cluster_at(&c, 1)->server, "cd", c.now);
  cluster_run(&c, 10 * MS);
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(fingerprint, ==, "cd");
  cluster_connect(&c, 1, false); /* told when the bus is there again */
  rj_server_set_fingerprint(cluster_at(&c, 1)->server, "ef", c.now);
  cluster_run(&c, 10 * MS);
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(fingerprint, ==, "cd");
  cluster_connect(&c, 1, true);
  cluster_run(&c, 10 * MS);
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(fingerprint, ==, "ef");
  cluster_end(&c);
}

/* a draining edge is no neighbour any more. */
static void test_an_edge_drains(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 5);
  const char *url, *fingerprint;
  for (size_t i = 0; i < 2; i++)
    g_assert_true(rj_server_neighbours(c.rigs[0].server, i, &url, &fingerprint));
  rj_server_drain(cluster_at(&c, 1)->server, 10 * SECOND, c.now);
  cluster_run(&c, 10 * MS);
  g_assert_true(rj_server_neighbours(c.rigs[0].server, 0, &url, &fingerprint));
  g_assert_cmpstr(url, ==, "rejoin://c:1");
  g_assert_false(rj_server_neighbours(c.rigs[0].server, 1, &url, &fingerprint));
  /* those that are there are handed out in any order, so that clients spread */
  unsigned first[2] = {0};
  for (int i = 0; i < 64; i++) {
    g_assert_true(rj_server_neighbours(c.rigs[1].server, 0, &url, &fingerprint));
    first[strcmp(url, "rejoin://a:1") == 0]++;
  }
  g_assert_cmpuint(first[0], >, 10);
  g_assert_cmpuint(first[1], >, 10);
  rj_cluster_status status;
  rj_server_cluster_status(c.rigs[0].server, &status);
  g_assert_cmpstr(status.name, ==, "test");
  g_assert_true(status.connected);
  g_assert_cmpuint(status.edges, ==, 2);
  g_assert_cmpuint(status.alive, ==, 2);
  cluster_end(&c);
}

/* P-3 P-4 P-5: a partition. Shorter than 20 s nobody is told; longer, each side keeps its own, and after healing all are equal. */
static void test_a_partition(void) {
  for (int span = 15; span <= 40; span += 25) {
    cluster_rig c;
    cluster_member *one, *two;
    pair(&c, &one, &two, 6);
    cluster_part(&c, 1);
    cluster_run(&c, span * SECOND);
    cluster_heal(&c);
    cluster_run(&c, 2 * SECOND);
    expect_told(&c, one, span < 20 ? "" : "-2:1 +2");
    expect_told(&c, two, span < 20 ? "" : "-1:1 +1");
    /* what comes to be in the time is told after it */
    cluster_part(&c, 1);
    cluster_member *three = cluster_join(&c, 1, 3);
    cluster_leave(&c, two);
    cluster_run(&c, 10 * SECOND);
    expect_told(&c, one, "");
    cluster_heal(&c);
    cluster_run(&c, 6 * SECOND);
    expect_told(&c, one, "-2:0 +3");
    expect_seen(&c, three, "1");
    cluster_end(&c);
  }
}

/* The same uid on both sides of a partition: exactly one is left. */
static void test_a_partition_with_one_uid_on_both_sides(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 7);
  cluster_part(&c, 1);
  cluster_run(&c, 30 * SECOND);
  cluster_member *other = cluster_join(&c, 1, 1); /* edge 1 does not know of it any more */
  cluster_run(&c, 5 * SECOND);
  cluster_heal(&c);
  cluster_run(&c, 7 * SECOND);
  cluster_listen(&c, one);
  cluster_listen(&c, other);
  g_assert_true(one->removed);
  g_assert_false(other->removed);
  for (int i = 0; i < 2; i++)
    expect_everywhere(&c, i, "1 2");
  cluster_end(&c);
}

/* nats-server is gone, and comes back: the members stay, and what happened meanwhile is known at once. */
static void test_the_bus_is_gone(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 8);
  for (int i = 0; i < 2; i++)
    cluster_connect(&c, i, false);
  rj_bus_order order;
  g_assert_false(rj_server_bus_next(c.rigs[0].server, &order));
  cluster_run(&c, 5 * SECOND);
  rj_cluster_status status;
  rj_server_cluster_status(c.rigs[0].server, &status);
  g_assert_false(status.connected);
  cluster_member *three = cluster_join(&c, 0, 3);
  expect_told(&c, one, "+3"); /* local presence goes on */
  cluster_run(&c, 5 * SECOND);
  for (int i = 0; i < 2; i++)
    cluster_connect(&c, i, true);
  cluster_run(&c, 10 * MS);
  expect_told(&c, one, "");
  expect_told(&c, two, "+3");
  expect_seen(&c, three, "1 2");
  /* it was away for an edge alone */
  cluster_connect(&c, 1, false);
  cluster_leave(&c, three);
  cluster_run(&c, 3 * SECOND);
  expect_told(&c, two, "");
  cluster_connect(&c, 1, true);
  cluster_run(&c, 10 * MS);
  expect_told(&c, two, "-3:0");
  cluster_end(&c);
}

/* Section 2: an edge that stood still does not hold the others' silence against them. */
static void test_an_edge_stands_still(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 9);
  cluster_run(&c, 1 * SECOND);
  c.now += 30 * SECOND;
  for (int i = 0; i < 2; i++) {
    test_rig *rig = cluster_at(&c, i);
    rj_server_stalled(rig->server, 30 * SECOND, c.now);
  }
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, one, "");
  expect_told(&c, two, "");
  cluster_end(&c);
}

/* An edge that is gone is forgotten after a while; what a restarted one said before it stopped is not believed. */
static void test_edges_are_forgotten(void) {
  cluster_rig c;
  cluster_member *one, *two;
  pair(&c, &one, &two, 10);
  for (int i = 0; i < 5; i++) {
    cluster_stop(&c, 1);
    cluster_run(&c, 1 * SECOND);
    cluster_start(&c, 1);
    cluster_run(&c, 1 * SECOND);
  }
  rj_cluster_status status;
  rj_server_cluster_status(c.rigs[0].server, &status);
  g_assert_cmpuint(status.edges, ==, 6);
  g_assert_cmpuint(status.alive, ==, 1);
  cluster_run(&c, 21 * RJ_MINUTE);
  rj_server_cluster_status(c.rigs[0].server, &status);
  g_assert_cmpuint(status.edges, ==, 1);
  cluster_end(&c);
}

/* What is wrong with a cluster's config is said. */
static void test_wrong_configs(void) {
  char long_text[400];
  memset(long_text, 'x', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  const struct {
    rj_server_cluster cluster;
    const char *word;
  } wrong[] = {
      {{.name = ""}, "cluster name"},
      {{.name = "a.b"}, "cluster name"},
      {{.name = "a>"}, "cluster name"},
      {{.name = long_text}, "cluster name"},
      {{.name = "a", .url = long_text}, "url"},
      {{.name = "a", .fingerprint = long_text}, "fingerprint"},
      {{.name = "a", .hello = -1}, "period"},
      {{.name = "a", .digest = -1}, "period"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    test_rig rig;
    rj_server_config config = rig_config(&rig);
    config.cluster = wrong[i].cluster;
    char error[256] = "";
    g_assert_null(rj_server_new(&config, rig.now, error, sizeof error));
    g_assert_nonnull(strstr(error, wrong[i].word));
    rig.server = NULL;
    rig_end(&rig);
  }
}

/* An edge alone wants nothing of a bus and takes nothing from one. */
static void test_alone(void) {
  test_rig rig;
  rig_default(&rig);
  rj_bus_order order;
  rj_server_bus_connected(rig.server, true, rig.now);
  rig_joined(&rig, "demo", 1, 1, NULL);
  g_assert_false(rj_server_bus_next(rig.server, &order));
  rj_server_bus_feed(rig.server, "rejoin.test.e", (const uint8_t *)"x", 1, rig.now);
  rj_cluster_status status;
  rj_server_cluster_status(rig.server, &status);
  g_assert_null(status.name);
  const char *url, *fingerprint;
  g_assert_false(rj_server_neighbours(rig.server, 0, &url, &fingerprint));
  g_assert_cmpuint(rig_counters(&rig).bus_in, ==, 0);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/edges/dies", test_an_edge_dies);
  g_test_add_func("/edge/cluster/edges/dies and all rejoin", test_members_of_a_dead_edge_rejoin);
  g_test_add_func("/edge/cluster/edges/silent", test_a_silent_edge_is_an_interruption);
  g_test_add_func("/edge/cluster/edges/stops", test_an_edge_stops);
  g_test_add_func("/edge/cluster/edges/a new fingerprint", test_a_new_fingerprint_is_told_at_once);
  g_test_add_func("/edge/cluster/edges/drains", test_an_edge_drains);
  g_test_add_func("/edge/cluster/edges/partition", test_a_partition);
  g_test_add_func("/edge/cluster/edges/partition with one uid",
                  test_a_partition_with_one_uid_on_both_sides);
  g_test_add_func("/edge/cluster/edges/bus gone", test_the_bus_is_gone);
  g_test_add_func("/edge/cluster/edges/stall", test_an_edge_stands_still);
  g_test_add_func("/edge/cluster/edges/forgotten", test_edges_are_forgotten);
  g_test_add_func("/edge/cluster/edges/wrong configs", test_wrong_configs);
  g_test_add_func("/edge/cluster/edges/alone", test_alone);
  return g_test_run();
}
