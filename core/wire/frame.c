/* Control messages on a byte stream: length and message, cut apart again. */
#include "wire/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"

void rj_frame_reader_init(rj_frame_reader *reader) {
  *reader = (rj_frame_reader){0};
}

void rj_frame_reader_clear(rj_frame_reader *reader) {
  free(reader->buffer);
  rj_frame_reader_init(reader);
}

/* The length that the header at the unread front gives; false while the header is not whole. */
static bool peek_length(const rj_frame_reader *reader, size_t *length) {
  if (reader->length - reader->consumed < RJ_FRAME_HEADER) {
    return false;
  }
  const uint8_t *front = reader->buffer + reader->consumed;
  *length = ((size_t)front[0] << 8) | front[1];
  return true;
}

/* Every header that is whole must be in range: a bad one is told at once, not when its message would be complete. */
static int32_t check_lengths(const rj_frame_reader *reader) {
  size_t at = reader->consumed;
  while (reader->length - at >= RJ_FRAME_HEADER) {
    size_t length = ((size_t)reader->buffer[at] << 8) | reader->buffer[at + 1];
    if (length == 0 || length > RJ_CONTROL_MAX) {
      return STATUS_SIZE_TOO_LARGE;
    }
    if (reader->length - at - RJ_FRAME_HEADER < length) {
      break;
    }
    at += RJ_FRAME_HEADER + length;
  }
  return STATUS_OK;
}

int32_t rj_frame_reader_feed(rj_frame_reader *reader, const uint8_t *data, size_t length) {
  if (reader->consumed > 0) {
    memmove(reader->buffer, reader->buffer + reader->consumed, reader->length - reader->consumed);
    reader->length -= reader->consumed;
    reader->consumed = 0;
  }
  if (reader->capacity - reader->length < length) {
    size_t capacity = reader->length + length;
    uint8_t *grown = realloc(reader->buffer, capacity);
    if (grown == NULL) {
      return STATUS_RESOURCE_LIMITED;
    }
    reader->buffer = grown;
    reader->capacity = capacity;
  }
  if (length > 0) {
    memcpy(reader->buffer + reader->length, data, length);
    reader->length += length;
  }
  return check_lengths(reader);
}

bool rj_frame_reader_next(rj_frame_reader *reader, const uint8_t **data, size_t *length) {
  size_t wanted;
  if (!peek_length(reader, &wanted) || wanted == 0 || wanted > RJ_CONTROL_MAX ||
      reader->length - reader->consumed - RJ_FRAME_HEADER < wanted) {
    if (reader->consumed == reader->length) {
      rj_frame_reader_clear(reader); /* idle connections hold no buffer */
    }
    return false;
  }
  *data = reader->buffer + reader->consumed + RJ_FRAME_HEADER;
  *length = wanted;
  reader->consumed += RJ_FRAME_HEADER + wanted;
  return true;
}

void rj_frame_header(uint8_t header[RJ_FRAME_HEADER], size_t length) {
  assert(length > 0 && length <= RJ_CONTROL_MAX);
  header[0] = (uint8_t)(length >> 8);
  header[1] = (uint8_t)length;
}
