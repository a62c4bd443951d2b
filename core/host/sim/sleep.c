/* Members whose device sleeps, and servers whose loop stands still: what is kept meanwhile, and how they go on (SPEC section 2).
 *
 * A device that sleeps has its radio off: what comes is lost. A loop that stands still leaves its socket to the kernel, where
 * datagrams wait, as many as fit. */
#include <stddef.h>

#include "base/numbers.h"
#include "host/sim/sim.h"

/* The alarm stands within its owner. */
static rj_sim_member *member_of(rj_alarm *morning) {
  return (rj_sim_member *)(void *)((char *)morning - offsetof(rj_sim_member, morning));
}

static rj_sim_server *server_of(rj_alarm *morning) {
  return (rj_sim_server *)(void *)((char *)morning - offsetof(rj_sim_server, morning));
}

static void set_morning(rj_sim *sim, rj_alarm *morning, rj_alarm_kind kind, int64_t at) {
  morning->kind = kind;
  rj_wheel_set(sim->mornings, &morning->timer, rj_sim_tick(at));
}

/* ---- members ---- */

int32_t rj_sim_member_suspend(rj_host_member *base, int64_t span, int64_t now,
                              char error[RJ_HOST_ERROR_SIZE]) {
  (void)error;
  rj_sim *sim = (rj_sim *)base->host;
  rj_sim_member *member = (rj_sim_member *)base;
  if (!rj_sim_sleeps(member))
    member->asleep_since = now;
  rj_wheel_remove(sim->wheel, &base->alarm.timer);
  set_morning(sim, &member->morning, RJ_ALARM_MEMBER, rj_after(now, span));
  return STATUS_OK;
}

static void wake_member(rj_sim *sim, rj_sim_member *member) {
  int64_t now = rj_sim_now(sim), slept = now - member->asleep_since;
  member->asleep_since = RJ_NEVER;
  if (slept >= member->stall) /* else packets go first, as ever */
    rj_member_wake(member->base.member, now);
  if (member->news) {
    member->news = false;
    rj_member_network_changed(member->base.member, member->network, &member->current->local, now);
  }
  rj_sim_member_care(sim, member, 0);
}

void rj_sim_member_forget_morning(rj_sim *sim, rj_sim_member *member) {
  rj_wheel_remove(sim->mornings, &member->morning.timer);
}

/* ---- servers ---- */

int32_t rj_sim_server_pause(rj_host_server *base, int64_t span, int64_t now,
                            char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)base->host;
  rj_sim_server *server = (rj_sim_server *)base;
  if (base->server == NULL) {
    g_strlcpy(error, "the edge is down; what does not run cannot stand still", RJ_HOST_ERROR_SIZE);
    return STATUS_INVALID_STATE;
  }
  if (!rj_sim_stands_still(server)) {
    server->paused_since = now;
    server->waiting = NULL;
    server->last_waiting = &server->waiting;
    server->waiting_count = 0;
  }
  rj_wheel_remove(sim->wheel, &base->alarm.timer);
  set_morning(sim, &server->morning, RJ_ALARM_SERVER, rj_after(now, span));
  return STATUS_OK;
}

void rj_sim_server_wait(rj_sim *sim, rj_sim_server *server, rj_parcel *parcel) {
  if (server->waiting_count == RJ_SIM_SOCKET_QUEUE) {
    rj_delay_line_recycle(sim->air, parcel);
    return;
  }
  parcel->next = NULL;
  *server->last_waiting = parcel;
  server->last_waiting = &parcel->next;
  server->waiting_count++;
}

/* The oldest datagram that waits, the caller's; NULL: none. */
static rj_parcel *take_waiting(rj_sim_server *server) {
  rj_parcel *parcel = server->waiting;
  if (parcel != NULL)
    server->waiting = parcel->next;
  return parcel;
}

static void resume_server(rj_sim *sim, rj_sim_server *server) {
  int64_t now = rj_sim_now(sim), gap = now - server->paused_since;
  server->paused_since = RJ_NEVER;
  for (rj_parcel *parcel; (parcel = take_waiting(server)) != NULL;) {
    const rj_path path = {.local = server->address, .remote = parcel->path.local};
    rj_server_feed(server->base.server, &path, parcel->data, parcel->length, now);
    rj_delay_line_recycle(sim->air, parcel);
  }
  rj_sim_place_tell(sim, server);
  if (gap >= server->stall) /* no false DROPPED */
    rj_server_stalled(server->base.server, gap, now);
  rj_sim_server_care(sim, server, 0);
}

void rj_sim_server_forget_morning(rj_sim *sim, rj_sim_server *server) {
  rj_wheel_remove(sim->mornings, &server->morning.timer);
  if (!rj_sim_stands_still(server))
    return;
  server->paused_since = RJ_NEVER;
  for (rj_parcel *parcel; (parcel = take_waiting(server)) != NULL;)
    rj_delay_line_recycle(sim->air, parcel);
}

/* ---- mornings ---- */

bool rj_sim_mornings(rj_sim *sim) {
  bool any = false;
  for (rj_timer *timer; (timer = rj_wheel_pop(sim->mornings, rj_sim_now(sim))) != NULL;) {
    rj_alarm *morning = (rj_alarm *)timer;
    if (morning->kind == RJ_ALARM_MEMBER)
      wake_member(sim, member_of(morning));
    else
      resume_server(sim, server_of(morning));
    any = true;
  }
  return any;
}
