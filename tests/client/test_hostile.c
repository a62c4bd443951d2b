/* Every message from the edge is hostile input: what breaks the rules closes the connection with a code, is counted, and changes nothing else. */
#include "client/world.h"

#include <string.h>

typedef void (*builder)(rj_control *message);

/* ---- on the session's connection ---- */

static void second_answer(rj_control *m) {
  m->which_body = rejoin_Control_join_answer_tag;
  m->body.join_answer.attempt = 1;
  m->body.join_answer.uid = 1;
  m->body.join_answer.session = 1001;
}

static void members_own_message(rj_control *m) {
  m->which_body = rejoin_Control_goodbye_tag;
}

static void members_own_request(rj_control *m) {
  m->which_body = rejoin_Control_roster_request_tag;
  m->body.roster_request.number = 1;
}

static void page_never_asked_for(rj_control *m) {
  m->which_body = rejoin_Control_roster_page_tag;
  m->body.roster_page.number = 1;
  m->body.roster_page.first = m->body.roster_page.last = true;
}

static void page_again(rj_control *m) {
  m->which_body = rejoin_Control_roster_page_tag;
  m->body.roster_page.first = m->body.roster_page.last = true;
}

static void ourselves_joined(rj_control *m) {
  m->which_body = rejoin_Control_peer_joined_tag;
  m->body.peer_joined.uid = 1;
}

static void ourselves_offline(rj_control *m) {
  m->which_body = rejoin_Control_peer_offline_tag;
  m->body.peer_offline.uid = 1;
}

static void heard_not_asked_for(rj_control *m) {
  m->which_body = rejoin_Control_peer_heard_tag;
  m->body.peer_heard.uid = 2;
}

static void renewal_not_asked_for(rj_control *m) {
  m->which_body = rejoin_Control_renew_answer_tag;
  m->body.renew_answer.number = 1;
}

static void role_not_asked_for(rj_control *m) {
  m->which_body = rejoin_Control_role_answer_tag;
  m->body.role_answer.number = 1;
  m->body.role_answer.role = ROLE_AUDIENCE;
}

static const builder on_bound[] = {
    second_answer,      members_own_message,   members_own_request, page_never_asked_for,
    page_again,         ourselves_joined,      ourselves_offline,   heard_not_asked_for,
    role_not_asked_for, renewal_not_asked_for,
};

static void check_bound_closed(world *w, rj_link *link, int64_t t) {
  g_assert_true(link->closed && link->freed);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_PROTOCOL);
  g_assert_cmpuint(link->packets_after_close, ==, 1);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 1);
  /* it does not sit without a connection; nothing is told of the message itself */
  world_expect_since(w, t, "0 connection_changed 3>4 14\n");
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->events->len, ==, 2);
}

static void test_bound(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(on_bound); i++) {
    world *w = world_new();
    world_set_roster(w, 1, (uint32_t[]){2});
    world_joined(w, 1);
    world_run(w, 11 * SECOND);
    rj_link *link = world_link(w);
    rj_control message = {0};
    on_bound[i](&message);
    int64_t t = w->now;
    world_say(w, link, &message);
    check_bound_closed(w, link, t);
    world_free(w);
  }
}

static void test_bytes(void) {
  static const struct {
    rj_link_event_kind kind;
    const char *bytes;
    size_t length;
  } cases[] = {
      {RJ_LINK_MESSAGE, "\0", 1},         {RJ_LINK_MESSAGE, "\377\377\377\377", 4},
      {RJ_LINK_MESSAGE, "\x92\x01", 2},   {RJ_LINK_MESSAGE, "\x92\x01\x05\x0d\x01", 5},
      {RJ_LINK_MESSAGE, "\xfa\x07\0", 3}, {RJ_LINK_DATAGRAM, "\0", 1},
      {RJ_LINK_DATAGRAM, "\1abc", 4},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    world *w = world_new();
    world_set_roster(w, 1, (uint32_t[]){2});
    world_joined(w, 1);
    world_run(w, 11 * SECOND);
    rj_link *link = world_link(w);
    int64_t t = w->now;
    world_event(w, link,
                &(rj_link_event){.kind = cases[i].kind,
                                 .data = (const uint8_t *)cases[i].bytes,
                                 .length = cases[i].length});
    check_bound_closed(w, link, t);
    world_free(w);
  }
}

/* random bytes never do more than that */
static void test_random_bytes(void) {
  rj_random random;
  rj_random_seed(&random, 5);
  world *w = world_new();
  world_joined(w, 1);
  for (int i = 0; i < 2000; i++) {
    uint8_t bytes[64];
    size_t length = 1 + rj_random_below(&random, sizeof bytes);
    rj_random_fill(&random, bytes, length);
    if (i % 2)
      bytes[0] = (uint8_t)(0x82 + 8 * rj_random_below(&random, 10)), bytes[1] = 1;
    rj_link *link = world_link(w);
    if (!link->freed)
      world_event(w, link,
                  &(rj_link_event){.kind = RJ_LINK_MESSAGE, .data = bytes, .length = length});
    world_run(w, 500 * MS);
    g_assert_cmpint(rj_member_state(w->member), !=, STATE_DISCONNECTED);
    if (rj_member_state(w->member) == STATE_FAILED) { /* a well-formed removal by chance */
      world_leave(w);
      world_joined(w, 1);
    }
  }
  world_free(w);
}

