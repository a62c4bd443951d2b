/* Members in the simulator: each a node of its own. */
#include "base/numbers.h"
#include "host/sim/sim.h"

rj_host_member *rj_sim_member_new(rj_host *host, const rj_host_member_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)host;
  rj_sim_member *member = g_new0(rj_sim_member, 1);
  pthread_mutex_lock(&sim->lock);
  if (sim->members->len >= RJ_SIM_MEMBERS_MAX) {
    g_strlcpy(error, "client: this simulation has made all the clients that it can number",
              RJ_HOST_ERROR_SIZE);
    *status = STATUS_RESOURCE_LIMITED;
    goto fail;
  }
  member->number = sim->members->len;
  member->stall = rj_host_member_stall(config);
  member->asleep_since = RJ_NEVER;
  *status = rj_sim_paths_open(sim, member, error);
  if (*status != STATUS_OK)
    goto fail;
  rj_direction_init(&member->base.up, RJ_SIM_DELAY, rj_random_next(&sim->seeds));
  rj_direction_init(&member->base.down, RJ_SIM_DELAY, rj_random_next(&sim->seeds));
  *status = rj_host_member_init(&member->base, host, config, sim->port, &sim->entropy,
                                &member->current->local, rj_random_next(&sim->seeds), error);
  if (*status != STATUS_OK) {
    rj_sim_paths_close(sim, member);
    goto fail;
  }
  rj_member_set_wall_offset(member->base.member, sim->wall);
  g_ptr_array_add(sim->members, member);
  pthread_mutex_unlock(&sim->lock);
  return &member->base;

fail:
  pthread_mutex_unlock(&sim->lock);
  g_free(member);
  return NULL;
}

void rj_sim_member_destroy(rj_sim *sim, rj_sim_member *member) {
  rj_wheel_remove(sim->wheel, &member->base.alarm.timer);
  rj_sim_member_forget_morning(sim, member);
  rj_sim_paths_close(sim, member);
  g_ptr_array_index(sim->members, member->number) = NULL;
  if (member->base.retired)
    sim->retired--;
  rj_host_member_clear(&member->base);
  g_free(member);
}

void rj_sim_member_retire(rj_sim *sim, rj_sim_member *member) {
  sim->retired++;
  rj_host_member_retire(&member->base, rj_sim_now(sim));
  rj_sim_member_care(sim, member, 0);
}

void rj_sim_member_free(rj_host_member *base) {
  rj_sim *sim = (rj_sim *)base->host;
  pthread_mutex_lock(&sim->lock);
  rj_sim_member_retire(sim, (rj_sim_member *)base);
  pthread_mutex_unlock(&sim->lock);
}

void rj_sim_member_touch(rj_host_member *member) {
  rj_sim *sim = (rj_sim *)member->host;
  if (member->dirty)
    return;
  member->dirty = true;
  member->next_dirty = NULL;
  *sim->last_dirty = member;
  sim->last_dirty = &member->next_dirty;
}

/* There is no name service in this network: an url is numeric, or it cannot be resolved. False: nothing was asked. */
static bool answer_name(rj_sim *sim, rj_sim_member *member) {
  uint32_t index;
  if (!rj_member_wants_address(member->base.member, &index))
    return false;
  rj_address address;
  const rj_url *url = rj_member_url(member->base.member, index);
  bool numeric = rj_address_parse(url->host, url->port, &address);
  rj_member_set_address(member->base.member, index, numeric ? &address : NULL, rj_sim_now(sim));
  return true;
}

void rj_sim_member_care(rj_sim *sim, rj_sim_member *member, int64_t earliest) {
  if (rj_sim_sleeps(member)) /* nothing leaves it, nothing wakes it but its morning */
    return;
  do /* a link that fails while it sends may begin an attempt */
    rj_sim_send_member(sim, member);
  while (answer_name(sim, member));
  if (member->base.retired && rj_member_is_quiet(member->base.member)) {
    rj_sim_member_destroy(sim, member);
    return;
  }
  rj_wheel_set(sim->wheel, &member->base.alarm.timer,
               rj_later(rj_host_member_due(&member->base), earliest));
}
