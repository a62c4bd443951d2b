/* The table of paths, and what every request goes through before somebody answers it. */
#include <string.h>

#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"
#include "edge/program/http/secret_file.h"

#define PAGE          "after limit"
#define MEMBER_FILTER "uid search state history " PAGE
#define KICK_FIELDS   "app channel uid ip"

static const rj_http_route routes[] = {
    {"GET", "/", "", NULL, rj_http_get_file, true},
    {"GET", "/inspector/{}", "", NULL, rj_http_get_file, true},
    {"GET", "/healthz", "", NULL, rj_http_get_health, true},
    {"GET", "/readyz", "", NULL, rj_http_get_readiness, true},
    {"GET", "/metrics", "", NULL, rj_http_get_metrics, false},
    {"GET", "/v1/openapi.json", "", NULL, rj_http_get_file, false},
    {"GET", "/v1/edge", "", NULL, rj_http_get_edge, false},
    {"GET", "/v1/channels", "app search " PAGE, NULL, rj_http_get_channels, false},
    {"GET", "/v1/channels/{}/{}", "", NULL, rj_http_get_channel, false},
    {"GET", "/v1/channels/{}/{}/members", MEMBER_FILTER, NULL, rj_http_get_channel_members, false},
    {"GET", "/v1/channels/{}/{}/members/{}", "", NULL, rj_http_get_channel_member, false},
    {"GET", "/v1/members", "app channel " MEMBER_FILTER, NULL, rj_http_get_members, false},
    {"GET", "/v1/members/{}", "", NULL, rj_http_get_member, false},
    {"GET", "/v1/kicks", KICK_FIELDS " " PAGE, NULL, rj_http_get_kicks, false},
    {"POST", "/v1/kicks", "", KICK_FIELDS " seconds", rj_http_post_kick, false},
    {"GET", "/v1/kicks/{}", "", NULL, rj_http_get_kick, false},
    {"PATCH", "/v1/kicks/{}", "", "seconds", rj_http_patch_kick, false},
    {"DELETE", "/v1/kicks/{}", "", NULL, rj_http_delete_kick, false},
    {"POST", "/v1/drain", "", "seconds", rj_http_post_drain, false},
    {"GET", "/v1/events", "app channel uid", NULL, rj_http_get_events, false},
};

/* ------------------------------------------------------------------ which route */

/* Is this the path of the route? Then its parts, encoded still, are the caller's. */
static bool fits(const rj_http_route *route, const char *path, char *parts[RJ_HTTP_PARTS]) {
  char **wanted = g_strsplit(route->path, "/", -1), **given = g_strsplit(path, "/", -1);
  bool same = g_strv_length(wanted) == g_strv_length(given);
  size_t count = 0;
  for (size_t i = 0; same && wanted[i] != NULL; i++) {
    if (strcmp(wanted[i], "{}") != 0)
      same = strcmp(wanted[i], given[i]) == 0;
    else if (*given[i] == '\0')
      same = false;
    else
      parts[count++] = g_strdup(given[i]);
  }
  for (size_t i = 0; !same && i < count; i++)
    g_clear_pointer(&parts[i], g_free);
  g_strfreev(wanted);
  g_strfreev(given);
  return same;
}

/* HEAD is GET whose body is left out, which libsoup does. */
static bool is_method(const rj_http_route *route, const char *method) {
  return strcmp(route->method, method) == 0 ||
         (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The route, with the call's parts; else NULL, and `allowed` names the methods that the path knows. */
static const rj_http_route *find(const char *path, const char *method, char *parts[RJ_HTTP_PARTS],
                                 GString *allowed) {
  for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
    if (!fits(&routes[i], path, parts))
      continue;
    if (is_method(&routes[i], method))
      return &routes[i];
    for (size_t k = 0; k < RJ_HTTP_PARTS; k++)
      g_clear_pointer(&parts[k], g_free);
    g_string_append_printf(allowed, "%s%s", allowed->len > 0 ? ", " : "", routes[i].method);
    if (strcmp(routes[i].method, "GET") == 0)
      g_string_append(allowed, ", HEAD");
  }
  return NULL;
}

/* ------------------------------------------------------------------ who may */

static bool shows_token(const rj_http_call *call) {
  static const char scheme[] = "Bearer ";
  const char *given = soup_message_headers_get_one(
      soup_server_message_get_request_headers(call->message), "Authorization");
  return given != NULL && g_ascii_strncasecmp(given, scheme, strlen(scheme)) == 0 &&
         rj_http_secret_equal(call->http->token, given + strlen(scheme));
}

static bool is_open(const rj_http_call *call, const char *path) {
  if (call->route != NULL && strcmp(call->route->path, "/metrics") == 0)
    return call->http->metrics_open;
  return call->route != NULL ? call->route->is_open : !g_str_has_prefix(path, "/v1");
}

static bool may(rj_http_call *call, const char *path) {
  if (is_open(call, path) || shows_token(call))
    return true;
  soup_message_headers_replace(soup_server_message_get_response_headers(call->message),
                               "WWW-Authenticate", "Bearer");
  return rj_http_problem(call, SOUP_STATUS_UNAUTHORIZED, NULL,
                         "the token is needed: Authorization: Bearer TOKEN");
}

/* ------------------------------------------------------------------ before the body */

static bool is_too_long(rj_http_call *call, goffset length) {
  if (length <= RJ_HTTP_BODY)
    return false;
  rj_http_problem(call, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL, "the body has at most %d bytes",
                  RJ_HTTP_BODY);
  return true;
}

static void no_route(rj_http_call *call, const GString *allowed) {
  if (allowed->len == 0) {
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, NULL, "there is nothing here");
    return;
  }
  soup_message_headers_replace(soup_server_message_get_response_headers(call->message), "Allow",
                               allowed->str);
  rj_http_problem(call, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL, "this takes %s", allowed->str);
}

