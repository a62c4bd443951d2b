/* Idle Rejoin members against an edge, through the public C ABI: one runtime, many clients, joined at a pace. */
#define _GNU_SOURCE
#include <poll.h>
#include <rejoin/rejoin.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

typedef struct {
  const load_options *options;
  rj_runtime *runtime;
  rj_client **clients;
  int32_t begun, joined, failed;
} members;

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* For anybody in this channel; NULL: none is needed. */
static const char *token_for(const load_options *options, const char *channel) {
  static const rj_token_privilege join = {.privilege = RJ_PRIVILEGE_JOIN, .seconds = 7200};
  static char token[4097];
  if (options->certificate == NULL)
    return NULL;
  const rj_token_options what = {.size = sizeof what,
                                 .app_id = options->app_id,
                                 .certificate = options->certificate,
                                 .channel = channel,
                                 .issued_at = (uint32_t)time(NULL),
                                 .expire = 7200,
                                 .salt = 1,
                                 .privileges = &join,
                                 .privilege_count = 1};
  size_t length;
  if (rj_token_build(&what, token, sizeof token, &length) < 0)
    die("making a token", rj_runtime_error_text(NULL));
  return token;
}

static void begin(members *m) {
  const load_options *options = m->options;
  const rj_client_options client_options = {.size = sizeof client_options,
                                            .app_id = options->app_id,
                                            .urls = &options->url,
                                            .url_count = 1,
                                            .fingerprint = options->fingerprint,
                                            .timers.beat_ns = (int64_t)options->beat_ms * 1000000};
  const int32_t number = m->begun++;
  rj_client **client = &m->clients[number];
  char channel[32];
  if (rj_client_new(m->runtime, &client_options, client) < 0)
    die("making a client", rj_runtime_error_text(m->runtime));
  snprintf(channel, sizeof channel, "idle-%d", number / options->channel_size);
  load_note_begun(options, number);
  if (rj_client_join_channel(*client, token_for(options, channel), channel, (uint32_t)number + 1) <
      0)
    die("joining", rj_client_error_text(*client));
}

static void drain(members *m, rj_client *client) {
  static rj_event event; /* it holds 4 KB of text */
  event.size = sizeof event;
  while (rj_client_next_event(client, &event) == 1) {
    if (event.kind == RJ_EVENT_DID_JOIN_CHANNEL) {
      m->joined++;
      load_note_joined((int32_t)event.uid - 1);
      load_progress("joined", m->joined, m->options->members);
    } else if (event.kind == RJ_EVENT_CONNECTION_CHANGED && event.state == RJ_STATE_FAILED) {
      if (m->failed++ < 3)
        fprintf(stderr, "a member failed: %s\n", rj_reason_name(event.reason));
    }
  }
}

static int32_t connected(const members *m) {
  int32_t count = 0;
  for (int32_t i = 0; i < m->begun; i++)
    count += rj_client_connection_state(m->clients[i]) == RJ_STATE_CONNECTED;
  return count;
}

int main(int argc, char **argv) {
  const load_options options = load_options_read(argc, argv);
  members m = {.options = &options};
  bool told = false;

  if (rj_runtime_new(NULL, &m.runtime) < 0)
    die("starting", rj_runtime_error_text(NULL));
  m.clients = calloc((size_t)options.members, sizeof(rj_client *));
  const int event_fd = rj_runtime_event_fd(m.runtime);
  if (m.clients == NULL || event_fd < 0)
    die("starting", "out of memory or descriptors");

  const int64_t start = load_now();
  const int64_t limit = (int64_t)options.limit_s * 1000000000;
  for (;;) {
    const int64_t since = load_now() - start;
    rj_client *ready = NULL;
    if (since > limit || load_told_to_stop())
      break;
    for (int32_t n = load_may_begin(&options, since, m.begun, m.joined + m.failed); n > 0; n--)
      begin(&m);
    while (rj_runtime_next_ready(m.runtime, &ready) == 1)
      drain(&m, ready);
    if (!told && m.joined + m.failed >= options.members) {
      if (m.failed > 0)
        die("joining", "not every member could");
      load_print_joined(m.joined);
      told = true;
    }
    struct pollfd wait = {.fd = event_fd, .events = POLLIN};
    poll(&wait, 1, told ? 100 : 2);
  }
  printf("alive %d\n", connected(&m));
  for (int32_t i = 0; i < m.begun; i++)
    rj_client_free(m.clients[i]);
  free(m.clients);
  rj_runtime_free(m.runtime);
  return told ? 0 : 1;
}
