/* What an edge tells whoever runs it, as it happens: for logs, metrics, webhooks and the inspector. */
#ifndef RJ_EDGE_OBSERVE_H
#define RJ_EDGE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

typedef enum {
  RJ_OBSERVED_JOINED,   /* a new member; span: since the first packet of its connection */
  RJ_OBSERVED_REJOINED, /* it is back; span: how long it was not heard */
  RJ_OBSERVED_REPEATED, /* a join whose answer was lost was answered once more */
  RJ_OBSERVED_LEFT,     /* on purpose; span, as of all ends: how long it stayed */
  RJ_OBSERVED_DROPPED,  /* not heard for too long (N-4) */
  RJ_OBSERVED_REMOVED,  /* reason: why (S-15, S-18) */
  RJ_OBSERVED_REPLACED, /* its uid joined anew (S-16) */
  RJ_OBSERVED_MOVED,    /* it is at another edge of the cluster now */
  RJ_OBSERVED_REFUSED,  /* who asked was not let in: reason; no session */
  RJ_OBSERVED_BUSY,     /* … or is to come again */
  RJ_OBSERVED_SILENT,   /* not heard for 4 s (P-11); only where somebody watches */
  RJ_OBSERVED_HEARD,    /* … heard again; span: how long it was not */
  RJ_OBSERVED_ROLE,     /* reason: the new role */
  RJ_OBSERVED_TO_MOVE,  /* it was told to go to another edge */
  RJ_OBSERVED_CHANNEL_OPENED,
  RJ_OBSERVED_CHANNEL_CLOSED,
  RJ_OBSERVED_DRAINS,  /* this edge; count: the members that will be told; span: in this time */
  RJ_OBSERVED_HOSTILE, /* a peer broke the protocol; detail: how */
  RJ_OBSERVED_KINDS
} rj_observed;

/* Everything is borrowed, and valid until the sink returns. */
typedef struct {
  rj_observed kind;
  int64_t at;                   /* ns, the edge's `now` */
  const char *app_id, *channel; /* "" where there is none */
  uint64_t session;             /* 0: none */
  uint32_t uid;                 /* 0: none */
  uint32_t count;
  int32_t reason;
  int64_t span;       /* ns; -1: none */
  rj_address peer;    /* family none: it has no connection */
  const char *detail; /* a few words, or NULL */
} rj_observation;

/* Called within the edge's own calls, with the host held: it takes note and returns; it calls nothing. */
typedef struct {
  void (*tell)(void *user, const rj_observation *what); /* NULL: nobody observes */
  void *user;
  /* Also tells of every member's silences (SILENT, HEARD): each is then looked after as if somebody in
   * its channel watched. */
  bool silences;
} rj_observer;

/* Total: "joined", "channel closed", … */
const char *rj_observed_name(rj_observed kind);

#endif
