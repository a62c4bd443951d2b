/* What tokens do at an edge whose app has a certificate (S-6 S-14 S-16 S-18 S-19 S-20, SPEC section 6). */
#include <string.h>

#include "edge/forge.h"
#include "edge/rig.h"
#include "edge/token/token.h"

enum { ISSUED_AT = 1700001000 }; /* the rig's wall clock is 0.123456789 s later at the start */
static const int64_t start_after = 123456789;

static void start(test_rig *rig) {
  static const rj_server_app app = {.app_id = FORGE_APP_ID,
                                    .certificates = {FORGE_CERTIFICATE, "the old certificate"}};
  rj_server_config config = rig_config(rig);
  config.apps = &app;
  config.app_count = 1;
  rig_start(rig, &config);
}

/* What is not given is as it should be, and lasts an hour. */
typedef struct {
  const char *app_id, *certificate, *channel, *uid;
  uint32_t expire, join;
  bool over;      /* expired at once */
  bool unlimited; /* the privilege to join has no limit of its own */
} token_spec;

#define TOKEN(...) ((token_spec){__VA_ARGS__})
#define GOOD       ((token_spec){0})

static const char *text_or(const char *text, const char *otherwise) {
  return text != NULL ? text : otherwise;
}

static uint32_t number_or(uint32_t number, uint32_t otherwise) {
  return number != 0 ? number : otherwise;
}

static char *token_of(const token_spec *spec) {
  const rj_token_grant grant = {.key = RJ_TOKEN_PRIVILEGE_JOIN,
                                .seconds = spec->unlimited ? 0 : number_or(spec->join, 3600)};
  const rj_token_parts parts = {.version = 7,
                                .app_id = text_or(spec->app_id, FORGE_APP_ID),
                                .certificate = text_or(spec->certificate, FORGE_CERTIFICATE),
                                .channel = text_or(spec->channel, "demo"),
                                .uid = text_or(spec->uid, "1"),
                                .issued_at = ISSUED_AT,
                                .expire = spec->over ? 0 : number_or(spec->expire, 3600),
                                .salt = 9,
                                .grants = &grant,
                                .grant_count = 1};
  char why[RJ_TOKEN_WHY_SIZE] = "";
  char *text = rj_token_make(&parts, why);
  g_assert_cmpstr(why, ==, "");
  return text;
}

static void put_token(rj_control *request, token_spec spec) {
  char *text = token_of(&spec);
  g_strlcpy(request->body.join_request.token, text, RJ_TOKEN_MAX + 1);
  g_free(text);
}

static rj_control join_request(uint32_t uid, uint8_t join, token_spec spec) {
  rj_control request = rig_join_request("demo", uid, join);
  g_strlcpy(request.body.join_request.app_id, FORGE_APP_ID, 65);
  put_token(&request, spec);
  return request;
}

static peer_id joined(test_rig *rig, uint32_t uid, uint8_t join, token_spec spec,
                      const char *roster, rejoin_JoinAnswer *answer) {
  rj_control request = join_request(uid, join, spec);
  peer_id peer = rig_ask(rig, &request, answer);
  g_assert_cmpuint(answer->reason, ==, 0);
  expect_roster(peer, roster);
  return peer;
}

static void refused(test_rig *rig, const rj_control *request, int32_t reason) {
  peer_id peer = rig_dial(rig, 9);
  rig_say(rig, peer, request);
  expect_refused(peer, reason);
  rig_acknowledge(rig, peer);
  expect_closed(peer, RJ_CLOSE_REFUSED);
}

static rj_control rejoin_request(const rejoin_JoinAnswer *answer, uint8_t join, token_spec spec) {
  rj_control request = rig_rejoin_request("demo", answer, join);
  g_strlcpy(request.body.join_request.app_id, FORGE_APP_ID, 65);
  put_token(&request, spec);
  return request;
}

