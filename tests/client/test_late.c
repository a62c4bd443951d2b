/* what comes too late, or for another stay, changes nothing. */
#include "client/world.h"

/* The address of an attempt that is over starts nothing. */
static void test_address(void) {
  world *w = world_new();
  world_start(w);
  rj_address address = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 1}, .port = 1};
  rj_member_join(w->member, NULL, "demo", 1, w->now);
  uint32_t index = 99;
  g_assert_true(rj_member_wants_address(w->member, &index));
  g_assert_cmpuint(index, ==, 0);
  rj_member_leave(w->member, w->now);
  g_assert_false(rj_member_wants_address(w->member, &index));
  rj_member_set_address(w->member, 0, &address, w->now);
  rj_member_set_address(w->member, 7, &address, w->now);
  g_assert_null(world_link(w));
  /* and one that never comes is a timeout */
  rj_member_join(w->member, NULL, "demo", 1, w->now);
  g_assert_cmpint(rj_member_deadline(w->member), ==, w->now + 5 * SECOND);
  rj_member_wake(w->member, w->now + 5 * SECOND);
  g_assert_false(rj_member_wants_address(w->member, &index));
  world_free(w);
}

/* The answer of an attempt that timed out does not come; its connection is gone. */
static void test_answer(void) {
  world *w = world_new();
  world_join(w, "demo", 1);
  world_run(w, 70 * MS);
  w->cut_down = true; /* the answer is stuck */
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  rj_link *first = w->port->links->pdata[0];
  g_assert_true(first->freed);
  world_heal(w);
  world_run(w, 20 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_true(world_link(w) != first);
  world_free(w);
}

/* A removal of another session, on the session's own connection. */
static void test_removal(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_removed(w, 999, REASON_BANNED_BY_SERVER);
  world_removed(w, 0, REASON_SAME_UID_LOGIN);
  world_expect(w, "");
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_false(world_link(w)->closed);
  world_free(w);
}

/* News for the stay that was left, while its goodbye is under way and a new stay goes on. */
static void test_old_stay(void) {
  world *w = world_new();
  world_joined(w, 1);
  rj_link *old = world_link(w);
  w->cut_down = true;
  world_leave(w);
  w->cut_down = false;
  world_forget(w);
  world_join(w, "other", 1);
  world_forget(w);
  rj_control message = {.which_body = rejoin_Control_peer_joined_tag};
  message.body.peer_joined.uid = 5;
  world_say(w, old, &message);
  message = (rj_control){.which_body = rejoin_Control_removed_tag};
  message.body.removed.session = 1001;
  message.body.removed.reason = REASON_SAME_UID_LOGIN;
  world_say(w, old, &message);
  message = (rj_control){.which_body = rejoin_Control_join_answer_tag};
  message.body.join_answer.attempt = 1;
  message.body.join_answer.uid = 1;
  message.body.join_answer.session = 1001;
  world_say(w, old, &message);
  world_event(
      w, old,
      &(rj_link_event){.kind = RJ_LINK_MESSAGE, .data = (const uint8_t *)"\377", .length = 1});
  world_event(
      w, old,
      &(rj_link_event){.kind = RJ_LINK_DATAGRAM, .data = (const uint8_t *)"\1", .length = 1});
  world_expect(w, "");
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  world_run(w, 200 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_closed(w, world_link(w), RJ_CLOSED_TIMEOUT, 0);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* A proof on the attempt's connection before its answer is none of the session's. */
static void test_proof_of_attempt(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_run(w, 1350 * MS);
  int64_t o = w->now;
  world_cut(w);
  w->answer = ANSWER_NOTHING;
  world_run(w, 5 * SECOND);
  rj_link *attempt = world_link(w);
  world_event(w, attempt, &(rj_link_event){.kind = RJ_LINK_UP});
  world_event(w, attempt, &(rj_link_event){.kind = RJ_LINK_PROOF});
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_cmpint(rj_member_last_proof(w->member), ==, o);
  world_free(w);
}

/* A datagram for a connection that is gone. */
static void test_datagram(void) {
  world *w = world_new();
  world_joined(w, 1);
  rj_link *link = world_link(w);
  world_closed(w, link, RJ_CLOSED_RESET, 0);
  world_forget(w);
  rj_member_feed(w->member, &link->path, (const uint8_t *)&link->id, sizeof link->id, w->now);
  world_expect(w, "");
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/late/address", test_address);
  g_test_add_func("/client/late/answer", test_answer);
  g_test_add_func("/client/late/removal", test_removal);
  g_test_add_func("/client/late/old_stay", test_old_stay);
  g_test_add_func("/client/late/proof_of_attempt", test_proof_of_attempt);
  g_test_add_func("/client/late/datagram", test_datagram);
  return g_test_run();
}
