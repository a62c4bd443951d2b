/* Joining: S-1 to S-7, the attempts of a join, busy answers, assigned uids. */
#include "client/world.h"

/* S-1 S-3 P-1 R-3 */
static void test_accepted(void) {
  world *w = world_new();
  world_set_roster(w, 3, (uint32_t[]){2, 5, 4000000000u});
  int64_t called = w->now;
  g_assert_cmpint(world_join(w, "demo", 1), ==, STATUS_OK);
  world_expect_since(w, called, "0 connection_changed 1>2 0\n");
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  world_run(w, 1 * SECOND);
  world_expect_since(w, called,
                     "100 connection_changed 2>3 1\n"
                     "100 did_join_channel demo 1 100\n"
                     "100 user_joined 2 100\n"
                     "100 user_joined 5 100\n"
                     "100 user_joined 4000000000 100\n");
  g_assert_cmpuint(rj_member_uid(w->member), ==, 1);
  g_assert_cmpint(rj_member_last_proof(w->member), ==, called + 100 * MS);
  const rejoin_JoinRequest *request = world_request(w, 0);
  g_assert_cmpuint(request->version, ==, RJ_PROTOCOL_VERSION);
  g_assert_cmpuint(request->attempt, ==, 1);
  g_assert_cmpstr(request->app_id, ==, "app");
  g_assert_cmpstr(request->channel, ==, "demo");
  g_assert_cmpuint(request->uid, ==, 1);
  g_assert_cmpuint(request->role, ==, ROLE_BROADCASTER);
  g_assert_false(request->has_resume);
  g_assert_cmpstr(world_link(w)->server_name, ==, "edge.example");
  world_peer_joined(w, 9);
  world_expect_since(w, called, "1000 user_joined 9 1000\n");
  world_peer_offline(w, 5, OFFLINE_QUIT);
  world_expect_since(w, called, "1000 user_offline 5 0\n");
  world_free(w);
}

/* S-4 */
static void test_join_again(void) {
  world *w = world_new();
  world_join(w, "demo", 1);
  world_forget(w);
  g_assert_cmpint(world_join(w, "demo", 1), ==, STATUS_JOIN_CHANNEL_REJECTED);
  world_run(w, 100 * MS);
  world_forget(w);
  g_assert_cmpint(world_join(w, "other", 2), ==, STATUS_JOIN_CHANNEL_REJECTED);
  world_cut(w);
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_forget(w);
  g_assert_cmpint(world_join(w, "other", 2), ==, STATUS_JOIN_CHANNEL_REJECTED);
  world_expect(w, "");
  /* nothing of the rejected calls is kept */
  world_heal(w);
  world_run(w, 14 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpstr(world_last_request(w)->channel, ==, "demo");
  g_assert_cmpuint(rj_member_uid(w->member), ==, 1);
  world_free(w);
}

static void check_refusal(uint32_t reason, const char *lines) {
  world *w = world_new();
  w->answer = ANSWER_REFUSE;
  w->refuse_reason = reason;
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 30 * MINUTE); /* terminal: no retry */
  world_expect_since(w, called, lines);
  g_assert_cmpuint(w->requests->len, ==, 1);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_FAILED);
  g_assert_cmpint(rj_member_deadline(w->member), ==, RJ_NEVER);
  g_assert_true(rj_member_is_quiet(w->member));
  /* S-5 */
  g_assert_cmpint(world_join(w, "demo", 1), ==, STATUS_JOIN_CHANNEL_REJECTED);
  world_expect(w, "");
  /* S-28: after leave, join works again */
  called = w->now;
  g_assert_cmpint(world_leave(w), ==, STATUS_OK);
  world_expect_since(w, called, "0 connection_changed 5>1 5\n0 did_leave_channel\n");
  w->answer = ANSWER_ACCEPT;
  world_joined(w, 1);
  world_free(w);
}

