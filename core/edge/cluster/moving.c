/* Members whose edge says that another one has them now, which has not said so to us yet: its word may be
 * late, or lost until its next digest. Until then they stay where they were, so that nobody is told of a
 * move (P-3). They are kept as the part of an edge that is nowhere. */
#include "edge/edge_internal.h"

typedef struct {
  int64_t until;
  uint64_t session;
  uint32_t uid;
} moving_member;

/* The digest that heals a loss, and the question and answer that follow. */
static int64_t hold_for(const rj_cluster *cluster) {
  return cluster->digest + 2 * cluster->hello;
}

void rj_moving_hold(rj_shared *shared, const rj_mate *mate, int64_t now) {
  rj_server *server = shared->channel->server;
  rj_part *part = rj_part_need(shared, &server->cluster->nowhere);
  moving_member *member = g_new(moving_member, 1);
  *member = (moving_member){.until = rj_after(now, hold_for(server->cluster)),
                            .session = mate->session,
                            .uid = mate->uid};
  g_queue_push_tail(&shared->moving, member);
  rj_part_set(shared, part, mate->uid, mate, OFFLINE_DROPPED, now);
  rj_server_alarm_by(server, &shared->channel->alarm, member->until);
}

void rj_moving_arrived(rj_shared *shared, uint32_t uid) {
  rj_part *part = rj_part_of(shared, &shared->channel->server->cluster->nowhere);
  if (part != NULL)
    rj_part_drop(shared, part, uid);
}

int64_t rj_moving_due(const rj_shared *shared) {
  const moving_member *first = g_queue_peek_head((GQueue *)&shared->moving);
  return first != NULL ? first->until : RJ_NEVER;
}

void rj_moving_wake(rj_shared *shared, int64_t now) {
  rj_part *part = rj_part_of(shared, &shared->channel->server->cluster->nowhere);
  while (rj_moving_due(shared) <= now) {
    moving_member *member = g_queue_pop_head(&shared->moving);
    const rj_mate *mate = rj_part_member(part, member->uid);
    if (mate != NULL && mate->session == member->session) /* it never arrived */
      rj_part_set(shared, part, member->uid, NULL, OFFLINE_DROPPED, now);
    g_free(member);
  }
}

void rj_moving_clear(rj_shared *shared) {
  g_queue_clear_full(&shared->moving, g_free);
}
