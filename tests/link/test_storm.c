/* Random lives over a bad cable: whatever happens in whatever order, what arrives is what was sent, in order and once. */
#include <string.h>

#include "link/net.h"

enum { STEPS = 150, HEADER = 8 };

/* What one link was told and tells. */
typedef struct {
  rj_link *link;
  uint32_t sent, got;    /* control messages, numbered */
  GHashTable *datagrams; /* numbers that came, for each comes at most once */
  bool closed;
} half;

typedef struct {
  net *n;
  rj_random random;
  half client, edge;
  uint32_t datagrams;
  GBytes *ticket;
} life;

static uint64_t below(life *l, uint64_t bound) {
  return rj_random_below(&l->random, bound);
}

static half *half_of(life *l, bool edge) {
  return edge ? &l->edge : &l->client;
}

static void start_half(half *h, rj_link *link) {
  if (h->datagrams != NULL)
    g_hash_table_remove_all(h->datagrams);
  else
    h->datagrams = g_hash_table_new(NULL, NULL);
  *h = (half){.link = link, .datagrams = h->datagrams};
}

/* A message says its number and is filled with it; any change and any disorder is seen. */
static void fill(uint8_t *out, size_t length, uint32_t number) {
  memset(out, (int)(number % 251), length);
  memcpy(out, &number, sizeof number);
}

static uint32_t number_in(const rj_link_event *event) {
  uint32_t number;
  g_assert_cmpuint(event->length, >=, HEADER);
  memcpy(&number, event->data, sizeof number);
  for (size_t i = sizeof number; i < event->length; i++)
    g_assert_cmpuint(event->data[i], ==, number % 251);
  return number;
}

static void take(net *n, rj_link *link, bool edge, const rj_link_event *event) {
  life *l = n->user;
  half *h = half_of(l, edge);
  if (edge && h->link != link && event->kind != RJ_LINK_CLOSED)
    start_half(h, link); /* a new one was accepted; the older ones are drawn dry */
  if (h->link != link)
    return;
  g_assert_false(h->closed); /* CLOSED is the last event */
  switch (event->kind) {
  case RJ_LINK_MESSAGE:
    g_assert_cmpuint(number_in(event), ==, h->got++);
    break;
  case RJ_LINK_DATAGRAM:
    g_assert_true(g_hash_table_add(h->datagrams, GUINT_TO_POINTER(number_in(event))));
    break;
  case RJ_LINK_TICKET:
    g_clear_pointer(&l->ticket, g_bytes_unref);
    l->ticket = g_bytes_new(event->data, event->length);
    break;
  case RJ_LINK_CLOSED:
    h->closed = true;
    break;
  default:
    break;
  }
}

static bool lose(net *n, net_direction direction, rj_datagram *datagram) {
  life *l = n->user;
  (void)direction;
  if (below(l, 200) == 0) {
    datagram->data[below(l, datagram->length)] ^= (uint8_t)(1U << below(l, 8));
    return false;
  }
  return below(l, 100) < (uint64_t)n->count;
}

static void say(life *l, bool edge) {
  half *h = half_of(l, edge);
  if (h->link == NULL || rj_link_is_closed(h->link))
    return;
  uint8_t data[RJ_CONTROL_MAX];
  size_t length = HEADER + below(l, below(l, 4) == 0 ? sizeof data - HEADER : 60);
  fill(data, length, h->sent);
  int32_t status = rj_link_send(h->link, data, length);
  g_assert_true(status == STATUS_OK || status == STATUS_RESOURCE_LIMITED);
  h->sent += status == STATUS_OK ? 1 : 0;
}

static void throw(life * l, bool edge) {
  half *h = half_of(l, edge);
  if (h->link == NULL || rj_link_is_closed(h->link))
    return;
  uint8_t data[RJ_MESSAGE_MAX];
  size_t length = HEADER + below(l, sizeof data - HEADER);
  fill(data, length, ++l->datagrams);
  int32_t status = rj_link_send_datagram(h->link, data, length, RJ_NEVER, NULL);
  g_assert_cmpint(status, ==, rj_link_is_up(h->link) ? STATUS_OK : STATUS_NOT_READY);
}

