/* Writing JSON: separators, escapes and numbers. */
#include "edge/program/http/json.h"

#include <inttypes.h>

static void begin_value(rj_json *json, const char *key) {
  if (json->follows)
    g_string_append_c(json->out, ',');
  json->follows = true;
  if (key != NULL)
    g_string_append_printf(json->out, "\"%s\":", key);
}

void rj_json_begin(rj_json *json, const char *key, char bracket) {
  begin_value(json, key);
  g_string_append_c(json->out, bracket);
  json->follows = false;
}

void rj_json_end(rj_json *json, char bracket) {
  g_string_append_c(json->out, bracket);
  json->follows = true;
}

static void append_escaped(GString *out, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    unsigned char byte = (unsigned char)*c;
    if (byte == '"' || byte == '\\')
      g_string_append_printf(out, "\\%c", byte);
    else if (byte == '\n')
      g_string_append(out, "\\n");
    else if (byte < 0x20 || byte == 0x7f)
      g_string_append_printf(out, "\\u%04x", (unsigned)byte);
    else
      g_string_append_c(out, *c);
  }
}

void rj_json_text(rj_json *json, const char *key, const char *value) {
  if (value == NULL) {
    rj_json_null(json, key);
    return;
  }
  begin_value(json, key);
  g_string_append_c(json->out, '"');
  if (g_utf8_validate(value, -1, NULL)) {
    append_escaped(json->out, value);
  } else {
    char *valid = g_utf8_make_valid(value, -1);
    append_escaped(json->out, valid);
    g_free(valid);
  }
  g_string_append_c(json->out, '"');
}

void rj_json_count(rj_json *json, const char *key, uint64_t value) {
  begin_value(json, key);
  g_string_append_printf(json->out, "%" PRIu64, value);
}

void rj_json_whole(rj_json *json, const char *key, int64_t value) {
  begin_value(json, key);
  g_string_append_printf(json->out, "%" PRId64, value);
}

void rj_json_ms(rj_json *json, const char *key, int64_t ns) {
  if (ns < 0) {
    rj_json_null(json, key);
    return;
  }
  begin_value(json, key);
  int64_t us = ns / 1000;
  g_string_append_printf(json->out, "%" PRId64, us / 1000);
  if (us % 1000 != 0)
    g_string_append_printf(json->out, ".%03" PRId64, us % 1000);
}

void rj_json_bool(rj_json *json, const char *key, bool value) {
  begin_value(json, key);
  g_string_append(json->out, value ? "true" : "false");
}

void rj_json_null(rj_json *json, const char *key) {
  begin_value(json, key);
  g_string_append(json->out, "null");
}

void rj_json_id(rj_json *json, const char *key, uint64_t value) {
  if (value == 0) {
    rj_json_null(json, key);
    return;
  }
  begin_value(json, key);
  g_string_append_printf(json->out, "\"%016" PRIx64 "\"", value);
}

void rj_json_raw(rj_json *json, const char *key, const char *value) {
  begin_value(json, key);
  g_string_append(json->out, value);
}
