/* How much a member may send on its streams (D-2): no second, wherever it begins, has more than
 * RJ_MESSAGES_PER_SECOND messages or RJ_MESSAGE_BYTES_PER_SECOND bytes. Pure; all zero is a fresh
 * one. */
#ifndef RJ_MACHINE_SEND_RATE_H
#define RJ_MACHINE_SEND_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

/* The messages of the last second, oldest first. */
typedef struct {
  int64_t at[RJ_MESSAGES_PER_SECOND];
  uint16_t size[RJ_MESSAGES_PER_SECOND];
  uint32_t first, count;
  uint32_t bytes; /* of them */
} rj_send_rate;

/* May a message of this size (up to RJ_MESSAGE_MAX) go now? */
bool rj_send_rate_allows(rj_send_rate *rate, size_t size, int64_t now);
/* It goes. */
void rj_send_rate_note(rj_send_rate *rate, size_t size, int64_t now);

#endif
