/* The NAT next to a member: its mapping lapses when nothing goes up through it for a while (the fault nat_idle_ns). */
#ifndef RJ_HOST_NAT_H
#define RJ_HOST_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"

typedef struct {
  enum {
    RJ_NAT_FRESH,  /* nothing was sent through the mapping yet: it waits */
    RJ_NAT_USED,   /* at used_at, the last time */
    RJ_NAT_LAPSED, /* it is gone, until something goes up */
  } state;
  int64_t used_at;
} rj_nat;

/* False: the mapping has lapsed, and what comes down at `now` is lost. To be asked before the fault changes, too, so that what is
 * gone stays gone. */
bool rj_host_member_nat_lets_in(rj_host_member *member, int64_t now);
/* A datagram goes up. In the place of a mapping that has lapsed there is another one, with another port; where none is to be had
 * the old one is back. */
void rj_host_member_nat_lets_out(rj_host_member *member, int64_t now);

#endif
