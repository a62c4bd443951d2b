/* A client and an edge over a cable in virtual time. */
#include "link/net.h"

#include <string.h>

typedef struct {
  int64_t at;
  net_direction direction;
  rj_path path; /* as the receiver sees it */
  size_t length;
  uint8_t data[RJ_DATAGRAM_BUFFER];
} parcel;

rj_address net_address(uint8_t host, uint16_t port) {
  return (rj_address){.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, host}, .port = port};
}

/* ---- making ---- */

void net_edge_open(net *n) {
  n->edge.port = rj_port_new(&n->edge_config);
  g_assert_nonnull(n->edge.port);
}

void net_client_open(net *n) {
  n->client.port = rj_port_new(&n->client_config);
  g_assert_nonnull(n->client.port);
}

net *net_new(uint64_t seed) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  net *n = g_new0(net, 1);
  n->one_way = 25 * MS;
  rj_random_seed(&n->random, seed);
  n->entropy = (rj_entropy){.fill = rj_random_fill, .user = &n->random};
  n->edge_address = net_address(1, 7443);
  n->client_address = n->outside = net_address(2, 40000);

  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  n->credentials = rj_credentials_new(&files, &status, error);
  g_assert_nonnull(n->credentials);
  rj_credentials_files_clear(&files);
  n->trust = rj_trust_new(rj_credentials_fingerprint(n->credentials), NULL, &status, error);
  g_assert_nonnull(n->trust);

  n->client_config = (rj_port_config){
      .entropy = &n->entropy,
      .links_max = 1000,
      .idle_timeout = RJ_IDLE_TIMEOUT,
      .handshake_timeout = RJ_HANDSHAKE_TIMEOUT,
  };
  n->edge_config = n->client_config;
  n->edge_config.credentials = n->credentials;
  n->edge_config.retry_above = 1000;
  net_client_open(n);
  net_edge_open(n);
  n->client.links = g_ptr_array_new();
  n->edge.links = g_ptr_array_new();
  n->cable = g_queue_new();
  n->seen = g_array_new(FALSE, FALSE, sizeof(net_seen));
  n->packets = g_array_new(FALSE, FALSE, sizeof(net_packet));
  return n;
}

static void close_end(net_end *end) {
  for (guint i = 0; i < end->links->len; i++)
    rj_link_free(end->links->pdata[i]);
  g_ptr_array_set_size(end->links, 0);
  rj_port_counters counters;
  rj_port_counters_get(end->port, &counters);
  g_assert_cmpuint(counters.links, ==, 0);
  g_assert_cmpuint(counters.handshakes, ==, 0);
  rj_port_free(end->port);
}

void net_forget(net *n) {
  for (guint i = 0; i < n->seen->len; i++)
    g_bytes_unref(g_array_index(n->seen, net_seen, i).bytes);
  g_array_set_size(n->seen, 0);
  g_array_set_size(n->packets, 0);
}

void net_free(net *n) {
  close_end(&n->client);
  close_end(&n->edge);
  g_ptr_array_free(n->client.links, TRUE);
  g_ptr_array_free(n->edge.links, TRUE);
  g_queue_free_full(n->cable, g_free);
  net_forget(n);
  g_array_free(n->seen, TRUE);
  g_array_free(n->packets, TRUE);
  rj_credentials_free(n->credentials);
  rj_trust_free(n->trust);
  g_free(n);
}

void net_edge_crash(net *n) {
  close_end(&n->edge);
  net_edge_open(n);
}

/* ---- the cable ---- */

static void deliver_later(net *n, net_direction direction, const rj_path *path,
                          const rj_datagram *datagram) {
  parcel *p = g_new0(parcel, 1);
  p->at = n->now + n->one_way;
  p->direction = direction;
  p->path = *path;
  p->length = datagram->length;
  memcpy(p->data, datagram->data, datagram->length);
  GList *before = n->cable->tail; /* one_way may change while a test runs */
  while (before != NULL && ((parcel *)before->data)->at > p->at)
    before = before->prev;
  g_queue_insert_after(n->cable, before, p);
}

/* The way of a datagram; the path it is seen to come by. False: it goes nowhere. */
static bool find_way(const net *n, net_direction direction, const rj_path *from, rj_path *seen) {
  if (direction == NET_UP) {
    *seen = (rj_path){.local = n->edge_address, .remote = n->outside};
    return rj_address_equal(&from->local, &n->client_address) &&
           rj_address_equal(&from->remote, &n->edge_address);
  }
  *seen = (rj_path){.remote = n->edge_address};
  if (!n->blind)
    seen->local = n->client_address;
  return rj_address_equal(&from->remote, &n->outside);
}

