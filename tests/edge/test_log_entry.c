/* Entries of rejoin-edge's log as lines: whatever is in a field, it stays one line of text, or one object of JSON. */
#include "edge/program/log_entry.h"

#include <string.h>

enum { AT_SECONDS = 1800000000 }; /* 2027-01-15T08:00:00Z */

static rj_log_entry *entry_of(GLogLevelFlags level, const GLogField *fields, gsize count) {
  return rj_log_entry_new(level, fields, count,
                          (int64_t)AT_SECONDS * G_USEC_PER_SEC + 7 * 1000 + 999);
}

static void expect(GString *line, const char *expected) {
  g_assert_cmpstr(line->str, ==, expected);
  g_assert_cmpuint(line->len, ==, strlen(expected));
  g_string_free(line, TRUE);
}

static void test_a_join(void) {
  const GLogField fields[] = {{"PRIORITY", "6", -1},
                              {"GLIB_DOMAIN", "rejoin-edge", -1},
                              {"REJOIN_EVENT", "joined", -1},
                              {"REJOIN_CHANNEL", "demo", -1},
                              {"REJOIN_UID", "4294967295", -1},
                              {"REJOIN_SPAN_MS", "12", -1},
                              {"MESSAGE", "demo: uid 4294967295 joined", -1}};
  rj_log_entry *entry = entry_of(G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields));
  expect(rj_log_entry_text(entry), "2027-01-15T08:00:00.007Z info: demo: uid 4294967295 joined\n");
  expect(rj_log_entry_json(entry),
         "{\"time\":\"2027-01-15T08:00:00.007Z\",\"level\":\"info\",\"event\":\"joined\","
         "\"channel\":\"demo\",\"uid\":4294967295,\"span_ms\":12,"
         "\"message\":\"demo: uid 4294967295 joined\"}\n");
  rj_log_entry_free(entry);
}

static void test_anything_in_a_field(void) {
  const GLogField fields[] = {{"GLIB_DOMAIN", "else", -1},
                              {"REJOIN_CHANNEL", "a\"b\\c\nd\x01\x7f\xff", -1},
                              {"REJOIN_UID", "1,\"x\":2", -1}, /* no number, so no JSON number */
                              {"REJOIN_EVENT", "with\0nul", 8},
                              {"MESSAGE", "one\r\ntwo\x1b[31m\xc3\xa4\xc3", -1}};
  rj_log_entry *entry = entry_of(G_LOG_LEVEL_WARNING, fields, G_N_ELEMENTS(fields));
  expect(rj_log_entry_text(entry),
         "2027-01-15T08:00:00.007Z warning: one\\u000d\\u000atwo\\u001b[31m"
         "\xc3\xa4\xef\xbf\xbd\n");
  expect(rj_log_entry_json(entry),
         "{\"time\":\"2027-01-15T08:00:00.007Z\",\"level\":\"warning\",\"domain\":\"else\","
         "\"channel\":\"a\\\"b\\\\c\\u000ad\\u0001\\u007f\xef\xbf\xbd\",\"uid\":\"1,\\\"x\\\":2\","
         "\"event\":\"with\xef\xbf\xbdnul\","
         "\"message\":\"one\\u000d\\u000atwo\\u001b[31m\xc3\xa4\xef\xbf\xbd\"}\n");
  rj_log_entry_free(entry);
}

static void test_levels(void) {
  static const struct {
    GLogLevelFlags flags;
    rj_program_log_level level;
    const char *name;
  } all[] = {{G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL, RJ_PROGRAM_LOG_ERROR, "error"},
             {G_LOG_LEVEL_CRITICAL, RJ_PROGRAM_LOG_ERROR, "error"},
             {G_LOG_LEVEL_WARNING, RJ_PROGRAM_LOG_WARNING, "warning"},
             {G_LOG_LEVEL_MESSAGE, RJ_PROGRAM_LOG_INFO, "info"},
             {G_LOG_LEVEL_INFO, RJ_PROGRAM_LOG_INFO, "info"},
             {G_LOG_LEVEL_DEBUG, RJ_PROGRAM_LOG_DEBUG, "debug"}};
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
    g_assert_cmpint(rj_log_level_of(all[i].flags), ==, all[i].level);
    rj_log_entry *entry = entry_of(all[i].flags, NULL, 0);
    char *line = g_strdup_printf("2027-01-15T08:00:00.007Z %s: \n", all[i].name);
    expect(rj_log_entry_text(entry), line);
    g_free(line);
    rj_log_entry_free(entry);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/log-entry/a-join", test_a_join);
  g_test_add_func("/log-entry/anything", test_anything_in_a_field);
  g_test_add_func("/log-entry/levels", test_levels);
  return g_test_run();
}
