/* Control messages as structs and as bytes, and the checks that protobuf cannot say. */
#include "wire/codec.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "base/numbers.h"

size_t rj_control_encode(const rj_control *message, uint8_t *buffer, size_t capacity) {
  pb_ostream_t stream = pb_ostream_from_buffer(buffer, capacity);
  return pb_encode(&stream, rejoin_Control_fields, message) ? stream.bytes_written : 0;
}

static bool role_is_known(uint32_t role) {
  return role == ROLE_BROADCASTER || role == ROLE_AUDIENCE;
}

static bool offline_reason_is_known(uint32_t reason) {
  return reason <= OFFLINE_BECOME_AUDIENCE;
}

static bool ascending(const uint32_t *uids, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (uids[i] == 0 || (i > 0 && uids[i] <= uids[i - 1])) {
      return false;
    }
  }
  return true;
}

static const char *page_fault(const rejoin_RosterPage *page) {
  if (!ascending(page->members, page->members_count)) {
    return "roster members are not ascending";
  }
  if (!ascending(page->interrupted, page->interrupted_count)) {
    return "interrupted members are not ascending";
  }
  for (size_t i = 0; i < page->departed_count; i++) {
    if (page->departed[i].uid == 0 || !offline_reason_is_known(page->departed[i].reason)) {
      return "a departure has no uid or an unknown reason";
    }
  }
  return NULL;
}

static const char *request_fault(const rejoin_JoinRequest *request) {
  if (request->channel[0] == '\0') {
    return "a join names no channel";
  }
  if (request->profile > PROFILE_LIVE_BROADCASTING) {
    return "a join has an unknown profile";
  }
  if (!role_is_known(request->role)) {
    return "a join has an unknown role";
  }
  if (request->has_resume && request->uid == 0) {
    return "a rejoin has no uid";
  }
  return NULL;
}

static const char *message_fault(const rejoin_StreamMessage *message) {
  if (message->stream == 0 || message->stream > RJ_DATA_STREAMS_MAX) {
    return "a message of a stream that cannot be";
  }
  if (message->number == 0 || message->sequence == 0) {
    return "a stream message without a number";
  }
  return message->data.size != 0 ? NULL : "an empty stream message";
}

static const char *neighbours_fault(const rejoin_Neighbours *neighbours) {
  for (size_t i = 0; i < neighbours->edges_count; i++) {
    size_t size = neighbours->edges[i].fingerprint.size;
    if (size != 0 && size != RJ_FINGERPRINT_SIZE) {
      return "a neighbour's fingerprint is no SHA-256";
    }
  }
  return NULL;
}

static const char *answer_fault(const rejoin_JoinAnswer *answer) {
  if (answer->reason == 0 && answer->busy_ms == 0 && answer->uid == 0) {
    return "an accepting answer has no uid";
  }
  return answer->has_neighbours ? neighbours_fault(&answer->neighbours) : NULL;
}

/* What is wrong with a message that protobuf took; NULL: nothing. */
static const char *fault(const rj_control *message) {
  switch (message->which_body) {
  case 0:
    return "no body that is known";
  case rejoin_Control_join_request_tag:
    return request_fault(&message->body.join_request);
  case rejoin_Control_set_role_tag:
    return role_is_known(message->body.set_role.role) ? NULL : "an unknown role";
  case rejoin_Control_renew_token_tag:
    return message->body.renew_token.token[0] != '\0' ? NULL : "an empty token";
  case rejoin_Control_stream_message_tag:
    return message_fault(&message->body.stream_message);
  case rejoin_Control_join_answer_tag:
    return answer_fault(&message->body.join_answer);
  case rejoin_Control_neighbours_tag:
    return neighbours_fault(&message->body.neighbours);
  case rejoin_Control_roster_page_tag:
    return page_fault(&message->body.roster_page);
  case rejoin_Control_peer_joined_tag:
    return message->body.peer_joined.uid != 0 ? NULL : "a peer has no uid";
  case rejoin_Control_peer_offline_tag:
    return message->body.peer_offline.uid != 0 &&
                   offline_reason_is_known(message->body.peer_offline.reason)
               ? NULL
               : "a peer went offline without uid or with an unknown reason";
  case rejoin_Control_peer_heard_tag:
    return message->body.peer_heard.uid != 0 ? NULL : "a peer has no uid";
  case rejoin_Control_removed_tag: {
    uint32_t reason = message->body.removed.reason;
    return reason == REASON_BANNED_BY_SERVER || reason == REASON_TOKEN_EXPIRED ||
                   reason == REASON_SAME_UID_LOGIN
               ? NULL
               : "a removal has an unknown reason";
  }
  default:
    return NULL;
  }
}

bool rj_control_decode(rj_control *message, const uint8_t *data, size_t length, const char **why) {
  const char *wrong;
  if (length == 0 || length > RJ_CONTROL_MAX) {
    wrong = "a length outside 1 to RJ_CONTROL_MAX";
  } else {
    pb_istream_t stream = pb_istream_from_buffer(data, length);
    wrong = pb_decode(&stream, rejoin_Control_fields, message) ? fault(message)
                                                               : "not a control message";
  }
  if (why != NULL) {
    *why = wrong;
  }
  return wrong == NULL;
}
