/* Of which streams the queue had to drop messages, and how many, until that can be told (D-5). */
#ifndef RJ_DISPATCH_MISSED_H
#define RJ_DISPATCH_MISSED_H

#include <stdbool.h>

#include "base/event.h"
#include "base/map.h"

/* All zero: none. */
typedef struct {
  rj_map *streams; /* of missed_stream, by uid and stream */
} rj_missed;

/* This stream_message or stream_message_error found no room. Beyond RJ_QUEUE_MISSED_STREAMS streams
 * nothing is noted. */
void rj_missed_note(rj_missed *missed, const rj_event_record *event);
/* What was noted of the stream of `event`: how many (0: unknown). False: nothing. */
bool rj_missed_find(const rj_missed *missed, const rj_event_record *event, uint64_t *count);
/* That was told. */
void rj_missed_forget(rj_missed *missed, const rj_event_record *event);
void rj_missed_clear(rj_missed *missed);

#endif
