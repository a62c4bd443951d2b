/* Connecting and talking: how many round trips, in what order, who is trusted, and what a handshake that fails says. */
#include <string.h>

#include "link/net.h"

/* ---- the plain way ---- */

static void assert_text(const net_seen *seen, const char *text) {
  gsize length;
  const char *data = g_bytes_get_data(seen->bytes, &length);
  g_assert_cmpuint(length, ==, strlen(text));
  g_assert_true(memcmp(data, text, length) == 0);
}

/* One round trip to be up, one more for an answer (section 5: a full join takes two). */
static void test_round_trips(void) {
  net *n = net_new(1);
  n->on_event = net_echo;
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  g_assert_false(rj_link_is_up(link));
  net_run(n, 200 * MS);
  net_expect(n, false, RJ_LINK_UP, 0, 50 * MS);
  net_expect(n, true, RJ_LINK_UP, 0, 75 * MS);
  const net_seen *message = net_expect(n, true, RJ_LINK_MESSAGE, 0, 75 * MS);
  assert_text(message, "hello");
  g_assert_false(message->event.early);
  assert_text(net_expect(n, false, RJ_LINK_MESSAGE, 0, 100 * MS), "hello");
  g_assert_cmpuint(net_count(n, false, RJ_LINK_TICKET), ==, 1);
  g_assert_true(rj_link_all_acknowledged(link));
  g_assert_true(rj_link_all_acknowledged(n->edge.links->pdata[0]));
  net_free(n);
}

static void test_messages_of_all_sizes_in_order(void) {
  net *n = net_new(2);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_forget(n);
  static const size_t sizes[] = {1, 2, 1000, 1198, RJ_CONTROL_MAX, 3, RJ_CONTROL_MAX, 1};
  uint8_t data[RJ_CONTROL_MAX];
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    memset(data, (int)i, sizes[i]);
    g_assert_cmpint(rj_link_send(link, data, sizes[i]), ==, STATUS_OK);
    g_assert_cmpint(rj_link_send(edge_link, data, sizes[i]), ==, STATUS_OK);
  }
  g_assert_cmpint(rj_link_send(link, data, 0), ==, STATUS_SIZE_TOO_LARGE);
  g_assert_cmpint(rj_link_send(link, data, RJ_CONTROL_MAX + 1), ==, STATUS_SIZE_TOO_LARGE);
  net_run(n, RJ_SECOND);
  for (int edge = 0; edge < 2; edge++) {
    g_assert_cmpuint(net_count(n, edge, RJ_LINK_MESSAGE), ==, G_N_ELEMENTS(sizes));
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
      gsize length;
      const uint8_t *got = g_bytes_get_data(net_find(n, edge, RJ_LINK_MESSAGE, i)->bytes, &length);
      g_assert_cmpuint(length, ==, sizes[i]);
      g_assert_cmpuint(got[0], ==, i);
      g_assert_cmpuint(got[length - 1], ==, i);
    }
  }
  net_free(n);
}

/* Small messages share packets. */
static void test_many_messages_in_few_packets(void) {
  net *n = net_new(3);
  rj_link *edge_link;
  net_connect(n, &edge_link);
  net_forget(n);
  for (int i = 0; i < 50; i++)
    net_send(edge_link, "user_joined");
  net_pump(n);
  g_assert_cmpuint(net_packets(n, NET_DOWN), ==, 1);
  net_run(n, 100 * MS);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 50);
  net_free(n);
}

/* 1 MiB waits at most; when the other end reads, all of it arrives (flow control opens again and again). */
static void test_a_full_queue(void) {
  net *n = net_new(4);
  rj_link *edge_link;
  net_connect(n, &edge_link);
  static const uint8_t data[4096];
  for (int again = 0; again < 2; again++) {
    guint taken = 0;
    net_forget(n);
    while (rj_link_send(edge_link, data, sizeof data) == STATUS_OK)
      taken++;
    g_assert_cmpuint(taken, ==, RJ_LINK_QUEUE_BYTES / (sizeof data + 2));
    g_assert_cmpint(rj_link_send(edge_link, data, sizeof data), ==, STATUS_RESOURCE_LIMITED);
    net_run(n, 10 * RJ_SECOND);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, taken);
    g_assert_true(rj_link_all_acknowledged(edge_link));
  }
  net_free(n);
}

