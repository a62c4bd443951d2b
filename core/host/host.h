/* Where time and packets come from: one interface, two hosts behind it (loop/: the real one, sim/:
 * virtual network and time).
 *
 * A host runs members and servers. Whoever calls into a member or a server holds the host
 * (rj_host_enter … rj_host_leave); leave sends what the calls left to send, answers for addresses
 * and re-arms the deadlines of what was touched. */
#ifndef RJ_HOST_HOST_H
#define RJ_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/member.h"
#include "edge/server.h"
#include "host/bus.h"
#include "host/faults.h"
#include "host/network_profile.h"

typedef struct rj_host rj_host;
typedef struct rj_host_member rj_host_member; /* a member and its place in the host */
typedef struct rj_host_server
    rj_host_server; /* a server and its socket (or node), credentials and data directory */

enum { RJ_HOST_ERROR_SIZE = 512 };

typedef struct {
  bool simulated;
  uint64_t seed; /* simulated */
  int64_t wall;  /* simulated: ns since 1970 at its start; 0 = the real clock's */
  /* loop: called on its thread, without the host held, soon after an event was told to a sink or
   * rj_host_poke asked for it; whatever it calls is legal but rj_host_free. sim: never, for it has no
   * thread of its own. May be NULL. */
  void (*let_go)(void *user);
  /* loop: the clock in the place of the system's that counts time asleep: ns, on any thread, also with the host held, and never
   * backwards. After a jump that nothing else tells the loop of, rj_host_poke has it look. NULL: the system's. */
  int64_t (*clock)(void *user);
  void *user;
} rj_host_config;

