/* Hands what the edge tells its observer from the loop's thread to that of HTTP: a ring of copies under a lock. */
#ifndef RJ_HTTP_HANDOVER_H
#define RJ_HTTP_HANDOVER_H

#include <glib.h>
#include <stdint.h>

#include "edge/observe.h"

/* A copy of an rj_observation; texts that are too long are cut. */
typedef struct {
  rj_observed kind;
  int32_t reason;
  int64_t at, span;
  uint64_t session;
  uint32_t uid, count;
  rj_address peer;
  char app_id[128], channel[128], detail[96]; /* "" where there is none */
} rj_http_observation;

typedef struct rj_http_handover rj_http_handover;

/* `wake` is called by rj_http_handover_tell, whenever the ring was empty before. */
rj_http_handover *rj_http_handover_new(void (*wake)(void *user), void *user);
void rj_http_handover_free(rj_http_handover *handover);

/* An rj_observer's tell: any thread, takes a copy and returns. One that finds no room is lost, and counted. */
void rj_http_handover_tell(void *handover, const rj_observation *what);
/* Takes the oldest, up to `capacity`; *lost: how many were lost since the last call, after those that are
 * taken now. */
size_t rj_http_handover_take(rj_http_handover *handover, rj_http_observation *out, size_t capacity,
                             uint64_t *lost);
/* Is there something to take? */
bool rj_http_handover_is_due(rj_http_handover *handover);

#endif
