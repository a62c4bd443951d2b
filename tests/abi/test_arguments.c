/* What bad arguments get: a status and a text that names the argument, what was given and the rule;
 * and structs of older and newer programs. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "abi/scene.h"

/* ---- NULL ---- */

static void test_null_handles_are_refused(void) {
  rj_event event = {.size = sizeof event};
  rj_stats stats = {.size = sizeof stats};
  rj_faults faults = {.size = sizeof faults};
  rj_listener listener = {.size = sizeof listener};
  rj_client_options client_options = {.size = sizeof client_options};
  rj_kick kick = {.size = sizeof kick, .uid = 1};
  rj_kick_info kick_info = {.size = sizeof kick_info};
  rj_edge_counts counts = {.size = sizeof counts};
  rj_client *client = NULL;
  rj_edge *edge = NULL;
  size_t count;
  uint32_t uid;
  char name;
  const struct {
    const char *what;
    int32_t status;
  } calls[] = {
      {"out", rj_runtime_new(NULL, nothing)},
      {"runtime", rj_runtime_run(nothing, 1, 0)},
      {"runtime", rj_runtime_event_fd(nothing)},
      {"runtime", rj_runtime_next_ready(nothing, &client)},
      {"runtime", rj_runtime_set_wakeup(nothing, NULL, NULL)},
      {"runtime", rj_client_new(nothing, &client_options, &client)},
      {"runtime", rj_edge_new(nothing, NULL, &edge)},
      {"client", rj_client_join_channel(nothing, NULL, "demo", 1)},
      {"client", rj_client_leave_channel(nothing)},
      {"client", rj_client_renew_token(nothing, "token")},
      {"client", rj_client_set_client_role(nothing, RJ_ROLE_AUDIENCE)},
      {"client", rj_client_create_data_stream(nothing, 1, 1, &uid)},
      {"client", rj_client_send_stream_message(nothing, 1, (const uint8_t *)"x", 1)},
      {"client", rj_client_next_event(nothing, &event)},
      {"client", rj_client_event_fd(nothing)},
      {"client", rj_client_set_wakeup(nothing, NULL, NULL)},
      {"client", rj_client_set_listener(nothing, &listener, NULL, NULL)},
      {"client", rj_client_dispatch(nothing, 0)},
      {"client", rj_client_stats(nothing, &stats)},
      {"client", rj_client_set_faults(nothing, RJ_DIRECTION_UP, &faults)},
      {"edge", rj_edge_members(nothing, NULL, "demo", &uid, 1, &count)},
      {"edge", rj_edge_channels(nothing, NULL, &name, 1, &count)},
      {"edge", rj_edge_kick(nothing, &kick, NULL)},
      {"edge", rj_edge_change_kick(nothing, 1, 0)},
      {"edge", rj_edge_next_kick(nothing, 0, &kick_info)},
      {"edge", rj_edge_counters(nothing, &counts)},
      {"edge", rj_edge_drain(nothing, 0)},
      {"edge", rj_edge_crash(nothing)},
      {"edge", rj_edge_restart(nothing)},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
    g_assert_cmpint(calls[i].status, ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_runtime_error_text(NULL), ==, "edge is NULL");
  g_assert_cmpstr(rj_client_error_text(nothing), ==, "edge is NULL");
  g_assert_cmpstr(rj_edge_error_text(nothing), ==, "edge is NULL");

  g_assert_cmpint(rj_runtime_now(nothing), ==, 0);
  g_assert_cmpint(rj_client_connection_state(nothing), ==, RJ_STATE_DISCONNECTED);
  g_assert_cmpint(rj_client_last_heard(nothing), ==, 0);
  g_assert_cmpint(rj_edge_last_heard(nothing, NULL, "demo", 1), ==, 0);
  g_assert_cmpstr(rj_edge_url(nothing), ==, "");
  g_assert_cmpstr(rj_edge_fingerprint(nothing), ==, "");
  rj_runtime_free(NULL);
  rj_client_free(NULL);
  rj_edge_free(NULL);
}

static void test_null_arguments_are_named(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s), *none = NULL;
  size_t count;
  g_assert_cmpint(rj_client_new(s.runtime, nothing, &none), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_runtime_error_text(s.runtime), ==,
                  "options is NULL; a client needs at least a url");
  g_assert_cmpint(rj_client_new(s.runtime, &s.options, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_new(s.runtime, NULL, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_next_event(client, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_stats(client, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_client_set_faults(client, 1, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_client_error_text(client), ==, "faults is NULL");
  g_assert_cmpint(rj_client_join_channel(client, NULL, nothing, 1), ==,
                  RJ_ERR_INVALID_CHANNEL_NAME);
  g_assert_cmpint(rj_client_renew_token(client, nothing), ==, RJ_ERR_INVALID_ARGUMENT); /* S-23 */
  g_assert_cmpint(rj_edge_members(s.edge, NULL, "demo", NULL, 1, &count), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_edge_error_text(s.edge), ==, "uids is NULL");
  g_assert_cmpint(rj_edge_members(s.edge, NULL, "demo", NULL, 0, nothing), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_channels(s.edge, NULL, NULL, 1, &count), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_kick(s.edge, nothing, NULL), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_edge_error_text(s.edge), ==, "kick is NULL");
  g_assert_cmpint(rj_edge_next_kick(s.edge, 0, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(rj_edge_counters(s.edge, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  rj_client_free(client);
  scene_end(&s);
}

/* ---- options ---- */

static void expect_refusal(scene *s, const rj_client_options *options, int32_t status,
                           const char *text) {
  rj_client *client = (rj_client *)s;
  g_assert_cmpint(rj_client_new(s->runtime, options, &client), ==, status);
  g_assert_null(client);
  g_assert_cmpstr(rj_runtime_error_text(s->runtime), ==, text);
}

#define REFUSES(change, status, text)                                                              \
  do {                                                                                             \
    rj_client_options options = s.options;                                                         \
    options.change;                                                                                \
    expect_refusal(&s, &options, status, text);                                                    \
  } while (0)
#define BAD(change, text) REFUSES(change, RJ_ERR_INVALID_ARGUMENT, text)

static void test_client_options_are_checked_one_by_one(void) {
  static const char long_id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef+";
  const char *const no_text[] = {NULL};
  const char *const not_ours[] = {"http://edge"};
  scene s;
  scene_begin(&s, 1);
  BAD(time_scale = -1, "time_scale is -1; it must be between 0.001 and 1000");
  BAD(time_scale = 1000.5, "time_scale is 1000.5; it must be between 0.001 and 1000");
  BAD(time_scale = (double)NAN, "time_scale is nan; it must be between 0.001 and 1000");
  BAD(role = 3, "role is 3; it must be 1 (broadcaster), 2 (audience) or 0 (the default)");
  BAD(role = -1, "role is -1; it must be 1 (broadcaster), 2 (audience) or 0 (the default)");
  BAD(profile = 2, "profile is 2; it must be 0 (communication) or 1 (live broadcasting)");
  BAD(dialect = 5, "dialect is 5; it must be 3, 4 or 0 (3)");
  BAD(own_socket = 2, "own_socket is 2; it must be 0 or 1");
  BAD(stats = -1, "stats is -1; it must be 0 or 1");
  BAD(peer_interruptions = 7, "peer_interruptions is 7; it must be 0 or 1");
  BAD(attempts = 2, "attempts is 2; it must be 0 or 1");
  REFUSES(reserved = 1, RJ_ERR_NOT_SUPPORTED, "reserved is 1; it must be 0");
  REFUSES(timers.reserved[2] = 4, RJ_ERR_NOT_SUPPORTED, "timers.reserved[2] is 4; it must be 0");
  BAD(url_count = 0, "url_count is 0; it must be between 1 and 8");
  BAD(url_count = 9, "url_count is 9; it must be between 1 and 8");
  BAD(urls = NULL, "urls is NULL; a client needs at least one url");
  BAD(urls = no_text, "urls[0] is NULL");
  BAD(app_id = long_id, "app id is 65 bytes long; at most 64 are allowed");
  BAD(app_id = "a\nb", "app id has the byte 0x0a at position 1; it consists of printable ASCII "
                       "characters");
  BAD(timers.beat_ns = -1,
      "timers.beat_ns is -1; it must be between 1000000 (1 ms) and 2592000000000000 (30 days), or "
      "0 for the default");
  BAD(timers.stats_ns = INT64_MAX,
      "timers.stats_ns is 9223372036854775807; it must be between 1000000 (1 ms) and "
      "2592000000000000 (30 days), or 0 for the default");
  BAD(timers.stats_ns = 999999,
      "timers.stats_ns is 999999; it must be between 1000000 (1 ms) and 2592000000000000 (30 "
      "days), or 0 for the default");
  BAD(timers.beat_ns = 4 * SECOND,
      "timers.beat_ns is 4000000000; it must be less than interrupted_ns (4000000000), or a "
      "healthy client is taken for a silent one");
  BAD(timers = ((rj_client_timers){.beat_ns = SECOND, .offline_ns = SECOND}),
      "timers.beat_ns is 1000000000; it must be less than offline_ns (1000000000), or a healthy "
      "client is taken for a silent one");

  rj_client_options options = s.options;
  rj_client *client = NULL;
  options.urls = not_ours;
  g_assert_cmpint(rj_client_new(s.runtime, &options, &client), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_true(g_str_has_prefix(rj_runtime_error_text(s.runtime),
                                 "urls[0] is \"http://edge\"; it must be rejoin://host[:port]: "));
  options = s.options;
  options.fingerprint = "not hex";
  g_assert_cmpint(rj_client_new(s.runtime, &options, &client), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "fingerprint"));
  options.fingerprint = NULL;
  options.ca_file = "/nowhere/ca.pem";
  g_assert_cmpint(rj_client_new(s.runtime, &options, &client), <, 0);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "/nowhere/ca.pem"));
  scene_end(&s);
}

static void test_edge_options_are_checked_one_by_one(void) {
  static const char *const ids[] = {"fine", NULL};
  const struct {
    rj_edge_options options;
    const char *text;
  } cases[] = {
      {{.time_scale = 0.0001}, "time_scale is 0.0001; it must be between 0.001 and 1000"},
      {{.offline_ns = -5},
       "offline_ns is -5; it must be between 1000000 (1 ms) and 2592000000000000 (30 days), "
       "or 0 for the default"},
      {{.limit_loopback = 2}, "limit_loopback is 2; it must be 0 or 1"},
      {{.cluster = "a.b"},
       "cluster name has the byte 0x2e at position 1; allowed are letters, digits, - and _"},
      {{.app_count = 1}, "app_ids is NULL; app_count says that it has 1"},
      {{.app_count = 2, .app_ids = ids}, "app_ids[1] is NULL"},
      {{.app_count = 5000, .app_ids = ids}, "app_count is 5000; it must be at most 1024"},
  };
  scene s;
  scene_begin(&s, 1);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    rj_edge_options options = cases[i].options;
    rj_edge *edge = s.edge;
    options.size = sizeof options;
    g_assert_cmpint(rj_edge_new(s.runtime, &options, &edge), ==, RJ_ERR_INVALID_ARGUMENT);
    g_assert_null(edge);
    g_assert_cmpstr(rj_runtime_error_text(s.runtime), ==, cases[i].text);
  }
  rj_edge_options options = {.size = sizeof options, .channel_pattern = "("};
  rj_edge *edge = NULL;
  g_assert_cmpint(rj_edge_new(s.runtime, &options, &edge), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "channel pattern \"(\""));
  scene_end(&s);
}

static void test_runtime_options_are_checked(void) {
  rj_runtime *runtime = NULL;
  rj_runtime_options options = {.size = sizeof options, .simulated = 2};
  g_assert_cmpint(rj_runtime_new(&options, &runtime), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_runtime_error_text(NULL), ==, "simulated is 2; it must be 0 or 1");
  options = (rj_runtime_options){.size = sizeof options, .simulated = 1, .wall_ns = -1};
  g_assert_cmpint(rj_runtime_new(&options, &runtime), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_runtime_error_text(NULL), ==,
                  "wall_ns is -1; it must be ns since 1970, or 0 for the real clock");
}

/* ---- calls ---- */

static void test_join_arguments(void) { /* S-2 */
  char long_token[4098];
  memset(long_token, 'x', sizeof long_token - 1);
  long_token[sizeof long_token - 1] = '\0';
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  const struct {
    const char *token, *channel, *text;
    int32_t status;
  } cases[] = {
      {NULL, "", "channel name is 0 bytes long; a name has 1 to 64", RJ_ERR_INVALID_CHANNEL_NAME},
      {NULL, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef+",
       "channel name is 65 bytes long; a name has 1 to 64", RJ_ERR_INVALID_CHANNEL_NAME},
      {NULL, "d\xc3\xa9mo", NULL, RJ_ERR_INVALID_CHANNEL_NAME},
      {"to\tken", "demo",
       "token has the byte 0x09 at position 2; it consists of printable ASCII characters",
       RJ_ERR_INVALID_ARGUMENT},
      {long_token, "demo", "token is 4097 bytes long; at most 4096 are allowed",
       RJ_ERR_INVALID_ARGUMENT},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_assert_cmpint(rj_client_join_channel(client, cases[i].token, cases[i].channel, 1), ==,
                    cases[i].status);
    if (cases[i].text != NULL)
      g_assert_cmpstr(rj_client_error_text(client), ==, cases[i].text);
  }
  g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_DISCONNECTED);
  scene_expect_nothing(client);
  long_token[4096] = '\0';
  g_assert_cmpint(rj_client_join_channel(client, long_token, "demo", 1), ==, RJ_OK);
  rj_client_free(client);
  scene_end(&s);
}

static void test_other_arguments(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  rj_faults faults = {.size = sizeof faults, .loss = 1.5};
  g_assert_cmpint(rj_client_set_client_role(client, 0), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "role is 0; it must be 1 (broadcaster) or 2 (audience)");
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_client_error_text(client), ==, "loss is 1.5; it must be between 0 and 1");
  faults.loss = (double)NAN;
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  faults.loss = 1;
  g_assert_cmpint(rj_client_set_faults(client, 4, &faults), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "directions is 4; it must be 1 (up), 2 (down) or 3 (both)");
  faults.delay_ns = 61 * SECOND;
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  faults.delay_ns = 0;
  faults.blackhole = 2;
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_client_error_text(client), ==, "blackhole is 2; it must be 0 or 1");
  const struct {
    rj_faults faults;
    const char *text;
  } wrong[] = {
      {{.jitter_ns = -1}, "jitter_ns is -1; it must be between 0 and 60000000000 (60 s)"},
      {{.burst = 2e6}, "burst is 2e+06; it must be between 0 and 1000000"},
      {{.duplicate = -0.5}, "duplicate is -0.5; it must be between 0 and 1"},
      {{.reorder = 2}, "reorder is 2; it must be between 0 and 1"},
      {{.corrupt = 1.01}, "corrupt is 1.01; it must be between 0 and 1"},
      {{.rate = UINT64_MAX}, "rate is 18446744073709551615; it must be between 0 and 1073741824"},
      {{.queue = UINT32_MAX}, "queue is 4294967295; it must be between 0 and 1073741824"},
      {{.mtu = 65536}, "mtu is 65536; it must be between 0 and 65535"},
      {{.nat_idle_ns = 3600 * SECOND + 1},
       "nat_idle_ns is 3600000000001; it must be between 0 and 3600000000000 (3600 s)"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    faults = wrong[i].faults;
    faults.size = sizeof faults;
    g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==,
                    RJ_ERR_INVALID_ARGUMENT);
    g_assert_cmpstr(rj_client_error_text(client), ==, wrong[i].text);
  }
  /* a NAT is of the way up */
  faults = (rj_faults){.size = sizeof faults, .nat_idle_ns = 5};
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP | RJ_DIRECTION_DOWN, &faults), ==,
                  RJ_OK);
  g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_DOWN, &faults), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(
      rj_client_error_text(client), ==,
      "nat_idle_ns is 5 on the way down; it must be 0 there, for a NAT counts what goes up");
  const rj_network_step step = {.size = sizeof step, .down = &faults}, *steps = &step;
  g_assert_cmpint(rj_client_follow_steps(client, &steps, 1, 0), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(rj_client_error_text(client), "nat_idle_ns is 5 on the way down"));
  g_assert_cmpint(rj_runtime_run(s.runtime, 1, 2), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpstr(rj_runtime_error_text(s.runtime), ==, "stop_when_ready is 2; it must be 0 or 1");
  rj_client_free(client);
  scene_end(&s);
}

