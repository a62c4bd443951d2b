/* Control messages on a byte stream: a 2-byte big-endian length, then the message. */
#ifndef RJ_WIRE_FRAME_H
#define RJ_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

enum { RJ_FRAME_HEADER = 2 };

/* Collects stream bytes into whole messages. Memory grows only while a message is incomplete and is
 * given back. */
typedef struct {
  uint8_t *buffer;
  size_t length, capacity, consumed;
} rj_frame_reader;

void rj_frame_reader_init(rj_frame_reader *reader);
void rj_frame_reader_clear(rj_frame_reader *reader);
/* Appends stream bytes. STATUS_OK, STATUS_SIZE_TOO_LARGE (a length of 0 or over RJ_CONTROL_MAX,
 * noticed at once), STATUS_RESOURCE_LIMITED. */
int32_t rj_frame_reader_feed(rj_frame_reader *reader, const uint8_t *data, size_t length);
/* The next whole message, borrowed until the next call; false: none. */
bool rj_frame_reader_next(rj_frame_reader *reader, const uint8_t **data, size_t *length);
/* Writes the header for a message of this length (1 to RJ_CONTROL_MAX). */
void rj_frame_header(uint8_t header[RJ_FRAME_HEADER], size_t length);

#endif
