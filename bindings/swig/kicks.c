/* Kicks and counters of an edge as Python objects. */
#include "native.h"

PyObject *edge_kick(rj_edge *edge, const char *app_id, const char *channel, uint32_t uid,
                    const char *ip, int64_t duration_ns) {
  const rj_kick kick = {.size = sizeof kick,
                        .app_id = app_id,
                        .channel = channel,
                        .uid = uid,
                        .ip = ip,
                        .duration_ns = duration_ns};
  uint64_t id;
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_edge_kick(edge, &kick, &id);
  Py_END_ALLOW_THREADS if (status < 0) return PyLong_FromLong(status);
  return Py_BuildValue("Kl", (unsigned long long)id, (long)status);
}

static const char *or_none(const char *text) {
  return text[0] != '\0' ? text : NULL;
}

static PyObject *uid_or_none(uint32_t uid) {
  if (uid == 0)
    Py_RETURN_NONE;
  return PyLong_FromUnsignedLong(uid);
}

PyObject *edge_kicks(rj_edge *edge) {
  PyObject *list = PyList_New(0);
  rj_kick_info kick = {.size = sizeof kick};
  while (list != NULL) {
    int32_t status;
    Py_BEGIN_ALLOW_THREADS status = rj_edge_next_kick(edge, kick.id, &kick);
    Py_END_ALLOW_THREADS if (status == 0) break;
    if (status < 0) {
      Py_DECREF(list);
      return PyLong_FromLong(status);
    }
    PyObject *item =
        Py_BuildValue("KszNzL", (unsigned long long)kick.id, kick.app_id, or_none(kick.channel),
                      uid_or_none(kick.uid), or_none(kick.ip), (long long)kick.until_ns);
    if (item == NULL || PyList_Append(list, item) != 0)
      Py_CLEAR(list);
    Py_XDECREF(item);
  }
  return list;
}

PyObject *edge_counters(rj_edge *edge) {
  rj_edge_counts c = {.size = sizeof c};
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_edge_counters(edge, &c);
  Py_END_ALLOW_THREADS if (status < 0) return PyLong_FromLong(status);
  const struct {
    const char *name;
    uint64_t value;
  } all[] = {
#define RJ_COUNTER(name, source) {#name, c.name},
#include "counters.def"
#undef RJ_COUNTER
  };
  PyObject *counters = PyDict_New();
  for (size_t i = 0; counters != NULL && i < sizeof all / sizeof all[0]; i++) {
    PyObject *value = PyLong_FromUnsignedLongLong(all[i].value);
    if (value == NULL || PyDict_SetItemString(counters, all[i].name, value) != 0)
      Py_CLEAR(counters);
    Py_XDECREF(value);
  }
  return counters;
}
