/* The real loop: sockets on loopback, a thread, a clock. Stories run with time scaled by 0.05 (N-2 after 200 ms, N-3 500 ms, N-4 1 s). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "host/loop/loop.h"
#include "host/loop/sockaddr.h"
#include "host/stage.h"

#define MS              RJ_MILLISECOND
#define SCALE           0.05
#define SCALED(seconds) ((int64_t)((seconds)*SCALE * (double)RJ_SECOND))
/* An idle machine is late by at most 20 ms (section 2); a loaded one with sanitizers by more. Never early. */
#define LATE (400 * MS)

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\n"
         "race:libgobject-2.0.so\ndeadlock:libgobject-2.0.so\n";
}

static void assert_due(int64_t at, int64_t due) {
  g_assert_cmpint(at, >=, due);
  g_assert_cmpint(at, <=, due + LATE);
}

static void wait_ms(int ms) {
  g_usleep((gulong)ms * 1000);
}

static void wait_for_state(actor *a, int32_t state) {
  for (int i = 0; i < 6000 && actor_state(a) != state; i++)
    wait_ms(10); /* a slow machine takes longer */
  g_assert_cmpint(actor_state(a), ==, state);
}

static pair joined_pair(void) {
  stage *s = stage_new(false, 0);
  s->scale = SCALE;
  return stage_pair(s, stage_server(s));
}

/* S-1 S-3 S-25 P-1 P-2 */
static void test_join_and_leave(void) {
  pair p = joined_pair();
  actor_leave(p.one);
  actor_expect_state(p.one, ANY, STATE_DISCONNECTED, REASON_LEAVE_CHANNEL);
  actor_expect(p.one, ANY, EVENT_DID_LEAVE_CHANNEL);
  actor_expect_offline(p.two, ANY, 1, OFFLINE_QUIT);
  stage_free(p.s);
}

/* S-8 S-11 S-13 P-4 P-5 N-2 N-3 N-4: the faults work on a real socket */
static void test_a_cut_uplink(void) {
  pair p = joined_pair();
  wait_ms(100);
  actor_cut(p.one, UP);
  seen interrupted = actor_next(p.one);
  int64_t o = actor_last_proof(p.one);
  int64_t heard = server_last_heard(p.s, p.server, "demo", 1);
  g_assert_cmpint(interrupted.state, ==, STATE_RECONNECTING);
  g_assert_cmpint(interrupted.reason, ==, REASON_INTERRUPTED);
  assert_due(interrupted.time, o + SCALED(4));
  assert_due(actor_expect(p.one, ANY, EVENT_CONNECTION_LOST), o + SCALED(10));
  assert_due(actor_expect_offline(p.one, ANY, 2, OFFLINE_DROPPED), o + SCALED(20));
  assert_due(actor_expect_offline(p.two, ANY, 1, OFFLINE_DROPPED), heard + SCALED(20));
  actor_heal(p.one, UP);
  actor_expect_state(p.one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  actor_expect(p.one, ANY, EVENT_DID_REJOIN_CHANNEL);
  actor_expect_joined(p.one, ANY, 2);
  actor_expect_joined(p.two, ANY, 1);
  stage_free(p.s);
}

/* S-9: a crash closes the socket (ICMP errors change nothing), the restarted edge answers a beat with a stateless reset */
static void test_crash_and_restart(void) {
  pair p = joined_pair();
  char error[RJ_HOST_ERROR_SIZE] = "";
  char *url = g_strdup(rj_host_server_url(p.server));
  rj_host_enter(p.s->host);
  g_assert_cmpint(rj_host_server_crash(p.server), ==, STATUS_OK);
  rj_host_leave(p.s->host);
  wait_ms(80); /* a beat into the void */
  rj_host_enter(p.s->host);
  int32_t status = rj_host_server_restart(p.server, error);
  rj_host_leave(p.s->host);
  g_assert_cmpstr(error, ==, "");
  g_assert_cmpint(status, ==, STATUS_OK);
  g_assert_cmpstr(url, ==, rj_host_server_url(p.server));
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++) {
    actor_expect_state(both[i], ANY, STATE_RECONNECTING, REASON_KEEP_ALIVE_TIMEOUT);
    actor_expect_state(both[i], ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
    actor_expect(both[i], ANY, EVENT_DID_REJOIN_CHANNEL);
  }
  g_free(url);
  stage_free(p.s);
}

static rj_host_server *listen_at(stage *s, const char *where, int32_t *status, char *error) {
  rj_host_server_config config = {.listen = where};
  rj_server_timers_default(&config.server.timers, 1);
  return rj_host_server_new(s->host, &config, status, error);
}

static void test_a_port_in_use(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  int32_t status = STATUS_OK;
  char error[RJ_HOST_ERROR_SIZE] = "", expected[RJ_HOST_ERROR_SIZE];
  const char *address = rj_host_server_url(server) + strlen("rejoin://");
  char *listen = g_strdup_printf("udp://%s", address);
  g_assert_null(listen_at(s, listen, &status, error));
  g_assert_cmpint(status, ==, STATUS_REFUSED);
  g_snprintf(expected, sizeof expected,
             "listen %s: address already in use (is another rejoin-edge running?)", listen);
  g_assert_cmpstr(error, ==, expected);
  g_free(listen);
  stage_free(s);
}

static void test_what_cannot_be_listened_at(void) {
  stage *s = stage_new(false, 0);
  int32_t status = STATUS_OK;
  char error[RJ_HOST_ERROR_SIZE] = "";
  g_assert_null(listen_at(s, "udp://192.0.2.1:7443", &status, error));
  g_assert_cmpint(status, ==, STATUS_REFUSED);
  g_assert_nonnull(strstr(error, "192.0.2.1:7443"));
  const char *wrong[] = {"127.0.0.1:7443", "tcp://127.0.0.1:7443", "udp://localhost:7443", "udp://",
                         ""};
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_null(listen_at(s, wrong[i], &status, error));
    g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
    g_assert_nonnull(strstr(error, "udp://ADDRESS:PORT"));
  }
  stage_free(s);
}

