/* What a server is in either host: its options and credentials, which outlive a crash, and the server object, which does not. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "host/data_dir.h"
#include "host/host_internal.h"

/* Keys, and the certificate unless the config brings one. */
static int32_t load_files(rj_credentials_files *files, const rj_host_server_config *config,
                          int64_t wall, char error[RJ_HOST_ERROR_SIZE]) {
  char why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  if (config->data_dir != NULL)
    return config->certificate != NULL ? rj_data_dir_open_keys(config->data_dir, wall, files, error)
                                       : rj_data_dir_open(config->data_dir, wall, files, error);
  int32_t status = rj_credentials_generate(files, wall, why);
  if (status != STATUS_OK)
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "certificate: %s", why);
  return status;
}

static int32_t load_credentials(rj_host_server *server, const rj_host_server_config *config,
                                int64_t wall, char error[RJ_HOST_ERROR_SIZE]) {
  char why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  rj_credentials_files files;
  int32_t status = load_files(&files, config, wall, error);
  if (status != STATUS_OK)
    return status;
  server->credentials = rj_credentials_new(&files, &status, why);
  rj_credentials_files_clear(&files);
  if (server->credentials == NULL) {
    if (config->data_dir == NULL)
      g_snprintf(error, RJ_HOST_ERROR_SIZE, "certificate: %s", why);
    else
      g_snprintf(error, RJ_HOST_ERROR_SIZE, "%s/certificate.pem, key.pem: %s", config->data_dir,
                 why);
    return status;
  }
  if (config->certificate != NULL)
    rj_credentials_set_certificate(server->credentials,
                                   rj_certificate_reference(config->certificate));
  return STATUS_OK;
}

static int32_t load_kicks(rj_host_server *server, const char *data_dir, int64_t wall,
                          char error[RJ_HOST_ERROR_SIZE]) {
  int32_t status = STATUS_OK;
  server->kicks = rj_kicks_new();
  if (data_dir == NULL)
    return status;
  server->kick_file =
      rj_kick_file_open(data_dir, server->kicks, rj_host_now(server->host), wall, &status, error);
  server->kicks_noted = rj_kicks_changes(server->kicks);
  return status;
}

static rj_server_app *copy_apps(const rj_server_app *given, uint32_t count) {
  rj_server_app *apps = count == 0 ? NULL : g_new0(rj_server_app, count);
  for (uint32_t i = 0; i < count; i++) {
    apps[i].app_id = g_strdup(given[i].app_id);
    for (size_t j = 0; j < G_N_ELEMENTS(apps[i].certificates); j++)
      apps[i].certificates[j] = g_strdup(given[i].certificates[j]);
  }
  return apps;
}

static void free_apps(const rj_server_app *apps, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    g_free((char *)apps[i].app_id);
    for (size_t j = 0; j < G_N_ELEMENTS(apps[i].certificates); j++)
      g_free((char *)apps[i].certificates[j]);
  }
  g_free((rj_server_app *)apps);
}

static void copy_texts(rj_server_config *config) {
  config->apps = copy_apps(config->apps, config->app_count);
  config->channel_pattern = g_strdup(config->channel_pattern);
  config->cluster.name = g_strdup(config->cluster.name);
  config->cluster.url = g_strdup(config->cluster.url);
  config->cluster.fingerprint = g_strdup(config->cluster.fingerprint);
}

static void free_texts(rj_server_config *config) {
  free_apps(config->apps, config->app_count);
  g_free((char *)config->channel_pattern);
  g_free((char *)config->cluster.name);
  g_free((char *)config->cluster.url);
  g_free((char *)config->cluster.fingerprint);
}

int32_t rj_host_server_init(rj_host_server *server, rj_host *host,
                            const rj_host_server_config *config, const rj_entropy *entropy,
                            int64_t wall, char error[RJ_HOST_ERROR_SIZE]) {
  server->alarm.kind = RJ_ALARM_SERVER;
  server->host = host;
  int32_t status = load_credentials(server, config, wall, error);
  if (status != STATUS_OK)
    return status;
  status = load_kicks(server, config->data_dir, wall, error);
  if (status != STATUS_OK) {
    rj_kicks_free(server->kicks);
    rj_credentials_free(server->credentials);
    return status;
  }
  server->config = config->server;
  server->config.kicks = server->kicks;
  server->config.credentials = server->credentials;
  server->config.entropy = entropy;
  copy_texts(&server->config);
  return STATUS_OK;
}

int64_t rj_host_server_stall(const rj_host_server_config *config) {
  return rj_earlier(RJ_EDGE_STALL, config->server.timers.offline / 20);
}

