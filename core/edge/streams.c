/* Stream messages at the edge (SPEC section 7): from a member to the others, reliable ones exactly once
 * and in order whatever becomes of the connections, and within bounds for whoever sends too much or
 * reads too little.
 *
 * A reliable message is encoded once, into the channel's log. Each connection has a place in it and is
 * handed what follows while its backlog is short; a member that lost its connection says its place
 * when it rejoins. Beats say how far members are, and what all have is forgotten. A member that is
 * behind what is still kept hears of the gap. */
#include "edge/edge_internal.h"

#include "wire/datagram.h"

#include <string.h>

/* ------------------------------------------------------------------ what a member may send */

/* Time that so much of a rate (per second) takes. */
static int64_t time_of(size_t amount, int64_t rate) {
  return (int64_t)amount * RJ_SECOND / rate;
}

/* *until: when the rate will have taken all that was sent so far. Is it within a burst of now, with
 * this one more? */
static bool within(int64_t *until, size_t amount, int64_t rate, int64_t burst, int64_t now) {
  int64_t next = rj_later(*until, now) + time_of(amount, rate);
  if (next - now > time_of((size_t)burst, rate))
    return false;
  *until = next;
  return true;
}

/* Members keep D-2 by themselves; this is for those that do not. */
static bool may_send(rj_session *session, size_t length, int64_t now) {
  return within(&session->messages_until, 1, RJ_EDGE_MESSAGE_RATE, RJ_EDGE_MESSAGE_BURST, now) &&
         within(&session->message_bytes_until, length, RJ_EDGE_MESSAGE_BYTE_RATE,
                RJ_EDGE_MESSAGE_BYTE_BURST, now);
}

static const char too_many[] = "more stream messages than a member may send";

/* ------------------------------------------------------------------ out */

/* What the log does not have any more will not come. */
static void tell_gap(rj_connection *connection, uint64_t number, int64_t now) {
  rj_control *out = &connection->server->out;
  out->which_body = rejoin_Control_stream_gap_tag;
  out->body.stream_gap = (rejoin_StreamGap){.number = number};
  rj_connection_send_out(connection, now);
}

/* Not its own ones; and of those that another edge sends late, not what was said before it joined. */
static bool is_for(const rj_session *session, const rj_logged_message *message) {
  if (message->sender == session->uid)
    return false;
  return session->channel->shared == NULL || session->came_back || message->sender == 0 ||
         message->at >= session->began;
}

void rj_streams_pump(rj_connection *connection, int64_t now) {
  const rj_session *session = connection->session;
  if (session == NULL)
    return;
  const rj_message_log *log = &session->channel->log;
  while (connection->state == RJ_CONNECTION_BOUND && connection->message_number < log->last &&
         rj_link_progress_get(connection->link).bytes < RJ_EDGE_MESSAGE_BACKLOG) {
    uint64_t before = rj_message_log_before(log);
    if (connection->message_number < before) {
      connection->message_number = before;
      tell_gap(connection, before, now);
      continue;
    }
    const rj_logged_message *message = rj_message_log_get(log, ++connection->message_number);
    if (is_for(session, message))
      rj_connection_send(connection, message->data, message->length, now);
  }
}

void rj_streams_begin(rj_connection *connection, uint64_t after, int64_t now) {
  if (connection->session == NULL)
    return;
  connection->message_number = MIN(after, connection->session->channel->log.last);
  rj_streams_pump(connection, now);
}

uint64_t rj_streams_start(const rj_channel *channel, bool rejoins, int64_t now) {
  /* Whoever comes back to an edge that lost its state was a member all the time: it gets what came since the edge
   * began, and knows by the sequences what of it it had. */
  const rj_server *server = channel->server;
  bool young = now - server->started < server->timers.offline;
  /* In a cluster it was a member of another edge, and this one keeps what came since it may have left there. */
  return rejoins && (young || channel->shared != NULL) ? rj_message_log_before(&channel->log)
                                                       : channel->log.last;
}

/* ------------------------------------------------------------------ what is kept */

static void forget_oldest(rj_channel *channel) {
  rj_server *server = channel->server;
  size_t bytes = channel->log.bytes;
  rj_message_log_forget_oldest(&channel->log);
  server->message_bytes -= bytes - channel->log.bytes;
}

