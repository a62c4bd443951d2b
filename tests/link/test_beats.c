/* The proof of life: what is acknowledged, what is lost, what a cut cable and a forgetful edge look like. */
#include <string.h>

#include "link/net.h"

/* A beat's acknowledgement is back after exactly one round trip, each time (N-1, and what section 2 counts from). */
static void test_each_beat_is_a_proof(void) {
  net *n = net_new(1);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_forget(n);
  int64_t start = n->now;
  for (guint i = 0; i < 20; i++) {
    net_beat(link);
    net_run(n, 30 * MS);
    g_assert_cmpint(rj_link_heard(edge_link), ==, start + i * RJ_BEAT_INTERVAL + 25 * MS);
    net_run(n, RJ_BEAT_INTERVAL - 30 * MS);
  }
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 20);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, 20);
  for (guint i = 0; i < 20; i++) {
    net_expect(n, true, RJ_LINK_DATAGRAM, i, start + i * RJ_BEAT_INTERVAL + 25 * MS);
    net_expect(n, false, RJ_LINK_PROOF, i, start + i * RJ_BEAT_INTERVAL + 50 * MS);
  }
  g_assert_cmpuint(net_packets(n, NET_DOWN), ==, 20);
  g_assert_cmpuint(net_packets(n, NET_UP), ==, 20);
  net_free(n);
}

/* Packet numbers travel cut short: the edge hears each new one, thousands of them, over gaps that loss leaves. */
static void heard_with_each(net *n, rj_link *link, bool edge, const rj_link_event *event) {
  if (edge && event->kind == RJ_LINK_DATAGRAM)
    g_assert_cmpint(rj_link_heard(link), ==, n->now);
}

static bool lose_every_third(net *n, net_direction direction, rj_datagram *datagram) {
  (void)direction;
  (void)datagram;
  return rj_random_below(&n->random, 3) == 0;
}

static void test_heard_for_a_long_time(void) {
  net *n = net_new(14);
  rj_link *link = net_connect(n, NULL);
  net_forget(n);
  n->on_event = heard_with_each;
  n->lose = lose_every_third;
  for (int i = 0; i < 3000; i++) {
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
  }
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), >, 1500);
  net_free(n);
}

/* A control message proves the way as well, and many acknowledgements in one datagram are one proof. */
static void test_a_message_is_a_proof(void) {
  net *n = net_new(2);
  rj_link *link = net_connect(n, NULL);
  net_forget(n);
  int64_t start = n->now;
  net_send(link, "a");
  net_beat(link);
  net_beat(link);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 1);
  net_expect(n, false, RJ_LINK_PROOF, 0, start + 50 * MS);
  net_free(n);
}

/* What only the other end says proves nothing: our packets may not get there (S-8). */
static void test_hearing_is_no_proof(void) {
  net *n = net_new(3);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_forget(n);
  n->cut[NET_UP] = true;
  for (int i = 0; i < 5; i++) {
    net_beat(link);
    net_beat(edge_link);
    net_run(n, RJ_SECOND);
  }
  g_assert_cmpuint(net_count(n, false, RJ_LINK_DATAGRAM), ==, 5);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 0);
  net_free(n);
}

static bool lose_one(net *n, net_direction direction, rj_datagram *datagram) {
  (void)datagram;
  return direction == NET_UP && n->count-- == 1;
}

/* N-1: a lost beat is reported (so that it can be sent again at once). */
static void test_a_lost_beat_is_reported(void) {
  net *n = net_new(4);
  rj_link *link = net_connect(n, NULL);
  net_forget(n);
  n->lose = lose_one;
  n->count = 1;
  int64_t start = n->now;
  uint64_t id = net_beat(link);
  net_run(n, RJ_BEAT_INTERVAL);
  const net_seen *lost = net_find(n, false, RJ_LINK_LOST, 0);
  g_assert_nonnull(lost);
  g_assert_cmpuint(lost->event.id, ==, id);
  g_assert_cmpint(lost->at, <, start + 250 * MS);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, 0);
  rj_link_counters counters;
  rj_link_counters_get(link, &counters);
  g_assert_cmpuint(counters.packets_lost, ==, 1);
  net_free(n);
}

