/* The log of events: numbers from 1, the newest are kept. */
#include "edge/program/http/event_log.h"

static void add(rj_http_event_log *log, const char *data) {
  rj_http_event_log_add(log, (rj_http_event){.name = "joined", .data = g_strdup(data)});
}

static void test_numbers(void) {
  rj_http_event_log *log = rj_http_event_log_new(3);
  g_assert_cmpuint(rj_http_event_log_next(log), ==, 1);
  g_assert_cmpuint(rj_http_event_log_oldest(log), ==, 1);
  g_assert_null(rj_http_event_log_get(log, 1));
  add(log, "a");
  add(log, "b");
  add(log, "c");
  g_assert_cmpuint(rj_http_event_log_oldest(log), ==, 1);
  add(log, "d");
  g_assert_cmpuint(rj_http_event_log_next(log), ==, 5);
  g_assert_cmpuint(rj_http_event_log_oldest(log), ==, 2);
  g_assert_null(rj_http_event_log_get(log, 1));
  g_assert_null(rj_http_event_log_get(log, 5));
  g_assert_null(rj_http_event_log_get(log, 0));
  g_assert_cmpstr(rj_http_event_log_get(log, 2)->data, ==, "b");
  g_assert_cmpstr(rj_http_event_log_get(log, 4)->data, ==, "d");
  g_assert_cmpuint(rj_http_event_log_get(log, 4)->number, ==, 4);
  rj_http_event_log_free(log);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/event_log/numbers", test_numbers);
  return g_test_run();
}
