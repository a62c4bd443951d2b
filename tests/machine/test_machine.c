/* The machine in virtual time, to the nanosecond: O, the timers of SPEC section 2, and what a step says. */
#include <glib.h>

#include "base/limits.h"
#include "base/random.h"
#include "machine/machine.h"

static const int64_t START = 1000 * RJ_SECOND + 7; /* a clock that started earlier */

static rj_machine fresh(int32_t dialect) {
  rj_timers timers;
  rj_machine machine;
  rj_timers_default(&timers, 1);
  rj_machine_init(&machine, &timers, dialect);
  return machine;
}

static rj_step input(rj_machine *machine, rj_input what, int32_t argument, int64_t now) {
  return rj_machine_input(machine, what, argument, now);
}

static rj_machine joined(int32_t dialect, int64_t now) {
  rj_machine machine = fresh(dialect);
  input(&machine, RJ_IN_JOIN, 0, now);
  input(&machine, RJ_IN_ACCEPTED, 0, now);
  return machine;
}

static void check_sm(const rj_step *step, const char *row, int32_t state, int32_t reason) {
  g_assert_cmpstr(step->row, ==, row);
  g_assert_true(step->changed);
  g_assert_cmpint(step->state, ==, state);
  g_assert_cmpint(step->reason, ==, reason);
}

static void check_no_sm(const rj_step *step, const char *row) {
  g_assert_cmpstr(step->row, ==, row);
  g_assert_false(step->changed);
  g_assert_cmpint(step->state, ==, step->old_state);
}

/* All but the timers' spans, which nothing moves. */
static bool same(const rj_machine *a, const rj_machine *b) {
  return a->state == b->state && a->reason == b->reason && a->join_called == b->join_called &&
         a->connected_since == b->connected_since && a->interrupted_at == b->interrupted_at &&
         a->last_proof == b->last_proof && a->lost_told == b->lost_told &&
         a->peers_lost == b->peers_lost && a->path_pending == b->path_pending;
}

/* The next timer is due at `due` and not a nanosecond before; runs it. */
static rj_step wake_at(rj_machine *machine, int64_t due) {
  rj_step step;
  g_assert_cmpint(rj_machine_deadline(machine), ==, due);
  g_assert_false(rj_machine_wake(machine, due - 1, &step));
  g_assert_true(rj_machine_wake(machine, due, &step));
  return step;
}

static void check_idle(rj_machine *machine) {
  rj_step step;
  g_assert_cmpint(rj_machine_deadline(machine), ==, RJ_NEVER);
  g_assert_false(rj_machine_wake(machine, RJ_NEVER - 1, &step));
}

/* R-1 S-24 */
static void test_before_the_first_stay(void) {
  rj_machine machine = fresh(DIALECT_3X);
  g_assert_cmpint(machine.state, ==, STATE_DISCONNECTED);
  g_assert_cmpint(machine.last_proof, ==, 0);
  check_idle(&machine);
}

/* S-1 S-3 R-1 */
static void test_join(void) {
  rj_machine machine = fresh(DIALECT_3X);
  rj_step step = input(&machine, RJ_IN_JOIN, 0, START);
  check_sm(&step, "S-1", STATE_CONNECTING, REASON_CONNECTING);
  g_assert_cmpint(step.old_state, ==, STATE_DISCONNECTED);
  g_assert_cmpint(step.status, ==, STATUS_OK);
  g_assert_cmpint(machine.join_called, ==, START);
  step = input(&machine, RJ_IN_ACCEPTED, 0, START + 30);
  check_sm(&step, "S-3", STATE_CONNECTED, REASON_JOIN_SUCCESS);
  g_assert_cmpint(machine.state, ==, STATE_CONNECTED);
  g_assert_cmpint(machine.connected_since, ==, START + 30);
  g_assert_cmpint(machine.last_proof, ==, START + 30);
  g_assert_cmpint(machine.join_called, ==, START); /* elapsed counts from it */
}

