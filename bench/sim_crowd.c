/* How long 60 virtual seconds of 1,000 members in one channel take (budget: 60 s, and so as fast as real time).
 *
 * All join in the first ten seconds, all live, and a tenth leave from 30 s on, one after the other. Each run checks that
 * everybody heard of everybody's coming and going; when not, this exits with 1. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <rejoin/rejoin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MEMBERS = 1000, LEAVERS = MEMBERS / 10, RUNS = 3, STEPS_A_SECOND = 10 };
enum { JOINED_AT = 10, LEAVE_FROM = 30, SECONDS = 60 };
static const int64_t STEP = 1000000000 / STEPS_A_SECOND;
static const double budget = 60;

typedef struct {
  rj_runtime *runtime;
  rj_edge *edge;
  rj_client *members[MEMBERS]; /* uids from 1 on */
  int64_t did_join, joined, offline, events;
} crowd;

static double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(int32_t status, const char *what) {
  if (status >= 0)
    return;
  fprintf(stderr, "%s: %s\n", what, rj_status_name(status));
  exit(1);
}

static void expect(int64_t is, int64_t wanted, const char *what) {
  if (is == wanted)
    return;
  fprintf(stderr, "%s: %" PRId64 ", and not %" PRId64 "\n", what, is, wanted);
  exit(1);
}

static void take_events(crowd *c) {
  static rj_event event; /* it holds 4 KB of text */
  event.size = sizeof event;
  rj_client *ready;
  while (rj_runtime_next_ready(c->runtime, &ready) == 1) {
    while (rj_client_next_event(ready, &event) == 1) {
      c->events++;
      c->did_join += event.kind == RJ_EVENT_DID_JOIN_CHANNEL;
      c->joined += event.kind == RJ_EVENT_USER_JOINED;
      c->offline += event.kind == RJ_EVENT_USER_OFFLINE;
    }
  }
}

static void start(crowd *c) {
  const rj_runtime_options simulated = {.size = sizeof simulated, .simulated = 1, .seed = 1};
  check(rj_runtime_new(&simulated, &c->runtime), "runtime");
  const rj_edge_options options = {.size = sizeof options, .max_accepts_per_second = MEMBERS};
  check(rj_edge_new(c->runtime, &options, &c->edge), "edge");
  const char *url = rj_edge_url(c->edge);
  const rj_client_options one = {.size = sizeof one,
                                 .urls = &url,
                                 .url_count = 1,
                                 .fingerprint = rj_edge_fingerprint(c->edge)};
  for (int i = 0; i < MEMBERS; i++)
    check(rj_client_new(c->runtime, &one, &c->members[i]), "client");
}

/* What the members do at the start of a step. */
static void act(crowd *c, int step) {
  enum { A_STEP = MEMBERS / (JOINED_AT * STEPS_A_SECOND) };
  if (step < JOINED_AT * STEPS_A_SECOND) {
    for (int i = step * A_STEP; i < (step + 1) * A_STEP; i++)
      check(rj_client_join_channel(c->members[i], NULL, "crowd", (uint32_t)i + 1), "join");
  }
  const int leaver = step - LEAVE_FROM * STEPS_A_SECOND;
  if (leaver >= 0 && leaver < LEAVERS)
    check(rj_client_leave_channel(c->members[leaver]), "leave");
}

static void end(crowd *c) {
  for (int i = 0; i < MEMBERS; i++)
    rj_client_free(c->members[i]);
  rj_edge_free(c->edge);
  rj_runtime_free(c->runtime);
}

/* Real seconds for all of it. */
static double play(int64_t *events) {
  static crowd c;
  c = (crowd){0};
  const double began = seconds_of(CLOCK_MONOTONIC);
  start(&c);
  for (int step = 0; step < SECONDS * STEPS_A_SECOND; step++) {
    act(&c, step);
    check(rj_runtime_run(c.runtime, (step + 1) * STEP, 0), "run");
    take_events(&c);
  }
  /* the last leaver is heard by those who stay, the first one by all but itself */
  int64_t goodbyes = 0;
  for (int i = 0; i < LEAVERS; i++)
    goodbyes += MEMBERS - 1 - i;
  expect(c.did_join, MEMBERS, "members that came in");
  expect(c.joined, (int64_t)MEMBERS * (MEMBERS - 1), "user_joined");
  expect(c.offline, goodbyes, "user_offline");
  *events = c.events;
  end(&c);
  return seconds_of(CLOCK_MONOTONIC) - began;
}

int main(void) {
  double best = 0;
  for (int i = 0; i < RUNS; i++) {
    int64_t events;
    const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), spent = play(&events);
    printf("      run %d of %d: %.1f s, %.1f s of processor time, %" PRId64 " events\n", i + 1,
           RUNS, spent, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu, events);
    fflush(stdout);
    if (i == 0 || spent < best)
      best = spent;
  }
  printf("%d members for %d virtual seconds: %.1f s (best of %d)\n", MEMBERS, SECONDS, best, RUNS);
  printf("  budget %.0f s: %.2f of it, %s\n", budget, best / budget,
         best <= budget ? "reached" : "MISSED");
  return 0;
}
