/* Peers that break the protocol: each address is logged once, within bounds of memory and of lines
 * per minute. */
#include "edge/edge_internal.h"

typedef struct {
  GList node; /* in the order they were noted; data = the entry */
  uint64_t host;
} hostile_entry;

void rj_hostile_init(rj_hostile *hostile) {
  g_queue_init(&hostile->queue);
  hostile->minute = 0;
  hostile->warned = 0;
  hostile->unsaid = 0;
  if ((hostile->by_host = rj_map_new()) == NULL)
    g_error("out of memory");
}

static void forget_oldest(rj_hostile *hostile) {
  hostile_entry *entry = g_queue_pop_head_link(&hostile->queue)->data;
  rj_map_remove(hostile->by_host, entry->host);
  g_free(entry);
}

void rj_hostile_clear(rj_hostile *hostile) {
  while (!g_queue_is_empty(&hostile->queue))
    forget_oldest(hostile);
  rj_map_free(hostile->by_host);
}

/* Whoever has many ports is still one peer. */
static uint64_t host_key(const rj_address *peer) {
  rj_address host = *peer;
  host.port = 0;
  return rj_address_hash(&host);
}

void rj_hostile_note(rj_server *server, const rj_address *peer, const char *why, int64_t now) {
  rj_hostile *hostile = &server->hostile;
  uint64_t host = host_key(peer);
  if (rj_map_get(hostile->by_host, host) != NULL)
    return;
  if (now - hostile->minute >= RJ_MINUTE) {
    hostile->minute = now;
    hostile->warned = 0;
  }
  if (hostile->warned >= RJ_EDGE_WARNINGS) {
    hostile->unsaid++;
    return; /* not remembered: it is named when there is room for it */
  }
  hostile->warned++;
  if (g_queue_get_length(&hostile->queue) >= RJ_EDGE_HOSTILE_PEERS)
    forget_oldest(hostile);
  hostile_entry *entry = g_new0(hostile_entry, 1);
  entry->node.data = entry;
  entry->host = host;
  g_queue_push_tail_link(&hostile->queue, &entry->node);
  rj_map_must_put(hostile->by_host, host, entry);
  rj_observe_hostile(server, peer, why, hostile->unsaid, now);
  hostile->unsaid = 0;
}
