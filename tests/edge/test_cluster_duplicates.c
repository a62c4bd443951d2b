/* One uid at two edges: exactly one of its sessions survives, and the others see what they would at one edge. */
#include <string.h>

#include "edge/cluster_rig.h"
#include "edge/edge_internal.h"

typedef struct {
  cluster_rig c;
  cluster_member *one, *two, *three; /* uid 1 at edge 0; 2 and 3 watch at edges 1 and 2 */
} trio;

static void trio_begin(trio *t, uint64_t seed) {
  cluster_begin(&t->c, 3, seed);
  t->one = cluster_join(&t->c, 0, 1);
  t->two = cluster_join(&t->c, 1, 2);
  cluster_run(&t->c, 50 * MS);
  t->three = cluster_join(&t->c, 2, 3);
  cluster_run(&t->c, 30 * SECOND);
  expect_told(&t->c, t->two, "+1 +3");
  expect_told(&t->c, t->three, "+1 +2");
}

/* At every edge that has a member there, and so knows. */
static void expect_all_know(cluster_rig *c, const char *text) {
  for (int i = 0; i < c->count; i++) {
    if (rj_server_members(c->rigs[i].server, NULL, "demo", NULL, 0) > 0)
      expect_everywhere(c, i, text);
  }
}

static void nobody_is_told(trio *t) {
  cluster_run(&t->c, 30 * SECOND);
  expect_told(&t->c, t->two, "");
  expect_told(&t->c, t->three, "");
  expect_all_know(&t->c, "1 2 3");
}

/* S-16: a join elsewhere with the same uid. The old one hears 19, the others nothing; also where the new edge's clock is
 * behind (edge 0's is behind edge 2's by 14 s). */
static void test_the_same_uid_joins_elsewhere(void) {
  for (int from = 0; from < 3; from += 2) {
    trio t;
    trio_begin(&t, 1);
    cluster_member *old = from == 0 ? t.one : t.three;
    cluster_member *new = cluster_join(&t.c, 2 - from, old->answer.uid);
    cluster_run(&t.c, 50 * MS);
    cluster_listen(&t.c, old);
    g_assert_true(old->removed);
    g_assert_cmpint(old->reason, ==, REASON_SAME_UID_LOGIN);
    expect_told(&t.c, t.two, "");
    cluster_run(&t.c, 30 * SECOND);
    expect_told(&t.c, t.two, "");
    cluster_listen(&t.c, new);
    g_assert_false(new->removed);
    expect_all_know(&t.c, "1 2 3");
    /* section 5: its rejoin never takes over the newer join, at no edge */
    for (int i = 0; i < 3; i++) {
      rejoin_JoinAnswer refused;
      g_assert_false(cluster_move(&t.c, old, i, &refused));
      g_assert_cmpint(refused.reason, ==, REASON_SAME_UID_LOGIN);
    }
    cluster_end(&t.c);
  }
}

/* Both at the same moment, before either edge hears of the other: one survives. */
static void test_both_at_once(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    cluster_rig c;
    cluster_begin(&c, 3, seed);
    cluster_member *watcher = cluster_join(&c, 2, 3);
    cluster_run(&c, 50 * MS);
    cluster_member *some[2] = {cluster_join(&c, 0, 1), cluster_join(&c, 1, 1)};
    cluster_run(&c, 100 * MS);
    int removed = 0;
    for (int i = 0; i < 2; i++) {
      cluster_listen(&c, some[i]);
      removed += some[i]->removed;
    }
    g_assert_cmpint(removed, ==, 1);
    expect_told(&c, watcher, "+1");
    expect_all_know(&c, "1 3");
    cluster_end(&c);
  }
}

/* S-16: both in the same millisecond, apart from each other. Healed, one survives for good, also if it moved to another edge
 * meanwhile; the other one hears 19 and is kept out. */
