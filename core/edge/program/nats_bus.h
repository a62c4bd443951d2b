/* The bus of a cluster over nats-server (host/bus.h), by libnats. */
#ifndef RJ_EDGE_PROGRAM_NATS_BUS_H
#define RJ_EDGE_PROGRAM_NATS_BUS_H

#include "host/bus.h"

/* All borrowed until the bus is freed; NULL where there is none. */
typedef struct {
  const char *name; /* of the cluster: for the log */
  const char *const
      *servers; /* of nats://[USER:PASSWORD@ or TOKEN@]HOST[:PORT], or tls://…; NULL at the end */
  /* Files, read at each connection. */
  const char *credentials;       /* JWT and seed, as nsc writes them */
  const char *ca_file;           /* PEM; of TLS only */
  const char *certificate, *key; /* PEM: what this edge proves itself with; of TLS only */
} rj_nats_options;

typedef struct {
  bool connected;
  uint64_t connections; /* so far */
  uint64_t sent, received;
  uint64_t unsent, unread; /* lost for want of room; digests repair it */
} rj_nats_counts;

/* Whether this program can have one at all. */
bool rj_nats_is_built_in(void);
/* NULL: it cannot. Nothing is reached before it is started; servers that cannot be reached are tried for ever, one after the
 * other, with waits that grow to 5 s and are jittered. Each change of that is logged once; what proves us never is. */
rj_bus_driver *rj_nats_bus_new(const rj_nats_options *options);
/* Of one that is stopped. Waits until libnats is done with it. NULL is nothing. */
void rj_nats_bus_free(rj_bus_driver *driver);
/* Any thread. */
void rj_nats_bus_counts(rj_bus_driver *driver, rj_nats_counts *out);

/* The url without what stands before its @. The caller's (g_free). */
char *rj_nats_shown_url(const char *url);

#endif
