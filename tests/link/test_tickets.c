/* Coming back with a ticket: 0-RTT when it may, and an ordinary connection when it may not. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "link/net.h"

static const char REQUEST[] = "let me in again";

/* A ticket of a connection that is closed again. */
static GBytes *first_stay(net *n) {
  rj_link *link = net_connect(n, NULL);
  GBytes *ticket = net_ticket(n);
  g_assert_cmpuint(g_bytes_get_size(ticket), <=, RJ_TICKET_MAX);
  net_drop(n, link);
  net_drop(n, n->edge.links->pdata[0]);
  net_forget(n);
  n->on_event = net_echo;
  return ticket;
}

/* Sends the request with this ticket; when its answer came, counted from the dial. */
static int64_t answer_after(net *n, rj_dial *dial, GBytes *ticket) {
  int64_t start = n->now;
  dial->server_name = "localhost";
  dial->ticket = g_bytes_get_data(ticket, &dial->ticket_length);
  rj_link *link = net_dial_with(n, dial);
  net_send(link, REQUEST);
  net_run(n, 3 * RJ_SECOND);
  g_assert_true(rj_link_is_up(link));
  g_assert_cmpuint(net_count(n, true, RJ_LINK_MESSAGE), ==, 1); /* once, whatever way it took */
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
  return net_find(n, false, RJ_LINK_MESSAGE, 0)->at - start;
}

/* Section 5: a rejoin takes one round trip. The request is early: it came before the handshake proved who it is from. */
static void test_one_round_trip(void) {
  net *n = net_new(1);
  GBytes *ticket = first_stay(n);
  int64_t start = n->now;
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 50 * MS);
  const net_seen *request = net_expect(n, true, RJ_LINK_MESSAGE, 0, start + 25 * MS);
  g_assert_true(request->event.early);
  net_expect(n, true, RJ_LINK_UP, 0, start + 75 * MS);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_TICKET), ==, 1); /* for the next time */
  g_bytes_unref(ticket);
  net_free(n);
}

/* The same ticket serves again, and so does the one that a resumed connection gave. */
static void test_again_and_again(void) {
  net *n = net_new(2);
  GBytes *ticket = first_stay(n);
  for (int i = 0; i < 6; i++) {
    g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 50 * MS);
    if (i % 2 == 1) {
      g_bytes_unref(ticket);
      ticket = net_ticket(n);
    }
    net_forget(n);
  }
  g_bytes_unref(ticket);
  net_free(n);
}

/* An edge that was restarted and kept its keys takes it; one more round trip where it asks for a Retry. */
static void test_after_a_restart_and_with_retry(void) {
  net *n = net_new(3);
  GBytes *ticket = first_stay(n);
  net_edge_crash(n);
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 50 * MS);
  net_forget(n);
  n->edge_config.retry_above = 0;
  net_edge_crash(n);
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 100 * MS);
  g_bytes_unref(ticket);
  net_free(n);
}

/* A new process reads the same keys from its disk: the ticket is good, but GnuTLS takes no early data of one that is older than its own
 * replay protection. Two round trips, once. */
static void test_after_a_new_process(void) {
  net *n = net_new(13);
  rj_credentials_files files;
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  rj_credentials *before = rj_credentials_new(&files, &status, error);
  rj_credentials *own = n->credentials;
  rj_trust_free(n->trust);
  n->trust = rj_trust_new(rj_credentials_fingerprint(before), NULL, &status, error);
  n->edge_config.credentials = before;
  net_edge_crash(n);
  GBytes *ticket = first_stay(n);
  rj_credentials *after = rj_credentials_new(&files, &status, error);
  rj_credentials_files_clear(&files);
  n->edge_config.credentials = after;
  net_edge_crash(n);
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 100 * MS);
  g_assert_false(net_find(n, true, RJ_LINK_MESSAGE, 0)->event.early);
  g_bytes_unref(ticket);
  ticket = net_ticket(n);
  net_forget(n);
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 50 * MS);
  g_bytes_unref(ticket);
  n->edge_config.credentials = own;
  net_edge_crash(n);
  rj_credentials_free(before);
  rj_credentials_free(after);
  net_free(n);
}

static void test_long_requests(void) {
  net *n = net_new(4);
  GBytes *ticket = first_stay(n);
  uint8_t request[3000];
  memset(request, 'x', sizeof request);
  int64_t start = n->now;
  rj_link *link = net_dial(n, ticket);
  for (int i = 0; i < 2; i++)
    g_assert_cmpint(rj_link_send(link, request, sizeof request), ==, STATUS_OK);
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 2);
  g_assert_cmpint(net_find(n, false, RJ_LINK_MESSAGE, 1)->at, <=, start + 101 * MS);
  g_bytes_unref(ticket);
  net_free(n);
}

