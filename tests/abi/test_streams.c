/* Stream messages through the C interface: statuses with their texts, the road there and back, and the listener (D-1 to D-5). */
#include <string.h>

#include "abi/scene.h"

static const uint8_t much[1025] = {1, 2, 3};

static void expect_text(rj_client *client, const char *text) {
  g_assert_cmpstr(rj_client_error_text(client), ==, text);
}

static void test_statuses(void) { /* D-1 D-2 */
  scene s;
  scene_begin(&s, 1);
  rj_client *client = scene_client(&s);
  uint32_t id = 77;
  g_assert_cmpint(rj_client_create_data_stream(client, 1, 1, nothing), ==, RJ_ERR_INVALID_ARGUMENT);
  expect_text(client, "stream_id is NULL; it must be where the id goes");
  const int32_t pairs[][2] = {{1, 0}, {0, 1}, {2, 2}, {-1, -1}};
  for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
    g_assert_cmpint(rj_client_create_data_stream(client, pairs[i][0], pairs[i][1], &id), ==,
                    RJ_ERR_INVALID_ARGUMENT);
    g_assert_cmpuint(id, ==, 0);
  }
  expect_text(client, "reliable is -1 and ordered is -1; they must both be 1 or both be 0");
  g_assert_cmpint(rj_client_create_data_stream(client, 1, 1, &id), ==, RJ_ERR_NOT_IN_CHANNEL);
  expect_text(client,
              "create_data_stream in state disconnected; join first, streams live for one stay");
  g_assert_cmpint(rj_client_send_stream_message(client, 1, NULL, 1), ==, RJ_ERR_INVALID_ARGUMENT);
  expect_text(client, "data is NULL; it must be 1 bytes");
  g_assert_cmpint(rj_client_send_stream_message(client, 1, NULL, 0), ==, RJ_ERR_SIZE_TOO_LARGE);
  g_assert_cmpint(rj_client_send_stream_message(client, 1, much, 1025), ==, RJ_ERR_SIZE_TOO_LARGE);
  expect_text(client, "the message is 1025 bytes long; it has 1 to 1024");
  g_assert_cmpint(rj_client_send_stream_message(client, 1, much, 1024), ==, RJ_ERR_NOT_IN_CHANNEL);
  expect_text(
      client,
      "a stream message in state disconnected; it can be sent in connected and reconnecting");
  rj_client_free(client);

  client = scene_member(&s, 1);
  g_assert_cmpint(rj_client_send_stream_message(client, 1, much, 1), ==, RJ_ERR_INVALID_ARGUMENT);
  expect_text(client, "stream_id is 1; this stay created no such stream");
  for (uint32_t i = 1; i <= 5; i++) {
    g_assert_cmpint(rj_client_create_data_stream(client, 1, 1, &id), ==, RJ_OK);
    g_assert_cmpuint(id, ==, i);
  }
  g_assert_cmpint(rj_client_create_data_stream(client, 1, 1, &id), ==,
                  RJ_ERR_TOO_MANY_DATA_STREAMS);
  expect_text(client, "this stay has its 5 streams already");
  for (int i = 0; i < 30; i++)
    g_assert_cmpint(rj_client_send_stream_message(client, 5, much, 1024), ==, RJ_OK);
  g_assert_cmpint(rj_client_send_stream_message(client, 5, much, 1), ==, RJ_ERR_BITRATE_LIMIT);
  expect_text(client, "too much at once: at most 60 messages and 30720 bytes in any second, and 64 "
                      "messages that wait while reconnecting; send it later");
  rj_client_free(client);

  rj_client_options options = s.options;
  options.profile = RJ_PROFILE_LIVE_BROADCASTING;
  g_assert_cmpint(rj_client_new(s.runtime, &options, &client), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(client, NULL, "live", 1), ==, RJ_OK);
  scene_run(&s, 1);
  g_assert_cmpint(rj_client_create_data_stream(client, 1, 1, &id), ==, RJ_ERR_NO_PERMISSION);
  expect_text(client, "the audience may not create streams; ask for the role broadcaster");
  rj_client_free(client);
  scene_end(&s);
}

