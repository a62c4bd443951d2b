/* The simulator: a virtual clock, a network of nodes, and everything decided by one seed.
 *
 * Time is int64 ns from 0 and moves in ticks of 1 ms, from one thing that is due to the next (rounded up to a whole tick). In one
 * tick come first the packets, then the app's calls, then the timers (SPEC section 2): so rj_host_run returns when the packets
 * of its last tick have arrived, the app calls, and the tick's timers run when time goes on. An end that is no whole tick is
 * rounded up.
 * A packet is at least one tick on its way. Nothing is therefore heard at time 0, which means "never" elsewhere.
 *
 * Servers live at 10.0.0.1:7443, 10.0.0.2:7443 …; every member begins with an address of its own, 10.1.0.0:40000 and on, and a network that
 * changes lends it 100.64.0.0:40000 and on. These are never given out again, so what is still on its way to somebody gone reaches
 * nobody. */
#ifndef RJ_HOST_SIM_SIM_H
#define RJ_HOST_SIM_SIM_H

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "host/delay_line.h"
#include "host/host_internal.h"

#define RJ_SIM_TICK  RJ_MILLISECOND
#define RJ_SIM_DELAY (10 * RJ_MILLISECOND) /* of a link, one way, when no fault says another */

enum {
  RJ_SIM_SERVERS_MAX = 65535, /* beyond: STATUS_RESOURCE_LIMITED */
  RJ_SIM_MEMBERS_MAX =
      255 * 65536,                /* ever made in one simulation; beyond: STATUS_RESOURCE_LIMITED */
  RJ_SIM_LINKS_MAX = 1 << 20,     /* of the clients' port */
  RJ_SIM_ADDRESSES_MAX = 1 << 22, /* lent in one simulation; beyond: STATUS_RESOURCE_LIMITED */
  RJ_SIM_PATHS = 4,               /* of a member at a time; beyond: the oldest works no longer */
  RJ_SIM_SOCKET_QUEUE = 8192, /* datagrams that wait for a server that stands still; beyond: lost */
};

typedef struct rj_sim_member rj_sim_member;

/* A way out of a member's device. */
typedef struct {
  rj_sim_member *member; /* NULL: there is none here */
  rj_address local;      /* its own address on it */
  rj_address outside;    /* what servers see: another one where a NAT rebound; in rj_sim.outside */
  int64_t until;         /* it works before this */
  bool dead;             /* it never did */
} rj_sim_path;

struct rj_sim_member {
  rj_host_member base; /* first */
  uint32_t number;     /* its place in members */
  rj_sim_path paths[RJ_SIM_PATHS];
  rj_sim_path *current; /* of these; the others are on their way out */
  /* asleep (sleep.c) */
  int64_t stall;
  int64_t asleep_since; /* RJ_NEVER: awake */
  rj_alarm morning;     /* in rj_sim.mornings */
  bool news;            /* its network changed meanwhile … */
  int32_t network;      /* … to this */
};

typedef struct rj_sim_bus rj_sim_bus;
typedef struct rj_sim_letter rj_sim_letter;

/* An edge's way to the bus of its cluster (bus.c). */
typedef struct {
  rj_sim_bus *bus; /* NULL: it has no cluster */
  rj_direction up, down;
  uint32_t side;
  bool gone; /* the bus cannot be reached */
  bool told; /* the edge takes it for connected */
  uint64_t
      connection; /* a count of them: what is on its way to an earlier one is lost; 0: not connected */
  uint64_t connections;
  GHashTable *subjects;                   /* subscribed to: texts of the bus's */
  rj_sim_letter *waiting, **last_waiting; /* while the edge stands still */
  uint32_t waiting_count;
} rj_sim_place;

typedef struct {
  rj_host_server base; /* first */
  uint32_t number;
  rj_sim_place place;
  rj_address address;
  rj_random random; /* ids of this server */
  rj_entropy entropy;
  /* standing still (sleep.c) */
  int64_t stall;
  int64_t paused_since; /* RJ_NEVER: it runs */
  rj_alarm morning;
  rj_parcel *waiting, **last_waiting; /* in its socket */
  uint32_t waiting_count;
} rj_sim_server;

typedef struct {
  rj_host base; /* first */
  pthread_mutex_t lock;
  _Atomic int64_t now;
  bool running;
  int64_t wall;     /* ns since 1970 at time 0 */
  rj_random seeds;  /* one draw for each who needs randomness, in order of birth */
  rj_random random; /* ids of the clients */
  rj_entropy entropy;
  rj_wheel *wheel;
  rj_wheel *mornings; /* of those that sleep or stand still */
  rj_delay_line *air;
  rj_map *outside;    /* rj_sim_path by what servers see of it */
  uint32_t addresses; /* lent so far */
  rj_port *port;      /* all clients' */
  GPtrArray *members; /* rj_sim_member by number; NULL: gone */
  GPtrArray *servers; /* rj_sim_server by number; NULL: gone */
  rj_host_member *first_dirty, **last_dirty;
  rj_host_server *first_dirty_server, **last_dirty_server;
  uint32_t retired; /* members that say goodbye */
  GPtrArray *buses; /* rj_sim_bus; each lives as long as the simulation */
  rj_wheel *post;   /* rj_sim_letter: what is on its way over them */
} rj_sim;

