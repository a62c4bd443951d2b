/* One member of one channel: the state machine, the roster and the connections put together.
 * Sans-I/O, one thread at a time.
 *
 * The host feeds datagrams and time, and after every call that takes `now` it sends what
 * rj_member_write gives, answers rj_member_wants_address, and re-arms rj_member_deadline. Events
 * leave through the sink while the call runs. */
#ifndef RJ_CLIENT_MEMBER_H
#define RJ_CLIENT_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/event.h"
#include "base/random.h"
#include "client/url.h"
#include "link/link.h"
#include "machine/machine.h"

typedef struct rj_member rj_member;

/* Takes one event; what it borrows is valid for the call. It must not call back into the member. */
typedef struct {
  void (*push)(void *user, const rj_event_record *event);
  void *user;
} rj_event_sink;

typedef struct {
  const char *app_id; /* checked (rules.h), copied */
  int32_t role, profile, dialect;
  rj_timers timers;
  double time_scale;                        /* already in timers; for what the edge scales too */
  bool stats, peer_interruptions, attempts; /* opt-in events */
  rj_port *port;                            /* borrowed for the member's life; may be shared */
  const rj_trust *trust;                    /* borrowed for the member's life */
  const rj_url *urls;                       /* copied */
  uint32_t url_count;                       /* 1 to RJ_URLS_MAX */
  rj_address local;                         /* own address if the host knows it, else family none */
  const rj_entropy *entropy;                /* ids; borrowed */
  uint64_t seed;                            /* jitter */
  rj_event_sink sink;
} rj_member_config;

/* NULL: out of memory. */
rj_member *rj_member_new(const rj_member_config *config);
/* Forgets everything at once: no packet, no event. */
void rj_member_free(rj_member *member);

/* ---- calls of the app: arguments already checked by rules.h; a status of SPEC section 1 */
int32_t rj_member_join(rj_member *member, const char *token, const char *channel, uint32_t uid,
                       int64_t now);
int32_t rj_member_leave(rj_member *member, int64_t now);
int32_t rj_member_renew_token(rj_member *member, const char *token, int64_t now);
int32_t rj_member_set_role(rj_member *member, int32_t role, int64_t now);
/* D-1: STATUS_INVALID_ARGUMENT (only one of both), NOT_IN_CHANNEL (no stay), TOO_MANY_DATA_STREAMS,
 * NO_PERMISSION, in this order. */
int32_t rj_member_create_stream(rj_member *member, bool reliable, bool ordered, uint32_t *id);
/* D-2: STATUS_SIZE_TOO_LARGE, NOT_IN_CHANNEL, INVALID_ARGUMENT (no such stream), NO_PERMISSION,
 * BITRATE_LIMIT, in this order; RESOURCE_LIMITED: out of memory. Copies the data. */
int32_t rj_member_send_stream(rj_member *member, uint32_t id, const uint8_t *data, size_t length,
                              int64_t now);
/* local: the own address now; NULL, or family none: the host does not know it (with NETWORK_DISCONNECTED NULL leaves it as it
 * was). */
int32_t rj_member_network_changed(rj_member *member, int32_t network, const rj_address *local,
                                  int64_t now);
/* As leave without events (S-30); then run it until it is quiet, and free it. */
void rj_member_retire(rj_member *member, int64_t now);
/* Nothing is left to send or to wait for: DISCONNECTED or FAILED and no goodbye under way. */
bool rj_member_is_quiet(const rj_member *member);

/* ---- time and packets */
/* The host routed a datagram to a link whose owner is this member (rj_port_route, rj_link_owner).
 */
void rj_member_feed(rj_member *member, const rj_path *path, const uint8_t *data, size_t length,
                    int64_t now);
int64_t rj_member_deadline(const rj_member *member);
/* Runs overdue timers. After a stall of RJ_CLIENT_STALL the host calls it before it feeds (SPEC
 * section 2). */
void rj_member_wake(rj_member *member, int64_t now);
/* The next datagram to send; false: none. */
bool rj_member_write(rj_member *member, rj_datagram *out, int64_t now);

/* ---- names: an attempt is about to need the address of edge `*index`, one of the config's urls or, behind them, a neighbour
 * that an edge handed out; false: nothing is wanted */
bool rj_member_wants_address(const rj_member *member, uint32_t *index);
/* Its url, which is the same as long as it is wanted; index as above, or of a config's url. Borrowed until the next call that
 * takes `now`. */
const rj_url *rj_member_url(const rj_member *member, uint32_t index);
/* The answer, NULL = could not be resolved now. Numeric hosts too are asked for (the host parses
 * them). */
void rj_member_set_address(rj_member *member, uint32_t index, const rj_address *address,
                           int64_t now);
/* ns to add to `now` for the wall clock; a host may set it anew at any time. */
void rj_member_set_wall_offset(rj_member *member, int64_t offset);

/* ---- to look at; nothing changes */
int32_t rj_member_state(const rj_member *member);      /* */
uint32_t rj_member_uid(const rj_member *member);       /* 0 = not known yet */
int64_t rj_member_last_proof(const rj_member *member); /* O while an outage lasts; 0 = none yet */
void rj_member_counters(const rj_member *member, rj_counters *out, int64_t now);
/* The network's bad messages so far: connections closed for a protocol error. */
uint64_t rj_member_protocol_errors(const rj_member *member);
/* How often a peer was not shown, because RJ_PEERS_MAX was reached or memory was out. */
uint64_t rj_member_peers_not_shown(const rj_member *member);

#endif
