/* Server-sent events. Each listener has its place in the log and takes events from there as fast as it
 * reads; one that falls behind what is kept is told of the gap. */
#include <inttypes.h>
#include <string.h>

#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

struct rj_http_streams {
  rj_http *http;
  GPtrArray *listeners;
  GSource *heartbeat;
};

typedef struct {
  rj_http_streams *streams;
  SoupServerMessage *message;
  char *app_id, *channel; /* NULL: any */
  uint32_t uid;           /* 0: any */
  uint64_t next;          /* the number of the event that it gets next */
  size_t open;            /* bytes given to it and not written yet */
  GSource *end;           /* its connection has something to say; NULL: not looked for */
} listener;

/* ------------------------------------------------------------------ writing */

static void give(listener *l, GString *text) {
  if (l->open == 0)
    rj_http_connections_deadline(l->streams->http->connections, l->message, RJ_HTTP_ANSWER_SECONDS);
  l->open += text->len;
  SoupMessageBody *body = soup_server_message_get_response_body(l->message);
  gsize length = text->len;
  soup_message_body_append(body, SOUP_MEMORY_TAKE, g_string_free(text, FALSE), length);
  soup_server_message_unpause(l->message);
}

static void add_event(GString *text, const rj_http *http, uint64_t number, const char *name,
                      const char *data) {
  g_string_append_printf(text, "id: %016" PRIx64 ".%" PRIu64 "\nevent: %s\ndata: %s\n\n", http->run,
                         number, name, data);
}

static bool fits(const listener *l, const rj_http_event *event) {
  return event->is_for_all || ((l->app_id == NULL || strcmp(l->app_id, event->app_id) == 0) &&
                               (l->channel == NULL || strcmp(l->channel, event->channel) == 0) &&
                               (l->uid == 0 || l->uid == event->uid));
}

/* lost NULL-like: UINT64_MAX, nobody knows how many. */
static void add_gap(GString *text, const rj_http *http, uint64_t number, uint64_t lost) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_count(&json, "seq", number);
  if (lost != UINT64_MAX)
    rj_json_count(&json, "lost", lost);
  else
    rj_json_null(&json, "lost");
  rj_json_whole(&json, "now", g_get_real_time() / 1000);
  rj_json_end(&json, '}');
  add_event(text, http, number, "gap", json.out->str);
  g_string_free(json.out, TRUE);
}

/* What it is to get now, as far as there is room. */
static void pump(listener *l) {
  const rj_http *http = l->streams->http;
  GString *text = g_string_new(NULL);
  uint64_t oldest = rj_http_event_log_oldest(http->log), end = rj_http_event_log_next(http->log);
  if (l->next < oldest) {
    add_gap(text, http, end - 1, end - l->next);
    l->next = end;
  }
  while (l->next < end && l->open + text->len < RJ_HTTP_STREAM_BYTES) {
    const rj_http_event *event = rj_http_event_log_get(http->log, l->next++);
    if (fits(l, event))
      add_event(text, http, event->number, event->name, event->data);
  }
  if (text->len > 0)
    give(l, text);
  else
    g_string_free(text, TRUE);
}

void rj_http_streams_pump(rj_http_streams *streams) {
  for (guint i = 0; i < streams->listeners->len; i++)
    pump(g_ptr_array_index(streams->listeners, i));
}

static gboolean beat(gpointer data) {
  rj_http_streams *streams = data;
  for (guint i = 0; i < streams->listeners->len; i++) {
    listener *l = g_ptr_array_index(streams->listeners, i);
    if (l->open == 0)
      give(l, g_string_new(":\n\n"));
  }
  return G_SOURCE_CONTINUE;
}

static void wrote(SoupServerMessage *message, guint length, gpointer data) {
  listener *l = data;
  l->open -= MIN(l->open, length);
  rj_http_connections_deadline(l->streams->http->connections, message,
                               l->open > 0 ? RJ_HTTP_ANSWER_SECONDS : 0);
  if (l->open < RJ_HTTP_STREAM_BYTES / 2)
    pump(l);
}

/* ------------------------------------------------------------------ coming and going */

static void listener_free(gpointer data) {
  listener *l = data;
  if (l->end != NULL) {
    g_source_destroy(l->end);
    g_source_unref(l->end);
  }
  g_signal_handlers_disconnect_by_data(l->message, l);
  g_object_unref(l->message);
  g_free(l->app_id);
  g_free(l->channel);
  g_free(l);
}

static void finished(SoupServerMessage *message, gpointer data) {
  listener *l = data;
  (void)message;
  g_ptr_array_remove_fast(l->streams->listeners, l); /* frees it */
}

/* It has nothing to say while it listens, so this is its end. Found out by a write that fails. */
static gboolean ended(GSocket *socket, GIOCondition condition, gpointer data) {
  (void)condition;
  g_socket_shutdown(socket, TRUE, TRUE, NULL);
  give(data, g_string_new(":\n\n"));
  return G_SOURCE_REMOVE;
}

