/* What the files of the edge share: the server, its connections, sessions and channels, and what
 * each file offers the others.
 *
 * Memory comes from GLib, which ends the process when there is none. Nothing here depends on the
 * order of pointers or hashes where it decides what is sent: members are walked by uid, connections
 * in the order they came. */
#ifndef RJ_EDGE_EDGE_INTERNAL_H
#define RJ_EDGE_EDGE_INTERNAL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/numbers.h"
#include "base/sorted.h"
#include "base/time.h"
#include "base/wheel.h"
#include "edge/kicks.h"
#include "edge/message_log.h"
#include "edge/server.h"
#include "edge/token/token.h"
#include "link/link.h"
#include "machine/lateness.h"
#include "wire/codec.h"
#include "wire/datagram.h"

typedef struct rj_connection rj_connection;
typedef struct rj_session rj_session;
typedef struct rj_channel rj_channel;
typedef struct rj_app rj_app;

enum { RJ_SECRET_SIZE = 16, RJ_JOIN_ID_SIZE = 16 };

/* ------------------------------------------------------------------ alarms (server.c) */

typedef enum {
  RJ_SERVER_ALARM_CONNECTION,
  RJ_SERVER_ALARM_SESSION,
  RJ_SERVER_ALARM_CHANNEL,
  RJ_SERVER_ALARM_DRAIN,
  RJ_SERVER_ALARM_CLUSTER
} rj_server_alarm_kind;

/* The one timer of a connection, session, channel, drain or cluster; it stands first in each of them. It may ring
 * early: whoever it wakes looks what is really due, and arms it again. So what moves a deadline
 * away (a beat) touches no timer. */
typedef struct {
  rj_timer timer; /* first: the wheel gives it back */
  rj_server_alarm_kind kind;
} rj_server_alarm;

/* Rings at `due` or earlier. */
void rj_server_alarm_by(rj_server *server, rj_server_alarm *alarm, int64_t due);

#include "edge/cluster/cluster.h" /* needs the alarm */
#include "edge/tables.h"          /* needs the alarm */

/* ------------------------------------------------------------------ neighbours.c */

/* The other edges of the cluster that members are told of. */
typedef struct {
  rejoin_Neighbours set;
  uint32_t number; /* of this set; 0: there never was one */
  int64_t look_at; /* not looked at before */
} rj_neighbours;

/* Takes the cluster's word, at its own pace. */
void rj_neighbours_look(rj_server *server, int64_t now);
/* They are these from now on; none: still those that were known last. */
void rj_neighbours_set(rj_server *server, const rejoin_Neighbours *set);
/* Into an answer on this connection. */
void rj_neighbours_put(rj_connection *connection, rejoin_JoinAnswer *answer, int64_t now);
/* A bound connection is told where they changed since it was told last. */
void rj_neighbours_tell(rj_connection *connection, int64_t now);

/* ------------------------------------------------------------------ server.c */

struct rj_server {
  rj_port *port;
  rj_wheel *wheel;
  rj_server_timers timers;
  rj_server_limits limits;
  const rj_entropy *entropy;
  rj_kicks *kicks;  /* NULL: there are none */
  GHashTable *apps; /* rj_app by app id; NULL: any, in testing mode */
  GRegex *channel_pattern;
  rj_observer observer;
  int64_t started, wall_offset, first_wall_offset;
  bool wall_known;
  uint64_t edge_id;
  bool stopped;

  rj_connection *connections;              /* all, newest first */
  uint32_t bound;                          /* how many of them are to a session */
  rj_connection *dirty_first, *dirty_last; /* those with something to write, in turn */
  rj_map *sessions;                        /* by id */
  rj_map *joins;                           /* sessions by join key */
  GHashTable *channels;                    /* set of rj_channel by app id and name */
  GTree *channels_in_order;                /* the same, by app id, then by name */
  uint32_t silent;                         /* sessions that are interrupted */
  rj_ended ended;
  rj_uids uids;
  rj_hostile hostile;
  rj_rates rates;
  rj_drain drain;
  rj_neighbours neighbours;
  rj_cluster *cluster;         /* NULL: this edge is alone */
  size_t message_bytes;        /* in the logs of all channels */
  rj_server_counters counters; /* port, sessions and channels are filled in when asked for */

