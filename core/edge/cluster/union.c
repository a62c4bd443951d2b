/* Who is in a channel, all edges taken together. A uid may be at two of them for a moment: while its
 * member moves, or until the one that does not hold has ended it. All edges hold the same one of them, so
 * that nobody is told of it. */
#include "edge/edge_internal.h"

rj_mate rj_mate_of(const rj_session *session) {
  return (rj_mate){.session = session->id,
                   .joined_at = session->joined_at,
                   .since = session->since,
                   .replaces = session->replaces,
                   .uid = session->uid,
                   .how = session->how,
                   .visible = session->visible,
                   .interrupted = session->interrupted};
}

/* The one that came in the other's place; else the later join (S-16); else, of one stay, the one that its
 * member went to last. */
bool rj_mate_holds(const rj_mate *one, const rj_mate *other) {
  if (one->replaces == other->session)
    return true;
  if (other->replaces == one->session)
    return false;
  if (one->joined_at != other->joined_at)
    return one->joined_at > other->joined_at;
  if (one->since != other->since)
    return one->since > other->since;
  return one->session > other->session;
}

static void take_better(rj_mate *best, bool *found, const rj_mate *other) {
  if (!*found || rj_mate_holds(other, best))
    *best = *other;
  *found = true;
}

static bool find_elsewhere(const rj_channel *channel, uint32_t uid, const rj_part *without,
                           bool found, rj_mate *out) {
  const GPtrArray *parts = channel->shared->parts;
  for (guint i = 0; i < parts->len; i++) {
    const rj_part *part = g_ptr_array_index(parts, i);
    const rj_mate *its = part != without ? rj_part_member(part, uid) : NULL;
    if (its == NULL)
      continue;
    rj_mate mate = *its;
    mate.interrupted = mate.interrupted || part->edge->silent;
    take_better(out, &found, &mate);
  }
  return found;
}

bool rj_union_find(const rj_channel *channel, uint32_t uid, const rj_part *without, rj_mate *out) {
  const rj_session *ours = rj_channel_member(channel, uid);
  if (ours != NULL)
    *out = rj_mate_of(ours);
  return find_elsewhere(channel, uid, without, ours != NULL, out);
}

bool rj_union_elsewhere(const rj_channel *channel, uint32_t uid, rj_mate *out) {
  return channel->shared != NULL && find_elsewhere(channel, uid, NULL, false, out);
}

/* The least uid above `after` that the part has; 0: none. */
static uint32_t next_of(const rj_part *part, uint32_t after) {
  uint32_t place = rj_part_place(part, (uint64_t)after + 1);
  return place < part->count ? part->members[place].uid : 0;
}

bool rj_union_next(const rj_channel *channel, uint32_t *local, uint32_t after, rj_mate *out) {
  while (*local < channel->count && channel->members[*local]->uid <= after)
    ++*local;
  uint32_t uid = *local < channel->count ? channel->members[*local]->uid : 0;
  if (channel->shared == NULL) {
    if (uid != 0)
      *out = rj_mate_of(channel->members[*local]);
    return uid != 0;
  }
  for (guint i = 0; i < channel->shared->parts->len; i++) {
    uint32_t its = next_of(g_ptr_array_index(channel->shared->parts, i), after);
    if (its != 0 && (uid == 0 || its < uid))
      uid = its;
  }
  return uid != 0 && rj_union_find(channel, uid, NULL, out);
}

uint32_t rj_union_members_elsewhere(const rj_channel *channel) {
  uint32_t count = 0;
  for (guint i = 0; channel->shared != NULL && i < channel->shared->parts->len; i++)
    count += ((const rj_part *)g_ptr_array_index(channel->shared->parts, i))->count;
  return count;
}

uint32_t rj_union_visible_elsewhere(const rj_channel *channel) {
  uint32_t count = 0;
  for (guint i = 0; channel->shared != NULL && i < channel->shared->parts->len; i++)
    count += ((const rj_part *)g_ptr_array_index(channel->shared->parts, i))->visible;
  return count;
}

bool rj_union_watched_elsewhere(const rj_channel *channel) {
  for (guint i = 0; channel->shared != NULL && i < channel->shared->parts->len; i++) {
    if (((const rj_part *)g_ptr_array_index(channel->shared->parts, i))->watched)
      return true;
  }
  return false;
}

size_t rj_server_members_everywhere(const rj_server *server, const char *app_id,
                                    const char *channel, uint32_t *uids, size_t capacity) {
  const rj_channel *found = rj_channel_find(server, app_id != NULL ? app_id : "", channel);
  size_t count = 0;
  uint32_t local = 0;
  rj_mate mate = {0};
  for (; found != NULL && rj_union_next(found, &local, mate.uid, &mate); count++) {
    if (count < capacity)
      uids[count] = mate.uid;
  }
  return count;
}
