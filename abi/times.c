/* Time scales and timers in options, each with its rule. */
#include "times.h"

#include "base/limits.h"
#include "errors.h"
#include "rejoin/rejoin.h"

int32_t rj_time_scale_take(double *scale, double given, uint64_t id) {
  if (given != 0 && !(given >= RJ_TIME_SCALE_MIN && given <= RJ_TIME_SCALE_MAX))
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "time_scale is %g; it must be between %g and %g",
                   given, RJ_TIME_SCALE_MIN, RJ_TIME_SCALE_MAX);
  *scale = given != 0 ? given : 1;
  return RJ_OK;
}

int32_t rj_timers_take(const rj_timer_option *timers, size_t count, uint64_t id) {
  for (const rj_timer_option *timer = timers; timer < timers + count; timer++) {
    if (timer->given == 0)
      continue;
    if (timer->given < RJ_TIMER_MIN || timer->given > RJ_TIMER_MAX)
      return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                     "%s is %lld; it must be between %lld (1 ms) and %lld (30 days), or 0 for the "
                     "default",
                     timer->name, (long long)timer->given, (long long)RJ_TIMER_MIN,
                     (long long)RJ_TIMER_MAX);
    *timer->to = timer->given;
  }
  return RJ_OK;
}
