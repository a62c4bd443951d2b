/* What the tests of the C interface do again and again. */
#include "abi/scene.h"

void *nothing;

static void begin(scene *s, const rj_runtime_options *options) {
  *s = (scene){.real = options == NULL};
  g_assert_cmpint(rj_runtime_new(options, &s->runtime), ==, RJ_OK);
  g_assert_cmpint(rj_edge_new(s->runtime, NULL, &s->edge), ==, RJ_OK);
  s->urls[0] = rj_edge_url(s->edge);
  s->options = (rj_client_options){.size = sizeof s->options,
                                   .urls = s->urls,
                                   .url_count = 1,
                                   .fingerprint = rj_edge_fingerprint(s->edge)};
}

void scene_begin(scene *s, uint64_t seed) {
  rj_runtime_options options = {.size = sizeof options, .simulated = 1, .seed = seed};
  begin(s, &options);
}

void scene_begin_real(scene *s) {
  begin(s, NULL);
}

bool scene_is_simulated(const scene *s) {
  return !s->real;
}

void scene_end(scene *s) {
  rj_edge_free(s->edge);
  rj_runtime_free(s->runtime);
}

rj_client *scene_client(scene *s) {
  rj_client *client = NULL;
  g_assert_cmpint(rj_client_new(s->runtime, &s->options, &client), ==, RJ_OK);
  g_assert_nonnull(client);
  return client;
}

rj_client *scene_member(scene *s, uint32_t uid) {
  rj_client *client = scene_client(s);
  g_assert_cmpint(rj_client_join_channel(client, NULL, "demo", uid), ==, RJ_OK);
  scene_run(s, 1);
  g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_CONNECTED);
  scene_drain(client);
  return client;
}

void scene_run(scene *s, double seconds) {
  int64_t until = rj_runtime_now(s->runtime) + (int64_t)(seconds * 1e9);
  g_assert_cmpint(rj_runtime_run(s->runtime, until, 0), ==, 0);
}

void scene_wait(scene *s, const atomic_bool *done) {
  for (int i = 0; i < 30000 && !atomic_load(done); i++) {
    if (s->real)
      g_usleep(1000);
    else
      scene_run(s, 0.001);
  }
  g_assert_true(atomic_load(done));
}

static void set_faults(rj_client *client, int32_t blackhole) {
  rj_faults faults = {.size = sizeof faults, .blackhole = blackhole, .delay_ns = SECOND / 100};
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP | RJ_DIRECTION_DOWN, &faults), ==,
                  RJ_OK);
}

void scene_cut(rj_client *client) {
  set_faults(client, 1);
}

void scene_heal(rj_client *client) {
  set_faults(client, 0);
}

const rj_event *scene_expect(rj_client *client, int32_t kind) {
  static _Thread_local rj_event event;
  event.size = sizeof event;
  g_assert_cmpint(rj_client_next_event(client, &event), ==, 1);
  g_assert_cmpstr(rj_event_name(event.kind), ==, rj_event_name(kind));
  return &event;
}

void scene_expect_state(rj_client *client, int32_t state, int32_t reason) {
  const rj_event *event = scene_expect(client, RJ_EVENT_CONNECTION_CHANGED);
  g_assert_cmpstr(rj_state_name(event->state), ==, rj_state_name(state));
  g_assert_cmpstr(rj_reason_name(event->reason), ==, rj_reason_name(reason));
}

void scene_expect_nothing(rj_client *client) {
  rj_event event = {.size = sizeof event};
  g_assert_cmpint(rj_client_next_event(client, &event), ==, 0);
}

int scene_drain(rj_client *client) {
  rj_event event = {.size = sizeof event};
  int count = 0;
  while (rj_client_next_event(client, &event) == 1)
    count++;
  return count;
}
