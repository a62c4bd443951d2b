/* What comes over the bus may be anything: it is counted and changes nothing, or does no more than its sender might. */
#include <string.h>

#include "edge/cluster_rig.h"
#include "wire/cluster_codec.h"

static rj_cluster_message message;
static const char all[] = "rejoin.test.e";

static void begin(pb_size_t body, uint64_t edge) {
  memset(&message, 0, sizeof message);
  message.version = RJ_CLUSTER_VERSION;
  message.edge = edge;
  message.has_channel = true;
  strcpy(message.channel.name, "demo");
  message.channel.opened = UINT64_MAX / 2;
  message.which_body = body;
}

static void inject(cluster_rig *c, int edge) {
  uint8_t buffer[RJ_CLUSTER_MESSAGE_MAX];
  size_t length = rj_cluster_encode(&message, buffer, sizeof buffer);
  g_assert_cmpuint(length, >, 0);
  cluster_inject(c, edge, all, buffer, length);
}

static uint64_t id_of(cluster_rig *c, int edge) {
  rj_cluster_status status;
  rj_server_cluster_status(c->rigs[edge].server, &status);
  return status.id;
}

/* Malformed, of another version, from ourselves, on a subject that is not ours. */
static void test_refused(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 1);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_run(&c, 1 * SECOND);
  uint64_t before = cluster_counters(&c, 0).bus_refused;
  cluster_inject(&c, 0, all, (const uint8_t *)"", 0);
  cluster_inject(&c, 0, all, (const uint8_t *)"\xff\xff\xff\xff", 4);
  uint8_t *large = g_malloc0(RJ_BUS_MESSAGE_MAX);
  cluster_inject(&c, 0, all, large, RJ_BUS_MESSAGE_MAX);
  g_free(large);
  begin(rejoin_ClusterMessage_bye_tag, 99);
  message.version = 2;
  inject(&c, 0);
  begin(rejoin_ClusterMessage_bye_tag, id_of(&c, 0));
  inject(&c, 0);
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, before + 5);
  static const char *const subjects[] = {"",
                                         "rejoin.test",
                                         "rejoin.test.x",
                                         "rejoin.other.e",
                                         "rejoin.test.e.0000000000000000",
                                         "rejoin.test.c"};
  begin(rejoin_ClusterMessage_bye_tag, id_of(&c, 1));
  uint8_t buffer[100];
  size_t length = rj_cluster_encode(&message, buffer, sizeof buffer);
  for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
    cluster_inject(&c, 0, subjects[i], buffer, length);
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, before + 5 + G_N_ELEMENTS(subjects));
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, 1); /* it did not stop */
  expect_told(&c, one, "");
  cluster_end(&c);
}

/* More edges than a cluster may have are not taken in; one that is gone makes room. */
static void test_many_edges(void) {
  cluster_rig c;
  cluster_begin(&c, 1, 2);
  for (uint64_t id = 1; id <= RJ_CLUSTER_EDGES + 10; id++) {
    begin(rejoin_ClusterMessage_hello_tag, id);
    inject(&c, 0);
  }
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, RJ_CLUSTER_EDGES);
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 10);
  cluster_run(&c, 30 * SECOND);
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, 0);
  begin(rejoin_ClusterMessage_hello_tag, 5000);
  inject(&c, 0);
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, 1);
  cluster_end(&c);
}

/* Snapshots that claim more than there is room for. */
static void test_claims_of_members(void) {
  cluster_rig c;
  cluster_begin(&c, 1, 3);
  cluster_member *one = cluster_join(&c, 0, 1);
  for (uint64_t id = 1; id <= 60; id++) {
    begin(rejoin_ClusterMessage_page_tag, id);
    message.body.page.number = 1;
    message.body.page.total = RJ_CLUSTER_PART_MEMBERS;
    message.body.page.members_count = RJ_CLUSTER_PAGE;
    for (uint32_t i = 0; i < RJ_CLUSTER_PAGE; i++)
      message.body.page.members[i] = (rejoin_SharedMember){.uid = i + 1, .session = 1};
    inject(&c, 0);
  }
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 20);
  cluster_run(&c, 30 * SECOND); /* they are gone, and with them what they claimed */
  expect_told(&c, one, "");
  begin(rejoin_ClusterMessage_page_tag, 100);
  message.body.page.number = 1;
  message.body.page.total = RJ_CLUSTER_PART_MEMBERS;
  message.body.page.members_count = RJ_CLUSTER_PAGE;
  for (uint32_t i = 0; i < RJ_CLUSTER_PAGE; i++)
    message.body.page.members[i] = (rejoin_SharedMember){.uid = i + 1, .session = 1};
  inject(&c, 0);
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 20);
  cluster_end(&c);
}

