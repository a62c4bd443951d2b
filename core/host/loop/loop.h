/* The real host: one thread, UDP, the clock that counts time asleep.
 *
 * The thread (named "rejoin") polls without the lock and holds it for a turn: read what came, look after those that were called or
 * fed, run the timers that are due, send. An app's call takes the lock, changes a member or a server, marks it dirty and rings the
 * bell; the thread does the rest. When events were told it gives the lock away after the turn, for let_go, before it polls again.
 * Everything here but the thread's own poll is used with the lock held. */
#ifndef RJ_HOST_LOOP_LOOP_H
#define RJ_HOST_LOOP_LOOP_H

#include <gio/gio.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "host/delay_line.h"
#include "host/host_internal.h"
#include "host/loop/outbox.h"
#include "host/loop/platform.h"
#include "host/loop/resolve.h"
#include "host/loop/socket.h"

enum {
  RJ_LOOP_READS_PER_TURN = 32, /* batches of one socket; then timers and calls have their turn */
  RJ_LOOP_TIMERS_PER_TURN =
      64, /* members and servers; the packets that came meanwhile come first */
  RJ_LOOP_READS_AFTER_STALL = 4096, /* batches of a server's when all that waits must be read */
  RJ_LOOP_LINKS_MAX = 1 << 20,      /* of the clients' port */
  RJ_LOOP_GATHER_ABOVE = 64,   /* sessions of a server from which on its packets are gathered */
  RJ_LOOP_SOCKETS_MAX = 65536, /* of one runtime; beyond: STATUS_RESOURCE_LIMITED */
};

/* How long packets of a busy server wait for company (DESIGN rule 8): at a few thousand members most of the CPU goes into
 * waking up. Timers and calls do not wait, and nothing does while a handshake is under way. */
#define RJ_LOOP_GATHER_FOR (10 * RJ_MILLISECOND)
/* A timer that is due again at once is run again after this, so that a turn ends. */
#define RJ_LOOP_TICK (100 * RJ_MICROSECOND)
/* The least time between two attempts to open a socket that the system took away. */
#define RJ_LOOP_REOPEN_EVERY (1 * RJ_SECOND)

typedef struct {
  rj_host_member base; /* first */
  uint64_t id;         /* never given out again */
  bool own_socket;
  rj_socket *own[2]; /* IPv4, IPv6; opened when first needed */
  /* after a standstill of this length overdue timers run before packets (SPEC section 2) */
  int64_t stall;
  uint64_t woken_turn;     /* the turn in which they did */
  const rj_lookup *lookup; /* waits for a name */
  uint32_t lookup_index;
  uint32_t lookups; /* answers so far: of several addresses each attempt takes the next */
} rj_loop_member;

typedef struct {
  rj_host_server base; /* first */
  rj_socket *socket;   /* NULL while it is crashed */
  rj_address address;  /* bound to, with the real port */
  int64_t stall;       /* a standstill of this length is added to every last_heard */
  bool watched;        /* the thread looks often enough to tell a standstill from idleness */
} rj_loop_server;

typedef struct {
  rj_host base;         /* first */
  pthread_mutex_t lock; /* not GLib's: the thread sanitizer would not see it */
  _Atomic int waiting;  /* app threads that want the lock */
  _Atomic bool polling; /* the thread is in its poll, or about to be */
  GThread *thread;
  GMainContext *context; /* private; name lookups come back through it */
  int alarm;
  int64_t armed; /* when the alarm rings */
  rj_bell bell;
  bool rung;
  rj_entropy entropy;
  rj_port *port; /* all clients', whatever their socket */
  rj_wheel *wheel;
  rj_delay_line *line; /* the conditioner's */
  rj_alarm line_alarm;
  rj_map *members;   /* rj_loop_member by id */
  rj_map *by_member; /* rj_loop_member by its rj_member's address */
  GPtrArray *servers;
  GPtrArray *sockets;
  rj_socket *shared[2]; /* the clients' */
  rj_inbox *inbox;
  rj_outbox *outbox;
  rj_resolver *resolver;
  rj_host_member *first_dirty, **last_dirty;
  rj_host_server *first_dirty_server, **last_dirty_server;
  uint64_t next_id;
  uint32_t retired; /* members that say goodbye */
  int64_t stall;    /* of the member with the shortest one that there ever was; RJ_NEVER */
  bool closing, stopped;
  int64_t close_at;
  /* the turn under way */
  bool in_turn;
  uint64_t turn;
  int64_t last_look;    /* when the last turn ended */
  int64_t gap;          /* how long nobody had looked when this one began */
  int64_t gather_until; /* 0: nothing is gathered */
} rj_loop;

