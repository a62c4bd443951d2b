/* The same seed gives the same packets at the same times, whatever TLS draws by itself. */
#include "link/net.h"

static bool lose_five_percent(net *n, net_direction direction, rj_datagram *datagram) {
  (void)direction;
  (void)datagram;
  return rj_random_below(&n->random, 100) < 5;
}

/* Two minutes of a life: a connection, beats, messages, a crash, a ticket, a migration. */
static GArray *live(uint64_t seed) {
  net *n = net_new(seed);
  n->lose = lose_five_percent;
  n->on_event = net_echo;
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  for (uint16_t i = 0; i < 90; i++) {
    net_run(n, RJ_BEAT_INTERVAL);
    if (i == 30)
      net_edge_crash(n);
    if (i == 60) {
      n->client_address = n->outside = net_address(2, 41000);
      rj_link_migrate(link, &n->client_address, n->now);
    }
    if (rj_link_is_closed(link)) {
      guint tickets = net_count(n, false, RJ_LINK_TICKET);
      link =
          net_dial(n, tickets > 0 ? net_find(n, false, RJ_LINK_TICKET, tickets - 1)->bytes : NULL);
      net_send(link, "hello again");
    } else if (rj_link_is_up(link)) {
      net_beat(link);
      net_send(link, "and a message");
    }
  }
  GArray *packets = g_array_copy(n->packets);
  net_free(n);
  return packets;
}

static void test_same_seed(void) {
  for (uint64_t seed = 1; seed <= 6; seed++) {
    GArray *first = live(seed);
    g_assert_cmpuint(first->len, >, 200);
    for (int again = 0; again < 4; again++) {
      GArray *next = live(seed);
      g_assert_cmpuint(next->len, ==, first->len);
      for (guint i = 0; i < first->len; i++) {
        const net_packet *a = &g_array_index(first, net_packet, i);
        const net_packet *b = &g_array_index(next, net_packet, i);
        g_assert_cmpint(a->at, ==, b->at);
        g_assert_cmpint(a->direction, ==, b->direction);
        g_assert_cmpuint(a->size, ==, b->size);
        g_assert_cmpint(a->dropped, ==, b->dropped);
      }
      g_array_unref(next);
    }
    g_array_unref(first);
  }
}

static void test_another_seed(void) {
  GArray *one = live(7), *two = live(8);
  bool same = one->len == two->len;
  for (guint i = 0; same && i < one->len; i++)
    same = g_array_index(one, net_packet, i).at == g_array_index(two, net_packet, i).at;
  g_assert_false(same);
  g_array_unref(one);
  g_array_unref(two);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/same-seed/same", test_same_seed);
  g_test_add_func("/same-seed/another", test_another_seed);
  return g_test_run();
}
