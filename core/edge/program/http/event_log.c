/* A ring of events by number. */
#include "edge/program/http/event_log.h"

struct rj_http_event_log {
  rj_http_event *ring; /* number n stands at n % capacity */
  size_t capacity;
  uint64_t next, oldest;
};

rj_http_event_log *rj_http_event_log_new(size_t capacity) {
  rj_http_event_log *log = g_new0(rj_http_event_log, 1);
  log->ring = g_new0(rj_http_event, capacity);
  log->capacity = capacity;
  log->next = log->oldest = 1;
  return log;
}

void rj_http_event_log_free(rj_http_event_log *log) {
  if (log == NULL)
    return;
  for (size_t i = 0; i < log->capacity; i++)
    g_free(log->ring[i].data);
  g_free(log->ring);
  g_free(log);
}

uint64_t rj_http_event_log_next(const rj_http_event_log *log) {
  return log->next;
}

void rj_http_event_log_add(rj_http_event_log *log, rj_http_event event) {
  rj_http_event *place = &log->ring[log->next % log->capacity];
  g_free(place->data);
  *place = event;
  place->number = log->next++;
  if (log->next - log->oldest > log->capacity)
    log->oldest++;
}

const rj_http_event *rj_http_event_log_get(const rj_http_event_log *log, uint64_t number) {
  bool is_there = number >= log->oldest && number < log->next;
  return is_there ? &log->ring[number % log->capacity] : NULL;
}

uint64_t rj_http_event_log_oldest(const rj_http_event_log *log) {
  return log->oldest;
}
