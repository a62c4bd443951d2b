/* An edge among the others of its cluster: what it knows of them, what they have of its channels, and
 * what it has to say to them (docs/cluster.md). Included by edge_internal.h.
 *
 * A server without a cluster has none of this: server->cluster and channel->shared are NULL. */
#ifndef RJ_EDGE_CLUSTER_CLUSTER_H
#define RJ_EDGE_CLUSTER_CLUSTER_H

#include "edge/bus.h"
#include "wire/cluster_codec.h"

typedef struct rj_cluster rj_cluster;
typedef struct rj_shared rj_shared;
typedef struct rj_part rj_part;

/* A member, at whichever edge. */
typedef struct {
  uint64_t session, joined_at, since, replaces; /* as in SharedMember */
  uint32_t uid;
  uint8_t how; /* RJ_REPLACED_… */
  bool visible, interrupted;
} rj_mate;

/* ------------------------------------------------------------------ edges.c */

/* Another edge. */
typedef struct {
  uint64_t id;
  char url[RJ_URL_MAX + 1], fingerprint[RJ_CLUSTER_FINGERPRINT_MAX + 1]; /* "": not known (yet) */
  uint32_t sessions;
  bool draining;
  bool silent; /* not heard for a while: so are its members (P-11) */
  bool gone;   /* not heard for too long, or it stopped and its time is over: it has no members */
  bool stopped;
  int64_t heard;
  rj_lateness lateness;
  uint64_t kicks;        /* digest of its kicks, as of its last hello */
  int64_t kicks_ask_due; /* its table is asked for then, if it still differs; RJ_NEVER */
} rj_other_edge;

/* The one with this id, which was heard; NULL: there are too many. *late: how late the message was. */
rj_other_edge *rj_edges_heard(rj_server *server, uint64_t id, uint32_t stamp, uint32_t *late,
                              int64_t now);
void rj_edges_take_hello(rj_server *server, rj_other_edge *edge, const rejoin_EdgeHello *hello,
                         int64_t now);
void rj_edges_take_bye(rj_server *server, rj_other_edge *edge, int64_t now);
/* Something of what a hello says changed. */
void rj_edges_say_hello(rj_server *server, bool answer, int64_t now);
int64_t rj_edges_due(const rj_cluster *cluster);
void rj_edges_wake(rj_server *server, int64_t now);
/* This edge stood still. */
void rj_edges_stalled(rj_cluster *cluster, int64_t gap, int64_t now);

/* ------------------------------------------------------------------ cluster.c */

typedef struct rj_outbox_order rj_outbox_order;

struct rj_cluster {
  rj_server_alarm alarm; /* first */
  rj_server *server;
  char *name, *url, *fingerprint;
  char *all_subject, *own_subject;
  int64_t hello, digest; /* periods */
  bool connected;
  int64_t hello_at;       /* the next one */
  int64_t now;            /* as of the last call: bus_next takes none */
  int64_t warned_at;      /* a refused message was logged */
  GPtrArray *edges;       /* rj_other_edge, by id */
  rj_other_edge nowhere;  /* has those who are between two edges (moving.c) */
  GArray *neighbours;     /* uint64_t: ids in the order in which they were handed out last */
  GQueue outbox;          /* rj_outbox_order */
  rj_outbox_order *taken; /* what the host looks at */
  size_t outbox_bytes;
  rj_shared *dirty_first, *dirty_last; /* channels with changes that were not sent, in turn */
  uint64_t last_opened;
  size_t parts_members; /* of all parts, also those under way */
  uint64_t kicks_told;  /* the last change of the kicks that was published */
  rj_cluster_message in, out;
  uint8_t buffer[RJ_CLUSTER_MESSAGE_MAX]; /* `out` as bytes */
};

/* NULL without error: the config names none. */
rj_cluster *rj_cluster_new(rj_server *server, const rj_server_cluster *config, int64_t now,
                           char *error, size_t error_size);
