/* Every bound of the library, by name (DESIGN rule 10). What reaching it gives stands beside it. */
#ifndef RJ_BASE_LIMITS_H
#define RJ_BASE_LIMITS_H

#include "base/time.h"

enum {
  /* what an app gives */
  RJ_CHANNEL_MAX = 64,     /* bytes; beyond: STATUS_INVALID_CHANNEL_NAME (S-2) */
  RJ_TOKEN_MAX = 4096,     /* bytes; beyond: STATUS_INVALID_ARGUMENT (S-2) */
  RJ_APP_ID_MAX = 64,      /* bytes; beyond: STATUS_INVALID_ARGUMENT */
  RJ_URL_MAX = 256,        /* bytes; beyond: STATUS_INVALID_ARGUMENT */
  RJ_URLS_MAX = 8,         /* edges a client may be given; beyond: STATUS_INVALID_ARGUMENT */
  RJ_MESSAGE_MAX = 1024,   /* bytes of a stream message (D-2): STATUS_SIZE_TOO_LARGE */
  RJ_DATA_STREAMS_MAX = 5, /* per client (D-1): STATUS_TOO_MANY_DATA_STREAMS */

  /* what a client sends on its streams; beyond: STATUS_BITRATE_LIMIT (D-2, D-4) */
  RJ_MESSAGES_PER_SECOND = 60,            /* in any second */
  RJ_MESSAGE_BYTES_PER_SECOND = 30 << 10, /* in any second */
  RJ_MESSAGES_WAITING = 64,               /* given while RECONNECTING */
  RJ_MESSAGES_UNPROVED = 1024,            /* not known to have reached the edge: 17 s of them … */
  RJ_MESSAGE_BYTES_UNPROVED = 512 << 10,  /* … and their bytes */
  RJ_STREAMS_HEARD = 16384, /* streams of peers whose place is known; beyond: all are forgotten */
  RJ_STAYS_HEARD = 8,       /* stays of the same uid whose place in one stream is known */

  /* the event queue of a handle */
  RJ_QUEUE_PEER_EVENTS =
      1024, /* undelivered user_joined/offline kept as they came; beyond: net change per peer */
  RJ_QUEUE_DATA_EVENTS =
      256, /* undelivered messages and stats; beyond: dropped, events_dropped says how many */
  RJ_QUEUE_MISSED_STREAMS =
      1024, /* streams of which messages were dropped; beyond: events_dropped alone says so */
  RJ_UNKNOWN_NAMES = 4, /* "unknown(N)" texts kept per thread */

  /* the C interface */
  RJ_STRUCT_SIZE_MAX =
      65536,          /* bytes of a struct that an app gives; beyond: STATUS_INVALID_ARGUMENT */
  RJ_ERRORS_KEPT = 8, /* handles per thread whose last error's text is kept; beyond: the oldest */

  /* a client */
  RJ_FAREWELLS_MAX =
      2, /* connections still saying goodbye after a leave; beyond: the oldest is closed at once */
  RJ_CLOSING_MAX = 4, /* closed connections whose last packet was not taken; beyond: sent never */
  RJ_NEIGHBOURS = 4,  /* edges that an edge hands out to its members; beyond: not handed out, and a
                           member that gets more closes the connection */
  RJ_NEIGHBOURS_KEPT =
      6, /* … that a member knows: those of the newest set, and where it is; beyond: not taken */
  RJ_PEERS_MAX = 16384, /* peers in one roster; beyond: the newest are not shown, counted */

  /* the wire */
  RJ_CONTROL_MAX = 6144,    /* bytes of one control message; beyond: connection closed, counted */
  RJ_ROSTER_PAGE = 128,     /* members in one roster page */
  RJ_DEPARTED_PAGE = 128,   /* departures in one roster page */
  RJ_BEAT_SIZE = 16,        /* bytes of a beat, padded so that a stateless reset can answer it */
  RJ_DATAGRAM_MAX = 1200,   /* UDP payload that QUIC is allowed */
  RJ_FINGERPRINT_SIZE = 32, /* bytes of the SHA-256 of a certificate */
  RJ_TICKET_MAX = 4096,     /* bytes of a stored TLS ticket with its transport parameters */
  RJ_LINK_QUEUE_BYTES =
      1 << 20, /* control bytes waiting to be sent on one connection; beyond: it is closed */
  RJ_LINK_DATAGRAMS =
      64, /* unreliable datagrams waiting on one connection; beyond: the oldest is dropped */

  /* tokens (SPEC section 6) */
  RJ_TOKEN_INFLATED_MAX = 64 << 10, /* bytes of its content; beyond: malformed (reason 8) */
  RJ_TOKEN_PRIVILEGES = 16, /* shown of one token; beyond: counted. Building more: an error */
  RJ_TOKEN_SERVICES = 16,   /* shown of one token; beyond: counted */
  RJ_TOKEN_UID_MAX = 255,   /* bytes of a uid's text when building; beyond: an error */
  RJ_CERTIFICATE_MAX = 256, /* bytes of an app's certificate; beyond: STATUS_INVALID_ARGUMENT */

