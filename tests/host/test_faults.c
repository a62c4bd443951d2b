/* The faults of a link, and the order in which datagrams come out of a delay line. */
#include <glib.h>

#include "host/delay_line.h"
#include "host/faults.h"

enum { LENGTH = 100 };

static rj_direction direction_with(rj_host_faults faults, uint64_t seed) {
  rj_direction direction;
  rj_direction_init(&direction, 0, seed);
  direction.faults = faults;
  return direction;
}

/* True: exactly one copy arrives. */
static bool pass(rj_direction *direction, int64_t now, rj_fate *fate) {
  rj_fate fates[RJ_FATES_MAX];
  size_t copies = rj_direction_pass(direction, LENGTH, now, fates);
  *fate = fates[0];
  return copies == 1;
}

static void test_nothing_is_lost_without_faults(void) {
  rj_direction direction;
  rj_direction_init(&direction, 10 * RJ_MILLISECOND, 1);
  for (int64_t now = 0; now < 1000; now++) {
    rj_fate fate;
    g_assert_true(pass(&direction, now, &fate));
    g_assert_cmpint(fate.arrives, ==, now + 10 * RJ_MILLISECOND);
    g_assert_false(fate.corrupt);
  }
}

static void test_a_blackhole_swallows_everything(void) {
  rj_fate fates[RJ_FATES_MAX];
  rj_direction direction = direction_with((rj_host_faults){.blackhole = 1, .duplicate = 1}, 1);
  for (int i = 0; i < 100; i++)
    g_assert_cmpuint(rj_direction_pass(&direction, LENGTH, i, fates), ==, 0);
}

static int count_passed(rj_host_faults faults, uint64_t seed, int of) {
  rj_direction direction = direction_with(faults, seed);
  int passed = 0;
  for (int i = 0; i < of; i++) {
    rj_fate fate;
    passed += pass(&direction, i, &fate);
  }
  return passed;
}

static void test_loss_is_a_share(void) {
  g_assert_cmpint(count_passed((rj_host_faults){.loss = 1}, 1, 1000), ==, 0);
  int passed = count_passed((rj_host_faults){.loss = 0.3}, 1, 100000);
  g_assert_cmpint(passed, >, 69000);
  g_assert_cmpint(passed, <, 71000);
}

/* Losses in runs: the share stays, and the runs are as long as was asked for, on average. */
static void test_losses_come_in_runs(void) {
  static const struct {
    double loss, burst, run; /* run: how long they are, as far as the share leaves room */
  } cases[] = {{0.1, 5, 5}, {0.3, 20, 20}, {0.5, 2, 2}, {0.05, 1, 1 / 0.95}, {0.9, 2, 9}};
  enum { COUNT = 400000 };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    rj_direction direction =
        direction_with((rj_host_faults){.loss = cases[i].loss, .burst = cases[i].burst}, i);
    int lost = 0, runs = 0;
    bool before = false;
    for (int n = 0; n < COUNT; n++) {
      rj_fate fate;
      bool now_lost = !pass(&direction, n, &fate);
      lost += now_lost;
      runs += now_lost && !before;
      before = now_lost;
    }
    double share = (double)lost / COUNT, run = (double)lost / runs;
    g_assert_cmpfloat_with_epsilon(share, cases[i].loss, 0.05 * cases[i].loss);
    g_assert_cmpfloat_with_epsilon(run, cases[i].run, 0.05 * cases[i].run);
  }
  g_assert_cmpint(count_passed((rj_host_faults){.loss = 1, .burst = 3}, 1, 1000), ==, 0);
}

static void test_the_seed_decides_what_is_lost(void) {
  const rj_host_faults faults = {
      .loss = 0.5, .jitter_ns = RJ_SECOND, .reorder = 0.1, .corrupt = 0.1};
  rj_direction a = direction_with(faults, 7), b = direction_with(faults, 7),
               c = direction_with(faults, 8);
  int differ = 0;
  for (int i = 0; i < 1000; i++) {
    rj_fate first = {0}, second = {0}, third;
    bool passed = pass(&a, i, &first);
    g_assert_cmpint(pass(&b, i, &second), ==, passed);
    if (passed) {
      g_assert_cmpint(first.arrives, ==, second.arrives);
      g_assert_cmpuint(first.bit, ==, second.bit);
    }
    differ += pass(&c, i, &third) != passed;
  }
  g_assert_cmpint(differ, >, 300);
}

