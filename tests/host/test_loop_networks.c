/* Networks that change, on real sockets on loopback: the app's hint, paths changed by hand, sockets that the system took away, and
 * from which address an edge answers. Network namespaces are in test_loop_namespaces.c. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "host/loop/loop.h"
#include "host/loop/sockaddr.h"
#include "host/stage.h"

#define MS RJ_MILLISECOND
/* Who shall stay CONNECTED gets N-2 after 2 s, so that a busy machine is no outage; who shall not after 400 ms. */
#define PATIENT 0.5
#define SHORT   0.1

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\n"
         "race:libgobject-2.0.so\ndeadlock:libgobject-2.0.so\n";
}

static pair joined_pair_at(double scale, const char *listen) {
  stage *s = stage_new(false, 0);
  s->scale = scale;
  rj_host_server_config config = {.listen = listen};
  int32_t status = STATUS_FAILED;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_server_timers_default(&config.server.timers, scale);
  rj_host_server *server = rj_host_server_new(s->host, &config, &status, error);
  g_assert_cmpstr(error, ==, "");
  g_ptr_array_add(s->servers, server);
  return stage_pair(s, server);
}

static pair joined_pair(double scale) {
  return joined_pair_at(scale, NULL);
}

static rj_loop_member *loop_member(actor *a) {
  return (rj_loop_member *)a->member;
}

/* Something that is sent from now on is acknowledged: the path works both ways. */
static void wait_for_proof(actor *a) {
  int64_t since = stage_now(a->on) + 50 * MS; /* an acknowledgement may be on its way */
  for (int i = 0; i < 12000 && actor_last_proof(a) <= since; i++)
    g_usleep(5000);
  g_assert_cmpint(actor_last_proof(a), >, since);
}

static void hint(actor *a, int32_t network) {
  int64_t now = rj_host_enter(a->on->host);
  rj_host_member_network_changed(a->member, network, now);
  rj_host_leave(a->on->host);
}

static int32_t change(actor *a, rj_path_change how, char error[RJ_HOST_ERROR_SIZE]) {
  int64_t now = rj_host_enter(a->on->host);
  int32_t status = rj_host_member_change_path(a->member, &how, now, error);
  rj_host_leave(a->on->host);
  return status;
}

static void change_ok(actor *a, rj_path_change how) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status = change(a, how, error);
  g_assert_cmpstr(error, ==, "");
  g_assert_cmpint(status, ==, STATUS_OK);
}

/* The address and port of the client's socket towards the edge. */
static rj_address bound(actor *a) {
  rj_host_enter(a->on->host);
  const rj_loop_member *member = loop_member(a);
  const rj_socket *socket =
      *rj_loop_member_place((rj_loop *)a->on->host, member, member->edge.family);
  g_assert_nonnull(socket);
  rj_address address = socket->bound;
  rj_host_leave(a->on->host);
  return address;
}

static guint socket_count(stage *s) {
  rj_host_enter(s->host);
  guint count = ((rj_loop *)s->host)->sockets->len;
  rj_host_leave(s->host);
  return count;
}

static rj_address ipv4(uint8_t last) {
  return (rj_address){.family = RJ_ADDRESS_IPV4, .bytes = {127, 0, 0, last}};
}

static void expect_network(actor *a, int32_t network) {
  seen e = actor_next(a);
  g_assert_cmpint(e.kind, ==, EVENT_NETWORK_CHANGED);
  g_assert_cmpint(e.network, ==, network);
}

static void expect_connected(actor *a) {
  wait_for_proof(a);
  g_assert_cmpint(actor_state(a), ==, STATE_CONNECTED);
  actor_expect_nothing(a);
}

