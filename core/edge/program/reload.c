/* Reads and checks, and only then has the edge take it over: its packet loop stands still only for that. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1
#include "edge/program/reload.h"

#include "abi/handles.h"
#include "base/numbers.h"
#include "edge/program/edge_options.h"
#include "edge/program/gather.h"
#include "edge/program/problems.h"
#include "host/data_dir.h"

/* The certificate of the data directory, which may have been put there anew. */
static rj_certificate *read_own_certificate(const char *data_dir, GPtrArray *problems) {
  rj_credentials_files files;
  char error[RJ_HOST_ERROR_SIZE] = "", why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  int32_t status = rj_data_dir_open(data_dir, g_get_real_time() * RJ_MICROSECOND, &files, error);
  if (status != STATUS_OK) {
    g_ptr_array_add(problems, g_strdup(error));
    return NULL;
  }
  rj_certificate *certificate = rj_certificate_new(files.certificate_pem, files.certificate_length,
                                                   files.key_pem, files.key_length, &status, why);
  if (certificate == NULL)
    g_ptr_array_add(problems, g_strdup_printf("%s/certificate.pem, key.pem: %s", data_dir, why));
  rj_credentials_files_clear(&files);
  return certificate;
}

static bool read_all(const rj_program_edge *program, rj_program_settings *settings,
                     rj_certificate **certificate, GPtrArray *problems) {
  *certificate = NULL;
  if (!rj_program_gather(program->arguments, settings, problems) ||
      !rj_program_read_files(settings, certificate, problems))
    return false;
  if (*certificate == NULL)
    *certificate = read_own_certificate(program->started->data_dir, problems);
  return *certificate != NULL;
}

/* What only a restart takes over goes on as it was. */
static void tell_what_waits(const rj_program_settings *started,
                            const rj_program_settings *settings) {
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const rj_setting *setting = &rj_program_settings_table[i];
    if (setting->live || !rj_program_settings_differ(started, settings, setting))
      continue;
    char *origin = rj_program_settings_origin(settings, setting->group, setting->key);
    g_warning("%s[%s] %s changed; it takes a restart", origin, setting->group, setting->key);
    g_free(origin);
  }
}

static bool take_over(const rj_program_edge *program, const rj_program_settings *settings,
                      rj_certificate *certificate, GPtrArray *problems) {
  const rj_edge_options options = rj_program_edge_options(settings);
  const rj_edge_extras extras = rj_program_edge_extras(settings, certificate);
  if (rj_edge_change(program->edge, &options, &extras) == RJ_OK)
    return true;
  g_ptr_array_add(problems, g_strdup(rj_edge_error_text(program->edge)));
  return false;
}

bool rj_program_reload(const rj_program_edge *program, rj_program_settings *live) {
  GPtrArray *problems = rj_program_problems_new();
  rj_program_settings settings;
  rj_certificate *certificate = NULL;
  rj_program_settings_init(&settings);
  bool done = read_all(program, &settings, &certificate, problems) &&
              take_over(program, &settings, certificate, problems);
  if (done) {
    rj_program_log_set(&settings.log);
    tell_what_waits(program->started, &settings);
    g_info("reloaded; certificate %s", rj_certificate_fingerprint(certificate));
    rj_program_settings_clear(live);
    *live = settings;
  } else {
    for (guint i = 0; i < problems->len; i++)
      g_warning("not reloaded: %s", (const char *)problems->pdata[i]);
    rj_program_settings_clear(&settings);
  }
  rj_certificate_release(certificate);
  g_ptr_array_free(problems, TRUE);
  return done;
}
