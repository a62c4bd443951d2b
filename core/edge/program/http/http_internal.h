/* What the files of the administration over HTTP share. All of it but the hand-over belongs to its thread. */
#ifndef RJ_HTTP_INTERNAL_H
#define RJ_HTTP_INTERNAL_H

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <pthread.h>
#include <stdbool.h>

#include "edge/inspect.h"
#include "edge/program/http/event_log.h"
#include "edge/program/http/handover.h"
#include "edge/program/http/history.h"
#include "edge/program/http/http.h"
#include "edge/program/http/metrics_text.h"

typedef struct rj_http_connections rj_http_connections;
typedef struct rj_http_streams rj_http_streams;
typedef struct rj_webhooks rj_webhooks;

enum {
  RJ_HTTP_REASONS = 64
}; /* reasons that are counted by their number; others as the last one */

typedef struct {
  rj_histogram join, outage, stay, hold;
  uint64_t events[RJ_OBSERVED_KINDS];
  uint64_t refused[RJ_HTTP_REASONS];
  uint64_t answers[6]; /* by the first digit of the status */
  uint64_t observations_lost;
} rj_http_meters;

struct rj_http {
  /* from rj_http_new on */
  char *token, *token_path, *url;
  bool metrics_open;
  GSocket *socket; /* NULL: does not listen */
  GTlsCertificate *certificate;
  rj_http_handover *handover;
  rj_webhooks *webhooks; /* NULL: there are none */
  uint64_t run; /* drawn at the start, so that event ids of another run are known as such */
  GMainContext *context;

  /* from rj_http_start on */
  rj_runtime *runtime;
  rj_edge *edge;
  pthread_t thread;
  bool runs;
  GMainLoop *loop;
  SoupServer *server;
  rj_http_connections *connections;
  rj_http_event_log *log;
  rj_http_histories *histories;
  rj_http_streams *streams;
  rj_http_meters meters;
  int64_t hold_began; /* us */
};

/* ------------------------------------------------------------------ http.c */

/* Holds the host, for a bounded look. False: the edge is down, and nothing is held. */
bool rj_http_hold(rj_http *http, rj_server **server, int64_t *now);
/* Lets go; more: another look follows, so first everybody who waits gets the host. */
void rj_http_let_go(rj_http *http, bool more);
/* ns to add to the edge's `now` for the wall clock. */
int64_t rj_http_wall(const rj_http *http);

/* ------------------------------------------------------------------ connections.c */

rj_http_connections *rj_http_connections_new(SoupServer *server);
void rj_http_connections_free(rj_http_connections *connections);
size_t rj_http_connections_count(const rj_http_connections *connections);
/* The message's connection is closed then, unless another deadline takes this one's place; 0: it has
 * none. */
void rj_http_connections_deadline(rj_http_connections *connections, SoupServerMessage *message,
                                  unsigned seconds);

/* ------------------------------------------------------------------ event_stream.c: server-sent events */

rj_http_streams *rj_http_streams_new(rj_http *http);
void rj_http_streams_free(rj_http_streams *streams);
size_t rj_http_streams_count(const rj_http_streams *streams);
/* Something was added to the log. */
void rj_http_streams_pump(rj_http_streams *streams);

/* ------------------------------------------------------------------ metrics.c */

void rj_http_meters_init(rj_http_meters *meters);
void rj_http_meters_note(rj_http_meters *meters, const rj_http_observation *what);

#endif