/* S-10: the app's hint migrates the connection; the state stays, and nobody else notices */
static void test_a_hint(void) {
  pair p = joined_pair(PATIENT);
  for (int i = 0; i < 3; i++) { /* the second one finds the connection there already */
    hint(p.one, NETWORK_WIFI);
    expect_network(p.one, NETWORK_WIFI);
    expect_connected(p.one);
  }
  hint(p.one, NETWORK_DISCONNECTED); /* the app's word alone is no outage */
  expect_network(p.one, NETWORK_DISCONNECTED);
  expect_connected(p.one);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* A NAT lends another port or another address: nobody is told anything, and the connection goes on */
static void test_rebinding(void) {
  pair p = joined_pair(PATIENT);
  rj_address last = bound(p.one);
  guint sockets = socket_count(p.s);
  for (int i = 0; i < 4; i++) {
    rj_path_change_kind kind = i % 2 == 0 ? RJ_PATH_REBIND_PORT : RJ_PATH_REBIND_ADDRESS;
    change_ok(p.one, (rj_path_change){.kind = kind});
    rj_address next = bound(p.one);
    g_assert_cmpuint(next.port, !=, last.port);
    if (kind == RJ_PATH_REBIND_ADDRESS)
      g_assert_false(rj_address_same_host(&next, &last));
    else
      g_assert_true(rj_address_same_host(&next, &last));
    expect_connected(p.one);
    g_assert_cmpuint(socket_count(p.s), ==, sockets + 1); /* an own one, and no more */
    last = next;
  }
  expect_connected(p.two); /* on the shared one, all the time */
  stage_free(p.s);
}

static void set_nat_idle(actor *a, int64_t idle) {
  actor_set_faults(a, UP, (rj_host_faults){.nat_idle_ns = idle});
}

/* A NAT forgets its mapping between two beats: each comes from another port, and nobody is told anything; one that beats keep
 * forgets nothing. */
static void test_a_nat_that_forgets(void) {
  pair p = joined_pair(PATIENT);
  rj_address last = bound(p.one);
  guint sockets = socket_count(p.s);
  set_nat_idle(p.one, 200 * MS);
  for (int i = 0; i < 3; i++) {
    expect_connected(p.one);
    rj_address next = bound(p.one);
    g_assert_cmpuint(next.port, !=, last.port);
    g_assert_cmpuint(socket_count(p.s), ==, sockets + 1); /* an own one, and no more */
    last = next;
  }
  set_nat_idle(p.one, 3600 * RJ_SECOND);
  expect_connected(p.one);
  last = bound(p.one);
  expect_connected(p.one);
  rj_address kept = bound(p.one);
  g_assert_cmpuint(kept.port, ==, last.port);
  expect_connected(p.two);
  stage_free(p.s);
}

/* While there is no mapping nothing comes down: what the other one says arrives once something went up again. D-4 */
static void test_what_comes_to_a_lapsed_mapping(void) {
  pair p = joined_pair(1); /* a beat every 1.3 s: N-2 is far away */
  actor *three = stage_client_uid(p.s, p.server, 3);
  actor_join_and_run(three, "demo");
  uint32_t stream = actor_create_stream(p.two, true);
  actor_expect_joined(p.one, ANY, 3);
  wait_for_proof(p.one);
  actor_set_faults(p.one, UP, (rj_host_faults){.blackhole = 1, .nat_idle_ns = 1});
  g_assert_cmpint(actor_send(p.two, stream, "hello"), ==, STATUS_OK);
  while (actor_next(three).kind != EVENT_STREAM_MESSAGE)
    ; /* it came where there is no NAT … */
  actor_expect_nothing(p.one);
  rj_address before = bound(p.one);
  set_nat_idle(p.one, 0);
  while (actor_next(p.one).kind != EVENT_STREAM_MESSAGE)
    ; /* … and here, over another port */
  rj_address after = bound(p.one);
  g_assert_cmpuint(after.port, !=, before.port);
  stage_free(p.s);
}

/* S-10: another own address, with and without the old one for a while */
static void test_moving(void) {
  pair p = joined_pair(PATIENT);
  guint sockets = socket_count(p.s);
  for (uint8_t i = 2; i <= 5; i++) {
    int64_t overlap = i % 2 == 0 ? 300 * MS : 0;
    change_ok(p.one, (rj_path_change){.kind = RJ_PATH_MOVE,
                                      .network = NETWORK_4G,
                                      .overlap = overlap,
                                      .local = ipv4(i)});
    rj_address at = ipv4(i), now_at = bound(p.one);
    g_assert_true(rj_address_same_host(&at, &now_at));
    expect_network(p.one, NETWORK_4G);
    expect_connected(p.one);
  }
  /* the host picks one */
  change_ok(p.one, (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_WIFI});
  rj_address at = ipv4(6), now_at = bound(p.one);
  g_assert_true(rj_address_same_host(&at, &now_at));
  expect_network(p.one, NETWORK_WIFI);
  expect_connected(p.one);
  expect_connected(p.one); /* by now a care has closed what was left over */
  g_assert_cmpuint(socket_count(p.s), ==, sockets + 1);
  actor_expect_nothing(p.two);
  stage_free(p.s);
}

/* S-10 N-2: over the new address nothing passes, and the old one is gone */
static void test_moving_into_a_dead_end(void) {
  pair p = joined_pair(SHORT);
  change_ok(p.one,
            (rj_path_change){
                .kind = RJ_PATH_MOVE, .network = NETWORK_4G, .dead = true, .local = ipv4(2)});
  expect_network(p.one, NETWORK_4G);
  int64_t o = actor_last_proof(p.one);
  int64_t at = actor_expect_state(p.one, ANY, STATE_RECONNECTING, REASON_CLIENT_IP_ADDRESS_CHANGED);
  g_assert_cmpint(at, >=, o + 400 * MS);
  /* section 5: a live network ends it */
  change_ok(p.one,
            (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_WIFI, .local = ipv4(3)});
  int64_t kinds = 0;
  for (seen e = actor_next(p.one); e.kind != EVENT_DID_REJOIN_CHANNEL; e = actor_next(p.one))
    kinds |= INT64_C(1) << e.kind;
  g_assert_true((kinds & INT64_C(1) << EVENT_NETWORK_CHANGED) != 0);
  g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
  stage_free(p.s);
}

/* What cannot be: each says why and changes nothing */
static void test_paths_that_cannot_be(void) {
  pair p = joined_pair(PATIENT);
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_address before = bound(p.one), foreign = {.family = RJ_ADDRESS_IPV4, .bytes = {192, 0, 2, 1}},
             six = {.family = RJ_ADDRESS_IPV6, .bytes = {[15] = 1}};
  int32_t status = change(
      p.one, (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_LAN, .local = foreign},
      error);
  g_assert_cmpint(status, ==, STATUS_REFUSED);
  g_assert_nonnull(strstr(error, "192.0.2.1"));
  status = change(p.one, (rj_path_change){.kind = RJ_PATH_REBIND_ADDRESS, .local = six}, error);
  g_assert_cmpint(status, ==, STATUS_REFUSED);
  g_assert_nonnull(strstr(error, "::1"));
  rj_address after = bound(p.one);
  g_assert_true(rj_address_equal(&before, &after));
  expect_connected(p.one);

  const role unknown = {.uid = 3, .url = "rejoin://somewhere.invalid:7443"};
  actor *three = stage_client(p.s, p.server, &unknown);
  status = change(three, (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_LAN}, error);
  g_assert_cmpint(status, ==, STATUS_REFUSED);
  g_assert_nonnull(strstr(error, "not known yet"));
  stage_free(p.s);
}

/* A path can be changed before the first packet. */
static void test_moving_before_the_join(void) {
  pair p = joined_pair(PATIENT);
  actor *three = stage_client_uid(p.s, p.server, 3);
  change_ok(three,
            (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_LAN, .local = ipv4(9)});
  expect_network(three, NETWORK_LAN);
  hint(three, NETWORK_WIFI); /* nobody knows yet where it will go from there */
  expect_network(three, NETWORK_WIFI);
  actor_join_and_run(three, "demo");
  rj_address at = ipv4(9), now_at = bound(three);
  g_assert_true(rj_address_same_host(&at, &now_at));
  stage_free(p.s);
}

/* S-10, section 5: the socket of a client that was bound to an address which is gone gets another one */
static void test_a_socket_whose_address_is_gone(void) {
  pair p = joined_pair(PATIENT);
  change_ok(p.one,
            (rj_path_change){.kind = RJ_PATH_MOVE, .network = NETWORK_LAN, .local = ipv4(2)});
  expect_network(p.one, NETWORK_LAN);
  expect_connected(p.one);
  rj_host_enter(p.s->host);
  rj_socket *socket = loop_member(p.one)->own[0];
  socket->bound = (rj_address){.family = RJ_ADDRESS_IPV4, .bytes = {192, 0, 2, 1}, .port = 9};
  socket->taken_away = true;
  socket->reopen_at = 0;
  rj_host_leave(p.s->host);
  rj_host_poke(p.s->host);
  expect_network(p.one, NETWORK_UNKNOWN);
  expect_connected(p.one);
  rj_address any = {.family = RJ_ADDRESS_IPV4}, now_at = bound(p.one);
  g_assert_true(rj_address_same_host(&any, &now_at));
  stage_free(p.s);
}

/* Section 5: which errors are the socket's end, and which are one datagram's */
static void test_errors(void) {
  const rj_socket anywhere = {.any_address = true}, somewhere = {.any_address = false};
  const int final[] = {EBADF, ENOTSOCK, ENETDOWN, ENOTCONN, EPIPE, ENODEV, ENXIO};
  const int passing[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EAGAIN, EINTR,
                         EMSGSIZE,     EPERM,        EACCES,      ENOBUFS};
  const int gone[] = {EINVAL, EADDRNOTAVAIL};
  for (size_t i = 0; i < G_N_ELEMENTS(final); i++)
    g_assert_true(rj_socket_error_is_final(&anywhere, final[i]));
  for (size_t i = 0; i < G_N_ELEMENTS(passing); i++)
    g_assert_false(rj_socket_error_is_final(&somewhere, passing[i]));
  for (size_t i = 0; i < G_N_ELEMENTS(gone); i++) {
    g_assert_true(rj_socket_error_is_final(&somewhere, gone[i]));
    g_assert_false(rj_socket_error_is_final(&anywhere, gone[i]));
  }
}

/* Section 5: a socket that is taken away again and again is opened less and less often */
static void test_taken_away_again_and_again(void) {
  const rj_address any = {.family = RJ_ADDRESS_IPV4};
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now = RJ_MINUTE, waits[] = {1, 2, 4, 8, 16, 32, 32};
  rj_socket *socket = rj_socket_open(&any, NULL, now, &status, error);
  g_assert_nonnull(socket);
  for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
    g_assert_cmpint(socket->reopen_at - now, ==, waits[i] * RJ_SECOND);
    now = socket->reopen_at;
    socket->taken_away = true;
    g_assert_true(rj_socket_reopen(socket, now));
    /* The wait of the next time was set before this one is known to be short-lived. */
    if (i + 1 < G_N_ELEMENTS(waits))
      socket->reopen_at = now + socket->reopen_wait;
  }
  now += RJ_SOCKET_LASTED;
  g_assert_true(rj_socket_reopen(socket, now));
  g_assert_cmpint(socket->reopen_wait, ==, RJ_SOCKET_REOPEN_EVERY);
  rj_socket_close(socket);
}

