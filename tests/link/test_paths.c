/* Addresses that change: migration that the client knows of (S-10), and a NAT that rebinds behind its back. */
#include "link/net.h"

static void move_to(net *n, uint16_t port) {
  n->client_address = n->outside = net_address(2, port);
}

/* S-10: the connection goes on from the new address, though the old one is dead. */
static void test_migration(void) {
  net *n = net_new(1);
  n->on_event = net_echo;
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_run(n, RJ_SECOND);
  net_forget(n);
  move_to(n, 40001);
  g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
  int64_t start = n->now;
  net_beat(link);
  net_send(link, "still here");
  net_run(n, RJ_SECOND);
  g_assert_true(net_expect(n, false, RJ_LINK_PATH, 0, start + 50 * MS)->event.ok);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PATH), ==, 1);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, 1);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_LOST), ==, 0);
  g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, 0)->at, <=, start + 100 * MS);
  g_assert_true(rj_address_equal(&rj_link_path(link)->local, &n->client_address));
  g_assert_true(rj_address_equal(&rj_link_path(edge_link)->remote, &n->outside));
  net_free(n);
}

/* A host that knows its addresses, and not to which of them a datagram came. */
static void test_migration_of_a_blind_host(void) {
  net *n = net_new(10);
  n->on_event = net_echo;
  n->blind = true;
  rj_link *link = net_connect(n, NULL);
  for (uint16_t k = 0; k < 3; k++) {
    net_run(n, RJ_SECOND);
    net_forget(n);
    move_to(n, (uint16_t)(40001 + k));
    g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
    int64_t start = n->now;
    net_send(link, "still here");
    net_run(n, RJ_SECOND);
    g_assert_true(net_expect(n, false, RJ_LINK_PATH, 0, start + 50 * MS)->event.ok);
    g_assert_cmpint(net_find(n, false, RJ_LINK_MESSAGE, 0)->at, <=, start + 110 * MS);
    g_assert_true(rj_address_equal(&rj_link_path(link)->local, &n->client_address));
  }
  net_free(n);
}

static void test_migration_too_early_and_to_nowhere_new(void) {
  net *n = net_new(2);
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  rj_address other = net_address(2, 40001);
  g_assert_cmpint(rj_link_migrate(link, &other, n->now), ==, STATUS_NOT_READY);
  net_run(n, RJ_SECOND);
  g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpint(rj_link_migrate(n->edge.links->pdata[0], &other, n->now), ==,
                  STATUS_INVALID_STATE); /* an edge stays where it is */
  g_assert_false(rj_link_is_closed(link));
  net_free(n);
}

/* S-10: up, and the edge's confirmation is on its way to the old address. It goes on as behind a NAT that rebound. */
static void test_migration_before_it_is_confirmed(void) {
  net *n = net_new(11);
  rj_link *link = net_dial(n, NULL);
  net_send(link, "hello");
  while (!rj_link_is_up(link))
    net_run(n, MS);
  net_run(n, 30 * MS); /* what ends the handshake has reached the edge */
  net_forget(n);
  move_to(n, 40001);
  int64_t start = n->now;
  g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
  g_assert_true(rj_address_equal(&rj_link_path(link)->local, &n->client_address));
  net_beat(link);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PATH), ==, 1);
  g_assert_true(net_find(n, false, RJ_LINK_PATH, 0)->event.ok);
  g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, 0)->at, <=, start + 110 * MS);
  g_assert_true(rj_address_equal(&rj_link_path(n->edge.links->pdata[0])->remote, &n->outside));
  /* and later as usual, also back to where the handshake began */
  for (uint16_t port = 40000; port < 40004; port++) {
    net_run(n, RJ_SECOND);
    net_forget(n);
    move_to(n, port);
    g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
    net_beat(link);
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), >=, 1);
    g_assert_true(net_find(n, false, RJ_LINK_PATH, 0)->event.ok);
    g_assert_true(rj_address_equal(&rj_link_path(link)->local, &n->client_address));
  }
  net_free(n);
}

