/* UDP sockets: opened, read, lost and opened again. */
#define _GNU_SOURCE
#ifdef __APPLE__
#define __APPLE_USE_RFC_3542 /* for IPV6_RECVPKTINFO */
#endif
#include "host/loop/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/numbers.h"
#include "host/loop/outbox.h"
#include "host/loop/platform.h"
#include "host/loop/sockaddr.h"

enum { KERNEL_BUFFER = 4 << 20 }; /* bytes asked for; the system may give less */

static bool is_any(const rj_address *address) {
  static const uint8_t zero[16];
  return memcmp(address->bytes, zero, sizeof zero) == 0;
}

/* What cannot be set is not worth failing for. */
static void set_option(int fd, int level, int name, int value) {
  int result = setsockopt(fd, level, name, &value, sizeof value);
  (void)result;
}

static void set_options(int fd, const rj_address *address, bool server) {
  bool any = is_any(address), six = address->family == RJ_ADDRESS_IPV6;
  bool four = !six || (server && any); /* an edge at [::] is there for both families */
  set_option(fd, SOL_SOCKET, SO_RCVBUF, KERNEL_BUFFER);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER);
  if (six)
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !four);
    /* QUIC packets must not be fragmented; PROBE ignores what ICMP says about the path's size */
#ifdef IP_PMTUDISC_PROBE
  if (four)
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (six)
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
#elif defined IP_DONTFRAG
  if (four)
    set_option(fd, IPPROTO_IP, IP_DONTFRAG, 1);
  if (six)
    set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
#endif
  if (any && six)
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else if (any)
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

