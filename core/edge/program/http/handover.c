/* The ring, its lock, and what is lost when it is full. Once one was lost, so are all that follow until all
 * before it were taken: so the gap has one place. */
#include "edge/program/http/handover.h"

#include <pthread.h>

#include "edge/program/http/limits.h"

struct rj_http_handover {
  pthread_mutex_t lock;
  void (*wake)(void *user);
  void *user;
  size_t first, count;
  uint64_t lost;
  rj_http_observation ring[RJ_HTTP_OBSERVATIONS];
};

rj_http_handover *rj_http_handover_new(void (*wake)(void *user), void *user) {
  rj_http_handover *handover = g_new0(rj_http_handover, 1);
  pthread_mutex_init(&handover->lock, NULL);
  handover->wake = wake;
  handover->user = user;
  return handover;
}

void rj_http_handover_free(rj_http_handover *handover) {
  if (handover == NULL)
    return;
  pthread_mutex_destroy(&handover->lock);
  g_free(handover);
}

static void copy(rj_http_observation *to, const rj_observation *what) {
  to->kind = what->kind;
  to->reason = what->reason;
  to->at = what->at;
  to->span = what->span;
  to->session = what->session;
  to->uid = what->uid;
  to->count = what->count;
  to->peer = what->peer;
  g_strlcpy(to->app_id, what->app_id, sizeof to->app_id);
  g_strlcpy(to->channel, what->channel, sizeof to->channel);
  g_strlcpy(to->detail, what->detail != NULL ? what->detail : "", sizeof to->detail);
}

void rj_http_handover_tell(void *user, const rj_observation *what) {
  rj_http_handover *handover = user;
  pthread_mutex_lock(&handover->lock);
  bool was_empty = handover->count == 0 && handover->lost == 0;
  if (handover->lost > 0 || handover->count == RJ_HTTP_OBSERVATIONS)
    handover->lost++;
  else
    copy(&handover->ring[(handover->first + handover->count++) % RJ_HTTP_OBSERVATIONS], what);
  pthread_mutex_unlock(&handover->lock);
  if (was_empty)
    handover->wake(handover->user);
}

size_t rj_http_handover_take(rj_http_handover *handover, rj_http_observation *out, size_t capacity,
                             uint64_t *lost) {
  *lost = 0;
  pthread_mutex_lock(&handover->lock);
  size_t count = MIN(handover->count, capacity);
  for (size_t i = 0; i < count; i++)
    out[i] = handover->ring[(handover->first + i) % RJ_HTTP_OBSERVATIONS];
  handover->first = (handover->first + count) % RJ_HTTP_OBSERVATIONS;
  handover->count -= count;
  if (handover->count == 0) {
    *lost = handover->lost;
    handover->lost = 0;
  }
  pthread_mutex_unlock(&handover->lock);
  return count;
}

bool rj_http_handover_is_due(rj_http_handover *handover) {
  pthread_mutex_lock(&handover->lock);
  bool is_due = handover->count > 0 || handover->lost > 0;
  pthread_mutex_unlock(&handover->lock);
  return is_due;
}
