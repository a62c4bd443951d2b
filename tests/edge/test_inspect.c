/* Looking at an edge: every member and channel is seen once, a bounded part at a time, as it is. */
#include <string.h>

#include "edge/inspect.h"
#include "edge/rig.h"

static rj_server_config observed(test_rig *rig) {
  rj_server_config config = rig_config(rig);
  config.observer.silences = true;
  return config;
}

static rj_member_view look(const test_rig *rig, const char *channel, uint32_t uid) {
  rj_member_view view;
  g_assert_true(rj_inspect_member(rig->server, "", channel, uid, &view, rig->now));
  return view;
}

/* a member as it is, and its outages as they were. */
static void test_a_member(void) {
  test_rig rig;
  rj_server_config config = observed(&rig);
  rig_start(&rig, &config);
  rig_run(&rig, 5 * SECOND);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 7, 1, &answer);
  rig_run(&rig, 1 * SECOND);
  rj_member_view view = look(&rig, "demo", 7);
  g_assert_cmpstr(view.app_id, ==, "");
  g_assert_cmpstr(view.channel, ==, "demo");
  g_assert_cmpuint(view.uid, ==, 7);
  g_assert_cmpuint(view.session, ==, answer.session);
  g_assert_cmpint(view.role, ==, ROLE_BROADCASTER);
  g_assert_true(view.visible);
  g_assert_false(view.silent);
  g_assert_cmpint(view.unheard, ==, 1 * SECOND);
  g_assert_cmpint(view.token_left, ==, RJ_NEVER);
  g_assert_cmpint(view.peer.family, ==, RJ_ADDRESS_IPV4);

  rig_run(&rig, 5 * SECOND); /* P-11: silent since it was heard, 6 s ago */
  view = look(&rig, "demo", 7);
  g_assert_true(view.silent);
  g_assert_cmpuint(view.outages, ==, 1);
  g_assert_cmpint(view.outage_total, ==, 6 * SECOND);
  rig_beat(&rig, one);
  rig_run(&rig, 3 * SECOND);
  view = look(&rig, "demo", 7);
  g_assert_false(view.silent);
  g_assert_cmpuint(view.outages, ==, 1);
  g_assert_cmpint(view.outage_total, ==, 6 * SECOND);
  rig_run(&rig, 2 * SECOND);
  g_assert_cmpuint(look(&rig, "demo", 7).outages, ==, 2);
  g_assert_cmpint(look(&rig, "demo", 7).outage_total, ==, 11 * SECOND);

  g_assert_true(rj_inspect_session(rig.server, answer.session, &view, rig.now));
  g_assert_cmpuint(view.uid, ==, 7);
  g_assert_false(rj_inspect_session(rig.server, answer.session + 1, &view, rig.now));
  g_assert_false(rj_inspect_member(rig.server, "", "demo", 8, &view, rig.now));
  g_assert_false(rj_inspect_member(rig.server, "", "dem", 7, &view, rig.now));
  rig_end(&rig);
}

/* A member without a connection has no peer and no counters. */
static void test_without_a_connection(void) {
  test_rig rig;
  rig_default(&rig);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  rig_hang_up(&rig, one, RJ_CLOSE_DONE);
  rig_run(&rig, 1 * SECOND);
  rj_member_view view = look(&rig, "demo", 1);
  g_assert_cmpint(view.peer.family, ==, RJ_ADDRESS_NONE);
  g_assert_cmpuint(view.link.packets_received, ==, 0);
  rig_end(&rig);
}

