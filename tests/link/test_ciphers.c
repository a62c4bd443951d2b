/* The ciphers of a connection, and QUIC's key updates: our own small keys for the one, ngtcp2's for the others. */
#include "link/stranger.h"

static const char *const ciphers[] = {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"};

static stranger *up_with(net *n, bool edge, const char *cipher) {
  stranger_only_cipher(cipher);
  stranger *s = edge ? stranger_client(n, "rejoin/1") : stranger_edge(n, "rejoin/1");
  if (!edge)
    net_send(net_dial(n, NULL), "hello");
  net_run(n, RJ_SECOND);
  stranger_only_cipher(NULL);
  g_assert_true(stranger_is_up(s));
  return s;
}

static rj_link *ours(const net *n, bool edge) {
  return (edge ? n->edge.links : n->client.links)->pdata[0];
}

/* Both directions of datagrams, and a control message. */
static void test_each_cipher(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
    for (int edge = 0; edge < 2; edge++) {
      net *n = net_new(1);
      stranger *s = up_with(n, edge, ciphers[i]);
      net_forget(n);
      stranger_datagram(s, "x", 1);
      stranger_stream(s, "\0\5hello", 7, false);
      net_beat(ours(n, edge));
      net_run(n, RJ_SECOND);
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_DATAGRAM), ==, 1);
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_MESSAGE), ==, 1);
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_PROOF), ==, 1);
      stranger_free(s);
      net_free(n);
    }
  }
}

/* Unlike a KeyUpdate of TLS they are allowed: they work with the TLS session gone, at either end, several in a row, under loss of what
 * was under way. */
static void test_key_updates(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
    for (int edge = 0; edge < 2; edge++) {
      net *n = net_new(2);
      stranger *s = up_with(n, edge, ciphers[i]);
      net_forget(n);
      for (guint k = 1; k <= 6; k++) {
        net_run(n, 8 * RJ_SECOND); /* not sooner than three probe timeouts (RFC 9001, 6.5) */
        g_assert_true(stranger_key_update(s));
        stranger_datagram(s, "x", 1);
        net_run(n, RJ_SECOND);
        net_beat(ours(n, edge));
        net_run(n, RJ_SECOND);
        g_assert_cmpuint(net_count(n, edge, RJ_LINK_DATAGRAM), ==, k);
        g_assert_cmpuint(net_count(n, edge, RJ_LINK_PROOF), ==, k);
      }
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_CLOSED), ==, 0);
      stranger_free(s);
      net_free(n);
    }
  }
}

/* A packet of before the update that comes after it is still read, and one that is changed still is not. */
static bool bend_every_second(net *n, net_direction direction, rj_datagram *datagram) {
  (void)direction;
  if (n->count++ % 2 == 1)
    datagram->data[datagram->length - 1] ^= 1;
  return false;
}

static void test_key_updates_on_a_bad_cable(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
    for (int edge = 0; edge < 2; edge++) {
      net *n = net_new(3);
      stranger *s = up_with(n, edge, ciphers[i]);
      net_forget(n);
      n->lose = bend_every_second;
      n->twice[NET_UP] = n->twice[NET_DOWN] = true;
      for (int k = 0; k < 6; k++) {
        n->one_way = 60 * MS;
        stranger_datagram(s, "late", 4);
        net_run(n, MS);
        n->one_way = 10 * MS; /* overtakes */
        stranger_key_update(s);
        stranger_datagram(s, "x", 1);
        net_beat(ours(n, edge));
        net_run(n, 2 * RJ_SECOND);
      }
      n->lose = NULL;
      net_forget(n);
      stranger_datagram(s, "x", 1);
      net_beat(ours(n, edge));
      net_run(n, 2 * RJ_SECOND);
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_DATAGRAM), ==, 1);
      g_assert_cmpuint(net_count(n, edge, RJ_LINK_PROOF), >=, 1);
      g_assert_false(rj_link_is_closed(ours(n, edge)));
      stranger_free(s);
      net_free(n);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ciphers/each", test_each_cipher);
  g_test_add_func("/ciphers/key-updates", test_key_updates);
  g_test_add_func("/ciphers/key-updates-on-a-bad-cable", test_key_updates_on_a_bad_cable);
  return g_test_run();
}
