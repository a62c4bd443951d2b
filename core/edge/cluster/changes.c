/* Our own sessions' changes on their way to the other edges, numbered in each channel, and those of other
 * edges as they come. Changes wait until the host takes what there is for the bus, so that those of one
 * moment travel together. */
#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ out */

static void mark_dirty(rj_cluster *cluster, rj_shared *shared) {
  if (shared->dirty)
    return;
  shared->dirty = true;
  shared->next_dirty = NULL;
  shared->previous_dirty = cluster->dirty_last;
  if (cluster->dirty_last != NULL)
    cluster->dirty_last->next_dirty = shared;
  else
    cluster->dirty_first = shared;
  cluster->dirty_last = shared;
}

static void unmark_dirty(rj_cluster *cluster, rj_shared *shared) {
  if (!shared->dirty)
    return;
  shared->dirty = false;
  if (shared->previous_dirty != NULL)
    shared->previous_dirty->next_dirty = shared->next_dirty;
  else
    cluster->dirty_first = shared->next_dirty;
  if (shared->next_dirty != NULL)
    shared->next_dirty->previous_dirty = shared->previous_dirty;
  else
    cluster->dirty_last = shared->previous_dirty;
}

static void add(rj_shared *shared, const rejoin_SharedChange *change, int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  shared->number++;
  cluster->now = now;
  if (!cluster->connected)
    return; /* the pages will have it */
  if (shared->change_count == RJ_CLUSTER_CHANGES)
    rj_changes_flush(shared, now);
  if (shared->change_count == shared->change_capacity) {
    uint32_t capacity = shared->change_capacity == 0 ? 2 : shared->change_capacity * 2;
    shared->change_capacity = MIN(capacity, RJ_CLUSTER_CHANGES);
    shared->changes = g_renew(rejoin_SharedChange, shared->changes, shared->change_capacity);
  }
  shared->changes[shared->change_count++] = *change;
  mark_dirty(cluster, shared);
}

void rj_changes_put(const rj_session *session, int64_t now) {
  rj_shared *shared = session->channel->shared;
  if (shared == NULL)
    return;
  const rejoin_SharedChange change = {.has_member = true,
                                      .member = {.uid = session->uid,
                                                 .session = session->id,
                                                 .joined_at = session->joined_at,
                                                 .since = session->since,
                                                 .replaces = session->replaces,
                                                 .how = session->how,
                                                 .visible = session->visible,
                                                 .interrupted = session->interrupted}};
  add(shared, &change, now);
}

void rj_changes_gone(const rj_session *session, int32_t offline, int32_t how, int64_t now) {
  rj_shared *shared = session->channel->shared;
  if (shared == NULL || offline == RJ_TELL_NOTHING) /* the put of what takes its place says it */
    return;
  const rejoin_SharedChange change = {.has_member = true,
                                      .member = {.uid = session->uid, .session = session->id},
                                      .gone = true,
                                      .offline = offline >= 0 ? (uint32_t)offline : OFFLINE_QUIT,
                                      .quiet = offline<0, .ended = how> 0 ? (uint32_t)how
                                               : how == RJ_ENDED_LEFT     ? RJ_SHARED_ENDED_LEFT
                                                                          : 0,
                                      .join_key = rj_join_key(session->join_id)};
  add(shared, &change, now);
}

void rj_changes_forget(rj_shared *shared) {
  shared->change_count = 0;
  unmark_dirty(shared->channel->server->cluster, shared);
}

void rj_changes_flush(rj_shared *shared, int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  uint32_t count = shared->change_count;
  if (count == 0)
    return;
  rj_shared_begin(shared, rejoin_ClusterMessage_changes_tag, now);
  rejoin_SharedChanges *out = &cluster->out.body.changes;
  out->first = shared->number - count + 1;
  out->changes_count = (pb_size_t)count;
  memcpy(out->changes, shared->changes, count * sizeof *out->changes);
  rj_changes_forget(shared);
  rj_outbox_publish(cluster, shared->subject);
}

void rj_changes_flush_all(rj_cluster *cluster, int64_t now) {
  while (cluster->dirty_first != NULL)
    rj_changes_flush(cluster->dirty_first, now);
}

/* ------------------------------------------------------------------ in */

static void note_ended(rj_server *server, const rejoin_SharedChange *change, int64_t now) {
  if (change->ended == RJ_SHARED_ENDED_NOTHING ||
      rj_map_get(server->sessions, change->member.session) != NULL ||
      rj_ended_find(&server->ended, change->member.session, now) != NULL)
    return;
  const rj_ended_entry ended = {
      .session = change->member.session,
      .join_key = change->join_key,
      .uid = change->member.uid,
      .how = change->ended == RJ_SHARED_ENDED_LEFT ? RJ_ENDED_LEFT : (int32_t)change->ended};
  rj_ended_note(&server->ended, &ended, rj_after(now, server->timers.ended_kept), now);
}

static void take_gone(rj_shared *shared, rj_part *part, const rejoin_SharedChange *change,
                      int64_t now) {
  note_ended(shared->channel->server, change, now);
  const rj_mate *its = rj_part_member(part, change->member.uid);
  if (its == NULL || its->session != change->member.session)
    return;
  rj_mate gone = *its, others;
  bool is_elsewhere = rj_union_find(shared->channel, gone.uid, part, &others);
  if (change->quiet && !(is_elsewhere && rj_mate_holds(&others, &gone)))
    rj_moving_hold(shared, &gone, now);
  rj_part_set(shared, part, gone.uid, NULL, (int32_t)change->offline, now);
}

static void take_put(rj_shared *shared, rj_part *part, const rejoin_SharedMember *member,
                     int64_t now) {
  const rj_cluster *cluster = shared->channel->server->cluster;
  const rj_mate mate = {.session = member->session,
                        .joined_at = member->joined_at,
                        .since = member->since,
                        .replaces = member->replaces,
                        .uid = member->uid,
                        .how = (uint8_t)member->how,
                        .visible = member->visible,
                        .interrupted = member->interrupted};
  if (part->count < RJ_CLUSTER_PART_MEMBERS &&
      cluster->parts_members < (size_t)RJ_CLUSTER_PARTS_MEMBERS)
    rj_part_set(shared, part, mate.uid, &mate, OFFLINE_QUIT, now);
  else
    rj_cluster_refused(shared->channel->server, "more members than an edge keeps of the others",
                       now);
}

void rj_changes_take(rj_shared *shared, rj_part *part, const rejoin_SharedChanges *changes,
                     int64_t now) {
  if (!part->known || changes->first > part->number + 1) {
    rj_pages_want(shared, part, now); /* some are missing */
    return;
  }
  for (size_t i = 0; i < changes->changes_count; i++) {
    if (changes->first + i <= part->number)
      continue; /* it came before */
    part->number = changes->first + i;
    if (changes->changes[i].gone)
      take_gone(shared, part, &changes->changes[i], now);
    else
      take_put(shared, part, &changes->changes[i].member, now);
  }
}
