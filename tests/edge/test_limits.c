/* Who is not let in: reasons and their order (SPEC section 1), "busy" where it may pass, and configs that make no edge. */
#include <string.h>

#include "edge/rig.h"

static void expect_refusal(test_rig *rig, const rj_control *request, int32_t reason) {
  peer_id peer = rig_dial(rig, 1);
  rig_say(rig, peer, request);
  expect_refused(peer, reason);
  rig_acknowledge(rig, peer);
  expect_closed(peer, RJ_CLOSE_REFUSED);
}

static void expect_busy(test_rig *rig, const rj_control *request) {
  peer_id peer = rig_dial(rig, 1);
  rig_say(rig, peer, request);
  rejoin_JoinAnswer answer = expect_answer(peer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_cmpuint(answer.session, ==, 0);
  g_assert_cmpuint(answer.busy_ms, ==, 2000);
  rig_acknowledge(rig, peer);
  expect_closed(peer, RJ_CLOSE_REFUSED);
}

/* S-6 */
static void test_app_ids(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rj_server_app apps[] = {{.app_id = "shop"}, {.app_id = "club"}};
  config.apps = apps;
  config.app_count = 2;
  rig_start(&rig, &config);
  rj_control request = rig_join_request("demo", 1, 1);
  expect_refusal(&rig, &request, REASON_INVALID_APP_ID);
  g_strlcpy(request.body.join_request.app_id, "club", 65);
  rejoin_JoinAnswer answer;
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_cmpuint(rig_counters(&rig).refusals, ==, 1);
  rig_end(&rig);
}

static void test_channel_names(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.channel_pattern = "demo|room-[0-9]+";
  rig_start(&rig, &config);
  rejoin_JoinAnswer answer;
  rj_control request = rig_join_request("room-12", 1, 1);
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  const char *refused[] = {"room-", "room-1x",  "my room-1",  "demos",
                           "dem",   "room-1\n", "caf\xc3\xa9"};
  for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
    request = rig_join_request(refused[i], 1, 1);
    expect_refusal(&rig, &request, REASON_INVALID_CHANNEL_NAME);
  }
  rig_end(&rig);
}

/* SPEC section 1: when several apply, 6, 7, …, 20, 10. */
static void test_order_of_reasons(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  rj_server_app app = {.app_id = "club"};
  config.apps = &app;
  config.app_count = 1;
  config.limits.channel_broadcasters = 1;
  config.channel_pattern = "live";
  rig_start(&rig, &config);
  rj_control request = rig_join_request("live", 1, 1);
  g_strlcpy(request.body.join_request.app_id, "club", 65);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  rejoin_JoinAnswer answer;
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);

  request.body.join_request.uid = 2;
  memset(request.body.join_request.join_id, 2, 16);
  request.body.join_request.version = 99; /* 10 */
  rj_control wrong = request;
  expect_refusal(&rig, &wrong, REASON_TOO_MANY_BROADCASTERS); /* 20 and 10 */
  g_strlcpy(wrong.body.join_request.channel, "x", 65);
  expect_refusal(&rig, &wrong, REASON_INVALID_CHANNEL_NAME); /* 7 and 10 */
  g_strlcpy(wrong.body.join_request.app_id, "y", 65);
  expect_refusal(&rig, &wrong, REASON_INVALID_APP_ID); /* 6, 7 and 10 */
  request.body.join_request.role = ROLE_AUDIENCE;
  expect_refusal(&rig, &request, REASON_REJECTED_BY_SERVER); /* 10 alone */

  /* 19 and 20: the loser of a takeover in a channel that is full of broadcasters */
  rj_control newer = request;
  newer.body.join_request.version = RJ_PROTOCOL_VERSION;
  newer.body.join_request.role = ROLE_BROADCASTER;
  newer.body.join_request.uid = 1;
  rejoin_JoinAnswer winner;
  rig_ask(&rig, &newer, &winner);
  g_assert_cmpuint(winner.reason, ==, 0);
  rj_control loser = rig_rejoin_request("live", &answer, 1);
  g_strlcpy(loser.body.join_request.app_id, "club", 65);
  loser.body.join_request.uid =
      3; /* not even its own uid: the session's reason goes first all the same */
  loser.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  expect_refusal(&rig, &loser, REASON_SAME_UID_LOGIN);
  rig_end(&rig);
}

