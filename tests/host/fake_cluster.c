/* Edges whose cluster is the test. */
#include "host/fake_cluster.h"

#include <string.h>

typedef struct {
  rj_bus_order_kind kind;
  char *subject, *text;
} order;

typedef struct {
  GQueue orders;
  char *borrowed[2]; /* of the order that was taken last */
  GString *heard;
} endpoint;

static GHashTable *endpoints; /* by rj_server; with the host held */

static void free_order(void *data) {
  order *o = (order *)data;
  g_free(o->subject);
  g_free(o->text);
  g_free(o);
}

static void free_endpoint(void *data) {
  endpoint *e = (endpoint *)data;
  g_queue_clear_full(&e->orders, free_order);
  g_free(e->borrowed[0]);
  g_free(e->borrowed[1]);
  g_string_free(e->heard, TRUE);
  g_free(e);
}

static endpoint *endpoint_of(const rj_server *server) {
  if (endpoints == NULL)
    endpoints = g_hash_table_new_full(NULL, NULL, NULL, free_endpoint);
  endpoint *e = (endpoint *)g_hash_table_lookup(endpoints, server);
  if (e == NULL) {
    e = g_new0(endpoint, 1);
    e->heard = g_string_new(NULL);
    g_hash_table_insert(endpoints, (void *)server, e);
  }
  return e;
}

/* ---- in the place of the edge's own */

bool __wrap_rj_server_bus_next(rj_server *server, rj_bus_order *out);
void __wrap_rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data,
                               size_t length, int64_t now);
void __wrap_rj_server_bus_connected(rj_server *server, bool connected, int64_t now);
void __wrap_rj_server_free(rj_server *server);
void __real_rj_server_free(rj_server *server);

bool __wrap_rj_server_bus_next(rj_server *server, rj_bus_order *out) {
  endpoint *e = endpoint_of(server);
  order *o = (order *)g_queue_pop_head(&e->orders);
  if (o == NULL)
    return false;
  g_free(e->borrowed[0]);
  g_free(e->borrowed[1]);
  e->borrowed[0] = o->subject;
  e->borrowed[1] = o->text;
  *out = (rj_bus_order){.kind = o->kind, .subject = o->subject};
  if (o->text != NULL) {
    out->data = (const uint8_t *)o->text;
    out->length = strlen(o->text);
  }
  g_free(o);
  return true;
}

static void note(rj_server *server, const char *word) {
  GString *heard = endpoint_of(server)->heard;
  g_string_append_printf(heard, "%s%s", heard->len == 0 ? "" : " ", word);
}

void __wrap_rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data,
                               size_t length, int64_t now) {
  char *word = g_strdup_printf("%s:%.*s@%d", subject, (int)length, (const char *)data,
                               (int)(now / RJ_MILLISECOND));
  note(server, word);
  g_free(word);
}

void __wrap_rj_server_bus_connected(rj_server *server, bool connected, int64_t now) {
  (void)now;
  note(server, connected ? "+" : "-");
}

void __wrap_rj_server_free(rj_server *server) {
  if (endpoints != NULL)
    g_hash_table_remove(endpoints, server);
  __real_rj_server_free(server);
}

/* ---- what tests call */

rj_host_server *fake_edge(stage *s, const char *cluster) {
  return fake_edge_with(s, cluster, NULL);
}

rj_host_server *fake_edge_with(stage *s, const char *cluster, rj_bus_driver *bus) {
  rj_host_server_config config = {.server.cluster.name = cluster, .bus = bus};
  return stage_server_with(s, &config);
}

void fake_order(stage *s, rj_host_server *server, rj_bus_order_kind kind, const char *subject,
                const char *text) {
  rj_host_enter(s->host);
  order *o = g_new0(order, 1);
  *o = (order){kind, g_strdup(subject), g_strdup(text)};
  g_queue_push_tail(&endpoint_of(rj_host_server_get(server))->orders, o);
  rj_host_server_touch(server);
  rj_host_leave(s->host);
}

char *fake_heard(stage *s, rj_host_server *server) {
  rj_host_enter(s->host);
  GString *heard = endpoint_of(rj_host_server_get(server))->heard;
  char *text = g_strdup(heard->str);
  g_string_truncate(heard, 0);
  rj_host_leave(s->host);
  return text;
}