/* ---- sizes ---- */

typedef struct {
  rj_client_options known;
  uint64_t newer; /* what a later version would add */
} newer_client_options;

static void test_options_of_other_versions(void) {
  scene s;
  rj_client *client = NULL;
  scene_begin(&s, 1);

  newer_client_options newer = {.known = s.options};
  newer.known.size = sizeof newer;
  g_assert_cmpint(rj_client_new(s.runtime, &newer.known, &client), ==, RJ_OK);
  rj_client_free(client);
  newer.newer = 1;
  g_assert_cmpint(rj_client_new(s.runtime, &newer.known, &client), ==, RJ_ERR_NOT_SUPPORTED);
  g_assert_nonnull(strstr(rj_runtime_error_text(s.runtime), "rj_client_options"));

  /* An older program's struct ends after the CA file; what lies behind it is not read. */
  rj_client_options older = s.options;
  older.size = offsetof(rj_client_options, time_scale);
  older.time_scale = -1;
  g_assert_cmpint(rj_client_new(s.runtime, &older, &client), ==, RJ_OK);
  rj_client_free(client);

  static const uint32_t wrong[] = {0, 4, 7, 65, UINT32_MAX};
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    rj_client_options options = s.options;
    options.size = wrong[i];
    g_assert_cmpint(rj_client_new(s.runtime, &options, &client), ==, RJ_ERR_INVALID_ARGUMENT);
  }
  g_assert_cmpstr(
      rj_runtime_error_text(s.runtime), ==,
      "rj_client_options.size is 4294967295; set it to sizeof the struct, here 8 to 65536");
  scene_end(&s);
}

