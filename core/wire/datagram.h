/* What travels as unreliable datagrams: beats (N-1) and the messages of unreliable streams (D-4). The
 * first byte says which; numbers are little-endian. */
#ifndef RJ_WIRE_DATAGRAM_H
#define RJ_WIRE_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

typedef enum { RJ_DATAGRAM_BEAT = 0, RJ_DATAGRAM_MESSAGE = 1 } rj_datagram_kind;

/* From a member, and always RJ_BEAT_SIZE bytes. */
typedef struct {
  uint32_t stamp;    /* the member's clock in ms, wrapped */
  uint64_t received; /* StreamMessage.number of the last one that it took: all up to it arrived */
} rj_beat;

enum { RJ_STREAM_HEADER = 12, RJ_STREAM_DATAGRAM_MAX = RJ_STREAM_HEADER + RJ_MESSAGE_MAX };

typedef struct {
  uint8_t stream; /* 1 to RJ_DATA_STREAMS_MAX */
  uint16_t age;   /* ms on its way before the sender of this datagram had it */
  uint32_t uid;   /* to a member: who sent it; else 0 */
  uint32_t stamp; /* the clock of the sender of this datagram in ms, wrapped */
  const uint8_t *data;
  size_t length; /* 1 to RJ_MESSAGE_MAX */
} rj_stream_datagram;

void rj_beat_encode(const rj_beat *beat, uint8_t out[RJ_BEAT_SIZE]);
/* The length; `message` keeps the bounds above. */
size_t rj_stream_datagram_encode(const rj_stream_datagram *message,
                                 uint8_t out[RJ_STREAM_DATAGRAM_MAX]);

/* One datagram of either kind; data is borrowed. False: it is neither. */
typedef struct {
  rj_datagram_kind kind;
  rj_beat beat;
  rj_stream_datagram message;
} rj_datagram_content;
bool rj_datagram_decode(rj_datagram_content *content, const uint8_t *data, size_t length);

#endif
