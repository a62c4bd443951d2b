/* The real host's thread, its lock and its poll. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include <errno.h>
#include <unistd.h>

#include "base/numbers.h"

enum { POLL_BELL, POLL_ALARM, POLL_WATCH, POLL_CONTEXT_MAX = 16, LOCK_PATIENCE = 1000 };

/* ---- the lock */

int64_t rj_loop_now(const rj_loop *loop) {
  return loop->clock == NULL ? rj_platform_now() : loop->clock(loop->base.user);
}

int64_t rj_loop_wall(const rj_loop *loop) {
  if (loop->clock == NULL)
    return rj_platform_wall();
  return rj_platform_wall() +
         (rj_loop_now(loop) - rj_platform_now()); /* it sleeps and wakes, too */
}

static int64_t loop_now(rj_host *host) {
  return rj_loop_now((const rj_loop *)host);
}

static int64_t loop_wall(rj_host *host, int64_t now) {
  (void)now;
  return rj_loop_wall((const rj_loop *)host);
}

static int32_t loop_step_wall(rj_host *host, int64_t step, char error[RJ_HOST_ERROR_SIZE]) {
  (void)host;
  (void)step;
  g_strlcpy(error, "only a simulation's wall clock can be set; this one is the system's",
            RJ_HOST_ERROR_SIZE);
  return STATUS_NOT_SUPPORTED;
}

static int64_t loop_enter(rj_host *host) {
  rj_loop *loop = (rj_loop *)host;
  atomic_fetch_add(&loop->waiting, 1);
  pthread_mutex_lock(&loop->lock);
  atomic_fetch_sub(&loop->waiting, 1);
  return rj_loop_now(loop);
}

static void loop_leave(rj_host *host) {
  rj_loop *loop = (rj_loop *)host;
  if (loop->first_dirty != NULL || loop->first_dirty_server != NULL || loop->base.told)
    rj_loop_ring(loop);
  pthread_mutex_unlock(&loop->lock);
}

/* The mutex is not fair: a busy thread that lets go and takes it again would starve the app's calls. */
static void lock_after_the_others(rj_loop *loop) {
  for (int i = 0; i < LOCK_PATIENCE && atomic_load(&loop->waiting) > 0; i++)
    g_thread_yield();
  pthread_mutex_lock(&loop->lock);
}

void rj_loop_ring(rj_loop *loop) {
  if (loop->rung)
    return;
  loop->rung = true;
  rj_platform_bell_ring(&loop->bell);
}

/* ---- sockets */

void rj_loop_add_socket(rj_loop *loop, rj_socket *socket) {
  g_ptr_array_add(loop->sockets, socket);
  rj_loop_ring(loop); /* the poll under way does not know it yet */
}

/* A descriptor that is closed while another thread polls it lives on until that poll returns, and so does its port. */
static void end_poll(rj_loop *loop) {
  rj_loop_ring(loop);
  while (
      atomic_load(&loop->polling)) /* the thread comes out and waits for the lock, which is ours */
    g_thread_yield();
}

void rj_loop_remove_socket(rj_loop *loop, rj_socket *socket) {
  rj_outbox_flush(loop->outbox);
  socket->leaving = true;
  if (loop->in_turn)
    return; /* the turn is walking over the sockets and closes it at its end */
  end_poll(loop);
  g_ptr_array_remove_fast(loop->sockets, socket);
  rj_socket_close(socket);
}

/* ---- the poll */

static void add_fd(GArray *fds, int fd, short events) {
  struct pollfd entry = {.fd = fd, .events = events};
  g_array_append_val(fds, entry);
}

