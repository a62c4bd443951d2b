/* The edge among the others of its cluster: made from its config, and what comes over the bus goes to
 * whom it concerns. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1

#include <inttypes.h>
#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ construction */

static bool check(const rj_server_cluster *config, char *error, size_t error_size) {
  if (!rj_subject_takes_name(config->name)) {
    g_snprintf(error, error_size,
               "cluster name \"%.80s\": a name has 1 to %d letters, digits, '-' and '_'",
               config->name, RJ_CLUSTER_NAME_MAX);
    return false;
  }
  if (config->url != NULL && strlen(config->url) > RJ_URL_MAX) {
    g_snprintf(error, error_size, "cluster url is %zu bytes long; a url has up to %d",
               strlen(config->url), RJ_URL_MAX);
    return false;
  }
  if (config->fingerprint != NULL && strlen(config->fingerprint) > RJ_CLUSTER_FINGERPRINT_MAX) {
    g_snprintf(error, error_size, "cluster fingerprint is %zu bytes long; one has up to %d",
               strlen(config->fingerprint), RJ_CLUSTER_FINGERPRINT_MAX);
    return false;
  }
  if (config->hello < 0 || config->digest < 0) {
    g_snprintf(error, error_size, "a period of the cluster is negative; 0 is the default");
    return false;
  }
  return true;
}

/* Ids of kicks are to differ between the edges, so that one that is lifted by its id at another edge is
 * the one that was meant: each edge counts from a place of its own. */
static void spread_kick_ids(rj_server *server) {
  uint64_t step = (uint64_t)(uint32_t)rj_entropy_u64(server->entropy) << 8;
  rj_kicks_share(server->kicks);
  rj_kicks_skip_ids(server->kicks, rj_kicks_next_id(server->kicks) + step);
}

rj_cluster *rj_cluster_new(rj_server *server, const rj_server_cluster *config, int64_t now,
                           char *error, size_t error_size) {
  if (config->name == NULL || !check(config, error, error_size))
    return NULL;
  rj_cluster *cluster = g_new0(rj_cluster, 1);
  cluster->alarm.kind = RJ_SERVER_ALARM_CLUSTER;
  cluster->server = server;
  cluster->name = g_strdup(config->name);
  cluster->url = g_strdup(config->url != NULL ? config->url : "");
  cluster->fingerprint = g_strdup(config->fingerprint != NULL ? config->fingerprint : "");
  cluster->all_subject = rj_subject_all(cluster->name);
  cluster->own_subject = rj_subject_edge(cluster->name, server->edge_id);
  cluster->hello = config->hello != 0 ? config->hello : RJ_CLUSTER_HELLO;
  cluster->digest = config->digest != 0 ? config->digest : RJ_CLUSTER_DIGEST;
  cluster->nowhere = (rj_other_edge){.stopped = true}; /* it is never asked */
  cluster->edges = g_ptr_array_new_with_free_func(g_free);
  cluster->neighbours = g_array_new(FALSE, FALSE, sizeof(uint64_t));
  g_queue_init(&cluster->outbox);
  cluster->now = now;
  cluster->warned_at = now - RJ_MINUTE;
  cluster->hello_at = rj_after(now, cluster->hello);
  rj_server_alarm_by(server, &cluster->alarm, cluster->hello_at);
  if (server->kicks != NULL) {
    spread_kick_ids(server);
    cluster->kicks_told = rj_kicks_changes(server->kicks); /* those are for whoever differs */
  }
  return cluster;
}

void rj_cluster_free(rj_cluster *cluster) {
  if (cluster == NULL)
    return;
  rj_wheel_remove(cluster->server->wheel, &cluster->alarm.timer);
  rj_outbox_clear(cluster);
  g_ptr_array_free(cluster->edges, TRUE);
  g_array_free(cluster->neighbours, TRUE);
  g_free(cluster->name);
  g_free(cluster->url);
  g_free(cluster->fingerprint);
  g_free(cluster->all_subject);
  g_free(cluster->own_subject);
  g_free(cluster);
}

void rj_server_set_fingerprint(rj_server *server, const char *fingerprint, int64_t now) {
  rj_cluster *cluster = server->cluster;
  if (cluster == NULL)
    return;
  g_free(cluster->fingerprint);
  cluster->fingerprint = g_strdup(fingerprint);
  if (cluster->connected)
    rj_edges_say_hello(server, false, now);
}

void rj_cluster_begin(rj_cluster *cluster, pb_size_t body, int64_t now) {
  rj_cluster_message *out = &cluster->out;
  out->version = RJ_CLUSTER_VERSION;
  out->edge = cluster->server->edge_id;
  out->stamp = rj_server_age_ms(cluster->server, now);
  out->has_channel = false;
  out->which_body = body;
  memset(&out->body, 0, sizeof out->body);
  cluster->now = now;
}

/* ------------------------------------------------------------------ what comes */

void rj_cluster_refused(rj_server *server, const char *why, int64_t now) {
  rj_cluster *cluster = server->cluster;
  server->counters.bus_refused++;
  if (now - cluster->warned_at < RJ_MINUTE)
    return;
  cluster->warned_at = now;
  g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "REJOIN_EVENT", "bus", "MESSAGE",
                   "a message on the bus of cluster %s was refused: %s; so far %" PRIu64
                   " were, further ones within a minute are only counted",
                   cluster->name, why, server->counters.bus_refused);
}

static bool is_ours(const rj_cluster *cluster, const char *subject) {
  if (strcmp(subject, cluster->all_subject) == 0 || strcmp(subject, cluster->own_subject) == 0)
    return true;
  size_t stem = strlen(cluster->all_subject) - 1; /* rejoin.NAME. */
  return strncmp(subject, cluster->all_subject, stem) == 0 && subject[stem] == 'c' &&
         subject[stem + 1] == '.';
}

