/* Calls typed listener functions by a table of argument kinds (libffi): one prepared call per row,
 * no switch over events. */
#ifndef RJ_DISPATCH_LISTENER_H
#define RJ_DISPATCH_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
  RJ_KIND_I32,
  RJ_KIND_U32,
  RJ_KIND_I64,
  RJ_KIND_U64,
  RJ_KIND_TEXT,
  RJ_KIND_DATA,
  RJ_KIND_STATS
} rj_argument_kind;

enum { RJ_ARGUMENTS_MAX = 6 };

/* One argument: its kind and where in the event struct it stands. */
typedef struct {
  rj_argument_kind kind;
  size_t offset;
  size_t length_offset; /* RJ_KIND_DATA: where the length stands */
} rj_argument;

typedef struct {
  int32_t event;
  const char *name;
  size_t slot; /* offset of the function pointer in the listener struct */
  uint32_t argument_count;
  rj_argument arguments[RJ_ARGUMENTS_MAX];
} rj_event_row;

typedef struct rj_calls rj_calls; /* the prepared calls of a table */

/* rows: in the order of their event numbers, without gaps; borrowed for good (static). NULL: libffi
 * refused a row. */
rj_calls *rj_calls_new(const rj_event_row *rows, size_t count);
void rj_calls_free(rj_calls *calls);
/* Calls the row's function of `listener` (a struct of `listener_size` bytes; a slot beyond it is
 * NULL) with (handle, arguments…, user). No function: nothing. */
void rj_calls_invoke(const rj_calls *calls, int32_t event_kind, const void *event, void *handle,
                     const void *listener, size_t listener_size, void *user);

#endif
