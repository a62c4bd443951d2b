/* Members in the loop: their sockets, names and ends. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include "base/numbers.h"

static uint64_t key_of(const rj_member *member) {
  return (uint64_t)(uintptr_t)member;
}

rj_host_member *rj_loop_member_new(rj_host *host, const rj_host_member_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_loop *loop = (rj_loop *)host;
  rj_loop_member *member = g_new0(rj_loop_member, 1);
  const rj_address unknown = {0};
  rj_direction_init(&member->base.up, 0, rj_entropy_u64(&loop->entropy));
  rj_direction_init(&member->base.down, 0, rj_entropy_u64(&loop->entropy));
  member->own_socket = config->own_socket;
  member->stall = rj_host_member_stall(config);
  /* without the lock: a CA file takes its time to read */
  *status = rj_host_member_init(&member->base, host, config, loop->port, &loop->entropy, &unknown,
                                rj_entropy_u64(&loop->entropy), error);
  if (*status != STATUS_OK) {
    g_free(member);
    return NULL;
  }

  host->ops->enter(host);
  loop->stall = rj_earlier(loop->stall, member->stall);
  member->id = ++loop->next_id;
  bool in_map = rj_map_put(loop->members, member->id, member);
  bool in_both = in_map && rj_map_put(loop->by_member, key_of(member->base.member), member);
  if (in_map && !in_both)
    rj_map_remove(loop->members, member->id);
  host->ops->leave(host);
  if (!in_both) {
    g_strlcpy(error, "client: out of memory", RJ_HOST_ERROR_SIZE);
    *status = STATUS_RESOURCE_LIMITED;
    rj_host_member_clear(&member->base);
    g_free(member);
    return NULL;
  }
  return &member->base;
}

void rj_loop_member_destroy(rj_loop *loop, rj_loop_member *member) {
  rj_wheel_remove(loop->wheel, &member->base.alarm.timer);
  rj_map_remove(loop->members, member->id);
  rj_map_remove(loop->by_member, key_of(member->base.member));
  if (member->base.retired)
    loop->retired--;
  for (int i = 0; i < 2; i++) {
    if (member->own[i] != NULL)
      rj_loop_remove_socket(loop, member->own[i]);
  }
  rj_loop_member_end_changed_path(loop, member);
  rj_host_member_clear(&member->base);
  g_free(member);
}

void rj_loop_member_touch(rj_host_member *member) {
  rj_loop *loop = (rj_loop *)member->host;
  if (member->dirty)
    return;
  member->dirty = true;
  member->next_dirty = NULL;
  *loop->last_dirty = member;
  loop->last_dirty = &member->next_dirty;
}

void rj_loop_member_retire(rj_loop *loop, rj_loop_member *member, int64_t now) {
  loop->retired++;
  rj_host_member_retire(&member->base, now);
  rj_loop_member_touch(&member->base);
}

void rj_loop_member_free(rj_host_member *member) {
  rj_host *host = member->host;
  int64_t now = host->ops->enter(host);
  rj_loop_member_retire((rj_loop *)host, (rj_loop_member *)member, now);
  host->ops->leave(host);
}

/* ---- sockets */

rj_socket **rj_loop_member_place(rj_loop *loop, const rj_loop_member *member, uint8_t family) {
  bool own = member != NULL && member->own_socket;
  return &(own ? ((rj_loop_member *)member)->own : loop->shared)[family == RJ_ADDRESS_IPV6 ? 1 : 0];
}

rj_socket *rj_loop_member_socket(rj_loop *loop, rj_loop_member *member, const rj_address *remote) {
  rj_socket **place = rj_loop_member_place(loop, member, remote->family);
  if (*place != NULL || loop->sockets->len >= RJ_LOOP_SOCKETS_MAX)
    return *place;
  const rj_address any = {.family = remote->family};
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE];
  *place = rj_socket_open(&any, NULL, rj_loop_now(loop), &status, error);
  if (*place == NULL)
    g_debug("%s", error); /* the attempt fails and is made again */
  else
    rj_loop_add_socket(loop, *place);
  return *place;
}

