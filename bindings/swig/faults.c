/* Faults of links and buses, and the steps of network profiles, out of Python tuples. A tuple of another shape is a Python error. */
#include <stdlib.h>

#include "native.h"

typedef struct {
  rj_network_step step;
  rj_faults up, down;
} whole_step;

static bool take_faults(rj_faults *out, PyObject *values) {
  *out = (rj_faults){.size = sizeof *out};
  unsigned long long rate;
  unsigned int queue, mtu;
  long long delay, jitter, nat_idle;
  int blackhole;
  if (!PyArg_ParseTuple(values, "idLLddddKIIL", &blackhole, &out->loss, &delay, &jitter,
                        &out->burst, &out->duplicate, &out->reorder, &out->corrupt, &rate, &queue,
                        &mtu, &nat_idle))
    return false;
  out->blackhole = blackhole;
  out->delay_ns = delay;
  out->jitter_ns = jitter;
  out->rate = rate;
  out->queue = queue;
  out->mtu = mtu;
  out->nat_idle_ns = nat_idle;
  return true;
}

int32_t set_faults(rj_client *client, int32_t directions, PyObject *faults) {
  rj_faults taken;
  if (!take_faults(&taken, faults))
    return RJ_ERR_INVALID_ARGUMENT;
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_client_set_faults(client, directions, &taken);
  Py_END_ALLOW_THREADS return status;
}

int32_t set_bus_faults(rj_edge *edge, int32_t gone, uint32_t side, PyObject *up, PyObject *down) {
  rj_faults ups, downs;
  if (!take_faults(&ups, up) || !take_faults(&downs, down))
    return RJ_ERR_INVALID_ARGUMENT;
  const rj_bus_faults taken = {
      .size = sizeof taken, .gone = gone, .up = &ups, .down = &downs, .side = side};
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_edge_set_bus_faults(edge, &taken);
  Py_END_ALLOW_THREADS return status;
}

static bool take_step(whole_step *out, PyObject *values) {
  long long at, overlap;
  int moves, network;
  PyObject *up, *down;
  if (!PyArg_ParseTuple(values, "LiiLO!O!", &at, &moves, &network, &overlap, &PyTuple_Type, &up,
                        &PyTuple_Type, &down))
    return false;
  out->step = (rj_network_step){.size = sizeof out->step,
                                .moves = moves,
                                .at_ns = at,
                                .up = &out->up,
                                .down = &out->down,
                                .overlap_ns = overlap,
                                .network = network};
  return take_faults(&out->up, up) && take_faults(&out->down, down);
}

int32_t follow_steps(rj_client *client, PyObject *steps, int64_t repeat_ns) {
  int32_t status = RJ_ERR_RESOURCE_LIMITED;
  PyObject *given = PySequence_Tuple(steps);
  size_t count = given == NULL ? 0 : (size_t)PyTuple_Size(given);
  whole_step *taken = calloc(count + 1, sizeof *taken);
  const rj_network_step **list = calloc(count + 1, sizeof *list);
  bool good = given != NULL && taken != NULL && list != NULL;
  if (!good && !PyErr_Occurred())
    PyErr_NoMemory();
  for (size_t i = 0; good && i < count; i++) {
    good = take_step(&taken[i], PyTuple_GetItem(given, (Py_ssize_t)i));
    list[i] = &taken[i].step;
  }
  if (good) {
    Py_BEGIN_ALLOW_THREADS status =
        rj_client_follow_steps(client, list, (uint32_t)count, repeat_ns);
    Py_END_ALLOW_THREADS
  }
  free(list);
  free(taken);
  Py_XDECREF(given);
  return status;
}