void rj_host_server_clear(rj_host_server *server) {
  if (server->server != NULL)
    rj_server_free(server->server);
  rj_kick_file_free(server->kick_file);
  rj_kicks_free(server->kicks);
  rj_credentials_free(server->credentials);
  free_texts(&server->config);
}

/* Members of the other edges find this one by what its own clients find it by. */
static void complete_cluster(rj_host_server *server) {
  rj_server_cluster *cluster = &server->config.cluster;
  if (cluster->name == NULL)
    return;
  if (cluster->url == NULL)
    cluster->url = g_strdup(server->url);
  if (cluster->fingerprint == NULL)
    cluster->fingerprint = g_strdup(rj_host_server_fingerprint(server));
}

int32_t rj_host_server_start(rj_host_server *server, int64_t now, int64_t wall,
                             char error[RJ_HOST_ERROR_SIZE]) {
  complete_cluster(server);
  server->server = rj_server_new(&server->config, now, error, RJ_HOST_ERROR_SIZE);
  if (server->server == NULL)
    return STATUS_INVALID_ARGUMENT;
  rj_server_set_wall_offset(server->server, wall - now);
  return STATUS_OK;
}

/* What the others of a cluster are told of it, too, where that was the certificate's. */
static void set_certificate(rj_host_server *server, rj_certificate *certificate) {
  rj_server_cluster *cluster = &server->config.cluster;
  bool is_told = g_strcmp0(cluster->fingerprint, rj_host_server_fingerprint(server)) == 0;
  rj_credentials_set_certificate(server->credentials, rj_certificate_reference(certificate));
  if (is_told) {
    g_free((char *)cluster->fingerprint);
    cluster->fingerprint = g_strdup(rj_certificate_fingerprint(certificate));
    rj_server_set_fingerprint(server->server, cluster->fingerprint, rj_host_now(server->host));
    rj_host_server_touch(server);
  }
}

int32_t rj_host_server_change(rj_host_server *server, const rj_host_server_changes *changes,
                              char error[RJ_HOST_ERROR_SIZE]) {
  if (server->server == NULL) {
    g_strlcpy(error, "the edge is down", RJ_HOST_ERROR_SIZE);
    return STATUS_INVALID_STATE;
  }
  if (!rj_server_set_apps(server->server, changes->apps, changes->app_count, error,
                          RJ_HOST_ERROR_SIZE))
    return STATUS_INVALID_ARGUMENT;
  rj_server_set_limits(server->server, &changes->limits);
  rj_server_config *config = &server->config;
  free_apps(config->apps, config->app_count);
  config->apps = copy_apps(changes->apps, changes->app_count);
  config->app_count = changes->app_count;
  config->limits = changes->limits;
  if (changes->certificate != NULL)
    set_certificate(server, changes->certificate);
  return STATUS_OK;
}

/* ------------------------------------------------------------------ kicks */

static void note_kick(rj_host_server *server, uint64_t id, int64_t now) {
  rj_host *host = server->host;
  if (server->kick_file != NULL)
    rj_kick_file_note(server->kick_file, id, now, host->ops->wall(host, now));
}

typedef struct {
  rj_host_server *server;
  int64_t now;
} kick_writer;

static void write_kick(void *user, const rj_kick_change *change) {
  const kick_writer *writer = user;
  note_kick(writer->server, change->kick.id, writer->now);
}

void rj_host_server_note_kicks(rj_host_server *server, int64_t now) {
  uint64_t changes = rj_kicks_changes(server->kicks);
  if (changes == server->kicks_noted)
    return;
  kick_writer writer = {.server = server, .now = now};
  if (server->kick_file != NULL)
    rj_kicks_each_change(server->kicks, server->kicks_noted, now, write_kick, &writer);
  server->kicks_noted = changes;
}

int32_t rj_host_server_kick(rj_host_server *server, const rj_kick_rule *rule, int64_t lasts,
                            int64_t now, uint64_t *id, size_t *removed) {
  *id = 0;
  *removed = 0;
  if (lasts > 0) {
    int32_t status = rj_kicks_put(server->kicks, rule, rj_after(now, lasts), now, id);
    if (status != STATUS_OK)
      return status;
    rj_host_server_note_kicks(server, now);
  }
  if (server->server != NULL)
    *removed = rj_server_kick(server->server, rule, now);
  return STATUS_OK;
}

bool rj_host_server_change_kick(rj_host_server *server, uint64_t id, int64_t lasts, int64_t now) {
  rj_host_server_note_kicks(server, now);
  if (!rj_kicks_set_until(server->kicks, id, rj_after(now, lasts), now))
    return false;
  note_kick(server, id, now); /* one that was lifted may be no change of the table any more */
  server->kicks_noted = rj_kicks_changes(server->kicks);
  return true;
}

rj_kicks *rj_host_server_kicks(rj_host_server *server) {
  return server->kicks;
}
