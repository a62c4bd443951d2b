/* What the edge does is told here, once: to the log (GLib's structured log, domain "rejoin-edge": one INFO entry per join,
 * outage, removal and loss, DEBUG for roles, silences and channels, a WARNING for a peer that breaks the protocol; the fields
 * REJOIN_EVENT, _APP, _CHANNEL, _UID, _PEER, _REASON, _SPAN_MS and _COUNT, each where there is one), and to the observer of
 * the config. */
#define G_LOG_DOMAIN "rejoin-edge"

#include "edge/observe.h"

#include <inttypes.h>

#include "edge/edge_internal.h"

static const char *const names[RJ_OBSERVED_KINDS] = {
    [RJ_OBSERVED_JOINED] = "joined",
    [RJ_OBSERVED_REJOINED] = "rejoined",
    [RJ_OBSERVED_REPEATED] = "joined once more",
    [RJ_OBSERVED_LEFT] = "left",
    [RJ_OBSERVED_DROPPED] = "dropped",
    [RJ_OBSERVED_REMOVED] = "removed",
    [RJ_OBSERVED_REPLACED] = "replaced",
    [RJ_OBSERVED_MOVED] = "moved",
    [RJ_OBSERVED_REFUSED] = "refused",
    [RJ_OBSERVED_BUSY] = "busy",
    [RJ_OBSERVED_SILENT] = "silent",
    [RJ_OBSERVED_HEARD] = "heard",
    [RJ_OBSERVED_ROLE] = "changed its role",
    [RJ_OBSERVED_TO_MOVE] = "is to move",
    [RJ_OBSERVED_CHANNEL_OPENED] = "channel opened",
    [RJ_OBSERVED_CHANNEL_CLOSED] = "channel closed",
    [RJ_OBSERVED_DRAINS] = "drains",
    [RJ_OBSERVED_HOSTILE] = "hostile",
};

const char *rj_observed_name(rj_observed kind) {
  return (unsigned)kind < RJ_OBSERVED_KINDS ? names[kind] : "unknown";
}

static void tell(const rj_server *server, const rj_observation *what) {
  if (server->observer.tell != NULL)
    server->observer.tell(server->observer.user, what);
}

/* ------------------------------------------------------------------ the log */

enum { FIELDS_MAX = 10 };

typedef struct {
  GLogField fields[FIELDS_MAX];
  gsize count;
} log_fields;

static void add_field(log_fields *log, const char *key, const char *value) {
  g_assert(log->count < FIELDS_MAX);
  log->fields[log->count++] = (GLogField){.key = key, .value = value, .length = -1};
}

static bool is_debug(rj_observed kind) {
  return kind == RJ_OBSERVED_SILENT || kind == RJ_OBSERVED_ROLE ||
         kind == RJ_OBSERVED_CHANNEL_OPENED || kind == RJ_OBSERVED_CHANNEL_CLOSED;
}

/* Has its `reason` to do with SPEC section 1's? Its name stands in the log then. */
static bool has_reason(rj_observed kind) {
  return kind == RJ_OBSERVED_REMOVED || kind == RJ_OBSERVED_REPLACED || kind == RJ_OBSERVED_REFUSED;
}

static const char *peer_text(const rj_observation *what, char text[RJ_ADDRESS_TEXT_SIZE]) {
  return what->peer.family == RJ_ADDRESS_NONE ? NULL : rj_address_text(&what->peer, text);
}

