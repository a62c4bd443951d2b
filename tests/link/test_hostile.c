/* Peers and networks that mean harm: nothing ends the process, what is wrong ends its own connection with a code, and nothing else
 * changes. */
#include <string.h>

#include "link/stranger.h"

enum { ALERT_UNEXPECTED_MESSAGE = 10, ALERT_NO_PROTOCOL = 120 };

static const uint8_t KEY_UPDATE[] = {24, 0, 0, 1, 0};

static net *with_client(uint64_t seed, stranger **s) {
  net *n = net_new(seed);
  *s = stranger_client(n, "rejoin/1");
  net_run(n, 300 * MS);
  g_assert_true(stranger_is_up(*s));
  g_assert_cmpuint(n->edge.links->len, ==, 1);
  g_assert_true(rj_link_is_up(n->edge.links->pdata[0]));
  return n;
}

static net *with_edge(uint64_t seed, stranger **s) {
  net *n = net_new(seed);
  *s = stranger_edge(n, "rejoin/1");
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  net_run(n, 300 * MS);
  g_assert_true(stranger_is_up(*s));
  g_assert_true(rj_link_is_up(link));
  return n;
}

static void done(net *n, stranger *s) {
  stranger_free(s);
  net_free(n);
}

/* The link of ours closed for this reason, once. */
static void assert_closed(const net *n, bool edge, rj_closed_how how) {
  g_assert_cmpuint(net_count(n, edge, RJ_LINK_CLOSED), ==, 1);
  g_assert_cmpint(net_find(n, edge, RJ_LINK_CLOSED, 0)->event.how, ==, how);
}

/* ---- TLS messages after the handshake (0.1): the KeyUpdate that ended the process, and all others ---- */

static void test_tls_messages_to_an_edge(void) {
  for (int type = 0; type < 256; type++) {
    stranger *s;
    net *n = with_client(1, &s);
    uint8_t message[] = {(uint8_t)type, 0, 0, 1, 0};
    g_assert_true(stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, message, sizeof message));
    net_run(n, RJ_SECOND);
    assert_closed(n, true, RJ_CLOSED_PROTOCOL);
    g_assert_cmpuint(stranger_close_code(s), ==, NGTCP2_CRYPTO_ERROR | ALERT_UNEXPECTED_MESSAGE);
    done(n, s);
  }
}

static void test_tls_messages_to_a_client(void) {
  for (int type = 0; type < 256; type++) {
    stranger *s;
    net *n = with_edge(2, &s);
    uint8_t message[] = {(uint8_t)type, 0, 0, 1, 0};
    g_assert_true(stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, message, sizeof message));
    net_run(n, RJ_SECOND);
    assert_closed(n, false, RJ_CLOSED_PROTOCOL); /* a ticket of one byte is none either */
    if (type != 4)
      g_assert_cmpuint(stranger_close_code(s), ==, NGTCP2_CRYPTO_ERROR | ALERT_UNEXPECTED_MESSAGE);
    done(n, s);
  }
}

/* A ticket as GnuTLS takes it, in pieces, and a KeyUpdate hidden behind it: in its own piece or in the ticket's. */
static const uint8_t TICKET[] = {4, 0, 0,  19,                   /* NewSessionTicket */
                                 0, 0, 14, 16, 1, 2, 3, 4,       /* lifetime, age_add */
                                 1, 0, 0,  5,  9, 9, 9, 9, 9, 0, /* nonce, ticket, no extensions */
                                 0};

static void test_tickets_in_pieces(void) {
  for (size_t cut = 1; cut < sizeof TICKET; cut++) {
    stranger *s;
    net *n = with_edge(3, &s);
    uint8_t message[sizeof TICKET];
    memcpy(message, TICKET, sizeof message);
    stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, message, cut);
    net_run(n, 100 * MS);
    stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, message + cut, sizeof message - cut);
    net_run(n, 100 * MS);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_TICKET), ==, 1);
    /* and once more, now that the client has no TLS session left */
    stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, message, sizeof message);
    net_run(n, 100 * MS);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
    uint8_t hidden[sizeof message + sizeof KEY_UPDATE];
    memcpy(hidden, message, sizeof message);
    memcpy(hidden + sizeof message, KEY_UPDATE, sizeof KEY_UPDATE);
    stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, hidden, sizeof message + cut % 4);
    net_run(n, 100 * MS);
    stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, hidden + sizeof message + cut % 4,
                    sizeof KEY_UPDATE - cut % 4);
    net_run(n, 100 * MS);
    assert_closed(n, false, RJ_CLOSED_PROTOCOL);
    done(n, s);
  }
}

