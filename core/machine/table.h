/* The connection state table as data: state x input -> state, reason, actions (SPEC sections 3 and
 * 5). */
#ifndef RJ_MACHINE_TABLE_H
#define RJ_MACHINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/numbers.h"

/* What can happen to a member. */
typedef enum {
  RJ_IN_JOIN,     /* the app asks to join (arguments already checked) */
  RJ_IN_LEAVE,    /* the app asks to leave */
  RJ_IN_ACCEPTED, /* the answer to an attempt of this stay: accepted */
  RJ_IN_PROOF,    /* a proof on a connection of the session (SPEC "Words") */
  RJ_IN_REFUSED,  /* the answer to an attempt: refused, the argument is the reason; also 22 when the
                     certificate fails */
  RJ_IN_REFUSED_OLD_TOKEN, /* refused with 8 or 9 while a newer token is kept (S-21) */
  RJ_IN_REMOVED,           /* the edge removed the user: argument 3, 9 or 19 (S-15, S-16, S-18) */
  RJ_IN_UNKNOWN,           /* stateless reset, or the edge closed without removing (S-9) */
  RJ_IN_NETWORK_CHANGED,   /* local address or network changed, a live network (S-10) */
  RJ_IN_SILENCE,           /* N-2 is due */
  RJ_IN_SILENCE_NEW_PATH,  /* N-2 is due while the new path is not validated (S-10) */
  RJ_IN_LOST,              /* N-3 is due */
  RJ_IN_PEERS_LOST,        /* O + N-4: drop the old connection and the peers (P-9, section 5) */
  RJ_IN_GIVE_UP,           /* N-5 is due */
  RJ_IN_RENEW_TOKEN,       /* the app gives a new token (valid arguments) */
  RJ_IN_SET_ROLE,          /* the app asks for another role */
  RJ_INPUTS
} rj_input;

/* What the member has to do, in this order where several are set. */
typedef enum {
  /* first what the app cannot see */
  RJ_DO_KEEP_TOKEN = 1u << 0, /* for the next attempt */
  RJ_DO_KEEP_ROLE = 1u << 1,
  RJ_DO_SAY_GOODBYE = 1u << 2,   /* goodbye on every connection, for up to 1 s (S-25) */
  RJ_DO_STOP_ATTEMPTS = 1u << 3, /* abandon attempts and their timers */
  RJ_DO_END_OUTAGE = 1u << 4,    /* back in CONNECTED; attempts that still run are closed */
  RJ_DO_DROP_OLD_LINK = 1u << 5, /* forget the bound connection without a packet */
  RJ_DO_CLOSE_LINKS = 1u << 6,   /* close all connections (the edge may be told) */
  RJ_DO_CLEAR_ROSTER = 1u << 7,  /* without events */
  RJ_DO_START_STAY = 1u << 8,    /* the clock of the stay starts: O for CONNECTING is now */
  /* then the SM, when there is one, and what goes with it */
  RJ_DO_TELL_JOINED = 1u << 9,    /* did_join_channel, then the roster */
  RJ_DO_TELL_REJOINED = 1u << 10, /* did_rejoin_channel, then the difference */
  RJ_DO_TELL_LEFT = 1u << 11,     /* did_leave_channel */
  RJ_DO_TELL_LOST = 1u << 12,     /* connection_lost */
  RJ_DO_TELL_REQUEST_TOKEN = 1u << 13,
  RJ_DO_DROP_PEERS = 1u << 14, /* user_offline(DROPPED) for every visible peer (P-9) */
  /* then what goes out */
  RJ_DO_MIGRATE = 1u << 15,  /* move the bound connection to the new path (S-10) */
  RJ_DO_DIAL_NOW = 1u << 16, /* an attempt at once */
  /* an attempt after 0 to 500 ms, or by the backoff where it was not reset */
  RJ_DO_DIAL_SOON = 1u << 17,
  RJ_DO_SEND_TOKEN = 1u << 18, /* to the edge now (S-20) */
  RJ_DO_SEND_ROLE = 1u << 19,
} rj_do;

/* row.reason: no SM / the input's argument */
enum { RJ_REASON_SAME = -1, RJ_REASON_ARGUMENT = -2 };

enum { RJ_DIALECTS_BOTH = 0 }; /* row.dialect */
enum { RJ_GIVEN_ANY = -1 };    /* row.given */

typedef struct {
  const char *id;   /* the SPEC row, "S-8" */
  int8_t dialect;   /* DIALECT_3X, DIALECT_4X or RJ_DIALECTS_BOTH */
  int8_t from;      /* STATE_… */
  int8_t input;     /* rj_input */
  int8_t given;     /* RJ_GIVEN_ANY, or for this alone: the input's argument; for RJ_IN_RENEW_TOKEN
                       the reason of the last SM (S-22: FAILED is revived only after 9) */
  int8_t to;        /* STATE_… */
  int8_t reason;    /* REASON_…, RJ_REASON_SAME or RJ_REASON_ARGUMENT */
  int16_t status;   /* what a call returns */
  uint32_t actions; /* rj_do */
} rj_row;

/* The rows in the order of the contract; the first that fits counts. Where none fits nothing changes. */
extern const rj_row rj_rows[];
extern const size_t rj_row_count;

/* The row that fits, or NULL (nothing happens; a call then returns STATUS_INVALID_STATE). given as
 * in rj_row; an argument is not checked otherwise. */
const rj_row *rj_row_find(int32_t state, rj_input input, int32_t dialect, int32_t given);

const char *rj_input_name(rj_input input); /* "join", "silence" …; for the docs and the tests */

#endif
