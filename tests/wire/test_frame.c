/* Messages on a byte stream: cut apart the same way however the bytes come, and refused at once when a length is wrong. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/random.h"
#include "wire/frame.h"

static void append_message(GByteArray *stream, size_t length, uint8_t fill) {
  uint8_t header[RJ_FRAME_HEADER], body[RJ_CONTROL_MAX];
  rj_frame_header(header, length);
  memset(body, fill, length);
  g_byte_array_append(stream, header, sizeof header);
  g_byte_array_append(stream, body, (guint)length);
}

static void check_next(rj_frame_reader *reader, size_t expected, uint8_t fill) {
  const uint8_t *data;
  size_t length;
  g_assert_true(rj_frame_reader_next(reader, &data, &length));
  g_assert_cmpuint(length, ==, expected);
  for (size_t i = 0; i < length; i++)
    g_assert_cmpuint(data[i], ==, fill);
}

static void check_none(rj_frame_reader *reader) {
  const uint8_t *data;
  size_t length;
  g_assert_false(rj_frame_reader_next(reader, &data, &length));
}

static int32_t feed_header(rj_frame_reader *reader, uint8_t high, uint8_t low) {
  return rj_frame_reader_feed(reader, (const uint8_t[]){high, low}, RJ_FRAME_HEADER);
}

static void test_header(void) {
  uint8_t header[RJ_FRAME_HEADER];
  rj_frame_header(header, 1);
  g_assert_cmpmem(header, sizeof header, "\x00\x01", 2);
  rj_frame_header(header, 0x1234); /* big-endian */
  g_assert_cmpmem(header, sizeof header, "\x12\x34", 2);
  rj_frame_header(header, RJ_CONTROL_MAX);
  g_assert_cmpuint(header[0] << 8 | header[1], ==, RJ_CONTROL_MAX);
}

static void test_empty(void) {
  rj_frame_reader reader;
  rj_frame_reader_init(&reader);
  check_none(&reader);
  g_assert_cmpint(rj_frame_reader_feed(&reader, NULL, 0), ==, STATUS_OK);
  check_none(&reader);
  rj_frame_reader_clear(&reader);
  rj_frame_reader_clear(&reader); /* twice is harmless */
}

/* Every cut of a stream of three messages into two pieces gives the three messages. */
static void test_any_cut(void) {
  GByteArray *stream = g_byte_array_new();
  append_message(stream, 1, 'a');
  append_message(stream, 300, 'b');
  append_message(stream, 7, 'c');
  for (guint cut = 0; cut <= stream->len; cut++) {
    rj_frame_reader reader;
    rj_frame_reader_init(&reader);
    GString *seen = g_string_new(NULL);
    for (int piece = 0; piece < 2; piece++) {
      const uint8_t *data = piece == 0 ? stream->data : stream->data + cut;
      size_t length = piece == 0 ? cut : stream->len - cut;
      g_assert_cmpint(rj_frame_reader_feed(&reader, data, length), ==, STATUS_OK);
      while (rj_frame_reader_next(&reader, &data, &length))
        g_string_append_printf(seen, "%c%zu ", data[0], length);
    }
    g_assert_cmpstr(seen->str, ==, "a1 b300 c7 ");
    g_string_free(seen, TRUE);
    rj_frame_reader_clear(&reader);
  }
  g_byte_array_unref(stream);
}

static void test_byte_by_byte(void) {
  GByteArray *stream = g_byte_array_new();
  append_message(stream, RJ_CONTROL_MAX, 'x'); /* the longest there is */
  rj_frame_reader reader;
  rj_frame_reader_init(&reader);
  for (guint i = 0; i < stream->len; i++) {
    check_none(&reader);
    g_assert_cmpint(rj_frame_reader_feed(&reader, stream->data + i, 1), ==, STATUS_OK);
  }
  check_next(&reader, RJ_CONTROL_MAX, 'x');
  check_none(&reader);
  rj_frame_reader_clear(&reader);
  g_byte_array_unref(stream);
}

/* A wrong length is told with its header, long before its message could be there. */
static void test_wrong_length_at_once(void) {
  for (size_t length = 0; length <= UINT16_MAX; length++) {
    rj_frame_reader reader;
    rj_frame_reader_init(&reader);
    g_assert_cmpint(rj_frame_reader_feed(&reader, (const uint8_t[]){(uint8_t)(length >> 8)}, 1), ==,
                    STATUS_OK); /* half a header says nothing */
    int32_t status = rj_frame_reader_feed(&reader, (const uint8_t[]){(uint8_t)length}, 1);
    g_assert_cmpint(status, ==,
                    length >= 1 && length <= RJ_CONTROL_MAX ? STATUS_OK : STATUS_SIZE_TOO_LARGE);
    check_none(&reader);
    rj_frame_reader_clear(&reader);
  }
}