/* What to wait for; with the lock held. A negative descriptor is not looked at. */
static void list_fds(rj_loop *loop, GArray *fds) {
  g_array_set_size(fds, 0);
  add_fd(fds, loop->bell.ear, POLLIN);
  add_fd(fds, loop->alarm, POLLIN);
  /* one piece of news is enough until the routes were looked at */
  add_fd(fds, loop->networks.look_at == RJ_NEVER ? loop->networks.watch : -1, POLLIN);
  for (guint i = 0; i < loop->sockets->len; i++) {
    rj_socket *socket = (rj_socket *)g_ptr_array_index(loop->sockets, i);
    int events = (socket->gathering ? 0 : POLLIN) | (socket->backlog.length > 0 ? POLLOUT : 0);
    bool rests = events == 0 || socket->taken_away;
    socket->poll_index = (int)fds->len;
    add_fd(fds, rests ? -1 : socket->fd, (short)events);
  }
}

/* ns to ms for poll: never too short. */
static int timeout_until(int64_t when, int64_t now) {
  if (when == RJ_NEVER)
    return -1;
  int64_t ms = (when - now + RJ_MILLISECOND - 1) / RJ_MILLISECOND;
  return ms < 0 ? 0 : ms > G_MAXINT ? G_MAXINT : (int)ms;
}

/* Sets the alarm when it would ring too late; it may ring too early, which costs one look. Returns poll's timeout. */
static int set_alarm(rj_loop *loop) {
  int64_t deadline = rj_loop_deadline(loop), now = rj_loop_now(loop);
  int64_t gather = loop->gather_until == 0 ? RJ_NEVER : loop->gather_until;
  if (loop->alarm < 0)
    return timeout_until(rj_earlier(deadline, gather), now);
  if (deadline < loop->armed || loop->armed <= now) {
    bool is_systems = loop->clock == NULL || deadline == RJ_NEVER;
    rj_platform_alarm_set(loop->alarm,
                          is_systems ? deadline : rj_platform_now() + (deadline - now));
    loop->armed = deadline;
  }
  return timeout_until(gather, now);
}

static void wait_for(rj_loop *loop, GArray *fds, int timeout) {
  poll((struct pollfd *)(void *)fds->data, fds->len, timeout);
  atomic_store(&loop->polling, false);
}

