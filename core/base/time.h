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

/* start + span, where either may be RJ_NEVER. */
static inline int64_t rj_after(int64_t start, int64_t span) {
  return start == RJ_NEVER || span == RJ_NEVER || start > RJ_NEVER - span ? RJ_NEVER : start + span;
}

#endif
