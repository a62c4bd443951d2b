/* A-4 at the member: told to move, it tries the other edges while its connection goes on. */
#include "client/world.h"

static const char first[] = "edge.example", second[] = "second.example";

/* Joined at the first of `urls` edges for long enough to have no backoff, with peers 2, 4 and 6. */
static world *settled(uint32_t urls) {
  world *w = world_new();
  w->config.url_count = urls;
  world_set_roster(w, 3, (uint32_t[]){2, 4, 6});
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  world_forget(w);
  g_assert_cmpstr(world_link(w)->server_name, ==, first);
  return w;
}

/* On the first connection of all. */
static void tell_to_move(world *w, uint32_t within_ms) {
  rj_control message = {.which_body = rejoin_Control_move_tag};
  message.body.move.within_ms = within_ms;
  world_say(w, w->port->links->pdata[0], &message);
}

/* A-4 P-10: another edge takes it over without an outage: no SM, and of the peers the difference alone. */
static void test_moves_without_an_outage(void) {
  world *w = settled(2);
  rj_link *old = world_link(w);
  uint64_t sessions = w->sessions;
  world_set_roster(w, 3, (uint32_t[]){3, 4, 6});
  tell_to_move(w, 10000);
  world_run(w, 600 * MS); /* up to 500 ms, and two round trips */
  rj_link *link = world_link(w);
  g_assert_true(link != old);
  g_assert_cmpstr(link->server_name, ==, second);
  g_assert_true(old->closed);
  g_assert_cmpint(old->code, ==, RJ_CLOSE_DONE);
  g_assert_cmpuint(w->sessions, ==, sessions); /* as the session that it is */
  g_assert_cmpuint(w->events->len, ==, 2);
  const rj_event_record *event = w->events->pdata[0];
  g_assert_cmpint(event->kind, ==, EVENT_USER_OFFLINE);
  g_assert_cmpuint(event->uid, ==, 2);
  event = w->events->pdata[1];
  g_assert_cmpint(event->kind, ==, EVENT_USER_JOINED);
  g_assert_cmpuint(event->uid, ==, 3);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpint(rj_member_last_proof(w->member), >=, link->dialled_at);

  /* there it stays, and its beats are proofs */
  world_run(w, 60 * SECOND);
  g_assert_true(world_link(w) == link);
  g_assert_cmpint(rj_member_last_proof(w->member), >, w->now - 2 * SECOND);
  g_assert_cmpuint(w->events->len, ==, 2);
  world_closed(w, link, RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpstr(world_link(w)->server_name, ==, second);
  world_free(w);
}

/* Without another edge it stays until its own closes. */
static void test_nowhere_to_go(void) {
  world *w = settled(1);
  tell_to_move(w, 10000);
  world_run(w, 30 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, 1);
  world_expect(w, "");
  int64_t t = w->now;
  world_closed(w, world_link(w), RJ_CLOSED_BY_PEER, RJ_CLOSE_RESTARTING);
  world_run(w, 200 * MS);
  world_expect_since(w, t,
                     "0 connection_changed 3>4 14\n"
                     "100 connection_changed 4>3 1\n"
                     "100 did_rejoin_channel demo 1 100\n");
  world_free(w);
}

/* The other one does not answer: it is tried again within the time, and then no more. */
static void test_the_other_is_silent(void) {
  world *w = settled(2);
  rj_link *old = world_link(w);
  w->answer = ANSWER_NOTHING;
  int64_t until = w->now + 20 * SECOND;
  tell_to_move(w, 20000);
  guint tried = 0;
  while (w->now < until + 60 * SECOND) {
    world_run(w, 100 * MS);
    for (; tried + 1 < w->port->links->len; tried++) {
      const rj_link *link = w->port->links->pdata[tried + 1];
      g_assert_cmpstr(link->server_name, ==, second);
      g_assert_cmpint(link->dialled_at, <=, until + 8 * SECOND);
    }
  }
  g_assert_cmpuint(tried, >=, 2);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_false(old->closed);
  world_expect(w, "");
  g_assert_cmpint(rj_member_deadline(w->member), <=,
                  w->now + 2 * SECOND); /* its beat, no attempt */

  /* told once more when the time is over already, it tries once more */
  tell_to_move(w, 0);
  world_run(w, 60 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, tried + 2);
  world_expect(w, "");
  world_free(w);
}

/* A refusal there is none here, and is not asked for twice. */
static void test_the_other_refuses(void) {
  static const uint32_t reasons[] = {REASON_TOO_MANY_BROADCASTERS, REASON_TOKEN_EXPIRED,
                                     REASON_INVALID_TOKEN, REASON_SAME_UID_LOGIN};
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
    world *w = settled(2);
    rj_link *old = world_link(w);
    w->answer = ANSWER_REFUSE;
    w->refuse_reason = reasons[i];
    tell_to_move(w, 60000);
    world_run(w, 50 * SECOND);
    world_expect(w, "");
    g_assert_cmpuint(w->port->links->len, ==, 2);
    g_assert_false(old->closed);
    world_free(w);
  }
  world *w = settled(2);
  tell_to_move(w, 60000);
  world_run(w, 501 * MS);
  world_closed(w, world_link(w), RJ_CLOSED_CERTIFICATE, 0);
  world_run(w, 50 * SECOND);
  world_expect(w, "");
  g_assert_cmpuint(w->port->links->len, ==, 2);
  world_free(w);
}