/* Of a TLS connection only its own layer knows what comes in: there the heartbeat finds the end. */
static void watch_for_end(listener *l) {
  if (l->streams->http->certificate != NULL)
    return;
  l->end = g_socket_create_source(soup_server_message_get_socket(l->message), G_IO_IN, NULL);
  g_source_set_callback(l->end, G_SOURCE_FUNC(ended), l, NULL);
  g_source_attach(l->end, l->streams->http->context);
}

/* The place after the last event that it had. False: nobody knows what it missed. */
static bool find_place(const rj_http *http, const char *last, uint64_t *next) {
  char run[20];
  guint64 number = 0;
  g_snprintf(run, sizeof run, "%016" PRIx64 ".", http->run);
  if (!g_str_has_prefix(last, run) ||
      !g_ascii_string_to_unsigned(last + strlen(run), 10, 0, rj_http_event_log_next(http->log) - 1,
                                  &number, NULL))
    return false;
  *next = number + 1;
  return true;
}

static void add_hello(GString *text, rj_http *http, uint64_t before) {
  rj_json json = {.out = g_string_new(NULL)};
  rj_server_view view = {0};
  rj_server *server;
  int64_t now;
  if (rj_http_hold(http, &server, &now)) {
    rj_inspect_server(server, &view, now);
    rj_http_let_go(http, false);
  }
  rj_json_begin(&json, NULL, '{');
  rj_json_count(&json, "seq", before);
  rj_json_whole(&json, "now", g_get_real_time() / 1000);
  rj_json_id(&json, "edge", view.edge_id);
  rj_json_end(&json, '}');
  add_event(text, http, before, "hello", json.out->str);
  g_string_free(json.out, TRUE);
}

static void begin_answer(SoupServerMessage *message) {
  SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
  bool is_old = soup_server_message_get_http_version(message) == SOUP_HTTP_1_0;
  soup_message_headers_replace(headers, "Content-Type", "text/event-stream");
  soup_message_headers_replace(headers, "Cache-Control", "no-store");
  soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace(headers, "X-Accel-Buffering", "no");
  soup_message_headers_set_encoding(headers, is_old ? SOUP_ENCODING_EOF : SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
  soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
}

static void begin(rj_http_call *call, const char *app_id, const char *channel, uint32_t uid) {
  rj_http *http = call->http;
  const char *last = soup_message_headers_get_one(
      soup_server_message_get_request_headers(call->message), "Last-Event-ID");
  listener *l = g_new0(listener, 1);
  l->streams = http->streams;
  l->message = g_object_ref(call->message);
  l->app_id = g_strdup(app_id);
  l->channel = g_strdup(channel);
  l->uid = uid;
  l->next = rj_http_event_log_next(http->log);
  bool goes_on = last == NULL || find_place(http, last, &l->next);
  begin_answer(call->message);
  g_signal_connect(call->message, "wrote-body-data", G_CALLBACK(wrote), l);
  g_signal_connect(call->message, "finished", G_CALLBACK(finished), l);
  g_ptr_array_add(http->streams->listeners, l);
  watch_for_end(l);
  GString *text = g_string_new(NULL);
  add_hello(text, http, l->next - 1);
  if (!goes_on)
    add_gap(text, http, l->next - 1, UINT64_MAX);
  give(l, text);
  pump(l);
}

void rj_http_get_events(rj_http_call *call) {
  const char *app_id, *channel;
  uint32_t uid;
  if (!rj_http_query_names(call, &app_id, &channel, &uid))
    return;
  if (strcmp(soup_server_message_get_method(call->message), "HEAD") == 0)
    rj_http_answer(call, SOUP_STATUS_OK, "text/event-stream", g_string_new(NULL));
  else if (call->http->streams->listeners->len >= RJ_HTTP_LISTENERS)
    rj_http_problem(call, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL,
                    "%d listen already, which is all that may; come again later",
                    RJ_HTTP_LISTENERS);
  else
    begin(call, app_id, channel, uid);
}

rj_http_streams *rj_http_streams_new(rj_http *http) {
  rj_http_streams *streams = g_new0(rj_http_streams, 1);
  streams->http = http;
  streams->listeners = g_ptr_array_new_with_free_func(listener_free);
  streams->heartbeat = g_timeout_source_new_seconds(RJ_HTTP_HEARTBEAT_SECONDS);
  g_source_set_callback(streams->heartbeat, beat, streams, NULL);
  g_source_attach(streams->heartbeat, http->context);
  return streams;
}

void rj_http_streams_free(rj_http_streams *streams) {
  if (streams == NULL)
    return;
  g_source_destroy(streams->heartbeat);
  g_source_unref(streams->heartbeat);
  g_ptr_array_free(streams->listeners, TRUE);
  g_free(streams);
}

size_t rj_http_streams_count(const rj_http_streams *streams) {
  return streams != NULL ? streams->listeners->len : 0;
}
