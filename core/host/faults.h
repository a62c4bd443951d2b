/* How one direction of a link misbehaves, and what that does to a datagram: the same for the simulator and for a real client's socket. Pure. */
#ifndef RJ_HOST_FAULTS_H
#define RJ_HOST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/time.h"

typedef struct {
  bool blackhole; /* nothing arrives */
  double loss;    /* 0 to 1 */
  int64_t delay;  /* ns, 0 to RJ_FAULT_DELAY_MAX */
} rj_host_faults;

#define RJ_FAULT_DELAY_MAX (60 * RJ_SECOND)
enum { RJ_FAULT_QUEUE = 4096 }; /* datagrams on their way in one direction; beyond: lost */

/* What becomes of a datagram handed in at `now`: true and *arrives (>= now), or false: lost. */
bool rj_faults_pass(const rj_host_faults *faults, rj_random *random, int64_t now, int64_t *arrives);

/* One direction of one client's link. */
typedef struct {
  rj_host_faults faults;
  rj_random random;   /* its own, so that what one link loses does not depend on another */
  uint32_t under_way; /* passed and not arrived yet; counted by whoever carries the datagrams */
} rj_direction;

void rj_direction_init(rj_direction *direction, int64_t delay, uint64_t seed);
/* As rj_faults_pass, and lost when RJ_FAULT_QUEUE datagrams are on their way. */
bool rj_direction_pass(rj_direction *direction, int64_t now, int64_t *arrives);

#endif
