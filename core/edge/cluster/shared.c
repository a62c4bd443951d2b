/* A channel of ours as the cluster has it: subscribed for as long as we have it, told to the others when it
 * comes and goes, and in between by a digest now and then. */
#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ its life */

/* Periods of different channels begin at different moments. */
static int64_t first_digest(const rj_shared *shared, int64_t period, int64_t now) {
  return rj_after(now, 1 + (int64_t)(g_str_hash(shared->subject) % (uint64_t)period));
}

void rj_shared_open(rj_channel *channel, int64_t now) {
  rj_server *server = channel->server;
  rj_cluster *cluster = server->cluster;
  rj_shared *shared = g_new0(rj_shared, 1);
  channel->shared = shared;
  shared->channel = channel;
  shared->subject = rj_subject_channel(cluster->name, channel->app_id, channel->name);
  shared->opened = MAX(rj_server_join_time(server, now), cluster->last_opened + 1);
  cluster->last_opened = shared->opened;
  shared->since = now;
  shared->parts = g_ptr_array_new();
  g_queue_init(&shared->moving);
  shared->digest_at = first_digest(shared, cluster->digest, now);
  rj_server_alarm_by(server, &channel->alarm, shared->digest_at);
  rj_outbox_subscribe(cluster, shared->subject);
  rj_pages_send(shared, 0, RJ_ANSWER_PAGES, now);
}

void rj_shared_close(rj_channel *channel, bool tell, int64_t now) {
  rj_server *server = channel->server;
  rj_cluster *cluster = server->cluster;
  rj_shared *shared = channel->shared;
  if (shared == NULL)
    return;
  rj_changes_forget(shared);
  if (tell) {
    rj_shared_begin(shared, rejoin_ClusterMessage_closed_tag, now);
    cluster->out.body.closed.number = shared->number;
    rj_outbox_publish(cluster, shared->subject);
    rj_outbox_unsubscribe(cluster, shared->subject);
  }
  rj_moving_clear(shared);
  while (shared->parts->len > 0)
    rj_part_free(shared, g_ptr_array_index(shared->parts, shared->parts->len - 1));
  g_ptr_array_free(shared->parts, TRUE);
  server->message_bytes -= shared->sent.bytes;
  rj_message_log_clear(&shared->sent);
  g_free(shared->changes);
  g_free(shared->subject);
  g_free(shared);
  channel->shared = NULL;
}

void rj_shared_connected(rj_shared *shared, int64_t now) {
  rj_outbox_subscribe(shared->channel->server->cluster, shared->subject);
  rj_pages_send(shared, 0, RJ_ANSWER_DIGEST, now);
}

void rj_shared_begin(rj_shared *shared, pb_size_t body, int64_t now) {
  const rj_channel *channel = shared->channel;
  rj_cluster *cluster = channel->server->cluster;
  rj_cluster_begin(cluster, body, now);
  rejoin_SharedChannel *head = &cluster->out.channel;
  cluster->out.has_channel = true;
  g_strlcpy(head->app_id, channel->app_id, sizeof head->app_id);
  g_strlcpy(head->name, channel->name, sizeof head->name);
  head->profile = channel->profile;
  head->opened = shared->opened;
  head->watched = channel->watchers > 0 || channel->server->observer.silences;
}

void rj_shared_watched(rj_shared *shared, int64_t now) {
  rj_digest_send(shared, 0, now);
}

/* ------------------------------------------------------------------ time */

static bool is_asked(const rj_part *part) {
  return !part->edge->silent && !part->edge->stopped;
}

int64_t rj_shared_due(const rj_shared *shared) {
  int64_t every = shared->channel->server->cluster->hello;
  int64_t due = rj_earlier(shared->digest_at, rj_moving_due(shared));
  for (guint i = 0; i < shared->parts->len; i++) {
    const rj_part *part = g_ptr_array_index(shared->parts, i);
    if (part->wants_pages && is_asked(part))
      due = rj_earlier(due, rj_after(part->pages_asked_at, every));
    if (part->wants_messages && is_asked(part))
      due = rj_earlier(due, rj_after(part->messages_asked_at, every));
  }
  return due;
}