  rj_control in, out;             /* the message being looked at, the one being made */
  uint8_t buffer[RJ_CONTROL_MAX]; /* `out` as bytes */
};

/* `out` into `buffer`: its length. */
size_t rj_server_encode(rj_server *server);
/* ms since 1970, for comparing joins: by the wall clock as it was at the start, so that steps of it change no order (section 2). */
uint64_t rj_server_join_time(const rj_server *server, int64_t now);
/* When a stay was joined: the ms, and below them bits of its join id, so that two joins of one ms differ and all edges
 * decide alike between them (S-16). */
enum { RJ_STAY_TIME_BITS = 16 };
uint64_t rj_server_stay_time(uint64_t ms, uint64_t join_key);
/* How long this edge has had its state (P-10). */
uint32_t rj_server_age_ms(const rj_server *server, int64_t now);
/* Puts and insists: no memory ends the process. */
void rj_map_must_put(rj_map *map, uint64_t key, void *value);

/* ------------------------------------------------------------------ apps.c */

/* NULL: `error` says what is wrong with them. */
GHashTable *rj_apps_new(const rj_server_app *all, uint32_t count, char *error, size_t error_size);
bool rj_apps_welcome(const rj_server *server, const char *app_id);
/* Is it in testing mode? Then its tokens are not looked at. */
bool rj_apps_ignores_tokens(const rj_server *server, const char *app_id);
/* Of a welcome app. Without a certificate every token is good, and without limit. */
rj_token_result rj_apps_check_token(const rj_server *server, const char *app_id,
                                    const char *channel, uint32_t uid, const char *token,
                                    int64_t now);

/* ------------------------------------------------------------------ connection.c */

typedef enum {
  RJ_CONNECTION_FRESH,   /* not asked to join, or not answered for good (0-RTT) */
  RJ_CONNECTION_BOUND,   /* to a session */
  RJ_CONNECTION_LEAVING, /* its last word was said; waits until that arrived */
  RJ_CONNECTION_CLOSED   /* freed once its last packets are written */
} rj_connection_state;

struct rj_connection {
  rj_server_alarm alarm;
  rj_server *server;
  rj_link *link;
  rj_connection *next, *previous;             /* all */
  rj_connection *next_dirty, *previous_dirty; /* while dirty */
  rj_connection *next_bound;                  /* of the same session, older */
  rj_session *session;                        /* while BOUND */
  int64_t until; /* closed then, with `code`: FRESH: did not join; LEAVING: was long enough */
  int64_t due;   /* when it is to wake, as of its last write */
  int64_t accepted_at;
  int64_t budget_at;       /* when the budget was filled last */
  uint64_t early_session;  /* the session that a 0-RTT rejoin was answered for; 0 = none */
  int64_t early_privilege; /* … and until when its token lets it stay */
  uint8_t *early; /* a JoinRequest that came as 0-RTT and waits for the handshake; else NULL */
  size_t early_length;
  uint64_t message_number; /* of the channel's last message that was handed to it, or is its own */
  rj_lateness lateness;    /* of what the member sends */
  uint64_t acknowledged;   /* control messages, when the last beat came */
  uint32_t neighbours;     /* which of the server's sets it was told */
  uint16_t budget;         /* control messages that it may still send now */
  rj_connection_state state;
  rj_close_code code;
  bool dirty, up;
  bool hears_neighbours; /* it knows the message */
  bool early_goodbye;
  bool close_when_told; /* LEAVING: as soon as all is acknowledged */
};

