/* What an event costs on its way to the app: a direct call of a function of the listener's shape,
 * beside the same through rj_client_dispatch and through rj_client_next_event.
 *
 * usage: dispatch [EVENTS]      (default 1,000,000)
 *
 * The events are real ones: a client of a simulated runtime that joins a channel nobody answers in
 * and leaves it, again and again: SM(2,0), SM(1,5), did_leave_channel. Making them is not timed. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <rejoin/rejoin.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 300 }; /* joins and leaves before the events are taken */

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void check(int32_t status, const char *what) {
  if (status >= 0)
    return;
  fprintf(stderr, "%s: %s\n", what, rj_status_name(status));
  exit(1);
}

/* ---- what hears ---- */

static uint64_t sum; /* so that nothing is optimized away */

static void on_state(rj_client *client, int32_t old_state, int32_t state, int32_t reason,
                     void *user) {
  (void)client;
  (void)user;
  sum += (uint64_t)(old_state + state + reason);
}

static void on_leave(rj_client *client, const rj_stats *stats, void *user) {
  (void)client;
  (void)user;
  sum += stats->size;
}

/* ---- the three ways ---- */

static void make(rj_client *client) {
  for (int i = 0; i < BATCH; i++) {
    check(rj_client_join_channel(client, NULL, "nowhere", 1), "join");
    check(rj_client_leave_channel(client), "leave");
  }
}

static double by_dispatch(rj_client *client, uint64_t *count) {
  double began = now_ns();
  int32_t heard = rj_client_dispatch(client, 0);
  check(heard, "dispatch");
  *count += (uint64_t)heard;
  return now_ns() - began;
}

static double by_next_event(rj_client *client, uint64_t *count) {
  rj_event event = {.size = sizeof event};
  double began = now_ns();
  while (rj_client_next_event(client, &event) == 1) {
    sum += event.sequence;
    ++*count;
  }
  return now_ns() - began;
}

static double by_direct_call(rj_client *client, uint64_t *count) {
  void (*volatile function)(rj_client *, int32_t, int32_t, int32_t, void *) = on_state;
  double began = now_ns();
  for (int32_t i = 0; i < 3 * BATCH; i++)
    function(client, i, 2, 1, NULL);
  *count += 3 * BATCH;
  return now_ns() - began;
}

typedef struct {
  const char *name;
  double (*take)(rj_client *client, uint64_t *count);
  bool makes_none;
} way;

static void measure(rj_client *client, const way *how, uint64_t events) {
  uint64_t count = 0;
  double spent = 0;
  while (count < events) {
    if (!how->makes_none)
      make(client);
    spent += how->take(client, &count);
  }
  printf("%-14s %7.1f ns an event (%" PRIu64 " events)\n", how->name, spent / (double)count, count);
}

int main(int argc, char **argv) {
  static const way ways[] = {{"direct call", by_direct_call, true},
                             {"next_event", by_next_event, false},
                             {"dispatch", by_dispatch, false}};
  uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
  rj_runtime_options simulated = {.size = sizeof simulated, .simulated = 1, .seed = 1};
  rj_runtime *runtime;
  rj_client *client;
  check(rj_runtime_new(&simulated, &runtime), "runtime");
  const char *const urls[] = {"rejoin://10.0.0.1"};
  rj_client_options options = {.size = sizeof options, .urls = urls, .url_count = 1};
  check(rj_client_new(runtime, &options, &client), "client");
  rj_listener listener = {
      .size = sizeof listener, .connection_changed = on_state, .did_leave_channel = on_leave};
  check(rj_client_set_listener(client, &listener, NULL, NULL), "listener");
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    measure(client, &ways[i], events);
  rj_client_free(client);
  rj_runtime_free(runtime);
  return sum == 0;
}
