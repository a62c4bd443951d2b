/* The peers that one member sees, and the difference between what is so and what was told (SPEC section 4). */
#include "machine/roster.h"

#include <assert.h>
#include <string.h>

#include "base/numbers.h"
#include "base/sorted.h"
#include "base/time.h"

/* Which walk over the peers is under way. rj_roster_next goes through three of them. */
enum { WALK_OVER, WALK_OFFLINES, WALK_JOINS, WALK_HEARD, WALK_DROPPING, WALK_DOUBTS };

void rj_roster_init(rj_roster *roster, bool interruptions) {
  *roster = (rj_roster){.interruptions = interruptions};
}

void rj_roster_lend(rj_roster *roster, rj_peer *memory, uint32_t capacity) {
  assert(capacity >= roster->count);
  if (roster->count > 0)
    memcpy(memory, roster->peers, roster->count * sizeof *memory);
  roster->peers = memory;
  roster->capacity = capacity;
}

/* ---- the sorted array ---- */

static uint64_t uid_at(const void *peers, uint32_t i) {
  return ((const rj_peer *)peers)[i].uid;
}

/* Where uid is, or would be. */
static uint32_t place_of(const rj_roster *roster, uint32_t uid) {
  return rj_sorted_place(roster->peers, roster->count, uid, uid_at);
}

static rj_peer *find(const rj_roster *roster, uint32_t uid) {
  uint32_t place = place_of(roster, uid);
  return place < roster->count && roster->peers[place].uid == uid ? &roster->peers[place] : NULL;
}

const rj_peer *rj_roster_find(const rj_roster *roster, uint32_t uid) {
  return find(roster, uid);
}

bool rj_roster_has_room(const rj_roster *roster, uint32_t uid) {
  return roster->count < roster->capacity || find(roster, uid) != NULL;
}

static rj_peer *find_or_add(rj_roster *roster, uint32_t uid) {
  uint32_t place = place_of(roster, uid);
  rj_peer *peer = roster->peers + place;
  if (place < roster->count && peer->uid == uid)
    return peer;
  assert(roster->count < roster->capacity);
  memmove(peer + 1, peer, (roster->count - place) * sizeof *peer);
  roster->count++;
  *peer = (rj_peer){.uid = uid, .reason = OFFLINE_DROPPED};
  return peer;
}

/* A peer that is not there and that the app does not believe in needs no place. */
static bool needs_place(const rj_peer *peer) {
  return peer->told || peer->present || peer->doubted;
}

static void drop_needless(rj_roster *roster, rj_peer *peer) {
  if (needs_place(peer))
    return;
  uint32_t place = (uint32_t)(peer - roster->peers);
  memmove(peer, peer + 1, (roster->count - place - 1) * sizeof *peer);
  roster->count--;
}

static void compact(rj_roster *roster) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < roster->count; i++) {
    if (needs_place(&roster->peers[i]))
      roster->peers[kept++] = roster->peers[i];
  }
  roster->count = kept;
}

void rj_roster_clear(rj_roster *roster) {
  roster->count = 0;
  roster->visible = 0;
  roster->held = false;
  roster->in_snapshot = false;
  roster->phase = WALK_OVER;
  roster->doubts = 0;
}

void rj_roster_hold(rj_roster *roster) {
  roster->held = true;
  roster->in_snapshot = false; /* one that was under way will be sent anew */
  roster->phase = WALK_OVER;
}

static void set_doubted(rj_roster *roster, rj_peer *peer, bool doubted) {
  roster->doubts = roster->doubts - peer->doubted + (doubted ? 1u : 0u);
  peer->doubted = doubted;
}

/* ---- telling ---- */

/* These keep `told` and `visible` true to what the app heard. */

static void tell_joined(rj_roster *roster, rj_peer *peer, rj_peer_change *change) {
  assert(!peer->told);
  peer->told = true;
  roster->visible++;
  *change = (rj_peer_change){RJ_PEER_JOINED, peer->uid, 0};
}

static void tell_offline(rj_roster *roster, rj_peer *peer, int32_t reason, rj_peer_change *change) {
  assert(peer->told);
  peer->told = false;
  peer->interrupted_told = false; /* an offline ends an interruption, too (P-11) */
  roster->visible--;
  *change = (rj_peer_change){RJ_PEER_OFFLINE, peer->uid, reason};
}

/* Is the app to hear that this peer is silent or heard again? */
static bool heard_differs(const rj_roster *roster, const rj_peer *peer) {
  return roster->interruptions && peer->told && peer->present &&
         peer->interrupted != peer->interrupted_told;
}

static void tell_heard(rj_peer *peer, rj_peer_change *change) {
  peer->interrupted_told = peer->interrupted;
  *change =
      (rj_peer_change){peer->interrupted ? RJ_PEER_INTERRUPTED : RJ_PEER_RESUMED, peer->uid, 0};
}

/* ---- what the edge says ---- */

bool rj_roster_joined(rj_roster *roster, uint32_t uid, rj_peer_change *change) {
  rj_peer *peer = find_or_add(roster, uid);
  peer->present = true;
  peer->interrupted = false;
  set_doubted(roster, peer, false);
  peer->seen = true; /* newer than a page of a snapshot under way */
  if (roster->held)
    return false;
  if (!peer->told) {
    tell_joined(roster, peer, change);
    return true;
  }
  if (!heard_differs(roster, peer)) /* it was in doubt, and is here after all */
    return false;
  tell_heard(peer, change);
  return true;
}

