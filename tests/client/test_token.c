/* Tokens and roles as far as a member sees them: S-15 to S-22, S-31. */
#include "client/world.h"

static void join_with(world *w, const char *token) {
  world_start(w);
  g_assert_cmpint(rj_member_join(w->member, token, "demo", 1, w->now), ==, STATUS_OK);
  world_pump(w);
}

static void check_removed(uint32_t reason, const char *lines) {
  world *w = world_new();
  world_set_roster(w, 1, (uint32_t[]){2});
  world_joined(w, 1);
  int64_t t = w->now;
  rj_link *link = world_link(w);
  world_removed(w, 1001, reason);
  world_run(w, 30 * MINUTE); /* no retry */
  world_expect_since(w, t, lines);
  g_assert_true(link->closed);
  g_assert_cmpuint(w->requests->len, ==, 1);
  g_assert_cmpuint(w->goodbyes->len, ==, 0);
  world_free(w);
}

/* S-15 S-16 S-18 */
static void test_removed(void) {
  check_removed(3, "0 connection_changed 3>5 3\n");
  check_removed(19, "0 connection_changed 3>5 19\n");
  check_removed(9, "0 connection_changed 3>5 9\n0 request_token\n");
}

/* S-15 in 4 */
static void test_removed_in_outage(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_cut(w);
  world_run(w, 6 * SECOND);
  world_forget(w);
  rj_control message = {.which_body = rejoin_Control_removed_tag};
  message.body.removed.session = 1001;
  message.body.removed.reason = REASON_BANNED_BY_SERVER;
  world_say(w, w->port->links->pdata[0], &message);
  world_expect_since(w, w->now, "0 connection_changed 4>5 3\n");
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  world_free(w);
}

/* S-17 N-6 */
static void test_warning(void) {
  world *w = world_new();
  w->privilege_ms = 100000;
  join_with(w, "one");
  world_run(w, 100 * MS);
  int64_t t = w->now;
  world_forget(w);
  world_run(w, 69999 * MS);
  world_expect(w, "");
  world_run(w, 200 * SECOND);
  world_expect_since(w, t, "70000 token_privilege_will_expire one\n"); /* once per token */
  world_free(w);
  /* less than 30 s left: right after did_join_channel */
  w = world_new();
  w->privilege_ms = 20000;
  world_set_roster(w, 1, (uint32_t[]){2});
  t = w->now;
  join_with(w, "one");
  world_run(w, 60 * SECOND);
  world_expect_since(w, t,
                     "0 connection_changed 1>2 0\n"
                     "100 connection_changed 2>3 1\n"
                     "100 did_join_channel demo 1 100\n"
                     "100 token_privilege_will_expire one\n"
                     "100 user_joined 2 100\n");
  /* a rejoin with the same token does not warn again */
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->events->len, ==, 3);
  world_free(w);
}

/* S-20 */
static void test_renewed(void) {
  world *w = world_new();
  w->privilege_ms = 100000;
  join_with(w, "one");
  world_run(w, 100 * MS);
  world_forget(w);
  int64_t t = w->now;
  g_assert_cmpint(rj_member_renew_token(w->member, "two", t), ==, STATUS_OK);
  g_assert_cmpint(rj_member_renew_token(w->member, "three", t), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 80 * SECOND);
  world_expect_since(w, t,
                     "0 renew_token_result two 6\n"
                     "50 renew_token_result three 0\n"
                     "70050 token_privilege_will_expire three\n");
  /* refused: the old one stays in force */
  w->renew_code = 3;
  t = w->now;
  g_assert_cmpint(rj_member_renew_token(w->member, "four", t), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 1 * SECOND);
  world_expect_since(w, t, "50 renew_token_result four 3\n");
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpstr(world_last_request(w)->token, ==, "three");
  world_free(w);
}

