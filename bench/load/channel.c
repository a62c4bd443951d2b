/* Fills a channel on loopback and waits for what its members are told. */
#define _POSIX_C_SOURCE 200809L
#include "channel.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { AT_ONCE = 50 }; /* joins under way while it fills */

static const int64_t SECOND = 1000000000;

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

rj_client *channel_client(channel *c) {
  const char *url = rj_edge_url(c->edge);
  const rj_client_options options = {.size = sizeof options,
                                     .urls = &url,
                                     .url_count = 1,
                                     .fingerprint = rj_edge_fingerprint(c->edge)};
  rj_client *client;
  if (rj_client_new(c->runtime, &options, &client) < 0)
    die("making a client", rj_runtime_error_text(c->runtime));
  return client;
}

/* Hands all events that wait to `take`, and then waits for more, at most for 10 ms. */
static void take_events(channel *c, void (*take)(const rj_event *event, void *user), void *user) {
  static rj_event event; /* it holds 4 KB of text */
  rj_client *ready = NULL;
  event.size = sizeof event;
  while (rj_runtime_next_ready(c->runtime, &ready) == 1) {
    while (rj_client_next_event(ready, &event) == 1)
      take(&event, user);
  }
  struct pollfd wait = {.fd = rj_runtime_event_fd(c->runtime), .events = POLLIN};
  poll(&wait, 1, 10);
}

typedef struct {
  int64_t joined, met;
} filling;

static void take_while_filling(const rj_event *event, void *user) {
  filling *f = user;
  f->joined += event->kind == RJ_EVENT_DID_JOIN_CHANNEL;
  f->met += event->kind == RJ_EVENT_USER_JOINED;
  if (event->kind == RJ_EVENT_CONNECTION_CHANGED && event->state == RJ_STATE_FAILED)
    die("joining", rj_reason_name(event->reason));
}

static void fill(channel *c) {
  filling f = {0};
  int32_t begun = 0;
  const int64_t pairs = (int64_t)c->count * (c->count - 1);
  const int64_t limit = rj_runtime_now(c->runtime) + 120 * SECOND;
  while (f.joined < c->count || f.met < pairs) {
    for (; begun < c->count && begun < f.joined + AT_ONCE; begun++) {
      c->members[begun] = channel_client(c);
      if (rj_client_join_channel(c->members[begun], NULL, CHANNEL_NAME, (uint32_t)begun + 1) < 0)
        die("joining", rj_client_error_text(c->members[begun]));
    }
    take_events(c, take_while_filling, &f);
    if (rj_runtime_now(c->runtime) > limit)
      die("filling the channel", "it takes longer than two minutes");
  }
}

channel channel_open(int32_t count, int64_t offline_ns) {
  channel c = {.count = count};
  const rj_edge_options options = {
      .size = sizeof options, .offline_ns = offline_ns, .max_accepts_per_second = UINT32_MAX};
  if (rj_runtime_new(NULL, &c.edge_runtime) < 0 || rj_runtime_new(NULL, &c.runtime) < 0)
    die("starting", rj_runtime_error_text(NULL));
  if (rj_edge_new(c.edge_runtime, &options, &c.edge) < 0)
    die("starting the edge", rj_runtime_error_text(c.edge_runtime));
  c.members = calloc((size_t)count, sizeof(rj_client *));
  if (c.members == NULL)
    die("starting", "out of memory");
  printf("      %d members join a channel …\n", count);
  fflush(stdout);
  fill(&c);
  return c;
}

void channel_close(channel *c) {
  for (int32_t i = 0; i < c->count; i++)
    rj_client_free(c->members[i]);
  rj_runtime_free(c->runtime);
  rj_edge_free(c->edge);
  rj_runtime_free(c->edge_runtime);
  free(c->members);
}

typedef struct {
  int32_t kind;
  uint32_t uid;
  int32_t seen;
  int64_t first, last;
} waiting;

static void take_while_waiting(const rj_event *event, void *user) {
  waiting *w = user;
  if (event->kind != w->kind || event->uid != w->uid)
    return;
  if (w->seen++ == 0 || event->time_ns < w->first)
    w->first = event->time_ns;
  if (event->time_ns > w->last)
    w->last = event->time_ns;
}

bool channel_wait(channel *c, int32_t kind, uint32_t uid, int64_t limit_ns, int64_t *first,
                  int64_t *last) {
  waiting w = {.kind = kind, .uid = uid};
  const int64_t limit = rj_runtime_now(c->runtime) + limit_ns;
  while (w.seen < c->count && rj_runtime_now(c->runtime) < limit)
    take_events(c, take_while_waiting, &w);
  *first = w.first;
  *last = w.last;
  return w.seen == c->count;
}

int64_t channel_cpu(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * SECOND + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
  const int64_t *one = a, *other = b;
  return (*one > *other) - (*one < *other);
}

double channel_report(const char *what, int64_t *values, int32_t count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  const int32_t half = count / 2, most = (count * 99 + 99) / 100 - 1;
  const double p50 = (double)values[half] / 1e6, p99 = (double)values[most] / 1e6;
  printf("  %-44s p50 %7.2f ms   p99 %7.2f ms   worst %7.2f ms\n", what, p50, p99,
         (double)values[count - 1] / 1e6);
  return p99;
}
