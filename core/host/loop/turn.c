/* One turn of the loop: packets first, then what calls left to do, then timers (SPEC section 2), then everything is sent. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include <limits.h>

static void feed(rj_loop *loop, rj_socket *socket, const rj_path *path, const uint8_t *data,
                 size_t length, int64_t now) {
  if (socket->server == NULL) {
    rj_loop_receive(loop, socket, path, data, length, now);
    return;
  }
  rj_server_feed(socket->server->server, path, data, length, now);
  rj_loop_server_touch(socket->server);
}

/* A server's socket after a standstill: all that waits is to be read, whatever the poll said before it. */
static bool is_after_stall(const rj_loop *loop, const rj_socket *socket) {
  return socket->server != NULL && loop->gap >= ((const rj_loop_server *)socket->server)->stall;
}

static void read_socket(rj_loop *loop, rj_socket *socket) {
  int batches = is_after_stall(loop, socket) ? RJ_LOOP_READS_AFTER_STALL : RJ_LOOP_READS_PER_TURN;
  for (; batches > 0; batches--) {
    size_t count = rj_inbox_read(loop->inbox, socket);
    int64_t now = rj_loop_now(loop);
    for (size_t i = 0; i < count; i++) {
      rj_path path;
      const uint8_t *data;
      size_t length;
      if (rj_inbox_get(loop->inbox, i, &path, &data, &length))
        feed(loop, socket, &path, data, length, now);
    }
    socket->received += count;
    rj_loop_care_for_dirty(loop, rj_loop_now(loop)); /* acknowledgements leave with each batch */
    rj_outbox_flush(loop->outbox);
    if (count < RJ_SOCKET_BATCH || socket->leaving)
      return;
    if (atomic_load(&loop->waiting) > 0 && !is_after_stall(loop, socket))
      return; /* a call has its turn; what is left keeps the socket readable */
  }
}

static void read_sockets(rj_loop *loop, const struct pollfd *polled, bool gathered) {
  for (guint i = 0; i < loop->sockets->len; i++) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    int found = socket->poll_index < 0 ? 0 : polled[socket->poll_index].revents;
    socket->received = 0;
    if (socket->taken_away || socket->leaving)
      continue;
    if ((found & POLLOUT) != 0)
      rj_outbox_send_backlog(loop->outbox, socket);
    if ((found & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0 || (socket->gathering && gathered) ||
        is_after_stall(loop, socket))
      read_socket(loop, socket);
  }
}

/* The wall clock may have been set anew since the last look. */
static void set_wall_clocks(rj_loop *loop, int64_t now) {
  int64_t offset = rj_loop_wall(loop) - now;
  for (guint i = 0; i < loop->servers->len; i++) {
    const rj_host_server *server = (const rj_host_server *)g_ptr_array_index(loop->servers, i);
    if (server->server != NULL)
      rj_server_set_wall_offset(server->server, offset);
  }
}

static void read_buses(rj_loop *loop) {
  for (guint i = 0; i < loop->servers->len; i++)
    rj_loop_server_read_bus(loop, (rj_loop_server *)g_ptr_array_index(loop->servers, i));
}

/* A server whose loop stood still does not hold the silence against its members. */
static void forgive_stall(rj_loop *loop) {
  for (guint i = 0; i < loop->servers->len; i++) {
    rj_loop_server *server = (rj_loop_server *)g_ptr_array_index(loop->servers, i);
    if (server->base.server == NULL || !server->watched || loop->gap < server->stall)
      continue;
    rj_server_stalled(server->base.server, loop->gap, rj_loop_now(loop));
    rj_loop_server_touch(&server->base);
  }
}

void rj_loop_care_for_dirty(rj_loop *loop, int64_t now) {
  rj_host_member *member = loop->first_dirty;
  loop->first_dirty = NULL;
  loop->last_dirty = &loop->first_dirty;
  while (member != NULL) {
    rj_host_member *next = member->next_dirty;
    member->dirty = false;
    rj_loop_member_care(loop, (rj_loop_member *)member, now, 0);
    member = next;
  }
  rj_host_server *server = loop->first_dirty_server;
  loop->first_dirty_server = NULL;
  loop->last_dirty_server = &loop->first_dirty_server;
  while (server != NULL) {
    rj_host_server *next = server->next_dirty;
    server->dirty = false;
    rj_loop_server_care(loop, (rj_loop_server *)server, now, 0);
    server = next;
  }
}

/* Of thousands of attempts that begin at one moment some wait for the next turn: else the answers to the first would be read
 * when their time is over, and no attempt would ever succeed. After a standstill all that is overdue runs (SPEC section 2). */
static void run_timers(rj_loop *loop) {
  int64_t now = rj_loop_now(loop);
  int left = loop->gap >= loop->stall ? INT_MAX : RJ_LOOP_TIMERS_PER_TURN;
  for (rj_timer *timer; left > 0 && (timer = rj_wheel_pop(loop->wheel, now)) != NULL; left--) {
    rj_alarm *alarm = (rj_alarm *)timer;
    if (alarm->kind == RJ_ALARM_MEMBER) {
      rj_loop_member *member = (rj_loop_member *)alarm;
      rj_host_member_wake(&member->base, now);
      rj_loop_member_care(loop, member, now, now + RJ_LOOP_TICK);
    } else if (alarm->kind == RJ_ALARM_SERVER) {
      rj_loop_server *server = (rj_loop_server *)alarm;
      rj_server_wake(server->base.server, now);
      rj_loop_server_care(loop, server, now, now + RJ_LOOP_TICK);
    } else {
      rj_loop_run_line(loop, now);
      rj_loop_care_for_dirty(loop, now); /* the next timer may be one of theirs */
    }
  }
}