void rj_cluster_free(rj_cluster *cluster);
/* Prepares cluster->out for a message that is about no channel. */
void rj_cluster_begin(rj_cluster *cluster, pb_size_t body, int64_t now);
/* This edge stops. */
void rj_cluster_bye(rj_server *server, int64_t now);
/* A message that changes nothing: counted, logged now and then. `why` is static. */
void rj_cluster_refused(rj_server *server, const char *why, int64_t now);

/* ------------------------------------------------------------------ subjects.c */

/* Each is the caller's. */
char *rj_subject_all(const char *cluster);
char *rj_subject_edge(const char *cluster, uint64_t edge);
char *rj_subject_channel(const char *cluster, const char *app_id, const char *channel);
/* May a cluster be called so? */
bool rj_subject_takes_name(const char *cluster);

/* ------------------------------------------------------------------ outbox.c */

/* Each does nothing while the bus is not connected. */
void rj_outbox_subscribe(rj_cluster *cluster, const char *subject);
void rj_outbox_unsubscribe(rj_cluster *cluster, const char *subject);
/* cluster->out; false: it was dropped. */
bool rj_outbox_publish(rj_cluster *cluster, const char *subject);
bool rj_outbox_publish_bytes(rj_cluster *cluster, const char *subject, const uint8_t *data,
                             size_t length);
/* To one edge alone. */
bool rj_outbox_tell(rj_cluster *cluster, uint64_t edge);
void rj_outbox_clear(rj_cluster *cluster);

/* ------------------------------------------------------------------ parts.c */

/* What another edge has in a channel of ours. */
struct rj_part {
  rj_other_edge *edge;
  rj_mate *members; /* by uid */
  uint32_t count, capacity, visible;
  uint64_t opened, number; /* of its channel; its changes up to this one are in */
  bool known;              /* … and complete */
  bool watched;
  bool wants_pages, wants_messages;
  int64_t pages_asked_at, messages_asked_at;
  int64_t confirmed_at;  /* it said what it has */
  rj_mate *coming;       /* pages that came so far; NULL: none are under way */
  uint8_t *coming_pages; /* which */
  uint32_t coming_total, coming_left;
  uint64_t coming_number;
  uint64_t messages;      /* its stream messages up to this one were taken */
  uint64_t messages_sent; /* … and it has sent them up to this one, as far as we know */
  GHashTable *early;      /* messages that came before their turn, by number; NULL: none */
  bool messages_known;
  bool was_gone; /* its edge was: what it sent meanwhile is not for our members (D-5) */
  uint64_t datagrams;
  GArray *departed; /* rejoin_SharedDeparture, of the pages under way; NULL */
};

/* NULL: none. */
rj_part *rj_part_of(const rj_shared *shared, const rj_other_edge *edge);
rj_part *rj_part_need(rj_shared *shared, rj_other_edge *edge);
void rj_part_free(rj_shared *shared, rj_part *part);
const rj_mate *rj_part_member(const rj_part *part, uint32_t uid);
/* The place of its first member whose uid is not below this one. */
uint32_t rj_part_place(const rj_part *part, uint64_t uid);
/* What it has of the uid from now on (NULL: nothing); reason: of an offline that comes of it. */
void rj_part_set(rj_shared *shared, rj_part *part, uint32_t uid, const rj_mate *mate,
                 int32_t reason, int64_t now);
/* It has nothing of the uid any more, and nobody is told. */
void rj_part_drop(rj_shared *shared, rj_part *part, uint32_t uid);
/* All of it anew; members are by uid and the part's from now on. With the reasons of `departed` (may be
 * NULL), otherwise DROPPED. */
void rj_part_replace(rj_shared *shared, rj_part *part, rj_mate *members, uint32_t count,
                     const GArray *departed, int64_t now);
/* Its edge fell silent or is heard again. */
void rj_part_heard(rj_shared *shared, rj_part *part, int64_t now);
/* Nothing of its pages is under way any more. */
void rj_part_forget_coming(rj_shared *shared, rj_part *part);