/* S-6 S-5 S-28 */
static void test_refused(void) {
  check_refusal(3, "0 connection_changed 1>2 0\n100 connection_changed 2>5 3\n");
  check_refusal(6, "0 connection_changed 1>2 0\n100 connection_changed 2>5 6\n");
  check_refusal(7, "0 connection_changed 1>2 0\n100 connection_changed 2>5 7\n");
  check_refusal(8, "0 connection_changed 1>2 0\n100 connection_changed 2>5 8\n");
  check_refusal(9, "0 connection_changed 1>2 0\n100 connection_changed 2>5 9\n100 request_token\n");
  check_refusal(10, "0 connection_changed 1>2 0\n100 connection_changed 2>5 10\n");
  check_refusal(20, "0 connection_changed 1>2 0\n100 connection_changed 2>5 20\n");
  check_refusal(24, "0 connection_changed 1>2 0\n100 connection_changed 2>5 24\n");
}

static void check_closed(rj_closed_how how, const char *lines) {
  world *w = world_new();
  world_cut(w);
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 40 * MS);
  world_closed(w, world_link(w), how, 0);
  world_run(w, 30 * MINUTE);
  world_expect_since(w, called, lines);
  g_assert_cmpuint(w->port->links->len, ==, 1);
  world_free(w);
}

/* S-6: 22, and 10 for another protocol version */
static void test_refused_below(void) {
  check_closed(RJ_CLOSED_CERTIFICATE, "0 connection_changed 1>2 0\n40 connection_changed 2>5 22\n");
  check_closed(RJ_CLOSED_VERSION, "0 connection_changed 1>2 0\n40 connection_changed 2>5 10\n");
}

/* S-7 N-3 N-5: unreachable from the start */
static void test_unreachable(void) {
  world *w = world_new();
  world_cut(w);
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 60 * MINUTE);
  world_expect_since(w, called,
                     "0 connection_changed 1>2 0\n"
                     "10000 connection_lost\n"
                     "1200000 connection_changed 2>5 4\n");
  guint dialled = w->port->links->len;
  g_assert_cmpuint(dialled, >, 1200 / 13); /* 5 s and at most 8 s each */
  g_assert_cmpuint(dialled, <=, 1200 / 5 + 1);
  for (guint i = 1; i < dialled; i++) {
    const rj_link *before = w->port->links->pdata[i - 1], *link = w->port->links->pdata[i];
    int64_t cap = i < 5 ? (500 * MS) << (i - 1) : 8 * SECOND; /* section 5: n from 0 */
    g_assert_cmpint(link->dialled_at, >=, before->dialled_at + 5 * SECOND);
    g_assert_cmpint(link->dialled_at, <=, before->dialled_at + 5 * SECOND + cap);
    g_assert_cmpint(link->dialled_at, <, called + 20 * MINUTE);
  }
  g_assert_cmpuint(w->requests->len, ==, 0);
  world_free(w);
}

/* S-7 S-3: reachable after a while; all attempts carry the same join id, R-6: only the living one counts */
static void test_reachable_later(void) {
  world *w = world_new();
  w->answer = ANSWER_NOTHING;
  int64_t called = w->now;
  world_join(w, "demo", 0);
  world_run(w, 12 * SECOND);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 13 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(rj_member_uid(w->member), ==, 4711);
  g_assert_cmpuint(w->requests->len, >=, 3);
  for (guint i = 0; i < w->requests->len; i++) {
    g_assert_cmpuint(world_request(w, i)->attempt, ==, i + 1);
    g_assert_cmpmem(world_request(w, i)->join_id, 16, world_request(w, 0)->join_id, 16);
    g_assert_cmpuint(world_request(w, i)->uid, ==, 0);
  }
  g_assert_cmpint(rj_member_last_proof(w->member), >, called + 12 * SECOND);
  /* the next stay has another id */
  world_leave(w);
  world_run(w, 2 * SECOND);
  world_joined(w, 0);
  g_assert_cmpint(memcmp(world_last_request(w)->join_id, world_request(w, 0)->join_id, 16), !=, 0);
  world_free(w);
}

