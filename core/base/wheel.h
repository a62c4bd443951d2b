/* A hashed timing wheel: many deadlines, O(1) to set and to move, exact to the nanosecond when
 * asked. */
#ifndef RJ_BASE_WHEEL_H
#define RJ_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rj_timer rj_timer;
struct rj_timer {
  rj_timer *next, *previous; /* NULL when not set */
  int64_t due;
};

typedef struct rj_wheel rj_wheel;

/* NULL: out of memory. The wheel borrows its timers; they live inside whatever they wake. */
rj_wheel *rj_wheel_new(int64_t now);
void rj_wheel_free(
    rj_wheel *wheel); /* timers that are still set are not touched: do not use them again */
/* Sets or moves a timer; RJ_NEVER takes it out. A due time in the past is due at the next look. Set
 * to the due time that it has, a timer keeps its turn. */
void rj_wheel_set(rj_wheel *wheel, rj_timer *timer, int64_t due);
void rj_wheel_remove(rj_wheel *wheel, rj_timer *timer); /* harmless when not set */
/* The earliest due time, exact; RJ_NEVER when empty. */
int64_t rj_wheel_deadline(rj_wheel *wheel);
/* Takes out and returns a timer that is due at `now`, earliest first (ties: as they were set); NULL
 * when there is none. */
rj_timer *rj_wheel_pop(rj_wheel *wheel, int64_t now);

#endif
