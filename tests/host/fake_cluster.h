/* Edges whose cluster is the test: it gives the orders to the bus, and notes what comes over it. Takes the place of the edge's
 * own by the linker (--wrap), so that a bus is tested by itself. */
#ifndef RJ_TESTS_HOST_FAKE_CLUSTER_H
#define RJ_TESTS_HOST_FAKE_CLUSTER_H

#include "host/stage.h"

/* An edge with this cluster's name. */
rj_host_server *fake_edge(stage *s, const char *cluster);
/* … on a loop with this driver under it. */
rj_host_server *fake_edge_with(stage *s, const char *cluster, rj_bus_driver *bus);
/* The edge orders; text: of a PUBLISH, else NULL. */
void fake_order(stage *s, rj_host_server *server, rj_bus_order_kind kind, const char *subject,
                const char *text);
/* What it heard since the last look, a word each: "+" connected, "-" not any more, and messages as "SUBJECT:TEXT@MS", MS since
 * the stage began. "" while nothing came. The caller's. */
char *fake_heard(stage *s, rj_host_server *server);

#define fake_expect(s, server, text)                                                               \
  do {                                                                                             \
    char *heard_ = fake_heard(s, server);                                                          \
    g_assert_cmpstr(heard_, ==, text);                                                             \
    g_free(heard_);                                                                                \
  } while (0)

#endif