/* ---- names */

static void answer_name(rj_loop *loop, rj_loop_member *member, uint32_t index,
                        const rj_address *address, int64_t now) {
  rj_address with_port;
  if (address != NULL) {
    with_port = *address;
    with_port.port = rj_member_url(member->base.member, index)->port;
    /* an address that no socket of ours can reach is none */
    if (rj_loop_member_socket(loop, member, &with_port) == NULL)
      address = NULL;
    else
      rj_loop_networks_follow(loop, member, address);
  }
  rj_member_set_wall_offset(member->base.member, rj_loop_wall(loop) - now);
  rj_member_set_address(member->base.member, index, address == NULL ? NULL : &with_port, now);
}

/* Answers at once, or begins a lookup. False: there is nothing to answer now. */
static bool answer_now(rj_loop *loop, rj_loop_member *member, int64_t now) {
  uint32_t index;
  if (!rj_member_wants_address(member->base.member, &index))
    return false;
  const rj_url *url = rj_member_url(member->base.member, index);
  rj_address address;
  if (rj_address_parse(url->host, url->port, &address)) {
    answer_name(loop, member, index, &address, now);
    return true;
  }
  /* while the name is the same, the lookup is; a neighbour's place may be another one's by now */
  member->lookup_index = index;
  member->lookup = rj_resolver_ask(loop->resolver, url->host);
  return false;
}

void rj_loop_member_resolved(rj_loop *loop, rj_loop_member *member, const rj_address *addresses,
                             size_t count) {
  uint32_t index;
  const rj_address *address = count == 0 ? NULL : &addresses[member->lookups++ % count];
  member->lookup = NULL;
  /* it may have left meanwhile, or want another edge */
  if (rj_member_wants_address(member->base.member, &index) && index == member->lookup_index)
    answer_name(loop, member, index, address, rj_loop_now(loop));
  rj_loop_member_touch(&member->base);
}

/* ---- packets and time */

static void send_all(rj_loop *loop, rj_loop_member *member, int64_t now) {
  for (;;) {
    rj_datagram datagram = {.data = rj_outbox_buffer(loop->outbox), .capacity = RJ_DATAGRAM_BUFFER};
    if (!rj_member_write(member->base.member, &datagram, now))
      return;
    rj_loop_send(loop, member, &datagram.path, datagram.data, datagram.length, now);
  }
}

void rj_loop_member_care(rj_loop *loop, rj_loop_member *member, int64_t now, int64_t earliest) {
  do /* a link that fails while it sends may begin an attempt */
    send_all(loop, member, now);
  while (answer_now(loop, member, now));
  if (member->base.retired && rj_member_is_quiet(member->base.member)) {
    rj_loop_member_destroy(loop, member);
    return;
  }
  rj_loop_member_leave_old(loop, member, now);
  rj_wheel_set(loop->wheel, &member->base.alarm.timer,
               rj_later(rj_host_member_due(&member->base), earliest));
}

void rj_loop_member_feed(rj_loop *loop, rj_loop_member *member, const rj_path *path,
                         const uint8_t *data, size_t length, int64_t now) {
  if (loop->gap >= member->stall && member->woken_turn != loop->turn) {
    member->woken_turn = loop->turn;
    rj_host_member_wake(&member->base, now);
  }
  rj_member_feed(member->base.member, path, data, length, now);
  rj_loop_member_touch(&member->base);
}

int32_t rj_loop_member_suspend(rj_host_member *member, int64_t span, int64_t now,
                               char error[RJ_HOST_ERROR_SIZE]) {
  (void)member;
  (void)span;
  (void)now;
  g_strlcpy(error, "only a simulated client can be suspended; a real one sleeps with its machine",
            RJ_HOST_ERROR_SIZE);
  return STATUS_NOT_SUPPORTED;
}