/* S-4 S-5 */
static void test_join_again(void) {
  for (int32_t state = STATE_CONNECTING; state <= STATE_FAILED; state++) {
    rj_machine machine = joined(DIALECT_4X, START);
    machine.state = state;
    machine.reason = REASON_BANNED_BY_SERVER;
    rj_machine before = machine;
    rj_step step = input(&machine, RJ_IN_JOIN, 0, START + 5);
    check_no_sm(&step, state == STATE_FAILED ? "S-5" : "S-4");
    g_assert_cmpint(step.status, ==, STATUS_JOIN_CHANNEL_REJECTED);
    g_assert_cmpuint(step.actions, ==, 0);
    g_assert_true(same(&before, &machine));
  }
}

/* S-7 N-3 N-5: unreachable; counted from the join call, to the nanosecond */
static void test_unreachable(void) {
  rj_machine machine = fresh(DIALECT_3X);
  input(&machine, RJ_IN_JOIN, 0, START);
  rj_step step = wake_at(&machine, START + 10 * RJ_SECOND);
  check_no_sm(&step, "S-7");
  g_assert_cmpint(step.state, ==, STATE_CONNECTING);
  g_assert_cmpuint(step.actions, ==, RJ_DO_TELL_LOST);
  step = wake_at(&machine, START + 20 * RJ_MINUTE); /* connection_lost came once */
  check_sm(&step, "S-7", STATE_FAILED, REASON_JOIN_FAILED);
  check_idle(&machine);

  /* and all of it again in the next stay */
  int64_t again = START + 21 * RJ_MINUTE;
  input(&machine, RJ_IN_LEAVE, 0, again);
  input(&machine, RJ_IN_JOIN, 0, again);
  step = wake_at(&machine, again + 10 * RJ_SECOND);
  g_assert_cmpuint(step.actions, ==, RJ_DO_TELL_LOST);
  wake_at(&machine, again + 20 * RJ_MINUTE);
}

/* N-2: every proof moves O; nothing else does */
static void test_proofs_move_the_silence(void) {
  rj_machine machine = joined(DIALECT_3X, START);
  int64_t now = START;
  for (int i = 0; i < 10; i++) {
    g_assert_cmpint(rj_machine_deadline(&machine), ==, now + 4 * RJ_SECOND);
    now += 1300 * RJ_MILLISECOND;
    rj_step step = input(&machine, RJ_IN_PROOF, 0, now);
    check_no_sm(&step, "N-2");
    g_assert_cmpuint(step.actions, ==, 0);
  }
  input(&machine, RJ_IN_RENEW_TOKEN, 0, now + 1);
  input(&machine, RJ_IN_SET_ROLE, 0, now + 2);
  input(&machine, RJ_IN_NETWORK_CHANGED, 0, now + 3);
  input(&machine, RJ_IN_JOIN, 0, now + 4);
  g_assert_cmpint(machine.last_proof, ==, now);
  rj_step step = wake_at(&machine, now + 4 * RJ_SECOND);
  check_sm(&step, "S-8", STATE_RECONNECTING, REASON_INTERRUPTED);
  g_assert_cmpuint(step.actions, ==, RJ_DO_DIAL_SOON); /* the old connection goes on */
}

/* S-8 S-11 S-12 P-9 N-2 N-3 N-5: T4 to T7 are exact from O */
static void test_outage(void) {
  for (int32_t dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    rj_machine machine = joined(dialect, START);
    int64_t o = START + 123456789;
    input(&machine, RJ_IN_PROOF, 0, o);
    rj_step step = wake_at(&machine, o + 4 * RJ_SECOND);
    check_sm(&step, "S-8", STATE_RECONNECTING, REASON_INTERRUPTED);
    g_assert_cmpint(machine.interrupted_at, ==, o + 4 * RJ_SECOND);

    step = wake_at(&machine, o + 10 * RJ_SECOND);
    if (dialect == DIALECT_4X)
      check_sm(&step, "S-11", STATE_RECONNECTING, REASON_LOST);
    else
      check_no_sm(&step, "S-11");
    g_assert_cmpuint(step.actions, ==, RJ_DO_TELL_LOST);

    step = wake_at(&machine, o + 20 * RJ_SECOND);
    check_no_sm(&step, "P-9");
    g_assert_cmpuint(step.actions, ==, RJ_DO_DROP_OLD_LINK | RJ_DO_DROP_PEERS);

    step = wake_at(&machine, o + 20 * RJ_MINUTE);
    check_sm(&step, "S-12", STATE_FAILED, REASON_JOIN_FAILED);
    check_idle(&machine);
    g_assert_cmpint(machine.last_proof, ==, o);
  }
}

