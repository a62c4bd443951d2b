/* The edge as an object without I/O: sessions, channels and who may be in them. One thread at a
 * time.
 *
 * The host feeds datagrams and time; after every call that takes `now` it sends what
 * rj_server_write gives and re-arms rj_server_deadline. */
#ifndef RJ_EDGE_SERVER_H
#define RJ_EDGE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/random.h"
#include "edge/bus.h"
#include "edge/kicks.h"
#include "edge/observe.h"
#include "link/credentials.h"
#include "link/link.h"

typedef struct rj_server rj_server;

/* ns, each > 0; already multiplied by the time scale. */
typedef struct {
  int64_t offline;                    /* N-4 */
  int64_t interrupted;                /* P-11: 4 s */
  int64_t empty_channel;              /* N-7 */
  int64_t two_links;                  /* section 5: 5 s */
  int64_t ended_kept, uid_quarantine; /* section 5: 20 min */
  int64_t departed_kept; /* how long a departure's reason and reliable messages are kept for members
                            that rejoin; > offline */
  int64_t farewell;      /* S-25: how long a refusal or removal may take to arrive */
  int64_t busy_retry;    /* when one that found no room may try again */
  int64_t unreliable;    /* D-4: 1 s */
  int64_t neighbours;    /* members hear of changed neighbours at most so often; 5 s */
} rj_server_timers;

void rj_server_timers_default(rj_server_timers *timers, double scale);

/* A-3; 0 = the default of base/limits.h */
typedef struct {
  uint32_t sessions, channel_members, channel_broadcasters, handshakes, links;
  /* of one address, IPv6: of one /64: so many at once, and then so many in the time */
  uint32_t joins_per_second, bad_tokens_per_minute;
  uint32_t accepts_per_second; /* of the edge: new members, at once and then in each second */
  uint32_t
      role_changes_per_minute; /* of one member of the live profile: each is told to all others */
  bool loopback;               /* the limits of an address are those of loopback ones, too */
} rj_server_limits;

typedef struct {
  const char *app_id;
  /* Tokens are signed with the first or, while one takes the other's place, with the second (may be
   * NULL). Both NULL: testing mode, tokens are ignored. */
  const char *certificates[2];
} rj_server_app;

/* The edges of one cluster share channels over a bus. The texts are copied. */
typedef struct {
  const char *name;        /* one NATS token: edges of one name share; NULL: this edge is alone */
  const char *url;         /* where clients reach this edge; given to the members of the others */
  const char *fingerprint; /* of its certificate, as rj_credentials_fingerprint has it */
  int64_t hello;           /* ns: how often it says that it is there; 0: the default, 1 s */
  int64_t digest;          /* ns: how often it says what it has, so that losses heal; 0: 5 s */
} rj_server_cluster;

typedef struct {
  const rj_credentials *credentials; /* borrowed: outlives the edge */
  const rj_entropy *entropy;         /* borrowed */
  rj_kicks *kicks;                   /* borrowed: outlives the edge; NULL: there are none */
  rj_server_timers timers;
  rj_server_limits limits;
  const rj_server_app *apps; /* copied; none = any app id, testing mode */
  uint32_t app_count;
  const char *channel_pattern; /* a GRegex that names must match in full, or NULL (reason 7) */
  rj_observer observer;
  rj_server_cluster cluster;
} rj_server_config;

typedef struct {
  rj_port_counters port;
  uint64_t joins, rejoins, takeovers, leaves, drops, expiries, kicks, refusals, busy,
      protocol_errors;
  /* of the bus: messages that came and went; refused: malformed ones and those that claim what cannot
   * be; lost: found no room on the way out; repairs: how often it asked what it had missed */
  uint64_t bus_in, bus_out, bus_refused, bus_lost, bus_repairs;
  uint64_t moves; /* members that are at another edge since */
  uint32_t edges; /* others of the cluster that are there */
  uint32_t sessions, channels;
  uint32_t waiting; /* connections that are no member's: who joins waits for an answer */
} rj_server_counters;

/* NULL: *error (at least 256 bytes) says what is wrong with the config. */
rj_server *rj_server_new(const rj_server_config *config, int64_t now, char *error,
                         size_t error_size);
/* Forgets everything without a packet (a crash). */
void rj_server_free(rj_server *server);
/* Closes every connection with "restarting" (SPEC section 5); write what there is, then free. */
void rj_server_stop(rj_server *server, int64_t now);

void rj_server_feed(rj_server *server, const rj_path *path, const uint8_t *data, size_t length,
                    int64_t now);
int64_t rj_server_deadline(rj_server *server);
void rj_server_wake(rj_server *server, int64_t now);
bool rj_server_write(rj_server *server, rj_datagram *out, int64_t now);
/* The loop stood still for `gap` (> RJ_EDGE_STALL): added to every last_heard, up to `now`. Call
 * after the waiting packets were fed, before wake. */
