/* Networks that change, sleep and standstill through the C interface: what is checked, and what a real runtime refuses. */
#include "abi/scene.h"

#include <string.h>

static void refused(rj_client *client, int32_t status, int32_t expected, const char *words) {
  g_assert_cmpint(status, ==, expected);
  g_assert_nonnull(strstr(rj_client_error_text(client), words));
}

static void test_arguments(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_member(&s, 1);
  rj_edge *no_edge = nothing;
  rj_client *no_client = nothing;
  rj_runtime *no_runtime = nothing;
  g_assert_cmpint(rj_client_network_changed(no_client, 1), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_rebind(no_client, 0, NULL), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_change_address(no_client, NULL), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_suspend(no_client, 1), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_pause(no_edge, 1), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_runtime_step_wall(no_runtime, 1), ==, RJ_ERR_INVALID_ARGUMENT);

  refused(client, rj_client_network_changed(client, -2), RJ_ERR_INVALID_ARGUMENT, "network is -2");
  refused(client, rj_client_network_changed(client, 7), RJ_ERR_INVALID_ARGUMENT, "network is 7");
  refused(client, rj_client_rebind(client, 2, NULL), RJ_ERR_INVALID_ARGUMENT, "what is 2");
  refused(client, rj_client_rebind(client, RJ_REBIND_PORT, "192.0.2.1"), RJ_ERR_INVALID_ARGUMENT,
          "address is given");
  refused(client, rj_client_rebind(client, RJ_REBIND_ADDRESS, "home"), RJ_ERR_INVALID_ARGUMENT,
          "\"home\"");
  refused(client, rj_client_rebind(client, RJ_REBIND_ADDRESS, "10.0.0.1"), RJ_ERR_REFUSED,
          "10.0.0.0/16");
  refused(client, rj_client_suspend(client, 0), RJ_ERR_INVALID_ARGUMENT, "span_ns is 0");
  g_assert_cmpint(rj_edge_pause(s.edge, -1), ==, RJ_ERR_INVALID_ARGUMENT);

  const rj_address_change good = {.size = sizeof good, .network = RJ_NETWORK_4G};
  rj_address_change change = good;
  change.size = 3;
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "size");
  change = good;
  change.network = RJ_NETWORK_DISCONNECTED;
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "network");
  change = good;
  change.overlap_ns = -1;
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "overlap_ns");
  change = good;
  change.overlap_ns = 3600 * SECOND + 1;
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "overlap_ns");
  change = good;
  change.dead = 2;
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "dead");
  change = good;
  change.address = "1.2.3";
  refused(client, rj_client_change_address(client, &change), RJ_ERR_INVALID_ARGUMENT, "1.2.3");
  scene_run(&s, 10);
  scene_expect_nothing(client); /* nothing of it happened */
  rj_client_free(client);
  scene_end(&s);
}

/* S-10 */
static void test_changes(void) {
  scene s;
  scene_begin(&s, 2);
  rj_client *client = scene_member(&s, 1);
  g_assert_cmpint(rj_client_network_changed(client, RJ_NETWORK_LAN), ==, RJ_OK);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_NETWORK_CHANGED)->network, ==, RJ_NETWORK_LAN);
  g_assert_cmpint(rj_client_network_changed(client, RJ_NETWORK_DISCONNECTED), ==, RJ_OK);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_NETWORK_CHANGED)->network, ==, 0);
  g_assert_cmpint(rj_client_change_address(client, NULL), ==, RJ_OK);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_NETWORK_CHANGED)->network, ==, RJ_NETWORK_UNKNOWN);
  scene_run(&s, 1);
  const rj_address_change change = {.size = sizeof change,
                                    .network = RJ_NETWORK_5G,
                                    .overlap_ns = SECOND,
                                    .address = "192.0.2.1"};
  g_assert_cmpint(rj_client_change_address(client, &change), ==, RJ_OK);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_NETWORK_CHANGED)->network, ==, RJ_NETWORK_5G);
  g_assert_cmpint(rj_client_rebind(client, RJ_REBIND_PORT, NULL), ==, RJ_OK);
  g_assert_cmpint(rj_client_rebind(client, RJ_REBIND_ADDRESS, "198.51.100.7:99"), ==, RJ_OK);
  scene_run(&s, 30);
  scene_expect_nothing(client);
  g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_CONNECTED);
  rj_client_free(client);
  scene_end(&s);
}

/* Section 2 */
static void test_sleep_standstill_and_clock(void) {
  scene s;
  scene_begin(&s, 3);
  rj_client *client = scene_member(&s, 1);
  scene_run(&s, 1);
  g_assert_cmpint(rj_client_suspend(client, 12 * SECOND), ==, RJ_OK);
  scene_run(&s, 12);
  scene_expect_state(client, RJ_STATE_RECONNECTING, RJ_REASON_INTERRUPTED);
  scene_expect(client, RJ_EVENT_CONNECTION_LOST);
  scene_expect_nothing(client);
  scene_run(&s, 13);
  scene_expect_state(client, RJ_STATE_CONNECTED, RJ_REASON_JOIN_SUCCESS);
  scene_expect(client, RJ_EVENT_DID_REJOIN_CHANNEL);
  g_assert_cmpint(rj_edge_pause(s.edge, 2 * SECOND), ==, RJ_OK);
  g_assert_cmpint(rj_runtime_step_wall(s.runtime, -1000 * SECOND), ==, RJ_OK);
  scene_run(&s, 10);
  scene_expect_nothing(client);
  g_assert_cmpint(rj_runtime_step_wall(s.runtime, INT64_MAX), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "2262"));
  g_assert_cmpint(rj_edge_crash(s.edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_pause(s.edge, SECOND), ==, RJ_ERR_INVALID_STATE);
  g_assert_nonnull(strstr(rj_edge_error_text(s.edge), "down"));
  rj_client_free(client);
  scene_end(&s);
}

/* A real runtime's machine sleeps by itself, and its wall clock is the system's. */
static void test_a_real_runtime(void) {
  scene s;
  scene_begin_real(&s);
  rj_client *client = scene_client(&s);
  refused(client, rj_client_suspend(client, SECOND), RJ_ERR_NOT_SUPPORTED, "simulated");
  g_assert_cmpint(rj_runtime_step_wall(s.runtime, SECOND), ==, RJ_ERR_NOT_SUPPORTED);
  g_assert_cmpint(rj_client_network_changed(client, RJ_NETWORK_WIFI), ==, RJ_OK);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_NETWORK_CHANGED)->network, ==, RJ_NETWORK_WIFI);
  rj_client_free(client);
  scene_end(&s);
}

/* Once the runtime is gone there is nothing to change. */
static void test_without_a_runtime(void) {
  scene s;
  scene_begin(&s, 4);
  rj_client *client = scene_client(&s);
  rj_runtime_free(s.runtime);
  g_assert_cmpint(rj_client_network_changed(client, 1), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_client_rebind(client, 0, NULL), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_client_change_address(client, NULL), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_client_suspend(client, 1), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_edge_pause(s.edge, 1), ==, RJ_ERR_NOT_INITIALIZED);
  rj_client_free(client);
  rj_edge_free(s.edge);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/networks/arguments", test_arguments);
  g_test_add_func("/networks/changes", test_changes);
  g_test_add_func("/networks/sleep", test_sleep_standstill_and_clock);
  g_test_add_func("/networks/real", test_a_real_runtime);
  g_test_add_func("/networks/no-runtime", test_without_a_runtime);
  return g_test_run();
}
