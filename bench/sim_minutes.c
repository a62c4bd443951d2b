/* How long 20 virtual minutes take: a healthy pair, and an outage to FAILED (budgets: 15 and 30 ms). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/numbers.h"
#include "client/url.h"
#include "host/host.h"

enum { REPEATS = 30 };

/* Of processor time: a simulation waits for nothing, and what else the machine does is not its. */
static double milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void count(void *user, const rj_event_record *event) {
  (void)event;
  ++*(unsigned *)user;
}

static void fail(const char *error) {
  fprintf(stderr, "%s\n", error);
  exit(1);
}

static rj_host_member *join(rj_host *host, rj_host_server *server, uint32_t uid, unsigned *events) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status;
  rj_url url;
  rj_host_member_config config = {
      .member = {.role = ROLE_BROADCASTER,
                 .dialect = DIALECT_3X,
                 .time_scale = 1,
                 .urls = &url,
                 .url_count = 1,
                 .sink = {count, events}},
      .fingerprint = rj_host_server_fingerprint(server),
  };
  rj_url_parse(rj_host_server_url(server), &url, NULL);
  rj_timers_default(&config.member.timers, 1);
  rj_host_member *member = rj_host_member_new(host, &config, &status, error);
  if (member == NULL)
    fail(error);
  int64_t now = rj_host_enter(host);
  rj_member_join(rj_host_member_get(member), NULL, "demo", uid, now);
  rj_host_member_touch(member);
  rj_host_leave(host);
  return member;
}

/* Milliseconds for 20 minutes after a second of joining. */
static double play(bool outage, unsigned *events) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status;
  bool stopped;
  const rj_host_config config = {.simulated = true, .seed = 1};
  rj_host_server_config server_config = {0};
  double start = milliseconds();
  rj_host *host = rj_host_new(&config, &status, error);
  rj_server_timers_default(&server_config.server.timers, 1);
  rj_host_server *server = rj_host_server_new(host, &server_config, &status, error);
  if (server == NULL)
    fail(error);
  rj_host_member *one = join(host, server, 1, events);
  rj_host_member *two = join(host, server, 2, events);
  rj_host_run(host, RJ_SECOND, NULL, NULL, &stopped);
  if (outage) {
    int64_t now = rj_host_enter(host);
    rj_host_member_set_faults(one, 3, &(rj_host_faults){.blackhole = true}, now);
    rj_host_leave(host);
  }
  rj_host_run(host, 20 * RJ_MINUTE + 2 * RJ_SECOND, NULL, NULL, &stopped);
  rj_host_enter(host);
  int32_t state = rj_member_state(rj_host_member_get(one));
  rj_host_leave(host);
  if (state != (outage ? STATE_FAILED : STATE_CONNECTED))
    fail("the simulation did not go as it should");
  rj_host_member_free(one);
  rj_host_member_free(two);
  rj_host_server_free(server);
  rj_host_free(host);
  return milliseconds() - start;
}

static void report(const char *what, bool outage, double budget) {
  double best = 0;
  unsigned events = 0;
  for (int i = 0; i < REPEATS; i++) {
    events = 0;
    double ms = play(outage, &events);
    if (i == 0 || ms < best)
      best = ms;
  }
  printf("%-42s %7.1f ms (best of %d, %u events); budget %.0f ms: %.2f of it, %s\n", what, best,
         REPEATS, events, budget, best / budget, best <= budget ? "reached" : "MISSED");
}

int main(void) {
  report("20 min of a healthy pair, all in all", false, 15);
  report("20 min of an outage to FAILED, all in all", true, 30);
  return 0;
}
