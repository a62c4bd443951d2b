/* Time as every entry takes it: int64 nanoseconds on a clock that counts time asleep. */
#ifndef RJ_BASE_TIME_H
#define RJ_BASE_TIME_H

#include <stdint.h>

#define RJ_MICROSECOND INT64_C(1000)
#define RJ_MILLISECOND INT64_C(1000000)
#define RJ_SECOND      INT64_C(1000000000)
#define RJ_MINUTE      (60 * RJ_SECOND)
#define RJ_NEVER       INT64_MAX /* a deadline that does not come */

static inline int64_t rj_earlier(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static inline int64_t rj_later(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* start + span (not negative), where either may be RJ_NEVER. */
static inline int64_t rj_after(int64_t start, int64_t span) {
  return start == RJ_NEVER || span == RJ_NEVER || start > RJ_NEVER - span ? RJ_NEVER : start + span;
}

/* A span times a scale (> 0), at least 1 ns; RJ_NEVER beyond what int64 holds. */
static inline int64_t rj_scaled(int64_t span, double scale) {
  double value = (double)span * scale + 0.5;
  if (value < 1.0)
    return 1;
  return value < 9.0e18 ? (int64_t)value : RJ_NEVER;
}

#endif