  /* an edge (defaults of settable limits, A-3) */
  RJ_EDGE_APPS = 1024,               /* app ids of one edge; beyond: STATUS_INVALID_ARGUMENT */
  RJ_EDGE_SESSIONS = 100000,         /* beyond: busy */
  RJ_EDGE_CHANNEL_MEMBERS = 10000,   /* beyond: busy */
  RJ_EDGE_CHANNEL_BROADCASTERS = 20, /* live profile; beyond: reason 20 */
  RJ_EDGE_KICKS = 1000000,           /* beyond: STATUS_RESOURCE_LIMITED */
  RJ_EDGE_HANDSHAKES = 1000,         /* in flight; above it QUIC Retry is asked for */
  RJ_EDGE_LINKS = 250000,            /* connections; beyond: ignored, counted */
  /* These let so many through at once, and then so many in their time; beyond: busy. */
  RJ_EDGE_JOINS_PER_SECOND = 100,       /* joins of one address (IPv6: of one /64) */
  RJ_EDGE_BAD_TOKENS_PER_MINUTE = 30,   /* joins with a bad token of one address */
  RJ_EDGE_ACCEPTS_PER_SECOND = 500,     /* new members of an edge (section 5: after a restart) */
  RJ_EDGE_ROLE_CHANGES_PER_MINUTE = 30, /* of one member; beyond: refused, a rejoin: busy */
  RJ_EDGE_ADDRESSES = 65536, /* addresses that are counted; beyond: the one unheard of longest is
                                forgotten */
  RJ_EDGE_ENDED =
      65536, /* ended sessions whose reason is kept (section 5); beyond: the oldest is forgotten */
  RJ_EDGE_DEPARTED =
      1024, /* departures kept per channel for rejoining observers; beyond: the oldest */
  RJ_EDGE_SESSION_LINKS = 4,   /* connections bound to one session; beyond: the oldest is closed */
  RJ_EDGE_ASSIGNED = 65536,    /* uids in quarantine; beyond: the oldest may be given out again */
  RJ_EDGE_UID_DRAWS = 64,      /* tries to find a free uid; beyond: busy */
  RJ_EDGE_CONTROL_BURST = 256, /* control messages of one connection at once … */
  RJ_EDGE_CONTROL_RATE = 128,  /* … and per second; beyond: connection closed, counted */
  /* stream messages have their own bounds: after an outage all that waited comes at once */
  RJ_EDGE_MESSAGE_BURST = RJ_MESSAGES_UNPROVED,           /* of one member at once … */
  RJ_EDGE_MESSAGE_RATE = 64,                              /* … and per second */
  RJ_EDGE_MESSAGE_BYTE_BURST = RJ_MESSAGE_BYTES_UNPROVED, /* their bytes at once … */
  RJ_EDGE_MESSAGE_BYTE_RATE = 32 << 10, /* … and per second; beyond: connection closed, counted */
  RJ_EDGE_CHANNEL_MESSAGES = 4096,      /* reliable ones kept for those who have not got them … */
  RJ_EDGE_CHANNEL_MESSAGE_BYTES = 4 << 20, /* … and their bytes, in one channel … */
  RJ_EDGE_MESSAGE_BYTES = 256 << 20,   /* … and in all; beyond: the oldest is forgotten (D-5) */
  RJ_EDGE_MESSAGE_BACKLOG = 128 << 10, /* bytes on one connection above which messages wait */
  RJ_EDGE_HOSTILE_PEERS = 1024, /* addresses that were logged; beyond: the oldest is forgotten */
  RJ_EDGE_WARNINGS = 60,        /* hostile peers logged per minute; beyond: counted */

  /* the edges of a cluster */
  RJ_CLUSTER_EDGES = 256,            /* others that one knows; beyond: ignored, counted */
  RJ_CLUSTER_NAME_MAX = 64,          /* bytes of its name; beyond: STATUS_INVALID_ARGUMENT */
  RJ_CLUSTER_MESSAGE_MAX = 16 << 10, /* bytes of one message; beyond: dropped, counted */
  RJ_CLUSTER_PAGE = 128,             /* members in one page of a snapshot */
  RJ_CLUSTER_CHANGES = 64,           /* changes in one message */
  RJ_CLUSTER_KICKS = 32,             /* kicks in one message */
  RJ_CLUSTER_EARLY =
      256, /* stream messages of one edge that came before their turn; beyond: asked for */
  RJ_CLUSTER_FINGERPRINT_MAX = 96,    /* bytes; beyond: STATUS_INVALID_ARGUMENT */
  RJ_CLUSTER_PART_MEMBERS = 100000,   /* of one edge in one channel; beyond: malformed, counted */
  RJ_CLUSTER_PARTS_MEMBERS = 4000000, /* of all edges in all channels; beyond: not shown, counted */
  RJ_CLUSTER_OUTBOX_BYTES = 64 << 20, /* that the bus has not taken; beyond: dropped, counted */
};

/* Timers and time scales that an app may set; beyond: STATUS_INVALID_ARGUMENT */
#define RJ_TIMER_MIN      RJ_MILLISECOND /* a tick: below it nothing is more exact */
#define RJ_TIMER_MAX      (30 * 24 * 60 * RJ_MINUTE)
#define RJ_TIME_SCALE_MIN 0.001
#define RJ_TIME_SCALE_MAX 1000.0

