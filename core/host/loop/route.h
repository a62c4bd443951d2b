/* Which way the system would send a datagram now. */
#ifndef RJ_HOST_LOOP_ROUTE_H
#define RJ_HOST_LOOP_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

typedef struct {
  bool there;         /* false: there is none, the rest is zero */
  rj_address local;   /* our end of it, without a port */
  unsigned interface; /* that has this address; 0: not known */
  int32_t network;    /* NETWORK_LAN, NETWORK_WIFI or NETWORK_UNKNOWN */
} rj_route;

/* Asks the system; nothing is sent. False: it cannot say now (no descriptor, no memory). */
bool rj_route_find(const rj_address *remote, rj_route *out);
/* Same address on the same interface, or none in both. */
bool rj_route_equal(const rj_route *a, const rj_route *b);
/* Another address of this machine than `local` from which a datagram may leave for the same remote address. False: there is none. */
bool rj_route_other_local(const rj_address *remote, const rj_address *local, rj_address *out);

#endif
