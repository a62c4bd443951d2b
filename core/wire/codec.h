/* Control messages as structs and as bytes: nanopb behind two functions, with the checks that
 * protobuf cannot say. */
#ifndef RJ_WIRE_CODEC_H
#define RJ_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "rejoin.pb.h" /* built from wire/rejoin.proto */

typedef rejoin_Control
    rj_control; /* about 5 KB: keep one per thread of work, not on every object */

enum { RJ_PROTOCOL_VERSION = 1 };

/* Encodes into buffer; the length, or 0 when it does not fit (a programming error: every message
 * fits RJ_CONTROL_MAX). */
size_t rj_control_encode(const rj_control *message, uint8_t *buffer, size_t capacity);
/* Decodes and checks: bounds, known body, enums in range, roster pages ascending. False: malformed;
 * *why (may be NULL) is a static text. */
bool rj_control_decode(rj_control *message, const uint8_t *data, size_t length, const char **why);

#endif
