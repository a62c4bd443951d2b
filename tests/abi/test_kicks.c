/* Kicks and counters of an edge through the C interface. */
#include <string.h>

#include "abi/scene.h"

static int32_t kick(scene *s, rj_kick given, uint64_t *id) {
  given.size = sizeof given;
  return rj_edge_kick(s->edge, &given, id);
}

static rj_edge_counts counters(scene *s) {
  rj_edge_counts counts = {.size = sizeof counts};
  g_assert_cmpint(rj_edge_counters(s->edge, &counts), ==, RJ_OK);
  return counts;
}

/* S-15 P-8 S-6: removed now, seen as quit, and kept out until the kick is lifted. */
static void test_kick_and_lift(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  scene_drain(one);
  uint64_t id = 0;
  g_assert_cmpint(
      kick(&s, (rj_kick){.channel = "demo", .uid = 1, .duration_ns = RJ_KICK_DEFAULT}, &id), ==, 1);
  g_assert_cmpuint(id, ==, 1);
  scene_run(&s, 30);
  scene_expect_state(one, RJ_STATE_FAILED, RJ_REASON_BANNED_BY_SERVER);
  scene_expect_nothing(one);
  const rj_event *offline = scene_expect(two, RJ_EVENT_USER_OFFLINE);
  g_assert_cmpuint(offline->uid, ==, 1);
  g_assert_cmpint(offline->reason, ==, RJ_OFFLINE_QUIT);
  g_assert_cmpuint(counters(&s).kicked, ==, 1);
  g_assert_cmpuint(counters(&s).kicks, ==, 1);
  g_assert_cmpuint(counters(&s).members, ==, 1);
  g_assert_cmpuint(counters(&s).joins, ==, 2);

  rj_kick_info info = {.size = sizeof info};
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, 1);
  g_assert_cmpuint(info.id, ==, id);
  g_assert_cmpuint(info.uid, ==, 1);
  g_assert_cmpstr(info.channel, ==, "demo");
  g_assert_cmpstr(info.app_id, ==, "");
  g_assert_cmpstr(info.ip, ==, "");
  g_assert_cmpint(info.until_ns, ==, rj_runtime_now(s.runtime) + (3600 - 30) * SECOND);
  g_assert_cmpint(rj_edge_next_kick(s.edge, id, &info), ==, 0);

  g_assert_cmpint(rj_client_leave_channel(one), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  scene_run(&s, 1);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_FAILED);
  g_assert_cmpint(rj_edge_change_kick(s.edge, id, 0), ==, RJ_OK);
  g_assert_cmpint(rj_edge_change_kick(s.edge, id, 0), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_edge_error_text(s.edge), ==, "id is 1; there is no such kick, or it is over");
  g_assert_cmpint(rj_client_leave_channel(one), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  scene_run(&s, 1);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_CONNECTED);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

static void test_an_address(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1);
  uint64_t id = 7;
  g_assert_cmpint(kick(&s, (rj_kick){.ip = "10.255.255.254"}, &id), ==, 0);
  g_assert_cmpuint(id, ==, 0); /* once: nothing is kept */
  g_assert_cmpint(kick(&s, (rj_kick){.uid = 1, .app_id = "other"}, NULL), ==, 0);
  g_assert_cmpint(kick(&s, (rj_kick){.uid = 1}, NULL), ==, 1);
  rj_kick_info info = {.size = sizeof info};
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, 0);
  rj_client_free(one);
  scene_end(&s);
}