/* NULL: *status and error say why. */
rj_host *rj_host_new(const rj_host_config *config, int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
/* Waits up to RJ_RUNTIME_GOODBYE_WAIT (loop; sim: of virtual time) for goodbyes. Members and
 * servers still there are freed with it, as if by their own free. */
void rj_host_free(rj_host *host);

/* The clock, any thread. sim: virtual, from 0, in whole ticks of 1 ms; loop: the system's, with time asleep. */
int64_t rj_host_now(rj_host *host);
/* Hold the host; returns now. Not recursive; never while user code runs. */
int64_t rj_host_enter(rj_host *host);
void rj_host_leave(rj_host *host);
/* Have let_go called soon; without holding the host. */
void rj_host_poke(rj_host *host);

/* sim: let time pass until `until` (rounded up to a whole tick), or until `stop` says so: then *stopped is true.
 *
 * In one tick come packets, then calls, then timers (SPEC section 2). So it returns at `until` when that tick's packets have arrived;
 * its timers run when time goes on, after what the app calls now. What is due exactly at `until` is seen by running one tick more.
 * stop (may be NULL) is asked whenever something happened, between packets and timers and after the timers; the host is not held then.
 *
 * STATUS_NOT_SUPPORTED on a loop, STATUS_INVALID_STATE while somebody else runs it. */
int32_t rj_host_run(rj_host *host, int64_t until, bool (*stop)(void *user), void *user,
                    bool *stopped);

/* sim: somebody sets the wall clock by `step` ns; `now` runs on as before. Hold the host. STATUS_OK, STATUS_INVALID_ARGUMENT (the clock would leave
 * the years 1970 to 2262) or STATUS_NOT_SUPPORTED (loop: its wall clock is the system's). */
int32_t rj_host_step_wall(rj_host *host, int64_t step, char error[RJ_HOST_ERROR_SIZE]);

/* ---- members; hold the host for all but new and free */

typedef struct {
  rj_member_config member; /* port, entropy, local, seed, urls' memory: set or copied by the host;
                              the sink is called while the host is held */
  bool own_socket;
  const char *fingerprint, *ca_file; /* trust.h */
} rj_host_member_config;

/* NULL: *status and error say why (bad fingerprint, CA file, no socket). */
rj_host_member *rj_host_member_new(rj_host *host, const rj_host_member_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
/* Retires it (goodbye in the background); the sink is not called any more once this returns. */
void rj_host_member_free(rj_host_member *member);
rj_member *rj_host_member_get(rj_host_member *member);
/* A call on the member was made: leave will look after it. */
void rj_host_member_touch(rj_host_member *member);
/* directions: 1 = up, 2 = down, 3 = both. */
void rj_host_member_set_faults(rj_host_member *member, int directions, const rj_host_faults *faults,
                               int64_t now);
/* From now on the member's link follows these steps (checked, copied; network_profile.h), beside its faults; count 0: none any more. */
void rj_host_member_follow(rj_host_member *member, const rj_network_profile_step *steps,
                           uint32_t count, int64_t repeat, int64_t now);
/* S-10: the member's network is now of this type (NETWORK_DISCONNECTED: there is none): the app's hint, or what the system says.
 * The host tells the member its own address as far as it knows it. */
void rj_host_member_network_changed(rj_host_member *member, int32_t network, int64_t now);

/* What a network does to a member's path at one moment. */
typedef enum {
  RJ_PATH_REBIND_PORT,    /* a NAT on the way lends another port; the member is not told */
  RJ_PATH_REBIND_ADDRESS, /* … another address; the member is not told */
  RJ_PATH_MOVE,           /* its own address changes (another interface), and it is told (S-10) */
} rj_path_change_kind;

typedef struct {
  rj_path_change_kind kind;
  int32_t network; /* MOVE: the type of the new network, not NETWORK_DISCONNECTED */
  int64_t overlap; /* MOVE: for so long (ns, 0 to RJ_PATH_OVERLAP_MAX) the old address works, too */
  bool dead;       /* MOVE: over the new address nothing ever passes */
  rj_address
      local; /* MOVE and REBIND_ADDRESS: the new address, port 0: any; family none: the host picks one */
} rj_path_change;

#define RJ_PATH_OVERLAP_MAX (3600 * RJ_SECOND)

/* STATUS_OK; STATUS_REFUSED: the address is somebody else's, or cannot be used; STATUS_RESOURCE_LIMITED: there is
 * no address or socket left; STATUS_NOT_SUPPORTED: this host cannot do that. Unless OK nothing changed, and error says why. */
int32_t rj_host_member_change_path(rj_host_member *member, const rj_path_change *change,
                                   int64_t now, char error[RJ_HOST_ERROR_SIZE]);
/* sim: the member's device sleeps for `span` ns (> 0) from now on, whatever was left of an earlier sleep: the boot clock
 * runs on, and nothing of the member's runs. STATUS_OK or STATUS_NOT_SUPPORTED (loop). */
int32_t rj_host_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                               char error[RJ_HOST_ERROR_SIZE]);

/* ---- servers; hold the host for all but new and free */

typedef struct {
  /* credentials, entropy: set by the host; a cluster's url and fingerprint, too, where they are NULL */
  rj_server_config server;
  const char *listen;          /* udp://ADDRESS:PORT or NULL; sim: ignored */
  const char *data_dir;        /* of this server alone; NULL: nothing is kept on disk */
  rj_certificate *certificate; /* referred to; NULL: the one in data_dir, or one that is made */
  /* loop: under its cluster, borrowed, outlives the server; NULL: the edge stays alone. sim: NULL, the
   * edges of one cluster's name share a bus */
  rj_bus_driver *bus;
} rj_host_server_config;

/* What may change while a server runs, all of it at once. */
typedef struct {
  rj_server_limits limits;
  const rj_server_app *apps; /* copied */
  uint32_t app_count;
  rj_certificate *certificate; /* referred to; NULL: stays */
} rj_host_server_changes;

rj_host_server *rj_host_server_new(rj_host *host, const rj_host_server_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
/* Closes with "restarting". */
void rj_host_server_free(rj_host_server *server);
rj_server *rj_host_server_get(rj_host_server *server); /* NULL while it is crashed */
void rj_host_server_touch(rj_host_server *server);
/* the kick is kept for `lasts` ns (0: once, not kept, then *id is 0) and those it names are removed;
 * *removed says how many. Also while it is crashed. STATUS_OK or STATUS_RESOURCE_LIMITED; then nobody
 * was removed. */
int32_t rj_host_server_kick(rj_host_server *server, const rj_kick_rule *rule, int64_t lasts,
                            int64_t now, uint64_t *id, size_t *removed);
/* lasts for so long from now on; 0: lifted. False: there is no such kick. */
bool rj_host_server_change_kick(rj_host_server *server, uint64_t id, int64_t lasts, int64_t now);
/* Takes the changes over, for later restarts, too; nobody who is in is put out by it. STATUS_OK, or STATUS_INVALID_ARGUMENT and
 * a text, or STATUS_INVALID_STATE (it is crashed); then nothing changed. */
int32_t rj_host_server_change(rj_host_server *server, const rj_host_server_changes *changes,
                              char error[RJ_HOST_ERROR_SIZE]);
rj_kicks *rj_host_server_kicks(rj_host_server *server);               /* to look at */
const char *rj_host_server_url(const rj_host_server *server);         /* until freed */
const char *rj_host_server_fingerprint(const rj_host_server *server); /* until freed */
/* Dies without a packet: STATUS_OK or STATUS_INVALID_STATE (already down). */
int32_t rj_host_server_crash(rj_host_server *server);
/* Up again with the same address and credentials; one that is up stops with "restarting" first.
 * STATUS_REFUSED: the address is taken. */
int32_t rj_host_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]);
/* Its loop stands still for `span` ns (> 0; from now on, whatever was left of an earlier standstill). STATUS_OK,
 * STATUS_INVALID_STATE (it is crashed) or STATUS_NOT_SUPPORTED. */
int32_t rj_host_server_pause(rj_host_server *server, int64_t span, int64_t now,
                             char error[RJ_HOST_ERROR_SIZE]);
/* sim: from now on its way to its bus is like this, also while it is crashed; what is on its way stays so, unless it is gone.
 * NULL: as at first. STATUS_OK, STATUS_INVALID_STATE (it has no cluster) or STATUS_NOT_SUPPORTED (loop). */
int32_t rj_host_server_set_bus_faults(rj_host_server *server, const rj_host_bus_faults *faults,
                                      int64_t now, char error[RJ_HOST_ERROR_SIZE]);

#endif
