/* An observation as the API tells it: its name and its JSON. */
#ifndef RJ_HTTP_EVENT_TEXT_H
#define RJ_HTTP_EVENT_TEXT_H

#include "edge/program/http/handover.h"
#include "edge/program/http/json.h"

/* "joined", "channel_opened", …; total. */
const char *rj_http_event_name(rj_observed kind);
/* The kind of that name; RJ_OBSERVED_KINDS: there is none. */
rj_observed rj_http_event_kind(const char *name);
/* Of one member, or one that asks to be one? */
bool rj_http_event_is_of_member(rj_observed kind);
enum { RJ_HTTP_REASON_SIZE = 64 };
/* "banned_by_server"; returns name. */
const char *rj_http_reason_name(int32_t reason, char name[RJ_HTTP_REASON_SIZE]);
/* {"code":3,"name":"banned_by_server"}, or null where the kind has no reason. */
void rj_http_event_reason(rj_json *json, const char *key, rj_observed kind, int32_t reason);
/* The fields of an event into an object that was begun; wall: ns to add to the edge's `now`. */
void rj_http_event_fields(rj_json *json, const rj_http_observation *what, uint64_t number,
                          int64_t wall);

#endif
