/* What a JoinRequest gets: refusal, "busy", its old session back, or a new one; and the doing of it.
 * Deciding changes nothing and stands apart. */
#include "edge/edge_internal.h"

#include <string.h>

#include "client/rules.h"

/* ------------------------------------------------------------------ deciding */

/* The reasons in the order in which they go before each other (SPEC section 1). 19 follows 3: both
 * say that somebody decided against this member. */
static const int32_t precedence[] = {
    REASON_INVALID_APP_ID, REASON_INVALID_CHANNEL_NAME,  REASON_INCONSISTENT_APPID,
    REASON_INVALID_TOKEN,  REASON_TOKEN_EXPIRED,         REASON_BANNED_BY_SERVER,
    REASON_SAME_UID_LOGIN, REASON_TOO_MANY_BROADCASTERS, REASON_REJECTED_BY_SERVER,
};

static size_t rank(int32_t reason) {
  size_t place = 0;
  while (place < G_N_ELEMENTS(precedence) && precedence[place] != reason)
    place++;
  g_assert(place < G_N_ELEMENTS(precedence));
  return place;
}

/* Refused, unless it is for a reason that goes before this one. */
static void refuse(rj_admission *admission, int32_t reason) {
  if (admission->kind == RJ_ADMIT_REFUSED && rank(admission->reason) <= rank(reason))
    return;
  *admission = (rj_admission){.kind = RJ_ADMIT_REFUSED, .reason = reason};
}

static bool allows_name(const rj_server *server, const char *channel) {
  char text[RJ_RULE_TEXT_SIZE];
  return rj_rule_channel(channel, text) == STATUS_OK &&
         (server->channel_pattern == NULL ||
          g_regex_match(server->channel_pattern, channel, 0, NULL));
}

static bool same_join(const rj_session *session, const rejoin_JoinRequest *request) {
  return memcmp(session->join_id, request->join_id, RJ_JOIN_ID_SIZE) == 0;
}

static void decide_rejoin(rj_server *server, const rj_channel *channel, rj_session *current,
                          const rejoin_JoinRequest *request, rj_admission *admission, int64_t now) {
  const rejoin_Resume *resume = &request->resume;
  rj_session *session = rj_map_get(server->sessions, resume->session);
  if (session != NULL) {
    if (session->channel == channel && session->uid == request->uid &&
        rj_session_secret_fits(session, resume->secret))
      *admission = (rj_admission){.kind = RJ_ADMIT_RESUMED, .session = session};
    else
      refuse(admission, REASON_REJECTED_BY_SERVER);
    return;
  }

  const rj_ended_entry *ended = rj_ended_find(&server->ended, resume->session, now);
  if (ended != NULL && ended->how == RJ_ENDED_LEFT) {
    refuse(admission, REASON_REJECTED_BY_SERVER); /* a late packet of a stay that is over */
  } else if (ended != NULL && ended->how != RJ_ENDED_DROPPED) {
    refuse(admission, ended->how);
  } else if (current != NULL && same_join(current, request)) {
    /* an earlier attempt of this rejoin made it; its answer was lost */
    *admission = (rj_admission){.kind = RJ_ADMIT_AGAIN, .session = current};
  } else if (current != NULL && (ended != NULL || current->joined_at > resume->joined_at)) {
    refuse(admission, REASON_SAME_UID_LOGIN); /* a rejoin never takes over a newer join */
  } else {
    uint64_t wall = rj_server_wall_ms(server, now);
    *admission = (rj_admission){.kind = RJ_ADMIT_NEW,
                                .session = current,
                                .uid = request->uid,
                                .joined_at = MIN(resume->joined_at, wall)};
  }
}

static void decide_join(rj_server *server, const rj_channel *channel, rj_session *current,
                        const rejoin_JoinRequest *request, rj_admission *admission, int64_t now) {
  uint64_t key = rj_join_key(request->join_id);
  rj_session *again = rj_map_get(server->joins, key);
  if (again != NULL && again->channel == channel && same_join(again, request) &&
      (request->uid == 0 || request->uid == again->uid)) {
    *admission = (rj_admission){.kind = RJ_ADMIT_AGAIN, .session = again};
    return;
  }
  uint32_t uid = request->uid;
  const rj_ended_entry *ended = rj_ended_find_join(&server->ended, key, now);
  if (ended != NULL && ended->how != RJ_ENDED_DROPPED) {
    /* A late packet of a stay that is over. Only a rejoin can lose to a newer join by name (S-6, S-14). */
    bool told = ended->how != RJ_ENDED_LEFT && ended->how != REASON_SAME_UID_LOGIN;
    refuse(admission, told ? ended->how : REASON_REJECTED_BY_SERVER);
    return;
  }
  if (ended != NULL && uid == 0) { /* a repeat gets the same uid */
    uid = ended->uid;
    current = channel != NULL ? rj_channel_member(channel, uid) : NULL;
    if (current != NULL) {
      uid = 0;
      current = NULL;
    }
  }
  *admission = (rj_admission){.kind = RJ_ADMIT_NEW,
                              .session = current,
                              .uid = uid,
                              .joined_at = rj_server_wall_ms(server, now)};
}