/* A cut cable says nothing at all, for as long as the idle timeout (which is longer than 40 s, section 5). */
static void test_a_cut_is_silent(void) {
  net *n = net_new(5);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_forget(n);
  n->cut[NET_UP] = n->cut[NET_DOWN] = true;
  int64_t heard = rj_link_heard(edge_link);
  for (int i = 0; i < 40; i++) {
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
    g_assert_cmpuint(n->seen->len, ==, 0);
  }
  g_assert_cmpint(rj_link_heard(edge_link), ==, heard);
  g_assert_false(rj_link_is_closed(link));
  net_run(n, 20 * RJ_SECOND);
  for (int edge = 0; edge < 2; edge++) {
    const net_seen *closed = net_find(n, edge, RJ_LINK_CLOSED, 0);
    g_assert_cmpint(closed->event.how, ==, RJ_CLOSED_TIMEOUT);
    g_assert_cmpint(closed->at, >=, heard + RJ_IDLE_TIMEOUT);
  }
  net_free(n);
}

/* S-13: a cable that is whole again within the idle timeout proves itself with the next beat. */
static void test_healed(void) {
  for (int seconds = 1; seconds < 45; seconds += 6) {
    net *n = net_new(6);
    rj_link *link = net_connect(n, NULL);
    n->cut[NET_UP] = n->cut[NET_DOWN] = true;
    for (int i = 0; i < seconds; i++) {
      net_beat(link);
      net_run(n, RJ_SECOND);
    }
    n->cut[NET_UP] = n->cut[NET_DOWN] = false;
    net_forget(n);
    int64_t start = n->now;
    net_beat(link);
    net_run(n, 100 * MS);
    g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, 0)->at, <=, start + 50 * MS);
    net_free(n);
  }
}

static void test_datagram_sizes(void) {
  net *n = net_new(7);
  uint8_t data[RJ_MESSAGE_MAX + 65] = {7};
  rj_link *link = net_dial(n, NULL);
  g_assert_cmpint(rj_link_send_datagram(link, data, 1, RJ_NEVER, NULL), ==, STATUS_NOT_READY);
  net_run(n, 300 * MS);
  /* an empty one would end the process */
  g_assert_cmpint(rj_link_send_datagram(link, data, 0, RJ_NEVER, NULL), ==, STATUS_SIZE_TOO_LARGE);
  g_assert_cmpint(rj_link_send_datagram(link, data, sizeof data, RJ_NEVER, NULL), ==,
                  STATUS_SIZE_TOO_LARGE);
  for (size_t size = 1; size < sizeof data; size += 29) {
    net_forget(n);
    g_assert_cmpint(rj_link_send_datagram(link, data, size, RJ_NEVER, NULL), ==, STATUS_OK);
    net_run(n, 100 * MS);
    g_assert_cmpuint(g_bytes_get_size(net_find(n, true, RJ_LINK_DATAGRAM, 0)->bytes), ==, size);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 1);
  }
  net_forget(n);
  g_assert_cmpint(rj_link_send_datagram(link, data, sizeof data - 1, RJ_NEVER, NULL), ==,
                  STATUS_OK);
  net_run(n, 100 * MS);
  g_assert_cmpuint(g_bytes_get_size(net_find(n, true, RJ_LINK_DATAGRAM, 0)->bytes), ==,
                   sizeof data - 1);
  net_free(n);
}

/* What congestion holds back waits, the oldest is dropped beyond RJ_LINK_DATAGRAMS, and control messages still pass. */
static void test_more_datagrams_than_congestion_allows(void) {
  net *n = net_new(8);
  rj_link *link = net_connect(n, NULL);
  net_forget(n);
  static const uint8_t data[1000];
  enum { SENT = RJ_LINK_DATAGRAMS + 20 };
  uint64_t first = 0;
  for (int i = 0; i < SENT; i++)
    g_assert_cmpint(
        rj_link_send_datagram(link, data, sizeof data, RJ_NEVER, i == 0 ? &first : NULL), ==,
        STATUS_OK);
  net_send(link, "and a message");
  net_run(n, 5 * RJ_SECOND);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, RJ_LINK_DATAGRAMS);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_MESSAGE), ==, 1);
  g_assert_false(rj_link_is_closed(link));
  net_free(n);
}

/* D-4: what congestion held up beyond its time never leaves; a beat behind it does. */
static void test_datagrams_expire(void) {
  net *n = net_new(16);
  rj_link *link = net_connect(n, NULL);
  net_forget(n);
  static const uint8_t data[1000];
  int64_t start = n->now;
  for (int i = 0; i < 40; i++)
    g_assert_cmpint(rj_link_send_datagram(link, data, sizeof data, start + 30 * MS, NULL), ==,
                    STATUS_OK);
  net_beat(link);
  net_run(n, 5 * RJ_SECOND);
  guint came = net_count(n, true, RJ_LINK_DATAGRAM);
  g_assert_cmpuint(came, >=, 5);
  g_assert_cmpuint(came, <, 20); /* one round trip is 50 ms */
  for (guint i = 0; i + 1 < came; i++)
    net_expect(n, true, RJ_LINK_DATAGRAM, i, start + 25 * MS);
  const net_seen *last = net_find(n, true, RJ_LINK_DATAGRAM, came - 1);
  g_assert_cmpuint(g_bytes_get_size(last->bytes), ==, RJ_BEAT_SIZE);
  g_assert_cmpint(last->at, >, start + 25 * MS);
  net_free(n);
}

