/* The text of the last failure: per handle, per thread, and never that of a freed handle. */
#include <string.h>

#include "abi/scene.h"

static void fail(rj_client *client, int32_t role) {
  g_assert_cmpint(rj_client_set_client_role(client, role), ==, RJ_ERR_INVALID_ARGUMENT);
}

static void expect_text(const rj_client *client, int32_t role) {
  char *text = role == 0 ? g_strdup("")
                         : g_strdup_printf("role is %d; it must be 1 (broadcaster) or 2 (audience)",
                                           (int)role);
  g_assert_cmpstr(rj_client_error_text(client), ==, text);
  g_free(text);
}

static void test_each_handle_has_its_own(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_client(&s), *two = scene_client(&s);
  expect_text(one, 0);
  fail(one, 11);
  expect_text(two, 0);
  fail(two, 22);
  expect_text(one, 11);
  expect_text(two, 22);
  g_assert_cmpstr(rj_runtime_error_text(s.runtime), ==, "");
  g_assert_cmpint(rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  expect_text(one, 11); /* a call that works changes nothing */
  fail(one, 33);
  expect_text(one, 33);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

static gpointer on_another_thread(gpointer user) {
  rj_client *client = (rj_client *)user;
  expect_text(client, 0);
  fail(client, 44);
  expect_text(client, 44);
  return NULL;
}

static void test_each_thread_has_its_own(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  fail(client, 11);
  g_thread_join(g_thread_new("other", on_another_thread, client));
  expect_text(client, 11);
  rj_client_free(client);
  scene_end(&s);
}

static void test_a_freed_handles_text_is_nobodys(void) {
  scene s;
  scene_begin(&s, 1);
  for (int i = 0; i < 100; i++) { /* the allocator gives the same address again and again */
    rj_client *client = scene_client(&s);
    expect_text(client, 0);
    fail(client, 11);
    rj_client_free(client);
  }
  scene_end(&s);
}

static void test_eight_handles_are_remembered(void) {
  enum { KEPT = 8 };
  scene s;
  rj_client *clients[KEPT + 1];
  scene_begin(&s, 1);
  for (int i = 0; i <= KEPT; i++) {
    clients[i] = scene_client(&s);
    fail(clients[i], 100 + i);
  }
  expect_text(clients[0], 0); /* the oldest is forgotten, not mistaken */
  for (int i = 1; i <= KEPT; i++)
    expect_text(clients[i], 100 + i);
  for (int i = 0; i <= KEPT; i++)
    rj_client_free(clients[i]);
  scene_end(&s);
}

static void test_texts_say_what_to_do(void) { /* S-4 S-5 */
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_member(&s, 1);
  g_assert_cmpint(rj_client_join_channel(client, NULL, "demo", 1), ==,
                  RJ_ERR_JOIN_CHANNEL_REJECTED);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "join in state connected; leave the channel first (S-4, S-5)");
  g_assert_cmpint(rj_client_dispatch(client, 0), ==, RJ_ERR_NOT_READY);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "dispatch without a listener; call rj_client_set_listener first");
  g_assert_cmpint(rj_edge_drain(s.edge, 86400000000001), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(
      rj_edge_error_text(s.edge), ==,
      "duration_ns is 86400000000001; it must be between 0 (at once) and 86400000000000 "
      "(24 h)");
  g_assert_cmpint(rj_edge_drain(s.edge, -1), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_drain(s.edge, 1000000000), ==, 1); /* */
  g_assert_cmpint(rj_edge_crash(s.edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_crash(s.edge), ==, RJ_ERR_INVALID_STATE);
  g_assert_cmpstr(rj_edge_error_text(s.edge), ==,
                  "the edge is down already; rj_edge_restart brings it back");
  g_assert_cmpint(rj_edge_drain(s.edge, 0), ==, RJ_ERR_INVALID_STATE);
  rj_client_free(client);
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/errors/handles", test_each_handle_has_its_own);
  g_test_add_func("/errors/threads", test_each_thread_has_its_own);
  g_test_add_func("/errors/freed", test_a_freed_handles_text_is_nobodys);
  g_test_add_func("/errors/eight", test_eight_handles_are_remembered);
  g_test_add_func("/errors/texts", test_texts_say_what_to_do);
  return g_test_run();
}