/* ------------------------------------------------------------------ moving.c */

/* Its edge says that another one has it now; that one did not say so yet. */
void rj_moving_hold(rj_shared *shared, const rj_mate *mate, int64_t now);
/* It did. */
void rj_moving_arrived(rj_shared *shared, uint32_t uid);
int64_t rj_moving_due(const rj_shared *shared);
void rj_moving_wake(rj_shared *shared, int64_t now);
void rj_moving_clear(rj_shared *shared);

/* ------------------------------------------------------------------ union.c */

rj_mate rj_mate_of(const rj_session *session);
/* Does `one` hold against `other` of the same uid? */
bool rj_mate_holds(const rj_mate *one, const rj_mate *other);
/* What holds of all that the edges but `without` (may be NULL) have of the uid; false: nobody has it. */
bool rj_union_find(const rj_channel *channel, uint32_t uid, const rj_part *without, rj_mate *out);
/* The same of the other edges alone. */
bool rj_union_elsewhere(const rj_channel *channel, uint32_t uid, rj_mate *out);
/* The next one by uid above `after`; *local, 0 at first, is the walk's place among our own. */
bool rj_union_next(const rj_channel *channel, uint32_t *local, uint32_t after, rj_mate *out);
/* How many there are at the other edges, one that is at two of them twice. */
uint32_t rj_union_members_elsewhere(const rj_channel *channel);
uint32_t rj_union_visible_elsewhere(const rj_channel *channel);
/* Does anybody at another edge want to know of interruptions? */
bool rj_union_watched_elsewhere(const rj_channel *channel);

/* ------------------------------------------------------------------ shared.c */

/* A channel of ours as the cluster has it, as long as we have it. */
struct rj_shared {
  rj_channel *channel;
  char *subject;
  uint64_t opened; /* as in SharedChannel */
  int64_t since;   /* since when we listen */
  uint64_t number; /* of our last change */
  int64_t digest_at;
  GPtrArray *parts;             /* by edge id */
  rejoin_SharedChange *changes; /* that were not sent; their last one has `number` */
  uint32_t change_count, change_capacity;
  GQueue moving; /* members between two edges, by time */
  bool dirty;
  rj_shared *next_dirty, *previous_dirty;
  rj_message_log sent; /* our members' reliable messages, encoded for the bus, of the last while */
  uint64_t datagrams;
};

void rj_shared_open(rj_channel *channel, int64_t now);
/* The channel is forgotten, here. tell: say so. */
void rj_shared_close(rj_channel *channel, bool tell, int64_t now);
int64_t rj_shared_due(const rj_shared *shared);
void rj_shared_wake(rj_shared *shared, int64_t now);
/* The bus is there: subscribes and says what we have. */
void rj_shared_connected(rj_shared *shared, int64_t now);
/* Prepares cluster->out for a message about the channel. */
void rj_shared_begin(rj_shared *shared, pb_size_t body, int64_t now);
/* The first one who wants to know of interruptions came. */
void rj_shared_watched(rj_shared *shared, int64_t now);
/* What another edge says of it. Takes part->opened from the message; false: it is about an older time
 * and says nothing any more, or its profile is another one. */
bool rj_shared_believes(rj_shared *shared, rj_part *part, const rejoin_SharedChannel *head,
                        int64_t now);
void rj_shared_take_closed(rj_shared *shared, rj_part *part, const rejoin_SharedChannel *head,
                           int64_t now);

/* ------------------------------------------------------------------ changes.c */

/* One of our sessions is new or changed. */
void rj_changes_put(const rj_session *session, int64_t now);
/* One of them ended. offline: OFFLINE_… or RJ_TELL_…; how: as in rj_ended_entry. */
void rj_changes_gone(const rj_session *session, int32_t offline, int32_t how, int64_t now);
void rj_changes_flush(rj_shared *shared, int64_t now);
void rj_changes_flush_all(rj_cluster *cluster, int64_t now);
void rj_changes_forget(rj_shared *shared);
void rj_changes_take(rj_shared *shared, rj_part *part, const rejoin_SharedChanges *changes,
                     int64_t now);