static bool lose_some(net *n, net_direction direction, rj_datagram *datagram) {
  (void)direction;
  (void)datagram;
  return rj_random_below(&n->random, 100) < (uint64_t)n->count;
}

/* Reliable over a cable that loses, doubles and still delivers. */
static void test_messages_under_loss(void) {
  for (uint64_t seed = 0; seed < 20; seed++) {
    net *n = net_new(seed);
    n->on_event = net_echo;
    n->lose = lose_some;
    n->count = 20;
    n->twice[NET_UP] = n->twice[NET_DOWN] = true;
    rj_link *link = net_dial(n, NULL);
    for (int i = 0; i < 20; i++)
      net_send(link, "over and over");
    net_run(n, 20 * RJ_SECOND);
    if (rj_link_is_up(link))
      g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 20);
    else /* that many losses in a row within the handshake's 5 s */
      g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_TIMEOUT);
    net_free(n);
  }
}

/* Clients that share a port: each datagram finds its own link. */
static void test_many_links_on_one_port(void) {
  enum { LINKS = 50 };
  net *n = net_new(5);
  n->on_event = net_echo;
  rj_link *links[LINKS];
  for (int i = 0; i < LINKS; i++) {
    links[i] = net_dial(n, NULL);
    g_autofree char *text = g_strdup_printf("%d", i);
    net_send(links[i], text);
  }
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, LINKS);
  for (guint k = 0; k < LINKS; k++) {
    const net_seen *seen = net_find(n, false, RJ_LINK_MESSAGE, k);
    int i = 0;
    while (links[i] != seen->link)
      i++;
    g_autofree char *text = g_strdup_printf("%d", i);
    assert_text(seen, text);
  }
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.links, ==, LINKS);
  g_assert_cmpuint(counters.accepted, ==, LINKS);
  g_assert_cmpuint(counters.handshakes, ==, 0);
  g_assert_cmpuint(counters.unknown + counters.malformed, ==, 0);
  net_free(n);
}

static void test_counters(void) {
  net *n = net_new(6);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  rj_link_counters mine, theirs;
  rj_link_counters_get(link, &mine);
  rj_link_counters_get(edge_link, &theirs);
  g_assert_cmpint(mine.round_trip, ==, 50 * MS);
  g_assert_cmpint(theirs.round_trip / MS, ==,
                  50); /* what the client told of its delay is rounded */
  g_assert_cmpuint(mine.packets_sent, ==, net_packets(n, NET_UP));
  g_assert_cmpuint(mine.packets_sent, ==, theirs.packets_received);
  g_assert_cmpuint(mine.bytes_sent, ==, theirs.bytes_received);
  g_assert_cmpuint(theirs.packets_sent, ==, mine.packets_received);
  net_free(n);
}

/* ---- bounds of an edge ---- */

static void test_links_max(void) {
  net *n = net_new(7);
  rj_port_free(n->edge.port);
  n->edge_config.links_max = 1;
  net_edge_open(n);
  net_connect(n, NULL);
  rj_link *second = net_dial(n, NULL);
  net_run(n, 6 * RJ_SECOND);
  g_assert_cmpuint(n->edge.links->len, ==, 1);
  g_assert_false(rj_link_is_up(second));
  g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_TIMEOUT);
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.refused_full, >, 0);
  net_free(n);
}

/* ---- Retry ---- */

static void always_retry(net *n) {
  rj_port_free(n->edge.port);
  n->edge_config.retry_above = 0;
  net_edge_open(n);
}

static void test_retry(void) {
  net *n = net_new(8);
  always_retry(n);
  n->on_event = net_echo;
  net_send(net_dial(n, NULL), "hello");
  net_run(n, 300 * MS);
  net_expect(n, false, RJ_LINK_UP, 0, 100 * MS); /* one round trip more */
  net_expect(n, false, RJ_LINK_MESSAGE, 0, 150 * MS);
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.retries_sent, ==, 1);
  g_assert_cmpuint(counters.accepted, ==, 1);
  net_free(n);
}

static void test_retry_only_above_the_bound(void) {
  net *n = net_new(9);
  rj_port_free(n->edge.port);
  n->edge_config.retry_above = 2;
  net_edge_open(n);
  for (int i = 0; i < 5; i++)
    net_dial(n, NULL);
  net_run(n, 500 * MS);
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.retries_sent, ==, 3);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_UP), ==, 5);
  net_free(n);
}

