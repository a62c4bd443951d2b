/* The whole road through the C interface: joins, a cut, a rejoin; the events of two clients in order,
 * by next_event and by the listener; descriptors and ready lists. */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "abi/scene.h"

/* ---- next_event ---- */

static void test_two_join(void) { /* S-1 S-3 P-1 R-1 R-2 R-3 R-4 */
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_client(&s), *two = scene_client(&s);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_DISCONNECTED);
  g_assert_cmpint(rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_CONNECTING); /* untaken yet */
  scene_run(&s, 1);
  g_assert_cmpint(rj_client_join_channel(two, NULL, "demo", 2), ==, RJ_OK);
  scene_run(&s, 1);

  scene_expect_state(one, RJ_STATE_CONNECTING, RJ_REASON_CONNECTING);
  scene_expect_state(one, RJ_STATE_CONNECTED, RJ_REASON_JOIN_SUCCESS);
  const rj_event *event = scene_expect(one, RJ_EVENT_DID_JOIN_CHANNEL);
  g_assert_cmpstr(event->text, ==, "demo");
  g_assert_cmpuint(event->text_length, ==, 4);
  g_assert_cmpuint(event->uid, ==, 1);
  g_assert_cmpuint(event->sequence, ==, 3);
  g_assert_cmpint(event->time_ns / 1000000, ==, event->elapsed_ms);
  event = scene_expect(one, RJ_EVENT_USER_JOINED);
  g_assert_cmpuint(event->uid, ==, 2);
  g_assert_cmpint(event->elapsed_ms, >, 1000);
  g_assert_cmpuint(event->text_length, ==, 0);
  scene_expect_nothing(one);

  scene_expect_state(two, RJ_STATE_CONNECTING, RJ_REASON_CONNECTING);
  scene_expect_state(two, RJ_STATE_CONNECTED, RJ_REASON_JOIN_SUCCESS);
  g_assert_cmpuint(scene_expect(two, RJ_EVENT_DID_JOIN_CHANNEL)->uid, ==, 2);
  g_assert_cmpuint(scene_expect(two, RJ_EVENT_USER_JOINED)->uid, ==, 1);
  scene_expect_nothing(two);

  uint32_t uids[2];
  size_t count = 0, length = 0;
  char names[8];
  g_assert_cmpint(rj_edge_members(s.edge, NULL, "demo", uids, 2, &count), ==, RJ_OK);
  g_assert_cmpuint(count, ==, 2);
  g_assert_cmpuint(uids[0], ==, 1);
  g_assert_cmpuint(uids[1], ==, 2);
  g_assert_cmpint(rj_edge_members(s.edge, NULL, "demo", uids, 1, &count), ==,
                  RJ_ERR_BUFFER_TOO_SMALL);
  g_assert_cmpuint(count, ==, 2);
  g_assert_cmpstr(rj_edge_error_text(s.edge), ==, "capacity is 1; there are 2 members");
  g_assert_cmpint(rj_edge_channels(s.edge, NULL, names, sizeof names, &length), ==, RJ_OK);
  g_assert_cmpuint(length, ==, 5);
  g_assert_cmpmem(names, 5, "demo", 5);
  g_assert_cmpint(rj_edge_channels(s.edge, NULL, NULL, 0, &length), ==, RJ_ERR_BUFFER_TOO_SMALL);
  g_assert_cmpuint(length, ==, 5);
  g_assert_cmpint(rj_edge_last_heard(s.edge, NULL, "demo", 1), >, 0);
  g_assert_cmpint(rj_edge_last_heard(s.edge, NULL, "demo", 3), ==, 0);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

static void test_arguments_are_copied(void) { /* */
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  char channel[] = "demo", token[] = "token";
  g_assert_cmpint(rj_client_join_channel(client, token, channel, 1), ==, RJ_OK);
  memset(channel, 'X', sizeof channel - 1);
  memset(token, '\n', sizeof token - 1);
  scene_run(&s, 1);
  scene_expect(client, RJ_EVENT_CONNECTION_CHANGED);
  scene_expect(client, RJ_EVENT_CONNECTION_CHANGED);
  g_assert_cmpstr(scene_expect(client, RJ_EVENT_DID_JOIN_CHANNEL)->text, ==, "demo");
  rj_client_free(client);
  scene_end(&s);
}

