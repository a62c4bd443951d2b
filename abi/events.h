/* From the core's events to the public ones, and the prepared calls of the listener (events.def).
 */
#ifndef RJ_ABI_EVENTS_H
#define RJ_ABI_EVENTS_H

#include <rejoin/rejoin.h>

#include "base/event.h"
#include "dispatch/listener.h"

/* The prepared calls of events.def, made once; never NULL. */
const rj_calls *rj_event_calls(void);
/* Fills the event but for its size. */
void rj_event_fill(rj_event *event, const rj_event_record *record);
/* Fills the statistics with their size. */
void rj_stats_fill(rj_stats *stats, const rj_counters *counters);

#endif