/* A bound descriptor; -1 and errno. *bound gets the real port. */
static int open_bound(const rj_address *address, bool server, rj_address *bound) {
  rj_sockaddr name;
  socklen_t length = rj_sockaddr_from(address, &name);
  int fd = rj_platform_socket(name.any.sa_family);
  if (fd < 0)
    return -1;
  set_options(fd, address, server);
  socklen_t got = sizeof name;
  if (bind(fd, &name.any, length) != 0 || getsockname(fd, &name.any, &got) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  *bound = *address;
  rj_address real;
  if (rj_sockaddr_to(&name, got, &real))
    bound->port = real.port;
  return fd;
}

static int32_t explain(const rj_address *address, bool server, int error_number,
                       char error[RJ_HOST_ERROR_SIZE]) {
  char text[RJ_ADDRESS_TEXT_SIZE];
  const char *hint = "";
  int32_t status = STATUS_REFUSED;
  if (error_number == EADDRINUSE)
    hint = server ? " (is another rejoin-edge running?)" : "";
  else if (error_number == EADDRNOTAVAIL)
    hint = " (it is not an address of this machine)";
  else if (error_number == EACCES || error_number == EPERM)
    hint = " (ports below 1024 need a privilege)";
  else
    status = STATUS_RESOURCE_LIMITED;
  const char *reason = g_strerror(error_number);
  g_snprintf(error, RJ_HOST_ERROR_SIZE, "%s udp://%s: %c%s%s", server ? "listen" : "socket",
             rj_address_text(address, text), g_ascii_tolower(reason[0]),
             reason[0] == '\0' ? "" : reason + 1, hint);
  return status;
}

rj_socket *rj_socket_open(const rj_address *address, rj_host_server *server, int64_t now,
                          int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_address bound;
  int fd = open_bound(address, server != NULL, &bound);
  if (fd < 0) {
    *status = explain(address, server != NULL, errno, error);
    return NULL;
  }
  rj_socket *s = g_new0(rj_socket, 1);
  s->fd = fd;
  s->bound = bound;
  s->any_address = is_any(address);
  s->server = server;
  s->poll_index = -1;
  s->opened_at = now;
  s->reopen_wait = RJ_SOCKET_REOPEN_EVERY;
  s->reopen_at = now + s->reopen_wait;
  g_queue_init(&s->backlog);
  return s;
}

/* The number may be somebody else's by now: a descriptor that is not bound as ours was is left alone. */
static bool is_still_ours(const rj_socket *s) {
  rj_sockaddr name;
  socklen_t length = sizeof name;
  rj_address address;
  return s->fd >= 0 && getsockname(s->fd, &name.any, &length) == 0 &&
         rj_sockaddr_to(&name, length, &address) && address.family == s->bound.family &&
         address.port == s->bound.port;
}

bool rj_socket_reopen(rj_socket *s, int64_t now) {
  rj_address bound, wanted = s->bound;
  if (is_still_ours(s))
    close(s->fd);
  s->fd = open_bound(&wanted, s->server != NULL, &bound);
  if (s->fd < 0 && s->server == NULL) { /* a client's port may change … */
    wanted.port = 0;
    s->fd = open_bound(&wanted, s->server != NULL, &bound);
  }
  if (s->fd < 0 && s->server == NULL) { /* … and its address, if that is gone */
    wanted = (rj_address){.family = wanted.family};
    s->fd = open_bound(&wanted, s->server != NULL, &bound);
  }
  s->poll_index = -1;
  s->reopen_at = now + s->reopen_wait;
  if (s->fd < 0)
    return false;
  s->reopen_wait = now - s->opened_at >= RJ_SOCKET_LASTED
                       ? RJ_SOCKET_REOPEN_EVERY
                       : rj_earlier(2 * s->reopen_wait, RJ_SOCKET_REOPEN_LONGEST);
  s->opened_at = now;
  s->bound = bound;
  s->any_address = is_any(&bound);
  s->taken_away = false;
  return true;
}

void rj_socket_close(rj_socket *s) {
  if (!s->taken_away || is_still_ours(s))
    close(s->fd);
  rj_outbox_drop_backlog(s);
  g_free(s);
}

bool rj_socket_error_is_final(const rj_socket *s, int error) {
  switch (error) {
  case EBADF:
  case ENOTSOCK:
  case ENETDOWN:
  case ENOTCONN:
  case EPIPE:
  case ENODEV:
  case ENXIO:
    return true;
  case EINVAL:
  case EADDRNOTAVAIL: /* the address that it is bound to is gone */
    return s->server == NULL && !s->any_address;
  default:
    return false;
  }
}

/* ---- reading */

typedef struct {
  rj_sockaddr from;
  struct iovec vector;
  _Alignas(struct cmsghdr) uint8_t control[RJ_CONTROL_SIZE];
  uint8_t data[RJ_DATAGRAM_BUFFER];
} letter;

struct rj_inbox {
  rj_message messages[RJ_SOCKET_BATCH];
  letter letters[RJ_SOCKET_BATCH];
  const rj_socket *socket;
};

rj_inbox *rj_inbox_new(void) {
  rj_inbox *inbox = g_new0(rj_inbox, 1);
  for (size_t i = 0; i < RJ_SOCKET_BATCH; i++) {
    letter *l = &inbox->letters[i];
    l->vector = (struct iovec){l->data, sizeof l->data};
    inbox->messages[i].header.msg_name = &l->from;
    inbox->messages[i].header.msg_iov = &l->vector;
    inbox->messages[i].header.msg_iovlen = 1;
  }
  return inbox;
}

void rj_inbox_free(rj_inbox *inbox) {
  g_free(inbox);
}

size_t rj_inbox_read(rj_inbox *inbox, rj_socket *s) {
  for (size_t i = 0; i < RJ_SOCKET_BATCH; i++) {
    struct msghdr *header = &inbox->messages[i].header;
    header->msg_namelen = sizeof inbox->letters[i].from;
    header->msg_control = s->any_address ? inbox->letters[i].control : NULL;
    header->msg_controllen = s->any_address ? RJ_CONTROL_SIZE : 0;
  }
  inbox->socket = s;
  for (int attempt = 0; attempt < 3; attempt++) { /* a pending ICMP error is read away */
    int n = rj_platform_receive(s->fd, inbox->messages, RJ_SOCKET_BATCH);
    if (n >= 0)
      return (size_t)n;
    if (rj_socket_error_is_final(s, -n)) {
      s->taken_away = true;
      return 0;
    }
    if (n == -EAGAIN || n == -EWOULDBLOCK)
      return 0;
  }
  return 0;
}

bool rj_inbox_get(const rj_inbox *inbox, size_t n, rj_path *path, const uint8_t **data,
                  size_t *length) {
  rj_message *message = (rj_message *)&inbox->messages[n];
  const letter *l = &inbox->letters[n];
  if (!rj_sockaddr_to(&l->from, message->header.msg_namelen, &path->remote))
    return false;
  if ((message->header.msg_flags & MSG_TRUNC) != 0)
    return false;
  path->local = (rj_address){0};
  if (inbox->socket->server != NULL) {
    /* a client never learns its own address: it stays "unknown" on all its paths */
    path->local = inbox->socket->bound;
    if (inbox->socket->any_address && rj_sockaddr_get_local(&message->header, &path->local))
      path->local.port = inbox->socket->bound.port;
  }
  *data = l->data;
  *length = message->length;
  return true;
}
