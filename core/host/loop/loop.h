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
#include "host/loop/changed_path.h"
#include "host/loop/networks.h"
#include "host/loop/outbox.h"
#include "host/loop/platform.h"
#include "host/loop/resolve.h"
#include "host/loop/socket.h"

enum {
  RJ_LOOP_READS_PER_TURN = 32, /* batches of one socket; then timers and calls have their turn */
  RJ_LOOP_TIMERS_PER_TURN =
      64,                      /* members and servers; the packets that came meanwhile come first */
  RJ_LOOP_NEWS_PER_TURN = 256, /* of one server's bus; then packets and timers have their turn */
  RJ_LOOP_READS_AFTER_STALL = 4096, /* batches of a server's when all that waits must be read */
  RJ_LOOP_LINKS_MAX = 1 << 20,      /* of the clients' port */
  RJ_LOOP_GATHER_ABOVE = 64,   /* sessions of a server from which on its packets are gathered */
  RJ_LOOP_GATHER_MOST = 128,   /* packets; a system's socket buffer may hold no more than 500 */
  RJ_LOOP_SOCKETS_MAX = 65536, /* of one runtime; beyond: STATUS_RESOURCE_LIMITED */
  RJ_LOOP_ROUTES_KNOWN = 64,   /* edges whose route is remembered; beyond: asked for each time */
};

/* How long packets of a busy server wait for company (DESIGN rule 8): at a few thousand members most of the CPU goes into
 * waking up. Timers and calls do not wait, and nothing does while somebody joins. */
#define RJ_LOOP_GATHER_MAX (25 * RJ_MILLISECOND)
#define RJ_LOOP_GATHER_MIN (1 * RJ_MILLISECOND)
/* Where one has just joined the next may be on its way: its first packet is not to wait for long. */
#define RJ_LOOP_GATHER_BUSY (4 * RJ_MILLISECOND)
#define RJ_LOOP_BUSY_FOR    (1 * RJ_SECOND)
/* A timer that is due again at once is run again after this, so that a turn ends. */
#define RJ_LOOP_TICK (100 * RJ_MICROSECOND)
/* A change of the networks comes in many pieces of news: the routes are looked at so long after the first. */
#define RJ_LOOP_LOOK_AFTER (100 * RJ_MILLISECOND)
/* The least time between two looks for which there is no news, only a datagram that found no way. */
#define RJ_LOOP_LOOK_EVERY (1 * RJ_SECOND)