/* A page set whose pages do not ascend from one to the next. */
static void test_pages_that_do_not_fit(void) {
  cluster_rig c;
  cluster_begin(&c, 1, 4);
  cluster_member *one = cluster_join(&c, 0, 1000);
  for (uint32_t page = 0; page < 2; page++) {
    begin(rejoin_ClusterMessage_page_tag, 9);
    message.body.page.number = 1;
    message.body.page.total = RJ_CLUSTER_PAGE + 1;
    message.body.page.page = page;
    message.body.page.members_count = page == 0 ? RJ_CLUSTER_PAGE : 1;
    for (uint32_t i = 0; i < message.body.page.members_count; i++)
      message.body.page.members[i] =
          (rejoin_SharedMember){.uid = i + 1, .session = 1, .visible = true};
    inject(&c, 0);
  }
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 1);
  expect_told(&c, one, "");
  cluster_end(&c);
}

/* Anybody's uid on the bus is told to those who see it, but never to that member itself. */
static void test_ones_own_uid(void) {
  cluster_rig c;
  cluster_begin(&c, 1, 5);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 0, 2);
  begin(rejoin_ClusterMessage_page_tag, 9);
  message.body.page.number = 1;
  message.body.page.total = message.body.page.members_count = 1;
  message.body.page.members[0] = (rejoin_SharedMember){.uid = 2, .session = 1, .visible = true};
  inject(&c, 0); /* an older join: ours holds */
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, one, "+2");
  expect_told(&c, two, "");
  cluster_end(&c);
}

/* ---- real traffic, spoilt on its way */

static void spoil(void *user, GByteArray *data) {
  rj_random *random = user;
  if (rj_random_below(random, 3) != 0 || data->len == 0)
    return;
  for (uint64_t i = 0, n = 1 + rj_random_below(random, 4); i < n; i++)
    data->data[rj_random_below(random, data->len)] ^= (uint8_t)(1u << rj_random_below(random, 8));
  if (rj_random_below(random, 8) == 0)
    g_byte_array_set_size(data, (guint)rj_random_below(random, data->len + 1));
}

/* Nothing that is wrong with a message does more than a wrong word of its sender could, and none breaks the edge; every kind of
 * message is on its way here. */
static void test_spoilt_traffic(void) {
  uint64_t refused = 0;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    cluster_rig c;
    rj_random random;
    rj_random_seed(&random, seed);
    cluster_begin(&c, 3, seed);
    c.spoil = spoil;
    c.spoil_user = &random;
    c.careless = true;
    for (uint32_t i = 1; i <= 40; i++) {
      rj_control request = cluster_request(&c, 1 + i % 9);
      request.body.join_request.peer_interruptions = i % 2;
      cluster_member *member = cluster_ask(&c, (int)(i % 3), &request, NULL);
      if (member != NULL)
        cluster_send(&c, member, 1, "m");
      cluster_run(&c, 700 * MS);
      const rj_kick_rule rule = {.app_id = "", .channel = "demo", .uid = 100 + i};
      uint64_t id;
      rj_kicks_put(c.kicks[i % 3], &rule, c.now + 60 * SECOND, c.now, &id);
      rj_server_kick(cluster_at(&c, (int)(i % 3))->server, &rule, c.now);
      if (member != NULL && i % 4 == 0)
        cluster_leave(&c, member);
      if (i % 10 == 0) {
        cluster_stop(&c, 2);
        cluster_run(&c, 1 * SECOND);
        cluster_start(&c, 2);
      }
    }
    for (int i = 0; i < 3; i++)
      refused += cluster_counters(&c, i).bus_refused;
    cluster_end(&c);
  }
  g_assert_cmpuint(refused, >, 1000);
}

