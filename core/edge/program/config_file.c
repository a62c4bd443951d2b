/* Reads the config file line by line, so that it names every complaint's line and goes on after it; GKeyFile reads the
 * values. */
#include "edge/program/config_file.h"

#include <string.h>

#include "base/limits.h"
#include "edge/program/config_value.h"
#include "edge/program/nearest.h"
#include "edge/program/problems.h"

static const char app_group[] = "app", app_prefix[] = "app ";

typedef struct {
  const char *path;
  unsigned line;
  rj_program_settings *settings;
  GHashTable *seen; /* "group" and "group\nkey" -> its line */
  char *group;      /* the one we are in; NULL: none yet, or none that is known */
  bool is_lost;     /* what follows belongs to no group that is known */
  unsigned second;  /* the line of the app's certificate2; 0: none yet */
  GPtrArray *problems;
} reader;

#define complain(r, ...) rj_program_problem((r)->problems, (r)->path, (r)->line, __VA_ARGS__)

static bool is_app(const reader *r) {
  return r->group != NULL && g_str_has_prefix(r->group, app_prefix);
}

/* ------------------------------------------------------------------ groups */

static void begin_app(reader *r, const char *name) {
  size_t length = strlen(name);
  if (length == 0)
    complain(r, "[app] has no name; write [app NAME]");
  if (length > RJ_APP_ID_MAX)
    complain(r, "the app id is %zu bytes long; it has at most %d", length, RJ_APP_ID_MAX);
  for (const char *c = name; *c != '\0'; c++) {
    if (!g_ascii_isprint(*c)) {
      complain(r, "an app id consists of printable ASCII characters");
      break;
    }
  }
  g_ptr_array_add(r->settings->app_ids, g_strdup(name));
  g_ptr_array_add(r->settings->app_certificates, NULL);
  g_ptr_array_add(r->settings->app_second_certificates, NULL);
  if (r->settings->app_ids->len == RJ_EDGE_APPS + 1)
    complain(r, "there are more than %d apps", RJ_EDGE_APPS);
}

static void unknown_group(reader *r, const char *name) {
  const char *const *groups = rj_setting_groups();
  const char *nearest = rj_program_nearest(name, groups, g_strv_length((char **)groups));
  if (nearest != NULL && strcmp(nearest, app_group) != 0) {
    complain(r, "unknown group [%s]; did you mean [%s]?", name, nearest);
    return;
  }
  GString *all = g_string_new(NULL);
  for (size_t i = 0; groups[i] != NULL; i++)
    g_string_append_printf(all, "%s[%s%s]",
                           i == 0                  ? ""
                           : groups[i + 1] == NULL ? " and "
                                                   : ", ",
                           groups[i], strcmp(groups[i], app_group) == 0 ? " NAME" : "");
  complain(r, "unknown group [%s]; there are %s", name, all->str);
  g_string_free(all, TRUE);
}

/* The group we were in is over: an app's certificate2 stands beside a certificate. */
static void end_group(reader *r) {
  if (r->second == 0)
    return;
  char *place = g_strdup_printf("%s\ncertificate", r->group);
  if (!g_hash_table_contains(r->seen, place))
    rj_program_problem(r->problems, r->path, r->second,
                       "certificate2 is given without certificate; one alone is the certificate");
  g_free(place);
  r->second = 0;
}

static void begin_group(reader *r, const char *name) {
  end_group(r);
  g_free(r->group);
  r->group = g_strdup(name);
  r->is_lost = false;
  unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(r->seen, name));
  if (before != 0)
    complain(r, "the group [%s] was begun in line %u already", name, before);
  else
    g_hash_table_insert(r->seen, g_strdup(name), GUINT_TO_POINTER(r->line));
  if (strcmp(name, app_group) == 0 || is_app(r)) {
    begin_app(r, is_app(r) ? name + strlen(app_prefix) : "");
    return;
  }
  for (const char *const *group = rj_setting_groups(); *group != NULL; group++) {
    if (strcmp(name, *group) == 0)
      return;
  }
  unknown_group(r, name);
  g_clear_pointer(&r->group, g_free);
  r->is_lost = true;
}

/* ------------------------------------------------------------------ keys */

/* Does this setting belong into the group we are in? */
static bool belongs(const reader *r, const rj_setting *setting) {
  return strcmp(is_app(r) ? app_group : r->group, setting->group) == 0;
}

static void unknown_key(reader *r, const char *name) {
  const char **names = g_new(const char *, rj_program_settings_count);
  size_t count = 0;
  GString *all = g_string_new(NULL);
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const rj_setting *setting = &rj_program_settings_table[i];
    if (!belongs(r, setting))
      continue;
    names[count++] = setting->key;
    g_string_append_printf(all, "%s%s", all->len > 0 ? ", " : "", setting->key);
  }
  const char *nearest = rj_program_nearest(name, names, count);
  if (nearest != NULL)
    complain(r, "unknown key \"%s\" in [%s]; did you mean \"%s\"?", name, r->group, nearest);
  else
    complain(r, "unknown key \"%s\" in [%s]; there %s %s", name, r->group,
             count == 1 ? "is" : "are", all->str);
  g_string_free(all, TRUE);
  g_free(names);
}

