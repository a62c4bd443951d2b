/* Reads the config file line by line, so that every complaint can name its line; GKeyFile reads the values. */
#include "edge/program/config_file.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "edge/program/nearest.h"

enum { APP_ID_MAX = 64, CERTIFICATE_MAX = 256 };
static const double time_scale_min = 0.001, time_scale_max = 1000;
static const double seconds_max = 30 * 24 * 3600;

typedef enum { TEXT, PATTERN, LISTEN, COUNT, SECONDS, SCALE, SWITCH, CERTIFICATE } value_kind;

typedef struct {
  const char *group, *key;
  value_kind kind;
  size_t offset; /* in rj_program_settings */
} known_key;

static const known_key known_keys[] = {
    {"edge", "listen", LISTEN, offsetof(rj_program_settings, listen)},
    {"edge", "data_dir", TEXT, offsetof(rj_program_settings, data_dir)},
    {"edge", "time_scale", SCALE, offsetof(rj_program_settings, time_scale)},
    {"edge", "channel_pattern", PATTERN, offsetof(rj_program_settings, channel_pattern)},
    {"limits", "sessions", COUNT, offsetof(rj_program_settings, sessions)},
    {"limits", "channel_members", COUNT, offsetof(rj_program_settings, channel_members)},
    {"limits", "channel_broadcasters", COUNT, offsetof(rj_program_settings, channel_broadcasters)},
    {"limits", "handshakes", COUNT, offsetof(rj_program_settings, handshakes)},
    {"limits", "joins_per_second", COUNT, offsetof(rj_program_settings, joins_per_second)},
    {"limits", "bad_tokens_per_minute", COUNT,
     offsetof(rj_program_settings, bad_tokens_per_minute)},
    {"limits", "accepts_per_second", COUNT, offsetof(rj_program_settings, accepts_per_second)},
    {"limits", "loopback", SWITCH, offsetof(rj_program_settings, limit_loopback)},
    {"timers", "offline", SECONDS, offsetof(rj_program_settings, offline_ns)},
    {"timers", "empty_channel", SECONDS, offsetof(rj_program_settings, empty_channel_ns)},
    {"http", "listen", TEXT, offsetof(rj_program_settings, http_listen)},
    {"http", "token_file", TEXT, offsetof(rj_program_settings, http_token_file)},
    {"http", "certificate", TEXT, offsetof(rj_program_settings, http_certificate)},
    {"http", "key", TEXT, offsetof(rj_program_settings, http_key)},
    {"http", "plain", SWITCH, offsetof(rj_program_settings, http_plain)},
    {"http", "metrics_open", SWITCH, offsetof(rj_program_settings, http_metrics_open)},
    {"webhooks", "url", TEXT, offsetof(rj_program_settings, webhook_url)},
    {"webhooks", "secret_file", TEXT, offsetof(rj_program_settings, webhook_secret_file)},
    {"webhooks", "events", TEXT, offsetof(rj_program_settings, webhook_events)},
    {"app", "certificate", CERTIFICATE, offsetof(rj_program_settings, app_certificates)},
    {"app", "certificate2", CERTIFICATE, offsetof(rj_program_settings, app_second_certificates)},
};

static const char *const known_groups[] = {"edge", "limits", "timers", "http", "webhooks", "app"};

typedef struct {
  const char *path;
  unsigned line;
  GKeyFile *file;
  rj_program_settings *settings;
  GHashTable *seen; /* "group\nkey" -> its line */
  char *group;      /* the one we are in; NULL: none yet */
  unsigned second;  /* the line of its certificate2; 0: none yet */
  char **error;
} reader;

