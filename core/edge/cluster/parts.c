/* What the other edges have of a channel of ours: one part for each of them, with its members by uid. A
 * part is what its edge says, and nothing else; what our members see of it, the union decides. */
#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ the parts of a channel */

static uint64_t edge_at(const void *parts, uint32_t i) {
  return ((const rj_part *)g_ptr_array_index((const GPtrArray *)parts, i))->edge->id;
}

/* Where that edge's part is or belongs. */
static guint place_of(const rj_shared *shared, uint64_t edge) {
  return rj_sorted_place(shared->parts, shared->parts->len, edge, edge_at);
}

rj_part *rj_part_of(const rj_shared *shared, const rj_other_edge *edge) {
  guint place = place_of(shared, edge->id);
  if (place == shared->parts->len)
    return NULL;
  rj_part *part = g_ptr_array_index(shared->parts, place);
  return part->edge == edge ? part : NULL;
}

rj_part *rj_part_need(rj_shared *shared, rj_other_edge *edge) {
  rj_part *part = rj_part_of(shared, edge);
  if (part == NULL) {
    part = g_new0(rj_part, 1);
    part->edge = edge;
    g_ptr_array_insert(shared->parts, (gint)place_of(shared, edge->id), part);
  }
  return part;
}

void rj_part_forget_coming(rj_shared *shared, rj_part *part) {
  if (part->coming == NULL)
    return;
  shared->channel->server->cluster->parts_members -= part->coming_total;
  g_free(part->coming);
  g_free(part->coming_pages);
  g_array_free(part->departed, TRUE);
  part->coming = NULL;
  part->coming_pages = NULL;
  part->departed = NULL;
}

void rj_part_free(rj_shared *shared, rj_part *part) {
  rj_part_forget_coming(shared, part);
  rj_shared_forget_early(shared, part);
  shared->channel->server->cluster->parts_members -= part->count;
  g_ptr_array_remove_index(shared->parts, place_of(shared, part->edge->id));
  g_free(part->members);
  g_free(part);
}

/* ------------------------------------------------------------------ its members */

static uint64_t uid_at(const void *part, uint32_t i) {
  return ((const rj_part *)part)->members[i].uid;
}

uint32_t rj_part_place(const rj_part *part, uint64_t uid) {
  return rj_sorted_place(part, part->count, uid, uid_at);
}

const rj_mate *rj_part_member(const rj_part *part, uint32_t uid) {
  uint32_t place = rj_part_place(part, uid);
  return place < part->count && part->members[place].uid == uid ? &part->members[place] : NULL;
}

static void remove_member(rj_part *part, uint32_t place) {
  part->visible -= part->members[place].visible;
  part->count--;
  memmove(&part->members[place], &part->members[place + 1],
          (part->count - place) * sizeof(rj_mate));
}

static void insert_member(rj_part *part, uint32_t place, const rj_mate *mate) {
  if (part->count == part->capacity) {
    part->capacity = part->capacity == 0 ? 2 : part->capacity * 2;
    part->members = g_renew(rj_mate, part->members, part->capacity);
  }
  memmove(&part->members[place + 1], &part->members[place],
          (part->count - place) * sizeof(rj_mate));
  part->members[place] = *mate;
  part->count++;
  part->visible += mate->visible;
}

/* As the members of this edge's channel see it: it is silent with its edge. */
static rj_mate seen(const rj_part *part, const rj_mate *mate) {
  rj_mate it = *mate;
  it.interrupted = it.interrupted || part->edge->silent;
  return it;
}

/* What holds of what the others have (`is_elsewhere`) and the part has (NULL: nothing). */
static const rj_mate *better(const rj_mate *others, bool is_elsewhere, const rj_mate *its) {
  if (!is_elsewhere)
    return its;
  return its != NULL && rj_mate_holds(its, others) ? its : others;
}

/* The part had `old` of the uid (NULL: nothing) and has `new` now. */
static void differs(rj_shared *shared, rj_part *part, uint32_t uid, const rj_mate *old,
                    const rj_mate *new, int32_t reason, int64_t now) {
  rj_channel *channel = shared->channel;
  rj_mate others, was, is;
  bool is_elsewhere = rj_union_find(channel, uid, part, &others);
  if (old != NULL)
    was = seen(part, old);
  if (new != NULL)
    is = seen(part, new);
  rj_presence_differs(channel, uid, better(&others, is_elsewhere, old != NULL ? &was : NULL),
                      better(&others, is_elsewhere, new != NULL ? &is : NULL), reason, now);
  if (new == NULL)
    return;
  rj_duplicates_settle(channel, &is, now);
  if (part->edge != &channel->server->cluster->nowhere)
    rj_moving_arrived(shared, uid);
}

