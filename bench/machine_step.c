/* What one step of the state machine costs: a proof in CONNECTED, which is nearly all it ever sees, and a whole story.
 * Budget: 100 ns a step (DESIGN). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>

#include "base/time.h"
#include "machine/machine.h"

enum { STEPS = 20000000 };

static int64_t clock_now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * RJ_SECOND + time.tv_nsec;
}

static uint64_t seen; /* keeps the compiler from dropping the work */

static void input(rj_machine *machine, rj_input what, int32_t argument, int64_t now) {
  rj_step step = rj_machine_input(machine, what, argument, now);
  seen += (uint64_t)step.changed + step.actions;
}

static void wake(rj_machine *machine, int64_t now) {
  rj_step step;
  if (rj_machine_wake(machine, now, &step))
    seen += (uint64_t)step.changed + step.actions;
}

static void proofs(rj_machine *machine) {
  int64_t now = RJ_SECOND;
  input(machine, RJ_IN_JOIN, 0, now);
  input(machine, RJ_IN_ACCEPTED, 0, now);
  int64_t began = clock_now();
  for (int i = 0; i < STEPS; i++) {
    now += 1300 * RJ_MILLISECOND;
    input(machine, RJ_IN_PROOF, 0, now);
    seen += (uint64_t)rj_machine_deadline(machine);
  }
  printf("proof and deadline: %.1f ns\n", (double)(clock_now() - began) / STEPS);
}

static void stories(rj_machine *machine) {
  enum { STEPS_OF_STORY = 10 };
  int64_t now = RJ_SECOND;
  input(machine, RJ_IN_LEAVE, 0, now);
  int64_t began = clock_now();
  for (int i = 0; i < STEPS / STEPS_OF_STORY; i++) {
    now += 60 * RJ_MINUTE;
    input(machine, RJ_IN_JOIN, 0, now);
    input(machine, RJ_IN_ACCEPTED, 0, now);
    input(machine, RJ_IN_PROOF, 0, now);
    wake(machine, now + 4 * RJ_SECOND);
    wake(machine, now + 10 * RJ_SECOND);
    wake(machine, now + 20 * RJ_SECOND);
    input(machine, RJ_IN_ACCEPTED, 0, now + 21 * RJ_SECOND);
    input(machine, RJ_IN_NETWORK_CHANGED, 0, now + 22 * RJ_SECOND);
    input(machine, RJ_IN_REMOVED, 3, now + 23 * RJ_SECOND);
    input(machine, RJ_IN_LEAVE, 0, now + 24 * RJ_SECOND);
  }
  printf("step of a whole story: %.1f ns\n", (double)(clock_now() - began) / STEPS);
}

int main(void) {
  rj_timers timers;
  rj_machine machine;
  rj_timers_default(&timers, 1);
  rj_machine_init(&machine, &timers, DIALECT_4X);
  proofs(&machine);
  stories(&machine);
  return seen == 0;
}