static void test_events_of_other_versions(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  union {
    rj_event event;
    unsigned char bytes[sizeof(rj_event) + 32];
  } room;
  g_assert_cmpint(rj_client_join_channel(client, NULL, "a long enough channel", 1), ==, RJ_OK);
  scene_run(&s, 1);

  room.event.size = 60;
  g_assert_cmpint(rj_client_next_event(client, &room.event), ==, RJ_ERR_INVALID_ARGUMENT);

  memset(&room, 0xee, sizeof room);
  room.event.size = 64; /* the smallest there is */
  g_assert_cmpint(rj_client_next_event(client, &room.event), ==, 1);
  g_assert_cmpuint(room.event.size, ==, 64);
  g_assert_cmpint(room.event.state, ==, RJ_STATE_CONNECTING);
  for (size_t i = 64; i < sizeof room; i++)
    g_assert_cmpuint(room.bytes[i], ==, 0xee);

  room.event.size = sizeof room; /* a later version's: its tail becomes 0 */
  g_assert_cmpint(rj_client_next_event(client, &room.event), ==, 1);
  g_assert_cmpint(room.event.state, ==, RJ_STATE_CONNECTED);
  for (size_t i = sizeof(rj_event); i < sizeof room; i++)
    g_assert_cmpuint(room.bytes[i], ==, 0);

  memset(&room, 0xee, sizeof room);
  uint32_t cut = (uint32_t)offsetof(rj_event, text) + 8;
  room.event.size = cut;
  g_assert_cmpint(rj_client_next_event(client, &room.event), ==, 1);
  g_assert_cmpint(room.event.kind, ==, RJ_EVENT_DID_JOIN_CHANNEL);
  g_assert_cmpstr(room.event.text, ==, "a long ");
  g_assert_cmpuint(room.event.text_length, ==, 7);
  g_assert_cmpuint(room.bytes[cut], ==, 0xee);
  rj_client_free(client);
  scene_end(&s);
}