/* S-9: O is the last proof, not the moment of the reset; in 4 it changes nothing but the connection */
static void test_reset(void) {
  rj_machine machine = joined(DIALECT_3X, START);
  rj_step step = input(&machine, RJ_IN_UNKNOWN, 0, START + RJ_SECOND);
  check_sm(&step, "S-9", STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
  g_assert_cmpuint(step.actions, ==, RJ_DO_DROP_OLD_LINK | RJ_DO_DIAL_NOW);
  g_assert_cmpint(machine.last_proof, ==, START);
  g_assert_cmpint(machine.interrupted_at, ==, START + RJ_SECOND);
  step = input(&machine, RJ_IN_UNKNOWN, 0, START + 2 * RJ_SECOND);
  check_no_sm(&step, "S-9");
  g_assert_cmpint(step.reason, ==, REASON_KEEP_ALIVE_TIMEOUT);
  g_assert_cmpuint(step.actions, ==, RJ_DO_DROP_OLD_LINK | RJ_DO_DIAL_NOW);
  g_assert_cmpint(machine.interrupted_at, ==, START + RJ_SECOND);
  wake_at(&machine, START + 10 * RJ_SECOND); /* not at 4 s again */
}

/* S-10: migrates and stays; 13 when the new path is not validated at N-2 */
static void test_network_changed(void) {
  rj_machine machine = joined(DIALECT_4X, START);
  rj_step step = input(&machine, RJ_IN_NETWORK_CHANGED, 0, START + 1);
  check_no_sm(&step, "S-10");
  g_assert_cmpuint(step.actions, ==, RJ_DO_MIGRATE);
  machine.path_pending = true;
  rj_machine validated = machine;
  step = wake_at(&machine, START + 4 * RJ_SECOND);
  check_sm(&step, "S-10", STATE_RECONNECTING, REASON_CLIENT_IP_ADDRESS_CHANGED);
  g_assert_cmpuint(step.actions, ==, RJ_DO_DIAL_NOW);
  step = input(&machine, RJ_IN_NETWORK_CHANGED, 0, START + 5 * RJ_SECOND);
  check_no_sm(&step, "S-10");
  g_assert_cmpuint(step.actions, ==, RJ_DO_DIAL_NOW);

  input(&machine, RJ_IN_LEAVE, 0, START + 6 * RJ_SECOND);
  input(&machine, RJ_IN_JOIN, 0, START + 6 * RJ_SECOND);
  g_assert_false(machine.path_pending); /* a new stay, a new connection */

  validated.path_pending = false;
  step = wake_at(&validated, START + 4 * RJ_SECOND);
  check_sm(&step, "S-8", STATE_RECONNECTING, REASON_INTERRUPTED);
}

/* S-13: by an answer or by a proof; O stands until then; the next outage is whole again */
static void test_rejoin(void) {
  static const rj_input ways[] = {RJ_IN_ACCEPTED, RJ_IN_PROOF};
  for (int32_t dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
      rj_machine machine = joined(dialect, START);
      wake_at(&machine, START + 4 * RJ_SECOND);
      wake_at(&machine, START + 10 * RJ_SECOND);
      input(&machine, RJ_IN_NETWORK_CHANGED, 0, START + 11 * RJ_SECOND);
      g_assert_cmpint(machine.last_proof, ==, START); /* whatever arrives meanwhile */
      int64_t back = START + 12 * RJ_SECOND;
      rj_step step = input(&machine, ways[i], 0, back);
      check_sm(&step, "S-13", STATE_CONNECTED,
               dialect == DIALECT_3X ? REASON_JOIN_SUCCESS : REASON_REJOIN_SUCCESS);
      g_assert_cmpuint(step.actions, ==, RJ_DO_END_OUTAGE | RJ_DO_TELL_REJOINED);
      g_assert_cmpint(machine.last_proof, ==, back);
      g_assert_cmpint(machine.connected_since, ==, back);
      g_assert_cmpint(machine.join_called, ==, START);                    /* 4x: elapsed */
      g_assert_cmpint(machine.interrupted_at, ==, START + 4 * RJ_SECOND); /* 3x: elapsed */

      wake_at(&machine, back + 4 * RJ_SECOND);
      step =
          wake_at(&machine, back + 10 * RJ_SECOND); /* N-3: once per outage, and this is another */
      g_assert_cmpuint(step.actions, ==, RJ_DO_TELL_LOST);
      step = wake_at(&machine, back + 20 * RJ_SECOND);
      g_assert_cmpstr(step.row, ==, "P-9");
      wake_at(&machine, back + 20 * RJ_MINUTE);
    }
  }
}

