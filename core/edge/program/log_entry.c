/* Entries of the log as lines of text and of JSON. Anything may be in a field, also what a hostile peer sent. */
#include "edge/program/log_entry.h"

#include <string.h>

static const char prefix[] = "REJOIN_";
static const char own_domain[] = "rejoin-edge";

/* ------------------------------------------------------------------ life */

static gsize length_of(const GLogField *field) {
  return field->length < 0 ? strlen(field->value) : (gsize)field->length;
}

rj_log_entry *rj_log_entry_new(GLogLevelFlags level, const GLogField *fields, gsize count,
                               int64_t at) {
  rj_log_entry *entry = g_new0(rj_log_entry, 1);
  *entry =
      (rj_log_entry){.level = level, .at = at, .fields = g_new0(GLogField, count), .count = count};
  for (gsize i = 0; i < count; i++) {
    gsize length = length_of(&fields[i]);
    char *value = g_malloc(length + 1);
    memcpy(value, fields[i].value, length);
    value[length] = '\0';
    entry->fields[i] =
        (GLogField){.key = g_strdup(fields[i].key), .value = value, .length = fields[i].length};
  }
  return entry;
}

void rj_log_entry_free(rj_log_entry *entry) {
  for (gsize i = 0; i < entry->count; i++) {
    g_free((char *)entry->fields[i].key);
    g_free((void *)entry->fields[i].value);
  }
  g_free(entry->fields);
  g_free(entry);
}

/* ------------------------------------------------------------------ what is in it */

rj_program_log_level rj_log_level_of(GLogLevelFlags level) {
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    return RJ_PROGRAM_LOG_ERROR;
  if ((level & G_LOG_LEVEL_WARNING) != 0)
    return RJ_PROGRAM_LOG_WARNING;
  return (level & G_LOG_LEVEL_DEBUG) != 0 ? RJ_PROGRAM_LOG_DEBUG : RJ_PROGRAM_LOG_INFO;
}

static const char *level_name(const rj_log_entry *entry) {
  static const char *const names[] = {"error", "warning", "info", "debug"};
  return names[rj_log_level_of(entry->level)];
}

static const GLogField *find(const rj_log_entry *entry, const char *key) {
  for (gsize i = 0; i < entry->count; i++) {
    if (strcmp(entry->fields[i].key, key) == 0)
      return &entry->fields[i];
  }
  return NULL;
}

/* Valid UTF-8; the caller's. */
static char *value_of(const GLogField *field) {
  return field == NULL ? g_strdup("") : g_utf8_make_valid(field->value, (gssize)length_of(field));
}

/* RFC 3339, UTC, with milliseconds. */
static void add_time(GString *out, int64_t at) {
  GDateTime *seconds = g_date_time_new_from_unix_utc(at / G_USEC_PER_SEC);
  char *text = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
  g_string_append_printf(out, "%s.%03dZ", text, (int)(at % G_USEC_PER_SEC / 1000));
  g_free(text);
  g_date_time_unref(seconds);
}

/* ------------------------------------------------------------------ text */

/* A terminal, or whoever reads lines, is not to be led astray by what stands in one. */
static void add_plain(GString *out, const char *text) {
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
    gunichar character = g_utf8_get_char(c);
    if (g_unichar_iscntrl(character) || character == 0x2028 || character == 0x2029)
      g_string_append_printf(out, "\\u%04x", character);
    else
      g_string_append_unichar(out, character);
  }
}

GString *rj_log_entry_text(const rj_log_entry *entry) {
  GString *out = g_string_new(NULL);
  char *message = value_of(find(entry, "MESSAGE"));
  add_time(out, entry->at);
  g_string_append_printf(out, " %s: ", level_name(entry));
  add_plain(out, message);
  g_string_append_c(out, '\n');
  g_free(message);
  return out;
}

/* ------------------------------------------------------------------ JSON */

static void add_string(GString *out, const char *text) {
  g_string_append_c(out, '"');
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      g_string_append_printf(out, "\\%c", *c);
    else if (g_ascii_iscntrl(*c))
      g_string_append_printf(out, "\\u%04x", (unsigned)*c);
    else
      g_string_append_c(out, *c);
  }
  g_string_append_c(out, '"');
}

static void add_member(GString *out, const char *name, const char *value) {
  g_string_append_c(out, ',');
  add_string(out, name);
  g_string_append_c(out, ':');
  add_string(out, value);
}

/* Those that are numbers: they become JSON's, for whoever counts with them. */
static bool is_number(const char *name, const char *value) {
  static const char *const numbers[] = {"uid", "span_ms", "count", NULL};
  gint64 number;
  return g_strv_contains(numbers, name) &&
         g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &number, NULL);
}

static void add_field(GString *out, const GLogField *field) {
  char *name = g_ascii_strdown(field->key + strlen(prefix), -1), *value = value_of(field);
  if (is_number(name, value))
    g_string_append_printf(out, ",\"%s\":%s", name, value);
  else
    add_member(out, name, value);
  g_free(name);
  g_free(value);
}

GString *rj_log_entry_json(const rj_log_entry *entry) {
  GString *out = g_string_new("{\"time\":\"");
  add_time(out, entry->at);
  g_string_append_c(out, '"');
  add_member(out, "level", level_name(entry));
  char *domain = value_of(find(entry, "GLIB_DOMAIN"));
  if (strcmp(domain, own_domain) != 0)
    add_member(out, "domain", domain);
  for (gsize i = 0; i < entry->count; i++) {
    if (g_str_has_prefix(entry->fields[i].key, prefix))
      add_field(out, &entry->fields[i]);
  }
  char *message = value_of(find(entry, "MESSAGE"));
  add_member(out, "message", message);
  g_string_append(out, "}\n");
  g_free(message);
  g_free(domain);
  return out;
}
