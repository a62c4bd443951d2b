/* Why sessions ended, kept for a while, so that a rejoin is refused with that reason and a late
 * packet of a stay that is over wakes nothing (SPEC section 5, R-6). */
#include "edge/edge_internal.h"

void rj_ended_init(rj_ended *ended) {
  g_queue_init(&ended->queue);
  ended->by_session = rj_map_new();
  ended->by_join = rj_map_new();
  if (ended->by_session == NULL || ended->by_join == NULL)
    g_error("out of memory");
}

static void forget_oldest(rj_ended *ended) {
  rj_ended_entry *entry = g_queue_pop_head_link(&ended->queue)->data;
  /* else a later one has the key */
  if (rj_map_get(ended->by_session, entry->session) == entry)
    rj_map_remove(ended->by_session, entry->session);
  if (rj_map_get(ended->by_join, entry->join_key) == entry)
    rj_map_remove(ended->by_join, entry->join_key);
  g_free(entry);
}

void rj_ended_clear(rj_ended *ended) {
  while (!g_queue_is_empty(&ended->queue))
    forget_oldest(ended);
  rj_map_free(ended->by_session);
  rj_map_free(ended->by_join);
}

static void forget_overdue(rj_ended *ended, int64_t now) {
  while (!g_queue_is_empty(&ended->queue)) {
    const rj_ended_entry *oldest = g_queue_peek_head(&ended->queue);
    if (oldest->until > now)
      return;
    forget_oldest(ended);
  }
}

static rj_ended_entry *add(rj_ended *ended, uint64_t join_key, int32_t how, int64_t until,
                           int64_t now) {
  forget_overdue(ended, now);
  if (g_queue_get_length(&ended->queue) >= RJ_EDGE_ENDED)
    forget_oldest(ended);
  rj_ended_entry *entry = g_new0(rj_ended_entry, 1);
  entry->node.data = entry;
  entry->join_key = join_key;
  entry->until = until;
  entry->how = how;
  g_queue_push_tail_link(&ended->queue, &entry->node);
  if (join_key != 0)
    rj_map_must_put(ended->by_join, join_key, entry);
  return entry;
}

void rj_ended_note(rj_ended *ended, const rj_ended_entry *what, int64_t until, int64_t now) {
  rj_ended_entry *entry = add(ended, what->join_key, what->how, until, now);
  entry->session = what->session;
  entry->uid = what->uid;
  rj_map_must_put(ended->by_session, entry->session, entry);
}

void rj_ended_note_join(rj_ended *ended, uint64_t join_key, int64_t until, int64_t now) {
  if (rj_ended_find_join(ended, join_key, now) == NULL)
    add(ended, join_key, RJ_ENDED_LEFT, until, now);
}

const rj_ended_entry *rj_ended_find(rj_ended *ended, uint64_t session, int64_t now) {
  forget_overdue(ended, now);
  return rj_map_get(ended->by_session, session);
}

const rj_ended_entry *rj_ended_find_join(rj_ended *ended, uint64_t join_key, int64_t now) {
  forget_overdue(ended, now);
  return rj_map_get(ended->by_join, join_key);
}
