/* The faults of one direction of a link.
 *
 * A datagram meets them in this order: blackhole, size (mtu), loss, the wait for its turn (rate), the
 * way (delay and jitter), and on it duplication, reordering and corruption, each copy by itself. A
 * number is drawn only for a fault that is on. */
#include "host/faults.h"

void rj_direction_init(rj_direction *direction, int64_t delay, uint64_t seed) {
  *direction = (rj_direction){.faults = {.delay_ns = delay}};
  rj_random_seed(&direction->random, seed);
}

static bool happens(rj_direction *direction, double share) {
  return share > 0 && rj_random_unit(&direction->random) < share;
}

/* Gilbert's model: from a good stretch into a run of losses and back with fixed chances, so that the
 * runs are `burst` long on average and the share of the lost is `loss`. Where so large a share does
 * not leave room for good stretches of one datagram, the runs get longer. */
static bool lost_in_a_run(rj_direction *direction, double loss, double burst) {
  if (loss >= 1)
    return true;
  double begin = loss / (burst * (1 - loss)), end = 1 / burst;
  if (begin > 1) {
    begin = 1;
    end = (1 - loss) / loss;
  }
  direction->losing = direction->losing ? !happens(direction, end) : happens(direction, begin);
  return direction->losing;
}

static bool is_lost(rj_direction *direction) {
  const rj_host_faults *faults = &direction->faults;
  if (faults->loss > 0 && faults->burst > 1)
    return lost_in_a_run(direction, faults->loss, faults->burst);
  direction->losing = false;
  return happens(direction, faults->loss);
}

/* When the last bit of the datagram has gone into the wire. False: the queue in front of it is full. */
static bool take_turn(rj_direction *direction, size_t length, int64_t now, int64_t *sent) {
  const rj_host_faults *faults = &direction->faults;
  *sent = now;
  if (faults->rate == 0)
    return true;
  double per_byte = (double)RJ_SECOND / (double)faults->rate; /* ns */
  double gone = (double)(now - direction->waited_at) / per_byte;
  double waiting = direction->waiting > gone ? direction->waiting - gone : 0;
  if (waiting > (faults->queue == 0 ? RJ_FAULT_QUEUE_BYTES : faults->queue))
    return false;
  direction->waiting = waiting + (double)length;
  direction->waited_at = now;
  *sent = rj_after(now, (int64_t)(direction->waiting * per_byte));
  return true;
}

static rj_fate travel(rj_direction *direction, size_t length, int64_t sent) {
  const rj_host_faults *faults = &direction->faults;
  rj_fate fate = {.arrives = rj_after(sent, faults->delay_ns)};
  if (faults->jitter_ns > 0)
    fate.arrives =
        rj_after(fate.arrives,
                 (int64_t)rj_random_below(&direction->random, (uint64_t)faults->jitter_ns + 1));
  if (happens(direction, faults->reorder))
    fate.arrives = rj_after(fate.arrives,
                            1 + (int64_t)rj_random_below(&direction->random, RJ_FAULT_REORDER_FOR));
  else if (faults->jitter_ns > 0) { /* jitter alone lets nobody overtake, a shorter delay does */
    int64_t latest = rj_after(sent, faults->delay_ns + faults->jitter_ns);
    fate.arrives = rj_earlier(rj_later(fate.arrives, direction->last), latest);
    direction->last = fate.arrives;
  }
  if (happens(direction, faults->corrupt)) {
    fate.corrupt = true;
    fate.bit = (uint32_t)rj_random_below(&direction->random, 8 * (uint64_t)length);
  }
  return fate;
}

size_t rj_direction_pass(rj_direction *direction, size_t length, int64_t now,
                         rj_fate fates[RJ_FATES_MAX]) {
  const rj_host_faults *faults = &direction->faults;
  if (faults->blackhole != 0)
    return 0;
  if (faults->mtu != 0 && length > faults->mtu)
    return 0;
  int64_t sent;
  if (is_lost(direction) || !take_turn(direction, length, now, &sent))
    return 0;
  size_t copies = happens(direction, faults->duplicate) ? 2 : 1;
  for (size_t i = 0; i < copies; i++)
    fates[i] = travel(direction, length, sent);
  /* the draws came first: a full queue does not change what happens to the next datagram */
  size_t room = direction->under_way < RJ_FAULT_QUEUE ? RJ_FAULT_QUEUE - direction->under_way : 0;
  return copies < room ? copies : room;
}

void rj_fate_apply(const rj_fate *fate, uint8_t *data) {
  if (fate->corrupt)
    data[fate->bit / 8] ^= (uint8_t)(1U << fate->bit % 8);
}
