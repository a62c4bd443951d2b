/* The simulator's clock: what is due next, tick by tick. */
#include "host/sim/sim.h"

#include "base/numbers.h"

/* A server crashed while touched is still in the list of dirty ones; caring for it does nothing then. A freed one is not:
 * free is called without holding the host, and leave empties the lists. */
static void care_for_dirty(rj_sim *sim) {
  rj_host_member *member = sim->first_dirty;
  sim->first_dirty = NULL;
  sim->last_dirty = &sim->first_dirty;
  while (member != NULL) {
    rj_host_member *next = member->next_dirty;
    member->dirty = false;
    rj_sim_member_care(sim, (rj_sim_member *)member, 0);
    member = next;
  }
  rj_host_server *server = sim->first_dirty_server;
  sim->first_dirty_server = NULL;
  sim->last_dirty_server = &sim->first_dirty_server;
  while (server != NULL) {
    rj_host_server *next = server->next_dirty;
    server->dirty = false;
    rj_sim_server_care(sim, (rj_sim_server *)server, 0);
    server = next;
  }
}

static int64_t sim_now(rj_host *host) {
  return rj_sim_now((rj_sim *)host);
}

static int64_t sim_wall(rj_host *host, int64_t now) {
  return ((const rj_sim *)host)->wall + now;
}

/* What reads the wall clock reads it as an offset to the boot clock: its own copy is set anew. */
static void tell_wall(rj_sim *sim) {
  for (guint i = 0; i < sim->members->len; i++) {
    rj_sim_member *member = (rj_sim_member *)g_ptr_array_index(sim->members, i);
    if (member != NULL)
      rj_member_set_wall_offset(member->base.member, sim->wall);
  }
  for (guint i = 0; i < sim->servers->len; i++) {
    rj_sim_server *server = (rj_sim_server *)g_ptr_array_index(sim->servers, i);
    if (server != NULL && server->base.server != NULL)
      rj_server_set_wall_offset(server->base.server, sim->wall);
  }
}

static int32_t sim_step_wall(rj_host *host, int64_t step, char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)host;
  int64_t wall;
  if (__builtin_add_overflow(sim->wall, step, &wall) || wall < 0 ||
      wall > RJ_NEVER - rj_sim_now(sim)) {
    g_strlcpy(error, "the wall clock would leave the years 1970 to 2262", RJ_HOST_ERROR_SIZE);
    return STATUS_INVALID_ARGUMENT;
  }
  sim->wall = wall;
  tell_wall(sim);
  return STATUS_OK;
}

static int64_t sim_enter(rj_host *host) {
  rj_sim *sim = (rj_sim *)host;
  pthread_mutex_lock(&sim->lock);
  return rj_sim_now(sim);
}

static void sim_leave(rj_host *host) {
  rj_sim *sim = (rj_sim *)host;
  care_for_dirty(sim);
  pthread_mutex_unlock(&sim->lock);
}

/* Runs the timers that are due. A timer that is due again at once waits for the next tick: so a tick ends. */
static bool run_timers(rj_sim *sim) {
  bool any = false;
  int64_t now = rj_sim_now(sim), next_tick = now + RJ_SIM_TICK;
  for (rj_timer *timer; (timer = rj_wheel_pop(sim->wheel, now)) != NULL; any = true) {
    rj_alarm *alarm = (rj_alarm *)timer;
    if (alarm->kind == RJ_ALARM_MEMBER) {
      rj_sim_member *member = (rj_sim_member *)alarm;
      rj_host_member_wake(&member->base, now);
      rj_sim_member_care(sim, member, next_tick);
    } else {
      rj_sim_server *server = (rj_sim_server *)alarm;
      rj_server_wake(server->base.server, now);
      rj_sim_server_care(sim, server, next_tick);
    }
  }
  care_for_dirty(sim); /* those whose profile moved them */
  return any;
}

/* Asks the app's question without the lock, so that it may call whatever it likes. */
static bool asked_to_stop(rj_sim *sim, bool (*stop)(void *user), void *user) {
  if (stop == NULL)
    return false;
  pthread_mutex_unlock(&sim->lock);
  bool yes = stop(user);
  pthread_mutex_lock(&sim->lock);
  return yes;
}

/* Until a whole tick; true: stopped. With the lock held. */
static bool run(rj_sim *sim, int64_t until, bool (*stop)(void *user), void *user) {
  for (;;) {
    bool awoken = rj_sim_mornings(sim); /* overdue timers before packets (SPEC section 2) */
    bool came = rj_sim_deliver(sim);
    came = rj_sim_post_deliver(sim) || came;
    if ((came || awoken) && asked_to_stop(sim, stop, user))
      return true;
    if (rj_sim_now(sim) >= until)
      return false;
    if (run_timers(sim) && asked_to_stop(sim, stop, user))
      return true;
    int64_t next =
        rj_earlier(rj_delay_line_deadline(sim->air), rj_sim_tick(rj_wheel_deadline(sim->wheel)));
    next = rj_earlier(next, rj_sim_tick(rj_wheel_deadline(sim->mornings)));
    next = rj_earlier(next, rj_wheel_deadline(sim->post));
    /* what a call or a timer left due at once is due in the next tick */
    next = rj_later(next, rj_sim_now(sim) + RJ_SIM_TICK);
    atomic_store_explicit(&sim->now, rj_earlier(next, until), memory_order_relaxed);
  }
}

