/* Acknowledgements that ride on the next beat, and what makes up for it.
 *
 * An edge only acknowledges, and ngtcp2 adds a PING to every second of such packets (RFC 9000, 13.2.4). A client that answered each PING by
 * itself would send half as many packets again as it beats, and nothing waits for that answer: so a client that has nothing else to say
 * keeps it for its next beat. It tells the edge how long that may take (max_ack_delay), which keeps the edge's round-trip times right
 * and makes its timer for lost packets long. For control messages a nudge takes that timer's place: a PING soon after them. A client
 * that misses a packet before the PING acknowledges at once, and from that the edge knows what to send again. */
#include "link/quic_internal.h"

/* The first nudge comes this long, and two round trips, after the message. */
#define NUDGE_AFTER (50 * RJ_MILLISECOND)
/* An acknowledgement leaves this long before it would be too late. */
#define MARGIN (100 * RJ_MILLISECOND)

/* ---- a client's */

bool rj_acks_wait(rj_link *link, int64_t now) {
  if (link->server || !link->confirmed || link->talked || link->moving || link->in_flight > 0 ||
      link->chunks != NULL)
    return false;
  if (link->ack_by == RJ_NEVER)
    link->ack_by = now + RJ_QUIC_ACK_DELAY - MARGIN;
  if (now < link->ack_by)
    return true;
  link->ack_by = RJ_NEVER;
  return false;
}

/* ---- an edge's */

static void nudge_after(rj_link *link, int64_t pause) {
  link->nudge = pause;
  ngtcp2_conn_set_keep_alive_timeout(link->conn, (ngtcp2_duration)pause); /* 0: none */
}

void rj_acks_expect(rj_link *link) {
  if (!link->server || link->nudge != 0)
    return;
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(link->conn, &info);
  nudge_after(link, 2 * (int64_t)info.smoothed_rtt + NUDGE_AFTER);
}

void rj_acks_came(rj_link *link) {
  if (link->nudge != 0)
    nudge_after(link, 0);
}

/* ---- both */

void rj_acks_written(rj_link *link) {
  link->ack_by = RJ_NEVER;
  link->talked = false;
  if (link->nudge != 0 && link->timed) { /* that was one; the next comes later */
    int64_t pause = 2 * link->nudge;
    nudge_after(link, pause < RJ_QUIC_ACK_DELAY ? pause : 0); /* ngtcp2's own timer is as soon */
  }
}
