/* The virtual network: a node per server, paths of members, and between them each member's own two directions. */
#include "base/numbers.h"
#include "host/sim/sim.h"

enum { SERVER_PORT = RJ_DEFAULT_PORT };

rj_address rj_sim_server_address(uint32_t number) {
  uint32_t node = number + 1;
  return (rj_address){
      .family = RJ_ADDRESS_IPV4,
      .bytes = {10, 0, (uint8_t)(node >> 8), (uint8_t)node},
      .port = SERVER_PORT,
  };
}

static rj_sim_server *server_at(const rj_sim *sim, const rj_address *address) {
  if (address->family != RJ_ADDRESS_IPV4 || address->bytes[0] != 10 || address->bytes[1] != 0 ||
      address->port != SERVER_PORT)
    return NULL;
  uint32_t node = (uint32_t)address->bytes[2] << 8 | address->bytes[3];
  return node == 0 || node > sim->servers->len
             ? NULL
             : (rj_sim_server *)g_ptr_array_index(sim->servers, node - 1);
}

static rj_sim_member *member_of(const rj_sim *sim, uint64_t number) {
  return number >= sim->members->len ? NULL
                                     : (rj_sim_member *)g_ptr_array_index(sim->members, number);
}

/* Puts a filled parcel on its way over one direction of a member's link, or loses it. from: where it leaves the member's device;
 * NULL: it goes down. */
static void travel(rj_sim *sim, rj_sim_member *member, const rj_sim_path *from, rj_parcel *parcel) {
  bool up = from != NULL;
  int64_t now = rj_sim_now(sim);
  rj_fate fates[RJ_FOLLOW_FATES_MAX];
  rj_direction *direction = up ? &member->base.up : &member->base.down;
  size_t copies = rj_host_member_pass(&member->base, up, parcel->length, now, fates);
  if (copies == 0) {
    rj_delay_line_recycle(sim->air, parcel);
    return;
  }
  if (up) {
    rj_host_member_nat_lets_out(&member->base, now);
    parcel->path.local = from->outside;
  }
  parcel->member = member->number;
  parcel->up = up;
  for (size_t i = copies; i-- > 0;) {
    rj_parcel *copy = i == 0 ? parcel : rj_delay_line_copy(sim->air, parcel);
    direction->under_way++;
    rj_fate_apply(&fates[i], copy->data);
    /* never in the tick in which it was sent: so a tick ends */
    rj_delay_line_put(sim->air, copy, rj_later(rj_sim_tick(fates[i].arrives), now + RJ_SIM_TICK));
  }
}

static void fit(rj_datagram *datagram, rj_parcel *parcel) {
  *datagram = (rj_datagram){.data = parcel->data, .capacity = sizeof parcel->data};
}

void rj_sim_send_member(rj_sim *sim, rj_sim_member *member) {
  for (;;) {
    rj_datagram datagram;
    rj_parcel *parcel = rj_delay_line_take(sim->air);
    fit(&datagram, parcel);
    if (!rj_member_write(member->base.member, &datagram, rj_sim_now(sim))) {
      rj_delay_line_recycle(sim->air, parcel);
      return;
    }
    const rj_sim_path *path = rj_sim_path_from(sim, member, &datagram.path.local);
    if (path == NULL || path->dead) { /* an interface that is gone */
      rj_delay_line_recycle(sim->air, parcel);
      continue;
    }
    parcel->path.remote = datagram.path.remote;
    parcel->length = datagram.length;
    travel(sim, member, path, parcel);
  }
}

void rj_sim_send_server(rj_sim *sim, rj_sim_server *server) {
  for (;;) {
    rj_datagram datagram;
    rj_parcel *parcel = rj_delay_line_take(sim->air);
    fit(&datagram, parcel);
    if (!rj_server_write(server->base.server, &datagram, rj_sim_now(sim))) {
      rj_delay_line_recycle(sim->air, parcel);
      return;
    }
    parcel->path = (rj_path){.local = server->address, .remote = datagram.path.remote};
    parcel->length = datagram.length;
    const rj_sim_path *path = rj_sim_path_to(sim, &datagram.path.remote);
    if (path == NULL) /* gone, or never there */
      rj_delay_line_recycle(sim->air, parcel);
    else
      travel(sim, path->member, NULL, parcel);
  }
}

/* True: the parcel is the server's now. */
static bool arrive_at_server(rj_sim *sim, rj_parcel *parcel) {
  rj_sim_server *server = server_at(sim, &parcel->path.remote);
  if (server == NULL || server->base.server == NULL)
    return false; /* nobody there, or crashed: swallowed */
  if (rj_sim_stands_still(server)) {
    rj_sim_server_wait(sim, server, parcel);
    return true;
  }
  const rj_path path = {.local = server->address, .remote = parcel->path.local};
  rj_server_feed(server->base.server, &path, parcel->data, parcel->length, rj_sim_now(sim));
  rj_sim_server_care(sim, server, 0);
  return false;
}

static void arrive_at_member(rj_sim *sim, rj_sim_member *member, const rj_parcel *parcel) {
  const rj_sim_path *way = rj_sim_path_to(sim, &parcel->path.remote);
  if (way == NULL || way->member != member || way->dead || rj_sim_sleeps(member))
    return; /* its address is not there any more, or its device sleeps */
  if (!rj_host_member_nat_lets_in(&member->base, rj_sim_now(sim)))
    return;
  rj_link *link = rj_port_route(sim->port, parcel->data, parcel->length);
  if (link == NULL || rj_link_owner(link) != member->base.member)
    return; /* the node is this member's alone, although all members share a port */
  const rj_path path = {.local = way->local, .remote = parcel->path.local};
  rj_member_feed(member->base.member, &path, parcel->data, parcel->length, rj_sim_now(sim));
  rj_sim_member_care(sim, member, 0);
}

bool rj_sim_deliver(rj_sim *sim) {
  bool any = false;
  for (rj_parcel *parcel; (parcel = rj_delay_line_pop(sim->air, rj_sim_now(sim))) != NULL;) {
    rj_sim_member *member = member_of(sim, parcel->member);
    bool kept = false;
    if (member != NULL) {
      rj_direction *direction = parcel->up ? &member->base.up : &member->base.down;
      direction->under_way--;
    }
    if (parcel->up)
      kept = arrive_at_server(sim, parcel);
    else if (member != NULL)
      arrive_at_member(sim, member, parcel);
    if (!kept)
      rj_delay_line_recycle(sim->air, parcel);
    any = true;
  }
  return any;
}
