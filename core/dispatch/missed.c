/* Dropped messages by stream. */
#include "dispatch/missed.h"

#include <glib.h>

#include "base/limits.h"
#include "base/numbers.h"

typedef struct {
  uint64_t count;
  bool unknown; /* more than those, nobody knows how many */
} missed_stream;

static uint64_t key_of(const rj_event_record *event) {
  return (uint64_t)event->uid << 32 | event->stream_id;
}

static missed_stream *find(const rj_missed *missed, const rj_event_record *event) {
  return missed->streams != NULL ? rj_map_get(missed->streams, key_of(event)) : NULL;
}

void rj_missed_note(rj_missed *missed, const rj_event_record *event) {
  missed_stream *stream = find(missed, event);
  if (stream == NULL) {
    if (missed->streams == NULL)
      missed->streams = rj_map_new();
    if (missed->streams != NULL && rj_map_size(missed->streams) >= RJ_QUEUE_MISSED_STREAMS)
      return;
    stream = g_new0(missed_stream, 1);
    if (missed->streams == NULL || !rj_map_put(missed->streams, key_of(event), stream))
      g_error("rejoin: out of memory"); /* as every other allocation of this layer */
  }
  bool is_message = event->kind == EVENT_STREAM_MESSAGE;
  stream->unknown = stream->unknown || (!is_message && event->count == 0);
  stream->count += is_message ? 1 : event->count;
}

bool rj_missed_find(const rj_missed *missed, const rj_event_record *event, uint64_t *count) {
  const missed_stream *stream = find(missed, event);
  if (stream == NULL)
    return false;
  *count = stream->unknown ? 0 : stream->count;
  return true;
}

void rj_missed_forget(rj_missed *missed, const rj_event_record *event) {
  if (missed->streams != NULL)
    g_free(rj_map_remove(missed->streams, key_of(event)));
}

void rj_missed_clear(rj_missed *missed) {
  if (missed->streams == NULL)
    return;
  uint64_t key;
  void *stream;
  for (size_t cursor = 0; rj_map_next(missed->streams, &cursor, &key, &stream);)
    g_free(stream);
  rj_map_free(missed->streams);
  missed->streams = NULL;
}
