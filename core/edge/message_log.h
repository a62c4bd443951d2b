/* The reliable messages of a channel that somebody may still have to get, encoded as they go out, and
 * numbered 1, 2, 3 …: one list for all members, of which each is at its own place (D-4). */
#ifndef RJ_EDGE_MESSAGE_LOG_H
#define RJ_EDGE_MESSAGE_LOG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  int64_t at;      /* when it came */
  uint32_t sender; /* its uid */
  uint32_t length;
  uint8_t data[]; /* the control message */
} rj_logged_message;

/* All zero: none came yet. */
typedef struct {
  rj_logged_message **ring;
  uint32_t capacity, first, count;
  uint64_t last; /* number of the newest one; those kept are the last `count` ones */
  size_t bytes;  /* of those kept */
} rj_message_log;

/* Copies it in as number log->last + 1. */
void rj_message_log_add(rj_message_log *log, uint32_t sender, const uint8_t *data, size_t length,
                        int64_t now);
/* The number before the oldest one that is kept. */
uint64_t rj_message_log_before(const rj_message_log *log);
/* One of those kept: number above rj_message_log_before, up to log->last. Borrowed until it is
 * forgotten. */
const rj_logged_message *rj_message_log_get(const rj_message_log *log, uint64_t number);
void rj_message_log_forget_oldest(rj_message_log *log);
/* Forgets all and gives the memory back; numbers go on. */
void rj_message_log_clear(rj_message_log *log);

#endif
