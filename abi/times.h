/* Time scales and timers in options, each with its rule. */
#ifndef RJ_ABI_TIMES_H
#define RJ_ABI_TIMES_H

#include <stddef.h>
#include <stdint.h>

/* A timer in options: its name there, what was given (0: nothing), and where it is kept. */
typedef struct {
  const char *name;
  int64_t given;
  int64_t *to;
} rj_timer_option;

/* *scale becomes what was given, 1 for 0. A negative status is the call's, with its text. */
int32_t rj_time_scale_take(double *scale, double given, uint64_t id);
/* Those that were given take the place of what is there. As above. */
int32_t rj_timers_take(const rj_timer_option *timers, size_t count, uint64_t id);

#endif