static void test_listeners_and_stats_of_other_versions(void) {
  struct {
    rj_listener known;
    void (*newer)(void);
  } newer = {.known = {.size = sizeof newer}};
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_member(&s, 1);
  g_assert_cmpint(rj_client_set_listener(client, &newer.known, NULL, NULL), ==, RJ_OK);
  newer.newer = (void (*)(void))scene_end;
  g_assert_cmpint(rj_client_set_listener(client, &newer.known, NULL, NULL), ==,
                  RJ_ERR_NOT_SUPPORTED);
  newer.known.size = 0;
  g_assert_cmpint(rj_client_set_listener(client, &newer.known, NULL, NULL), ==,
                  RJ_ERR_INVALID_ARGUMENT);

  rj_stats stats;
  memset(&stats, 0xee, sizeof stats);
  stats.size = offsetof(rj_stats, outage_ns);
  g_assert_cmpint(rj_client_stats(client, &stats), ==, RJ_OK);
  g_assert_cmpuint(stats.size, ==, offsetof(rj_stats, outage_ns));
  g_assert_cmpuint(stats.attempts, ==, 1);
  g_assert_cmpint(stats.duration_ns, >, 0);
  g_assert_cmpint(stats.outage_ns, ==, (int64_t)UINT64_C(0xeeeeeeeeeeeeeeee));
  rj_client_free(client);
  scene_end(&s);
}

