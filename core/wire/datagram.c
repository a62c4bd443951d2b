/* Beats and unreliable messages as bytes.
 *
 *   beat     0  0 0 0  stamp (4)  received (8)
 *   message  1  stream  age (2)  uid (4)  stamp (4)  the message */
#include "wire/datagram.h"

#include <assert.h>
#include <string.h>

static void put(uint8_t *out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *data, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i-- > 0;)
    value = value << 8 | data[i];
  return value;
}

void rj_beat_encode(const rj_beat *beat, uint8_t out[RJ_BEAT_SIZE]) {
  put(out, RJ_DATAGRAM_BEAT, 4);
  put(out + 4, beat->stamp, 4);
  put(out + 8, beat->received, 8);
}

size_t rj_stream_datagram_encode(const rj_stream_datagram *message,
                                 uint8_t out[RJ_STREAM_DATAGRAM_MAX]) {
  assert(message->length >= 1 && message->length <= RJ_MESSAGE_MAX);
  assert(message->stream >= 1 && message->stream <= RJ_DATA_STREAMS_MAX);
  out[0] = RJ_DATAGRAM_MESSAGE;
  out[1] = message->stream;
  put(out + 2, message->age, 2);
  put(out + 4, message->uid, 4);
  put(out + 8, message->stamp, 4);
  memcpy(out + RJ_STREAM_HEADER, message->data, message->length);
  return RJ_STREAM_HEADER + message->length;
}

static bool decode_beat(rj_beat *beat, const uint8_t *data, size_t length) {
  if (length != RJ_BEAT_SIZE || get(data, 4) != RJ_DATAGRAM_BEAT)
    return false;
  beat->stamp = (uint32_t)get(data + 4, 4);
  beat->received = get(data + 8, 8);
  return true;
}

static bool decode_message(rj_stream_datagram *message, const uint8_t *data, size_t length) {
  if (length <= RJ_STREAM_HEADER || length > RJ_STREAM_DATAGRAM_MAX || data[1] == 0 ||
      data[1] > RJ_DATA_STREAMS_MAX)
    return false;
  *message = (rj_stream_datagram){
      .stream = data[1],
      .age = (uint16_t)get(data + 2, 2),
      .uid = (uint32_t)get(data + 4, 4),
      .stamp = (uint32_t)get(data + 8, 4),
      .data = data + RJ_STREAM_HEADER,
      .length = length - RJ_STREAM_HEADER,
  };
  return true;
}

bool rj_datagram_decode(rj_datagram_content *content, const uint8_t *data, size_t length) {
  if (length == 0)
    return false;
  content->kind = data[0] == RJ_DATAGRAM_MESSAGE ? RJ_DATAGRAM_MESSAGE : RJ_DATAGRAM_BEAT;
  return content->kind == RJ_DATAGRAM_MESSAGE ? decode_message(&content->message, data, length)
                                              : decode_beat(&content->beat, data, length);
}
