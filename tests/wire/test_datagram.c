/* Beats and unreliable messages as bytes (N-1, D-4). */
#include <glib.h>
#include <string.h>

#include "base/random.h"
#include "wire/datagram.h"

static void test_a_beat_goes_round(void) { /* N-1 */
  const rj_beat beat = {.stamp = 0xfedcba98, .received = UINT64_C(0x0123456789abcdef)};
  uint8_t bytes[RJ_BEAT_SIZE];
  rj_beat_encode(&beat, bytes);
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes, sizeof bytes));
  g_assert_cmpint(content.kind, ==, RJ_DATAGRAM_BEAT);
  g_assert_cmphex(content.beat.stamp, ==, 0xfedcba98);
  g_assert_cmphex(content.beat.received, ==, UINT64_C(0x0123456789abcdef));
  g_assert_false(rj_datagram_decode(&content, bytes, sizeof bytes - 1));
  bytes[1] = 1;
  g_assert_false(rj_datagram_decode(&content, bytes, sizeof bytes));
}

static void test_a_message_goes_round(void) { /* D-4 */
  uint8_t text[RJ_MESSAGE_MAX], bytes[RJ_STREAM_DATAGRAM_MAX + 1] = {0};
  memset(text, 'x', sizeof text);
  const rj_stream_datagram message = {
      .stream = 5, .age = 999, .uid = 4294967295u, .stamp = 7, .data = text, .length = sizeof text};
  size_t length = rj_stream_datagram_encode(&message, bytes);
  g_assert_cmpuint(length, ==, RJ_STREAM_DATAGRAM_MAX);
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes, length));
  g_assert_cmpint(content.kind, ==, RJ_DATAGRAM_MESSAGE);
  g_assert_cmpuint(content.message.stream, ==, 5);
  g_assert_cmpuint(content.message.age, ==, 999);
  g_assert_cmpuint(content.message.uid, ==, 4294967295u);
  g_assert_cmpuint(content.message.stamp, ==, 7);
  g_assert_cmpuint(content.message.length, ==, sizeof text);
  g_assert_true(memcmp(content.message.data, text, sizeof text) == 0);
  /* it fits a packet: short header, frame header and tag take less than 48 bytes */
  g_assert_cmpuint(length + 48, <=, RJ_DATAGRAM_MAX);
  g_assert_cmpuint(length, <=, RJ_MESSAGE_MAX + 64); /* and rj_link_send_datagram */
  g_assert_false(rj_datagram_decode(&content, bytes, length + 1));
}

static void test_what_is_neither(void) { /* D-1 D-2 */
  uint8_t bytes[RJ_STREAM_HEADER + 1] = {RJ_DATAGRAM_MESSAGE, 1};
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes, sizeof bytes));
  g_assert_cmpuint(content.message.length, ==, 1);
  g_assert_false(rj_datagram_decode(&content, bytes, RJ_STREAM_HEADER)); /* no data */
  for (size_t length = 0; length <= RJ_STREAM_HEADER; length++)
    g_assert_false(rj_datagram_decode(&content, bytes, length));
  bytes[1] = 0;
  g_assert_false(rj_datagram_decode(&content, bytes, sizeof bytes));
  bytes[1] = RJ_DATA_STREAMS_MAX + 1;
  g_assert_false(rj_datagram_decode(&content, bytes, sizeof bytes));
  bytes[0] = 2;
  bytes[1] = 1;
  g_assert_false(rj_datagram_decode(&content, bytes, sizeof bytes));
}

/* Whatever is taken keeps the rules and goes round. */
static void test_any_bytes(void) {
  rj_random random;
  rj_random_seed(&random, 1);
  for (int i = 0; i < 200000; i++) {
    uint8_t bytes[64], again[RJ_STREAM_DATAGRAM_MAX];
    size_t length = rj_random_below(&random, sizeof bytes + 1);
    rj_random_fill(&random, bytes, length);
    if (length > 2) {
      bytes[0] &= 3;
      bytes[1] &= 7;
    }
    rj_datagram_content content;
    if (!rj_datagram_decode(&content, bytes, length))
      continue;
    size_t size = RJ_BEAT_SIZE;
    if (content.kind == RJ_DATAGRAM_BEAT)
      rj_beat_encode(&content.beat, again);
    else
      size = rj_stream_datagram_encode(&content.message, again);
    g_assert_cmpuint(size, ==, length);
    g_assert_true(memcmp(bytes, again, size) == 0);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/datagram/beat", test_a_beat_goes_round);
  g_test_add_func("/datagram/message", test_a_message_goes_round);
  g_test_add_func("/datagram/neither", test_what_is_neither);
  g_test_add_func("/datagram/any-bytes", test_any_bytes);
  return g_test_run();
}
