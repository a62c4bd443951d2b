/* Members of one channel at several edges see each other as at one (SPEC section 4). */
#include <string.h>

#include "edge/cluster_rig.h"

/* P-1 P-2: the first one, whoever comes later, and whoever leaves, at whichever edge. */
static void test_joins_and_leaves(void) {
  cluster_rig c;
  cluster_begin(&c, 3, 1);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_run(&c, 50 * MS);
  cluster_member *two = cluster_join(&c, 1, 2);
  expect_seen(&c, two, ""); /* its edge has just begun to listen */
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2");
  expect_told(&c, two, "+1");
  cluster_member *three = cluster_join(&c, 1, 3);
  expect_seen(&c, three, "1 2");
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+3");
  cluster_member *four = cluster_join(&c, 2, 4);
  cluster_run(&c, 50 * MS);
  expect_seen(&c, four, "1 2 3");
  for (int i = 0; i < 3; i++)
    expect_everywhere(&c, i, "1 2 3 4");
  expect_told(&c, one, "+4");
  cluster_leave(&c, two);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "-2:0");
  expect_told(&c, four, "+1 +2 +3 -2:0");
  /* a lasting peace: nothing is repaired that is not broken */
  uint64_t repairs = cluster_counters(&c, 0).bus_repairs;
  cluster_run(&c, 60 * SECOND);
  expect_told(&c, one, "");
  g_assert_cmpuint(cluster_counters(&c, 0).bus_repairs, ==, repairs);
  g_assert_cmpuint(cluster_counters(&c, 0).bus_refused, ==, 0);
  g_assert_cmpuint(cluster_counters(&c, 0).edges, ==, 2);
  cluster_end(&c);
}

/* P-4: a silent member drops for the others 20 s after its own edge heard it last. */
static void test_a_silent_member_drops_everywhere(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 2);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2");
  int64_t heard = rj_server_last_heard(cluster_at(&c, 1)->server, NULL, "demo", 2);
  two->beats = false;
  cluster_run(&c, heard + 20 * SECOND - c.now - MS);
  expect_told(&c, one, "");
  cluster_run(&c, 10 * MS);
  expect_told(&c, one, "-2:1");
  cluster_end(&c);
}

/* P-6 P-7: in the live profile the others' edges know who is visible. */
static void test_the_audience_is_not_seen(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 3);
  rj_control request = cluster_request(&c, 1);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  cluster_member *one = cluster_ask(&c, 0, &request, NULL);
  cluster_run(&c, 50 * MS);
  request = cluster_request(&c, 2);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_AUDIENCE;
  cluster_member *two = cluster_ask(&c, 1, &request, NULL);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "");
  expect_told(&c, two, "+1");
  expect_everywhere(&c, 0, "1 2");
  rj_control role = {.which_body = rejoin_Control_set_role_tag};
  role.body.set_role = (rejoin_SetRole){.number = 1, .role = ROLE_BROADCASTER};
  rig_say(cluster_at(&c, 1), two->peer, &role);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2");
  role.body.set_role = (rejoin_SetRole){.number = 2, .role = ROLE_AUDIENCE};
  rig_say(cluster_at(&c, 1), two->peer, &role);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "-2:2");
  cluster_leave(&c, two);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "");
  cluster_end(&c);
}

/* P-11: who wants to know of interruptions hears of those at other edges. */
static void test_interruptions_cross_edges(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 4);
  cluster_member *two = cluster_join(&c, 1, 2);
  rj_control request = cluster_request(&c, 1);
  request.body.join_request.peer_interruptions = 1;
  cluster_member *one = cluster_ask(&c, 0, &request, NULL);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2");
  int64_t heard = rj_server_last_heard(cluster_at(&c, 1)->server, NULL, "demo", 2);
  two->beats = false;
  cluster_run(&c, heard + 4 * SECOND - c.now - MS);
  expect_told(&c, one, "");
  cluster_run(&c, 10 * MS);
  expect_told(&c, one, "?2");
  two->beats = true;
  cluster_run(&c, 2 * SECOND);
  expect_told(&c, one, "!2");
  cluster_end(&c);
}

