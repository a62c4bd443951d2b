/* Administration of an edge: kicks and counters. */
#include "base/limits.h"
#include "client/rules.h"
#include "errors.h"
#include "handles.h"
#include "sizes.h"

_Static_assert(sizeof((rj_kick_info *)0)->app_id > RJ_APP_ID_MAX &&
                   sizeof((rj_kick_info *)0)->channel > RJ_CHANNEL_MAX &&
                   sizeof((rj_kick_info *)0)->ip >= RJ_ADDRESS_TEXT_SIZE,
               "whatever a kick may name fits");

static int32_t no_out(const rj_edge *edge, const char *type) {
  return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                 "out is NULL; it must be an %s with its size set", type);
}

/* ---- the rule ---- */

static int32_t check_duration(const rj_edge *edge, int64_t given) {
  if (given != RJ_KICK_DEFAULT && (given < 0 || given > RJ_KICK_MAX_FOR))
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                   "duration_ns is %lld; it must be between 0 (once) and %lld (24 h), or "
                   "RJ_KICK_DEFAULT",
                   (long long)given, (long long)RJ_KICK_MAX_FOR);
  return RJ_OK;
}

static int64_t lasts(int64_t duration_ns) {
  return duration_ns == RJ_KICK_DEFAULT ? RJ_KICK_DEFAULT_FOR : duration_ns;
}

/* Its texts are the caller's. */
static int32_t read_rule(const rj_edge *edge, const rj_kick *kick, rj_kick_rule *rule) {
  char text[RJ_RULE_TEXT_SIZE];
  *rule = (rj_kick_rule){
      .app_id = kick->app_id != NULL ? kick->app_id : "",
      .channel = kick->channel,
      .uid = kick->uid,
  };
  if (kick->channel == NULL && kick->uid == 0 && kick->ip == NULL)
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                   "neither channel nor uid nor ip is given; a kick names at least one (A-1)");
  int32_t status = rj_rule_app_id(kick->app_id, text);
  if (status == RJ_OK && kick->channel != NULL)
    status = rj_rule_channel(kick->channel, text);
  if (status != RJ_OK)
    return rj_fail(edge->id, status, "%s", text);
  if (kick->ip != NULL && !rj_kick_host_parse(kick->ip, &rule->ip))
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                   "ip is \"%.100s\"; it must be a numeric IPv4 or IPv6 address without a port",
                   kick->ip);
  return RJ_OK;
}

/* ---- calls ---- */

int32_t rj_edge_kick(rj_edge *edge, const rj_kick *kick, uint64_t *id) {
  if (id != NULL)
    *id = 0;
  if (edge == NULL)
    return rj_no_edge();
  if (kick == NULL)
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT, "kick is NULL");
  rj_kick given;
  rj_kick_rule rule;
  int64_t now;
  int32_t status = rj_size_take(&given, sizeof given, kick, "rj_kick", edge->id);
  if (status == RJ_OK)
    status = read_rule(edge, &given, &rule);
  if (status == RJ_OK)
    status = check_duration(edge, given.duration_ns);
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  uint64_t made;
  size_t removed;
  status = rj_host_server_kick(edge->server, &rule, lasts(given.duration_ns), now, &made, &removed);
  rj_host_server_touch(edge->server);
  rj_release(edge->runtime);
  if (status != RJ_OK)
    return rj_fail(edge->id, status, "this edge has %d kicks, which is all it keeps; lift some",
                   (int)RJ_EDGE_KICKS);
  if (id != NULL)
    *id = made;
  return (int32_t)MIN(removed, INT32_MAX);
}

int32_t rj_edge_change_kick(rj_edge *edge, uint64_t id, int64_t duration_ns) {
  if (edge == NULL)
    return rj_no_edge();
  int64_t now;
  int32_t status = check_duration(edge, duration_ns);
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  bool known = rj_host_server_change_kick(edge->server, id, lasts(duration_ns), now);
  rj_host_server_touch(edge->server); /* the other edges of its cluster shall know */
  rj_release(edge->runtime);
  if (!known)
    return rj_fail(edge->id, RJ_ERR_INVALID_ARGUMENT,
                   "id is %llu; there is no such kick, or it is over", (unsigned long long)id);
  return RJ_OK;
}

int32_t rj_edge_next_kick(rj_edge *edge, uint64_t after, rj_kick_info *out) {
  if (edge == NULL)
    return rj_no_edge();
  if (out == NULL)
    return no_out(edge, "rj_kick_info");
  rj_kick_info info = {0};
  rj_kick_view kick;
  int64_t now;
  int32_t status = rj_size_check(out, offsetof(rj_kick_info, until_ns), "rj_kick_info", edge->id);
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  bool found = rj_kicks_next(rj_host_server_kicks(edge->server), after, now, &kick);
  if (found) {
    char ip[RJ_ADDRESS_TEXT_SIZE];
    info.uid = kick.rule.uid;
    info.id = kick.id;
    info.until_ns = kick.until;
    g_strlcpy(info.app_id, kick.rule.app_id, sizeof info.app_id);
    g_strlcpy(info.channel, kick.rule.channel != NULL ? kick.rule.channel : "",
              sizeof info.channel);
    g_strlcpy(info.ip, rj_kick_host_text(&kick.rule.ip, ip), sizeof info.ip);
  }
  rj_release(edge->runtime);
  if (!found)
    return 0;
  rj_size_give(out, &info, sizeof info);
  return 1;
}

int32_t rj_edge_counters(rj_edge *edge, rj_edge_counts *out) {
  if (edge == NULL)
    return rj_no_edge();
  if (out == NULL)
    return no_out(edge, "rj_edge_counts");
  int64_t now;
  int32_t status = rj_size_check(out, sizeof(uint64_t), "rj_edge_counts", edge->id);
  if (status == RJ_OK)
    status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  rj_server_counters server = {0};
  const rj_server *up = rj_host_server_get(edge->server);
  if (up != NULL)
    rj_server_counters_get(up, &server);
  uint32_t kicks_in_force = (uint32_t)rj_kicks_count(rj_host_server_kicks(edge->server), now);
  rj_release(edge->runtime);
  const rj_edge_counts counts = {
#define RJ_COUNTER(name, source) .name = source,
#include "counters.def"
#undef RJ_COUNTER
  };
  rj_size_give(out, &counts, sizeof counts);
  return RJ_OK;
}