/* Whoever brings the token from elsewhere is not let in, and told at once. */
static void test_retry_from_another_port(void) {
  enum { INVALID_TOKEN = 0xb };
  net *n = net_new(10);
  always_retry(n);
  rj_link *link = net_dial(n, NULL);
  net_run(n, 40 * MS); /* the Retry is on its way back */
  n->outside = net_address(2, 40001);
  net_run(n, RJ_SECOND);
  g_assert_false(rj_link_is_up(link));
  g_assert_cmpuint(n->edge.links->len, ==, 0);
  const net_seen *closed = net_expect(n, false, RJ_LINK_CLOSED, 0, 100 * MS);
  g_assert_cmpint(closed->event.how, ==, RJ_CLOSED_BY_PEER);
  g_assert_cmpuint(closed->event.code, ==, RJ_CODE_TRANSPORT + INVALID_TOKEN);
  net_free(n);
}

/* A token is good for a while, not for ever. */
static void test_late_retry(void) {
  net *n = net_new(10);
  always_retry(n);
  n->one_way = 4 * RJ_SECOND;
  n->client_config.handshake_timeout = n->edge_config.handshake_timeout = RJ_MINUTE;
  rj_port_free(n->client.port);
  net_client_open(n);
  net_dial(n, NULL);
  net_run(n, 7 * RJ_SECOND); /* the Retry is on its way back */
  n->one_way = 20 * RJ_SECOND;
  net_run(n, RJ_MINUTE);
  g_assert_cmpuint(n->edge.links->len, ==, 0);
  g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_BY_PEER);
  net_free(n);
}

/* ---- a handshake that fails ---- */

/* Reason 22. The edge learns it from the alert, and never was up. */
static void test_wrong_fingerprint(void) {
  net *n = net_new(11);
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  g_autofree char *other = g_strdup(rj_credentials_fingerprint(n->credentials));
  other[0] = other[0] == '0' ? '1' : '0';
  rj_trust *trust = rj_trust_new(other, NULL, &status, error);
  g_assert_cmpint(net_dial_fails(n, &(rj_dial){.server_name = "localhost", .trust = trust}), ==,
                  RJ_CLOSED_CERTIFICATE);
  net_expect(n, false, RJ_LINK_CLOSED, 0, 50 * MS);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_UP), ==, 0);
  net_expect(n, true, RJ_LINK_CLOSED, 0, 75 * MS);
  net_drop(n, n->client.links->pdata[0]);
  rj_trust_free(trust);
  net_free(n);
}

/* ---- what does not answer, or too late ---- */

static void test_nobody_answers(void) {
  net *n = net_new(13);
  n->cut[NET_UP] = true;
  g_assert_cmpint(net_dial_fails(n, &(rj_dial){0}), ==, RJ_CLOSED_TIMEOUT);
  net_expect(n, false, RJ_LINK_CLOSED, 0, RJ_HANDSHAKE_TIMEOUT);
  net_free(n);
}

/* A NAT that rebinds in mid-handshake ends it at 5 s at both ends, not after the idle timeout. */
static void test_rebind_in_mid_handshake(void) {
  net *n = net_new(14);
  rj_link *link = net_dial(n, NULL);
  net_run(n,
          20 * MS); /* the first flight is on its way; the edge will answer to where it came from */
  n->outside = net_address(2, 50000);
  net_run(n, 6 * RJ_SECOND);
  g_assert_false(rj_link_is_up(link));
  g_assert_cmpint(net_expect(n, false, RJ_LINK_CLOSED, 0, RJ_HANDSHAKE_TIMEOUT)->event.how, ==,
                  RJ_CLOSED_TIMEOUT);
  g_assert_cmpint(net_expect(n, true, RJ_LINK_CLOSED, 0, 25 * MS + RJ_HANDSHAKE_TIMEOUT)->event.how,
                  ==, RJ_CLOSED_TIMEOUT);
  net_free(n);
}

/* A moment later the client is up, and the edge never will be: it gives up at 5 s and says so when it is asked. */
static void test_rebind_later_in_the_handshake(void) {
  net *n = net_new(14);
  rj_link *link = net_dial(n, NULL);
  net_run(n, 30 * MS); /* the edge's flight is on its way, the client's second one goes another */
  n->outside = net_address(2, 50000);
  net_run(n, 6 * RJ_SECOND);
  g_assert_true(rj_link_is_up(link));
  const net_seen *closed = net_expect(n, true, RJ_LINK_CLOSED, 0, 25 * MS + RJ_HANDSHAKE_TIMEOUT);
  g_assert_cmpint(closed->event.how, ==, RJ_CLOSED_TIMEOUT);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_UP), ==, 0);
  net_drop(n, closed->link);
  net_beat(link);
  net_run(n, 100 * MS);
  g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_RESET);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 0);
  net_free(n);
}

