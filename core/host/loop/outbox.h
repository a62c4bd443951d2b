/* Datagrams on their way out: collected over a turn, sent in batches, kept while a socket takes no more. */
#ifndef RJ_HOST_LOOP_OUTBOX_H
#define RJ_HOST_LOOP_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "host/loop/socket.h"

typedef struct rj_outbox rj_outbox;

rj_outbox *rj_outbox_new(void);
void rj_outbox_free(rj_outbox *outbox); /* what was not flushed is lost */
/* A buffer of RJ_DATAGRAM_BUFFER bytes to write a datagram into, until the next call. */
uint8_t *rj_outbox_buffer(rj_outbox *outbox);
/* Sends what was written into the last buffer, at the next flush at the latest. The socket must live until then. */
void rj_outbox_post(rj_outbox *outbox, rj_socket *socket, const rj_path *path, size_t length);
void rj_outbox_flush(rj_outbox *outbox);

/* The socket is writable again: sends what waits. */
void rj_outbox_send_backlog(rj_outbox *outbox, rj_socket *socket);
void rj_outbox_drop_backlog(rj_socket *socket);

#endif
