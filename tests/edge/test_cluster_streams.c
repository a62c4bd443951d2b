/* Stream messages between members of different edges (SPEC section 7). */
#include <string.h>

#include "edge/cluster_rig.h"
#include "wire/cluster_codec.h"
#include "wire/datagram.h"

typedef struct {
  cluster_rig c;
  cluster_member *one, *two, *three; /* at edges 0, 1, 1 */
} trio;

static void trio_begin(trio *t, uint64_t seed) {
  cluster_begin(&t->c, 3, seed);
  t->one = cluster_join(&t->c, 0, 1);
  cluster_run(&t->c, 50 * MS);
  t->two = cluster_join(&t->c, 1, 2);
  t->three = cluster_join(&t->c, 1, 3);
  cluster_run(&t->c, 30 * SECOND);
  expect_told(&t->c, t->one, "+2 +3");
  expect_told(&t->c, t->two, "+3 +1");
  expect_told(&t->c, t->three, "+1");
}

/* D-3 D-4: all others get it, once and in order, wherever they are. */
static void test_to_all_edges(void) {
  trio t;
  trio_begin(&t, 1);
  cluster_send(&t.c, t.one, 1, "a");
  cluster_send(&t.c, t.two, 1, "x");
  cluster_send(&t.c, t.one, 2, "b");
  cluster_run(&t.c, 50 * MS);
  expect_told(&t.c, t.one, "2:1:x");
  expect_told(&t.c, t.two, "1:1:a 1:2:b");
  expect_told(&t.c, t.three, "2:1:x 1:1:a 1:2:b");
  /* who joins later gets none of it, at whichever edge */
  cluster_member *four = cluster_join(&t.c, 2, 4);
  cluster_run(&t.c, 1 * SECOND);
  expect_told(&t.c, four, "+1 +2 +3");
  cluster_send(&t.c, t.one, 3, "c");
  cluster_run(&t.c, 50 * MS);
  expect_told(&t.c, four, "1:3:c");
  cluster_end(&t.c);
}

/* D-4: a bus that loses, doubles and reorders; the tail heals by the digests. */
static void test_a_bad_bus(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    trio t;
    trio_begin(&t, seed);
    t.c.loss = t.c.twice = 0.3;
    t.c.delay_most = 100 * MS;
    GString *sent = g_string_new(NULL);
    for (uint64_t i = 1; i <= 40; i++) {
      cluster_send(&t.c, t.one, i, "m");
      g_string_append_printf(sent, "%s1:%" G_GUINT64_FORMAT ":m", i > 1 ? " " : "", i);
      cluster_run(&t.c, 50 * MS);
    }
    t.c.loss = 0;
    cluster_run(&t.c, 7 * SECOND);
    cluster_listen(&t.c, t.two);
    expect_told(&t.c, t.two, sent->str);
    expect_told(&t.c, t.three, sent->str);
    g_string_free(sent, TRUE);
    cluster_end(&t.c);
  }
}

/* D-4: across a rejoin within the 20 s, also at another edge, which had the channel or had not: once and in order. */
static void test_the_receiver_moves(void) {
  for (int to = 0; to <= 2; to += 2) {
    trio t;
    trio_begin(&t, 2);
    cluster_send(&t.c, t.one, 1, "a");
    cluster_run(&t.c, 1 * SECOND);
    expect_told(&t.c, t.two, "1:1:a");
    t.two->beats = false;
    for (uint64_t i = 2; i <= 4; i++)
      cluster_send(&t.c, t.one, i, "b"), cluster_run(&t.c, 3 * SECOND);
    cluster_send(&t.c, t.three, 1, "x");
    /* what its edge handed to the old connection never came: the member takes nothing of it */
    fake_sent lost;
    cluster_at(&t.c, 1);
    while (rig_next(t.two->peer, &lost)) {
    }
    g_assert_true(cluster_move(&t.c, t.two, to, NULL));
    cluster_run(&t.c, 1 * SECOND);
    cluster_send(&t.c, t.one, 5, "c");
    cluster_run(&t.c, 1 * SECOND);
    cluster_listen(&t.c, t.two);
    /* one sender's are in order; between senders there is none */
    GString *told = t.two->told;
    const char *three = strstr(told->str, "3:1:x ");
    g_assert_nonnull(three);
    g_string_erase(told, three - told->str, 6);
    expect_told(&t.c, t.two, "1:2:b 1:3:b 1:4:b 1:5:c");
    cluster_end(&t.c);
  }
}