/* S-6: 8, 9 and 24, in the order of section 1, also beside the other reasons. */
static void test_refusals(void) {
  test_rig rig;
  start(&rig);
  rj_control request = join_request(1, 1, GOOD);
  request.body.join_request.token[0] = '\0';
  refused(&rig, &request, REASON_INVALID_TOKEN); /* none where the app needs one */
  g_strlcpy(request.body.join_request.token, "rubbish", 16);
  refused(&rig, &request, REASON_INVALID_TOKEN);
  request = join_request(1, 1, TOKEN(.certificate = "another"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  request = join_request(1, 1, TOKEN(.channel = "other"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  request = join_request(2, 1, GOOD);
  refused(&rig, &request, REASON_INVALID_TOKEN);
  request = join_request(0, 1, GOOD);
  refused(&rig, &request, REASON_INVALID_TOKEN); /* uid 0 with a token that names one */
  request = join_request(1, 1, TOKEN(.app_id = "another", .certificate = "x", .channel = "y"));
  refused(&rig, &request, REASON_INCONSISTENT_APPID);
  request = join_request(1, 1, TOKEN(.over = true));
  refused(&rig, &request, REASON_TOKEN_EXPIRED);
  request = join_request(1, 1, TOKEN(.certificate = "another", .over = true));
  refused(&rig, &request, REASON_INVALID_TOKEN); /* 8 before 9 */
  request.body.join_request.version = 99;
  refused(&rig, &request, REASON_INVALID_TOKEN); /* 8 before 10 */
  g_strlcpy(request.body.join_request.channel, "\x01", 65);
  refused(&rig, &request, REASON_INVALID_CHANNEL_NAME); /* 7 before 8 */
  g_strlcpy(request.body.join_request.app_id, "unknown", 65);
  refused(&rig, &request, REASON_INVALID_APP_ID); /* 6 before 7 */
  request = join_request(1, 1, TOKEN(.certificate = "the old certificate"));
  rejoin_JoinAnswer answer;
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0); /* the second one */
  rig_end(&rig);
}

/* Uid 0 and a token for any: the edge picks one, and the rejoin brings it. */
static void test_any_uid(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  joined(&rig, 0, 1, TOKEN(.uid = ""), "", &answer);
  g_assert_cmpuint(answer.uid, !=, 0);
  rj_control request = rejoin_request(&answer, 1, TOKEN(.uid = ""));
  rejoin_JoinAnswer again;
  rig_ask(&rig, &request, &again);
  g_assert_cmpuint(again.uid, ==, answer.uid);
  g_assert_true(again.resumed);
  rig_end(&rig);
}

/* S-16 needs a valid token: nobody is replaced by one without. */
static void test_no_takeover_without_a_token(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, GOOD, "", &answer);
  rj_control request = join_request(1, 2, TOKEN(.certificate = "another"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  expect_nothing(one);
  expect_open(one);
  request = join_request(1, 2, GOOD);
  rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(answer.reason, ==, 0);
  rig_end(&rig);
}

static void keep_alive(test_rig *rig, const peer_id *peers, size_t count, int64_t span) {
  for (int64_t end = rig->now + span; rig->now < end;) {
    for (size_t i = 0; i < count; i++)
      rig_beat(rig, peers[i]);
    rig_run_until(rig, rj_earlier(end, rig->now + 5 * SECOND));
  }
}

/* S-18 P-8: the edge removes the member when its privilege ends, by itself, to the nanosecond. */
static void test_removal(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer, other;
  peer_id peers[2];
  peers[0] = joined(&rig, 2, 2, TOKEN(.uid = "2", .unlimited = true), "", &other);
  g_assert_cmpuint(other.privilege_ms, ==, 0); /* no limit of its own */
  peers[1] = joined(&rig, 1, 1, TOKEN(.join = 60), "2", &answer);
  expect_joined(peers[0], 1);
  g_assert_cmpuint(answer.privilege_ms, ==, 59877); /* 59.876543211 s, never fewer */
  int64_t ends = rig.now + 60 * SECOND - start_after;
  keep_alive(&rig, peers, 2, 50 * SECOND);
  rj_server_set_wall_offset(rig.server, 99); /* a step of the wall clock changes nothing */
  rig_run_until(&rig, ends - 1);
  expect_nothing(peers[0]);
  expect_nothing(peers[1]);
  rig_run_until(&rig, ends);
  expect_removed(peers[1], answer.session, REASON_TOKEN_EXPIRED);
  expect_offline_at(peers[0], 1, OFFLINE_QUIT, ends);
  rig_acknowledge(&rig, peers[1]);
  expect_closed(peers[1], RJ_CLOSE_REMOVED);
  g_assert_cmpuint(rig_counters(&rig).expiries, ==, 1);

  /* S-14: the reason is kept for as long as the token is not a better one … */
  rj_server_set_wall_offset(rig.server, 1700000000 * SECOND);
  rj_control request = rejoin_request(&answer, 1, TOKEN(.join = 60));
  refused(&rig, &request, REASON_TOKEN_EXPIRED);
  request = rejoin_request(&answer, 1, TOKEN(.certificate = "another"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  /* S-21: … and with one that its member renewed while it was cut off, it comes back as a new member */
  request = rejoin_request(&answer, 1, GOOD);
  rejoin_JoinAnswer back, repeated;
  peer_id again = rig_ask(&rig, &request, &back);
  g_assert_cmpuint(back.reason, ==, 0);
  g_assert_false(back.resumed);
  g_assert_cmpuint(back.session, !=, answer.session);
  expect_roster(again, "2");
  expect_joined(peers[0], 1);
  rig_ask(&rig, &request, &repeated); /* the answer was lost */
  g_assert_cmpuint(repeated.session, ==, back.session);
  expect_nothing(peers[0]);
  rig_end(&rig);
}

/* S-18 S-22: the same of a join whose answer never came, and whose stay ran out meanwhile. */
static void test_removal_of_an_unanswered_join(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer, back;
  joined(&rig, 1, 1, TOKEN(.join = 10), "", &answer);
  rig_run(&rig, 10 * SECOND);
  rj_control request = join_request(1, 1, TOKEN(.join = 10));
  refused(&rig, &request, REASON_TOKEN_EXPIRED);
  request = join_request(1, 1, GOOD);
  rig_ask(&rig, &request, &back);
  g_assert_cmpuint(back.reason, ==, 0);
  g_assert_cmpuint(back.session, !=, answer.session);
  rig_end(&rig);
}

/* S-18 beside P-4: whichever is due first. */
static void test_removal_and_silence(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer, other;
  peer_id two = joined(&rig, 2, 2, TOKEN(.uid = "2", .unlimited = true), "", &other);
  joined(&rig, 1, 1, TOKEN(.join = 10), "2", &answer);
  expect_joined(two, 1);
  int64_t joined_at = rig.now;
  joined(&rig, 3, 3, TOKEN(.uid = "3", .join = 30), "1 2", &answer);
  expect_joined(two, 3);
  keep_alive(&rig, &two, 1, 40 * SECOND);
  expect_offline_at(two, 1, OFFLINE_QUIT, joined_at + 10 * SECOND - start_after);
  expect_offline_at(two, 3, OFFLINE_DROPPED, joined_at + 20 * SECOND);
  rig_end(&rig);
}

/* S-19: only the token's own expiry passes: nothing, until the rejoin. */
static void test_own_expiry(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.expire = 10, .unlimited = true), "", &answer);
  keep_alive(&rig, &one, 1, 60 * SECOND);
  expect_nothing(one);
  expect_open(one);
  rj_control request = rejoin_request(&answer, 1, TOKEN(.expire = 10, .unlimited = true));
  refused(&rig, &request, REASON_TOKEN_EXPIRED); /* S-14 */
  expect_nothing(one);                           /* which changes nothing for who is there */
  request = rejoin_request(&answer, 1, TOKEN(.certificate = "another"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  request = rejoin_request(&answer, 1, TOKEN(.join = 100));
  rejoin_JoinAnswer again;
  rig_ask(&rig, &request, &again); /* the rejoin's token counts from now on */
  g_assert_true(again.resumed);
  g_assert_cmpuint(again.privilege_ms, ==, 39877);
  rig_end(&rig);
}

static rejoin_RenewAnswer renewed(test_rig *rig, peer_id peer, token_spec spec) {
  static uint32_t number;
  rj_control message = {.which_body = rejoin_Control_renew_token_tag};
  char *text = token_of(&spec);
  g_strlcpy(message.body.renew_token.token, text, RJ_TOKEN_MAX + 1);
  g_free(text);
  message.body.renew_token.number = ++number;
  rig_say(rig, peer, &message);
  fake_sent sent;
  g_assert_true(rig_next(peer, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_renew_answer_tag);
  g_assert_cmpuint(sent.message.body.renew_answer.number, ==, number);
  return sent.message.body.renew_answer;
}

/* S-20: the codes; and what is not ok leaves the old token in force. */
static void test_renewal(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.join = 30), "", &answer);
  int64_t ends = rig.now + 30 * SECOND - start_after;
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.over = true)).code, ==, 2);
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.certificate = "another")).code, ==, 3);
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.uid = "2")).code, ==, 3);
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.channel = "other")).code, ==, 4);
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.app_id = "another")).code, ==, 5);
  rejoin_RenewAnswer good = renewed(&rig, one, TOKEN(.join = 50));
  g_assert_cmpuint(good.code, ==, 0);
  g_assert_cmpuint(good.privilege_ms, ==, 49877);
  ends += 20 * SECOND;
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.over = true)).code, ==, 2);
  keep_alive(&rig, &one, 1, 45 * SECOND);
  expect_nothing(one);
  rig_run_until(&rig, ends);
  expect_removed(one, answer.session, REASON_TOKEN_EXPIRED);
  rig_end(&rig);
}

