/* The statistics of a stay (SPEC section 8): what was counted on connections that are gone, plus those that live. */
#include "client/member_internal.h"

static void add_link(rj_counters *sum, const rj_link *link) {
  rj_link_counters counters;
  rj_link_counters_get(link, &counters);
  sum->bytes_sent += counters.bytes_sent;
  sum->bytes_received += counters.bytes_received;
  sum->packets_sent += counters.packets_sent;
  sum->packets_received += counters.packets_received;
  sum->packets_lost += counters.packets_lost;
  if (counters.round_trip != 0)
    sum->round_trip = counters.round_trip;
}

void rj_member_counters_begin(rj_member *member) {
  member->counted = (rj_counters){0};
  member->channel_since = RJ_NEVER;
  member->channel_until = RJ_NEVER;
}

void rj_member_counters_link(rj_member *member, const rj_connection *connection) {
  rj_counters *counted = &member->counted;
  int64_t before = counted->round_trip;
  counted->round_trip = 0;
  add_link(counted, connection->link);
  if (counted->round_trip != 0)
    member->edges[connection->edge].round_trip = counted->round_trip; /* for the next dial */
  else
    counted->round_trip = before;
}

void rj_member_counters_lost(rj_member *member, const rj_connection *connection) {
  rj_link_counters counters;
  rj_link_counters_get(connection->link, &counters);
  member->counted.packets_lost += counters.packets_open;
}

void rj_member_counters_state(rj_member *member, int32_t before, int32_t after, int64_t now) {
  if (before == STATE_RECONNECTING)
    member->counted.outage_time += now - member->outage_since;
  if (after == STATE_RECONNECTING) {
    member->counted.outages++;
    member->outage_since = member->machine.last_proof; /* O */
  }
  if (before == STATE_CONNECTING && after == STATE_CONNECTED) {
    member->channel_since = now;
    if (member->stats_wanted)
      member->stats_at = rj_after(now, member->machine.timers.stats);
  }
  if (after != STATE_CONNECTED && after != STATE_RECONNECTING) {
    member->stats_at = RJ_NEVER;
    if (member->channel_since != RJ_NEVER && member->channel_until == RJ_NEVER)
      member->channel_until = now;
  }
}

void rj_member_counters(const rj_member *member, rj_counters *out, int64_t now) {
  *out = member->counted;
  if (member->attempt.link != NULL)
    add_link(out, member->attempt.link);
  if (member->bound.link != NULL)
    add_link(out, member->bound.link);
  if (member->channel_since != RJ_NEVER)
    out->duration = rj_earlier(now, member->channel_until) - member->channel_since;
  if (member->machine.state == STATE_RECONNECTING)
    out->outage_time += now - member->outage_since;
  out->members = member->roster.visible;
  out->attempts = member->attempts.number;
}

void rj_member_stats_due(rj_member *member, int64_t now) {
  member->stats_at = rj_after(now, member->machine.timers.stats);
  rj_counters counters;
  rj_member_counters(member, &counters, now);
  rj_member_tell_counters(member, EVENT_STATS, &counters, now);
}