/* Jitter spreads the arrivals over its whole width, and none overtakes another. */
static void test_jitter_keeps_the_order(void) {
  rj_direction direction =
      direction_with((rj_host_faults){.delay_ns = RJ_SECOND, .jitter_ns = 100 * RJ_MILLISECOND}, 1);
  int64_t last = 0, least = RJ_NEVER, most = 0;
  for (int64_t now = 0; now < 10 * RJ_SECOND; now += 10 * RJ_MILLISECOND) {
    rj_fate fate;
    g_assert_true(pass(&direction, now, &fate));
    g_assert_cmpint(fate.arrives, >=, last);
    last = fate.arrives;
    least = rj_earlier(least, fate.arrives - now);
    most = rj_later(most, fate.arrives - now);
  }
  g_assert_cmpint(least, >=, RJ_SECOND);
  g_assert_cmpint(least, <, RJ_SECOND + 30 * RJ_MILLISECOND);
  g_assert_cmpint(most, >, RJ_SECOND + 95 * RJ_MILLISECOND);
  g_assert_cmpint(most, <=, RJ_SECOND + 100 * RJ_MILLISECOND);
  /* a shorter way is shorter at once */
  direction.faults.delay_ns = 0;
  rj_fate fate;
  g_assert_true(pass(&direction, 10 * RJ_SECOND, &fate));
  g_assert_cmpint(fate.arrives, <=, 10 * RJ_SECOND + 100 * RJ_MILLISECOND);
}

static void test_the_held_back_are_overtaken(void) {
  rj_direction direction = direction_with((rj_host_faults){.reorder = 0.2}, 1);
  int overtaken = 0;
  int64_t latest = 0;
  for (int64_t now = 0; now < 1000 * RJ_MILLISECOND; now += RJ_MILLISECOND) {
    rj_fate fate;
    g_assert_true(pass(&direction, now, &fate));
    overtaken += fate.arrives < latest;
    latest = rj_later(latest, fate.arrives);
    g_assert_cmpint(fate.arrives, <=, now + RJ_FAULT_REORDER_FOR);
  }
  g_assert_cmpint(overtaken, >, 500);
}

static void test_some_arrive_twice(void) {
  rj_direction direction = direction_with((rj_host_faults){.duplicate = 0.25, .corrupt = 0.5}, 1);
  int twice = 0, one_is_whole = 0;
  for (int i = 0; i < 10000; i++) {
    rj_fate fates[RJ_FATES_MAX];
    size_t copies = rj_direction_pass(&direction, LENGTH, i, fates);
    g_assert_cmpuint(copies, >=, 1);
    twice += copies == 2;
    one_is_whole += copies == 2 && fates[0].corrupt != fates[1].corrupt;
  }
  g_assert_cmpint(twice, >, 2350);
  g_assert_cmpint(twice, <, 2650);
  g_assert_cmpint(one_is_whole, >, twice / 3); /* each copy by itself */
}

static void test_corruption_turns_one_bit(void) {
  rj_direction direction = direction_with((rj_host_faults){.corrupt = 1}, 1);
  uint8_t hit[LENGTH] = {0};
  for (int i = 0; i < 10000; i++) {
    static const uint8_t original[LENGTH];
    uint8_t data[LENGTH] = {0};
    rj_fate fate;
    g_assert_true(pass(&direction, i, &fate));
    g_assert_true(fate.corrupt);
    rj_fate_apply(&fate, data);
    int bits = 0;
    for (size_t at = 0; at < LENGTH; at++) {
      bits += __builtin_popcount(data[at]);
      hit[at] = (uint8_t)(hit[at] | data[at]);
    }
    g_assert_cmpint(bits, ==, 1);
    rj_fate_apply(&fate, data);
    g_assert_cmpmem(data, LENGTH, original, LENGTH);
  }
  for (size_t at = 0; at < LENGTH; at++)
    g_assert_cmpuint(hit[at], ==, 255);
}