static void test_both_at_once_in_a_partition(void) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    for (int moved = 0; moved < 2; moved++) {
      cluster_rig c;
      cluster_begin(&c, 3, seed);
      for (int i = 0; i < 3; i++)
        c.rigs[i].server->first_wall_offset = 0; /* clocks that agree */
      cluster_part(&c, 0);
      cluster_member *some[2] = {cluster_join(&c, 0, 1), cluster_join(&c, 1, 1)};
      cluster_run(&c, 100 * MS);
      if (moved == 1)
        g_assert_true(cluster_move(&c, some[1], 2, NULL));
      cluster_run(&c, 100 * MS);
      cluster_heal(&c);
      cluster_run(&c, 10 * SECOND);
      int removed = -1;
      for (int i = 0; i < 2; i++) {
        cluster_listen(&c, some[i]);
        if (!some[i]->removed)
          continue;
        g_assert_cmpint(removed, ==, -1);
        removed = i;
      }
      g_assert_cmpint(removed, >=, 0);
      g_assert_cmpint(some[removed]->reason, ==, REASON_SAME_UID_LOGIN);
      for (int i = 0; i < 3; i++) {
        rejoin_JoinAnswer refused;
        if (cluster_move(&c, some[removed], i, &refused)) { /* it had not heard of the other one */
          cluster_run(&c, 1 * SECOND);
          cluster_listen(&c, some[removed]);
          g_assert_true(some[removed]->removed);
          g_assert_cmpint(some[removed]->reason, ==, REASON_SAME_UID_LOGIN);
        } else {
          g_assert_cmpint(refused.reason, ==, REASON_SAME_UID_LOGIN);
        }
      }
      cluster_run(&c, 10 * SECOND);
      cluster_listen(&c, some[1 - removed]);
      g_assert_false(some[1 - removed]->removed);
      expect_all_know(&c, "1");
      cluster_end(&c);
    }
  }
}

/* P-3: a member that lost its edge rejoins at another one, which has the channel already. */
static void test_a_member_moves(void) {
  trio t;
  trio_begin(&t, 2);
  cluster_run(&t.c, 3 * SECOND);
  g_assert_true(cluster_move(&t.c, t.one, 1, NULL));
  expect_told(&t.c, t.one, "+2 +3");
  nobody_is_told(&t);
  expect_told(&t.c, t.one, "");
  g_assert_cmpuint(cluster_counters(&t.c, 0).moves, ==, 1);
  g_assert_cmpuint(cluster_counters(&t.c, 0).sessions, ==, 0);
  /* and back, and on, whatever these edges have heard of it before */
  for (int i = 0; i < 9; i++) {
    g_assert_true(cluster_move(&t.c, t.one, i % 3, NULL));
    cluster_run(&t.c, (i % 4) * SECOND);
  }
  nobody_is_told(&t);
  cluster_end(&t.c);
}

/* The old edge says that the member moved before the new one says that it has it: nobody is told; only if that one never says
 * so it is offline. */
static void test_between_two_edges(void) {
  for (int heard = 0; heard < 2; heard++) {
    trio t;
    trio_begin(&t, 8);
    t.c.deaf[2][1] = true;
    g_assert_true(cluster_move(&t.c, t.one, 1, NULL));
    cluster_run(&t.c, 500 * MS);
    expect_told(&t.c, t.three, "");
    expect_everywhere(&t.c, 2, "1 2 3");
    t.c.deaf[2][1] = heard == 0;
    cluster_run(&t.c, 10 * SECOND);
    expect_told(&t.c, t.three, heard == 1 ? "" : "-1:1");
    cluster_end(&t.c);
  }
  /* a join after a leave is told when it is heard of (P-2) */
  trio t;
  trio_begin(&t, 9);
  t.c.deaf[2][1] = true;
  rj_control request = cluster_request(&t.c, 1);
  request.body.join_request.left_session = t.one->answer.session;
  g_assert_nonnull(cluster_ask(&t.c, 1, &request, NULL));
  cluster_run(&t.c, 500 * MS);
  t.c.deaf[2][1] = false;
  cluster_run(&t.c, 6 * SECOND);
  expect_told(&t.c, t.three, "-1:0 +1");
  cluster_end(&t.c);
}

/* P-10: the new edge has not heard of the channel: whom its roster does not name yet is kept. */
static void test_a_member_moves_to_an_edge_that_is_new_there(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 3);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 1, 2);
  cluster_member *four = cluster_join(&c, 1, 4);
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, one, "+2 +4");
  expect_told(&c, two, "+4 +1");
  cluster_leave(&c, four);
  g_assert_true(cluster_move(&c, one, 2, NULL));
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, one, "-4:0");
  expect_told(&c, two, "-4:0");
  expect_seen(&c, one, "2");
  cluster_end(&c);
}

/* The answer of the new edge is lost, so the member goes back; and the bus loses all of it at first. */
static void test_an_answer_is_lost(void) {
  for (int lossy = 0; lossy < 2; lossy++) {
    trio t;
    trio_begin(&t, 4);
    rejoin_JoinAnswer before = t.one->answer;
    peer_id old = t.one->peer;
    t.c.loss = lossy;
    g_assert_true(cluster_move(&t.c, t.one, 1, NULL));
    cluster_run(&t.c, 500 * MS);
    t.one->answer = before; /* as if it had never come */
    g_assert_true(cluster_move(&t.c, t.one, 0, NULL));
    (void)old;
    cluster_run(&t.c, 500 * MS);
    t.c.loss = 0;
    cluster_run(&t.c, 6 * SECOND);
    cluster_listen(&t.c, t.one);
    if (t.one
            ->removed) /* edge 0 resumed the session before it heard that edge 1 has it: once more */
      g_assert_true(cluster_move(&t.c, t.one, 0, NULL));
    nobody_is_told(&t);
    cluster_listen(&t.c, t.one);
    g_assert_false(t.one->removed);
    cluster_end(&t.c);
  }
}