static void reopen_sockets(rj_loop *loop, int64_t now) {
  for (guint i = 0; i < loop->sockets->len; i++) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    if (!socket->taken_away || socket->leaving || now < socket->reopen_at)
      continue;
    if (rj_socket_reopen(socket, now) && socket->server == NULL)
      rj_loop_socket_renewed(loop, socket);
  }
}

/* Datagrams that found no way in this turn: the networks may have changed. */
static void look_for_doubts(rj_loop *loop, int64_t now) {
  for (guint i = 0; i < loop->sockets->len; i++) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    if (socket->no_way && socket->server == NULL)
      rj_loop_networks_doubt(loop, now);
    socket->no_way = false;
  }
}

/* Many members that only beat. */
static bool is_idling(rj_loop_server *server, int64_t now) {
  rj_server_counters counters;
  rj_server_counters_get(server->base.server, &counters);
  uint64_t arrivals = counters.joins + counters.rejoins;
  if (arrivals != server->arrivals)
    server->arrived_at = now;
  server->arrivals = arrivals;
  return counters.sessions > RJ_LOOP_GATHER_ABOVE && counters.waiting == 0;
}

/* Shorter when more came than should, longer when it was less than half of that. */
static int64_t gather_for(rj_loop_server *server, uint64_t received, int64_t now) {
  if (received > RJ_LOOP_GATHER_MOST)
    server->gather_for = rj_later(server->gather_for / 2, RJ_LOOP_GATHER_MIN);
  else if (received < RJ_LOOP_GATHER_MOST / 2)
    server->gather_for = rj_earlier(server->gather_for * 5 / 4, RJ_LOOP_GATHER_MAX);
  bool is_busy = server->arrived_at > 0 && now - server->arrived_at < RJ_LOOP_BUSY_FOR;
  return is_busy ? rj_earlier(server->gather_for, RJ_LOOP_GATHER_BUSY) : server->gather_for;
}

/* Sockets of busy servers rest for a moment, so that the next look finds more than one packet. */
static void gather(rj_loop *loop, int64_t now) {
  loop->gather_until = 0;
  int64_t until = RJ_NEVER;
  for (guint i = 0; i < loop->sockets->len; i++) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    rj_loop_server *server = (rj_loop_server *)socket->server;
    socket->gathering = server != NULL && socket->received > 0 && is_idling(server, now);
    if (socket->gathering)
      until = rj_earlier(until, now + gather_for(server, socket->received, now));
  }
  loop->gather_until = until == RJ_NEVER ? 0 : until;
}

static void close_leaving(rj_loop *loop) {
  for (guint i = loop->sockets->len; i-- > 0;) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    if (!socket->leaving)
      continue;
    g_ptr_array_remove_index_fast(loop->sockets, i);
    rj_socket_close(socket);
  }
}

void rj_loop_turn(rj_loop *loop, const struct pollfd *polled) {
  int64_t now = rj_loop_now(loop);
  bool gathered = loop->gather_until != 0 && now >= loop->gather_until;
  loop->in_turn = true;
  loop->turn++;
  loop->gap = now - loop->last_look;
  set_wall_clocks(loop, now);
  read_sockets(loop, polled, gathered);
  read_buses(loop);
  forgive_stall(loop);
  reopen_sockets(loop, now);
  if (now >= loop->networks.look_at)
    rj_loop_networks_look(loop);
  rj_loop_care_for_dirty(loop, rj_loop_now(loop));
  run_timers(loop);
  rj_outbox_flush(loop->outbox);
  loop->in_turn = false;
  close_leaving(loop);
  look_for_doubts(loop, now);
  now = rj_loop_now(loop);
  if (loop->gather_until == 0 || gathered)
    gather(loop, now);
  if (loop->closing && (loop->retired == 0 || now >= loop->close_at))
    loop->stopped = true;
  loop->last_look = now;
}

int64_t rj_loop_deadline(rj_loop *loop) {
  int64_t deadline = rj_wheel_deadline(loop->wheel);
  deadline = rj_earlier(deadline, loop->networks.look_at);
  if (loop->closing)
    deadline = rj_earlier(deadline, loop->close_at);
  for (guint i = 0; i < loop->servers->len; i++) {
    /* a standstill can only be told from idleness by a thread that looks regularly */
    rj_loop_server *server = (rj_loop_server *)g_ptr_array_index(loop->servers, i);
    server->watched =
        server->base.server != NULL && rj_server_deadline(server->base.server) != RJ_NEVER;
    if (server->watched)
      deadline = rj_earlier(deadline, loop->last_look + server->stall / 2);
  }
  for (guint i = 0; i < loop->sockets->len; i++) {
    const rj_socket *socket = (const rj_socket *)g_ptr_array_index(loop->sockets, i);
    if (socket->taken_away)
      deadline = rj_earlier(deadline, socket->reopen_at);
  }
  return deadline;
}