static void test_bad_kicks_name_the_rule(void) {
  static const char name[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef+";
  const struct {
    rj_kick kick;
    int32_t status;
    const char *text;
  } cases[] = {
      {{0},
       RJ_ERR_INVALID_ARGUMENT,
       "neither channel nor uid nor ip is given; a kick names at least one (A-1)"},
      {{.channel = name},
       RJ_ERR_INVALID_CHANNEL_NAME,
       "channel name is 65 bytes long; a name has 1 to 64"},
      {{.uid = 1, .app_id = name},
       RJ_ERR_INVALID_ARGUMENT,
       "app id is 65 bytes long; at most 64 are allowed"},
      {{.ip = "10.0.0.1:80"},
       RJ_ERR_INVALID_ARGUMENT,
       "ip is \"10.0.0.1:80\"; it must be a numeric IPv4 or IPv6 address without a port"},
      {{.uid = 1, .duration_ns = -2},
       RJ_ERR_INVALID_ARGUMENT,
       "duration_ns is -2; it must be between 0 (once) and 86400000000000 (24 h), or "
       "RJ_KICK_DEFAULT"},
      {{.uid = 1, .duration_ns = 86400 * SECOND + 1},
       RJ_ERR_INVALID_ARGUMENT,
       "duration_ns is 86400000000001; it must be between 0 (once) and 86400000000000 (24 h), or "
       "RJ_KICK_DEFAULT"},
  };
  scene s;
  scene_begin(&s, 1);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_assert_cmpint(kick(&s, cases[i].kick, NULL), ==, cases[i].status);
    g_assert_cmpstr(rj_edge_error_text(s.edge), ==, cases[i].text);
  }
  g_assert_cmpint(rj_edge_change_kick(s.edge, 1, INT64_MAX), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpuint(counters(&s).kicks, ==, 0);
  scene_end(&s);
}

/* Programs that know less, or more. */
static void test_sizes(void) {
  scene s;
  scene_begin(&s, 1);
  struct {
    rj_kick kick;
    uint64_t more[2];
  } newer = {.kick = {.size = sizeof newer, .uid = 1, .duration_ns = SECOND}};
  g_assert_cmpint(rj_edge_kick(s.edge, &newer.kick, NULL), ==, 0);
  newer.more[1] = 1;
  g_assert_cmpint(rj_edge_kick(s.edge, &newer.kick, NULL), ==, RJ_ERR_NOT_SUPPORTED);
  rj_kick old = {.size = 8, .uid = 2}; /* once, everywhere */
  g_assert_cmpint(rj_edge_kick(s.edge, &old, NULL), ==, 0);

  rj_kick_info info;
  memset(&info, 0x55, sizeof info);
  info.size = offsetof(rj_kick_info, app_id);
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, 1);
  g_assert_cmpuint(info.uid, ==, 1);
  g_assert_cmpint(info.app_id[0], ==, 0x55); /* not ours to write */
  info.size = 4;
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, RJ_ERR_INVALID_ARGUMENT);
  rj_edge_counts counts = {.size = 3};
  g_assert_cmpint(rj_edge_counters(s.edge, &counts), ==, RJ_ERR_INVALID_ARGUMENT);
  scene_end(&s);
}

/* SPEC section 5; and a runtime that is gone. */
static void test_kicks_outlive_the_edge(void) {
  scene s;
  scene_begin(&s, 1);
  uint64_t id;
  rj_kick_info info = {.size = sizeof info};
  g_assert_cmpint(kick(&s, (rj_kick){.uid = 1, .duration_ns = 60 * SECOND}, &id), ==, 0);
  g_assert_cmpint(rj_edge_crash(s.edge), ==, RJ_OK);
  g_assert_cmpuint(counters(&s).kicks, ==, 1);
  g_assert_cmpint(rj_edge_change_kick(s.edge, id, 90 * SECOND), ==, RJ_OK);
  g_assert_cmpint(rj_edge_restart(s.edge), ==, RJ_OK);
  scene_run(&s, 89.5);
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, 1);
  scene_run(&s, 0.5);
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, 0);
  rj_runtime_free(s.runtime);
  rj_edge_counts counts = {.size = sizeof counts};
  g_assert_cmpint(kick(&s, (rj_kick){.uid = 1}, &id), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_edge_change_kick(s.edge, id, 0), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, &info), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_edge_counters(s.edge, &counts), ==, RJ_ERR_NOT_INITIALIZED);
  rj_edge_free(s.edge);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/kicks/kick and lift", test_kick_and_lift);
  g_test_add_func("/kicks/an address", test_an_address);
  g_test_add_func("/kicks/bad kicks name the rule", test_bad_kicks_name_the_rule);
  g_test_add_func("/kicks/sizes", test_sizes);
  g_test_add_func("/kicks/kicks outlive the edge", test_kicks_outlive_the_edge);
  return g_test_run();
}
