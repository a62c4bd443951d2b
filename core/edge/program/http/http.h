/* Administration of rejoin-edge over HTTP: API, event streams, metrics, webhooks and the inspector's page, on
 * a thread of their own. Built with libsoup and json-glib; without them it says so and does nothing. */
#ifndef RJ_HTTP_HTTP_H
#define RJ_HTTP_HTTP_H

#include <rejoin/rejoin.h>
#include <stdbool.h>

#include "edge/observe.h"

/* Texts are borrowed for rj_http_new; NULL: not given. */
typedef struct {
  const char *listen;     /* ADDRESS:PORT; NULL: no administration over HTTP */
  const char *token_file; /* NULL: http.token in the data directory, made when it is not there */
  const char *certificate, *key; /* PEM files: HTTPS */
  const char *data_dir;
  const char *webhook_url;         /* http:// or https://; NULL: no webhooks */
  const char *webhook_secret_file; /* what deliveries are signed with */
  const char *webhook_events;      /* names with commas; NULL: joins, ends and channels */
  bool plain;                      /* without TLS also where others may listen in */
  bool metrics_open;               /* /metrics without the token */
} rj_http_options;

typedef struct rj_http rj_http;

/* Listens already, and answers from rj_http_start on. NULL: *error (the caller's, g_free) names the option,
 * what was given and the rule. Neither listen nor webhook_url: NULL, and *error stays as it is. */
rj_http *rj_http_new(const rj_http_options *options, char **error);
/* Would rj_http_new take them? Opens no port and makes no token. */
bool rj_http_check(const rj_http_options *options, char **error);
/* What the edge is to be made with; valid until rj_http_free. */
rj_observer rj_http_observer(rj_http *http);
/* runtime and edge are borrowed until rj_http_stop, which returns once the thread has ended. NULL is
 * nothing. */
void rj_http_start(rj_http *http, rj_runtime *runtime, rj_edge *edge);
void rj_http_stop(rj_http *http);
/* Once the edge is freed: until then it may tell its observer something. NULL is nothing. */
void rj_http_free(rj_http *http);

/* "http://127.0.0.1:7480", with the port that it got; NULL: it does not listen. Valid until freed. */
const char *rj_http_url(const rj_http *http);
/* Where the token stands; the token itself is shown nowhere. */
const char *rj_http_token_path(const rj_http *http);

#endif