static void call_free(gpointer data) {
  rj_http_call *call = data;
  for (size_t i = 0; i < RJ_HTTP_PARTS; i++)
    g_free(call->parts[i]);
  if (call->query != NULL)
    g_hash_table_destroy(call->query);
  if (call->body != NULL)
    json_object_unref(call->body);
  g_free(call);
}

static void refuse_rest(SoupServerMessage *message) {
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
}

/* A body without a length shows its length as it comes. */
static void got_chunk(SoupServerMessage *message, GBytes *chunk, gpointer data) {
  rj_http_call *call = data;
  goffset length = soup_server_message_get_request_body(message)->length;
  (void)chunk;
  if (soup_server_message_get_status(message) == 0 && is_too_long(call, length))
    refuse_rest(message);
}

/* The headers came. Whoever is refused now has its body thrown away as it comes. */
static void begin(SoupServer *server, SoupServerMessage *message, const char *path,
                  GHashTable *query, gpointer http) {
  (void)server, (void)query;
  rj_http_call *call = g_new0(rj_http_call, 1);
  GString *allowed = g_string_new(NULL);
  call->http = http;
  call->message = message;
  call->route = find(path, soup_server_message_get_method(message), call->parts, allowed);
  g_object_set_data_full(G_OBJECT(message), "rejoin-call", call, call_free);
  goffset length =
      soup_message_headers_get_content_length(soup_server_message_get_request_headers(message));
  if (may(call, path) && call->route == NULL)
    no_route(call, allowed);
  else if (soup_server_message_get_status(message) == 0)
    is_too_long(call, length);
  if (soup_server_message_get_status(message) != 0)
    refuse_rest(message);
  else
    g_signal_connect(message, "got-chunk", G_CALLBACK(got_chunk), call);
  g_string_free(allowed, TRUE);
}

/* ------------------------------------------------------------------ all of it came */

static bool take_parts(rj_http_call *call) {
  for (size_t i = 0; i < RJ_HTTP_PARTS && call->parts[i] != NULL; i++) {
    char *part = g_uri_unescape_string(call->parts[i], NULL);
    bool is_text = part != NULL && g_utf8_validate(part, -1, NULL);
    g_free(call->parts[i]);
    call->parts[i] = is_text ? part : NULL;
    if (is_text)
      continue;
    g_free(part);
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL,
                           "the path is not percent-encoded UTF-8 text");
  }
  return true;
}

static void answer(SoupServer *server, SoupServerMessage *message, const char *path,
                   GHashTable *query, gpointer http) {
  (void)server, (void)path, (void)query, (void)http;
  rj_http_call *call = g_object_get_data(G_OBJECT(message), "rejoin-call");
  if (take_parts(call) && rj_http_take_query(call) && rj_http_take_body(call))
    call->route->answer(call);
}

static void count_answer(SoupServer *server, SoupServerMessage *message, gpointer data) {
  rj_http *http = data;
  guint class = soup_server_message_get_status(message) / 100;
  (void)server;
  http->meters.answers[class < G_N_ELEMENTS(http->meters.answers) ? class : 0]++;
}

void rj_http_routes_add(rj_http *http, SoupServer *server) {
  soup_server_add_early_handler(server, NULL, begin, http, NULL);
  soup_server_add_handler(server, NULL, answer, http, NULL);
  g_signal_connect(server, "request-finished", G_CALLBACK(count_answer), http);
}