/* A renewal may also shorten the stay, or make it endless. */
static void test_renewal_shortens(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.unlimited = true), "", &answer);
  int64_t ends = rig.now + 5 * SECOND - start_after;
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.join = 5)).privilege_ms, ==, 4877);
  rig_run_until(&rig, ends);
  expect_removed(one, answer.session, REASON_TOKEN_EXPIRED);
  one = joined(&rig, 1, 2, TOKEN(.join = 30), "", &answer);
  g_assert_cmpuint(renewed(&rig, one, TOKEN(.unlimited = true)).privilege_ms, ==, 0);
  keep_alive(&rig, &one, 1, 100 * SECOND);
  expect_nothing(one);
  rig_end(&rig);
}

/* S-20: what arrives at the moment of the expiry comes too late, although no timer has run yet. */
static void test_renewal_too_late(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.join = 10), "", &answer);
  rig_skip(&rig, 10 * SECOND - start_after);
  rj_control message = {.which_body = rejoin_Control_renew_token_tag};
  char *text = token_of(&(token_spec){0});
  g_strlcpy(message.body.renew_token.token, text, RJ_TOKEN_MAX + 1);
  g_free(text);
  message.body.renew_token.number = 1;
  rig_say(&rig, one, &message);
  expect_removed(one, answer.session, REASON_TOKEN_EXPIRED);
  expect_nothing(one);
  expect_members(&rig, "demo", "");
  rig_end(&rig);
}