static bool complain(reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool complain(reader *r, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  *r->error = g_strdup_printf("%s:%u: %s", r->path, r->line, text);
  g_free(text);
  return false;
}

/* ------------------------------------------------------------------ values */

static bool take_pattern(reader *r, const known_key *key, const char *value) {
  GError *why = NULL;
  GRegex *regex = g_regex_new(value, G_REGEX_RAW, 0, &why);
  if (regex == NULL) {
    complain(r, "%s: %s", key->key, why->message);
    g_error_free(why);
    return false;
  }
  g_regex_unref(regex);
  return true;
}

static bool take_count(reader *r, const known_key *key, const char *value, uint32_t *to) {
  guint64 number;
  if (!g_ascii_string_to_unsigned(value, 10, 1, UINT32_MAX, &number, NULL))
    return complain(r, "%s is \"%s\"; it must be a whole number from 1 to %u", key->key, value,
                    UINT32_MAX);
  *to = (uint32_t)number;
  return true;
}

static bool take_switch(reader *r, const known_key *key, const char *value, bool *to) {
  *to = strcmp(value, "true") == 0;
  if (!*to && strcmp(value, "false") != 0)
    return complain(r, "%s is \"%s\"; it must be true or false", key->key, value);
  return true;
}

static bool take_number(reader *r, const known_key *key, const char *value, double least,
                        double most, const char *unit, double *to) {
  char *end;
  *to = g_ascii_strtod(value, &end);
  if (end == value || *end != '\0' || !isfinite(*to) || *to < least || *to > most)
    return complain(r, "%s is \"%s\"; it must be a number%s from %g to %.0f", key->key, value, unit,
                    least, most);
  return true;
}

/* Of the app whose group we are in, the last one so far. It is a secret: no complaint shows it. */
static bool take_certificate(reader *r, const known_key *key, const char *value,
                             GPtrArray *certificates) {
  size_t length = strlen(value);
  if (length == 0)
    return complain(r, "%s is empty; leave it out for testing mode", key->key);
  if (length > CERTIFICATE_MAX)
    return complain(r, "%s is %zu bytes long; it has at most %d", key->key, length,
                    CERTIFICATE_MAX);
  for (const char *c = value; *c != '\0'; c++) {
    if (!g_ascii_isprint(*c))
      return complain(r, "%s consists of printable ASCII characters", key->key);
  }
  char **place = (char **)&g_ptr_array_index(certificates, certificates->len - 1);
  g_free(*place);
  *place = g_strdup(value);
  if (certificates == r->settings->app_second_certificates)
    r->second = r->line;
  return true;
}

/* The group we were in is over: an app's certificate2 stands beside a certificate. */
static bool end_group(reader *r) {
  const GPtrArray *firsts = r->settings->app_certificates;
  bool is_alone = r->second != 0 && g_ptr_array_index(firsts, firsts->len - 1) == NULL;
  if (is_alone)
    r->line = r->second;
  r->second = 0;
  return !is_alone ||
         complain(r, "certificate2 is given without certificate; one alone is the certificate");
}

static bool take_value(reader *r, const known_key *key, const char *value) {
  char *to = (char *)r->settings + key->offset;
  double seconds;
  switch (key->kind) {
  case LISTEN:
    if (!g_str_has_prefix(value, "udp://"))
      return complain(r, "listen is \"%s\"; it must be udp://ADDRESS:PORT", value);
    r->settings->listen_origin = g_strdup_printf("%s:%u: ", r->path, r->line);
    break;
  case PATTERN:
    if (!take_pattern(r, key, value))
      return false;
    break;
  case TEXT:
    if (*value == '\0')
      return complain(r, "%s is empty; leave it out for the default", key->key);
    break;
  case COUNT:
    return take_count(r, key, value, (uint32_t *)(void *)to);
  case SWITCH:
    return take_switch(r, key, value, (bool *)to);
  case SCALE:
    return take_number(r, key, value, time_scale_min, time_scale_max, "", (double *)(void *)to);
  case CERTIFICATE:
    return take_certificate(r, key, value, *(GPtrArray **)(void *)to);
  case SECONDS:
    if (!take_number(r, key, value, 0.001, seconds_max, " of seconds", &seconds))
      return false;
    *(int64_t *)(void *)to = (int64_t)(seconds * 1e9);
    return true;
  }
  *(char **)(void *)to = g_strdup(value);
  return true;
}

/* ------------------------------------------------------------------ lines */

static bool take_app(reader *r, const char *name) {
  size_t length = strlen(name);
  if (length == 0)
    return complain(r, "[app] has no name; write [app NAME]");
  if (length > APP_ID_MAX)
    return complain(r, "the app id is %zu bytes long; it has at most %d", length, APP_ID_MAX);
  for (const char *c = name; *c != '\0'; c++) {
    if (!g_ascii_isprint(*c))
      return complain(r, "an app id consists of printable ASCII characters");
  }
  g_ptr_array_add(r->settings->app_ids, g_strdup(name));
  g_ptr_array_add(r->settings->app_certificates, NULL);
  g_ptr_array_add(r->settings->app_second_certificates, NULL);
  return true;
}

static bool take_group(reader *r, const char *name) {
  if (!end_group(r))
    return false;
  g_free(r->group);
  r->group = g_strdup(name);
  if (g_hash_table_contains(r->seen, name))
    return complain(r, "the group [%s] was begun in line %u already", name,
                    GPOINTER_TO_UINT(g_hash_table_lookup(r->seen, name)));
  g_hash_table_insert(r->seen, g_strdup(name), GUINT_TO_POINTER(r->line));
  if (strcmp(name, "app") == 0)
    return take_app(r, "");
  if (g_str_has_prefix(name, "app "))
    return take_app(r, name + strlen("app "));
  for (size_t i = 0; i < G_N_ELEMENTS(known_groups); i++) {
    if (strcmp(name, known_groups[i]) == 0)
      return true;
  }
  const char *nearest = rj_program_nearest(name, known_groups, G_N_ELEMENTS(known_groups));
  if (nearest != NULL)
    return complain(r, "unknown group [%s]; did you mean [%s]?", name, nearest);
  return complain(
      r,
      "unknown group [%s]; there are [edge], [limits], [timers], [http], [webhooks] and [app NAME]",
      name);
}

/* Do we read a group of this kind? All apps are of one. */
static bool is_in(const reader *r, const char *kind) {
  return strcmp(strcmp(kind, "app") == 0 && g_str_has_prefix(r->group, "app ") ? "app" : r->group,
                kind) == 0;
}

static bool unknown_key(reader *r, const char *name) {
  const char *names[G_N_ELEMENTS(known_keys)];
  size_t count = 0;
  GString *all = g_string_new(NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(known_keys); i++) {
    if (!is_in(r, known_keys[i].group))
      continue;
    names[count++] = known_keys[i].key;
    g_string_append_printf(all, "%s%s", all->len > 0 ? ", " : "", known_keys[i].key);
  }
  const char *nearest = rj_program_nearest(name, names, count);
  if (nearest != NULL)
    complain(r, "unknown key \"%s\" in [%s]; did you mean \"%s\"?", name, r->group, nearest);
  else
    complain(r, "unknown key \"%s\" in [%s]; there %s %s", name, r->group,
             count == 1 ? "is" : "are", count > 0 ? all->str : "none");
  g_string_free(all, TRUE);
  return false;
}

static bool take_key(reader *r, const char *name) {
  if (r->group == NULL)
    return complain(r, "\"%s\" stands before the first group; begin with [edge]", name);
  char *place = g_strdup_printf("%s\n%s", r->group, name);
  unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(r->seen, place));
  g_hash_table_insert(r->seen, place, GUINT_TO_POINTER(r->line));
  if (before != 0)
    return complain(r, "\"%s\" was given in line %u already", name, before);
  for (size_t i = 0; i < G_N_ELEMENTS(known_keys); i++) {
    const known_key *key = &known_keys[i];
    if (!is_in(r, key->group) || strcmp(key->key, name) != 0)
      continue;
    GError *why = NULL;
    char *value = g_key_file_get_string(r->file, r->group, name, &why);
    bool taken = value != NULL ? take_value(r, key, g_strstrip(value))
                               : complain(r, "%s: %s", name, why->message);
    g_clear_error(&why);
    g_free(value);
    return taken;
  }
  return unknown_key(r, name);
}