/* A cut cable from its start to the rejoin, exact to the tick. */
static void test_a_cut_and_its_end(void) { /* S-8 S-11 S-13 P-4 P-5 P-9 N-2 N-3 N-4 */
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  scene_drain(one);
  scene_run(&s, 5);
  scene_cut(one);
  int64_t heard = rj_client_last_heard(one), heard_by_edge;
  scene_run(&s, 1);
  heard_by_edge = rj_edge_last_heard(s.edge, NULL, "demo", 1);
  g_assert_cmpint(rj_client_last_heard(one), ==, heard);
  scene_run(&s, 24);

  const rj_event *event = scene_expect(one, RJ_EVENT_CONNECTION_CHANGED);
  g_assert_cmpint(event->old_state, ==, RJ_STATE_CONNECTED);
  g_assert_cmpint(event->state, ==, RJ_STATE_RECONNECTING);
  g_assert_cmpint(event->reason, ==, RJ_REASON_INTERRUPTED);
  g_assert_cmpint(event->time_ns - heard, >=, 4 * SECOND);
  g_assert_cmpint(event->time_ns - heard, <=, 4 * SECOND + SECOND / 1000);
  event = scene_expect(one, RJ_EVENT_CONNECTION_LOST);
  g_assert_cmpint(event->time_ns - heard, >=, 10 * SECOND);
  g_assert_cmpint(event->time_ns - heard, <=, 10 * SECOND + SECOND / 1000);
  event = scene_expect(one, RJ_EVENT_USER_OFFLINE);
  g_assert_cmpint(event->reason, ==, RJ_OFFLINE_DROPPED);
  scene_expect_nothing(one);

  event = scene_expect(two, RJ_EVENT_USER_OFFLINE);
  g_assert_cmpuint(event->uid, ==, 1);
  g_assert_cmpint(event->reason, ==, RJ_OFFLINE_DROPPED);
  g_assert_cmpint(event->time_ns - heard_by_edge, >=, 20 * SECOND);
  scene_expect_nothing(two);

  rj_stats stats = {.size = sizeof stats};
  g_assert_cmpint(rj_client_stats(one, &stats), ==, RJ_OK);
  g_assert_cmpuint(stats.outages, ==, 1);

  scene_heal(one);
  scene_run(&s, 14);
  scene_expect_state(one, RJ_STATE_CONNECTED, RJ_REASON_JOIN_SUCCESS);
  g_assert_cmpuint(scene_expect(one, RJ_EVENT_DID_REJOIN_CHANNEL)->uid, ==, 1);
  g_assert_cmpuint(scene_expect(one, RJ_EVENT_USER_JOINED)->uid, ==, 2);
  g_assert_cmpuint(scene_expect(two, RJ_EVENT_USER_JOINED)->uid, ==, 1);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

static void test_leaving(void) { /* S-25 S-29 P-2 */
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  rj_stats stats = {.size = sizeof stats};
  scene_drain(one);
  g_assert_cmpint(rj_client_leave_channel(one), ==, RJ_OK);
  g_assert_cmpint(rj_client_connection_state(one), ==, RJ_STATE_DISCONNECTED);
  scene_expect_state(one, RJ_STATE_DISCONNECTED, RJ_REASON_LEAVE_CHANNEL);
  const rj_event *event = scene_expect(one, RJ_EVENT_DID_LEAVE_CHANNEL);
  g_assert_cmpuint(event->stats.size, ==, sizeof(rj_stats));
  g_assert_cmpuint(event->stats.attempts, ==, 1);
  g_assert_cmpuint(event->stats.bytes_sent, >, 0);
  g_assert_cmpint(rj_client_stats(one, &stats), ==, RJ_ERR_NOT_IN_CHANNEL);
  g_assert_cmpint(rj_client_leave_channel(one), ==, RJ_OK);
  scene_expect_nothing(one);
  scene_run(&s, 1);
  event = scene_expect(two, RJ_EVENT_USER_OFFLINE);
  g_assert_cmpint(event->reason, ==, RJ_OFFLINE_QUIT);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

/* ---- the listener ---- */

static GString *heard;

static void any_event(rj_client *client, const rj_event *event, void *user) {
  (void)client;
  (void)user;
  g_string_append_printf(heard, "%llu ", (unsigned long long)event->sequence);
}

static void connection_changed(rj_client *client, int32_t old_state, int32_t state, int32_t reason,
                               void *user) {
  g_assert_cmpstr((const char *)user, ==, "user");
  g_string_append_printf(heard, "%s-%s/%s%s ", rj_state_name(old_state), rj_state_name(state),
                         rj_reason_name(reason),
                         rj_client_connection_state(client) == state ? "" : " (older)"); /* S-24 */
}

static void did_join_channel(rj_client *client, const char *channel, uint32_t uid,
                             int32_t elapsed_ms, void *user) {
  (void)client;
  (void)elapsed_ms;
  (void)user;
  g_string_append_printf(heard, "did_join %s %u ", channel, uid);
}

static void user_joined(rj_client *client, uint32_t uid, int32_t elapsed_ms, void *user) {
  (void)client;
  (void)elapsed_ms;
  (void)user;
  g_string_append_printf(heard, "joined %u ", uid);
}

static void user_offline(rj_client *client, uint32_t uid, int32_t reason, void *user) {
  (void)client;
  (void)user;
  g_string_append_printf(heard, "offline %u %s ", uid, rj_offline_reason_name(reason));
}

static void did_leave_channel(rj_client *client, const rj_stats *stats, void *user) {
  (void)client;
  (void)user;
  g_string_append_printf(heard, "did_leave after %d s ", (int)(stats->duration_ns / SECOND));
}

static char user_text[] = "user";

static void expect_heard(const char *expected) {
  g_assert_cmpstr(heard->str, ==, expected);
  g_string_truncate(heard, 0);
}

static void test_the_listener_hears_the_same(void) { /* R-3 R-4 */
  rj_listener listener = {.size = sizeof listener,
                          .any_event = any_event,
                          .connection_changed = connection_changed,
                          .did_join_channel = did_join_channel,
                          .did_leave_channel = did_leave_channel,
                          .user_joined = user_joined,
                          .user_offline = user_offline};
  scene s;
  scene_begin(&s, 1);
  heard = g_string_new(NULL);
  rj_client *two = scene_member(&s, 2), *one = scene_client(&s);
  g_assert_cmpint(rj_client_set_listener(one, &listener, user_text, NULL), ==, RJ_OK);
  memset(&listener, 0, sizeof listener); /* it was copied */
  g_assert_cmpint(rj_client_dispatch(one, 0), ==, 0);
  g_assert_cmpint(rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  g_assert_cmpint(rj_client_dispatch(one, 0), ==, 1);
  expect_heard("1 disconnected-connecting/connecting ");
  scene_run(&s, 5);
  g_assert_cmpint(rj_client_dispatch(one, 2), ==, 2); /* no more than asked for */
  expect_heard("2 connecting-connected/join success 3 did_join demo 1 ");
  g_assert_cmpint(rj_client_dispatch(one, 2), ==, 1);
  expect_heard("4 joined 2 ");
  rj_client_free(two);
  scene_run(&s, 1);
  rj_client_leave_channel(one);
  g_assert_cmpint(rj_client_dispatch(one, 0), ==, 3);
  expect_heard("5 offline 2 quit 6 connected-disconnected/leave channel 7 did_leave after 5 s ");
  g_assert_cmpint(rj_client_dispatch(one, 0), ==, 0);
  rj_client_free(one);
  g_string_free(heard, TRUE);
  scene_end(&s);
}

/* ---- who is ready ---- */

static bool is_readable(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  return poll(&wanted, 1, 0) == 1;
}

static void test_descriptors_and_the_ready_list(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_client(&s), *two = scene_client(&s), *ready;
  int all = rj_runtime_event_fd(s.runtime), of_one = rj_client_event_fd(one);
  g_assert_cmpint(all, >=, 0);
  g_assert_cmpint(of_one, >=, 0);
  g_assert_cmpint(all, !=, of_one);
  g_assert_false(is_readable(all));
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 0);
  g_assert_null(ready);

  rj_client_join_channel(two, NULL, "demo", 2);
  rj_client_join_channel(one, NULL, "demo", 1);
  g_assert_true(is_readable(all));
  g_assert_true(is_readable(of_one));
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 1);
  g_assert_true(ready == two);
  g_assert_true(is_readable(all));
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 1);
  g_assert_true(ready == one);
  g_assert_false(is_readable(all)); /* nobody else is to be given */
  g_assert_true(is_readable(of_one));
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 0);

  scene_drain(one);
  g_assert_false(is_readable(of_one));
  scene_drain(two);
  scene_run(&s, 1);
  g_assert_true(is_readable(all));
  scene_drain(one); /* who is drained otherwise is not given any more */
  scene_drain(two);
  g_assert_false(is_readable(all));
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 0);

  rj_client_leave_channel(one);
  rj_client_free(one); /* nor who is freed */
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 0);
  rj_client_free(two);
  scene_end(&s);
}