static void dial(life *l) {
  if (l->client.link != NULL) {
    rj_link *old = l->client.link;
    l->client.link = NULL;
    net_drop(l->n, old);
  }
  start_half(&l->client, NULL);
  l->client.link = net_dial(l->n, below(l, 2) == 0 ? l->ticket : NULL);
}

/* The edge lets go of what is closed, as its owner does. */
static void sweep(life *l) {
  for (guint i = l->n->edge.links->len; i-- > 0;) {
    rj_link *link = l->n->edge.links->pdata[i];
    if (!rj_link_is_closed(link))
      continue;
    if (l->edge.link == link)
      l->edge.link = NULL;
    net_drop(l->n, link);
  }
}

static void step(life *l) {
  net *n = l->n;
  switch (below(l, 24)) {
  case 0:
    n->count = (int)below(l, 50);
    break;
  case 1:
    n->cut[below(l, 2)] = below(l, 2) == 0;
    break;
  case 2:
    n->one_way = (int64_t)below(l, 200) * MS + 1;
    break;
  case 3:
    n->outside = net_address(3, (uint16_t)(20000 + below(l, 20000)));
    break;
  case 4:
    n->client_address = n->outside = net_address(2, (uint16_t)(20000 + below(l, 20000)));
    rj_link_migrate(l->client.link, &n->client_address, n->now);
    break;
  case 5:
    if (below(l, 4) == 0) {
      l->edge.link = NULL;
      net_edge_crash(n);
    }
    break;
  case 6:
    if (below(l, 4) == 0)
      rj_link_close(below(l, 2) == 0 && l->edge.link != NULL ? l->edge.link : l->client.link,
                    RJ_CLOSE_DONE, n->now);
    break;
  case 7:
    n->twice[below(l, 2)] = below(l, 2) == 0;
    break;
  case 8:
    n->count = 0;
    n->cut[0] = n->cut[1] = false;
    break;
  default:
    say(l, below(l, 2) == 0);
    throw(l, below(l, 2) == 0);
    break;
  }
  if (rj_link_is_closed(l->client.link))
    dial(l);
}

static void live(uint64_t seed) {
  life l = {0};
  rj_random_seed(&l.random, seed);
  l.n = net_new(seed);
  l.n->user = &l;
  l.n->on_event = take;
  l.n->lose = lose;
  dial(&l);
  for (int i = 0; i < STEPS; i++) {
    step(&l);
    net_run(l.n, (int64_t)below(&l, below(&l, 30) == 0 ? 20000 : 300) * MS);
    sweep(&l);
    net_forget(l.n);
  }
  /* and at the end of it all, a good cable: a fresh connection works */
  l.n->count = 0;
  l.n->cut[0] = l.n->cut[1] = false;
  l.n->one_way = 25 * MS;
  net_run(l.n, 5 * RJ_SECOND);
  dial(&l);
  say(&l, false);
  l.n->lose = NULL;
  net_run(l.n, RJ_SECOND);
  g_assert_true(rj_link_is_up(l.client.link));
  g_assert_true(rj_link_all_acknowledged(l.client.link));
  g_hash_table_destroy(l.client.datagrams);
  if (l.edge.datagrams != NULL)
    g_hash_table_destroy(l.edge.datagrams);
  g_clear_pointer(&l.ticket, g_bytes_unref);
  net_free(l.n);
}

static void test_storm(void) {
  const char *first = g_getenv("RJ_STORM_SEED"), *count = g_getenv("RJ_STORM_LIVES");
  uint64_t from = first != NULL ? g_ascii_strtoull(first, NULL, 10) : 1;
  uint64_t lives = count != NULL ? g_ascii_strtoull(count, NULL, 10) : 60;
  for (uint64_t seed = from; seed < from + lives; seed++) {
    g_test_message("seed %" G_GUINT64_FORMAT, seed);
    live(seed);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/storm/lives", test_storm);
  return g_test_run();
}
