/* The bus under the edges of a cluster, as hosts have it (edge/bus.h: what an edge wants of it).
 *
 * On a loop it is a driver, which whoever makes the edge brings along: it carries orders away and news in. In a simulation
 * it is the simulator's own, whose faults can be set. */
#ifndef RJ_HOST_BUS_H
#define RJ_HOST_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/bus.h"
#include "host/faults.h"

/* ---- drivers (loop) */

typedef enum {
  RJ_BUS_CONNECTED, /* the bus can be reached (anew): there are no subscriptions yet */
  RJ_BUS_DISCONNECTED,
  RJ_BUS_MESSAGE,
} rj_bus_news_kind;

/* What a driver tells; borrowed until its next call. */
typedef struct {
  rj_bus_news_kind kind;
  const char *subject; /* MESSAGE */
  const uint8_t *data;
  size_t length;
} rj_bus_news;

/* A driver is a struct of its own that begins with this one.
 *
 * Its functions are called with the host held, so by one thread at a time, and none of them waits: what takes time is the
 * business of threads of its own. */
typedef struct rj_bus_driver rj_bus_driver;
struct rj_bus_driver {
  /* Reach the bus from now on, and again whenever it is lost. From here to stop it calls ready(user) when there may be news
   * where there were none: on any thread and at any time, also within its functions. ready takes no lock and calls nothing
   * back. */
  void (*start)(rj_bus_driver *driver, void (*ready)(void *user), void *user);
  /* Carry it out, or lose it where it is not connected; the order is borrowed. */
  void (*order)(rj_bus_driver *driver, const rj_bus_order *order);
  /* The oldest news; false: there are none now. CONNECTED stands for a loss before it, too, of which nothing was told. */
  bool (*next)(rj_bus_driver *driver, rj_bus_news *out);
  /* What was ordered leaves yet, if it can at once; subscriptions and news are gone. Once it returns ready is not called any
   * more, until another start. */
  void (*stop)(rj_bus_driver *driver);
};

/* ---- the simulator's bus */

#define RJ_SIM_BUS_DELAY (1 * RJ_MILLISECOND) /* up, and down again, when no fault says another */

/* How an edge's way to its bus misbehaves. A message meets the faults of a direction as a datagram does (faults.h), but for
 * corrupt, rate, queue and mtu, which stay 0. Subscriptions always arrive, and at once. */
typedef struct {
  rj_host_faults up, down;
  uint32_t side; /* messages pass only between edges of one side; 0 at first */
  bool gone;     /* nothing passes, and the edge knows: its bus cannot be reached */
} rj_host_bus_faults;

#endif
