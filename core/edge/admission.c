/* A JoinRequest is answered, and what was decided on it is done. */
#include "edge/edge_internal.h"

#include <string.h>

/* ------------------------------------------------------------------ answering */

static void send_answer(rj_connection *connection, const rejoin_JoinAnswer *answer, int64_t now) {
  rj_server *server = connection->server;
  server->out.which_body = rejoin_Control_join_answer_tag;
  server->out.body.join_answer = *answer;
  server->out.body.join_answer.edge_id = server->edge_id;
  server->out.body.join_answer.edge_age_ms = rj_server_age_ms(server, now);
  rj_neighbours_put(connection, &server->out.body.join_answer, now);
  rj_connection_send_out(connection, now);
}

static void answer_no(rj_connection *connection, const rejoin_JoinRequest *request,
                      const rejoin_JoinAnswer *answer, const char *what, int64_t now) {
  rj_observe_turned_away(connection, request,
                         answer->busy_ms > 0 ? RJ_OBSERVED_BUSY : RJ_OBSERVED_REFUSED,
                         (int32_t)answer->reason, what, now);
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

/* What may pass: try again after `wait`. */
static void answer_busy(rj_connection *connection, const rejoin_JoinRequest *request, int64_t wait,
                        bool elsewhere, const char *why, int64_t now) {
  connection->server->counters.busy++;
  int64_t ms = wait / RJ_MILLISECOND + (wait % RJ_MILLISECOND != 0);
  rejoin_JoinAnswer answer = {.attempt = request->attempt,
                              .busy_ms = (uint32_t)rj_earlier(rj_later(ms, 1), UINT32_MAX),
                              .elsewhere = elsewhere};
  answer_no(connection, request, &answer, why, now);
}

static void answer_full(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now) {
  answer_busy(connection, request, connection->server->timers.busy_retry, false, "busy: no room",
              now);
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
  rj_rates_role_changes(session, request->role, now);
  rj_channel_set_member(session->channel, session, request->role, request->peer_interruptions != 0,
                        now);
  rj_session_stay_until(session, privilege_until);
  connection->hears_neighbours = request->hears_neighbours;
  rj_session_bind(session, connection, now);
  if (was_visible != session->visible)
    rj_changes_put(session, now);
  rj_presence_changed(session, was_visible, session->interrupted, now);
  rj_presence_send_roster(connection, 0, now);
  rj_drain_tell_again(session, now);
  rj_streams_begin(connection, received, now);
}

static void resume(rj_connection *connection, const rejoin_JoinRequest *request,
                   const rj_admission *admission, int64_t now) {
  rj_session *session = admission->session;
  const uint8_t *secret = rj_session_use_secret(session, request->resume.secret);
  int64_t silence = now - session->last_heard;
  answer_accepted(connection, request, session, secret, true, admission->privilege_until, now);
  bind_again(connection, request, session, admission->privilege_until, request->resume.received,
             now);
  connection->server->counters.rejoins++;
  rj_observe_member(session, RJ_OBSERVED_REJOINED, 0, silence, NULL, now);
}

static void repeat(rj_connection *connection, const rejoin_JoinRequest *request,
                   const rj_admission *admission, int64_t now) {
  rj_session *session = admission->session;
  const uint8_t *secret = session->has_next_secret ? session->next_secret : session->secret;
  answer_accepted(connection, request, session, secret, false, admission->privilege_until, now);
  bind_again(connection, request, session, admission->privilege_until, session->acknowledged, now);
  rj_observe_member(session, RJ_OBSERVED_REPEATED, 0, -1, "the answer was lost", now);
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
    if (uid == 0 || !rj_admission_is_kicked(server, request, uid, peer_of(connection), now))
      return uid;
  }
  return 0;
}

/* Do the others still see the member that rejoins, although this edge knows nothing of its session? (P-10) */
static bool is_still_seen(rj_server *server, const rejoin_JoinRequest *request, int64_t now) {
  return request->has_resume && request->resume.role == ROLE_BROADCASTER &&
         rj_ended_find(&server->ended, request->resume.session, now) == NULL;
}