/* D-4: the sender moves, and sends again what it does not know to have arrived. */
static void test_the_sender_moves(void) {
  trio t;
  trio_begin(&t, 3);
  cluster_send(&t.c, t.one, 1, "a");
  cluster_send(&t.c, t.one, 2, "b");
  cluster_run(&t.c, 1 * SECOND);
  g_assert_true(cluster_move(&t.c, t.one, 1, NULL));
  for (uint64_t i = 1; i <= 4; i++)
    cluster_send(&t.c, t.one, i, "c");
  cluster_run(&t.c, 1 * SECOND);
  expect_told(&t.c, t.two, "1:1:a 1:2:b 1:3:c 1:4:c");
  expect_told(&t.c, t.three, "1:1:a 1:2:b 1:3:c 1:4:c");
  expect_told(&t.c, t.one, "");
  cluster_end(&t.c);
}

/* D-4 D-5: a partition shorter than 20 s loses nothing; what was said in a longer one is announced. */
static void test_a_partition(void) {
  for (int span = 10; span <= 40; span += 30) {
    trio t;
    trio_begin(&t, 4);
    cluster_send(&t.c, t.one, 1, "a");
    cluster_run(&t.c, 100 * MS);
    cluster_part(&t.c, 0);
    for (uint64_t i = 2; i <= 4; i++)
      cluster_send(&t.c, t.one, i, "b");
    cluster_run(&t.c, span * SECOND);
    cluster_heal(&t.c);
    cluster_run(&t.c, 6 * SECOND);
    cluster_send(&t.c, t.one, 5, "c");
    cluster_run(&t.c, 100 * MS);
    expect_told(&t.c, t.two,
                span < 20 ? "1:1:a 1:2:b 1:3:b 1:4:b 1:5:c" : "1:1:a -1:1 +1 gap missed:3 1:5:c");
    cluster_end(&t.c);
  }
}

/* Stream messages alone do not get through. */
static void swallow(void *user, GByteArray *data) {
  static rj_cluster_message message;
  (void)user;
  if (rj_cluster_decode(&message, data->data, data->len, NULL) &&
      message.which_body == rejoin_ClusterMessage_message_tag)
    g_byte_array_set_size(data, 0);
}

/* D-5: what the other edge does not keep any more is announced, and then comes what it does keep. */
static void test_what_is_not_kept_is_announced(void) {
  trio t;
  trio_begin(&t, 5);
  t.c.spoil = swallow;
  for (uint64_t i = 1; i <= 40; i++) {
    cluster_send(&t.c, t.one, i, "m");
    cluster_run(&t.c, 1 * SECOND);
    if (i == 20)
      expect_told(&t.c, t.two, "");
  }
  t.c.spoil = NULL;
  cluster_run(&t.c, 7 * SECOND);
  cluster_listen(&t.c, t.two);
  g_assert_true(g_str_has_prefix(t.two->told->str, "gap "));
  g_assert_true(g_str_has_suffix(t.two->told->str, " 1:39:m 1:40:m"));
  g_assert_null(strstr(t.two->told->str, "missed"));
  cluster_end(&t.c);
}