/* Behind the Finished, at the handshake's own level: GnuTLS would keep it, and act on it later. */
static void test_tls_messages_behind_the_flight(void) {
  for (int type = 0; type < 256; type++) {
    net *n = net_new(4);
    stranger *s = stranger_edge(n, "rejoin/1");
    uint8_t message[] = {(uint8_t)type, 0, 0, 1, 0};
    stranger_crypto_behind_flight(s, message, sizeof message);
    rj_link *link = net_dial(n, NULL);
    net_send(link, "hello");
    net_run(n, 300 * MS);
    if (!stranger_is_closed(s))
      stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_1RTT, TICKET, sizeof TICKET);
    net_run(n, RJ_SECOND);
    assert_closed(n, false, RJ_CLOSED_PROTOCOL);
    done(n, s);
  }
}

/* ---- the protocol's name ---- */

static void test_wrong_protocol(void) {
  static const char *const names[] = {"h3", "rejoin/2", NULL};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    net *n = net_new(6);
    stranger *s = stranger_client(n, names[i]);
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, true, RJ_LINK_UP), ==, 0);
    assert_closed(n, true, RJ_CLOSED_VERSION);
    g_assert_cmpuint(stranger_close_code(s), ==, NGTCP2_CRYPTO_ERROR | ALERT_NO_PROTOCOL);
    done(n, s);

    n = net_new(7);
    s = stranger_edge(n, names[i]);
    net_send(net_dial(n, NULL), "hello");
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_UP), ==, 0);
    assert_closed(n, false, RJ_CLOSED_VERSION);
    done(n, s);
  }
}

/* ---- the control stream ---- */

static void test_broken_framing(void) {
  static const uint8_t lengths[][2] = {{0, 0}, {0x18, 0x01}, {0xff, 0xff}};
  for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
    stranger *s;
    net *n = with_client(8, &s);
    stranger_stream(s, "\0\5first", 7, false);
    stranger_stream(s, lengths[i], 2, false);
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, true, RJ_LINK_MESSAGE), <=, 1);
    assert_closed(n, true, RJ_CLOSED_PROTOCOL);
    g_assert_cmpuint(stranger_close_code(s), ==, RJ_CLOSE_PROTOCOL);
    done(n, s);

    n = with_edge(9, &s);
    stranger_stream(s, lengths[i], 2, false);
    net_run(n, RJ_SECOND);
    assert_closed(n, false, RJ_CLOSED_PROTOCOL);
    g_assert_cmpuint(stranger_close_code(s), ==, RJ_CLOSE_PROTOCOL);
    done(n, s);
  }
}

/* It lives as long as its connection: ended or reset it is broken, and there is no second one. */
static void test_stream_that_ends(void) {
  for (int kind = 0; kind < 4; kind++) {
    for (int edge = 0; edge < 2; edge++) {
      stranger *s;
      net *n = edge ? with_client(10, &s) : with_edge(11, &s);
      stranger_stream(s, "\0\5hello", 7, kind == 0);
      net_run(n, 200 * MS);
      bool possible = true;
      if (kind == 1)
        stranger_reset_stream(s);
      else if (kind >= 2)
        possible = stranger_another_stream(s, kind == 3); /* our limits do not let it */
      if (!possible) {
        done(n, s);
        continue;
      }
      g_assert_cmpint(kind, <, 2);
      net_run(n, RJ_SECOND);
      assert_closed(n, edge, RJ_CLOSED_PROTOCOL);
      done(n, s);
    }
  }
}

/* Any number may come as a code, and one of the transport (0 is "no error") is none of ours. */
static void test_close_codes(void) {
  static const uint64_t codes[] = {0, 1, 6, 7, 0x100, (UINT64_C(1) << 62) - 1};
  for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
    for (int transport = 0; transport < 2; transport++) {
      for (int edge = 0; edge < 2; edge++) {
        stranger *s;
        net *n = edge ? with_client(16, &s) : with_edge(17, &s);
        stranger_close(s, transport, codes[i]);
        net_run(n, RJ_SECOND);
        assert_closed(n, edge, RJ_CLOSED_BY_PEER);
        uint64_t expected = codes[i] + (transport ? RJ_CODE_TRANSPORT : 0);
        g_assert_cmpuint(net_find(n, edge, RJ_LINK_CLOSED, 0)->event.code, ==, expected);
        done(n, s);
      }
    }
  }
}

/* ---- frames that no proper peer sends: the bytes are authentic, what they say is not ---- */

/* DATAGRAM with a length of 1 becomes one of 0 and a PADDING (0.2). */
static void empty_datagram(uint8_t *frames, size_t length, void *user) {
  for (size_t i = 0; i + 2 < length; i++) {
    if (frames[i] == 0x31 && frames[i + 1] == 1 && frames[i + 2] == 0x77) {
      frames[i + 1] = 0;
      frames[i + 2] = 0;
      ++*(int *)user;
    }
  }
}

