/* The events of a member, one function for each kind (SPEC section 10). */
#include "client/member_internal.h"

static rj_event_record event_of(int32_t kind, int64_t now) {
  return (rj_event_record){.kind = kind, .time = now};
}

static void push(rj_member *member, const rj_event_record *event) {
  if (!member->retired)
    member->sink.push(member->sink.user, event);
}

void rj_member_tell_state(rj_member *member, const rj_step *step, int64_t now) {
  rj_event_record event = event_of(EVENT_CONNECTION_CHANGED, now);
  event.old_state = step->old_state;
  event.state = step->state;
  event.reason = step->reason;
  push(member, &event);
}

static void tell_in_channel(rj_member *member, int32_t kind, int64_t since, int64_t now) {
  rj_event_record event = event_of(kind, now);
  event.text = member->channel;
  event.uid = member->uid;
  event.elapsed = now - since;
  push(member, &event);
}

void rj_member_tell_joined(rj_member *member, int64_t now) {
  tell_in_channel(member, EVENT_DID_JOIN_CHANNEL, member->machine.join_called, now);
}

void rj_member_tell_rejoined(rj_member *member, int64_t now) {
  /* S-13: what `elapsed` counts from is the dialect's */
  const rj_machine *machine = &member->machine;
  bool outage = machine->dialect == DIALECT_3X;
  tell_in_channel(member, EVENT_DID_REJOIN_CHANNEL,
                  outage ? machine->interrupted_at : machine->join_called, now);
}

void rj_member_tell_counters(rj_member *member, int32_t kind, const rj_counters *counters,
                             int64_t now) {
  rj_event_record event = event_of(kind, now);
  event.stats = *counters;
  push(member, &event);
}

void rj_member_tell_plain(rj_member *member, int32_t kind, int64_t now) {
  rj_event_record event = event_of(kind, now);
  push(member, &event);
}

void rj_member_tell_peer(rj_member *member, const rj_peer_change *change, int64_t now) {
  static const int32_t kinds[] = {
      [RJ_PEER_JOINED] = EVENT_USER_JOINED,
      [RJ_PEER_OFFLINE] = EVENT_USER_OFFLINE,
      [RJ_PEER_INTERRUPTED] = EVENT_USER_INTERRUPTED,
      [RJ_PEER_RESUMED] = EVENT_USER_RESUMED,
  };
  rj_event_record event = event_of(kinds[change->kind], now);
  event.uid = change->uid;
  if (change->kind == RJ_PEER_JOINED)
    event.elapsed = now - member->machine.join_called; /* P-1 */
  if (change->kind == RJ_PEER_OFFLINE)
    event.reason = change->reason;
  push(member, &event);
}

void rj_member_tell_warning(rj_member *member, int64_t now) {
  rj_event_record event = event_of(EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE, now);
  event.text = member->token;
  push(member, &event);
}

void rj_member_tell_renewal(rj_member *member, const char *token, int32_t code, int64_t now) {
  rj_event_record event = event_of(EVENT_RENEW_TOKEN_RESULT, now);
  event.text = token;
  event.code = code;
  push(member, &event);
}

void rj_member_tell_network(rj_member *member, int32_t network, int64_t now) {
  rj_event_record event = event_of(EVENT_NETWORK_CHANGED, now);
  event.network = network;
  push(member, &event);
}

void rj_member_tell_role(rj_member *member, int32_t old_role, int32_t role, int64_t now) {
  rj_event_record event = event_of(EVENT_CLIENT_ROLE_CHANGED, now);
  event.old_role = old_role;
  event.role = role;
  push(member, &event);
}

void rj_member_tell_role_failed(rj_member *member, int32_t reason, int32_t role, int64_t now) {
  rj_event_record event = event_of(EVENT_CLIENT_ROLE_CHANGE_FAILED, now);
  event.reason = reason;
  event.role = role;
  push(member, &event);
}

void rj_member_tell_message(rj_member *member, uint32_t uid, uint32_t stream, rj_message_text text,
                            bool reliable, int64_t now) {
  rj_event_record event = event_of(EVENT_STREAM_MESSAGE, now);
  event.uid = uid;
  event.stream_id = stream;
  event.reliable = reliable;
  event.data = text.data;
  event.data_length = (uint32_t)text.length;
  push(member, &event);
}

void rj_member_tell_missed(rj_member *member, uint32_t uid, uint32_t stream, uint64_t missed,
                           int64_t now) {
  rj_event_record event = event_of(EVENT_STREAM_MESSAGE_ERROR, now);
  event.uid = uid;
  event.stream_id = stream;
  event.count = missed;
  push(member, &event);
}

void rj_member_tell_attempt(rj_member *member, int32_t outcome, int64_t next_delay, int64_t now) {
  if (!member->attempts_wanted)
    return;
  rj_event_record event = event_of(EVENT_ATTEMPT, now);
  event.attempt = member->attempts.number;
  event.outcome = outcome;
  event.next_delay = next_delay;
  push(member, &event);
}
