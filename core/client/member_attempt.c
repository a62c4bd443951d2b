/* Attempts to join and to rejoin (SPEC section 5): which edge, its address, the request, the answer. */
#include "client/member_internal.h"

#include <assert.h>
#include <string.h>

#include "wire/datagram.h"

/* ---- which edge ---- */

/* The first edge from `from` on, in turn, that did not ask to be left alone; else the first of all. */
static uint32_t willing_edge(const rj_member *member, uint32_t from, int64_t now) {
  uint8_t edges[RJ_EDGES_MAX];
  uint32_t count = rj_member_edges_in_turn(member, from, edges);
  for (uint32_t i = 0; i < count; i++) {
    if (member->edges[edges[i]].busy_until <= now)
      return edges[i];
  }
  return edges[0];
}

/* After "busy, try elsewhere": the other edge that may be asked soonest, the one whose turn is first of equals. */
static uint32_t other_edge(const rj_member *member, uint32_t edge, int64_t now) {
  uint8_t edges[RJ_EDGES_MAX];
  uint32_t count = rj_member_edges_in_turn(member, edge, edges);
  uint32_t best = edge;
  int64_t best_at = RJ_NEVER;
  for (uint32_t i = 1; i < count; i++) {
    int64_t at = rj_later(member->edges[edges[i]].busy_until, now);
    if (at < best_at) {
      best = edges[i];
      best_at = at;
    }
  }
  return best;
}

static uint32_t next_edge(const rj_member *member, uint32_t from, int64_t now) {
  return member->moving ? rj_member_edge_to_move_to(member, from, now)
                        : willing_edge(member, from, now);
}

/* ---- begin and end ---- */

static void begin(rj_member *member, int64_t now) {
  assert(member->attempt.link == NULL);
  rj_attempts_started(&member->attempts, &member->machine.timers, now);
  member->edge_next = next_edge(member, member->edge_next, now);
  member->attempt = (rj_connection){.edge = (uint8_t)member->edge_next, .woken = true};
  member->address_wanted = true; /* rj_member_set_address goes on */
  member->forced_later = false;
  rj_member_tell_attempt(member, ATTEMPT_STARTED, -1, now);
}

static void begin_if_due(rj_member *member, int64_t now) {
  if (!member->attempts.running && member->attempts.start_at <= now)
    begin(member, now);
}

/* Forgets the attempt's connection. An edge that answered the handshake may have bound it: it is told. */
static void release(rj_member *member, bool told, int64_t now) {
  member->address_wanted = false;
  if (member->attempt.link == NULL)
    return;
  if (told && rj_link_is_up(member->attempt.link))
    rj_member_close(member, &member->attempt, RJ_CLOSE_DONE, now);
  else
    rj_member_drop(member, &member->attempt);
}

/* An attempt that failed while CONNECTED need not be followed by another one: no edge takes a member that is to move, or the
 * late roster came meanwhile. One that may be bound at the edge must be: the edge would close the connection in use for it. */
static bool was_the_last(const rj_member *member, bool may_be_bound, int64_t now) {
  if (member->moving)
    return rj_member_gives_up_moving(member, now);
  return member->machine.state == STATE_CONNECTED && !member->snapshot_awaited && !may_be_bound;
}

/* It ended without an answer; the next edge gets the next one. */
static void fail(rj_member *member, int32_t outcome, int64_t now) {
  bool may_be_bound = member->attempt.link != NULL && rj_link_is_up(member->attempt.link);
  member->edge_next = rj_member_edge_after(member, member->attempt.edge);
  member->move_failed |= 1u << member->attempt.edge;
  release(member, true, now);
  if (was_the_last(member, may_be_bound, now)) {
    member->moving = false;
    rj_attempts_stop(&member->attempts);
    rj_member_tell_attempt(member, outcome, -1, now);
    return;
  }
  int64_t delay =
      rj_attempts_failed(&member->attempts, &member->machine.timers, &member->random, now);
  if (member->forced_later) { /* sooner than the backoff says */
    rj_attempts_force(&member->attempts, &member->machine.timers, now);
    delay = member->attempts.start_at - now;
  }
  rj_member_tell_attempt(member, outcome, delay, now);
}

void rj_member_stop_attempts(rj_member *member, bool told, int64_t now) {
  if (member->attempts.running) {
    release(member, told, now);
    rj_member_tell_attempt(member, ATTEMPT_ABANDONED, -1, now);
  }
  rj_attempts_stop(&member->attempts);
  member->forced_later = false;
  member->moving = false;
}

void rj_member_stop_late(rj_member *member, int64_t now) {
  const rj_link *link = member->attempt.link;
  /* One that is up may be bound at the edge, which after 5 s closes the older one of two: so it goes on, and others after it. */
  if (link == NULL || !rj_link_is_up(link))
    rj_member_stop_attempts(member, true, now);
}

