/* Servers in the simulator: a node with an address for good; the server object in it may die and come back. */
#include "base/numbers.h"
#include "host/sim/sim.h"

rj_host_server *rj_sim_server_new(rj_host *host, const rj_host_server_config *config,
                                  int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)host;
  rj_sim_server *server = g_new0(rj_sim_server, 1);
  pthread_mutex_lock(&sim->lock);
  int64_t now = rj_sim_now(sim);
  if (sim->servers->len >= RJ_SIM_SERVERS_MAX) {
    g_strlcpy(error, "edge: this simulation has made all the edges that it can number",
              RJ_HOST_ERROR_SIZE);
    *status = STATUS_RESOURCE_LIMITED;
    goto fail;
  }
  server->number = sim->servers->len;
  server->address = rj_sim_server_address(server->number);
  server->stall = rj_host_server_stall(config);
  server->paused_since = RJ_NEVER;
  rj_random_seed(&server->random, rj_random_next(&sim->seeds));
  server->entropy = (rj_entropy){rj_random_fill, &server->random};
  *status =
      rj_host_server_init(&server->base, host, config, &server->entropy, sim->wall + now, error);
  if (*status != STATUS_OK)
    goto fail;
  char text[RJ_ADDRESS_TEXT_SIZE];
  g_snprintf(server->base.url, sizeof server->base.url, "rejoin://%s",
             rj_address_text(&server->address, text));
  *status = rj_host_server_start(&server->base, now, sim->wall + now, error);
  if (*status != STATUS_OK) {
    rj_host_server_clear(&server->base);
    goto fail;
  }
  g_ptr_array_add(sim->servers, server);
  rj_sim_place_open(sim, server);
  rj_sim_place_tell(sim, server);
  rj_sim_server_care(sim, server, 0);
  pthread_mutex_unlock(&sim->lock);
  return &server->base;

fail:
  pthread_mutex_unlock(&sim->lock);
  g_free(server);
  return NULL;
}

void rj_sim_server_destroy(rj_sim *sim, rj_sim_server *server) {
  rj_wheel_remove(sim->wheel, &server->base.alarm.timer);
  rj_sim_server_forget_morning(sim, server);
  rj_sim_place_close(sim, server);
  g_ptr_array_index(sim->servers, server->number) = NULL;
  rj_host_server_clear(&server->base);
  g_free(server);
}

static void die(rj_sim *sim, rj_sim_server *server) {
  rj_sim_server_forget_morning(sim, server);
  rj_wheel_remove(sim->wheel, &server->base.alarm.timer);
  rj_sim_place_leave(sim, server);
  g_clear_pointer(&server->base.server, rj_server_free);
}

/* "Restarting" to everybody; its packets travel on although it is gone. */
static void stop(rj_sim *sim, rj_sim_server *server) {
  if (server->base.server == NULL)
    return;
  rj_server_stop(server->base.server, rj_sim_now(sim));
  rj_sim_send_server(sim, server);
  rj_sim_place_send(sim, server);
  die(sim, server);
}

void rj_sim_server_free(rj_host_server *base) {
  rj_sim *sim = (rj_sim *)base->host;
  pthread_mutex_lock(&sim->lock);
  stop(sim, (rj_sim_server *)base);
  rj_sim_server_destroy(sim, (rj_sim_server *)base);
  pthread_mutex_unlock(&sim->lock);
}

void rj_sim_server_touch(rj_host_server *server) {
  rj_sim *sim = (rj_sim *)server->host;
  if (server->dirty)
    return;
  server->dirty = true;
  server->next_dirty = NULL;
  *sim->last_dirty_server = server;
  sim->last_dirty_server = &server->next_dirty;
}

int32_t rj_sim_server_crash(rj_host_server *base) {
  if (base->server == NULL)
    return STATUS_INVALID_STATE;
  die((rj_sim *)base->host, (rj_sim_server *)base);
  return STATUS_OK;
}

int32_t rj_sim_server_restart(rj_host_server *base, char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)base->host;
  int64_t now = rj_sim_now(sim);
  stop(sim, (rj_sim_server *)base);
  int32_t status = rj_host_server_start(base, now, sim->wall + now, error);
  if (status == STATUS_OK) {
    rj_sim_place_tell(sim, (rj_sim_server *)base);
    rj_sim_server_care(sim, (rj_sim_server *)base, 0);
  }
  return status;
}

void rj_sim_server_care(rj_sim *sim, rj_sim_server *server, int64_t earliest) {
  if (server->base.server == NULL || rj_sim_stands_still(server))
    return;
  rj_sim_send_server(sim, server);
  rj_sim_place_send(sim, server);
  rj_wheel_set(sim->wheel, &server->base.alarm.timer,
               rj_later(rj_server_deadline(server->base.server), earliest));
}
