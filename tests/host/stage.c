/* A stage for stories. */
#include "host/stage.h"

#include <string.h>

#include "client/url.h"

static stage *new_stage(const rj_host_config *config) {
  stage *s = g_new0(stage, 1);
  int32_t status = STATUS_FAILED;
  char error[RJ_HOST_ERROR_SIZE] = "";
  s->host = rj_host_new(config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_assert_cmpint(status, ==, STATUS_OK);
  s->scale = 1;
  s->actors = g_ptr_array_new();
  s->servers = g_ptr_array_new();
  return s;
}

stage *stage_new(bool simulated, uint64_t seed) {
  return new_stage(&(rj_host_config){.simulated = simulated, .seed = seed});
}

stage *stage_new_with_clock(int64_t (*clock)(void *user), void *user) {
  return new_stage(&(rj_host_config){.clock = clock, .user = user});
}

void stage_free(stage *s) {
  for (guint i = 0; i < s->actors->len; i++)
    actor_free_member((actor *)g_ptr_array_index(s->actors, i));
  for (guint i = 0; i < s->servers->len; i++)
    rj_host_server_free((rj_host_server *)g_ptr_array_index(s->servers, i));
  rj_host_free(s->host);
  for (guint i = 0; i < s->actors->len; i++) {
    actor *a = (actor *)g_ptr_array_index(s->actors, i);
    g_array_unref(a->seen);
    pthread_mutex_destroy(&a->lock);
    g_free(a);
  }
  g_ptr_array_unref(s->actors);
  g_ptr_array_unref(s->servers);
  g_free(s);
}

rj_host_server *stage_server(stage *s) {
  rj_host_server_config config = {0};
  return stage_server_with(s, &config);
}

rj_host_server *stage_server_with(stage *s, rj_host_server_config *config) {
  int32_t status = STATUS_FAILED;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_server_timers_default(&config->server.timers, s->scale);
  rj_host_server *server = rj_host_server_new(s->host, config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_assert_nonnull(server);
  g_ptr_array_add(s->servers, server);
  return server;
}

static void keep(void *user, const rj_event_record *event) {
  actor *a = (actor *)user;
  seen one = {
      .kind = event->kind,
      .time = event->time,
      .old_state = event->old_state,
      .state = event->state,
      .reason = event->reason,
      .uid = event->uid,
      .network = event->network,
      .elapsed = event->elapsed,
      .stream = event->stream_id,
      .count = event->count,
  };
  if (event->text != NULL)
    g_strlcpy(one.text, event->text, sizeof one.text);
  if (event->data != NULL)
    memcpy(one.text, event->data, MIN(event->data_length, sizeof one.text - 1));
  pthread_mutex_lock(&a->lock);
  g_array_append_val(a->seen, one);
  pthread_mutex_unlock(&a->lock);
}

actor *stage_client(stage *s, rj_host_server *server, const role *how) {
  actor *a = g_new0(actor, 1);
  rj_url url;
  int32_t status = STATUS_FAILED;
  char error[RJ_HOST_ERROR_SIZE] = "";
  bool parsed = rj_url_parse(how->url != NULL ? how->url : rj_host_server_url(server), &url, NULL);
  g_assert_true(parsed);
  a->on = s;
  a->uid = how->uid;
  a->seen = g_array_new(FALSE, FALSE, sizeof(seen));
  pthread_mutex_init(&a->lock, NULL);
  rj_host_member_config config = {
      .member =
          {
              .app_id = "",
              .role = ROLE_BROADCASTER,
              .profile = PROFILE_COMMUNICATION,
              .dialect = how->dialect == 0 ? DIALECT_3X : how->dialect,
              .time_scale = s->scale,
              .urls = &url,
              .url_count = 1,
              .sink = {keep, a},
          },
      .own_socket = how->own_socket,
      .fingerprint = rj_host_server_fingerprint(server),
  };
  rj_timers_default(&config.member.timers, s->scale);
  if (how->offline != 0)
    config.member.timers.offline = how->offline;
  a->member = rj_host_member_new(s->host, &config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_assert_nonnull(a->member);
  g_ptr_array_add(s->actors, a);
  return a;
}

actor *stage_client_uid(stage *s, rj_host_server *server, uint32_t uid) {
  const role how = {.uid = uid};
  return stage_client(s, server, &how);
}

void actor_free_member(actor *a) {
  if (a->member != NULL)
    rj_host_member_free(a->member);
  a->member = NULL;
}

/* ---- calls */

int32_t actor_join(actor *a, const char *channel) {
  int64_t now = rj_host_enter(a->on->host);
  int32_t status = rj_member_join(rj_host_member_get(a->member), NULL, channel, a->uid, now);
  rj_host_member_touch(a->member);
  rj_host_leave(a->on->host);
  return status;
}

int32_t actor_leave(actor *a) {
  int64_t now = rj_host_enter(a->on->host);
  int32_t status = rj_member_leave(rj_host_member_get(a->member), now);
  rj_host_member_touch(a->member);
  rj_host_leave(a->on->host);
  return status;
}

uint32_t actor_create_stream(actor *a, bool reliable) {
  uint32_t id = 0;
  rj_host_enter(a->on->host);
  int32_t status = rj_member_create_stream(rj_host_member_get(a->member), reliable, reliable, &id);
  rj_host_leave(a->on->host);
  g_assert_cmpint(status, ==, STATUS_OK);
  return id;
}

int32_t actor_send(actor *a, uint32_t stream, const char *text) {
  int64_t now = rj_host_enter(a->on->host);
  int32_t status = rj_member_send_stream(rj_host_member_get(a->member), stream,
                                         (const uint8_t *)text, strlen(text), now);
  rj_host_member_touch(a->member);
  rj_host_leave(a->on->host);
  return status;
}

int32_t actor_state(actor *a) {
  rj_host_enter(a->on->host);
  int32_t state = rj_member_state(rj_host_member_get(a->member));
  rj_host_leave(a->on->host);
  return state;
}

int64_t actor_last_proof(actor *a) {
  rj_host_enter(a->on->host);
  int64_t proof = rj_member_last_proof(rj_host_member_get(a->member));
  rj_host_leave(a->on->host);
  return proof;
}

void actor_set_faults(actor *a, int directions, rj_host_faults faults) {
  rj_host_enter(a->on->host);
  rj_host_member_set_faults(a->member, directions, &faults, rj_host_now(a->on->host));
  rj_host_leave(a->on->host);
}

static bool is_simulated(stage *s) {
  bool stopped;
  return rj_host_run(s->host, 0, NULL, NULL, &stopped) == STATUS_OK;
}

void actor_cut(actor *a, int directions) {
  actor_set_faults(a, directions, (rj_host_faults){.blackhole = 1});
}

void actor_heal(actor *a, int directions) {
  int64_t delay = is_simulated(a->on) ? 10 * RJ_MILLISECOND : 0;
  actor_set_faults(a, directions, (rj_host_faults){.delay_ns = delay});
}

/* ---- time */

int64_t stage_now(stage *s) {
  return rj_host_now(s->host);
}

void stage_run_until(stage *s, int64_t when) {
  bool stopped = true;
  int32_t status = rj_host_run(s->host, when, NULL, NULL, &stopped);
  g_assert_cmpint(status, ==, STATUS_OK);
  g_assert_false(stopped);
}

void stage_run(stage *s, int64_t span) {
  stage_run_until(s, stage_now(s) + span);
}

typedef struct {
  actor *a;
  int64_t before;
} proof_wait;

static bool proof_came(void *user) {
  proof_wait *wait = (proof_wait *)user;
  return actor_last_proof(wait->a) > wait->before;
}

int64_t stage_run_to_proof(stage *s, actor *a) {
  proof_wait wait = {a, actor_last_proof(a)};
  bool stopped = false;
  int32_t status = rj_host_run(s->host, stage_now(s) + 5 * RJ_SECOND, proof_came, &wait, &stopped);
  g_assert_cmpint(status, ==, STATUS_OK);
  g_assert_true(stopped);
  g_assert_cmpint(actor_last_proof(a), ==, stage_now(s));
  return stage_now(s);
}

int64_t server_last_heard(stage *s, rj_host_server *server, const char *channel, uint32_t uid) {
  rj_host_enter(s->host);
  int64_t heard = rj_server_last_heard(rj_host_server_get(server), NULL, channel, uid);
  rj_host_leave(s->host);
  return heard;
}

/* ---- what was told */

static bool try_next(actor *a, seen *out) {
  pthread_mutex_lock(&a->lock);
  bool any = a->read < a->seen->len;
  if (any)
    *out = g_array_index(a->seen, seen, a->read++);
  pthread_mutex_unlock(&a->lock);
  return any;
}

seen actor_next(actor *a) {
  seen out = {0};
  bool got = try_next(a, &out);
  if (!got && !is_simulated(a->on)) {
    for (int i = 0; i < 5000 && !(got = try_next(a, &out)); i++)
      g_usleep(1000);
  }
  if (!got) {
    char *log = stage_log(a->on);
    g_error("uid %u was told nothing more; at %.3f s, all that was told:\n%s", a->uid,
            (double)stage_now(a->on) / RJ_SECOND, log);
  }
  return out;
}

void actor_forget(actor *a) {
  pthread_mutex_lock(&a->lock);
  a->read = a->seen->len;
  pthread_mutex_unlock(&a->lock);
}

static void describe(GString *text, const actor *a, const seen *e) {
  g_string_append_printf(text, "%10.3f uid %u: %s", (double)e->time / RJ_SECOND, a->uid,
                         rj_number_name(RJ_GROUP_EVENT, e->kind));
  if (e->kind == EVENT_CONNECTION_CHANGED)
    g_string_append_printf(text, " %s (%s)", rj_number_name(RJ_GROUP_STATE, e->state),
                           rj_number_name(RJ_GROUP_REASON, e->reason));
  if (e->uid != 0)
    g_string_append_printf(text, " %u", e->uid);
  if (e->kind == EVENT_USER_OFFLINE)
    g_string_append_printf(text, " (%s)", rj_number_name(RJ_GROUP_OFFLINE, e->reason));
  if (e->kind == EVENT_STREAM_MESSAGE)
    g_string_append_printf(text, " on %u: %s", e->stream, e->text);
  if (e->kind == EVENT_STREAM_MESSAGE_ERROR)
    g_string_append_printf(text, " on %u missed %" G_GUINT64_FORMAT, e->stream, e->count);
  g_string_append_printf(text, " elapsed %" G_GINT64_FORMAT "\n", e->elapsed);
}

char *stage_log(stage *s) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < s->actors->len; i++) {
    actor *a = (actor *)g_ptr_array_index(s->actors, i);
    pthread_mutex_lock(&a->lock);
    for (guint j = 0; j < a->seen->len; j++)
      describe(text, a, &g_array_index(a->seen, seen, j));
    pthread_mutex_unlock(&a->lock);
  }
  return g_string_free(text, FALSE);
}

void actor_expect_nothing(actor *a) {
  seen e;
  if (!try_next(a, &e))
    return;
  GString *text = g_string_new(NULL);
  describe(text, a, &e);
  g_error("nothing more was expected, but: %s", text->str);
}

static seen expect(actor *a, int64_t at, int32_t kind) {
  seen e = actor_next(a);
  if (e.kind != kind || (at != ANY && e.time != at)) {
    GString *text = g_string_new(NULL);
    describe(text, a, &e);
    g_error("expected %s at %.3f s, but: %s", rj_number_name(RJ_GROUP_EVENT, kind),
            (double)at / RJ_SECOND, text->str);
  }
  return e;
}

int64_t actor_expect(actor *a, int64_t at, int32_t kind) {
  return expect(a, at, kind).time;
}

int64_t actor_expect_state(actor *a, int64_t at, int32_t state, int32_t reason) {
  seen e = expect(a, at, EVENT_CONNECTION_CHANGED);
  g_assert_cmpint(e.state, ==, state);
  g_assert_cmpint(e.reason, ==, reason);
  return e.time;
}

int64_t actor_expect_message(actor *a, int64_t at, uint32_t uid, uint32_t stream,
                             const char *text) {
  seen e = expect(a, at, EVENT_STREAM_MESSAGE);
  g_assert_cmpuint(e.uid, ==, uid);
  g_assert_cmpuint(e.stream, ==, stream);
  g_assert_cmpstr(e.text, ==, text);
  return e.time;
}

int64_t actor_expect_joined(actor *a, int64_t at, uint32_t uid) {
  seen e = expect(a, at, EVENT_USER_JOINED);
  g_assert_cmpuint(e.uid, ==, uid);
  return e.time;
}

int64_t actor_expect_offline(actor *a, int64_t at, uint32_t uid, int32_t reason) {
  seen e = expect(a, at, EVENT_USER_OFFLINE);
  g_assert_cmpuint(e.uid, ==, uid);
  g_assert_cmpint(e.reason, ==, reason);
  return e.time;
}

void actor_join_and_run(actor *a, const char *channel) {
  int32_t status = actor_join(a, channel);
  g_assert_cmpint(status, ==, STATUS_OK);
  if (is_simulated(a->on))
    stage_run(a->on, 200 * RJ_MILLISECOND);
  actor_expect_state(a, ANY, STATE_CONNECTING, REASON_CONNECTING);
  actor_expect_state(a, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(a, ANY, EVENT_DID_JOIN_CHANNEL);
}

/* ---- two of them ---- */

pair stage_pair(stage *s, rj_host_server *server) {
  pair p = {.s = s, .server = server};
  p.one = stage_client_uid(s, server, 1);
  p.two = stage_client_uid(s, server, 2);
  actor_join_and_run(p.one, "demo");
  actor_join_and_run(p.two, "demo");
  actor_expect_joined(p.one, ANY, 2);
  actor_expect_joined(p.two, ANY, 1);
  return p;
}

pair stage_simulated_pair(uint64_t seed) {
  stage *s = stage_new(true, seed);
  pair p = stage_pair(s, stage_server(s));
  stage_run(s, 12 * RJ_SECOND);
  actor_forget(p.one);
  actor_forget(p.two);
  return p;
}