/* section 5: busy is obeyed, plus jitter, and no failure */
static void test_busy(void) {
  world *w = world_new();
  w->answer = ANSWER_BUSY;
  w->busy_ms = 3000;
  w->config.attempts = true;
  world_join(w, "demo", 1);
  world_run(w, 20 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  g_assert_cmpuint(w->requests->len, >=, 4);
  for (guint i = 1; i < w->port->links->len; i++) {
    const rj_link *before = w->port->links->pdata[i - 1], *link = w->port->links->pdata[i];
    g_assert_cmpint(link->dialled_at - before->dialled_at, >=, 3100 * MS);
    g_assert_cmpint(link->dialled_at - before->dialled_at, <=, 6100 * MS);
  }
  const rj_event_record *event = w->events->pdata[2]; /* SM, started, busy */
  g_assert_cmpint(event->kind, ==, EVENT_ATTEMPT);
  g_assert_cmpint(event->outcome, ==, ATTEMPT_BUSY);
  g_assert_cmpint(event->next_delay, >=, 3000 * MS);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 7 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* section 5: "elsewhere" tries the other edge first, and that one at once */
static void test_busy_elsewhere(void) {
  world *w = world_new();
  w->config.url_count = 2;
  w->answer = ANSWER_BUSY;
  w->busy_ms = 60000;
  w->elsewhere = true;
  world_join(w, "demo", 1);
  world_run(w, 110 * MS);
  g_assert_cmpuint(w->requests->len, ==, 1);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 5 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpstr(world_link(w)->server_name, ==, "second.example");
  world_free(w);
}

/* with both edges busy the one that is free first is asked, and not before */
static void test_busy_everywhere(void) {
  world *w = world_new();
  w->config.url_count = 2;
  w->answer = ANSWER_BUSY;
  w->busy_ms = 9000;
  w->elsewhere = true;
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 8 * SECOND);
  g_assert_cmpuint(w->requests->len, ==, 2);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 12 * SECOND);
  g_assert_cmpuint(w->requests->len, ==, 3);
  g_assert_cmpstr(world_link(w)->server_name, ==, "edge.example");
  g_assert_cmpint(world_link(w)->dialled_at, >=, called + 9100 * MS);
  world_free(w);
}

/* failures go round the urls */
static void test_round_robin(void) {
  world *w = world_new();
  w->config.url_count = 2;
  w->answer = ANSWER_NOTHING;
  world_join(w, "demo", 1);
  world_run(w, 40 * SECOND);
  for (guint i = 0; i < w->port->links->len; i++) {
    const rj_link *link = w->port->links->pdata[i];
    g_assert_cmpstr(link->server_name, ==, i % 2 == 0 ? "edge.example" : "second.example");
    g_assert_cmpuint(link->path.remote.bytes[3], ==, i % 2 + 1);
  }
  world_free(w);
}