/* S-21: kept in 1, 2 and 4 */
static void test_kept(void) {
  world *w = world_new();
  world_start(w);
  g_assert_cmpint(rj_member_renew_token(w->member, "kept", w->now), ==, STATUS_OK);
  world_leave(w); /* S-29: nothing */
  world_joined(w, 1);
  g_assert_cmpstr(world_request(w, 0)->token, ==, "kept");
  /* 4, the rejoin by an attempt */
  world_run(w, 11750 * MS);
  world_cut(w);
  world_run(w, 25 * SECOND);
  g_assert_cmpint(rj_member_renew_token(w->member, "newer", w->now), ==, STATUS_OK);
  for (guint before = w->port->links->len; w->port->links->len == before;)
    world_run(w, 1 * MS);
  world_heal(w);
  world_run(w, 14 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpstr(world_last_request(w)->token, ==, "newer");
  g_assert_cmpuint(w->others->len, ==, 0);
  /* 4, on the old connection: then it goes out as a renewal */
  world_run(w, 12 * SECOND);
  world_cut(w);
  w->answer = ANSWER_NOTHING;
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_cmpint(rj_member_renew_token(w->member, "newest", w->now), ==, STATUS_OK);
  world_heal(w);
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->others->len, ==, 2); /* RosterRequest, RenewToken */
  const rj_control *renewal = w->others->pdata[1];
  g_assert_cmpstr(renewal->body.renew_token.token, ==, "newest");
  /* a leave ends it: the next join has none */
  w->answer = ANSWER_ACCEPT;
  world_leave(w);
  world_joined(w, 1);
  g_assert_cmpstr(world_last_request(w)->token, ==, "");
  world_free(w);
}

/* S-21: a refusal of an older token is not final */
static void test_refused_older(void) {
  world *w = world_new();
  w->answer = ANSWER_REFUSE;
  w->refuse_reason = REASON_TOKEN_EXPIRED;
  int64_t t = w->now;
  join_with(w, "old");
  world_run(w, 80 * MS);
  g_assert_cmpint(rj_member_renew_token(w->member, "new", w->now), ==, STATUS_OK);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 20 * MS);
  g_assert_cmpint(world_link(w)->dialled_at, ==, w->now);
  world_run(w, 100 * MS);
  world_expect_since(w, t,
                     "0 connection_changed 1>2 0\n"
                     "200 connection_changed 2>3 1\n"
                     "200 did_join_channel demo 1 200\n");
  g_assert_cmpstr(world_last_request(w)->token, ==, "new");
  world_free(w);
}

/* S-20 S-21: a renewal that an outage cut off goes with the rejoin where the old token is refused, else after it */
static void test_renewal_cut_off(void) {
  world *w = world_new();
  join_with(w, "old");
  world_run(w, 11750 * MS);
  world_cut(w);
  g_assert_cmpint(rj_member_renew_token(w->member, "new", w->now), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 25 * SECOND);
  world_forget(w);
  world_heal(w);
  world_run(w, 14 * SECOND);
  g_assert_cmpstr(world_last_request(w)->token, ==, "old");
  g_assert_cmpuint(w->events->len, ==, 3);
  const rj_event_record *result = w->events->pdata[2];
  g_assert_cmpint(result->kind, ==, EVENT_RENEW_TOKEN_RESULT);
  g_assert_cmpstr(result->text, ==, "new");
  world_free(w);

  w = world_new();
  join_with(w, "old");
  world_run(w, 11750 * MS);
  world_cut(w);
  g_assert_cmpint(rj_member_renew_token(w->member, "new", w->now), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 25 * SECOND);
  world_forget(w);
  w->answer = ANSWER_REFUSE;
  w->refuse_reason = REASON_TOKEN_EXPIRED;
  world_heal(w);
  guint asked = w->requests->len;
  while (w->requests->len == asked)
    world_run(w, 1 * MS);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 1 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpstr(world_last_request(w)->token, ==, "new");
  result = w->events->pdata[2];
  g_assert_cmpint(result->kind, ==, EVENT_RENEW_TOKEN_RESULT);
  g_assert_cmpint(result->code, ==, 0);
  world_free(w);
}