static bool lose_first_up(net *n, net_direction direction, rj_datagram *datagram) {
  (void)datagram;
  return direction == NET_UP && n->count++ == 0;
}

/* With the round trip known, the first datagram is sent again soon. */
static void test_lost_first_datagram(void) {
  int64_t up[2];
  for (int known = 0; known < 2; known++) {
    net *n = net_new(15);
    n->lose = lose_first_up;
    net_dial_with(n, &(rj_dial){.initial_rtt = known ? 50 * MS : 0});
    net_run(n, 4 * RJ_SECOND);
    up[known] = net_find(n, false, RJ_LINK_UP, 0)->at;
    net_free(n);
  }
  g_assert_cmpint(up[0], >, 900 * MS);
  g_assert_cmpint(up[1], <, 260 * MS);
}

/* A host whose clock begins at 0, and one whose clock has run for years. */
static void test_any_clock(void) {
  static const int64_t starts[] = {0, 1, INT64_C(100) * 365 * 24 * 3600 * RJ_SECOND};
  for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
    net *n = net_new(16);
    n->now = starts[i];
    n->on_event = net_echo;
    rj_dial dial = {.wall = NET_WALL};
    net_send(net_dial_with(n, &dial), "hello");
    net_run(n, RJ_SECOND);
    net_expect(n, false, RJ_LINK_MESSAGE, 0, starts[i] + 100 * MS);
    net_free(n);
  }
}

/* A host that does not know its own address, and IPv6 ones. */
static void test_other_addresses(void) {
  net *n = net_new(17);
  n->on_event = net_echo;
  n->client_address = (rj_address){0};
  net_send(net_dial(n, NULL), "hello");
  net_run(n, 200 * MS);
  net_expect(n, false, RJ_LINK_MESSAGE, 0, 100 * MS);
  net_free(n);

  n = net_new(17);
  n->on_event = net_echo;
  g_assert_true(rj_address_parse("[2001:db8::1]:7443", 1, &n->edge_address));
  g_assert_true(rj_address_parse("[2001:db8::2]:50000", 1, &n->client_address));
  n->outside = n->client_address;
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  net_run(n, 200 * MS);
  net_expect(n, false, RJ_LINK_MESSAGE, 0, 100 * MS);
  g_assert_true(rj_address_equal(&rj_link_path(link)->remote, &n->edge_address));
  g_assert_true(
      rj_address_equal(&rj_link_path(n->edge.links->pdata[0])->remote, &n->client_address));
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/handshake/round-trips", test_round_trips);
  g_test_add_func("/handshake/messages-of-all-sizes", test_messages_of_all_sizes_in_order);
  g_test_add_func("/handshake/many-messages-in-few-packets", test_many_messages_in_few_packets);
  g_test_add_func("/handshake/a-full-queue", test_a_full_queue);
  g_test_add_func("/handshake/messages-under-loss", test_messages_under_loss);
  g_test_add_func("/handshake/many-links-on-one-port", test_many_links_on_one_port);
  g_test_add_func("/handshake/counters", test_counters);
  g_test_add_func("/handshake/links-max", test_links_max);
  g_test_add_func("/handshake/retry", test_retry);
  g_test_add_func("/handshake/retry-only-above-the-bound", test_retry_only_above_the_bound);
  g_test_add_func("/handshake/retry-from-another-port", test_retry_from_another_port);
  g_test_add_func("/handshake/late-retry", test_late_retry);
  g_test_add_func("/handshake/wrong-fingerprint", test_wrong_fingerprint);
  g_test_add_func("/handshake/nobody-answers", test_nobody_answers);
  g_test_add_func("/handshake/rebind-in-mid-handshake", test_rebind_in_mid_handshake);
  g_test_add_func("/handshake/rebind-later-in-the-handshake", test_rebind_later_in_the_handshake);
  g_test_add_func("/handshake/lost-first-datagram", test_lost_first_datagram);
  g_test_add_func("/handshake/any-clock", test_any_clock);
  g_test_add_func("/handshake/other-addresses", test_other_addresses);
  return g_test_run();
}
