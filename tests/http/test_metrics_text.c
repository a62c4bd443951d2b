/* Prometheus' text format: escapes, numbers, and buckets that add up. */
#include "edge/program/http/metrics_text.h"

#include <math.h>

#define expect(out, text)                                                                          \
  do {                                                                                             \
    g_assert_cmpstr((out)->str, ==, text);                                                         \
    g_string_truncate(out, 0);                                                                     \
  } while (0)

static void test_samples(void) {
  GString *out = g_string_new(NULL);
  rj_metrics_gauge(out, "a", "One \\ and\ntwo.", 1.5);
  expect(out, "# HELP a One \\\\ and\\ntwo.\n# TYPE a gauge\na 1.5\n");
  rj_metrics_counter(out, "b_total", "B.", UINT64_MAX);
  expect(out, "# HELP b_total B.\n# TYPE b_total counter\nb_total 18446744073709551615\n");
  rj_metrics_count(out, "c", "x", "a\"b\\c\nd", 3);
  expect(out, "c{x=\"a\\\"b\\\\c\\nd\"} 3\n");
  rj_metrics_sample(out, "d", NULL, NULL, INFINITY);
  expect(out, "d +Inf\n");
  rj_metrics_sample(out, "d", NULL, NULL, 1e15);
  expect(out, "d 1e+15\n");
  g_string_free(out, TRUE);
}

static void test_histogram(void) {
  static const double bounds[] = {0.1, 1};
  rj_histogram histogram = {.bounds = bounds, .count = 2};
  GString *out = g_string_new(NULL);
  rj_histogram_observe(&histogram, 0.1); /* a bound is in its bucket */
  rj_histogram_observe(&histogram, 0.5);
  rj_histogram_observe(&histogram, 0.25);
  rj_histogram_observe(&histogram, 7);
  rj_metrics_histogram(out, "h_seconds", "H.", &histogram);
  expect(out, "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
              "h_seconds_bucket{le=\"0.1\"} 1\n"
              "h_seconds_bucket{le=\"1\"} 3\n"
              "h_seconds_bucket{le=\"+Inf\"} 4\n"
              "h_seconds_sum 7.85\nh_seconds_count 4\n");
  g_string_free(out, TRUE);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/metrics_text/samples", test_samples);
  g_test_add_func("/metrics_text/histogram", test_histogram);
  return g_test_run();
}