/* A wildcard shows as loopback; packets come back from the address they were sent to. */
static void test_listening_everywhere(void) {
  const struct {
    const char *listen, *url;
  } rows[] = {{"udp://0.0.0.0:0", "rejoin://127.0.0.1:"}, {"udp://[::]:0", "rejoin://[::1]:"}};
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    stage *s = stage_new(false, 0);
    int32_t status = STATUS_OK;
    char error[RJ_HOST_ERROR_SIZE] = "";
    rj_host_server *server = listen_at(s, rows[i].listen, &status, error);
    if (server == NULL && strstr(error, "[::]") != NULL) {
      g_test_message("no IPv6 here: %s", error);
      stage_free(s);
      continue;
    }
    g_assert_cmpstr(error, ==, "");
    g_ptr_array_add(s->servers, server);
    g_assert_true(g_str_has_prefix(rj_host_server_url(server), rows[i].url));
    actor_join_and_run(stage_client_uid(s, server, 1), "demo");
    if (i == 0) { /* another address of the loopback network */
      char *url =
          g_strdup_printf("rejoin://127.0.0.2:%s", strrchr(rj_host_server_url(server), ':') + 1);
      const role how = {.uid = 2, .url = url};
      actor_join_and_run(stage_client(s, server, &how), "demo");
      g_free(url);
    }
    stage_free(s);
  }
}

/* A port is free again as soon as its server is down, although a thread polls it. */
static void test_down_and_up_at_once(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  char error[RJ_HOST_ERROR_SIZE] = "";
  for (int i = 0; i < 100; i++) {
    rj_host_enter(s->host);
    if (i % 2 == 0)
      g_assert_cmpint(rj_host_server_crash(server), ==, STATUS_OK);
    int32_t status = rj_host_server_restart(server, error);
    rj_host_leave(s->host);
    g_assert_cmpstr(error, ==, "");
    g_assert_cmpint(status, ==, STATUS_OK);
    if (i % 10 == 0)
      wait_ms(2);
  }
  stage_free(s);
}

/* A restart after somebody else took the port */
static void test_a_restart_that_finds_its_port_taken(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  int32_t status = STATUS_OK;
  char error[RJ_HOST_ERROR_SIZE] = "";
  char *listen = g_strdup_printf("udp://%s", rj_host_server_url(server) + strlen("rejoin://"));
  rj_host_enter(s->host);
  rj_host_server_crash(server);
  rj_host_leave(s->host);
  rj_host_server *thief = listen_at(s, listen, &status, error);
  g_assert_nonnull(thief);
  rj_host_enter(s->host);
  g_assert_cmpint(rj_host_server_restart(server, error), ==, STATUS_REFUSED);
  g_assert_nonnull(strstr(error, "in use"));
  g_assert_null(rj_host_server_get(server));
  rj_host_leave(s->host);
  rj_host_server_free(thief);
  rj_host_enter(s->host);
  g_assert_cmpint(rj_host_server_restart(server, error), ==, STATUS_OK);
  rj_host_leave(s->host);
  actor_join_and_run(stage_client_uid(s, server, 1), "demo");
  g_free(listen);
  stage_free(s);
}

