/* How fast members are let in: joins and bad tokens of one address, and joins of the edge as a
 * whole; and how often one may change its role. Whoever comes too soon is told when its turn is: each a turn later than the one before, so
 * that those who come back come at the rate that is allowed (SPEC section 5).
 *
 * A gate lets a burst through at once, and one more in each interval from then on. */
#include "edge/edge_internal.h"

#include <string.h>

/* How often one may pass. */
typedef struct {
  int64_t interval; /* of one */
  int64_t burst;    /* of as many as may pass at once */
} rate;

static rate rate_of(uint32_t count, int64_t span) {
  int64_t interval = span / count;
  return (rate){.interval = interval, .burst = interval * count};
}

/* When the gate is full again after one more. */
static int64_t full_after(const rj_gate *gate, rate r, int64_t now) {
  return rj_later(gate->full_at, now) + r.interval;
}

static void take(rj_gate *gate, rate r, int64_t now) {
  /* one that is held against a gate only afterwards may come when nothing is left of it */
  gate->full_at = rj_earlier(full_after(gate, r, now), now + r.burst);
}

/* 0: one may pass now; else in how long, and the turn is given to whoever asked. */
static int64_t wait_at(rj_gate *gate, rate r, int64_t now) {
  int64_t free_at = full_after(gate, r, now) - r.burst;
  if (free_at <= now)
    return 0;
  int64_t turn = rj_later(free_at, gate->given_until);
  if (turn - now >= RJ_EDGE_BUSY_MAX)
    return RJ_EDGE_BUSY_MAX;
  gate->given_until = turn + r.interval;
  return turn - now;
}

static int64_t pass(rj_gate *gate, rate r, int64_t now) {
  int64_t wait = wait_at(gate, r, now);
  if (wait == 0)
    take(gate, r, now);
  return wait;
}

/* ------------------------------------------------------------------ addresses */

typedef struct {
  GList node; /* in the order in which they were used; data = the entry */
  uint64_t host;
  rj_gate joins, bad_tokens;
} host_entry;

void rj_rates_init(rj_rates *rates) {
  g_queue_init(&rates->queue);
  rates->accepts = (rj_gate){0};
  if ((rates->by_host = rj_map_new()) == NULL)
    g_error("out of memory");
}

static void forget_oldest(rj_rates *rates) {
  host_entry *entry = g_queue_pop_head_link(&rates->queue)->data;
  rj_map_remove(rates->by_host, entry->host);
  g_free(entry);
}

void rj_rates_clear(rj_rates *rates) {
  while (!g_queue_is_empty(&rates->queue))
    forget_oldest(rates);
  rj_map_free(rates->by_host);
}

/* An IPv4 address, or the /64 of an IPv6 one, of which a single host has all. Exact: no two of them
 * share a key, for nobody sends from the multicast prefix that marks IPv4. */
static uint64_t host_key(const rj_address *host) {
  uint64_t key = 0;
  size_t length = host->family == RJ_ADDRESS_IPV4 ? 4 : 8;
  for (size_t i = 0; i < length; i++)
    key = key << 8 | host->bytes[i];
  return host->family == RJ_ADDRESS_IPV4 ? key | UINT64_C(0xffffffff) << 32 : key;
}

static bool is_quiet(const host_entry *entry, int64_t now) {
  return rj_later(rj_later(entry->joins.full_at, entry->joins.given_until),
                  rj_later(entry->bad_tokens.full_at, entry->bad_tokens.given_until)) <= now;
}

/* NULL: this peer is not counted. */
static host_entry *entry_of(rj_server *server, const rj_address *peer, int64_t now) {
  rj_rates *rates = &server->rates;
  rj_address host = rj_kick_host(peer);
  if (host.family == RJ_ADDRESS_NONE ||
      (!server->limits.loopback && rj_address_reach(&host) == RJ_REACH_MACHINE))
    return NULL;
  uint64_t key = host_key(&host);
  host_entry *entry = rj_map_get(rates->by_host, key);
  if (entry != NULL) {
    g_queue_unlink(&rates->queue, &entry->node);
    g_queue_push_tail_link(&rates->queue, &entry->node);
    return entry;
  }
  /* Those that were quiet for so long that they are as if they had never come; at least the oldest
   * one when there are too many. */
  while (!g_queue_is_empty(&rates->queue) &&
         (g_queue_get_length(&rates->queue) >= RJ_EDGE_ADDRESSES ||
          is_quiet(g_queue_peek_head(&rates->queue), now)))
    forget_oldest(rates);
  entry = g_new0(host_entry, 1);
  entry->node.data = entry;
  entry->host = key;
  g_queue_push_tail_link(&rates->queue, &entry->node);
  rj_map_must_put(rates->by_host, key, entry);
  return entry;
}

/* ------------------------------------------------------------------ what is limited */

static rate bad_token_rate(const rj_server *server) {
  return rate_of(server->limits.bad_tokens_per_minute, RJ_MINUTE);
}

int64_t rj_rates_join(rj_server *server, const rj_address *peer, int64_t now) {
  host_entry *entry = entry_of(server, peer, now);
  return entry == NULL
             ? 0
             : pass(&entry->joins, rate_of(server->limits.joins_per_second, RJ_SECOND), now);
}

int64_t rj_rates_token(rj_server *server, const rj_address *peer, int64_t now) {
  host_entry *entry = entry_of(server, peer, now);
  return entry == NULL ? 0 : wait_at(&entry->bad_tokens, bad_token_rate(server), now);
}

void rj_rates_bad_token(rj_server *server, const rj_address *peer, int64_t now) {
  host_entry *entry = entry_of(server, peer, now);
  if (entry != NULL)
    take(&entry->bad_tokens, bad_token_rate(server), now);
}

int64_t rj_rates_accept(rj_server *server, int64_t now) {
  return pass(&server->rates.accepts, rate_of(server->limits.accepts_per_second, RJ_SECOND), now);
}

/* Nobody sees the role of a member of the communication profile. */
static bool is_seen(const rj_session *session, uint32_t role) {
  return role != session->role && session->channel->profile != PROFILE_COMMUNICATION;
}

static rate role_rate(const rj_session *session) {
  return rate_of(session->server->limits.role_changes_per_minute, RJ_MINUTE);
}

int64_t rj_rates_role(const rj_session *session, uint32_t role, int64_t now) {
  if (!is_seen(session, role))
    return 0;
  rate r = role_rate(session);
  return rj_later(full_after(&session->roles, r, now) - r.burst - now, 0);
}

void rj_rates_role_changes(rj_session *session, uint32_t role, int64_t now) {
  if (is_seen(session, role))
    take(&session->roles, role_rate(session), now);
}
