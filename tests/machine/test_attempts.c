/* When the next attempt comes (SPEC section 5): bounds, spread, and what resets the backoff. */
#include <glib.h>

#include "base/limits.h"
#include "machine/attempts.h"

static const int64_t NOW = 1000 * RJ_SECOND;

static rj_timers timers;
static rj_random chance;

static rj_attempts fresh(void) {
  rj_timers_default(&timers, 1);
  rj_random_seed(&chance, 42);
  rj_attempts attempts;
  rj_attempts_init(&attempts);
  return attempts;
}

static void check_idle(const rj_attempts *attempts) {
  g_assert_false(attempts->running);
  g_assert_cmpint(rj_attempts_deadline(attempts), ==, RJ_NEVER);
}

/* S-1: a join's first attempt is made at once, and given up after 5 s */
static void test_first_attempt(void) {
  rj_attempts attempts = fresh();
  check_idle(&attempts);
  rj_attempts_begin_stay(&attempts);
  check_idle(&attempts);
  rj_attempts_plan_now(&attempts, NOW);
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW);
  rj_attempts_started(&attempts, &timers, NOW);
  g_assert_true(attempts.running);
  g_assert_cmpuint(attempts.number, ==, 1);
  g_assert_cmpint(attempts.start_at, ==, RJ_NEVER);
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + 5 * RJ_SECOND);
  rj_attempts_stop(&attempts);
  check_idle(&attempts);
  rj_attempts_plan_now(&attempts, NOW); /* nor what is only planned */
  rj_attempts_stop(&attempts);
  check_idle(&attempts);
}

/* The spread of many delays: within [0, bound], and reaching all of it evenly. */
typedef struct {
  int64_t bound, least, most;
  double sum;
  int count;
} spread;

static void add(spread *s, int64_t delay) {
  g_assert_cmpint(delay, >=, 0);
  g_assert_cmpint(delay, <=, s->bound);
  s->least = s->count == 0 ? delay : MIN(s->least, delay);
  s->most = MAX(s->most, delay);
  s->sum += (double)delay / (double)s->bound;
  s->count++;
}

static void check_uniform(const spread *s) {
  g_assert_cmpint(s->least, <, s->bound / 50);
  g_assert_cmpint(s->most, >, s->bound - s->bound / 50);
  double mean = s->sum / s->count;
  g_assert_true(mean > 0.46 && mean < 0.54);
}

/* Section 5: uniform in [0, min(8 s, 0.5 s x 2^n)], n from 0, from the end of the failed attempt */
static void test_backoff(void) {
  spread spreads[12];
  for (int n = 0; n < 12; n++)
    spreads[n] = (spread){.bound = MIN(8 * RJ_SECOND, (RJ_SECOND / 2) << n)};
  rj_attempts attempts = fresh();
  for (int round = 0; round < 2000; round++) {
    rj_attempts_begin_stay(&attempts);
    int64_t now = NOW;
    for (uint32_t n = 0; n < 12; n++) {
      rj_attempts_started(&attempts, &timers, now);
      now += 5 * RJ_SECOND;
      g_assert_cmpuint(attempts.n, ==, n);
      int64_t delay = rj_attempts_failed(&attempts, &timers, &chance, now);
      add(&spreads[n], delay);
      g_assert_false(attempts.running);
      g_assert_cmpint(rj_attempts_deadline(&attempts), ==, now + delay);
      now += delay;
    }
    g_assert_cmpuint(attempts.number, ==, 12);
  }
  for (int n = 0; n < 12; n++)
    check_uniform(&spreads[n]);
}

/* No number of failures breaks the cap. */
static void test_cap_holds(void) {
  rj_attempts attempts = fresh();
  for (int i = 0; i < 100000; i++) {
    rj_attempts_started(&attempts, &timers, NOW);
    g_assert_cmpint(rj_attempts_failed(&attempts, &timers, &chance, NOW), <=, 8 * RJ_SECOND);
  }
  timers.backoff_base = INT64_C(1) << 60; /* a scale beyond all reason does not overflow */
  timers.backoff_cap = INT64_C(1) << 61;
  g_assert_cmpint(rj_attempts_failed(&attempts, &timers, &chance, NOW), >=, 0);
}

/* Section 5: a rejoin's first attempt, 0 to 500 ms at random */
static void test_rejoin_jitter(void) {
  rj_attempts attempts = fresh();
  spread s = {.bound = 500 * RJ_MILLISECOND};
  for (int i = 0; i < 2000; i++) {
    rj_attempts_plan_soon(&attempts, &timers, &chance, NOW);
    add(&s, attempts.start_at - NOW);
    rj_attempts_stop(&attempts);
  }
  check_uniform(&s);

  bool least = false, most = false; /* both ends belong to it */
  timers.rejoin_jitter = 1;
  for (int i = 0; i < 100; i++) {
    rj_attempts_plan_soon(&attempts, &timers, &chance, NOW);
    least = least || attempts.start_at == NOW;
    most = most || attempts.start_at == NOW + 1;
    g_assert_cmpint(attempts.start_at, <=, NOW + 1);
  }
  g_assert_true(least && most);
}

/* Section 5: after a single failure it is the backoff already, and not the jitter */
static void test_waits_by_the_backoff(void) {
  rj_attempts attempts = fresh();
  rj_attempts_started(&attempts, &timers, NOW);
  rj_attempts_failed(&attempts, &timers, &chance, NOW);
  rj_attempts_stop(&attempts);
  timers.rejoin_jitter = 1;
  spread s = {.bound = RJ_SECOND};
  for (int i = 0; i < 2000; i++) {
    rj_attempts_plan_soon(&attempts, &timers, &chance, NOW);
    add(&s, attempts.start_at - NOW);
  }
  check_uniform(&s);
}