/* Many in a row. No faster: an edge keeps an id for a probe timeout after it was given back, and has eight. */
static void test_many_migrations(void) {
  static const int64_t spacings[] = {250 * MS, 500 * MS, 2 * RJ_SECOND, 20 * RJ_SECOND};
  for (size_t i = 0; i < G_N_ELEMENTS(spacings); i++) {
    net *n = net_new(3);
    rj_link *link = net_connect(n, NULL);
    net_run(n, RJ_SECOND);
    net_forget(n);
    for (uint16_t k = 0; k < 20; k++) {
      move_to(n, (uint16_t)(41000 + k));
      g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
      net_beat(link);
      net_run(n, spacings[i]);
    }
    net_run(n, RJ_SECOND);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
    g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, 20);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PATH), ==, 20);
    g_assert_true(net_find(n, false, RJ_LINK_PATH, 19)->event.ok);
    net_free(n);
  }
}

/* S-10: faster than the peer can give new ids, each time to an address from which alone it is heard. The last one counts. */
static void test_migrations_at_once(void) {
  static const int64_t spacings[] = {0, 1 * MS, 10 * MS, 40 * MS};
  for (size_t i = 0; i < G_N_ELEMENTS(spacings); i++) {
    net *n = net_new(4);
    rj_link *link = net_connect(n, NULL);
    net_run(n, RJ_SECOND);
    net_forget(n);
    for (uint16_t k = 0; k < 30; k++) {
      move_to(n, (uint16_t)(41000 + k));
      g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
      net_pump(n);
      net_run(n, spacings[i]);
    }
    int64_t start = n->now;
    net_beat(link);
    net_run(n, 10 * RJ_SECOND);
    g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, 0)->at, <=, start + 110 * MS);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PATH), ==, 1); /* those between are no news */
    g_assert_true(net_find(n, false, RJ_LINK_PATH, 0)->event.ok);
    g_assert_true(rj_address_equal(&rj_link_path(link)->local, &n->client_address));
    net_forget(n);
    net_beat(link);
    net_run(n, RJ_SECOND);
    g_assert_false(rj_link_is_closed(link));
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 1);
    net_free(n);
  }
}

/* S-10, second half: a new address from which nothing gets through. It fails, and is no news of the edge's. */
static void test_migration_that_fails(void) {
  net *n = net_new(5);
  rj_link *link = net_connect(n, NULL);
  net_run(n, RJ_SECOND);
  net_forget(n);
  move_to(n, 40001);
  n->cut[NET_UP] = true;
  g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
  for (int i = 0; i < 20; i++) {
    if (!rj_link_is_closed(link))
      net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
  }
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 0);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PATH), ==, 1);
  g_assert_false(net_find(n, false, RJ_LINK_PATH, 0)->event.ok);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
  /* healed before the idle timeout, the next beat proves it */
  n->cut[NET_UP] = false;
  net_beat(link);
  net_run(n, RJ_BEAT_INTERVAL);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), >=, 1);
  net_free(n);
}

/* A NAT takes another port, the client knows nothing: its beats arrive and are acknowledged. */
static void test_rebind(void) {
  net *n = net_new(6);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_forget(n);
  for (uint16_t k = 0; k < 20; k++) {
    n->outside = net_address(3, (uint16_t)(50000 + k));
    int64_t start = n->now;
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
    g_assert_cmpint(rj_link_heard(edge_link), >=, start + 25 * MS);
    g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), ==, k + 1);
    g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, k)->at, <=, start + 100 * MS);
    g_assert_true(rj_address_equal(&rj_link_path(edge_link)->remote, &n->outside));
  }
  g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_CLOSED), ==, 0);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_PATH), ==, 0); /* the news are the mover's */
  net_free(n);
}

/* S-10: back where it was, at any moment: behind a NAT (the edge's library once ended the process) and by migration. While an edge still
 * looks for the client at the path that it left, which takes three probe timeouts, it does not believe what comes from there. */
