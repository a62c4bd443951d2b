/* Acknowledgements that ride on beats, and lost control messages that are sent again none the later for it. */
#include "link/net.h"

static void beat_for(net *n, rj_link *link, int64_t span) {
  for (int64_t end = n->now + span; n->now < end;) {
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
  }
}

/* N-1: one packet each way, for each beat. */
static void test_a_beat_costs_two_packets(void) {
  net *n = net_new(1);
  rj_link *link = net_connect(n, NULL);
  beat_for(n, link, 10 * RJ_BEAT_INTERVAL);
  net_forget(n);
  beat_for(n, link, 100 * RJ_BEAT_INTERVAL);
  g_assert_cmpuint(net_packets(n, NET_UP), ==, 100);
  g_assert_cmpuint(net_packets(n, NET_DOWN), ==, 100);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_PROOF), ==, 100);
  net_free(n);
}

/* The edge's round-trip time stays that of the cable, however long an acknowledgement waited. */
static void test_the_round_trip_is_the_cables(void) {
  net *n = net_new(2);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  beat_for(n, link, RJ_MINUTE);
  rj_link_counters counters;
  rj_link_counters_get(edge_link, &counters);
  g_assert_cmpint(counters.round_trip, >=, 49 * MS);
  g_assert_cmpint(counters.round_trip, <=, 52 * MS);
  net_free(n);
}

/* What waits for a beat that does not come leaves by itself, in the time that was promised: no probe of the edge's asks for it. */
static void test_without_a_beat(void) {
  net *n = net_new(3);
  rj_link *link = net_connect(n, NULL);
  beat_for(n, link, 10 * RJ_BEAT_INTERVAL);
  net_forget(n);
  for (int i = 0; i < 2; i++) { /* the answer to one of them has a PING */
    net_beat(link);
    net_run(n, 10 * RJ_SECOND);
  }
  g_assert_cmpuint(net_packets(n, NET_UP), ==, 3);
  g_assert_cmpuint(net_packets(n, NET_DOWN), ==, 2);
  net_free(n);
}

/* A message is no PING: the edge knows at once that it arrived. */
static void test_messages_are_acknowledged_at_once(void) {
  net *n = net_new(4);
  rj_link *edge_link;
  net_connect(n, &edge_link);
  for (int i = 0; i < 5; i++) {
    net_send(edge_link, "one");
    net_run(n, 60 * MS);
    g_assert_true(rj_link_all_acknowledged(edge_link));
    net_run(n, 3 * RJ_SECOND);
  }
  net_free(n);
}

static bool lose_next_down(net *n, net_direction direction, rj_datagram *datagram) {
  (void)datagram;
  return direction == NET_DOWN && n->count-- > 0;
}

/* A message of the edge's that is lost, with the first nudges: it is there long before the next beat would tell. */
static void test_a_lost_message_is_sent_again(void) {
  static const int64_t at_most[] = {300 * MS, 600 * MS, 1200 * MS};
  for (int lost = 1; lost <= 3; lost++) {
    net *n = net_new(5);
    rj_link *edge_link, *link = net_connect(n, &edge_link);
    beat_for(n, link, 10 * RJ_SECOND);
    net_run(n, 4 * RJ_SECOND); /* nothing is under way */
    net_forget(n);
    n->lose = lose_next_down;
    n->count = lost;
    int64_t start = n->now;
    net_send(edge_link, "news");
    net_run(n, 5 * RJ_SECOND);
    g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
    g_assert_cmpint(net_find(n, false, RJ_LINK_MESSAGE, 0)->at, <=, start + at_most[lost - 1]);
    g_assert_true(rj_link_all_acknowledged(edge_link));
    net_free(n);
  }
}

/* A member that is cut off is asked ever more seldom. */
static void test_nudges_back_off(void) {
  net *n = net_new(6);
  rj_link *edge_link;
  net_connect(n, &edge_link);
  net_forget(n);
  n->cut[NET_DOWN] = true;
  net_send(edge_link, "news");
  net_run(n, RJ_OFFLINE_AFTER);
  g_assert_cmpuint(net_packets(n, NET_DOWN), >=, 4);
  g_assert_cmpuint(net_packets(n, NET_DOWN), <=, 16);
  n->cut[NET_DOWN] = false;
  net_run(n, 30 * RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/acks/a-beat-costs-two-packets", test_a_beat_costs_two_packets);
  g_test_add_func("/acks/the-round-trip-is-the-cables", test_the_round_trip_is_the_cables);
  g_test_add_func("/acks/without-a-beat", test_without_a_beat);
  g_test_add_func("/acks/messages-at-once", test_messages_are_acknowledged_at_once);
  g_test_add_func("/acks/a-lost-message-is-sent-again", test_a_lost_message_is_sent_again);
  g_test_add_func("/acks/nudges-back-off", test_nudges_back_off);
  return g_test_run();
}
