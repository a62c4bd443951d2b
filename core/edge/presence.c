/* Who is told what about whom (SPEC section 4): comings, goings and silences as they happen, and the
 * whole roster in pages. Each message is encoded once, however many get it. */
#include "edge/edge_internal.h"

/* The message in server->out, which is about `uid`, to all members but that one, by ascending uid. */
static void tell_others(rj_channel *channel, uint32_t uid, bool watchers_only, int64_t now) {
  rj_server *server = channel->server;
  size_t length = rj_server_encode(server);
  for (uint32_t i = 0; i < channel->count; i++) {
    rj_session *member = channel->members[i];
    if (member->uid != uid && (member->watches || !watchers_only))
      rj_session_send(member, server->buffer, length, now);
  }
}

static void tell_offline(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now) {
  rj_channel_note_departed(channel, uid, reason, now);
  rj_control *out = &channel->server->out;
  out->which_body = rejoin_Control_peer_offline_tag;
  out->body.peer_offline = (rejoin_PeerOffline){.uid = uid, .reason = (uint32_t)reason};
  tell_others(channel, uid, false, now);
}

static void tell_joined(rj_channel *channel, uint32_t uid, int64_t now) {
  rj_channel_forget_departed(channel, uid);
  rj_control *out = &channel->server->out;
  out->which_body = rejoin_Control_peer_joined_tag;
  out->body.peer_joined = (rejoin_PeerJoined){.uid = uid};
  tell_others(channel, uid, false, now);
}

static void tell_heard(rj_channel *channel, uint32_t uid, bool interrupted, int64_t now) {
  if (channel->watchers == 0)
    return;
  rj_control *out = &channel->server->out;
  out->which_body = rejoin_Control_peer_heard_tag;
  out->body.peer_heard = (rejoin_PeerHeard){.uid = uid, .interrupted = interrupted};
  tell_others(channel, uid, true, now);
}

void rj_presence_departed(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now) {
  if (rj_channel_has(channel, uid))
    return;
  rj_channel_note_departed(channel, uid, reason, now);
  rj_server *server = channel->server;
  server->out.which_body = rejoin_Control_peer_offline_tag;
  server->out.body.peer_offline = (rejoin_PeerOffline){.uid = uid, .reason = (uint32_t)reason};
  size_t length = rj_server_encode(server);
  for (uint32_t i = 0; i < channel->count; i++) {
    rj_session *member = channel->members[i];
    if (member->came_back && member->uid != uid)
      rj_session_send(member, server->buffer, length, now);
  }
}

void rj_presence_gone(const rj_session *session, int32_t reason, int64_t now) {
  rj_mate theirs;
  if (rj_union_elsewhere(session->channel, session->uid, &theirs)) {
    rj_mate mine = rj_mate_of(session);
    mine.visible = true;
    if (!rj_mate_holds(&theirs, &mine)) /* else ours was not the one that is seen */
      rj_presence_differs(session->channel, session->uid, &mine, &theirs, reason, now);
    return;
  }
  tell_offline(session->channel, session->uid, reason, now);
}

void rj_presence_differs(rj_channel *channel, uint32_t uid, const rj_mate *before,
                         const rj_mate *after, int32_t reason, int64_t now) {
  bool was = before != NULL && before->visible, is = after != NULL && after->visible;
  bool left_between = was && is && after->session != before->session &&
                      after->how == RJ_REPLACED_LEFT && after->replaces == before->session;
  if (left_between) { /* P-2 */
    tell_offline(channel, uid, OFFLINE_QUIT, now);
    tell_joined(channel, uid, now);
  } else if (was && !is) {
    tell_offline(channel, uid, after != NULL ? OFFLINE_BECOME_AUDIENCE : reason, now); /* P-6 */
  } else if (!was && is) {
    tell_joined(channel, uid, now);
  } else if (was && before->interrupted != after->interrupted) {
    tell_heard(channel, uid, after->interrupted, now);
  }
}

void rj_presence_heard(rj_session *session, int64_t now) {
  rj_changes_put(session, now);
  if (session->visible)
    tell_heard(session->channel, session->uid, session->interrupted, now);
}

void rj_presence_changed(rj_session *session, bool was_visible, bool was_interrupted, int64_t now) {
  rj_channel *channel = session->channel;
  if (was_visible && !session->visible) {
    tell_offline(channel, session->uid, OFFLINE_BECOME_AUDIENCE, now); /* P-6 */
  } else if (!was_visible && session->visible) {
    tell_joined(channel, session->uid, now);
  } else if (was_interrupted != session->interrupted) {
    rj_presence_heard(session, now); /* P-11: a takeover counts as heard again */
  }
}

typedef struct {
  uint32_t local, uid; /* rj_union_next */
  bool is_done;
} roster_walk;

/* Fills one page from where the walk stands; true when it is the last one. */
static bool fill_page(const rj_session *asker, rejoin_RosterPage *page, roster_walk *walk,
                      uint32_t *departed, int64_t now) {
  const rj_channel *channel = asker->channel;
  while (!walk->is_done && page->members_count < RJ_ROSTER_PAGE) {
    rj_mate other;
    walk->is_done = !rj_union_next(channel, &walk->local, walk->uid, &other);
    if (walk->is_done)
      break;
    walk->uid = other.uid;
    if (other.uid == asker->uid || !other.visible)
      continue;
    page->members[page->members_count++] = other.uid;
    if (asker->watches && other.interrupted)
      page->interrupted[page->interrupted_count++] = other.uid;
  }
  int64_t oldest = now - channel->server->timers.departed_kept;
  for (; *departed < channel->departed_count && page->departed_count < RJ_DEPARTED_PAGE;
       ++*departed) {
    const rj_departure *gone = &channel->departed[*departed];
    if (gone->at > oldest && gone->uid != asker->uid)
      page->departed[page->departed_count++] =
          (rejoin_Departure){.uid = gone->uid, .reason = (uint32_t)gone->reason};
  }
  return walk->is_done && *departed == channel->departed_count;
}

/* For how long it is known who is in the channel: of another edge's members since it is shared (P-10). */
static uint32_t age_ms(const rj_channel *channel, int64_t now) {
  int64_t age = now - rj_channel_known_since(channel);
  return (uint32_t)rj_earlier(age / RJ_MILLISECOND, UINT32_MAX);
}

void rj_presence_send_roster(rj_connection *connection, uint32_t number, int64_t now) {
  rj_server *server = connection->server;
  rj_session *asker = connection->session;
  roster_walk walk = {0};
  uint32_t departed = 0;
  bool first = true, last = false;
  while (!last && connection->state == RJ_CONNECTION_BOUND) {
    rejoin_RosterPage *page = &server->out.body.roster_page;
    server->out.which_body = rejoin_Control_roster_page_tag;
    page->number = number;
    page->members_count = page->interrupted_count = page->departed_count = 0;
    page->edge_age_ms = age_ms(asker->channel, now);
    page->first = first;
    page->last = last = fill_page(asker, page, &walk, &departed, now);
    rj_connection_send_out(connection, now);
    first = false;
  }
}
