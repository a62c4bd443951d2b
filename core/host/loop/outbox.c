/* Batches of datagrams to send, and each socket's backlog. */
#define _GNU_SOURCE
#include "host/loop/outbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "host/loop/platform.h"
#include "host/loop/sockaddr.h"

typedef struct {
  rj_socket *socket;
  rj_path path;
  rj_sockaddr to;
  struct iovec vector;
  _Alignas(struct cmsghdr) uint8_t control[RJ_CONTROL_SIZE];
  uint8_t data[RJ_DATAGRAM_BUFFER];
} letter;

/* A datagram in a socket's backlog. */
typedef struct {
  rj_path path;
  size_t length;
  uint8_t data[];
} parked;

struct rj_outbox {
  size_t count;
  rj_message messages[RJ_SOCKET_BATCH];
  letter letters[RJ_SOCKET_BATCH];
};

rj_outbox *rj_outbox_new(void) {
  rj_outbox *outbox = g_new0(rj_outbox, 1);
  for (size_t i = 0; i < RJ_SOCKET_BATCH; i++) {
    letter *l = &outbox->letters[i];
    l->vector.iov_base = l->data;
    outbox->messages[i].header.msg_name = &l->to;
    outbox->messages[i].header.msg_iov = &l->vector;
    outbox->messages[i].header.msg_iovlen = 1;
  }
  return outbox;
}

void rj_outbox_free(rj_outbox *outbox) {
  g_free(outbox);
}

uint8_t *rj_outbox_buffer(rj_outbox *outbox) {
  if (outbox->count == RJ_SOCKET_BATCH)
    rj_outbox_flush(outbox);
  return outbox->letters[outbox->count].data;
}

void rj_outbox_post(rj_outbox *outbox, rj_socket *socket, const rj_path *path, size_t length) {
  g_assert(outbox->count < RJ_SOCKET_BATCH && length <= RJ_DATAGRAM_BUFFER);
  letter *l = &outbox->letters[outbox->count];
  struct msghdr *header = &outbox->messages[outbox->count].header;
  outbox->count++;
  l->socket = socket;
  l->path = *path;
  l->vector.iov_len = length;
  header->msg_namelen = rj_sockaddr_for(socket->bound.family, &path->remote, &l->to);
  header->msg_control = NULL;
  header->msg_controllen = 0;
  /* A server answers from where it was asked; a client's way is the system's choice, as its routes are at that moment. */
  if (socket->any_address && socket->server != NULL && path->local.family != RJ_ADDRESS_NONE) {
    header->msg_control = l->control;
    rj_sockaddr_put_local(header, socket->bound.family, &path->local);
  }
}

static void park(rj_socket *socket, const rj_path *path, const uint8_t *data, size_t length) {
  if (socket->backlog.length >= RJ_SOCKET_BACKLOG_MAX)
    return; /* lost, as in any full queue of the network */
  parked *p = g_malloc(sizeof *p + length);
  p->path = *path;
  p->length = length;
  memcpy(p->data, data, length);
  g_queue_push_tail(&socket->backlog, p);
}

/* Sends letters [from, to) of one socket. */
static void send_run(rj_outbox *outbox, size_t from, size_t to) {
  rj_socket *socket = outbox->letters[from].socket;
  bool full = socket->backlog.length > 0; /* what waits goes first */
  int refused = 0;
  while (from < to && !full && !socket->taken_away) {
    int n = rj_platform_send(socket->fd, &outbox->messages[from], (unsigned int)(to - from));
    if (n > 0) {
      from += (size_t)n;
      refused = 0;
    } else if (n == -EAGAIN || n == -EWOULDBLOCK || n == -ENOBUFS) {
      full = true;
    } else if (rj_socket_error_is_final(socket, -n)) {
      socket->taken_away = true;
    } else if (n == -ECONNREFUSED && refused++ == 0) {
      continue; /* an ICMP error about an earlier datagram: this one was not tried */
    } else {
      from++; /* no route, too big, not permitted: this one is lost, nothing else */
      refused = 0;
      socket->no_way |= n == -ENETUNREACH || n == -EHOSTUNREACH || n == -EADDRNOTAVAIL;
    }
  }
  for (; from < to && full; from++) {
    const letter *l = &outbox->letters[from];
    park(socket, &l->path, l->data, l->vector.iov_len);
  }
}

void rj_outbox_flush(rj_outbox *outbox) {
  for (size_t from = 0, to; from < outbox->count; from = to) {
    for (to = from + 1; to < outbox->count; to++) {
      if (outbox->letters[to].socket != outbox->letters[from].socket)
        break;
    }
    send_run(outbox, from, to);
  }
  outbox->count = 0;
}

void rj_outbox_send_backlog(rj_outbox *outbox, rj_socket *socket) {
  rj_outbox_flush(outbox);
  GQueue waiting = socket->backlog;
  g_queue_init(&socket->backlog);
  for (parked *p; (p = (parked *)g_queue_pop_head(&waiting)) != NULL; g_free(p)) {
    memcpy(rj_outbox_buffer(outbox), p->data, p->length);
    rj_outbox_post(outbox, socket, &p->path, p->length);
  }
  rj_outbox_flush(outbox);
}

void rj_outbox_drop_backlog(rj_socket *socket) {
  g_queue_clear_full(&socket->backlog, g_free);
}
