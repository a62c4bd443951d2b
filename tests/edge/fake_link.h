/* link/link.h as the edge sees it, without a network: put in place of the real one when a test is linked. A test says what
 * arrives on a connection by feeding made-up datagrams, and sees what the edge sent on it and when. */
#ifndef RJ_TESTS_EDGE_FAKE_LINK_H
#define RJ_TESTS_EDGE_FAKE_LINK_H

#include <glib.h>

#include "base/numbers.h"
#include "link/link.h"
#include "wire/codec.h"

typedef enum {
  FAKE_HELLO,    /* a handshake begins: the port accepts a new link */
  FAKE_UP,       /* the handshake is complete */
  FAKE_EARLY,    /* a control message as 0-RTT */
  FAKE_MESSAGE,  /* a control message */
  FAKE_DATAGRAM, /* an unreliable datagram */
  FAKE_ACK,      /* all that the edge sent so far is acknowledged */
  FAKE_CLOSE,    /* the peer closes, with the code in the first byte */
  FAKE_BROKEN    /* what the transport below does not allow */
} fake_kind;

/* A control message that the edge sent, and when. */
typedef struct {
  int64_t at;
  rj_control message;
} fake_sent;

struct rj_link {
  rj_port *port;
  void *owner;
  uint64_t id;
  rj_path path;
  GQueue *sent;   /* encoded, for the test to take (fake_take) */
  GQueue *events; /* of rj_link_event, waiting for the edge */
  rj_link_event taken;
  uint32_t unacknowledged;
  size_t backlog;         /* bytes not acknowledged */
  GQueue *datagrams_sent; /* of GByteArray, for the test to take */
  int64_t datagram_until; /* of the last one */
  int64_t round_trip;     /* the test's word */
  int32_t send_status;    /* the test's word: what rj_link_send answers */
  bool closed, freed;
  rj_close_code code; /* that the edge closed it with */
  int64_t closed_at;
  bool closed_by_peer;
  bool dirty;
  uint32_t datagrams; /* written since the test looked */
  int64_t deadline, heard;
};

struct rj_port {
  GPtrArray *links; /* all that were ever accepted */
  rj_port_config config;
};

/* The time that what is sent is noted with. */
extern int64_t fake_clock;
/* The port of the server that was made last. */
extern rj_port *fake_port;

/* A datagram as rj_server_feed takes it: `link` is the number of the link (in port->links), for FAKE_HELLO of the new one. Free it. */
uint8_t *fake_datagram(uint64_t link, fake_kind kind, const void *data, size_t length,
                       size_t *size);

/* The next message that the edge sent on the link; false: none. */
bool fake_take(rj_link *link, fake_sent *sent);

/* The link that `id` names, also after the edge freed it. */
rj_link *fake_link(uint64_t id);

#endif