/* `line` is ours and may be cut up. */
static bool take_line(reader *r, char *line) {
  line = g_strstrip(line);
  if (*line == '\0' || *line == '#')
    return true;
  if (*line == '[') {
    char *end = strchr(line, ']');
    if (end == NULL || end[1] != '\0' || end == line + 1)
      return complain(r, "\"%s\" is no group; a group is [NAME] alone on its line", line);
    *end = '\0';
    return take_group(r, line + 1);
  }
  char *equals = strchr(line, '=');
  if (equals == NULL || equals == line)
    return complain(r, "\"%s\" is neither a group, nor KEY=VALUE, nor a comment (#)", line);
  *equals = '\0';
  return take_key(r, g_strchomp(line));
}

static bool take_lines(reader *r, const char *text) {
  char **lines = g_strsplit(text, "\n", -1);
  bool all = true;
  for (unsigned i = 0; all && lines[i] != NULL; i++) {
    r->line = i + 1;
    all = take_line(r, lines[i]);
  }
  g_strfreev(lines);
  return all && end_group(r);
}

/* Text all through? A NUL would hide what follows it. */
static bool check_text(reader *r, const char *text, size_t length) {
  const char *end;
  if (g_utf8_validate_len(text, length, &end))
    return true;
  r->line = 1;
  for (const char *c = text; c < end; c++)
    r->line += *c == '\n' ? 1 : 0;
  return complain(r, "the byte 0x%02x is no UTF-8 text", (unsigned)(unsigned char)*end);
}

static bool take_text(reader *r, const char *text, size_t length) {
  if (!check_text(r, text, length))
    return false;
  GError *why = NULL;
  r->file = g_key_file_new();
  r->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  bool loads = g_key_file_load_from_data(r->file, text, length, G_KEY_FILE_NONE, &why);
  /* Our own look at the lines finds what GKeyFile dislikes, too, and knows where it is. */
  bool taken = take_lines(r, text);
  if (taken && !loads) {
    *r->error = g_strdup_printf("%s: %s", r->path, why->message);
    taken = false;
  }
  g_clear_error(&why);
  g_key_file_free(r->file);
  g_hash_table_destroy(r->seen);
  g_free(r->group);
  return taken;
}

bool rj_program_config_read(const char *path, rj_program_settings *settings, char **error) {
  char *text = NULL;
  gsize length = 0;
  GError *why = NULL;
  if (!g_file_get_contents(path, &text, &length, &why)) {
    *error = g_strdup_printf("config file: %s", why->message);
    g_error_free(why);
    return false;
  }
  reader r = {.path = path, .settings = settings, .error = error};
  bool taken = take_text(&r, text, length);
  g_free(text);
  return taken;
}