/* What came whole before the wrong length can still be read; nothing after it can. */
static void test_wrong_length_behind_a_message(void) {
  GByteArray *stream = g_byte_array_new();
  append_message(stream, 5, 'a');
  g_byte_array_append(stream, (const guint8 *)"\xff\xff", 2);
  append_message(stream, 5, 'b');
  rj_frame_reader reader;
  rj_frame_reader_init(&reader);
  g_assert_cmpint(rj_frame_reader_feed(&reader, stream->data, stream->len), ==,
                  STATUS_SIZE_TOO_LARGE);
  check_next(&reader, 5, 'a');
  check_none(&reader);
  check_none(&reader);
  g_assert_cmpint(feed_header(&reader, 0, 1), ==, STATUS_SIZE_TOO_LARGE); /* it stays wrong */
  check_none(&reader);
  rj_frame_reader_clear(&reader);
  g_byte_array_unref(stream);
}

/* Idle connections hold no buffer, and one that waits for a message holds hardly more than that. */
static void test_memory_is_given_back(void) {
  GByteArray *stream = g_byte_array_new();
  append_message(stream, 4000, 'a');
  rj_frame_reader reader;
  rj_frame_reader_init(&reader);
  for (int round = 0; round < 3; round++) {
    g_assert_cmpint(rj_frame_reader_feed(&reader, stream->data, stream->len), ==, STATUS_OK);
    check_next(&reader, 4000, 'a');
    check_none(&reader);
    g_assert_null(reader.buffer);
    g_assert_cmpuint(reader.capacity, ==, 0);
  }
  /* many messages in pieces that never end where a message does */
  for (guint at = 0, round = 0; round < 2000; round++) {
    uint8_t piece[777];
    for (size_t i = 0; i < sizeof piece; i++, at = (at + 1) % stream->len)
      piece[i] = stream->data[at];
    g_assert_cmpint(rj_frame_reader_feed(&reader, piece, sizeof piece), ==, STATUS_OK);
    const uint8_t *data;
    size_t length;
    while (rj_frame_reader_next(&reader, &data, &length))
      g_assert_cmpuint(length, ==, 4000);
    g_assert_cmpuint(reader.capacity, <=, stream->len + sizeof piece);
  }
  rj_frame_reader_clear(&reader);
  g_byte_array_unref(stream);
}

/* Random streams in random pieces, some of them spoilt: messages come whole and in order, until a length is wrong. */
static void test_random_streams(void) {
  for (uint64_t seed = 1; seed <= 300; seed++) {
    rj_random random;
    rj_random_seed(&random, seed);
    GByteArray *stream = g_byte_array_new();
    guint count = 1 + (guint)rj_random_below(&random, 20);
    guint spoilt = seed % 3 == 0 ? (guint)rj_random_below(&random, count) : count;
    size_t lengths[20] = {0};
    for (guint i = 0; i < count; i++) {
      lengths[i] =
          1 + rj_random_below(&random, rj_random_below(&random, 4) == 0 ? RJ_CONTROL_MAX : 40);
      guint header_at = stream->len;
      append_message(stream, lengths[i], (uint8_t)i);
      if (i == spoilt)
        memset(stream->data + header_at, rj_random_below(&random, 2) == 0 ? 0 : 0xff,
               RJ_FRAME_HEADER);
    }
    rj_frame_reader reader;
    rj_frame_reader_init(&reader);
    guint read = 0;
    int32_t status = STATUS_OK;
    for (guint at = 0; at < stream->len && status == STATUS_OK;) {
      guint piece = 1 + (guint)rj_random_below(&random, 2000);
      piece = MIN(piece, stream->len - at);
      status = rj_frame_reader_feed(&reader, stream->data + at, piece);
      at += piece;
      const uint8_t *data;
      size_t length;
      while (rj_frame_reader_next(&reader, &data, &length)) {
        g_assert_cmpuint(read, <, spoilt);
        g_assert_cmpuint(length, ==, lengths[read]);
        g_assert_cmpuint(data[0], ==, read);
        g_assert_cmpuint(data[length - 1], ==, read);
        read++;
      }
    }
    g_assert_cmpuint(read, ==, spoilt);
    g_assert_cmpint(status, ==, spoilt == count ? STATUS_OK : STATUS_SIZE_TOO_LARGE);
    rj_frame_reader_clear(&reader);
    g_byte_array_unref(stream);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/frame/header", test_header);
  g_test_add_func("/frame/empty", test_empty);
  g_test_add_func("/frame/any-cut", test_any_cut);
  g_test_add_func("/frame/byte-by-byte", test_byte_by_byte);
  g_test_add_func("/frame/wrong-length", test_wrong_length_at_once);
  g_test_add_func("/frame/wrong-length-behind", test_wrong_length_behind_a_message);
  g_test_add_func("/frame/memory", test_memory_is_given_back);
  g_test_add_func("/frame/random", test_random_streams);
  return g_test_run();
}
