/* Goodbyes (S-25 to S-27): after a leave the session's connections live on until the goodbye is acknowledged, for a second at most. */
#include "client/member_internal.h"

#include <stddef.h>
#include <string.h>

/* A path that was silent for a while is one on which QUIC waits for longer than a goodbye lasts before it sends again. So the goodbye is
 * said so many times in all; whichever copy arrives shows the transport what is missing before it. */
enum { GOODBYES = 8 };

static void end(rj_member *member, rj_farewell *farewell, rj_close_code code, int64_t now) {
  rj_link *link = farewell->connection.link;
  farewell->connection.link = NULL;
  rj_member_close_link(member, link, code, now);
}

/* The place for a new one; when all are taken, the one that would end first is closed at once. */
static rj_farewell *place(rj_member *member, int64_t now) {
  rj_farewell *oldest = &member->farewells[0];
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    rj_farewell *farewell = &member->farewells[i];
    if (farewell->connection.link == NULL)
      return farewell;
    if (farewell->until < oldest->until)
      oldest = farewell;
  }
  end(member, oldest, RJ_CLOSE_LEFT, now);
  return oldest;
}

/* False: it could not be handed over. */
static bool send_goodbye(rj_link *link, uint64_t named) {
  rj_control message = {.which_body = rejoin_Control_goodbye_tag};
  message.body.goodbye.session = named;
  return rj_member_send(link, &message);
}

static int64_t pause_of(const rj_member *member) {
  return member->machine.timers.goodbye / GOODBYES;
}

/* Sends the goodbye on a connection and takes it over. named: the session in it, 0 = the one that this connection's join made or will make. */
static void take_leave(rj_member *member, rj_connection *connection, uint64_t named, int64_t now) {
  if (!send_goodbye(connection->link, named)) {
    rj_member_close(member, connection, RJ_CLOSE_LEFT, now);
    return;
  }
  rj_member_counters_link(member, connection);
  rj_farewell *farewell = place(member, now);
  *farewell = (rj_farewell){
      .connection = *connection,
      .session = member->session,
      .named = named,
      .attempt = member->attempts.number,
      .again = rj_after(now, pause_of(member)),
      .until = rj_after(now, member->machine.timers.goodbye),
  };
  memcpy(farewell->join_id, member->join_id, sizeof farewell->join_id);
  connection->link = NULL;
}

void rj_member_say_goodbye(rj_member *member, int64_t now) {
  if (member->session != 0)
    member->left_session = member->session;
  if (member->bound.link != NULL)
    take_leave(member, &member->bound, member->session, now);
  /* A join is not sent before the handshake is complete; a rejoin may have been, as 0-RTT. */
  bool asked = member->attempt.link != NULL && member->attempt.requested &&
               (member->session != 0 || rj_link_is_up(member->attempt.link));
  if (asked)
    take_leave(member, &member->attempt, 0, now);
}

void rj_member_name_unanswered(const rj_member *member, rejoin_JoinRequest *request) {
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    const rj_farewell *farewell = &member->farewells[i];
    if (farewell->connection.link != NULL && farewell->session == 0)
      memcpy(request->left_joins[request->left_joins_count++], farewell->join_id,
             sizeof farewell->join_id);
  }
}

/* The edge knows that this session was left. */
static void arrived(rj_member *member, const rj_farewell *farewell) {
  if (farewell->session != 0 && farewell->session == member->left_session)
    member->left_session = 0;
}

int64_t rj_member_farewell_deadline(const rj_farewell *farewell) {
  if (farewell->connection.link == NULL)
    return RJ_NEVER;
  return rj_earlier(farewell->again, farewell->until);
}

void rj_member_farewell_timer(rj_member *member, rj_farewell *farewell, int64_t now) {
  if (farewell->until <= now) {
    end(member, farewell, RJ_CLOSE_LEFT, now);
    return;
  }
  farewell->again = rj_after(now, pause_of(member));
  (void)send_goodbye(farewell->connection.link, farewell->named); /* else the close says it */
}

void rj_member_farewell_migrate(rj_member *member, int64_t now) {
  if (member->local.family == RJ_ADDRESS_NONE)
    return; /* its next packet shows the new path */
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    rj_link *link = member->farewells[i].connection.link;
    if (link != NULL)
      (void)rj_link_migrate(link, &member->local, now);
  }
}

void rj_member_farewell_look(rj_member *member, rj_farewell *farewell, int64_t now) {
  if (!rj_link_all_acknowledged(farewell->connection.link))
    return;
  arrived(member, farewell);
  end(member, farewell, RJ_CLOSE_DONE, now);
}

/* S-26: the accept was on its way. The goodbye follows the request on its stream, so nothing is left to do but to remember
 * which session it was, for a join that comes before the acknowledgement (P-2). */
static void late_answer(rj_member *member, rj_farewell *farewell, const rj_link_event *event) {
  rj_control message;
  if (farewell->session != 0 || !rj_control_decode(&message, event->data, event->length, NULL) ||
      message.which_body != rejoin_Control_join_answer_tag)
    return;
  const rejoin_JoinAnswer *answer = &message.body.join_answer;
  if (answer->attempt != farewell->attempt || answer->reason != 0 || answer->busy_ms != 0)
    return;
  farewell->session = answer->session;
  if (member->session == 0 && member->left_session == 0)
    member->left_session = answer->session;
}

void rj_member_farewell_event(rj_member *member, rj_farewell *farewell, const rj_link_event *event,
                              int64_t now) {
  (void)now;
  switch (event->kind) {
  case RJ_LINK_MESSAGE: /* whatever else comes belongs to an earlier stay */
    late_answer(member, farewell, event);
    break;
  case RJ_LINK_TICKET:
    rj_member_keep_ticket(member, farewell->connection.edge, event);
    break;
  case RJ_LINK_CLOSED:
    if (event->how == RJ_CLOSED_BY_PEER || event->how == RJ_CLOSED_RESET)
      arrived(member,
              farewell); /* whether by the goodbye or not: the edge has no such session now */
    rj_link_free(farewell->connection.link);
    farewell->connection.link = NULL;
    break;
  case RJ_LINK_UP:
  case RJ_LINK_DATAGRAM:
  case RJ_LINK_PROOF:
  case RJ_LINK_LOST:
  case RJ_LINK_PATH:
    break;
  }
}
