/* The options of an edge, each with its rule. */
#include "base/limits.h"
#include "client/rules.h"
#include "errors.h"
#include "handles.h"
#include "sizes.h"
#include "times.h"

static int32_t read_apps(rj_host_server_config *config, rj_server_app **apps,
                         const rj_edge_options *options, uint64_t id) {
  if (options->app_count == 0)
    return RJ_OK;
  if (options->app_count > RJ_EDGE_APPS)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "app_count is %lu; it must be at most %d",
                   (unsigned long)options->app_count, (int)RJ_EDGE_APPS);
  if (options->app_ids == NULL)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "app_ids is NULL; app_count says that it has %lu",
                   (unsigned long)options->app_count);
  *apps = g_new0(rj_server_app, options->app_count);
  for (uint32_t i = 0; i < options->app_count; i++) {
    char text[RJ_RULE_TEXT_SIZE];
    if (options->app_ids[i] == NULL)
      return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "app_ids[%lu] is NULL", (unsigned long)i);
    int32_t status = rj_rule_app_id(options->app_ids[i], text);
    if (status != RJ_OK)
      return rj_fail(id, status, "app_ids[%lu]: %s", (unsigned long)i, text);
    (*apps)[i].app_id = options->app_ids[i];
    if (options->app_certificates != NULL)
      (*apps)[i].certificates[0] = options->app_certificates[i];
    if (options->app_second_certificates != NULL)
      (*apps)[i].certificates[1] = options->app_second_certificates[i];
  }
  config->server.apps = *apps;
  config->server.app_count = options->app_count;
  return RJ_OK;
}

static int32_t read_times(rj_host_server_config *config, const rj_edge_options *options,
                          uint64_t id) {
  double scale;
  int32_t status = rj_time_scale_take(&scale, options->time_scale, id);
  if (status != RJ_OK)
    return status;
  rj_server_timers *timers = &config->server.timers;
  rj_server_timers_default(timers, scale);
  const rj_timer_option given[] = {
      {"offline_ns", options->offline_ns, &timers->offline},
      {"empty_channel_ns", options->empty_channel_ns, &timers->empty_channel},
  };
  status = rj_timers_take(given, G_N_ELEMENTS(given), id);
  if (status != RJ_OK)
    return status;
  /* Departures must be told to observers that rejoin within N-4 (P-10). */
  if (timers->departed_kept <= timers->offline)
    timers->departed_kept = 2 * timers->offline;
  return RJ_OK;
}

int32_t rj_edge_options_read(rj_host_server_config *config, rj_server_app **apps,
                             const rj_edge_options *given, uint64_t id) {
  rj_edge_options options = {0};
  *config = (rj_host_server_config){0};
  *apps = NULL;
  if (given != NULL) {
    int32_t status = rj_size_take(&options, sizeof options, given, "rj_edge_options", id);
    if (status != RJ_OK)
      return status;
  }
  config->listen = options.listen;
  config->data_dir = options.data_dir;
  config->server.channel_pattern = options.channel_pattern;
  config->server.limits.sessions = options.max_sessions;
  config->server.limits.channel_members = options.max_channel_members;
  config->server.limits.channel_broadcasters = options.max_channel_broadcasters;
  config->server.limits.handshakes = options.max_handshakes;
  config->server.limits.joins_per_second = options.max_joins_per_second;
  config->server.limits.bad_tokens_per_minute = options.max_bad_tokens_per_minute;
  config->server.limits.accepts_per_second = options.max_accepts_per_second;
  config->server.limits.loopback = options.limit_loopback != 0;
  if (options.limit_loopback > 1)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "limit_loopback is %lu; it must be 0 or 1",
                   (unsigned long)options.limit_loopback);
  char text[RJ_RULE_TEXT_SIZE];
  int32_t status = options.cluster == NULL ? RJ_OK : rj_rule_cluster(options.cluster, text);
  if (status != RJ_OK)
    return rj_fail(id, status, "%s", text);
  config->server.cluster.name = options.cluster;
  status = read_times(config, &options, id);
  return status != RJ_OK ? status : read_apps(config, apps, &options, id);
}
