/* The options of a client, each with its rule. */
#include "base/limits.h"
#include "base/time.h"
#include "client/rules.h"
#include "errors.h"
#include "handles.h"
#include "sizes.h"
#include "times.h"

static int32_t read_choices(rj_host_member_config *config, const rj_client_options *options,
                            uint64_t id) {
  if (options->role < 0 || options->role > RJ_ROLE_AUDIENCE)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "role is %d; it must be 1 (broadcaster), 2 (audience) or 0 (the default)",
                   (int)options->role);
  if (options->profile != RJ_PROFILE_COMMUNICATION &&
      options->profile != RJ_PROFILE_LIVE_BROADCASTING)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "profile is %d; it must be 0 (communication) or 1 (live broadcasting)",
                   (int)options->profile);
  if (options->dialect != 0 && options->dialect != RJ_DIALECT_3X &&
      options->dialect != RJ_DIALECT_4X)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "dialect is %d; it must be 3, 4 or 0 (3)",
                   (int)options->dialect);
  int32_t usual_role =
      options->profile == RJ_PROFILE_LIVE_BROADCASTING ? RJ_ROLE_AUDIENCE : RJ_ROLE_BROADCASTER;
  config->member.role = options->role != 0 ? options->role : usual_role;
  config->member.profile = options->profile;
  config->member.dialect = options->dialect != 0 ? options->dialect : RJ_DIALECT_3X;
  return RJ_OK;
}

static int32_t read_switches(rj_host_member_config *config, const rj_client_options *options,
                             uint64_t id) {
  const struct {
    const char *name;
    int64_t value;
    bool *to;
  } switches[] = {
      {"own_socket", (int64_t)options->own_socket, &config->own_socket},
      {"stats", options->stats, &config->member.stats},
      {"peer_interruptions", options->peer_interruptions, &config->member.peer_interruptions},
      {"attempts", options->attempts, &config->member.attempts},
  };
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    if (switches[i].value != 0 && switches[i].value != 1)
      return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "%s is %lld; it must be 0 or 1", switches[i].name,
                     (long long)switches[i].value);
    *switches[i].to = switches[i].value == 1;
  }
  if (options->reserved != 0)
    return rj_fail(id, RJ_ERR_NOT_SUPPORTED, "reserved is %d; it must be 0",
                   (int)options->reserved);
  return RJ_OK;
}

static int32_t read_urls(rj_host_member_config *config, rj_url urls[],
                         const rj_client_options *options, uint64_t id) {
  if (options->url_count < 1 || options->url_count > RJ_URLS_MAX)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "url_count is %lu; it must be between 1 and %d",
                   (unsigned long)options->url_count, (int)RJ_URLS_MAX);
  if (options->urls == NULL)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "urls is NULL; a client needs at least one url");
  for (uint32_t i = 0; i < options->url_count; i++) {
    const char *why = "";
    if (options->urls[i] == NULL)
      return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "urls[%lu] is NULL", (unsigned long)i);
    if (!rj_url_parse(options->urls[i], &urls[i], &why))
      return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                     "urls[%lu] is \"%.*s\"; it must be rejoin://host[:port]: %s", (unsigned long)i,
                     (int)RJ_URL_MAX, options->urls[i], why);
  }
  config->member.urls = urls;
  config->member.url_count = options->url_count;
  return RJ_OK;
}

/* A beat that is longer than what it has to keep away would take a healthy client for a silent one. One
 * that was not given gives way: three of them go into the shorter one of N-2 and N-4, as by default. */
static int32_t check_beat(rj_timers *timers, bool given, uint64_t id) {
  const char *name = timers->interrupted <= timers->offline ? "interrupted_ns" : "offline_ns";
  int64_t silence = rj_earlier(timers->interrupted, timers->offline);
  if (!given)
    timers->beat = rj_later(1, rj_earlier(timers->beat, silence / 3));
  if (timers->beat < silence)
    return RJ_OK;
  return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                 "timers.beat_ns is %lld; it must be less than %s (%lld), or a healthy client is "
                 "taken for a silent one",
                 (long long)timers->beat, name, (long long)silence);
}

static int32_t read_times(rj_host_member_config *config, const rj_client_options *options,
                          uint64_t id) {
  int32_t status = rj_time_scale_take(&config->member.time_scale, options->time_scale, id);
  if (status != RJ_OK)
    return status;
  rj_timers *timers = &config->member.timers;
  rj_timers_default(timers, config->member.time_scale);
  const rj_timer_option given[] = {
      {"timers.beat_ns", options->timers.beat_ns, &timers->beat},
      {"timers.interrupted_ns", options->timers.interrupted_ns, &timers->interrupted},
      {"timers.lost_ns", options->timers.lost_ns, &timers->lost},
      {"timers.offline_ns", options->timers.offline_ns, &timers->offline},
      {"timers.give_up_ns", options->timers.give_up_ns, &timers->give_up},
      {"timers.token_warning_ns", options->timers.token_warning_ns, &timers->token_warning},
      {"timers.stats_ns", options->timers.stats_ns, &timers->stats},
  };
  status = rj_timers_take(given, G_N_ELEMENTS(given), id);
  if (status != RJ_OK)
    return status;
  for (size_t i = 0; i < G_N_ELEMENTS(options->timers.reserved); i++) {
    if (options->timers.reserved[i] != 0)
      return rj_fail(id, RJ_ERR_NOT_SUPPORTED, "timers.reserved[%zu] is %lld; it must be 0", i,
                     (long long)options->timers.reserved[i]);
  }
  return check_beat(timers, options->timers.beat_ns != 0, id);
}

int32_t rj_client_options_read(rj_host_member_config *config, rj_url urls[],
                               const rj_client_options *given, uint64_t id) {
  if (given == NULL)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "options is NULL; a client needs at least a url");
  rj_client_options options;
  int32_t status = rj_size_take(&options, sizeof options, given, "rj_client_options", id);
  if (status != RJ_OK)
    return status;
  *config = (rj_host_member_config){0};
  char text[RJ_RULE_TEXT_SIZE];
  status = rj_rule_app_id(options.app_id, text);
  if (status != RJ_OK)
    return rj_fail(id, status, "%s", text);
  config->member.app_id = options.app_id != NULL ? options.app_id : "";
  config->fingerprint = options.fingerprint;
  config->ca_file = options.ca_file;
  if ((status = read_choices(config, &options, id)) != RJ_OK ||
      (status = read_switches(config, &options, id)) != RJ_OK ||
      (status = read_urls(config, urls, &options, id)) != RJ_OK)
    return status;
  return read_times(config, &options, id);
}
