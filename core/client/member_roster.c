/* The peers of a member (SPEC section 4): the edge's pages and news go into the roster, what it says is told. */
#include "client/member_internal.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

/* Makes room for one more peer. False: the bound is reached or memory is out; the peer is not shown. */
static bool make_room(rj_member *member, uint32_t uid) {
  rj_roster *roster = &member->roster;
  if (rj_roster_has_room(roster, uid))
    return true;
  uint32_t capacity = roster->capacity == 0 ? FIRST_CAPACITY : roster->capacity * 2;
  if (capacity > RJ_PEERS_MAX)
    capacity = RJ_PEERS_MAX;
  rj_peer *memory = capacity > roster->capacity ? calloc(capacity, sizeof *memory) : NULL;
  if (memory == NULL) {
    member->peers_not_shown++;
    return false;
  }
  rj_roster_lend(roster, memory, capacity);
  free(member->peers);
  member->peers = memory;
  return rj_roster_has_room(roster, uid);
}

void rj_member_roster_clear(rj_member *member) {
  rj_roster_clear(&member->roster);
  member->snapshot_due = RJ_NEVER;
  member->snapshot_awaited = false;
  member->snapshot_open = false;
}

void rj_member_roster_hold(rj_member *member) {
  rj_roster_hold(&member->roster);
  /* Pages that still come are left over: they will be asked for anew, or come after the next answer. */
  member->snapshot_number = member->snapshot_requests + 1;
  member->snapshot_due = RJ_NEVER;
  member->snapshot_awaited = false;
  member->snapshot_open = false;
}

/* ---- the whole roster, in pages ---- */

static void await(rj_member *member, uint32_t number) {
  member->snapshot_number = number;
  member->snapshot_awaited = true;
  member->snapshot_open = false;
}

void rj_member_roster_await(rj_member *member) {
  await(member, 0);
  member->snapshot_due = RJ_NEVER;
}

bool rj_member_roster_request(rj_member *member, int64_t now) {
  await(member, ++member->snapshot_requests);
  member->snapshot_due = rj_after(now, member->machine.timers.roster);
  rj_control message = {.which_body = rejoin_Control_roster_request_tag};
  message.body.roster_request.number = member->snapshot_number;
  message.body.roster_request.received = member->message_number;
  return rj_member_send(member->bound.link, &message);
}

static void release(rj_member *member, int64_t now) {
  rj_roster_release(&member->roster);
  rj_peer_change change;
  while (rj_roster_next(&member->roster, &change))
    rj_member_tell_peer(member, &change, now);
}

/* The interrupted ones are listed among the members; both lists ascend (codec.h). */
static bool is_listed(const rejoin_RosterPage *page, uint32_t uid, size_t *cursor) {
  while (*cursor < page->interrupted_count && page->interrupted[*cursor] < uid)
    ++*cursor;
  return *cursor < page->interrupted_count && page->interrupted[*cursor] == uid;
}

static bool take_members(rj_member *member, const rejoin_RosterPage *page) {
  size_t cursor = 0;
  for (size_t i = 0; i < page->members_count; i++) {
    uint32_t uid = page->members[i];
    if (uid <= member->snapshot_uid || uid == member->uid)
      return false; /* not ascending over the pages, or ourselves */
    member->snapshot_uid = uid;
    bool interrupted = is_listed(page, uid, &cursor);
    if (make_room(member, uid))
      rj_roster_snapshot_member(&member->roster, uid, interrupted);
  }
  return true;
}

static void take_departed(rj_member *member, const rejoin_RosterPage *page) {
  for (size_t i = 0; i < page->departed_count; i++) {
    if (page->departed[i].uid != member->uid) /* our own way out, seen from the edge */
      rj_roster_snapshot_departed(&member->roster, page->departed[i].uid,
                                  (int32_t)page->departed[i].reason);
  }
}

/* What the edge had on its way in the outage is sent again by timers that waited twice as long each time: after a long one,
 * nothing but acknowledgements may come on the old connection for as long again. A new connection begins afresh, and the
 * edge goes on there from what this member has. */
void rj_member_roster_late(rj_member *member, int64_t now) {
  /* A move goes to a connection that begins afresh anyway; should none come of it, later. */
  if (member->moving) {
    member->snapshot_due = rj_after(now, member->machine.timers.roster);
    return;
  }
  member->snapshot_due = RJ_NEVER;
  rj_member_dial_now(member, now);
}

static void end_snapshot(rj_member *member, const rejoin_RosterPage *page, int64_t now) {
  if (member->snapshot_number != 0 && !member->moving)
    rj_member_stop_late(member, now);
  member->snapshot_due = RJ_NEVER;
  member->snapshot_awaited = false;
  member->snapshot_open = false;
  /* P-10: what this edge does not know yet may still come until its own start + N-4 */
  int64_t keep_until = now - page->edge_age_ms * RJ_MILLISECOND + member->machine.timers.offline;
  rj_roster_snapshot_end(&member->roster, keep_until, now);
  /* In an outage the hold goes on; the pages after it release the difference. */
  if (member->machine.state == STATE_CONNECTED)
    release(member, now);
}

bool rj_member_roster_page(rj_member *member, const rejoin_RosterPage *page, int64_t now) {
  if (page->number > member->snapshot_requests)
    return false;
  if (page->number != member->snapshot_number)
    return page->number < member->snapshot_number; /* left over from an earlier question */
  if (!member->snapshot_awaited || page->first == member->snapshot_open)
    return false;
  if (page->first) {
    member->snapshot_open = true;
    member->snapshot_uid = 0;
    rj_roster_snapshot_begin(&member->roster);
  }
  if (!take_members(member, page))
    return false;
  take_departed(member, page);
  if (page->last)
    end_snapshot(member, page, now);
  return true;
}

/* ---- news of single peers: uids and reasons are good ones (codec.h), but never our own ---- */

bool rj_member_roster_joined(rj_member *member, uint32_t uid, int64_t now) {
  if (uid == member->uid)
    return false;
  rj_peer_change change;
  if (make_room(member, uid) && rj_roster_joined(&member->roster, uid, &change))
    rj_member_tell_peer(member, &change, now);
  return true;
}

bool rj_member_roster_offline(rj_member *member, uint32_t uid, uint32_t reason, int64_t now) {
  if (uid == member->uid)
    return false;
  rj_peer_change change;
  if (rj_roster_offline(&member->roster, uid, (int32_t)reason, &change))
    rj_member_tell_peer(member, &change, now);
  return true;
}

bool rj_member_roster_heard(rj_member *member, uint32_t uid, bool interrupted, int64_t now) {
  if (uid == member->uid || !member->roster.interruptions)
    return false; /* nobody asked for it (P-11) */
  rj_peer_change change;
  if (rj_roster_interrupted(&member->roster, uid, interrupted, &change))
    rj_member_tell_peer(member, &change, now);
  return true;
}

/* ---- timers ---- */

void rj_member_roster_drop_peers(rj_member *member, int64_t now) {
  rj_peer_change change;
  while (rj_roster_next_dropped(&member->roster, &change))
    rj_member_tell_peer(member, &change, now);
}

void rj_member_roster_doubts(rj_member *member, int64_t now) {
  rj_peer_change change;
  while (rj_roster_wake(&member->roster, now, &change))
    rj_member_tell_peer(member, &change, now);
}
