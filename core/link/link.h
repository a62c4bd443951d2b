/* An authenticated, encrypted connection over datagrams, as the members and the edge see it.
 * Sans-I/O: datagrams and time go in, events, datagrams and deadlines come out. QUIC stands behind
 * it; nothing here says so, so that another transport can.
 *
 * A *port* is one datagram socket's worth of connections: it finds the connection of a datagram,
 * accepts new ones (where it has credentials) and answers what belongs to none. A *link* is one
 * connection. Both belong to one thread.
 *
 * After anything that may have changed a link (feed, wake, send, close …) its owner takes its
 * events (rj_link_next_event) and its datagrams (rj_link_write) until there are none, and then asks
 * for its deadline anew. */
#ifndef RJ_LINK_LINK_H
#define RJ_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/random.h"

typedef struct rj_port rj_port;
typedef struct rj_link rj_link;
typedef struct rj_credentials
    rj_credentials; /* link/credentials.h: certificate, ticket key, reset key of an edge */
typedef struct rj_trust rj_trust; /* link/trust.h: what a client accepts */

typedef struct {
  rj_path path;
  uint8_t *data;   /* the caller's buffer */
  size_t capacity; /* at least RJ_DATAGRAM_BUFFER */
  size_t length;   /* set by the callee */
} rj_datagram;

enum { RJ_DATAGRAM_BUFFER = 1500 };

/* Codes that a closing side gives (application codes of the connection close). */
typedef enum {
  RJ_CLOSE_DONE = 0,            /* nothing more to say: left, replaced by another connection */
  RJ_CLOSE_PROTOCOL = 1,        /* malformed, oversized, unknown or out-of-order message */
  RJ_CLOSE_RESTARTING = 2,      /* the edge goes away and may come back (section 5) */
  RJ_CLOSE_REMOVED = 3,         /* after a removal was told */
  RJ_CLOSE_REFUSED = 4,         /* after a refusal was told */
  RJ_CLOSE_OVERLOADED = 5,      /* a bound was reached */
  RJ_CLOSE_UNKNOWN_SESSION = 6, /* the edge does not know what this connection is for */
  RJ_CLOSE_LEFT = 7 /* a goodbye that was not acknowledged: the close says it once more (S-25) */
} rj_close_code;

typedef enum {
  RJ_LINK_UP,       /* the handshake is complete and the peer authenticated */
  RJ_LINK_MESSAGE,  /* one whole control message: data, length; early = it came as 0-RTT, before UP
                       (may be a replay) */
  RJ_LINK_DATAGRAM, /* an unreliable datagram: data, length */
  RJ_LINK_PROOF,  /* the peer acknowledged something new that was sent (beat, message, control); at
                     most one per feed */
  RJ_LINK_LOST,   /* unreliable datagram `id` is reported lost (it may still have arrived) */
  RJ_LINK_PATH,   /* the new path of a migration: ok = validated, else it failed */
  RJ_LINK_TICKET, /* client: data, length = a ticket to keep for the next dial (replaces an older
                     one) */
  RJ_LINK_CLOSED  /* the last event: how, code. The link sends nothing more but what rj_link_write
                     still gives */
} rj_link_event_kind;

typedef enum {
  RJ_CLOSED_BY_PEER,     /* with a code of the application or of the transport */
  RJ_CLOSED_RESET,       /* stateless reset: the peer does not know this connection (S-9) */
  RJ_CLOSED_TIMEOUT,     /* handshake or idle timeout */
  RJ_CLOSED_CERTIFICATE, /* the peer's certificate failed verification (reason 22) */
  RJ_CLOSED_PROTOCOL,    /* the peer or the path broke the protocol below us */
  RJ_CLOSED_VERSION      /* no common protocol or version (ALPN) */
} rj_closed_how;

/* Above all codes that an application can send: an error of the transport below (an alert, say) is
 * no rj_close_code. */
#define RJ_CODE_TRANSPORT (UINT64_C(1) << 62)

/* data is borrowed until the next call on the same link. */
typedef struct {
  rj_link_event_kind kind;
  const uint8_t *data;
  size_t length;
  bool early;
  bool ok;
  uint64_t id;
  rj_closed_how how;
  uint64_t code; /* CLOSED_BY_PEER: rj_close_code, whatever number the peer took for one, or
                    RJ_CODE_TRANSPORT + an error of the transport */
} rj_link_event;

typedef struct {
  uint64_t bytes_sent, bytes_received, packets_sent, packets_received;
  uint64_t packets_lost; /* of those that carried a beat or another unreliable datagram */
  int64_t round_trip;    /* ns smoothed, 0 = none yet */
  uint64_t packets_open; /* like packets_lost, but neither acknowledged nor lost yet */
} rj_link_counters;

/* Counters of a port, for statistics and tests. */
typedef struct {
  uint64_t datagrams_in, datagrams_out, accepted, retries_sent, resets_sent, malformed, unknown,
      refused_full;
  uint32_t links, handshakes; /* now */
} rj_port_counters;

typedef struct {
  const rj_entropy *entropy; /* ids and tokens; borrowed for the port's life */
  const rj_credentials
      *credentials;          /* an edge; NULL: accepts nothing. Borrowed for the port's life */
  uint32_t links_max;        /* beyond: new ones are ignored, counted */
  uint32_t retry_above;      /* handshakes in flight above which Retry is asked for (0: always) */
  int64_t idle_timeout;      /* ns; > 40 s (section 5) */
  int64_t handshake_timeout; /* ns */
} rj_port_config;

