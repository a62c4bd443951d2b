/* How long after a join at one edge a member at another edge, and one at the same, hear of it; for cross_edge.py.
 *
 *   cross_join URL_A FINGERPRINT_A URL_B FINGERPRINT_B JOINS PER_SECOND
 *
 * One after the other joins at A, is seen by both, and leaves. Prints a line for each join: µs from the call until it is in
 * itself, until the member at A is told, and until the one at B is. All three are of one process's clock. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <poll.h>
#include <rejoin/rejoin.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

enum { JOINER, AT_A, AT_B, ROLES };
static const int64_t SECOND = 1000000000;
static const char channel[] = "demo";

typedef struct {
  rj_runtime *runtime;
  rj_client *clients[ROLES];
  uint32_t uid;           /* that is joining */
  int64_t seen[ROLES];    /* when; 0: not yet */
  uint32_t others[ROLES]; /* user_joined of all, at first */
} story;

static void check(int32_t status, const story *s, const char *what) {
  if (status >= 0)
    return;
  fprintf(stderr, "%s: %s (%s)\n", what, rj_status_name(status), rj_runtime_error_text(s->runtime));
  exit(1);
}

static rj_client *client(const story *s, const char *url, const char *fingerprint) {
  const rj_client_options options = {
      .size = sizeof options, .urls = &url, .url_count = 1, .fingerprint = fingerprint};
  rj_client *made;
  check(rj_client_new(s->runtime, &options, &made), s, "client");
  return made;
}

static void take(story *s, int64_t until) {
  static rj_event event; /* it holds 4 KB of text */
  event.size = sizeof event;
  const int64_t left = until - load_now();
  struct pollfd wait = {.fd = rj_runtime_event_fd(s->runtime), .events = POLLIN};
  poll(&wait, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);
  rj_client *ready;
  while (rj_runtime_next_ready(s->runtime, &ready) == 1) {
    int role = 0;
    while (role < ROLES && s->clients[role] != ready)
      role++;
    while (rj_client_next_event(ready, &event) == 1) {
      if (role == ROLES)
        continue;
      const bool is_own = event.kind == RJ_EVENT_DID_JOIN_CHANNEL;
      const bool is_other = event.kind == RJ_EVENT_USER_JOINED;
      s->others[role] += is_other;
      if (event.uid == s->uid && (role == JOINER ? is_own : is_other))
        s->seen[role] = event.time_ns;
    }
  }
}

static bool seen_by_all(const story *s) {
  return s->seen[JOINER] != 0 && s->seen[AT_A] != 0 && s->seen[AT_B] != 0;
}

static void join_once(story *s, const char *url, const char *fingerprint, int64_t next) {
  const int64_t limit = load_now() + 10 * SECOND;
  s->clients[JOINER] = client(s, url, fingerprint);
  s->seen[JOINER] = s->seen[AT_A] = s->seen[AT_B] = 0;
  const int64_t began = rj_runtime_now(s->runtime);
  check(rj_client_join_channel(s->clients[JOINER], NULL, channel, s->uid), s, "join");
  while (!seen_by_all(s)) {
    if (load_now() > limit) {
      fprintf(stderr, "a join was not seen within 10 s\n");
      exit(1);
    }
    take(s, limit);
  }
  printf("join %" PRId64 " %" PRId64 " %" PRId64 "\n", (s->seen[JOINER] - began) / 1000,
         (s->seen[AT_A] - began) / 1000, (s->seen[AT_B] - began) / 1000);
  check(rj_client_leave_channel(s->clients[JOINER]), s, "leave");
  while (load_now() < next)
    take(s, next);
  rj_client *gone = s->clients[JOINER];
  s->clients[JOINER] = NULL;
  rj_client_free(gone);
}

int main(int argc, char **argv) {
  static story s;
  if (argc != 7) {
    fprintf(stderr, "cross_join URL_A FINGERPRINT_A URL_B FINGERPRINT_B JOINS PER_SECOND\n");
    return 2;
  }
  const long joins = strtol(argv[5], NULL, 10), rate = strtol(argv[6], NULL, 10);
  if (joins < 1 || rate < 1)
    return 2;
  check(rj_runtime_new(NULL, &s.runtime), &s, "runtime");
  s.clients[AT_A] = client(&s, argv[1], argv[2]);
  s.clients[AT_B] = client(&s, argv[3], argv[4]);
  check(rj_client_join_channel(s.clients[AT_A], NULL, channel, 1), &s, "join");
  check(rj_client_join_channel(s.clients[AT_B], NULL, channel, 2), &s, "join");
  const int64_t limit = load_now() + 10 * SECOND;
  while (s.others[AT_A] == 0 || s.others[AT_B] == 0) {
    if (load_now() > limit) {
      fprintf(stderr, "the members of the two edges did not see each other\n");
      return 1;
    }
    take(&s, limit);
  }
  int64_t next = load_now();
  for (long i = 0; i < joins; i++) {
    s.uid = 3 + (uint32_t)i;
    next += SECOND / rate;
    join_once(&s, argv[1], argv[2], next);
  }
  rj_client_free(s.clients[AT_A]);
  rj_client_free(s.clients[AT_B]);
  rj_runtime_free(s.runtime);
  return 0;
}
