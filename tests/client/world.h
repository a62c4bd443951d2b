/* One member in virtual time before a scripted edge, over the fake link: who is cut, what the edge answers, what the app was told. */
#ifndef RJ_TESTS_CLIENT_WORLD_H
#define RJ_TESTS_CLIENT_WORLD_H

#include "client/fake_link.h"
#include "client/member.h"

#define MS     RJ_MILLISECOND
#define SECOND RJ_SECOND
#define MINUTE RJ_MINUTE

enum { ONE_WAY_MS = 25 }; /* of a packet */

typedef enum { ANSWER_ACCEPT, ANSWER_REFUSE, ANSWER_BUSY, ANSWER_NOTHING } world_answer;

typedef struct world world;
struct world {
  rj_port *port;
  rj_member *member;
  rj_member_config config; /* change it before world_start */
  rj_url urls[RJ_URLS_MAX];
  rj_random random;
  rj_entropy entropy;
  int64_t now;

  /* the network */
  bool cut_up, cut_down;
  bool resolves;      /* names have addresses */
  const char *nearby; /* … and this one's is private */

  /* the edge */
  world_answer answer;
  uint32_t refuse_reason;
  uint32_t busy_ms;
  bool elsewhere;
  uint32_t assigned_uid; /* for uid 0 */
  uint64_t sessions;     /* given out so far */
  uint32_t edge_age_ms;
  uint64_t privilege_ms;
  uint32_t role; /* given; 0 = as asked */
  uint32_t renew_code, role_reason;
  bool no_pages;
  bool lost_state;                 /* rejoins make new sessions */
  const char *dead[RJ_URLS_MAX];   /* nothing is heard of the edges with these host names … */
  const char *unlike[RJ_URLS_MAX]; /* … and these have another certificate */
  bool hands_out;                  /* its answers carry `neighbours` */
  rejoin_Neighbours neighbours;
  uint64_t received;       /* number of the last stream message that came */
  uint64_t message_number; /* of the answers */
  GArray *roster;          /* of uint32_t, ascending */
  GArray *departed;        /* of rejoin_Departure */
  /* what it received, in order */
  GPtrArray *requests; /* of rejoin_JoinRequest */
  GArray *goodbyes;    /* of uint64_t */
  GPtrArray *others;   /* of rj_control */
  GArray *beats;       /* of int64_t: when each was sent */

  /* what the app was told */
  GPtrArray *events; /* of rj_event_record; texts are copies, also of a message's data */
  GQueue *agenda;    /* what will happen */
  uint64_t agenda_order;
};

world *world_new(void);
/* Makes the member from world.config; called by the first world_join or world_run when it was not. */
void world_start(world *w);
/* Checks that every connection was freed, and goes. */
void world_free(world *w);

/* ---- the app */
int32_t world_join(world *w, const char *channel, uint32_t uid);
int32_t world_leave(world *w);
/* Joined to "demo", the roster told, the log empty. */
void world_joined(world *w, uint32_t uid);

/* ---- time */
void world_run_until(world *w, int64_t until);
void world_run(world *w, int64_t span);
/* Time passes without anything running: a process that was asleep. Then the host wakes the member. */
void world_sleep(world *w, int64_t span);
/* After a direct call on the member: takes what it wants to send. */
void world_pump(world *w);

/* ---- the network and the edge */
void world_cut(world *w);
void world_heal(world *w);
rj_link *world_link(const world *w); /* the newest connection */
/* One event comes on a connection now. */
void world_event(world *w, rj_link *link, const rj_link_event *event);
void world_closed(world *w, rj_link *link, rj_closed_how how, uint64_t code);
/* A control message comes on a connection now, whatever the network is like. */
void world_say(world *w, rj_link *link, const rj_control *message);
void world_peer_joined(world *w, uint32_t uid);
void world_peer_offline(world *w, uint32_t uid, uint32_t reason);
void world_removed(world *w, uint64_t session, uint32_t reason);
/* One more neighbour; fingerprint: its bytes are all this one, 0: none. */
void world_neighbour(world *w, const char *url, uint8_t fingerprint);
/* The neighbours as they are now come on a connection. */
void world_say_neighbours(world *w, rj_link *link);
void world_set_roster(world *w, uint32_t count, const uint32_t *uids);
const rejoin_JoinRequest *world_request(const world *w, guint index);
const rejoin_JoinRequest *world_last_request(const world *w);

/* ---- the log. One line per event: "MS NAME FIELDS", the time since `since`; "+NS" follows it when it is no whole ms.
 *   connection_changed OLD>NEW REASON     did_(re)join_channel CHANNEL UID ELAPSED    user_joined UID ELAPSED
 *   stream_message UID STREAM DATA        stream_message_error UID STREAM MISSED
 *   user_offline UID REASON               attempt NUMBER OUTCOME DELAY                others: what they carry */
void world_expect_since(world *w, int64_t since, const char *lines);
void world_expect(world *w, const char *lines); /* since 0 */
void world_forget(world *w);                    /* empties the log */

#endif
