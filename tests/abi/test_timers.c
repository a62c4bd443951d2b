/* Each timer of SPEC section 2 as C programs set it, alone and with a time scale. */
#include <stddef.h>
#include <string.h>

#include "abi/scene.h"

#define MILLISECOND INT64_C(1000000)
#define TICK        MILLISECOND
#define ONE_WAY     (10 * MILLISECOND)

/* An edge with options of its own in place of the scene's. */
static void use_edge(scene *s, const rj_edge_options *options) {
  rj_edge_free(s->edge);
  g_assert_cmpint(rj_edge_new(s->runtime, options, &s->edge), ==, RJ_OK);
  s->urls[0] = rj_edge_url(s->edge);
  s->options.urls = s->urls;
  s->options.fingerprint = rj_edge_fingerprint(s->edge);
}

/* Until the next proof has come; returns when that was. */
static int64_t next_proof(scene *s, rj_client *client) {
  int64_t before = rj_client_last_heard(client);
  while (rj_client_last_heard(client) == before)
    scene_run(s, 0.001);
  return rj_client_last_heard(client);
}

/* Lets time pass until an event of the kind has been taken, and returns when that was; the others are
 * taken and passed over. */
static int64_t time_of(scene *s, rj_client *client, int32_t kind, double seconds) {
  rj_event event = {.size = sizeof event};
  scene_run(s, seconds);
  while (rj_client_next_event(client, &event) == 1) {
    if (event.kind == kind)
      return event.time_ns;
  }
  g_error("there was no %s", rj_event_name(kind));
}

static void expect_at(int64_t time, int64_t at) {
  g_assert_cmpint(time, >=, at);
  g_assert_cmpint(time, <=, at + TICK);
}

/* N-2 N-3 N-4 N-5: alone, whatever the scale is; and the others by the scale. */
static void test_timers_of_an_outage(void) {
  const double scales[] = {0, 0.1, 3};
  const struct {
    size_t field;
    int32_t kind;
    int64_t value;
  } timers[] = {
      {offsetof(rj_client_timers, interrupted_ns), RJ_EVENT_CONNECTION_CHANGED, 2 * SECOND},
      {offsetof(rj_client_timers, lost_ns), RJ_EVENT_CONNECTION_LOST, 14 * SECOND},
      {offsetof(rj_client_timers, offline_ns), RJ_EVENT_USER_OFFLINE, 17 * SECOND},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(scales) * G_N_ELEMENTS(timers); i++) {
    double scale = scales[i / G_N_ELEMENTS(timers)];
    size_t which = i % G_N_ELEMENTS(timers);
    scene s;
    scene_begin(&s, 1);
    use_edge(&s, &(rj_edge_options){.size = sizeof(rj_edge_options), .time_scale = scale});
    s.options.time_scale = scale;
    rj_client *peer = scene_member(&s, 2);
    memcpy((char *)&s.options.timers + timers[which].field, &timers[which].value, sizeof(int64_t));
    rj_client *one = scene_member(&s, 1);
    int64_t heard = next_proof(&s, one);
    scene_cut(one);
    if (timers[which].field != offsetof(rj_client_timers, interrupted_ns)) { /* comes before */
      scene_run(&s, 4 * (scale != 0 ? scale : 1) + 0.001);
      scene_expect_state(one, RJ_STATE_RECONNECTING, RJ_REASON_INTERRUPTED);
    }
    expect_at(time_of(&s, one, timers[which].kind, 18), heard + timers[which].value);
    rj_client_free(one);
    rj_client_free(peer);
    scene_end(&s);
  }
}

static void test_giving_up(void) { /* N-5 */
  scene s;
  scene_begin(&s, 1);
  s.options.timers.give_up_ns = 31 * SECOND;
  rj_client *one = scene_member(&s, 1);
  int64_t heard = next_proof(&s, one);
  scene_cut(one);
  scene_run(&s, 5);
  scene_drain(one);
  expect_at(time_of(&s, one, RJ_EVENT_CONNECTION_CHANGED, 40), heard + 31 * SECOND);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_FAILED);
  rj_client_free(one);
  scene_end(&s);
}

