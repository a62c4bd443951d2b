/* What a member is in either host: what it trusts, the gate in front of its events, and how it ends. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "host/host_internal.h"

/* Every event passes here, so that a freed member is silent whatever it still does (R-5, S-30). */
static void push(void *user, const rj_event_record *event) {
  rj_host_member *member = (rj_host_member *)user;
  if (member->sink.push == NULL)
    return;
  member->sink.push(member->sink.user, event);
  member->host->told = true;
}

int32_t rj_host_member_init(rj_host_member *member, rj_host *host,
                            const rj_host_member_config *config, rj_port *port,
                            const rj_entropy *entropy, const rj_address *local, uint64_t seed,
                            char error[RJ_HOST_ERROR_SIZE]) {
  int32_t status = STATUS_FAILED;
  char why[RJ_TRUST_ERROR_SIZE] = "";
  member->alarm.kind = RJ_ALARM_MEMBER;
  member->host = host;
  member->sink = config->member.sink;
  member->trust =
      rj_trust_pool_get(host->trust_pool, config->fingerprint, config->ca_file, &status, why);
  if (member->trust == NULL) {
    g_strlcpy(error, why, RJ_HOST_ERROR_SIZE);
    return status;
  }

  rj_member_config own = config->member;
  own.port = port;
  own.trust = member->trust;
  own.local = *local;
  own.entropy = entropy;
  own.seed = seed;
  own.sink = (rj_event_sink){push, member};
  member->member = rj_member_new(&own);
  if (member->member == NULL) {
    g_strlcpy(error, "client: out of memory", RJ_HOST_ERROR_SIZE);
    rj_host_member_clear(member);
    return STATUS_RESOURCE_LIMITED;
  }
  return STATUS_OK;
}

int64_t rj_host_member_stall(const rj_host_member_config *config) {
  return rj_scaled(RJ_CLIENT_STALL, config->member.time_scale > 0 ? config->member.time_scale : 1);
}

void rj_host_member_clear(rj_host_member *member) {
  if (member->member != NULL)
    rj_member_free(member->member);
  rj_follow_free(member->follow);
  rj_trust_pool_give_back(member->host->trust_pool, member->trust);
}

void rj_host_member_retire(rj_host_member *member, int64_t now) {
  member->sink = (rj_event_sink){NULL, NULL};
  member->retired = true;
  rj_member_retire(member->member, now);
}
