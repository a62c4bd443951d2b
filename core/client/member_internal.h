/* What the files of one member share: the struct, and what each file offers to the others. */
#ifndef RJ_CLIENT_MEMBER_INTERNAL_H
#define RJ_CLIENT_MEMBER_INTERNAL_H

#include "client/heard_streams.h"
#include "client/member.h"
#include "machine/attempts.h"
#include "machine/lateness.h"
#include "machine/roster.h"
#include "wire/codec.h"

/* A connection of this member. */
typedef struct {
  rj_link *link;  /* NULL: there is none */
  uint8_t edge;   /* where it goes: index into rj_member.edges */
  bool requested; /* the JoinRequest was handed to it */
  bool woken;     /* its timer ran in the wake under way */
} rj_connection;

enum { RJ_JOIN_ID_SIZE = 16, RJ_SECRET_SIZE = 16 };

/* A connection that still says goodbye after a leave (S-25). */
typedef struct {
  rj_connection connection;
  uint64_t session; /* the one it leaves; 0 = not known, a late answer may tell (S-26) */
  uint64_t named;   /* in the goodbye */
  uint32_t attempt; /* the number of a late answer */
  uint8_t join_id[RJ_JOIN_ID_SIZE];
  int64_t again; /* the goodbye is said once more */
  int64_t until; /* then it is closed, heard or not */
} rj_farewell;

/* An edge that a member may go to, and what is known of it. */
typedef struct {
  rj_url url;         /* no host: this place is free */
  rj_address address; /* the last one that the host gave */
  uint8_t *ticket;    /* of the last connection; NULL = none */
  size_t ticket_length;
  int64_t round_trip; /* the last one seen, 0 = none */
  int64_t busy_until; /* it asked not to be tried before */
  /* of a neighbour, as the edge said that handed it out */
  bool pinned; /* its certificate has this fingerprint */
  uint8_t fingerprint[RJ_FINGERPRINT_SIZE];
  rj_reach reach; /* of an address it must be, at least */
} rj_known_edge;

enum { RJ_EDGES_MAX = RJ_URLS_MAX + RJ_NEIGHBOURS_KEPT };

typedef struct rj_member_streams rj_member_streams; /* member_streams.c */

struct rj_member {
  /* from the config */
  rj_port *port;
  const rj_trust *trust;
  const rj_entropy *entropy;
  rj_event_sink sink;
  bool stats_wanted, attempts_wanted;
  int32_t profile;
  char app_id[RJ_APP_ID_MAX + 1];
  rj_known_edge *edges;     /* the app's urls, then places for neighbours (member_edges.c) */
  uint32_t url_count;       /* the app's */
  uint32_t edge_count;      /* places in all; those for neighbours are there once there were some */
  uint32_t first_neighbour; /* whose turn comes first: not the same one's for all members */

  rj_machine machine;
  rj_attempts attempts;
  rj_roster roster;
  rj_random random;
  rj_address local;
  int64_t wall_offset;
  bool retired; /* no event any more (S-30) */

  /* connections */
  rj_connection bound; /* the session's */
  rj_connection
      attempt; /* of the attempt under way; without a link while its address is asked for */
  bool address_wanted;
  bool forced_later;  /* network_changed asked for an attempt that the rate of section 5 put off */
  int64_t unasked_at; /* the last first attempt at once (S-9, S-10); RJ_NEVER: none in this stay */
  uint32_t edge_next; /* where the next attempt goes */
  bool moving;        /* CONNECTED, and attempts go to other edges, since this one drains */
  int64_t move_until; /* … again and again until then; 0: the bound edge does not drain */
  uint32_t move_failed,
      move_refused; /* edges that did not answer, or that said no; a bit for each */
  rj_farewell farewells[RJ_FAREWELLS_MAX];
  rj_link *closing[RJ_CLOSING_MAX]; /* closed; their last packet waits for rj_member_write */
  uint32_t closing_count;

  /* the stay */
  char channel[RJ_CHANNEL_MAX + 1];
  uint32_t asked_uid; /* the join call's; 0 = the edge picks */
  uint32_t uid;       /* the assigned one; 0 = none yet */
  uint8_t join_id[RJ_JOIN_ID_SIZE];
  uint64_t session; /* 0 = none yet */
  uint8_t secret[RJ_SECRET_SIZE];
  uint64_t joined_at;    /* of the session, as the edge said */
  uint64_t left_session; /* an earlier one whose goodbye is not known to have arrived (P-2) */