void rj_connection_accepted(rj_server *server, rj_link *link, int64_t now);
/* Something happened to its link: takes what it has to say. */
void rj_connection_service(rj_connection *connection, int64_t now);
void rj_connection_wake(rj_connection *connection, int64_t now);
/* Nothing is left to write. May free it. */
void rj_connection_written(rj_connection *connection, int64_t now);
/* One encoded message. A connection that takes no more is closed. */
void rj_connection_send(rj_connection *connection, const uint8_t *data, size_t length, int64_t now);
/* An unreliable datagram that may leave until then; whether it does, nobody hears. */
void rj_connection_send_datagram(rj_connection *connection, const uint8_t *data, size_t length,
                                 int64_t until);
/* The message in server->out. */
void rj_connection_send_out(rj_connection *connection, int64_t now);
/* May it send one more control message now? Stream messages have a bound of their own (streams.c). */
bool rj_connection_within_budget(rj_connection *connection, int64_t now);
/* All was said: closes with `code` once that arrived (close_when_told), at the latest after the
 * farewell time. Until then the peer may close. */
void rj_connection_leave(rj_connection *connection, rj_close_code code, bool close_when_told,
                         int64_t now);
void rj_connection_close(rj_connection *connection, rj_close_code code, int64_t now);
/* The peer broke the protocol: closed, counted, logged once. `why` is static. */
void rj_connection_fault(rj_connection *connection, const char *why, int64_t now);
void rj_connection_free(rj_connection *connection);

/* ------------------------------------------------------------------ messages.c */

/* One control message came. */
void rj_connection_message(rj_connection *connection, const uint8_t *data, size_t length,
                           int64_t now);
/* One unreliable datagram came. */
void rj_connection_datagram(rj_connection *connection, const uint8_t *data, size_t length,
                            int64_t now);
/* Its member went on purpose: told by a goodbye, or by the close where none arrived (S-25). */
void rj_connection_left(rj_connection *connection, int64_t now);
/* The handshake is complete: what came as 0-RTT counts now. */
void rj_connection_up(rj_connection *connection, int64_t now);

/* ------------------------------------------------------------------ admission_decide.c */

typedef enum {
  RJ_ADMIT_REFUSED, /* for good, with a reason */
  RJ_ADMIT_BUSY,    /* try again */
  RJ_ADMIT_RESUMED, /* a session goes on */
  RJ_ADMIT_AGAIN,   /* the repeat of a join that made a session already */
  RJ_ADMIT_NEW /* a new session, in the place of an older one of the same uid or in a free one */
} rj_admission_kind;

typedef struct {
  rj_admission_kind kind;
  int32_t reason;          /* REFUSED */
  rj_session *session;     /* RESUMED, AGAIN: which; NEW: the one whose place it takes, or NULL */
  uint32_t uid;            /* NEW: 0 = to be picked */
  uint64_t joined_at;      /* NEW */
  rj_token_verdict token;  /* on the request's token */
  int64_t privilege_until; /* when the member is to be removed (S-18); RJ_NEVER */
} rj_admission;

/* What a JoinRequest from this address gets; changes nothing. */
rj_admission rj_admission_decide(rj_server *server, const rejoin_JoinRequest *request,
                                 const rj_address *peer, int64_t now);
/* The live session that a rejoin is for and has the secret of; NULL: none. */
rj_session *rj_admission_session(const rj_server *server, const rejoin_JoinRequest *request);
/* with the uid that it has or gets; one that is still to be picked is looked at then. */
bool rj_admission_is_kicked(const rj_server *server, const rejoin_JoinRequest *request,
                            uint32_t uid, const rj_address *peer, int64_t now);

/* ------------------------------------------------------------------ admission.c */

/* Answers and does it. The handshake is complete. `request` must not be server->out. */
void rj_admission_apply(rj_connection *connection, const rejoin_JoinRequest *request, int64_t now);
/* A rejoin that came as 0-RTT: answers if the session is known, and changes nothing but its secrets. */
void rj_admission_answer_early(rj_connection *connection, const rejoin_JoinRequest *request,
                               int64_t now);
/* The handshake of a rejoin that was answered early is complete. */
void rj_admission_bind_early(rj_connection *connection, const rejoin_JoinRequest *request,
                             int64_t now);

/* ------------------------------------------------------------------ session.c */

