/* link/link.h without a network: put in place of the real one when a test is linked. A test sees what a member did to its
 * connections and says what comes on them. */
#ifndef RJ_TESTS_CLIENT_FAKE_LINK_H
#define RJ_TESTS_CLIENT_FAKE_LINK_H

#include <glib.h>

#include "link/link.h"
#include "wire/codec.h"
#include "wire/datagram.h"

/* A connection; it stays to be looked at after the member freed it. */
struct rj_link {
  rj_port *port;
  void *owner;
  uint64_t id; /* what a datagram for it consists of */
  /* as dialled */
  int64_t dialled_at;
  rj_path path;
  char server_name[RJ_URL_MAX];
  uint8_t fingerprint; /* the first byte of the one given; 0: none was */
  size_t ticket_length;
  int64_t initial_rtt;
  /* what the member did */
  GPtrArray *sent;           /* of rj_control, each as it was sent */
  uint32_t datagrams;        /* unreliable ones sent … */
  GPtrArray *datagram_bytes; /* … of GByteArray */
  int64_t datagram_until;    /* of the last one */
  uint32_t migrations;       /* asked for */
  bool closed, freed;
  rj_close_code code; /* that the member closed it with */
  uint32_t packets_after_close;
  /* what the test says */
  bool up;
  uint32_t acknowledged;  /* control messages */
  int32_t migrate_status; /* the answer to rj_link_migrate */
  int32_t send_status;    /* the answer to rj_link_send */
  int64_t deadline, heard;
  uint32_t wakes;
  rj_link_counters counters;
  GQueue *events;      /* waiting for the member */
  rj_link_event taken; /* lends its data until the next one */
  bool dirty;          /* a datagram waits to be written */
  /* the world's (world.c) */
  GQueue *stream_up, *stream_down; /* of rj_control, on their way */
  bool deaf;                       /* its beats vanish, whatever the network is like */
  uint32_t collected, collected_datagrams;
  bool flushing_up, flushing_down;
  bool handshaking;
};

struct rj_port {
  GPtrArray *links; /* all that were ever dialled */
  bool dial_fails;
};

rj_port *fake_port_new(void);
void fake_port_free(rj_port *port);
/* The last one dialled; NULL: none was. */
rj_link *fake_last(const rj_port *port);
uint32_t fake_alive(const rj_port *port); /* not freed */

/* Queues an event; data is copied. */
void fake_push(rj_link *link, const rj_link_event *event);
void fake_push_control(rj_link *link, const rj_control *message);
void fake_push_datagram(rj_link *link, const rj_stream_datagram *message);
/* What the member sent as its datagram `index` (from 0); its data is borrowed. */
rj_datagram_content fake_datagram_at(const rj_link *link, guint index);

#endif