static void post(net *n, net_direction direction, rj_datagram *datagram) {
  rj_path seen;
  bool gone = !find_way(n, direction, &datagram->path, &seen) || n->cut[direction];
  g_assert_cmpuint(datagram->length, >, 0);
  g_assert_cmpuint(datagram->length, <=, RJ_DATAGRAM_MAX);
  size_t size = datagram->length;
  if (n->lose != NULL && n->lose(n, direction, datagram))
    gone = true;
  net_packet packet = {n->now, direction, size, gone};
  g_array_append_val(n->packets, packet);
  for (int times = n->twice[direction] ? 2 : 1; !gone && times > 0; times--)
    deliver_later(n, direction, &seen, datagram);
}

/* ---- what the ends say ---- */

static void take_events(net *n, rj_link *link, bool edge) {
  rj_link_event event;
  while (rj_link_next_event(link, &event)) {
    net_seen seen = {n->now, link, edge, event, g_bytes_new(event.data, event.length)};
    seen.event.data = NULL;
    g_array_append_val(n->seen, seen);
    if (n->on_event != NULL)
      n->on_event(n, link, edge, &event);
  }
}

static bool pump_end(net *n, net_end *end, bool edge) {
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  net_direction direction = edge ? NET_DOWN : NET_UP;
  bool any = false;
  if (end->stranger.peer != NULL) {
    for (; end->stranger.write(end->stranger.peer, &out, n->now); any = true)
      post(n, direction, &out);
    return any;
  }
  for (guint i = 0; i < end->links->len; i++) {
    rj_link *link = end->links->pdata[i];
    take_events(n, link, edge);
    for (; rj_link_write(link, &out, n->now); any = true) {
      post(n, direction, &out);
      take_events(n, link, edge);
    }
    take_events(n, link, edge);
  }
  for (; rj_port_write(end->port, &out); any = true)
    post(n, direction, &out);
  return any;
}

void net_pump(net *n) {
  while (pump_end(n, &n->client, false) || pump_end(n, &n->edge, true))
    continue;
}

/* ---- time ---- */

static void arrive(net *n, parcel *p) {
  bool edge = p->direction == NET_UP;
  net_end *end = edge ? &n->edge : &n->client;
  uint8_t *exact = g_memdup2(p->data, p->length); /* a look behind the end is seen */
  if (end->stranger.peer != NULL) {
    end->stranger.read(end->stranger.peer, &p->path, exact, p->length, n->now);
  } else {
    bool accepted = false;
    rj_link *link =
        rj_port_feed(end->port, &p->path, exact, p->length, n->now, edge ? &accepted : NULL);
    if (accepted)
      g_ptr_array_add(end->links, link);
  }
  g_free(exact);
  g_free(p);
}

static int64_t end_deadline(const net_end *end) {
  if (end->stranger.peer != NULL)
    return end->stranger.deadline(end->stranger.peer);
  int64_t deadline = RJ_NEVER;
  for (guint i = 0; i < end->links->len; i++)
    deadline = rj_earlier(deadline, rj_link_deadline(end->links->pdata[i]));
  return deadline;
}

static void wake_end(net_end *end, int64_t now) {
  if (end->stranger.peer != NULL) {
    if (end->stranger.deadline(end->stranger.peer) <= now)
      end->stranger.wake(end->stranger.peer, now);
    return;
  }
  for (guint i = 0; i < end->links->len; i++) {
    if (rj_link_deadline(end->links->pdata[i]) <= now)
      rj_link_wake(end->links->pdata[i], now);
  }
}

void net_run(net *n, int64_t span) {
  int64_t until = n->now + span;
  int looks = 0;
  net_pump(n);
  for (;;) {
    parcel *first = g_queue_peek_head(n->cable);
    int64_t due = rj_earlier(end_deadline(&n->client), end_deadline(&n->edge));
    if (first != NULL)
      due = rj_earlier(due, first->at);
    if (due > until)
      break;
    int64_t before = n->now;
    n->now = rj_later(before, due);
    bool timer = first == NULL || first->at > n->now;
    if (timer) {
      wake_end(&n->client, n->now);
      wake_end(&n->edge, n->now);
    } else {
      arrive(n, g_queue_pop_head(n->cable));
    }
    net_pump(n);
    /* A deadline that stays in the past would keep a host busy; one more look is what ngtcp2 asks for now and then. */
    looks = timer && due <= before ? looks + 1 : 0;
    g_assert_cmpint(looks, <, 3);
  }
  n->now = until;
}

