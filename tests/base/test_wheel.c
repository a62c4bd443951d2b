/* The timing wheel, against a list that is searched from end to end. */
#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "base/wheel.h"

typedef struct {
  rj_timer timer; /* first: a timer is its owner */
  bool set;
  int64_t due;
  uint64_t turn; /* when it was set */
} owner;

typedef struct {
  rj_wheel *wheel;
  owner *owners;
  size_t count;
  uint64_t turn;
  int64_t now;
} bench;

static void bench_open(bench *b, size_t count, int64_t now) {
  *b = (bench){
      .wheel = rj_wheel_new(now), .owners = g_new0(owner, count), .count = count, .now = now};
}

static void bench_close(bench *b) {
  rj_wheel_free(b->wheel);
  g_free(b->owners);
}

static void set(bench *b, owner *o, int64_t due) {
  rj_wheel_set(b->wheel, &o->timer, due);
  if (o->set && o->due == due)
    return; /* keeps its turn */
  o->set = due != RJ_NEVER;
  o->due = due;
  o->turn = ++b->turn;
}

static owner *model_first(bench *b) {
  owner *first = NULL;
  for (size_t i = 0; i < b->count; i++) {
    owner *o = &b->owners[i];
    if (o->set &&
        (first == NULL || o->due < first->due || (o->due == first->due && o->turn < first->turn)))
      first = o;
  }
  return first;
}

static void check_deadline(bench *b) {
  const owner *first = model_first(b);
  g_assert_cmpint(rj_wheel_deadline(b->wheel), ==, first != NULL ? first->due : RJ_NEVER);
}

/* Pops one; true when there was one. */
static bool check_pop(bench *b) {
  owner *first = model_first(b);
  rj_timer *timer = rj_wheel_pop(b->wheel, b->now);
  if (first == NULL || first->due > b->now) {
    g_assert_null(timer);
    return false;
  }
  g_assert_true(timer == &first->timer);
  g_assert_null(timer->next);
  first->set = false;
  return true;
}

static void test_order_and_deadline(void) {
  bench b;
  bench_open(&b, 4, 1000);
  check_deadline(&b);
  set(&b, &b.owners[0], 5 * RJ_SECOND + 7);
  set(&b, &b.owners[1], 5 * RJ_SECOND + 3);
  set(&b, &b.owners[2], 5 * RJ_SECOND + 7);
  set(&b, &b.owners[3], 20 * RJ_MINUTE);
  check_deadline(&b);
  b.now = 5 * RJ_SECOND + 2; /* a nanosecond early is early */
  g_assert_false(check_pop(&b));
  b.now = 5 * RJ_SECOND + 3;
  g_assert_true(check_pop(&b));
  g_assert_false(check_pop(&b));
  check_deadline(&b);
  b.now = 5 * RJ_SECOND + 7;
  g_assert_true(check_pop(&b)); /* ties as they were set */
  g_assert_true(check_pop(&b));
  check_deadline(&b);
  b.now = 30 * RJ_MINUTE;
  g_assert_true(check_pop(&b));
  check_deadline(&b);
  bench_close(&b);
}

static void test_move_and_remove(void) {
  bench b;
  bench_open(&b, 2, 0);
  set(&b, &b.owners[0], RJ_SECOND);
  set(&b, &b.owners[1], 2 * RJ_SECOND);
  check_deadline(&b);
  set(&b, &b.owners[0], 3 * RJ_SECOND); /* later */
  check_deadline(&b);
  set(&b, &b.owners[0], RJ_MILLISECOND); /* sooner */
  check_deadline(&b);
  set(&b, &b.owners[0], RJ_NEVER);
  check_deadline(&b);
  rj_wheel_remove(b.wheel, &b.owners[0].timer); /* harmless */
  rj_wheel_remove(b.wheel, &b.owners[1].timer);
  b.owners[1].set = false;
  check_deadline(&b);
  set(&b, &b.owners[0], -5); /* in the past, before any clock */
  check_deadline(&b);
  g_assert_true(check_pop(&b));
  bench_close(&b);
}

/* A time that lies around something: now, ticks, blocks, levels, hours, the end of time. */
static int64_t some_time(rj_random *random, int64_t now) {
  static const int64_t spans[] = {1,
                                  1000,
                                  RJ_MILLISECOND,
                                  1 << 20,
                                  5 * RJ_MILLISECOND,
                                  RJ_SECOND,
                                  1 << 30,
                                  4 * RJ_SECOND,
                                  20 * RJ_SECOND,
                                  INT64_C(1) << 36,
                                  20 * RJ_MINUTE,
                                  INT64_C(1) << 42,
                                  300 * RJ_MINUTE,
                                  INT64_C(1) << 55};
  int64_t span = spans[rj_random_below(random, G_N_ELEMENTS(spans))];
  switch (rj_random_below(random, 8)) {
  case 0:
    return now - (int64_t)rj_random_below(random, (uint64_t)span); /* overdue */
  case 1:
    return now + span;
  case 2:
    return ((now + span) >> 20) << 20; /* at the edge of a tick */
  case 3:
    return (((now + span) >> 30) << 30) - 1; /* at the end of a block */
  case 4:
    return RJ_NEVER - (int64_t)rj_random_below(random, 3);
  default:
    return now + (int64_t)rj_random_below(random, (uint64_t)span + 1);
  }
}

