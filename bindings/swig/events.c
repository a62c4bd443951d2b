/* Events as Python objects: a client's queue drained into named tuples in one call, about half a microsecond an event.
 *
 * Which fields an event fills is read from abi/events.def: RJ_ARG(KIND, field) becomes a call of put_<field>, so an event
 * that is made of known fields needs nothing here, and one with a new field does not compile until there is a put_ for it. */
#include <stddef.h>
#include <string.h>

#include "native.h"

/* The fields of rejoin.Event, in order. */
enum {
  FIELD_NAME,
  FIELD_TIME,
  FIELD_SEQUENCE,
  FIELD_OLD_STATE,
  FIELD_STATE,
  FIELD_REASON,
  FIELD_UID,
  FIELD_ELAPSED,
  FIELD_CHANNEL,
  FIELD_TOKEN,
  FIELD_CODE,
  FIELD_NETWORK,
  FIELD_OLD_ROLE,
  FIELD_ROLE,
  FIELD_STREAM_ID,
  FIELD_DATA,
  FIELD_MISSED,
  FIELD_COUNT,
  FIELD_NUMBER,
  FIELD_OUTCOME,
  FIELD_NEXT_DELAY,
  FIELD_STATS,
  FIELDS
};
static const char *const event_fields[FIELDS] = {
    "name",    "time",  "sequence", "old_state", "state",      "reason", "uid",       "elapsed",
    "channel", "token", "code",     "network",   "old_role",   "role",   "stream_id", "data",
    "missed",  "count", "number",   "outcome",   "next_delay", "stats",
};

/* The fields of rejoin.Stats, in order. */
enum { STATS_FIELDS = 11 };
static const char *const stats_fields[STATS_FIELDS] = {
    "duration",     "members",          "outages",      "outage",
    "attempts",     "round_trip_ms",    "bytes_sent",   "bytes_received",
    "packets_sent", "packets_received", "packets_lost",
};

/* ---- the types, and numbers and names that were made once */

typedef enum { STATE, REASON, OFFLINE, NETWORK, ROLE, OUTCOME, GROUPS } group;

enum { CACHED_FROM = -8, CACHED = 64, KINDS = 64 };

static PyObject *event_type, *stats_type; /* named tuples */
static newfunc tuple_new;                 /* tuple's own: past the Python code of a named tuple */
static PyObject *enum_types[GROUPS];
static PyObject *members[GROUPS][CACHED]; /* enum members by number - CACHED_FROM; NULL: not yet */
static PyObject *names[KINDS];            /* interned names by kind; NULL: not yet */

static int check_fields(PyObject *type, const char *const *fields, Py_ssize_t count) {
  PyObject *found = PyObject_GetAttrString(type, "_fields");
  if (found == NULL)
    return -1;
  int same = PyTuple_Check(found) && PyTuple_Size(found) == count;
  for (Py_ssize_t i = 0; same && i < count; i++)
    same = PyUnicode_CompareWithASCIIString(PyTuple_GetItem(found, i), fields[i]) == 0;
  if (!same)
    PyErr_Format(PyExc_TypeError, "%R has not the fields that events.c fills: %R", type, found);
  Py_DECREF(found);
  return same ? 0 : -1;
}

static void keep(PyObject **place, PyObject *object) {
  PyObject *old = *place;
  Py_XINCREF(object);
  *place = object;
  Py_XDECREF(old);
}

/* Sets tuple_new. It is asked of a type derived from tuple, since the limited API tells slots of such types only. */
static int find_tuple_new(void) {
  PyObject *derived =
      PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){}", "derived", &PyTuple_Type);
  if (derived == NULL)
    return -1;
  void *slot = PyType_GetSlot((PyTypeObject *)derived, Py_tp_new);
  memcpy(&tuple_new, &slot, sizeof slot); /* ISO C casts no object pointer to a function's */
  Py_DECREF(derived);
  return 0;
}

PyObject *bind_types(PyObject *event, PyObject *stats, PyObject *enums) {
  if (check_fields(event, event_fields, FIELDS) != 0 ||
      check_fields(stats, stats_fields, STATS_FIELDS) != 0)
    return NULL;
  if (!PyTuple_Check(enums) || PyTuple_Size(enums) != GROUPS) {
    PyErr_SetString(PyExc_TypeError, "enums is a tuple of six enum types");
    return NULL;
  }
  if (find_tuple_new() != 0)
    return NULL;
  keep(&event_type, event);
  keep(&stats_type, stats);
  for (int i = 0; i < GROUPS; i++) {
    keep(&enum_types[i], PyTuple_GetItem(enums, i));
    for (int j = 0; j < CACHED; j++)
      keep(&members[i][j], NULL);
  }
  Py_RETURN_NONE;
}

