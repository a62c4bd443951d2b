/* The connection that is bound to the session: beats, proofs, the edge's messages, a new path, and its end. */
#include "client/member_internal.h"

/* ---- beats (N-1) ---- */

static bool beats(const rj_member *member) {
  int32_t state = member->machine.state;
  return member->bound.link != NULL && (state == STATE_CONNECTED || state == STATE_RECONNECTING);
}

int64_t rj_member_beat_deadline(const rj_member *member) {
  return beats(member) ? member->beat_at : RJ_NEVER;
}

static void send_beat(rj_member *member, int64_t now) {
  uint8_t beat[RJ_BEAT_SIZE];
  uint64_t id;
  rj_member_streams_beat(member, beat, now);
  if (rj_link_send_datagram(member->bound.link, beat, sizeof beat, RJ_NEVER, &id) == STATUS_OK)
    member->beat_id = id;
}

void rj_member_beat(rj_member *member, int64_t now) {
  send_beat(member, now);
  member->beat_at = rj_after(now, member->machine.timers.beat);
}

/* ---- the end ---- */

/* A CONNECTED member must not sit there without a connection. The edge or the path is broken, so that the rejoin waits like
 * after a failed attempt instead of starting at once. */
static void without_connection(rj_member *member, int64_t now) {
  if (member->machine.state != STATE_CONNECTED)
    return;
  rj_step step = rj_machine_input(&member->machine, RJ_IN_UNKNOWN, 0, now);
  step.actions &= ~(uint32_t)RJ_DO_DIAL_NOW;
  rj_member_apply(member, &step, STATE_CONNECTED, now);
  rj_member_dial_after_fault(member, now);
}

void rj_member_bound_failed(rj_member *member, rj_close_code code, int64_t now) {
  rj_member_close(member, &member->bound, code, now);
  without_connection(member, now);
}

static void closed(rj_member *member, const rj_link_event *event, int64_t now) {
  rj_member_drop(member, &member->bound);
  switch (event->how) {
  case RJ_CLOSED_BY_PEER:
    /* An edge of a cluster goes down for a while; the others have what it had. */
    if (event->code == RJ_CLOSE_RESTARTING && !member->moving && rj_member_knows_neighbours(member))
      member->edge_next = rj_member_edge_after(member, member->bound.edge);
    /* The edge has bound the attempt's connection and takes this one for the older of two. */
    if (event->code == RJ_CLOSE_DONE && member->attempt.link != NULL &&
        rj_link_is_up(member->attempt.link))
      break;
    rj_member_input(member, RJ_IN_UNKNOWN, 0, now); /* S-9 */
    break;
  case RJ_CLOSED_RESET:
    rj_member_input(member, RJ_IN_UNKNOWN, 0, now); /* S-9 */
    break;
  case RJ_CLOSED_TIMEOUT: /* the silence timers say the rest */
    break;
  case RJ_CLOSED_CERTIFICATE:
  case RJ_CLOSED_PROTOCOL:
  case RJ_CLOSED_VERSION:
    member->protocol_errors++;
    without_connection(member, now);
    break;
  }
}

/* ---- a new path (S-10) ---- */

void rj_member_migrate(rj_member *member, int64_t now) {
  rj_link *link = member->bound.link;
  member->migration_pending = false;
  if (link == NULL)
    return;
  member->machine.path_pending = true;
  bool named = member->local.family != RJ_ADDRESS_NONE;
  int32_t status = named ? rj_link_migrate(link, &member->local, now) : STATUS_INVALID_ARGUMENT;
  member->migration_pending = status == STATUS_NOT_READY;
  /* Where no RJ_LINK_PATH will come, the next proof tells: the host cannot name the path, or it is the one in use. */
  member->path_by_proof = status != STATUS_OK && status != STATUS_NOT_READY;
  send_beat(member,
            now); /* the edge sees the new path by the next packet, and its answer is a proof */
}

static void path_tried(rj_member *member, bool ok) {
  if (ok)
    member->machine.path_pending = false;
  else /* what comes all the same tells */
    member->path_by_proof = true;
}

/* ---- proofs ---- */