static void test_empty_datagram(void) {
  for (int edge = 0; edge < 2; edge++) {
    stranger *s;
    net *n = edge ? with_client(12, &s) : with_edge(13, &s);
    int changed = 0;
    stranger_mangle(s, empty_datagram, &changed);
    stranger_datagram(s, "\x77", 1);
    net_run(n, RJ_SECOND);
    g_assert_cmpint(changed, ==, 1);
    g_assert_cmpuint(net_count(n, edge, RJ_LINK_DATAGRAM), ==, 0);
    g_assert_cmpuint(net_count(n, edge, RJ_LINK_CLOSED), ==, 0);
    stranger_mangle(s, NULL, NULL);
    stranger_datagram(s, "\x77", 1);
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, edge, RJ_LINK_DATAGRAM), ==, 1);
    done(n, s);
  }
}

typedef struct {
  rj_random random;
  int mode;
} noise;

static void make_noise(uint8_t *frames, size_t length, void *user) {
  noise *with = user;
  if (with->mode == 0) {
    rj_random_fill(&with->random, frames, length);
    return;
  }
  if (with->mode == 1) { /* a frame type of every kind, and whatever follows */
    frames[0] = (uint8_t)rj_random_below(&with->random, 0x40);
    return;
  }
  for (int i = 0; i < 3; i++)
    frames[rj_random_below(&with->random, length)] ^=
        (uint8_t)(1U << rj_random_below(&with->random, 8));
}

static void test_authentic_noise(void) {
  for (uint64_t seed = 0; seed < 240; seed++) {
    bool edge = seed % 2 == 0;
    stranger *s;
    net *n = edge ? with_client(seed, &s) : with_edge(seed, &s);
    noise with = {.mode = (int)(seed / 2 % 3)};
    rj_random_seed(&with.random, seed);
    stranger_mangle(s, make_noise, &with);
    for (int i = 0; i < 10 && !stranger_is_closed(s); i++) {
      uint8_t data[100];
      rj_random_fill(&with.random, data, sizeof data);
      stranger_datagram(s, data, 1 + rj_random_below(&with.random, sizeof data));
      stranger_stream(s, "\0\3abc", 5, false);
      net_run(n, 100 * MS);
    }
    done(n, s);
  }
}

/* ---- datagrams that nobody authenticated ---- */

static bool catch_one(net *n, net_direction direction, rj_datagram *datagram) {
  GPtrArray *caught = n->user;
  (void)direction;
  g_ptr_array_add(caught, g_bytes_new(datagram->data, datagram->length));
  return false;
}

/* Each datagram of a whole life of two connections, changed in one bit, cut short or prolonged, is thrown at both ends of a third. */
static void test_changed_datagrams_change_nothing(void) {
  net *n = net_new(14);
  GPtrArray *caught = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
  n->lose = catch_one;
  n->user = caught;
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_beat(link);
  net_run(n, RJ_SECOND);
  n->lose = NULL;
  net_forget(n);
  int64_t heard = rj_link_heard(edge_link);
  rj_path up = {.local = n->edge_address, .remote = n->outside};
  rj_path down = {.local = n->client_address, .remote = n->edge_address};
  rj_random random;
  rj_random_seed(&random, 14);
  for (int round = 0; round < 3000; round++) {
    GBytes *one = caught->pdata[rj_random_below(&random, caught->len)];
    gsize length;
    const uint8_t *good = g_bytes_get_data(one, &length);
    uint8_t *bad = g_malloc0(length + 50);
    memcpy(bad, good, length);
    switch (round % 3) {
    case 0:
      bad[rj_random_below(&random, length)] ^= (uint8_t)(1U << rj_random_below(&random, 8));
      break;
    case 1:
      length = rj_random_below(&random, length);
      break;
    default:
      length = rj_random_below(&random, 50);
      rj_random_fill(&random, bad, length);
      break;
    }
    uint8_t *exact = g_memdup2(bad, length > 0 ? length : 1);
    bool accepted = false;
    rj_link *fresh = rj_port_feed(n->edge.port, &up, exact, length, n->now, &accepted);
    if (accepted)
      rj_link_free(fresh); /* a first packet with a change where nothing looks yet */
    rj_port_feed(n->client.port, &down, exact, length, n->now, NULL);
    g_free(exact);
    g_free(bad);
  }
  g_assert_cmpint(rj_link_heard(edge_link), ==, heard);
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  while (rj_port_write(n->edge.port, &out))
    g_assert_cmpuint(out.length, <=, 256);
  g_assert_false(rj_port_write(n->client.port, &out));
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(n->seen->len, ==, 0);
  net_beat(link);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 1);
  g_ptr_array_unref(caught);
  net_free(n);
}

