/* Removing the members that a kick names (S-15, P-8). Those of one channel go together, so that none of
 * them is told of the others, and whoever stays is told by ascending uid. */
#include <string.h>

#include "edge/edge_internal.h"

/* Is it there now, on one of its connections? */
static bool is_at(const rj_session *session, const rj_address *host) {
  for (const rj_connection *c = session->bound; c != NULL; c = c->next_bound) {
    rj_address peer = rj_kick_host(&rj_link_path(c->link)->remote);
    if (rj_address_same_host(&peer, host))
      return true;
  }
  return false;
}

static size_t remove_from(rj_channel *channel, const rj_kick_rule *rule, int64_t now) {
  rj_address host = rj_kick_host(&rule->ip);
  uint32_t first = 0, end = channel->count;
  if (rule->uid != 0) {
    first = rj_channel_place(channel, rule->uid);
    end = first < end && channel->members[first]->uid == rule->uid ? first + 1 : first;
  }
  GPtrArray *gone = g_ptr_array_new();
  for (uint32_t i = first; i < end; i++) {
    rj_session *session = channel->members[i];
    if (host.family == RJ_ADDRESS_NONE || is_at(session, &host))
      g_ptr_array_add(gone, session);
  }
  for (guint i = 0; i < gone->len; i++)
    rj_observe_end(g_ptr_array_index(gone, i), RJ_OBSERVED_REMOVED, REASON_BANNED_BY_SERVER,
                   "kicked", now);
  size_t count = gone->len;
  rj_session_end_all((rj_session **)gone->pdata, count, OFFLINE_QUIT, REASON_BANNED_BY_SERVER, now);
  g_ptr_array_free(gone, TRUE);
  return count;
}

size_t rj_removal_here(rj_server *server, const rj_kick_rule *rule, int64_t now) {
  size_t count = 0;
  if (rule->channel != NULL) {
    rj_channel *channel = rj_channel_find(server, rule->app_id, rule->channel);
    count = channel != NULL ? remove_from(channel, rule, now) : 0;
  } else {
    GPtrArray *channels = rj_channels_of(server, rule->app_id);
    for (guint i = 0; i < channels->len; i++)
      count += remove_from(g_ptr_array_index(channels, i), rule, now);
    g_ptr_array_free(channels, TRUE);
  }
  server->counters.kicks += count;
  return count;
}

size_t rj_server_kick(rj_server *server, const rj_kick_rule *rule, int64_t now) {
  if (server->cluster != NULL)
    rj_kick_sync_tell_removal(server, rule, now);
  return rj_removal_here(server, rule, now);
}
