/* The edge in virtual time that rig.h describes. */
#include "edge/rig.h"

#include <string.h>

/* ------------------------------------------------------------------ the log */

static test_rig *listening;

static GLogWriterOutput take_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                 gpointer user) {
  (void)user;
  for (gsize i = 0; listening != NULL && i < count; i++) {
    if (strcmp(fields[i].key, "MESSAGE") == 0)
      g_ptr_array_add((level & G_LOG_LEVEL_WARNING) ? listening->warnings : listening->infos,
                      g_strdup(fields[i].value));
  }
  return G_LOG_WRITER_HANDLED;
}

void rig_init(int *argc, char ***argv) {
  g_test_init(argc, argv, NULL);
  g_log_set_writer_func(take_log, NULL, NULL);
}

/* ------------------------------------------------------------------ the edge */

rj_server_config rig_config(test_rig *rig) {
  rj_random_seed(&rig->random, 7);
  rig->entropy = (rj_entropy){.fill = rj_random_fill, .user = &rig->random};
  rig->now = 1000 * SECOND + 123456789; /* no round number */
  rig->warnings = g_ptr_array_new_with_free_func(g_free);
  rig->infos = g_ptr_array_new_with_free_func(g_free);
  rj_server_config config = {.entropy = &rig->entropy};
  rj_server_timers_default(&config.timers, 1);
  config.limits.accepts_per_second = UINT32_MAX; /* tests of it set it */
  return config;
}

void rig_restart(test_rig *rig, const rj_server_config *config) {
  char error[256] = "";
  rj_server_free(rig->server);
  fake_clock = rig->now;
  rig->server = rj_server_new(config, rig->now, error, sizeof error);
  g_assert_cmpstr(error, ==, "");
  g_assert_nonnull(rig->server);
  rj_server_set_wall_offset(rig->server, 1700000000 * SECOND);
}

void rig_start(test_rig *rig, const rj_server_config *config) {
  rig->server = NULL;
  listening = rig;
  rig_restart(rig, config);
}

void rig_default(test_rig *rig) {
  rj_server_config config = rig_config(rig);
  rig_start(rig, &config);
}

void rig_end(test_rig *rig) {
  rj_server_free(rig->server);
  listening = NULL;
  g_ptr_array_free(rig->warnings, TRUE);
  g_ptr_array_free(rig->infos, TRUE);
}

/* Sends what there is, as a host does after every call. */
static void settle(test_rig *rig) {
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  while (rj_server_write(rig->server, &out, rig->now))
    ;
}

void rig_run_until(test_rig *rig, int64_t until) {
  int64_t due;
  while ((due = rj_server_deadline(rig->server)) <= until) {
    rig->now = fake_clock = rj_later(rig->now, due);
    rj_server_wake(rig->server, rig->now);
    settle(rig);
  }
  rig->now = fake_clock = until;
}

void rig_run(test_rig *rig, int64_t span) {
  rig_run_until(rig, rig->now + span);
}

void rig_skip(test_rig *rig, int64_t span) {
  rig->now += span;
  fake_clock = rig->now;
}

/* ------------------------------------------------------------------ connections */

static rj_path path_of(uint8_t host) {
  return (rj_path){
      .local = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 254}, .port = 7443},
      .remote = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, host}, .port = 5000},
  };
}

void rig_feed(test_rig *rig, peer_id peer, fake_kind kind, const void *data, size_t length) {
  size_t size;
  uint8_t *bytes = fake_datagram(peer, kind, data, length, &size);
  rj_path path = fake_link(peer)->path;
  rj_server_feed(rig->server, &path, bytes, size, rig->now);
  settle(rig);
  g_free(bytes);
}

static peer_id hello(test_rig *rig, const rj_path *path) {
  size_t size;
  uint64_t id = fake_port->links->len;
  uint8_t *bytes = fake_datagram(id, FAKE_HELLO, NULL, 0, &size);
  rj_server_feed(rig->server, path, bytes, size, rig->now);
  settle(rig);
  g_free(bytes);
  return id;
}

peer_id rig_hello(test_rig *rig, uint8_t host) {
  rj_path path = path_of(host);
  return hello(rig, &path);
}