/* with the uid that it has or gets; one that is still to be picked is looked at then. */
static bool is_kicked(const rj_server *server, const rejoin_JoinRequest *request, uint32_t uid,
                      const rj_address *peer, int64_t now) {
  const rj_kick_rule member = {
      .app_id = request->app_id, .channel = request->channel, .uid = uid, .ip = *peer};
  return server->kicks != NULL && rj_kicks_fit(server->kicks, &member, now);
}

static uint32_t uid_of(const rejoin_JoinRequest *request, const rj_admission *admission) {
  if (request->uid != 0)
    return request->uid;
  return admission->kind == RJ_ADMIT_AGAIN ? admission->session->uid : admission->uid;
}

/* Is there room for a session more? */
static bool has_room(const rj_server *server, const rj_channel *channel) {
  return rj_map_size(server->sessions) < server->limits.sessions &&
         (channel == NULL || channel->count < server->limits.channel_members);
}

rj_admission rj_admission_decide(rj_server *server, const rejoin_JoinRequest *request,
                                 const rj_address *peer, int64_t now) {
  rj_admission admission = {.kind = RJ_ADMIT_NEW};
  if (!rj_apps_welcome(server, request->app_id)) {
    refuse(&admission, REASON_INVALID_APP_ID);
    return admission;
  }
  if (!allows_name(server, request->channel)) {
    refuse(&admission, REASON_INVALID_CHANNEL_NAME);
    return admission;
  }

  rj_token_result token = rj_apps_check_token(server, request->app_id, request->channel,
                                              request->uid, request->token, now);
  const rj_channel *channel = rj_channel_find(server, request->app_id, request->channel);
  rj_session *current =
      channel != NULL && request->uid != 0 ? rj_channel_member(channel, request->uid) : NULL;
  if (request->has_resume)
    decide_rejoin(server, channel, current, request, &admission, now);
  else
    decide_join(server, channel, current, request, &admission, now);

  if (is_kicked(server, request, uid_of(request, &admission), peer, now))
    refuse(&admission, REASON_BANNED_BY_SERVER);
  if (token.verdict != RJ_TOKEN_GOOD)
    refuse(&admission, rj_token_reason(token.verdict));
  if (channel != NULL && request->role == ROLE_BROADCASTER &&
      request->profile == PROFILE_LIVE_BROADCASTING &&
      rj_channel_is_full_of_broadcasters(channel,
                                         admission.session != NULL ? admission.session : current))
    refuse(&admission, REASON_TOO_MANY_BROADCASTERS);
  if (request->version != RJ_PROTOCOL_VERSION ||
      (channel != NULL && channel->profile != request->profile))
    refuse(&admission, REASON_REJECTED_BY_SERVER);

  if (admission.kind == RJ_ADMIT_NEW && admission.session == NULL && !has_room(server, channel))
    admission = (rj_admission){.kind = RJ_ADMIT_BUSY};
  admission.token = token.verdict;
  admission.privilege_until = rj_after(now, token.left);
  return admission;
}

/* ------------------------------------------------------------------ answering */

static void send_answer(rj_connection *connection, const rejoin_JoinAnswer *answer, int64_t now) {
  rj_server *server = connection->server;
  server->out.which_body = rejoin_Control_join_answer_tag;
  server->out.body.join_answer = *answer;
  server->out.body.join_answer.edge_id = server->edge_id;
  server->out.body.join_answer.edge_age_ms = rj_server_age_ms(server, now);
  rj_connection_send_out(connection, now);
}

static void answer_no(rj_connection *connection, const rejoin_JoinRequest *request,
                      const rejoin_JoinAnswer *answer, const char *what, int64_t now) {
  rj_log_refused(connection, request, what);
  send_answer(connection, answer, now);
  rj_connection_leave(connection, RJ_CLOSE_REFUSED, true, now);
}