void rj_streams_forget(rj_channel *channel) {
  channel->server->message_bytes -= channel->log.bytes;
  rj_message_log_clear(&channel->log);
  channel->trim_at = RJ_NEVER;
}

/* A member's own messages are none that it waits for. */
static void skip_own(rj_session *session) {
  const rj_message_log *log = &session->channel->log;
  session->acknowledged = MAX(session->acknowledged, rj_message_log_before(log));
  while (session->acknowledged < log->last &&
         rj_message_log_get(log, session->acknowledged + 1)->sender == session->uid)
    session->acknowledged++;
}

void rj_streams_trim(rj_channel *channel, int64_t now) {
  rj_server *server = channel->server;
  rj_message_log *log = &channel->log;
  uint64_t needed_after = log->last;
  for (uint32_t i = 0; i < channel->count; i++)
    needed_after = MIN(needed_after, channel->members[i]->acknowledged);
  if (now - server->started < server->timers.offline)
    needed_after = 0; /* not all members are back (rj_streams_start) */
  /* In a cluster a member of another edge may come for them. */
  int64_t kept_all = channel->shared != NULL ? server->timers.offline : 0;
  while (log->count > 0) {
    uint64_t before = rj_message_log_before(log);
    int64_t age = now - rj_message_log_get(log, before + 1)->at;
    if (age < server->timers.departed_kept && (before >= needed_after || age < kept_all))
      break;
    forget_oldest(channel);
  }
  channel->untrimmed = 0;
  channel->trim_at = log->count > 0 ? rj_after(now, RJ_EDGE_TRIM_EVERY) : RJ_NEVER;
}

/* Room for one more. */
static void make_room(rj_channel *channel, size_t length, int64_t now) {
  const rj_message_log *log = &channel->log;
  const rj_server *server = channel->server;
  if (++channel->untrimmed >= RJ_EDGE_CHANNEL_MESSAGES / 4)
    rj_streams_trim(channel, now);
  while (log->count > 0 && (log->count >= RJ_EDGE_CHANNEL_MESSAGES ||
                            log->bytes + length > (size_t)RJ_EDGE_CHANNEL_MESSAGE_BYTES ||
                            server->message_bytes + length > (size_t)RJ_EDGE_MESSAGE_BYTES))
    forget_oldest(channel);
}

bool rj_streams_acknowledged(rj_session *session, uint64_t number) {
  if (number > session->channel->log.last)
    return false;
  session->acknowledged = MAX(session->acknowledged, number);
  skip_own(session);
  return true;
}

/* ------------------------------------------------------------------ reliable messages */

/* The message in server->out, whose number is log.last + 1, into the log; sender 0: for all. */
static void add_to_log(rj_channel *channel, uint32_t sender, int64_t at, int64_t now) {
  rj_server *server = channel->server;
  size_t length = rj_server_encode(server);
  make_room(channel, length, now);
  rj_message_log_add(&channel->log, sender, server->buffer, length, at);
  server->message_bytes += length;
  rj_session *session = rj_channel_member(channel, sender);
  if (session != NULL)
    skip_own(session);
  if (channel->trim_at == RJ_NEVER) {
    channel->trim_at = rj_after(now, RJ_EDGE_TRIM_EVERY);
    rj_server_alarm_by(server, &channel->alarm, channel->trim_at);
  }
  for (uint32_t i = 0; i < channel->count; i++) {
    for (rj_connection *c = channel->members[i]->bound, *next; c != NULL; c = next) {
      next = c->next_bound; /* sending may close and so unbind it */
      rj_streams_pump(c, now);
    }
  }
}

static void publish(rj_session *session, const rejoin_StreamMessage *message, int64_t now) {
  rj_server *server = session->server;
  rj_channel *channel = session->channel;
  server->out.which_body = rejoin_Control_stream_message_tag;
  server->out.body.stream_message = *message;
  server->out.body.stream_message.uid = session->uid;
  server->out.body.stream_message.number = channel->log.last + 1;
  rj_shared_publish(session, message, now);
  add_to_log(channel, session->uid, now, now);
}

void rj_streams_take(rj_channel *channel, int64_t at, int64_t now) {
  rejoin_StreamMessage *message = &channel->server->out.body.stream_message;
  message->number = channel->log.last + 1;
  add_to_log(channel, message->uid, at, now);
}