/* An edge that cannot read the ticket refuses the early data; the request goes out anew, two round trips in all. */
static void test_refused_early_data(void) {
  net *n = net_new(5);
  GBytes *ticket = first_stay(n);
  rj_credentials_files files;
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  rj_credentials *other = rj_credentials_new(&files, &status, error);
  rj_credentials_files_clear(&files);
  rj_trust *trust = rj_trust_new(rj_credentials_fingerprint(other), NULL, &status, error);
  n->edge_config.credentials = other;
  net_edge_crash(n);
  g_assert_cmpint(answer_after(n, &(rj_dial){.trust = trust}, ticket), ==, 100 * MS);
  g_assert_false(net_find(n, true, RJ_LINK_MESSAGE, 0)->event.early);
  net_drop(n, n->client.links->pdata[0]);
  n->edge_config.credentials = n->credentials;
  net_edge_crash(n);
  rj_trust_free(trust);
  rj_credentials_free(other);
  g_bytes_unref(ticket);
  net_free(n);
}

/* A ticket that is out of age, or of the future, is not used. */
static void test_out_of_time(void) {
  static const struct {
    int64_t shift; /* of the wall clock since the ticket came */
    int64_t after;
  } cases[] = {
      {0, 50 * MS},
      {(7 * 24 * 3600 - 60) * RJ_SECOND, 50 * MS},
      {(7 * 24 * 3600 + 1) * RJ_SECOND, 100 * MS},
      {-3600 * RJ_SECOND, 100 * MS},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    net *n = net_new(6);
    GBytes *ticket = first_stay(n);
    rj_dial dial = {.wall = NET_WALL + n->now + cases[i].shift};
    g_assert_cmpint(answer_after(n, &dial, ticket), ==, cases[i].after);
    g_bytes_unref(ticket);
    net_free(n);
  }
}

/* What GnuTLS takes for the time: the executable's function comes before libc's. */
static int64_t days_later;

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *out) {
  int code = (int)syscall(SYS_clock_gettime, clock, out);
  if (clock == CLOCK_REALTIME)
    out->tv_sec += days_later * 24 * 3600;
  return code;
}

/* Early data is taken as long as the ticket is good, each time, and not only in the first ten seconds. */
static void test_days_later(void) {
  net *n = net_new(12);
  GBytes *ticket = first_stay(n);
  for (days_later = 1; days_later < 7; days_later += 2) {
    rj_dial dial = {.wall = NET_WALL + n->now + days_later * 24 * 3600 * RJ_SECOND};
    g_assert_cmpint(answer_after(n, &dial, ticket), ==, 50 * MS);
    g_assert_true(net_find(n, true, RJ_LINK_MESSAGE, 0)->event.early);
    net_forget(n);
  }
  days_later = 0;
  g_bytes_unref(ticket);
  net_free(n);
}

/* The crypto library finds the ticket too old and fails at the first packet; the same link goes on without it. */
static void test_the_crypto_library_refuses_it(void) {
  net *n = net_new(10);
  GBytes *ticket = first_stay(n);
  days_later = 8;
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 100 * MS);
  days_later = 0;
  g_assert_cmpuint(net_count(n, false, RJ_LINK_UP), ==, 1);
  g_bytes_unref(ticket);
  net_free(n);
}

/* A ticket is the app's to keep: whatever bytes come back, a connection comes of it. */
static void test_damaged(void) {
  net *n = net_new(7);
  GBytes *ticket = first_stay(n);
  gsize length;
  const uint8_t *good = g_bytes_get_data(ticket, &length);
  rj_random random;
  rj_random_seed(&random, 7);
  for (int i = 0; i < 300; i++) {
    uint8_t *bad = g_memdup2(good, length);
    gsize bad_length = i < 100 ? length : rj_random_below(&random, length);
    bad[rj_random_below(&random, i % 2 == 0 ? 20 : length)] ^= (uint8_t)(1 + i % 255);
    rj_dial dial = {.ticket = bad, .ticket_length = bad_length};
    rj_link *link = net_dial_with(n, &dial);
    net_send(link, REQUEST);
    net_run(n, 400 * MS);
    /* a changed session may still look like one; then the edge refuses it, and the connection says so */
    g_assert_true(rj_link_is_up(link) || rj_link_is_closed(link));
    net_drop(n, link);
    while (n->edge.links->len > 0)
      net_drop(n, n->edge.links->pdata[0]);
    net_forget(n);
    g_free(bad);
  }
  g_bytes_unref(ticket);
  net_free(n);
}

