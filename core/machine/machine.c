/* The connection state of one member: looks a row up, moves the state, and keeps the times that the timers count from. */
#include "machine/machine.h"

#include <assert.h>

#include "base/limits.h"

void rj_timers_default(rj_timers *timers, double scale) {
  assert(scale > 0);
  *timers = (rj_timers){
      .beat = rj_scaled(RJ_BEAT_INTERVAL, scale),
      .interrupted = rj_scaled(RJ_INTERRUPTED_AFTER, scale),
      .lost = rj_scaled(RJ_LOST_AFTER, scale),
      .offline = rj_scaled(RJ_OFFLINE_AFTER, scale),
      .give_up = rj_scaled(RJ_GIVE_UP_AFTER, scale),
      .token_warning = rj_scaled(RJ_TOKEN_WARNING_BEFORE, scale),
      .stats = rj_scaled(RJ_STATS_INTERVAL, scale),
      .goodbye = rj_scaled(RJ_GOODBYE_FOR, scale),
      .attempt_timeout = rj_scaled(RJ_ATTEMPT_TIMEOUT, scale),
      .rejoin_jitter = rj_scaled(RJ_REJOIN_JITTER, scale),
      .backoff_base = rj_scaled(RJ_BACKOFF_BASE, scale),
      .backoff_cap = rj_scaled(RJ_BACKOFF_CAP, scale),
      .backoff_reset = rj_scaled(RJ_BACKOFF_RESET_AFTER, scale),
      .network_changed_every = rj_scaled(RJ_NETWORK_CHANGED_EVERY, scale),
      .unreliable = rj_scaled(RJ_UNRELIABLE_FOR, scale),
      .roster = rj_scaled(RJ_ROSTER_WITHIN, scale),
  };
}

void rj_machine_init(rj_machine *machine, const rj_timers *timers, int32_t dialect) {
  assert(dialect == DIALECT_3X || dialect == DIALECT_4X);
  *machine = (rj_machine){
      .timers = *timers,
      .dialect = dialect,
      .state = STATE_DISCONNECTED,
      .reason = REASON_LEAVE_CHANNEL,
  };
}

/* The times that a step moves, before the state itself moves. */
static void keep_times(rj_machine *machine, const rj_row *row, int64_t now) {
  if (row->actions & RJ_DO_START_STAY) {
    machine->join_called = now;
    machine->last_proof = 0;
    machine->lost_told = false;
    machine->peers_lost = false;
    machine->path_pending = false;
  }
  if (row->to == STATE_CONNECTED && row->from != STATE_CONNECTED) {
    machine->connected_since = now;
    machine->lost_told = false;
    machine->peers_lost = false;
  }
  if (row->to == STATE_RECONNECTING && row->from == STATE_CONNECTED)
    machine->interrupted_at = now;
  /* O moves with every proof while CONNECTED, and stands during an outage, whatever arrives */
  if (row->to == STATE_CONNECTED && (row->input == RJ_IN_PROOF || row->input == RJ_IN_ACCEPTED))
    machine->last_proof = now;
  /* once per outage each */
  if (row->input == RJ_IN_LOST)
    machine->lost_told = true;
  if (row->input == RJ_IN_PEERS_LOST)
    machine->peers_lost = true;
}

static int32_t reason_of(const rj_row *row, int32_t argument, int32_t before) {
  if (row->reason == RJ_REASON_SAME)
    return before;
  return row->reason == RJ_REASON_ARGUMENT ? argument : row->reason;
}

rj_step rj_machine_input(rj_machine *machine, rj_input input, int32_t argument, int64_t now) {
  rj_step step = {
      .old_state = machine->state,
      .state = machine->state,
      .reason = machine->reason,
      .status = STATUS_INVALID_STATE,
  };
  int32_t given = input == RJ_IN_RENEW_TOKEN ? machine->reason : argument;
  const rj_row *row = rj_row_find(machine->state, input, machine->dialect, given);
  if (row == NULL)
    return step;

  keep_times(machine, row, now);
  machine->reason = reason_of(row, argument, machine->reason);
  machine->state = row->to;

  step.row = row->id;
  step.state = machine->state;
  step.changed = step.state != step.old_state || step.reason != machine->reason;
  step.reason = machine->reason;
  step.status = row->status;
  step.actions = row->actions;
  return step;
}

/* ---- the timers of section 2 ---- */

typedef struct {
  int64_t due;
  rj_input input;
} timer;

/* What they count from: O, and in CONNECTING the join call. */
static int64_t origin(const rj_machine *machine) {
  return machine->state == STATE_CONNECTING ? machine->join_called : machine->last_proof;
}

static void offer(timer *first, const rj_machine *machine, int64_t span, rj_input input) {
  int64_t due = rj_after(origin(machine), span);
  if (due < first->due)
    *first = (timer){due, input};
}

static timer first_timer(const rj_machine *machine) {
  const rj_timers *timers = &machine->timers;
  timer first = {RJ_NEVER, RJ_INPUTS};
  switch (machine->state) {
  case STATE_CONNECTED:
    offer(&first, machine, timers->interrupted,
          machine->path_pending ? RJ_IN_SILENCE_NEW_PATH : RJ_IN_SILENCE);
    break;
  case STATE_CONNECTING:
  case STATE_RECONNECTING:
    if (!machine->lost_told)
      offer(&first, machine, timers->lost, RJ_IN_LOST);
    if (machine->state == STATE_RECONNECTING && !machine->peers_lost)
      offer(&first, machine, timers->offline, RJ_IN_PEERS_LOST);
    offer(&first, machine, timers->give_up, RJ_IN_GIVE_UP);
    break;
  default:
    break;
  }
  return first;
}

int64_t rj_machine_deadline(const rj_machine *machine) {
  return first_timer(machine).due;
}

bool rj_machine_wake(rj_machine *machine, int64_t now, rj_step *step) {
  timer first = first_timer(machine);
  if (first.due > now)
    return false;
  *step = rj_machine_input(machine, first.input, 0, now);
  return true;
}