/* At 10,000 bytes a second, a datagram of 100 bytes takes 10 ms; 500 bytes may wait. */
static void test_a_rate_has_a_queue(void) {
  rj_direction direction = direction_with((rj_host_faults){.rate = 10000, .queue = 500}, 1);
  rj_fate fate;
  for (int64_t i = 1; i <= 6; i++) { /* what is in the wire does not wait */
    g_assert_true(pass(&direction, RJ_SECOND, &fate));
    g_assert_cmpint(fate.arrives, ==, RJ_SECOND + i * 10 * RJ_MILLISECOND);
  }
  g_assert_false(pass(&direction, RJ_SECOND, &fate));
  /* 10 ms later one has gone: there is room for one */
  g_assert_true(pass(&direction, RJ_SECOND + 10 * RJ_MILLISECOND, &fate));
  g_assert_cmpint(fate.arrives, ==, RJ_SECOND + 70 * RJ_MILLISECOND);
  g_assert_false(pass(&direction, RJ_SECOND + 10 * RJ_MILLISECOND, &fate));
  /* and a rest empties it */
  g_assert_true(pass(&direction, 3 * RJ_SECOND, &fate));
  g_assert_cmpint(fate.arrives, ==, 3 * RJ_SECOND + 10 * RJ_MILLISECOND);
}

/* A queue filled at a crawl does not block the link that got fast meanwhile. */
static void test_a_faster_rate_counts_at_once(void) {
  rj_direction direction = direction_with((rj_host_faults){.rate = 1}, 1);
  rj_fate fate;
  for (int i = 0; i < 100; i++)
    g_assert_true(pass(&direction, 0, &fate));
  direction.faults.rate = 1000000;
  g_assert_true(pass(&direction, 0, &fate));
  g_assert_cmpint(fate.arrives, <=, 11 * RJ_MILLISECOND);
  direction.faults.rate = 0;
  g_assert_true(pass(&direction, 0, &fate));
  g_assert_cmpint(fate.arrives, ==, 0);
}

static void test_what_is_too_large_is_lost(void) {
  rj_direction direction = direction_with((rj_host_faults){.mtu = LENGTH}, 1);
  rj_fate fates[RJ_FATES_MAX];
  g_assert_cmpuint(rj_direction_pass(&direction, LENGTH, 0, fates), ==, 1);
  g_assert_cmpuint(rj_direction_pass(&direction, LENGTH + 1, 0, fates), ==, 0);
}

static void test_a_full_queue_loses(void) {
  rj_direction direction;
  rj_fate fates[RJ_FATES_MAX];
  rj_direction_init(&direction, RJ_SECOND, 1);
  direction.faults.duplicate = 1;
  direction.under_way = RJ_FAULT_QUEUE - 2;
  g_assert_cmpuint(rj_direction_pass(&direction, LENGTH, 0, fates), ==, 2);
  direction.under_way = RJ_FAULT_QUEUE - 1;
  g_assert_cmpuint(rj_direction_pass(&direction, LENGTH, 0, fates), ==, 1);
  direction.under_way = RJ_FAULT_QUEUE;
  g_assert_cmpuint(rj_direction_pass(&direction, LENGTH, 0, fates), ==, 0);
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
  g_test_add_func("/faults/bursts", test_losses_come_in_runs);
  g_test_add_func("/faults/jitter", test_jitter_keeps_the_order);
  g_test_add_func("/faults/reorder", test_the_held_back_are_overtaken);
  g_test_add_func("/faults/duplicate", test_some_arrive_twice);
  g_test_add_func("/faults/corrupt", test_corruption_turns_one_bit);
  g_test_add_func("/faults/rate", test_a_rate_has_a_queue);
  g_test_add_func("/faults/faster-rate", test_a_faster_rate_counts_at_once);
  g_test_add_func("/faults/mtu", test_what_is_too_large_is_lost);
  g_test_add_func("/faults/full-queue", test_a_full_queue_loses);
  g_test_add_func("/delay-line/order", test_parcels_come_out_by_arrival_then_entry);
  g_test_add_func("/delay-line/freed-while-full", test_a_line_is_freed_with_what_is_under_way);
  return g_test_run();
}
