/* Networks that change, with kernels' networks instead of our word for it: an edge and a client in network namespaces of their own,
 * two cables between them. Needs root; without it nothing is tested, unless CI says that everything must be. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/loop/loop.h"
#include "host/stage.h"

#define MS RJ_MILLISECOND
/* N-2 after 2 s for those who shall not notice anything, after 1 s for those who shall. */
#define PATIENT 0.5
#define SHORT   0.25

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\n"
         "race:libgobject-2.0.so\ndeadlock:libgobject-2.0.so\n";
}

/* ---- two namespaces and the cables between them */

typedef struct {
  int edge, client; /* namespaces */
  GPid holder;      /* a process in the client's, by which it has a name */
  stage *edge_stage, *client_stage;
  rj_host_server *server;
  actor *one, *two; /* two lives beside the edge and watches */
} town;

static int home = -1; /* the namespace that we came from */

static void enter(int namespace) {
  int result = setns(namespace, CLONE_NEWNET);
  g_assert_cmpint(result, ==, 0);
}

static int open_here(void) {
  int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint(fd, >=, 0);
  return fd;
}

static int make_namespace(void) {
  int result = unshare(CLONE_NEWNET);
  g_assert_cmpint(result, ==, 0);
  return open_here();
}

/* Runs a command in a namespace. */
static void run_in(int namespace, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void run_in(int namespace, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *command = g_strdup_vprintf(format, arguments), *words = NULL;
  va_end(arguments);
  int status = 0;
  GError *error = NULL;
  enter(namespace);
  gboolean ran = g_spawn_command_line_sync(command, NULL, &words, &status, &error);
  g_assert_no_error(error);
  g_assert_true(ran);
  if (status != 0)
    g_error("%s: %s", command, words);
  g_free(words);
  g_free(command);
  enter(home);
}

/* Cable n: the edge's end en is 10.77.n.1, the client's cn is 10.77.n.2. The edge also is 10.99.0.1. */
static void lay_cable(const town *t, int n) {
  run_in(t->edge, "ip link add e%d type veth peer name c%d netns %d", n, n, (int)t->holder);
  run_in(t->edge, "ip addr add 10.77.%d.1/24 dev e%d", n, n);
  run_in(t->edge, "ip link set e%d up", n);
  run_in(t->client, "ip addr add 10.77.%d.2/24 dev c%d", n, n);
  run_in(t->client, "ip link set c%d up", n);
}

static void go_by(const town *t, int n) {
  run_in(t->client, "ip route replace default via 10.77.%d.1", n);
}

static bool can_make_namespaces(void) {
  bool can = home >= 0 && unshare(CLONE_NEWNET) == 0;
  if (can) {
    enter(home);
    char *ip = g_find_program_in_path("ip");
    can = ip != NULL;
    g_free(ip);
  }
  return can;
}

/* False: this cannot be tested here. */
static bool town_init(town *t, double scale) {
  *t = (town){0};
  if (home < 0)
    home = open_here();
  if (!can_make_namespaces()) {
    g_assert_cmpstr(g_getenv("CI"), !=, "true");
    g_test_skip("needs root and iproute2: network namespaces");
    return false;
  }
  t->edge = make_namespace();
  t->client = make_namespace();
  char *wait[] = {(char *)"sleep", (char *)"100", NULL};
  gboolean spawned = g_spawn_async(NULL, wait, NULL,
                                   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                       G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                                   NULL, NULL, &t->holder, NULL);
  g_assert_true(spawned);
  enter(home);
  run_in(t->edge, "ip link set lo up");
  run_in(t->client, "ip link set lo up");
  run_in(t->edge, "ip addr add 10.99.0.1/32 dev lo");
  lay_cable(t, 1);
  lay_cable(t, 2);
  go_by(t, 1);

  /* A loop's thread is where its maker was. */
  rj_host_server_config config = {.listen = "udp://0.0.0.0:7443"};
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_server_timers_default(&config.server.timers, scale);
  enter(t->edge);
  t->edge_stage = stage_new(false, 0);
  t->edge_stage->scale = scale;
  t->server = rj_host_server_new(t->edge_stage->host, &config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_ptr_array_add(t->edge_stage->servers, t->server);
  t->two = stage_client_uid(t->edge_stage, t->server, 2);
  enter(t->client);
  t->client_stage = stage_new(false, 0);
  t->client_stage->scale = scale;
  const role how = {.uid = 1, .url = "rejoin://10.99.0.1:7443"};
  t->one = stage_client(t->client_stage, t->server, &how);
  enter(home);
  actor_join_and_run(t->one, "demo");
  actor_join_and_run(t->two, "demo");
  actor_expect_joined(t->one, ANY, 2);
  actor_expect_joined(t->two, ANY, 1);
  return true;
}

static void expect_no_peer_change(actor *a) {
  pthread_mutex_lock(&a->lock);
  for (guint i = a->read; i < a->seen->len; i++) {
    int32_t kind = g_array_index(a->seen, seen, i).kind;
    g_assert_cmpint(kind, !=, EVENT_USER_OFFLINE);
    g_assert_cmpint(kind, !=, EVENT_USER_JOINED);
  }
  pthread_mutex_unlock(&a->lock);
}

static void town_clear(town *t) {
  expect_no_peer_change(t->two); /* whatever the client went through, its peers saw nothing of it */
  stage_free(t->client_stage);
  stage_free(t->edge_stage);
  kill(t->holder, SIGKILL);
  waitpid(t->holder, NULL, 0);
  g_spawn_close_pid(t->holder);
  close(t->client);
  close(t->edge);
}

/* ---- what the client is told */

/* Something that is sent from now on is acknowledged: the path works both ways. */
static void wait_for_proof(actor *a) {
  int64_t since = stage_now(a->on) + 50 * MS; /* an acknowledgement may be on its way */
  for (int i = 0; i < 12000 && actor_last_proof(a) <= since; i++)
    g_usleep(5000);
  g_assert_cmpint(actor_last_proof(a), >, since);
}

static void expect_network(actor *a, int32_t network) {
  seen e = actor_next(a);
  if (e.kind != EVENT_NETWORK_CHANGED)
    g_error("expected network_changed, but:\n%s", stage_log(a->on));
  /* /sys shows the namespace of who mounted it, which has no such interface: what it is, is not known */
  g_assert_cmpint(e.network, ==, network);
}

static void expect_connected(actor *a) {
  wait_for_proof(a);
  g_assert_cmpint(actor_state(a), ==, STATE_CONNECTED);
  actor_expect_nothing(a);
}

/* The network is there again: that, and being back, is told in the order in which packets and the system's news come. */
static void expect_back(actor *a) {
  bool network = false, state = false, rejoined = false;
  while (!network || !state || !rejoined) {
    seen e = actor_next(a);
    network |= e.kind == EVENT_NETWORK_CHANGED && e.network == NETWORK_UNKNOWN;
    state |= e.kind == EVENT_CONNECTION_CHANGED && e.state == STATE_CONNECTED;
    rejoined |= e.kind == EVENT_DID_REJOIN_CHANNEL;
  }
  wait_for_proof(a);
  g_assert_cmpint(actor_state(a), ==, STATE_CONNECTED);
}

/* Our end of the way to the edge, as the loop knows it. */
static uint8_t cable_in_use(const town *t) {
  rj_host_enter(t->client_stage->host);
  const rj_loop_member *member = (const rj_loop_member *)t->one->member;
  uint8_t cable = member->route.local.bytes[2];
  rj_host_leave(t->client_stage->host);
  return cable;
}

/* S-10: the way moves to the other cable while both are there */
static void test_swap_with_overlap(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  expect_connected(t.one);
  for (int n = 2; n >= 1; n--) {
    go_by(&t, n);
    expect_network(t.one, NETWORK_UNKNOWN);
    expect_connected(t.one);
    g_assert_cmpuint(cable_in_use(&t), ==, n);
  }
  town_clear(&t);
}

/* S-10: one interface is switched off, the other takes its place at once */
static void test_swap_without_overlap(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  run_in(t.client, "sh -c 'ip link set c1 down && ip route add default via 10.77.2.1'");
  expect_network(t.one, NETWORK_UNKNOWN);
  expect_connected(t.one);
  g_assert_cmpuint(cable_in_use(&t), ==, 2);
  town_clear(&t);
}

/* S-10: another address on the same interface */
static void test_another_address(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  run_in(t.client, "sh -c 'ip addr del 10.77.1.2/24 dev c1 && ip addr add 10.77.1.3/24 dev c1 &&"
                   " ip route replace default via 10.77.1.1'");
  expect_network(t.one, NETWORK_UNKNOWN);
  expect_connected(t.one);
  town_clear(&t);
}

/* S-10: a cable that is pulled is no network; one that is put back soon is a live one, and nobody was interrupted */
static void test_cable_pulled_and_put_back(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  run_in(t.edge, "ip link set e1 down");
  expect_network(t.one, NETWORK_DISCONNECTED);
  run_in(t.edge, "ip link set e1 up");
  expect_network(t.one, NETWORK_UNKNOWN);
  expect_connected(t.one);
  town_clear(&t);
}

/* S-8 S-10 S-13 N-2: without any network the silence timers go on; when there is one again it is used at once */
static void test_no_network_for_a_while(void) {
  town t;
  if (!town_init(&t, SHORT))
    return;
  run_in(t.client, "ip link set c1 down");
  run_in(t.client, "ip link set c2 down");
  expect_network(t.one, NETWORK_DISCONNECTED);
  actor_expect_state(t.one, ANY, STATE_RECONNECTING, REASON_INTERRUPTED);
  run_in(t.client, "sh -c 'ip link set c2 up && ip route replace default via 10.77.2.1'");
  expect_back(t.one);
  town_clear(&t);
}

/* S-10 N-2: the new way is a dead end */
static void test_a_dead_end(void) {
  town t;
  if (!town_init(&t, SHORT))
    return;
  run_in(t.edge, "ip addr del 10.77.2.1/24 dev e2"); /* nobody answers there */
  go_by(&t, 2);
  expect_network(t.one, NETWORK_UNKNOWN);
  actor_expect_state(t.one, ANY, STATE_RECONNECTING, REASON_CLIENT_IP_ADDRESS_CHANGED);
  go_by(&t, 1);
  expect_back(t.one);
  town_clear(&t);
}

/* S-10: what does not concern the way to the edge is no event */
static void test_noise(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  run_in(t.client, "ip link add dummy0 type veth peer name dummy1");
  run_in(t.client, "ip addr add 10.50.0.1/24 dev dummy0");
  run_in(t.client, "ip link set dummy0 up");
  run_in(t.client, "ip link set dummy1 up");
  run_in(t.client, "ip route add 10.60.0.0/16 via 10.77.1.1");
  run_in(t.client, "ip link set c2 down");
  run_in(t.client, "ip link del dummy0");
  g_usleep(300000); /* a look comes 100 ms after the news */
  expect_connected(t.one);
  g_assert_cmpuint(cable_in_use(&t), ==, 1);
  town_clear(&t);
}

/* Without the system's news (no rtnetlink) a datagram that finds no way is a reason to look, and while there is none time is one */
static void test_without_news(void) {
  town t;
  if (!town_init(&t, PATIENT))
    return;
  rj_host_enter(t.client_stage->host);
  rj_networks *networks = &((rj_loop *)t.client_stage->host)->networks;
  g_assert_cmpint(networks->watch, >=, 0);
  int watch = networks->watch;
  networks->watch = -1;
  rj_host_leave(t.client_stage->host);
  rj_host_poke(t.client_stage->host);
  g_usleep(50000); /* by now it is not polled any more */
  close(watch);
  run_in(t.client, "ip link set c1 down");
  expect_network(t.one, NETWORK_DISCONNECTED);
  run_in(t.client, "ip route add default via 10.77.2.1");
  expect_network(t.one, NETWORK_UNKNOWN);
  wait_for_proof(t.one);
  town_clear(&t);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/namespaces/swap/overlap", test_swap_with_overlap);
  g_test_add_func("/namespaces/swap/at-once", test_swap_without_overlap);
  g_test_add_func("/namespaces/address", test_another_address);
  g_test_add_func("/namespaces/cable", test_cable_pulled_and_put_back);
  g_test_add_func("/namespaces/none", test_no_network_for_a_while);
  g_test_add_func("/namespaces/dead-end", test_a_dead_end);
  g_test_add_func("/namespaces/noise", test_noise);
  g_test_add_func("/namespaces/without-news", test_without_news);
  return g_test_run();
}
