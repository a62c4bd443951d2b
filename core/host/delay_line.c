/* Datagrams on their way: a binary heap by arrival and entry. How many may travel is bounded where they enter (RJ_FAULT_QUEUE). */
#include "host/delay_line.h"

#include <glib.h>
#include <string.h>

#include "base/time.h"

enum {
  SPARES_MAX = 256
}; /* empty parcels kept for the next datagrams; beyond: given back to the system */

struct rj_delay_line {
  rj_parcel **heap;
  size_t length, capacity;
  uint64_t entered;
  rj_parcel *spare;
  size_t spares;
};

static bool before(const rj_parcel *a, const rj_parcel *b) {
  return a->arrives != b->arrives ? a->arrives < b->arrives : a->order < b->order;
}

rj_delay_line *rj_delay_line_new(void) {
  return g_new0(rj_delay_line, 1);
}

void rj_delay_line_free(rj_delay_line *line) {
  for (size_t i = 0; i < line->length; i++)
    g_free(line->heap[i]);
  while (line->spare != NULL) {
    rj_parcel *parcel = line->spare;
    line->spare = parcel->next;
    g_free(parcel);
  }
  g_free(line->heap);
  g_free(line);
}

rj_parcel *rj_delay_line_take(rj_delay_line *line) {
  rj_parcel *parcel = line->spare;
  if (parcel == NULL)
    return g_new0(rj_parcel, 1);
  line->spare = parcel->next;
  line->spares--;
  return parcel;
}

rj_parcel *rj_delay_line_copy(rj_delay_line *line, const rj_parcel *parcel) {
  rj_parcel *copy = rj_delay_line_take(line);
  copy->member = parcel->member;
  copy->up = parcel->up;
  copy->path = parcel->path;
  copy->length = parcel->length;
  memcpy(copy->data, parcel->data, parcel->length);
  return copy;
}

void rj_delay_line_recycle(rj_delay_line *line, rj_parcel *parcel) {
  if (line->spares >= SPARES_MAX) {
    g_free(parcel);
    return;
  }
  parcel->next = line->spare;
  line->spare = parcel;
  line->spares++;
}

void rj_delay_line_put(rj_delay_line *line, rj_parcel *parcel, int64_t arrives) {
  parcel->arrives = arrives;
  parcel->order = line->entered++;
  if (line->length == line->capacity) {
    line->capacity = line->capacity == 0 ? 64 : 2 * line->capacity;
    line->heap = g_renew(rj_parcel *, line->heap, line->capacity);
  }
  size_t at = line->length++;
  while (at > 0 && before(parcel, line->heap[(at - 1) / 2])) {
    line->heap[at] = line->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  line->heap[at] = parcel;
}

rj_parcel *rj_delay_line_pop(rj_delay_line *line, int64_t now) {
  if (line->length == 0 || line->heap[0]->arrives > now)
    return NULL;
  rj_parcel *first = line->heap[0];
  rj_parcel *last = line->heap[--line->length];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= line->length)
      break;
    if (child + 1 < line->length && before(line->heap[child + 1], line->heap[child]))
      child++;
    if (!before(line->heap[child], last))
      break;
    line->heap[at] = line->heap[child];
    at = child;
  }
  line->heap[at] = last;
  return first;
}

int64_t rj_delay_line_deadline(const rj_delay_line *line) {
  return line->length == 0 ? RJ_NEVER : line->heap[0]->arrives;
}

size_t rj_delay_line_length(const rj_delay_line *line) {
  return line->length;
}
