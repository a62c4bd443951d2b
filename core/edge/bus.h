/* What an edge says to the other edges of its cluster and hears from them, without I/O: publish and
 * subscribe by subject, as NATS has it. A bus loses, delays, doubles and reorders what it likes. */
#ifndef RJ_EDGE_BUS_H
#define RJ_EDGE_BUS_H

#include <stddef.h>
#include <stdint.h>

enum {
  RJ_BUS_SUBJECT_MAX = 255,   /* bytes, without the NUL */
  RJ_BUS_MESSAGE_MAX = 65536, /* bytes: far below what nats-server takes (1 MiB) */
};

typedef enum {
  RJ_BUS_PUBLISH, /* data to all that subscribed to subject, but the publisher itself */
  RJ_BUS_SUBSCRIBE, /* from now on the subject's messages come here; never twice without the other between */
  RJ_BUS_UNSUBSCRIBE /* … no more */
} rj_bus_order_kind;

/* What an edge wants of its bus; borrowed until the next call of the edge. */
typedef struct {
  rj_bus_order_kind kind;
  const char *subject; /* NATS tokens joined by dots; no wildcards */
  const uint8_t *data; /* PUBLISH */
  size_t length;
} rj_bus_order;

#endif
