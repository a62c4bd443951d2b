/* What may change while an edge runs: its apps and limits. Nobody who is in is put out by it. */
#include <string.h>

#include "edge/fake_link.h"
#include "edge/rig.h"

static bool set_apps(test_rig *rig, const rj_server_app *apps, uint32_t count) {
  char error[256] = "";
  bool done = rj_server_set_apps(rig->server, apps, count, error, sizeof error);
  g_assert_true(done == (*error == '\0'));
  return done;
}

static rj_control request_of(const char *app_id, uint32_t uid, uint8_t join) {
  rj_control request = rig_join_request("demo", uid, join);
  g_strlcpy(request.body.join_request.app_id, app_id, 65);
  return request;
}

static rejoin_JoinAnswer ask(test_rig *rig, const char *app_id, uint32_t uid, uint8_t join) {
  rejoin_JoinAnswer answer;
  rj_control request = request_of(app_id, uid, join);
  rig_ask(rig, &request, &answer);
  return answer;
}

/* S-6: of an app that is gone nobody is let in, and those that are in stay. */
static void test_an_app_is_taken_away(void) {
  static const rj_server_app apps[] = {{.app_id = "shop"}, {.app_id = "club"}};
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.apps = apps;
  config.app_count = 2;
  rig_start(&rig, &config);
  rejoin_JoinAnswer answer;
  rj_control request = request_of("shop", 1, 1);
  peer_id one = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.session, !=, 0);

  g_assert_true(set_apps(&rig, &apps[1], 1));
  rig_run(&rig, SECOND);
  expect_open(one);
  g_assert_cmpuint(rj_server_members(rig.server, "shop", "demo", NULL, 0), ==, 1);
  g_assert_cmpuint(ask(&rig, "shop", 2, 2).reason, ==, REASON_INVALID_APP_ID);
  g_assert_cmpuint(ask(&rig, "club", 3, 3).reason, ==, 0);

  /* S-14: it is refused when it comes back */
  rj_control again = rig_rejoin_request("demo", &answer, 1);
  g_strlcpy(again.body.join_request.app_id, "shop", 65);
  rejoin_JoinAnswer refused;
  rig_ask(&rig, &again, &refused);
  g_assert_cmpuint(refused.reason, ==, REASON_INVALID_APP_ID);
  rig_end(&rig);
}

