/* What an edge has in a channel, in a few bytes: said again and again, so that whatever was lost on the bus
 * is noticed within one period. */
#include "edge/edge_internal.h"

static uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9); /* splitmix64 */
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static uint64_t hash_of(const rj_mate *mate) {
  uint64_t flags = (mate->visible ? 1u : 0u) | (mate->interrupted ? 2u : 0u);
  return mixed(mixed(mate->session + UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)mate->uid << 2) ^
               flags);
}

void rj_digest_send(rj_shared *shared, uint64_t edge, int64_t now) {
  rj_channel *channel = shared->channel;
  rj_cluster *cluster = channel->server->cluster;
  if (!cluster->connected)
    return;
  rj_changes_flush(shared, now);
  rj_shared_begin(shared, rejoin_ClusterMessage_digest_tag, now);
  rejoin_SharedDigest *digest = &cluster->out.body.digest;
  digest->number = shared->number;
  digest->count = channel->count;
  digest->sent = shared->sent.last;
  for (uint32_t i = 0; i < channel->count; i++) {
    rj_mate mate = rj_mate_of(channel->members[i]);
    digest->hash += hash_of(&mate);
  }
  if (edge == 0)
    rj_outbox_publish(cluster, shared->subject);
  else
    rj_outbox_tell(cluster, edge);
}

static bool is_equal(const rj_part *part, const rejoin_SharedDigest *digest) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < part->count; i++)
    hash += hash_of(&part->members[i]);
  return part->number == digest->number && part->count == digest->count && hash == digest->hash;
}

void rj_digest_take(rj_shared *shared, rj_part *part, const rejoin_SharedDigest *digest,
                    int64_t now) {
  if (!part->known || (digest->number >= part->number && !is_equal(part, digest)))
    rj_pages_want(shared, part, now);
  if (part->known && part->messages_known && digest->sent > part->messages)
    rj_shared_want_messages(shared, part, digest->sent, now);
}
