/* Servers in the loop: each with a socket of its own, which a crash closes and a restart opens at the same address. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include <limits.h>
#include <string.h>

#include "base/numbers.h"

static const char listen_default[] = "udp://127.0.0.1:0";

static int32_t parse_listen(const char *listen, rj_address *address,
                            char error[RJ_HOST_ERROR_SIZE]) {
  if (listen == NULL)
    listen = listen_default;
  if (g_str_has_prefix(listen, "udp://") &&
      rj_address_parse(listen + strlen("udp://"), RJ_DEFAULT_PORT, address))
    return STATUS_OK;
  g_snprintf(error, RJ_HOST_ERROR_SIZE,
             "listen is \"%.200s\"; it must be udp://ADDRESS:PORT with a numeric address, IPv6 in "
             "brackets (udp://0.0.0.0:7443, udp://[::]:7443)",
             listen);
  return STATUS_INVALID_ARGUMENT;
}

/* Clients on this machine reach a wildcard address at the loopback one. */
static void write_url(rj_loop_server *server) {
  static const uint8_t zero[16];
  rj_address shown = server->address;
  if (memcmp(shown.bytes, zero, sizeof zero) == 0) {
    if (shown.family == RJ_ADDRESS_IPV4)
      memcpy(shown.bytes, (const uint8_t[]){127, 0, 0, 1}, 4);
    else
      shown.bytes[15] = 1;
  }
  char text[RJ_ADDRESS_TEXT_SIZE];
  g_snprintf(server->base.url, sizeof server->base.url, "rejoin://%s",
             rj_address_text(&shown, text));
}

/* On any thread. */
static void hear_news(void *user) {
  rj_loop_server *server = (rj_loop_server *)user;
  if (!atomic_exchange(&server->news, true))
    rj_platform_bell_ring(&((rj_loop *)server->base.host)->bell);
}

/* Opens the socket at server->address and starts the server object; the address then has the real port. */
static int32_t start(rj_loop *loop, rj_loop_server *server, char error[RJ_HOST_ERROR_SIZE]) {
  int32_t status = STATUS_FAILED;
  if (loop->sockets->len >= RJ_LOOP_SOCKETS_MAX) {
    g_strlcpy(error, "edge: this runtime has all the sockets that it can have", RJ_HOST_ERROR_SIZE);
    return STATUS_RESOURCE_LIMITED;
  }
  rj_socket *socket =
      rj_socket_open(&server->address, &server->base, rj_loop_now(loop), &status, error);
  if (socket == NULL)
    return status;
  server->address = socket->bound;
  write_url(server);
  int64_t now = rj_loop_now(loop);
  status = rj_host_server_start(&server->base, now, rj_loop_wall(loop), error);
  if (status != STATUS_OK) {
    rj_socket_close(socket);
    return status;
  }
  server->socket = socket;
  rj_loop_add_socket(loop, socket);
  if (server->bus != NULL)
    server->bus->start(server->bus, hear_news, server);
  rj_loop_server_touch(&server->base);
  return STATUS_OK;
}

rj_host_server *rj_loop_server_new(rj_host *host, const rj_host_server_config *config,
                                   int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_loop *loop = (rj_loop *)host;
  rj_address address;
  *status = parse_listen(config->listen, &address, error);
  if (*status != STATUS_OK)
    return NULL;
  rj_loop_server *server = g_new0(rj_loop_server, 1);
  server->address = address;
  server->gather_for = RJ_LOOP_GATHER_MIN;
  server->stall = rj_host_server_stall(config);
  server->bus = config->bus;
  *status =
      rj_host_server_init(&server->base, host, config, &loop->entropy, rj_loop_wall(loop), error);
  if (*status != STATUS_OK) {
    g_free(server);
    return NULL;
  }
  host->ops->enter(host);
  *status = start(loop, server, error);
  if (*status == STATUS_OK)
    g_ptr_array_add(loop->servers, server);
  host->ops->leave(host);
  if (*status != STATUS_OK) {
    rj_host_server_clear(&server->base);
    g_free(server);
    return NULL;
  }
  return &server->base;
}

static void die(rj_loop *loop, rj_loop_server *server) {
  if (server->bus != NULL)
    server->bus->stop(server->bus);
  server->connected = false;
  rj_wheel_remove(loop->wheel, &server->base.alarm.timer);
  g_clear_pointer(&server->base.server, rj_server_free);
  rj_loop_remove_socket(loop, server->socket);
  server->socket = NULL;
}

static void send_all(rj_loop *loop, rj_loop_server *server, int64_t now) {
  for (;;) {
    rj_datagram datagram = {.data = rj_outbox_buffer(loop->outbox), .capacity = RJ_DATAGRAM_BUFFER};
    if (!rj_server_write(server->base.server, &datagram, now))
      return;
    rj_outbox_post(loop->outbox, server->socket, &datagram.path, datagram.length);
  }
}