static void go_back(int64_t after, bool migrates) {
  net *n = net_new(6);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  net_run(n, RJ_SECOND);
  rj_address home = n->outside, other = net_address(2, 50000);
  for (int round = 0; round < 2; round++) {
    for (int back = 0; back < 2; back++) {
      n->outside = back ? home : other;
      if (migrates) {
        n->client_address = n->outside;
        g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
      }
      if (back)
        net_forget(n);
      net_beat(link);
      net_run(n, back ? 0 : after);
    }
    int64_t start = n->now;
    while (n->now < start + 8 * RJ_SECOND) {
      net_run(n, RJ_BEAT_INTERVAL);
      net_beat(link);
    }
    g_assert_cmpint(net_find(n, false, RJ_LINK_PROOF, 0)->at, <=, start + 6 * RJ_SECOND);
    g_assert_cmpuint(net_count(n, true, RJ_LINK_DATAGRAM), >=, 1);
    g_assert_true(rj_address_equal(&rj_link_path(edge_link)->remote, &home));
    g_assert_false(rj_link_is_closed(link) || rj_link_is_closed(edge_link));
  }
  for (guint i = 0; i < n->packets->len; i++)
    g_assert_cmpuint(g_array_index(n->packets, net_packet, i).size, <=, RJ_DATAGRAM_MAX);
  net_free(n);
}

static void test_back_again(void) {
  for (int64_t after = 5 * MS; after < 10 * RJ_SECOND; after += after / 2) {
    go_back(after, false);
    go_back(after, true);
  }
}

/* One walk of a client between six addresses, at any pace: it moves, and where `nat` its NAT rebinds; where `cuts` the cable fails. */
static rj_link *walk(net *n, uint64_t seed, bool nat, bool cuts) {
  rj_random random;
  rj_random_seed(&random, seed);
  n->one_way = (int64_t)(1 + rj_random_below(&random, 150)) * MS;
  rj_link *link = net_connect(n, NULL);
  for (int step = 0; step < 200 && !rj_link_is_closed(link); step++) {
    rj_address place = net_address((uint8_t)(2 + rj_random_below(&random, 3)),
                                   (uint16_t)(50000 + rj_random_below(&random, 2)));
    uint64_t what = rj_random_below(&random, 4);
    int64_t rest = (int64_t)rj_random_below(&random, rj_random_below(&random, 3) > 0 ? 400 : 8000);
    if (what == 0 && nat) {
      n->outside = place;
    } else if (what == 1) {
      n->client_address = n->outside = place;
      rj_link_migrate(link, &n->client_address, n->now);
    } else if (what == 2 && cuts) {
      n->cut[rj_random_below(&random, 2)] = rj_random_below(&random, 2) == 0;
    }
    for (rest *= MS; rest > 0 && !rj_link_is_closed(link); rest -= RJ_BEAT_INTERVAL) {
      net_beat(link);
      net_run(n, rj_earlier(rest, RJ_BEAT_INTERVAL));
    }
  }
  return link;
}

/* S-10: a client that moves about, at times faster than paths can be validated, keeps its connection. */
static void test_moving_about(void) {
  for (uint64_t seed = 1; seed <= 30; seed++) {
    net *n = net_new(seed);
    rj_link *link = walk(n, seed, false, false);
    net_run(n, 3 * RJ_SECOND);
    g_assert_false(rj_link_is_closed(link));
    net_forget(n);
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), >=, 1);
    net_free(n);
  }
}

/* Whatever networks do, in any order and at any pace, neither end breaks; a connection may. */
static void test_random_networks(void) {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    net *n = net_new(seed);
    walk(n, seed, true, seed % 2 == 0);
    net_run(n, RJ_SECOND);
    for (guint i = 0; i < n->packets->len; i++)
      g_assert_cmpuint(g_array_index(n->packets, net_packet, i).size, <=, RJ_DATAGRAM_MAX);
    net_free(n);
  }
}

