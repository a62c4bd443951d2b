/* What is behind the three handles, and how a call gets to the host.
 *
 * Locks, in the order in which they are taken: a runtime's gate; the host, or its list of clients; a
 * client's lock; its queue's, or the ready list's and then that of the wakes. A client's lock is
 * what makes "the queue is empty" and "nobody is woken" one thing: events go in and out under it.
 *
 * No lock is held while user code runs. Listeners run in rj_client_dispatch, which is not in the
 * host. Wakeup callbacks are only noted where something becomes ready, be it deep in the host; they
 * run on the thread of a real runtime after its turn (rj_host_config.let_go), and in rj_runtime_run
 * of a simulated one, whose gate is closed meanwhile: never inside another call of the app. */
#ifndef RJ_ABI_HANDLES_H
#define RJ_ABI_HANDLES_H

#include <glib.h>
#include <pthread.h>
#include <rejoin/rejoin.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "dispatch/queue.h"
#include "dispatch/ready.h"
#include "dispatch/wakeup.h"
#include "host/host.h"

/* Lives until it is freed and the last of its clients and edges too. */
struct rj_runtime {
  uint64_t id;
  atomic_int references;
  pthread_rwlock_t gate; /* read: a call is in the host; write: the host is taken away */
  rj_host *host;         /* NULL: freed */
  bool simulated;
  atomic_bool alive;   /* false: being freed, or freed */
  atomic_bool running; /* simulated: a thread is in rj_runtime_run */
  rj_wakes *wakes;
  rj_ready *ready;
  pthread_mutex_t clients_lock;
  rj_client *clients; /* those that the host knows */
};

/* A listener with its user data; destroyed when the client and the last call let go of it. */
typedef struct {
  atomic_int references;
  atomic_bool retired; /* replaced, or the client was freed: none of its functions is called */
  rj_listener functions;
  void *user_data;
  void (*destroy)(void *user_data);
} rj_listener_box;

/* References: the caller's, until freed; the host's, whose sink it is; a dispatch's under way. */
struct rj_client {
  uint64_t id;
  atomic_int references;
  rj_runtime *runtime;
  rj_host_member *member;     /* valid while the runtime has its host */
  rj_client *next, *previous; /* runtime->clients */
  atomic_int state;           /* */
  rj_queue *queue;
  rj_wake *wake;
  rj_ready_node ready_node;
  pthread_mutex_t lock; /* of what follows, and of the queue with its wakeups */
  bool freed;
  bool dispatching;
  rj_listener_box *listener;
};

struct rj_edge {
  uint64_t id;
  rj_runtime *runtime;
  rj_host_server *server;  /* valid while the runtime has its host */
  char *url, *fingerprint; /* copies: valid until the edge is freed, whatever the runtime does */
};

/* Opens the gate for a call of the handle `id`: RJ_OK, or RJ_ERR_NOT_INITIALIZED (the runtime was
 * freed) with a text. */
int32_t rj_gate_open(rj_runtime *runtime, uint64_t id);
void rj_gate_close(rj_runtime *runtime);
/* The same, and holds the host. */
int32_t rj_hold(rj_runtime *runtime, uint64_t id, int64_t *now);
void rj_release(rj_runtime *runtime);
/* RJ_OK, or RJ_ERR_NOT_INITIALIZED with a text: for calls that do not need the host. */
int32_t rj_check_alive(rj_runtime *runtime, uint64_t id);
/* A callback may have become due outside the host: the runtime's thread is to know. No lock is held. */
void rj_tell_thread(rj_runtime *runtime);

rj_runtime *rj_runtime_reference(rj_runtime *runtime);
void rj_runtime_release(rj_runtime *runtime);

/* RJ_ERR_INVALID_ARGUMENT, with a text: the client is NULL. */
int32_t rj_no_client(void);
/* … the edge is. */
int32_t rj_no_edge(void);
/* A call on the client's member: holds the host, and lets it look after the member afterwards. */
int32_t rj_client_begin(rj_client *client, int64_t *now);
void rj_client_end(rj_client *client);
void rj_client_release(rj_client *client);
void rj_listener_box_release(rj_listener_box *box); /* NULL is nothing */
/* Takes the listener away; what is returned is to be released without the lock. Under the lock. */
rj_listener_box *rj_client_detach_listener(rj_client *client);
/* Where the host's events go. */
void rj_client_push(void *client, const rj_event_record *event);
/* This thread is inside a listener of a client of this runtime (NULL: of any). */
bool rj_in_listener(const rj_runtime *runtime);

/* Options, checked; a text of `id` names the option, what was given and the rule. Strings are the
 * caller's; urls has room for RJ_URLS_MAX. */
int32_t rj_client_options_read(rj_host_member_config *config, rj_url urls[],
                               const rj_client_options *options, uint64_t id);
/* What rejoin-edge wants of its edge beyond the options of the interface. */
typedef struct {
  rj_observer observer;
  rj_server_cluster cluster;   /* texts are copied; name NULL: the edge is alone */
  rj_certificate *certificate; /* referred to; NULL: the one in data_dir, or one that is made */
  /* A-3; 0: the default */
  uint32_t max_links, max_role_changes_per_minute;
  rj_bus_driver *bus; /* under its cluster: outlives the edge. NULL: the edge stays alone */
} rj_edge_extras;

/* rj_edge_new with extras (may be NULL). */
int32_t rj_edge_new_with(rj_runtime *runtime, const rj_edge_options *options,
                         const rj_edge_extras *extras, rj_edge **out);
/* Apps and limits of the options, and links and certificate (NULL: stays) of the extras, from now on; nothing else of them is
 * looked at. Refused as rj_edge_new does, and then nothing changed. rj_edge_fingerprint keeps the certificate that the edge
 * began with. */
int32_t rj_edge_change(rj_edge *edge, const rj_edge_options *options, const rj_edge_extras *extras);

/* *apps is the caller's (g_free). */
int32_t rj_edge_options_read(rj_host_server_config *config, rj_server_app **apps,
                             const rj_edge_options *options, uint64_t id);

#endif
