/* Stream messages across edges (SPEC section 7). Each edge numbers what its own members send in a channel, says
 * it to all edges there, and keeps it for a while; each edge takes what the others' members sent in the
 * order of those numbers, asks again for what is missing, and puts it into its own channel's log, from which
 * its members get it as if it had come from one of them. */
#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ out */

/* N-4 and a digest: for a member that moves in time, to an edge that does not have the channel yet. */
static int64_t kept_for(const rj_server *server) {
  return rj_after(server->timers.offline, server->cluster->digest);
}

static void forget_oldest(rj_shared *shared) {
  size_t bytes = shared->sent.bytes;
  rj_message_log_forget_oldest(&shared->sent);
  shared->channel->server->message_bytes -= bytes - shared->sent.bytes;
}

void rj_shared_trim(rj_shared *shared, int64_t now) {
  const rj_message_log *log = &shared->sent;
  while (log->count > 0 && now - rj_message_log_get(log, rj_message_log_before(log) + 1)->at >=
                               kept_for(shared->channel->server))
    forget_oldest(shared);
}

static void keep(rj_shared *shared, uint32_t sender, const uint8_t *data, size_t length,
                 int64_t now) {
  rj_server *server = shared->channel->server;
  const rj_message_log *log = &shared->sent;
  if (log->count % (RJ_EDGE_CHANNEL_MESSAGES / 4) == 0)
    rj_shared_trim(shared, now);
  while (log->count > 0 && (log->count >= RJ_EDGE_CHANNEL_MESSAGES ||
                            log->bytes + length > (size_t)RJ_EDGE_CHANNEL_MESSAGE_BYTES ||
                            server->message_bytes + length > (size_t)RJ_EDGE_MESSAGE_BYTES))
    forget_oldest(shared);
  rj_message_log_add(&shared->sent, sender, data, length, now);
  server->message_bytes += length;
}

void rj_shared_publish(rj_session *session, const rejoin_StreamMessage *message, int64_t now) {
  rj_shared *shared = session->channel->shared;
  if (shared == NULL)
    return;
  rj_cluster *cluster = session->server->cluster;
  rj_changes_flush(shared, now); /* that its sender is there comes first */
  rj_shared_begin(shared, rejoin_ClusterMessage_message_tag, now);
  rejoin_SharedMessage *out = &cluster->out.body.message;
  out->number = shared->sent.last + 1;
  out->uid = session->uid;
  out->stream = message->stream;
  out->sequence = message->sequence;
  out->stay = message->stay;
  out->lost = message->lost;
  out->data.size = message->data.size;
  memcpy(out->data.bytes, message->data.bytes, message->data.size);
  size_t length = rj_cluster_encode(&cluster->out, cluster->buffer, sizeof cluster->buffer);
  g_assert(length > 0);
  keep(shared, session->uid, cluster->buffer, length, now);
  rj_outbox_publish_bytes(cluster, shared->subject, cluster->buffer, length);
}

void rj_shared_send_again(rj_shared *shared, const rj_other_edge *edge, uint64_t after,
                          int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  const rj_message_log *log = &shared->sent;
  uint64_t before = rj_message_log_before(log);
  if (after < before) {
    rj_shared_begin(shared, rejoin_ClusterMessage_gap_tag, now);
    cluster->out.body.gap.number = before;
    rj_outbox_tell(cluster, edge->id);
  }
  char *subject = rj_subject_edge(cluster->name, edge->id);
  for (uint64_t number = MAX(after, before) + 1; number <= log->last; number++) {
    const rj_logged_message *message = rj_message_log_get(log, number);
    rj_outbox_publish_bytes(cluster, subject, message->data, message->length);
  }
  g_free(subject);
}

void rj_shared_relay(rj_session *session, const rj_stream_datagram *message, int64_t age,
                     int64_t now) {
  rj_shared *shared = session->channel->shared;
  if (shared == NULL || shared->parts->len == 0)
    return;
  rj_cluster *cluster = session->server->cluster;
  rj_changes_flush(shared, now);
  rj_shared_begin(shared, rejoin_ClusterMessage_datagram_tag, now);
  rejoin_SharedDatagram *out = &cluster->out.body.datagram;
  out->number = ++shared->datagrams;
  out->uid = session->uid;
  out->stream = message->stream;
  out->age_ms = (uint32_t)(age / RJ_MILLISECOND);
  out->data.size = (pb_size_t)message->length;
  memcpy(out->data.bytes, message->data, message->length);
  rj_outbox_publish(cluster, shared->subject);
}

/* ------------------------------------------------------------------ in */

void rj_shared_want_messages(rj_shared *shared, rj_part *part, uint64_t sent, int64_t now) {
  rj_server *server = shared->channel->server;
  rj_cluster *cluster = server->cluster;
  part->messages_sent = MAX(part->messages_sent, sent);
  if (part->wants_messages && now - part->messages_asked_at < cluster->hello)
    return;
  part->wants_messages = true;
  part->messages_asked_at = now;
  server->counters.bus_repairs++;
  rj_shared_begin(shared, rejoin_ClusterMessage_ask_tag, now);
  cluster->out.body.ask.messages = true;
  cluster->out.body.ask.after = part->messages;
  rj_outbox_tell(cluster, part->edge->id);
  rj_server_alarm_by(server, &shared->channel->alarm, rj_shared_due(shared));
}