/* The enum member of a number; the enum answers one for every number. */
static PyObject *member(group of, int32_t number) {
  int64_t index = (int64_t)number - CACHED_FROM;
  PyObject **place = index >= 0 && index < CACHED ? &members[of][index] : NULL;
  if (place != NULL && *place != NULL) {
    Py_INCREF(*place);
    return *place;
  }
  PyObject *made = PyObject_CallFunction(enum_types[of], "i", (int)number);
  if (made != NULL && place != NULL)
    keep(place, made);
  return made;
}

static PyObject *event_name(int32_t kind) {
  PyObject **place = kind >= 0 && kind < KINDS ? &names[kind] : NULL;
  if (place != NULL && *place != NULL) {
    Py_INCREF(*place);
    return *place;
  }
  PyObject *made = PyUnicode_InternFromString(rj_event_name(kind));
  if (made != NULL && place != NULL)
    keep(place, made);
  return made;
}

static PyObject *seconds(int64_t ns) {
  return PyFloat_FromDouble((double)ns / 1e9);
}

/* What carries items over to named_tuple: the arguments of tuple_new, one tuple of `count` None. NULL: the exception is set. */
static PyObject *carrier_new(Py_ssize_t count) {
  PyObject *plain = PyTuple_New(count);
  if (plain == NULL)
    return NULL;
  for (Py_ssize_t i = 0; i < count; i++) {
    Py_INCREF(Py_None);
    (void)PyTuple_SetItem(plain, i, Py_None);
  }
  PyObject *carrier = PyTuple_New(1);
  if (carrier == NULL)
    Py_DECREF(plain);
  else
    (void)PyTuple_SetItem(carrier, 0, plain);
  return carrier;
}

/* A named tuple of `items`, which it takes over; an item that is NULL becomes None. Nobody else has the carrier, which is
 * as before afterwards, so that one is enough for many; it may be NULL. NULL: the exception is set, as it may be already.
 *
 * The garbage collector need not look at what is made: its items are numbers, text, enum members and such tuples, so no
 * ring of references goes through it. Else it would look at all events that an app keeps, again and again. */
static PyObject *named_tuple(PyObject *type, PyObject *carrier, PyObject **items,
                             Py_ssize_t count) {
  PyObject *plain = carrier == NULL ? NULL : PyTuple_GetItem(carrier, 0);
  for (Py_ssize_t i = 0; i < count; i++) {
    if (plain == NULL)
      Py_XDECREF(items[i]);
    else if (items[i] != NULL)
      (void)PyTuple_SetItem(plain, i, items[i]);
  }
  PyObject *made = NULL;
  if (plain != NULL && !PyErr_Occurred())
    made = tuple_new((PyTypeObject *)type, carrier, NULL);
  for (Py_ssize_t i = 0; plain != NULL && i < count; i++) {
    if (items[i] != NULL) {
      Py_INCREF(Py_None);
      (void)PyTuple_SetItem(plain, i, Py_None);
    }
  }
  if (made != NULL)
    PyObject_GC_UnTrack(made);
  return made;
}

static PyObject *stats_tuple(const rj_stats *stats) {
  PyObject *items[STATS_FIELDS] = {
      seconds(stats->duration_ns),
      PyLong_FromUnsignedLong(stats->members),
      PyLong_FromUnsignedLong(stats->outages),
      seconds(stats->outage_ns),
      PyLong_FromUnsignedLong(stats->attempts),
      stats->round_trip_ns == 0 ? NULL : PyFloat_FromDouble((double)stats->round_trip_ns / 1e6),
      PyLong_FromUnsignedLongLong(stats->bytes_sent),
      PyLong_FromUnsignedLongLong(stats->bytes_received),
      PyLong_FromUnsignedLongLong(stats->packets_sent),
      PyLong_FromUnsignedLongLong(stats->packets_received),
      PyLong_FromUnsignedLongLong(stats->packets_lost),
  };
  PyObject *carrier = carrier_new(STATS_FIELDS);
  PyObject *made = named_tuple(stats_type, carrier, items, STATS_FIELDS);
  Py_XDECREF(carrier);
  return made;
}

/* ---- one function per field of rj_event that events.def names; a failure leaves NULL and the exception */

static void put_old_state(PyObject **items, const rj_event *event) {
  items[FIELD_OLD_STATE] = member(STATE, event->old_state);
}

static void put_state(PyObject **items, const rj_event *event) {
  items[FIELD_STATE] = member(STATE, event->state);
}

static void put_reason(PyObject **items, const rj_event *event) {
  items[FIELD_REASON] =
      member(event->kind == RJ_EVENT_USER_OFFLINE ? OFFLINE : REASON, event->reason);
}

