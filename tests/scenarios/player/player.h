/* Plays a plan through the C interface, and prints what was heard (rejoin.scenario.recording). */
#ifndef RJ_PLAYER_PLAYER_H
#define RJ_PLAYER_PLAYER_H

#include <rejoin/rejoin.h>

#include "plan.h"

typedef struct player player;

typedef struct {
  player *of;
  const char *name;
  rj_client *client; /* NULL: freed */
} player_client;

struct player {
  plan *plan;
  rj_runtime *runtime;      /* of the clients; simulated: of all */
  rj_runtime *edge_runtime; /* real: of the edges */
  GHashTable *edges;        /* rj_edge by name */
  GHashTable *clients;      /* player_client by name */
  int64_t origin;           /* the runtime's clock at the beginning */
};

/* ---- nodes.c: what a plan is about */
void player_make_nodes(player *p);
void player_free_nodes(player *p);

/* ---- actions.c: does a step and prints what came of it */
void player_do(player *p, const plan_step *step);
/* Prints when the edges last heard the members that are watched, where that changed. */
void player_watch(player *p);

/* ---- telling.c: prints an event, and does what the plan wants done inside its callback */
extern const rj_listener player_listener; /* user_data: player_client */

#endif
