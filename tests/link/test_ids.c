/* Connection ids: how a port finds its links, and what peers may do with ids and lengths of their own choice. */
#include <string.h>

#include "link/stranger.h"

enum { INITIAL_SIZE = 1200, VERSION_AT = 1, DCID_AT = 5 };

/* An Initial by its header, with nothing in it that could be decrypted. */
static void make_initial(uint8_t packet[INITIAL_SIZE], uint8_t fill, size_t dcid_length) {
  memset(packet, 0x55, INITIAL_SIZE);
  packet[0] = 0xc0;
  memcpy(packet + VERSION_AT, "\0\0\0\1", 4);
  packet[DCID_AT] = (uint8_t)dcid_length;
  memset(packet + DCID_AT + 1, fill, dcid_length);
  size_t at = DCID_AT + 1 + dcid_length;
  packet[at++] = 0; /* scid */
  packet[at++] = 0; /* token */
  size_t rest = INITIAL_SIZE - at - 2;
  packet[at++] = (uint8_t)(0x40 | rest >> 8);
  packet[at] = (uint8_t)rest;
}

static rj_link *feed_edge(net *n, const uint8_t *packet, size_t length, bool *accepted) {
  rj_path path = {.local = n->edge_address, .remote = n->outside};
  uint8_t *exact = g_memdup2(packet, length > 0 ? length : 1);
  rj_link *link = rj_port_feed(n->edge.port, &path, exact, length, n->now, accepted);
  g_free(exact);
  return link;
}

/* The client makes its first destination id up. Whatever it is, a link that is gone is found by it no more; ids that fold into the key 0
 * are no other. */
static void test_ids_made_up_by_the_peer(void) {
  static const uint8_t fills[] = {0, 1, 0xff};
  for (size_t i = 0; i < G_N_ELEMENTS(fills); i++) {
    for (size_t length = 0; length <= 20; length++) {
      net *n = net_new(1);
      uint8_t packet[INITIAL_SIZE];
      make_initial(packet, fills[i], length);
      for (int again = 0; again < 3; again++) {
        bool accepted = false;
        rj_link *link = feed_edge(n, packet, sizeof packet, &accepted);
        g_assert_true(accepted == (link != NULL));
        rj_link_free(link);
        g_assert_null(rj_port_route(n->edge.port, packet, sizeof packet));
      }
      rj_port_counters counters;
      rj_port_counters_get(n->edge.port, &counters);
      g_assert_cmpuint(counters.links, ==, 0);
      g_assert_cmpuint(counters.handshakes, ==, 0);
      net_free(n);
    }
  }
}

/* Real handshakes with them: they work, next to each other, and the made-up id is given back. */
static void test_handshakes_with_any_id(void) {
  static const struct {
    size_t length;
    uint8_t fill;
  } ids[] = {{8, 0}, {8, 0x80}, {16, 7}, {20, 0}, {20, 0xff}};
  for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
    net *n = net_new(2);
    n->twice[NET_UP] = true; /* each packet finds the link that the first one made */
    stranger *s = stranger_client_with_id(n, ids[i].fill, ids[i].length);
    net_run(n, RJ_SECOND);
    g_assert_true(stranger_is_up(s));
    g_assert_cmpuint(n->edge.links->len, ==, 1);
    g_assert_true(rj_link_is_up(n->edge.links->pdata[0]));
    uint8_t packet[INITIAL_SIZE];
    make_initial(packet, ids[i].fill, ids[i].length);
    g_assert_null(rj_port_route(n->edge.port, packet, sizeof packet));
    stranger_free(s);
    net_free(n);
  }
}

/* Two clients that make up the same id at the same time: the second one's packets reach the first one's link, which cannot read them. */
static void test_two_with_the_same_id(void) {
  net *n = net_new(3);
  n->on_event = net_echo;
  stranger *first = stranger_client_with_id(n, 9, 8);
  net_run(n, 30 * MS); /* the edge has a link by this id, in mid-handshake */
  g_assert_cmpuint(n->edge.links->len, ==, 1);
  uint8_t packet[INITIAL_SIZE];
  make_initial(packet, 9, 8);
  bool accepted = false;
  g_assert_true(feed_edge(n, packet, sizeof packet, &accepted) == n->edge.links->pdata[0]);
  g_assert_false(accepted);
  net_run(n, RJ_SECOND);
  g_assert_true(stranger_is_up(first));
  g_assert_cmpuint(net_count(n, true, RJ_LINK_CLOSED), ==, 0);
  stranger_free(first);
  net_free(n);
}

/* ---- a peer that uses ids up as fast as it gets them ---- */

enum { PING = 0x01, ACK = 0x02, NEW_CONNECTION_ID = 0x18, RETIRE_CONNECTION_ID = 0x19 };
enum { MARK = 0x77, MARK_LENGTH = 60 };