/* Each field that there is something for. No secret is among them: no token, no certificate. */
static void log_it(const rj_observation *what, GLogLevelFlags level, const char *message) {
  char peer[RJ_ADDRESS_TEXT_SIZE], uid[16], span[32], count[16];
  const char *priority = "6";
  if (level == G_LOG_LEVEL_WARNING)
    priority = "4";
  else if (level == G_LOG_LEVEL_DEBUG)
    priority = "7";
  log_fields log = {.count = 0};
  add_field(&log, "PRIORITY", priority);
  add_field(&log, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add_field(&log, "REJOIN_EVENT", names[what->kind]);
  if (*what->channel != '\0') {
    add_field(&log, "REJOIN_APP", what->app_id);
    add_field(&log, "REJOIN_CHANNEL", what->channel);
  }
  if (what->uid != 0) {
    g_snprintf(uid, sizeof uid, "%" PRIu32, what->uid);
    add_field(&log, "REJOIN_UID", uid);
  }
  if (peer_text(what, peer) != NULL)
    add_field(&log, "REJOIN_PEER", peer);
  if (has_reason(what->kind))
    add_field(&log, "REJOIN_REASON", rj_number_name(RJ_GROUP_REASON, what->reason));
  if (what->span >= 0) {
    g_snprintf(span, sizeof span, "%" PRId64, what->span / RJ_MILLISECOND);
    add_field(&log, "REJOIN_SPAN_MS", span);
  }
  if (what->count > 0) {
    g_snprintf(count, sizeof count, "%" PRIu32, what->count);
    add_field(&log, "REJOIN_COUNT", count);
  }
  add_field(&log, "MESSAGE", message);
  g_log_structured_array(level, log.fields, log.count);
}

/* "after 1.234 s", or nothing. */
static const char *span_text(const rj_observation *what, char text[32]) {
  text[0] = '\0';
  if (what->span >= 0)
    g_snprintf(text, 32, " after %.3f s", (double)what->span / (double)RJ_SECOND);
  return text;
}

static void log_member(const rj_observation *what) {
  char peer[RJ_ADDRESS_TEXT_SIZE], span[32], message[256];
  const char *from = peer_text(what, peer), *detail = what->detail;
  if (detail == NULL && has_reason(what->kind))
    detail = rj_number_name(RJ_GROUP_REASON, what->reason);
  g_snprintf(message, sizeof message, "%s: uid %" PRIu32 " %s%s (%s)%s%s", what->channel, what->uid,
             names[what->kind], span_text(what, span), from != NULL ? from : "nowhere",
             detail != NULL ? ": " : "", detail != NULL ? detail : "");
  log_it(what, is_debug(what->kind) ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO, message);
}

/* ------------------------------------------------------------------ what is told */

void rj_observe_member(const rj_session *session, rj_observed kind, int32_t reason, int64_t span,
                       const char *detail, int64_t now) {
  rj_observation what = {.kind = kind,
                         .at = now,
                         .app_id = session->channel->app_id,
                         .channel = session->channel->name,
                         .session = session->id,
                         .uid = session->uid,
                         .reason = reason,
                         .span = span,
                         .detail = detail};
  if (session->bound != NULL)
    what.peer = rj_link_path(session->bound->link)->remote;
  log_member(&what);
  tell(session->server, &what);
}

void rj_observe_end(const rj_session *session, rj_observed kind, int32_t reason, const char *detail,
                    int64_t now) {
  rj_observe_member(session, kind, reason, now - session->began, detail, now);
}

void rj_observe_turned_away(const rj_connection *connection, const rejoin_JoinRequest *request,
                            rj_observed kind, int32_t reason, const char *detail, int64_t now) {
  char *channel = g_strescape(request->channel, NULL); /* may be anything: nobody checked it yet */
  char *app_id = g_strescape(request->app_id, NULL);
  const rj_observation what = {.kind = kind,
                               .at = now,
                               .app_id = app_id,
                               .channel = channel,
                               .uid = request->uid,
                               .reason = reason,
                               .span = -1,
                               .peer = rj_link_path(connection->link)->remote,
                               .detail = detail};
  char peer[RJ_ADDRESS_TEXT_SIZE];
  char *message = g_strdup_printf("%s: uid %" PRIu32 " not let in (%s): %s", channel, what.uid,
                                  rj_address_text(&what.peer, peer), detail);
  log_it(&what, G_LOG_LEVEL_INFO, message);
  tell(connection->server, &what);
  g_free(message);
  g_free(app_id);
  g_free(channel);
}

void rj_observe_channel(const rj_channel *channel, rj_observed kind, int64_t now) {
  const rj_observation what = {
      .kind = kind, .at = now, .app_id = channel->app_id, .channel = channel->name, .span = -1};
  char message[128];
  g_snprintf(message, sizeof message, "%s: %s", channel->name, names[kind]);
  log_it(&what, G_LOG_LEVEL_DEBUG, message);
  tell(channel->server, &what);
}

void rj_observe_drain(const rj_server *server, guint members, int64_t span, int64_t now) {
  const rj_observation what = {.kind = RJ_OBSERVED_DRAINS,
                               .at = now,
                               .app_id = "",
                               .channel = "",
                               .count = members,
                               .span = span};
  char message[128];
  g_snprintf(message, sizeof message,
             "this edge drains: nobody new is let in, %u members are told to move within %.3f s",
             members, (double)span / (double)RJ_SECOND);
  log_it(&what, G_LOG_LEVEL_INFO, message);
  tell(server, &what);
}

void rj_observe_hostile(const rj_server *server, const rj_address *peer, const char *why,
                        uint64_t unsaid, int64_t now) {
  const rj_observation what = {.kind = RJ_OBSERVED_HOSTILE,
                               .at = now,
                               .app_id = "",
                               .channel = "",
                               .span = -1,
                               .peer = *peer,
                               .detail = why};
  char text[RJ_ADDRESS_TEXT_SIZE], more[64] = "", message[256];
  if (unsaid > 0)
    g_snprintf(more, sizeof more, "; %" PRIu64 " more were not logged", unsaid);
  g_snprintf(message, sizeof message,
             "%s breaks the protocol: %s; connection closed, further ones from there are only "
             "counted%s",
             rj_address_text(peer, text), why, more);
  log_it(&what, G_LOG_LEVEL_WARNING, message);
  tell(server, &what);
}