void rj_shared_streams_known(rj_shared *shared, rj_part *part, uint64_t sent, uint64_t forgotten,
                             int64_t now) {
  rj_channel *channel = shared->channel;
  if (part->messages_known && !part->was_gone) {
    if (sent > part->messages)
      rj_shared_want_messages(shared, part, sent, now);
    return;
  }
  if (part->was_gone) {
    /* What its members sent while we saw none of them is not for ours: they came back too late (D-5). */
    bool missed = sent > part->messages;
    part->messages = MAX(sent, part->messages);
    if (missed)
      rj_streams_missed(channel, now);
  } else {
    /* Whoever was here before us may have sent what a member that moved to us has not got. */
    part->messages = forgotten;
    bool young = now - shared->since < channel->server->timers.offline;
    if (forgotten > 0 && !young)
      rj_streams_missed(channel, now);
  }
  part->messages_known = true;
  part->was_gone = false;
  part->wants_messages = false;
  if (sent > part->messages)
    rj_shared_want_messages(shared, part, sent, now);
}

/* Everything up to `number` is here or will not come. */
static void advance(rj_part *part, uint64_t number, int64_t now) {
  part->messages = number;
  if (number >= part->messages_sent)
    part->wants_messages = false;
  else if (part->wants_messages)
    part->messages_asked_at = now; /* the answer is coming */
}

/* ---- those that overtook others, which are asked for, wait for their turn */

typedef struct {
  uint64_t number; /* first: the key */
  int64_t at;
  rejoin_SharedMessage message;
} early_message;

static void keep_early(rj_shared *shared, rj_part *part, const rejoin_SharedMessage *message,
                       int64_t at) {
  rj_server *server = shared->channel->server;
  if (part->early == NULL)
    part->early = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  if (g_hash_table_size(part->early) >= RJ_CLUSTER_EARLY ||
      server->message_bytes + sizeof(early_message) > (size_t)RJ_EDGE_MESSAGE_BYTES ||
      g_hash_table_contains(part->early, &message->number))
    return;
  early_message *early = g_new(early_message, 1);
  *early = (early_message){.number = message->number, .at = at, .message = *message};
  g_hash_table_add(part->early, early);
  server->message_bytes += sizeof *early;
}

void rj_shared_forget_early(rj_shared *shared, rj_part *part) {
  if (part->early == NULL)
    return;
  shared->channel->server->message_bytes -= g_hash_table_size(part->early) * sizeof(early_message);
  g_hash_table_destroy(part->early);
  part->early = NULL;
}

static void hand_over(rj_shared *shared, rj_part *part, const rejoin_SharedMessage *message,
                      int64_t at, int64_t now) {
  advance(part, message->number, now);
  rj_control *out = &shared->channel->server->out;
  out->which_body = rejoin_Control_stream_message_tag;
  out->body.stream_message = (rejoin_StreamMessage){.uid = message->uid,
                                                    .stream = message->stream,
                                                    .sequence = message->sequence,
                                                    .stay = message->stay,
                                                    .lost = message->lost};
  out->body.stream_message.data.size = message->data.size;
  memcpy(out->body.stream_message.data.bytes, message->data.bytes, message->data.size);
  rj_streams_take(shared->channel, at, now);
}

static gboolean is_over(gpointer key, gpointer value, gpointer number) {
  (void)value;
  return *(const uint64_t *)key <= *(const uint64_t *)number;
}

/* Their turn was missed. */
static void forget_early_until(rj_shared *shared, rj_part *part, uint64_t number) {
  if (part->early != NULL)
    shared->channel->server->message_bytes -=
        g_hash_table_foreach_remove(part->early, is_over, &number) * sizeof(early_message);
}

/* Whose turn it is now. */
static void take_early(rj_shared *shared, rj_part *part, int64_t now) {
  rj_server *server = shared->channel->server;
  while (part->early != NULL) {
    uint64_t next = part->messages + 1;
    early_message *early = NULL;
    if (!g_hash_table_steal_extended(part->early, &next, (gpointer *)&early, NULL))
      return;
    server->message_bytes -= sizeof *early;
    if (g_hash_table_size(part->early) == 0)
      rj_shared_forget_early(shared, part);
    hand_over(shared, part, &early->message, early->at, now);
    g_free(early);
  }
}

void rj_shared_take_message(rj_shared *shared, rj_part *part, const rejoin_SharedMessage *message,
                            uint32_t late, int64_t now) {
  if (!part->known || !part->messages_known) {
    rj_pages_want(shared, part, now); /* which say where to begin */
    return;
  }
  if (message->number <= part->messages)
    return; /* it came before */
  if (message->number > part->messages + 1) {
    keep_early(shared, part, message, now - late * RJ_MILLISECOND);
    rj_shared_want_messages(shared, part, message->number, now);
    return;
  }
  int64_t at = now - late * RJ_MILLISECOND;
  hand_over(shared, part, message, at, now);
  take_early(shared, part, now);
}

void rj_shared_take_gap(rj_shared *shared, rj_part *part, uint64_t number, int64_t now) {
  if (!part->messages_known || number <= part->messages)
    return;
  advance(part, number, now);
  rj_streams_missed(shared->channel, now);
  forget_early_until(shared, part, number);
  take_early(shared, part, now);
}

void rj_shared_take_datagram(rj_shared *shared, rj_part *part, const rejoin_SharedDatagram *message,
                             uint32_t late, int64_t now) {
  rj_server *server = shared->channel->server;
  const rj_mate *sender = rj_part_member(part, message->uid);
  if (!part->known || message->number <= part->datagrams)
    return; /* D-4: each at most once */
  part->datagrams = message->number;
  int64_t age = ((int64_t)message->age_ms + late) * RJ_MILLISECOND;
  if (sender == NULL || !sender->visible || age > server->timers.unreliable)
    return;
  const rj_stream_datagram relayed = {.stream = (uint8_t)message->stream,
                                      .uid = message->uid,
                                      .data = message->data.bytes,
                                      .length = message->data.size};
  rj_streams_relay(shared->channel, &relayed, true, age, now);
}
