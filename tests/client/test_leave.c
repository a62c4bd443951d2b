/* Leaving: S-25 to S-30, the goodbye in the background, P-2's hint for the next join. */
#include "client/world.h"

static uint64_t goodbye(const world *w, guint index) {
  g_assert_cmpuint(index, <, w->goodbyes->len);
  return g_array_index(w->goodbyes, uint64_t, index);
}

/* S-25: at once; the goodbye is acknowledged a round trip later, and then the connection is closed */
static void test_connected(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  world_joined(w, 1);
  world_run(w, 3 * SECOND);
  int64_t t = w->now;
  rj_link *link = world_link(w);
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  const rj_event_record *left = w->events->pdata[1];
  g_assert_cmpint(left->stats.duration, ==, 3 * SECOND);
  g_assert_cmpuint(left->stats.members, ==, 2);
  g_assert_cmpuint(left->stats.attempts, ==, 1);
  world_expect_since(w, t, "0 connection_changed 3>1 5\n0 did_leave_channel\n");
  g_assert_false(rj_member_is_quiet(w->member));
  world_run(w, 49 * MS);
  g_assert_false(link->closed);
  world_run(w, 1 * MS);
  g_assert_true(link->closed && link->freed);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_DONE);
  g_assert_cmpuint(w->goodbyes->len, ==, 1);
  g_assert_cmpuint(goodbye(w, 0), ==, 1001);
  g_assert_true(rj_member_is_quiet(w->member));
  g_assert_cmpint(rj_member_deadline(w->member), ==, RJ_NEVER);
  world_run(w, 30 * MINUTE);
  world_expect(w, ""); /* the roster went without events */
  world_free(w);
}

static guint goodbyes_sent(const rj_link *link) {
  guint count = 0;
  for (guint i = 0; i < link->sent->len; i++) {
    const rj_control *message = g_ptr_array_index(link->sent, i);
    count += message->which_body == rejoin_Control_goodbye_tag;
  }
  return count;
}

/* S-25: at most a second, in which it is said again and again, and the close says it, too; P-2: the next join names the session whose goodbye is not known to have arrived */
static void test_cut(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_cut(w);
  int64_t t = w->now;
  rj_link *link = world_link(w);
  world_leave(w);
  g_assert_cmpuint(goodbyes_sent(link), ==, 1);
  world_run_until(w, t + 1 * SECOND - 1);
  g_assert_false(link->closed);
  g_assert_cmpuint(goodbyes_sent(link), ==, 8);
  world_run_until(w, t + 1 * SECOND);
  g_assert_true(link->closed && link->freed);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_LEFT);
  g_assert_true(rj_member_is_quiet(w->member));
  world_heal(w);
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 1001);
  g_assert_false(world_last_request(w)->has_resume);
  /* it has been told now */
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 0);
  world_free(w);
}

/* P-2: leave and join at once: the join names the session, whichever packet arrives first */
static void test_leave_and_join(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_leave(w);
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 1001);
  /* acknowledged before the join: nothing to name */
  world_leave(w);
  world_run(w, 60 * MS);
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 0);
  g_assert_cmpuint(w->goodbyes->len, ==, 2);
  world_free(w);
}

/* the edge that closes after the goodbye has heard it */
static void test_closed_by_peer(void) {
  world *w = world_new();
  world_joined(w, 1);
  w->cut_down = true;
  world_leave(w);
  world_closed(w, world_link(w), RJ_CLOSED_BY_PEER, RJ_CLOSE_DONE);
  g_assert_true(rj_member_is_quiet(w->member));
  world_heal(w);
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 0);
  world_free(w);
}

/* S-26: at every moment of a join; did_join_channel never comes, also if the accept is on its way */
static void test_connecting(void) {
  for (int64_t after = 0; after < 100; after += 5) {
    world *w = world_new();
    int64_t t = w->now;
    world_join(w, "demo", 1);
    world_run(w, after * MS);
    world_forget(w);
    g_assert_cmpint(world_leave(w), ==, STATUS_OK);
    world_run(w, 5 * SECOND);
    char *lines = g_strdup_printf("%d connection_changed 2>1 5\n%d did_leave_channel\n", (int)after,
                                  (int)after);
    world_expect_since(w, t, lines);
    g_free(lines);
    g_assert_true(rj_member_is_quiet(w->member));
    g_assert_cmpuint(fake_alive(w->port), ==, 0);
    /* where the request went, the goodbye follows it */
    g_assert_cmpuint(w->goodbyes->len, ==, w->requests->len);
    if (w->goodbyes->len > 0)
      g_assert_cmpuint(goodbye(w, 0), ==, 0);
    world_free(w);
  }
}

/* S-26 P-2: the late accept tells which session it was */
static void test_late_accept_is_named(void) {
  world *w = world_new();
  world_join(w, "demo", 1);
  world_run(w, 80 * MS); /* accepted at the edge, the answer on its way */
  world_leave(w);
  world_run(w, 25 * MS); /* the answer came, the goodbye is not acknowledged */
  world_join(w, "demo", 1);
  world_run(w, 100 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(world_last_request(w)->left_session, ==, 1001);
  world_free(w);
}

/* what left without an answer is named by its join id, so that its request changes nothing when it comes late */
static void test_unanswered_is_named(void) {
  world *w = world_new();
  w->answer = ANSWER_NOTHING;
  world_join(w, "demo", 1);
  world_run(w, 60 * MS); /* asked */
  world_leave(w);
  world_join(w, "demo", 1);
  world_run(w, 80 * MS);
  const rejoin_JoinRequest *first = world_request(w, 0), *second = world_last_request(w);
  g_assert_cmpuint(w->requests->len, ==, 2);
  g_assert_cmpuint(first->left_joins_count, ==, 0);
  g_assert_cmpuint(second->left_joins_count, ==, 1);
  g_assert_cmpmem(second->left_joins[0], 16, first->join_id, 16);
  /* acknowledged: it cannot come late any more */
  world_run(w, 1 * SECOND);
  w->answer = ANSWER_ACCEPT;
  world_leave(w);
  world_run(w, 1 * SECOND);
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->left_joins_count, ==, 0);
  world_free(w);
}

