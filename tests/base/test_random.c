/* The seeded generator: the published sequence, uniform and repeatable. */
#include <glib.h>
#include <string.h>

#include "base/random.h"

/* Vigna's splitmix64 and xoshiro256** give these for seed 0. */
static void test_published_sequence(void) {
  rj_random random;
  rj_random_seed(&random, 0);
  g_assert_cmpuint(random.s[0], ==, G_GUINT64_CONSTANT(0xe220a8397b1dcdaf));
  g_assert_cmpuint(random.s[1], ==, G_GUINT64_CONSTANT(0x6e789e6aa1b965f4));
  g_assert_cmpuint(random.s[2], ==, G_GUINT64_CONSTANT(0x06c45d188009454f));
  g_assert_cmpuint(random.s[3], ==, G_GUINT64_CONSTANT(0xf88bb8a8724c81ec));
  g_assert_cmpuint(rj_random_next(&random), ==, G_GUINT64_CONSTANT(0x99ec5f36cb75f2b4));
  g_assert_cmpuint(rj_random_next(&random), ==, G_GUINT64_CONSTANT(0xbf6e1f784956452a));

  random = (rj_random){{1, 2, 3, 4}}; /* the reference's own first outputs for this state */
  static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
  for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpuint(rj_random_next(&random), ==, expected[i]);
}

static void test_a_seed_decides(void) {
  rj_random a, b, c;
  rj_random_seed(&a, 7);
  rj_random_seed(&b, 7);
  rj_random_seed(&c, 8);
  int same = 0;
  for (int i = 0; i < 1000; i++) {
    uint64_t value = rj_random_next(&a);
    g_assert_cmpuint(value, ==, rj_random_next(&b));
    same += value == rj_random_next(&c);
  }
  g_assert_cmpint(same, ==, 0);
}

static void test_below_is_uniform_and_bounded(void) {
  rj_random random;
  rj_random_seed(&random, 3);
  g_assert_cmpuint(rj_random_below(&random, 0), ==, 0);
  g_assert_cmpuint(rj_random_below(&random, 1), ==, 0);
  guint used[10] = {0};
  for (int i = 0; i < 100000; i++) {
    uint64_t value = rj_random_below(&random, 10);
    g_assert_cmpuint(value, <, 10);
    used[value]++;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(used); i++) {
    g_assert_cmpuint(used[i], >, 9500);
    g_assert_cmpuint(used[i], <, 10500);
  }
  /* with 3 * 2^62 a plain remainder would favour the lowest third by two to one */
  guint low = 0;
  for (int i = 0; i < 30000; i++)
    low += rj_random_below(&random, G_GUINT64_CONSTANT(3) << 62) < G_GUINT64_CONSTANT(1) << 62;
  g_assert_cmpuint(low, >, 9500);
  g_assert_cmpuint(low, <, 10500);
}

static void test_unit(void) {
  rj_random random;
  rj_random_seed(&random, 4);
  double sum = 0, least = 1, most = 0;
  for (int i = 0; i < 100000; i++) {
    double value = rj_random_unit(&random);
    g_assert_true(value >= 0 && value < 1);
    sum += value;
    least = MIN(least, value);
    most = MAX(most, value);
  }
  g_assert_true(sum > 49500 && sum < 50500);
  g_assert_true(least < 0.001 && most > 0.999);
}

static void test_entropy_over_a_generator(void) {
  rj_random random, same;
  rj_random_seed(&random, 5);
  same = random;
  rj_entropy entropy = {rj_random_fill, &random};
  g_assert_cmpuint(rj_entropy_u64(&entropy), ==, rj_random_next(&same));

  uint8_t bytes[21];
  memset(bytes, 0xa5, sizeof bytes);
  rj_entropy_fill(&entropy, bytes, 19);
  g_assert_cmpint(bytes[19], ==, 0xa5);
  g_assert_cmpint(bytes[20], ==, 0xa5);
  for (size_t i = 0; i < 19; i += 8) {
    uint64_t value = rj_random_next(&same);
    for (size_t j = i; j < MIN(i + 8, 19); j++)
      g_assert_cmpint(bytes[j], ==, (uint8_t)(value >> (8 * (j - i))));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/random/published", test_published_sequence);
  g_test_add_func("/random/seed", test_a_seed_decides);
  g_test_add_func("/random/below", test_below_is_uniform_and_bounded);
  g_test_add_func("/random/unit", test_unit);
  g_test_add_func("/random/entropy", test_entropy_over_a_generator);
  return g_test_run();
}
