/* The numbers of SPEC section 1 as the core's own enums (STATE_CONNECTED, REASON_JOIN_SUCCESS,
 * STATUS_OK, EVENT_USER_JOINED …) and their names. */
#ifndef RJ_BASE_NUMBERS_H
#define RJ_BASE_NUMBERS_H

#include <stdint.h>

#define RJ_NUMBER(group, name, value, text) group##_##name = (value),
enum rj_numbers {
#include "base/numbers.def"
};
#undef RJ_NUMBER

typedef enum {
  RJ_GROUP_STATE,
  RJ_GROUP_REASON,
  RJ_GROUP_OFFLINE,
  RJ_GROUP_NETWORK,
  RJ_GROUP_ROLE,
  RJ_GROUP_PROFILE,
  RJ_GROUP_DIALECT,
  RJ_GROUP_STATUS,
  RJ_GROUP_EVENT,
  RJ_GROUP_ATTEMPT,
} rj_number_group;

/* The name of a number; "unknown(N)" where the group has none. Never NULL. A known name is static;
 * an unknown one lives in thread-local storage until the thread asks for its next unknown ones
 * (RJ_UNKNOWN_NAMES of them are kept). */
const char *rj_number_name(rj_number_group group, int32_t value);

#endif
