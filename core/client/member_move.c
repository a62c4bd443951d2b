/* A member whose edge drains: which edge it moves to, while the connection that it has goes on. */
#include "client/member_internal.h"

void rj_member_move(rj_member *member, int64_t until, int64_t now) {
  member->move_until = until;
  if (member->moving || rj_member_edge_after(member, member->bound.edge) == member->bound.edge ||
      member->machine.state != STATE_CONNECTED)
    return; /* after an outage that ends on this connection it will be asked again */
  member->moving = true;
  member->move_failed = member->move_refused = 0;
  member->edge_next = rj_member_edge_after(member, member->bound.edge);
  rj_attempts_outage(&member->attempts, &member->machine.timers, member->machine.connected_since,
                     now);
  rj_member_dial_soon(member, now);
}

uint32_t rj_member_edge_to_move_to(const rj_member *member, uint32_t from, int64_t now) {
  uint8_t edges[RJ_EDGES_MAX];
  uint32_t count = rj_member_edges_in_turn(member, from, edges);
  uint32_t best = member->bound.edge;
  int64_t best_at = RJ_NEVER;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t edge = edges[i];
    int64_t at = rj_later(member->edges[edge].busy_until, now);
    if (edge == member->bound.edge || (member->move_refused & (1u << edge)) != 0 || at >= best_at)
      continue;
    best = edge;
    best_at = at;
  }
  return best;
}

bool rj_member_gives_up_moving(const rj_member *member, int64_t now) {
  uint8_t edges[RJ_EDGES_MAX];
  uint32_t count = rj_member_edges_in_turn(member, member->bound.edge, edges);
  uint32_t others = 0;
  for (uint32_t i = 0; i < count; i++)
    others |= edges[i] != member->bound.edge ? 1u << edges[i] : 0;
  uint32_t untried = others & ~(member->move_failed | member->move_refused);
  return (others & ~member->move_refused) == 0 || (untried == 0 && member->move_until <= now);
}