/* It is asked for a channel that it has not (any more). */
static void answer_closed(rj_server *server, uint64_t edge, int64_t now) {
  rj_cluster *cluster = server->cluster;
  rj_cluster_begin(cluster, rejoin_ClusterMessage_closed_tag, now);
  cluster->out.has_channel = true;
  cluster->out.channel = cluster->in.channel;
  cluster->out.channel.opened = cluster->last_opened;
  cluster->out.channel.watched = false;
  rj_outbox_tell(cluster, edge);
}

static void take_ask(rj_shared *shared, const rj_other_edge *edge, const rejoin_SharedAsk *ask,
                     int64_t now) {
  if (ask->pages)
    rj_pages_send(shared, edge->id, RJ_ANSWER_NOTHING, now);
  if (ask->messages)
    rj_shared_send_again(shared, edge, ask->after, now);
}

static void about_channel(rj_server *server, rj_other_edge *edge, uint32_t late, int64_t now) {
  const rj_cluster_message *in = &server->cluster->in;
  rj_channel *channel = rj_channel_find(server, in->channel.app_id, in->channel.name);
  if (channel == NULL) {
    if (in->which_body == rejoin_ClusterMessage_ask_tag)
      answer_closed(server, edge->id, now);
    return; /* else it came after we lost interest */
  }
  rj_shared *shared = channel->shared;
  if (in->which_body == rejoin_ClusterMessage_ask_tag) {
    take_ask(shared, edge, &in->body.ask, now);
    return;
  }
  rj_part *part = rj_part_need(shared, edge);
  if (in->which_body == rejoin_ClusterMessage_closed_tag) {
    rj_shared_take_closed(shared, part, &in->channel, now);
    return;
  }
  if (!rj_shared_believes(shared, part, &in->channel, now))
    return;
  part->confirmed_at = now;
  switch (in->which_body) {
  case rejoin_ClusterMessage_changes_tag:
    rj_changes_take(shared, part, &in->body.changes, now);
    break;
  case rejoin_ClusterMessage_page_tag:
    rj_pages_take(shared, part, &in->body.page, now);
    break;
  case rejoin_ClusterMessage_digest_tag:
    rj_digest_take(shared, part, &in->body.digest, now);
    break;
  case rejoin_ClusterMessage_message_tag:
    rj_shared_take_message(shared, part, &in->body.message, late, now);
    break;
  case rejoin_ClusterMessage_gap_tag:
    rj_shared_take_gap(shared, part, in->body.gap.number, now);
    break;
  default:
    rj_shared_take_datagram(shared, part, &in->body.datagram, late, now);
    break;
  }
}

static void take(rj_server *server, rj_other_edge *edge, uint32_t late, int64_t now) {
  const rj_cluster_message *in = &server->cluster->in;
  switch (in->which_body) {
  case rejoin_ClusterMessage_hello_tag:
    rj_edges_take_hello(server, edge, &in->body.hello, now);
    break;
  case rejoin_ClusterMessage_bye_tag:
    rj_edges_take_bye(server, edge, now);
    break;
  case rejoin_ClusterMessage_kicks_tag:
    rj_kick_sync_take(server, &in->body.kicks, now);
    break;
  case rejoin_ClusterMessage_kicks_ask_tag:
    rj_kick_sync_answer(server, edge, now);
    break;
  case rejoin_ClusterMessage_removal_tag:
    rj_kick_sync_take_removal(server, &in->body.removal.rule, now);
    break;
  default:
    about_channel(server, edge, late, now);
    break;
  }
}

void rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data, size_t length,
                        int64_t now) {
  rj_cluster *cluster = server->cluster;
  if (cluster == NULL || server->stopped)
    return;
  cluster->now = now;
  server->counters.bus_in++;
  const char *why = NULL;
  uint32_t late;
  rj_other_edge *edge;
  if (!is_ours(cluster, subject))
    rj_cluster_refused(server, "on a subject that is not this cluster's", now);
  else if (!rj_cluster_decode(&cluster->in, data, length, &why))
    rj_cluster_refused(server, why, now);
  else if (cluster->in.edge == server->edge_id)
    rj_cluster_refused(server, "it claims to be from this edge", now);
  else if ((edge = rj_edges_heard(server, cluster->in.edge, cluster->in.stamp, &late, now)) == NULL)
    rj_cluster_refused(server, "more edges than a cluster may have", now);
  else if (!edge->stopped) /* else it comes late */
    take(server, edge, late, now);
}

void rj_server_bus_connected(rj_server *server, bool connected, int64_t now) {
  rj_cluster *cluster = server->cluster;
  if (cluster == NULL || server->stopped)
    return;
  rj_outbox_clear(cluster);
  cluster->connected = connected;
  cluster->now = now;
  GPtrArray *channels = rj_channels_all(server);
  if (connected) {
    rj_outbox_subscribe(cluster, cluster->all_subject);
    rj_outbox_subscribe(cluster, cluster->own_subject);
    rj_edges_say_hello(server, true, now);
  }
  for (guint i = 0; i < channels->len; i++) {
    rj_shared *shared = ((rj_channel *)g_ptr_array_index(channels, i))->shared;
    rj_changes_forget(shared); /* the pages have them */
    if (connected)
      rj_shared_connected(shared, now);
  }
  g_ptr_array_free(channels, TRUE);
}

void rj_cluster_bye(rj_server *server, int64_t now) {
  rj_changes_flush_all(server->cluster, now);
  rj_cluster_begin(server->cluster, rejoin_ClusterMessage_bye_tag, now);
  rj_outbox_publish(server->cluster, server->cluster->all_subject);
}