/* S-20: a token of an app that is gone is not good for ever, as it would be for one in testing mode. */
static void test_a_renewal_in_an_app_that_is_gone(void) {
  static const rj_server_app apps[] = {{.app_id = "shop"}, {.app_id = "club"}};
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.apps = apps;
  config.app_count = 2;
  rig_start(&rig, &config);
  rejoin_JoinAnswer answer;
  rj_control request = request_of("shop", 1, 1);
  peer_id one = rig_ask(&rig, &request, &answer);
  fake_sent sent;
  while (rig_next(one, &sent))
    ;
  g_assert_true(set_apps(&rig, &apps[1], 1));
  rj_control renewal = {.which_body = rejoin_Control_renew_token_tag};
  renewal.body.renew_token.number = 7;
  g_strlcpy(renewal.body.renew_token.token, "anything", RJ_TOKEN_MAX + 1);
  rig_say(&rig, one, &renewal);
  g_assert_true(rig_next(one, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_renew_answer_tag);
  g_assert_cmpuint(sent.message.body.renew_answer.number, ==, 7);
  g_assert_cmpuint(sent.message.body.renew_answer.code, ==, 5);
  rig_end(&rig);
}

/* S-6: an app gets a certificate, and from then on a token is asked for; and it loses it again. */
static void test_a_certificate_comes_and_goes(void) {
  const rj_server_app with = {.app_id = "shop", .certificates = {"a secret"}};
  const rj_server_app without = {.app_id = "shop"};
  test_rig rig;
  rig_default(&rig);
  g_assert_cmpuint(ask(&rig, "shop", 1, 1).reason, ==, 0);
  g_assert_true(set_apps(&rig, &with, 1));
  g_assert_cmpuint(ask(&rig, "shop", 2, 2).reason, ==, REASON_INVALID_TOKEN);
  g_assert_cmpuint(ask(&rig, "club", 3, 3).reason, ==, REASON_INVALID_APP_ID);
  g_assert_true(set_apps(&rig, &without, 1));
  g_assert_cmpuint(ask(&rig, "shop", 4, 4).reason, ==, 0);
  g_assert_true(set_apps(&rig, NULL, 0)); /* none: any */
  g_assert_cmpuint(ask(&rig, "club", 5, 5).reason, ==, 0);
  rig_end(&rig);
}

/* Wrong ones change nothing, not even by halves. */
static void test_wrong_apps_change_nothing(void) {
  static const rj_server_app good = {.app_id = "shop"};
  static const rj_server_app bad[] = {{.app_id = "club"}, {.app_id = "w\x01rong"}};
  static const rj_server_app worse[] = {{.app_id = "club", .certificates = {NULL, "alone"}}};
  test_rig rig;
  rig_default(&rig);
  g_assert_true(set_apps(&rig, &good, 1));
  g_assert_false(set_apps(&rig, bad, 2));
  g_assert_false(set_apps(&rig, worse, 1));
  g_assert_cmpuint(ask(&rig, "club", 1, 1).reason, ==, REASON_INVALID_APP_ID);
  g_assert_cmpuint(ask(&rig, "shop", 2, 2).reason, ==, 0);
  rig_end(&rig);
}

/* fewer members than there are: those stay, and who comes is told "busy"; 0 is the default. */
static void test_limits_change(void) {
  test_rig rig;
  rig_default(&rig);
  g_assert_cmpuint(ask(&rig, "", 1, 1).busy_ms, ==, 0);
  g_assert_cmpuint(ask(&rig, "", 2, 2).busy_ms, ==, 0);
  rj_server_set_limits(rig.server, &(rj_server_limits){.sessions = 1, .links = 77});
  g_assert_cmpuint(fake_port->config.links_max, ==, 77);
  g_assert_cmpuint(fake_port->config.retry_above, ==, RJ_EDGE_HANDSHAKES);
  g_assert_cmpuint(ask(&rig, "", 3, 3).busy_ms, >, 0);
  expect_members(&rig, "demo", "1 2");
  rj_server_set_limits(rig.server, &(rj_server_limits){.handshakes = 5});
  g_assert_cmpuint(fake_port->config.links_max, ==, RJ_EDGE_LINKS);
  g_assert_cmpuint(fake_port->config.retry_above, ==, 5);
  g_assert_cmpuint(ask(&rig, "", 3, 4).busy_ms, ==, 0);

  /* rates: what was used up under the old one is not forgotten, and counts as the new one has it */
  rj_server_set_limits(rig.server, &(rj_server_limits){.accepts_per_second = 1});
  rig_run(&rig, SECOND);
  g_assert_cmpuint(ask(&rig, "", 4, 5).busy_ms, ==, 0);
  g_assert_cmpuint(ask(&rig, "", 5, 6).busy_ms, ==, 1000);
  rig_end(&rig);
}

/* health says so. */
static void test_it_says_that_it_drains(void) {
  test_rig rig;
  rig_default(&rig);
  g_assert_false(rj_server_is_draining(rig.server));
  rj_server_drain(rig.server, SECOND, rig.now);
  g_assert_true(rj_server_is_draining(rig.server));
  rig_run(&rig, 5 * SECOND);
  g_assert_true(rj_server_is_draining(rig.server));
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/reload/app-taken-away", test_an_app_is_taken_away);
  g_test_add_func("/reload/renewal-in-an-app-that-is-gone", test_a_renewal_in_an_app_that_is_gone);
  g_test_add_func("/reload/certificate", test_a_certificate_comes_and_goes);
  g_test_add_func("/reload/wrong-apps", test_wrong_apps_change_nothing);
  g_test_add_func("/reload/limits", test_limits_change);
  g_test_add_func("/reload/drains", test_it_says_that_it_drains);
  return g_test_run();
}
