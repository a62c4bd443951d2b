/* Where libnats is not installed there is no bus. */
#include "edge/program/nats_bus.h"

#include <stddef.h>

bool rj_nats_is_built_in(void) {
  return false;
}

rj_bus_driver *rj_nats_bus_new(const rj_nats_options *options) {
  (void)options;
  return NULL;
}

void rj_nats_bus_free(rj_bus_driver *driver) {
  (void)driver;
}

void rj_nats_bus_counts(rj_bus_driver *driver, rj_nats_counts *out) {
  (void)driver;
  *out = (rj_nats_counts){0};
}
