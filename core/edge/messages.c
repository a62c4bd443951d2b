/* What the messages of members do. Whatever is malformed, unknown or out of order closes the
 * connection and changes nothing else. */
#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ from members of a channel */

void rj_connection_left(rj_connection *connection, int64_t now) {
  rj_session *session = connection->session;
  if (session == NULL)
    return; /* it ended before, or the connection never had one */
  rj_observe_end(session, RJ_OBSERVED_LEFT, 0, NULL, now);
  connection->server->counters.leaves++;
  rj_session_end(session, OFFLINE_QUIT, 0, now);
}

static void goodbye(rj_connection *connection, const rejoin_Goodbye *goodbye, int64_t now) {
  if (goodbye->session != 0 && goodbye->session != connection->session->id)
    return; /* of an older stay: it never touches a newer one */
  rj_connection_left(connection, now);
}

/* Who asks for the roster came back on this connection and gave the others up (section 5). Its close of
 * them may be lost; without this, the rule of two connections would close the one that it uses. */
static void roster_request(rj_connection *connection, const rejoin_RosterRequest *request,
                           int64_t now) {
  rj_session_keep_only(connection, now);
  rj_presence_send_roster(connection, request->number, now);
  /* what it ignored in its outage comes again, after the roster */
  rj_streams_begin(connection, request->received, now);
}

static void set_role(rj_connection *connection, const rejoin_SetRole *request, int64_t now) {
  rj_server *server = connection->server;
  rj_session *session = connection->session;
  rejoin_RoleAnswer answer = {.number = request->number, .role = request->role};
  if (request->role == ROLE_BROADCASTER &&
      rj_channel_is_full_of_broadcasters(session->channel, session, session->uid)) {
    answer.reason = REASON_TOO_MANY_BROADCASTERS;
  } else if (rj_rates_role(session, request->role, now) >
             0) { /* each change is told to everybody */
    answer.reason = REASON_REJECTED_BY_SERVER;
  } else {
    bool was_visible = session->visible;
    rj_rates_role_changes(session, request->role, now);
    rj_channel_set_member(session->channel, session, request->role, session->watches, now);
    rj_observe_member(session, RJ_OBSERVED_ROLE, (int32_t)request->role, -1, NULL, now);
    if (was_visible != session->visible)
      rj_changes_put(session, now);
    rj_presence_changed(session, was_visible, session->interrupted, now);
  }
  server->out.which_body = rejoin_Control_role_answer_tag;
  server->out.body.role_answer = answer;
  rj_connection_send_out(connection, now);
}

/* S-20: a good token is in force from now on; another one changes nothing. What comes after the
 * expiry comes too late: the member is removed, whichever of both the edge sees first. */
static void renew_token(rj_connection *connection, const rejoin_RenewToken *request, int64_t now) {
  rj_server *server = connection->server;
  rj_session *session = connection->session;
  if (session->privilege_until <= now) {
    rj_session_wake(session, now);
    return;
  }
  const rj_channel *channel = session->channel;
  rj_token_result token = {.verdict = RJ_TOKEN_OTHER_APP}; /* the app was taken away meanwhile */
  if (rj_apps_welcome(server, channel->app_id))
    token = rj_apps_check_token(server, channel->app_id, channel->name, session->uid,
                                request->token, now);
  rejoin_RenewAnswer answer = {.number = request->number,
                               .code = rj_token_renewal_code(token.verdict)};
  if (token.verdict == RJ_TOKEN_GOOD) {
    rj_session_stay_until(session, rj_after(now, token.left));
    answer.privilege_ms = rj_privilege_ms(session->privilege_until, now);
  }
  server->out.which_body = rejoin_Control_renew_answer_tag;
  server->out.body.renew_answer = answer;
  rj_connection_send_out(connection, now);
}

static void from_member(rj_connection *connection, const rj_control *message, int64_t now) {
  switch (message->which_body) {
  case rejoin_Control_goodbye_tag:
    goodbye(connection, &message->body.goodbye, now);
    break;
  case rejoin_Control_roster_request_tag:
    roster_request(connection, &message->body.roster_request, now);
    break;
  case rejoin_Control_set_role_tag:
    set_role(connection, &message->body.set_role, now);
    break;
  case rejoin_Control_renew_token_tag:
    renew_token(connection, &message->body.renew_token, now);
    break;
  case rejoin_Control_join_request_tag:
    rj_connection_fault(connection, "a second join request on one connection", now);
    break;
  case rejoin_Control_stream_message_tag:
    rj_streams_message(connection, &message->body.stream_message, now);
    break;
  default:
    rj_connection_fault(connection, "a message that only an edge sends", now);
    break;
  }
}

