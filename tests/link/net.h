/* A client and an edge, ports and links alone, over a cable in virtual time: what each saw and when, and what the cable carried. */
#ifndef RJ_TESTS_LINK_NET_H
#define RJ_TESTS_LINK_NET_H

#include <glib.h>

#include "base/numbers.h"
#include "base/time.h"
#include "link/credentials.h"
#include "link/link.h"
#include "link/trust.h"

#define MS RJ_MILLISECOND

#define NET_WALL (INT64_C(1800000000) * RJ_SECOND) /* unix time at the start of each test */

typedef enum { NET_UP, NET_DOWN } net_direction; /* to the edge, to the client */

typedef struct net net;

/* What a link told its owner. */
typedef struct {
  int64_t at;
  rj_link *link; /* may be gone */
  bool edge;
  rj_link_event event; /* data: see bytes */
  GBytes *bytes;
} net_seen;

/* What the cable was given. */
typedef struct {
  int64_t at;
  net_direction direction;
  size_t size;
  bool dropped;
} net_packet;

/* A peer that is not ours takes the place of one end. */
typedef struct {
  void *peer;
  void (*read)(void *peer, const rj_path *path, const uint8_t *data, size_t length, int64_t now);
  bool (*write)(void *peer, rj_datagram *out, int64_t now);
  int64_t (*deadline)(void *peer);
  void (*wake)(void *peer, int64_t now);
} net_stranger;

typedef struct {
  rj_port *port;
  GPtrArray *links; /* owned */
  net_stranger stranger;
} net_end;

struct net {
  int64_t now;
  int64_t one_way;
  rj_random random;
  rj_entropy entropy;
  rj_credentials *credentials; /* the edge's */
  rj_trust *trust;             /* the client's */
  net_end client, edge;
  rj_port_config edge_config, client_config;

  rj_address edge_address;
  rj_address client_address; /* the client's own; what it sends from another one is lost */
  rj_address outside;        /* what the edge sees (behind a NAT) */

  bool blind; /* the client's host cannot tell to which of its addresses a datagram came */
  bool cut[2];
  bool twice[2]; /* each datagram is delivered two times */
  /* Whether the cable loses this datagram; NULL: none. It may change the datagram. */
  bool (*lose)(net *n, net_direction direction, rj_datagram *datagram);
  void *user; /* of the test's functions */
  int count;  /* the same */
  /* Called for each event of either end, after it is recorded; NULL: nobody. */
  void (*on_event)(net *n, rj_link *link, bool edge, const rj_link_event *event);

  GQueue *cable;
  GArray *seen;    /* of net_seen */
  GArray *packets; /* of net_packet */
};

/* One way takes 25 ms; the edge asks for no Retry. */
net *net_new(uint64_t seed);
void net_free(net *n);
void net_edge_open(net *n);  /* its port anew, with n->edge_config */
void net_edge_crash(net *n); /* loses all it knew but its credentials, and is there again */
void net_client_open(net *n);

/* Dials with this ticket (NULL: none); the net owns the link. */
rj_link *net_dial(net *n, GBytes *ticket);
rj_link *net_dial_with(net *n, rj_dial *dial);
/* Dials, and how that fails: it never is up, at neither end. */
rj_closed_how net_dial_fails(net *n, rj_dial *dial);
/* Dials, says "hello", and runs until both ends are up and quiet (300 ms); *edge_link (may be NULL) is the edge's. */
rj_link *net_connect(net *n, rj_link **edge_link);
/* Frees a link of either end. */
void net_drop(net *n, rj_link *link);
void net_run(net *n, int64_t span); /* everything up to now + span, that included */
void net_pump(net *n);              /* what is to be sent now is sent */

void net_send(rj_link *link, const char *text);
uint64_t net_beat(rj_link *link); /* RJ_BEAT_SIZE bytes; its id */
/* An on_event: the edge sends each message back. */
void net_echo(net *n, rj_link *link, bool edge, const rj_link_event *event);

guint net_count(const net *n, bool edge, rj_link_event_kind kind);
/* The index-th event of its kind at one end; NULL: it is not there. */
const net_seen *net_find(const net *n, bool edge, rj_link_event_kind kind, guint index);
/* It is there, and came exactly then. */
const net_seen *net_expect(const net *n, bool edge, rj_link_event_kind kind, guint index,
                           int64_t at);
void net_forget(net *n); /* events and packets so far */
guint net_packets(const net *n, net_direction direction);
/* The ticket that came last; the caller's. */
GBytes *net_ticket(const net *n);
rj_address net_address(uint8_t host, uint16_t port); /* 10.0.0.host:port */

#endif
