/* Messages between edges as structs and as bytes, and the checks that protobuf cannot say. */
#include "wire/cluster_codec.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include "base/numbers.h"

size_t rj_cluster_encode(const rj_cluster_message *message, uint8_t *buffer, size_t capacity) {
  pb_ostream_t stream = pb_ostream_from_buffer(buffer, capacity);
  return pb_encode(&stream, rejoin_ClusterMessage_fields, message) ? stream.bytes_written : 0;
}

/* Whatever has to do with a channel; the others have to do with edges. */
static bool is_about_a_channel(pb_size_t body) {
  switch (body) {
  case rejoin_ClusterMessage_changes_tag:
  case rejoin_ClusterMessage_page_tag:
  case rejoin_ClusterMessage_digest_tag:
  case rejoin_ClusterMessage_ask_tag:
  case rejoin_ClusterMessage_closed_tag:
  case rejoin_ClusterMessage_message_tag:
  case rejoin_ClusterMessage_gap_tag:
  case rejoin_ClusterMessage_datagram_tag:
    return true;
  default:
    return false;
  }
}

static bool reason_is_known(uint32_t reason) {
  return reason <= OFFLINE_BECOME_AUDIENCE;
}

static bool end_is_known(uint32_t ended) {
  return ended == RJ_SHARED_ENDED_NOTHING || ended == RJ_SHARED_ENDED_LEFT ||
         ended == REASON_BANNED_BY_SERVER || ended == REASON_TOKEN_EXPIRED ||
         ended == REASON_SAME_UID_LOGIN;
}

static const char *member_fault(const rejoin_SharedMember *member) {
  if (member->uid == 0 || member->session == 0)
    return "a member has no uid or no session";
  return member->how <= RJ_REPLACED_TAKEN_OVER ? NULL
                                               : "a member replaces another in an unknown way";
}

static const char *changes_fault(const rejoin_SharedChanges *changes) {
  if (changes->first == 0 || changes->changes_count == 0)
    return "changes without a number, or none";
  if (changes->first > UINT64_MAX - changes->changes_count)
    return "a number of changes that cannot go on";
  for (size_t i = 0; i < changes->changes_count; i++) {
    const rejoin_SharedChange *change = &changes->changes[i];
    if (!change->has_member)
      return "a change of nobody";
    const char *why = member_fault(&change->member);
    if (why != NULL)
      return why;
    if (!reason_is_known(change->offline) || !end_is_known(change->ended))
      return "a member went in an unknown way";
  }
  return NULL;
}

static const char *page_fault(const rejoin_SharedPage *page) {
  if (page->total > RJ_CLUSTER_PART_MEMBERS)
    return "more members than an edge has";
  /* all pages but the last one are full */
  uint64_t before = (uint64_t)page->page * RJ_CLUSTER_PAGE;
  uint64_t left = before <= page->total ? page->total - before : 0;
  uint64_t due = left < RJ_CLUSTER_PAGE ? left : RJ_CLUSTER_PAGE;
  if (before > page->total || page->members_count != due)
    return "a page that does not have its share of the members";
  if (page->members_count == 0 && page->page > 0)
    return "a page too many";
  for (size_t i = 0; i < page->members_count; i++) {
    const char *why = member_fault(&page->members[i]);
    if (why != NULL)
      return why;
    if (i > 0 && page->members[i].uid <= page->members[i - 1].uid)
      return "members are not ascending";
  }
  for (size_t i = 0; i < page->departed_count; i++) {
    if (page->departed[i].uid == 0 || !reason_is_known(page->departed[i].reason))
      return "a departure has no uid or an unknown reason";
  }
  if (page->answer > RJ_ANSWER_DIGEST)
    return "a page wants an unknown answer";
  return page->forgotten <= page->sent ? NULL : "messages are forgotten that were never sent";
}

static const char *stream_fault(uint64_t number, uint32_t uid, uint32_t stream, size_t size) {
  if (number == 0 || uid == 0)
    return "a stream message without number or sender";
  if (stream == 0 || stream > RJ_DATA_STREAMS_MAX)
    return "a message of a stream that cannot be";
  return size != 0 ? NULL : "an empty stream message";
}

static const char *kick_fault(const rejoin_SharedKick *kick) {
  if (kick->ip.size != 0 && kick->ip.size != 4 && kick->ip.size != 16)
    return "a kick of an address that is none";
  if (kick->channel[0] == '\0' && kick->uid == 0 && kick->ip.size == 0)
    return "a kick that names nobody";
  const uint64_t longest = RJ_KICK_MAX_FOR / RJ_MILLISECOND;
  return kick->left_ms <= longest && kick->kept_ms <= longest ? NULL : "a kick that lasts too long";
}

static const char *kicks_fault(const rejoin_SharedKicks *kicks) {
  const char *why = kicks->kicks_count > 0 ? NULL : "no kicks";
  for (size_t i = 0; why == NULL && i < kicks->kicks_count; i++) {
    why = kick_fault(&kicks->kicks[i]);
    if (why == NULL && (kicks->kicks[i].id == 0 || kicks->kicks[i].version == 0))
      why = "a kick without id or version";
  }
  return why;
}

static const char *fault(const rj_cluster_message *message) {
  if (message->version != RJ_CLUSTER_VERSION)
    return "another version of the protocol";
  if (message->edge == 0)
    return "from no edge";
  if (is_about_a_channel(message->which_body) &&
      (!message->has_channel || message->channel.name[0] == '\0' ||
       message->channel.profile > PROFILE_LIVE_BROADCASTING))
    return "no channel, or one of an unknown profile";
  switch (message->which_body) {
  case 0:
    return "no body that is known";
  case rejoin_ClusterMessage_changes_tag:
    return changes_fault(&message->body.changes);
  case rejoin_ClusterMessage_page_tag:
    return page_fault(&message->body.page);
  case rejoin_ClusterMessage_digest_tag:
    return message->body.digest.count <= RJ_CLUSTER_PART_MEMBERS ? NULL
                                                                 : "more members than an edge has";
  case rejoin_ClusterMessage_message_tag: {
    const rejoin_SharedMessage *m = &message->body.message;
    if (m->sequence == 0)
      return "a stream message without a sequence";
    return stream_fault(m->number, m->uid, m->stream, m->data.size);
  }
  case rejoin_ClusterMessage_datagram_tag: {
    const rejoin_SharedDatagram *m = &message->body.datagram;
    return stream_fault(m->number, m->uid, m->stream, m->data.size);
  }
  case rejoin_ClusterMessage_kicks_tag:
    return kicks_fault(&message->body.kicks);
  case rejoin_ClusterMessage_removal_tag:
    return message->body.removal.has_rule ? kick_fault(&message->body.removal.rule)
                                          : "a removal of nobody";
  default:
    return NULL;
  }
}

bool rj_cluster_decode(rj_cluster_message *message, const uint8_t *data, size_t length,
                       const char **why) {
  const char *wrong;
  if (length == 0 || length > RJ_CLUSTER_MESSAGE_MAX) {
    wrong = "a length outside 1 to RJ_CLUSTER_MESSAGE_MAX";
  } else {
    pb_istream_t stream = pb_istream_from_buffer(data, length);
    wrong = pb_decode(&stream, rejoin_ClusterMessage_fields, message) ? fault(message)
                                                                      : "not a message of an edge";
  }
  if (why != NULL)
    *why = wrong;
  return wrong == NULL;
}