static guint socket_count(stage *s) {
  rj_host_enter(s->host);
  guint count = ((rj_loop *)s->host)->sockets->len;
  rj_host_leave(s->host);
  return count;
}

static void test_one_socket_for_all_or_an_own_one(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  g_assert_cmpuint(socket_count(s), ==, 1); /* clients have none before they need it */
  for (uint32_t uid = 1; uid <= 5; uid++)
    actor_join_and_run(stage_client_uid(s, server, uid), "demo");
  g_assert_cmpuint(socket_count(s), ==, 2);
  const role how = {.uid = 6, .own_socket = true};
  actor *own = stage_client(s, server, &how);
  actor_join_and_run(own, "demo");
  g_assert_cmpuint(socket_count(s), ==, 3);
  actor_free_member(own);
  for (int i = 0; i < 1000 && socket_count(s) == 3; i++)
    wait_ms(5);
  g_assert_cmpuint(socket_count(s), ==, 2);
  stage_free(s);
}

/* S-30 R-5: free says goodbye, and freeing the host waits for it, but not long */
static void test_goodbye_on_free(void) {
  stage *edge = stage_new(false, 0), *leaver = stage_new(false, 0);
  rj_host_server *server = stage_server(edge);
  actor *two = stage_client_uid(edge, server, 2);
  actor *one = stage_client_uid(leaver, server, 1);
  actor_join_and_run(one, "demo");
  actor_join_and_run(two, "demo");
  actor_expect_joined(two, ANY, 1);
  int64_t before = stage_now(edge);
  stage_free(leaver);
  g_assert_cmpint(stage_now(edge) - before, <, RJ_RUNTIME_GOODBYE_WAIT + LATE);
  actor_expect_offline(two, ANY, 1, OFFLINE_QUIT);
  stage_free(edge);
}

/* nobody answers the goodbye */
static void test_a_goodbye_to_nobody_does_not_hold_up(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  actor *one = stage_client_uid(s, server, 1);
  actor_join_and_run(one, "demo");
  actor_cut(one, BOTH);
  int64_t before = rj_host_now(s->host);
  stage_free(s);
  stage *clock = stage_new(false, 0);
  g_assert_cmpint(stage_now(clock) - before, >=, RJ_RUNTIME_GOODBYE_WAIT);
  g_assert_cmpint(stage_now(clock) - before, <, RJ_RUNTIME_GOODBYE_WAIT + LATE);
  stage_free(clock);
}

/* Names are resolved; localhost is 127.0.0.1 first. */
static void test_a_name(void) {
  stage *s = stage_new(false, 0);
  rj_host_server *server = stage_server(s);
  char *url =
      g_strdup_printf("rejoin://localhost:%s", strrchr(rj_host_server_url(server), ':') + 1);
  const role how = {.uid = 1, .url = url};
  actor_join_and_run(stage_client(s, server, &how), "demo");
  g_free(url);
  stage_free(s);
}

/* S-7: what cannot be resolved is tried again; and a lookup under way is no obstacle to the end */
static void test_a_name_that_nobody_knows(void) {
  stage *s = stage_new(false, 0);
  s->scale = SCALE;
  rj_host_server *server = stage_server(s);
  const role how = {.uid = 1, .url = "rejoin://nobody.invalid:7443"};
  actor *one = stage_client(s, server, &how);
  actor_join(one, "demo");
  actor_expect_state(one, ANY, STATE_CONNECTING, REASON_CONNECTING);
  actor_expect(one, ANY, EVENT_CONNECTION_LOST);
  actor_leave(one);
  actor_join(one, "demo");
  stage_free(s);
}

/* S-10, section 5: a socket that the system took away is opened anew */
static void test_a_socket_taken_away(void) {
  pair p = joined_pair();
  rj_host_enter(p.s->host);
  rj_socket *socket = ((rj_loop *)p.s->host)->shared[0];
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  g_assert_cmpint(dup2(null, socket->fd), ==, socket->fd);
  close(null);
  socket->reopen_at = 0; /* long ago */
  rj_host_leave(p.s->host);
  actor *both[] = {p.one, p.two};
  for (int i = 0; i < 2; i++)
    actor_expect(both[i], ANY, EVENT_NETWORK_CHANGED);
  int64_t changed = stage_now(p.s);
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 600 && actor_last_proof(both[i]) <= changed; j++)
      wait_ms(10);
    g_assert_cmpint(actor_last_proof(both[i]), >, changed);
    wait_for_state(both[i], STATE_CONNECTED);
  }
  stage_free(p.s);
}