struct rj_session {
  rj_server_alarm alarm;
  rj_server *server;
  rj_channel *channel;
  rj_connection *bound; /* newest first */
  uint64_t id;
  uint64_t joined_at; /* rj_server_stay_time: the later join wins where the edge lost its state */
  int64_t began;      /* this session */
  int64_t last_heard;
  int64_t silent_since;    /* while interrupted */
  int64_t outage_total;    /* how long its outages lasted that are over */
  int64_t two_links_until; /* the older connections are closed then; RJ_NEVER */
  int64_t privilege_until; /* S-18: its privilege to join ends; RJ_NEVER */
  uint64_t received;       /* number of the last reliable message that it sent */
  uint64_t acknowledged;   /* it has the channel's messages up to this one */
  rj_gate roles;           /* its changes of role */
  int64_t messages_until, message_bytes_until; /* what it sent, at the rate of the bound */
  uint64_t since, replaces;                    /* in a cluster: as in SharedMember */
  uint32_t uid;
  uint32_t outages; /* how often it fell silent (P-11) */
  uint8_t join_id[RJ_JOIN_ID_SIZE];
  uint8_t secret[RJ_SECRET_SIZE];      /* the last one that the member is known to have */
  uint8_t next_secret[RJ_SECRET_SIZE]; /* the one that the answers to `secret` carry */
  uint8_t bound_count;
  uint8_t role;
  bool has_next_secret;
  bool visible;      /* to the others */
  bool watches;      /* wants to know of interruptions (P-11) */
  bool interrupted;  /* not heard for a while, as told to those who watch */
  bool assigned;     /* the edge picked its uid */
  bool told_to_move; /* */
  bool came_back;    /* by a rejoin, from a session that was not known here */
  uint8_t how;       /* what became of the one that it replaces: RJ_REPLACED_… */
};

/* What the others are told of an end, beside OFFLINE_…: nothing, for another session is about to take its
 * place here; or nothing, for its uid is at another edge: as the same stay, or as another one after it was
 * left, and then they know. */
enum { RJ_TELL_NOTHING = -1, RJ_TELL_MOVED = -2, RJ_TELL_LEFT = -3 };

uint64_t rj_join_key(const uint8_t join_id[RJ_JOIN_ID_SIZE]);
/* A new member of the channel; nobody is told. */
rj_session *rj_session_new(rj_channel *channel, const rejoin_JoinRequest *request, uint32_t uid,
                           uint64_t joined_at, bool assigned, int64_t now);
/* Ends it. offline: what the others are told (OFFLINE_… or RJ_TELL_…); removed: the reason
 * that the member itself is told and later refused with, 0 = it left or was silent. Frees it. */
void rj_session_end(rj_session *session, int32_t offline, int32_t removed, int64_t now);
/* The same for several members of one channel, by ascending uid: none of them is told of another. */
void rj_session_end_all(rj_session **sessions, size_t count, int32_t offline, int32_t removed,
                        int64_t now);
void rj_session_bind(rj_session *session, rj_connection *connection, int64_t now);
void rj_session_unbind(rj_connection *connection);
/* Closes the session's other connections. */
void rj_session_keep_only(rj_connection *connection, int64_t now);
/* An authenticated packet came on one of its connections: noted before, told after what it carries
 * was done. So a goodbye of a silent member is an offline, and no resumed before it (P-11). */
void rj_session_note_heard(rj_session *session, int64_t heard);
void rj_session_tell_heard(rj_session *session, int64_t now);
/* It fell silent when it was heard last; it is heard again, or gone. Nobody is told. */
void rj_session_begin_silence(rj_session *session);
void rj_session_end_silence(rj_session *session, int64_t now);
void rj_session_wake(rj_session *session, int64_t now);
/* When it is to wake. */
int64_t rj_session_due(const rj_session *session);
void rj_session_rearm(rj_session *session);
/* Its token lets it stay until then, and no longer (S-18); RJ_NEVER. */
void rj_session_stay_until(rj_session *session, int64_t until);
/* What the answers say of a stay until `until`: milliseconds, never fewer than are left; 0 = no
 * limit. */