static int shorter(int a, int b) {
  return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Name lookups come back through the GMainContext; while there are some its descriptors are polled with ours. */
static void wait_with_context(rj_loop *loop, GArray *fds, int timeout) {
  GPollFD wanted[POLL_CONTEXT_MAX];
  gint priority, most;
  guint ours = fds->len;
  g_main_context_prepare(loop->context, &priority);
  gint count = g_main_context_query(loop->context, priority, &most, wanted, POLL_CONTEXT_MAX);
  if (count > POLL_CONTEXT_MAX) { /* more than we look at: look again soon */
    count = POLL_CONTEXT_MAX;
    most = 1;
  }
  for (gint i = 0; i < count; i++)
    add_fd(fds, wanted[i].fd, (short)wanted[i].events);
  wait_for(loop, fds, shorter(timeout, most));
  for (gint i = 0; i < count; i++)
    wanted[i].revents = (gushort)g_array_index(fds, struct pollfd, ours + (guint)i).revents;
  g_main_context_check(loop->context, priority, wanted, count);
  g_main_context_dispatch(loop->context);
}

/* Outside the poll too: what it calls may remove sockets, which waits for the poll's end. */
static void let_go(rj_loop *loop) {
  loop->base.told = false;
  if (loop->base.let_go == NULL)
    return;
  pthread_mutex_unlock(&loop->lock);
  loop->base.let_go(loop->base.user);
  lock_after_the_others(loop);
}

static gpointer run(gpointer data) {
  rj_loop *loop = (rj_loop *)data;
  GArray *fds = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
  g_main_context_push_thread_default(loop->context);
  gboolean owner = g_main_context_acquire(loop->context);
  g_assert(owner);
  pthread_mutex_lock(&loop->lock);
  while (!loop->stopped) {
    list_fds(loop, fds);
    int timeout = set_alarm(loop);
    bool lookups = rj_resolver_is_busy(loop->resolver);
    atomic_store(&loop->polling, true);
    pthread_mutex_unlock(&loop->lock);

    if (lookups)
      wait_with_context(loop, fds, timeout);
    else
      wait_for(loop, fds, timeout);

    lock_after_the_others(loop);
    const struct pollfd *polled = (const struct pollfd *)(void *)fds->data;
    if (polled[POLL_BELL].revents != 0) {
      rj_platform_bell_clear(&loop->bell);
      loop->rung = false;
    }
    if (polled[POLL_ALARM].revents != 0)
      rj_platform_alarm_clear(loop->alarm);
    if (polled[POLL_WATCH].revents != 0)
      rj_loop_networks_news(loop);
    rj_loop_turn(loop, polled);
    if (loop->base.told)
      let_go(loop);
  }
  pthread_mutex_unlock(&loop->lock);
  rj_resolver_free(loop->resolver);
  g_main_context_release(loop->context);
  g_main_context_pop_thread_default(loop->context);
  g_array_unref(fds);
  return NULL;
}

/* A name was looked up: everybody who waits for it gets the answer. */
static void resolved(void *user, const rj_lookup *lookup, const rj_address *addresses,
                     size_t count) {
  rj_loop *loop = (rj_loop *)user;
  size_t cursor = 0;
  uint64_t key;
  void *value;
  pthread_mutex_lock(&loop->lock);
  while (rj_map_next(loop->members, &cursor, &key, &value)) {
    rj_loop_member *member = (rj_loop_member *)value;
    if (member->lookup == lookup)
      rj_loop_member_resolved(loop, member, addresses, count);
  }
  pthread_mutex_unlock(&loop->lock);
}

/* ---- life and death */

static int32_t loop_run(rj_host *host, int64_t until, bool (*stop)(void *user), void *user,
                        bool *stopped) {
  (void)host, (void)until, (void)stop, (void)user;
  *stopped = false;
  return STATUS_NOT_SUPPORTED;
}

/* The thread has ended, or was never there. */
static void destroy(rj_loop *loop) {
  size_t cursor = 0;
  uint64_t key;
  void *value;
  while (loop->members != NULL && rj_map_next(loop->members, &cursor, &key, &value))
    rj_loop_member_destroy(loop, (rj_loop_member *)value);
  while (loop->servers->len > 0) {
    rj_loop_server *server = (rj_loop_server *)g_ptr_array_index(loop->servers, 0);
    rj_loop_server_stop(loop, server);
    rj_loop_server_destroy(loop, server);
  }
  for (int i = 0; i < 2; i++) {
    if (loop->shared[i] != NULL)
      rj_loop_remove_socket(loop, loop->shared[i]);
  }
  g_assert(loop->sockets->len == 0);
  if (loop->port != NULL)
    rj_port_free(loop->port);
  if (loop->alarm >= 0)
    close(loop->alarm);
  rj_loop_networks_clear(loop);
  if (loop->bell.ear >= 0)
    rj_platform_bell_close(&loop->bell);
  if (loop->wheel != NULL)
    rj_wheel_free(loop->wheel);
  if (loop->members != NULL)
    rj_map_free(loop->members);
  if (loop->by_member != NULL)
    rj_map_free(loop->by_member);
  rj_delay_line_free(loop->line);
  rj_inbox_free(loop->inbox);
  rj_outbox_free(loop->outbox);
  g_ptr_array_unref(loop->servers);
  g_ptr_array_unref(loop->sockets);
  g_main_context_unref(loop->context);
  rj_trust_pool_free(loop->base.trust_pool);
  pthread_mutex_destroy(&loop->lock);
  g_free(loop);
}

static void loop_free(rj_host *host) {
  rj_loop *loop = (rj_loop *)host;
  size_t cursor = 0;
  uint64_t key;
  void *value;
  int64_t now = loop_enter(host);
  loop->closing = true;
  loop->close_at = now + RJ_RUNTIME_GOODBYE_WAIT;
  while (rj_map_next(loop->members, &cursor, &key, &value)) {
    rj_loop_member *member = (rj_loop_member *)value;
    if (!member->base.retired)
      rj_loop_member_retire(loop, member, now);
  }
  rj_loop_ring(loop);
  loop_leave(host);
  g_thread_join(loop->thread);
  destroy(loop);
}

static const rj_host_ops loop_ops = {
    .free = loop_free,
    .now = loop_now,
    .wall = loop_wall,
    .enter = loop_enter,
    .leave = loop_leave,
    .step_wall = loop_step_wall,
    .run = loop_run,
    .member_new = rj_loop_member_new,
    .member_free = rj_loop_member_free,
    .member_touch = rj_loop_member_touch,
    .member_network_changed = rj_loop_member_network_changed,
    .member_change_path = rj_loop_member_change_path,
    .member_suspend = rj_loop_member_suspend,
    .server_new = rj_loop_server_new,
    .server_free = rj_loop_server_free,
    .server_touch = rj_loop_server_touch,
    .server_crash = rj_loop_server_crash,
    .server_restart = rj_loop_server_restart,
    .server_pause = rj_loop_server_pause,
    .server_set_bus_faults = rj_loop_server_set_bus_faults,
};

static rj_port *new_port(rj_loop *loop) {
  const rj_port_config config = {
      .entropy = &loop->entropy,
      .links_max = RJ_LOOP_LINKS_MAX,
      .idle_timeout = RJ_CLIENT_IDLE_TIMEOUT,
      .handshake_timeout = RJ_CLIENT_HANDSHAKE_TIMEOUT,
  };
  return rj_port_new(&config);
}

rj_host *rj_loop_host_new(const rj_host_config *config, int32_t *status,
                          char error[RJ_HOST_ERROR_SIZE]) {
  GError *why = NULL;
  rj_loop *loop = g_new0(rj_loop, 1);
  loop->base.ops = &loop_ops;
  loop->base.trust_pool = rj_trust_pool_new();
  loop->base.let_go = config->let_go;
  loop->base.user = config->user;
  loop->clock = config->clock;
  pthread_mutex_init(&loop->lock, NULL);
  loop->entropy = (rj_entropy){rj_platform_random, NULL};
  loop->servers = g_ptr_array_new();
  loop->sockets = g_ptr_array_new();
  loop->context = g_main_context_new();
  loop->line = rj_delay_line_new();
  loop->line_alarm.kind = RJ_ALARM_LINE;
  loop->inbox = rj_inbox_new();
  loop->outbox = rj_outbox_new();
  loop->last_dirty = &loop->first_dirty;
  loop->last_dirty_server = &loop->first_dirty_server;
  loop->last_look = rj_loop_now(loop);
  loop->armed = RJ_NEVER;
  loop->stall = RJ_NEVER;
  loop->alarm = rj_platform_alarm_open();
  rj_loop_networks_init(loop);
  loop->bell.ear = -1;
  loop->wheel = rj_wheel_new(loop->last_look);
  loop->members = rj_map_new();
  loop->by_member = rj_map_new();
  loop->port = new_port(loop);
  if (loop->wheel == NULL || loop->members == NULL || loop->by_member == NULL ||
      loop->port == NULL) {
    g_strlcpy(error, "runtime: out of memory", RJ_HOST_ERROR_SIZE);
    goto fail;
  }
  if (!rj_platform_bell_open(&loop->bell)) {
    loop->bell.ear = -1;
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "runtime: no descriptor to wake its thread: %s",
               g_strerror(errno));
    goto fail;
  }
  loop->resolver = rj_resolver_new(loop->context, resolved, loop);
  loop->thread = g_thread_try_new("rejoin", run, loop, &why);
  if (loop->thread == NULL) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "runtime: no thread: %s", why->message);
    g_error_free(why);
    rj_resolver_free(loop->resolver);
    goto fail;
  }
  *status = STATUS_OK;
  return &loop->base;

fail:
  *status = STATUS_RESOURCE_LIMITED;
  destroy(loop);
  return NULL;
}