/* Section 5: "busy" is obeyed, however long it lasts; the edge that drains is never asked. */
static void test_the_other_is_busy(void) {
  world *w = settled(2);
  rj_link *old = world_link(w);
  w->answer = ANSWER_BUSY;
  w->busy_ms = 3000;
  w->elsewhere = true;
  tell_to_move(w, 1000);
  world_run(w, 600 * MS);
  rj_link *asked = world_link(w);
  g_assert_cmpstr(asked->server_name, ==, second);
  world_run(w, 30 * SECOND);
  g_assert_cmpuint(w->port->links->len, >=, 8);
  for (guint i = 1; i < w->port->links->len; i++) {
    const rj_link *link = w->port->links->pdata[i];
    g_assert_cmpstr(link->server_name, ==, second);
    if (i > 1)
      g_assert_cmpint(link->dialled_at, >=,
                      ((const rj_link *)w->port->links->pdata[i - 1])->dialled_at + 3 * SECOND);
  }
  world_expect(w, "");
  g_assert_false(old->closed);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 4 * SECOND);
  g_assert_true(old->closed);
  world_expect(w, "");
  world_free(w);
}

/* At most one RECONNECTING: the edge closes while the other one is being asked; what was asked goes on. */
static void test_closed_while_it_moves(void) {
  world *w = settled(2);
  rj_link *old = world_link(w);
  tell_to_move(w, 10000);
  while (world_link(w) == old)
    world_run(w, 1 * MS);
  rj_link *link = world_link(w);
  world_run(w, 30 * MS);
  int64_t t = w->now;
  world_closed(w, old, RJ_CLOSED_BY_PEER, RJ_CLOSE_RESTARTING);
  world_run(w, 1 * SECOND);
  g_assert_true(world_link(w) == link);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  const rj_event_record *event = w->events->pdata[0];
  g_assert_cmpint(event->reason, ==, REASON_KEEP_ALIVE_TIMEOUT);
  g_assert_cmpint(event->time, ==, t);
  g_assert_cmpuint(w->events->len, ==, 3); /* and back: CONNECTED, did_rejoin_channel */
  world_free(w);
}

/* N-2 falls due while the other edge is being asked; and the old connection wins, which is told again to move. */
static void test_silence_while_it_moves(void) {
  world *w = settled(2);
  w->answer = ANSWER_NOTHING;
  tell_to_move(w, 60000);
  world_run(w, 1 * SECOND);
  world_cut(w);
  int64_t o = rj_member_last_proof(w->member);
  world_run_until(w, o + 7 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_heal(w);
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  w->answer = ANSWER_ACCEPT;
  world_forget(w);
  world_run(w, 20 * SECOND);
  g_assert_cmpstr(world_link(w)->server_name, ==, second);
  g_assert_false(world_link(w)->closed);
  world_expect(w, "");
  world_free(w);
}

/* Told in an outage, it moves once the outage ended on the same connection. */
static void test_told_in_an_outage(void) {
  world *w = settled(2);
  rj_link *old = world_link(w);
  w->answer = ANSWER_NOTHING;
  world_cut(w);
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  tell_to_move(w, 60000);
  world_heal(w);
  while (rj_member_state(w->member) != STATE_CONNECTED)
    world_run(w, 1 * MS);
  g_assert_false(old->closed);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 10 * SECOND);
  g_assert_true(old->closed);
  g_assert_cmpstr(world_link(w)->server_name, ==, second);
  world_free(w);
}

/* S-25 S-15: leaving and removals end it. */
static void test_left_and_removed(void) {
  world *w = settled(2);
  w->answer = ANSWER_NOTHING;
  tell_to_move(w, 60000);
  world_run(w, 1 * SECOND);
  world_leave(w);
  world_run(w, 2 * SECOND);
  g_assert_cmpuint(w->goodbyes->len, >=, 1);
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  guint links = w->port->links->len;
  world_run(w, 60 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, links);
  world_free(w);

  w = settled(2);
  w->answer = ANSWER_NOTHING;
  rj_link *old = world_link(w);
  tell_to_move(w, 60000);
  world_run(w, 1 * SECOND);
  rj_control message = {.which_body = rejoin_Control_removed_tag};
  message.body.removed.session = 1001;
  message.body.removed.reason = REASON_BANNED_BY_SERVER;
  world_say(w, old, &message);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_FAILED);
  links = w->port->links->len;
  world_run(w, 60 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, links);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/move/without_an_outage", test_moves_without_an_outage);
  g_test_add_func("/client/move/nowhere_to_go", test_nowhere_to_go);
  g_test_add_func("/client/move/the_other_is_silent", test_the_other_is_silent);
  g_test_add_func("/client/move/the_other_refuses", test_the_other_refuses);
  g_test_add_func("/client/move/the_other_is_busy", test_the_other_is_busy);
  g_test_add_func("/client/move/closed_while_it_moves", test_closed_while_it_moves);
  g_test_add_func("/client/move/silence_while_it_moves", test_silence_while_it_moves);
  g_test_add_func("/client/move/told_in_an_outage", test_told_in_an_outage);
  g_test_add_func("/client/move/left_and_removed", test_left_and_removed);
  return g_test_run();
}