/* S-26: an attempt that has not asked yet leaves nothing behind at the edge, and needs no goodbye */
static void test_not_asked_yet(void) {
  world *w = world_new();
  world_join(w, "demo", 1);
  world_run(w, 10 * MS);
  world_leave(w);
  g_assert_true(rj_member_is_quiet(w->member));
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  world_free(w);
}

/* S-27: the goodbye goes out on the old connection and on the attempt's */
static void test_reconnecting(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_cut(w);
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_forget(w);
  int64_t t = w->now;
  world_heal(w);
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  world_run(w, 5 * SECOND);
  world_expect_since(w, t, "0 connection_changed 4>1 5\n0 did_leave_channel\n");
  g_assert_cmpuint(w->goodbyes->len, >=, 2);
  g_assert_cmpuint(goodbye(w, 0), ==, 1001);
  for (guint i = 1; i < w->goodbyes->len; i++) /* again until its handshake was complete */
    g_assert_cmpuint(goodbye(w, i), ==, 0);
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  world_free(w);
}

/* S-27: nothing left to say it on */
static void test_long_gone(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_cut(w);
  world_run(w, 60 * SECOND);
  world_forget(w);
  int64_t t = w->now;
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  world_run(w, 1 * SECOND);
  world_expect_since(w, t, "0 connection_changed 4>1 5\n0 did_leave_channel\n");
  g_assert_true(rj_member_is_quiet(w->member));
  world_free(w);
}

/* S-29 */
static void test_disconnected(void) {
  world *w = world_new();
  world_start(w);
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  world_joined(w, 1);
  world_leave(w);
  world_forget(w);
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  world_expect(w, "");
  world_free(w);
}

/* a third farewell ends the oldest at once */
static void test_many_farewells(void) {
  world *w = world_new();
  for (int i = 0; i < 5; i++) {
    world_heal(w);
    world_joined(w, 1);
    world_cut(w);
    world_leave(w);
    g_assert_cmpuint(fake_alive(w->port), <=, RJ_FAREWELLS_MAX);
  }
  rj_link *oldest = w->port->links->pdata[2];
  g_assert_true(oldest->closed);
  g_assert_cmpuint(oldest->packets_after_close, ==, 1);
  world_run(w, 2 * SECOND);
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  world_free(w);
}

/* S-30: as leave, without events; and free at any moment */
static void test_retire(void) {
  world *w = world_new();
  world_joined(w, 1);
  rj_member_retire(w->member, w->now);
  world_pump(w);
  g_assert_false(rj_member_is_quiet(w->member));
  world_run(w, 100 * MS);
  g_assert_true(rj_member_is_quiet(w->member));
  world_expect(w, "");
  g_assert_cmpuint(w->goodbyes->len, ==, 1);
  world_free(w);
  for (int64_t after = 0; after < 30000; after += 333) {
    w = world_new();
    world_join(w, "demo", 1);
    world_run(w, 1500 * MS);
    world_cut(w);
    world_run(w, after * MS);
    if (after % 2)
      rj_member_retire(w->member, w->now);
    world_free(w); /* checks that no connection is left */
  }
}

/* a host that does not write loses a last packet, and nothing else */
static void test_never_written(void) {
  world *w = world_new();
  world_joined(w, 1);
  for (int i = 0; i < 20; i++) {
    rj_member_leave(w->member, w->now);
    rj_member_join(w->member, NULL, "demo", 1, w->now);
    uint32_t index;
    g_assert_true(rj_member_wants_address(w->member, &index));
    rj_address address = {.family = RJ_ADDRESS_IPV4};
    rj_member_set_address(w->member, index, &address, w->now);
  }
  g_assert_cmpuint(fake_alive(w->port), <=, 1 + RJ_FAREWELLS_MAX + RJ_CLOSING_MAX);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/leave/connected", test_connected);
  g_test_add_func("/client/leave/cut", test_cut);
  g_test_add_func("/client/leave/leave_and_join", test_leave_and_join);
  g_test_add_func("/client/leave/closed_by_peer", test_closed_by_peer);
  g_test_add_func("/client/leave/connecting", test_connecting);
  g_test_add_func("/client/leave/late_accept_is_named", test_late_accept_is_named);
  g_test_add_func("/client/leave/unanswered_is_named", test_unanswered_is_named);
  g_test_add_func("/client/leave/not_asked_yet", test_not_asked_yet);
  g_test_add_func("/client/leave/reconnecting", test_reconnecting);
  g_test_add_func("/client/leave/long_gone", test_long_gone);
  g_test_add_func("/client/leave/disconnected", test_disconnected);
  g_test_add_func("/client/leave/many_farewells", test_many_farewells);
  g_test_add_func("/client/leave/retire", test_retire);
  g_test_add_func("/client/leave/never_written", test_never_written);
  return g_test_run();
}