static const rj_setting *find_setting(const reader *r, const char *key) {
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const rj_setting *setting = &rj_program_settings_table[i];
    if (belongs(r, setting) && strcmp(setting->key, key) == 0)
      return setting;
  }
  return NULL;
}

/* As GKeyFile has it: without spaces around it, and with its escapes (\s, \n, \t, \r, \\); what is none of them stays as it
 * is. NULL: that cannot be done. */
static char *unescape(const char *raw) {
  GKeyFile *file = g_key_file_new();
  char *text = g_strdup_printf("[value]\nvalue=%s\n", raw), *value = NULL;
  if (g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL))
    value = g_key_file_get_string(file, "value", "value", NULL);
  g_free(text);
  g_key_file_free(file);
  return value != NULL ? g_strstrip(value) : NULL;
}

static void take_value(reader *r, const rj_setting *setting, const char *raw) {
  char *value = unescape(raw);
  if (value == NULL) {
    complain(r, "%s cannot be read", setting->key);
    return;
  }
  char *problem = rj_config_value_take(r->settings, setting, value);
  if (problem != NULL)
    complain(r, "%s", problem);
  if (setting->kind == RJ_SETTING_SECRET && strcmp(setting->key, "certificate2") == 0)
    r->second = r->line;
  g_free(problem);
  g_free(value);
}

static void take_key(reader *r, const char *name, const char *raw) {
  if (r->is_lost)
    return;
  if (r->group == NULL) {
    complain(r, "\"%s\" stands before the first group; begin with [edge]", name);
    return;
  }
  char *place = g_strdup_printf("%s\n%s", r->group, name);
  unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(r->seen, place));
  g_hash_table_insert(r->seen, place, GUINT_TO_POINTER(r->line));
  const rj_setting *setting = find_setting(r, name);
  if (before != 0) {
    complain(r, "\"%s\" was given in line %u already", name, before);
  } else if (setting == NULL) {
    unknown_key(r, name);
  } else {
    g_hash_table_insert(r->settings->lines, g_strdup(place), GUINT_TO_POINTER(r->line));
    take_value(r, setting, raw);
  }
}

/* ------------------------------------------------------------------ lines */

/* Certificates of apps, and passwords in the urls of nats-servers and webhooks. */
static bool may_hold_secrets(const reader *r) {
  return is_app(r) || g_strcmp0(r->group, "cluster") == 0 || g_strcmp0(r->group, "webhooks") == 0;
}

/* "LINE", or where it may be a secret that was written wrong, "this". */
static void complain_of_line(reader *r, const char *line, const char *what) {
  if (may_hold_secrets(r))
    complain(r, "this is %s", what);
  else
    complain(r, "\"%s\" is %s", line, what);
}

/* `line` is ours and may be cut up. */
static void take_line(reader *r, char *line) {
  line = g_strstrip(line);
  if (*line == '\0' || *line == '#')
    return;
  if (*line == '[') {
    char *end = strchr(line, ']');
    if (end == NULL || end[1] != '\0' || end == line + 1) {
      complain_of_line(r, line, "no group; a group is [NAME] alone on its line");
      return;
    }
    *end = '\0';
    begin_group(r, line + 1);
    return;
  }
  char *equals = strchr(line, '=');
  if (equals == NULL || equals == line) {
    complain_of_line(r, line, "neither a group, nor KEY=VALUE, nor a comment (#)");
    return;
  }
  *equals = '\0';
  take_key(r, g_strchomp(line), equals + 1);
}

static void take_lines(reader *r, const char *text) {
  char **lines = g_strsplit(text, "\n", -1);
  for (unsigned i = 0; lines[i] != NULL; i++) {
    r->line = i + 1;
    take_line(r, lines[i]);
  }
  g_strfreev(lines);
  end_group(r);
}

/* Text all through? A NUL would hide what follows it. */
static bool check_text(reader *r, const char *text, size_t length) {
  const char *end;
  if (g_utf8_validate_len(text, length, &end))
    return true;
  r->line = 1;
  for (const char *c = text; c < end; c++)
    r->line += *c == '\n' ? 1 : 0;
  complain(r, "the byte 0x%02x is no UTF-8 text", (unsigned)(unsigned char)*end);
  return false;
}

bool rj_program_config_read(const char *path, rj_program_settings *settings, GPtrArray *problems) {
  char *text = NULL;
  gsize length = 0;
  GError *why = NULL;
  guint before = problems->len;
  if (!g_file_get_contents(path, &text, &length, &why)) {
    g_ptr_array_add(problems, g_strdup_printf("config file: %s", why->message));
    g_error_free(why);
    return false;
  }
  settings->path = g_strdup(path);
  reader r = {.path = path,
              .settings = settings,
              .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
              .problems = problems};
  if (check_text(&r, text, length))
    take_lines(&r, text);
  g_hash_table_destroy(r.seen);
  g_free(r.group);
  g_free(text);
  return problems->len == before;
}