/* section 4: the first member fixes the profile. */
static void test_profile(void) {
  test_rig rig;
  rig_default(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&rig, "demo", 1, 1, &answer);
  rj_control request = rig_join_request("demo", 2, 2);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  expect_refusal(&rig, &request, REASON_REJECTED_BY_SERVER);
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, one, &goodbye);
  expect_refusal(&rig, &request, REASON_REJECTED_BY_SERVER); /* the channel is still known (N-7) */
  rig_run(&rig, RJ_EMPTY_CHANNEL_AFTER);
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  rig_end(&rig);
}

/* 20, by join and by role (S-31); one that is a broadcaster already is not one more. */
static void test_broadcasters(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.channel_broadcasters = 2;
  rig_start(&rig, &config);
  rejoin_JoinAnswer answer, first;
  peer_id audience = 0;
  for (uint32_t uid = 1; uid <= 3; uid++) {
    rj_control request = rig_join_request("live", uid, (uint8_t)uid);
    request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
    request.body.join_request.role = uid == 3 ? ROLE_AUDIENCE : ROLE_BROADCASTER;
    audience = rig_ask(&rig, &request, &answer);
    if (uid == 1)
      first = answer;
  }
  expect_roster(audience, "1 2");
  rj_control fourth = rig_join_request("live", 4, 4);
  fourth.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  expect_refusal(&rig, &fourth, REASON_TOO_MANY_BROADCASTERS);

  rj_control role = {.which_body = rejoin_Control_set_role_tag};
  role.body.set_role = (rejoin_SetRole){.number = 1, .role = ROLE_BROADCASTER};
  rig_say(&rig, audience, &role);
  fake_sent sent;
  g_assert_true(rig_next(audience, &sent));
  g_assert_cmpuint(sent.message.body.role_answer.reason, ==, REASON_TOO_MANY_BROADCASTERS);

  rj_control again = rig_rejoin_request("live", &first, 1);
  again.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  rig_ask(&rig, &again, &answer);
  g_assert_true(answer.resumed);
  again = rig_join_request("live", 1, 11);
  again.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  rig_ask(&rig, &again, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);

  rj_control many =
      rig_join_request("talk", 1, 21); /* the communication profile has no such limit */
  rig_ask(&rig, &many, &answer);
  for (uint8_t i = 2; i < 6; i++)
    rig_joined(&rig, "talk", i, 20 + i, NULL);
  rig_end(&rig);
}

/* What may pass is "busy" and never FAILED (reason 10). */
static void test_busy_when_full(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.channel_members = 2;
  config.limits.sessions = 3;
  rig_start(&rig, &config);
  rejoin_JoinAnswer answer;
  rig_joined(&rig, "demo", 1, 1, &answer);
  peer_id two = rig_joined(&rig, "demo", 2, 2, NULL);
  rj_control request = rig_join_request("demo", 3, 3);
  expect_busy(&rig, &request);
  rig_joined(&rig, "other", 1, 4, NULL);
  rj_control elsewhere = rig_join_request("third", 1, 5);
  expect_busy(&rig, &elsewhere);
  rj_control rejoin = rig_rejoin_request("demo", &answer, 1);
  rig_ask(&rig, &rejoin, &answer); /* who is in stays in */
  g_assert_true(answer.resumed);
  rj_control goodbye = rig_goodbye(0);
  rig_say(&rig, two, &goodbye);
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.uid, ==, 3);
  g_assert_cmpuint(rig_counters(&rig).busy, ==, 2);
  rig_end(&rig);
}