/* in an outage: the old connection goes, no SM, the attempts go on */
static void test_bound_in_outage(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_run(w, 1350 * MS);
  world_cut(w);
  world_run(w, 6 * SECOND);
  world_forget(w);
  rj_link *bound = w->port->links->pdata[0];
  rj_control message = {0};
  second_answer(&message);
  world_say(w, bound, &message);
  g_assert_cmpint(bound->code, ==, RJ_CLOSE_PROTOCOL);
  g_assert_true(bound->freed);
  world_expect(w, "");
  world_heal(w);
  world_run(w, 13 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* ---- on an attempt's connection ---- */

static void good_answer(rj_control *m) {
  m->which_body = rejoin_Control_join_answer_tag;
  m->body.join_answer.attempt = 1;
  m->body.join_answer.uid = 1;
  m->body.join_answer.session = 1001;
  m->body.join_answer.role = ROLE_BROADCASTER;
}

static void wrong_attempt(rj_control *m) {
  good_answer(m);
  m->body.join_answer.attempt = 2;
}

static void wrong_uid(rj_control *m) {
  good_answer(m);
  m->body.join_answer.uid = 2;
}

static void no_session(rj_control *m) {
  good_answer(m);
  m->body.join_answer.session = 0;
}

static void strange_reason(rj_control *m) {
  good_answer(m);
  m->body.join_answer.reason = REASON_INTERRUPTED;
}

static void nobody_to_lose_to(rj_control *m) {
  good_answer(m);
  m->body.join_answer.reason = REASON_SAME_UID_LOGIN;
}

static void page_before_answer(rj_control *m) {
  page_again(m);
}

static void removed_before_answer(rj_control *m) {
  m->which_body = rejoin_Control_removed_tag;
  m->body.removed.reason = REASON_BANNED_BY_SERVER;
}

static const builder on_attempt[] = {
    wrong_attempt,         wrong_uid,           no_session,
    strange_reason,        nobody_to_lose_to,   page_before_answer,
    removed_before_answer, members_own_message,
};

static void test_attempt(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(on_attempt); i++) {
    world *w = world_new();
    w->answer = ANSWER_NOTHING;
    world_join(w, "demo", 1);
    world_run(w, 75 * MS);
    world_forget(w);
    rj_link *link = world_link(w);
    rj_control message = {0};
    on_attempt[i](&message);
    world_say(w, link, &message);
    g_assert_true(link->closed && link->freed);
    g_assert_cmpint(link->code, ==, RJ_CLOSE_PROTOCOL);
    g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 1);
    g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
    world_expect(w, "");
    w->answer = ANSWER_ACCEPT;
    world_run(w, 1 * SECOND);
    g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
    world_free(w);
  }
}

/* an answer to what was never asked: before the request went out */
static void test_answer_without_request(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_event(w, world_link(w),
              &(rj_link_event){.kind = RJ_LINK_TICKET, .data = (const uint8_t *)"t", .length = 1});
  world_leave(w);
  world_run(w, 2 * SECOND);
  world_join(w, "demo", 1); /* waits for UP, since there is a ticket */
  rj_link *link = world_link(w);
  rj_control message = {0};
  good_answer(&message);
  world_say(w, link, &message);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_PROTOCOL);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTING);
  world_free(w);
}

/* a ticket that no honest edge makes is not kept */
static void test_huge_ticket(void) {
  world *w = world_new();
  world_joined(w, 1);
  uint8_t *ticket = g_malloc0(RJ_TICKET_MAX + 1);
  world_event(
      w, world_link(w),
      &(rj_link_event){.kind = RJ_LINK_TICKET, .data = ticket, .length = RJ_TICKET_MAX + 1});
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  g_assert_cmpuint(world_link(w)->ticket_length, ==, 0);
  g_free(ticket);
  world_free(w);
}

/* pages in a wrong order */
static void check_pages(const rejoin_RosterPage *pages, size_t n) {
  world *w = world_new();
  w->no_pages = true;
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  rj_link *link = world_link(w);
  for (size_t i = 0; i < n; i++) {
    g_assert_false(link->closed);
    rj_control message = {.which_body = rejoin_Control_roster_page_tag};
    message.body.roster_page = pages[i];
    world_say(w, link, &message);
  }
  g_assert_true(link->closed);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_PROTOCOL);
  world_free(w);
}

static void test_pages(void) {
  check_pages((rejoin_RosterPage[]){{.last = true}}, 1);
  check_pages((rejoin_RosterPage[]){{.first = true}, {.first = true}}, 2);
  check_pages((rejoin_RosterPage[]){{.first = true, .members_count = 1, .members = {5}},
                                    {.last = true, .members_count = 1, .members = {5}}},
              2);
  check_pages((rejoin_RosterPage[]){{.first = true, .members_count = 1, .members = {1}}}, 1);
  check_pages((rejoin_RosterPage[]){{.first = true, .last = true}, {.last = true}}, 2);
}

/* a connection whose queue is full is not waited for */
static void test_queue_full(void) {
  world *w = world_new();
  world_joined(w, 1);
  rj_link *link = world_link(w);
  link->send_status = STATUS_RESOURCE_LIMITED;
  g_assert_cmpint(rj_member_renew_token(w->member, "token", w->now), ==, STATUS_OK);
  world_pump(w);
  g_assert_true(link->closed);
  g_assert_cmpint(link->code, ==, RJ_CLOSE_OVERLOADED);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/hostile/bound", test_bound);
  g_test_add_func("/client/hostile/bytes", test_bytes);
  g_test_add_func("/client/hostile/random_bytes", test_random_bytes);
  g_test_add_func("/client/hostile/bound_in_outage", test_bound_in_outage);
  g_test_add_func("/client/hostile/attempt", test_attempt);
  g_test_add_func("/client/hostile/answer_without_request", test_answer_without_request);
  g_test_add_func("/client/hostile/huge_ticket", test_huge_ticket);
  g_test_add_func("/client/hostile/pages", test_pages);
  g_test_add_func("/client/hostile/queue_full", test_queue_full);
  return g_test_run();
}