uint64_t rj_privilege_ms(int64_t until, int64_t now);
/* One encoded message on each of its connections. */
void rj_session_send(rj_session *session, const uint8_t *data, size_t length, int64_t now);
/* Does this secret open the session? */
bool rj_session_secret_fits(const rj_session *session, const uint8_t secret[RJ_SECRET_SIZE]);
/* It was used (and fits): the one that the answer carries. A repeat gets the same one. */
const uint8_t *rj_session_use_secret(rj_session *session, const uint8_t secret[RJ_SECRET_SIZE]);
void rj_session_forget(rj_session *session); /* frees it, tells nobody */

/* ------------------------------------------------------------------ channel.c */

typedef struct {
  int64_t at;
  uint32_t uid;
  int32_t reason; /* OFFLINE_… */
} rj_departure;

struct rj_channel {
  rj_server_alarm alarm;
  rj_server *server;
  rj_session **members; /* by uid */
  uint32_t count, capacity;
  uint32_t visible;       /* members that the others see */
  uint32_t watchers;      /* members that want to know of interruptions */
  uint32_t silent;        /* members that are interrupted */
  rj_departure *departed; /* by uid */
  uint32_t departed_count, departed_capacity;
  int64_t empty_until; /* forgotten then (N-7); RJ_NEVER while there are members */
  rj_message_log log;
  int64_t trim_at;    /* the log is looked through then; RJ_NEVER while it is empty */
  uint32_t untrimmed; /* messages since it was */
  rj_shared *shared;  /* what other edges have of it; NULL: this edge is alone */
  uint8_t profile;
  char app_id[RJ_APP_ID_MAX + 1];
  char name[RJ_CHANNEL_MAX + 1];
};

GHashTable *rj_channels_new(void);
/* All of them, by app id and name; the caller's. */
GPtrArray *rj_channels_all(const rj_server *server);
/* By app id and name; and the same for g_ptr_array_sort. */
gint rj_channel_order(gconstpointer a, gconstpointer b);
gint rj_channel_compare(gconstpointer a, gconstpointer b);
/* Those of an app, by name; the caller's. */
GPtrArray *rj_channels_of(const rj_server *server, const char *app_id);
/* NULL: there is none. */
rj_channel *rj_channel_find(const rj_server *server, const char *app_id, const char *name);
rj_channel *rj_channel_new(rj_server *server, const char *app_id, const char *name, uint8_t profile,
                           int64_t now);
/* Where the uid is or belongs among the members. */
uint32_t rj_channel_place(const rj_channel *channel, uint32_t uid);
rj_session *rj_channel_member(const rj_channel *channel, uint32_t uid);
void rj_channel_add(rj_channel *channel, rj_session *session);
void rj_channel_remove(rj_channel *channel, rj_session *session, int64_t now);
/* The member's role and wish to watch, and what follows for its visibility. */
void rj_channel_set_member(rj_channel *channel, rj_session *session, uint32_t role, bool watches,
                           int64_t now);
/* Somebody wants to know of interruptions, the first one: from now on they are watched for. */
void rj_channel_start_watching(rj_channel *channel, int64_t now);
/* Is somebody with this uid in it, at this edge or another? */
bool rj_channel_has(const rj_channel *channel, uint32_t uid);
/* Would one more member, one more broadcaster be too many? The one with this uid (0: none has it yet) is
 * counted already or makes room; `current`, where not NULL, is the session that makes room. */
bool rj_channel_is_full(const rj_channel *channel, uint32_t uid);
bool rj_channel_is_full_of_broadcasters(const rj_channel *channel, const rj_session *current,
                                        uint32_t uid);
/* Since when this edge knows who is in it (P-10). */
int64_t rj_channel_known_since(const rj_channel *channel);
void rj_channel_note_departed(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now);
void rj_channel_forget_departed(rj_channel *channel, uint32_t uid);
int64_t rj_channel_due(const rj_channel *channel);
/* May free it. */
void rj_channel_wake(rj_channel *channel, int64_t now);

/* ------------------------------------------------------------------ removal.c */