static void put_uid(PyObject **items, const rj_event *event) {
  items[FIELD_UID] = PyLong_FromUnsignedLong(event->uid);
}

static void put_elapsed_ms(PyObject **items, const rj_event *event) {
  items[FIELD_ELAPSED] = PyLong_FromLong(event->elapsed_ms);
}

static void put_code(PyObject **items, const rj_event *event) {
  items[FIELD_CODE] = PyLong_FromLong(event->code);
}

static void put_network(PyObject **items, const rj_event *event) {
  items[FIELD_NETWORK] = member(NETWORK, event->network);
}

static void put_old_role(PyObject **items, const rj_event *event) {
  items[FIELD_OLD_ROLE] = member(ROLE, event->old_role);
}

static void put_role(PyObject **items, const rj_event *event) {
  items[FIELD_ROLE] = member(ROLE, event->role);
}

static void put_stream_id(PyObject **items, const rj_event *event) {
  items[FIELD_STREAM_ID] = PyLong_FromUnsignedLong(event->stream_id);
}

static void put_count(PyObject **items, const rj_event *event) {
  int field = event->kind == RJ_EVENT_STREAM_MESSAGE_ERROR ? FIELD_MISSED : FIELD_COUNT;
  items[field] = PyLong_FromUnsignedLongLong(event->count);
}

static void put_attempt(PyObject **items, const rj_event *event) {
  items[FIELD_NUMBER] = PyLong_FromUnsignedLong(event->attempt);
}

static void put_outcome(PyObject **items, const rj_event *event) {
  items[FIELD_OUTCOME] = member(OUTCOME, event->outcome);
}

static void put_next_delay_ns(PyObject **items, const rj_event *event) {
  if (event->next_delay_ns >= 0)
    items[FIELD_NEXT_DELAY] = seconds(event->next_delay_ns);
}

static void put_stats(PyObject **items, const rj_event *event) {
  items[FIELD_STATS] = stats_tuple(&event->stats);
}

static void put_text(PyObject **items, const rj_event *event) {
  Py_ssize_t length = (Py_ssize_t)event->text_length;
  if (event->kind == RJ_EVENT_STREAM_MESSAGE)
    items[FIELD_DATA] = PyBytes_FromStringAndSize(event->text, length);
  else
    items[event->kind == RJ_EVENT_DID_JOIN_CHANNEL || event->kind == RJ_EVENT_DID_REJOIN_CHANNEL
              ? FIELD_CHANNEL
              : FIELD_TOKEN] = PyUnicode_DecodeUTF8(event->text, length, "replace");
}

static PyObject *event_tuple(PyObject *carrier, const rj_event *event) {
  PyObject *items[FIELDS] = {NULL};
  items[FIELD_NAME] = event_name(event->kind);
  items[FIELD_TIME] = seconds(event->time_ns);
  items[FIELD_SEQUENCE] = PyLong_FromUnsignedLongLong(event->sequence);
  switch (event->kind) {
#define RJ_ARG(kind, field) put_##field(items, event);
#define RJ_EVENT_ROW(name, slot, arguments)                                                        \
  case RJ_EVENT_##name:                                                                            \
    arguments break;
#include "events.def"
#undef RJ_EVENT_ROW
#undef RJ_ARG
  default: /* a newer library's: name, time and number are all that is known of it */
    break;
  }
  return named_tuple(event_type, carrier, items, FIELDS);
}

/* ---- what Python calls */

PyObject *drain(rj_client *client) {
  if (event_type == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "bind_types was not called");
    return NULL;
  }
  PyObject *events = PyList_New(0), *carrier = NULL;
  rj_event event;
  event.size = sizeof event; /* the rest is written by each call */
  while (events != NULL && rj_client_next_event(client, &event) == 1) {
    if (carrier == NULL)
      carrier = carrier_new(FIELDS);
    PyObject *made = event_tuple(carrier, &event);
    if (made == NULL || PyList_Append(events, made) != 0)
      Py_CLEAR(events);
    Py_XDECREF(made);
    event.size = sizeof event;
  }
  Py_XDECREF(carrier);
  return events;
}

PyObject *client_stats(rj_client *client) {
  rj_stats stats = {.size = sizeof stats};
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_client_stats(client, &stats);
  Py_END_ALLOW_THREADS return status < 0 ? PyLong_FromLong(status) : stats_tuple(&stats);
}

uint64_t next_ready(rj_runtime *runtime) {
  rj_client *client = NULL;
  return rj_runtime_next_ready(runtime, &client) == 1 ? (uintptr_t)client : 0;
}
