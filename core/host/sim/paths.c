/* A member's paths: its own addresses, what servers see of them, and how networks change both (S-10). */
#include "base/numbers.h"
#include "host/sim/sim.h"

enum {
  FIRST_PORT = 40000, /* of a node, where nobody else has it */
  PORT_MIN = 1024,
  PORT_MAX = 65535,
};

/* ---- addresses ---- */

static uint32_t host_of(const rj_address *address) {
  return (uint32_t)address->bytes[0] << 24 | (uint32_t)address->bytes[1] << 16 |
         (uint32_t)address->bytes[2] << 8 | address->bytes[3];
}

static rj_address address_of(uint32_t host) {
  return (rj_address){
      .family = RJ_ADDRESS_IPV4,
      .bytes = {(uint8_t)(host >> 24), (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
  };
}

static uint64_t key_of(const rj_address *address) {
  return (uint64_t)host_of(address) << 16 | address->port;
}

/* 10.1.0.0 and on: 10.0.0.0/16 are the servers'. */
static rj_address home_of(uint32_t number) {
  return address_of((UINT32_C(10) << 24) + (UINT32_C(1) << 16) + number);
}

/* 100.64.0.0 and on, which is what carriers have behind their NATs. */
static rj_address lent(uint32_t number) {
  return address_of((UINT32_C(100) << 24) + (UINT32_C(64) << 16) + number);
}

/* ---- the table of what servers see ---- */

static void hide(rj_sim *sim, rj_sim_path *path) {
  if (path->member != NULL)
    rj_map_remove(sim->outside, key_of(&path->outside));
  path->member = NULL;
}

/* Nobody is there, or nobody any more. */
static bool is_free(rj_sim *sim, const rj_address *address) {
  rj_sim_path *path = (rj_sim_path *)rj_map_get(sim->outside, key_of(address));
  if (path != NULL && path->until <= rj_sim_now(sim)) {
    hide(sim, path);
    path = NULL;
  }
  return path == NULL;
}

/* Gives the address its first free port after this one. False: it has none. */
static bool find_port(rj_sim *sim, rj_address *address, uint16_t after) {
  uint16_t port = after;
  do {
    port = port == PORT_MAX ? PORT_MIN : (uint16_t)(port + 1);
    address->port = port;
    if (is_free(sim, address))
      return true;
  } while (port != after);
  return false;
}

/* An address that was asked for (port 0: any), or the next one to be lent. */
static int32_t find_address(rj_sim *sim, const rj_address *wanted, rj_address *found,
                            char error[RJ_HOST_ERROR_SIZE]) {
  char text[RJ_ADDRESS_TEXT_SIZE];
  if (wanted->family == RJ_ADDRESS_NONE) {
    if (sim->addresses == RJ_SIM_ADDRESSES_MAX) {
      g_strlcpy(error, "this simulation has lent all the addresses that it has",
                RJ_HOST_ERROR_SIZE);
      return STATUS_RESOURCE_LIMITED;
    }
    *found = lent(sim->addresses);
  } else if (wanted->family != RJ_ADDRESS_IPV4 || host_of(wanted) >> 16 == 10U << 8 ||
             host_of(wanted) == 0) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE,
               "address is %s; a simulated client's is an IPv4 one outside of 10.0.0.0/16, where "
               "the edges are",
               rj_address_text(wanted, text));
    return STATUS_REFUSED;
  } else {
    *found = *wanted;
  }
  if (found->port != 0 ? !is_free(sim, found) : !find_port(sim, found, FIRST_PORT - 1)) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "address %s is taken", rj_address_text(found, text));
    return STATUS_REFUSED;
  }
  return STATUS_OK;
}

/* Servers see the path at this address from now on. */
static int32_t show(rj_sim *sim, rj_sim_path *path, rj_sim_member *member,
                    const rj_address *outside, char error[RJ_HOST_ERROR_SIZE]) {
  if (!rj_map_put(sim->outside, key_of(outside), path)) {
    g_strlcpy(error, "simulation: out of memory", RJ_HOST_ERROR_SIZE);
    return STATUS_RESOURCE_LIMITED;
  }
  path->member = member;
  path->outside = *outside;
  return STATUS_OK;
}

const rj_sim_path *rj_sim_path_to(const rj_sim *sim, const rj_address *outside) {
  const rj_sim_path *path = (const rj_sim_path *)rj_map_get(sim->outside, key_of(outside));
  return path != NULL && path->until > rj_sim_now(sim) ? path : NULL;
}