#define RJ_BEAT_INTERVAL        (1300 * RJ_MILLISECOND) /* N-1 */
#define RJ_INTERRUPTED_AFTER    (4 * RJ_SECOND)         /* N-2 */
#define RJ_LOST_AFTER           (10 * RJ_SECOND)        /* N-3 */
#define RJ_OFFLINE_AFTER        (20 * RJ_SECOND)        /* N-4 */
#define RJ_GIVE_UP_AFTER        (20 * RJ_MINUTE)        /* N-5 */
#define RJ_TOKEN_WARNING_BEFORE (30 * RJ_SECOND)        /* N-6 */
#define RJ_EMPTY_CHANNEL_AFTER  (10 * RJ_SECOND)        /* N-7 */
#define RJ_STATS_INTERVAL       (2 * RJ_SECOND)         /* N-8 */
#define RJ_GOODBYE_FOR          (1 * RJ_SECOND)         /* S-25 */
#define RJ_ATTEMPT_TIMEOUT      (5 * RJ_SECOND)         /* section 5 */
#define RJ_REJOIN_JITTER        (500 * RJ_MILLISECOND)  /* section 5: a rejoin's first attempt */
#define RJ_BACKOFF_BASE         (500 * RJ_MILLISECOND)  /* section 5 */
#define RJ_BACKOFF_CAP          (8 * RJ_SECOND)         /* section 5 */
#define RJ_BACKOFF_RESET_AFTER  (10 * RJ_SECOND)        /* section 5: in CONNECTED */
#define RJ_NETWORK_CHANGED_EVERY                                                                   \
  (1 * RJ_SECOND) /* section 5: attempts that network_changed may start */
#define RJ_TWO_LINKS_FOR     (5 * RJ_SECOND)  /* section 5: then the edge closes the older one */
#define RJ_CLIENT_STALL      (4 * RJ_SECOND)  /* section 2: overdue timers before packets */
#define RJ_EDGE_STALL        (1 * RJ_SECOND)  /* section 2: the gap is added to every last_heard */
#define RJ_UID_QUARANTINE    (20 * RJ_MINUTE) /* section 5: an assigned uid is not given out again */
#define RJ_ENDED_KEPT_FOR    (20 * RJ_MINUTE)       /* section 5: why a session ended */
#define RJ_KICK_DEFAULT_FOR  (60 * RJ_MINUTE)       /* */
#define RJ_KICK_MAX_FOR      (24 * 60 * RJ_MINUTE)  /* A-1; beyond: STATUS_INVALID_ARGUMENT */
#define RJ_HANDSHAKE_TIMEOUT (5 * RJ_SECOND)        /* the edge's */
#define RJ_EDGE_LOOK_AHEAD   (250 * RJ_MILLISECOND) /* alarms that are put off together */
#define RJ_EDGE_BUSY_RETRY   (2 * RJ_SECOND)        /* what a member is told that finds no room */
#define RJ_EDGE_BUSY_MAX     (20 * RJ_SECOND)       /* … at most, however many wait before it */
#define RJ_EDGE_NEIGHBOURS_EVERY                                                                   \
  (5 * RJ_SECOND) /* members hear of a change of the neighbours at most so often */
#define RJ_EDGE_DRAIN_MAX_FOR  (24 * 60 * RJ_MINUTE) /* A-4; beyond: STATUS_INVALID_ARGUMENT */
#define RJ_IDLE_TIMEOUT        (60 * RJ_SECOND)      /* longer than 40 s (section 5); not scaled */
#define RJ_CLIENT_IDLE_TIMEOUT (24 * 60 * RJ_MINUTE) /* the edge's, which is shorter, decides */
#define RJ_CLIENT_HANDSHAKE_TIMEOUT                                                                \
  (24 * 60 * RJ_MINUTE)                   /* the end of the attempt, which is scaled, decides */
#define RJ_MESSAGE_SECOND (1 * RJ_SECOND) /* D-2: the "any second"; not scaled */
#define RJ_UNRELIABLE_FOR (1 * RJ_SECOND) /* D-4: an unreliable message is not delivered later */
#define RJ_LATENESS_SPAN                                                                           \
  (30 * RJ_SECOND) /* the fastest packet is looked for in one or two of these */
#define RJ_EDGE_TRIM_EVERY   (2 * RJ_SECOND)  /* messages that all members have got are forgotten */
#define RJ_CLUSTER_HELLO     (1 * RJ_SECOND)  /* how often an edge says that it is there */
#define RJ_CLUSTER_DIGEST    (5 * RJ_SECOND)  /* how often it says what it has */
#define RJ_CLUSTER_KNOWN_FOR (20 * RJ_MINUTE) /* an edge that is gone is remembered */
#define RJ_ROSTER_WITHIN                                                                           \
  (2 * RJ_SECOND) /* after a return on the old connection; beyond: another one */
#define RJ_RUNTIME_GOODBYE_WAIT (200 * RJ_MILLISECOND) /* */

#endif
