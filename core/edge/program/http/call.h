/* One request while it is answered: what it asks for, checked, and how the answer is given. */
#ifndef RJ_HTTP_CALL_H
#define RJ_HTTP_CALL_H

#include <json-glib/json-glib.h>

#include "edge/program/http/http_internal.h"
#include "edge/program/http/json.h"

enum { RJ_HTTP_PARTS = 3 };

typedef struct rj_http_call rj_http_call;

/* A path with its method and what it takes. `{}` in the path stands for one part. */
typedef struct {
  const char *method, *path;
  const char *query; /* names with spaces between; "": none */
  const char *body;  /* names of the body's object; NULL: no body */
  void (*answer)(rj_http_call *call);
  bool is_open; /* without the token */
} rj_http_route;

struct rj_http_call {
  rj_http *http;
  SoupServerMessage *message;
  const rj_http_route *route;
  char *parts[RJ_HTTP_PARTS]; /* of the path, decoded */
  GHashTable *query;          /* texts by name */
  JsonObject *body;           /* NULL: none */
};

/* ------------------------------------------------------------------ answers (answer.c) */

/* Takes the string. */
void rj_http_answer(rj_http_call *call, guint status, const char *type, GString *text);
void rj_http_answer_json(rj_http_call *call, guint status, GString *json);
void rj_http_answer_nothing(rj_http_call *call); /* 204 */
/* problem+json; field NULL: none. Always false, so that checks can return it. */
bool rj_http_problem(rj_http_call *call, guint status, const char *field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* 503: the edge is down. */
bool rj_http_problem_down(rj_http_call *call);
/* "did you mean" or which there are: for a key that nobody knows. names with spaces between. */
bool rj_http_problem_unknown(rj_http_call *call, const char *what, const char *given,
                             const char *names);

/* ------------------------------------------------------------------ what is asked for (ask.c) */

/* Each is false once a problem was answered. */
bool rj_http_take_query(rj_http_call *call);
bool rj_http_take_body(rj_http_call *call);

/* NULL: not given. */
const char *rj_http_query(const rj_http_call *call, const char *name);
bool rj_http_query_whole(rj_http_call *call, const char *name, uint64_t least, uint64_t most,
                         uint64_t otherwise, uint64_t *out);
bool rj_http_query_bool(rj_http_call *call, const char *name, bool *out); /* not given: false */
/* By the rules of app ids, channels and uids; 0 and NULL: not given. */
bool rj_http_query_names(rj_http_call *call, const char **app_id, const char **channel,
                         uint32_t *uid);
bool rj_http_body_text(rj_http_call *call, const char *name, const char **out);
bool rj_http_body_whole(rj_http_call *call, const char *name, uint64_t least, uint64_t most,
                        uint64_t *out);
/* Seconds from `least` (or more than it, above) to `most` as ns. */
bool rj_http_body_seconds(rj_http_call *call, const char *name, bool above_zero, double most,
                          int64_t *out);
bool rj_http_body_has(const rj_http_call *call, const char *name);

/* ------------------------------------------------------------------ the routes (routes.c), and who answers them */

void rj_http_routes_add(rj_http *http, SoupServer *server);

void rj_http_get_edge(rj_http_call *call); /* api_edge.c */
void rj_http_post_drain(rj_http_call *call);
void rj_http_get_health(rj_http_call *call);
void rj_http_get_readiness(rj_http_call *call);
void rj_http_get_members(rj_http_call *call); /* api_members.c */
void rj_http_get_member(rj_http_call *call);
void rj_http_get_channel_members(rj_http_call *call);
void rj_http_get_channel_member(rj_http_call *call);
void rj_http_get_channels(rj_http_call *call); /* api_channels.c */
void rj_http_get_channel(rj_http_call *call);
void rj_http_get_kicks(rj_http_call *call); /* api_kicks.c */
void rj_http_post_kick(rj_http_call *call);
void rj_http_get_kick(rj_http_call *call);
void rj_http_patch_kick(rj_http_call *call);
void rj_http_delete_kick(rj_http_call *call);
void rj_http_get_events(rj_http_call *call);  /* event_stream.c */
void rj_http_get_metrics(rj_http_call *call); /* metrics.c */
void rj_http_get_file(rj_http_call *call);    /* files.c */

/* ------------------------------------------------------------------ pages (page.c) */

/* A cursor as text (the caller's), and back; false: it is none. */
char *rj_http_cursor_text(const rj_inspect_cursor *cursor);
bool rj_http_cursor_parse(const char *text, rj_inspect_cursor *out);
/* The query's `after` and `limit`. */
bool rj_http_take_page(rj_http_call *call, rj_inspect_cursor *cursor, uint64_t *limit);
/* Ends a list: "next" and "now". */
void rj_http_end_page(rj_http_call *call, rj_json *json, const rj_inspect_cursor *cursor);
/* The channel of the path {app}/{channel}; "-" is the empty app id. */
bool rj_http_take_channel(rj_http_call *call, const char **app_id, const char **channel);
/* Does this text have that part (lower case), whatever its case? */
bool rj_http_has_part(const char *text, const char *part);

#endif