static inline int64_t rj_sim_now(const rj_sim *sim) {
  return atomic_load_explicit(&sim->now, memory_order_relaxed);
}

/* The first whole tick at or after `time`. */
static inline int64_t rj_sim_tick(int64_t time) {
  return time > RJ_NEVER - RJ_SIM_TICK ? RJ_NEVER
                                       : (time + RJ_SIM_TICK - 1) / RJ_SIM_TICK * RJ_SIM_TICK;
}

/* ---- network.c: who lives where, and what travels */
rj_address rj_sim_server_address(uint32_t number);
/* Sends everything that the member (the server) has to send. */
void rj_sim_send_member(rj_sim *sim, rj_sim_member *member);
void rj_sim_send_server(rj_sim *sim, rj_sim_server *server);
/* Hands over what arrives now, and looks after the receivers. False: nothing came. */
bool rj_sim_deliver(rj_sim *sim);

/* ---- paths.c: a member's addresses, and what networks do to them */
/* The member's first path. STATUS_OK or STATUS_RESOURCE_LIMITED with a text. */
int32_t rj_sim_paths_open(rj_sim *sim, rj_sim_member *member, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_paths_close(rj_sim *sim, rj_sim_member *member);
/* The path that works now and begins at this address of the member's, or that servers see at this one; NULL: there is none. */
const rj_sim_path *rj_sim_path_from(const rj_sim *sim, const rj_sim_member *member,
                                    const rj_address *local);
const rj_sim_path *rj_sim_path_to(const rj_sim *sim, const rj_address *outside);
int32_t rj_sim_member_change_path(rj_host_member *member, const rj_path_change *change, int64_t now,
                                  char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_member_network_changed(rj_host_member *member, int32_t network, int64_t now);

/* ---- sleep.c: members whose device sleeps, servers whose loop stands still */
int32_t rj_sim_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                              char error[RJ_HOST_ERROR_SIZE]);
int32_t rj_sim_server_pause(rj_host_server *server, int64_t span, int64_t now,
                            char error[RJ_HOST_ERROR_SIZE]);
static inline bool rj_sim_sleeps(const rj_sim_member *member) {
  return member->asleep_since != RJ_NEVER;
}
static inline bool rj_sim_stands_still(const rj_sim_server *server) {
  return server->paused_since != RJ_NEVER;
}
/* A datagram waits in the socket of a server that stands still; the parcel is the server's. */
void rj_sim_server_wait(rj_sim *sim, rj_sim_server *server, rj_parcel *parcel);
/* Everybody whose sleep or standstill is over goes on. False: nobody. */
bool rj_sim_mornings(rj_sim *sim);
/* Nothing is kept for its morning any more. */
void rj_sim_member_forget_morning(rj_sim *sim, rj_sim_member *member);
void rj_sim_server_forget_morning(rj_sim *sim, rj_sim_server *server);

/* ---- bus.c: the buses under the edges of clusters */
void rj_sim_buses_free(rj_sim *sim);
/* The server has this place from now on, at the bus of its cluster if it has one; not connected yet. */
void rj_sim_place_open(rj_sim *sim, rj_sim_server *server);
void rj_sim_place_close(rj_sim *sim, rj_sim_server *server);
/* The server object is new, or stood still: what it must know of its bus it is told now. */
void rj_sim_place_tell(rj_sim *sim, rj_sim_server *server);
/* The server object is gone: nobody is at this place. */
void rj_sim_place_leave(rj_sim *sim, rj_sim_server *server);
/* Carries out what the edge wants of its bus. */
void rj_sim_place_send(rj_sim *sim, rj_sim_server *server);
/* Hands over what arrives now, and looks after the receivers. False: nothing came. */
bool rj_sim_post_deliver(rj_sim *sim);
int32_t rj_sim_server_set_bus_faults(rj_host_server *server, const rj_host_bus_faults *faults,
                                     int64_t now, char error[RJ_HOST_ERROR_SIZE]);

/* ---- sim_member.c and sim_server.c: the functions of host.h, with the lock taken inside where host.h says so */
rj_host_member *rj_sim_member_new(rj_host *host, const rj_host_member_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_member_free(rj_host_member *member);
/* Begins its end; it may be gone afterwards. */
void rj_sim_member_retire(rj_sim *sim, rj_sim_member *member);
void rj_sim_member_touch(rj_host_member *member);
/* Sends, resolves, sets its alarm (not before `earliest`); a retired one that is quiet is gone afterwards. */
void rj_sim_member_care(rj_sim *sim, rj_sim_member *member, int64_t earliest);
void rj_sim_member_destroy(rj_sim *sim, rj_sim_member *member);

rj_host_server *rj_sim_server_new(rj_host *host, const rj_host_server_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_server_free(rj_host_server *server);
void rj_sim_server_touch(rj_host_server *server);
int32_t rj_sim_server_crash(rj_host_server *server);
int32_t rj_sim_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_server_care(rj_sim *sim, rj_sim_server *server, int64_t earliest);
void rj_sim_server_destroy(rj_sim *sim, rj_sim_server *server);

#endif
