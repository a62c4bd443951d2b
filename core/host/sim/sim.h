/* The simulator: a virtual clock, a network of nodes, and everything decided by one seed.
 *
 * Time is int64 ns from 0 and moves in ticks of 1 ms, from one thing that is due to the next (rounded up to a whole tick). In one
 * tick come first the packets, then the app's calls, then the timers (SPEC section 2): so rj_host_run returns when the packets
 * of its last tick have arrived, the app calls, and the tick's timers run when time goes on. An end that is no whole tick is
 * rounded up.
 * A packet is at least one tick on its way. Nothing is therefore heard at time 0, which means "never" elsewhere.
 *
 * Servers live at 10.0.0.1:7443, 10.0.0.2:7443 …; every member has a node of its own, 10.1.0.0:40000 and on. Numbers are never
 * given out again, so what is still on its way to somebody gone reaches nobody. */
#ifndef RJ_HOST_SIM_SIM_H
#define RJ_HOST_SIM_SIM_H

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "host/delay_line.h"
#include "host/host_internal.h"

#define RJ_SIM_TICK  RJ_MILLISECOND
#define RJ_SIM_DELAY (10 * RJ_MILLISECOND) /* of a link, one way, when no fault says another */

enum {
  RJ_SIM_SERVERS_MAX = 65535, /* beyond: STATUS_RESOURCE_LIMITED */
  RJ_SIM_MEMBERS_MAX =
      255 * 65536,            /* ever made in one simulation; beyond: STATUS_RESOURCE_LIMITED */
  RJ_SIM_LINKS_MAX = 1 << 20, /* of the clients' port */
};

typedef struct {
  rj_host_member base; /* first */
  uint32_t number;     /* its place in members, and its address */
  rj_address address;
} rj_sim_member;

typedef struct {
  rj_host_server base; /* first */
  uint32_t number;
  rj_address address;
  rj_random random; /* ids of this server */
  rj_entropy entropy;
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
  rj_delay_line *air;
  rj_port *port;      /* all clients' */
  GPtrArray *members; /* rj_sim_member by number; NULL: gone */
  GPtrArray *servers; /* rj_sim_server by number; NULL: gone */
  rj_host_member *first_dirty, **last_dirty;
  rj_host_server *first_dirty_server, **last_dirty_server;
  uint32_t retired; /* members that say goodbye */
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
rj_address rj_sim_member_address(uint32_t number);
/* Sends everything that the member (the server) has to send. */
void rj_sim_send_member(rj_sim *sim, rj_sim_member *member);
void rj_sim_send_server(rj_sim *sim, rj_sim_server *server);
/* Hands over what arrives now, and looks after the receivers. False: nothing came. */
bool rj_sim_deliver(rj_sim *sim);

/* ---- sim_member.c and sim_server.c: the functions of host.h, with the lock taken inside where host.h says so */
rj_host_member *rj_sim_member_new(rj_host *host, const rj_host_member_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_member_free(rj_host_member *member);
/* Begins its end; it may be gone afterwards. */
void rj_sim_member_retire(rj_sim *sim, rj_sim_member *member);
void rj_sim_member_touch(rj_host_member *member);
void rj_sim_member_network_changed(rj_host_member *member, int32_t network, int64_t now);
int32_t rj_sim_member_change_path(rj_host_member *member, const rj_path_change *change, int64_t now,
                                  char error[RJ_HOST_ERROR_SIZE]);
int32_t rj_sim_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                              char error[RJ_HOST_ERROR_SIZE]);
/* Sends, resolves, sets its alarm (not before `earliest`); a retired one that is quiet is gone afterwards. */
void rj_sim_member_care(rj_sim *sim, rj_sim_member *member, int64_t earliest);
void rj_sim_member_destroy(rj_sim *sim, rj_sim_member *member);

rj_host_server *rj_sim_server_new(rj_host *host, const rj_host_server_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_server_free(rj_host_server *server);
void rj_sim_server_touch(rj_host_server *server);
int32_t rj_sim_server_crash(rj_host_server *server);
int32_t rj_sim_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]);
int32_t rj_sim_server_pause(rj_host_server *server, int64_t span, int64_t now,
                            char error[RJ_HOST_ERROR_SIZE]);
void rj_sim_server_care(rj_sim *sim, rj_sim_server *server, int64_t earliest);
void rj_sim_server_destroy(rj_sim *sim, rj_sim_server *server);

#endif
