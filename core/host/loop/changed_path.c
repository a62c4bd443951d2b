/* Paths that are changed by hand: a NAT that lends another port or address, an interface that takes another's place. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include "base/numbers.h"

/* ---- which socket */

static bool has_old(const rj_changed_path *changed, int64_t now) {
  return changed->old != NULL && now < changed->old_until;
}

rj_socket *rj_loop_member_way_out(rj_loop *loop, rj_loop_member *member, const rj_path *path,
                                  int64_t now) {
  const rj_changed_path *changed = member == NULL ? NULL : member->changed;
  if (changed != NULL && changed->told.family != RJ_ADDRESS_NONE) {
    /* From where it was before, a connection can only go on as long as that address is there. */
    if (!rj_address_equal(&path->local, &changed->told))
      return has_old(changed, now) && changed->old->bound.family == path->remote.family
                 ? changed->old
                 : NULL;
    if (changed->dead)
      return NULL;
  }
  return rj_loop_member_socket(loop, member, &path->remote);
}

bool rj_loop_member_hears(rj_loop *loop, const rj_loop_member *member, const rj_socket *socket,
                          int64_t now) {
  const rj_changed_path *changed = member->changed;
  if (changed != NULL && socket == changed->old)
    return has_old(changed, now);
  return socket == *rj_loop_member_place(loop, member, socket->bound.family) &&
         (changed == NULL || !changed->dead);
}

void rj_loop_member_leave_old(rj_loop *loop, rj_loop_member *member, int64_t now) {
  rj_changed_path *changed = member->changed;
  if (changed == NULL || changed->old == NULL || now < changed->old_until)
    return;
  if (changed->old_is_own)
    rj_loop_remove_socket(loop, changed->old);
  changed->old = NULL;
}

/* ---- changing */

/* Where the member goes, or would go first. False: its name was not resolved yet. */
static bool find_remote(const rj_loop_member *member, rj_address *out) {
  const rj_url *url = rj_member_url(member->base.member, 0);
  *out = member->edge;
  return out->family != RJ_ADDRESS_NONE || rj_address_parse(url->host, url->port, out);
}

/* The address of the new socket, its port left to the system. STATUS_OK, or a status and a text. */
static int32_t choose(rj_loop *loop, const rj_loop_member *member, const rj_path_change *change,
                      rj_address *out, char error[RJ_HOST_ERROR_SIZE]) {
  rj_address remote, local;
  rj_route route;
  char text[RJ_ADDRESS_TEXT_SIZE], other[RJ_ADDRESS_TEXT_SIZE];
  bool asked = change->kind != RJ_PATH_REBIND_PORT && change->local.family != RJ_ADDRESS_NONE;
  bool known = find_remote(member, &remote);
  *out = change->local;
  if (asked && (!known || remote.family == out->family))
    return STATUS_OK;
  if (asked) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "address is %s; the edge is at %s, of the other family",
               rj_address_text(out, text), rj_address_text(&remote, other));
    return STATUS_REFUSED;
  }
  if (!known) {
    g_strlcpy(error, "the address of the edge is not known yet: join first", RJ_HOST_ERROR_SIZE);
    return STATUS_REFUSED;
  }
  const rj_socket *socket = *rj_loop_member_place(loop, member, remote.family);
  bool bound = socket != NULL && !socket->any_address;
  local = bound ? socket->bound : (rj_address){.family = remote.family};
  local.port = 0;
  if (change->kind == RJ_PATH_REBIND_PORT) {
    *out = local;
    return STATUS_OK;
  }
  if (!bound && rj_route_find(&remote, &route) && route.there)
    local = route.local;
  if (rj_route_other_local(&remote, &local, out))
    return STATUS_OK;
  g_snprintf(error, RJ_HOST_ERROR_SIZE, "this machine has no other address that leads to %s",
             rj_address_text(&remote, text));
  return STATUS_RESOURCE_LIMITED;
}

/* The old socket is a former one from now on: it stays for `overlap`, or goes at once. */
static void replace(rj_loop *loop, rj_loop_member *member, rj_socket *socket, int64_t overlap,
                    int64_t now) {
  rj_changed_path *changed = member->changed;
  rj_socket *old = *rj_loop_member_place(loop, member, socket->bound.family);
  bool old_is_own = member->own_socket;
  member->own_socket = true;
  *rj_loop_member_place(loop, member, socket->bound.family) = socket;
  if (overlap > 0) {
    changed->old_until = now;
    rj_loop_member_leave_old(loop, member, now);
    changed->old = old;
    changed->old_is_own = old_is_own;
    changed->old_until = rj_after(now, overlap);
  } else if (old != NULL && old_is_own) {
    rj_loop_remove_socket(loop, old);
  }
}

int32_t rj_loop_member_change_path(rj_host_member *host_member, const rj_path_change *change,
                                   int64_t now, char error[RJ_HOST_ERROR_SIZE]) {
  rj_loop *loop = (rj_loop *)host_member->host;
  rj_loop_member *member = (rj_loop_member *)host_member;
  rj_address address;
  int32_t status = choose(loop, member, change, &address, error);
  if (status != STATUS_OK)
    return status;
  if (loop->sockets->len >= RJ_LOOP_SOCKETS_MAX) {
    g_strlcpy(error, "this runtime has all the sockets that it can have", RJ_HOST_ERROR_SIZE);
    return STATUS_RESOURCE_LIMITED;
  }
  rj_socket *socket = rj_socket_open(&address, NULL, now, &status, error);
  if (socket == NULL)
    return status;
  if (member->changed == NULL)
    member->changed = g_new0(rj_changed_path, 1);
  bool move = change->kind == RJ_PATH_MOVE;
  rj_loop_add_socket(loop, socket);
  replace(loop, member, socket, move ? change->overlap : 0, now);
  if (move) {
    member->changed->dead = change->dead;
    member->changed->told = socket->bound;
    rj_member_network_changed(member->base.member, change->network, &socket->bound, now);
    rj_loop_member_touch(host_member);
  }
  return STATUS_OK;
}

void rj_loop_member_end_changed_path(rj_loop *loop, rj_loop_member *member) {
  if (member->changed == NULL)
    return;
  member->changed->old_until = 0;
  rj_loop_member_leave_old(loop, member, 0);
  g_clear_pointer(&member->changed, g_free);
}
