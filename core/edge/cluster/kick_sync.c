/* Kicks hold on every edge: each change is published, and each hello carries a digest of the table, so
 * that an edge that differs asks for it. Of two words on one rule the one with the higher version holds.
 * How long a kick lasts travels as what is left of it, so that no two wall clocks need to agree. */
#include <string.h>

#include "edge/edge_internal.h"

uint64_t rj_kick_sync_digest(const rj_server *server, int64_t now) {
  return server->kicks != NULL ? rj_kicks_digest(server->kicks, now) : 0;
}

/* ------------------------------------------------------------------ out */

static void fill_rule(rejoin_SharedKick *out, const rj_kick_rule *rule) {
  rj_address host = rj_kick_host(&rule->ip);
  g_strlcpy(out->app_id, rule->app_id, sizeof out->app_id);
  g_strlcpy(out->channel, rule->channel != NULL ? rule->channel : "", sizeof out->channel);
  out->uid = rule->uid;
  out->ip.size = host.family == RJ_ADDRESS_NONE ? 0 : host.family == RJ_ADDRESS_IPV4 ? 4 : 16;
  memcpy(out->ip.bytes, host.bytes, out->ip.size);
}

typedef struct {
  rj_cluster *cluster;
  uint64_t edge; /* 0: all */
  int64_t now;
  bool own_only; /* not what came from other edges */
} teller;

static void send_page(teller *t) {
  rejoin_SharedKicks *page = &t->cluster->out.body.kicks;
  if (page->kicks_count == 0)
    return;
  if (t->edge == 0)
    rj_outbox_publish(t->cluster, t->cluster->all_subject);
  else
    rj_outbox_tell(t->cluster, t->edge);
  page->kicks_count = 0;
}

static uint64_t ms_of(int64_t span) {
  return (uint64_t)rj_earlier(rj_later(span, 0), RJ_KICK_MAX_FOR) / RJ_MILLISECOND;
}

static void tell_one(void *user, const rj_kick_change *change) {
  teller *t = user;
  rejoin_SharedKicks *page = &t->cluster->out.body.kicks;
  if (t->own_only && change->merged)
    return;
  rejoin_SharedKick *out = &page->kicks[page->kicks_count++];
  *out = (rejoin_SharedKick){.id = change->kick.id, .version = change->version};
  fill_rule(out, &change->kick.rule);
  uint64_t left = MAX(ms_of(change->kick.until - t->now), 1);
  out->left_ms = change->lifted ? 0 : left;
  out->kept_ms = change->lifted ? left : 0;
  if (page->kicks_count == RJ_CLUSTER_KICKS)
    send_page(t);
}

static void tell_all(teller *t, rj_kicks *kicks, uint64_t after) {
  rj_cluster_begin(t->cluster, rejoin_ClusterMessage_kicks_tag, t->now);
  rj_kicks_each_change(kicks, after, t->now, tell_one, t);
  send_page(t);
}

void rj_kick_sync_tell(rj_server *server, int64_t now) {
  rj_cluster *cluster = server->cluster;
  if (server->kicks == NULL || cluster->kicks_told == rj_kicks_changes(server->kicks))
    return;
  teller t = {.cluster = cluster, .now = now, .own_only = true};
  tell_all(&t, server->kicks, cluster->kicks_told);
  cluster->kicks_told = rj_kicks_changes(server->kicks);
}

void rj_kick_sync_tell_removal(rj_server *server, const rj_kick_rule *rule, int64_t now) {
  rj_cluster *cluster = server->cluster;
  rj_cluster_begin(cluster, rejoin_ClusterMessage_removal_tag, now);
  cluster->out.body.removal.has_rule = true;
  fill_rule(&cluster->out.body.removal.rule, rule);
  rj_outbox_publish(cluster, cluster->all_subject);
}

void rj_kick_sync_answer(rj_server *server, const rj_other_edge *edge, int64_t now) {
  if (server->kicks == NULL)
    return;
  teller t = {.cluster = server->cluster, .edge = edge->id, .now = now};
  tell_all(&t, server->kicks, 0);
}

/* ------------------------------------------------------------------ in */

void rj_kick_sync_compare(rj_server *server, rj_other_edge *edge, int64_t now) {
  if (server->kicks == NULL || edge->kicks == rj_kick_sync_digest(server, now))
    edge->kicks_ask_due = RJ_NEVER;
  else if (edge->kicks_ask_due == RJ_NEVER) /* a change may be on its way */
    edge->kicks_ask_due = rj_after(now, server->cluster->hello / 2);
}

void rj_kick_sync_ask(rj_server *server, rj_other_edge *edge, int64_t now) {
  edge->kicks_ask_due = RJ_NEVER; /* its next hello says whether that helped */
  if (edge->kicks == rj_kick_sync_digest(server, now))
    return;
  server->counters.bus_repairs++;
  rj_cluster_begin(server->cluster, rejoin_ClusterMessage_kicks_ask_tag, now);
  rj_outbox_tell(server->cluster, edge->id);
}

static rj_kick_rule rule_of(const rejoin_SharedKick *kick) {
  rj_kick_rule rule = {.app_id = kick->app_id,
                       .channel = kick->channel[0] != '\0' ? kick->channel : NULL,
                       .uid = kick->uid};
  if (kick->ip.size > 0) {
    rule.ip.family = kick->ip.size == 4 ? RJ_ADDRESS_IPV4 : RJ_ADDRESS_IPV6;
    memcpy(rule.ip.bytes, kick->ip.bytes, kick->ip.size);
  }
  return rule;
}

void rj_kick_sync_take(rj_server *server, const rejoin_SharedKicks *kicks, int64_t now) {
  for (size_t i = 0; server->kicks != NULL && i < kicks->kicks_count; i++) {
    const rejoin_SharedKick *kick = &kicks->kicks[i];
    uint64_t left = kick->left_ms > 0 ? kick->left_ms : kick->kept_ms;
    const rj_kick_change change = {.kick = {.id = kick->id,
                                            .until = now + (int64_t)left * RJ_MILLISECOND,
                                            .rule = rule_of(kick)},
                                   .lifted = kick->left_ms == 0,
                                   .version = kick->version};
    if (rj_kicks_merge(server->kicks, &change, now) && !change.lifted)
      rj_removal_here(server, &change.kick.rule, now); /* the removal itself may have been lost */
  }
}

void rj_kick_sync_take_removal(rj_server *server, const rejoin_SharedKick *kick, int64_t now) {
  const rj_kick_rule rule = rule_of(kick);
  rj_removal_here(server, &rule, now);
}
