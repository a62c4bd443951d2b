/* Kicks hold on every edge, whatever of them was lost on the bus. */
#include <string.h>

#include "edge/cluster_rig.h"

static uint64_t kick(cluster_rig *c, int edge, uint32_t uid, int64_t lasts) {
  const rj_kick_rule rule = {.app_id = "", .uid = uid};
  test_rig *rig = cluster_at(c, edge);
  uint64_t id = 0;
  if (lasts > 0)
    g_assert_cmpint(rj_kicks_put(c->kicks[edge], &rule, c->now + lasts, c->now, &id), ==,
                    STATUS_OK);
  rj_server_kick(rig->server, &rule, c->now);
  return id;
}

static bool is_out(cluster_rig *c, int edge, uint32_t uid) {
  rejoin_JoinAnswer refused = {0};
  rj_control request = cluster_request(c, uid);
  if (cluster_ask(c, edge, &request, &refused) != NULL)
    return false;
  g_assert_cmpint(refused.reason, ==, REASON_BANNED_BY_SERVER);
  return true;
}

static void expect_out(cluster_rig *c, uint32_t uid) {
  for (int i = 0; i < c->count; i++)
    g_assert_true(is_out(c, i, uid));
}

/* S-15 P-8: removed wherever it is, kept out everywhere, by one id; over at the same time. */
static void test_a_kick(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 1);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  uint64_t id = kick(&c, 2, 1, 60 * SECOND);
  cluster_run(&c, 50 * MS);
  cluster_listen(&c, one);
  g_assert_true(one->removed);
  g_assert_cmpint(one->reason, ==, REASON_BANNED_BY_SERVER);
  expect_told(&c, two, "+1 -1:0");
  expect_out(&c, 1);
  for (int i = 0; i < 3; i++) {
    rj_kick_view view;
    g_assert_true(rj_kicks_get(c.kicks[i], id, c.now, &view));
    g_assert_cmpuint(rj_kicks_count(c.kicks[i], c.now), ==, 1);
  }
  /* it is lifted at another edge, by its id */
  g_assert_true(rj_kicks_set_until(c.kicks[0], id, c.now, c.now));
  cluster_run(&c, 50 * MS);
  g_assert_false(is_out(&c, 1, 1));
  for (int i = 0; i < 3; i++)
    g_assert_cmpuint(rj_kicks_count(c.kicks[i], c.now), ==, 0);
  /* and comes again, and changes, and ends */
  id = kick(&c, 1, 1, 60 * SECOND);
  g_assert_true(rj_kicks_set_until(c.kicks[1], id, c.now + 20 * SECOND, c.now));
  cluster_run(&c, 19 * SECOND);
  expect_out(&c, 1);
  cluster_run(&c, 2 * SECOND);
  for (int i = 0; i < 3; i++)
    g_assert_false(is_out(&c, i, 1));
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 0);
  cluster_end(&c);
}

/* 0 seconds: a removal, and no more. */
static void test_a_kick_of_no_time(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 2);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_run(&c, 50 * MS);
  kick(&c, 1, 1, 0);
  cluster_run(&c, 50 * MS);
  cluster_listen(&c, one);
  g_assert_true(one->removed);
  g_assert_false(is_out(&c, 0, 1));
  g_assert_false(is_out(&c, 1, 1));
  cluster_end(&c);
}

/* All of it was lost, or the edge was not there: the digest of the hellos tells. */
static void test_what_was_lost_heals(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 3);
  cluster_member *two = cluster_join(&c, 1, 2);
  c.loss = 1;
  uint64_t ids[100];
  for (uint32_t uid = 2; uid < 100; uid++)
    ids[uid] = kick(&c, 0, uid, 3600 * SECOND);
  cluster_run(&c, 10 * MS);
  c.loss = 0;
  cluster_run(&c, 5 * SECOND);
  cluster_listen(&c, two);
  g_assert_true(two->removed); /* by the table, since the removal was lost */
  expect_out(&c, 50);
  /* one that was lifted does not come back with an edge that missed it */
  cluster_part(&c, 2);
  g_assert_true(rj_kicks_set_until(c.kicks[1], ids[50], c.now, c.now));
  kick(&c, 2, 200, 3600 * SECOND);
  cluster_run(&c, 3 * SECOND);
  g_assert_false(is_out(&c, 0, 50));
  g_assert_true(is_out(&c, 2, 50));
  cluster_heal(&c);
  cluster_run(&c, 5 * SECOND);
  for (int i = 0; i < 3; i++) {
    g_assert_false(is_out(&c, i, 50));
    g_assert_cmpuint(rj_kicks_count(c.kicks[i], c.now), ==, 98);
    g_assert_cmpuint(rj_kicks_digest(c.kicks[i], c.now), ==, rj_kicks_digest(c.kicks[0], c.now));
  }
  expect_out(&c, 200);
  uint64_t repairs = cluster_counters(&c, 0).bus_repairs;
  cluster_run(&c, 30 * SECOND); /* a lasting peace */
  g_assert_cmpuint(cluster_counters(&c, 0).bus_repairs, ==, repairs);
  /* an edge that comes new, too */
  cluster_crash(&c, 1);
  rj_kicks_free(c.kicks[1]);
  c.kicks[1] = rj_kicks_new();
  cluster_start(&c, 1);
  cluster_run(&c, 3 * SECOND);
  g_assert_cmpuint(rj_kicks_count(c.kicks[1], c.now), ==, 98);
  cluster_end(&c);
}

