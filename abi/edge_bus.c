/* The bus under a simulated edge, to be made worse. */
#include <string.h>

#include "errors.h"
#include "faults.h"
#include "handles.h"
#include "sizes.h"

static bool is_of_a_bus(const char *fault) {
  static const char *const known[] = {"blackhole", "loss",      "delay_ns", "jitter_ns",
                                      "burst",     "duplicate", "reorder"};
  for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
    if (strcmp(known[i], fault) == 0)
      return true;
  }
  return false;
}

/* One direction; NULL: well. */
static int32_t take_direction(rj_host_faults *out, const rj_faults *given, uint64_t id) {
  *out = (rj_host_faults){.delay_ns = RJ_SIM_BUS_DELAY};
  if (given == NULL)
    return RJ_OK;
  int32_t status = rj_faults_take(out, given, RJ_DIRECTION_UP, id);
#define RJ_FAULT_ROW(type, field, kind, most)                                                      \
  if (status == RJ_OK && out->field != 0 && !is_of_a_bus(#field))                                  \
    status = rj_fail(id, RJ_ERR_INVALID_ARGUMENT,                                                  \
                     "%s is set; it is no fault of a bus, which carries messages whole: leave "    \
                     "it 0",                                                                       \
                     #field);
#include "host/faults.def"
#undef RJ_FAULT_ROW
  return status;
}

static int32_t take_faults(rj_host_bus_faults *out, const rj_bus_faults *given, uint64_t id) {
  rj_bus_faults own = {0};
  int32_t status = RJ_OK;
  if (given != NULL)
    status = rj_size_take(&own, sizeof own, given, "rj_bus_faults", id);
  if (status == RJ_OK)
    status = take_direction(&out->up, own.up, id);
  if (status == RJ_OK)
    status = take_direction(&out->down, own.down, id);
  if (status == RJ_OK && own.gone != 0 && own.gone != 1)
    status = rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "gone is %d; it must be 0 or 1", (int)own.gone);
  out->gone = own.gone == 1;
  out->side = own.side;
  return status;
}

int32_t rj_edge_set_bus_faults(rj_edge *edge, const rj_bus_faults *faults) {
  if (edge == NULL)
    return rj_no_edge();
  rj_host_bus_faults wanted;
  int32_t status = take_faults(&wanted, faults, edge->id);
  if (status != RJ_OK)
    return status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now;
  status = rj_hold(edge->runtime, edge->id, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_server_set_bus_faults(edge->server, &wanted, now, error);
  rj_release(edge->runtime);
  return status == RJ_OK ? RJ_OK : rj_fail(edge->id, status, "%s", error);
}