/* Each kind of message with its fields drawn by chance, as an edge gone mad would send them. */
static void test_a_mad_edge(void) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    cluster_rig c;
    rj_random random;
    rj_random_seed(&random, seed);
    cluster_begin(&c, 2, seed);
    c.careless = true;
    for (uint32_t uid = 1; uid <= 4; uid++)
      cluster_join(&c, (int)uid % 2, uid);
    for (int i = 0; i < 300; i++) {
      pb_size_t body = (pb_size_t)(rejoin_ClusterMessage_hello_tag + rj_random_below(&random, 13));
      begin(body, 1 + rj_random_below(&random, 3));
      message.channel.opened = rj_random_next(&random) >> rj_random_below(&random, 64);
      message.channel.profile = rj_random_below(&random, 20) == 0;
      message.channel.watched = rj_random_below(&random, 2);
      /* any numbers at all; what is not allowed is refused by the codec */
      uint64_t *words = (uint64_t *)(void *)&message.body;
      switch (body) {
      case rejoin_ClusterMessage_changes_tag:
        message.body.changes.first = rj_random_below(&random, 4);
        message.body.changes.changes_count = 3;
        for (int j = 0; j < 3; j++)
          message.body.changes.changes[j] =
              (rejoin_SharedChange){.has_member = true,
                                    .member = {.uid = (uint32_t)rj_random_below(&random, 6),
                                               .session = rj_random_below(&random, 9),
                                               .joined_at = rj_random_next(&random),
                                               .since = rj_random_below(&random, 3),
                                               .replaces = rj_random_below(&random, 9),
                                               .how = (uint32_t)rj_random_below(&random, 3),
                                               .visible = rj_random_below(&random, 2),
                                               .interrupted = rj_random_below(&random, 2)},
                                    .gone = rj_random_below(&random, 2),
                                    .quiet = rj_random_below(&random, 2),
                                    .offline = (uint32_t)rj_random_below(&random, 3),
                                    .ended = rj_random_below(&random, 2) ? 19 : 0};
        break;
      case rejoin_ClusterMessage_page_tag:
        message.body.page.number = rj_random_below(&random, 4);
        message.body.page.total = message.body.page.members_count = 3;
        message.body.page.answer = (uint32_t)rj_random_below(&random, 3);
        message.body.page.sent = message.body.page.forgotten = rj_random_below(&random, 5);
        for (uint32_t j = 0; j < 3; j++)
          message.body.page.members[j] =
              (rejoin_SharedMember){.uid = j * 2 + 1 + (uint32_t)rj_random_below(&random, 2),
                                    .session = 1 + rj_random_below(&random, 9),
                                    .joined_at = rj_random_next(&random),
                                    .replaces = rj_random_below(&random, 9),
                                    .how = (uint32_t)rj_random_below(&random, 3),
                                    .visible = rj_random_below(&random, 2)};
        break;
      case rejoin_ClusterMessage_message_tag:
        message.body.message = (rejoin_SharedMessage){.number = 1 + rj_random_below(&random, 8),
                                                      .uid = 1 + (uint32_t)(i % 5),
                                                      .stream = 1,
                                                      .sequence = 1 + rj_random_below(&random, 8),
                                                      .data.size = 1};
        break;
      case rejoin_ClusterMessage_datagram_tag:
        message.body.datagram = (rejoin_SharedDatagram){.number = rj_random_next(&random),
                                                        .uid = 1 + (uint32_t)(i % 5),
                                                        .stream = 1,
                                                        .age_ms = (uint32_t)(i * 10),
                                                        .data.size = 1};
        break;
      case rejoin_ClusterMessage_kicks_tag:
      case rejoin_ClusterMessage_hello_tag:
      case rejoin_ClusterMessage_removal_tag:
      case rejoin_ClusterMessage_bye_tag:
        break;
      default:
        words[0] = rj_random_next(&random);
        break;
      }
      message.stamp = (uint32_t)rj_random_next(&random);
      uint8_t buffer[RJ_CLUSTER_MESSAGE_MAX];
      size_t length = rj_cluster_encode(&message, buffer, sizeof buffer);
      if (length > 0)
        cluster_inject(&c, (int)rj_random_below(&random, 2), all, buffer, length);
      cluster_run(&c, (int64_t)rj_random_below(&random, 500) * MS);
    }
    /* once it is quiet, what it said is over */
    cluster_run(&c, 60 * SECOND);
    for (int i = 0; i < 2; i++)
      g_assert_cmpuint(cluster_counters(&c, i).edges, ==, 1);
    uint32_t uids[16];
    size_t count = rj_server_members_everywhere(c.rigs[0].server, NULL, "demo", uids, 16);
    size_t ours = rj_server_members(c.rigs[0].server, NULL, "demo", NULL, 0) +
                  rj_server_members(c.rigs[1].server, NULL, "demo", NULL, 0);
    if (rj_server_members(c.rigs[0].server, NULL, "demo", NULL, 0) > 0)
      g_assert_cmpuint(count, ==, ours);
    cluster_end(&c);
  }
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/hostile/refused", test_refused);
  g_test_add_func("/edge/cluster/hostile/many edges", test_many_edges);
  g_test_add_func("/edge/cluster/hostile/claims", test_claims_of_members);
  g_test_add_func("/edge/cluster/hostile/pages", test_pages_that_do_not_fit);
  g_test_add_func("/edge/cluster/hostile/own uid", test_ones_own_uid);
  g_test_add_func("/edge/cluster/hostile/spoilt", test_spoilt_traffic);
  g_test_add_func("/edge/cluster/hostile/mad", test_a_mad_edge);
  return g_test_run();
}