/* ---- what an edge answers from */

/* Whether something that no version of ours begins is answered from just that address: the socket is connected and hears no other. */
static bool is_answered_from(const rj_address *edge) {
  uint8_t packet[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, [14] = 8};
  rj_sockaddr to;
  socklen_t length = rj_sockaddr_from(edge, &to);
  int fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const struct timeval patience = {5, 0};
  g_assert_cmpint(connect(fd, &to.any, length), ==, 0);
  g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
  g_assert_cmpint(send(fd, packet, sizeof packet, 0), ==, sizeof packet);
  ssize_t n = recv(fd, packet, sizeof packet, 0);
  close(fd);
  return n > 0;
}

/* … in both families where it listens at [::]. */
static void test_answers_in_both_families(void) {
  stage *s = stage_new(false, 0);
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_server_config config = {.listen = "udp://[::]:0"};
  rj_server_timers_default(&config.server.timers, 1);
  rj_host_server *server = rj_host_server_new(s->host, &config, &status, error);
  if (server == NULL) {
    g_test_skip(error); /* no IPv6 here */
    stage_free(s);
    return;
  }
  g_ptr_array_add(s->servers, server);
  rj_address edges[] = {ipv4(1), ipv4(2), {.family = RJ_ADDRESS_IPV6, .bytes = {[15] = 1}}};
  for (size_t i = 0; i < G_N_ELEMENTS(edges); i++) {
    edges[i].port = ((rj_loop_server *)server)->address.port;
    g_assert_true(is_answered_from(&edges[i]));
    char text[RJ_ADDRESS_TEXT_SIZE];
    char *url = g_strdup_printf("rejoin://%s", rj_address_text(&edges[i], text));
    const role how = {.uid = (uint32_t)i + 1, .url = url};
    actor *a = stage_client(s, server, &how);
    actor_join_and_run(a, "demo");
    g_free(url);
  }
  stage_free(s);
}