/* P-9: once per outage, also after one that lasted longer than 20 s */
static void test_two_long_outages(void) {
  rj_machine machine = joined(DIALECT_3X, START);
  int64_t o = START;
  for (int outage = 0; outage < 3; outage++) {
    wake_at(&machine, o + 4 * RJ_SECOND);
    wake_at(&machine, o + 10 * RJ_SECOND);
    rj_step step = wake_at(&machine, o + 20 * RJ_SECOND);
    g_assert_cmpuint(step.actions, ==, RJ_DO_DROP_OLD_LINK | RJ_DO_DROP_PEERS);
    o += 30 * RJ_SECOND;
    step = input(&machine, RJ_IN_ACCEPTED, 0, o);
    check_sm(&step, "S-13", STATE_CONNECTED, REASON_JOIN_SUCCESS);
  }
}

/* Section 2: asleep for 30 minutes; each overdue timer once, in due order, with its ordinary event */
static void test_sleep(void) {
  for (int32_t dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    rj_machine machine = joined(dialect, START);
    int64_t now = START + 30 * RJ_MINUTE;
    static const char *const rows[] = {"S-8", "S-11", "P-9", "S-12"};
    rj_step step;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
      g_assert_true(rj_machine_wake(&machine, now, &step));
      g_assert_cmpstr(step.row, ==, rows[i]);
    }
    check_sm(&step, "S-12", STATE_FAILED, REASON_JOIN_FAILED);
    g_assert_false(rj_machine_wake(&machine, now, &step));
  }

  rj_machine machine = joined(DIALECT_3X, START); /* 15 s: what is overdue, and no more */
  int64_t now = START + 15 * RJ_SECOND;
  rj_step step;
  g_assert_true(rj_machine_wake(&machine, now, &step));
  check_sm(&step, "S-8", STATE_RECONNECTING, REASON_INTERRUPTED);
  g_assert_cmpint(machine.interrupted_at, ==, now);
  g_assert_true(rj_machine_wake(&machine, now, &step));
  check_no_sm(&step, "S-11");
  g_assert_false(rj_machine_wake(&machine, now, &step));
  wake_at(&machine, START + 20 * RJ_SECOND);

  machine = fresh(DIALECT_3X); /* while joining */
  input(&machine, RJ_IN_JOIN, 0, START);
  now = START + 30 * RJ_MINUTE;
  g_assert_true(rj_machine_wake(&machine, now, &step));
  check_no_sm(&step, "S-7");
  g_assert_true(rj_machine_wake(&machine, now, &step));
  check_sm(&step, "S-7", STATE_FAILED, REASON_JOIN_FAILED);
  g_assert_false(rj_machine_wake(&machine, now, &step));
}