/* ------------------------------------------------------------------ port */

/* NULL: out of memory or the crypto library failed. */
rj_port *rj_port_new(const rj_port_config *config);
/* Every link must have been freed. */
void rj_port_free(rj_port *port);

/* The link that a datagram belongs to by its connection id, or NULL; changes nothing. */
rj_link *rj_port_route(const rj_port *port, const uint8_t *data, size_t length);

/* A datagram came. Returns the link that it went to (an existing one, or one just accepted: then
 * *accepted is true and the caller owns it), or NULL. Malformed input and unknown ids are counted
 * and may make the port write a Retry, a version negotiation or a stateless reset (rj_port_write).
 * `accepted` may be NULL where the port has no credentials. */
rj_link *rj_port_feed(rj_port *port, const rj_path *path, const uint8_t *data, size_t length,
                      int64_t now, bool *accepted);

/* The next datagram that belongs to no link; false: none. */
bool rj_port_write(rj_port *port, rj_datagram *out);

/* links_max and retry_above of the config, anew; links that there are stay. */
void rj_port_set_limits(rj_port *port, uint32_t links_max, uint32_t retry_above);
void rj_port_counters_get(const rj_port *port, rj_port_counters *out);

/* ------------------------------------------------------------------ link */

typedef struct {
  rj_path path; /* local may be unspecified (family none) when the host does not know it */
  const char *server_name; /* for SNI and the verification of names; borrowed for the call */
  const rj_trust *trust;   /* borrowed until the link is freed */
  /* RJ_FINGERPRINT_SIZE bytes, or NULL: a certificate with this fingerprint is accepted beside those that trust pins; where
   * the CAs decide, they alone do. Copied */
  const uint8_t *fingerprint;
  const uint8_t *
      ticket; /* from RJ_LINK_TICKET of a link with the same trust, or NULL; borrowed for the call */
  size_t ticket_length;
  int64_t wall;        /* ns since 1970: the age of the ticket */
  int64_t initial_rtt; /* ns, the last known one; 0 = unknown */
} rj_dial;

/* Starts a connection; the caller owns it. NULL: out of memory or the crypto library failed. */
rj_link *rj_link_dial(rj_port *port, const rj_dial *dial, int64_t now);
/* Forgets the connection without a packet. Any time but from inside another link call. */
void rj_link_free(rj_link *link);

/* For routing: whatever the owner wants to find again. */
void rj_link_set_owner(rj_link *link, void *owner);
void *rj_link_owner(const rj_link *link);
rj_port *rj_link_port(const rj_link *link);

/* Next event; false: none. */
bool rj_link_next_event(rj_link *link, rj_link_event *event);
/* The next datagram to send now; false: none. */
bool rj_link_write(rj_link *link, rj_datagram *out, int64_t now);
int64_t rj_link_deadline(const rj_link *link);
void rj_link_wake(rj_link *link, int64_t now);

/* One control message (1 to RJ_CONTROL_MAX bytes, copied): reliable, in order. Before the handshake
 * is complete it waits, or travels as 0-RTT when the ticket allows; on an accepted link it waits for
 * the client's first message, which opens the way for both. STATUS_OK, STATUS_SIZE_TOO_LARGE, STATUS_RESOURCE_LIMITED (queue full), STATUS_INVALID_STATE (closed). */
int32_t rj_link_send(rj_link *link, const uint8_t *data, size_t length);
/* All control messages so far are acknowledged. */
bool rj_link_all_acknowledged(const rj_link *link);
/* What became of the control messages so far. Acknowledged ones were handed to the peer's owner. */
typedef struct {
  uint64_t sent;         /* taken by rj_link_send */
  uint64_t acknowledged; /* the first so many of them */
  size_t bytes;          /* of the others, with their framing */
} rj_link_progress;
rj_link_progress rj_link_progress_get(const rj_link *link);
/* One unreliable datagram (1 to RJ_MESSAGE_MAX + 64 bytes, copied). One that could not leave until
 * `until` (RJ_NEVER) never leaves. *id (may be NULL) names it in RJ_LINK_LOST. Needs UP: else
 * STATUS_NOT_READY. */
int32_t rj_link_send_datagram(rj_link *link, const uint8_t *data, size_t length, int64_t until,
                              uint64_t *id);
/* Moves a client's connection to a new local address; RJ_LINK_PATH tells the outcome, of the newest
 * one alone. STATUS_INVALID_ARGUMENT: it is there already. STATUS_NOT_READY: it is not up yet. */
int32_t rj_link_migrate(rj_link *link, const rj_address *local, int64_t now);
/* Tells the peer and ends: what was sent before still goes out once, as far as congestion lets it,
 * then one close packet comes out of rj_link_write; RJ_LINK_CLOSED is not produced. Idempotent. */
void rj_link_close(rj_link *link, rj_close_code code, int64_t now);

bool rj_link_is_up(const rj_link *link);
bool rj_link_is_closed(const rj_link *link);
/* When the handshake was completed or, since then, the last authenticated packet came that is newer
 * than those before (1-RTT keys: no handshakes, resets or replays); 0 = never. */
int64_t rj_link_heard(const rj_link *link);
/* The current path. */
const rj_path *rj_link_path(const rj_link *link);
void rj_link_counters_get(const rj_link *link, rj_link_counters *out);

#endif
