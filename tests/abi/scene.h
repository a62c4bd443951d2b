/* A simulated (or real) runtime with an edge and clients, as an app sees them: through rejoin.h alone. */
#ifndef RJ_TESTS_ABI_SCENE_H
#define RJ_TESTS_ABI_SCENE_H

#include <glib.h>
#include <rejoin/rejoin.h>
#include <stdatomic.h>
#include <stdbool.h>

/* NULL, for arguments that must not be NULL: a compiler does not know this one. */
extern void *nothing;

#define SECOND INT64_C(1000000000)

typedef struct {
  rj_runtime *runtime;
  rj_edge *edge;
  bool real;
  const char *urls[1];
  rj_client_options options; /* for a client of this edge; change a copy */
} scene;

void scene_begin(scene *s, uint64_t seed);
void scene_begin_real(scene *s);
bool scene_is_simulated(const scene *s);
void scene_end(scene *s); /* clients must have been freed */
rj_client *scene_client(scene *s);
/* A client that is in "demo"; its events so far are taken. */
rj_client *scene_member(scene *s, uint32_t uid);
/* Lets so much time pass. */
void scene_run(scene *s, double seconds);
/* Until *done, which is to come soon; simulated or real. */
void scene_wait(scene *s, const atomic_bool *done);
/* Cuts both directions, or heals them. */
void scene_cut(rj_client *client);
void scene_heal(rj_client *client);

/* Takes the next event, which must be of this kind. Valid until the next call on this thread. */
const rj_event *scene_expect(rj_client *client, int32_t kind);
void scene_expect_state(rj_client *client, int32_t state, int32_t reason);
void scene_expect_nothing(rj_client *client);
/* Takes all; returns how many. */
int scene_drain(rj_client *client);

#endif
