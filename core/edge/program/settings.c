/* The table of all settings, their defaults, and where a program like this one keeps its state. */
#include "edge/program/settings.h"

#include <string.h>
#include <unistd.h>

#include "base/time.h"

static const char default_listen[] = "udp://0.0.0.0:7443";
static const char folder[] = "rejoin-edge";
static const int64_t default_drain = 30 * RJ_SECOND;

#define LIVE    true
#define RESTART false
const rj_setting rj_program_settings_table[] = {
#define RJ_SETTING(group, key, kind, field, least, most, otherwise, live, about)                   \
  {#group, #key, RJ_SETTING_##kind, offsetof(rj_program_settings, field), least, most, otherwise,  \
   live,   about},
#include "edge/program/settings.def"
#undef RJ_SETTING
};
#undef LIVE
#undef RESTART

const size_t rj_program_settings_count = G_N_ELEMENTS(rj_program_settings_table);

/* ------------------------------------------------------------------ life */

void rj_program_settings_init(rj_program_settings *settings) {
  *settings = (rj_program_settings){
      .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .drain_ns = default_drain,
      .log = rj_program_log_default,
      .app_ids = g_ptr_array_new_with_free_func(g_free),
      .app_certificates = g_ptr_array_new_with_free_func(g_free),
      .app_second_certificates = g_ptr_array_new_with_free_func(g_free),
  };
}

void rj_program_settings_clear(rj_program_settings *settings) {
  g_free(settings->path);
  g_hash_table_destroy(settings->lines);
  g_free(settings->listen);
  g_free(settings->data_dir);
  g_free(settings->certificate_file);
  g_free(settings->key_file);
  g_free(settings->channel_pattern);
  g_free(settings->http_listen);
  g_free(settings->http_token_file);
  g_free(settings->http_certificate);
  g_free(settings->http_key);
  g_free(settings->webhook_url);
  g_free(settings->webhook_secret_file);
  g_free(settings->webhook_events);
  g_free(settings->cluster_servers);
  g_free(settings->cluster_name);
  g_free(settings->cluster_advertise);
  g_free(settings->cluster_credentials);
  g_free(settings->cluster_ca_file);
  g_free(settings->cluster_certificate);
  g_free(settings->cluster_key);
  g_ptr_array_free(settings->app_ids, TRUE);
  g_ptr_array_free(settings->app_certificates, TRUE);
  g_ptr_array_free(settings->app_second_certificates, TRUE);
}

/* The one that systemd made for the service; else as the XDG base directory specification has it;
 * root's is the system's. */
static char *default_data_dir(void) {
  const char *service = g_getenv("STATE_DIRECTORY"), *state = g_getenv("XDG_STATE_HOME");
  if (service != NULL && g_path_is_absolute(service) && strchr(service, ':') == NULL)
    return g_strdup(service);
  if (state != NULL && g_path_is_absolute(state))
    return g_build_filename(state, folder, NULL);
  if (geteuid() == 0)
    return g_build_filename("/var/lib", folder, NULL);
  return g_build_filename(g_get_home_dir(), ".local", "state", folder, NULL);
}

void rj_program_settings_default(rj_program_settings *settings) {
  if (settings->listen == NULL)
    settings->listen = g_strdup(default_listen);
  if (settings->data_dir == NULL)
    settings->data_dir = default_data_dir();
}

bool rj_program_settings_has_cluster(const rj_program_settings *settings) {
  return settings->cluster_servers != NULL;
}

/* ------------------------------------------------------------------ the table */

char *rj_setting_range(const rj_setting *setting) {
  switch (setting->kind) {
  case RJ_SETTING_LISTEN:
    return g_strdup("udp://ADDRESS:PORT");
  case RJ_SETTING_FILE:
    return g_strdup("the name of a file");
  case RJ_SETTING_PATTERN:
    return g_strdup("a regular expression");
  case RJ_SETTING_COUNT:
    return g_strdup_printf("a whole number from %.0f to %.0f", setting->least, setting->most);
  case RJ_SETTING_SECONDS:
    return g_strdup_printf("a number of seconds from %g to %.0f", setting->least, setting->most);
  case RJ_SETTING_NUMBER:
    return g_strdup_printf("a number from %g to %.0f", setting->least, setting->most);
  case RJ_SETTING_SWITCH:
    return g_strdup("true or false");
  case RJ_SETTING_FORMAT:
    return g_strdup("text or json");
  case RJ_SETTING_LEVEL:
    return g_strdup("error, warning, info or debug");
  case RJ_SETTING_SECRET:
    return g_strdup("1 to 256 printable ASCII characters");
  case RJ_SETTING_TEXT:
    break;
  }
  return g_strdup("a text");
}

const char *const *rj_setting_groups(void) {
  static const char *groups[G_N_ELEMENTS(rj_program_settings_table) + 1];
  size_t count = 0;
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const char *group = rj_program_settings_table[i].group;
    bool is_known = false;
    for (size_t j = 0; j < count; j++)
      is_known = is_known || strcmp(groups[j], group) == 0;
    if (!is_known)
      groups[count++] = group;
  }
  return groups;
}

/* ------------------------------------------------------------------ what was said, and where */

static unsigned line_of(const rj_program_settings *settings, const char *group, const char *key) {
  char *place = g_strdup_printf("%s\n%s", group, key);
  unsigned line = GPOINTER_TO_UINT(g_hash_table_lookup(settings->lines, place));
  g_free(place);
  return line;
}

char *rj_program_settings_origin(const rj_program_settings *settings, const char *group,
                                 const char *key) {
  unsigned line = line_of(settings, group, key);
  return line == 0 ? g_strdup("") : g_strdup_printf("%s:%u: ", settings->path, line);
}

void rj_program_settings_forget_origin(rj_program_settings *settings, const char *group,
                                       const char *key) {
  char *place = g_strdup_printf("%s\n%s", group, key);
  g_hash_table_remove(settings->lines, place);
  g_free(place);
}

static size_t size_of(rj_setting_kind kind) {
  switch (kind) {
  case RJ_SETTING_COUNT:
    return sizeof(uint32_t);
  case RJ_SETTING_SECONDS:
    return sizeof(int64_t);
  case RJ_SETTING_NUMBER:
    return sizeof(double);
  case RJ_SETTING_SWITCH:
    return sizeof(bool);
  case RJ_SETTING_FORMAT:
    return sizeof(rj_program_log_format);
  case RJ_SETTING_LEVEL:
    return sizeof(rj_program_log_level);
  default: /* a text */
    return 0;
  }
}

static bool same_texts(const GPtrArray *a, const GPtrArray *b) {
  bool same = a->len == b->len;
  for (guint i = 0; same && i < a->len; i++)
    same = g_strcmp0(a->pdata[i], b->pdata[i]) == 0;
  return same;
}

bool rj_program_settings_differ(const rj_program_settings *a, const rj_program_settings *b,
                                const rj_setting *setting) {
  const void *one = (const char *)a + setting->offset, *two = (const char *)b + setting->offset;
  if (setting->kind == RJ_SETTING_SECRET)
    return !same_texts(*(GPtrArray *const *)one, *(GPtrArray *const *)two);
  size_t size = size_of(setting->kind);
  if (size > 0)
    return memcmp(one, two, size) != 0;
  return g_strcmp0(*(char *const *)one, *(char *const *)two) != 0;
}
