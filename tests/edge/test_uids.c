/* Uids that the edge picks: free, random, and resting for 20 min after use (SPEC section 5). */
#include <string.h>

#include "edge/edge_internal.h"
#include "edge/rig.h"

/* Says numbers of a list, then 1, 2, 3 …; as the edge's source of randomness it makes draws collide. */
typedef struct {
  const uint32_t *list;
  size_t count, next;
} listed;

static void fill_listed(void *user, uint8_t *bytes, size_t length) {
  listed *from = user;
  memset(bytes, 0, length);
  uint32_t number = from->next < from->count ? from->list[from->next] : (uint32_t)from->next;
  from->next++;
  memcpy(bytes, &number, MIN(length, sizeof number));
}

static void test_pick(void) {
  rj_uids uids;
  rj_uids_init(&uids);
  static const uint32_t draws[] = {0, 5, 5, 6, 5, 7, 5, 6};
  listed list = {.list = draws, .count = G_N_ELEMENTS(draws)};
  rj_entropy entropy = {.fill = fill_listed, .user = &list};
  g_assert_cmpuint(rj_uids_pick(&uids, NULL, &entropy, 0), ==, 5); /* never 0 */
  rj_uids_rest(&uids, 5, 100, 0);
  g_assert_cmpuint(rj_uids_pick(&uids, NULL, &entropy, 50), ==, 6);
  rj_uids_rest(&uids, 6, 150, 50);
  g_assert_cmpuint(rj_uids_pick(&uids, NULL, &entropy, 99), ==, 7);
  g_assert_cmpuint(rj_uids_pick(&uids, NULL, &entropy, 100), ==, 5);
  g_assert_true(rj_uids_resting(&uids, 6, 149));
  g_assert_false(rj_uids_resting(&uids, 6, 150));
  rj_uids_clear(&uids);
}

/* Put to rest anew: the later end counts. */
static void test_rest_anew(void) {
  rj_uids uids;
  rj_uids_init(&uids);
  rj_uids_rest(&uids, 5, 100, 0);
  rj_uids_rest(&uids, 5, 130, 30);
  g_assert_true(rj_uids_resting(&uids, 5, 110));
  g_assert_false(rj_uids_resting(&uids, 5, 130));
  rj_uids_clear(&uids);
}

static void test_rest_is_bounded(void) {
  rj_uids uids;
  rj_uids_init(&uids);
  for (uint32_t uid = 1; uid <= RJ_EDGE_ASSIGNED + 10; uid++)
    rj_uids_rest(&uids, uid, 1000, 0);
  g_assert_false(rj_uids_resting(&uids, 10, 0));
  g_assert_true(rj_uids_resting(&uids, 11, 0));
  rj_uids_clear(&uids);
}

/* When every draw is taken, the member is asked to come again. */
static void test_none_is_free(void) {
  rj_uids uids;
  rj_uids_init(&uids);
  static const uint32_t draws[RJ_EDGE_UID_DRAWS + 1] = {0};
  listed list = {.list = draws, .count = G_N_ELEMENTS(draws)};
  rj_entropy entropy = {.fill = fill_listed, .user = &list};
  g_assert_cmpuint(rj_uids_pick(&uids, NULL, &entropy, 0), ==, 0);
  rj_uids_clear(&uids);
}

/* Through the edge: picked uids are valid, distinct, and rest after the member left or was dropped. */
static void test_picked_by_the_edge(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer one, two;
  peer_id first = rig_joined(&rig, "demo", 0, 1, &one);
  rig_joined(&rig, "demo", 0, 2, &two);
  g_assert_cmpuint(one.uid, !=, 0);
  g_assert_cmpuint(two.uid, !=, 0);
  g_assert_cmpuint(one.uid, !=, two.uid);
  expect_joined(first, two.uid);
  rj_uids *uids = &rig.server->uids;
  g_assert_false(rj_uids_resting(uids, one.uid, rig.now));
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, first, &goodbye);
  int64_t left = rig.now;
  g_assert_true(rj_uids_resting(uids, one.uid, left));
  rig_run(&rig, 20 * SECOND);
  g_assert_true(rj_uids_resting(uids, two.uid, rig.now));

  /* its own member may have it back, and then it rests anew */
  rj_control request = rig_rejoin_request("demo", &two, 2);
  rejoin_JoinAnswer back;
  rig_ask(&rig, &request, &back);
  g_assert_cmpuint(back.uid, ==, two.uid);
  rig_run(&rig, 20 * SECOND);
  int64_t dropped = rig.now;
  rig_run_until(&rig, left + RJ_UID_QUARANTINE);
  g_assert_false(rj_uids_resting(uids, one.uid, rig.now));
  rig_run_until(&rig, dropped + RJ_UID_QUARANTINE - 1);
  g_assert_true(rj_uids_resting(uids, two.uid, rig.now));
  rig_run(&rig, 1);
  g_assert_false(rj_uids_resting(uids, two.uid, rig.now));

  rejoin_JoinAnswer own; /* one that the member chose does not rest */
  rig_joined(&rig, "demo", 77, 3, &own);
  rig_run(&rig, 20 * SECOND);
  g_assert_false(rj_uids_resting(uids, 77, rig.now));
  rig_end(&rig);
}

/* The own structs of an idle member stay small. */
static void test_size_of_a_member(void) {
  g_assert_cmpuint(sizeof(rj_session) + sizeof(rj_connection) + 2 * 32, <=, 1536);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/uids/pick", test_pick);
  g_test_add_func("/edge/uids/rest anew", test_rest_anew);
  g_test_add_func("/edge/uids/rest is bounded", test_rest_is_bounded);
  g_test_add_func("/edge/uids/none is free", test_none_is_free);
  g_test_add_func("/edge/uids/picked by the edge", test_picked_by_the_edge);
  g_test_add_func("/edge/uids/size of a member", test_size_of_a_member);
  return g_test_run();
}