/* S-25 S-26 S-27 S-28 S-29 S-30 */
static void test_leave(void) {
  static const char *const rows[] = {"S-26", "S-25", "S-27", "S-28"};
  for (int32_t state = STATE_CONNECTING; state <= STATE_FAILED; state++) {
    rj_machine machine = joined(DIALECT_3X, START);
    machine.state = state;
    machine.reason = REASON_JOIN_FAILED;
    rj_step step = input(&machine, RJ_IN_LEAVE, 0, START + RJ_SECOND);
    check_sm(&step, rows[state - STATE_CONNECTING], STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
    g_assert_cmpint(step.status, ==, STATUS_OK);
    g_assert_true(step.actions & RJ_DO_TELL_LEFT);
    g_assert_true(((step.actions & RJ_DO_SAY_GOODBYE) != 0) == (state != STATE_FAILED));
    check_idle(&machine);
    step = input(&machine, RJ_IN_LEAVE, 0, START + RJ_SECOND);
    check_no_sm(&step, "S-29");
    g_assert_cmpint(step.status, ==, STATUS_OK);
    g_assert_cmpuint(step.actions, ==, 0);
    /* join works again, and counts anew */
    step = input(&machine, RJ_IN_JOIN, 0, START + RJ_MINUTE);
    check_sm(&step, "S-1", STATE_CONNECTING, REASON_CONNECTING);
    g_assert_cmpint(machine.last_proof, ==, 0);
    wake_at(&machine, START + RJ_MINUTE + 10 * RJ_SECOND);
  }
}

/* what belongs to an abandoned attempt or an ended stay changes nothing */
static void test_late_answers(void) {
  static const rj_input late[] = {RJ_IN_ACCEPTED, RJ_IN_REFUSED, RJ_IN_REFUSED_OLD_TOKEN,
                                  RJ_IN_REMOVED,  RJ_IN_UNKNOWN, RJ_IN_PROOF};
  for (size_t i = 0; i < G_N_ELEMENTS(late); i++) {
    rj_machine left = joined(DIALECT_4X, START);
    input(&left, RJ_IN_LEAVE, 0, START + 1);
    rj_machine failed = joined(DIALECT_4X, START);
    input(&failed, RJ_IN_REMOVED, REASON_SAME_UID_LOGIN, START + 1);
    g_assert_cmpint(failed.state, ==, STATE_FAILED);
    rj_machine *ended[] = {&left, &failed};
    for (size_t j = 0; j < G_N_ELEMENTS(ended); j++) {
      rj_machine before = *ended[j];
      rj_step step = input(ended[j], late[i], REASON_BANNED_BY_SERVER, START + 2);
      g_assert_null(step.row);
      g_assert_false(step.changed);
      g_assert_cmpint(step.state, ==, before.state);
      g_assert_cmpint(step.reason, ==, before.reason);
      g_assert_cmpint(step.status, ==, STATUS_INVALID_STATE);
      g_assert_true(same(&before, ended[j]));
    }
  }
}

/* S-22: revived as by a join; only in 4x, only after 9 */
static void test_revived_by_a_token(void) {
  rj_machine machine = joined(DIALECT_4X, START);
  input(&machine, RJ_IN_REMOVED, REASON_TOKEN_EXPIRED, START + 1);
  int64_t now = START + RJ_MINUTE;
  rj_step step = input(&machine, RJ_IN_RENEW_TOKEN, 0, now);
  check_sm(&step, "S-22", STATE_CONNECTING, REASON_RENEW_TOKEN);
  g_assert_cmpint(step.status, ==, STATUS_OK);
  wake_at(&machine, now + 10 * RJ_SECOND);
  step = input(&machine, RJ_IN_ACCEPTED, 0, now + 11 * RJ_SECOND);
  check_sm(&step, "S-3", STATE_CONNECTED, REASON_JOIN_SUCCESS);

  machine = joined(DIALECT_3X, START);
  input(&machine, RJ_IN_REMOVED, REASON_TOKEN_EXPIRED, START + 1);
  step = input(&machine, RJ_IN_RENEW_TOKEN, 0, now);
  check_no_sm(&step, "S-22");
  g_assert_cmpint(step.status, ==, STATUS_INVALID_STATE);

  machine = joined(DIALECT_4X, START);
  input(&machine, RJ_IN_REMOVED, REASON_BANNED_BY_SERVER, START + 1);
  step = input(&machine, RJ_IN_RENEW_TOKEN, 0, now);
  check_no_sm(&step, "S-22");
  g_assert_cmpint(step.status, ==, STATUS_INVALID_STATE);
}

/* R-1 R-2: over random inputs an SM comes exactly when (state, reason) changes, and continues the last one */
static void test_every_change_is_told(void) {
  for (uint64_t seed = 1; seed <= 200; seed++) {
    rj_random random;
    rj_random_seed(&random, seed);
    rj_machine machine = fresh(seed % 2 ? DIALECT_3X : DIALECT_4X);
    int64_t now = START, outage_began = 0;
    for (int i = 0; i < 500; i++) {
      static const int32_t reasons[] = {3, 9, 19};
      rj_machine before = machine;
      rj_step step;
      now += (int64_t)rj_random_below(&random, 6 * RJ_SECOND);
      if (rj_random_below(&random, 3) == 0) {
        if (!rj_machine_wake(&machine, now, &step))
          continue;
      } else {
        rj_input what = (rj_input)rj_random_below(&random, RJ_INPUTS);
        step = input(&machine, what, reasons[rj_random_below(&random, 3)], now);
      }
      g_assert_cmpint(step.old_state, ==, before.state);
      g_assert_cmpint(step.state, ==, machine.state);
      g_assert_cmpint(step.reason, ==, machine.reason);
      g_assert_true(step.changed ==
                    (before.state != machine.state || before.reason != machine.reason));
      if (step.row == NULL)
        g_assert_true(same(&before, &machine));
      /* O stands during an outage */
      if (machine.state == STATE_RECONNECTING) {
        if (before.state != STATE_RECONNECTING)
          outage_began = before.last_proof;
        g_assert_cmpint(machine.last_proof, ==, outage_began);
      }
    }
  }
}

/* N-1 N-2 N-3 N-4 N-5 N-6 N-8 and section 5: the defaults, and the one scale */
static void test_timers(void) {
  rj_timers timers;
  rj_timers_default(&timers, 1);
  g_assert_cmpint(timers.beat, ==, 1300 * RJ_MILLISECOND);
  g_assert_cmpint(timers.interrupted, ==, 4 * RJ_SECOND);
  g_assert_cmpint(timers.lost, ==, 10 * RJ_SECOND);
  g_assert_cmpint(timers.offline, ==, 20 * RJ_SECOND);
  g_assert_cmpint(timers.give_up, ==, 20 * RJ_MINUTE);
  g_assert_cmpint(timers.token_warning, ==, 30 * RJ_SECOND);
  g_assert_cmpint(timers.stats, ==, 2 * RJ_SECOND);
  g_assert_cmpint(timers.goodbye, ==, RJ_SECOND);
  g_assert_cmpint(timers.attempt_timeout, ==, 5 * RJ_SECOND);
  g_assert_cmpint(timers.rejoin_jitter, ==, 500 * RJ_MILLISECOND);
  g_assert_cmpint(timers.backoff_base, ==, 500 * RJ_MILLISECOND);
  g_assert_cmpint(timers.backoff_cap, ==, 8 * RJ_SECOND);
  g_assert_cmpint(timers.backoff_reset, ==, 10 * RJ_SECOND);
  g_assert_cmpint(timers.network_changed_every, ==, RJ_SECOND);
  g_assert_cmpint(timers.unreliable, ==, RJ_SECOND); /* D-4 */
  g_assert_cmpint(timers.roster, ==, 2 * RJ_SECOND);

  rj_timers scaled;
  rj_timers_default(&scaled, 0.05);
  g_assert_cmpint(scaled.beat, ==, 65 * RJ_MILLISECOND);
  g_assert_cmpint(scaled.interrupted, ==, 200 * RJ_MILLISECOND);
  g_assert_cmpint(scaled.give_up, ==, RJ_MINUTE);
  rj_timers_default(&scaled, 0.7); /* exact where binary fractions are not */
  g_assert_cmpint(scaled.beat, ==, 910 * RJ_MILLISECOND);
  rj_timers_default(&scaled, 1e-300);
  g_assert_cmpint(scaled.beat, ==, 1);
  rj_timers_default(&scaled, 1e300);
  g_assert_cmpint(scaled.beat, ==, RJ_NEVER);
}

/* Timers can be set in any proportion: each still runs once, in due order. */
static void test_unusual_timers(void) {
  rj_timers timers;
  rj_timers_default(&timers, 1);
  timers.lost = 2 * RJ_SECOND; /* before the interruption is noticed */
  timers.offline = 3 * RJ_SECOND;
  rj_machine machine;
  rj_machine_init(&machine, &timers, DIALECT_4X);
  input(&machine, RJ_IN_JOIN, 0, START);
  input(&machine, RJ_IN_ACCEPTED, 0, START);
  rj_step step = wake_at(&machine, START + 4 * RJ_SECOND);
  check_sm(&step, "S-8", STATE_RECONNECTING, REASON_INTERRUPTED);
  g_assert_cmpint(rj_machine_deadline(&machine), ==, START + 2 * RJ_SECOND); /* overdue */
  g_assert_true(rj_machine_wake(&machine, START + 4 * RJ_SECOND, &step));
  check_sm(&step, "S-11", STATE_RECONNECTING, REASON_LOST);
  g_assert_true(rj_machine_wake(&machine, START + 4 * RJ_SECOND, &step));
  g_assert_cmpstr(step.row, ==, "P-9");
  g_assert_false(rj_machine_wake(&machine, START + 4 * RJ_SECOND, &step));

  /* due at the same moment: lost, then the peers, then the end */
  timers.lost = timers.offline = timers.give_up = 5 * RJ_SECOND;
  rj_machine_init(&machine, &timers, DIALECT_3X);
  input(&machine, RJ_IN_JOIN, 0, START);
  input(&machine, RJ_IN_ACCEPTED, 0, START);
  wake_at(&machine, START + 4 * RJ_SECOND);
  static const char *const rows[] = {"S-11", "P-9", "S-12"};
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_assert_true(rj_machine_wake(&machine, START + 5 * RJ_SECOND, &step));
    g_assert_cmpstr(step.row, ==, rows[i]);
  }

  timers.lost = 2 * RJ_SECOND;
  timers.give_up = RJ_NEVER;
  rj_machine_init(&machine, &timers, DIALECT_4X);
  input(&machine, RJ_IN_JOIN, 0, START);
  wake_at(&machine, START + 2 * RJ_SECOND);
  check_idle(&machine);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/machine/fresh", test_before_the_first_stay);
  g_test_add_func("/machine/join", test_join);
  g_test_add_func("/machine/join-again", test_join_again);
  g_test_add_func("/machine/unreachable", test_unreachable);
  g_test_add_func("/machine/proofs", test_proofs_move_the_silence);
  g_test_add_func("/machine/outage", test_outage);
  g_test_add_func("/machine/reset", test_reset);
  g_test_add_func("/machine/network-changed", test_network_changed);
  g_test_add_func("/machine/rejoin", test_rejoin);
  g_test_add_func("/machine/two-long-outages", test_two_long_outages);
  g_test_add_func("/machine/sleep", test_sleep);
  g_test_add_func("/machine/leave", test_leave);
  g_test_add_func("/machine/late", test_late_answers);
  g_test_add_func("/machine/revived", test_revived_by_a_token);
  g_test_add_func("/machine/told", test_every_change_is_told);
  g_test_add_func("/machine/timers", test_timers);
  g_test_add_func("/machine/unusual-timers", test_unusual_timers);
  return g_test_run();
}
