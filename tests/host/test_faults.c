/* The faults of a link, and the order in which datagrams come out of a delay line. */
#include <glib.h>

#include "host/delay_line.h"
#include "host/faults.h"

static void test_nothing_is_lost_without_faults(void) {
  rj_direction direction;
  rj_direction_init(&direction, 10 * RJ_MILLISECOND, 1);
  for (int64_t now = 0; now < 1000; now++) {
    int64_t arrives = 0;
    g_assert_true(rj_direction_pass(&direction, now, &arrives));
    g_assert_cmpint(arrives, ==, now + 10 * RJ_MILLISECOND);
  }
}

static void test_a_blackhole_swallows_everything(void) {
  rj_direction direction;
  int64_t arrives;
  rj_direction_init(&direction, 0, 1);
  direction.faults.blackhole = true;
  for (int i = 0; i < 100; i++)
    g_assert_false(rj_direction_pass(&direction, i, &arrives));
}

static int count_passed(double loss, uint64_t seed, int of) {
  rj_direction direction;
  int64_t arrives;
  int passed = 0;
  rj_direction_init(&direction, 0, seed);
  direction.faults.loss = loss;
  for (int i = 0; i < of; i++)
    passed += rj_direction_pass(&direction, i, &arrives);
  return passed;
}

static void test_loss_is_a_share(void) {
  g_assert_cmpint(count_passed(1.0, 1, 1000), ==, 0);
  int passed = count_passed(0.3, 1, 100000);
  g_assert_cmpint(passed, >, 69000);
  g_assert_cmpint(passed, <, 71000);
}

static void test_the_seed_decides_what_is_lost(void) {
  rj_direction a, b, c;
  int64_t arrives;
  int differ = 0;
  rj_direction_init(&a, 0, 7);
  rj_direction_init(&b, 0, 7);
  rj_direction_init(&c, 0, 8);
  a.faults.loss = b.faults.loss = c.faults.loss = 0.5;
  for (int i = 0; i < 1000; i++) {
    bool passed = rj_direction_pass(&a, i, &arrives);
    g_assert_cmpint(rj_direction_pass(&b, i, &arrives), ==, passed);
    differ += rj_direction_pass(&c, i, &arrives) != passed;
  }
  g_assert_cmpint(differ, >, 300);
}

static void test_a_full_queue_loses(void) {
  rj_direction direction;
  int64_t arrives;
  rj_direction_init(&direction, RJ_SECOND, 1);
  direction.under_way = RJ_FAULT_QUEUE - 1;
  g_assert_true(rj_direction_pass(&direction, 0, &arrives));
  direction.under_way = RJ_FAULT_QUEUE;
  g_assert_false(rj_direction_pass(&direction, 0, &arrives));
}

static void test_parcels_come_out_by_arrival_then_entry(void) {
  enum { COUNT = 2000 };
  rj_random random;
  rj_delay_line *line = rj_delay_line_new();
  rj_random_seed(&random, 3);
  g_assert_cmpint(rj_delay_line_deadline(line), ==, RJ_NEVER);
  for (uint64_t i = 0; i < COUNT; i++) {
    rj_parcel *parcel = rj_delay_line_take(line);
    parcel->member = i;
    rj_delay_line_put(line, parcel, (int64_t)rj_random_below(&random, 50));
  }
  int64_t last = 0;
  uint64_t last_member = 0, count = 0;
  for (int64_t now = 0; now < 50; now++) {
    rj_parcel *parcel;
    while ((parcel = rj_delay_line_pop(line, now)) != NULL) {
      g_assert_cmpint(parcel->arrives, ==, now); /* neither early nor left behind */
      if (count > 0 && parcel->arrives == last)
        g_assert_cmpuint(parcel->member, >, last_member);
      last = parcel->arrives;
      last_member = parcel->member;
      count++;
      rj_delay_line_recycle(line, parcel);
    }
    g_assert_cmpint(rj_delay_line_deadline(line), >, now);
  }
  g_assert_cmpuint(count, ==, COUNT);
  rj_delay_line_free(line);
}

static void test_a_line_is_freed_with_what_is_under_way(void) {
  rj_delay_line *line = rj_delay_line_new();
  for (int i = 0; i < 100; i++)
    rj_delay_line_put(line, rj_delay_line_take(line), i);
  rj_delay_line_recycle(line, rj_delay_line_pop(line, 0));
  g_assert_cmpuint(rj_delay_line_length(line), ==, 99);
  rj_delay_line_free(line); /* the sanitizer sees what is forgotten */
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/faults/none", test_nothing_is_lost_without_faults);
  g_test_add_func("/faults/blackhole", test_a_blackhole_swallows_everything);
  g_test_add_func("/faults/loss", test_loss_is_a_share);
  g_test_add_func("/faults/seed", test_the_seed_decides_what_is_lost);
  g_test_add_func("/faults/full-queue", test_a_full_queue_loses);
  g_test_add_func("/delay-line/order", test_parcels_come_out_by_arrival_then_entry);
  g_test_add_func("/delay-line/freed-while-full", test_a_line_is_freed_with_what_is_under_way);
  return g_test_run();
}