static void proof(rj_member *member, int64_t now) {
  if (member->path_by_proof)
    member->machine.path_pending = false;
  rj_member_streams_proved(member);
  int32_t before = member->machine.state;
  rj_member_input(member, RJ_IN_PROOF, 0, now);
  if (before != STATE_RECONNECTING || member->machine.state != STATE_CONNECTED)
    return;
  /* S-13 on the old connection: what happened meanwhile is asked for */
  if (!rj_member_roster_request(member, now)) {
    rj_member_bound_failed(member, RJ_CLOSE_OVERLOADED, now);
    return;
  }
  rj_member_token_settle(member, false, now);
  rj_member_streams_flush(member, now); /* before another role that was asked for meanwhile */
  rj_member_role_settle(member, now);
  if (member->move_until != 0)
    rj_member_move(member, member->move_until, now);
}

/* ---- the edge's messages ---- */

/* A removal of another session changes nothing. Its reason is one that removes: codec.h has looked. */
static void removed(rj_member *member, const rejoin_Removed *removal, int64_t now) {
  if (removal->session == member->session)
    rj_member_input(member, RJ_IN_REMOVED, (int32_t)removal->reason, now);
}

/* The edge drains and may close: should that come first, the rejoin goes to another edge, too. */
static void move(rj_member *member, const rejoin_Move *told, int64_t now) {
  member->edge_next = rj_member_edge_after(member, member->bound.edge);
  rj_member_move(member, rj_after(now, told->within_ms * RJ_MILLISECOND), now);
}

bool rj_member_message(rj_member *member, const rj_control *message, int64_t now) {
  switch (message->which_body) {
  case rejoin_Control_roster_page_tag:
    return rj_member_roster_page(member, &message->body.roster_page, now);
  case rejoin_Control_peer_joined_tag:
    return rj_member_roster_joined(member, message->body.peer_joined.uid, now);
  case rejoin_Control_peer_offline_tag:
    return rj_member_roster_offline(member, message->body.peer_offline.uid,
                                    message->body.peer_offline.reason, now);
  case rejoin_Control_peer_heard_tag:
    return rj_member_roster_heard(member, message->body.peer_heard.uid,
                                  message->body.peer_heard.interrupted, now);
  case rejoin_Control_removed_tag:
    removed(member, &message->body.removed, now);
    return true;
  case rejoin_Control_renew_answer_tag:
    return rj_member_token_answer(member, &message->body.renew_answer, now);
  case rejoin_Control_role_answer_tag:
    return rj_member_role_answer(member, &message->body.role_answer, now);
  case rejoin_Control_stream_message_tag:
    return rj_member_streams_message(member, &message->body.stream_message, now);
  case rejoin_Control_stream_gap_tag:
    return rj_member_streams_gap(member, &message->body.stream_gap);
  case rejoin_Control_move_tag:
    move(member, &message->body.move, now);
    return true;
  case rejoin_Control_neighbours_tag:
    rj_member_learn_neighbours(member, &message->body.neighbours, member->bound.edge, now);
    return true;
  default:
    return false; /* a member's own messages, a second answer */
  }
}

void rj_member_bound_event(rj_member *member, const rj_link_event *event, int64_t now) {
  switch (event->kind) {
  case RJ_LINK_MESSAGE: {
    rj_control message;
    if (!rj_control_decode(&message, event->data, event->length, NULL) ||
        !rj_member_message(member, &message, now)) {
      member->protocol_errors++;
      rj_member_bound_failed(member, RJ_CLOSE_PROTOCOL, now);
    }
    break;
  }
  case RJ_LINK_DATAGRAM:
    if (!rj_member_streams_datagram(member, event, now)) {
      member->protocol_errors++;
      rj_member_bound_failed(member, RJ_CLOSE_PROTOCOL, now);
    }
    break;
  case RJ_LINK_PROOF:
    proof(member, now);
    break;
  case RJ_LINK_LOST:
    /* N-1: the newest one alone, since after a long silence all of them are reported at once */
    if (event->id == member->beat_id && beats(member))
      send_beat(member, now);
    break;
  case RJ_LINK_PATH:
    path_tried(member, event->ok);
    break;
  case RJ_LINK_TICKET:
    rj_member_keep_ticket(member, member->bound.edge, event);
    break;
  case RJ_LINK_CLOSED:
    closed(member, event, now);
    break;
  case RJ_LINK_UP:
    break;
  }
}
