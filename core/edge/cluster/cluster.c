/* The edge among the others of its cluster. */
#include "edge/edge_internal.h"

bool rj_server_bus_next(rj_server *server, rj_bus_order *out) {
  (void)server, (void)out;
  return false;
}

bool rj_server_neighbours(rj_server *server, size_t i, const char **url, const char **fingerprint) {
  (void)server, (void)i, (void)url, (void)fingerprint;
  return false;
}

void rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data, size_t length,
                        int64_t now) {
  (void)server, (void)subject, (void)data, (void)length, (void)now;
}

void rj_server_bus_connected(rj_server *server, bool connected, int64_t now) {
  (void)server, (void)connected, (void)now;
}