static void order_all(rj_loop_server *server) {
  rj_bus_order order;
  while (rj_server_bus_next(server->base.server, &order)) {
    if (server->bus != NULL)
      server->bus->order(server->bus, &order);
  }
}

/* A driver may leave out that it was disconnected, or have lost a connection before the edge knew of it. */
static void tell_connection(rj_loop_server *server, bool connected, int64_t now) {
  if (server->connected)
    rj_server_bus_connected(server->base.server, false, now);
  server->connected = connected;
  if (connected)
    rj_server_bus_connected(server->base.server, true, now);
}

void rj_loop_server_read_bus(rj_loop *loop, rj_loop_server *server) {
  if (server->base.server == NULL || !atomic_exchange(&server->news, false))
    return;
  bool after_stall = loop->gap >= server->stall; /* all that waits must be read */
  int64_t now = rj_loop_now(loop);
  rj_bus_news news;
  for (int left = after_stall ? INT_MAX : RJ_LOOP_NEWS_PER_TURN;; left--) {
    if (left == 0) { /* the next turn comes at once */
      hear_news(server);
      break;
    }
    if (!server->bus->next(server->bus, &news))
      break;
    if (news.kind == RJ_BUS_MESSAGE)
      rj_server_bus_feed(server->base.server, news.subject, news.data, news.length, now);
    else
      tell_connection(server, news.kind == RJ_BUS_CONNECTED, now);
  }
  rj_host_server_note_kicks(&server->base, now);
  rj_loop_server_touch(&server->base);
}

void rj_loop_server_stop(rj_loop *loop, rj_loop_server *server) {
  if (server->base.server == NULL)
    return;
  int64_t now = rj_loop_now(loop);
  rj_server_stop(server->base.server, now);
  send_all(loop, server, now);
  order_all(server);
  die(loop, server);
}

/* Takes it out of the list of dirty ones: it is freed while others hold nothing, but a turn may not have come yet. */
static void forget_dirty(rj_loop *loop, rj_host_server *server) {
  for (rj_host_server **at = &loop->first_dirty_server; *at != NULL; at = &(*at)->next_dirty) {
    if (*at != server)
      continue;
    *at = server->next_dirty;
    if (loop->last_dirty_server == &server->next_dirty)
      loop->last_dirty_server = at;
    return;
  }
}

void rj_loop_server_destroy(rj_loop *loop, rj_loop_server *server) {
  forget_dirty(loop, &server->base);
  g_ptr_array_remove_fast(loop->servers, server);
  rj_host_server_clear(&server->base);
  g_free(server);
}

void rj_loop_server_free(rj_host_server *server) {
  rj_host *host = server->host;
  host->ops->enter(host);
  rj_loop_server_stop((rj_loop *)host, (rj_loop_server *)server);
  rj_loop_server_destroy((rj_loop *)host, (rj_loop_server *)server);
  host->ops->leave(host);
}

void rj_loop_server_touch(rj_host_server *server) {
  rj_loop *loop = (rj_loop *)server->host;
  if (server->dirty)
    return;
  server->dirty = true;
  server->next_dirty = NULL;
  *loop->last_dirty_server = server;
  loop->last_dirty_server = &server->next_dirty;
}

int32_t rj_loop_server_crash(rj_host_server *server) {
  if (server->server == NULL)
    return STATUS_INVALID_STATE;
  die((rj_loop *)server->host, (rj_loop_server *)server);
  return STATUS_OK;
}

int32_t rj_loop_server_restart(rj_host_server *server, char error[RJ_HOST_ERROR_SIZE]) {
  rj_loop *loop = (rj_loop *)server->host;
  rj_loop_server_stop(loop, (rj_loop_server *)server);
  return start(loop, (rj_loop_server *)server, error);
}

void rj_loop_server_care(rj_loop *loop, rj_loop_server *server, int64_t now, int64_t earliest) {
  if (server->base.server == NULL)
    return;
  send_all(loop, server, now);
  order_all(server);
  rj_wheel_set(loop->wheel, &server->base.alarm.timer,
               rj_later(rj_server_deadline(server->base.server), earliest));
}

int32_t rj_loop_server_pause(rj_host_server *server, int64_t span, int64_t now,
                             char error[RJ_HOST_ERROR_SIZE]) {
  (void)server;
  (void)span;
  (void)now;
  g_strlcpy(error, "only a simulated edge can be paused", RJ_HOST_ERROR_SIZE);
  return STATUS_NOT_SUPPORTED;
}

int32_t rj_loop_server_set_bus_faults(rj_host_server *server, const rj_host_bus_faults *faults,
                                      int64_t now, char error[RJ_HOST_ERROR_SIZE]) {
  (void)server;
  (void)faults;
  (void)now;
  g_strlcpy(error, "only the bus of a simulated edge has faults that can be set",
            RJ_HOST_ERROR_SIZE);
  return STATUS_NOT_SUPPORTED;
}
