/* events.def as the table of the listener calls, held against the public structs; and the public
 * form of an event. */
#include "events.h"

#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "base/time.h"

/* ---- the public numbers are the core's: base/numbers.def is the one list ---- */

#define RJ_ERR_OK            RJ_OK
#define PUBLIC_STATE(name)   RJ_STATE_##name
#define PUBLIC_REASON(name)  RJ_REASON_##name
#define PUBLIC_OFFLINE(name) RJ_OFFLINE_##name
#define PUBLIC_NETWORK(name) RJ_NETWORK_##name
#define PUBLIC_ROLE(name)    RJ_ROLE_##name
#define PUBLIC_PROFILE(name) RJ_PROFILE_##name
#define PUBLIC_DIALECT(name) RJ_DIALECT_##name
#define PUBLIC_STATUS(name)  RJ_ERR_##name
#define PUBLIC_EVENT(name)   RJ_EVENT_##name
#define PUBLIC_ATTEMPT(name) RJ_ATTEMPT_##name
#define RJ_NUMBER(group, name, value, text)                                                        \
  _Static_assert((int)PUBLIC_##group(name) == (value), "rejoin.h and base/numbers.def differ");
#include "base/numbers.def"
#undef RJ_NUMBER
#undef RJ_ERR_OK

_Static_assert((int)RJ_EVENT_TEXT_SIZE > (int)RJ_TOKEN_MAX &&
                   (int)RJ_EVENT_TEXT_SIZE > (int)RJ_MESSAGE_MAX,
               "an event holds the longest text");

/* ---- each row's arguments are those of its function in rj_listener ---- */

#define TYPE_I32   int32_t
#define TYPE_U32   uint32_t
#define TYPE_I64   int64_t
#define TYPE_U64   uint64_t
#define TYPE_TEXT  const char *
#define TYPE_DATA  const uint8_t *, uint32_t
#define TYPE_STATS const rj_stats *

#define RJ_ARG(kind, field) TYPE_##kind,
#define RJ_EVENT_ROW(name, slot, arguments)                                                        \
  _Static_assert(_Generic(((rj_listener *)NULL)->slot,                                             \
                          void (*)(rj_client *, arguments void *) : 1, default : 0),               \
                 "events.def and rj_listener." #slot " differ");
#include "events.def"
#undef RJ_ARG
#undef RJ_EVENT_ROW

/* ---- and its fields have the types that it says ---- */

#define FIELD_I32(field)                                                                           \
  _Static_assert(_Generic(((rj_event *)NULL)->field, int32_t : 1, default : 0), #field);
#define FIELD_U32(field)                                                                           \
  _Static_assert(_Generic(((rj_event *)NULL)->field, uint32_t : 1, default : 0), #field);
#define FIELD_I64(field)                                                                           \
  _Static_assert(_Generic(((rj_event *)NULL)->field, int64_t : 1, default : 0), #field);
#define FIELD_U64(field)                                                                           \
  _Static_assert(_Generic(((rj_event *)NULL)->field, uint64_t : 1, default : 0), #field);
#define FIELD_TEXT(field)                                                                          \
  _Static_assert(_Generic(&((rj_event *)NULL)->field[0], char * : 1, default : 0), #field);
#define FIELD_DATA(field) FIELD_TEXT(field)
#define FIELD_STATS(field)                                                                         \
  _Static_assert(_Generic(((rj_event *)NULL)->field, rj_stats : 1, default : 0), #field);

#define RJ_ARG(kind, field)                 FIELD_##kind(field)
#define RJ_EVENT_ROW(name, slot, arguments) arguments
#include "events.def"
#undef RJ_ARG
#undef RJ_EVENT_ROW

/* ---- the table ---- */

#define RJ_ARG(kind, field)                 +1
#define RJ_EVENT_ROW(name, slot, arguments) arguments_of_##name = 0 arguments,
enum {
#include "events.def"
};
#undef RJ_ARG
#undef RJ_EVENT_ROW

#define RJ_ARG(kind, field)                                                                        \
  {RJ_KIND_##kind, offsetof(rj_event, field), offsetof(rj_event, text_length)},
#define RJ_EVENT_ROW(name, slot, arguments)                                                        \
  {RJ_EVENT_##name, #slot, offsetof(rj_listener, slot), arguments_of_##name, {arguments}},
static const rj_event_row rows[] = {
#include "events.def"
};
#undef RJ_ARG
#undef RJ_EVENT_ROW

static rj_calls *calls; /* for the life of the process: the library is never unloaded */

static void make_calls(void) {
  calls = rj_calls_new(rows, sizeof rows / sizeof rows[0]);
  if (calls == NULL)
    g_error("rejoin: libffi cannot call this platform's functions");
}

const rj_calls *rj_event_calls(void) {
  static pthread_once_t made = PTHREAD_ONCE_INIT;
  (void)pthread_once(&made, make_calls);
  return calls;
}

/* ---- public forms ---- */

void rj_stats_fill(rj_stats *stats, const rj_counters *counters) {
  *stats = (rj_stats){
      .size = sizeof *stats,
      .members = counters->members,
      .outages = counters->outages,
      .attempts = counters->attempts,
      .duration_ns = counters->duration,
      .outage_ns = counters->outage_time,
      .round_trip_ns = counters->round_trip,
      .bytes_sent = counters->bytes_sent,
      .bytes_received = counters->bytes_received,
      .packets_sent = counters->packets_sent,
      .packets_received = counters->packets_received,
      .packets_lost = counters->packets_lost,
  };
}

static int32_t in_milliseconds(int64_t ns) {
  int64_t ms = ns / RJ_MILLISECOND;
  return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

void rj_event_fill(rj_event *event, const rj_event_record *record) {
  uint32_t size = event->size;
  memset(event, 0, offsetof(rj_event, text)); /* the text is long and mostly not used */
  event->size = size;
  event->kind = record->kind;
  event->sequence = record->sequence;
  event->time_ns = record->time;
  event->old_state = record->old_state;
  event->state = record->state;
  event->reason = record->reason;
  event->uid = record->uid;
  event->elapsed_ms = in_milliseconds(record->elapsed);
  event->code = record->code;
  event->network = record->network;
  event->old_role = record->old_role;
  event->role = record->role;
  event->stream_id = record->stream_id;
  event->attempt = record->attempt;
  event->outcome = record->outcome;
  event->next_delay_ns = record->next_delay;
  event->count = record->count;
  if (record->kind == EVENT_STATS || record->kind == EVENT_DID_LEAVE_CHANNEL)
    rj_stats_fill(&event->stats, &record->stats);

  const void *text = record->text != NULL ? (const void *)record->text : record->data;
  size_t length = record->text != NULL ? strlen(record->text) : record->data_length;
  length = MIN(length, (size_t)RJ_EVENT_TEXT_SIZE - 1);
  if (length > 0)
    memcpy(event->text, text, length);
  event->text[length] = '\0';
  event->text_length = (uint32_t)length;
}