/* What became of control messages: sent, acknowledged, and the bytes of the others. */
static void test_progress(void) { /* D-4 */
  net *n = net_new(17);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  rj_link_progress progress = rj_link_progress_get(link);
  g_assert_cmpuint(progress.sent, ==, 1); /* "hello" */
  g_assert_cmpuint(progress.acknowledged, ==, 1);
  g_assert_cmpuint(progress.bytes, ==, 0);
  net_send(link, "one");
  net_send(link, "three");
  progress = rj_link_progress_get(link);
  g_assert_cmpuint(progress.sent, ==, 3);
  g_assert_cmpuint(progress.acknowledged, ==, 1);
  g_assert_cmpuint(progress.bytes, ==, 2 + 3 + 2 + 5);
  net_run(n, 100 * MS);
  progress = rj_link_progress_get(link);
  g_assert_cmpuint(progress.acknowledged, ==, 3);
  g_assert_cmpuint(progress.bytes, ==, 0);
  g_assert_cmpuint(rj_link_progress_get(edge_link).sent, ==, 0);
  net_free(n);
}

/* Messages go into a dead path. A beat leaves as soon as it is whole again, and what is acknowledged with it brings all the rest: nobody waits for a timer that had been waiting for longer each time. */
static void test_a_beat_ends_a_long_silence(void) { /* D-4 S-13 */
  net *n = net_new(18);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  n->cut[NET_UP] = n->cut[NET_DOWN] = true;
  char text[101];
  memset(text, 'x', 100);
  text[100] = '\0';
  for (int i = 0; i < 20; i++) {
    net_send(edge_link, text);
    net_run(n, 250 * MS);
  }
  net_forget(n);
  net_run(n, 500 * MS);
  n->cut[NET_UP] = n->cut[NET_DOWN] = false;
  net_beat(edge_link);
  net_run(n, 500 * MS);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 20);
  g_assert_true(rj_link_all_acknowledged(edge_link));
  g_assert_false(rj_link_is_closed(link));
  net_free(n);
}

/* S-9: an edge that knows nothing of the connection says so, to beats of any size. */
static void test_reset_after_a_crash(void) {
  static const uint8_t data[200];
  static const size_t sizes[] = {RJ_BEAT_SIZE, 1, 2, 3, 4, 8, 32, 100, 200};
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    net *n = net_new(9);
    rj_link *link = net_connect(n, NULL);
    net_edge_crash(n);
    net_forget(n);
    int64_t start = n->now;
    g_assert_cmpint(rj_link_send_datagram(link, data, sizes[i], RJ_NEVER, NULL), ==, STATUS_OK);
    net_run(n, RJ_SECOND);
    const net_seen *closed = net_expect(n, false, RJ_LINK_CLOSED, 0, start + 50 * MS);
    g_assert_cmpint(closed->event.how, ==, RJ_CLOSED_RESET);
    g_assert_true(rj_link_is_closed(link));
    g_assert_cmpuint(n->seen->len, ==, 1);
    rj_port_counters counters;
    rj_port_counters_get(n->edge.port, &counters);
    g_assert_cmpuint(counters.resets_sent, ==, 1);
    net_free(n);
  }
}

/* However the connection came about: with a ticket, after a Retry, with both. */
static void test_reset_of_each_kind_of_connection(void) {
  for (int kind = 0; kind < 4; kind++) {
    net *n = net_new(15);
    net_drop(n, net_connect(n, NULL));
    GBytes *ticket = net_ticket(n);
    n->edge_config.retry_above = (kind & 1) != 0 ? 0 : 1000;
    net_edge_crash(n);
    rj_link *link = net_dial(n, (kind & 2) != 0 ? ticket : NULL);
    net_send(link, "hello");
    net_run(n, RJ_SECOND);
    g_assert_true(rj_link_is_up(link));
    net_edge_crash(n);
    net_forget(n);
    net_beat(link);
    net_run(n, RJ_SECOND);
    g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_RESET);
    g_bytes_unref(ticket);
    net_free(n);
  }
}