static int32_t sim_run(rj_host *host, int64_t until, bool (*stop)(void *user), void *user,
                       bool *stopped) {
  rj_sim *sim = (rj_sim *)host;
  *stopped = false;
  pthread_mutex_lock(&sim->lock);
  if (sim->running) {
    pthread_mutex_unlock(&sim->lock);
    return STATUS_INVALID_STATE;
  }
  sim->running = true;
  *stopped = run(sim, rj_sim_tick(until), stop, user);
  sim->running = false;
  pthread_mutex_unlock(&sim->lock);
  return STATUS_OK;
}

static bool all_are_quiet(void *user) {
  return ((rj_sim *)user)->retired == 0;
}

static void retire_all(rj_sim *sim) {
  for (guint i = 0; i < sim->members->len; i++) {
    rj_sim_member *member = (rj_sim_member *)g_ptr_array_index(sim->members, i);
    if (member != NULL && !member->base.retired)
      rj_sim_member_retire(sim, member);
  }
}

static void sim_free(rj_host *host) {
  rj_sim *sim = (rj_sim *)host;
  pthread_mutex_lock(&sim->lock);
  retire_all(sim);
  if (!all_are_quiet(sim))
    run(sim, rj_sim_now(sim) + RJ_RUNTIME_GOODBYE_WAIT, all_are_quiet, sim);
  for (guint i = 0; i < sim->members->len; i++) {
    rj_sim_member *member = (rj_sim_member *)g_ptr_array_index(sim->members, i);
    if (member != NULL)
      rj_sim_member_destroy(sim, member);
  }
  for (guint i = 0; i < sim->servers->len; i++) {
    rj_sim_server *server = (rj_sim_server *)g_ptr_array_index(sim->servers, i);
    if (server != NULL)
      rj_sim_server_destroy(sim, server);
  }
  pthread_mutex_unlock(&sim->lock);
  rj_sim_buses_free(sim);
  rj_port_free(sim->port);
  rj_delay_line_free(sim->air);
  rj_wheel_free(sim->wheel);
  rj_wheel_free(sim->mornings);
  rj_wheel_free(sim->post);
  rj_map_free(sim->outside);
  g_ptr_array_unref(sim->members);
  g_ptr_array_unref(sim->servers);
  rj_trust_pool_free(sim->base.trust_pool);
  pthread_mutex_destroy(&sim->lock);
  g_free(sim);
}

static const rj_host_ops sim_ops = {
    .free = sim_free,
    .now = sim_now,
    .wall = sim_wall,
    .enter = sim_enter,
    .leave = sim_leave,
    .step_wall = sim_step_wall,
    .run = sim_run,
    .member_new = rj_sim_member_new,
    .member_free = rj_sim_member_free,
    .member_touch = rj_sim_member_touch,
    .member_network_changed = rj_sim_member_network_changed,
    .member_change_path = rj_sim_member_change_path,
    .member_suspend = rj_sim_member_suspend,
    .server_new = rj_sim_server_new,
    .server_free = rj_sim_server_free,
    .server_touch = rj_sim_server_touch,
    .server_crash = rj_sim_server_crash,
    .server_restart = rj_sim_server_restart,
    .server_pause = rj_sim_server_pause,
    .server_set_bus_faults = rj_sim_server_set_bus_faults,
};

rj_host *rj_sim_host_new(const rj_host_config *config, int32_t *status,
                         char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = g_new0(rj_sim, 1);
  sim->base.ops = &sim_ops;
  rj_random_seed(&sim->seeds, config->seed);
  rj_random_seed(&sim->random, rj_random_next(&sim->seeds));
  sim->entropy = (rj_entropy){rj_random_fill, &sim->random};
  const rj_port_config port = {
      .entropy = &sim->entropy,
      .links_max = RJ_SIM_LINKS_MAX,
      .idle_timeout = RJ_CLIENT_IDLE_TIMEOUT,
      .handshake_timeout = RJ_CLIENT_HANDSHAKE_TIMEOUT,
  };
  sim->port = rj_port_new(&port);
  sim->wheel = rj_wheel_new(0);
  sim->mornings = rj_wheel_new(0);
  sim->post = rj_wheel_new(0);
  sim->outside = rj_map_new();
  if (sim->port == NULL || sim->wheel == NULL || sim->mornings == NULL || sim->post == NULL ||
      sim->outside == NULL) {
    rj_port_free(sim->port);
    if (sim->wheel != NULL)
      rj_wheel_free(sim->wheel);
    if (sim->mornings != NULL)
      rj_wheel_free(sim->mornings);
    if (sim->post != NULL)
      rj_wheel_free(sim->post);
    if (sim->outside != NULL)
      rj_map_free(sim->outside);
    g_free(sim);
    g_strlcpy(error, "simulation: out of memory", RJ_HOST_ERROR_SIZE);
    *status = STATUS_RESOURCE_LIMITED;
    return NULL;
  }
  sim->wall = config->wall != 0 ? config->wall : g_get_real_time() * RJ_MICROSECOND;
  sim->air = rj_delay_line_new();
  sim->members = g_ptr_array_new();
  sim->servers = g_ptr_array_new();
  sim->buses = g_ptr_array_new();
  sim->last_dirty = &sim->first_dirty;
  sim->last_dirty_server = &sim->first_dirty_server;
  sim->base.trust_pool = rj_trust_pool_new();
  pthread_mutex_init(&sim->lock, NULL);
  *status = STATUS_OK;
  return &sim->base;
}