peer_id rig_dial_from(test_rig *rig, const char *address) {
  rj_path path = path_of(0);
  g_assert_true(rj_address_parse(address, 5000, &path.remote));
  peer_id peer = hello(rig, &path);
  rig_feed(rig, peer, FAKE_UP, NULL, 0);
  return peer;
}

peer_id rig_dial(test_rig *rig, uint8_t host) {
  peer_id peer = rig_hello(rig, host);
  rig_feed(rig, peer, FAKE_UP, NULL, 0);
  return peer;
}

static void say(test_rig *rig, peer_id peer, fake_kind kind, const rj_control *message) {
  uint8_t buffer[RJ_CONTROL_MAX];
  size_t length = rj_control_encode(message, buffer, sizeof buffer);
  g_assert_cmpuint(length, >, 0);
  rig_feed(rig, peer, kind, buffer, length);
}

void rig_say(test_rig *rig, peer_id peer, const rj_control *message) {
  say(rig, peer, FAKE_MESSAGE, message);
}

void rig_say_early(test_rig *rig, peer_id peer, const rj_control *message) {
  say(rig, peer, FAKE_EARLY, message);
}

void rig_beat(test_rig *rig, peer_id peer) {
  static const uint8_t beat[RJ_BEAT_SIZE];
  rig_feed(rig, peer, FAKE_DATAGRAM, beat, sizeof beat);
}

void rig_acknowledge(test_rig *rig, peer_id peer) {
  rig_feed(rig, peer, FAKE_ACK, NULL, 0);
}

void rig_hang_up(test_rig *rig, peer_id peer, rj_close_code code) {
  uint8_t byte = (uint8_t)code;
  rig_feed(rig, peer, FAKE_CLOSE, &byte, 1);
}

/* ------------------------------------------------------------------ messages */

rj_control rig_join_request(const char *channel, uint32_t uid, uint8_t join) {
  rj_control message = {.which_body = rejoin_Control_join_request_tag};
  rejoin_JoinRequest *request = &message.body.join_request;
  request->version = RJ_PROTOCOL_VERSION;
  request->attempt = 1;
  memset(request->join_id, join, sizeof request->join_id);
  g_strlcpy(request->channel, channel, sizeof request->channel);
  request->uid = uid;
  request->profile = PROFILE_COMMUNICATION;
  request->role = ROLE_BROADCASTER;
  return message;
}

rj_control rig_rejoin_request(const char *channel, const rejoin_JoinAnswer *answer, uint8_t join) {
  rj_control message = rig_join_request(channel, answer->uid, join);
  rejoin_JoinRequest *request = &message.body.join_request;
  request->attempt = 2;
  request->has_resume = true;
  request->resume.session = answer->session;
  request->resume.joined_at = answer->joined_at;
  memcpy(request->resume.secret, answer->secret, sizeof answer->secret);
  return message;
}

rj_control rig_goodbye(uint64_t session) {
  rj_control message = {.which_body = rejoin_Control_goodbye_tag};
  message.body.goodbye.session = session;
  return message;
}

peer_id rig_ask(test_rig *rig, const rj_control *request, rejoin_JoinAnswer *answer) {
  peer_id peer = rig_dial(rig, (uint8_t)request->body.join_request.uid);
  rig_say(rig, peer, request);
  *answer = expect_answer(peer);
  g_assert_cmpuint(answer->attempt, ==, request->body.join_request.attempt);
  return peer;
}

peer_id rig_joined(test_rig *rig, const char *channel, uint32_t uid, uint8_t join,
                   rejoin_JoinAnswer *answer) {
  rejoin_JoinAnswer mine;
  rj_control request = rig_join_request(channel, uid, join);
  peer_id peer = rig_ask(rig, &request, &mine);
  g_assert_cmpuint(mine.reason, ==, 0);
  g_assert_cmpuint(mine.busy_ms, ==, 0);
  fake_sent page = {0};
  while (!page.message.body.roster_page.last) {
    g_assert_true(rig_next(peer, &page));
    g_assert_cmpuint(page.message.which_body, ==, rejoin_Control_roster_page_tag);
  }
  if (answer != NULL)
    *answer = mine;
  return peer;
}

/* ------------------------------------------------------------------ expectations */

bool rig_next(peer_id peer, fake_sent *sent) {
  return fake_take(fake_link(peer), sent);
}

