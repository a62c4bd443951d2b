/* What happened to each session, from its join on: for the inspector's timelines. */
#ifndef RJ_HTTP_HISTORY_H
#define RJ_HTTP_HISTORY_H

#include "edge/program/http/handover.h"
#include "edge/program/http/json.h"

typedef struct rj_http_histories rj_http_histories;

/* sessions, ended: how many are kept. */
rj_http_histories *rj_http_histories_new(size_t sessions, size_t ended);
void rj_http_histories_free(rj_http_histories *histories);

void rj_http_histories_note(rj_http_histories *histories, const rj_http_observation *what);
/* Observations were lost: what is kept may be wrong, and is forgotten. */
void rj_http_histories_forget(rj_http_histories *histories);
/* The history as an array; of a session without one it is empty. */
void rj_http_histories_write(const rj_http_histories *histories, uint64_t session, rj_json *json,
                             const char *key, int64_t wall);

/* A session that ended lately. */
typedef struct {
  const char *app_id, *channel; /* borrowed until the next note */
  uint32_t uid;
  int64_t began; /* the edge's `now` */
} rj_http_ended;

/* False: it is not known, or has not ended. */
bool rj_http_histories_ended(const rj_http_histories *histories, uint64_t session,
                             rj_http_ended *out);
size_t rj_http_histories_count(const rj_http_histories *histories);

#endif