/* ---- names ---- */

static void test_names_are_total(void) {
  const char *(*const names[])(int32_t) = {rj_state_name,  rj_reason_name, rj_offline_reason_name,
                                           rj_status_name, rj_event_name,  rj_network_name,
                                           rj_role_name};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    for (int32_t number = -200; number <= 200; number++)
      g_assert_nonnull(names[i](number));
    g_assert_cmpstr(names[i](INT32_MIN), ==, "unknown(-2147483648)");
    g_assert_cmpstr(names[i](999), ==, "unknown(999)");
  }
  g_assert_cmpstr(rj_state_name(RJ_STATE_RECONNECTING), ==, "reconnecting");
  g_assert_cmpstr(rj_reason_name(RJ_REASON_SAME_UID_LOGIN), ==, "same uid login");
  g_assert_cmpstr(rj_offline_reason_name(RJ_OFFLINE_DROPPED), ==, "dropped");
  g_assert_cmpstr(rj_status_name(RJ_ERR_JOIN_CHANNEL_REJECTED), ==, "join channel rejected");
  g_assert_cmpstr(rj_event_name(RJ_EVENT_USER_JOINED), ==, "user_joined");
  g_assert_cmpstr(rj_network_name(RJ_NETWORK_5G), ==, "5g");
  g_assert_cmpstr(rj_role_name(RJ_ROLE_AUDIENCE), ==, "audience");
  g_assert_cmpstr(rj_version(), ==, RJ_TEST_VERSION);
}

static void test_unknown_names_last_for_three_more(void) {
  const char *first = rj_state_name(101);
  (void)rj_state_name(102);
  (void)rj_reason_name(103);
  (void)rj_event_name(104);
  g_assert_cmpstr(first, ==, "unknown(101)");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/arguments/null-handles", test_null_handles_are_refused);
  g_test_add_func("/arguments/null", test_null_arguments_are_named);
  g_test_add_func("/arguments/client-options", test_client_options_are_checked_one_by_one);
  g_test_add_func("/arguments/edge-options", test_edge_options_are_checked_one_by_one);
  g_test_add_func("/arguments/runtime-options", test_runtime_options_are_checked);
  g_test_add_func("/arguments/join", test_join_arguments);
  g_test_add_func("/arguments/others", test_other_arguments);
  g_test_add_func("/arguments/sizes/options", test_options_of_other_versions);
  g_test_add_func("/arguments/sizes/events", test_events_of_other_versions);
  g_test_add_func("/arguments/sizes/listener", test_listeners_and_stats_of_other_versions);
  g_test_add_func("/arguments/names", test_names_are_total);
  g_test_add_func("/arguments/names/unknown", test_unknown_names_last_for_three_more);
  return g_test_run();
}
