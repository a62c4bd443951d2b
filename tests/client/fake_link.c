/* The fake transport behind link/link.h. */
#include "client/fake_link.h"

#include <string.h>

#include "base/numbers.h"

/* ---- for the tests ---- */

static void link_destroy(gpointer data) {
  rj_link *link = data;
  g_ptr_array_free(link->sent, TRUE);
  g_ptr_array_free(link->datagram_bytes, TRUE);
  rj_link_event *event;
  while ((event = g_queue_pop_head(link->events)) != NULL) {
    g_free((void *)event->data);
    g_free(event);
  }
  g_queue_free(link->events);
  g_queue_free_full(link->stream_up, g_free);
  g_queue_free_full(link->stream_down, g_free);
  g_free((void *)link->taken.data);
  g_free(link);
}

rj_port *fake_port_new(void) {
  rj_port *port = g_new0(rj_port, 1);
  port->links = g_ptr_array_new_with_free_func(link_destroy);
  return port;
}

void fake_port_free(rj_port *port) {
  g_ptr_array_free(port->links, TRUE);
  g_free(port);
}

rj_link *fake_last(const rj_port *port) {
  return port->links->len == 0 ? NULL : port->links->pdata[port->links->len - 1];
}

uint32_t fake_alive(const rj_port *port) {
  uint32_t alive = 0;
  for (guint i = 0; i < port->links->len; i++)
    alive += ((rj_link *)port->links->pdata[i])->freed ? 0 : 1;
  return alive;
}

void fake_push(rj_link *link, const rj_link_event *event) {
  rj_link_event *copy = g_memdup2(event, sizeof *event);
  copy->data = event->length > 0 ? g_memdup2(event->data, event->length) : NULL;
  g_queue_push_tail(link->events, copy);
}

void fake_push_control(rj_link *link, const rj_control *message) {
  uint8_t buffer[RJ_CONTROL_MAX];
  size_t length = rj_control_encode(message, buffer, sizeof buffer);
  g_assert_cmpuint(length, >, 0);
  fake_push(link, &(rj_link_event){.kind = RJ_LINK_MESSAGE, .data = buffer, .length = length});
}

void fake_push_datagram(rj_link *link, const rj_stream_datagram *message) {
  uint8_t buffer[RJ_STREAM_DATAGRAM_MAX];
  size_t length = rj_stream_datagram_encode(message, buffer);
  fake_push(link, &(rj_link_event){.kind = RJ_LINK_DATAGRAM, .data = buffer, .length = length});
}

rj_datagram_content fake_datagram_at(const rj_link *link, guint index) {
  g_assert_cmpuint(index, <, link->datagram_bytes->len);
  const GByteArray *bytes = link->datagram_bytes->pdata[index];
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes->data, bytes->len));
  return content;
}

/* ---- port ---- */

rj_link *rj_port_feed(rj_port *port, const rj_path *path, const uint8_t *data, size_t length,
                      int64_t now, bool *accepted) {
  (void)path;
  (void)now;
  (void)accepted;
  uint64_t id;
  g_assert_cmpuint(length, ==, sizeof id);
  memcpy(&id, data, sizeof id);
  rj_link *link = id < port->links->len ? port->links->pdata[id] : NULL;
  return link == NULL || link->freed ? NULL : link;
}

/* ---- link ---- */

rj_link *rj_link_dial(rj_port *port, const rj_dial *dial, int64_t now) {
  if (port->dial_fails)
    return NULL;
  rj_link *link = g_new0(rj_link, 1);
  link->port = port;
  link->id = port->links->len;
  link->dialled_at = now;
  link->path = dial->path;
  g_strlcpy(link->server_name, dial->server_name, sizeof link->server_name);
  link->ticket_length = dial->ticket_length;
  link->fingerprint = dial->fingerprint != NULL ? dial->fingerprint[0] : 0;
  link->initial_rtt = dial->initial_rtt;
  link->sent = g_ptr_array_new_with_free_func(g_free);
  link->datagram_bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
  link->events = g_queue_new();
  link->stream_up = g_queue_new();
  link->stream_down = g_queue_new();
  link->deadline = RJ_NEVER;
  link->dirty = true;
  g_ptr_array_add(port->links, link);
  return link;
}

static void must_live(const rj_link *link) {
  g_assert_nonnull(link);
  g_assert_false(link->freed);
}

void rj_link_free(rj_link *link) {
  must_live(link);
  link->freed = true;
}

void rj_link_set_owner(rj_link *link, void *owner) {
  must_live(link);
  link->owner = owner;
}

bool rj_link_next_event(rj_link *link, rj_link_event *event) {
  must_live(link);
  g_free((void *)link->taken.data);
  link->taken = (rj_link_event){0};
  rj_link_event *next = g_queue_pop_head(link->events);
  if (next == NULL)
    return false;
  link->taken = *event = *next;
  g_free(next);
  return true;
}

bool rj_link_write(rj_link *link, rj_datagram *out, int64_t now) {
  (void)now;
  must_live(link);
  if (!link->dirty)
    return false;
  link->dirty = false;
  if (link->closed)
    link->packets_after_close++;
  out->path = link->path;
  memcpy(out->data, &link->id, sizeof link->id);
  out->length = sizeof link->id;
  link->counters.packets_sent++;
  link->counters.bytes_sent += 100;
  return true;
}

int64_t rj_link_deadline(const rj_link *link) {
  must_live(link);
  return link->deadline;
}

void rj_link_wake(rj_link *link, int64_t now) {
  (void)now;
  must_live(link);
  link->wakes++;
}

int32_t rj_link_send(rj_link *link, const uint8_t *data, size_t length) {
  must_live(link);
  if (link->closed)
    return STATUS_INVALID_STATE;
  if (link->send_status != STATUS_OK)
    return link->send_status;
  rj_control *message = g_new0(rj_control, 1);
  const char *why = NULL;
  if (!rj_control_decode(message, data, length, &why))
    g_error("the member sent a malformed message: %s", why);
  g_ptr_array_add(link->sent, message);
  link->dirty = true;
  return STATUS_OK;
}

bool rj_link_all_acknowledged(const rj_link *link) {
  must_live(link);
  return link->acknowledged >= link->sent->len;
}

rj_link_progress rj_link_progress_get(const rj_link *link) {
  must_live(link);
  return (rj_link_progress){.sent = link->sent->len, .acknowledged = link->acknowledged};
}

int32_t rj_link_send_datagram(rj_link *link, const uint8_t *data, size_t length, int64_t until,
                              uint64_t *id) {
  must_live(link);
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, data, length));
  if (!link->up)
    return STATUS_NOT_READY;
  GByteArray *copy = g_byte_array_new();
  g_byte_array_append(copy, data, (guint)length);
  g_ptr_array_add(link->datagram_bytes, copy);
  link->datagram_until = until;
  link->datagrams++;
  link->dirty = true;
  if (id != NULL)
    *id = link->datagrams;
  return STATUS_OK;
}

int32_t rj_link_migrate(rj_link *link, const rj_address *local, int64_t now) {
  (void)now;
  must_live(link);
  link->migrations++;
  if (link->migrate_status == STATUS_OK)
    link->path.local = *local;
  return link->migrate_status;
}

void rj_link_close(rj_link *link, rj_close_code code, int64_t now) {
  (void)now;
  must_live(link);
  if (link->closed)
    return;
  link->closed = true;
  link->code = code;
  link->dirty = true;
}

bool rj_link_is_up(const rj_link *link) {
  must_live(link);
  return link->up;
}

void rj_link_counters_get(const rj_link *link, rj_link_counters *out) {
  must_live(link);
  *out = link->counters;
}