/* The time in it is anything at all, as far from now as a number can be. */
static void test_any_time(void) {
  net *n = net_new(10);
  GBytes *ticket = first_stay(n);
  enum { WALL_AT = 1 };
  static const uint8_t times[][8] = {{0x80},
                                     {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                     {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                     {0}};
  static const int64_t walls[] = {-RJ_SECOND, 1, NET_WALL};
  for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
    for (size_t k = 0; k < G_N_ELEMENTS(walls); k++) {
      gsize length;
      const uint8_t *good = g_bytes_get_data(ticket, &length);
      uint8_t *odd = g_memdup2(good, length);
      memcpy(odd + WALL_AT, times[i], sizeof times[i]);
      rj_dial dial = {.ticket = odd, .ticket_length = length, .wall = walls[k]};
      rj_link *link = net_dial_with(n, &dial);
      net_send(link, REQUEST);
      net_run(n, 400 * MS);
      g_assert_true(rj_link_is_up(link));
      net_drop(n, link);
      net_forget(n);
      g_free(odd);
    }
  }
  g_bytes_unref(ticket);
  net_free(n);
}

/* An attempt with a ticket to where nobody is ends like any other. */
static void test_nobody_answers(void) {
  net *n = net_new(8);
  GBytes *ticket = first_stay(n);
  n->cut[NET_UP] = true;
  int64_t start = n->now;
  rj_link *link = net_dial(n, ticket);
  net_send(link, REQUEST);
  net_run(n, 6 * RJ_SECOND);
  g_assert_false(rj_link_is_up(link));
  net_expect(n, false, RJ_LINK_CLOSED, 0, start + RJ_HANDSHAKE_TIMEOUT);
  g_bytes_unref(ticket);
  net_free(n);
}

/* Section 5: an early request alone (a replay, or a client that is cut off right then) never makes a member: no UP, nothing heard. */
static void test_early_and_never_up(void) {
  net *n = net_new(11);
  GBytes *ticket = first_stay(n);
  int64_t start = n->now;
  net_send(net_dial(n, ticket), REQUEST);
  net_pump(n);
  n->cut[NET_UP] = true;
  net_run(n, 40 * MS);
  rj_link *edge_link = n->edge.links->pdata[0];
  g_assert_true(net_expect(n, true, RJ_LINK_MESSAGE, 0, start + 25 * MS)->event.early);
  net_run(n, 6 * RJ_SECOND);
  g_assert_false(rj_link_is_up(edge_link));
  g_assert_cmpint(rj_link_heard(edge_link), ==, 0);
  g_assert_cmpint(
      net_expect(n, true, RJ_LINK_CLOSED, 0, start + 25 * MS + RJ_HANDSHAKE_TIMEOUT)->event.how, ==,
      RJ_CLOSED_TIMEOUT);
  g_bytes_unref(ticket);
  net_free(n);
}

/* A first flight that comes twice is one connection and one request. */
static void test_replayed_by_the_network(void) {
  net *n = net_new(9);
  GBytes *ticket = first_stay(n);
  n->twice[NET_UP] = true;
  g_assert_cmpint(answer_after(n, &(rj_dial){0}, ticket), ==, 50 * MS);
  g_assert_cmpuint(n->edge.links->len, ==, 1);
  g_bytes_unref(ticket);
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tickets/one-round-trip", test_one_round_trip);
  g_test_add_func("/tickets/again-and-again", test_again_and_again);
  g_test_add_func("/tickets/after-a-restart-and-with-retry", test_after_a_restart_and_with_retry);
  g_test_add_func("/tickets/after-a-new-process", test_after_a_new_process);
  g_test_add_func("/tickets/long-requests", test_long_requests);
  g_test_add_func("/tickets/refused-early-data", test_refused_early_data);
  g_test_add_func("/tickets/out-of-time", test_out_of_time);
  g_test_add_func("/tickets/the-crypto-library-refuses-it", test_the_crypto_library_refuses_it);
  g_test_add_func("/tickets/days-later", test_days_later);
  g_test_add_func("/tickets/damaged", test_damaged);
  g_test_add_func("/tickets/any-time", test_any_time);
  g_test_add_func("/tickets/nobody-answers", test_nobody_answers);
  g_test_add_func("/tickets/early-and-never-up", test_early_and_never_up);
  g_test_add_func("/tickets/replayed-by-the-network", test_replayed_by_the_network);
  return g_test_run();
}
