/* Which message of each stream of the peers a member had last: what comes twice is not told twice, and
 * what is missing is announced (D-4, D-5). */
#ifndef RJ_CLIENT_HEARD_STREAMS_H
#define RJ_CLIENT_HEARD_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

/* All zero: nothing was heard. */
typedef struct {
  rj_map *last; /* of heard_stream, by uid and stream, newest stay first; NULL: none */
  bool gap;     /* messages may have been missed of streams that were never heard */
} rj_heard_streams;

typedef struct {
  uint32_t uid, stream, stay;
  uint64_t sequence;
  uint64_t lost; /* so many before it were given up by the sender */
} rj_stream_place;

typedef enum {
  RJ_HEARD_NEXT, /* tell it */
  RJ_HEARD_GAP,  /* tell that some are missing, then tell it */
  RJ_HEARD_TWICE /* do not tell it */
} rj_heard;

/* A message came. *missed (GAP): how many are missing; 0: unknown. */
rj_heard rj_heard_note(rj_heard_streams *heard, const rj_stream_place *place, uint64_t *missed);
/* Messages of any stream may have been missed. */
void rj_heard_gap(rj_heard_streams *heard);
/* Forgets all (a new stay). */
void rj_heard_clear(rj_heard_streams *heard);

#endif