/* So far the uid was at another edge, as `theirs`: what our members have seen of it. */
static void take_place_of(rj_session *session, const rj_mate *theirs, bool *was_visible,
                          bool *was_interrupted, int64_t now) {
  *was_visible = theirs->visible;
  *was_interrupted = theirs->interrupted;
  if (session->how == RJ_REPLACED_LEFT) { /* P-2; the goodbye did not come there */
    rj_presence_differs(session->channel, session->uid, theirs, NULL, OFFLINE_QUIT, now);
    *was_visible = false;
  }
}

static void join(rj_connection *connection, const rejoin_JoinRequest *request,
                 const rj_admission *admission, int64_t now) {
  rj_server *server = connection->server;
  rj_channel *channel = rj_channel_find(server, request->app_id, request->channel);
  uint32_t uid = admission->uid;
  if (uid == 0 && (uid = pick_uid(connection, request, channel, now)) == 0) {
    answer_full(connection, request, now);
    return;
  }
  bool assigned = admission->uid == 0 || rj_uids_resting(&server->uids, uid, now);
  if (channel == NULL)
    channel =
        rj_channel_new(server, request->app_id, request->channel, (uint8_t)request->profile, now);

  rj_session *older = admission->session;
  bool was_visible = false, was_interrupted = false;
  uint64_t older_id = older != NULL ? older->id : 0;
  if (older != NULL) { /* S-16: the others are told nothing; the new one takes its place */
    was_visible = older->visible;
    was_interrupted = older->interrupted;
    assigned = assigned || older->assigned;
    server->counters.takeovers++;
    rj_observe_end(older, RJ_OBSERVED_REPLACED, REASON_SAME_UID_LOGIN, "the same uid joins anew",
                   now);
    rj_session_end(older, RJ_TELL_NOTHING, REASON_SAME_UID_LOGIN, now);
  }
  rj_session *session = rj_session_new(channel, request, uid, admission->joined_at, assigned, now);
  if (channel->shared != NULL) {
    rj_mate theirs;
    bool is_elsewhere = rj_duplicates_claim(session, request, older_id, &theirs, now);
    rj_changes_put(session, now);
    if (is_elsewhere && older == NULL)
      take_place_of(session, &theirs, &was_visible, &was_interrupted, now);
    rj_moving_arrived(channel->shared, uid);
  }
  rj_session_stay_until(session, admission->privilege_until);
  answer_accepted(connection, request, session, session->secret, false, admission->privilege_until,
                  now);
  connection->hears_neighbours = request->hears_neighbours;
  rj_session_bind(session, connection, now);
  if (!session->visible && is_still_seen(server, request, now))
    was_visible = true; /* P-6 */
  rj_presence_changed(session, was_visible, was_interrupted, now);
  rj_presence_send_roster(connection, 0, now);
  rj_streams_begin(connection, session->acknowledged, now);
  if (request->has_resume)
    server->counters.rejoins++;
  else
    server->counters.joins++;
  if (request->has_resume)
    rj_observe_member(session, RJ_OBSERVED_REJOINED, 0, -1,
                      "as a new member: its session was not known", now);
  else
    rj_observe_member(session, RJ_OBSERVED_JOINED, 0, now - connection->accepted_at, NULL, now);
}