/* Testing mode ignores tokens, also renewed ones (SPEC section 6). */
static void test_tokens_in_testing_mode(void) {
  test_rig rig;
  rig_default(&rig);
  rj_control request = rig_join_request("demo", 1, 1);
  g_strlcpy(request.body.join_request.token, "anything", 4097);
  rejoin_JoinAnswer answer;
  peer_id one = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_cmpuint(answer.privilege_ms, ==, 0);
  expect_roster(one, "");
  rj_control renew = {.which_body = rejoin_Control_renew_token_tag};
  renew.body.renew_token.number = 8;
  g_strlcpy(renew.body.renew_token.token, "another", 4097);
  rig_say(&rig, one, &renew);
  fake_sent sent;
  g_assert_true(rig_next(one, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_renew_answer_tag);
  g_assert_cmpuint(sent.message.body.renew_answer.number, ==, 8);
  g_assert_cmpuint(sent.message.body.renew_answer.code, ==, 0);
  rig_end(&rig);
}

static void expect_no_edge(const rj_server_config *config, int64_t now, const char *words) {
  char error[256] = "";
  g_assert_null(rj_server_new(config, now, error, sizeof error));
  if (strstr(error, words) == NULL)
    g_error("\"%s\" does not say \"%s\"", error, words);
}

/* A config that is wrong says what is. */
static void test_wrong_configs(void) {
  test_rig rig;
  rig_default(&rig);
  rig_end(&rig);
  rj_server_config good = rig_config(&rig), config = good;
  config.timers.two_links = 0;
  expect_no_edge(&config, rig.now, "two_links is 0 ns");
  config = good;
  config.timers.departed_kept = config.timers.offline;
  expect_no_edge(&config, rig.now, "departed_kept");
  config = good;
  config.channel_pattern = "room-[0-9";
  expect_no_edge(&config, rig.now, "room-[0-9\"");
  config.channel_pattern = "a)(b"; /* would be balanced inside a group */
  expect_no_edge(&config, rig.now, "a)(b\"");
  config = good;
  rj_server_app with_certificate = {.app_id = "shop", .certificates = {"", NULL}};
  config.apps = &with_certificate;
  config.app_count = 1;
  expect_no_edge(&config, rig.now, "app \"shop\" has an empty certificate");
  with_certificate.certificates[0] = NULL;
  with_certificate.certificates[1] = "00112233";
  expect_no_edge(&config, rig.now, "app \"shop\" has a second certificate, but no first one");
  with_certificate.certificates[1] = "";
  with_certificate.certificates[0] = "0011\n";
  expect_no_edge(&config, rig.now, "not printable ASCII");
  char long_certificate[RJ_CERTIFICATE_MAX + 2];
  memset(long_certificate, 'x', sizeof long_certificate - 1);
  long_certificate[sizeof long_certificate - 1] = '\0';
  with_certificate.certificates[0] = long_certificate;
  expect_no_edge(&config, rig.now, "more than 256 bytes");
  rj_server_app unprintable = {.app_id = "sh\nop"};
  config.apps = &unprintable;
  expect_no_edge(&config, rig.now, "app 1: app id");
  g_ptr_array_free(rig.warnings, TRUE);
  g_ptr_array_free(rig.infos, TRUE);
}

/* One scale for all of them. */
static void test_scaled_timers(void) {
  rj_server_timers timers;
  rj_server_timers_default(&timers, 0.5);
  g_assert_cmpint(timers.offline, ==, 10 * SECOND);
  g_assert_cmpint(timers.interrupted, ==, 2 * SECOND);
  g_assert_cmpint(timers.empty_channel, ==, 5 * SECOND);
  g_assert_cmpint(timers.two_links, ==, 2500 * MS);
  g_assert_cmpint(timers.ended_kept, ==, 600 * SECOND);
  g_assert_cmpint(timers.uid_quarantine, ==, 600 * SECOND);
  g_assert_cmpint(timers.farewell, ==, 500 * MS);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/limits/app ids", test_app_ids);
  g_test_add_func("/edge/limits/channel names", test_channel_names);
  g_test_add_func("/edge/limits/order of reasons", test_order_of_reasons);
  g_test_add_func("/edge/limits/profile", test_profile);
  g_test_add_func("/edge/limits/broadcasters", test_broadcasters);
  g_test_add_func("/edge/limits/busy when full", test_busy_when_full);
  g_test_add_func("/edge/limits/tokens in testing mode", test_tokens_in_testing_mode);
  g_test_add_func("/edge/limits/wrong configs", test_wrong_configs);
  g_test_add_func("/edge/limits/scaled timers", test_scaled_timers);
  return g_test_run();
}