/* Two words on one rule that did not know of each other: all edges hold the same one. */
static void test_two_words_at_once(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 4);
  kick(&c, 0, 1, 60 * SECOND);
  kick(&c, 1, 1, 120 * SECOND);
  cluster_run(&c, 70 * SECOND);
  expect_out(&c, 1);
  cluster_run(&c, 60 * SECOND);
  for (int i = 0; i < 3; i++)
    g_assert_false(is_out(&c, i, 1));
  cluster_end(&c);
}

/* Ids are each edge's own, so that none means two kicks. */
static void test_ids_differ(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 5);
  for (uint32_t uid = 1; uid <= 30; uid++)
    kick(&c, (int)uid % 3, uid, 600 * SECOND);
  cluster_run(&c, 1 * SECOND);
  rj_kick_view one = {0};
  size_t count = 0;
  while (rj_kicks_next(c.kicks[0], one.id, c.now, &one)) {
    rj_kick_view other;
    g_assert_true(rj_kicks_get(c.kicks[1], one.id, c.now, &other));
    g_assert_cmpuint(other.rule.uid, ==, one.rule.uid);
    count++;
  }
  g_assert_cmpuint(count, ==, 30);
  cluster_end(&c);
}

/* Rules of every kind arrive as they were. */
static void test_rules(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 6);
  rj_kick_rule rules[4] = {{.app_id = "app", .channel = "demo"},
                           {.app_id = "app", .channel = "demo", .uid = 4000000000u},
                           {.app_id = ""},
                           {.app_id = "other", .uid = 7}};
  g_assert_true(rj_kick_host_parse("192.0.2.1", &rules[2].ip));
  g_assert_true(rj_kick_host_parse("2001:db8::1", &rules[3].ip));
  for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
    uint64_t id;
    g_assert_cmpint(rj_kicks_put(c.kicks[0], &rules[i], c.now + 60 * SECOND, c.now, &id), ==,
                    STATUS_OK);
  }
  cluster_run(&c, 50 * MS);
  rj_kick_view one = {0}, other = {0};
  for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
    g_assert_true(rj_kicks_next(c.kicks[0], one.id, c.now, &one));
    g_assert_true(rj_kicks_next(c.kicks[1], other.id, c.now, &other));
    g_assert_cmpuint(one.id, ==, other.id);
    g_assert_cmpstr(one.rule.app_id, ==, other.rule.app_id);
    g_assert_cmpstr(one.rule.channel, ==, other.rule.channel);
    g_assert_cmpuint(one.rule.uid, ==, other.rule.uid);
    g_assert_cmpint(one.rule.ip.family, ==, other.rule.ip.family);
    g_assert_cmpmem(one.rule.ip.bytes, 16, other.rule.ip.bytes, 16);
    g_assert_cmpint(one.until / SECOND, ==, other.until / SECOND);
  }
  cluster_end(&c);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/kicks/kick", test_a_kick);
  g_test_add_func("/edge/cluster/kicks/no time", test_a_kick_of_no_time);
  g_test_add_func("/edge/cluster/kicks/losses heal", test_what_was_lost_heals);
  g_test_add_func("/edge/cluster/kicks/two words", test_two_words_at_once);
  g_test_add_func("/edge/cluster/kicks/ids", test_ids_differ);
  g_test_add_func("/edge/cluster/kicks/rules", test_rules);
  return g_test_run();
}