  /* beats (N-1) */
  int64_t beat_at;
  uint64_t beat_id;       /* of the newest one */
  bool migration_pending; /* the link was not ready to move to the new path */
  bool path_by_proof;     /* the next proof shows that the path works */

  /* the roster on its way (member_roster.c) */
  uint32_t snapshot_number; /* of the RosterRequest whose pages count; 0: those after the answer */
  uint32_t snapshot_requests; /* numbers given out */
  bool snapshot_awaited;      /* its last page has not come */
  bool snapshot_open;         /* its first page has */
  int64_t snapshot_due;       /* one that was asked for is late from then on; RJ_NEVER */
  uint32_t snapshot_uid;      /* the last member in it: the next one is greater */
  rj_peer *peers;             /* lent to the roster */
  uint64_t peers_not_shown;   /* beyond RJ_PEERS_MAX */

  /* token and role (member_token.c, member_role.c). A serial tells one token from the next. */
  char *token;             /* in force, or for the next attempt; NULL = none */
  uint32_t token_serial;   /* of `token` */
  uint32_t attempt_serial; /* of the one that the attempt under way carries */
  uint32_t edge_serial;    /* of the one that the edge has */
  char *renewal;           /* sent to the edge, not answered; NULL = none */
  uint32_t renewal_number;
  bool renewal_in_attempt; /* the attempts carry the renewal, since the old token was refused */
  int64_t warning_at;      /* N-6; RJ_NEVER = none */
  bool warned;             /* about this token */
  int32_t role;            /* wanted */
  int32_t attempt_role;    /* that the attempt carries */
  int32_t edge_role;       /* that the edge gave; 0 = none yet */
  int32_t role_asked;
  uint32_t role_number; /* of the last SetRole */

  /* stream messages (member_streams.c) */
  rj_member_streams *streams; /* what it sends; NULL: none was created in this stay */
  rj_heard_streams heard;     /* what it gets */
  uint64_t message_number;    /* of the last one from the edge that counts */
  rj_lateness lateness;       /* of the edge's datagrams */

  /* statistics (member_counters.c) */
  rj_counters counted;                  /* of connections that are gone; outages that are over */
  int64_t channel_since, channel_until; /* RJ_NEVER: not yet */
  int64_t outage_since;                 /* O of the outage under way or the last one */
  int64_t stats_at;
  uint64_t protocol_errors;
};

/* ---- member.c: the machine's steps */
/* One input, and all that follows from it. */
rj_step rj_member_input(rj_member *member, rj_input input, int32_t argument, int64_t now);
/* What follows from a step that began in state `before`. */
void rj_member_apply(rj_member *member, const rj_step *step, int32_t before, int64_t now);
/* A copy of text; NULL: out of memory. */
char *rj_member_copy_text(const char *text);
/* Into a place of a message; the rules of rules.h have made sure that it fits. */
void rj_member_put_text(char *place, size_t size, const char *text);

/* ---- member_edges.c */
/* The known edges in the order in which they are tried, beginning with `from`, and how many. */
uint32_t rj_member_edges_in_turn(const rj_member *member, uint32_t from, uint8_t out[RJ_EDGES_MAX]);
/* Whose turn is after this one; itself, if it is the only one. */
uint32_t rj_member_edge_after(const rj_member *member, uint32_t edge);
bool rj_member_knows_neighbours(const rj_member *member);
/* Edge `from`, which is authenticated, says where else this member may go: instead of what was said before. */
void rj_member_learn_neighbours(rj_member *member, const rejoin_Neighbours *told, uint32_t from,
                                int64_t now);
/* It is not what was handed out. */
void rj_member_forget_neighbour(rj_member *member, uint32_t edge);

/* ---- member_move.c */
/* The bound edge drains: the others are tried while the connection goes on, each at least once, and again
 * until then. */
void rj_member_move(rj_member *member, int64_t until, int64_t now);
/* Of the edges in turn from `from` on, the first that may take this member and may be asked soonest; the bound one: there is
 * none. */
uint32_t rj_member_edge_to_move_to(const rj_member *member, uint32_t from, int64_t now);
/* No other edge takes this member, or none was found in time: it stays where it is. */
bool rj_member_gives_up_moving(const rj_member *member, int64_t now);

