/* How long until the last of 1,000 members has heard of a join, on loopback (budget: 50 ms at p99).
 * From the newcomer's join call to the first and the last user_joined; and the same of its leave. */
#include <stdio.h>
#include <stdlib.h>

#include "load/channel.h"

enum { MEMBERS = 1000, ROUNDS = 200, NEWCOMER = 1000000 };
static const int64_t SECOND = 1000000000;
static const double budget_ms = 50;

int main(void) {
  static int64_t firsts[ROUNDS], lasts[ROUNDS], leaves[ROUNDS], costs[ROUNDS];
  channel c = channel_open(MEMBERS, 0);
  rj_client *newcomer = channel_client(&c);
  printf("      %d times one more joins and leaves …\n", ROUNDS);
  fflush(stdout);
  for (int i = 0; i < ROUNDS; i++) {
    int64_t first, last;
    int64_t began = rj_runtime_now(c.runtime), cpu = channel_cpu();
    if (rj_client_join_channel(newcomer, NULL, CHANNEL_NAME, NEWCOMER) < 0 ||
        !channel_wait(&c, RJ_EVENT_USER_JOINED, NEWCOMER, 5 * SECOND, &first, &last)) {
      fprintf(stderr, "not every member heard of the join\n");
      return 1;
    }
    costs[i] = channel_cpu() - cpu;
    firsts[i] = first - began;
    lasts[i] = last - began;
    began = rj_runtime_now(c.runtime);
    if (rj_client_leave_channel(newcomer) < 0 ||
        !channel_wait(&c, RJ_EVENT_USER_OFFLINE, NEWCOMER, 5 * SECOND, &first, &last)) {
      fprintf(stderr, "not every member heard of the leave\n");
      return 1;
    }
    leaves[i] = last - began;
  }
  channel_report("join call to the first user_joined", firsts, ROUNDS);
  const double p99 = channel_report("join call to the last of 1,000 user_joined", lasts, ROUNDS);
  channel_report("leave call to the last of 1,000 user_offline", leaves, ROUNDS);
  channel_report("processor time of a join, edge and members", costs, ROUNDS);
  printf("  budget %.0f ms at p99: %.2f of it, %s\n", budget_ms, p99 / budget_ms,
         p99 <= budget_ms ? "reached" : "MISSED");
  rj_client_free(newcomer);
  channel_close(&c);
  return 0;
}
