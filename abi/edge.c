/* Edges: their life, and what can be seen of them. */
#include <string.h>

#include "base/limits.h"
#include "client/rules.h"
#include "errors.h"
#include "handles.h"

int32_t rj_no_edge(void) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "edge is NULL");
}

/* ---- life ---- */

static rj_edge *make(rj_runtime *runtime, rj_host_server *server) {
  rj_edge *edge = g_new0(rj_edge, 1);
  edge->id = rj_new_handle_id();
  edge->runtime = rj_runtime_reference(runtime);
  edge->server = server;
  edge->url = g_strdup(rj_host_server_url(server));
  edge->fingerprint = g_strdup(rj_host_server_fingerprint(server));
  return edge;
}

int32_t rj_edge_new(rj_runtime *runtime, const rj_edge_options *options, rj_edge **out) {
  return rj_edge_new_with(runtime, options, NULL, out);
}

static void add_limits(rj_server_limits *limits, const rj_edge_extras *extras) {
  limits->links = extras->max_links;
  limits->role_changes_per_minute = extras->max_role_changes_per_minute;
}

int32_t rj_edge_new_with(rj_runtime *runtime, const rj_edge_options *options,
                         const rj_edge_extras *extras, rj_edge **out) {
  if (out != NULL)
    *out = NULL;
  if (runtime == NULL)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "runtime is NULL");
  if (out == NULL)
    return rj_fail(runtime->id, RJ_ERR_INVALID_ARGUMENT,
                   "out is NULL; it must be where the edge goes");
  rj_host_server_config config;
  rj_server_app *apps = NULL;
  int32_t status = rj_edge_options_read(&config, &apps, options, runtime->id);
  if (status == RJ_OK && extras != NULL) {
    config.server.observer = extras->observer;
    config.server.cluster = extras->cluster;
    add_limits(&config.server.limits, extras);
    config.certificate = extras->certificate;
    config.bus = extras->bus;
  } else if (status == RJ_OK && config.server.cluster.name != NULL && !runtime->simulated) {
    status =
        rj_fail(runtime->id, RJ_ERR_NOT_SUPPORTED,
                "cluster is \"%s\"; only simulated edges join one by this option: on a real "
                "network the program rejoin-edge does (rejoin-edge --cluster nats://HOST:PORT)",
                config.server.cluster.name);
  }
  if (status == RJ_OK)
    status = rj_gate_open(runtime, runtime->id);
  if (status == RJ_OK) {
    char error[RJ_HOST_ERROR_SIZE] = "";
    rj_host_server *server = rj_host_server_new(runtime->host, &config, &status, error);
    if (server != NULL) {
      *out = make(runtime, server);
      status = RJ_OK;
    } else {
      (void)rj_fail(runtime->id, status, "%s", error);
    }
    rj_gate_close(runtime);
  }
  g_free(apps);
  return status;
}

void rj_edge_free(rj_edge *edge) {
  if (edge == NULL)
    return;
  if (rj_gate_open(edge->runtime, edge->id) == RJ_OK) {
    rj_host_server_free(edge->server);
    rj_gate_close(edge->runtime);
  } /* else it went with the runtime */
  rj_runtime_release(edge->runtime);
  g_free(edge->url);
  g_free(edge->fingerprint);
  g_free(edge);
}

int32_t rj_edge_change(rj_edge *edge, const rj_edge_options *options,
                       const rj_edge_extras *extras) {
  rj_host_server_config config;
  rj_server_app *apps = NULL;
  int64_t now;
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status = rj_edge_options_read(&config, &apps, options, edge->id);
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status == RJ_OK) {
    add_limits(&config.server.limits, extras);
    const rj_host_server_changes changes = {.limits = config.server.limits,
                                            .apps = config.server.apps,
                                            .app_count = config.server.app_count,
                                            .certificate = extras->certificate};
    status = rj_host_server_change(edge->server, &changes, error);
    rj_release(edge->runtime);
    if (status != RJ_OK)
      (void)rj_fail(edge->id, status, "%s", error);
  }
  g_free(apps);
  return status;
}

/* ---- looking ---- */

const char *rj_edge_url(const rj_edge *edge) {
  return edge == NULL ? "" : edge->url;
}

const char *rj_edge_fingerprint(const rj_edge *edge) {
  return edge == NULL ? "" : edge->fingerprint;
}

static int32_t check_names(const rj_edge *edge, const char *app_id, const char *channel) {
  char text[RJ_RULE_TEXT_SIZE];
  int32_t status = rj_rule_app_id(app_id, text);
  if (status == RJ_OK)
    status = rj_rule_channel(channel, text);
  return status == RJ_OK ? RJ_OK : rj_fail(edge->id, status, "%s", text);
}