static void answer_refused(rj_connection *connection, const rejoin_JoinRequest *request,
                           const rj_admission *admission, int64_t now) {
  connection->server->counters.refusals++;
  rejoin_JoinAnswer answer = {.attempt = request->attempt, .reason = (uint32_t)admission->reason};
  bool by_token =
      admission->token != RJ_TOKEN_GOOD && admission->reason == rj_token_reason(admission->token);
  answer_no(connection, request, &answer,
            by_token ? rj_token_verdict_text(admission->token)
                     : rj_number_name(RJ_GROUP_REASON, admission->reason),
            now);
}

static void answer_busy(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now) {
  rj_server *server = connection->server;
  server->counters.busy++;
  int64_t retry_ms = rj_later(server->timers.busy_retry / RJ_MILLISECOND, 1);
  rejoin_JoinAnswer answer = {.attempt = request->attempt,
                              .busy_ms = (uint32_t)rj_earlier(retry_ms, UINT32_MAX)};
  answer_no(connection, request, &answer, "busy", now);
}

static void answer_accepted(rj_connection *connection, const rejoin_JoinRequest *request,
                            const rj_session *session, const uint8_t secret[RJ_SECRET_SIZE],
                            bool resumed, int64_t privilege_until, int64_t now) {
  rejoin_JoinAnswer answer = {.attempt = request->attempt,
                              .uid = session->uid,
                              .session = session->id,
                              .joined_at = session->joined_at,
                              .resumed = resumed,
                              .privilege_ms = rj_privilege_ms(privilege_until, now),
                              .role = request->role,
                              .received = session->received,
                              .message_number = session->acknowledged};
  memcpy(answer.secret, secret, RJ_SECRET_SIZE);
  send_answer(connection, &answer, now);
}

/* ------------------------------------------------------------------ doing it */

/* The member of a live session is here (again), perhaps in another role (P-6), and has the channel's
 * messages up to `received`. */
static void bind_again(rj_connection *connection, const rejoin_JoinRequest *request,
                       rj_session *session, int64_t privilege_until, uint64_t received,
                       int64_t now) {
  bool was_visible = session->visible;
  rj_channel_set_member(session->channel, session, request->role, request->peer_interruptions != 0,
                        now);
  rj_session_stay_until(session, privilege_until);
  rj_session_bind(session, connection, now);
  rj_presence_changed(session, was_visible, session->interrupted, now);
  rj_presence_send_roster(connection, 0, now);
  rj_streams_begin(connection, received, now);
}

static void resume(rj_connection *connection, const rejoin_JoinRequest *request,
                   const rj_admission *admission, int64_t now) {
  rj_session *session = admission->session;
  const uint8_t *secret = rj_session_use_secret(session, request->resume.secret);
  answer_accepted(connection, request, session, secret, true, admission->privilege_until, now);
  bind_again(connection, request, session, admission->privilege_until, request->resume.received,
             now);
  connection->server->counters.rejoins++;
  rj_log_member(session, "rejoined", NULL);
}

static void repeat(rj_connection *connection, const rejoin_JoinRequest *request,
                   const rj_admission *admission, int64_t now) {
  rj_session *session = admission->session;
  const uint8_t *secret = session->has_next_secret ? session->next_secret : session->secret;
  answer_accepted(connection, request, session, secret, false, admission->privilege_until, now);
  bind_again(connection, request, session, admission->privilege_until, session->acknowledged, now);
  rj_log_member(session, "joined once more", "the answer was lost");
}

static const rj_address *peer_of(const rj_connection *connection) {
  return &rj_link_path(connection->link)->remote;
}

/* For a member that has none: free, and not one that a kick keeps out. 0: none found. */
static uint32_t pick_uid(const rj_connection *connection, const rejoin_JoinRequest *request,
                         const rj_channel *channel, int64_t now) {
  rj_server *server = connection->server;
  for (int draw = 0; draw < RJ_EDGE_UID_DRAWS; draw++) {
    uint32_t uid = rj_uids_pick(&server->uids, channel, server->entropy, now);
    if (uid == 0 || !is_kicked(server, request, uid, peer_of(connection), now))
      return uid;
  }
  return 0;
}

