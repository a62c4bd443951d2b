/* A channel full of members on loopback, for benches of what they are told: an edge with a thread of its
 * own, and all members on another one, in this process. */
#ifndef RJ_BENCH_CHANNEL_H
#define RJ_BENCH_CHANNEL_H

#include <rejoin/rejoin.h>
#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_NAME "full"

typedef struct {
  rj_runtime *edge_runtime, *runtime;
  rj_edge *edge;
  rj_client **members; /* uids from 1 on */
  int32_t count;
} channel;

/* All are in and have heard of each other. offline_ns: N-4 of the edge; 0: 20 s. Ends the process with 1 and a text when
 * something fails. */
channel channel_open(int32_t count, int64_t offline_ns);
void channel_close(channel *c);
/* One more client, not in the channel. */
rj_client *channel_client(channel *c);

/* Takes all events until every member had one of this kind for this uid, or `limit_ns` have passed: false. *first and *last
 * are when. */
bool channel_wait(channel *c, int32_t kind, uint32_t uid, int64_t limit_ns, int64_t *first,
                  int64_t *last);

/* The processor time of this process so far, edge and members together, in ns: what tells the cost of something also on a
 * machine that is busy with something else. */
int64_t channel_cpu(void);

/* Sorts the values, prints their quantiles in ms under `what`, and returns the 99th percentile. */
double channel_report(const char *what, int64_t *values, int32_t count);

#endif
