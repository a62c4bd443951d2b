/* One stay of one member: its secrets, the connections it is bound to, when it was heard, and what
 * follows from silence (N-4, P-4, P-11). */
#include "edge/edge_internal.h"

#include <string.h>

uint64_t rj_join_key(const uint8_t join_id[RJ_JOIN_ID_SIZE]) {
  uint64_t key;
  memcpy(&key, join_id, sizeof key);
  return key;
}

rj_session *rj_session_new(rj_channel *channel, const rejoin_JoinRequest *request, uint32_t uid,
                           uint64_t joined_at, bool assigned, int64_t now) {
  rj_server *server = channel->server;
  rj_session *session = g_new0(rj_session, 1);
  session->alarm.kind = RJ_SERVER_ALARM_SESSION;
  session->server = server;
  session->channel = channel;
  session->uid = uid;
  session->joined_at = joined_at;
  session->assigned = assigned;
  session->last_heard = session->began = now;
  session->two_links_until = RJ_NEVER;
  session->privilege_until = RJ_NEVER;
  session->acknowledged = rj_streams_start(channel, request->has_resume, now);
  memcpy(session->join_id, request->join_id, RJ_JOIN_ID_SIZE);
  rj_entropy_fill(server->entropy, session->secret, RJ_SECRET_SIZE);
  do {
    session->id = rj_entropy_u64(server->entropy);
  } while (session->id == 0 || rj_map_get(server->sessions, session->id) != NULL);

  rj_map_must_put(server->sessions, session->id, session);
  rj_map_must_put(server->joins, rj_join_key(session->join_id), session);
  rj_channel_add(channel, session);
  rj_channel_set_member(channel, session, request->role, request->peer_interruptions != 0, now);
  rj_session_rearm(session);
  return session;
}

void rj_session_forget(rj_session *session) {
  rj_server *server = session->server;
  rj_wheel_remove(server->wheel, &session->alarm.timer);
  rj_map_remove(server->sessions, session->id);
  uint64_t key = rj_join_key(session->join_id);
  if (rj_map_get(server->joins, key) == session) /* else somebody else uses our join id */
    rj_map_remove(server->joins, key);
  g_free(session);
}

/* What its connections hear last, and how they end. */
static void end_connections(rj_session *session, int32_t offline, int32_t removed, int64_t now) {
  rj_server *server = session->server;
  size_t length = 0;
  if (removed != 0) {
    server->out.which_body = rejoin_Control_removed_tag;
    server->out.body.removed =
        (rejoin_Removed){.session = session->id, .reason = (uint32_t)removed};
    length = rj_server_encode(server);
  }
  while (session->bound != NULL) {
    rj_connection *connection = session->bound;
    rj_session_unbind(connection);
    if (removed != 0) {
      rj_connection_send(connection, server->buffer, length, now);
      rj_connection_leave(connection, RJ_CLOSE_REMOVED, true, now);
    } else if (offline == OFFLINE_DROPPED) {
      rj_connection_close(connection, RJ_CLOSE_UNKNOWN_SESSION, now);
    } else {
      /* the member closes once it knows that its goodbye arrived */
      rj_connection_leave(connection, RJ_CLOSE_DONE, false, now);
    }
  }
}

static int32_t how_it_ended(int32_t offline, int32_t removed) {
  if (removed != 0)
    return removed;
  if (offline == RJ_TELL_MOVED)
    return RJ_ENDED_MOVED;
  return offline == OFFLINE_DROPPED ? RJ_ENDED_DROPPED : RJ_ENDED_LEFT;
}

/* Its member is out of the channel; nobody was told. Was it visible? */
static bool take_out(rj_session *session, int32_t offline, int32_t removed, int64_t now) {
  rj_server *server = session->server;
  bool was_visible = session->visible;
  const rj_ended_entry ended = {.session = session->id,
                                .join_key = rj_join_key(session->join_id),
                                .uid = session->uid,
                                .how = how_it_ended(offline, removed)};
  rj_ended_note(&server->ended, &ended, rj_after(now, server->timers.ended_kept), now);
  if (session->assigned)
    rj_uids_rest(&server->uids, session->uid, rj_after(now, server->timers.uid_quarantine), now);
  end_connections(session, offline, removed, now);
  rj_channel_remove(session->channel, session, now);
  return was_visible;
}

