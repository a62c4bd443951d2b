/* The settings' defaults, and where a program like this one keeps its state. */
#include "edge/program/settings.h"

#include <unistd.h>

static const char default_listen[] = "udp://0.0.0.0:7443";
static const char folder[] = "rejoin-edge";

void rj_program_settings_init(rj_program_settings *settings) {
  *settings = (rj_program_settings){
      .app_ids = g_ptr_array_new_with_free_func(g_free),
      .app_certificates = g_ptr_array_new_with_free_func(g_free),
      .app_second_certificates = g_ptr_array_new_with_free_func(g_free),
  };
}

void rj_program_settings_clear(rj_program_settings *settings) {
  g_free(settings->listen);
  g_free(settings->listen_origin);
  g_free(settings->data_dir);
  g_free(settings->channel_pattern);
  g_free(settings->http_listen);
  g_free(settings->http_token_file);
  g_free(settings->http_certificate);
  g_free(settings->http_key);
  g_free(settings->webhook_url);
  g_free(settings->webhook_secret_file);
  g_free(settings->webhook_events);
  g_ptr_array_free(settings->app_ids, TRUE);
  g_ptr_array_free(settings->app_certificates, TRUE);
  g_ptr_array_free(settings->app_second_certificates, TRUE);
}

/* As the XDG base directory specification has it; root's is the system's. */
static char *default_data_dir(void) {
  const char *state = g_getenv("XDG_STATE_HOME");
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
