/* An edge in virtual time with made-up members: what the tests of the edge are written with. */
#ifndef RJ_TESTS_EDGE_RIG_H
#define RJ_TESTS_EDGE_RIG_H

#include "base/numbers.h"
#include "base/time.h"
#include "edge/fake_link.h"
#include "edge/server.h"

#define SECOND RJ_SECOND
#define MS     RJ_MILLISECOND

typedef struct {
  rj_server *server;
  int64_t now;
  rj_random random;
  rj_entropy entropy;
  GPtrArray *warnings; /* texts of the log since the rig was made */
  GPtrArray *infos;
} test_rig;

/* Begins with g_test_init and the capture of the log. */
void rig_init(int *argc, char ***argv);

/* A default config; change it, then rig_start. */
rj_server_config rig_config(test_rig *rig);
void rig_start(test_rig *rig, const rj_server_config *config);
/* Both of it with no changes. */
void rig_default(test_rig *rig);
void rig_end(test_rig *rig);
/* Crash and restart: the state is lost, the clock goes on. */
void rig_restart(test_rig *rig, const rj_server_config *config);

/* Time passes; whatever is due happens when it is due. */
void rig_run_until(test_rig *rig, int64_t until);
void rig_run(test_rig *rig, int64_t span);
/* The clock goes on while the edge does nothing (a stall). */
void rig_skip(test_rig *rig, int64_t span);

/* ---- a connection; named by its number */
typedef uint64_t peer_id;

peer_id rig_hello(test_rig *rig, uint8_t host); /* from 10.0.0.host */
peer_id rig_dial(test_rig *rig, uint8_t host);  /* hello and up */
peer_id rig_dial_from(test_rig *rig,
                      const char *address); /* from there, "10.1.2.3" or "[2001:db8::1]" */
void rig_feed(test_rig *rig, peer_id peer, fake_kind kind, const void *data, size_t length);
void rig_say(test_rig *rig, peer_id peer, const rj_control *message);
void rig_say_early(test_rig *rig, peer_id peer, const rj_control *message);
void rig_beat(test_rig *rig, peer_id peer);
void rig_acknowledge(test_rig *rig, peer_id peer);
void rig_hang_up(test_rig *rig, peer_id peer, rj_close_code code);

/* ---- messages */
/* join id = 16 times `join`. */
rj_control rig_join_request(const char *channel, uint32_t uid, uint8_t join);
rj_control rig_rejoin_request(const char *channel, const rejoin_JoinAnswer *answer, uint8_t join);
rj_control rig_goodbye(uint64_t session);
/* Dials, asks, expects to be accepted, and takes the roster. */
peer_id rig_joined(test_rig *rig, const char *channel, uint32_t uid, uint8_t join,
                   rejoin_JoinAnswer *answer);
/* Says it on a new connection and takes the answer. */
peer_id rig_ask(test_rig *rig, const rj_control *request, rejoin_JoinAnswer *answer);

/* ---- what the edge said to a peer, in order; each call takes it */
bool rig_next(peer_id peer, fake_sent *sent);
void expect_nothing(peer_id peer);
rejoin_JoinAnswer expect_answer(peer_id peer);
void expect_refused(peer_id peer, int32_t reason);
/* All pages: visible uids and departures. */
void expect_roster(peer_id peer, const char *text);
void expect_joined(peer_id peer, uint32_t uid);
void expect_offline(peer_id peer, uint32_t uid, int32_t reason);
void expect_offline_at(peer_id peer, uint32_t uid, int32_t reason, int64_t at);
void expect_heard(peer_id peer, uint32_t uid, bool interrupted);
void expect_removed(peer_id peer, uint64_t session, int32_t reason);
/* The edge closed it with this code. */
void expect_closed(peer_id peer, rj_close_code code);
void expect_open(peer_id peer);

/* The members of the channel as text: "1 2 7". Free it. */
char *rig_members(test_rig *rig, const char *channel);
#define expect_members(rig, channel, text)                                                         \
  do {                                                                                             \
    char *rig_text = rig_members(rig, channel);                                                    \
    g_assert_cmpstr(rig_text, ==, text);                                                           \
    g_free(rig_text);                                                                              \
  } while (0)
rj_server_counters rig_counters(test_rig *rig);

#endif
