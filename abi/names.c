/* The names of numbers (SPEC section 1) and of this version. */
#include <rejoin/rejoin.h>

#include "base/limits.h"
#include "base/numbers.h"

/* The header promises "until this thread has asked for three more unknown ones". */
_Static_assert(RJ_UNKNOWN_NAMES == 4, "rejoin.h promises three more");

const char *rj_state_name(int32_t state) {
  return rj_number_name(RJ_GROUP_STATE, state);
}

const char *rj_reason_name(int32_t reason) {
  return rj_number_name(RJ_GROUP_REASON, reason);
}

const char *rj_offline_reason_name(int32_t reason) {
  return rj_number_name(RJ_GROUP_OFFLINE, reason);
}

const char *rj_status_name(int32_t status) {
  return rj_number_name(RJ_GROUP_STATUS, status);
}

const char *rj_event_name(int32_t kind) {
  return rj_number_name(RJ_GROUP_EVENT, kind);
}

const char *rj_network_name(int32_t network) {
  return rj_number_name(RJ_GROUP_NETWORK, network);
}

const char *rj_role_name(int32_t role) {
  return rj_number_name(RJ_GROUP_ROLE, role);
}

const char *rj_version(void) {
  return RJ_VERSION_TEXT;
}