/* ---- member_attempt.c */
void rj_member_dial_now(rj_member *member, int64_t now);
/* The first attempt of an outage that is to start at once (S-9, S-10). */
void rj_member_dial_first(rj_member *member, int64_t now);
/* The first attempt of an outage that a broken edge caused: it counts as a failed attempt. */
void rj_member_dial_after_fault(rj_member *member, int64_t now);
void rj_member_dial_soon(rj_member *member, int64_t now);
/* network_changed to a live network (section 5). */
void rj_member_dial_forced(rj_member *member, int64_t now);
/* Abandons the attempt under way and what is planned; told: the edge is told, if it answered the handshake. */
void rj_member_stop_attempts(rj_member *member, bool told, int64_t now);
/* The late roster came on the connection in use: no other one is needed. */
void rj_member_stop_late(rj_member *member, int64_t now);
/* The one attempt timer that is due. */
void rj_member_attempt_timer(rj_member *member, int64_t now);
void rj_member_attempt_event(rj_member *member, const rj_link_event *event, int64_t now);

/* ---- member_link.c: connections of all kinds */
/* Takes all events of one of this member's links. */
void rj_member_take_events(rj_member *member, rj_link *link, int64_t now);
/* False: it could not be handed over (the link is closed or its queue is full). */
bool rj_member_send(rj_link *link, const rj_control *message);
/* Forgets a connection: without a packet, or with a close. It is counted for the statistics. */
void rj_member_drop(rj_member *member, rj_connection *connection);
void rj_member_close(rj_member *member, rj_connection *connection, rj_close_code code, int64_t now);
void rj_member_keep_ticket(rj_member *member, uint8_t edge, const rj_link_event *event);
/* Closes a link that has left its place, keeping it for its last packet. */
void rj_member_close_link(rj_member *member, rj_link *link, rj_close_code code, int64_t now);
/* The peer broke the rules on this connection: counted, closed. What follows is the caller's. */
void rj_member_close_broken(rj_member *member, rj_connection *connection, int64_t now);

/* ---- member_bound.c: the session's connection */
void rj_member_bound_event(rj_member *member, const rj_link_event *event, int64_t now);
/* The bound connection cannot go on; it is closed with this code. */
void rj_member_bound_failed(rj_member *member, rj_close_code code, int64_t now);
void rj_member_beat(rj_member *member, int64_t now);
int64_t rj_member_beat_deadline(const rj_member *member);
void rj_member_migrate(rj_member *member, int64_t now);
/* A control message came on the bound connection. False: it breaks the rules. */
bool rj_member_message(rj_member *member, const rj_control *message, int64_t now);

/* ---- member_farewell.c */
void rj_member_say_goodbye(rj_member *member, int64_t now);
/* Names the stays that were left without an answer: their requests may come after this one. */
void rj_member_name_unanswered(const rj_member *member, rejoin_JoinRequest *request);
void rj_member_farewell_event(rj_member *member, rj_farewell *farewell, const rj_link_event *event,
                              int64_t now);
/* After anything happened on its link: what is acknowledged is over. */
void rj_member_farewell_look(rj_member *member, rj_farewell *farewell, int64_t now);
/* Goodbyes under way leave from the new address, too. */
void rj_member_farewell_migrate(rj_member *member, int64_t now);
int64_t rj_member_farewell_deadline(const rj_farewell *farewell);
/* It is time to say it again, or to end. */
void rj_member_farewell_timer(rj_member *member, rj_farewell *farewell, int64_t now);

/* ---- member_roster.c: each returns false where the message breaks the rules */
void rj_member_roster_await(rj_member *member); /* the pages that follow an accepting answer */
bool rj_member_roster_request(rj_member *member, int64_t now); /* false: could not be sent */
/* The pages that were asked for are late: another connection may be quicker. */
void rj_member_roster_late(rj_member *member, int64_t now);
bool rj_member_roster_page(rj_member *member, const rejoin_RosterPage *page, int64_t now);
bool rj_member_roster_joined(rj_member *member, uint32_t uid, int64_t now);
bool rj_member_roster_offline(rj_member *member, uint32_t uid, uint32_t reason, int64_t now);
bool rj_member_roster_heard(rj_member *member, uint32_t uid, bool interrupted, int64_t now);
void rj_member_roster_drop_peers(rj_member *member, int64_t now); /* P-9 */
void rj_member_roster_doubts(rj_member *member, int64_t now);     /* P-10 */
void rj_member_roster_clear(rj_member *member);
void rj_member_roster_hold(rj_member *member); /* an outage begins */

