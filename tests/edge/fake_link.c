/* The fake transport behind link/link.h, server side. */
#include "edge/fake_link.h"

#include <string.h>

int64_t fake_clock;
rj_port *fake_port;

enum { HEADER = 9 }; /* the link's number and the kind */

uint8_t *fake_datagram(uint64_t link, fake_kind kind, const void *data, size_t length,
                       size_t *size) {
  *size = HEADER + length;
  uint8_t *bytes = g_malloc(*size);
  memcpy(bytes, &link, sizeof link);
  bytes[8] = (uint8_t)kind;
  if (length > 0)
    memcpy(bytes + HEADER, data, length);
  return bytes;
}

rj_link *fake_link(uint64_t id) {
  g_assert_cmpuint(id, <, fake_port->links->len);
  return fake_port->links->pdata[id];
}

/* A message as it waits to be looked at. */
typedef struct {
  int64_t at;
  size_t length;
  uint8_t data[];
} sent_message;

bool fake_take(rj_link *link, fake_sent *sent) {
  sent_message *next = g_queue_pop_head(link->sent);
  if (next == NULL)
    return false;
  sent->at = next->at;
  bool well = rj_control_decode(&sent->message, next->data, next->length, NULL);
  g_assert_true(well);
  g_free(next);
  return true;
}

/* ---- port ---- */

static void event_free(gpointer data) {
  rj_link_event *event = data;
  g_free((void *)event->data);
  g_free(event);
}

static void link_destroy(gpointer data) {
  rj_link *link = data;
  g_queue_free_full(link->sent, g_free);
  g_queue_free_full(link->events, event_free);
  g_queue_free_full(link->datagrams_sent, (GDestroyNotify)g_byte_array_unref);
  g_free((void *)link->taken.data);
  g_free(link);
}

rj_port *rj_port_new(const rj_port_config *config) {
  rj_port *port = g_new0(rj_port, 1);
  port->config = *config;
  port->links = g_ptr_array_new_with_free_func(link_destroy);
  fake_port = port;
  return port;
}

void rj_port_set_limits(rj_port *port, uint32_t links_max, uint32_t retry_above) {
  port->config.links_max = links_max;
  port->config.retry_above = retry_above;
}

void rj_port_free(rj_port *port) {
  for (guint i = 0; i < port->links->len; i++)
    g_assert_true(((rj_link *)port->links->pdata[i])->freed);
  g_ptr_array_free(port->links, TRUE);
  g_free(port);
}

static rj_link *accept_link(rj_port *port, const rj_path *path) {
  rj_link *link = g_new0(rj_link, 1);
  link->port = port;
  link->id = port->links->len;
  link->path = *path;
  link->sent = g_queue_new();
  link->events = g_queue_new();
  link->datagrams_sent = g_queue_new();
  link->deadline = RJ_NEVER;
  g_ptr_array_add(port->links, link);
  return link;
}

static void push(rj_link *link, rj_link_event event, const uint8_t *data, size_t length) {
  event.data = length > 0 ? g_memdup2(data, length) : NULL;
  event.length = length;
  g_queue_push_tail(link->events, g_memdup2(&event, sizeof event));
}

static void arrive(rj_link *link, fake_kind kind, const uint8_t *data, size_t length) {
  if (kind != FAKE_HELLO && kind != FAKE_UP && kind != FAKE_EARLY && kind != FAKE_BROKEN)
    link->heard = fake_clock; /* an authenticated packet */
  switch (kind) {
  case FAKE_HELLO:
    break;
  case FAKE_UP:
    push(link, (rj_link_event){.kind = RJ_LINK_UP}, NULL, 0);
    break;
  case FAKE_EARLY:
    push(link, (rj_link_event){.kind = RJ_LINK_MESSAGE, .early = true}, data, length);
    break;
  case FAKE_MESSAGE:
    push(link, (rj_link_event){.kind = RJ_LINK_MESSAGE}, data, length);
    break;
  case FAKE_DATAGRAM:
    push(link, (rj_link_event){.kind = RJ_LINK_DATAGRAM}, data, length);
    break;
  case FAKE_ACK:
    link->unacknowledged = 0;
    link->backlog = 0;
    break;
  case FAKE_CLOSE:
    link->closed = link->closed_by_peer = true;
    push(link, (rj_link_event){.kind = RJ_LINK_CLOSED, .how = RJ_CLOSED_BY_PEER, .code = data[0]},
         NULL, 0);
    break;
  case FAKE_BROKEN:
    link->closed = true;
    push(link, (rj_link_event){.kind = RJ_LINK_CLOSED, .how = RJ_CLOSED_PROTOCOL}, NULL, 0);
    break;
  }
  link->dirty = true; /* there is always an ACK to send */
}

