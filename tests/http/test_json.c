/* JSON as it is written: separators, escapes, and numbers without loss. */
#include "edge/program/http/json.h"

static void test_values(void) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_text(&json, "a", "x\"\\\n\t\x7f");
  rj_json_text(&json, "b", NULL);
  rj_json_count(&json, "c", UINT64_MAX);
  rj_json_whole(&json, "d", INT64_MIN);
  rj_json_begin(&json, "e", '[');
  rj_json_bool(&json, NULL, true);
  rj_json_bool(&json, NULL, false);
  rj_json_begin(&json, NULL, '{');
  rj_json_end(&json, '}');
  rj_json_end(&json, ']');
  rj_json_id(&json, "f", 0xab);
  rj_json_id(&json, "g", 0);
  rj_json_raw(&json, "h", "[1]");
  rj_json_end(&json, '}');
  g_assert_cmpstr(json.out->str, ==,
                  "{\"a\":\"x\\\"\\\\\\n\\u0009\\u007f\",\"b\":null,\"c\":18446744073709551615,"
                  "\"d\":-9223372036854775808,\"e\":[true,false,{}],\"f\":\"00000000000000ab\","
                  "\"g\":null,\"h\":[1]}");
  g_string_free(json.out, TRUE);
}

static void test_ms(void) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '[');
  rj_json_ms(&json, NULL, 0);
  rj_json_ms(&json, NULL, 1500000);
  rj_json_ms(&json, NULL, 1001999);
  rj_json_ms(&json, NULL, INT64_C(86400000000000));
  rj_json_ms(&json, NULL, -1);
  rj_json_end(&json, ']');
  g_assert_cmpstr(json.out->str, ==, "[0,1.500,1.001,86400000,null]");
  g_string_free(json.out, TRUE);
}

/* Whatever bytes a text has, what comes out is UTF-8. */
static void test_bytes(void) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_text(&json, NULL, "a\xff\xc3\xa4");
  g_assert_cmpstr(json.out->str, ==, "\"a\xef\xbf\xbd\xc3\xa4\"");
  g_string_free(json.out, TRUE);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/json/values", test_values);
  g_test_add_func("/json/ms", test_ms);
  g_test_add_func("/json/bytes", test_bytes);
  return g_test_run();
}
