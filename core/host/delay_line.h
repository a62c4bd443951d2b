/* Datagrams on their way: they come out by their time of arrival, and of one time in the order in which they went in. */
#ifndef RJ_HOST_DELAY_LINE_H
#define RJ_HOST_DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "link/link.h"

/* A datagram with its buffer, made by the line and used again and again. */
typedef struct rj_parcel rj_parcel;
struct rj_parcel {
  int64_t arrives;
  uint64_t order;  /* of entry */
  uint64_t member; /* whose link it travels on (the host's number) */
  bool up;         /* to the edge */
  rj_path path;    /* as the sender sees it */
  size_t length;
  rj_parcel *next; /* in the list of whoever has it */
  uint8_t data[RJ_DATAGRAM_BUFFER];
};

typedef struct rj_delay_line rj_delay_line;

rj_delay_line *rj_delay_line_new(void); /* never NULL */
/* With everything that is on its way. */
void rj_delay_line_free(rj_delay_line *line);

/* An empty parcel; the caller puts it in (put) or gives it back (recycle). Its fields are not cleared. */
rj_parcel *rj_delay_line_take(rj_delay_line *line);
/* Another one like it. */
rj_parcel *rj_delay_line_copy(rj_delay_line *line, const rj_parcel *parcel);
/* On its way: it comes out at `arrives`. The line owns it until then. */
void rj_delay_line_put(rj_delay_line *line, rj_parcel *parcel, int64_t arrives);
/* The next parcel that has arrived at `now`, the caller's until recycled; NULL: none. */
rj_parcel *rj_delay_line_pop(rj_delay_line *line, int64_t now);
void rj_delay_line_recycle(rj_delay_line *line, rj_parcel *parcel);
/* When the next one arrives; RJ_NEVER: nothing is on its way. */
int64_t rj_delay_line_deadline(const rj_delay_line *line);
size_t rj_delay_line_length(const rj_delay_line *line);

#endif
