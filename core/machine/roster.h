/* The peers that one member sees (SPEC section 4): what the edge says is there, what the app was
 * told, and the difference. Pure. What is to be called "until false" is called so before anything
 * else (rj_roster_clear and rj_roster_hold aside).
 *
 * The roster lives in memory that its owner lends it, sorted by uid. While it is *held* (in
 * RECONNECTING, and until the snapshot that follows a return is complete) changes are only noted;
 * release tells the difference. */
#ifndef RJ_MACHINE_ROSTER_H
#define RJ_MACHINE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t uid;
  uint8_t told;             /* the app believes it is there */
  uint8_t present;          /* the edge says it is there */
  uint8_t reason;           /* OFFLINE_… that goes with not present */
  uint8_t seen;             /* in the snapshot under way */
  uint8_t interrupted_told; /* user_interrupted was told (P-11) */
  uint8_t interrupted;      /* the edge has not heard it for 4 s */
  uint8_t doubted;          /* kept although the edge does not know it (P-10) */
} rj_peer;

typedef enum {
  RJ_PEER_JOINED,
  RJ_PEER_OFFLINE,
  RJ_PEER_INTERRUPTED,
  RJ_PEER_RESUMED
} rj_peer_change_kind;

typedef struct {
  rj_peer_change_kind kind;
  uint32_t uid;
  int32_t reason; /* OFFLINE_… */
} rj_peer_change;

typedef struct {
  rj_peer *peers; /* sorted by uid */
  uint32_t count, capacity;
  uint32_t visible; /* told ones */
  bool held;
  bool in_snapshot;
  bool interruptions; /* P-11 is asked for */
  uint32_t doubts;    /* doubted ones */
  int64_t doubts_end; /* then they are dropped: the same moment for all */
  /* where the walk of a function to be called "until false" stands */
  uint8_t phase;
  uint32_t cursor;
} rj_roster;

void rj_roster_init(rj_roster *roster, bool interruptions);
/* Lends memory for `capacity` peers (>= count) and copies the present ones over; the old memory is
 * the owner's again. */
void rj_roster_lend(rj_roster *roster, rj_peer *memory, uint32_t capacity);
/* Room for one more peer? (An unknown uid needs a place.) */
bool rj_roster_has_room(const rj_roster *roster, uint32_t uid);
/* Forgets everything, tells nothing (SM(1,5), SM(5,·)). Keeps the memory. */
void rj_roster_clear(rj_roster *roster);
/* From now on changes are only noted (an outage began). */
void rj_roster_hold(rj_roster *roster);
const rj_peer *rj_roster_find(const rj_roster *roster, uint32_t uid);

/* The edge says: uid is there / is gone / silent / heard again. In a roster that is not held,
 * *change says what to tell and true is returned; else false. rj_roster_joined needs room
 * (rj_roster_has_room). */
bool rj_roster_joined(rj_roster *roster, uint32_t uid, rj_peer_change *change);
bool rj_roster_offline(rj_roster *roster, uint32_t uid, int32_t reason, rj_peer_change *change);
bool rj_roster_interrupted(rj_roster *roster, uint32_t uid, bool interrupted,
                           rj_peer_change *change);

/* A snapshot of all that the edge sees: begin, its members (room needed) and departures in any
 * order, end. It implies hold. keep_until: peers it does not mention stay until then (P-10: this
 * edge's start + N-4; a time not after now = DROPPED at once). */
void rj_roster_snapshot_begin(rj_roster *roster);
void rj_roster_snapshot_member(rj_roster *roster, uint32_t uid, bool interrupted);
void rj_roster_snapshot_departed(rj_roster *roster, uint32_t uid, int32_t reason);
void rj_roster_snapshot_end(rj_roster *roster, int64_t keep_until, int64_t now);

/* Ends the hold. Then call rj_roster_next until false: offlines before joins, each by ascending uid
 * (P-10), then resumed/interrupted. */
void rj_roster_release(rj_roster *roster);
bool rj_roster_next(rj_roster *roster, rj_peer_change *change);

/* P-9: every told peer is to go offline with DROPPED (held or not): call rj_roster_next_dropped
 * until false, ascending. What is present stays noted. */
bool rj_roster_next_dropped(rj_roster *roster, rj_peer_change *change);

/* When a doubt ends (RJ_NEVER: none), and the next one that ended at now (call until false). Not
 * while held. */
int64_t rj_roster_deadline(const rj_roster *roster);
bool rj_roster_wake(rj_roster *roster, int64_t now, rj_peer_change *change);

#endif
