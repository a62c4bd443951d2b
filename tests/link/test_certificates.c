/* An edge gets another certificate while it runs: new handshakes show it, and whoever is there or on its way notices nothing. */
#include <string.h>

#include "link/net.h"

static rj_certificate *another(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  rj_certificate *made = rj_certificate_new(files.certificate_pem, files.certificate_length,
                                            files.key_pem, files.key_length, &status, error);
  g_assert_nonnull(made);
  rj_credentials_files_clear(&files);
  return made;
}

/* The edge shows another one from now on, which the client of the net does not trust. Its fingerprint: free it. */
static char *renew(net *n) {
  rj_certificate *certificate = another();
  char *fingerprint = g_strdup(rj_certificate_fingerprint(certificate));
  rj_credentials_set_certificate(n->credentials, certificate);
  return fingerprint;
}

static void trust(net *n, const char *fingerprint) {
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  rj_trust_free(n->trust);
  n->trust = rj_trust_new(fingerprint, NULL, &status, error);
  g_assert_nonnull(n->trust);
}

static void test_new_handshakes_show_it(void) {
  net *n = net_new(1);
  const char *shown = rj_credentials_fingerprint(n->credentials);
  char *before = g_strdup(shown), *after = renew(n);
  g_assert_cmpstr(shown, ==, after); /* the memory stays the same */
  g_assert_cmpstr(before, !=, after);
  net_dial_fails(n, &(rj_dial){0}); /* the old one is not shown any more */
  net_forget(n);
  trust(n, after);
  net_connect(n, NULL);
  g_free(before);
  g_free(after);
  net_free(n);
}

static void test_links_go_on(void) {
  net *n = net_new(2);
  rj_link *edge_link, *link = net_connect(n, &edge_link);
  g_free(renew(n));
  net_forget(n);
  net_send(link, "still here");
  net_send(edge_link, "you are");
  net_run(n, RJ_SECOND);
  g_assert_cmpuint(net_count(n, true, RJ_LINK_MESSAGE), ==, 1);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_MESSAGE), ==, 1);
  g_assert_cmpuint(net_count(n, false, RJ_LINK_CLOSED), ==, 0);
  net_free(n);
}

/* At every millisecond of a handshake: the one that it began with is what it ends with. */
static void test_in_the_middle_of_a_handshake(void) {
  for (int64_t when = 0; when <= 110; when += 5) {
    net *n = net_new(3);
    rj_link *link = net_dial(n, NULL);
    net_run(n, when * MS);
    bool has_begun = when >= 25; /* the first packet has reached the edge */
    g_free(renew(n));
    g_free(renew(n)); /* and once more: nobody uses the one between */
    net_run(n, RJ_SECOND);
    g_assert_true(rj_link_is_up(link) == has_begun);
    net_free(n);
  }
}

/* Section 5: a rejoin with a ticket from before takes one round trip, as ever. */
static void test_tickets_go_on(void) {
  net *n = net_new(4);
  rj_link *link = net_connect(n, NULL);
  GBytes *ticket = net_ticket(n);
  net_drop(n, link);
  net_drop(n, n->edge.links->pdata[0]);
  net_forget(n);
  n->on_event = net_echo;
  g_free(renew(n));
  int64_t start = n->now;
  link = net_dial(n, ticket);
  net_send(link, "let me in again");
  net_run(n, RJ_SECOND);
  net_expect(n, false, RJ_LINK_MESSAGE, 0, start + 50 * MS);
  g_assert_true(net_find(n, true, RJ_LINK_MESSAGE, 0)->event.early);
  g_bytes_unref(ticket);
  net_free(n);
}

/* above the new number of handshakes a Retry is asked for; beyond the new number of links they are ignored. */
static void test_limits_change(void) {
  net *n = net_new(5);
  rj_port_set_limits(n->edge.port, 1000, 0);
  rj_link *link = net_dial(n, NULL);
  net_run(n, RJ_SECOND);
  g_assert_true(rj_link_is_up(link));
  rj_port_counters counters;
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.retries_sent, ==, 1);
  rj_port_set_limits(n->edge.port, 1, 1000);
  rj_link *second = net_dial(n, NULL);
  net_run(n, RJ_SECOND);
  g_assert_false(rj_link_is_up(second));
  g_assert_true(rj_link_is_up(link)); /* who is in stays in */
  rj_port_counters_get(n->edge.port, &counters);
  g_assert_cmpuint(counters.refused_full, >, 0);
  net_free(n);
}

/* Keys without a certificate, which comes from elsewhere. */
static void test_keys_without_a_certificate(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  g_free(files.certificate_pem);
  files.certificate_pem = NULL;
  rj_credentials *credentials = rj_credentials_new(&files, &status, error);
  g_assert_nonnull(credentials);
  g_assert_cmpstr(rj_credentials_fingerprint(credentials), ==, "");
  rj_certificate *certificate = another();
  rj_credentials_set_certificate(credentials, rj_certificate_reference(certificate));
  g_assert_cmpstr(rj_credentials_fingerprint(credentials), ==,
                  rj_certificate_fingerprint(certificate));
  rj_credentials_free(credentials);
  rj_certificate_release(certificate);
  rj_certificate_release(NULL);
  rj_credentials_files_clear(&files);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/certificates/new-handshakes-show-it", test_new_handshakes_show_it);
  g_test_add_func("/certificates/links-go-on", test_links_go_on);
  g_test_add_func("/certificates/in-the-middle", test_in_the_middle_of_a_handshake);
  g_test_add_func("/certificates/tickets-go-on", test_tickets_go_on);
  g_test_add_func("/certificates/limits-change", test_limits_change);
  g_test_add_func("/certificates/keys-alone", test_keys_without_a_certificate);
  return g_test_run();
}