/* the limits of a channel are those of all edges together. */
static void test_limits_count_everybody(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 5);
  c.limits.channel_members = 3;
  c.limits.channel_broadcasters = 2;
  for (int i = 0; i < 2; i++) {
    cluster_crash(&c, i);
    cluster_start(&c, i);
  }
  for (uint32_t uid = 1; uid <= 2; uid++) {
    rj_control request = cluster_request(&c, uid);
    request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
    g_assert_nonnull(cluster_ask(&c, (int)uid - 1, &request, NULL));
    cluster_run(&c, 50 * MS);
  }
  rejoin_JoinAnswer refused;
  rj_control request = cluster_request(&c, 3);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  g_assert_null(cluster_ask(&c, 1, &request, &refused));
  g_assert_cmpint(refused.reason, ==, REASON_TOO_MANY_BROADCASTERS);
  request.body.join_request.role = ROLE_AUDIENCE;
  g_assert_nonnull(cluster_ask(&c, 1, &request, NULL));
  cluster_run(&c, 50 * MS);
  request = cluster_request(&c, 4);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_AUDIENCE;
  g_assert_null(cluster_ask(&c, 0, &request, &refused));
  g_assert_cmpuint(refused.busy_ms, >, 0);
  /* the same uid from elsewhere makes its own room */
  request = cluster_request(&c, 1);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  g_assert_nonnull(cluster_ask(&c, 1, &request, NULL));
  cluster_end(&c);
}

/* Section 4: another profile than that of the channel is refused with 10, wherever its first member is. */
static void test_one_profile(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 6);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  rejoin_JoinAnswer refused;
  rj_control request = cluster_request(&c, 3);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  g_assert_null(cluster_ask(&c, 1, &request, &refused));
  g_assert_cmpint(refused.reason, ==, REASON_REJECTED_BY_SERVER);
  (void)one;
  cluster_end(&c);

  /* An edge that does not know the channel yet lets it in; then the older channel's profile holds. */
  cluster_begin(&c, 2, 7);
  one = cluster_join(&c, 0, 1);
  cluster_run(&c, 8 * SECOND); /* their clocks differ by 7 s */
  request = cluster_request(&c, 3);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  cluster_member *three = cluster_ask(&c, 1, &request, NULL);
  g_assert_nonnull(three);
  cluster_run(&c, 50 * MS);
  cluster_listen(&c, three);
  g_assert_true(three->removed); /* closed: it rejoins, and is refused */
  expect_told(&c, one, "");
  g_assert_false(cluster_move(&c, three, 1, &refused));
  g_assert_cmpint(refused.reason, ==, REASON_REJECTED_BY_SERVER);
  expect_everywhere(&c, 1, "1");
  cluster_end(&c);
}

/* Draws the given number first, and then as ever. */
typedef struct {
  uint64_t first;
  rj_random *random;
} loaded_dice;

static void roll(void *user, uint8_t *bytes, size_t length) {
  loaded_dice *dice = user;
  if (dice->first != 0 && length == sizeof dice->first) {
    memcpy(bytes, &dice->first, length);
    dice->first = 0;
  } else {
    rj_random_fill(dice->random, bytes, length);
  }
}

/* Section 5: a uid that the edge picks is free at all edges. */
static void test_picked_uids_are_free_everywhere(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 8);
  cluster_join(&c, 0, 77);
  cluster_join(&c, 1, 78);
  cluster_run(&c, 50 * MS);
  loaded_dice dice = {.first = 77, .random = &c.rigs[1].random};
  c.rigs[1].entropy = (rj_entropy){.fill = roll, .user = &dice};
  cluster_member *picked = cluster_join(&c, 1, 0);
  g_assert_cmpuint(dice.first, ==, 0);
  g_assert_cmpuint(picked->answer.uid, !=, 77);
  cluster_end(&c);
}

