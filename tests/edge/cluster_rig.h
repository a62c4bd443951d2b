/* Several edges of one cluster over a bus that loses, delays, doubles, reorders and parts as a test wants it, all in
 * virtual time and by one seed. The edges are those of rig.h: cluster_at says which one its functions are about. */
#ifndef RJ_TESTS_EDGE_CLUSTER_RIG_H
#define RJ_TESTS_EDGE_CLUSTER_RIG_H

#include "edge/rig.h"

enum { CLUSTER_EDGES = 3 };

/* A member that a test plays: what it was told, and what it says by itself (beats). */
typedef struct {
  int edge;
  peer_id peer;
  rejoin_JoinAnswer answer;
  bool beats;
  GHashTable *seen; /* uids that it sees */
  GHashTable *held; /* … but that its new edge has not named: kept until held_until (P-10) */
  int64_t held_until;
  bool moved;
  uint32_t profile, role; /* that it asks for */
  GString *
      told; /* "+2 -3:1 ?4 !4": joined, offline with reason, interrupted, heard; "2:1:a" messages, "gap" */
  GHashTable *streams; /* the last sequence by uid, stream */
  bool removed;        /* by the edge, or closed */
  int32_t reason;
} cluster_member;

typedef struct {
  test_rig rigs[CLUSTER_EDGES];
  rj_port *ports[CLUSTER_EDGES];
  rj_kicks *kicks[CLUSTER_EDGES];
  bool up[CLUSTER_EDGES];
  bool connected[CLUSTER_EDGES];
  int side[CLUSTER_EDGES]; /* a partition: messages reach edges of the same side alone */
  bool deaf[CLUSTER_EDGES][CLUSTER_EDGES]; /* [to][from]: hears nothing of that one */
  GHashTable *subjects[CLUSTER_EDGES];
  int count;
  int64_t now, beat_at;
  rj_random chance;
  /* the bus */
  double loss, twice;
  int64_t delay_least, delay_most;
  GQueue under_way; /* cluster_delivery, by time */
  uint64_t published;
  uint64_t hash;                               /* of all that was published */
  void (*spoil)(void *user, GByteArray *data); /* NULL: none; changes a message on its way */
  void *spoil_user;
  bool careless;      /* what members are told is not looked at */
  GPtrArray *members; /* cluster_member */
  rj_server_timers timers;
  rj_server_limits limits;
  uint8_t next_join;
} cluster_rig;

void cluster_begin(cluster_rig *c, int edges, uint64_t seed);
void cluster_end(cluster_rig *c);
/* From now on rig.h is about this edge. */
test_rig *cluster_at(cluster_rig *c, int edge);
/* Time passes for all. */
void cluster_run(cluster_rig *c, int64_t span);
void cluster_connect(cluster_rig *c, int edge, bool connected);
/* Its state is lost; at once (crash), or with a goodbye (stop); start begins it anew. */
void cluster_crash(cluster_rig *c, int edge);
void cluster_stop(cluster_rig *c, int edge);
void cluster_start(cluster_rig *c, int edge);
/* What an edge says goes to those of its own side. */
void cluster_part(cluster_rig *c, int alone);
void cluster_heal(cluster_rig *c);
/* Something comes over the bus at one edge. */
void cluster_inject(cluster_rig *c, int edge, const char *subject, const uint8_t *data,
                    size_t length);

/* ---- members: each joins by a request that may be changed before */
rj_control cluster_request(cluster_rig *c, uint32_t uid);
/* Asks to join there; NULL: refused or busy, *refused (may be NULL) says how. Owned by the rig. */
cluster_member *cluster_ask(cluster_rig *c, int edge, const rj_control *request,
                            rejoin_JoinAnswer *refused);
cluster_member *cluster_join(cluster_rig *c, int edge, uint32_t uid);
/* It lost its edge and rejoins at this one; what it saw it keeps. False: refused. */
bool cluster_move(cluster_rig *c, cluster_member *member, int edge, rejoin_JoinAnswer *refused);
void cluster_leave(cluster_rig *c, cluster_member *member);
void cluster_send(cluster_rig *c, cluster_member *member, uint64_t number, const char *text);
/* What it was told since the last look. */
#define expect_told(c, member, text)                                                               \
  do {                                                                                             \
    cluster_listen(c, member);                                                                     \
    g_assert_cmpstr((member)->told->str, ==, text);                                                \
    g_string_truncate((member)->told, 0);                                                          \
  } while (0)
void cluster_listen(cluster_rig *c, cluster_member *member);
/* Whom it sees: "1 2 7". Free it. */
char *cluster_seen(cluster_rig *c, cluster_member *member);
#define expect_seen(c, member, text)                                                               \
  do {                                                                                             \
    char *cluster_text = cluster_seen(c, member);                                                  \
    g_assert_cmpstr(cluster_text, ==, text);                                                       \
    g_free(cluster_text);                                                                          \
  } while (0)
/* Who is in the channel "demo" as this edge knows it, at all edges. Free it. */
char *cluster_everywhere(cluster_rig *c, int edge);
#define expect_everywhere(c, edge, text)                                                           \
  do {                                                                                             \
    char *cluster_text = cluster_everywhere(c, edge);                                              \
    g_assert_cmpstr(cluster_text, ==, text);                                                       \
    g_free(cluster_text);                                                                          \
  } while (0)
rj_server_counters cluster_counters(cluster_rig *c, int edge);

#endif
