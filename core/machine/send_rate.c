/* The sliding second of D-2: every message of the last second is remembered, so that no border of seconds lets twice as much through. */
#include "machine/send_rate.h"

#include <assert.h>

/* A message and the next one that is exactly a second later are in no second together. */
static void forget(rj_send_rate *rate, int64_t now) {
  while (rate->count > 0 && now - rate->at[rate->first] >= RJ_MESSAGE_SECOND) {
    rate->bytes -= rate->size[rate->first];
    rate->first = (rate->first + 1) % RJ_MESSAGES_PER_SECOND;
    rate->count--;
  }
}

bool rj_send_rate_allows(rj_send_rate *rate, size_t size, int64_t now) {
  forget(rate, now);
  return rate->count < RJ_MESSAGES_PER_SECOND &&
         rate->bytes + size <= (size_t)RJ_MESSAGE_BYTES_PER_SECOND;
}

void rj_send_rate_note(rj_send_rate *rate, size_t size, int64_t now) {
  assert(rate->count < RJ_MESSAGES_PER_SECOND && size <= RJ_MESSAGE_MAX);
  uint32_t place = (rate->first + rate->count) % RJ_MESSAGES_PER_SECOND;
  rate->at[place] = now;
  rate->size[place] = (uint16_t)size;
  rate->count++;
  rate->bytes += (uint32_t)size;
}
