/* One interface, two hosts: each call goes through the table of the host that it is for. */
#include "host/host.h"

#include "host/host_internal.h"

rj_host *rj_host_new(const rj_host_config *config, int32_t *status,
                     char error[RJ_HOST_ERROR_SIZE]) {
  return config->simulated ? rj_sim_host_new(config, status, error)
                           : rj_loop_host_new(config, status, error);
}

void rj_host_free(rj_host *host) {
  host->ops->free(host);
}

int64_t rj_host_now(rj_host *host) {
  return host->ops->now(host);
}

int64_t rj_host_enter(rj_host *host) {
  return host->ops->enter(host);
}

void rj_host_leave(rj_host *host) {
  host->ops->leave(host);
}

void rj_host_poke(rj_host *host) {
  host->ops->enter(host);
  host->told = true;
  host->ops->leave(host);
}

int32_t rj_host_run(rj_host *host, int64_t until, bool (*stop)(void *user), void *user,
                    bool *stopped) {
  return host->ops->run(host, until, stop, user, stopped);
}

int32_t rj_host_step_wall(rj_host *host, int64_t step, char error[RJ_HOST_ERROR_SIZE]) {
  return host->ops->step_wall(host, step, error);
}

rj_host_member *rj_host_member_new(rj_host *host, const rj_host_member_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  return host->ops->member_new(host, config, status, error);
}

void rj_host_member_free(rj_host_member *member) {
  member->host->ops->member_free(member);
}

rj_member *rj_host_member_get(rj_host_member *member) {
  return member->member;
}

void rj_host_member_touch(rj_host_member *member) {
  member->host->ops->member_touch(member);
}

void rj_host_member_set_faults(rj_host_member *member, int directions, const rj_host_faults *faults,
                               int64_t now) {
  (void)rj_host_member_nat_lets_in(member, now);
  if ((directions & 1) != 0)
    member->up.faults = *faults;
  if ((directions & 2) != 0)
    member->down.faults = *faults;
}

void rj_host_member_network_changed(rj_host_member *member, int32_t network, int64_t now) {
  member->host->ops->member_network_changed(member, network, now);
}

int32_t rj_host_member_change_path(rj_host_member *member, const rj_path_change *change,
                                   int64_t now, char error[RJ_HOST_ERROR_SIZE]) {
  int32_t status = member->host->ops->member_change_path(member, change, now, error);
  if (status == STATUS_OK)
    member->nat.state = RJ_NAT_FRESH;
  return status;
}

int32_t rj_host_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                               char error[RJ_HOST_ERROR_SIZE]) {
  return member->host->ops->member_suspend(member, span, now, error);
}

rj_host_server *rj_host_server_new(rj_host *host, const rj_host_server_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  return host->ops->server_new(host, config, status, error);
}

void rj_host_server_free(rj_host_server *server) {
  server->host->ops->server_free(server);
}

rj_server *rj_host_server_get(rj_host_server *server) {
  return server->server;
}

void rj_host_server_touch(rj_host_server *server) {
  server->host->ops->server_touch(server);
}

const char *rj_host_server_url(const rj_host_server *server) {
  return server->url;
}

const char *rj_host_server_fingerprint(const rj_host_server *server) {
  return rj_credentials_fingerprint(server->credentials);
}

int32_t rj_host_server_crash(rj_host_server *server) {
  return server->host->ops->server_crash(server);
}

int32_t rj_host_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]) {
  return server->host->ops->server_restart(server, error);
}

int32_t rj_host_server_pause(rj_host_server *server, int64_t span, int64_t now,
                             char error[RJ_HOST_ERROR_SIZE]) {
  return server->host->ops->server_pause(server, span, now, error);
}

int32_t rj_host_server_set_bus_faults(rj_host_server *server, const rj_host_bus_faults *faults,
                                      int64_t now, char error[RJ_HOST_ERROR_SIZE]) {
  return server->host->ops->server_set_bus_faults(server, faults, now, error);
}