void rj_shared_wake(rj_shared *shared, int64_t now) {
  const rj_cluster *cluster = shared->channel->server->cluster;
  bool is_time = shared->digest_at <= now;
  rj_moving_wake(shared, now);
  if (is_time) {
    shared->digest_at = rj_after(now, cluster->digest);
    rj_digest_send(shared, 0, now);
    rj_shared_trim(shared, now);
  }
  for (guint i = 0; i < shared->parts->len; i++) {
    rj_part *part = g_ptr_array_index(shared->parts, i);
    if (!is_asked(part))
      continue;
    /* Its word that it has nobody there any more may have been lost: it would say no more. */
    bool is_stale =
        is_time && part->known && part->confirmed_at + cluster->digest + cluster->hello <= now;
    if (is_stale || (part->wants_pages && part->pages_asked_at + cluster->hello <= now))
      rj_pages_want(shared, part, now);
    if (part->wants_messages && part->messages_asked_at + cluster->hello <= now)
      rj_shared_want_messages(shared, part, part->messages_sent, now);
  }
}

/* ------------------------------------------------------------------ what others say of it */

/* It has another profile there (SPEC section 4): the first member fixed that of the older one. */
static bool yields(const rj_shared *shared, const rj_part *part, const rejoin_SharedChannel *head) {
  if (shared->channel->count == 0)
    return true;
  if (head->opened != shared->opened)
    return head->opened < shared->opened;
  return part->edge->id < shared->channel->server->edge_id;
}

/* Whoever is here came by a profile that does not hold. They rejoin and are refused (reason 10). */
static void take_profile(rj_shared *shared, uint32_t profile, int64_t now) {
  rj_channel *channel = shared->channel;
  for (uint32_t i = 0; i < channel->count; i++)
    rj_observe_end(channel->members[i], RJ_OBSERVED_DROPPED, 0,
                   "the channel has another profile at another edge", now);
  rj_session **members = g_memdup2(channel->members, channel->count * sizeof(rj_session *));
  rj_session_end_all(members, channel->count, OFFLINE_DROPPED, 0, now);
  g_free(members);
  channel->profile = (uint8_t)profile;
}

static void renew(rj_shared *shared, rj_part *part, uint64_t opened) {
  part->opened = opened;
  part->known = false;
  part->number = 0;
  part->messages_known = part->was_gone = part->wants_messages = false;
  part->messages_sent = 0;
  part->datagrams = 0;
  rj_shared_forget_early(shared, part);
  rj_part_forget_coming(shared, part);
}

bool rj_shared_believes(rj_shared *shared, rj_part *part, const rejoin_SharedChannel *head,
                        int64_t now) {
  rj_channel *channel = shared->channel;
  if (head->opened < part->opened)
    return false;
  if (head->profile != channel->profile) {
    if (!yields(shared, part, head)) {
      rj_digest_send(shared, part->edge->id, now); /* so that it knows */
      return false;
    }
    take_profile(shared, head->profile, now);
  }
  if (head->opened > part->opened)
    renew(shared, part, head->opened);
  bool was_watched = rj_union_watched_elsewhere(channel);
  part->watched = head->watched;
  if (head->watched && !was_watched)
    rj_channel_start_watching(channel, now);
  return true;
}

void rj_shared_take_closed(rj_shared *shared, rj_part *part, const rejoin_SharedChannel *head,
                           int64_t now) {
  if (head->opened < part->opened)
    return;
  renew(shared, part, head->opened);
  part->known = true; /* … that there is nobody */
  part->number = UINT64_MAX;
  part->watched = false;
  part->wants_pages = part->wants_messages = false;
  part->confirmed_at = now;
  rj_part_replace(shared, part, NULL, 0, NULL, now);
}
