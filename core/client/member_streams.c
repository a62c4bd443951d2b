/* Stream messages of a member (SPEC section 7): what the app sends goes out, and out again after a rejoin; what the peers send is told once. */
#include "client/member_internal.h"

#include <stdlib.h>
#include <string.h>

#include "client/heard_streams.h"
#include "client/stream_window.h"
#include "machine/send_rate.h"
#include "wire/datagram.h"

/* What a stay has sent; made with its first stream. */
struct rj_member_streams {
  rj_stream_window window;
  rj_send_rate rate;
  uint32_t stay;
  uint32_t count;
  uint32_t waiting; /* taken while RECONNECTING */
  bool reliable[RJ_DATA_STREAMS_MAX];
  uint64_t sequence[RJ_DATA_STREAMS_MAX];
  uint64_t lost[RJ_DATA_STREAMS_MAX]; /* given up since the last message that was taken */
};

/* What waits will not be sent. The receivers see it by the sequence, or are told with the next message (D-5). */
static void give_up(rj_member_streams *streams) {
  for (const rj_window_message *first; (first = streams->window.first) != NULL;) {
    streams->lost[first->stream - 1] += 1 + first->lost;
    rj_window_drop(&streams->window);
  }
}

void rj_member_streams_end_stay(rj_member *member) {
  if (member->streams != NULL)
    rj_window_clear(&member->streams->window);
  free(member->streams);
  member->streams = NULL;
  rj_heard_clear(&member->heard);
  member->message_number = 0;
  member->lateness = (rj_lateness){0};
}

/* ---- calls of the app ---- */

/* In the live profile broadcasters alone have a say: those that are and want to stay it. */
static bool may_send(const rj_member *member) {
  if (member->profile != PROFILE_LIVE_BROADCASTING)
    return true;
  return member->role == ROLE_BROADCASTER &&
         (member->edge_role == 0 || member->edge_role == ROLE_BROADCASTER);
}

int32_t rj_member_create_stream(rj_member *member, bool reliable, bool ordered, uint32_t *id) {
  int32_t state = member->machine.state;
  if (reliable != ordered)
    return STATUS_INVALID_ARGUMENT;
  if (state == STATE_DISCONNECTED || state == STATE_FAILED)
    return STATUS_NOT_IN_CHANNEL; /* there is no stay that it could live for */
  rj_member_streams *streams = member->streams;
  if (streams != NULL && streams->count == RJ_DATA_STREAMS_MAX)
    return STATUS_TOO_MANY_DATA_STREAMS;
  if (!may_send(member))
    return STATUS_NO_PERMISSION;
  if (streams == NULL) {
    streams = calloc(1, sizeof *streams);
    if (streams == NULL)
      return STATUS_RESOURCE_LIMITED;
    rj_window_init(&streams->window);
    rj_entropy_fill(member->entropy, (uint8_t *)&streams->stay, sizeof streams->stay);
    member->streams = streams;
  }
  streams->reliable[streams->count] = reliable;
  *id = ++streams->count;
  return STATUS_OK;
}

static uint32_t stamp(const rj_member *member, int64_t now) {
  return (uint32_t)((now - member->machine.join_called) / RJ_MILLISECOND);
}

static void send_unreliable(rj_member *member, uint32_t id, const uint8_t *data, size_t length,
                            int64_t now) {
  if (member->machine.state != STATE_CONNECTED || member->bound.link == NULL)
    return; /* D-2: in RECONNECTING it is discarded */
  const rj_stream_datagram message = {
      .stream = (uint8_t)id, .stamp = stamp(member, now), .data = data, .length = length};
  uint8_t buffer[RJ_STREAM_DATAGRAM_MAX];
  size_t size = rj_stream_datagram_encode(&message, buffer);
  rj_link_send_datagram(member->bound.link, buffer, size,
                        rj_after(now, member->machine.timers.unreliable), NULL);
}

int32_t rj_member_send_stream(rj_member *member, uint32_t id, const uint8_t *data, size_t length,
                              int64_t now) {
  int32_t state = member->machine.state;
  rj_member_streams *streams = member->streams;
  if (length == 0 || length > RJ_MESSAGE_MAX)
    return STATUS_SIZE_TOO_LARGE;
  if (state != STATE_CONNECTED && state != STATE_RECONNECTING)
    return STATUS_NOT_IN_CHANNEL;
  if (streams == NULL || id == 0 || id > streams->count)
    return STATUS_INVALID_ARGUMENT;
  if (!may_send(member))
    return STATUS_NO_PERMISSION;
  if (!rj_send_rate_allows(&streams->rate, length, now))
    return STATUS_BITRATE_LIMIT;
  if (!streams->reliable[id - 1]) {
    rj_send_rate_note(&streams->rate, length, now);
    send_unreliable(member, id, data, length, now);
    return STATUS_OK;
  }
  if (!rj_window_has_room(&streams->window, length) ||
      (state == STATE_RECONNECTING && streams->waiting == RJ_MESSAGES_WAITING))
    return STATUS_BITRATE_LIMIT;
  if (!rj_window_take(&streams->window, id, streams->sequence[id - 1] + 1, streams->lost[id - 1],
                      data, length))
    return STATUS_RESOURCE_LIMITED;
  streams->sequence[id - 1]++;
  streams->lost[id - 1] = 0;
  rj_send_rate_note(&streams->rate, length, now);
  if (state == STATE_RECONNECTING)
    streams->waiting++;
  rj_member_streams_flush(member, now);
  return STATUS_OK;
}

/* ---- out ---- */