/* Section 2: an edge whose loop stood still drops nobody for it, not even one whose beats were lost meanwhile */
static void test_a_stalled_edge_forgives(void) {
  stage *edge = stage_new(false, 0), *clients = stage_new(false, 0);
  edge->scale = clients->scale = SCALE;
  rj_host_server *server = stage_server(edge);
  const role patient = {.uid = 1, .offline = RJ_MINUTE}; /* keeps its connection */
  actor *one = stage_client(clients, server, &patient);
  actor *two = stage_client_uid(clients, server, 2);
  actor_join_and_run(one, "demo");
  actor_join_and_run(two, "demo");
  actor_expect_joined(one, ANY, 2);
  actor_expect_joined(two, ANY, 1);
  actor_cut(one, UP);
  wait_ms(50);
  rj_host_enter(edge->host);
  wait_ms(1200); /* longer than N-4 */
  rj_host_leave(edge->host);
  actor_heal(one, UP);
  wait_for_state(one, STATE_CONNECTED);
  wait_for_state(two, STATE_CONNECTED);
  rj_server_counters counters;
  rj_host_enter(edge->host);
  rj_server_counters_get(rj_host_server_get(server), &counters);
  rj_host_leave(edge->host);
  g_assert_cmpuint(counters.drops, ==, 0);
  stage_free(clients);
  stage_free(edge);
}

/* Section 2: after a stall of 4 s a client's overdue timers run before the packets that wait */
static void test_a_stalled_client_is_interrupted_first(void) {
  stage *edge = stage_new(false, 0), *clients = stage_new(false, 0);
  edge->scale = clients->scale = SCALE;
  rj_host_server *server = stage_server(edge);
  actor *one = stage_client_uid(clients, server, 1);
  actor_join_and_run(one, "demo");
  rj_host_enter(edge->host);
  wait_ms(100); /* a beat waits at the edge */
  rj_host_enter(clients->host);
  rj_host_leave(edge->host);
  wait_ms(300); /* its answer waits at the client */
  rj_host_leave(clients->host);
  actor_expect_state(one, ANY, STATE_RECONNECTING, REASON_INTERRUPTED);
  actor_expect_state(one, ANY, STATE_CONNECTED, REASON_JOIN_SUCCESS);
  stage_free(clients);
  stage_free(edge);
}

/* What is no packet of ours changes nothing, on either side. */
static void test_garbage(void) {
  pair p = joined_pair();
  rj_host_enter(p.s->host);
  const rj_loop *loop = (const rj_loop *)p.s->host;
  const uint16_t ports[] = {loop->shared[0]->bound.port,
                            ((const rj_loop_server *)p.server)->address.port};
  rj_host_leave(p.s->host);
  rj_random random;
  rj_random_seed(&random, 1);
  int fd = rj_platform_socket(AF_INET);
  for (int i = 0; i < 2000; i++) {
    uint8_t bytes[1600];
    size_t length = rj_random_below(&random, sizeof bytes);
    rj_random_fill(&random, bytes, length);
    rj_sockaddr to;
    rj_address address = {.family = RJ_ADDRESS_IPV4, .bytes = {127, 0, 0, 1}, .port = ports[i % 2]};
    socklen_t to_length = rj_sockaddr_from(&address, &to);
    sendto(fd, bytes, length, 0, &to.any, to_length);
  }
  close(fd);
  wait_ms(300);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  actor_expect_nothing(p.one);
  actor_leave(p.two);
  actor_expect_offline(p.one, ANY, 2, OFFLINE_QUIT);
  stage_free(p.s);
}

static size_t member_count(stage *s, rj_host_server *server) {
  rj_host_enter(s->host);
  size_t count = rj_server_members(rj_host_server_get(server), NULL, "crowd", NULL, 0);
  rj_host_leave(s->host);
  return count;
}

static void wait_for_members(stage *s, rj_host_server *server, size_t count) {
  for (int i = 0; i < 12000 && member_count(s, server) != count; i++)
    wait_ms(5);
  g_assert_cmpuint(member_count(s, server), ==, count);
}

