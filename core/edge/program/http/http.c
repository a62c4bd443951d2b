/* The life of the administration over HTTP: what is checked and opened at the start, the thread, and the
 * road of an observation. */
#include "edge/program/http/http.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "abi/handles.h"
#include "base/time.h"
#include "edge/program/http/call.h"
#include "edge/program/http/event_text.h"
#include "edge/program/http/http_internal.h"
#include "edge/program/http/limits.h"
#include "edge/program/http/secret_file.h"
#include "edge/program/http/webhooks.h"
#include "host/host.h"

enum { BACKLOG = 64, LAST_TURNS = 64, FAIR_US = 100 };

static const char token_name[] = "http.token";

/* ------------------------------------------------------------------ the start */

static bool take_socket_error(GError *why, const char *listen, char **error) {
  if (g_error_matches(why, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    *error = g_strdup_printf("http %s: address already in use", listen);
  else
    *error = g_strdup_printf("http %s: %s", listen, why->message);
  g_error_free(why);
  return false;
}

/* The URL, with the port that the socket got. */
static char *url_of(const rj_http *http) {
  GInetSocketAddress *local = G_INET_SOCKET_ADDRESS(g_socket_get_local_address(http->socket, NULL));
  GInetAddress *host = g_inet_socket_address_get_address(local);
  char *text = g_inet_address_to_string(host);
  bool is_six = g_inet_address_get_family(host) == G_SOCKET_FAMILY_IPV6;
  char *url = g_strdup_printf("%s://%s%s%s:%u", http->certificate != NULL ? "https" : "http",
                              is_six ? "[" : "", text, is_six ? "]" : "",
                              (unsigned)g_inet_socket_address_get_port(local));
  g_free(text);
  g_object_unref(local);
  return url;
}

static bool open_socket(rj_http *http, const char *listen, GSocketAddress *address, char **error) {
  GError *why = NULL;
  http->socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                              G_SOCKET_PROTOCOL_TCP, &why);
  if (http->socket == NULL)
    return take_socket_error(why, listen, error);
  g_socket_set_listen_backlog(http->socket, BACKLOG);
  if (!g_socket_bind(http->socket, address, TRUE, &why) || !g_socket_listen(http->socket, &why))
    return take_socket_error(why, listen, error);
  http->url = url_of(http);
  return true;
}

/* NULL: *error says why. */
static GSocketAddress *parse_listen(const rj_http_options *options, char **error) {
  rj_address parsed;
  const char *listen = options->listen;
  char host[RJ_ADDRESS_TEXT_SIZE];
  const char *colon = strrchr(listen, ':');
  if (colon == NULL || colon[1] == '\0' || !rj_address_parse(listen, 0, &parsed)) {
    *error = g_strdup_printf("http is \"%s\"; it must be ADDRESS:PORT, as 127.0.0.1:7480", listen);
    return NULL;
  }
  rj_address bare = parsed;
  bare.port = 0;
  GSocketAddress *address =
      g_inet_socket_address_new_from_string(rj_kick_host_text(&bare, host), parsed.port);
  GInetAddress *there = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  if (!g_inet_address_get_is_loopback(there) && options->certificate == NULL && !options->plain) {
    *error =
        g_strdup_printf("http %s: others may listen in there; give [http] certificate and key, "
                        "or say plain=true",
                        listen);
    g_clear_object(&address);
  }
  return address;
}

static bool load_certificate(rj_http *http, const rj_http_options *options, char **error) {
  GError *why = NULL;
  if ((options->certificate == NULL) != (options->key == NULL)) {
    *error = g_strdup_printf("[http] %s is given without %s",
                             options->key == NULL ? "certificate" : "key",
                             options->key == NULL ? "key" : "certificate");
    return false;
  }
  if (options->certificate == NULL)
    return true;
  http->certificate = g_tls_certificate_new_from_files(options->certificate, options->key, &why);
  if (http->certificate == NULL) {
    *error = g_strdup_printf("%s: %s", options->certificate, why->message);
    g_error_free(why);
  }
  return http->certificate != NULL;
}

static bool load_token(rj_http *http, const rj_http_options *options, char **error) {
  if (options->token_file != NULL) {
    http->token_path = g_strdup(options->token_file);
    http->token = rj_http_secret_read(http->token_path, error);
    return http->token != NULL;
  }
  if (g_mkdir_with_parents(options->data_dir, 0700) != 0) {
    *error = g_strdup_printf("%s: %s", options->data_dir, g_strerror(errno));
    return false;
  }
  http->token_path = g_build_filename(options->data_dir, token_name, NULL);
  http->token = rj_http_secret_read_or_make(http->token_path, error);
  return http->token != NULL;
}

static bool open_listener(rj_http *http, const rj_http_options *options, char **error) {
  if (!load_certificate(http, options, error) || !load_token(http, options, error))
    return false;
  GSocketAddress *address = parse_listen(options, error);
  bool opened = address != NULL && open_socket(http, options->listen, address, error);
  g_clear_object(&address);
  return opened;
}

static void wake(void *user) {
  g_main_context_wakeup(user);
}

rj_http *rj_http_new(const rj_http_options *options, char **error) {
  if (options->listen == NULL && options->webhook_url == NULL)
    return NULL;
  rj_http *http = g_new0(rj_http, 1);
  http->metrics_open = options->metrics_open;
  http->context = g_main_context_new();
  http->handover = rj_http_handover_new(wake, http->context);
  rj_http_meters_init(&http->meters);
  if (gnutls_rnd(GNUTLS_RND_NONCE, &http->run, sizeof http->run) != 0) {
    *error = g_strdup("http: there are no random numbers");
    goto fail;
  }
  http->run |= 1; /* 0 is none */
  if (options->webhook_url != NULL) {
    http->webhooks = rj_webhooks_new(options->webhook_url, options->webhook_secret_file,
                                     options->webhook_events, http->run, error);
    if (http->webhooks == NULL)
      goto fail;
  }
  if (options->listen == NULL || open_listener(http, options, error))
    return http;

fail:
  rj_http_free(http);
  return NULL;
}

bool rj_http_check(const rj_http_options *options, char **error) {
  rj_http unopened = {0};
  bool fine = true;
  if (options->listen != NULL) {
    GSocketAddress *address = parse_listen(options, error);
    fine = address != NULL && load_certificate(&unopened, options, error) &&
           (options->token_file == NULL || load_token(&unopened, options, error));
    g_clear_object(&address);
    g_clear_object(&unopened.certificate);
    rj_http_secret_free(unopened.token);
    g_free(unopened.token_path);
  }
  if (fine && options->webhook_url != NULL) {
    rj_webhooks *webhooks = rj_webhooks_new(options->webhook_url, options->webhook_secret_file,
                                            options->webhook_events, 0, error);
    fine = webhooks != NULL;
    rj_webhooks_free(webhooks);
  }
  return fine;
}

void rj_http_free(rj_http *http) {
  if (http == NULL)
    return;
  g_assert(!http->runs);
  rj_webhooks_free(http->webhooks);
  rj_http_handover_free(http->handover);
  g_main_context_unref(http->context);
  g_clear_object(&http->socket);
  g_clear_object(&http->certificate);
  rj_http_secret_free(http->token);
  g_free(http->token_path);
  g_free(http->url);
  g_free(http);
}

rj_observer rj_http_observer(rj_http *http) {
  if (http == NULL)
    return (rj_observer){0};
  return (rj_observer){.tell = rj_http_handover_tell, .user = http->handover, .silences = true};
}

const char *rj_http_url(const rj_http *http) {
  return http != NULL ? http->url : NULL;
}

const char *rj_http_token_path(const rj_http *http) {
  return http != NULL ? http->token_path : NULL;
}

/* ------------------------------------------------------------------ the host */

bool rj_http_hold(rj_http *http, rj_server **server, int64_t *now) {
  if (rj_hold(http->runtime, http->edge->id, now) != RJ_OK)
    return false;
  http->hold_began = g_get_monotonic_time();
  *server = rj_host_server_get(http->edge->server);
  if (*server == NULL)
    rj_http_let_go(http, false);
  return *server != NULL;
}

void rj_http_let_go(rj_http *http, bool more) {
  rj_release(http->runtime);
  int64_t held = g_get_monotonic_time() - http->hold_began;
  rj_histogram_observe(&http->meters.hold, (double)held / G_USEC_PER_SEC);
  if (more)
    g_usleep(FAIR_US); /* the lock is not a fair one */
}

int64_t rj_http_wall(const rj_http *http) {
  return g_get_real_time() * 1000 - rj_runtime_now(http->runtime);
}

/* ------------------------------------------------------------------ observations */

typedef struct {
  GSource source;
  rj_http *http;
} intake;

static void note(rj_http *http, const rj_http_observation *what, int64_t wall) {
  rj_http_event event = {.name = rj_http_event_name(what->kind), .uid = what->uid};
  rj_json json = {.out = g_string_new(NULL)};
  rj_http_meters_note(&http->meters, what);
  rj_http_histories_note(http->histories, what);
  rj_json_begin(&json, NULL, '{');
  rj_http_event_fields(&json, what, rj_http_event_log_next(http->log), wall);
  rj_json_end(&json, '}');
  if (http->webhooks != NULL)
    rj_webhooks_note(http->webhooks, what, rj_http_event_log_next(http->log), wall);
  g_strlcpy(event.app_id, what->app_id, sizeof event.app_id);
  g_strlcpy(event.channel, what->channel, sizeof event.channel);
  event.data = g_string_free(json.out, FALSE);
  rj_http_event_log_add(http->log, event);
}

static void note_gap(rj_http *http, uint64_t lost) {
  rj_json json = {.out = g_string_new(NULL)};
  http->meters.observations_lost += lost;
  rj_http_histories_forget(http->histories);
  if (http->webhooks != NULL)
    rj_webhooks_note_lost(http->webhooks, lost);
  rj_json_begin(&json, NULL, '{');
  rj_json_count(&json, "seq", rj_http_event_log_next(http->log));
  rj_json_count(&json, "lost", lost);
  rj_json_whole(&json, "now", g_get_real_time() / 1000);
  rj_json_end(&json, '}');
  rj_http_event_log_add(
      http->log,
      (rj_http_event){.name = "gap", .is_for_all = true, .data = g_string_free(json.out, FALSE)});
}

static gboolean intake_prepare(GSource *source, gint *timeout) {
  *timeout = -1;
  return rj_http_handover_is_due(((intake *)source)->http->handover);
}

static gboolean intake_check(GSource *source) {
  return rj_http_handover_is_due(((intake *)source)->http->handover);
}

static gboolean intake_dispatch(GSource *source, GSourceFunc callback, gpointer data) {
  rj_http *http = ((intake *)source)->http;
  rj_http_observation taken[RJ_HTTP_OBSERVATIONS_TAKEN];
  uint64_t lost;
  (void)callback, (void)data;
  size_t count = rj_http_handover_take(http->handover, taken, G_N_ELEMENTS(taken), &lost);
  int64_t wall = rj_http_wall(http);
  for (size_t i = 0; i < count; i++)
    note(http, &taken[i], wall);
  if (lost > 0)
    note_gap(http, lost);
  if (http->streams != NULL)
    rj_http_streams_pump(http->streams);
  return G_SOURCE_CONTINUE;
}

static GSource *intake_new(rj_http *http) {
  static GSourceFuncs functions = {
      .prepare = intake_prepare, .check = intake_check, .dispatch = intake_dispatch};
  GSource *source = g_source_new(&functions, sizeof(intake));
  ((intake *)source)->http = http;
  g_source_attach(source, http->context);
  return source;
}

/* ------------------------------------------------------------------ the thread */

static void serve(rj_http *http) {
  GError *why = NULL;
  http->server = soup_server_new("raw-paths", TRUE, "tls-certificate", http->certificate, NULL);
  http->connections = rj_http_connections_new(http->server);
  rj_http_routes_add(http, http->server);
  if (!soup_server_listen_socket(http->server, http->socket,
                                 http->certificate != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0, &why))
    g_error("a listening socket is not taken: %s", why->message);
  http->streams = rj_http_streams_new(http);
}

static void stop_serving(rj_http *http) {
  rj_http_streams_free(http->streams);
  rj_http_connections_free(http->connections);
  soup_server_disconnect(http->server);
  g_object_unref(http->server);
  http->streams = NULL;
  http->connections = NULL;
  http->server = NULL;
}

static void *run(void *data) {
  rj_http *http = data;
  g_main_context_push_thread_default(http->context);
  http->log = rj_http_event_log_new(RJ_HTTP_EVENTS);
  http->histories = rj_http_histories_new(RJ_HTTP_HISTORIES, RJ_HTTP_HISTORIES_ENDED);
  GSource *observations = intake_new(http);
  if (http->socket != NULL)
    serve(http);
  if (http->webhooks != NULL)
    rj_webhooks_start(http->webhooks);
  g_main_loop_run(http->loop);
  if (http->webhooks != NULL)
    rj_webhooks_stop(http->webhooks);
  if (http->socket != NULL)
    stop_serving(http);
  g_source_destroy(observations);
  g_source_unref(observations);
  for (int turn = 0; turn < LAST_TURNS && g_main_context_iteration(http->context, FALSE); turn++)
    ; /* what was cancelled says so */
  rj_http_histories_free(http->histories);
  rj_http_event_log_free(http->log);
  g_main_context_pop_thread_default(http->context);
  return NULL;
}

void rj_http_start(rj_http *http, rj_runtime *runtime, rj_edge *edge) {
  if (http == NULL)
    return;
  http->runtime = runtime;
  http->edge = edge;
  http->loop = g_main_loop_new(http->context, FALSE);
  int failed = pthread_create(&http->thread, NULL, run, http);
  if (failed != 0)
    g_error("no thread for HTTP: %s", g_strerror(failed));
  http->runs = true;
}

static gboolean quit(gpointer loop) {
  g_main_loop_quit(loop);
  return G_SOURCE_REMOVE;
}

void rj_http_stop(rj_http *http) {
  if (http == NULL || !http->runs)
    return;
  GSource *last = g_idle_source_new(); /* also where the loop has not begun yet */
  g_source_set_priority(last, G_PRIORITY_HIGH);
  g_source_set_callback(last, quit, http->loop, NULL);
  g_source_attach(last, http->context);
  g_source_unref(last);
  pthread_join(http->thread, NULL);
  g_main_loop_unref(http->loop);
  http->runs = false;
}