const rj_sim_path *rj_sim_path_from(const rj_sim *sim, const rj_sim_member *member,
                                    const rj_address *local) {
  for (size_t i = 0; i < RJ_SIM_PATHS; i++) {
    const rj_sim_path *path = &member->paths[i];
    if (path->member != NULL && path->until > rj_sim_now(sim) &&
        rj_address_equal(&path->local, local))
      return path;
  }
  return NULL;
}

/* ---- a member's life ---- */

int32_t rj_sim_paths_open(rj_sim *sim, rj_sim_member *member, char error[RJ_HOST_ERROR_SIZE]) {
  rj_address home = home_of(member->number);
  if (!find_port(sim, &home, FIRST_PORT - 1)) {
    g_strlcpy(error, "client: its address has no free port", RJ_HOST_ERROR_SIZE);
    return STATUS_RESOURCE_LIMITED;
  }
  rj_sim_path *path = member->current = &member->paths[0];
  path->local = home;
  path->until = RJ_NEVER;
  return show(sim, path, member, &home, error);
}

void rj_sim_paths_close(rj_sim *sim, rj_sim_member *member) {
  for (size_t i = 0; i < RJ_SIM_PATHS; i++)
    hide(sim, &member->paths[i]);
}

/* ---- changes ---- */

/* A NAT between the member and everybody else forgets its mapping and makes another one. */
static int32_t rebind(rj_sim *sim, rj_sim_member *member, const rj_path_change *change,
                      char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim_path *path = member->current;
  rj_address before = path->outside, after = before;
  if (change->kind == RJ_PATH_REBIND_ADDRESS) {
    int32_t status = find_address(sim, &change->local, &after, error);
    if (status != STATUS_OK)
      return status;
  } else if (!find_port(sim, &after, before.port)) {
    g_strlcpy(error, "the address has no free port", RJ_HOST_ERROR_SIZE);
    return STATUS_RESOURCE_LIMITED;
  }
  int32_t status = show(sim, path, member, &after, error);
  if (status != STATUS_OK)
    return status;
  rj_map_remove(sim->outside, key_of(&before));
  if (change->kind == RJ_PATH_REBIND_ADDRESS && change->local.family == RJ_ADDRESS_NONE)
    sim->addresses++;
  return STATUS_OK;
}

/* Where the next path goes: an empty place, or that of the one that ends first. */
static rj_sim_path *make_room(rj_sim *sim, rj_sim_member *member) {
  rj_sim_path *place = &member->paths[0];
  for (size_t i = 0; i < RJ_SIM_PATHS; i++) {
    rj_sim_path *path = &member->paths[i];
    if (path->member == NULL)
      return path;
    if (path->until < place->until)
      place = path;
  }
  hide(sim, place);
  return place;
}

/* The device takes another interface. */
static int32_t move(rj_sim *sim, rj_sim_member *member, const rj_path_change *change, int64_t now,
                    char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim_path *before = member->current;
  for (size_t i = 0; i < RJ_SIM_PATHS; i++) {
    rj_sim_path *path = &member->paths[i];
    if (path != before && rj_address_equal(&path->local, &change->local))
      hide(sim, path); /* back to where it was, while that still works */
  }
  rj_address local;
  int32_t status = find_address(sim, &change->local, &local, error);
  if (status != STATUS_OK)
    return status;
  rj_sim_path *path = make_room(sim, member);
  status = show(sim, path, member, &local, error);
  if (status != STATUS_OK)
    return status;
  path->local = local;
  path->until = RJ_NEVER;
  path->dead = change->dead;
  member->current = path;
  before->until = rj_after(now, change->overlap);
  if (change->overlap == 0)
    hide(sim, before);
  if (change->local.family == RJ_ADDRESS_NONE)
    sim->addresses++;
  rj_sim_member_network_changed(&member->base, change->network, now);
  return STATUS_OK;
}

int32_t rj_sim_member_change_path(rj_host_member *base, const rj_path_change *change, int64_t now,
                                  char error[RJ_HOST_ERROR_SIZE]) {
  rj_sim *sim = (rj_sim *)base->host;
  rj_sim_member *member = (rj_sim_member *)base;
  return change->kind == RJ_PATH_MOVE ? move(sim, member, change, now, error)
                                      : rebind(sim, member, change, error);
}

void rj_sim_member_network_changed(rj_host_member *base, int32_t network, int64_t now) {
  rj_sim_member *member = (rj_sim_member *)base;
  if (rj_sim_sleeps(member)) { /* it hears when it wakes */
    member->news = true;
    member->network = network;
    return;
  }
  rj_member_network_changed(base->member, network, &member->current->local, now);
  rj_sim_member_touch(base);
}