/* ------------------------------------------------------------------ before and at the join */

static bool is_zero(const uint8_t *bytes, size_t length) {
  uint8_t any = 0;
  for (size_t i = 0; i < length; i++)
    any |= bytes[i];
  return any == 0;
}

/* What is wrong with the request itself, or NULL. */
static const char *malformed_request(const rejoin_JoinRequest *request) {
  if (is_zero(request->join_id, RJ_JOIN_ID_SIZE))
    return "a join request without a join id";
  if (request->has_resume && (request->uid == 0 || request->resume.session == 0))
    return "a rejoin that names no uid or no session";
  return NULL;
}

/* 0-RTT: it may be a replay, so nothing comes of it before the handshake is complete but an answer
 * that only the member can read (SPEC section 5). */
static void before_handshake(rj_connection *connection, const rj_control *message,
                             const uint8_t *data, size_t length, int64_t now) {
  switch (message->which_body) {
  case rejoin_Control_join_request_tag:
    if (connection->early != NULL) {
      rj_connection_fault(connection, "a second join request on one connection", now);
      return;
    }
    connection->early = g_memdup2(data, length);
    connection->early_length = length;
    if (message->body.join_request.has_resume)
      rj_admission_answer_early(connection, &message->body.join_request, now);
    break;
  case rejoin_Control_goodbye_tag: /* it left while it rejoined */
    if (connection->early == NULL)
      rj_connection_fault(connection, "a goodbye before any join request", now);
    else
      connection->early_goodbye = true;
    break;
  default:
    rj_connection_fault(connection, "0-RTT with something else than a join request", now);
    break;
  }
}

void rj_connection_message(rj_connection *connection, const uint8_t *data, size_t length,
                           int64_t now) {
  if (connection->state == RJ_CONNECTION_LEAVING)
    return; /* its last word was said */
  rj_control *message = &connection->server->in;
  const char *why = NULL;
  if (!rj_control_decode(message, data, length, &why)) {
    rj_connection_fault(connection, why != NULL ? why : "a malformed message", now);
    return;
  }
  if (message->which_body != rejoin_Control_stream_message_tag &&
      !rj_connection_within_budget(connection, now)) {
    rj_connection_fault(connection, "too many control messages", now);
    return;
  }
  bool is_join = message->which_body == rejoin_Control_join_request_tag;
  if (is_join && (why = malformed_request(&message->body.join_request)) != NULL)
    rj_connection_fault(connection, why, now);
  else if (connection->session != NULL)
    from_member(connection, message, now);
  else if (!connection->up)
    before_handshake(connection, message, data, length, now);
  else if (is_join)
    rj_admission_apply(connection, &message->body.join_request, now);
  else
    rj_connection_fault(connection, "a message before any join request", now);
}

void rj_connection_up(rj_connection *connection, int64_t now) {
  if (connection->early == NULL)
    return;
  rj_control *message = &connection->server->in;
  bool well = rj_control_decode(message, connection->early, connection->early_length, NULL);
  g_assert(well); /* as it was when it came */
  if (connection->early_session != 0)
    rj_admission_bind_early(connection, &message->body.join_request, now);
  else
    rj_admission_apply(connection, &message->body.join_request, now);
  g_free(connection->early);
  connection->early = NULL;
  if (connection->early_goodbye)
    rj_connection_left(connection, now);
}

void rj_connection_datagram(rj_connection *connection, const uint8_t *data, size_t length,
                            int64_t now) {
  if (connection->state == RJ_CONNECTION_LEAVING)
    return;
  rj_datagram_content content;
  if (!rj_datagram_decode(&content, data, length))
    rj_connection_fault(connection, "a datagram that is neither a beat nor a message", now);
  else if (content.kind == RJ_DATAGRAM_BEAT)
    rj_streams_beat(connection, &content.beat, now);
  else if (connection->session != NULL)
    rj_streams_datagram(connection, &content.message, now);
  else
    rj_connection_fault(connection, "a message before any join request", now);
}