/* A privilege that lasts longer than 32 bits of milliseconds. */
static void test_long_privilege(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.expire = UINT32_MAX, .join = UINT32_MAX), "", &answer);
  g_assert_cmpuint(answer.privilege_ms, ==, UINT32_MAX * 1000ull - 123);
  keep_alive(&rig, &one, 1, 100 * SECOND);
  expect_nothing(one);
  rig_end(&rig);
}

/* A rejoin that travels as 0-RTT: its token is looked at too, and counts once the handshake is complete. */
static void test_early(void) {
  test_rig rig;
  start(&rig);
  rejoin_JoinAnswer answer;
  peer_id one = joined(&rig, 1, 1, TOKEN(.join = 30), "", &answer);
  rj_control request = rejoin_request(&answer, 1, TOKEN(.join = 15));
  peer_id again = rig_hello(&rig, 1);
  rig_say_early(&rig, again, &request);
  g_assert_cmpuint(expect_answer(again).privilege_ms, ==, 14877);
  rig_feed(&rig, again, FAKE_UP, NULL, 0);
  expect_roster(again, "");
  rig_run(&rig, 15 * SECOND - start_after);
  expect_nothing(one);
  expect_closed(one, RJ_CLOSE_DONE); /* the older of two, long ago */
  expect_removed(again, answer.session, REASON_TOKEN_EXPIRED);

  peer_id bad = rig_hello(&rig, 1);
  rig_say_early(&rig, bad, &request);
  expect_nothing(bad);
  rig_feed(&rig, bad, FAKE_UP, NULL, 0);
  expect_refused(bad, REASON_TOKEN_EXPIRED);
  rig_end(&rig);
}

/* The log says which part is wrong. */
static void test_log(void) {
  test_rig rig;
  start(&rig);
  rj_control request = join_request(1, 1, TOKEN(.channel = "other"));
  refused(&rig, &request, REASON_INVALID_TOKEN);
  const char *line = g_ptr_array_index(rig.infos, rig.infos->len - 1);
  g_assert_nonnull(strstr(line, "invalid token: for another channel"));
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/tokens/refusals", test_refusals);
  g_test_add_func("/edge/tokens/any uid", test_any_uid);
  g_test_add_func("/edge/tokens/no takeover", test_no_takeover_without_a_token);
  g_test_add_func("/edge/tokens/removal", test_removal);
  g_test_add_func("/edge/tokens/removal of an unanswered join", test_removal_of_an_unanswered_join);
  g_test_add_func("/edge/tokens/removal and silence", test_removal_and_silence);
  g_test_add_func("/edge/tokens/own expiry", test_own_expiry);
  g_test_add_func("/edge/tokens/renewal", test_renewal);
  g_test_add_func("/edge/tokens/renewal shortens", test_renewal_shortens);
  g_test_add_func("/edge/tokens/renewal too late", test_renewal_too_late);
  g_test_add_func("/edge/tokens/long privilege", test_long_privilege);
  g_test_add_func("/edge/tokens/early", test_early);
  g_test_add_func("/edge/tokens/log", test_log);
  return g_test_run();
}
