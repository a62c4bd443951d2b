/* The last events with their numbers, so that a listener that was away can go on where it was. */
#ifndef RJ_HTTP_EVENT_LOG_H
#define RJ_HTTP_EVENT_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint64_t number;
  const char *name;               /* static: "joined", "gap" … */
  char app_id[128], channel[128]; /* for filters */
  uint32_t uid;
  bool is_for_all; /* whatever the filter */
  char *data;      /* JSON, one line */
} rj_http_event;

typedef struct rj_http_event_log rj_http_event_log;

rj_http_event_log *rj_http_event_log_new(size_t capacity);
void rj_http_event_log_free(rj_http_event_log *log);

/* The number that the next one gets; the first is 1. */
uint64_t rj_http_event_log_next(const rj_http_event_log *log);
/* Takes the event (its data is the log's from now on), gives it the next number, and forgets the oldest
 * when there is no room. */
void rj_http_event_log_add(rj_http_event_log *log, rj_http_event event);
/* Borrowed until the next add. NULL: it is forgotten, or was never there. */
const rj_http_event *rj_http_event_log_get(const rj_http_event_log *log, uint64_t number);
/* The oldest that is kept; next's number where there is none. */
uint64_t rj_http_event_log_oldest(const rj_http_event_log *log);

#endif