typedef struct {
  rj_host_member base; /* first */
  uint64_t id;         /* never given out again */
  bool own_socket;
  rj_socket *own[2];        /* IPv4, IPv6; opened when first needed */
  rj_changed_path *changed; /* NULL: its path was never changed by hand */
  rj_address edge;          /* the last one whose address it was given; family none: none yet */
  rj_route route;           /* the way there, as the member was last told */
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
  int64_t gather_for;  /* how long its packets are gathered, when they are */
  uint64_t arrivals;   /* joins and rejoins at the last look … */
  int64_t arrived_at;  /* … when there were more of them than before */
  bool watched;        /* the thread looks often enough to tell a standstill from idleness */
  rj_bus_driver *bus;  /* NULL: there is none */
  _Atomic bool news;   /* the bus may have some */
  bool connected;      /* … and the edge takes it for connected */
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
  int64_t (*clock)(void *user); /* NULL: the system's */
  rj_entropy entropy;
  rj_networks networks;
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
int64_t rj_loop_now(const rj_loop *loop);
int64_t rj_loop_wall(const rj_loop *loop); /* ns since 1970 */
/* The thread shall look: something was changed by a call. */
void rj_loop_ring(rj_loop *loop);
void rj_loop_add_socket(rj_loop *loop, rj_socket *socket);
void rj_loop_remove_socket(rj_loop *loop, rj_socket *socket); /* and closes it */

/* ---- turn.c */
/* One turn; `polled` says by each socket's poll_index what the poll found. */
void rj_loop_turn(rj_loop *loop, const struct pollfd *polled);
/* When the thread must look again at the latest; RJ_NEVER. */
int64_t rj_loop_deadline(rj_loop *loop);
/* Sends for who was touched. now: not earlier than any call of theirs, nor later than the next one will be, for a link's time does
 * not go back. */
void rj_loop_care_for_dirty(rj_loop *loop, int64_t now);

/* ---- loop_member.c */
rj_host_member *rj_loop_member_new(rj_host *host, const rj_host_member_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_member_free(rj_host_member *member);
void rj_loop_member_touch(rj_host_member *member);
int32_t rj_loop_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                               char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_member_retire(rj_loop *loop, rj_loop_member *member, int64_t now);
/* Resolves, sends, sets its alarm (not before `earliest`); a retired one that is quiet is gone afterwards. */
void rj_loop_member_care(rj_loop *loop, rj_loop_member *member, int64_t now, int64_t earliest);
/* A datagram that passed the conditioner. */
void rj_loop_member_feed(rj_loop *loop, rj_loop_member *member, const rj_path *path,
                         const uint8_t *data, size_t length, int64_t now);
void rj_loop_member_destroy(rj_loop *loop, rj_loop_member *member);
/* Where its present socket of a family stands; *it is NULL until it is needed. A member that is gone (NULL) has the shared ones. */
rj_socket **rj_loop_member_place(rj_loop *loop, const rj_loop_member *member, uint8_t family);
/* The socket that its packets to this address go through, opened if need be; NULL: there is none. */
rj_socket *rj_loop_member_socket(rj_loop *loop, rj_loop_member *member, const rj_address *remote);
/* A lookup that the member waited for is done; count 0: nothing found. */
void rj_loop_member_resolved(rj_loop *loop, rj_loop_member *member, const rj_address *addresses,
                             size_t count);

/* ---- networks.c: networks that change (S-10) */
void rj_loop_networks_init(rj_loop *loop);
void rj_loop_networks_clear(rj_loop *loop);
/* A member was given the address of an edge: changes of the way there are its own from now on. */
void rj_loop_networks_follow(rj_loop *loop, rj_loop_member *member, const rj_address *edge);
/* The watch is readable. */
void rj_loop_networks_news(rj_loop *loop);
/* A datagram found no way: the routes may be others, with or without news. */
void rj_loop_networks_doubt(rj_loop *loop, int64_t now);
/* Looks at the routes now, and tells those whose way has changed. */
void rj_loop_networks_look(rj_loop *loop);
void rj_loop_member_network_changed(rj_host_member *member, int32_t network, int64_t now);
/* The member's own end of the way to its edge, with its port. False: not known. */
bool rj_loop_member_local(rj_loop *loop, const rj_loop_member *member, rj_address *out);
/* The socket of some members was opened anew (S-10). */
void rj_loop_socket_renewed(rj_loop *loop, const rj_socket *socket);

/* ---- changed_path.c: paths that are changed by hand */
int32_t rj_loop_member_change_path(rj_host_member *member, const rj_path_change *change,
                                   int64_t now, char error[RJ_HOST_ERROR_SIZE]);
void rj_loop_member_end_changed_path(rj_loop *loop, rj_loop_member *member);
/* The socket of a datagram on this path; NULL: it gets nowhere. A member that is gone (NULL) has the shared ones. */
rj_socket *rj_loop_member_way_out(rj_loop *loop, rj_loop_member *member, const rj_path *path,
                                  int64_t now);
/* What comes to this socket reaches the member. */
bool rj_loop_member_hears(rj_loop *loop, const rj_loop_member *member, const rj_socket *socket,
                          int64_t now);
/* Closes the old socket if its time is over. */
void rj_loop_member_leave_old(rj_loop *loop, rj_loop_member *member, int64_t now);

/* ---- conditioner.c: the faults of a real client's link */
/* A datagram for a client came from the network. */
void rj_loop_receive(rj_loop *loop, const rj_socket *socket, const rj_path *path,
                     const uint8_t *data, size_t length, int64_t now);
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
int32_t rj_loop_server_pause(rj_host_server *server, int64_t span, int64_t now,
                             char error[RJ_HOST_ERROR_SIZE]);
int32_t rj_loop_server_set_bus_faults(rj_host_server *server, const rj_host_bus_faults *faults,
                                      int64_t now, char error[RJ_HOST_ERROR_SIZE]);
/* Hands over what came over its bus. */
void rj_loop_server_read_bus(rj_loop *loop, rj_loop_server *server);
void rj_loop_server_care(rj_loop *loop, rj_loop_server *server, int64_t now, int64_t earliest);
/* Tells its members "restarting" and closes its socket. */
void rj_loop_server_stop(rj_loop *loop, rj_loop_server *server);
void rj_loop_server_destroy(rj_loop *loop, rj_loop_server *server);

#endif
