/* What the edge wants of its bus and the host has not taken yet. Subscriptions are bounded by the
 * channels; messages by RJ_CLUSTER_OUTBOX_BYTES, beyond which they are lost like any that the bus
 * loses, and healed by digests. */
#include <string.h>

#include "edge/edge_internal.h"

struct rj_outbox_order {
  rj_bus_order_kind kind;
  uint32_t length;
  uint32_t subject_size;
  uint8_t bytes[]; /* the subject with its NUL, and the data */
};

static void add(rj_cluster *cluster, rj_bus_order_kind kind, const char *subject,
                const uint8_t *data, size_t length) {
  size_t subject_size = strlen(subject) + 1;
  rj_outbox_order *order = g_malloc(sizeof *order + subject_size + length);
  *order = (rj_outbox_order){
      .kind = kind, .length = (uint32_t)length, .subject_size = (uint32_t)subject_size};
  memcpy(order->bytes, subject, subject_size);
  if (length > 0)
    memcpy(order->bytes + subject_size, data, length);
  g_queue_push_tail(&cluster->outbox, order);
  cluster->outbox_bytes += length;
}

void rj_outbox_subscribe(rj_cluster *cluster, const char *subject) {
  if (cluster->connected)
    add(cluster, RJ_BUS_SUBSCRIBE, subject, NULL, 0);
}

void rj_outbox_unsubscribe(rj_cluster *cluster, const char *subject) {
  if (cluster->connected)
    add(cluster, RJ_BUS_UNSUBSCRIBE, subject, NULL, 0);
}

bool rj_outbox_publish_bytes(rj_cluster *cluster, const char *subject, const uint8_t *data,
                             size_t length) {
  if (!cluster->connected)
    return false;
  if (cluster->outbox_bytes + length > (size_t)RJ_CLUSTER_OUTBOX_BYTES) {
    cluster->server->counters.bus_lost++;
    return false;
  }
  add(cluster, RJ_BUS_PUBLISH, subject, data, length);
  cluster->server->counters.bus_out++;
  return true;
}

bool rj_outbox_publish(rj_cluster *cluster, const char *subject) {
  if (!cluster->connected)
    return false;
  size_t length = rj_cluster_encode(&cluster->out, cluster->buffer, sizeof cluster->buffer);
  g_assert(length > 0);
  return rj_outbox_publish_bytes(cluster, subject, cluster->buffer, length);
}

bool rj_outbox_tell(rj_cluster *cluster, uint64_t edge) {
  char *subject = rj_subject_edge(cluster->name, edge);
  bool taken = rj_outbox_publish(cluster, subject);
  g_free(subject);
  return taken;
}

void rj_outbox_clear(rj_cluster *cluster) {
  g_queue_clear_full(&cluster->outbox, g_free);
  g_free(cluster->taken);
  cluster->taken = NULL;
  cluster->outbox_bytes = 0;
}

bool rj_server_bus_next(rj_server *server, rj_bus_order *out) {
  rj_cluster *cluster = server->cluster;
  if (cluster == NULL || !cluster->connected)
    return false;
  int64_t now = cluster->now;
  rj_kick_sync_tell(server, now);
  rj_changes_flush_all(cluster, now);
  g_free(cluster->taken);
  rj_outbox_order *order = cluster->taken = g_queue_pop_head(&cluster->outbox);
  if (order == NULL)
    return false;
  cluster->outbox_bytes -= order->length;
  *out = (rj_bus_order){.kind = order->kind,
                        .subject = (const char *)order->bytes,
                        .data = order->length > 0 ? order->bytes + order->subject_size : NULL,
                        .length = order->length};
  return true;
}
