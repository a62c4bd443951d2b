/* When to try again (SPEC section 5): full-jitter exponential backoff, busy answers, and what
 * resets it. Pure. */
#ifndef RJ_MACHINE_ATTEMPTS_H
#define RJ_MACHINE_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "machine/machine.h"

/* A plain value. Read the fields, do not write them. */
typedef struct {
  uint32_t number;     /* of the attempt under way or the last one; counted over the stay */
  uint32_t n;          /* the backoff's exponent */
  bool running;        /* an attempt is under way */
  int64_t start_at;    /* the next attempt; RJ_NEVER: none is planned */
  int64_t give_up_at;  /* the running attempt's end; RJ_NEVER */
  int64_t last_forced; /* the last attempt that network_changed started */
} rj_attempts;

void rj_attempts_init(rj_attempts *attempts);
/* A new stay: number 0, n 0, nothing planned. */
void rj_attempts_begin_stay(rj_attempts *attempts);
/* Plan an attempt at once (a join, S-9, S-10); keeps n. */
void rj_attempts_plan_now(rj_attempts *attempts, int64_t now);
/* Plan a rejoin's first attempt: 0 to 500 ms from now, or by the backoff where n was not reset;
 * keeps what runs. */
void rj_attempts_plan_soon(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                           int64_t now);
/* network_changed to a live network: plans one at once, unless one was forced less than
 * network_changed_every ago (then at the end of that). Returns true when the attempt under way is
 * to be abandoned. */
bool rj_attempts_force(rj_attempts *attempts, const rj_timers *timers, int64_t now);
/* The planned attempt starts now. */
void rj_attempts_started(rj_attempts *attempts, const rj_timers *timers, int64_t now);
/* The running attempt failed: plans the next one; returns the delay in ns. */
int64_t rj_attempts_failed(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                           int64_t now);
/* "Busy, retry after": plans the next one then plus jitter, n unchanged; returns the delay in ns.
 */
int64_t rj_attempts_busy(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                         int64_t retry_after, int64_t now);
/* Nothing runs, nothing is planned; n is kept. */
void rj_attempts_stop(rj_attempts *attempts);
/* An outage began: n is reset when CONNECTED lasted for backoff_reset. */
void rj_attempts_outage(rj_attempts *attempts, const rj_timers *timers, int64_t connected_since,
                        int64_t now);
int64_t rj_attempts_deadline(const rj_attempts *attempts);

#endif