/* Section 5: n is reset only after 10 s in CONNECTED; else the next outage's first attempt waits by it */
static void test_reset(void) {
  rj_attempts attempts = fresh();
  for (int i = 0; i < 3; i++) {
    rj_attempts_started(&attempts, &timers, NOW);
    rj_attempts_failed(&attempts, &timers, &chance, NOW);
  }
  rj_attempts_stop(&attempts); /* accepted */
  g_assert_cmpuint(attempts.n, ==, 3);

  rj_attempts_outage(&attempts, &timers, NOW, NOW + 10 * RJ_SECOND - 1);
  g_assert_cmpuint(attempts.n, ==, 3);
  spread s = {.bound = 4 * RJ_SECOND};
  for (int i = 0; i < 2000; i++) {
    rj_attempts_plan_soon(&attempts, &timers, &chance, NOW);
    add(&s, attempts.start_at - NOW);
  }
  check_uniform(&s);

  rj_attempts_outage(&attempts, &timers, NOW, NOW + 10 * RJ_SECOND);
  g_assert_cmpuint(attempts.n, ==, 0);
  for (int i = 0; i < 2000; i++) {
    rj_attempts_plan_soon(&attempts, &timers, &chance, NOW);
    g_assert_cmpint(attempts.start_at, <=, NOW + 500 * RJ_MILLISECOND);
  }

  rj_attempts_failed(&attempts, &timers, &chance, NOW);
  rj_attempts_begin_stay(&attempts); /* a new stay owes nothing */
  g_assert_cmpuint(attempts.n, ==, 0);
  g_assert_cmpuint(attempts.number, ==, 0);
  check_idle(&attempts);
}

/* Section 5: "busy, retry after" is obeyed, plus jitter, and is no failure of the path */
static void test_busy(void) {
  rj_attempts attempts = fresh();
  rj_attempts_started(&attempts, &timers, NOW);
  rj_attempts_failed(&attempts, &timers, &chance, NOW);
  spread s = {.bound = 500 * RJ_MILLISECOND};
  for (int i = 0; i < 2000; i++) {
    rj_attempts_started(&attempts, &timers, NOW);
    int64_t delay = rj_attempts_busy(&attempts, &timers, &chance, 3 * RJ_SECOND, NOW);
    g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + delay);
    g_assert_false(attempts.running);
    g_assert_cmpuint(attempts.n, ==, 1);
    add(&s, delay - 3 * RJ_SECOND);
  }
  check_uniform(&s);
}

/* Section 5, S-10: network_changed abandons what runs and starts one at once, at most one a second */
static void test_forced(void) {
  rj_attempts attempts = fresh();
  rj_attempts_started(&attempts, &timers, NOW);
  rj_attempts_failed(&attempts, &timers, &chance, NOW);
  g_assert_false(rj_attempts_force(&attempts, &timers, NOW)); /* nothing ran */
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW);
  rj_attempts_started(&attempts, &timers, NOW);

  /* a second change within the second: what runs goes on, another follows at its end */
  g_assert_false(rj_attempts_force(&attempts, &timers, NOW + RJ_SECOND - 1));
  g_assert_true(attempts.running);
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + RJ_SECOND);
  g_assert_false(rj_attempts_force(&attempts, &timers, NOW + RJ_SECOND - 1));
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + RJ_SECOND);

  /* a second later: abandoned, at once */
  g_assert_true(rj_attempts_force(&attempts, &timers, NOW + RJ_SECOND));
  g_assert_false(attempts.running);
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + RJ_SECOND);
  g_assert_cmpint(attempts.give_up_at, ==, RJ_NEVER);
  g_assert_cmpuint(attempts.n, ==, 1); /* no failure */
  rj_attempts_started(&attempts, &timers, NOW + RJ_SECOND);
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + 6 * RJ_SECOND);
}

/* A planned attempt that comes sooner than the forced one would is not put off. */
static void test_forced_does_not_delay(void) {
  rj_attempts attempts = fresh();
  rj_attempts_force(&attempts, &timers, NOW);
  rj_attempts_started(&attempts, &timers, NOW);
  rj_attempts_stop(&attempts);
  rj_attempts_plan_now(&attempts, NOW + 300 * RJ_MILLISECOND);
  g_assert_false(rj_attempts_force(&attempts, &timers, NOW + 200 * RJ_MILLISECOND));
  g_assert_cmpint(rj_attempts_deadline(&attempts), ==, NOW + 300 * RJ_MILLISECOND);
}

/* One second of changes, one every 50 ms: two forced attempts, one at each end */
static void test_a_flapping_network(void) {
  rj_attempts attempts = fresh();
  guint started = 0;
  for (int64_t now = NOW; now <= NOW + RJ_SECOND; now += 50 * RJ_MILLISECOND) {
    rj_attempts_force(&attempts, &timers, now);
    if (!attempts.running && attempts.start_at <= now) {
      rj_attempts_started(&attempts, &timers, now);
      started++;
    }
  }
  g_assert_cmpuint(started, ==, 2);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/attempts/first", test_first_attempt);
  g_test_add_func("/attempts/backoff", test_backoff);
  g_test_add_func("/attempts/cap", test_cap_holds);
  g_test_add_func("/attempts/rejoin-jitter", test_rejoin_jitter);
  g_test_add_func("/attempts/waits", test_waits_by_the_backoff);
  g_test_add_func("/attempts/reset", test_reset);
  g_test_add_func("/attempts/busy", test_busy);
  g_test_add_func("/attempts/forced", test_forced);
  g_test_add_func("/attempts/forced-no-delay", test_forced_does_not_delay);
  g_test_add_func("/attempts/flapping", test_a_flapping_network);
  return g_test_run();
}
