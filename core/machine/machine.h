/* The connection state of one member of one channel: the table, the outage's start O and the timers
 * that count from it. Pure. */
#ifndef RJ_MACHINE_MACHINE_H
#define RJ_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/table.h"

/* ns, each > 0; already multiplied by the time scale. */
typedef struct {
  int64_t beat, interrupted, lost, offline, give_up, token_warning, stats;
  int64_t goodbye, attempt_timeout, rejoin_jitter, backoff_base, backoff_cap, backoff_reset,
      network_changed_every, unreliable, roster;
} rj_timers;

/* The defaults of SPEC sections 2 and 5, each multiplied by scale (> 0). */
void rj_timers_default(rj_timers *timers, double scale);

/* A plain value: copy it, put it anywhere; nothing to free. Read the fields, do not write them
 * (path_pending aside). */
typedef struct {
  rj_timers timers;
  int32_t dialect;
  int32_t state, reason;   /* of the last SM; before the first DISCONNECTED, LEAVE_CHANNEL */
  int64_t join_called;     /* of this stay */
  int64_t connected_since; /* the last step into CONNECTED */
  int64_t interrupted_at;  /* the last SM(4, ·) that began an outage (3x: elapsed of S-13) */
  int64_t last_proof;      /* O while an outage lasts; 0 before the first one of a stay */
  bool lost_told;          /* N-3 came in this outage */
  bool peers_lost;         /* O + N-4 came in this outage */
  bool path_pending;       /* a new path is being validated (S-10): this one the member writes */
} rj_machine;

/* What one input did. */
typedef struct {
  const char *row; /* SPEC row, or NULL: nothing happened */
  bool changed;    /* an SM is to be told */
  int32_t old_state, state, reason;
  int32_t status;   /* for calls */
  uint32_t actions; /* rj_do */
} rj_step;

void rj_machine_init(rj_machine *machine, const rj_timers *timers, int32_t dialect);
/* One input at `now`; argument as rj_input says, else 0. Times may not run backwards. */
rj_step rj_machine_input(rj_machine *machine, rj_input input, int32_t argument, int64_t now);
/* When the next timer of section 2 is due; RJ_NEVER. */
int64_t rj_machine_deadline(const rj_machine *machine);
/* Runs the one timer that is due first at `now`; false: none is. Call until false: overdue timers
 * run each once, in due order. */
bool rj_machine_wake(rj_machine *machine, int64_t now, rj_step *step);

#endif
