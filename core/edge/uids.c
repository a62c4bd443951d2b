/* The uids that the edge picks for members that join with 0: random, and given out again only after
 * they rested for a while (SPEC section 5). */
#include "edge/edge_internal.h"

typedef struct {
  GList node; /* in the order of their rest's end; data = the entry */
  int64_t until;
  uint32_t uid;
} uid_entry;

void rj_uids_init(rj_uids *uids) {
  g_queue_init(&uids->queue);
  if ((uids->by_uid = rj_map_new()) == NULL)
    g_error("out of memory");
}

static void forget_oldest(rj_uids *uids) {
  uid_entry *entry = g_queue_pop_head_link(&uids->queue)->data;
  if (rj_map_get(uids->by_uid, entry->uid) == entry) /* else it rests anew */
    rj_map_remove(uids->by_uid, entry->uid);
  g_free(entry);
}

void rj_uids_clear(rj_uids *uids) {
  while (!g_queue_is_empty(&uids->queue))
    forget_oldest(uids);
  rj_map_free(uids->by_uid);
}

static void forget_overdue(rj_uids *uids, int64_t now) {
  while (!g_queue_is_empty(&uids->queue)) {
    const uid_entry *oldest = g_queue_peek_head(&uids->queue);
    if (oldest->until > now)
      return;
    forget_oldest(uids);
  }
}

bool rj_uids_resting(rj_uids *uids, uint32_t uid, int64_t now) {
  forget_overdue(uids, now);
  return rj_map_get(uids->by_uid, uid) != NULL;
}

void rj_uids_rest(rj_uids *uids, uint32_t uid, int64_t until, int64_t now) {
  forget_overdue(uids, now);
  if (g_queue_get_length(&uids->queue) >= RJ_EDGE_ASSIGNED)
    forget_oldest(uids);
  uid_entry *entry = g_new0(uid_entry, 1);
  entry->node.data = entry;
  entry->until = until;
  entry->uid = uid;
  g_queue_push_tail_link(&uids->queue, &entry->node);
  rj_map_must_put(uids->by_uid, uid, entry);
}

uint32_t rj_uids_pick(rj_uids *uids, const rj_channel *channel, const rj_entropy *entropy,
                      int64_t now) {
  for (int draw = 0; draw < RJ_EDGE_UID_DRAWS; draw++) {
    uint32_t uid = (uint32_t)rj_entropy_u64(entropy);
    if (uid != 0 && !rj_uids_resting(uids, uid, now) &&
        (channel == NULL || !rj_channel_has(channel, uid)))
      return uid;
  }
  return 0;
}