static void send_datagram(trio *t, cluster_member *member, const char *text) {
  const rj_stream_datagram message = {.stream = 2,
                                      .stamp = (uint32_t)(t->c.now / MS),
                                      .data = (const uint8_t *)text,
                                      .length = strlen(text)};
  uint8_t data[RJ_STREAM_DATAGRAM_MAX];
  size_t length = rj_stream_datagram_encode(&message, data);
  rig_feed(cluster_at(&t->c, member->edge), member->peer, FAKE_DATAGRAM, data, length);
}

static guint datagrams_of(trio *t, cluster_member *member) {
  cluster_at(&t->c, member->edge);
  rj_link *link = fake_link(member->peer);
  guint count = 0;
  GByteArray *data;
  while ((data = g_queue_pop_head(link->datagrams_sent)) != NULL) {
    rj_datagram_content content;
    g_assert_true(rj_datagram_decode(&content, data->data, data->len));
    count += content.kind == RJ_DATAGRAM_MESSAGE && content.message.uid == 1;
    g_byte_array_unref(data);
  }
  return count;
}

/* D-4: unreliable ones come at most once, and never later than 1 s. */
static void test_unreliable(void) {
  trio t;
  trio_begin(&t, 6);
  datagrams_of(&t, t.two);
  t.c.twice = 1;
  send_datagram(&t, t.one, "u");
  cluster_run(&t.c, 100 * MS);
  g_assert_cmpuint(datagrams_of(&t, t.two), ==, 1);
  g_assert_cmpuint(datagrams_of(&t, t.three), ==, 1);
  g_assert_cmpuint(datagrams_of(&t, t.one), ==, 0);
  t.c.delay_least = t.c.delay_most = 1100 * MS;
  send_datagram(&t, t.one, "u");
  cluster_run(&t.c, 2 * SECOND);
  g_assert_cmpuint(datagrams_of(&t, t.two), ==, 0);
  cluster_end(&t.c);
}

/* D-4: the bus has it for so long that its receiver moves meanwhile, to an edge that gets it after that: it had it
 * before. So also where the bus is never faster, and nobody knows how slow it is. */
static void test_unreliable_and_the_receiver_moves(void) {
  for (int always = 0; always < 2; always++) {
    trio t;
    trio_begin(&t, 7);
    g_assert_true(cluster_move(&t.c, t.two, 0, NULL));
    t.c.delay_least = t.c.delay_most = always == 1 ? 500 * MS : MS;
    cluster_run(&t.c, 300 * SECOND);
    t.c.delay_least = t.c.delay_most = 500 * MS;
    datagrams_of(&t, t.two);
    datagrams_of(&t, t.three);
    send_datagram(&t, t.one, "u");
    cluster_run(&t.c, 50 * MS);
    g_assert_cmpuint(datagrams_of(&t, t.two), ==, 1);
    g_assert_true(cluster_move(&t.c, t.two, 1, NULL));
    cluster_run(&t.c, 2 * SECOND);
    g_assert_cmpuint(datagrams_of(&t, t.two), ==, 0);
    g_assert_cmpuint(datagrams_of(&t, t.three), ==, 1);
    send_datagram(&t, t.one, "v"); /* then it hears them as all do */
    cluster_run(&t.c, 1 * SECOND);
    g_assert_cmpuint(datagrams_of(&t, t.two), ==, 1);
    cluster_end(&t.c);
  }
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/streams/to all edges", test_to_all_edges);
  g_test_add_func("/edge/cluster/streams/bad bus", test_a_bad_bus);
  g_test_add_func("/edge/cluster/streams/receiver moves", test_the_receiver_moves);
  g_test_add_func("/edge/cluster/streams/sender moves", test_the_sender_moves);
  g_test_add_func("/edge/cluster/streams/partition", test_a_partition);
  g_test_add_func("/edge/cluster/streams/not kept", test_what_is_not_kept_is_announced);
  g_test_add_func("/edge/cluster/streams/unreliable", test_unreliable);
  g_test_add_func("/edge/cluster/streams/unreliable and moves",
                  test_unreliable_and_the_receiver_moves);
  return g_test_run();
}