void rj_server_stalled(rj_server *server, int64_t gap, int64_t now);
/* ns to add to `now` for the wall clock; a host may set it anew at any time. */
void rj_server_set_wall_offset(rj_server *server, int64_t offset);

/* Removes every member that the rule names, now (S-15, P-8), and returns how many there were. Who is
 * kept out afterwards, config.kicks says. */
size_t rj_server_kick(rj_server *server, const rj_kick_rule *rule, int64_t now);

/* from now on nobody new is let in ("busy, retry elsewhere"), and the members that there are now
 * are told to move, spread evenly over `span` (0: at once). Who stays is kept. Returns how many will be
 * told; once more begins anew with those that are still here. Ends with the server. */
size_t rj_server_drain(rj_server *server, int64_t span, int64_t now);

bool rj_server_is_draining(const rj_server *server);

/* ---- what may change while it runs; nobody who is in is put out by it */

/* from now on. */
void rj_server_set_limits(rj_server *server, const rj_server_limits *limits);
/* From now on these apps and no others; copied. Members of an app that is gone stay until they rejoin, which is refused with
 * reason 6; members whose token the new certificates do not fit, too, with 8. False: `error` says what is wrong, and nothing
 * changed. */
bool rj_server_set_apps(rj_server *server, const rj_server_app *apps, uint32_t app_count,
                        char *error, size_t error_size);
/* Its certificate has this fingerprint now (as config.cluster.fingerprint): the others of its cluster are told at once, so that
 * whoever they send here knows it. Without a cluster nothing. */
void rj_server_set_fingerprint(rj_server *server, const char *fingerprint, int64_t now);

/* ---- the bus, of an edge that has a cluster; after every call that takes `now` the host takes what
 * rj_server_bus_next gives, as it takes datagrams */

/* The next thing that the edge wants of its bus; false: nothing. While the bus is not connected nothing
 * is wanted. */
bool rj_server_bus_next(rj_server *server, rj_bus_order *out);
/* A message came. Whatever is in it: hostile ones are counted and change nothing. */
void rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data, size_t length,
                        int64_t now);
/* The bus can be reached (anew): the edge subscribes to what it needs from the start, and makes known
 * what it has. Or not any more: subscriptions are gone. At first it is not connected. */
void rj_server_bus_connected(rj_server *server, bool connected, int64_t now);

/* Another edge of the cluster, as this one knows it; texts are borrowed until the next call of the edge. */
typedef struct {
  uint64_t id;                   /* random per start of its state */
  const char *url, *fingerprint; /* "": not known (yet), or it has none */
  uint32_t sessions;
  bool draining;
  bool silent; /* not heard for a while: its members count as interrupted (P-11) */
  bool gone;   /* not heard for too long, or stopped: it has no members for us */
  int64_t last_heard;
} rj_cluster_edge;

typedef struct {
  const char *name; /* NULL: this edge has no cluster, and nothing else here counts */
  uint64_t id;      /* of this edge */
  bool connected;   /* to the bus */
  size_t edges;     /* others that it knows, also those that are gone */
  size_t alive;     /* … and that are there */
} rj_cluster_status;

void rj_server_cluster_status(const rj_server *server, rj_cluster_status *out);
/* The i-th of status.edges, by id; false: there are fewer. */
bool rj_server_cluster_edge(const rj_server *server, size_t i, rj_cluster_edge *out);
/* Where a client may go instead: the i-th of the edges that are there, let members in and have a url, in an
 * order that is drawn anew with each i = 0 (so that clients spread). Texts as above. False: no more. */
bool rj_server_neighbours(rj_server *server, size_t i, const char **url, const char **fingerprint);
/* Who is in the channel at any edge, as far as this one knows: like rj_server_members. */
size_t rj_server_members_everywhere(const rj_server *server, const char *app_id,
                                    const char *channel, uint32_t *uids, size_t capacity);

/* ---- to look at; app_id NULL = "" */
/* When the edge last heard this member; 0 = not a member. */
int64_t rj_server_last_heard(const rj_server *server, const char *app_id, const char *channel,
                             uint32_t uid);
/* Fills uids (ascending, up to capacity) and returns how many members there are. */
size_t rj_server_members(const rj_server *server, const char *app_id, const char *channel,
                         uint32_t *uids, size_t capacity);
/* The names of the channels of an app, one after the other with their NULs; returns the bytes
 * needed. */
size_t rj_server_channels(const rj_server *server, const char *app_id, char *names,
                          size_t capacity);
void rj_server_counters_get(const rj_server *server, rj_server_counters *out);

#endif