/* ---- loop.c */
/* The thread shall look: something was changed by a call. */
void rj_loop_ring(rj_loop *loop);
void rj_loop_add_socket(rj_loop *loop, rj_socket *socket);
void rj_loop_remove_socket(rj_loop *loop, rj_socket *socket); /* and closes it */

/* ---- turn.c */
/* One turn; `polled` says by each socket's poll_index what the poll found. */
void rj_loop_turn(rj_loop *loop, const struct pollfd *polled);
/* When the thread must look again at the latest; RJ_NEVER. */
int64_t rj_loop_deadline(rj_loop *loop);
void rj_loop_care_for_dirty(rj_loop *loop);

/* ---- loop_member.c */
rj_host_member *rj_loop_member_new(rj_host *host, const rj_host_member_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_member_free(rj_host_member *member);
void rj_loop_member_touch(rj_host_member *member);
void rj_loop_member_retire(rj_loop *loop, rj_loop_member *member, int64_t now);
/* Resolves, sends, sets its alarm (not before `earliest`); a retired one that is quiet is gone afterwards. */
void rj_loop_member_care(rj_loop *loop, rj_loop_member *member, int64_t now, int64_t earliest);
/* A datagram that passed the conditioner. */
void rj_loop_member_feed(rj_loop *loop, rj_loop_member *member, const rj_path *path,
                         const uint8_t *data, size_t length, int64_t now);
void rj_loop_member_destroy(rj_loop *loop, rj_loop_member *member);
/* The socket that its packets to this address go through, opened if need be; NULL: there is none. */
rj_socket *rj_loop_member_socket(rj_loop *loop, rj_loop_member *member, const rj_address *remote);
/* A lookup that the member waited for is done; count 0: nothing found. */
void rj_loop_member_resolved(rj_loop *loop, rj_loop_member *member, const rj_address *addresses,
                             size_t count);
/* The member's socket was opened anew (S-10). */
void rj_loop_socket_renewed(rj_loop *loop, const rj_socket *socket);

/* ---- conditioner.c: the faults of a real client's link */
/* A datagram for a client came from the network. */
void rj_loop_receive(rj_loop *loop, const rj_path *path, const uint8_t *data, size_t length,
                     int64_t now);
/* What the member wrote into the outbox's buffer goes out: now, later or never. */
void rj_loop_send(rj_loop *loop, rj_loop_member *member, const rj_path *path, const uint8_t *data,
                  size_t length, int64_t now);
/* The line's alarm rang: hands on what is due. */
void rj_loop_run_line(rj_loop *loop, int64_t now);

/* ---- loop_server.c */
rj_host_server *rj_loop_server_new(rj_host *host, const rj_host_server_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_server_free(rj_host_server *server);
void rj_loop_server_touch(rj_host_server *server);
int32_t rj_loop_server_crash(rj_host_server *server);
int32_t rj_loop_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_server_care(rj_loop *loop, rj_loop_server *server, int64_t now, int64_t earliest);
/* Tells its members "restarting" and closes its socket. */
void rj_loop_server_stop(rj_loop *loop, rj_loop_server *server);
void rj_loop_server_destroy(rj_loop *loop, rj_loop_server *server);

#endif
