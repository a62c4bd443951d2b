/* Histories: what happened to a session in order, bounded, also a while after it ended. */
#include "edge/program/http/history.h"

#include <string.h>

#include "base/time.h"
#include "edge/program/http/limits.h"

static void note_at(rj_http_histories *histories, uint64_t session, rj_observed kind, int64_t at) {
  rj_http_observation what = {
      .kind = kind, .session = session, .uid = 7, .at = at * RJ_MILLISECOND, .span = -1};
  strcpy(what.channel, "demo");
  rj_http_histories_note(histories, &what);
}

static void note(rj_http_histories *histories, uint64_t session, rj_observed kind) {
  note_at(histories, session, kind, 1);
}

static char *text_of(const rj_http_histories *histories, uint64_t session) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_http_histories_write(histories, session, &json, NULL, 0);
  return g_string_free(json.out, FALSE);
}

static void test_in_order(void) {
  rj_http_histories *histories = rj_http_histories_new(10, 10);
  note_at(histories, 1, RJ_OBSERVED_JOINED, 5);
  note_at(histories, 1, RJ_OBSERVED_SILENT, 9);
  char *text = text_of(histories, 1);
  g_assert_cmpstr(text, ==,
                  "[{\"at\":5,\"event\":\"joined\",\"span_ms\":null,\"reason\":null},"
                  "{\"at\":9,\"event\":\"silent\",\"span_ms\":null,\"reason\":null}]");
  g_free(text);
  text = text_of(histories, 2);
  g_assert_cmpstr(text, ==, "[]");
  g_free(text);
  rj_http_histories_free(histories);
}

/* Beyond the bound the join and the newest entries are kept. */
static void test_a_long_one(void) {
  rj_http_histories *histories = rj_http_histories_new(10, 10);
  note_at(histories, 1, RJ_OBSERVED_JOINED, 1);
  for (int64_t at = 2; at <= 100; at++)
    note_at(histories, 1, at % 2 == 0 ? RJ_OBSERVED_SILENT : RJ_OBSERVED_HEARD, at);
  char *text = text_of(histories, 1);
  char **entries = g_strsplit(text, "},{", -1);
  g_assert_cmpuint(g_strv_length(entries), ==, RJ_HTTP_HISTORY);
  g_assert_true(g_str_has_prefix(entries[0], "[{\"at\":1,\"event\":\"joined\""));
  g_assert_true(g_str_has_prefix(entries[1], "\"at\":70,"));
  g_assert_true(g_str_has_prefix(entries[RJ_HTTP_HISTORY - 1], "\"at\":100,"));
  g_strfreev(entries);
  g_free(text);
  rj_http_histories_free(histories);
}

static void test_ended_ones(void) {
  rj_http_histories *histories = rj_http_histories_new(100, 2);
  rj_http_ended ended;
  for (uint64_t session = 1; session <= 4; session++)
    note(histories, session, RJ_OBSERVED_JOINED);
  note(histories, 1, RJ_OBSERVED_LEFT);
  note(histories, 2, RJ_OBSERVED_DROPPED);
  note(histories, 2, RJ_OBSERVED_HEARD); /* nothing comes after an end */
  g_assert_true(rj_http_histories_ended(histories, 1, &ended));
  g_assert_cmpstr(ended.channel, ==, "demo");
  g_assert_cmpuint(ended.uid, ==, 7);
  g_assert_cmpint(ended.began, ==, RJ_MILLISECOND);
  g_assert_false(rj_http_histories_ended(histories, 4, &ended));
  note(histories, 3, RJ_OBSERVED_REMOVED);
  g_assert_false(rj_http_histories_ended(histories, 1, &ended)); /* the oldest is forgotten */
  g_assert_true(rj_http_histories_ended(histories, 2, &ended));
  g_assert_cmpuint(rj_http_histories_count(histories), ==, 3);
  char *text = text_of(histories, 2);
  g_assert_null(strstr(text, "heard"));
  g_free(text);
  rj_http_histories_forget(histories);
  g_assert_cmpuint(rj_http_histories_count(histories), ==, 0);
  note(histories, 5, RJ_OBSERVED_LEFT);
  g_assert_true(rj_http_histories_ended(histories, 5, &ended));
  rj_http_histories_free(histories);
}

/* Beyond so many sessions the new ones have no history; those without a session never have. */
static void test_too_many(void) {
  rj_http_histories *histories = rj_http_histories_new(2, 2);
  for (uint64_t session = 0; session <= 3; session++)
    note(histories, session, RJ_OBSERVED_JOINED);
  g_assert_cmpuint(rj_http_histories_count(histories), ==, 2);
  rj_http_histories_free(histories);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/history/in_order", test_in_order);
  g_test_add_func("/history/a_long_one", test_a_long_one);
  g_test_add_func("/history/ended_ones", test_ended_ones);
  g_test_add_func("/history/too_many", test_too_many);
  return g_test_run();
}
