/* When to try again: full-jitter exponential backoff (SPEC section 5). */
#include "machine/attempts.h"

#include "base/time.h"

/* 0.5 s x 2^16 is far beyond the cap of 8 s. */
enum { EXPONENT_MAX = 16 };

void rj_attempts_init(rj_attempts *attempts) {
  *attempts = (rj_attempts){.start_at = RJ_NEVER, .give_up_at = RJ_NEVER, .last_forced = -RJ_NEVER};
}

void rj_attempts_begin_stay(rj_attempts *attempts) {
  rj_attempts_init(attempts);
}

void rj_attempts_plan_now(rj_attempts *attempts, int64_t now) {
  attempts->start_at = now;
}

static int64_t uniform(rj_random *random, int64_t bound) {
  return (int64_t)rj_random_below(random, (uint64_t)bound + 1);
}

/* Uniform in [0, min(cap, base x 2^n)]. */
static int64_t backoff(const rj_attempts *attempts, const rj_timers *timers, rj_random *random) {
  int64_t bound = timers->backoff_base;
  for (uint32_t i = 0; i < attempts->n && bound < timers->backoff_cap; i++)
    bound = bound > timers->backoff_cap / 2 ? timers->backoff_cap : bound * 2;
  return uniform(random, rj_earlier(bound, timers->backoff_cap));
}

void rj_attempts_plan_soon(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                           int64_t now) {
  int64_t delay =
      attempts->n == 0 ? uniform(random, timers->rejoin_jitter) : backoff(attempts, timers, random);
  attempts->start_at = rj_after(now, delay);
}

bool rj_attempts_force(rj_attempts *attempts, const rj_timers *timers, int64_t now) {
  int64_t allowed = attempts->last_forced == -RJ_NEVER
                        ? now
                        : rj_after(attempts->last_forced, timers->network_changed_every);
  if (allowed > now) {
    attempts->start_at = rj_earlier(attempts->start_at, allowed);
    return false;
  }
  bool abandoned = attempts->running;
  attempts->running = false;
  attempts->give_up_at = RJ_NEVER;
  attempts->start_at = now;
  attempts->last_forced = now;
  return abandoned;
}

void rj_attempts_started(rj_attempts *attempts, const rj_timers *timers, int64_t now) {
  attempts->number++;
  attempts->running = true;
  attempts->start_at = RJ_NEVER;
  attempts->give_up_at = rj_after(now, timers->attempt_timeout);
}

static int64_t plan_after(rj_attempts *attempts, int64_t delay, int64_t now) {
  attempts->running = false;
  attempts->give_up_at = RJ_NEVER;
  attempts->start_at = rj_after(now, delay);
  return delay;
}

int64_t rj_attempts_failed(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                           int64_t now) {
  int64_t delay = backoff(attempts, timers, random);
  if (attempts->n < EXPONENT_MAX)
    attempts->n++;
  return plan_after(attempts, delay, now);
}

int64_t rj_attempts_busy(rj_attempts *attempts, const rj_timers *timers, rj_random *random,
                         int64_t retry_after, int64_t now) {
  return plan_after(attempts, retry_after + uniform(random, timers->rejoin_jitter), now);
}

void rj_attempts_stop(rj_attempts *attempts) {
  attempts->running = false;
  attempts->start_at = RJ_NEVER;
  attempts->give_up_at = RJ_NEVER;
}

void rj_attempts_outage(rj_attempts *attempts, const rj_timers *timers, int64_t connected_since,
                        int64_t now) {
  if (now - connected_since >= timers->backoff_reset)
    attempts->n = 0;
}

int64_t rj_attempts_deadline(const rj_attempts *attempts) {
  return rj_earlier(attempts->start_at, attempts->give_up_at);
}