/* A thousand members on one socket, two hosts; also: many are gathered, and it still works. */
static void test_a_thousand_members(void) {
  enum { COUNT = 1000 };
  stage *edge = stage_new(false, 0), *clients = stage_new(false, 0);
  rj_host_server *server = stage_server(edge);
  for (uint32_t uid = 1; uid <= COUNT; uid++)
    actor_join(stage_client_uid(clients, server, uid), "crowd");
  wait_for_members(edge, server, COUNT);
  wait_ms(1500); /* all beat, their packets are gathered */
  for (guint i = 0; i < COUNT; i++) {
    actor *a = (actor *)g_ptr_array_index(clients->actors, i);
    wait_for_state(a, STATE_CONNECTED);
  }
  g_assert_cmpuint(member_count(edge, server), ==, COUNT);
  g_assert_cmpuint(socket_count(clients), ==, 1);
  for (guint i = 0; i < COUNT; i++)
    actor_free_member((actor *)g_ptr_array_index(clients->actors, i));
  wait_for_members(edge, server, 0);
  stage_free(clients);
  stage_free(edge);
}

/* ---- let_go */

typedef struct {
  rj_host *host;
  rj_host_server *server;
  GThread *thread;
  _Atomic int calls;
} letting_go;

static void free_the_server(void *user) {
  letting_go *l = (letting_go *)user;
  g_assert_true(g_thread_self() != l->thread);
  rj_host_enter(l->host); /* the host is free … */
  rj_host_leave(l->host);
  if (l->server != NULL)
    rj_host_server_free(l->server); /* … and the thread not in its poll: this waits for its end */
  l->server = NULL;
  l->calls++;
}

static void test_what_the_thread_calls_when_it_let_go(void) {
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  letting_go l = {.thread = g_thread_self()};
  const rj_host_config config = {.let_go = free_the_server, .user = &l};
  rj_host_server_config server = {0};
  rj_server_timers_default(&server.server.timers, 1);
  l.host = rj_host_new(&config, &status, error);
  g_assert_nonnull(l.host);
  l.server = rj_host_server_new(l.host, &server, &status, error);
  g_assert_nonnull(l.server);
  for (int poked = 1; poked <= 3; poked++) {
    rj_host_poke(l.host);
    for (int i = 0; i < 6000 && l.calls < poked; i++)
      wait_ms(1);
    g_assert_cmpint(l.calls, ==, poked);
  }
  rj_host_free(l.host);
}

static void test_only_a_simulation_can_be_run(void) {
  stage *s = stage_new(false, 0);
  bool stopped = true;
  g_assert_cmpint(rj_host_run(s->host, RJ_NEVER, NULL, NULL, &stopped), ==, STATUS_NOT_SUPPORTED);
  g_assert_false(stopped);
  stage_free(s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/loop/join-and-leave", test_join_and_leave);
  g_test_add_func("/loop/cut-uplink", test_a_cut_uplink);
  g_test_add_func("/loop/crash-and-restart", test_crash_and_restart);
  g_test_add_func("/loop/listen/in-use", test_a_port_in_use);
  g_test_add_func("/loop/listen/impossible", test_what_cannot_be_listened_at);
  g_test_add_func("/loop/listen/everywhere", test_listening_everywhere);
  g_test_add_func("/loop/listen/again", test_down_and_up_at_once);
  g_test_add_func("/loop/listen/restart-in-use", test_a_restart_that_finds_its_port_taken);
  g_test_add_func("/loop/sockets", test_one_socket_for_all_or_an_own_one);
  g_test_add_func("/loop/free/goodbye", test_goodbye_on_free);
  g_test_add_func("/loop/free/to-nobody", test_a_goodbye_to_nobody_does_not_hold_up);
  g_test_add_func("/loop/name", test_a_name);
  g_test_add_func("/loop/name-unknown", test_a_name_that_nobody_knows);
  g_test_add_func("/loop/socket-taken-away", test_a_socket_taken_away);
  g_test_add_func("/loop/stall/edge", test_a_stalled_edge_forgives);
  g_test_add_func("/loop/stall/client", test_a_stalled_client_is_interrupted_first);
  g_test_add_func("/loop/garbage", test_garbage);
  g_test_add_func("/loop/thousand", test_a_thousand_members);
  g_test_add_func("/loop/let-go", test_what_the_thread_calls_when_it_let_go);
  g_test_add_func("/loop/run", test_only_a_simulation_can_be_run);
  return g_test_run();
}
