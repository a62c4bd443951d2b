/* When a member is to be woken, and what it does then: every overdue timer once, in the order they fell due. */
#include "client/member_internal.h"

typedef enum {
  TIMER_MACHINE,
  TIMER_ATTEMPTS,
  TIMER_BEAT,
  TIMER_DOUBTS,
  TIMER_WARNING,
  TIMER_STATS,
  TIMER_ROSTER,
  TIMER_FAREWELL, /* the index counts farewells */
  TIMER_LINK      /* the index counts connections as connection_at does */
} timer_kind;

typedef struct {
  int64_t due;
  timer_kind kind;
  size_t index;
} timer;

enum { CONNECTION_COUNT = 2 + RJ_FAREWELLS_MAX };

static const rj_connection *connection_at(const rj_member *member, size_t index) {
  if (index == 0)
    return &member->bound;
  if (index == 1)
    return &member->attempt;
  return &member->farewells[index - 2].connection;
}

/* Ties go to whoever is offered first. */
static void offer(timer *first, timer_kind kind, size_t index, int64_t due) {
  if (due < first->due)
    *first = (timer){due, kind, index};
}

/* The timer that is due first. A link's timer counts once in a wake: it may need a write to move on. */
static timer first_timer(const rj_member *member, bool waking) {
  timer first = {RJ_NEVER, TIMER_MACHINE, 0};
  offer(&first, TIMER_MACHINE, 0, rj_machine_deadline(&member->machine));
  offer(&first, TIMER_DOUBTS, 0, rj_roster_deadline(&member->roster));
  offer(&first, TIMER_ATTEMPTS, 0, rj_attempts_deadline(&member->attempts));
  offer(&first, TIMER_BEAT, 0, rj_member_beat_deadline(member));
  offer(&first, TIMER_WARNING, 0, member->warning_at);
  offer(&first, TIMER_STATS, 0, member->stats_at);
  offer(&first, TIMER_ROSTER, 0, member->snapshot_due);
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++)
    offer(&first, TIMER_FAREWELL, i, rj_member_farewell_deadline(&member->farewells[i]));
  for (size_t i = 0; i < CONNECTION_COUNT; i++) {
    const rj_connection *connection = connection_at(member, i);
    if (connection->link != NULL && !(waking && connection->woken))
      offer(&first, TIMER_LINK, i, rj_link_deadline(connection->link));
  }
  return first;
}

int64_t rj_member_deadline(const rj_member *member) {
  return first_timer(member, false).due;
}

static void wake_link(rj_member *member, rj_connection *connection, int64_t now) {
  connection->woken = true;
  rj_link *link = connection->link; /* what follows may move it to another place */
  rj_link_wake(link, now);
  rj_member_take_events(member, link, now);
}

static void run(rj_member *member, const timer *due, int64_t now) {
  switch (due->kind) {
  case TIMER_MACHINE: {
    int32_t before = member->machine.state;
    rj_step step;
    if (rj_machine_wake(&member->machine, now, &step))
      rj_member_apply(member, &step, before, now);
    break;
  }
  case TIMER_ATTEMPTS:
    rj_member_attempt_timer(member, now);
    break;
  case TIMER_BEAT:
    rj_member_beat(member, now);
    break;
  case TIMER_DOUBTS:
    rj_member_roster_doubts(member, now);
    break;
  case TIMER_WARNING:
    rj_member_token_warn(member, now);
    break;
  case TIMER_STATS:
    rj_member_stats_due(member, now);
    break;
  case TIMER_ROSTER:
    rj_member_roster_late(member, now);
    break;
  case TIMER_FAREWELL:
    rj_member_farewell_timer(member, &member->farewells[due->index], now);
    break;
  case TIMER_LINK:
    wake_link(member, (rj_connection *)connection_at(member, due->index), now);
    break;
  }
}

void rj_member_wake(rj_member *member, int64_t now) {
  for (size_t i = 0; i < CONNECTION_COUNT; i++)
    ((rj_connection *)connection_at(member, i))->woken = false;
  for (;;) {
    timer due = first_timer(member, true);
    if (due.due > now)
      return;
    run(member, &due, now);
  }
}
