/* The one table of the events' names, and their JSON. */
#include "edge/program/http/event_text.h"

#include <rejoin/rejoin.h>
#include <string.h>

#include "base/time.h"

typedef enum { EDGE, CHANNEL, MEMBER } subject;

static const struct {
  const char *name;
  subject subject;
  bool has_reason;
} events[RJ_OBSERVED_KINDS] = {
    [RJ_OBSERVED_JOINED] = {"joined", MEMBER, false},
    [RJ_OBSERVED_REJOINED] = {"rejoined", MEMBER, false},
    [RJ_OBSERVED_REPEATED] = {"repeated", MEMBER, false},
    [RJ_OBSERVED_LEFT] = {"left", MEMBER, false},
    [RJ_OBSERVED_DROPPED] = {"dropped", MEMBER, false},
    [RJ_OBSERVED_REMOVED] = {"removed", MEMBER, true},
    [RJ_OBSERVED_REPLACED] = {"replaced", MEMBER, true},
    [RJ_OBSERVED_MOVED] = {"moved", MEMBER, false},
    [RJ_OBSERVED_REFUSED] = {"refused", MEMBER, true},
    [RJ_OBSERVED_BUSY] = {"busy", MEMBER, false},
    [RJ_OBSERVED_SILENT] = {"silent", MEMBER, false},
    [RJ_OBSERVED_HEARD] = {"heard", MEMBER, false},
    [RJ_OBSERVED_ROLE] = {"role", MEMBER, false},
    [RJ_OBSERVED_TO_MOVE] = {"to_move", MEMBER, false},
    [RJ_OBSERVED_CHANNEL_OPENED] = {"channel_opened", CHANNEL, false},
    [RJ_OBSERVED_CHANNEL_CLOSED] = {"channel_closed", CHANNEL, false},
    [RJ_OBSERVED_DRAINS] = {"drains", EDGE, false},
    [RJ_OBSERVED_HOSTILE] = {"hostile", EDGE, false},
};

const char *rj_http_event_name(rj_observed kind) {
  return (unsigned)kind < RJ_OBSERVED_KINDS && events[kind].name != NULL ? events[kind].name
                                                                         : "unknown";
}

rj_observed rj_http_event_kind(const char *name) {
  unsigned kind = 0;
  while (kind < RJ_OBSERVED_KINDS && strcmp(rj_http_event_name((rj_observed)kind), name) != 0)
    kind++;
  return (rj_observed)kind;
}

bool rj_http_event_is_of_member(rj_observed kind) {
  return events[kind].subject == MEMBER;
}

const char *rj_http_reason_name(int32_t reason, char name[RJ_HTTP_REASON_SIZE]) {
  g_strlcpy(name, rj_reason_name(reason), RJ_HTTP_REASON_SIZE);
  return g_strdelimit(name, " ", '_');
}

void rj_http_event_reason(rj_json *json, const char *key, rj_observed kind, int32_t reason) {
  char name[RJ_HTTP_REASON_SIZE];
  if (!events[kind].has_reason) {
    rj_json_null(json, key);
    return;
  }
  rj_json_begin(json, key, '{');
  rj_json_whole(json, "code", reason);
  rj_json_text(json, "name", rj_http_reason_name(reason, name));
  rj_json_end(json, '}');
}

static void add_uid(rj_json *json, uint32_t uid) {
  if (uid != 0)
    rj_json_count(json, "uid", uid);
  else
    rj_json_null(json, "uid");
}

void rj_http_event_fields(rj_json *json, const rj_http_observation *what, uint64_t number,
                          int64_t wall) {
  bool has_channel = events[what->kind].subject != EDGE;
  char peer[RJ_ADDRESS_TEXT_SIZE];
  rj_json_count(json, "seq", number);
  rj_json_whole(json, "at", (what->at + wall) / RJ_MILLISECOND);
  rj_json_text(json, "event", rj_http_event_name(what->kind));
  rj_json_text(json, "app", has_channel ? what->app_id : NULL);
  rj_json_text(json, "channel", has_channel ? what->channel : NULL);
  add_uid(json, what->uid);
  rj_json_id(json, "session", what->session);
  rj_json_text(json, "role", what->kind == RJ_OBSERVED_ROLE ? rj_role_name(what->reason) : NULL);
  rj_http_event_reason(json, "reason", what->kind, what->reason);
  rj_json_ms(json, "span_ms", what->span);
  if (what->kind == RJ_OBSERVED_DRAINS)
    rj_json_count(json, "count", what->count);
  else
    rj_json_null(json, "count");
  rj_json_text(json, "peer",
               what->peer.family != RJ_ADDRESS_NONE ? rj_address_text(&what->peer, peer) : NULL);
  rj_json_text(json, "detail", what->detail[0] != '\0' ? what->detail : NULL);
}
