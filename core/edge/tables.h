/* What an edge remembers beside its members: how sessions ended, which uids rest, whom the log named, how
 * fast members come, whom it told to move. Included by edge_internal.h, which says what the types are. */
#ifndef RJ_EDGE_TABLES_H
#define RJ_EDGE_TABLES_H

/* ------------------------------------------------------------------ ended.c */

/* How a session ended: one of the reasons that its rejoin is refused with (3, 9, 19), or … */
enum {
  RJ_ENDED_LEFT = -1,
  RJ_ENDED_DROPPED = -2,
  RJ_ENDED_MOVED = -3 /* its member is at another edge, or was */
};

typedef struct {
  GList node;        /* in the order of their ends; data = the entry */
  uint64_t session;  /* 0: it was left before it began */
  uint64_t join_key; /* 0: not known, it was at another edge */
  int64_t until;
  uint32_t uid;
  int32_t how;
} rj_ended_entry;

/* Why sessions ended, for as long as it is kept (SPEC section 5). */
typedef struct {
  GQueue queue;
  rj_map *by_session, *by_join;
} rj_ended;

void rj_ended_init(rj_ended *ended);
void rj_ended_clear(rj_ended *ended);
/* session, join_key, uid and how of `what`. */
void rj_ended_note(rj_ended *ended, const rj_ended_entry *what, int64_t until, int64_t now);
/* A join that its member left before it came. */
void rj_ended_note_join(rj_ended *ended, uint64_t join_key, int64_t until, int64_t now);
/* NULL: not known (any more). Borrowed until the next call. */
const rj_ended_entry *rj_ended_find(rj_ended *ended, uint64_t session, int64_t now);
const rj_ended_entry *rj_ended_find_join(rj_ended *ended, uint64_t join_key, int64_t now);

/* ------------------------------------------------------------------ uids.c */

/* Assigned uids that are not to be given out again yet (SPEC section 5). */
typedef struct {
  GQueue queue;
  rj_map *by_uid;
} rj_uids;

void rj_uids_init(rj_uids *uids);
void rj_uids_clear(rj_uids *uids);
bool rj_uids_resting(rj_uids *uids, uint32_t uid, int64_t now);
/* The session with this assigned uid ended. */
void rj_uids_rest(rj_uids *uids, uint32_t uid, int64_t until, int64_t now);
/* A random uid that is neither in the channel (NULL: nobody is) nor resting; 0: none found. */
uint32_t rj_uids_pick(rj_uids *uids, const rj_channel *channel, const rj_entropy *entropy,
                      int64_t now);

/* ------------------------------------------------------------------ hostile.c */

/* Whom the log has named already, so that it names each once. */
typedef struct {
  GQueue queue;
  rj_map *by_host;
  int64_t minute; /* the start of the one that `warned` counts */
  uint32_t warned;
  uint64_t unsaid;
} rj_hostile;

void rj_hostile_init(rj_hostile *hostile);
void rj_hostile_clear(rj_hostile *hostile);
void rj_hostile_note(rj_server *server, const rj_address *peer, const char *why, int64_t now);

/* ------------------------------------------------------------------ rates.c */

/* Lets so many through, and then so many in a time. */
typedef struct {
  int64_t full_at;     /* when it has let nobody through lately */
  int64_t given_until; /* the turns before this moment were given to somebody */
} rj_gate;

/* How fast members come, from each address and in all. */
typedef struct {
  GQueue queue;
  rj_map *by_host;
  rj_gate accepts;
} rj_rates;

void rj_rates_init(rj_rates *rates);
void rj_rates_clear(rj_rates *rates);
/* Each answers 0, or in how many ns to try again. */
int64_t rj_rates_join(rj_server *server, const rj_address *peer, int64_t now);
/* Before a token is looked at: may this peer show one? */
int64_t rj_rates_token(rj_server *server, const rj_address *peer, int64_t now);
/* A new member is about to be let in, whoever it is. */
int64_t rj_rates_accept(rj_server *server, int64_t now);
/* May this member have this role now? It may always have the one that it has. */
int64_t rj_rates_role(const rj_session *session, uint32_t role, int64_t now);
/* It is about to have it. */
void rj_rates_role_changes(rj_session *session, uint32_t role, int64_t now);
/* The token that this peer showed was bad. */
void rj_rates_bad_token(rj_server *server, const rj_address *peer, int64_t now);

/* ------------------------------------------------------------------ drain.c */

typedef struct {
  rj_server_alarm alarm; /* first */
  GArray *sessions;      /* uint64_t: the ids of those who are told, in turn */
  guint next;
  int64_t began, ends;
  bool is_on; /* nobody new is let in */
} rj_drain;

void rj_drain_init(rj_drain *drain);
void rj_drain_clear(rj_server *server);
int64_t rj_drain_due(const rj_server *server);
void rj_drain_wake(rj_server *server, int64_t now);
/* A member is back on another connection: one that was told to move is told there, too. */
void rj_drain_tell_again(rj_session *session, int64_t now);

#endif