static void test_beat_and_statistics(void) { /* N-1 N-8 */
  scene s;
  scene_begin(&s, 1);
  s.options.timers.beat_ns = 700 * MILLISECOND;
  s.options.timers.stats_ns = 300 * MILLISECOND;
  s.options.stats = 1;
  rj_client *one = scene_member(&s, 1);
  int64_t heard = next_proof(&s, one);
  expect_at(next_proof(&s, one), heard + 700 * MILLISECOND);
  scene_drain(one);
  int64_t first = time_of(&s, one, RJ_EVENT_STATS, 0.3);
  expect_at(time_of(&s, one, RJ_EVENT_STATS, 0.3), first + 300 * MILLISECOND);
  rj_client_free(one);
  scene_end(&s);
}

static void test_token_warning(void) { /* N-6 */
  const char *const ids[] = {"app"}, *const certificates[] = {"certificate"};
  const int64_t wall = 1700000000;
  const rj_token_privilege join = {RJ_PRIVILEGE_JOIN, 60};
  char token[4097];
  size_t length;
  const rj_token_options options = {
      .size = sizeof options,
      .app_id = ids[0],
      .certificate = certificates[0],
      .channel = "demo",
      .issued_at = (uint32_t)wall,
      .expire = 600,
      .privileges = &join,
      .privilege_count = 1,
  };
  g_assert_cmpint(rj_token_build(&options, token, sizeof token, &length), ==, RJ_OK);
  scene s = {0};
  const rj_runtime_options simulated = {
      .size = sizeof simulated, .simulated = 1, .seed = 1, .wall_ns = wall * SECOND};
  g_assert_cmpint(rj_runtime_new(&simulated, &s.runtime), ==, RJ_OK);
  s.options = (rj_client_options){.size = sizeof s.options, .app_id = "app", .url_count = 1};
  use_edge(&s, &(rj_edge_options){.size = sizeof(rj_edge_options),
                                  .app_count = 1,
                                  .app_ids = ids,
                                  .app_certificates = certificates});
  s.options.timers.token_warning_ns = 12 * SECOND;
  rj_client *one = scene_client(&s);
  g_assert_cmpint(rj_client_join_channel(one, token, "demo", 1), ==, RJ_OK);
  int64_t warned = time_of(&s, one, RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE, 50);
  g_assert_cmpint(warned, >=, 48 * SECOND);
  g_assert_cmpint(warned, <=, 48 * SECOND + ONE_WAY + 2 * TICK);
  rj_client_free(one);
  scene_end(&s);
}

static void test_timers_of_an_edge(void) { /* N-4 N-7 P-4 */
  scene s;
  scene_begin(&s, 1);
  use_edge(&s, &(rj_edge_options){.size = sizeof(rj_edge_options),
                                  .time_scale = 0.1,
                                  .offline_ns = 6 * SECOND,
                                  .empty_channel_ns = 500 * MILLISECOND});
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  next_proof(&s, one);
  scene_cut(one);
  scene_drain(two);
  scene_run(&s, 0.1);
  int64_t heard = rj_edge_last_heard(s.edge, NULL, "demo", 1);
  expect_at(time_of(&s, two, RJ_EVENT_USER_OFFLINE, 7), heard + 6 * SECOND + ONE_WAY);
  size_t length;
  rj_client_leave_channel(two);
  scene_run(&s, 0.5);
  g_assert_cmpint(rj_edge_channels(s.edge, NULL, NULL, 0, &length), ==, RJ_ERR_BUFFER_TOO_SMALL);
  scene_run(&s, 0.02);
  g_assert_cmpint(rj_edge_channels(s.edge, NULL, NULL, 0, &length), ==, RJ_OK);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/timers/of an outage", test_timers_of_an_outage);
  g_test_add_func("/timers/giving up", test_giving_up);
  g_test_add_func("/timers/beat and statistics", test_beat_and_statistics);
  g_test_add_func("/timers/token warning", test_token_warning);
  g_test_add_func("/timers/of an edge", test_timers_of_an_edge);
  return g_test_run();
}
