/* How late a packet is, between clocks that do not agree (D-4). */
#include <glib.h>

#include "base/limits.h"
#include "machine/lateness.h"

#define MS RJ_MILLISECOND

/* Sent at this time of a sender whose clock is `ahead` ms off. */
static uint32_t stamp(int64_t sent, uint32_t ahead) {
  return (uint32_t)(sent / MS) + ahead;
}

static void test_the_fastest_is_the_measure(void) { /* D-4 */
  const uint32_t offsets[] = {0, 1, 12345678, 0x80000000u, 0xffffffffu};
  for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
    uint32_t ahead = offsets[i];
    rj_lateness lateness = {0};
    g_assert_cmpuint(rj_lateness_note(&lateness, stamp(0, ahead), 50 * MS), ==, 0);
    g_assert_cmpuint(rj_lateness_note(&lateness, stamp(1000 * MS, ahead), 1130 * MS), ==, 80);
    g_assert_cmpuint(rj_lateness_note(&lateness, stamp(2000 * MS, ahead), 2020 * MS), ==, 0);
    g_assert_cmpuint(rj_lateness_note(&lateness, stamp(2000 * MS, ahead), 5030 * MS), ==, 3010);
  }
}

/* What stood still for a while is late, and everything is measured again when the clocks have run apart. */
static void test_clocks_may_drift(void) { /* D-4 */
  rj_lateness lateness = {0};
  uint32_t most = 0;
  for (int64_t s = 0; s < 86400; s++) {
    int64_t now = s * RJ_SECOND, drift = s / 10 * MS; /* 100 ppm: 8.6 s a day */
    uint32_t late = rj_lateness_note(&lateness, stamp(now - drift, 0), now);
    most = MAX(most, late);
  }
  g_assert_cmpuint(most, <=, 6); /* a minute's worth */
  g_assert_cmpuint(most, >=, 3);
}

static void test_a_long_silence_says_nothing(void) { /* D-4 */
  rj_lateness lateness = {0};
  (void)rj_lateness_note(&lateness, stamp(0, 0), 10 * MS);
  int64_t later = 2 * RJ_LATENESS_SPAN + 10 * MS;
  g_assert_cmpuint(rj_lateness_note(&lateness, stamp(later - 900 * MS, 0), later), ==, 0);
  /* but one within two spans does */
  lateness = (rj_lateness){0};
  (void)rj_lateness_note(&lateness, stamp(0, 0), 10 * MS);
  later = 2 * RJ_LATENESS_SPAN - MS;
  g_assert_cmpuint(rj_lateness_note(&lateness, stamp(later - 900 * MS, 0), later), ==, 890);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/lateness/measure", test_the_fastest_is_the_measure);
  g_test_add_func("/lateness/drift", test_clocks_may_drift);
  g_test_add_func("/lateness/silence", test_a_long_silence_says_nothing);
  return g_test_run();
}
