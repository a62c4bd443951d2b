/* Networks that change (S-10). The system's news are only a reason to look: what counts is the way that it would send a
 * datagram to a member's edge, and only the members whose way is another one than before are told. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include <errno.h>
#include <unistd.h>

#include "base/numbers.h"

enum {
  NEWS_SIZE = 4096,
  NEWS_PER_LOOK = 256, /* messages read away at once; the rest is a reason to look again */
};

typedef struct {
  rj_address edge;
  rj_route route;
} known_route;

void rj_loop_networks_init(rj_loop *loop) {
  loop->networks.watch = -1;
  loop->networks.look_at = RJ_NEVER;
  loop->networks.known = g_array_new(FALSE, FALSE, sizeof(known_route));
}

void rj_loop_networks_clear(rj_loop *loop) {
  if (loop->networks.watch >= 0)
    close(loop->networks.watch);
  g_array_unref(loop->networks.known);
}

/* ---- facts */

static void forget_routes(rj_loop *loop) {
  g_array_set_size(loop->networks.known, 0);
}

/* The way to an edge, as it was at the last news or is now. False: nobody can say. */
static bool route_to(rj_loop *loop, const rj_address *edge, rj_route *out) {
  GArray *known = loop->networks.known;
  for (guint i = 0; i < known->len; i++) {
    const known_route *at = &g_array_index(known, known_route, i);
    if (rj_address_same_host(&at->edge, edge)) {
      *out = at->route;
      return true;
    }
  }
  if (!rj_route_find(edge, out))
    return false;
  const known_route found = {*edge, *out};
  if (known->len < RJ_LOOP_ROUTES_KNOWN)
    g_array_append_val(known, found);
  return true;
}

void rj_loop_networks_follow(rj_loop *loop, rj_loop_member *member, const rj_address *edge) {
  rj_networks *networks = &loop->networks;
  if (!networks->watched) {
    networks->watched = true;
    networks->watch = rj_platform_watch_open();
  }
  /* What it was told last is what a later look compares with. */
  if (rj_address_same_host(&member->edge, edge))
    return;
  if (networks->watch < 0)
    forget_routes(loop); /* nobody would tell that they are old */
  member->edge = *edge;
  if (!route_to(loop, edge, &member->route))
    member->edge = (rj_address){0};
}

/* ---- telling */

bool rj_loop_member_local(rj_loop *loop, const rj_loop_member *member, rj_address *out) {
  const rj_address *edge = &member->edge;
  const rj_socket *socket = *rj_loop_member_place(loop, member, edge->family);
  if (edge->family == RJ_ADDRESS_NONE || socket == NULL)
    return false;
  *out = socket->bound;
  if (!socket->any_address)
    return true;
  *out = member->route.local;
  out->port = socket->bound.port;
  return member->route.there;
}

static void tell(rj_loop *loop, rj_loop_member *member, int32_t network, int64_t now) {
  rj_address local;
  bool live = network != NETWORK_DISCONNECTED;
  bool known = live && rj_loop_member_local(loop, member, &local);
  if (live && member->changed != NULL && member->changed->told.family != RJ_ADDRESS_NONE)
    member->changed->told = known ? local : (rj_address){0};
  rj_member_network_changed(member->base.member, network, known ? &local : NULL, now);
  rj_loop_member_touch(&member->base);
}

void rj_loop_member_network_changed(rj_host_member *host_member, int32_t network, int64_t now) {
  rj_loop *loop = (rj_loop *)host_member->host;
  rj_loop_member *member = (rj_loop_member *)host_member;
  forget_routes(loop); /* the app may be faster than the system */
  if (member->edge.family != RJ_ADDRESS_NONE)
    route_to(loop, &member->edge, &member->route);
  tell(loop, member, network, now);
}

void rj_loop_socket_renewed(rj_loop *loop, const rj_socket *socket) {
  size_t cursor = 0;
  uint64_t key;
  void *value;
  int64_t now = rj_loop_now(loop);
  forget_routes(loop);
  while (rj_map_next(loop->members, &cursor, &key, &value)) {
    rj_loop_member *member = (rj_loop_member *)value;
    if (socket != *rj_loop_member_place(loop, member, socket->bound.family))
      continue;
    bool found = member->edge.family != RJ_ADDRESS_NONE &&
                 route_to(loop, &member->edge, &member->route) && member->route.there;
    tell(loop, member, found ? member->route.network : NETWORK_UNKNOWN, now);
  }
}

/* ---- looking */

void rj_loop_networks_news(rj_loop *loop) {
  uint8_t news[NEWS_SIZE];
  for (int i = 0; i < NEWS_PER_LOOK; i++) {
    if (recv(loop->networks.watch, news, sizeof news, MSG_DONTWAIT) < 0 && errno != ENOBUFS)
      break; /* ENOBUFS: there were more than it could keep */
  }
  forget_routes(loop);
  loop->networks.look_at = rj_loop_now(loop) + RJ_LOOP_LOOK_AFTER;
}

void rj_loop_networks_doubt(rj_loop *loop, int64_t now) {
  rj_networks *networks = &loop->networks;
  if (networks->look_at == RJ_NEVER)
    networks->look_at =
        rj_later(now + RJ_LOOP_LOOK_AFTER, rj_after(networks->looked_at, RJ_LOOP_LOOK_EVERY));
}

/* Its socket is bound to an address, which no route changes. */
static bool is_bound(rj_loop *loop, const rj_loop_member *member) {
  const rj_socket *socket = *rj_loop_member_place(loop, member, member->edge.family);
  return socket != NULL && !socket->any_address;
}

void rj_loop_networks_look(rj_loop *loop) {
  rj_networks *networks = &loop->networks;
  int64_t now = rj_loop_now(loop); /* packets were read in this turn */
  size_t cursor = 0;
  uint64_t key;
  void *value;
  bool without = false;
  networks->look_at = RJ_NEVER;
  networks->looked_at = now;
  forget_routes(loop);
  while (rj_map_next(loop->members, &cursor, &key, &value)) {
    rj_loop_member *member = (rj_loop_member *)value;
    rj_route route;
    if (member->edge.family == RJ_ADDRESS_NONE || is_bound(loop, member) ||
        !route_to(loop, &member->edge, &route))
      continue;
    bool same = rj_route_equal(&route, &member->route);
    member->route = route;
    without |= !route.there;
    if (!same)
      tell(loop, member, route.there ? route.network : NETWORK_DISCONNECTED, now);
  }
  if (without && networks->watch < 0)
    networks->look_at = now + RJ_LOOP_LOOK_EVERY; /* nobody will say that there is one again */
}