void expect_nothing(peer_id peer) {
  g_assert_cmpuint(g_queue_get_length(fake_link(peer)->sent), ==, 0);
}

static fake_sent expect(peer_id peer, pb_size_t which) {
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, which);
  return sent;
}

rejoin_JoinAnswer expect_answer(peer_id peer) {
  return expect(peer, rejoin_Control_join_answer_tag).message.body.join_answer;
}

void expect_refused(peer_id peer, int32_t reason) {
  rejoin_JoinAnswer answer = expect_answer(peer);
  g_assert_cmpint(answer.reason, ==, reason);
  g_assert_cmpuint(answer.session, ==, 0);
}

void expect_roster(peer_id peer, const char *text) {
  GString *members = g_string_new(NULL), *departed = g_string_new(NULL);
  bool first = true, last = false;
  while (!last) {
    fake_sent sent = expect(peer, rejoin_Control_roster_page_tag);
    const rejoin_RosterPage *page = &sent.message.body.roster_page;
    g_assert_true(page->first == first);
    for (size_t i = 0; i < page->members_count; i++) {
      bool interrupted = false;
      for (size_t j = 0; j < page->interrupted_count; j++)
        interrupted = interrupted || page->interrupted[j] == page->members[i];
      g_string_append_printf(members, "%s%u%s", members->len > 0 ? " " : "", page->members[i],
                             interrupted ? "?" : "");
    }
    for (size_t i = 0; i < page->departed_count; i++)
      g_string_append_printf(departed, " -%u:%u", page->departed[i].uid, page->departed[i].reason);
    first = false;
    last = page->last;
  }
  g_string_append(members, departed->str);
  g_assert_cmpstr(members->str, ==, text);
  g_string_free(members, TRUE);
  g_string_free(departed, TRUE);
}

void expect_joined(peer_id peer, uint32_t uid) {
  g_assert_cmpuint(expect(peer, rejoin_Control_peer_joined_tag).message.body.peer_joined.uid, ==,
                   uid);
}

void expect_offline_at(peer_id peer, uint32_t uid, int32_t reason, int64_t at) {
  fake_sent sent = expect(peer, rejoin_Control_peer_offline_tag);
  g_assert_cmpuint(sent.message.body.peer_offline.uid, ==, uid);
  g_assert_cmpint(sent.message.body.peer_offline.reason, ==, reason);
  if (at != RJ_NEVER)
    g_assert_cmpint(sent.at, ==, at);
}

void expect_offline(peer_id peer, uint32_t uid, int32_t reason) {
  expect_offline_at(peer, uid, reason, RJ_NEVER);
}

void expect_heard(peer_id peer, uint32_t uid, bool interrupted) {
  fake_sent sent = expect(peer, rejoin_Control_peer_heard_tag);
  g_assert_cmpuint(sent.message.body.peer_heard.uid, ==, uid);
  g_assert_true(sent.message.body.peer_heard.interrupted == interrupted);
}

void expect_removed(peer_id peer, uint64_t session, int32_t reason) {
  fake_sent sent = expect(peer, rejoin_Control_removed_tag);
  g_assert_cmpuint(sent.message.body.removed.session, ==, session);
  g_assert_cmpint(sent.message.body.removed.reason, ==, reason);
}

void expect_closed(peer_id peer, rj_close_code code) {
  const rj_link *link = fake_link(peer);
  g_assert_true(link->closed);
  g_assert_false(link->closed_by_peer);
  g_assert_cmpint(link->code, ==, code);
  g_assert_true(link->freed); /* nothing is left of it once its last packet is written */
}

void expect_open(peer_id peer) {
  g_assert_false(fake_link(peer)->closed);
}

char *rig_members(test_rig *rig, const char *channel) {
  uint32_t uids[64];
  size_t count = rj_server_members(rig->server, NULL, channel, uids, 64);
  g_assert_cmpuint(count, <=, 64);
  GString *text = g_string_new(NULL);
  for (size_t i = 0; i < count; i++)
    g_string_append_printf(text, "%s%u", i > 0 ? " " : "", uids[i]);
  return g_string_free(text, FALSE);
}

rj_server_counters rig_counters(test_rig *rig) {
  rj_server_counters counters;
  rj_server_counters_get(rig->server, &counters);
  return counters;
}
