/* What a server is in either host: its options and credentials, which outlive a crash, and the server object, which does not. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "host/data_dir.h"
#include "host/host_internal.h"

static int32_t load_credentials(rj_host_server *server, const char *data_dir, int64_t wall,
                                char error[RJ_HOST_ERROR_SIZE]) {
  int32_t status = STATUS_OK;
  char why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  rj_credentials_files files;
  if (data_dir != NULL) {
    status = rj_data_dir_open(data_dir, wall, &files, error);
    if (status != STATUS_OK)
      return status;
  } else if ((status = rj_credentials_generate(&files, wall, why)) != STATUS_OK) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "certificate: %s", why);
    return status;
  }
  server->credentials = rj_credentials_new(&files, &status, why);
  rj_credentials_files_clear(&files);
  if (server->credentials == NULL) {
    if (data_dir == NULL)
      g_snprintf(error, RJ_HOST_ERROR_SIZE, "certificate: %s", why);
    else
      g_snprintf(error, RJ_HOST_ERROR_SIZE, "%s/certificate.pem, key.pem: %s", data_dir, why);
    return status;
  }
  return STATUS_OK;
}

static void copy_texts(rj_server_config *config) {
  rj_server_app *apps = config->app_count == 0 ? NULL : g_new0(rj_server_app, config->app_count);
  for (uint32_t i = 0; i < config->app_count; i++) {
    apps[i].app_id = g_strdup(config->apps[i].app_id);
    apps[i].certificate = g_strdup(config->apps[i].certificate);
  }
  config->apps = apps;
  config->channel_pattern = g_strdup(config->channel_pattern);
}

static void free_texts(rj_server_config *config) {
  for (uint32_t i = 0; i < config->app_count; i++) {
    g_free((char *)config->apps[i].app_id);
    g_free((char *)config->apps[i].certificate);
  }
  g_free((rj_server_app *)config->apps);
  g_free((char *)config->channel_pattern);
}

int32_t rj_host_server_init(rj_host_server *server, rj_host *host,
                            const rj_host_server_config *config, const rj_entropy *entropy,
                            int64_t wall, char error[RJ_HOST_ERROR_SIZE]) {
  server->alarm.kind = RJ_ALARM_SERVER;
  server->host = host;
  int32_t status = load_credentials(server, config->data_dir, wall, error);
  if (status != STATUS_OK)
    return status;
  server->config = config->server;
  server->config.credentials = server->credentials;
  server->config.entropy = entropy;
  copy_texts(&server->config);
  return STATUS_OK;
}

void rj_host_server_clear(rj_host_server *server) {
  if (server->server != NULL)
    rj_server_free(server->server);
  rj_credentials_free(server->credentials);
  free_texts(&server->config);
}

int32_t rj_host_server_start(rj_host_server *server, int64_t now, int64_t wall,
                             char error[RJ_HOST_ERROR_SIZE]) {
  server->server = rj_server_new(&server->config, now, error, RJ_HOST_ERROR_SIZE);
  if (server->server == NULL)
    return STATUS_INVALID_ARGUMENT;
  rj_server_set_wall_offset(server->server, wall - now);
  return STATUS_OK;
}
