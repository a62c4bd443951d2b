/* Statistics of a stay (SPEC section 8, N-8, S-25). */
#include "client/world.h"

/* N-8: off unless asked for; every 2 s while in the channel */
static void test_interval(void) {
  world *w = world_new();
  w->config.stats = true;
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 5 * SECOND);
  world_expect_since(w, called,
                     "0 connection_changed 1>2 0\n"
                     "100 connection_changed 2>3 1\n"
                     "100 did_join_channel demo 1 100\n"
                     "2100 stats\n"
                     "4100 stats\n");
  world_leave(w);
  world_run(w, 10 * SECOND);
  world_expect_since(w, called, "5000 connection_changed 3>1 5\n5000 did_leave_channel\n");
  world_free(w);
}

/* All connections of the stay count, and the outages. */
static void test_sums(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  world_joined(w, 1);
  int64_t joined = w->now;
  rj_counters c;
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpuint(c.outages, ==, 0);
  g_assert_cmpuint(c.members, ==, 2);
  g_assert_cmpint(c.duration, ==, 0);
  rj_link *first = world_link(w);
  first->counters = (rj_link_counters){1000, 2000, 10, 20, 1, 30 * MS, 4};
  world_run(w, 1350 * MS);
  int64_t o = w->now;
  world_cut(w);
  world_run(w, 30 * SECOND);
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpuint(c.outages, ==, 1);
  g_assert_cmpint(c.outage_time, ==, 30 * SECOND); /* all of it counts from O */
  g_assert_cmpint(c.duration, ==, w->now - joined);
  g_assert_cmpuint(c.members, ==, 0);
  g_assert_cmpuint(c.attempts, >, 3);
  g_assert_cmpuint(c.bytes_sent, >=, 1000);
  g_assert_cmpuint(c.bytes_received, ==, 2000);
  g_assert_cmpuint(c.packets_received, ==, 20);
  g_assert_cmpuint(c.packets_lost, ==,
                   5); /* no answer will come on a connection that is given up */
  g_assert_cmpint(c.round_trip, ==, 30 * MS);
  world_heal(w);
  while (rj_member_state(w->member) != STATE_CONNECTED)
    world_run(w, 1 * MS);
  int64_t back = w->now;
  world_run(w, 1 * SECOND);
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpint(c.outage_time, <=, back - o);
  g_assert_cmpint(c.outage_time, >, back - o - 1 * MS);
  world_link(w)->counters = (rj_link_counters){1, 1, 1, 1, 1, 20 * MS, 1};
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpuint(c.packets_received, ==, 21);
  g_assert_cmpint(c.round_trip, ==, 20 * MS);
  /* after the leave they stand still; the next join starts anew */
  world_leave(w);
  int64_t left = w->now;
  world_run(w, 10 * SECOND);
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpint(c.duration, ==, left - joined);
  g_assert_cmpuint(c.packets_received, ==, 21);
  world_joined(w, 1);
  rj_member_counters(w->member, &c, w->now);
  g_assert_cmpuint(c.outages, ==, 0);
  g_assert_cmpuint(c.packets_received, ==, 0);
  g_assert_cmpuint(c.attempts, ==, 1);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/counters/interval", test_interval);
  g_test_add_func("/client/counters/sums", test_sums);
  return g_test_run();
}