void rj_member_dial_now(rj_member *member, int64_t now) {
  if (member->attempts.running) {
    /* one that only begins, or that the edge already answers, is not bettered by another */
    if (member->address_wanted || rj_link_is_up(member->attempt.link))
      return;
    rj_member_stop_attempts(member, false, now);
  }
  rj_attempts_plan_now(&member->attempts, now);
  begin_if_due(member, now);
}

void rj_member_dial_first(rj_member *member, int64_t now) {
  if (member->attempts.running)
    return;                     /* it was moving when the outage came */
  if (member->attempts.n > 0) { /* not 10 s in CONNECTED: it waits by the backoff */
    rj_member_dial_soon(member, now);
    return;
  }
  /* An edge that accepts and closes at once must not keep us busy. */
  int64_t at = now;
  if (member->unasked_at != RJ_NEVER)
    at = rj_later(now, rj_after(member->unasked_at, member->machine.timers.network_changed_every));
  member->unasked_at = at;
  rj_attempts_plan_now(&member->attempts, at);
  begin_if_due(member, now);
}

void rj_member_dial_after_fault(rj_member *member, int64_t now) {
  if (member->attempts.running)
    return; /* as above */
  rj_attempts_failed(&member->attempts, &member->machine.timers, &member->random, now);
}

void rj_member_dial_soon(rj_member *member, int64_t now) {
  if (member->attempts.running)
    return; /* as above */
  rj_attempts_plan_soon(&member->attempts, &member->machine.timers, &member->random, now);
  begin_if_due(member, now);
}

void rj_member_dial_forced(rj_member *member, int64_t now) {
  bool abandoned = rj_attempts_force(&member->attempts, &member->machine.timers, now);
  member->forced_later = member->attempts.last_forced != now;
  if (abandoned) {
    release(member, false, now);
    int64_t start_at = member->attempts.start_at;
    rj_member_tell_attempt(member, ATTEMPT_ABANDONED, start_at == RJ_NEVER ? -1 : start_at - now,
                           now);
  }
  begin_if_due(member, now);
}

void rj_member_attempt_timer(rj_member *member, int64_t now) {
  const rj_attempts *attempts = &member->attempts;
  assert(!attempts->running || member->forced_later || attempts->start_at == RJ_NEVER);
  if (attempts->running && attempts->give_up_at <= attempts->start_at)
    fail(member, ATTEMPT_TIMED_OUT, now);
  else if (member->forced_later)
    rj_member_dial_forced(member, now); /* it may take the place of a running one */
  else
    begin_if_due(member, now);
}

/* ---- the address and the request ---- */

bool rj_member_wants_address(const rj_member *member, uint32_t *index) {
  if (!member->address_wanted)
    return false;
  *index = member->attempt.edge;
  return true;
}

static bool send_request(rj_member *member) {
  rj_control message = {.which_body = rejoin_Control_join_request_tag};
  rejoin_JoinRequest *request = &message.body.join_request;
  request->version = RJ_PROTOCOL_VERSION;
  request->attempt = member->attempts.number;
  memcpy(request->join_id, member->join_id, sizeof member->join_id);
  rj_member_put_text(request->app_id, sizeof request->app_id, member->app_id);
  rj_member_put_text(request->channel, sizeof request->channel, member->channel);
  request->uid = member->uid != 0 ? member->uid : member->asked_uid;
  const char *token = rj_member_token_for_attempt(member);
  if (token != NULL)
    rj_member_put_text(request->token, sizeof request->token, token);
  request->profile = (uint32_t)member->profile;
  request->role = (uint32_t)member->role;
  request->peer_interruptions = member->roster.interruptions ? 1 : 0;
  request->left_session = member->left_session;
  request->hears_neighbours = true;
  if (member->session == 0)
    rj_member_name_unanswered(member, request);
  if (member->session != 0) {
    request->has_resume = true;
    request->resume.session = member->session;
    request->resume.joined_at = member->joined_at;
    request->resume.received = member->message_number;
    request->resume.role = (uint32_t)member->edge_role;
    memcpy(request->resume.secret, member->secret, sizeof member->secret);
  }
  member->attempt_serial = member->token_serial;
  member->attempt_role = member->role;
  member->attempt.requested = rj_member_send(member->attempt.link, &message);
  return member->attempt.requested;
}

