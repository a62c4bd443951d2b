/* How one direction of a link misbehaves, and what that does to a datagram: the same for the simulator and for a real client's socket. Pure. */
#ifndef RJ_HOST_FAULTS_H
#define RJ_HOST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/time.h"

#define RJ_FAULT_DELAY_MAX    (60 * RJ_SECOND)
#define RJ_FAULT_REORDER_FOR  (100 * RJ_MILLISECOND) /* the longest that a datagram is held back */
#define RJ_FAULT_NAT_IDLE_MAX (3600 * RJ_SECOND)
enum {
  RJ_FAULT_QUEUE = 4096,        /* datagrams on their way in one direction; beyond: lost */
  RJ_FAULT_QUEUE_BYTES = 65536, /* that wait for their turn at a rate, when `queue` says nothing */
  RJ_FAULT_QUEUE_MAX = 1 << 30,
  RJ_FAULT_RATE_MAX = 1 << 30, /* bytes a second */
  RJ_FAULT_BURST_MAX = 1000000,
  RJ_FAULT_MTU_MAX = 65535,
};

typedef struct {
#define RJ_FAULT_ROW(type, field, kind, most) type field;
#include "host/faults.def"
#undef RJ_FAULT_ROW
} rj_host_faults;

/* What becomes of one copy of a datagram. */
typedef struct {
  int64_t arrives; /* >= the time at which it was handed in */
  bool corrupt;    /* its bit number `bit` arrives turned over */
  uint32_t bit;
} rj_fate;

enum { RJ_FATES_MAX = 2 };

/* One direction of one client's link. */
typedef struct {
  rj_host_faults faults;
  rj_random random; /* its own, so that what one link loses does not depend on another */
  bool losing;      /* in a run of losses */
  double waiting;   /* at a rate: bytes that had not gone into the wire at waited_at */
  int64_t waited_at;
  int64_t last;       /* with jitter: the arrival of the one before */
  uint32_t under_way; /* passed and not arrived yet; counted by whoever carries the datagrams */
} rj_direction;

void rj_direction_init(rj_direction *direction, int64_t delay, uint64_t seed);
/* What becomes of a datagram of 1 to 65,535 bytes handed in at `now`: how many copies of it arrive (0:
 * it is lost), and the fate of each. */
size_t rj_direction_pass(rj_direction *direction, size_t length, int64_t now,
                         rj_fate fates[RJ_FATES_MAX]);
/* Does to the bytes what the fate says. */
void rj_fate_apply(const rj_fate *fate, uint8_t *data);

#endif
