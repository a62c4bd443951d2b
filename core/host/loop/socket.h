/* A UDP socket of the loop: opening and binding it with words for what fails, and reading it in batches. */
#ifndef RJ_HOST_LOOP_SOCKET_H
#define RJ_HOST_LOOP_SOCKET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/time.h"
#include "host/host.h"
#include "link/link.h"

enum {
  RJ_SOCKET_BATCH = 64,        /* datagrams read or written with one call */
  RJ_SOCKET_BACKLOG_MAX = 1024 /* datagrams that wait until the socket takes more; beyond: lost */
};

/* The least time between two attempts to open a socket that the system took away. Where it is taken away again and again it
 * doubles, up to the longest, until one lasted long enough. */
#define RJ_SOCKET_REOPEN_EVERY   (1 * RJ_SECOND)
#define RJ_SOCKET_REOPEN_LONGEST (32 * RJ_SECOND)
#define RJ_SOCKET_LASTED         (60 * RJ_SECOND)

typedef struct rj_socket {
  int fd;
  rj_address bound; /* with the real port */
  bool any_address; /* bound to no address: the local one of each datagram is asked for and given */
  bool taken_away;  /* by the system: to be opened anew */
  bool no_way;      /* some datagram could not be sent lately */
  bool leaving;     /* closed at the end of the turn */
  int64_t opened_at;
  int64_t reopen_at, reopen_wait; /* if it is taken away */
  rj_host_server *server;         /* a server's; NULL: a client socket */
  int poll_index;                 /* in the poll under way; -1: not in it */
  bool gathering;                 /* not polled until the gathering ends */
  uint64_t received;              /* datagrams of the turn under way */
  GQueue backlog;                 /* datagrams that wait until it is writable (outbox.c) */
} rj_socket;

/* Opens a socket bound to the address (port 0: a free one). NULL: *status is STATUS_REFUSED (the address is taken or not ours) or
 * STATUS_RESOURCE_LIMITED, and error says what failed. */
rj_socket *rj_socket_open(const rj_address *address, rj_host_server *server, int64_t now,
                          int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
/* Opens a socket that the system took away anew, at the same address and port if they can be had; a client's may get others.
 * False: not now. */
bool rj_socket_reopen(rj_socket *socket, int64_t now);
void rj_socket_close(rj_socket *socket);

/* What the system's error means for the socket: true: it was taken away (S-10); false: a datagram was lost, nothing else (ICMP errors). */
bool rj_socket_error_is_final(const rj_socket *socket, int error);

/* A batch of received datagrams. */
typedef struct rj_inbox rj_inbox;

rj_inbox *rj_inbox_new(void);
void rj_inbox_free(rj_inbox *inbox);
/* Reads up to RJ_SOCKET_BATCH; how many came, 0 when none wait. A socket that was taken away is marked so. */
size_t rj_inbox_read(rj_inbox *inbox, rj_socket *socket);
/* The n-th of the last read; borrowed until the next read. False: not usable (cut short, no address). */
bool rj_inbox_get(const rj_inbox *inbox, size_t n, rj_path *path, const uint8_t **data,
                  size_t *length);

#endif