static bool hand_over(rj_member *member, rj_window_message *message) {
  rj_control control = {.which_body = rejoin_Control_stream_message_tag};
  rejoin_StreamMessage *body = &control.body.stream_message;
  body->stream = message->stream;
  body->number = message->number;
  body->sequence = message->sequence;
  body->lost = message->lost;
  body->stay = member->streams->stay;
  body->data.size = (pb_size_t)message->length;
  memcpy(body->data.bytes, message->data, message->length);
  if (!rj_member_send(member->bound.link, &control))
    return false;
  rj_window_sent(&member->streams->window, rj_link_progress_get(member->bound.link).sent);
  return true;
}

void rj_member_streams_flush(rj_member *member, int64_t now) {
  rj_member_streams *streams = member->streams;
  if (streams == NULL || member->machine.state != STATE_CONNECTED || member->bound.link == NULL)
    return;
  streams->waiting = 0;
  bool audience =
      member->profile == PROFILE_LIVE_BROADCASTING && member->edge_role == ROLE_AUDIENCE;
  if (audience && streams->window.unsent == streams->window.first)
    give_up(streams); /* it came back as one of the audience, on another connection */
  while (streams->window.unsent != NULL) {
    if (!hand_over(member, streams->window.unsent)) {
      rj_member_bound_failed(member, RJ_CLOSE_OVERLOADED, now);
      return;
    }
  }
}

void rj_member_streams_proved(rj_member *member) {
  if (member->streams != NULL)
    rj_window_proved(&member->streams->window,
                     rj_link_progress_get(member->bound.link).acknowledged);
}

bool rj_member_streams_believe(const rj_member *member, const rejoin_JoinAnswer *answer) {
  uint64_t last = member->streams != NULL ? member->streams->window.last : 0;
  return !answer->resumed || answer->received <= last;
}

void rj_member_streams_accepted(rj_member *member, const rejoin_JoinAnswer *answer, bool rejoined,
                                bool late, int64_t now) {
  bool resumed = rejoined && answer->resumed;
  if (member->streams != NULL) {
    rj_window_rewind(&member->streams->window, resumed ? answer->received : 0);
    if (late) /* D-5: who comes back after N-4 does not bring what waited */
      give_up(member->streams);
  }
  if (!resumed)
    member->message_number = answer->message_number;
  if (rejoined && !resumed)
    rj_heard_gap(&member->heard); /* the edge does not know what we have not got */
  /* the edge's clock is what its datagrams are stamped with */
  member->lateness = (rj_lateness){0};
  (void)rj_lateness_note(&member->lateness, answer->edge_age_ms, now);
}

void rj_member_streams_beat(const rj_member *member, uint8_t out[RJ_BEAT_SIZE], int64_t now) {
  const rj_beat beat = {.stamp = stamp(member, now), .received = member->message_number};
  rj_beat_encode(&beat, out);
}

/* ---- in ---- */

/* What comes in an outage, and until the peers' difference is told, is ignored: what is reliable comes again after it
 * (RosterRequest, Resume). So a peer's messages follow its user_joined. */
static bool listens(const rj_member *member) {
  return member->machine.state == STATE_CONNECTED && !member->snapshot_awaited;
}

bool rj_member_streams_message(rj_member *member, const rejoin_StreamMessage *message,
                               int64_t now) {
  if (message->uid == 0 || message->uid == member->uid)
    return false;
  if (!listens(member) || message->number <= member->message_number)
    return true;
  member->message_number = message->number;
  const rj_stream_place place = {.uid = message->uid,
                                 .stream = message->stream,
                                 .stay = message->stay,
                                 .lost = message->lost,
                                 .sequence = message->sequence};
  uint64_t missed;
  switch (rj_heard_note(&member->heard, &place, &missed)) {
  case RJ_HEARD_TWICE:
    return true;
  case RJ_HEARD_GAP:
    rj_member_tell_missed(member, message->uid, message->stream, missed, now);
    break;
  case RJ_HEARD_NEXT:
    break;
  }
  const rj_message_text text = {message->data.bytes, message->data.size};
  rj_member_tell_message(member, message->uid, message->stream, text, true, now);
  return true;
}

bool rj_member_streams_gap(rj_member *member, const rejoin_StreamGap *gap) {
  if (listens(member) && gap->number > member->message_number) {
    member->message_number = gap->number;
    rj_heard_gap(&member->heard);
  }
  return true;
}

static bool is_seen(const rj_member *member, uint32_t uid) {
  const rj_peer *peer = rj_roster_find(&member->roster, uid);
  return peer != NULL && peer->told;
}

static bool is_in_time(rj_member *member, const rj_stream_datagram *message, uint32_t late) {
  rj_link_counters counters;
  rj_link_counters_get(member->bound.link, &counters);
  int64_t age = ((int64_t)message->age + late) * RJ_MILLISECOND + counters.round_trip / 2;
  return age <= member->machine.timers.unreliable;
}

bool rj_member_streams_datagram(rj_member *member, const rj_link_event *event, int64_t now) {
  rj_datagram_content content;
  if (!rj_datagram_decode(&content, event->data, event->length))
    return false;
  bool is_beat = content.kind == RJ_DATAGRAM_BEAT;
  uint32_t stamped = is_beat ? content.beat.stamp : content.message.stamp;
  uint32_t late = rj_lateness_note(&member->lateness, stamped, now);
  if (is_beat)
    return true; /* the edge wanted an acknowledgement, and gets it */
  const rj_stream_datagram *message = &content.message;
  if (message->uid == 0 || message->uid == member->uid)
    return false;
  if (listens(member) && is_seen(member, message->uid) && is_in_time(member, message, late)) {
    const rj_message_text text = {message->data, message->length};
    rj_member_tell_message(member, message->uid, message->stream, text, false, now);
  }
  return true;
}