/* The session in whose place it came is not to come back (S-14). */
static void note_replaced(rj_shared *shared, const rj_mate *mate, int64_t now) {
  rj_server *server = shared->channel->server;
  if (mate->how == RJ_REPLACED_MOVED || mate->replaces == 0 ||
      rj_map_get(server->sessions, mate->replaces) != NULL ||
      rj_ended_find(&server->ended, mate->replaces, now) != NULL)
    return;
  const rj_ended_entry ended = {.session = mate->replaces,
                                .uid = mate->uid,
                                .how = mate->how == RJ_REPLACED_LEFT ? RJ_ENDED_LEFT
                                                                     : REASON_SAME_UID_LOGIN};
  rj_ended_note(&server->ended, &ended, rj_after(now, server->timers.ended_kept), now);
}

void rj_part_set(rj_shared *shared, rj_part *part, uint32_t uid, const rj_mate *mate,
                 int32_t reason, int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  uint32_t place = rj_part_place(part, uid);
  bool had = place < part->count && part->members[place].uid == uid;
  rj_mate old = {0};
  if (had) {
    old = part->members[place];
    remove_member(part, place);
    cluster->parts_members--;
  }
  if (mate != NULL) {
    insert_member(part, place, mate);
    cluster->parts_members++;
    note_replaced(shared, mate, now);
  }
  differs(shared, part, uid, had ? &old : NULL, mate, reason, now);
}

void rj_part_drop(rj_shared *shared, rj_part *part, uint32_t uid) {
  uint32_t place = rj_part_place(part, uid);
  if (place == part->count || part->members[place].uid != uid)
    return;
  remove_member(part, place);
  shared->channel->server->cluster->parts_members--;
}

static int32_t reason_of(const GArray *departed, uint32_t uid) {
  for (guint i = 0; departed != NULL && i < departed->len; i++) {
    const rejoin_SharedDeparture *gone = &g_array_index(departed, rejoin_SharedDeparture, i);
    if (gone->uid == uid)
      return (int32_t)gone->reason;
  }
  return OFFLINE_DROPPED;
}

/* P-10: those who left first, then those who came, each by uid. */
void rj_part_replace(rj_shared *shared, rj_part *part, rj_mate *members, uint32_t count,
                     const GArray *departed, int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  rj_mate *old = part->members;
  uint32_t old_count = part->count;
  cluster->parts_members += count;
  cluster->parts_members -= old_count;
  part->members = members;
  part->count = part->capacity = count;
  part->visible = 0;
  for (uint32_t i = 0; i < count; i++)
    part->visible += members[i].visible;

  for (uint32_t i = 0; i < old_count; i++) {
    if (rj_part_member(part, old[i].uid) == NULL)
      differs(shared, part, old[i].uid, &old[i], NULL, reason_of(departed, old[i].uid), now);
  }
  for (uint32_t i = 0, j = 0; i < count; i++) {
    while (j < old_count && old[j].uid < members[i].uid)
      j++;
    const rj_mate *before = j < old_count && old[j].uid == members[i].uid ? &old[j] : NULL;
    note_replaced(shared, &members[i], now);
    differs(shared, part, members[i].uid, before, &members[i], OFFLINE_QUIT, now);
  }
  g_free(old);
}

void rj_part_heard(rj_shared *shared, rj_part *part, int64_t now) {
  for (uint32_t i = 0; i < part->count; i++) {
    rj_mate is = seen(part, &part->members[i]), was = is;
    if (part->members[i].interrupted)
      continue; /* it is silent in either case */
    was.interrupted = !part->edge->silent;
    rj_mate others;
    bool is_elsewhere = rj_union_find(shared->channel, is.uid, part, &others);
    if (better(&others, is_elsewhere, &is) == &is)
      rj_presence_differs(shared->channel, is.uid, &was, &is, OFFLINE_DROPPED, now);
  }
}
