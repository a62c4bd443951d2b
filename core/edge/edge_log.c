/* What the edge writes to the log (GLib's structured log, domain "rejoin-edge"): one INFO line per
 * join, rejoin, removal and loss; a WARNING for a peer that breaks the protocol. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1

#include "edge/edge_internal.h"

#include <inttypes.h>

void rj_log_member(const rj_session *session, const char *what, const char *detail) {
  char peer[RJ_ADDRESS_TEXT_SIZE] = "nowhere";
  if (session->bound != NULL)
    rj_address_text(&rj_link_path(session->bound->link)->remote, peer);
  char uid[16];
  g_snprintf(uid, sizeof uid, "%" PRIu32, session->uid);
  g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "REJOIN_APP", session->channel->app_id,
                   "REJOIN_CHANNEL", session->channel->name, "REJOIN_UID", uid, "REJOIN_PEER", peer,
                   "MESSAGE", "%s: uid %s %s (%s)%s%s", session->channel->name, uid, what, peer,
                   detail != NULL ? ": " : "", detail != NULL ? detail : "");
}

void rj_log_refused(const rj_connection *connection, const rejoin_JoinRequest *request,
                    const char *what) {
  char peer[RJ_ADDRESS_TEXT_SIZE];
  rj_address_text(&rj_link_path(connection->link)->remote, peer);
  char *channel = g_strescape(request->channel, NULL); /* may be anything: nobody checked it yet */
  g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "REJOIN_CHANNEL", channel, "REJOIN_PEER", peer,
                   "MESSAGE", "%s: uid %" PRIu32 " not let in (%s): %s", channel, request->uid,
                   peer, what);
  g_free(channel);
}

void rj_log_drain(guint members, int64_t span) {
  g_log_structured(
      G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "MESSAGE",
      "this edge drains: nobody new is let in, %u members are told to move within %.3f s", members,
      (double)span / (double)RJ_SECOND);
}

void rj_log_hostile(const rj_address *peer, const char *why, uint64_t unsaid) {
  char text[RJ_ADDRESS_TEXT_SIZE];
  rj_address_text(peer, text);
  char more[64] = "";
  if (unsaid > 0)
    g_snprintf(more, sizeof more, "; %" PRIu64 " more were not logged", unsaid);
  g_log_structured(
      G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "REJOIN_PEER", text, "MESSAGE",
      "%s breaks the protocol: %s; connection closed, further ones from there are only "
      "counted%s",
      text, why, more);
}