/* S-22 */
static void test_revived(void) {
  for (int dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    world *w = world_new();
    w->config.dialect = dialect;
    w->answer = ANSWER_REFUSE;
    w->refuse_reason = REASON_TOKEN_EXPIRED;
    join_with(w, "old");
    world_run(w, 1 * SECOND);
    world_forget(w);
    int64_t t = w->now;
    w->answer = ANSWER_ACCEPT;
    int32_t status = rj_member_renew_token(w->member, "new", t);
    world_pump(w);
    world_run(w, 1 * SECOND);
    if (dialect == DIALECT_3X) {
      g_assert_cmpint(status, ==, STATUS_INVALID_STATE);
      world_expect(w, "");
    } else {
      g_assert_cmpint(status, ==, STATUS_OK);
      world_expect_since(w, t,
                         "0 connection_changed 5>2 12\n"
                         "100 connection_changed 2>3 1\n"
                         "100 did_join_channel demo 1 100\n");
      g_assert_cmpstr(world_last_request(w)->token, ==, "new");
    }
    world_free(w);
  }
  /* for another reason: -8 */
  world *w = world_new();
  w->config.dialect = DIALECT_4X;
  w->answer = ANSWER_REFUSE;
  w->refuse_reason = REASON_INVALID_TOKEN;
  join_with(w, "old");
  world_run(w, 1 * SECOND);
  g_assert_cmpint(rj_member_renew_token(w->member, "new", w->now), ==, STATUS_INVALID_STATE);
  world_free(w);
}

/* S-31 */
static void test_role(void) {
  world *w = world_new();
  w->config.profile = PROFILE_LIVE_BROADCASTING;
  w->config.role = ROLE_AUDIENCE;
  world_start(w);
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_BROADCASTER, w->now), ==,
                  STATUS_OK); /* kept */
  world_joined(w, 1);
  g_assert_cmpuint(world_request(w, 0)->role, ==, ROLE_BROADCASTER);
  int64_t t = w->now;
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_AUDIENCE, w->now), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 100 * MS);
  world_expect_since(w, t, "50 client_role_changed 1>2\n");
  w->role_reason = REASON_TOO_MANY_BROADCASTERS;
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_BROADCASTER, w->now), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 100 * MS);
  world_expect_since(w, t, "150 client_role_change_failed 20 1\n");
  /* kept in 4 for the next attempt */
  world_run(w, 11 * SECOND);
  w->answer = ANSWER_NOTHING;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  w->answer = ANSWER_ACCEPT;
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_BROADCASTER, w->now), ==, STATUS_OK);
  w->role_reason = 0;
  world_run(w, 1 * SECOND);
  const rj_event_record *last = w->events->pdata[w->events->len - 1];
  g_assert_cmpint(last->kind, ==, EVENT_CLIENT_ROLE_CHANGED);
  g_assert_cmpint(last->role, ==, ROLE_BROADCASTER);
  /* kept before the attempt begins: it goes with it, and the answer tells */
  world_run(w, 11 * SECOND);
  world_cut(w);
  world_run(w, 25 * SECOND);
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_AUDIENCE, w->now), ==, STATUS_OK);
  for (guint before = w->port->links->len; w->port->links->len == before;)
    world_run(w, 1 * MS);
  world_heal(w);
  guint others = w->others->len;
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(w->others->len, ==, others);
  last = w->events->pdata[w->events->len - 1];
  g_assert_cmpint(last->kind, ==, EVENT_CLIENT_ROLE_CHANGED);
  g_assert_cmpint(last->role, ==, ROLE_AUDIENCE);
  world_free(w);
  /* communication: 0, no event, nothing sent */
  w = world_new();
  world_joined(w, 1);
  g_assert_cmpint(rj_member_set_role(w->member, ROLE_AUDIENCE, w->now), ==, STATUS_OK);
  world_pump(w);
  world_run(w, 1 * SECOND);
  world_expect(w, "");
  g_assert_cmpuint(w->others->len, ==, 0);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/token/removed", test_removed);
  g_test_add_func("/client/token/removed_in_outage", test_removed_in_outage);
  g_test_add_func("/client/token/warning", test_warning);
  g_test_add_func("/client/token/renewed", test_renewed);
  g_test_add_func("/client/token/kept", test_kept);
  g_test_add_func("/client/token/refused_older", test_refused_older);
  g_test_add_func("/client/token/renewal_cut_off", test_renewal_cut_off);
  g_test_add_func("/client/token/revived", test_revived);
  g_test_add_func("/client/token/role", test_role);
  return g_test_run();
}
