/* What the two hosts share: the table of their functions, and a member's and a server's common half. */
#ifndef RJ_HOST_HOST_INTERNAL_H
#define RJ_HOST_HOST_INTERNAL_H

#include "base/wheel.h"
#include "host/faults.h"
#include "host/follow.h"
#include "host/host.h"
#include "host/kick_file.h"
#include "host/nat.h"
#include "host/trust_pool.h"

/* A host's half of host.h, function by function. */
typedef struct {
  void (*free)(rj_host *host);
  int64_t (*now)(rj_host *host);
  int64_t (*wall)(rj_host *host, int64_t now); /* ns since 1970; loop: whatever now is */
  int64_t (*enter)(rj_host *host);
  void (*leave)(rj_host *host);
  int32_t (*step_wall)(rj_host *host, int64_t step, char error[RJ_HOST_ERROR_SIZE]);
  int32_t (*run)(rj_host *host, int64_t until, bool (*stop)(void *user), void *user, bool *stopped);
  rj_host_member *(*member_new)(rj_host *host, const rj_host_member_config *config, int32_t *status,
                                char error[RJ_HOST_ERROR_SIZE]);
  void (*member_free)(rj_host_member *member);
  void (*member_touch)(rj_host_member *member);
  void (*member_network_changed)(rj_host_member *member, int32_t network, int64_t now);
  int32_t (*member_change_path)(rj_host_member *member, const rj_path_change *change, int64_t now,
                                char error[RJ_HOST_ERROR_SIZE]);
  int32_t (*member_suspend)(rj_host_member *member, int64_t span, int64_t now,
                            char error[RJ_HOST_ERROR_SIZE]);
  rj_host_server *(*server_new)(rj_host *host, const rj_host_server_config *config, int32_t *status,
                                char error[RJ_HOST_ERROR_SIZE]);
  void (*server_free)(rj_host_server *server);
  void (*server_touch)(rj_host_server *server);
  int32_t (*server_crash)(rj_host_server *server);
  int32_t (*server_restart)(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]);
  int32_t (*server_pause)(rj_host_server *server, int64_t span, int64_t now,
                          char error[RJ_HOST_ERROR_SIZE]);
  int32_t (*server_set_bus_faults)(rj_host_server *server, const rj_host_bus_faults *faults,
                                   int64_t now, char error[RJ_HOST_ERROR_SIZE]);
} rj_host_ops;

/* First member of both hosts' structs. */
struct rj_host {
  const rj_host_ops *ops;
  rj_trust_pool *trust_pool;
  void (*let_go)(void *user);
  void *user;
  bool told; /* let_go is to be called; with the host held */
};

/* Whose deadline a timer of the host's wheel is. */
typedef enum { RJ_ALARM_MEMBER, RJ_ALARM_SERVER, RJ_ALARM_LINE } rj_alarm_kind;

typedef struct {
  rj_timer timer; /* first: the wheel gives it back */
  rj_alarm_kind kind;
} rj_alarm;

/* ---- a member: first member of both hosts' member structs */

struct rj_host_member {
  rj_alarm alarm; /* first: found from the wheel's timer */
  rj_host *host;
  rj_member *member;
  const rj_trust *trust; /* of the host's pool */
  rj_event_sink sink;    /* push is NULL once retired: nobody listens any more */
  rj_direction up, down;
  rj_follow *follow; /* NULL: its link follows no profile */
  rj_nat nat;
  bool retired;
  bool dirty;                 /* in the host's list of those to look after */
  rj_host_member *next_dirty; /* in the order in which they were touched */
};

/* Fills the common half and makes the member. STATUS_OK, or a status and a text; then nothing needs to be cleared. */
int32_t rj_host_member_init(rj_host_member *member, rj_host *host,
                            const rj_host_member_config *config, rj_port *port,
                            const rj_entropy *entropy, const rj_address *local, uint64_t seed,
                            char error[RJ_HOST_ERROR_SIZE]);
void rj_host_member_clear(rj_host_member *member);
/* After a sleep or standstill of this length overdue timers run before packets (SPEC section 2). */
int64_t rj_host_member_stall(const rj_host_member_config *config);
/* The host's part of free: no more events, a goodbye if there is something to say goodbye to. */
void rj_host_member_retire(rj_host_member *member, int64_t now);

/* ---- a server: first member of both hosts' server structs */

struct rj_host_server {
  rj_alarm alarm; /* first */
  rj_host *host;
  rj_server *server; /* NULL while it is crashed */
  rj_credentials *credentials;
  rj_kicks *kicks;
  rj_kick_file *kick_file; /* NULL: kicks are not kept on disk */
  uint64_t kicks_noted;    /* the last change of them that is in the file */
  rj_server_config config; /* owns its texts; what a restart begins with */
  bool dirty;
  rj_host_server *next_dirty;
  char url[RJ_URL_MAX];
};

/* Fills the common half: config and credentials (read from or kept in data_dir, or made anew). No server object yet. */
int32_t rj_host_server_init(rj_host_server *server, rj_host *host,
                            const rj_host_server_config *config, const rj_entropy *entropy,
                            int64_t wall, char error[RJ_HOST_ERROR_SIZE]);
void rj_host_server_clear(rj_host_server *server);
/* A standstill of this length is added to every last_heard (SPEC section 2). */
int64_t rj_host_server_stall(const rj_host_server_config *config);
/* Makes the server object; its url is known. wall: ns since 1970 now. */
int32_t rj_host_server_start(rj_host_server *server, int64_t now, int64_t wall,
                             char error[RJ_HOST_ERROR_SIZE]);

/* Writes down what changed of the kicks; after rj_server_bus_feed, for other edges change them, too. */
void rj_host_server_note_kicks(rj_host_server *server, int64_t now);

/* The two hosts. NULL: *status and error say why. */
rj_host *rj_sim_host_new(const rj_host_config *config, int32_t *status,
                         char error[RJ_HOST_ERROR_SIZE]);
rj_host *rj_loop_host_new(const rj_host_config *config, int32_t *status,
                          char error[RJ_HOST_ERROR_SIZE]);

#endif