/* A join ends the stay that it names, if that was one of the same member. */
static void end_left(rj_server *server, const rejoin_JoinRequest *request, rj_session *left,
                     int64_t now) {
  if (left->channel != rj_channel_find(server, request->app_id, request->channel) ||
      (request->uid != 0 && request->uid != left->uid))
    return;
  rj_observe_end(left, RJ_OBSERVED_LEFT, 0, "says the join that follows", now);
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

/* A member that is back, in another role too often: it would be told to everybody each time. */
static bool changes_too_often(rj_connection *connection, const rejoin_JoinRequest *request,
                              rj_session *session, int64_t now) {
  int64_t wait = rj_rates_role(session, request->role, now);
  if (wait > 0)
    answer_busy(connection, request, rj_earlier(wait, RJ_EDGE_BUSY_MAX), false,
                "busy: too many changes of role", now);
  return wait > 0;
}

/* Asked before anything that costs: who comes too fast from one address is put off. Not so a
 * member that is back with its session's secret: it was let in before. */
static bool comes_too_fast(rj_connection *connection, const rejoin_JoinRequest *request,
                           int64_t now) {
  rj_server *server = connection->server;
  const rj_address *peer = peer_of(connection);
  if (rj_admission_session(server, request) != NULL)
    return false;
  const char *why = "busy: too many joins from there";
  int64_t wait = rj_rates_join(server, peer, now);
  if (wait == 0 && !rj_apps_ignores_tokens(server, request->app_id)) {
    /* not even its token is looked at, which may be good: so it is no refusal, but busy */
    why = "busy: too many bad tokens from there";
    wait = rj_rates_token(server, peer, now);
  }
  if (wait > 0)
    answer_busy(connection, request, wait, false, why, now);
  return wait > 0;
}

/* Whoever would be a new member: there may be a reason to let it wait, whatever it brings. */
static bool must_wait(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now) {
  rj_server *server = connection->server;
  if (server->drain.is_on) { /* */
    answer_busy(connection, request, server->timers.busy_retry, true, "busy: this edge drains",
                now);
    return true;
  }
  int64_t wait = rj_rates_accept(server, now);
  if (wait > 0)
    answer_busy(connection, request, wait, false, "busy: too many joins", now);
  return wait > 0;
}

static bool is_bad(rj_token_verdict verdict) {
  /* one that ran out was a good one */
  return verdict != RJ_TOKEN_GOOD && rj_token_reason(verdict) != REASON_TOKEN_EXPIRED;
}

/* A member of this edge came back from where it is kept out: it is removed, as by the kick. */
static void remove_kicked(rj_server *server, const rejoin_JoinRequest *request, int64_t now) {
  rj_session *session = rj_admission_session(server, request);
  if (session == NULL)
    return;
  rj_observe_end(session, RJ_OBSERVED_REMOVED, REASON_BANNED_BY_SERVER,
                 "rejoins from where it is kicked", now);
  server->counters.kicks++;
  rj_session_end(session, OFFLINE_QUIT, REASON_BANNED_BY_SERVER, now);
}

void rj_admission_apply(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now) {
  rj_server *server = connection->server;
  end_left_stays(server, request, now);
  if (comes_too_fast(connection, request, now))
    return;
  rj_admission admission = rj_admission_decide(server, request, peer_of(connection), now);
  if (is_bad(admission.token))
    rj_rates_bad_token(server, peer_of(connection), now);
  switch (admission.kind) {
  case RJ_ADMIT_REFUSED:
    answer_refused(connection, request, &admission, now);
    if (admission.reason == REASON_BANNED_BY_SERVER)
      remove_kicked(server, request, now);
    break;
  case RJ_ADMIT_BUSY:
    answer_full(connection, request, now);
    break;
  case RJ_ADMIT_RESUMED:
    if (!changes_too_often(connection, request, admission.session, now))
      resume(connection, request, &admission, now);
    break;
  case RJ_ADMIT_AGAIN:
    repeat(connection, request, &admission, now);
    break;
  case RJ_ADMIT_NEW:
    if (!must_wait(connection, request, now))
      join(connection, request, &admission, now);
    break;
  }
}

/* ------------------------------------------------------------------ 0-RTT */

void rj_admission_answer_early(rj_connection *connection, const rejoin_JoinRequest *request,
                               int64_t now) {
  if (rj_admission_session(connection->server, request) == NULL)
    return; /* whatever else it gets can wait for the handshake */
  rj_admission admission =
      rj_admission_decide(connection->server, request, peer_of(connection), now);
  if (admission.kind != RJ_ADMIT_RESUMED ||
      rj_rates_role(admission.session, request->role, now) > 0)
    return;
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
  int64_t silence = now - session->last_heard;
  bind_again(connection, request, session, connection->early_privilege, request->resume.received,
             now);
  server->counters.rejoins++;
  rj_observe_member(session, RJ_OBSERVED_REJOINED, 0, silence, "0-RTT", now);
}