/* Each datagram once more, as it was, from where it came and from elsewhere: nothing is heard, proved, moved or told by it. */
static void test_replays_change_nothing(void) {
  net *n = net_new(18);
  GPtrArray *caught = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
  n->lose = catch_one;
  n->user = caught;
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  for (int i = 0; i < 3; i++) {
    net_beat(link);
    net_beat(edge_link);
    net_send(link, "a message");
    net_run(n, RJ_SECOND);
  }
  n->lose = NULL;
  n->cut[NET_UP] = n->cut[NET_DOWN] = true; /* what they may answer is authentic again */
  net_forget(n);
  int64_t heard[] = {rj_link_heard(link), rj_link_heard(edge_link)};
  for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
    rj_address attacker = net_address(9, 9);
    rj_path up = {.local = n->edge_address, .remote = elsewhere ? attacker : n->outside};
    rj_path down = {.local = n->client_address, .remote = elsewhere ? attacker : n->edge_address};
    for (guint i = 0; i < caught->len; i++) {
      gsize length;
      const uint8_t *data = g_bytes_get_data(caught->pdata[i], &length);
      n->now += MS;
      bool accepted = false;
      rj_link *fresh = rj_port_feed(n->edge.port, &up, data, length, n->now, &accepted);
      if (accepted) /* a first flight of the past: a handshake that its sender cannot finish */
        rj_link_free(fresh);
      rj_port_feed(n->client.port, &down, data, length, n->now, NULL);
      net_pump(n);
    }
    net_run(n, 100 * MS);
    g_assert_cmpint(rj_link_heard(link), ==, heard[0]);
    g_assert_cmpint(rj_link_heard(edge_link), ==, heard[1]);
    g_assert_cmpuint(n->seen->len, ==, 0);
    g_assert_true(rj_address_equal(&rj_link_path(edge_link)->remote, &n->outside));
  }
  g_test_message("%u datagrams answered by %u and %u", caught->len, net_packets(n, NET_UP),
                 net_packets(n, NET_DOWN));
  n->cut[NET_UP] = n->cut[NET_DOWN] = false;
  net_run(n, RJ_SECOND);
  net_forget(n);
  net_beat(link);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 1);
  g_ptr_array_unref(caught);
  net_free(n);
}

/* Random bytes from anywhere, while a handshake goes on: it gets through. */
static void test_noise_in_the_handshake(void) {
  net *n = net_new(15);
  n->on_event = net_echo;
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  rj_random random;
  rj_random_seed(&random, 15);
  rj_path up = {.local = n->edge_address, .remote = net_address(9, 9)};
  rj_path down = {.local = n->client_address, .remote = net_address(9, 9)};
  for (int i = 0; i < 2000; i++) {
    size_t length = rj_random_below(&random, 1400);
    uint8_t *data = g_malloc(length + 1);
    rj_random_fill(&random, data, length);
    if (length > 5 && i % 2 == 0) { /* an Initial by its looks */
      data[0] = (uint8_t)(0xc0 | (data[0] & 0x0f));
      memcpy(data + 1, "\0\0\0\1\x08", length > 6 ? 5 : 4);
    }
    bool accepted = false;
    rj_link *fresh = rj_port_feed(n->edge.port, &up, data, length, n->now, &accepted);
    if (accepted)
      rj_link_free(fresh);
    else
      g_assert_null(fresh);
    g_assert_null(rj_port_feed(n->client.port, &down, data, length, n->now, NULL));
    g_free(data);
    if (i % 10 == 0)
      net_run(n, MS);
  }
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
  g_assert_cmpuint(n->edge.links->len, ==, 1);
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/hostile/tls-messages-to-an-edge", test_tls_messages_to_an_edge);
  g_test_add_func("/hostile/tls-messages-to-a-client", test_tls_messages_to_a_client);
  g_test_add_func("/hostile/tickets-in-pieces", test_tickets_in_pieces);
  g_test_add_func("/hostile/tls-messages-behind-the-flight", test_tls_messages_behind_the_flight);
  g_test_add_func("/hostile/wrong-protocol", test_wrong_protocol);
  g_test_add_func("/hostile/broken-framing", test_broken_framing);
  g_test_add_func("/hostile/stream-that-ends", test_stream_that_ends);
  g_test_add_func("/hostile/close-codes", test_close_codes);
  g_test_add_func("/hostile/empty-datagram", test_empty_datagram);
  g_test_add_func("/hostile/authentic-noise", test_authentic_noise);
  g_test_add_func("/hostile/changed-datagrams", test_changed_datagrams_change_nothing);
  g_test_add_func("/hostile/replays", test_replays_change_nothing);
  g_test_add_func("/hostile/noise-in-the-handshake", test_noise_in_the_handshake);
  return g_test_run();
}