/* The totals and the channel's counts follow: who is silent counts once, and no more when it is gone. */
static void test_counts(void) {
  test_rig rig;
  rj_server_config config = observed(&rig);
  rig_start(&rig, &config);
  peer_id one = rig_joined(&rig, "demo", 1, 1, NULL);
  rig_joined(&rig, "demo", 2, 2, NULL);
  rig_joined(&rig, "other", 3, 3, NULL);
  rig_run(&rig, 5 * SECOND);
  rj_server_view all;
  rj_channel_view demo;
  rj_inspect_server(rig.server, &all, rig.now);
  g_assert_cmpuint(all.counters.sessions, ==, 3);
  g_assert_cmpuint(all.silent, ==, 3);
  g_assert_false(all.draining);
  g_assert_true(rj_inspect_channel(rig.server, "", "demo", &demo));
  g_assert_cmpuint(demo.members, ==, 2);
  g_assert_cmpuint(demo.visible, ==, 2);
  g_assert_cmpuint(demo.silent, ==, 2);
  rig_beat(&rig, one);
  rj_inspect_server(rig.server, &all, rig.now);
  g_assert_cmpuint(all.silent, ==, 2);
  rig_run(&rig, 16 * SECOND); /* N-4: the others are dropped; the first is silent anew */
  rj_inspect_server(rig.server, &all, rig.now);
  g_assert_cmpuint(all.counters.sessions, ==, 1);
  g_assert_cmpuint(all.silent, ==, 1);
  g_assert_true(rj_inspect_channel(rig.server, "", "demo", &demo));
  g_assert_cmpuint(demo.silent, ==, 1);
  g_assert_false(rj_inspect_channel(rig.server, "x", "demo", &demo));
  rig_end(&rig);
}

/* */
static void test_drain(void) {
  test_rig rig;
  rig_default(&rig);
  for (uint8_t uid = 1; uid <= 4; uid++)
    rig_joined(&rig, "demo", uid, uid, NULL);
  rj_server_drain(rig.server, 8 * SECOND, rig.now);
  rig_run(&rig, 3 * SECOND);
  rj_server_view all;
  rj_inspect_server(rig.server, &all, rig.now);
  g_assert_true(all.draining);
  g_assert_cmpint(all.drain_left, ==, 5 * SECOND);
  g_assert_cmpuint(all.drain_members, ==, 4);
  g_assert_cmpuint(all.drain_told, ==, 2);
  g_assert_true(look(&rig, "demo", 1).to_move);
  g_assert_false(look(&rig, "demo", 4).to_move);
  rig_end(&rig);
}

/* ------------------------------------------------------------------ walks */

enum { CHANNELS = 7 };

/* Channels c0 to c6 with 0, 50, 100 … members, uids from 1. */
static void fill(test_rig *rig) {
  rig_default(rig);
  uint8_t join = 0;
  for (uint32_t c = 1; c < CHANNELS; c++) {
    char name[8];
    g_snprintf(name, sizeof name, "c%u", c);
    for (uint32_t uid = 1; uid <= 50 * c; uid++) {
      rj_control request = rig_join_request(name, uid, ++join);
      request.body.join_request.join_id[0] = (uint8_t)(c << 4 | uid >> 8);
      request.body.join_request.join_id[1] = (uint8_t)uid;
      rejoin_JoinAnswer answer;
      rig_ask(rig, &request, &answer);
    }
  }
}

static uint32_t total(void) {
  uint32_t all = 0;
  for (uint32_t c = 1; c < CHANNELS; c++)
    all += 50 * c;
  return all;
}

/* Every member once, in order, whatever the size of a part. */
static void test_all_members(void) {
  test_rig rig;
  fill(&rig);
  static const size_t capacities[] = {1, 7, 255, 256, 1000};
  for (size_t k = 0; k < G_N_ELEMENTS(capacities); k++) {
    rj_inspect_cursor cursor = {0};
    rj_member_view *views = g_new(rj_member_view, capacities[k]), last = {0};
    uint32_t seen = 0;
    while (!cursor.ended) {
      size_t count = rj_inspect_members(rig.server, &(rj_inspect_filter){0}, &cursor, views,
                                        capacities[k], rig.now);
      g_assert_cmpuint(count, <=, RJ_INSPECT_STEPS);
      for (size_t i = 0; i < count; i++, seen++) {
        int order = strcmp(last.channel, views[i].channel);
        g_assert_true(order < 0 || (order == 0 && last.uid < views[i].uid));
        last = views[i];
      }
    }
    g_assert_cmpuint(seen, ==, total());
    g_free(views);
  }
  rig_end(&rig);
}

