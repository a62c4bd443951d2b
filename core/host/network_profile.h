/* How a network goes on over time: steps, each with the faults of both directions from then on. Pure. */
#ifndef RJ_HOST_NETWORK_PROFILE_H
#define RJ_HOST_NETWORK_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/faults.h"

enum { RJ_PROFILE_STEPS_MAX = 1024 };

typedef struct {
  int64_t at;              /* ns since the profile began; ascending, the first at 0 */
  rj_host_faults up, down; /* beside those that an app sets */
  bool moves;              /* the client's own address changes now … */
  int32_t network;         /* … to a network of this type, not NETWORK_DISCONNECTED; … */
  int64_t overlap;         /* … and for so long (ns) the old one works, too */
} rj_network_profile_step;

typedef struct {
  const char *name;
  const char *about; /* a sentence */
  const rj_network_profile_step *steps;
  uint32_t count;
  int64_t
      repeat; /* ns after which it begins anew, more than the last step's `at`; 0: that one stays */
} rj_network_profile;

/* The ready ones, in order; NULL: there is none of this number. */
const rj_network_profile *rj_network_profile_at(uint32_t number);
/* By name, where a space, '-' and '_' are one; NULL: there is none. */
const rj_network_profile *rj_network_profile_find(const char *name);

#endif