/* Removes those of our members that the rule names, as rj_server_kick, and tells no other edge. */
size_t rj_removal_here(rj_server *server, const rj_kick_rule *rule, int64_t now);

/* ------------------------------------------------------------------ presence.c */

/* A member came, or changed, or took another session's place: tells the others what is new for them
 * (P-1, P-6, P-7, S-16). */
void rj_presence_changed(rj_session *session, bool was_visible, bool was_interrupted, int64_t now);
/* A member that was visible is gone from the channel (P-2, P-4, P-8). */
void rj_presence_gone(const rj_session *session, int32_t reason, int64_t now);
/* In a cluster: what all edges have of the uid changed from `before` to `after` (NULL: it is nowhere):
 * tells our members what that is for them. reason: of an offline. */
void rj_presence_differs(rj_channel *channel, uint32_t uid, const rj_mate *before,
                         const rj_mate *after, int32_t reason, int64_t now);
/* A visible member fell silent or was heard again (P-11). */
void rj_presence_heard(rj_session *session, int64_t now);
/* Another edge says who left before this one came to share the channel: told to those of our members who
 * came from other edges, and may still hold it for there (P-10). */
void rj_presence_departed(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now);
/* All that this member sees, in pages. */
void rj_presence_send_roster(rj_connection *connection, uint32_t number, int64_t now);

/* ------------------------------------------------------------------ streams.c */

/* What members send; each connection is bound. */
void rj_streams_message(rj_connection *connection, const rejoin_StreamMessage *message,
                        int64_t now);
void rj_streams_datagram(rj_connection *connection, const rj_stream_datagram *message, int64_t now);
/* A beat, bound or not. */
void rj_streams_beat(rj_connection *connection, const rj_beat *beat, int64_t now);
/* Where a new session begins: the number of the last message that it does not get. */
uint64_t rj_streams_start(const rj_channel *channel, bool rejoins, int64_t now);
/* A message of another edge's member, in server->out, that was sent `at`: to all our members. */
void rj_streams_take(rj_channel *channel, int64_t at, int64_t now);
/* Messages of other edges' members will not come: all our members hear of a gap (D-5). */
void rj_streams_missed(rj_channel *channel, int64_t now);
/* An unreliable one of message->uid, to all our members but that one; is_from_bus: said at another edge. */
void rj_streams_relay(rj_channel *channel, const rj_stream_datagram *message, bool is_from_bus,
                      int64_t age, int64_t now);
/* A bound connection gets the messages after this number. */
void rj_streams_begin(rj_connection *connection, uint64_t after, int64_t now);
/* Hands a connection what it may have; after its backlog may have become shorter. */
void rj_streams_pump(rj_connection *connection, int64_t now);
/* The member has all up to `number`. False: that was never sent. */
bool rj_streams_acknowledged(rj_session *session, uint64_t number);
/* Forgets what all members have, and what is too old. */
void rj_streams_trim(rj_channel *channel, int64_t now);
/* Forgets all. */
void rj_streams_forget(rj_channel *channel);

/* ------------------------------------------------------------------ observe.c */

/* Each is logged and told to the observer, before it is done. `detail` (may be NULL) says more. */
void rj_observe_member(const rj_session *session, rj_observed kind, int32_t reason, int64_t span,
                       const char *detail, int64_t now);
/* One of the ends of a stay. */
void rj_observe_end(const rj_session *session, rj_observed kind, int32_t reason, const char *detail,
                    int64_t now);
/* Whoever asked to join was refused, or told to come again. */
void rj_observe_turned_away(const rj_connection *connection, const rejoin_JoinRequest *request,
                            rj_observed kind, int32_t reason, const char *detail, int64_t now);
void rj_observe_channel(const rj_channel *channel, rj_observed kind, int64_t now);
void rj_observe_drain(const rj_server *server, guint members, int64_t span, int64_t now);
/* unsaid: how many were not told before this one. */
void rj_observe_hostile(const rj_server *server, const rj_address *peer, const char *why,
                        uint64_t unsaid, int64_t now);

#endif