/* Answers that wait for the new path's validation are not lost. */
static void answer_beats(net *n, rj_link *link, bool edge, const rj_link_event *event) {
  (void)n;
  if (edge && event->kind == RJ_LINK_DATAGRAM)
    g_assert_cmpint(rj_link_send_datagram(link, event->data, event->length, RJ_NEVER, NULL), ==,
                    STATUS_OK);
}

static void test_answers_to_a_rebound_client(void) {
  net *n = net_new(7);
  rj_link *link = net_connect(n, NULL);
  n->on_event = answer_beats;
  net_forget(n);
  for (uint16_t k = 0; k < 20; k++) {
    n->outside = net_address(3, (uint16_t)(50000 + k));
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
  }
  g_assert_cmpuint(net_count(n, false, RJ_LINK_DATAGRAM), ==, 20);
  net_free(n);
}

/* As long as the new path is not validated, three times what came over it may go back: a datagram that is larger than that waits, and
 * does not hold up a message that is not. */
static void answer_with_more(net *n, rj_link *link, bool edge, const rj_link_event *event) {
  static const uint8_t data[1000];
  if (!edge || event->kind != RJ_LINK_DATAGRAM)
    return;
  g_assert_cmpint(rj_link_send_datagram(link, data, sizeof data, RJ_NEVER, NULL), ==, STATUS_OK);
  for (int i = 0; i < n->count; i++)
    net_send(link, "and a message");
}

static void test_large_answers_to_a_rebound_client(void) {
  for (int messages = 0; messages < 12; messages++) {
    net *n = net_new(9);
    rj_link *link = net_connect(n, NULL);
    n->on_event = answer_with_more;
    n->count = messages;
    net_forget(n);
    for (uint16_t k = 0; k < 5; k++) {
      n->outside = net_address(3, (uint16_t)(50000 + k));
      net_beat(link);
      net_run(n, RJ_BEAT_INTERVAL);
    }
    g_assert_cmpuint(net_count(n, true, RJ_LINK_CLOSED), ==, 0);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_DATAGRAM), ==, 5);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 5 * (guint)messages);
    net_free(n);
  }
}

/* A reset finds a client that moved, too: it uses other ids by then (S-9). */
static void test_reset_after_a_migration(void) {
  for (uint16_t moves = 1; moves <= 6; moves++) {
    net *n = net_new(8);
    rj_link *link = net_connect(n, NULL);
    for (uint16_t k = 0; k < moves; k++) {
      net_run(n, RJ_SECOND);
      move_to(n, (uint16_t)(41000 + k));
      g_assert_cmpint(rj_link_migrate(link, &n->client_address, n->now), ==, STATUS_OK);
    }
    net_run(n, RJ_SECOND);
    net_edge_crash(n);
    net_forget(n);
    net_beat(link);
    net_run(n, RJ_SECOND);
    g_assert_cmpint(net_find(n, false, RJ_LINK_CLOSED, 0)->event.how, ==, RJ_CLOSED_RESET);
    net_free(n);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/paths/migration", test_migration);
  g_test_add_func("/paths/migration-of-a-blind-host", test_migration_of_a_blind_host);
  g_test_add_func("/paths/migration-too-early", test_migration_too_early_and_to_nowhere_new);
  g_test_add_func("/paths/migration-before-it-is-confirmed", test_migration_before_it_is_confirmed);
  g_test_add_func("/paths/many-migrations", test_many_migrations);
  g_test_add_func("/paths/migrations-at-once", test_migrations_at_once);
  g_test_add_func("/paths/migration-that-fails", test_migration_that_fails);
  g_test_add_func("/paths/back-again", test_back_again);
  g_test_add_func("/paths/moving-about", test_moving_about);
  g_test_add_func("/paths/random-networks", test_random_networks);
  g_test_add_func("/paths/rebind", test_rebind);
  g_test_add_func("/paths/answers-to-a-rebound-client", test_answers_to_a_rebound_client);
  g_test_add_func("/paths/large-answers", test_large_answers_to_a_rebound_client);
  g_test_add_func("/paths/reset-after-a-migration", test_reset_after_a_migration);
  return g_test_run();
}