/* Any byte, as it was; a copy of it. */
static void test_there_and_back(void) { /* D-3 */
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  scene_drain(one);
  uint8_t data[256];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (uint8_t)i;
  uint32_t id;
  g_assert_cmpint(rj_client_create_data_stream(one, 1, 1, &id), ==, RJ_OK);
  g_assert_cmpint(rj_client_send_stream_message(one, id, data, sizeof data), ==, RJ_OK);
  memset(data, 0, sizeof data);
  scene_run(&s, 1);
  const rj_event *event = scene_expect(two, RJ_EVENT_STREAM_MESSAGE);
  g_assert_cmpuint(event->uid, ==, 1);
  g_assert_cmpuint(event->stream_id, ==, id);
  g_assert_cmpuint(event->text_length, ==, 256);
  for (size_t i = 0; i < sizeof data; i++)
    g_assert_cmpuint((uint8_t)event->text[i], ==, i);
  scene_expect_nothing(one);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

typedef struct {
  uint32_t uid, stream, length;
  uint64_t missed;
  char data[8];
  int messages, errors;
} heard;

static void hear_message(rj_client *client, uint32_t uid, uint32_t stream, const uint8_t *data,
                         uint32_t length, void *user_data) {
  (void)client;
  heard *h = user_data;
  h->uid = uid;
  h->stream = stream;
  h->length = length;
  memcpy(h->data, data, MIN(length, sizeof h->data));
  h->messages++;
}

static void hear_error(rj_client *client, uint32_t uid, uint32_t stream, uint64_t missed,
                       void *user_data) {
  (void)client;
  heard *h = user_data;
  g_assert_cmpuint(uid, ==, 1);
  g_assert_cmpuint(stream, ==, 1);
  g_assert_cmpint(h->messages, ==, 1); /* before the second one */
  h->missed = missed;
  h->errors++;
}

static void test_the_listener(void) { /* D-3 D-5 */
  scene s;
  scene_begin(&s, 1);
  rj_client *one = scene_member(&s, 1), *two = scene_member(&s, 2);
  heard h = {0};
  const rj_listener listener = {
      .size = sizeof listener, .stream_message = hear_message, .stream_message_error = hear_error};
  g_assert_cmpint(rj_client_set_listener(two, &listener, &h, NULL), ==, RJ_OK);
  uint32_t id;
  g_assert_cmpint(rj_client_create_data_stream(one, 1, 1, &id), ==, RJ_OK);
  g_assert_cmpint(rj_client_send_stream_message(one, id, (const uint8_t *)"first", 5), ==, RJ_OK);
  scene_run(&s, 1);
  rj_client_dispatch(two, 0);
  g_assert_cmpint(h.messages, ==, 1);
  g_assert_cmpuint(h.uid, ==, 1);
  g_assert_cmpuint(h.stream, ==, id);
  g_assert_cmpmem(h.data, (int)h.length, "first", 5);
  scene_cut(one);
  scene_run(&s, 25);
  for (int i = 0; i < 3; i++)
    g_assert_cmpint(rj_client_send_stream_message(one, id, (const uint8_t *)"lost", 4), ==, RJ_OK);
  scene_heal(one);
  scene_run(&s, 20);
  g_assert_cmpint(rj_client_send_stream_message(one, id, (const uint8_t *)"then", 4), ==, RJ_OK);
  scene_run(&s, 1);
  rj_client_dispatch(two, 0);
  g_assert_cmpint(h.errors, ==, 1);
  g_assert_cmpuint(h.missed, ==, 3);
  g_assert_cmpint(h.messages, ==, 2);
  g_assert_cmpmem(h.data, (int)h.length, "then", 4);
  rj_client_free(one);
  rj_client_free(two);
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/streams/statuses", test_statuses);
  g_test_add_func("/streams/there-and-back", test_there_and_back);
  g_test_add_func("/streams/listener", test_the_listener);
  return g_test_run();
}
