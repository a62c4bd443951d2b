/* The place of each stream that was heard, and what the next message means for it. */
#include "client/heard_streams.h"

#include <stdlib.h>

#include "base/limits.h"

/* A stream of one stay. Of an older stay of the uid something may come again, after a rejoin at another edge. */
typedef struct heard_stream {
  struct heard_stream *older; /* the same stream of the stay that was heard before; NULL: none */
  uint64_t sequence;          /* of the last message */
  uint32_t stay;
} heard_stream;

static uint64_t key_of(const rj_stream_place *place) {
  return (uint64_t)place->uid << 8 | place->stream;
}

static void free_stays(heard_stream *stream) {
  while (stream != NULL) {
    heard_stream *older = stream->older;
    free(stream);
    stream = older;
  }
}

static void forget_streams(rj_heard_streams *heard) {
  if (heard->last == NULL)
    return;
  uint64_t key;
  void *stream;
  for (size_t cursor = 0; rj_map_next(heard->last, &cursor, &key, &stream);)
    free_stays(stream);
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

/* One more stay of a stream. It stands first, where the map has it; the one that was heard longest ago may be
 * forgotten for it, and is if there is no memory. */
static void add_stay(heard_stream *stream, const rj_stream_place *place) {
  heard_stream *before = malloc(sizeof *before);
  if (before != NULL) {
    *before = *stream;
    stream->older = before;
  }
  stream->stay = place->stay;
  stream->sequence = place->sequence;
  heard_stream *last = stream;
  for (int i = 1; i < RJ_STAYS_HEARD && last != NULL; i++)
    last = last->older;
  if (last != NULL) {
    free_stays(last->older);
    last->older = NULL;
  }
}

static heard_stream *find_stay(heard_stream *stream, uint32_t stay) {
  while (stream != NULL && stream->stay != stay)
    stream = stream->older;
  return stream;
}

rj_heard rj_heard_note(rj_heard_streams *heard, const rj_stream_place *place, uint64_t *missed) {
  heard_stream *stream = heard->last != NULL ? rj_map_get(heard->last, key_of(place)) : NULL;
  heard_stream *its = find_stay(stream, place->stay);
  *missed = 0;
  if (its != NULL) {
    if (place->sequence <= its->sequence)
      return RJ_HEARD_TWICE;
    *missed = place->sequence - its->sequence - 1;
    its->sequence = place->sequence;
    return *missed > 0 ? RJ_HEARD_GAP : RJ_HEARD_NEXT;
  }
  /* The first one of this stream. It may have begun before we came; only where something was missed
   * since then is a beginning in the middle worth a word. */
  bool gap = heard->gap && place->sequence > 1;
  if (stream != NULL)
    add_stay(stream, place);
  else if ((stream = add(heard, place)) != NULL)
    *stream = (heard_stream){.sequence = place->sequence, .stay = place->stay};
  *missed = gap ? 0 : place->lost;
  return gap || place->lost > 0 ? RJ_HEARD_GAP : RJ_HEARD_NEXT;
}