static void test_random_operations(void) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    rj_random random;
    rj_random_seed(&random, seed);
    bench b;
    bench_open(&b, 1 + rj_random_below(&random, 60), (int64_t)rj_random_below(&random, 1u << 31));
    for (int i = 0; i < 4000; i++) {
      owner *o = &b.owners[rj_random_below(&random, b.count)];
      switch (rj_random_below(&random, 8)) {
      case 0:
        rj_wheel_remove(b.wheel, &o->timer);
        o->set = false;
        break;
      case 1:
        check_deadline(&b);
        break;
      case 2:
      case 3: {
        const owner *first = model_first(&b);
        int64_t to = b.now + (int64_t)rj_random_below(&random, 3 * RJ_SECOND);
        if (rj_random_below(&random, 2) == 0 && first != NULL && first->due < INT64_C(1) << 60)
          to = first->due;
        b.now = rj_later(b.now, to);
        while (check_pop(&b)) {
          if (rj_random_below(&random, 3) == 0) /* an owner sets another while timers run */
            set(&b, &b.owners[rj_random_below(&random, b.count)], some_time(&random, b.now));
          if (rj_random_below(&random, 4) == 0)
            break;
        }
        break;
      }
      default:
        set(&b, o, some_time(&random, b.now));
        break;
      }
    }
    check_deadline(&b);
    bench_close(&b);
  }
}

/* All timers of a large edge, due around the same time; then popped in one go with each re-set for the same moment. */
static void test_many_at_once(void) {
  enum { MANY = 100000 };
  owner *owners = g_new0(owner, MANY);
  rj_random random;
  rj_random_seed(&random, 11);
  rj_wheel *wheel = rj_wheel_new(0);
  int64_t target = 20 * RJ_SECOND;
  for (size_t i = 0; i < MANY; i++) {
    owners[i].due = target + (int64_t)rj_random_below(&random, RJ_MILLISECOND);
    rj_wheel_set(wheel, &owners[i].timer, owners[i].due);
    if (i % 100 == 0)
      g_assert_cmpint(rj_wheel_deadline(wheel), >=, target);
  }
  int64_t last = 0, now = target + 2 * RJ_MILLISECOND;
  for (size_t i = 0; i < MANY; i++) {
    owner *o = (owner *)rj_wheel_pop(wheel, now);
    g_assert_nonnull(o);
    g_assert_cmpint(o->due, >=, last);
    last = o->due;
    o->due = now;
    rj_wheel_set(wheel, &o->timer, now);
    g_assert_cmpint(rj_wheel_deadline(wheel), <=, now);
  }
  for (size_t i = 0; i < MANY; i++) { /* each again for this very moment */
    rj_timer *timer = rj_wheel_pop(wheel, now);
    g_assert_nonnull(timer);
    rj_wheel_set(wheel, timer, now);
  }
  for (size_t i = 0; i < MANY; i++)
    g_assert_nonnull(rj_wheel_pop(wheel, now));
  g_assert_null(rj_wheel_pop(wheel, now));
  g_assert_cmpint(rj_wheel_deadline(wheel), ==, RJ_NEVER);
  rj_wheel_free(wheel);
  g_free(owners);
}

/* Thousands of beats with a deadline asked for after each: what an edge or a runtime does all day. */
static void test_beats(void) {
  enum { MEMBERS = 3000 };
  owner *owners = g_new0(owner, MEMBERS);
  rj_random random;
  rj_random_seed(&random, 12);
  rj_wheel *wheel = rj_wheel_new(0);
  for (size_t i = 0; i < MEMBERS; i++)
    rj_wheel_set(wheel, &owners[i].timer, (int64_t)rj_random_below(&random, 1300 * RJ_MILLISECOND));
  int64_t now = 0;
  guint beats = 0;
  while (now < RJ_MINUTE) {
    now = rj_wheel_deadline(wheel);
    rj_timer *timer = rj_wheel_pop(wheel, now);
    g_assert_nonnull(timer);
    g_assert_cmpint(timer->due, ==, now);
    rj_wheel_set(wheel, timer, now + 1300 * RJ_MILLISECOND);
    beats++;
  }
  g_assert_cmpuint(beats, >, MEMBERS * 46 - MEMBERS);
  rj_wheel_free(wheel);
  g_free(owners);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wheel/order", test_order_and_deadline);
  g_test_add_func("/wheel/move", test_move_and_remove);
  g_test_add_func("/wheel/random", test_random_operations);
  g_test_add_func("/wheel/many", test_many_at_once);
  g_test_add_func("/wheel/beats", test_beats);
  return g_test_run();
}
