/* Faults that an app gives: each field against its rule, as the table of faults says. */
#include "faults.h"

#include "errors.h"
#include "sizes.h"

static int32_t check_flag(const char *name, int32_t value, int64_t most, uint64_t handle) {
  (void)most;
  if (value == 0 || value == 1)
    return RJ_OK;
  return rj_fail(handle, RJ_ERR_INVALID_ARGUMENT, "%s is %d; it must be 0 or 1", name, (int)value);
}

static int32_t check_length(const char *name, double value, int64_t most, uint64_t handle) {
  if (value >= 0 && value <= (double)most) /* not a NaN */
    return RJ_OK;
  return rj_fail(handle, RJ_ERR_INVALID_ARGUMENT, "%s is %g; it must be between 0 and %lld", name,
                 value, (long long)most);
}

static int32_t check_share(const char *name, double value, int64_t most, uint64_t handle) {
  return check_length(name, value, most, handle);
}

static int32_t check_time(const char *name, int64_t value, int64_t most, uint64_t handle) {
  if (value >= 0 && value <= most)
    return RJ_OK;
  return rj_fail(handle, RJ_ERR_INVALID_ARGUMENT,
                 "%s is %lld; it must be between 0 and %lld (%lld s)", name, (long long)value,
                 (long long)most, (long long)(most / RJ_SECOND));
}

static int32_t check_count(const char *name, uint64_t value, int64_t most, uint64_t handle) {
  if (value <= (uint64_t)most)
    return RJ_OK;
  return rj_fail(handle, RJ_ERR_INVALID_ARGUMENT, "%s is %llu; it must be between 0 and %lld", name,
                 (unsigned long long)value, (long long)most);
}

#define RULE_FLAG   check_flag
#define RULE_SHARE  check_share
#define RULE_LENGTH check_length
#define RULE_TIME   check_time
#define RULE_COUNT  check_count

int32_t rj_faults_take(rj_host_faults *out, const rj_faults *faults, int32_t directions,
                       uint64_t handle) {
  rj_faults own;
  const rj_faults *given = &own;
  int32_t status = rj_size_take(&own, sizeof own, faults, "rj_faults", handle);
  if (status != RJ_OK)
    return status;
#define RJ_FAULT_ROW(type, field, kind, most)                                                      \
  if (status == RJ_OK)                                                                             \
    status = RULE_##kind(#field, given->field, most, handle);                                      \
  out->field = given->field;
#include "host/faults.def"
#undef RJ_FAULT_ROW
  if (status == RJ_OK && directions == RJ_DIRECTION_DOWN && given->nat_idle_ns != 0)
    return rj_fail(handle, RJ_ERR_INVALID_ARGUMENT,
                   "nat_idle_ns is %lld on the way down; it must be 0 there, for a NAT counts what "
                   "goes up",
                   (long long)given->nat_idle_ns);
  return status;
}
