/* What may change while a server runs, on the whole road: apps, limits and the certificate. */
#include <glib.h>

#include "host/stage.h"

#define S RJ_SECOND

static rj_certificate *another(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, INT64_C(1800000000) * S, error), ==, STATUS_OK);
  rj_certificate *made = rj_certificate_new(files.certificate_pem, files.certificate_length,
                                            files.key_pem, files.key_length, &status, error);
  g_assert_nonnull(made);
  rj_credentials_files_clear(&files);
  return made;
}

static int32_t change(stage *s, rj_host_server *server, const rj_host_server_changes *changes) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_enter(s->host);
  int32_t status = rj_host_server_change(server, changes, error);
  g_assert_true((status == STATUS_OK) == (*error == '\0'));
  rj_host_leave(s->host);
  return status;
}

/* S-9: members notice nothing, and come back after an outage as ever. */
static void test_members_stay(gconstpointer simulated) {
  stage *s = stage_new(GPOINTER_TO_INT(simulated), 1);
  rj_host_server *server = stage_server(s);
  pair p = stage_pair(s, server);
  char *before = g_strdup(rj_host_server_fingerprint(server));
  rj_certificate *certificate = another();
  const rj_host_server_changes changes = {.certificate = certificate, .limits = {.sessions = 2}};
  g_assert_cmpint(change(s, server, &changes), ==, STATUS_OK);
  rj_certificate_release(certificate);
  g_assert_cmpstr(rj_host_server_fingerprint(server), !=, before);
  if (GPOINTER_TO_INT(simulated)) {
    stage_run(s, 3 * S);
    actor_expect_nothing(p.one);
    actor_expect_nothing(p.two);
    actor_cut(p.one, BOTH);
    stage_run(s, 15 * S);
    actor_heal(p.one, BOTH);
    stage_run(s, 15 * S);
    g_assert_cmpint(actor_state(p.one), ==, STATE_CONNECTED);
    actor_expect_nothing(p.two); /* P-3 */
  }
  g_free(before);
  stage_free(s);
}

/* S-6: from now on; and a server that is started anew begins with it. */
static void test_it_outlives_a_restart(void) {
  static const rj_server_app app = {.app_id = "shop"};
  stage *s = stage_new(true, 2);
  rj_host_server *server = stage_server(s);
  char error[RJ_HOST_ERROR_SIZE];
  g_assert_cmpint(change(s, server, &(rj_host_server_changes){.apps = &app, .app_count = 1}), ==,
                  STATUS_OK);
  for (int round = 0; round < 2; round++) {
    actor *one = stage_client_uid(s, server, 1); /* of the app "" */
    actor_join(one, "demo");
    actor_expect_state(one, ANY, STATE_CONNECTING, REASON_CONNECTING);
    stage_run(s, S);
    actor_expect_state(one, ANY, STATE_FAILED, REASON_INVALID_APP_ID);
    rj_host_enter(s->host);
    g_assert_cmpint(rj_host_server_restart(server, error), ==, STATUS_OK);
    rj_host_leave(s->host);
  }
  stage_free(s);
}

/* Wrong ones change nothing, and neither does one that is down. */
static void test_refused(void) {
  static const rj_server_app bad = {.app_id = "shop", .certificates = {NULL, "alone"}};
  static const rj_server_app app = {.app_id = "shop"};
  const rj_host_server_changes wrong = {.apps = &bad, .app_count = 1};
  const rj_host_server_changes good = {.apps = &app, .app_count = 1};
  stage *s = stage_new(true, 3);
  rj_host_server *server = stage_server(s);
  char error[RJ_HOST_ERROR_SIZE];
  g_assert_cmpint(change(s, server, &wrong), ==, STATUS_INVALID_ARGUMENT);
  actor_join_and_run(stage_client_uid(s, server, 1), "demo");
  rj_host_enter(s->host);
  g_assert_cmpint(rj_host_server_crash(server), ==, STATUS_OK);
  rj_host_leave(s->host);
  g_assert_cmpint(change(s, server, &good), ==, STATUS_INVALID_STATE);
  rj_host_enter(s->host);
  g_assert_cmpint(rj_host_server_restart(server, error), ==, STATUS_OK);
  rj_host_leave(s->host);
  actor_join_and_run(stage_client_uid(s, server, 2), "demo");
  stage_free(s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_data_func("/change/members-stay/sim", GINT_TO_POINTER(true), test_members_stay);
  g_test_add_data_func("/change/members-stay/loop", GINT_TO_POINTER(false), test_members_stay);
  g_test_add_func("/change/outlives-a-restart", test_it_outlives_a_restart);
  g_test_add_func("/change/refused", test_refused);
  return g_test_run();
}
