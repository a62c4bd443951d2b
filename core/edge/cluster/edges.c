/* The other edges: who they are, whether they are heard, and what follows from their silence. An edge
 * that is not heard for a while has members that are not heard (P-11); one that is not heard for N-4 has
 * none (P-4). Both with a hello's time more, for the last word of an edge that lives may be that old. */
#include <string.h>

#include "edge/edge_internal.h"

static uint64_t id_at(const void *edges, uint32_t i) {
  return ((const rj_other_edge *)g_ptr_array_index((const GPtrArray *)edges, i))->id;
}

/* Where the id is or belongs. */
static guint place_of(const rj_cluster *cluster, uint64_t id) {
  return rj_sorted_place(cluster->edges, cluster->edges->len, id, id_at);
}

static void each_part(rj_server *server, const rj_other_edge *edge,
                      void (*act)(rj_shared *shared, rj_part *part, int64_t now), int64_t now) {
  GPtrArray *channels = rj_channels_all(server);
  for (guint i = 0; i < channels->len; i++) {
    rj_shared *shared = ((rj_channel *)g_ptr_array_index(channels, i))->shared;
    rj_part *part = rj_part_of(shared, edge);
    if (part != NULL)
      act(shared, part, now);
  }
  g_ptr_array_free(channels, TRUE);
}

/* ------------------------------------------------------------------ time */

static int64_t silent_at(const rj_server *server, const rj_other_edge *edge) {
  return rj_after(edge->heard, server->timers.interrupted + server->cluster->hello);
}

static int64_t gone_at(const rj_server *server, const rj_other_edge *edge) {
  /* one that said goodbye was heard at that moment, and not a hello later */
  return rj_after(edge->heard,
                  server->timers.offline + (edge->stopped ? 0 : server->cluster->hello));
}

static int64_t edge_due(const rj_server *server, const rj_other_edge *edge) {
  int64_t due = edge->kicks_ask_due;
  if (edge->gone)
    return rj_earlier(due, rj_after(edge->heard, RJ_CLUSTER_KNOWN_FOR));
  due = rj_earlier(due, gone_at(server, edge));
  return edge->silent ? due : rj_earlier(due, silent_at(server, edge));
}

int64_t rj_edges_due(const rj_cluster *cluster) {
  int64_t due = cluster->hello_at;
  for (guint i = 0; i < cluster->edges->len; i++)
    due = rj_earlier(due, edge_due(cluster->server, g_ptr_array_index(cluster->edges, i)));
  return due;
}

static void lose_part(rj_shared *shared, rj_part *part, int64_t now) {
  part->known = false;
  part->watched = false;
  part->was_gone = part->messages_known;
  part->wants_pages = part->wants_messages = false;
  rj_part_forget_coming(shared, part);
  rj_shared_forget_early(shared, part);
  rj_part_replace(shared, part, NULL, 0, NULL, now);
}

static void forget_part(rj_shared *shared, rj_part *part, int64_t now) {
  (void)now;
  rj_part_free(shared, part);
}

static void wake_edge(rj_server *server, rj_other_edge *edge, int64_t now) {
  if (edge->kicks_ask_due <= now)
    rj_kick_sync_ask(server, edge, now);
  if (!edge->gone && !edge->silent && silent_at(server, edge) <= now) {
    edge->silent = true;
    each_part(server, edge, rj_part_heard, now);
  }
  if (!edge->gone && gone_at(server, edge) <= now) {
    edge->gone = true;
    each_part(server, edge, lose_part, now);
  }
}

void rj_edges_wake(rj_server *server, int64_t now) {
  rj_cluster *cluster = server->cluster;
  cluster->now = now;
  for (guint i = 0; i < cluster->edges->len;) {
    rj_other_edge *edge = g_ptr_array_index(cluster->edges, i);
    wake_edge(server, edge, now);
    if (edge->gone && rj_after(edge->heard, RJ_CLUSTER_KNOWN_FOR) <= now) {
      each_part(server, edge, forget_part, now);
      g_ptr_array_remove_index(cluster->edges, i);
    } else {
      i++;
    }
  }
  if (cluster->hello_at <= now)
    rj_edges_say_hello(server, false, now);
  rj_server_alarm_by(server, &cluster->alarm, rj_edges_due(cluster));
}

void rj_edges_stalled(rj_cluster *cluster, int64_t gap, int64_t now) {
  for (guint i = 0; i < cluster->edges->len; i++) {
    rj_other_edge *edge = g_ptr_array_index(cluster->edges, i);
    if (!edge->stopped && !edge->gone)
      edge->heard = rj_later(edge->heard, rj_earlier(edge->heard + gap, now));
  }
}

/* ------------------------------------------------------------------ what they say */

static rj_other_edge *add(rj_server *server, uint64_t id, int64_t now) {
  rj_cluster *cluster = server->cluster;
  if (cluster->edges->len >= RJ_CLUSTER_EDGES) { /* the one that is gone longest gives way */
    rj_other_edge *oldest = NULL;
    for (guint i = 0; i < cluster->edges->len; i++) {
      rj_other_edge *edge = g_ptr_array_index(cluster->edges, i);
      if (edge->gone && (oldest == NULL || edge->heard < oldest->heard))
        oldest = edge;
    }
    if (oldest == NULL)
      return NULL;
    each_part(server, oldest, forget_part, now);
    g_ptr_array_remove_index(cluster->edges, place_of(cluster, oldest->id));
  }
  rj_other_edge *edge = g_new0(rj_other_edge, 1);
  edge->id = id;
  edge->heard = now;
  edge->kicks_ask_due = RJ_NEVER;
  g_ptr_array_insert(cluster->edges, (gint)place_of(cluster, id), edge);
  return edge;
}