bool rj_roster_offline(rj_roster *roster, uint32_t uid, int32_t reason, rj_peer_change *change) {
  rj_peer *peer = find(roster, uid);
  if (peer == NULL)
    return false;
  peer->present = false;
  peer->reason = (uint8_t)reason;
  set_doubted(roster, peer, false);
  peer->seen = true;
  bool tells = !roster->held && peer->told;
  if (tells)
    tell_offline(roster, peer, reason, change);
  drop_needless(roster, peer);
  return tells;
}

bool rj_roster_interrupted(rj_roster *roster, uint32_t uid, bool interrupted,
                           rj_peer_change *change) {
  rj_peer *peer = find(roster, uid);
  if (peer == NULL || !peer->present)
    return false;
  peer->interrupted = interrupted;
  if (roster->held || !heard_differs(roster, peer))
    return false;
  tell_heard(peer, change);
  return true;
}

/* ---- a snapshot ---- */

void rj_roster_snapshot_begin(rj_roster *roster) {
  roster->held = true;
  roster->in_snapshot = true;
  for (uint32_t i = 0; i < roster->count; i++) {
    rj_peer *peer = &roster->peers[i];
    peer->seen = false;
    /* A departure that was noted keeps its reason, unless the snapshot knows better. */
    if (peer->present)
      peer->reason = OFFLINE_DROPPED;
  }
}

void rj_roster_snapshot_member(rj_roster *roster, uint32_t uid, bool interrupted) {
  assert(roster->in_snapshot);
  rj_peer *peer = find_or_add(roster, uid);
  peer->seen = true;
  peer->present = true;
  peer->interrupted = interrupted;
  set_doubted(roster, peer, false);
}

void rj_roster_snapshot_departed(rj_roster *roster, uint32_t uid, int32_t reason) {
  assert(roster->in_snapshot);
  rj_peer *peer = find(roster, uid);
  if (peer == NULL || peer->seen) /* never heard of, or back again */
    return;
  peer->present = false;
  peer->reason = (uint8_t)reason;
  set_doubted(roster, peer, false);
  peer->seen = true;
}

void rj_roster_snapshot_end(rj_roster *roster, int64_t keep_until, int64_t now) {
  assert(roster->in_snapshot);
  roster->in_snapshot = false;
  for (uint32_t i = 0; i < roster->count; i++) {
    rj_peer *peer = &roster->peers[i];
    if (peer->seen)
      continue;
    /* The edge knows nothing of it. One that started lately may only not have it back yet (P-10). A departure that this
     * client heard of is no doubt. */
    set_doubted(roster, peer, (peer->present || peer->doubted) && peer->told && keep_until > now);
    peer->present = false;
  }
  roster->doubts_end = keep_until;
}

/* ---- the difference ---- */

void rj_roster_release(rj_roster *roster) {
  assert(!roster->in_snapshot);
  roster->held = false;
  roster->phase = WALK_OFFLINES;
  roster->cursor = 0;
}

/* What one walk tells of one peer. */
static bool tell_of(rj_roster *roster, rj_peer *peer, rj_peer_change *change) {
  switch (roster->phase) {
  case WALK_OFFLINES:
    if (!peer->told || peer->present || peer->doubted)
      return false;
    tell_offline(roster, peer, peer->reason, change);
    return true;
  case WALK_JOINS:
    if (peer->told || !peer->present)
      return false;
    tell_joined(roster, peer, change);
    return true;
  default:
    if (!heard_differs(roster, peer))
      return false;
    tell_heard(peer, change);
    return true;
  }
}

bool rj_roster_next(rj_roster *roster, rj_peer_change *change) {
  while (roster->phase >= WALK_OFFLINES && roster->phase <= WALK_HEARD) {
    while (roster->cursor < roster->count) {
      if (tell_of(roster, &roster->peers[roster->cursor++], change))
        return true;
    }
    roster->cursor = 0;
    roster->phase++;
  }
  roster->phase = WALK_OVER;
  compact(roster);
  return false;
}

/* Walks the peers once, telling DROPPED of all told ones or of the doubted ones. */
static bool next_dropped(rj_roster *roster, uint8_t walk, rj_peer_change *change) {
  if (roster->phase != walk) {
    roster->phase = walk;
    roster->cursor = 0;
  }
  while (roster->cursor < roster->count) {
    rj_peer *peer = &roster->peers[roster->cursor++];
    if (!peer->told || (walk == WALK_DOUBTS && !peer->doubted))
      continue; /* a doubted one is a told one */
    tell_offline(roster, peer, OFFLINE_DROPPED, change);
    set_doubted(roster, peer, false);
    return true;
  }
  roster->phase = WALK_OVER;
  compact(roster);
  return false;
}

bool rj_roster_next_dropped(rj_roster *roster, rj_peer_change *change) {
  return next_dropped(roster, WALK_DROPPING, change);
}

/* ---- doubts ---- */

int64_t rj_roster_deadline(const rj_roster *roster) {
  return roster->held || roster->doubts == 0 ? RJ_NEVER : roster->doubts_end;
}

bool rj_roster_wake(rj_roster *roster, int64_t now, rj_peer_change *change) {
  bool goes_on = roster->phase == WALK_DOUBTS; /* the last doubt was told; the walk has to end */
  return (goes_on || rj_roster_deadline(roster) <= now) &&
         next_dropped(roster, WALK_DOUBTS, change);
}
