/* Takes connections: so many at once, and each with a deadline for what it does now, so that whoever sends
 * slowly or reads nothing costs little. */
#include "edge/program/http/http_internal.h"
#include "edge/program/http/limits.h"

struct rj_http_acceptor {
  SoupServer *server;
  GTlsCertificate *certificate; /* NULL: plain */
  GSocketService *service;
  GHashTable *connections; /* set of connection by its remote address, which its messages carry */
};

typedef struct {
  rj_http_acceptor *acceptor;
  GSocketAddress *remote;
  GSocket *socket;
  GIOStream *stream; /* not ours: watched for its end */
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
  g_object_unref(c->remote);
  g_free(c);
}

static void stream_ended(gpointer data, GObject *stream) {
  connection *c = data;
  (void)stream;
  g_hash_table_remove(c->acceptor->connections, c->remote); /* frees it */
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

static connection *find(const rj_http_acceptor *acceptor, SoupServerMessage *message) {
  return g_hash_table_lookup(acceptor->connections,
                             soup_server_message_get_remote_address(message));
}

void rj_http_acceptor_deadline(rj_http_acceptor *acceptor, SoupServerMessage *message,
                               unsigned seconds) {
  connection *c = find(acceptor, message);
  if (c != NULL)
    set_deadline(c, seconds);
}

/* ------------------------------------------------------------------ what its requests do */

static void request_started(SoupServer *server, SoupServerMessage *message, gpointer acceptor) {
  (void)server;
  rj_http_acceptor_deadline(acceptor, message, RJ_HTTP_REQUEST_SECONDS);
}

static void request_read(SoupServer *server, SoupServerMessage *message, gpointer acceptor) {
  (void)server;
  rj_http_acceptor_deadline(acceptor, message, RJ_HTTP_ANSWER_SECONDS);
}

static void request_finished(SoupServer *server, SoupServerMessage *message, gpointer acceptor) {
  (void)server;
  rj_http_acceptor_deadline(acceptor, message, RJ_HTTP_IDLE_SECONDS);
}

/* ------------------------------------------------------------------ new connections */

static GIOStream *secured(const rj_http_acceptor *acceptor, GSocketConnection *plain) {
  if (acceptor->certificate == NULL)
    return g_object_ref(G_IO_STREAM(plain));
  return g_tls_server_connection_new(G_IO_STREAM(plain), acceptor->certificate, NULL);
}

static gboolean take(GSocketService *service, GSocketConnection *plain, GObject *source,
                     gpointer data) {
  rj_http_acceptor *acceptor = data;
  (void)service, (void)source;
  GSocketAddress *remote = g_socket_connection_get_remote_address(plain, NULL);
  GSocketAddress *local = g_socket_connection_get_local_address(plain, NULL);
  GIOStream *stream = NULL;
  bool has_room = g_hash_table_size(acceptor->connections) < RJ_HTTP_CONNECTIONS;
  if (has_room && remote != NULL && local != NULL)
    stream = secured(acceptor, plain);
  if (stream != NULL) {
    connection *c = g_new0(connection, 1);
    c->acceptor = acceptor;
    c->remote = g_object_ref(remote);
    c->socket = g_object_ref(g_socket_connection_get_socket(plain));
    c->stream = G_IO_STREAM(plain);
    g_socket_set_keepalive(c->socket, TRUE);
    g_hash_table_insert(acceptor->connections, c->remote, c);
    g_object_weak_ref(G_OBJECT(plain), stream_ended, c);
    set_deadline(c, RJ_HTTP_REQUEST_SECONDS);
    soup_server_accept_iostream(acceptor->server, stream, local, remote, NULL);
    g_object_unref(stream);
  } else {
    g_io_stream_close(G_IO_STREAM(plain), NULL, NULL);
  }
  g_clear_object(&remote);
  g_clear_object(&local);
  return TRUE;
}

rj_http_acceptor *rj_http_acceptor_new(SoupServer *server, GSocket *socket,
                                       GTlsCertificate *certificate) {
  rj_http_acceptor *acceptor = g_new0(rj_http_acceptor, 1);
  acceptor->server = server;
  acceptor->certificate = certificate;
  acceptor->connections =
      g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, connection_free);
  acceptor->service = g_socket_service_new();
  GError *why = NULL;
  if (!g_socket_listener_add_socket(G_SOCKET_LISTENER(acceptor->service), socket, NULL, &why))
    g_error("a listening socket is not taken: %s", why->message);
  g_signal_connect(acceptor->service, "incoming", G_CALLBACK(take), acceptor);
  g_signal_connect(server, "request-started", G_CALLBACK(request_started), acceptor);
  g_signal_connect(server, "request-read", G_CALLBACK(request_read), acceptor);
  g_signal_connect(server, "request-finished", G_CALLBACK(request_finished), acceptor);
  g_socket_service_start(acceptor->service);
  return acceptor;
}

void rj_http_acceptor_free(rj_http_acceptor *acceptor) {
  if (acceptor == NULL)
    return;
  g_socket_service_stop(acceptor->service);
  g_socket_listener_close(G_SOCKET_LISTENER(acceptor->service));
  g_object_unref(acceptor->service);
  g_signal_handlers_disconnect_by_data(acceptor->server, acceptor);
  GHashTableIter walk;
  gpointer value;
  g_hash_table_iter_init(&walk, acceptor->connections);
  while (g_hash_table_iter_next(&walk, NULL, &value)) {
    connection *c = value;
    g_object_weak_unref(G_OBJECT(c->stream), stream_ended, c);
  }
  g_hash_table_destroy(acceptor->connections);
  g_free(acceptor);
}

size_t rj_http_acceptor_connections(const rj_http_acceptor *acceptor) {
  return acceptor != NULL ? g_hash_table_size(acceptor->connections) : 0;
}