static void ignore(rj_client *client, const rj_event *event, void *user) {
  (void)client;
  (void)event;
  (void)user;
}

static void test_what_dispatch_leaves_comes_again(void) {
  rj_listener listener = {.size = sizeof listener, .any_event = ignore};
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s), *ready;
  rj_client_set_listener(client, &listener, NULL, NULL);
  rj_client_join_channel(client, NULL, "demo", 1);
  scene_run(&s, 1);
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 1);
  g_assert_cmpint(rj_client_dispatch(client, 1), ==, 1);
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 1);
  g_assert_cmpint(rj_client_dispatch(client, 0), ==, 2);
  g_assert_cmpint(rj_runtime_next_ready(s.runtime, &ready), ==, 0);
  rj_client_free(client);
  scene_end(&s);
}

static void test_running_stops_when_somebody_is_ready(void) {
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  rj_client_join_channel(client, NULL, "demo", 1);
  g_assert_cmpint(rj_runtime_run(s.runtime, SECOND, 1), ==, 1); /* the first waits already */
  g_assert_cmpint(rj_runtime_now(s.runtime), ==, 0);
  scene_drain(client);
  g_assert_cmpint(rj_runtime_run(s.runtime, SECOND, 1), ==, 1);
  scene_expect_state(client, RJ_STATE_CONNECTED, RJ_REASON_JOIN_SUCCESS);
  g_assert_cmpint(scene_expect(client, RJ_EVENT_DID_JOIN_CHANNEL)->time_ns, ==,
                  rj_runtime_now(s.runtime));
  g_assert_cmpint(rj_runtime_run(s.runtime, SECOND, 1), ==, 0);
  g_assert_cmpint(rj_runtime_now(s.runtime), ==, SECOND);
  rj_client_free(client);
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/events/join", test_two_join);
  g_test_add_func("/events/copies", test_arguments_are_copied);
  g_test_add_func("/events/cut", test_a_cut_and_its_end);
  g_test_add_func("/events/leave", test_leaving);
  g_test_add_func("/events/listener", test_the_listener_hears_the_same);
  g_test_add_func("/events/ready", test_descriptors_and_the_ready_list);
  g_test_add_func("/events/ready-again", test_what_dispatch_leaves_comes_again);
  g_test_add_func("/events/run", test_running_stops_when_somebody_is_ready);
  return g_test_run();
}
