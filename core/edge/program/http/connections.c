/* Counts connections, and gives each a deadline for what it does now, so that whoever sends slowly or reads
 * nothing costs little. */
#include "edge/program/http/http_internal.h"
#include "edge/program/http/limits.h"

struct rj_http_connections {
  SoupServer *server;
  GHashTable *by_socket; /* connection by its GSocket, which its messages know */
};

typedef struct {
  GSocket *socket;
  GSource *deadline; /* NULL: none */
} connection;

static void clear_deadline(connection *c) {
  if (c->deadline == NULL)
    return;
  g_source_destroy(c->deadline);
  g_source_unref(c->deadline);
  c->deadline = NULL;
}

static void connection_free(gpointer data) {
  connection *c = data;
  clear_deadline(c);
  g_object_unref(c->socket);
  g_free(c);
}

static gboolean is_closed(gpointer key, gpointer value, gpointer user) {
  (void)key, (void)user;
  return g_socket_is_closed(((connection *)value)->socket);
}

/* Looks for closed ones now and then: libsoup 3.2 does not let go of all of them, so their end tells nothing. */
static void sweep(const rj_http_connections *connections) {
  g_hash_table_foreach_remove(connections->by_socket, is_closed, NULL);
}

static gboolean too_late(gpointer data) {
  connection *c = data;
  clear_deadline(c);
  g_socket_shutdown(c->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void set_deadline(connection *c, unsigned seconds) {
  clear_deadline(c);
  if (seconds == 0)
    return;
  c->deadline = g_timeout_source_new_seconds(seconds);
  g_source_set_callback(c->deadline, too_late, c, NULL);
  g_source_attach(c->deadline, g_main_context_get_thread_default());
}

void rj_http_connections_deadline(rj_http_connections *connections, SoupServerMessage *message,
                                  unsigned seconds) {
  connection *c =
      g_hash_table_lookup(connections->by_socket, soup_server_message_get_socket(message));
  if (c != NULL)
    set_deadline(c, seconds);
}

/* ------------------------------------------------------------------ what they do */

static void add(rj_http_connections *connections, GSocket *socket) {
  connection *c = g_new0(connection, 1);
  c->socket = g_object_ref(socket);
  g_hash_table_insert(connections->by_socket, socket, c);
}

/* Of a new connection this comes before anything was read, be it of TLS. */
static void request_started(SoupServer *server, SoupServerMessage *message, gpointer data) {
  rj_http_connections *connections = data;
  GSocket *socket = soup_server_message_get_socket(message);
  (void)server;
  if (!g_hash_table_contains(connections->by_socket, socket)) {
    sweep(connections);
    if (g_hash_table_size(connections->by_socket) >= RJ_HTTP_CONNECTIONS)
      g_socket_shutdown(socket, TRUE, TRUE, NULL);
    add(connections, socket); /* also one too many: it counts until it is gone */
  }
  /* One request each: libsoup 3.2 keeps an idle connection that its client closed. */
  soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection",
                               "close");
  rj_http_connections_deadline(connections, message, RJ_HTTP_REQUEST_SECONDS);
}

static void request_read(SoupServer *server, SoupServerMessage *message, gpointer connections) {
  (void)server;
  rj_http_connections_deadline(connections, message, RJ_HTTP_ANSWER_SECONDS);
}

rj_http_connections *rj_http_connections_new(SoupServer *server) {
  rj_http_connections *connections = g_new0(rj_http_connections, 1);
  connections->server = server;
  connections->by_socket =
      g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, connection_free);
  g_signal_connect(server, "request-started", G_CALLBACK(request_started), connections);
  g_signal_connect(server, "request-read", G_CALLBACK(request_read), connections);
  return connections;
}

void rj_http_connections_free(rj_http_connections *connections) {
  if (connections == NULL)
    return;
  g_signal_handlers_disconnect_by_data(connections->server, connections);
  g_hash_table_destroy(connections->by_socket);
  g_free(connections);
}

size_t rj_http_connections_count(const rj_http_connections *connections) {
  if (connections == NULL)
    return 0;
  sweep(connections);
  return g_hash_table_size(connections->by_socket);
}