/* ---- what tests do ---- */

rj_link *net_dial_with(net *n, rj_dial *dial) {
  dial->path = (rj_path){.local = n->client_address, .remote = n->edge_address};
  dial->wall = dial->wall != 0 ? dial->wall : NET_WALL + n->now;
  if (dial->trust == NULL)
    dial->trust = n->trust;
  rj_link *link = rj_link_dial(n->client.port, dial, n->now);
  g_assert_nonnull(link);
  g_ptr_array_add(n->client.links, link);
  return link;
}

rj_link *net_dial(net *n, GBytes *ticket) {
  rj_dial dial = {.server_name = "localhost"};
  if (ticket != NULL)
    dial.ticket = g_bytes_get_data(ticket, &dial.ticket_length);
  return net_dial_with(n, &dial);
}

rj_closed_how net_dial_fails(net *n, rj_dial *dial) {
  rj_link *link = net_dial_with(n, dial);
  net_run(n, 6 * RJ_SECOND);
  g_assert_false(rj_link_is_up(link));
  g_assert_cmpuint(net_count(n, false, RJ_LINK_UP), ==, 0);
  const net_seen *closed = net_find(n, false, RJ_LINK_CLOSED, 0);
  g_assert_nonnull(closed);
  return closed->event.how;
}

rj_link *net_connect(net *n, rj_link **edge_link) {
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello"); /* a client speaks first: that opens the control stream */
  net_run(n, 300 * MS);
  g_assert_true(rj_link_is_up(link));
  g_assert_cmpuint(n->edge.links->len, >, 0);
  if (edge_link != NULL)
    *edge_link = n->edge.links->pdata[n->edge.links->len - 1];
  return link;
}

void net_drop(net *n, rj_link *link) {
  if (!g_ptr_array_remove(n->client.links, link))
    g_assert_true(g_ptr_array_remove(n->edge.links, link));
  rj_link_free(link);
}

void net_send(rj_link *link, const char *text) {
  g_assert_cmpint(rj_link_send(link, (const uint8_t *)text, strlen(text)), ==, STATUS_OK);
}

uint64_t net_beat(rj_link *link) {
  static const uint8_t beat[RJ_BEAT_SIZE];
  uint64_t id = 0;
  g_assert_cmpint(rj_link_send_datagram(link, beat, sizeof beat, RJ_NEVER, &id), ==, STATUS_OK);
  return id;
}

void net_echo(net *n, rj_link *link, bool edge, const rj_link_event *event) {
  (void)n;
  if (edge && event->kind == RJ_LINK_MESSAGE)
    g_assert_cmpint(rj_link_send(link, event->data, event->length), ==, STATUS_OK);
}

guint net_count(const net *n, bool edge, rj_link_event_kind kind) {
  guint count = 0;
  while (net_find(n, edge, kind, count) != NULL)
    count++;
  return count;
}

const net_seen *net_find(const net *n, bool edge, rj_link_event_kind kind, guint index) {
  for (guint i = 0; i < n->seen->len; i++) {
    const net_seen *seen = &g_array_index(n->seen, net_seen, i);
    if (seen->edge == edge && seen->event.kind == kind && index-- == 0)
      return seen;
  }
  return NULL;
}

const net_seen *net_expect(const net *n, bool edge, rj_link_event_kind kind, guint index,
                           int64_t at) {
  const net_seen *seen = net_find(n, edge, kind, index);
  g_assert_nonnull(seen);
  g_assert_cmpint(seen->at, ==, at);
  return seen;
}

guint net_packets(const net *n, net_direction direction) {
  guint count = 0;
  for (guint i = 0; i < n->packets->len; i++)
    count += g_array_index(n->packets, net_packet, i).direction == direction ? 1 : 0;
  return count;
}

GBytes *net_ticket(const net *n) {
  guint count = net_count(n, false, RJ_LINK_TICKET);
  g_assert_cmpuint(count, >, 0);
  return g_bytes_ref(net_find(n, false, RJ_LINK_TICKET, count - 1)->bytes);
}