static void dial(rj_member *member, int64_t now) {
  const rj_known_edge *edge = &member->edges[member->attempt.edge];
  rj_dial how = {
      .path = {.local = member->local, .remote = edge->address},
      .server_name = edge->url.host,
      .trust = member->trust,
      .fingerprint = edge->pinned ? edge->fingerprint : NULL,
      .ticket = edge->ticket,
      .ticket_length = edge->ticket_length,
      .wall = now + member->wall_offset,
      .initial_rtt = edge->round_trip,
  };
  member->attempt.link = rj_link_dial(member->port, &how, now);
  if (member->attempt.link == NULL) {
    fail(member, ATTEMPT_ABANDONED, now);
    return;
  }
  rj_link_set_owner(member->attempt.link, member);
  /* With a ticket the request would travel as 0-RTT, which a rejoin may and a join may not (section 5): it waits for UP. */
  bool early = member->session != 0 || edge->ticket == NULL;
  if (early && !send_request(member))
    fail(member, ATTEMPT_ABANDONED, now);
}

void rj_member_set_address(rj_member *member, uint32_t index, const rj_address *address,
                           int64_t now) {
  if (index >= member->edge_count)
    return;
  rj_known_edge *edge = &member->edges[index];
  /* what an edge hands out is a place that it could reach itself: not one nearer to this member */
  if (address != NULL && address->family != RJ_ADDRESS_NONE &&
      (index < member->url_count || rj_address_reach(address) >= edge->reach))
    edge->address = *address;
  if (!member->address_wanted || member->attempt.edge != index)
    return; /* the answer to a question of an earlier attempt */
  member->address_wanted = false;
  /* A name that does not resolve just now is tried at the address it had. */
  if (edge->address.family == RJ_ADDRESS_NONE)
    fail(member, ATTEMPT_ABANDONED, now);
  else
    dial(member, now);
}

/* ---- the answer ---- */

static void refused(rj_member *member, int32_t reason, int64_t now) {
  if (member->moving) { /* there it may not be, here it is: that is no refusal of this stay */
    member->move_refused |= 1u << member->attempt.edge;
    fail(member, ATTEMPT_REFUSED, now);
    return;
  }
  bool retry = (reason == REASON_INVALID_TOKEN || reason == REASON_TOKEN_EXPIRED) &&
               rj_member_token_newer(member);
  rj_member_close(member, &member->attempt, RJ_CLOSE_DONE, now);
  rj_attempts_stop(&member->attempts);
  rj_member_tell_attempt(member, ATTEMPT_REFUSED, retry ? 0 : -1, now);
  rj_member_input(member, retry ? RJ_IN_REFUSED_OLD_TOKEN : RJ_IN_REFUSED, reason, now);
}

/* Whoever answers there is not the edge that is meant. At one of the app's urls that ends the stay, since somebody may be in
 * between (22); a neighbour's word was the edge's alone, and is forgotten. */
static void not_the_edge(rj_member *member, int32_t reason, int64_t now) {
  uint32_t edge = member->attempt.edge;
  if (edge < member->url_count) {
    refused(member, reason, now);
    return;
  }
  member->move_refused |= 1u << edge;
  fail(member, ATTEMPT_REFUSED, now);
  rj_member_forget_neighbour(member, edge);
}

static void busy(rj_member *member, const rejoin_JoinAnswer *answer, int64_t now) {
  uint8_t edge = member->attempt.edge;
  member->edges[edge].busy_until = rj_after(now, answer->busy_ms * RJ_MILLISECOND);
  if (answer->has_neighbours)
    rj_member_learn_neighbours(member, &answer->neighbours, edge, now);
  if (member->moving)
    member->edge_next = rj_member_edge_to_move_to(member, rj_member_edge_after(member, edge), now);
  else
    member->edge_next = answer->elsewhere ? other_edge(member, edge, now) : edge;
  rj_member_close(member, &member->attempt, RJ_CLOSE_DONE, now);
  int64_t wait = rj_later(member->edges[member->edge_next].busy_until - now, 0);
  int64_t delay =
      rj_attempts_busy(&member->attempts, &member->machine.timers, &member->random, wait, now);
  rj_member_tell_attempt(member, ATTEMPT_BUSY, delay, now);
}

static void accepted(rj_member *member, const rejoin_JoinAnswer *answer, int64_t now) {
  bool rejoined = member->session != 0;
  if (member->machine.state ==
      STATE_CONNECTED) /* without an outage: moved, or the roster was late */
    rj_member_roster_hold(member);
  member->moving = false;
  member->move_until = 0;
  bool late = rejoined && member->machine.peers_lost;
  /* section 5: what reached the client first wins, the client closes the other */
  rj_member_close(member, &member->bound, RJ_CLOSE_DONE, now);
  member->bound = member->attempt;
  member->attempt = (rj_connection){0};
  member->edge_next = member->bound.edge;
  if (answer->has_neighbours)
    rj_member_learn_neighbours(member, &answer->neighbours, member->bound.edge, now);
  rj_attempts_stop(&member->attempts);
  member->machine.path_pending = false;
  member->migration_pending = false;
  member->beat_at = rj_after(now, member->machine.timers.beat);
  member->beat_id = 0;

  member->uid = answer->uid;
  member->session = answer->session;
  member->joined_at = answer->joined_at;
  memcpy(member->secret, answer->secret, sizeof member->secret);
  member->left_session = 0; /* the request that named it has arrived */
  rj_member_roster_await(member);
  rj_member_streams_accepted(member, answer, rejoined, late, now);

  rj_member_tell_attempt(member, ATTEMPT_ACCEPTED, -1, now);
  rj_member_input(member, RJ_IN_ACCEPTED, 0, now);
  rj_member_role_accepted(member, answer->role, rejoined, now);
  rj_member_token_accepted(member, now);
  rj_member_token_privilege(member, answer->privilege_ms, now);
  rj_member_token_settle(member, true, now);
  rj_member_streams_flush(member, now); /* before another role that was asked for meanwhile */
  rj_member_role_settle(member, now);
}