/* a name that does not resolve is a failed attempt; once known, its address is kept */
static void test_no_address(void) {
  world *w = world_new();
  w->resolves = false;
  world_join(w, "demo", 1);
  world_run(w, 9 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, 0);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  w->resolves = true;
  world_run(w, 9 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_run(w, 11 * SECOND);
  w->resolves = false;
  guint dialled = w->port->links->len;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, dialled + 1);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* a connection that cannot be made is a failed attempt too */
static void test_dial_fails(void) {
  world *w = world_new();
  w->port->dial_fails = true;
  world_join(w, "demo", 1);
  world_run(w, 20 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  w->port->dial_fails = false;
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* a connection that ends before the answer is a failed attempt */
static void test_closed_before_answer(void) {
  static const struct {
    rj_closed_how how;
    const char *outcome;
  } cases[] = {{RJ_CLOSED_TIMEOUT, "timed out"},
               {RJ_CLOSED_PROTOCOL, "abandoned"},
               {RJ_CLOSED_BY_PEER, "abandoned"},
               {RJ_CLOSED_RESET, "abandoned"}};
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    world *w = world_new();
    w->config.attempts = true;
    int64_t called = w->now;
    world_join(w, "demo", 1);
    world_run(w, 30 * MS);
    world_forget(w);
    world_closed(w, world_link(w), cases[i].how, RJ_CLOSE_OVERLOADED);
    char *lines = g_strdup_printf("30 attempt 1 %s\n", cases[i].outcome);
    world_expect_since(w, called, lines);
    g_free(lines);
    world_run(w, 1 * SECOND);
    g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
    g_assert_cmpuint(w->port->links->len, ==, 2);
    world_free(w);
  }
}

/* a connection's own timers are run, once in a wake */
static void test_link_timer(void) {
  world *w = world_new();
  world_join(w, "demo", 1);
  rj_link *link = world_link(w);
  link->deadline = w->now + 10 * MS;
  g_assert_cmpint(rj_member_deadline(w->member), ==, link->deadline);
  rj_member_wake(w->member, link->deadline);
  g_assert_cmpuint(link->wakes, ==, 1);
  link->deadline = RJ_NEVER;
  world_free(w);
}

/* the opt-in attempt events: before the SM that they cause */
static void test_attempt_events(void) {
  world *w = world_new();
  w->config.attempts = true;
  world_cut(w);
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 5 * SECOND);
  world_expect_since(w, called,
                     "0 connection_changed 1>2 0\n"
                     "0 attempt 1 started\n"
                     "5000 attempt 1 timed out\n");
  world_heal(w);
  world_run(w, 1 * SECOND);
  static const int32_t kinds[] = {EVENT_ATTEMPT, EVENT_ATTEMPT, EVENT_CONNECTION_CHANGED,
                                  EVENT_DID_JOIN_CHANNEL};
  g_assert_cmpuint(w->events->len, ==, G_N_ELEMENTS(kinds));
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_assert_cmpint(((rj_event_record *)w->events->pdata[i])->kind, ==, kinds[i]);
  const rj_event_record *event = w->events->pdata[1];
  g_assert_cmpuint(event->attempt, ==, 2);
  g_assert_cmpint(event->outcome, ==, ATTEMPT_ACCEPTED);
  g_assert_cmpint(event->next_delay, ==, -1);
  world_free(w);
}

/* a join with a ticket asks after the handshake, so that it cannot be replayed */
static void test_ticket(void) {
  world *w = world_new();
  world_joined(w, 1);
  const uint8_t ticket[] = {1, 2, 3};
  world_event(
      w, world_link(w),
      &(rj_link_event){.kind = RJ_LINK_TICKET, .data = ticket, .length = sizeof ticket - 1});
  world_leave(w); /* the newer one may come as late as this */
  world_event(w, world_link(w),
              &(rj_link_event){.kind = RJ_LINK_TICKET, .data = ticket, .length = sizeof ticket});
  world_run(w, 2 * SECOND);
  world_join(w, "demo", 1);
  g_assert_cmpuint(world_link(w)->ticket_length, ==, sizeof ticket);
  g_assert_cmpuint(world_link(w)->sent->len, ==, 0);
  world_run(w, 100 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(world_link(w)->sent->len, ==, 1);
  /* a rejoin asks at once */
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  g_assert_cmpuint(world_link(w)->ticket_length, ==, sizeof ticket);
  g_assert_cmpuint(world_link(w)->sent->len, ==, 1);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/join/accepted", test_accepted);
  g_test_add_func("/client/join/again", test_join_again);
  g_test_add_func("/client/join/refused", test_refused);
  g_test_add_func("/client/join/refused_below", test_refused_below);
  g_test_add_func("/client/join/unreachable", test_unreachable);
  g_test_add_func("/client/join/reachable_later", test_reachable_later);
  g_test_add_func("/client/join/busy", test_busy);
  g_test_add_func("/client/join/busy_elsewhere", test_busy_elsewhere);
  g_test_add_func("/client/join/busy_everywhere", test_busy_everywhere);
  g_test_add_func("/client/join/round_robin", test_round_robin);
  g_test_add_func("/client/join/no_address", test_no_address);
  g_test_add_func("/client/join/dial_fails", test_dial_fails);
  g_test_add_func("/client/join/closed_before_answer", test_closed_before_answer);
  g_test_add_func("/client/join/link_timer", test_link_timer);
  g_test_add_func("/client/join/attempt_events", test_attempt_events);
  g_test_add_func("/client/join/ticket", test_ticket);
  return g_test_run();
}