/* A page of a snapshot holds 128 members. */
static void test_many_members(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 9);
  c.delay_most = 30 * MS; /* pages overtake each other */
  for (uint32_t uid = 1; uid <= 200; uid++)
    cluster_join(&c, 0, uid)->beats = uid > 100;
  cluster_member *one = cluster_join(&c, 1, 1000);
  cluster_run(&c, 6 * SECOND);
  char *seen = cluster_seen(&c, one);
  g_assert_true(g_str_has_prefix(seen, "1 2 3 4"));
  g_assert_true(g_str_has_suffix(seen, "199 200"));
  g_free(seen);
  g_assert_cmpuint(g_hash_table_size(one->seen), ==, 200);
  cluster_run(&c, 30 * SECOND);
  cluster_listen(&c, one);
  g_assert_cmpuint(g_hash_table_size(one->seen), ==, 100);
  cluster_end(&c);
}

/* N-7: with its last member gone for a while the edge has no part in the channel any more. */
static void test_interest_ends(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 10);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  guint subjects = g_hash_table_size(c.subjects[1]);
  cluster_leave(&c, two);
  cluster_run(&c, 15 * SECOND);
  g_assert_cmpuint(g_hash_table_size(c.subjects[1]), ==, subjects - 1);
  cluster_join(&c, 1, 3);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2 -2:0 +3");
  expect_everywhere(&c, 1, "1 3");
  cluster_end(&c);
}

/* Its word that nobody is there any more gets lost: noticed by the digests that do not come. */
static void test_a_lost_end_of_interest(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 11);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_member *two = cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  c.loss = 1;
  cluster_leave(&c, two);
  cluster_run(&c, 3 * SECOND);
  expect_told(&c, one, "+2");
  c.loss = 0;
  cluster_run(&c, 8 * SECOND);
  expect_told(&c, one, "-2:0");
  cluster_end(&c);
}

/* One lost change is healed by the next one, or by the digest within its period (5 s). */
static void test_losses_heal(void) {
  cluster_rig c;
  cluster_begin(&c, 2, 12);
  cluster_member *one = cluster_join(&c, 0, 1);
  cluster_join(&c, 1, 2);
  cluster_run(&c, 50 * MS);
  expect_told(&c, one, "+2");
  c.loss = 1;
  cluster_join(&c, 1, 3);
  cluster_run(&c, 10 * MS);
  c.loss = 0;
  cluster_join(&c, 1, 4);
  cluster_run(&c, 10 * MS);
  expect_told(&c, one, "+3 +4");
  c.loss = 1;
  cluster_join(&c, 1, 5);
  cluster_run(&c, 10 * MS);
  c.loss = 0;
  expect_told(&c, one, "");
  cluster_run(&c, 5 * SECOND);
  expect_told(&c, one, "+5");
  cluster_end(&c);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/presence/joins and leaves", test_joins_and_leaves);
  g_test_add_func("/edge/cluster/presence/drop", test_a_silent_member_drops_everywhere);
  g_test_add_func("/edge/cluster/presence/audience", test_the_audience_is_not_seen);
  g_test_add_func("/edge/cluster/presence/interruptions", test_interruptions_cross_edges);
  g_test_add_func("/edge/cluster/presence/limits", test_limits_count_everybody);
  g_test_add_func("/edge/cluster/presence/profile", test_one_profile);
  g_test_add_func("/edge/cluster/presence/uids", test_picked_uids_are_free_everywhere);
  g_test_add_func("/edge/cluster/presence/many", test_many_members);
  g_test_add_func("/edge/cluster/presence/interest ends", test_interest_ends);
  g_test_add_func("/edge/cluster/presence/lost end of interest", test_a_lost_end_of_interest);
  g_test_add_func("/edge/cluster/presence/losses heal", test_losses_heal);
  return g_test_run();
}