/* ------------------------------------------------------------------ pages.c */

/* All our members, to everybody there (edge 0) or to one edge. */
void rj_pages_send(rj_shared *shared, uint64_t edge, uint32_t answer, int64_t now);
void rj_pages_take(rj_shared *shared, rj_part *part, const rejoin_SharedPage *page, int64_t now);
/* There is something that we have not: asks for the pages, not too often. */
void rj_pages_want(rj_shared *shared, rj_part *part, int64_t now);

/* ------------------------------------------------------------------ digest.c */

void rj_digest_send(rj_shared *shared, uint64_t edge, int64_t now);
void rj_digest_take(rj_shared *shared, rj_part *part, const rejoin_SharedDigest *digest,
                    int64_t now);

/* ------------------------------------------------------------------ duplicates.c */

/* A new session of ours: says what it stands for, and whom it holds against. `older`: the session of ours
 * whose place it takes, 0 = none. Returns what the others have seen of the uid so far, at other edges;
 * false: nothing. */
bool rj_duplicates_claim(rj_session *session, const rejoin_JoinRequest *request, uint64_t older,
                         rj_mate *theirs, int64_t now);
/* Another edge has the uid from now on: if it holds against our session of the uid, ours ends. */
void rj_duplicates_settle(rj_channel *channel, const rj_mate *theirs, int64_t now);

/* ------------------------------------------------------------------ kick_sync.c */

uint64_t rj_kick_sync_digest(const rj_server *server, int64_t now);
/* Publishes what changed. */
void rj_kick_sync_tell(rj_server *server, int64_t now);
void rj_kick_sync_tell_removal(rj_server *server, const rj_kick_rule *rule, int64_t now);
/* The edge says that its table has this digest. */
void rj_kick_sync_compare(rj_server *server, rj_other_edge *edge, int64_t now);
void rj_kick_sync_ask(rj_server *server, rj_other_edge *edge, int64_t now);
void rj_kick_sync_answer(rj_server *server, const rj_other_edge *edge, int64_t now);
void rj_kick_sync_take(rj_server *server, const rejoin_SharedKicks *kicks, int64_t now);
void rj_kick_sync_take_removal(rj_server *server, const rejoin_SharedKick *rule, int64_t now);

/* ------------------------------------------------------------------ shared_streams.c */

/* A member of ours sent this. */
void rj_shared_publish(rj_session *session, const rejoin_StreamMessage *message, int64_t now);
void rj_shared_relay(rj_session *session, const rj_stream_datagram *message, int64_t age,
                     int64_t now);
void rj_shared_take_message(rj_shared *shared, rj_part *part, const rejoin_SharedMessage *message,
                            uint32_t late, int64_t now);
void rj_shared_forget_early(rj_shared *shared, rj_part *part);
void rj_shared_take_datagram(rj_shared *shared, rj_part *part, const rejoin_SharedDatagram *message,
                             uint32_t late, int64_t now);
void rj_shared_take_gap(rj_shared *shared, rj_part *part, uint64_t number, int64_t now);
/* The part's edge sent messages up to `sent`, and does not keep those up to `forgotten`. */
void rj_shared_streams_known(rj_shared *shared, rj_part *part, uint64_t sent, uint64_t forgotten,
                             int64_t now);
/* It has sent up to `sent`, and we have not got all of that: asks for it, not too often. */
void rj_shared_want_messages(rj_shared *shared, rj_part *part, uint64_t sent, int64_t now);
/* To that edge: what our members sent after this number. */
void rj_shared_send_again(rj_shared *shared, const rj_other_edge *edge, uint64_t after,
                          int64_t now);
/* Forgets messages that nobody will ask for any more. */
void rj_shared_trim(rj_shared *shared, int64_t now);

#endif
