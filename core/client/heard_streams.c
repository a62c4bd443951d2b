/* The place of each stream that was heard, and what the next message means for it. */
#include "client/heard_streams.h"

#include <stdlib.h>

#include "base/limits.h"

typedef struct {
  uint64_t sequence; /* of the last message */
  uint32_t stay;
} heard_stream;

static uint64_t key_of(const rj_stream_place *place) {
  return (uint64_t)place->uid << 8 | place->stream;
}

static void forget_streams(rj_heard_streams *heard) {
  if (heard->last == NULL)
    return;
  uint64_t key;
  void *stream;
  for (size_t cursor = 0; rj_map_next(heard->last, &cursor, &key, &stream);)
    free(stream);
  rj_map_free(heard->last);
  heard->last = NULL;
}

void rj_heard_clear(rj_heard_streams *heard) {
  forget_streams(heard);
  heard->gap = false;
}

void rj_heard_gap(rj_heard_streams *heard) {
  heard->gap = true;
}

/* A place for one more stream; NULL: out of memory, then this stream goes unchecked. */
static heard_stream *add(rj_heard_streams *heard, const rj_stream_place *place) {
  if (heard->last != NULL && rj_map_size(heard->last) >= RJ_STREAMS_HEARD) {
    forget_streams(heard);
    heard->gap = true; /* whatever they miss from now on cannot be counted */
  }
  if (heard->last == NULL && (heard->last = rj_map_new()) == NULL)
    return NULL;
  heard_stream *stream = malloc(sizeof *stream);
  if (stream == NULL || !rj_map_put(heard->last, key_of(place), stream)) {
    free(stream);
    return NULL;
  }
  return stream;
}

rj_heard rj_heard_note(rj_heard_streams *heard, const rj_stream_place *place, uint64_t *missed) {
  heard_stream *stream = heard->last != NULL ? rj_map_get(heard->last, key_of(place)) : NULL;
  *missed = 0;
  if (stream != NULL && stream->stay == place->stay) {
    if (place->sequence <= stream->sequence)
      return RJ_HEARD_TWICE;
    *missed = place->sequence - stream->sequence - 1;
    stream->sequence = place->sequence;
    return *missed > 0 ? RJ_HEARD_GAP : RJ_HEARD_NEXT;
  }
  /* The first one of this stream. It may have begun before we came; only where something was missed
   * since then is a beginning in the middle worth a word. */
  bool gap = heard->gap && place->sequence > 1;
  if (stream == NULL)
    stream = add(heard, place);
  if (stream != NULL)
    *stream = (heard_stream){.sequence = place->sequence, .stay = place->stay};
  *missed = gap ? 0 : place->lost;
  return gap || place->lost > 0 ? RJ_HEARD_GAP : RJ_HEARD_NEXT;
}