rj_other_edge *rj_edges_heard(rj_server *server, uint64_t id, uint32_t stamp, uint32_t *late,
                              int64_t now) {
  rj_cluster *cluster = server->cluster;
  guint place = place_of(cluster, id);
  rj_other_edge *edge = NULL;
  if (place < cluster->edges->len)
    edge = g_ptr_array_index(cluster->edges, place);
  if (edge == NULL || edge->id != id) {
    edge = add(server, id, now);
    if (edge == NULL)
      return NULL;
  }
  *late = rj_lateness_note(&edge->lateness, stamp, now);
  if (edge->stopped)
    return edge;
  edge->heard = now;
  if (edge->silent) {
    edge->silent = false;
    each_part(server, edge, rj_part_heard, now);
  }
  if (edge->gone) { /* a partition is over: both sides want to know */
    edge->gone = false;
    each_part(server, edge, rj_pages_want, now);
  }
  rj_server_alarm_by(server, &cluster->alarm, edge_due(server, edge));
  return edge;
}

void rj_edges_take_hello(rj_server *server, rj_other_edge *edge, const rejoin_EdgeHello *hello,
                         int64_t now) {
  g_strlcpy(edge->url, hello->url, sizeof edge->url);
  g_strlcpy(edge->fingerprint, hello->fingerprint, sizeof edge->fingerprint);
  edge->sessions = hello->sessions;
  edge->draining = hello->draining;
  edge->kicks = hello->kicks;
  if (hello->answer)
    rj_edges_say_hello(server, false, now);
  rj_kick_sync_compare(server, edge, now);
  rj_server_alarm_by(server, &server->cluster->alarm, edge_due(server, edge));
}

/* Its members are about to come to others; until then, or for N-4, they are where they were. */
void rj_edges_take_bye(rj_server *server, rj_other_edge *edge, int64_t now) {
  edge->stopped = true;
  edge->kicks_ask_due = RJ_NEVER;
  rj_server_alarm_by(server, &server->cluster->alarm, edge_due(server, edge));
  (void)now;
}

void rj_edges_say_hello(rj_server *server, bool answer, int64_t now) {
  rj_cluster *cluster = server->cluster;
  rj_cluster_begin(cluster, rejoin_ClusterMessage_hello_tag, now);
  rejoin_EdgeHello *hello = &cluster->out.body.hello;
  g_strlcpy(hello->url, cluster->url, sizeof hello->url);
  g_strlcpy(hello->fingerprint, cluster->fingerprint, sizeof hello->fingerprint);
  hello->sessions = (uint32_t)rj_map_size(server->sessions);
  hello->draining = server->drain.is_on;
  hello->kicks = rj_kick_sync_digest(server, now);
  hello->answer = answer;
  rj_outbox_publish(cluster, cluster->all_subject);
  cluster->hello_at = rj_after(now, cluster->hello);
  rj_server_alarm_by(server, &cluster->alarm, cluster->hello_at);
}

/* ------------------------------------------------------------------ to look at */

static bool is_alive(const rj_other_edge *edge) {
  return !edge->gone && !edge->silent && !edge->stopped;
}

void rj_server_cluster_status(const rj_server *server, rj_cluster_status *out) {
  const rj_cluster *cluster = server->cluster;
  *out = (rj_cluster_status){.id = server->edge_id};
  if (cluster == NULL)
    return;
  out->name = cluster->name;
  out->connected = cluster->connected;
  out->edges = cluster->edges->len;
  for (guint i = 0; i < cluster->edges->len; i++)
    out->alive += is_alive(g_ptr_array_index(cluster->edges, i));
}

bool rj_server_cluster_edge(const rj_server *server, size_t i, rj_cluster_edge *out) {
  if (server->cluster == NULL || i >= server->cluster->edges->len)
    return false;
  const rj_other_edge *edge = g_ptr_array_index(server->cluster->edges, i);
  *out = (rj_cluster_edge){.id = edge->id,
                           .url = edge->url,
                           .fingerprint = edge->fingerprint,
                           .sessions = edge->sessions,
                           .draining = edge->draining,
                           .silent = edge->silent || edge->stopped,
                           .gone = edge->gone,
                           .last_heard = edge->heard};
  return true;
}

static void draw_neighbours(rj_server *server) {
  rj_cluster *cluster = server->cluster;
  g_array_set_size(cluster->neighbours, 0);
  for (guint i = 0; i < cluster->edges->len; i++) {
    const rj_other_edge *edge = g_ptr_array_index(cluster->edges, i);
    if (is_alive(edge) && !edge->draining && edge->url[0] != '\0')
      g_array_append_val(cluster->neighbours, edge->id);
  }
  uint64_t *ids = (uint64_t *)(void *)cluster->neighbours->data;
  for (guint i = cluster->neighbours->len; i > 1; i--) {
    guint other = (guint)(rj_entropy_u64(server->entropy) % i);
    uint64_t id = ids[i - 1];
    ids[i - 1] = ids[other];
    ids[other] = id;
  }
}

bool rj_server_neighbours(rj_server *server, size_t i, const char **url, const char **fingerprint) {
  rj_cluster *cluster = server->cluster;
  if (cluster == NULL)
    return false;
  if (i == 0)
    draw_neighbours(server);
  if (i >= cluster->neighbours->len)
    return false;
  uint64_t id = g_array_index(cluster->neighbours, uint64_t, i);
  guint place = place_of(cluster, id);
  if (place == cluster->edges->len)
    return false;
  const rj_other_edge *edge = g_ptr_array_index(cluster->edges, place);
  *url = edge->url;
  *fingerprint = edge->fingerprint;
  return edge->id == id;
}