/* An edge that listens everywhere answers from where it was asked. */
static void test_answers_from_where_it_was_asked(void) {
  pair p = joined_pair_at(PATIENT, "udp://0.0.0.0:0");
  const uint8_t last[] = {1, 2, 77};
  for (size_t i = 0; i < G_N_ELEMENTS(last); i++) {
    rj_address edge = ipv4(last[i]);
    edge.port = ((rj_loop_server *)p.server)->address.port;
    g_assert_true(is_answered_from(&edge));
  }
  stage_free(p.s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/networks/hint", test_a_hint);
  g_test_add_func("/networks/rebind", test_rebinding);
  g_test_add_func("/networks/nat/forgets", test_a_nat_that_forgets);
  g_test_add_func("/networks/nat/down", test_what_comes_to_a_lapsed_mapping);
  g_test_add_func("/networks/move", test_moving);
  g_test_add_func("/networks/move/dead", test_moving_into_a_dead_end);
  g_test_add_func("/networks/move/impossible", test_paths_that_cannot_be);
  g_test_add_func("/networks/move/before-join", test_moving_before_the_join);
  g_test_add_func("/networks/socket/address-gone", test_a_socket_whose_address_is_gone);
  g_test_add_func("/networks/socket/errors", test_errors);
  g_test_add_func("/networks/socket/again-and-again", test_taken_away_again_and_again);
  g_test_add_func("/networks/answer/everywhere", test_answers_from_where_it_was_asked);
  g_test_add_func("/networks/answer/both-families", test_answers_in_both_families);
  return g_test_run();
}
