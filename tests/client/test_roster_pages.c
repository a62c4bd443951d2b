/* The roster in many pages (P-1, P-10), its growth and its bound, news between pages, P-11. */
#include "client/world.h"

static void fill(world *w, uint32_t first, uint32_t count) {
  g_array_set_size(w->roster, 0);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t uid = first + i;
    g_array_append_val(w->roster, uid);
  }
}

/* How many events of a kind there are, checking that their uids ascend. */
static guint count(const world *w, int32_t kind) {
  guint n = 0;
  uint32_t last = 0;
  for (guint i = 0; i < w->events->len; i++) {
    const rj_event_record *event = w->events->pdata[i];
    if (event->kind != kind)
      continue;
    g_assert_cmpuint(event->uid, >, last);
    last = event->uid;
    n++;
  }
  return n;
}

/* S-3 P-10: 1,000 peers come in 8 pages and are told in one order; then the difference of an outage */
static void test_many(void) {
  world *w = world_new();
  fill(w, 10, 1000);
  world_join(w, "demo", 1);
  world_run(w, 100 * MS);
  g_assert_cmpuint(w->events->len, ==, 1003);
  g_assert_cmpuint(count(w, EVENT_USER_JOINED), ==, 1000);
  world_run(w, 11 * SECOND);
  world_forget(w);
  fill(w, 510, 1000); /* 500 gone, 500 new */
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(w->events->len, ==, 1003);
  for (guint i = 3; i < 503; i++) { /* offlines first */
    const rj_event_record *event = w->events->pdata[i];
    g_assert_cmpint(event->kind, ==, EVENT_USER_OFFLINE);
    g_assert_cmpint(event->reason, ==, OFFLINE_DROPPED);
  }
  g_assert_cmpuint(count(w, EVENT_USER_OFFLINE), ==, 500);
  g_assert_cmpuint(count(w, EVENT_USER_JOINED), ==, 500);
  rj_counters counters;
  rj_member_counters(w->member, &counters, w->now);
  g_assert_cmpuint(counters.members, ==, 1000);
  world_free(w);
}

/* RJ_PEERS_MAX: beyond it peers are not shown, and nothing breaks */
static void test_bound(void) {
  world *w = world_new();
  fill(w, 10, RJ_PEERS_MAX + 300);
  world_join(w, "demo", 1);
  world_run(w, 100 * MS);
  g_assert_cmpuint(count(w, EVENT_USER_JOINED), ==, RJ_PEERS_MAX);
  g_assert_cmpuint(rj_member_peers_not_shown(w->member), ==, 300);
  world_forget(w);
  world_peer_joined(w, 4000000000u);
  world_peer_offline(w, 4000000000u, OFFLINE_QUIT);
  world_peer_offline(w, 10, OFFLINE_QUIT);
  world_peer_joined(w, 4000000000u);
  g_assert_cmpuint(w->events->len, ==, 2);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

static void say_page(world *w, uint32_t number, bool first, bool last, uint32_t from, uint32_t n) {
  rj_control message = {.which_body = rejoin_Control_roster_page_tag};
  rejoin_RosterPage *page = &message.body.roster_page;
  page->number = number;
  page->first = first;
  page->last = last;
  page->edge_age_ms = 3600000;
  for (uint32_t i = 0; i < n; i++)
    page->members[page->members_count++] = from + i;
  world_say(w, world_link(w), &message);
}

/* News between pages are part of what the pages end with. */
static void test_news_between(void) {
  world *w = world_new();
  w->no_pages = true;
  world_joined(w, 1);
  int64_t called = w->now - 100 * MS;
  say_page(w, 0, true, false, 2, 2);
  world_peer_joined(w, 9);
  world_peer_offline(w, 2, OFFLINE_QUIT);
  world_expect(w, "");
  say_page(w, 0, false, true, 5, 1);
  world_expect_since(w, called,
                     "100 user_joined 3 100\n100 user_joined 5 100\n100 user_joined 9 100\n");
  world_free(w);
}

/* Pages that an outage cut off, and what is left of them afterwards: only the last question's answer counts. */
static void test_left_over(void) {
  world *w = world_new();
  w->no_pages = true;
  world_joined(w, 1);
  say_page(w, 0, true, false, 2, 2);
  world_run(w, 1350 * MS);
  int64_t o = w->now;
  world_cut(w);
  w->answer = ANSWER_NOTHING;
  world_run(w, 4 * SECOND);
  world_heal(w);
  rj_link *bound = w->port->links->pdata[0];
  rj_control middle = {.which_body = rejoin_Control_roster_page_tag};
  middle.body.roster_page.members[0] = 6;
  middle.body.roster_page.members_count = 1;
  world_say(w, bound, &middle);
  world_run_until(w, o + 5 * SECOND);
  if (rj_member_state(w->member) == STATE_RECONNECTING)
    world_run(w, 1300 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->others->len, ==, 1);
  world_forget(w);
  rj_control message = {.which_body = rejoin_Control_roster_page_tag};
  message.body.roster_page.last = true;
  message.body.roster_page.members[0] = 7;
  message.body.roster_page.members_count = 1;
  world_say(w, bound, &message); /* of the first question */
  world_expect(w, "");
  message.body.roster_page.first = true;
  message.body.roster_page.number = 1;
  message.body.roster_page.members[0] = 8;
  message.body.roster_page.edge_age_ms = 3600000;
  world_say(w, bound, &message);
  g_assert_cmpuint(w->events->len, ==, 1);
  const rj_event_record *event = w->events->pdata[0];
  g_assert_cmpuint(event->uid, ==, 8);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
  world_free(w);
}

/* Our own way out in the list of departures is nobody's news. */
static void test_own_departure(void) {
  world *w = world_new();
  world_set_roster(w, 1, (uint32_t[]){2});
  g_array_append_val(w->departed, ((rejoin_Departure){.uid = 1, .reason = OFFLINE_DROPPED}));
  world_joined(w, 1);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
  world_free(w);
}

/* P-11 */
static void test_interrupted(void) {
  world *w = world_new();
  w->config.peer_interruptions = true;
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  world_joined(w, 1);
  g_assert_cmpuint(world_last_request(w)->peer_interruptions, ==, 1);
  int64_t t = w->now;
  rj_control message = {.which_body = rejoin_Control_peer_heard_tag};
  message.body.peer_heard.uid = 2;
  message.body.peer_heard.interrupted = true;
  world_say(w, world_link(w), &message);
  message.body.peer_heard.interrupted = false;
  world_say(w, world_link(w), &message);
  message.body.peer_heard.interrupted = true;
  world_say(w, world_link(w), &message);
  world_peer_offline(w, 2, OFFLINE_DROPPED);
  world_expect_since(
      w, t, "0 user_interrupted 2\n0 user_resumed 2\n0 user_interrupted 2\n0 user_offline 2 1\n");
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/roster_pages/many", test_many);
  g_test_add_func("/client/roster_pages/bound", test_bound);
  g_test_add_func("/client/roster_pages/news_between", test_news_between);
  g_test_add_func("/client/roster_pages/left_over", test_left_over);
  g_test_add_func("/client/roster_pages/own_departure", test_own_departure);
  g_test_add_func("/client/roster_pages/interrupted", test_interrupted);
  return g_test_run();
}