static uint32_t count_members(const test_rig *rig, const rj_inspect_filter *filter) {
  rj_inspect_cursor cursor = {0};
  rj_member_view views[100];
  uint32_t seen = 0;
  for (int turns = 0; !cursor.ended; turns++) {
    seen += (uint32_t)rj_inspect_members(rig->server, filter, &cursor, views, 100, rig->now);
    g_assert_cmpint(turns, <, 100); /* each call goes on */
  }
  return seen;
}

static void test_filters(void) {
  test_rig rig;
  fill(&rig);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.app_id = ""}), ==, total());
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.app_id = "x"}), ==, 0);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.channel = "c2"}), ==, 100);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.app_id = "", .channel = "c2"}), ==,
                   100);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.channel = "c"}), ==, 0);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.uid = 1}), ==, CHANNELS - 1);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.uid = 300}), ==, 1);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.uid = 301}), ==, 0);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.channel = "c3", .uid = 150}), ==, 1);
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.state = RJ_INSPECT_HEARD}), ==,
                   total());
  g_assert_cmpuint(count_members(&rig, &(rj_inspect_filter){.state = RJ_INSPECT_SILENT}), ==, 0);
  rig_end(&rig);
}

static void test_all_channels(void) {
  test_rig rig;
  fill(&rig);
  rj_inspect_cursor cursor = {0};
  rj_channel_view views[2];
  uint32_t seen = 0;
  while (!cursor.ended) {
    size_t count = rj_inspect_channels(rig.server, &(rj_inspect_filter){0}, &cursor, views, 2);
    for (size_t i = 0; i < count; i++, seen++) {
      char name[8];
      g_snprintf(name, sizeof name, "c%u", seen + 1);
      g_assert_cmpstr(views[i].channel, ==, name);
      g_assert_cmpuint(views[i].members, ==, 50 * (seen + 1));
    }
  }
  g_assert_cmpuint(seen, ==, CHANNELS - 1);
  rig_end(&rig);
}

/* Who stays is seen once, also when the one that the cursor stands at goes, with its channel. */
static void test_the_place_goes_away(void) {
  test_rig rig;
  rig_default(&rig);
  rig_joined(&rig, "a", 1, 1, NULL);
  rig_joined(&rig, "b", 1, 2, NULL);
  rig_joined(&rig, "b", 2, 3, NULL);
  rig_joined(&rig, "c", 1, 4, NULL);
  rj_inspect_cursor cursor = {0};
  rj_member_view views[2];
  g_assert_cmpuint(rj_inspect_members(rig.server, &(rj_inspect_filter){0}, &cursor, views, 2, 0),
                   ==, 2);
  rj_server_kick(rig.server, &(rj_kick_rule){.app_id = "", .channel = "b"}, rig.now);
  rig_run(&rig, 11 * SECOND); /* N-7: the channel is forgotten */
  g_assert_cmpuint(
      rj_inspect_members(rig.server, &(rj_inspect_filter){0}, &cursor, views, 2, rig.now), ==, 1);
  g_assert_cmpstr(views[0].channel, ==, "c");
  g_assert_true(cursor.ended);
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/inspect/member", test_a_member);
  g_test_add_func("/inspect/without_a_connection", test_without_a_connection);
  g_test_add_func("/inspect/counts", test_counts);
  g_test_add_func("/inspect/drain", test_drain);
  g_test_add_func("/inspect/all_members", test_all_members);
  g_test_add_func("/inspect/filters", test_filters);
  g_test_add_func("/inspect/all_channels", test_all_channels);
  g_test_add_func("/inspect/the_place_goes_away", test_the_place_goes_away);
  return g_test_run();
}
