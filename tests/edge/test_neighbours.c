/* What an edge tells its members of the edges beside it: in answers, when they change, before it asks them to move. */
#include <string.h>

#include "edge/edge_internal.h"
#include "edge/rig.h"

/* These are the neighbours from now on: letters, each a url and a fingerprint. */
static void hand_out(test_rig *rig, const char *letters) {
  rejoin_Neighbours set = {.edges_count = (pb_size_t)strlen(letters)};
  for (pb_size_t i = 0; i < set.edges_count; i++) {
    g_snprintf(set.edges[i].url, sizeof set.edges[i].url, "rejoin://%c.example", letters[i]);
    set.edges[i].fingerprint.size = RJ_FINGERPRINT_SIZE;
    memset(set.edges[i].fingerprint.bytes, letters[i], RJ_FINGERPRINT_SIZE);
  }
  rj_neighbours_set(rig->server, &set);
  rig->server->neighbours.look_at = RJ_NEVER; /* no cluster says otherwise */
}

static void expect_set(const rejoin_Neighbours *set, const char *letters) {
  g_assert_cmpuint(set->edges_count, ==, strlen(letters));
  for (pb_size_t i = 0; i < set->edges_count; i++) {
    g_assert_cmpint(set->edges[i].url[9], ==, letters[i]);
    g_assert_cmpuint(set->edges[i].fingerprint.size, ==, RJ_FINGERPRINT_SIZE);
    g_assert_cmpuint(set->edges[i].fingerprint.bytes[31], ==, (uint8_t)letters[i]);
  }
}

static void expect_told(peer_id peer, const char *letters) {
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_neighbours_tag);
  expect_set(&sent.message.body.neighbours, letters);
}

static peer_id joined(test_rig *rig, uint32_t uid, bool hears, rejoin_JoinAnswer *answer) {
  rj_control request = rig_join_request("demo", uid, (uint8_t)uid);
  request.body.join_request.hears_neighbours = hears;
  peer_id peer = rig_ask(rig, &request, answer);
  expect_roster(peer, "");
  return peer;
}

/* A lone edge says nothing of neighbours. */
static void test_alone(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id peer = joined(&rig, 1, true, &answer);
  g_assert_false(answer.has_neighbours);
  rig_run(&rig, 10 * SECOND);
  rig_beat(&rig, peer);
  expect_nothing(peer);
  rig_end(&rig);
}

/* In the answer; a change with the next beat, once; an edge that hears of no other goes on with those that it knew. An older member gets no message that it does not know. */
static void test_told(void) {
  test_rig rig;
  rig_default(&rig);
  hand_out(&rig, "bc");
  rejoin_JoinAnswer answer;
  peer_id peer = joined(&rig, 1, true, &answer);
  g_assert_true(answer.has_neighbours);
  expect_set(&answer.neighbours, "bc");
  rj_control request = rig_join_request("other", 2, 2);
  peer_id older = rig_ask(&rig, &request, &answer);
  expect_set(&answer.neighbours, "bc");
  expect_roster(older, "");
  rig_beat(&rig, peer);
  expect_nothing(peer);

  hand_out(&rig, "bd");
  rig_run(&rig, 1 * SECOND);
  expect_nothing(peer);
  rig_beat(&rig, peer);
  expect_told(peer, "bd");
  hand_out(&rig, "bd");
  rig_beat(&rig, peer);
  expect_nothing(peer);
  hand_out(&rig, "");
  rig_beat(&rig, peer);
  expect_nothing(peer);
  rig_beat(&rig, older);
  expect_nothing(older);

  request = rig_join_request("other", 3, 3);
  rig_ask(&rig, &request, &answer);
  g_assert_true(answer.has_neighbours);
  expect_set(&answer.neighbours, "bd");
  rig_end(&rig);
}

/* A-4 section 5: a drain tells where to go before it asks to go there, and whoever is put off is told, too. */
static void test_drain(void) {
  test_rig rig;
  rig_default(&rig);
  hand_out(&rig, "b");
  peer_id peer = joined(&rig, 1, true, &(rejoin_JoinAnswer){0});
  hand_out(&rig, "c");
  rj_server_drain(rig.server, 0, rig.now);
  expect_told(peer, "c");
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_move_tag);

  rj_control request = rig_join_request("demo", 2, 2);
  peer_id late = rig_dial(&rig, 9);
  rig_say(&rig, late, &request);
  rejoin_JoinAnswer answer = expect_answer(late);
  g_assert_true(answer.elsewhere);
  expect_set(&answer.neighbours, "c");
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/neighbours/alone", test_alone);
  g_test_add_func("/edge/neighbours/told", test_told);
  g_test_add_func("/edge/neighbours/drain", test_drain);
  return g_test_run();
}