rj_link *rj_port_feed(rj_port *port, const rj_path *path, const uint8_t *data, size_t length,
                      int64_t now, bool *accepted) {
  g_assert_cmpint(now, ==, fake_clock);
  *accepted = false;
  uint64_t id;
  if (length < HEADER)
    return NULL; /* malformed */
  memcpy(&id, data, sizeof id);
  rj_link *link;
  if (data[8] == FAKE_HELLO) {
    link = accept_link(port, path);
    *accepted = true;
  } else {
    link = fake_link(id);
  }
  if (link->freed || link->closed)
    return NULL;
  arrive(link, (fake_kind)data[8], data + HEADER, length - HEADER);
  return link;
}

bool rj_port_write(rj_port *port, rj_datagram *out) {
  (void)port;
  (void)out;
  return false;
}

void rj_port_counters_get(const rj_port *port, rj_port_counters *out) {
  *out = (rj_port_counters){.links = port->links->len};
}

/* ---- link ---- */

void rj_link_free(rj_link *link) {
  g_assert_false(link->freed);
  link->freed = true;
}

void rj_link_set_owner(rj_link *link, void *owner) {
  link->owner = owner;
}

void *rj_link_owner(const rj_link *link) {
  g_assert_false(link->freed);
  return link->owner;
}

bool rj_link_next_event(rj_link *link, rj_link_event *event) {
  g_assert_false(link->freed);
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
  g_assert_false(link->freed);
  g_assert_cmpint(now, ==, fake_clock);
  if (!link->dirty)
    return false;
  link->dirty = false;
  link->datagrams++;
  out->path = link->path;
  out->length = 1;
  return true;
}

int64_t rj_link_deadline(const rj_link *link) {
  g_assert_false(link->freed);
  return link->deadline;
}

void rj_link_wake(rj_link *link, int64_t now) {
  g_assert_false(link->freed);
  g_assert_cmpint(link->deadline, <=, now);
  link->deadline = RJ_NEVER;
  link->closed = true; /* the only deadline that tests set: the idle timeout */
  push(link, (rj_link_event){.kind = RJ_LINK_CLOSED, .how = RJ_CLOSED_TIMEOUT}, NULL, 0);
}

int32_t rj_link_send(rj_link *link, const uint8_t *data, size_t length) {
  g_assert_false(link->freed);
  if (link->closed)
    return STATUS_INVALID_STATE;
  if (link->send_status != STATUS_OK)
    return link->send_status;
  static rj_control checked;
  const char *why = NULL;
  if (!rj_control_decode(&checked, data, length, &why))
    g_error("the edge sent a malformed message: %s", why);
  sent_message *sent = g_malloc(sizeof *sent + length);
  sent->at = fake_clock;
  sent->length = length;
  memcpy(sent->data, data, length);
  g_queue_push_tail(link->sent, sent);
  link->unacknowledged++;
  link->backlog += length;
  link->dirty = true;
  return STATUS_OK;
}

bool rj_link_all_acknowledged(const rj_link *link) {
  g_assert_false(link->freed);
  return link->unacknowledged == 0;
}

rj_link_progress rj_link_progress_get(const rj_link *link) {
  g_assert_false(link->freed);
  return (rj_link_progress){.bytes = link->backlog};
}

int32_t rj_link_send_datagram(rj_link *link, const uint8_t *data, size_t length, int64_t until,
                              uint64_t *id) {
  g_assert_false(link->freed);
  g_assert_null(id);
  if (link->closed)
    return STATUS_INVALID_STATE;
  GByteArray *copy = g_byte_array_new();
  g_byte_array_append(copy, data, (guint)length);
  g_queue_push_tail(link->datagrams_sent, copy);
  link->datagram_until = until;
  link->dirty = true;
  return STATUS_OK;
}

void rj_link_counters_get(const rj_link *link, rj_link_counters *out) {
  g_assert_false(link->freed);
  *out = (rj_link_counters){.round_trip = link->round_trip};
}

void rj_link_close(rj_link *link, rj_close_code code, int64_t now) {
  g_assert_false(link->freed);
  g_assert_cmpint(now, ==, fake_clock);
  if (link->closed)
    return;
  link->closed = true;
  link->code = code;
  link->closed_at = now;
  link->dirty = true;
}

int64_t rj_link_heard(const rj_link *link) {
  g_assert_false(link->freed);
  return link->heard;
}

const rj_path *rj_link_path(const rj_link *link) {
  g_assert_false(link->freed);
  return &link->path;
}
