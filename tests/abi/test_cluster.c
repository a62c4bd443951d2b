/* Edges of a cluster, and the faults of the bus under them, as an app gives them. */
#include <string.h>

#include "scene.h"

#define refused(edge, call, status, words)                                                         \
  do {                                                                                             \
    g_assert_cmpint(call, ==, status);                                                             \
    g_assert_nonnull(strstr(rj_edge_error_text(edge), words));                                     \
  } while (0)

static rj_edge *clustered_edge(scene *s) {
  const rj_edge_options options = {.size = sizeof options, .cluster = "home"};
  rj_edge *edge = NULL;
  g_assert_cmpint(rj_edge_new(s->runtime, &options, &edge), ==, RJ_OK);
  return edge;
}

static void test_faults_are_checked(void) {
  scene s;
  scene_begin(&s, 1);
  rj_edge *edge = clustered_edge(&s);
  rj_edge *none = nothing;
  g_assert_cmpint(rj_edge_set_bus_faults(none, NULL), ==, RJ_ERR_INVALID_ARGUMENT);
  refused(s.edge, rj_edge_set_bus_faults(s.edge, NULL), RJ_ERR_INVALID_STATE, "no cluster");

  const rj_faults fine = {.size = sizeof fine, .loss = 0.5, .jitter_ns = SECOND, .duplicate = 1};
  const rj_bus_faults good = {.size = sizeof good, .up = &fine, .down = &fine, .side = 3};
  g_assert_cmpint(rj_edge_set_bus_faults(edge, &good), ==, RJ_OK);
  rj_bus_faults faults = good;
  faults.size = 3;
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "size");
  faults = good;
  faults.gone = 2;
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "gone is 2");
  rj_faults bad = fine;
  bad.loss = 2;
  faults = good;
  faults.down = &bad;
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "loss is 2");
  bad = (rj_faults){.size = sizeof bad, .corrupt = 0.1};
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "corrupt is set");
  bad = (rj_faults){.size = sizeof bad, .mtu = 1500};
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "mtu is set");
  bad = (rj_faults){.size = sizeof bad, .rate = 1};
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "rate is set");
  bad = (rj_faults){.size = sizeof bad, .queue = 1};
  refused(edge, rj_edge_set_bus_faults(edge, &faults), RJ_ERR_INVALID_ARGUMENT, "queue is set");
  rj_edge_free(edge);
  scene_end(&s);
}

/* Before, while and after it is down. */
static void test_faults_of_an_edge_that_is_down(void) {
  const rj_bus_faults gone = {.size = sizeof gone, .gone = 1};
  scene s;
  scene_begin(&s, 2);
  rj_edge *edge = clustered_edge(&s);
  g_assert_cmpint(rj_edge_set_bus_faults(edge, &gone), ==, RJ_OK);
  g_assert_cmpint(rj_edge_crash(edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_set_bus_faults(edge, NULL), ==, RJ_OK);
  g_assert_cmpint(rj_edge_set_bus_faults(edge, &gone), ==, RJ_OK);
  scene_run(&s, 1);
  g_assert_cmpint(rj_edge_restart(edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_set_bus_faults(edge, NULL), ==, RJ_OK);
  scene_run(&s, 1);
  rj_runtime_free(s.runtime);
  refused(edge, rj_edge_set_bus_faults(edge, NULL), RJ_ERR_NOT_INITIALIZED, "");
  rj_edge_free(edge);
  rj_edge_free(s.edge);
}

static void test_a_real_runtime(void) {
  const rj_edge_options options = {.size = sizeof options, .cluster = "home"};
  scene s;
  scene_begin_real(&s);
  rj_edge *edge = s.edge;
  g_assert_cmpint(rj_edge_new(s.runtime, &options, &edge), ==, RJ_ERR_NOT_SUPPORTED);
  g_assert_null(edge);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "rejoin-edge --cluster"));
  refused(s.edge, rj_edge_set_bus_faults(s.edge, NULL), RJ_ERR_NOT_SUPPORTED, "simulated");
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cluster/arguments", test_faults_are_checked);
  g_test_add_func("/cluster/down", test_faults_of_an_edge_that_is_down);
  g_test_add_func("/cluster/real", test_a_real_runtime);
  return g_test_run();
}
