/* The faults of one direction of a link. */
#include "host/faults.h"

bool rj_faults_pass(const rj_host_faults *faults, rj_random *random, int64_t now,
                    int64_t *arrives) {
  if (faults->blackhole)
    return false;
  if (faults->loss > 0 && rj_random_unit(random) < faults->loss)
    return false;
  *arrives = rj_after(now, faults->delay);
  return true;
}

void rj_direction_init(rj_direction *direction, int64_t delay, uint64_t seed) {
  direction->faults = (rj_host_faults){.delay = delay};
  direction->under_way = 0;
  rj_random_seed(&direction->random, seed);
}

bool rj_direction_pass(rj_direction *direction, int64_t now, int64_t *arrives) {
  /* the draw comes first: a full queue does not change what happens to the next datagram */
  return rj_faults_pass(&direction->faults, &direction->random, now, arrives) &&
         direction->under_way < RJ_FAULT_QUEUE;
}