static void tell_end(const rj_session *session, bool was_visible, int32_t offline, int32_t removed,
                     int64_t now) {
  rj_changes_gone(session, offline, how_it_ended(offline, removed), now);
  if (was_visible && offline >= 0)
    rj_presence_gone(session, offline, now);
}

void rj_session_end(rj_session *session, int32_t offline, int32_t removed, int64_t now) {
  bool was_visible = take_out(session, offline, removed, now);
  tell_end(session, was_visible, offline, removed, now);
  rj_session_forget(session);
}

void rj_session_end_all(rj_session **sessions, size_t count, int32_t offline, int32_t removed,
                        int64_t now) {
  bool *told = g_new(bool, count);
  for (size_t i = count; i-- > 0;) /* from the end, which moves the fewest others */
    told[i] = take_out(sessions[i], offline, removed, now);
  for (size_t i = 0; i < count; i++) {
    tell_end(sessions[i], told[i], offline, removed, now);
    rj_session_forget(sessions[i]);
  }
  g_free(told);
}

/* ------------------------------------------------------------------ connections */

static rj_connection *oldest_bound(const rj_session *session) {
  rj_connection *connection = session->bound;
  while (connection->next_bound != NULL)
    connection = connection->next_bound;
  return connection;
}

void rj_session_bind(rj_session *session, rj_connection *connection, int64_t now) {
  g_assert(connection->session == NULL);
  connection->session = session;
  connection->state = RJ_CONNECTION_BOUND;
  connection->until = RJ_NEVER;
  connection->next_bound = session->bound;
  session->bound = connection;
  session->bound_count++;
  session->server->bound++;
  if (session->bound_count > RJ_EDGE_SESSION_LINKS)
    rj_connection_close(oldest_bound(session), RJ_CLOSE_DONE, now);
  rj_session_note_heard(session, now);
  rj_session_tell_heard(session, now);
  if (session->bound_count > 1) {
    session->two_links_until = rj_after(now, session->server->timers.two_links);
    rj_session_rearm(session);
  }
}

void rj_session_unbind(rj_connection *connection) {
  rj_session *session = connection->session;
  if (session == NULL)
    return;
  rj_connection **place = &session->bound;
  while (*place != connection)
    place = &(*place)->next_bound;
  *place = connection->next_bound;
  connection->next_bound = NULL;
  connection->session = NULL;
  session->bound_count--;
  session->server->bound--;
  if (session->bound_count <= 1)
    session->two_links_until = RJ_NEVER;
}

void rj_session_keep_only(rj_connection *connection, int64_t now) {
  for (rj_connection *other = connection->session->bound, *next; other != NULL; other = next) {
    next = other->next_bound; /* closing unbinds it */
    if (other != connection)
      rj_connection_close(other, RJ_CLOSE_DONE, now);
  }
}

void rj_session_send(rj_session *session, const uint8_t *data, size_t length, int64_t now) {
  for (rj_connection *connection = session->bound, *next; connection != NULL; connection = next) {
    next = connection->next_bound; /* sending may close and so unbind it */
    rj_connection_send(connection, data, length, now);
  }
}

/* ------------------------------------------------------------------ time */

/* Does anybody want to know when it falls silent? */
static bool is_watched(const rj_session *session) {
  return session->channel->watchers > 0 || session->server->observer.silences ||
         rj_union_watched_elsewhere(session->channel);
}

int64_t rj_session_due(const rj_session *session) {
  const rj_server_timers *timers = &session->server->timers;
  int64_t due = rj_earlier(rj_after(session->last_heard, timers->offline), /* N-4 */
                           rj_earlier(session->two_links_until, session->privilege_until));
  if (is_watched(session) && !session->interrupted) /* P-11 */
    due = rj_earlier(due, rj_after(session->last_heard, timers->interrupted));
  return due;
}

void rj_session_rearm(rj_session *session) {
  rj_server_alarm_by(session->server, &session->alarm, rj_session_due(session));
}