/* Reasons that an edge may give for a refusal (S-6, S-14). */
static bool is_refusal(const rj_member *member, uint32_t reason) {
  switch (reason) {
  case REASON_BANNED_BY_SERVER:
  case REASON_INVALID_APP_ID:
  case REASON_INVALID_CHANNEL_NAME:
  case REASON_INVALID_TOKEN:
  case REASON_TOKEN_EXPIRED:
  case REASON_REJECTED_BY_SERVER:
  case REASON_TOO_MANY_BROADCASTERS:
  case REASON_INCONSISTENT_APPID:
    return true;
  case REASON_SAME_UID_LOGIN:
    return member->session != 0; /* only a rejoin can lose to a newer join */
  default:
    return false;
  }
}

static bool is_accept(const rj_member *member, const rejoin_JoinAnswer *answer) {
  uint32_t uid = member->uid != 0 ? member->uid : member->asked_uid;
  return answer->session != 0 && answer->uid != 0 && (uid == 0 || answer->uid == uid) &&
         answer->role <= ROLE_AUDIENCE && rj_member_streams_believe(member, answer);
}

/* False: not what the edge may say here. */
static bool answered(rj_member *member, const rj_control *message, int64_t now) {
  if (message->which_body != rejoin_Control_join_answer_tag || !member->attempt.requested)
    return false;
  const rejoin_JoinAnswer *answer = &message->body.join_answer;
  if (answer->attempt != member->attempts.number)
    return false;
  if (answer->busy_ms != 0) {
    busy(member, answer, now);
    return true;
  }
  if (answer->reason == 0 && is_accept(member, answer)) {
    accepted(member, answer, now);
    return true;
  }
  if (answer->reason != 0 && is_refusal(member, answer->reason)) {
    refused(member, (int32_t)answer->reason, now);
    return true;
  }
  return false;
}

/* ---- the attempt's connection ---- */

static void closed(rj_member *member, const rj_link_event *event, int64_t now) {
  switch (event->how) {
  case RJ_CLOSED_CERTIFICATE:
    not_the_edge(member, REASON_CERTIFICATION_VERIFY_FAILURE, now);
    break;
  case RJ_CLOSED_VERSION:
    not_the_edge(member, REASON_REJECTED_BY_SERVER, now);
    break;
  case RJ_CLOSED_TIMEOUT:
    fail(member, ATTEMPT_TIMED_OUT, now);
    break;
  case RJ_CLOSED_PROTOCOL:
    member->protocol_errors++;
    fail(member, ATTEMPT_ABANDONED, now);
    break;
  case RJ_CLOSED_BY_PEER:
  case RJ_CLOSED_RESET:
    fail(member, ATTEMPT_ABANDONED, now);
    break;
  }
}

void rj_member_attempt_event(rj_member *member, const rj_link_event *event, int64_t now) {
  switch (event->kind) {
  case RJ_LINK_UP:
    if (!member->attempt.requested && !send_request(member))
      fail(member, ATTEMPT_ABANDONED, now);
    break;
  case RJ_LINK_MESSAGE: {
    rj_control message;
    if (!rj_control_decode(&message, event->data, event->length, NULL) ||
        !answered(member, &message, now)) {
      rj_member_close_broken(member, &member->attempt, now);
      fail(member, ATTEMPT_ABANDONED, now);
    }
    break;
  }
  case RJ_LINK_DATAGRAM: { /* it may overtake the answer, and is lost then */
    rj_datagram_content content;
    if (rj_datagram_decode(&content, event->data, event->length))
      break;
    rj_member_close_broken(member, &member->attempt, now);
    fail(member, ATTEMPT_ABANDONED, now);
    break;
  }
  case RJ_LINK_TICKET:
    rj_member_keep_ticket(member, member->attempt.edge, event);
    break;
  case RJ_LINK_CLOSED:
    closed(member, event, now);
    break;
  case RJ_LINK_PROOF: /* counts on bound connections alone */
  case RJ_LINK_LOST:
  case RJ_LINK_PATH:
    break;
  }
}