static void join(rj_connection *connection, const rejoin_JoinRequest *request,
                 const rj_admission *admission, int64_t now) {
  rj_server *server = connection->server;
  rj_channel *channel = rj_channel_find(server, request->app_id, request->channel);
  uint32_t uid = admission->uid;
  if (uid == 0 && (uid = pick_uid(connection, request, channel, now)) == 0) {
    answer_busy(connection, request, now);
    return;
  }
  bool assigned = admission->uid == 0 || rj_uids_resting(&server->uids, uid, now);
  if (channel == NULL)
    channel = rj_channel_new(server, request->app_id, request->channel, (uint8_t)request->profile);

  rj_session *older = admission->session;
  bool was_visible = false, was_interrupted = false;
  if (older != NULL) { /* S-16: the others are told nothing; the new one takes its place */
    was_visible = older->visible;
    was_interrupted = older->interrupted;
    assigned = assigned || older->assigned;
    server->counters.takeovers++;
    rj_log_member(older, "replaced", "the same uid joins anew");
    rj_session_end(older, RJ_TELL_NOTHING, REASON_SAME_UID_LOGIN, now);
  }
  rj_session *session = rj_session_new(channel, request, uid, admission->joined_at, assigned, now);
  rj_session_stay_until(session, admission->privilege_until);
  answer_accepted(connection, request, session, session->secret, false, admission->privilege_until,
                  now);
  rj_session_bind(session, connection, now);
  rj_presence_changed(session, was_visible, was_interrupted, now);
  rj_presence_send_roster(connection, 0, now);
  rj_streams_begin(connection, session->acknowledged, now);
  if (request->has_resume)
    server->counters.rejoins++;
  else
    server->counters.joins++;
  rj_log_member(session, request->has_resume ? "rejoined" : "joined",
                request->has_resume ? "as a new member: its session was not known" : NULL);
}

/* A join ends the stay that it names, if that was one of the same member. */
static void end_left(rj_server *server, const rejoin_JoinRequest *request, rj_session *left,
                     int64_t now) {
  if (left->channel != rj_channel_find(server, request->app_id, request->channel) ||
      (request->uid != 0 && request->uid != left->uid))
    return;
  rj_log_member(left, "left", "says the join that follows");
  server->counters.leaves++;
  rj_session_end(left, OFFLINE_QUIT, 0, now);
}

/* P-2: a join names the stays that were left just before. Their goodbyes may still be on the way, and
 * then they come too late to be goodbyes of the new one; so may even their requests, which then are
 * no newer joins of the uid (R-6, S-16). */
static void end_left_stays(rj_server *server, const rejoin_JoinRequest *request, int64_t now) {
  rj_session *left = rj_map_get(server->sessions, request->left_session);
  if (left != NULL)
    end_left(server, request, left, now);
  for (size_t i = 0; i < request->left_joins_count; i++) {
    const uint8_t *join_id = request->left_joins[i];
    uint64_t key = rj_join_key(join_id);
    left = rj_map_get(server->joins, key);
    if (left == NULL)
      rj_ended_note_join(&server->ended, key, rj_after(now, server->timers.ended_kept), now);
    else if (memcmp(left->join_id, join_id, RJ_JOIN_ID_SIZE) == 0)
      end_left(server, request, left, now);
  }
}

void rj_admission_apply(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now) {
  rj_server *server = connection->server;
  end_left_stays(server, request, now);
  rj_admission admission = rj_admission_decide(server, request, peer_of(connection), now);
  switch (admission.kind) {
  case RJ_ADMIT_REFUSED:
    answer_refused(connection, request, &admission, now);
    break;
  case RJ_ADMIT_BUSY:
    answer_busy(connection, request, now);
    break;
  case RJ_ADMIT_RESUMED:
    resume(connection, request, &admission, now);
    break;
  case RJ_ADMIT_AGAIN:
    repeat(connection, request, &admission, now);
    break;
  case RJ_ADMIT_NEW:
    join(connection, request, &admission, now);
    break;
  }
}

/* ------------------------------------------------------------------ 0-RTT */

void rj_admission_answer_early(rj_connection *connection, const rejoin_JoinRequest *request,
                               int64_t now) {
  rj_admission admission =
      rj_admission_decide(connection->server, request, peer_of(connection), now);
  if (admission.kind != RJ_ADMIT_RESUMED)
    return; /* whatever else it gets can wait for the handshake */
  const uint8_t *secret = rj_session_use_secret(admission.session, request->resume.secret);
  connection->early_session = admission.session->id;
  connection->early_privilege = admission.privilege_until;
  answer_accepted(connection, request, admission.session, secret, true, admission.privilege_until,
                  now);
}

void rj_admission_bind_early(rj_connection *connection, const rejoin_JoinRequest *request,
                             int64_t now) {
  rj_server *server = connection->server;
  rj_session *session = rj_map_get(server->sessions, connection->early_session);
  if (session ==
      NULL) { /* it ended since it was answered; the member will rejoin once more (S-9) */
    rj_connection_close(connection, RJ_CLOSE_UNKNOWN_SESSION, now);
    return;
  }
  bind_again(connection, request, session, connection->early_privilege, request->resume.received,
             now);
  server->counters.rejoins++;
  rj_log_member(session, "rejoined", "0-RTT");
}