/* ---- member_token.c */
/* What the attempts send: NULL = none. */
const char *rj_member_token_for_attempt(const rj_member *member);
/* The attempt was refused with 8 or 9: is there a newer token than it carried? (S-21) Then attempts carry that one. */
bool rj_member_token_newer(rj_member *member);
/* The edge accepted the attempt's token. */
void rj_member_token_accepted(rj_member *member, int64_t now);
/* Back in CONNECTED: what the edge has not heard of yet goes out. */
void rj_member_token_settle(rj_member *member, bool new_link, int64_t now);
void rj_member_token_privilege(rj_member *member, uint64_t milliseconds, int64_t now);
void rj_member_token_warn(rj_member *member, int64_t now); /* N-6 */
bool rj_member_token_answer(rj_member *member, const rejoin_RenewAnswer *answer, int64_t now);
/* The stay is over: nothing is pending, nothing will be warned about. */
void rj_member_token_end_stay(rj_member *member);

/* ---- member_role.c */
void rj_member_role_accepted(rj_member *member, uint32_t role, bool rejoined, int64_t now);
void rj_member_role_settle(rj_member *member, int64_t now);
bool rj_member_role_answer(rj_member *member, const rejoin_RoleAnswer *answer, int64_t now);

/* ---- member_streams.c */
void rj_member_streams_end_stay(rj_member *member);
/* Hands what waits to the bound connection, where there is one and the state is CONNECTED. */
void rj_member_streams_flush(rj_member *member, int64_t now);
/* The bound connection has a proof. */
void rj_member_streams_proved(rj_member *member);
/* False: an accepting answer that says what cannot be. */
bool rj_member_streams_believe(const rj_member *member, const rejoin_JoinAnswer *answer);
/* The attempt was accepted and is bound now. late: after N-4 (D-5). */
void rj_member_streams_accepted(rj_member *member, const rejoin_JoinAnswer *answer, bool rejoined,
                                bool late, int64_t now);
void rj_member_streams_beat(const rj_member *member, uint8_t out[RJ_BEAT_SIZE], int64_t now);
/* Each came on the bound connection. False: it breaks the rules. */
bool rj_member_streams_message(rj_member *member, const rejoin_StreamMessage *message, int64_t now);
bool rj_member_streams_gap(rj_member *member, const rejoin_StreamGap *gap);
bool rj_member_streams_datagram(rj_member *member, const rj_link_event *event, int64_t now);

/* ---- member_counters.c */
void rj_member_counters_begin(rj_member *member); /* a new stay */
void rj_member_counters_link(rj_member *member, const rj_connection *connection);
/* What no answer came for on a connection that is given up. */
void rj_member_counters_lost(rj_member *member, const rj_connection *connection);
/* A step moved the state; called before its events are told. */
void rj_member_counters_state(rj_member *member, int32_t before, int32_t after, int64_t now);
void rj_member_stats_due(rj_member *member, int64_t now); /* N-8 */

/* ---- member_tell.c: one event each, at `now` */
void rj_member_tell_state(rj_member *member, const rj_step *step, int64_t now);
void rj_member_tell_joined(rj_member *member, int64_t now);
void rj_member_tell_rejoined(rj_member *member, int64_t now);
void rj_member_tell_counters(rj_member *member, int32_t kind, const rj_counters *counters,
                             int64_t now);
void rj_member_tell_plain(rj_member *member, int32_t kind, int64_t now);
void rj_member_tell_peer(rj_member *member, const rj_peer_change *change, int64_t now);
void rj_member_tell_warning(rj_member *member, int64_t now);
void rj_member_tell_renewal(rj_member *member, const char *token, int32_t code, int64_t now);
void rj_member_tell_network(rj_member *member, int32_t network, int64_t now);
void rj_member_tell_role(rj_member *member, int32_t old_role, int32_t role, int64_t now);
void rj_member_tell_role_failed(rj_member *member, int32_t reason, int32_t role, int64_t now);
typedef struct {
  const uint8_t *data;
  size_t length;
} rj_message_text;
void rj_member_tell_message(rj_member *member, uint32_t uid, uint32_t stream, rj_message_text text,
                            bool reliable, int64_t now);
void rj_member_tell_missed(rj_member *member, uint32_t uid, uint32_t stream, uint64_t missed,
                           int64_t now);
void rj_member_tell_attempt(rj_member *member, int32_t outcome, int64_t next_delay, int64_t now);

#endif