typedef struct {
  uint16_t next;   /* sequence number to retire */
  uint16_t newest; /* that the edge gave */
} ids_of_peer;

/* The length of a variable-length integer, and its value. */
static size_t number_at(const uint8_t *at, uint64_t *value) {
  size_t length = (size_t)1 << (at[0] >> 6);
  *value = at[0] & 0x3f;
  for (size_t i = 1; i < length; i++)
    *value = *value << 8 | at[i];
  return length;
}

static size_t ack_length(const uint8_t *frames) {
  uint64_t value, ranges;
  size_t at = 1;
  at += number_at(frames + at, &value);
  at += number_at(frames + at, &value);
  at += number_at(frames + at, &ranges);
  at += number_at(frames + at, &value);
  for (; ranges > 0; ranges--) {
    at += number_at(frames + at, &value);
    at += number_at(frames + at, &value);
  }
  return at;
}

/* In the place of a marked datagram, behind an acknowledgement: all ids that the edge gave are retired. */
static void retire_ids(uint8_t *frames, size_t length, void *user) {
  ids_of_peer *ids = user;
  size_t at = frames[0] == ACK ? ack_length(frames) : 0;
  if (length - at < MARK_LENGTH || frames[length - 1] != MARK)
    return;
  memset(frames + at, 0, length - at);
  frames[length - 1] = PING; /* the stranger waits for an acknowledgement */
  for (; ids->next <= ids->newest && length - at > 3; at += 3) {
    frames[at] = RETIRE_CONNECTION_ID;
    frames[at + 1] = (uint8_t)(0x40 | ids->next >> 8);
    frames[at + 2] = (uint8_t)ids->next++;
  }
}

/* The stranger's own ngtcp2 would mind so many ids, so it does not see them. */
static void hide_new_ids(uint8_t *frames, size_t length, void *user) {
  ids_of_peer *ids = user;
  for (size_t at = 0; at < length;) {
    uint64_t sequence, prior;
    if (frames[at] == ACK) {
      at += ack_length(frames + at);
    } else if (frames[at] == NEW_CONNECTION_ID) {
      size_t end = at + 1 + number_at(frames + at + 1, &sequence);
      end += number_at(frames + end, &prior);
      end += 1U + frames[end] + 16U;
      memset(frames + at, 0, end - at);
      ids->newest = (uint16_t)MAX(ids->newest, sequence);
      at = end;
    } else {
      g_assert_cmpint(frames[at], <=, PING);
      at++;
    }
  }
}

/* A retired id stays for a while in case that a late packet uses it. However fast a peer uses them up, a connection holds a bounded
 * number (it ends with an assertion where it does not), and the others hear nothing of it. */
static void test_flood_of_retired_ids(void) {
  net *n = net_new(4);
  stranger *s = stranger_client(n, "rejoin/1");
  net_run(n, RJ_SECOND);
  g_assert_true(stranger_is_up(s));
  rj_link *link = n->edge.links->pdata[0];
  net_forget(n);
  n->one_way = 50 * RJ_MICROSECOND;
  ids_of_peer ids = {.next = 1, .newest = 7};
  stranger_mangle(s, retire_ids, &ids);
  stranger_mangle_received(s, hide_new_ids, &ids);
  uint8_t mark[MARK_LENGTH];
  memset(mark, MARK, sizeof mark);
  for (int i = 0; i < 1000; i++) {
    stranger_datagram(s, mark, sizeof mark);
    net_run(n, i < 500 ? 200 * RJ_MICROSECOND : 200 * MS);
  }
  g_assert_cmpuint(ids.next, >, 500);
  g_assert_false(rj_link_is_closed(link));
  stranger_mangle(s, NULL, NULL);
  stranger_datagram(s, mark, sizeof mark);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, 1);
  stranger_free(s);
  net_free(n);
}

/* ---- packets about versions ---- */

/* One that tells versions (version 0) belongs to a client's connection or to none: an edge answers nothing. */
static void test_version_packets_are_not_answered(void) {
  net *n = net_new(5);
  uint8_t packet[INITIAL_SIZE] = {0xc0, 0, 0, 0, 0, 8};
  packet[14] = 8;
  packet[26] = 1; /* the version that it names */
  static const size_t sizes[] = {27, 31, 100, INITIAL_SIZE};
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    bool accepted = false;
    g_assert_null(feed_edge(n, packet, sizes[i], &accepted));
    g_assert_false(rj_port_write(n->edge.port, &out));
  }
  net_free(n);
}

