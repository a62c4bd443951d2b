/* Webhooks: events of members and channels, delivered by POST to a URL of the operator's, signed, in order,
 * and tried again until they arrive. On the thread of HTTP, but for new and free. */
#ifndef RJ_HTTP_WEBHOOKS_H
#define RJ_HTTP_WEBHOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "edge/program/http/handover.h"

typedef struct rj_webhooks rj_webhooks;

/* events: names with commas (NULL: the default); run: named in each delivery. NULL: *error (the caller's,
 * g_free) names the key, what was given and the rule. */
rj_webhooks *rj_webhooks_new(const char *url, const char *secret_file, const char *events,
                             uint64_t run, char **error);
void rj_webhooks_free(rj_webhooks *webhooks); /* NULL is nothing */

/* Between them deliveries go out, on the default context of the thread that calls. */
void rj_webhooks_start(rj_webhooks *webhooks);
void rj_webhooks_stop(rj_webhooks *webhooks);

/* Queues it, if it is one of the events that are wanted. number, wall: as of rj_http_event_fields. */
void rj_webhooks_note(rj_webhooks *webhooks, const rj_http_observation *what, uint64_t number,
                      int64_t wall);
/* So many observations were lost before they came here. */
void rj_webhooks_note_lost(rj_webhooks *webhooks, uint64_t lost);

typedef struct {
  size_t queued;
  uint64_t delivered, dropped; /* events */
  uint64_t failed;             /* deliveries that are tried again */
} rj_webhook_counts;

rj_webhook_counts rj_webhooks_counts(const rj_webhooks *webhooks);

#endif
