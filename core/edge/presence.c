/* Who is told what about whom (SPEC section 4): comings, goings and silences as they happen, and the
 * whole roster in pages. Each message is encoded once, however many get it. */
#include "edge/edge_internal.h"

/* The message in server->out to all members but `except`, by ascending uid. */
static void tell_others(rj_channel *channel, const rj_session *except, bool watchers_only,
                        int64_t now) {
  rj_server *server = channel->server;
  size_t length = rj_server_encode(server);
  for (uint32_t i = 0; i < channel->count; i++) {
    rj_session *member = channel->members[i];
    if (member != except && (member->watches || !watchers_only))
      rj_session_send(member, server->buffer, length, now);
  }
}

static void tell_offline(rj_channel *channel, const rj_session *except, uint32_t uid,
                         int32_t reason, int64_t now) {
  rj_channel_note_departed(channel, uid, reason, now);
  rj_control *out = &channel->server->out;
  out->which_body = rejoin_Control_peer_offline_tag;
  out->body.peer_offline = (rejoin_PeerOffline){.uid = uid, .reason = (uint32_t)reason};
  tell_others(channel, except, false, now);
}

void rj_presence_gone(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now) {
  tell_offline(channel, NULL, uid, reason, now);
}

void rj_presence_heard(rj_session *session, int64_t now) {
  if (!session->visible || session->channel->watchers == 0)
    return;
  rj_control *out = &session->server->out;
  out->which_body = rejoin_Control_peer_heard_tag;
  out->body.peer_heard =
      (rejoin_PeerHeard){.uid = session->uid, .interrupted = session->interrupted};
  tell_others(session->channel, session, true, now);
}

void rj_presence_changed(rj_session *session, bool was_visible, bool was_interrupted, int64_t now) {
  rj_channel *channel = session->channel;
  if (was_visible && !session->visible) {
    tell_offline(channel, session, session->uid, OFFLINE_BECOME_AUDIENCE, now); /* P-6 */
  } else if (!was_visible && session->visible) {
    rj_channel_forget_departed(channel, session->uid);
    rj_control *out = &channel->server->out;
    out->which_body = rejoin_Control_peer_joined_tag;
    out->body.peer_joined = (rejoin_PeerJoined){.uid = session->uid};
    tell_others(channel, session, false, now);
  } else if (was_interrupted != session->interrupted) {
    rj_presence_heard(session, now); /* P-11: a takeover counts as heard again */
  }
}

/* Fills one page from where the walk stands; true when it is the last one. */
static bool fill_page(const rj_session *asker, rejoin_RosterPage *page, uint32_t *member,
                      uint32_t *departed, int64_t now) {
  const rj_channel *channel = asker->channel;
  for (; *member < channel->count && page->members_count < RJ_ROSTER_PAGE; ++*member) {
    const rj_session *other = channel->members[*member];
    if (other == asker || !other->visible)
      continue;
    page->members[page->members_count++] = other->uid;
    if (asker->watches && other->interrupted)
      page->interrupted[page->interrupted_count++] = other->uid;
  }
  int64_t oldest = now - channel->server->timers.departed_kept;
  for (; *departed < channel->departed_count && page->departed_count < RJ_DEPARTED_PAGE;
       ++*departed) {
    const rj_departure *gone = &channel->departed[*departed];
    if (gone->at > oldest && gone->uid != asker->uid)
      page->departed[page->departed_count++] =
          (rejoin_Departure){.uid = gone->uid, .reason = (uint32_t)gone->reason};
  }
  return *member == channel->count && *departed == channel->departed_count;
}

void rj_presence_send_roster(rj_connection *connection, uint32_t number, int64_t now) {
  rj_server *server = connection->server;
  rj_session *asker = connection->session;
  uint32_t member = 0, departed = 0;
  bool first = true, last = false;
  while (!last && connection->state == RJ_CONNECTION_BOUND) {
    rejoin_RosterPage *page = &server->out.body.roster_page;
    server->out.which_body = rejoin_Control_roster_page_tag;
    page->number = number;
    page->members_count = page->interrupted_count = page->departed_count = 0;
    page->edge_age_ms = rj_server_age_ms(server, now);
    page->first = first;
    page->last = last = fill_page(asker, page, &member, &departed, now);
    rj_connection_send_out(connection, now);
    first = false;
  }
}
