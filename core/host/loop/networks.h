/* Networks that change (S-10): the system says that something is different, and the routes to the edges say whether it matters. */
#ifndef RJ_HOST_LOOP_NETWORKS_H
#define RJ_HOST_LOOP_NETWORKS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/loop/route.h"

typedef struct {
  int watch;         /* readable when something changed; -1: there is no such thing here */
  bool watched;      /* it was asked for: with the first edge whose address a client was given */
  int64_t look_at;   /* then the routes are looked at; RJ_NEVER: there is no cause */
  int64_t looked_at; /* the last time */
  GArray *known;     /* known_route: valid until the next news */
} rj_networks;

#endif
