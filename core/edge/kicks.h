/* Kicks: rules that keep members out of an edge's channels for a time. They outlive the server
 * (SPEC section 5), so a host makes them and lends them to each server that it starts.
 *
 * Times are those of the server's clock. A kick is over at `until`; from then on it is as if it had
 * never been. */
#ifndef RJ_EDGE_KICKS_H
#define RJ_EDGE_KICKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

/* Whom a kick names: whoever fits all that is named; at least one of channel, uid and ip is. Also
 * one member, with all of it. */
typedef struct {
  const char *app_id;  /* never NULL */
  const char *channel; /* NULL: any */
  uint32_t uid;        /* 0: any */
  rj_address ip;       /* RJ_ADDRESS_NONE: any; only the host counts, without port and zone */
} rj_kick_rule;

typedef struct {
  uint64_t id;
  int64_t until;
  rj_kick_rule rule; /* its texts are borrowed until the next change of the kicks */
} rj_kick_view;

typedef struct rj_kicks rj_kicks;

rj_kicks *rj_kicks_new(void);
void rj_kicks_free(rj_kicks *kicks);

/* A new kick, or a new end for the one of the same rule, which keeps its id. Ids ascend and are never
 * given out again. STATUS_OK, or STATUS_RESOURCE_LIMITED when there are RJ_EDGE_KICKS already. */
int32_t rj_kicks_put(rj_kicks *kicks, const rj_kick_rule *rule, int64_t until, int64_t now,
                     uint64_t *id);
/* A new end; one that is not after `now` lifts it. False: there is no such kick. */
bool rj_kicks_set_until(rj_kicks *kicks, uint64_t id, int64_t until, int64_t now);
/* The kick as it was in another life of this edge: whatever has its id or its rule gives way. */
int32_t rj_kicks_restore(rj_kicks *kicks, const rj_kick_view *kick, int64_t now);
/* The id that the next new one gets; and sees to it that it is at least that. */
uint64_t rj_kicks_next_id(const rj_kicks *kicks);
void rj_kicks_skip_ids(rj_kicks *kicks, uint64_t next_id);

/* ---- what other edges have to know of them (core/edge/cluster/kick_sync.c) */

/* A kick as it became by its last change. */
typedef struct {
  rj_kick_view kick; /* until: where it was lifted, of the kick that it was */
  bool lifted;
  bool merged;      /* the change came from another edge */
  uint64_t version; /* of two words on one rule the one with the higher version holds */
  uint64_t number;  /* changes of this table are numbered 1, 2, 3 … */
} rj_kick_change;

/* From now on a kick that is lifted is remembered until it would have been over, so that an edge that has not
 * heard of it does not bring it back. */
void rj_kicks_share(rj_kicks *kicks);
/* The number of the last change. */
uint64_t rj_kicks_changes(const rj_kicks *kicks);
/* Hands over each kick whose last change has a number above `after`, in their order. */
void rj_kicks_each_change(rj_kicks *kicks, uint64_t after, int64_t now,
                          void (*take)(void *user, const rj_kick_change *change), void *user);
/* What another edge says of a kick; its rule is what counts, and an id that another rule has here is not
 * taken over. False: we knew better, or there is no room. */
bool rj_kicks_merge(rj_kicks *kicks, const rj_kick_change *theirs, int64_t now);
/* Equal where tables are: of all rules and versions. */
uint64_t rj_kicks_digest(rj_kicks *kicks, int64_t now);

/* Is this member kept out? Takes the same time however many kicks there are. */
bool rj_kicks_fit(const rj_kicks *kicks, const rj_kick_rule *member, int64_t now);
/* The one with the least id above `after`; false: there is none. A walk begins with after = 0. */
bool rj_kicks_next(rj_kicks *kicks, uint64_t after, int64_t now, rj_kick_view *out);
bool rj_kicks_get(rj_kicks *kicks, uint64_t id, int64_t now, rj_kick_view *out);
size_t rj_kicks_count(rj_kicks *kicks, int64_t now);

/* The host alone: without port and zone, IPv4 within IPv6 as IPv4. */
rj_address rj_kick_host(const rj_address *address);
/* Its text, "192.0.2.1" or "2001:db8::1"; "" where there is none. Returns text. */
const char *rj_kick_host_text(const rj_address *host, char text[RJ_ADDRESS_TEXT_SIZE]);
/* Reads that; false: not a numeric address, or one with a port. */
bool rj_kick_host_parse(const char *text, rj_address *out);

#endif
