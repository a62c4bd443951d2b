/* Puts the command line, the config file and the files that it names together. */
#include "edge/program/gather.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/numbers.h"
#include "edge/program/cluster.h"
#include "edge/program/config_file.h"

static void replace(rj_program_settings *settings, const char *group, const char *key, char **value,
                    const char *given) {
  if (given == NULL)
    return;
  g_free(*value);
  *value = g_strdup(given);
  rj_program_settings_forget_origin(settings, group, key);
}

bool rj_program_gather(const rj_program_arguments *arguments, rj_program_settings *settings,
                       GPtrArray *problems) {
  bool read =
      arguments->config == NULL || rj_program_config_read(arguments->config, settings, problems);
  replace(settings, "edge", "listen", &settings->listen, arguments->listen);
  replace(settings, "edge", "data_dir", &settings->data_dir, arguments->data_dir);
  replace(settings, "http", "listen", &settings->http_listen, arguments->http);
  replace(settings, "cluster", "servers", &settings->cluster_servers, arguments->cluster);
  if (arguments->verbose)
    settings->log.level = RJ_PROGRAM_LOG_DEBUG;
  rj_program_settings_default(settings);
  return read;
}

/* ------------------------------------------------------------------ files */

static const char own_group[] = "edge";

static void complain(const rj_program_settings *settings, const char *key, const char *text,
                     GPtrArray *problems) {
  char *origin = rj_program_settings_origin(settings, own_group, key);
  g_ptr_array_add(problems, g_strconcat(origin, text, NULL));
  g_free(origin);
}

static bool read_file(const rj_program_settings *settings, const char *key, const char *path,
                      char **text, gsize *length, GPtrArray *problems) {
  GError *why = NULL;
  if (g_file_get_contents(path, text, length, &why))
    return true;
  char *problem = g_strdup_printf("%s: %s", key, why->message);
  complain(settings, key, problem, problems);
  g_free(problem);
  g_error_free(why);
  return false;
}

static bool read_certificate(const rj_program_settings *settings, rj_certificate **certificate,
                             GPtrArray *problems) {
  const char *certificate_file = settings->certificate_file, *key_file = settings->key_file;
  char *pem = NULL, *key = NULL, why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  gsize pem_length = 0, key_length = 0;
  int32_t status = STATUS_OK;
  *certificate = NULL;
  if (certificate_file == NULL && key_file == NULL)
    return true;
  if (certificate_file == NULL || key_file == NULL) {
    bool has_key = key_file != NULL;
    complain(settings, has_key ? "key" : "certificate",
             has_key ? "key is given without certificate" : "certificate is given without key",
             problems);
    return false;
  }
  /* both, so that all that is wrong is told at once */
  bool reads = read_file(settings, "certificate", certificate_file, &pem, &pem_length, problems);
  reads = read_file(settings, "key", key_file, &key, &key_length, problems) && reads;
  if (reads) {
    *certificate = rj_certificate_new(pem, pem_length, key, key_length, &status, why);
    if (*certificate == NULL) {
      char *problem = g_strdup_printf("%s, %s: %s", certificate_file, key_file, why);
      complain(settings, "certificate", problem, problems);
      g_free(problem);
    }
  }
  if (key != NULL)
    memset(key, 0, key_length);
  g_free(key);
  g_free(pem);
  return *certificate != NULL;
}

bool rj_program_read_files(const rj_program_settings *settings, rj_certificate **certificate,
                           GPtrArray *problems) {
  bool reads = read_certificate(settings, certificate, problems);
  if (rj_program_cluster_check(settings, problems) && reads)
    return true;
  rj_certificate_release(*certificate); /* NULL is nothing */
  *certificate = NULL;
  return false;
}

/* Has rj_program_read_files told of this group's files? */
static bool was_read(const rj_program_settings *settings, const char *group) {
  return strcmp(group, own_group) == 0 ||
         (strcmp(group, "cluster") == 0 && rj_program_settings_has_cluster(settings));
}

void rj_program_look_for_files(const rj_program_settings *settings, GPtrArray *problems) {
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const rj_setting *setting = &rj_program_settings_table[i];
    if (setting->kind != RJ_SETTING_FILE || was_read(settings, setting->group))
      continue;
    const char *path = *(char *const *)(const void *)((const char *)settings + setting->offset);
    if (path == NULL || g_access(path, R_OK) == 0)
      continue;
    int why = errno;
    char *origin = rj_program_settings_origin(settings, setting->group, setting->key);
    g_ptr_array_add(problems,
                    g_strdup_printf("%s%s: %s: %s", origin, setting->key, path, g_strerror(why)));
    g_free(origin);
  }
}