void rj_streams_missed(rj_channel *channel, int64_t now) {
  if (channel->count == 0)
    return;
  rj_control *out = &channel->server->out;
  out->which_body = rejoin_Control_stream_gap_tag;
  out->body.stream_gap = (rejoin_StreamGap){.number = channel->log.last + 1};
  add_to_log(channel, 0, now, now);
}

void rj_streams_message(rj_connection *connection, const rejoin_StreamMessage *message,
                        int64_t now) {
  rj_session *session = connection->session;
  if (!may_send(session, message->data.size, now)) {
    rj_connection_fault(connection, too_many, now);
    return;
  }
  if (message->number <= session->received)
    return; /* it came over another connection */
  session->received = message->number;
  /* From the audience: sent before it knew that it is that. The receivers see the gap, should it speak again. */
  if (session->visible)
    publish(session, message, now);
}

/* ------------------------------------------------------------------ unreliable messages */

/* How long it was on its way: late against the fastest, and that one took half a round trip. */
static int64_t age_of(rj_connection *connection, const rj_stream_datagram *message, int64_t now) {
  rj_link_counters counters;
  rj_link_counters_get(connection->link, &counters);
  uint32_t late = rj_lateness_note(&connection->lateness, message->stamp, now);
  return late * RJ_MILLISECOND + counters.round_trip / 2;
}

/* May it be given what was said at another edge `age` ago? Not what was said before it came; and if it came from
 * another edge, it may have had there what the bus brings only now: how long the bus takes at its fastest is not
 * known, but nothing is given that is older than `unreliable`. */
static bool is_for_newcomer(const rj_session *session, int64_t age, int64_t now) {
  int64_t here = now - session->began;
  return here >= age && (!session->came_back || here >= session->server->timers.unreliable);
}

void rj_streams_relay(rj_channel *channel, const rj_stream_datagram *message, bool is_from_bus,
                      int64_t age, int64_t now) {
  rj_server *server = channel->server;
  rj_stream_datagram relayed = *message;
  relayed.age = (uint16_t)rj_earlier(age / RJ_MILLISECOND, UINT16_MAX);
  relayed.stamp = rj_server_age_ms(server, now);
  uint8_t data[RJ_STREAM_DATAGRAM_MAX];
  size_t length = rj_stream_datagram_encode(&relayed, data);
  int64_t until = rj_after(now, server->timers.unreliable - age);
  for (uint32_t i = 0; i < channel->count; i++) {
    /* over one connection alone, so that it comes at most once */
    const rj_session *session = channel->members[i];
    rj_connection *newest = session->bound;
    if (session->uid != message->uid && newest != NULL &&
        (!is_from_bus || is_for_newcomer(session, age, now)))
      rj_connection_send_datagram(newest, data, length, until);
  }
}

void rj_streams_datagram(rj_connection *connection, const rj_stream_datagram *message,
                         int64_t now) {
  rj_session *session = connection->session;
  if (!may_send(session, message->length, now)) {
    rj_connection_fault(connection, too_many, now);
    return;
  }
  int64_t age = age_of(connection, message, now);
  if (!session->visible || age > session->server->timers.unreliable)
    return;
  rj_stream_datagram from = *message;
  from.uid = session->uid;
  rj_streams_relay(session->channel, &from, false, age, now);
  rj_shared_relay(session, message, age, now);
}

/* The member is heard, but for a whole beat it has not acknowledged anything of what waits for that. The path
 * may be whole again: a beat of our own finds out sooner than the transport's timers, which wait ever longer. */
static void find_out(rj_connection *connection, int64_t now) {
  rj_link_progress progress = rj_link_progress_get(connection->link);
  if (progress.bytes > 0 && progress.acknowledged == connection->acknowledged) {
    const rj_beat beat = {.stamp = rj_server_age_ms(connection->server, now)};
    uint8_t data[RJ_BEAT_SIZE];
    rj_beat_encode(&beat, data);
    rj_connection_send_datagram(connection, data, sizeof data, RJ_NEVER);
  }
  connection->acknowledged = progress.acknowledged;
}

void rj_streams_beat(rj_connection *connection, const rj_beat *beat, int64_t now) {
  (void)rj_lateness_note(&connection->lateness, beat->stamp, now);
  find_out(connection, now);
  rj_neighbours_tell(connection, now);
  if (connection->session != NULL && !rj_streams_acknowledged(connection->session, beat->received))
    rj_connection_fault(connection, "a beat for a message that was never sent", now);
}