/* P-2: leave, and join again at another edge: QUIT and joined, whichever of the packets comes first. */
static void test_left_and_joined_elsewhere(void) {
  for (int goodbye = 0; goodbye < 3; goodbye++) { /* comes first, last, never */
    for (int bus = 0; bus < 2; bus++) {
      trio t;
      trio_begin(&t, 5);
      t.c.delay_most = bus == 0 ? MS : 200 * MS;
      t.one->beats = false;
      if (goodbye == 0)
        cluster_leave(&t.c, t.one);
      rj_control request = cluster_request(&t.c, 1);
      request.body.join_request.left_session = t.one->answer.session;
      cluster_member *new = cluster_ask(&t.c, 1, &request, NULL);
      g_assert_nonnull(new);
      if (goodbye == 1)
        cluster_leave(&t.c, t.one);
      cluster_run(&t.c, 500 * MS);
      expect_told(&t.c, t.two, "-1:0 +1");
      expect_told(&t.c, t.three, "-1:0 +1");
      nobody_is_told(&t);
      /* what was left is over, at every edge that heard of it */
      rejoin_JoinAnswer refused;
      g_assert_false(cluster_move(&t.c, t.one, 0, &refused));
      cluster_end(&t.c);
    }
  }
}

/* P-6: it comes back in another role, at another edge. */
static void test_moved_in_another_role(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 6);
  cluster_member *members[3];
  for (uint32_t uid = 1; uid <= 3; uid++) {
    rj_control request = cluster_request(&c, uid);
    request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
    members[uid - 1] = cluster_ask(&c, (int)uid - 1, &request, NULL);
    cluster_run(&c, 50 * MS);
  }
  expect_told(&c, members[1], "+1 +3");
  members[0]->role = ROLE_AUDIENCE;
  g_assert_true(cluster_move(&c, members[0], 1, NULL));
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, members[1], "-1:2");
  expect_told(&c, members[2], "+1 +2 -1:2");
  members[0]->role = ROLE_BROADCASTER;
  g_assert_true(cluster_move(&c, members[0], 2, NULL));
  cluster_run(&c, 30 * SECOND);
  expect_told(&c, members[1], "+1");
  expect_told(&c, members[2], "+1");
  cluster_end(&c);
}

/* S-14: why a session ended is known where it was seen. */
static void test_an_end_is_known_elsewhere(void) {
  trio t;
  trio_begin(&t, 7);
  const rj_kick_rule rule = {.app_id = "", .channel = "demo", .uid = 1};
  g_assert_cmpuint(rj_server_kick(cluster_at(&t.c, 0)->server, &rule, t.c.now), ==, 1);
  cluster_run(&t.c, 50 * MS);
  expect_told(&t.c, t.two, "-1:0"); /* P-8 */
  for (int i = 0; i < 3; i++) {
    rejoin_JoinAnswer refused;
    g_assert_false(cluster_move(&t.c, t.one, i, &refused));
    g_assert_cmpint(refused.reason, ==, REASON_BANNED_BY_SERVER);
  }
  cluster_end(&t.c);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/duplicates/joins elsewhere", test_the_same_uid_joins_elsewhere);
  g_test_add_func("/edge/cluster/duplicates/both at once", test_both_at_once);
  g_test_add_func("/edge/cluster/duplicates/both at once, apart", test_both_at_once_in_a_partition);
  g_test_add_func("/edge/cluster/duplicates/moves", test_a_member_moves);
  g_test_add_func("/edge/cluster/duplicates/between two edges", test_between_two_edges);
  g_test_add_func("/edge/cluster/duplicates/moves to a new edge",
                  test_a_member_moves_to_an_edge_that_is_new_there);
  g_test_add_func("/edge/cluster/duplicates/lost answer", test_an_answer_is_lost);
  g_test_add_func("/edge/cluster/duplicates/left and joined", test_left_and_joined_elsewhere);
  g_test_add_func("/edge/cluster/duplicates/another role", test_moved_in_another_role);
  g_test_add_func("/edge/cluster/duplicates/ends", test_an_end_is_known_elsewhere);
  return g_test_run();
}
