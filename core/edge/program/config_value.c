/* The values of settings, kind by kind. */
#include "edge/program/config_value.h"

#include <math.h>
#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "client/url.h"

/* What was given, and what it must be. */
static char *must_be(const rj_setting *setting, const char *value) {
  char *range = rj_setting_range(setting);
  char *text = g_strdup_printf("%s is \"%s\"; it must be %s", setting->key, value, range);
  g_free(range);
  return text;
}

static char *take_text(const rj_setting *setting, const char *value, char **to) {
  if (*value == '\0')
    return g_strdup_printf("%s is empty; leave it out for the default", setting->key);
  g_free(*to);
  *to = g_strdup(value);
  return NULL;
}

static char *take_listen(const rj_setting *setting, const char *value, char **to) {
  rj_address address;
  bool is_one = g_str_has_prefix(value, "udp://") &&
                rj_address_parse(value + strlen("udp://"), RJ_DEFAULT_PORT, &address);
  return is_one ? take_text(setting, value, to) : must_be(setting, value);
}

static char *take_pattern(const rj_setting *setting, const char *value, char **to) {
  GError *why = NULL;
  GRegex *regex = g_regex_new(value, G_REGEX_RAW, 0, &why);
  if (regex == NULL) {
    char *text = g_strdup_printf("%s: %s", setting->key, why->message);
    g_error_free(why);
    return text;
  }
  g_regex_unref(regex);
  return take_text(setting, value, to);
}

static char *take_count(const rj_setting *setting, const char *value, uint32_t *to) {
  guint64 number;
  if (!g_ascii_string_to_unsigned(value, 10, (guint64)setting->least, (guint64)setting->most,
                                  &number, NULL))
    return must_be(setting, value);
  *to = (uint32_t)number;
  return NULL;
}

static char *take_number(const rj_setting *setting, const char *value, double *to) {
  char *end;
  double number = g_ascii_strtod(value, &end);
  if (end == value || *end != '\0' || !isfinite(number) || number < setting->least ||
      number > setting->most)
    return must_be(setting, value);
  *to = number;
  return NULL;
}

static char *take_seconds(const rj_setting *setting, const char *value, int64_t *to) {
  double seconds = 0;
  char *problem = take_number(setting, value, &seconds);
  if (problem == NULL)
    *to = (int64_t)(seconds * (double)RJ_SECOND);
  return problem;
}

static char *take_switch(const rj_setting *setting, const char *value, bool *to) {
  if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
    return must_be(setting, value);
  *to = strcmp(value, "true") == 0;
  return NULL;
}

/* Of the last app so far. */
static char *take_secret(const rj_setting *setting, const char *value, GPtrArray *secrets) {
  size_t length = strlen(value);
  if (length == 0)
    return g_strdup_printf("%s is empty; leave it out for testing mode", setting->key);
  if (length > RJ_CERTIFICATE_MAX)
    return g_strdup_printf("%s is %zu bytes long; it has at most %d", setting->key, length,
                           RJ_CERTIFICATE_MAX);
  for (const char *c = value; *c != '\0'; c++) {
    if (!g_ascii_isprint(*c))
      return g_strdup_printf("%s consists of printable ASCII characters", setting->key);
  }
  char **place = (char **)&g_ptr_array_index(secrets, secrets->len - 1);
  g_free(*place);
  *place = g_strdup(value);
  return NULL;
}

char *rj_config_value_take(rj_program_settings *settings, const rj_setting *setting,
                           const char *value) {
  void *to = (char *)settings + setting->offset;
  switch (setting->kind) {
  case RJ_SETTING_LISTEN:
    return take_listen(setting, value, to);
  case RJ_SETTING_PATTERN:
    return take_pattern(setting, value, to);
  case RJ_SETTING_COUNT:
    return take_count(setting, value, to);
  case RJ_SETTING_SECONDS:
    return take_seconds(setting, value, to);
  case RJ_SETTING_NUMBER:
    return take_number(setting, value, to);
  case RJ_SETTING_SWITCH:
    return take_switch(setting, value, to);
  case RJ_SETTING_FORMAT:
    return rj_program_log_format_read(value, to) ? NULL : must_be(setting, value);
  case RJ_SETTING_LEVEL:
    return rj_program_log_level_read(value, to) ? NULL : must_be(setting, value);
  case RJ_SETTING_SECRET:
    return take_secret(setting, value, *(GPtrArray **)to);
  case RJ_SETTING_TEXT:
  case RJ_SETTING_FILE:
    break;
  }
  return take_text(setting, value, to);
}
