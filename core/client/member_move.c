/* A member whose edge drains: which edge it moves to, while the connection that it has goes on. */
#include "client/member_internal.h"

void rj_member_move(rj_member *member, int64_t until, int64_t now) {
  member->move_until = until;
  if (member->moving || member->edge_count == 1 || member->machine.state != STATE_CONNECTED)
    return; /* after an outage that ends on this connection it will be asked again */
  member->moving = true;
  member->move_failed = member->move_refused = 0;
  member->edge_next = (member->bound.edge + 1u) % member->edge_count;
  rj_attempts_outage(&member->attempts, &member->machine.timers, member->machine.connected_since,
                     now);
  rj_member_dial_soon(member, now);
}

uint32_t rj_member_edge_to_move_to(const rj_member *member, uint32_t from, int64_t now) {
  uint32_t best = member->bound.edge;
  int64_t best_at = RJ_NEVER;
  for (uint32_t i = 0; i < member->edge_count; i++) {
    uint32_t edge = (from + i) % member->edge_count;
    int64_t at = rj_later(member->edges[edge].busy_until, now);
    if (edge == member->bound.edge || (member->move_refused & (1u << edge)) != 0 || at >= best_at)
      continue;
    best = edge;
    best_at = at;
  }
  return best;
}

bool rj_member_gives_up_moving(const rj_member *member, int64_t now) {
  uint32_t others = ((1u << member->edge_count) - 1u) & ~(1u << member->bound.edge);
  uint32_t untried = others & ~(member->move_failed | member->move_refused);
  return (others & ~member->move_refused) == 0 || (untried == 0 && member->move_until <= now);
}