/* A version of a later time, ids of a length that ours never has: the answer names our version and gives their ids back. */
static void test_unknown_version(void) {
  for (size_t length = 0; length < 256; length++) {
    net *n = net_new(6);
    uint8_t packet[INITIAL_SIZE] = {0xc0, 0x5a, 0x5a, 0x5a, 0x5a, (uint8_t)length};
    memset(packet + DCID_AT + 1, 0xdc, length);
    packet[DCID_AT + 1 + length] = (uint8_t)length;
    memset(packet + DCID_AT + 2 + length, 0x5c, length);
    bool accepted = false;
    g_assert_null(feed_edge(n, packet, sizeof packet, &accepted));
    uint8_t buffer[RJ_DATAGRAM_BUFFER];
    rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
    bool answered = rj_port_write(n->edge.port, &out);
    if (length <= 20)
      g_assert_true(answered);
    if (answered) {
      g_assert_cmpuint(out.length, ==, 7 + 2 * length + 4);
      g_assert_cmpint(memcmp(buffer + 1, "\0\0\0\0", 4), ==, 0);
      g_assert_cmpuint(buffer[DCID_AT], ==, length);
      if (length > 0)
        g_assert_cmpuint(buffer[DCID_AT + 1], ==, 0x5c);
      g_assert_cmpint(memcmp(buffer + out.length - 4, "\0\0\0\1", 4), ==, 0);
    }
    net_free(n);
  }
}

/* Two edges, each of which takes the other's resets for packets of a lost connection: it ends by itself, each answer is smaller. */
static void test_two_edges_do_not_talk_for_ever(void) {
  net *n = net_new(7);
  net *other = net_new(8);
  uint8_t packet[RJ_DATAGRAM_BUFFER] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8};
  size_t length = 1200;
  rj_datagram out = {.data = packet, .capacity = sizeof packet};
  int rounds = 0;
  for (;; rounds++) {
    g_assert_cmpint(rounds, <, 30);
    net *one = rounds % 2 == 0 ? n : other;
    bool accepted = false;
    g_assert_null(feed_edge(one, packet, length, &accepted));
    if (!rj_port_write(one->edge.port, &out))
      break;
    g_assert_cmpuint(out.length, <, length);
    length = out.length;
  }
  net_free(n);
  net_free(other);
}

/* What is left of handshakes that are over is unknown, and not the fault of anybody; a first packet that is none is malformed. */
static void test_late_packets_and_malformed_ones(void) {
  net *n = net_new(10);
  uint8_t packet[INITIAL_SIZE];
  make_initial(packet, 3, 8);
  bool accepted = false;
  rj_port_counters counters;
  for (uint8_t type = 1; type < 4; type++) { /* 0-RTT, Handshake, Retry */
    packet[0] = (uint8_t)(0xc0 | type << 4);
    g_assert_null(feed_edge(n, packet, sizeof packet, &accepted));
    rj_port_counters_get(n->edge.port, &counters);
    g_assert_cmpuint(counters.unknown, ==, type);
    g_assert_cmpuint(counters.malformed, ==, 0);
  }
  packet[0] = 0xc0;
  g_assert_null(feed_edge(n, packet, 1199, &accepted)); /* too small for a first one */
  g_assert_null(feed_edge(n, packet, 8, &accepted));
  g_assert_null(feed_edge(n, packet, 1, &accepted));
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.malformed, ==, 3);
  g_assert_cmpuint(counters.unknown, ==, 3);
  g_assert_cmpuint(counters.links, ==, 0);
  net_free(n);
}

/* A full table of answers: the port keeps RJ_QUIC_ANSWERS of them and no more. */
static void test_answers_are_bounded(void) {
  enum { KEPT = 256 };
  net *n = net_new(9);
  uint8_t packet[100] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8};
  for (int i = 0; i < KEPT + 50; i++) {
    bool accepted = false;
    packet[1] = (uint8_t)i;
    g_assert_null(feed_edge(n, packet, sizeof packet, &accepted));
  }
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  int got = 0;
  while (rj_port_write(n->edge.port, &out))
    got++;
  g_assert_cmpint(got, ==, KEPT);
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.resets_sent, ==, KEPT);
  g_assert_cmpuint(counters.unknown, ==, KEPT + 50);
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ids/made-up-by-the-peer", test_ids_made_up_by_the_peer);
  g_test_add_func("/ids/handshakes-with-any-id", test_handshakes_with_any_id);
  g_test_add_func("/ids/two-with-the-same-id", test_two_with_the_same_id);
  g_test_add_func("/ids/flood-of-retired-ids", test_flood_of_retired_ids);
  g_test_add_func("/ids/version-packets-are-not-answered", test_version_packets_are_not_answered);
  g_test_add_func("/ids/unknown-version", test_unknown_version);
  g_test_add_func("/ids/two-edges", test_two_edges_do_not_talk_for_ever);
  g_test_add_func("/ids/late-packets", test_late_packets_and_malformed_ones);
  g_test_add_func("/ids/answers-are-bounded", test_answers_are_bounded);
  return g_test_run();
}
