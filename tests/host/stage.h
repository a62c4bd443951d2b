/* A stage for stories: a host with servers and clients whose events are kept, and steps that name what must have happened. */
#ifndef RJ_TESTS_HOST_STAGE_H
#define RJ_TESTS_HOST_STAGE_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/numbers.h"
#include "base/time.h"
#include "host/host.h"

enum { ANY = -1 };

typedef struct {
  rj_host *host;
  double scale; /* of time, for servers and clients made later */
  GPtrArray *actors;
  GPtrArray *servers;
} stage;

typedef struct {
  int32_t kind;
  int64_t time;
  int32_t old_state, state, reason;
  uint32_t uid;
  int32_t network;
  int64_t elapsed;
  uint32_t stream;
  uint64_t count;
  char text[72]; /* also of a stream message */
} seen;

/* A client and what it was told. */
typedef struct {
  stage *on;
  rj_host_member *member;
  uint32_t uid;
  pthread_mutex_t lock; /* of what follows: the loop's thread tells */
  GArray *seen;
  guint read; /* those that were looked at */
} actor;

typedef struct {
  uint32_t uid;
  int32_t dialect; /* 0: 3x */
  bool own_socket;
  const char *url; /* NULL: the server's */
  int64_t offline; /* N-4 of this client; 0: the default */
} role;

stage *stage_new(bool simulated, uint64_t seed);
/* loop: with another clock than the system's. */
stage *stage_new_with_clock(int64_t (*clock)(void *user), void *user);
/* With everybody on it. */
void stage_free(stage *s);
rj_host_server *stage_server(stage *s);
/* … with these things of its own; its timers are the stage's. */
rj_host_server *stage_server_with(stage *s, rj_host_server_config *config);
actor *stage_client(stage *s, rj_host_server *server, const role *how);
/* A client with this uid and the rest by default. */
actor *stage_client_uid(stage *s, rj_host_server *server, uint32_t uid);
/* Two members of one channel, each knows of the other, and nothing is left to look at. */
typedef struct {
  stage *s;
  rj_host_server *server;
  actor *one, *two; /* uids 1 and 2, in "demo" */
} pair;

pair stage_pair(stage *s, rj_host_server *server);
/* In a simulation of their own, and long enough in CONNECTED for a fresh backoff. */
pair stage_simulated_pair(uint64_t seed);

/* Frees the member; what it was told can still be looked at. */
void actor_free_member(actor *a);

int32_t actor_join(actor *a, const char *channel);
int32_t actor_leave(actor *a);
/* The id. */
uint32_t actor_create_stream(actor *a, bool reliable);
int32_t actor_send(actor *a, uint32_t stream, const char *text);
int32_t actor_state(actor *a);
int64_t actor_last_proof(actor *a);
void actor_set_faults(actor *a, int directions, rj_host_faults faults);
enum { UP = 1, DOWN = 2, BOTH = 3 };
void actor_cut(actor *a, int directions);
/* Back to the default: 10 ms in simulation, nothing on a real socket. */
void actor_heal(actor *a, int directions);

/* sim: lets time pass. */
void stage_run(stage *s, int64_t span);
void stage_run_until(stage *s, int64_t when);
/* sim: runs until the client gets a proof (T3 of the page: an outage begins right after one); returns its time. */
int64_t stage_run_to_proof(stage *s, actor *a);
int64_t stage_now(stage *s);
int64_t server_last_heard(stage *s, rj_host_server *server, const char *channel, uint32_t uid);

/* The next event not looked at yet, which must be there (loop: within 5 s). */
seen actor_next(actor *a);
/* Nothing more was told. */
void actor_expect_nothing(actor *a);
/* The next event is this stream message. Returns its time. */
int64_t actor_expect_message(actor *a, int64_t at, uint32_t uid, uint32_t stream, const char *text);
/* The next event is this SM; at ANY or an exact time. Returns its time. */
int64_t actor_expect_state(actor *a, int64_t at, int32_t state, int32_t reason);
/* … an event that has no fields of its own, or whose fields do not matter. */
int64_t actor_expect(actor *a, int64_t at, int32_t kind);
/* … user_joined or user_offline of this peer; reason ANY for a join. */
int64_t actor_expect_joined(actor *a, int64_t at, uint32_t uid);
int64_t actor_expect_offline(actor *a, int64_t at, uint32_t uid, int32_t reason);
void actor_forget(actor *a); /* everything so far was looked at */
/* Everything that everybody was told, a line an event. The caller's. */
char *stage_log(stage *s);

/* Joins, and runs (waits) until it is in; its events are looked at, the others' not. */
void actor_join_and_run(actor *a, const char *channel);

#endif