void rj_session_stay_until(rj_session *session, int64_t until) {
  session->privilege_until = until;
  rj_session_rearm(session);
}

uint64_t rj_privilege_ms(int64_t until, int64_t now) {
  if (until == RJ_NEVER)
    return 0;
  int64_t left = rj_later(until - now, 1);
  return (uint64_t)(left / RJ_MILLISECOND + (left % RJ_MILLISECOND != 0));
}

void rj_session_note_heard(rj_session *session, int64_t heard) {
  /* no timer is touched: the alarm looks when it rings */
  session->last_heard = rj_later(session->last_heard, heard);
}

void rj_session_begin_silence(rj_session *session) {
  session->interrupted = true;
  session->silent_since = session->last_heard;
  session->outages++;
  session->channel->silent++;
  session->server->silent++;
}

void rj_session_end_silence(rj_session *session, int64_t now) {
  session->interrupted = false;
  session->outage_total += now - session->silent_since;
  session->channel->silent--;
  session->server->silent--;
}

void rj_session_tell_heard(rj_session *session, int64_t now) {
  if (!session->interrupted ||
      rj_after(session->last_heard, session->server->timers.interrupted) <= now)
    return;
  rj_session_end_silence(session, now);
  rj_observe_member(session, RJ_OBSERVED_HEARD, 0, now - session->silent_since, NULL, now);
  rj_presence_heard(session, now);
  rj_session_rearm(session); /* watched for anew */
}

void rj_session_wake(rj_session *session, int64_t now) {
  const rj_server_timers *timers = &session->server->timers;
  int64_t silent_at = rj_after(session->last_heard, timers->offline);
  if (session->privilege_until <= rj_earlier(silent_at, now)) { /* S-18 P-8 */
    rj_observe_end(session, RJ_OBSERVED_REMOVED, REASON_TOKEN_EXPIRED,
                   "its privilege to join expired", now);
    session->server->counters.expiries++;
    rj_session_end(session, OFFLINE_QUIT, REASON_TOKEN_EXPIRED, now);
    return;
  }
  if (silent_at <= now) { /* P-4 */
    rj_observe_end(session, RJ_OBSERVED_DROPPED, 0, "not heard for too long", now);
    session->server->counters.drops++;
    rj_session_end(session, OFFLINE_DROPPED, 0, now);
    return;
  }
  if (session->two_links_until <= now) {
    while (session->bound_count > 1)
      rj_connection_close(oldest_bound(session), RJ_CLOSE_DONE, now);
  }
  if (is_watched(session) && !session->interrupted &&
      rj_after(session->last_heard, timers->interrupted) <= now) {
    rj_session_begin_silence(session);
    rj_observe_member(session, RJ_OBSERVED_SILENT, 0, now - session->last_heard, NULL, now);
    rj_presence_heard(session, now);
  }
  rj_session_rearm(session);
}

/* ------------------------------------------------------------------ secrets */

/* Takes the same time wherever they differ. */
static bool equal_secrets(const uint8_t *a, const uint8_t *b) {
  unsigned difference = 0;
  for (size_t i = 0; i < RJ_SECRET_SIZE; i++)
    difference |= (unsigned)(a[i] ^ b[i]);
  return difference == 0;
}

bool rj_session_secret_fits(const rj_session *session, const uint8_t secret[RJ_SECRET_SIZE]) {
  bool fits = equal_secrets(session->secret, secret);
  return (session->has_next_secret && equal_secrets(session->next_secret, secret)) || fits;
}

const uint8_t *rj_session_use_secret(rj_session *session, const uint8_t secret[RJ_SECRET_SIZE]) {
  /* Who has the next one got the answer that carried it: the older one is used up. Who comes with
   * the older one did not, and gets the same answer again. */
  bool is_next = session->has_next_secret && equal_secrets(session->next_secret, secret);
  if (is_next)
    memcpy(session->secret, session->next_secret, RJ_SECRET_SIZE);
  if (is_next || !session->has_next_secret)
    rj_entropy_fill(session->server->entropy, session->next_secret, RJ_SECRET_SIZE);
  session->has_next_secret = true;
  return session->next_secret;
}
