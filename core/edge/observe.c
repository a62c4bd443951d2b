/* What the edge does is told here, once: to the log (GLib's structured log, domain "rejoin-edge": one
 * INFO line per join, rejoin, removal and loss; a WARNING for a peer that breaks the protocol), and to
 * the observer of the config. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1

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

/* Silences, roles and channels are for observers alone: a log would be full of them. */
static bool is_logged(rj_observed kind) {
  return kind != RJ_OBSERVED_SILENT && kind != RJ_OBSERVED_HEARD && kind != RJ_OBSERVED_ROLE;
}

static void log_member(const rj_observation *what) {
  char peer[RJ_ADDRESS_TEXT_SIZE] = "nowhere", uid[16], reason[16], span[32];
  if (what->peer.family != RJ_ADDRESS_NONE)
    rj_address_text(&what->peer, peer);
  g_snprintf(uid, sizeof uid, "%" PRIu32, what->uid);
  g_snprintf(reason, sizeof reason, "%" PRId32, what->reason);
  g_snprintf(span, sizeof span, "%" PRId64, what->span < 0 ? -1 : what->span / RJ_MILLISECOND);
  g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "REJOIN_EVENT", names[what->kind], "REJOIN_APP",
                   what->app_id, "REJOIN_CHANNEL", what->channel, "REJOIN_UID", uid, "REJOIN_PEER",
                   peer, "REJOIN_REASON", reason, "REJOIN_SPAN_MS", span, "MESSAGE",
                   "%s: uid %s %s (%s)%s%s", what->channel, uid, names[what->kind], peer,
                   what->detail != NULL ? ": " : "", what->detail != NULL ? what->detail : "");
}

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
  if (is_logged(kind))
    log_member(&what);
  tell(session->server, &what);
}

void rj_observe_end(const rj_session *session, rj_observed kind, int32_t reason, const char *detail,
                    int64_t now) {
  rj_observe_member(session, kind, reason, now - session->began, detail, now);
}

void rj_observe_turned_away(const rj_connection *connection, const rejoin_JoinRequest *request,
                            rj_observed kind, int32_t reason, const char *detail, int64_t now) {
  const rj_address *remote = &rj_link_path(connection->link)->remote;
  char peer[RJ_ADDRESS_TEXT_SIZE];
  rj_address_text(remote, peer);
  char *channel = g_strescape(request->channel, NULL); /* may be anything: nobody checked it yet */
  char *app_id = g_strescape(request->app_id, NULL);
  char uid[16], number[16];
  g_snprintf(uid, sizeof uid, "%" PRIu32, request->uid);
  g_snprintf(number, sizeof number, "%" PRId32, reason);
  g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "REJOIN_EVENT", names[kind], "REJOIN_APP",
                   app_id, "REJOIN_CHANNEL", channel, "REJOIN_UID", uid, "REJOIN_PEER", peer,
                   "REJOIN_REASON", number, "MESSAGE", "%s: uid %s not let in (%s): %s", channel,
                   uid, peer, detail);
  tell(connection->server, &(rj_observation){.kind = kind,
                                             .at = now,
                                             .app_id = app_id,
                                             .channel = channel,
                                             .uid = request->uid,
                                             .reason = reason,
                                             .span = -1,
                                             .peer = *remote,
                                             .detail = detail});
  g_free(app_id);
  g_free(channel);
}

void rj_observe_channel(const rj_channel *channel, rj_observed kind, int64_t now) {
  tell(channel->server, &(rj_observation){.kind = kind,
                                          .at = now,
                                          .app_id = channel->app_id,
                                          .channel = channel->name,
                                          .span = -1});
}

void rj_observe_drain(const rj_server *server, guint members, int64_t span, int64_t now) {
  g_log_structured(
      G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "REJOIN_EVENT", names[RJ_OBSERVED_DRAINS], "MESSAGE",
      "this edge drains: nobody new is let in, %u members are told to move within %.3f s", members,
      (double)span / (double)RJ_SECOND);
  tell(server, &(rj_observation){.kind = RJ_OBSERVED_DRAINS,
                                 .at = now,
                                 .app_id = "",
                                 .channel = "",
                                 .count = members,
                                 .span = span});
}

void rj_observe_hostile(const rj_server *server, const rj_address *peer, const char *why,
                        uint64_t unsaid, int64_t now) {
  char text[RJ_ADDRESS_TEXT_SIZE];
  rj_address_text(peer, text);
  char more[64] = "";
  if (unsaid > 0)
    g_snprintf(more, sizeof more, "; %" PRIu64 " more were not logged", unsaid);
  g_log_structured(
      G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "REJOIN_EVENT", names[RJ_OBSERVED_HOSTILE], "REJOIN_PEER",
      text, "MESSAGE",
      "%s breaks the protocol: %s; connection closed, further ones from there are only "
      "counted%s",
      text, why, more);
  tell(server, &(rj_observation){.kind = RJ_OBSERVED_HOSTILE,
                                 .at = now,
                                 .app_id = "",
                                 .channel = "",
                                 .span = -1,
                                 .peer = *peer,
                                 .detail = why});
}
