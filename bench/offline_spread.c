/* How late the last of 1,000 members hears that a silent one is gone, on loopback (budget: 50 ms).
 * The time of silence (N-4) is 2 s here instead of 20 s, which nothing that is measured depends on. */
#include <stdio.h>
#include <stdlib.h>

#include "load/channel.h"

enum { MEMBERS = 1000, ROUNDS = 20, SILENT = 1000000 };
static const int64_t SECOND = 1000000000, offline = 2000000000;
static const double budget_ms = 50;

int main(void) {
  static int64_t spreads[ROUNDS], lateness[ROUNDS];
  const rj_faults cut = {.size = sizeof cut, .blackhole = 1};
  channel c = channel_open(MEMBERS, offline);
  printf("      %d members fall silent, one after the other …\n", ROUNDS);
  fflush(stdout);
  for (int i = 0; i < ROUNDS; i++) {
    const uint32_t uid = SILENT + (uint32_t)i;
    int64_t first, last;
    rj_client *silent = channel_client(&c);
    if (rj_client_join_channel(silent, NULL, CHANNEL_NAME, uid) < 0 ||
        !channel_wait(&c, RJ_EVENT_USER_JOINED, uid, 5 * SECOND, &first, &last) ||
        rj_client_set_faults(silent, RJ_DIRECTION_UP | RJ_DIRECTION_DOWN, &cut) < 0) {
      fprintf(stderr, "not every member heard of the join\n");
      return 1;
    }
    const int64_t due = rj_edge_last_heard(c.edge, NULL, CHANNEL_NAME, uid) + offline;
    if (!channel_wait(&c, RJ_EVENT_USER_OFFLINE, uid, offline + 5 * SECOND, &first, &last)) {
      fprintf(stderr, "not every member heard that one is gone\n");
      return 1;
    }
    spreads[i] = last - first;
    lateness[i] = last - due;
    rj_client_free(silent);
  }
  channel_report("first to last of 1,000 user_offline", spreads, ROUNDS);
  const double p99 = channel_report("due to the last of 1,000 user_offline", lateness, ROUNDS);
  printf("  budget %.0f ms: %.2f of it, %s\n", budget_ms, p99 / budget_ms,
         p99 <= budget_ms ? "reached" : "MISSED");
  channel_close(&c);
  return 0;
}