int64_t rj_edge_last_heard(rj_edge *edge, const char *app_id, const char *channel, uint32_t uid) {
  int64_t now;
  if (edge == NULL || check_names(edge, app_id, channel) != RJ_OK ||
      rj_hold(edge->runtime, edge->id, &now) != RJ_OK)
    return 0;
  const rj_server *server = rj_host_server_get(edge->server);
  int64_t heard = server == NULL ? 0 : rj_server_last_heard(server, app_id, channel, uid);
  rj_release(edge->runtime);
  return heard;
}

int32_t rj_edge_members(rj_edge *edge, const char *app_id, const char *channel, uint32_t *uids,
                        size_t capacity, size_t *count) {
  if (edge == NULL)
    return rj_no_edge();
  if (count == NULL || (uids == NULL && capacity > 0))
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT, "%s is NULL",
                   count == NULL ? "count" : "uids");
  *count = 0;
  int32_t status = check_names(edge, app_id, channel);
  int64_t now;
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  const rj_server *server = rj_host_server_get(edge->server);
  if (server != NULL)
    *count = rj_server_members_everywhere(server, app_id, channel, uids, capacity);
  rj_release(edge->runtime);
  if (*count > capacity)
    return rj_fail(edge->id, RJ_ERR_BUFFER_TOO_SMALL, "capacity is %zu; there are %zu members",
                   capacity, *count);
  return RJ_OK;
}

int32_t rj_edge_channels(rj_edge *edge, const char *app_id, char *names, size_t capacity,
                         size_t *length) {
  char text[RJ_RULE_TEXT_SIZE];
  if (edge == NULL)
    return rj_no_edge();
  if (length == NULL || (names == NULL && capacity > 0))
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT, "%s is NULL",
                   length == NULL ? "length" : "names");
  *length = 0;
  int32_t status = rj_rule_app_id(app_id, text);
  if (status != RJ_OK)
    return rj_fail(edge->id, status, "%s", text);
  int64_t now;
  status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  const rj_server *server = rj_host_server_get(edge->server);
  if (server != NULL)
    *length = rj_server_channels(server, app_id, names, capacity);
  rj_release(edge->runtime);
  if (*length > capacity)
    return rj_fail(edge->id, RJ_ERR_BUFFER_TOO_SMALL, "capacity is %zu; the names need %zu bytes",
                   capacity, *length);
  return RJ_OK;
}

/* ---- drain, crash, restart and standstill ---- */

int32_t rj_edge_drain(rj_edge *edge, int64_t duration_ns) {
  if (edge == NULL)
    return rj_no_edge();
  if (duration_ns < 0 || duration_ns > RJ_EDGE_DRAIN_MAX_FOR)
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                   "duration_ns is %lld; it must be between 0 (at once) and %lld (24 h)",
                   (long long)duration_ns, (long long)RJ_EDGE_DRAIN_MAX_FOR);
  int64_t now;
  int32_t status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  rj_server *server = rj_host_server_get(edge->server);
  size_t told = 0;
  if (server != NULL) {
    told = rj_server_drain(server, duration_ns, now);
    rj_host_server_touch(edge->server);
  }
  rj_release(edge->runtime);
  if (server == NULL)
    return rj_fail(edge->id, RJ_ERR_INVALID_STATE, "the edge is down; there is nothing to drain");
  return (int32_t)told;
}

int32_t rj_edge_crash(rj_edge *edge) {
  if (edge == NULL)
    return rj_no_edge();
  int64_t now;
  int32_t status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_server_crash(edge->server);
  rj_release(edge->runtime);
  if (status != RJ_OK)
    return rj_fail(edge->id, status, "the edge is down already; rj_edge_restart brings it back");
  return RJ_OK;
}

int32_t rj_edge_restart(rj_edge *edge) {
  if (edge == NULL)
    return rj_no_edge();
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now;
  int32_t status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_server_restart(edge->server, error);
  rj_release(edge->runtime);
  return status == RJ_OK ? RJ_OK : rj_fail(edge->id, status, "%s", error);
}

int32_t rj_edge_pause(rj_edge *edge, int64_t span_ns) {
  if (edge == NULL)
    return rj_no_edge();
  if (span_ns <= 0)
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT, "span_ns is %lld; it must be more than 0",
                   (long long)span_ns);
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now;
  int32_t status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_server_pause(edge->server, span_ns, now, error);
  rj_release(edge->runtime);
  return status == RJ_OK ? RJ_OK : rj_fail(edge->id, status, "%s", error);
}

const char *rj_edge_error_text(const rj_edge *edge) {
  return rj_fail_text(edge == NULL ? RJ_NO_HANDLE : edge->id);
}
