/* A ring of messages that grows by doubling and is given back when it is empty. */
#include "edge/message_log.h"

#include <glib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

static void grow(rj_message_log *log) {
  uint32_t capacity = log->capacity == 0 ? FIRST_CAPACITY : log->capacity * 2;
  rj_logged_message **ring = g_new(rj_logged_message *, capacity);
  for (uint32_t i = 0; i < log->count; i++)
    ring[i] = log->ring[(log->first + i) % log->capacity];
  g_free(log->ring);
  log->ring = ring;
  log->capacity = capacity;
  log->first = 0;
}

void rj_message_log_add(rj_message_log *log, uint32_t sender, const uint8_t *data, size_t length,
                        int64_t now) {
  if (log->count == log->capacity)
    grow(log);
  rj_logged_message *message = g_malloc(sizeof *message + length);
  *message = (rj_logged_message){.at = now, .sender = sender, .length = (uint32_t)length};
  memcpy(message->data, data, length);
  log->ring[(log->first + log->count) % log->capacity] = message;
  log->count++;
  log->last++;
  log->bytes += length;
}

uint64_t rj_message_log_before(const rj_message_log *log) {
  return log->last - log->count;
}

const rj_logged_message *rj_message_log_get(const rj_message_log *log, uint64_t number) {
  uint64_t before = rj_message_log_before(log);
  g_assert(number > before && number <= log->last);
  return log->ring[(log->first + (uint32_t)(number - before - 1)) % log->capacity];
}

void rj_message_log_forget_oldest(rj_message_log *log) {
  g_assert(log->count > 0);
  rj_logged_message *oldest = log->ring[log->first];
  log->first = (log->first + 1) % log->capacity;
  log->count--;
  log->bytes -= oldest->length;
  g_free(oldest);
  if (log->count > 0)
    return;
  g_free(log->ring);
  log->ring = NULL;
  log->capacity = log->first = 0;
}

void rj_message_log_clear(rj_message_log *log) {
  while (log->count > 0)
    rj_message_log_forget_oldest(log);
}