/* Each of many clients behind one port gets its own, and none hears another's. */
static void test_resets_find_their_links(void) {
  net *n = net_new(10);
  rj_link *first = net_connect(n, NULL), *second = net_connect(n, NULL);
  net_edge_crash(n);
  net_forget(n);
  net_beat(second);
  net_run(n, 100 * MS);
  g_assert_true(rj_link_is_closed(second));
  g_assert_false(rj_link_is_closed(first));
  g_assert_true(net_find(n, false, RJ_LINK_CLOSED, 0)->link == second);
  net_free(n);
}

/* An edge with other keys (or somebody on the way) cannot end a connection. */
static void test_reset_of_a_stranger(void) {
  net *n = net_new(11);
  rj_link *link = net_connect(n, NULL);
  net *other = net_new(12); /* its own credentials */
  rj_credentials *own = n->credentials;
  n->edge_config.credentials = other->credentials;
  net_edge_crash(n);
  net_forget(n);
  net_beat(link);
  net_run(n, 2 * RJ_SECOND);
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.resets_sent, >, 0);
  g_assert_false(rj_link_is_closed(link));
  n->edge_config.credentials = own;
  net_free(n);
  net_free(other);
}

/* A client's port answers nothing to packets that it does not know, and an edge no long or tiny ones. */
static void test_who_answers(void) {
  net *n = net_new(13);
  uint8_t packet[RJ_DATAGRAM_BUFFER] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8};
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  rj_path path = {.local = n->client_address, .remote = n->edge_address};
  bool accepted = true;
  for (size_t size = 0; size <= 100; size++) {
    g_assert_null(rj_port_feed(n->client.port, &path, packet, size, 1, NULL));
    g_assert_false(rj_port_write(n->client.port, &out));
    g_assert_null(rj_port_feed(n->edge.port, &path, packet, size, 1, &accepted));
    g_assert_false(accepted);
    bool answered = rj_port_write(n->edge.port, &out);
    g_assert_cmpint(answered, ==, size >= 22);
    if (answered) { /* always smaller: two edges do not answer each other for ever */
      g_assert_cmpuint(out.length, <, size);
      g_assert_true(rj_path_equal(&out.path, &path));
    }
  }
  /* a version that nobody has: told in a whole datagram only */
  memset(packet, 0, sizeof packet);
  packet[0] = 0xc0;
  packet[1] = 0x5a;
  packet[5] = 8;
  packet[14] = 8;
  g_assert_null(rj_port_feed(n->edge.port, &path, packet, 1200, 1, &accepted));
  g_assert_true(rj_port_write(n->edge.port, &out));
  g_assert_null(rj_port_feed(n->edge.port, &path, packet, 1199, 1, &accepted));
  g_assert_false(rj_port_write(n->edge.port, &out));
  g_assert_null(rj_port_feed(n->client.port, &path, packet, 1200, 1, NULL));
  g_assert_false(rj_port_write(n->client.port, &out));
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/beats/each-is-a-proof", test_each_beat_is_a_proof);
  g_test_add_func("/beats/heard-for-a-long-time", test_heard_for_a_long_time);
  g_test_add_func("/beats/a-message-is-a-proof", test_a_message_is_a_proof);
  g_test_add_func("/beats/hearing-is-no-proof", test_hearing_is_no_proof);
  g_test_add_func("/beats/a-lost-one-is-reported", test_a_lost_beat_is_reported);
  g_test_add_func("/beats/a-cut-is-silent", test_a_cut_is_silent);
  g_test_add_func("/beats/healed", test_healed);
  g_test_add_func("/beats/datagram-sizes", test_datagram_sizes);
  g_test_add_func("/beats/more-than-congestion-allows", test_more_datagrams_than_congestion_allows);
  g_test_add_func("/beats/datagrams-expire", test_datagrams_expire);
  g_test_add_func("/beats/progress", test_progress);
  g_test_add_func("/beats/a-long-silence", test_a_beat_ends_a_long_silence);
  g_test_add_func("/beats/reset-after-a-crash", test_reset_after_a_crash);
  g_test_add_func("/beats/reset-of-each-kind", test_reset_of_each_kind_of_connection);
  g_test_add_func("/beats/resets-find-their-links", test_resets_find_their_links);
  g_test_add_func("/beats/reset-of-a-stranger", test_reset_of_a_stranger);
  g_test_add_func("/beats/who-answers", test_who_answers);
  return g_test_run();
}
