/* how fast members are let in, from one address and in all; who comes too soon is told when its turn is. */
#include <string.h>

#include "edge/forge.h"
#include "edge/rig.h"
#include "edge/token/token.h"

static uint32_t asked; /* for join ids */

static rj_control request_of(uint32_t uid) {
  rj_control request = rig_join_request("demo", uid, 0);
  asked++;
  memcpy(request.body.join_request.join_id, &asked, sizeof asked);
  return request;
}

/* From there: 0 = let in, else the ms that it is told to wait. */
static uint32_t ask_from(test_rig *rig, const char *address, const rj_control *request) {
  peer_id peer = rig_dial_from(rig, address);
  rig_say(rig, peer, request);
  rejoin_JoinAnswer answer = expect_answer(peer);
  g_assert_cmpuint(answer.reason, ==, 0);
  g_assert_true((answer.busy_ms != 0) == (answer.session == 0));
  g_assert_false(answer.elsewhere);
  if (answer.busy_ms != 0) {
    rig_acknowledge(rig, peer);
    expect_closed(peer, RJ_CLOSE_REFUSED);
  }
  return answer.busy_ms;
}

static uint32_t join_from(test_rig *rig, const char *address, uint32_t uid) {
  rj_control request = request_of(uid);
  return ask_from(rig, address, &request);
}

/* so many at once, and then so many in a second; each of the others a turn later than the one before. */
static void test_joins_of_an_address(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 4;
  rig_start(&rig, &config);
  for (uint32_t uid = 1; uid <= 4; uid++)
    g_assert_cmpuint(join_from(&rig, "10.1.0.1", uid), ==, 0);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 5), ==, 250);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 6), ==, 500);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 7), ==, 750);
  g_assert_cmpuint(join_from(&rig, "10.1.0.2", 8), ==, 0); /* somebody else */
  g_assert_cmpuint(rig_counters(&rig).busy, ==, 3);

  rig_run(&rig, 250 * MS - 1);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 9), ==, 751); /* behind those who wait */
  rig_run(&rig, 1);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 5), ==, 0);
  rig_run(&rig, 250 * MS);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 6), ==, 0);
  expect_members(&rig, "demo", "1 2 3 4 5 6 8");
  rig_end(&rig);
}

/* Nobody is told to wait for ever: a flood from an address pushes its next one back by 20 s at most. */
static void test_a_turn_is_at_most_20_s_away(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 1;
  rig_start(&rig, &config);
  for (uint32_t uid = 1; uid <= 50; uid++) {
    uint32_t wait = join_from(&rig, "10.1.0.1", uid);
    g_assert_cmpuint(wait, ==, MIN(uid - 1, 20) * 1000);
  }
  rig_run(&rig, 60 * SECOND);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 99), ==, 0);
  rig_end(&rig);
}

/* IPv6 is counted by /64, IPv4 within it as IPv4; loopback only when that is asked for. */
static void test_what_an_address_is(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 1;
  rig_start(&rig, &config);
  g_assert_cmpuint(join_from(&rig, "[2001:db8:1:2::1]", 1), ==, 0);
  g_assert_cmpuint(join_from(&rig, "[2001:db8:1:2:ffff::9]", 2), >, 0);
  g_assert_cmpuint(join_from(&rig, "[2001:db8:1:3::1]", 3), ==, 0);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1", 4), ==, 0);
  g_assert_cmpuint(join_from(&rig, "[::ffff:10.1.0.1]", 5), >, 0);
  g_assert_cmpuint(join_from(&rig, "10.1.0.1:7", 6), >, 0); /* another port is nobody else */
  static const char *const loopback[] = {"127.0.0.1", "127.8.0.1", "[::1]", "[::ffff:127.0.0.1]"};
  for (uint32_t i = 0; i < G_N_ELEMENTS(loopback); i++) {
    g_assert_cmpuint(join_from(&rig, loopback[i], 10 + i), ==, 0);
    g_assert_cmpuint(join_from(&rig, loopback[i], 20 + i), ==, 0);
  }
  rig_end(&rig);

  config = rig_config(&rig);
  config.limits.joins_per_second = 1;
  config.limits.loopback = true;
  rig_start(&rig, &config);
  g_assert_cmpuint(join_from(&rig, "127.0.0.1", 1), ==, 0);
  g_assert_cmpuint(join_from(&rig, "[::ffff:127.0.0.1]", 2), >, 0);
  g_assert_cmpuint(join_from(&rig, "[::1]", 3), ==, 0);
  g_assert_cmpuint(join_from(&rig, "[::1]", 4), >, 0);
  rig_end(&rig);
}

/* Who is in stays in: a rejoin with its session's secret is not counted; one without it is a join like any other. */
static void test_members_are_not_put_off(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 1;
  config.limits.accepts_per_second = 1;
  rig_start(&rig, &config);
  rj_control request = rig_join_request("demo", 1, 1);
  peer_id one = rig_dial_from(&rig, "10.1.0.1");
  rig_say(&rig, one, &request);
  rejoin_JoinAnswer answer = expect_answer(one);
  g_assert_cmpuint(answer.session, !=, 0);
  for (int i = 0; i < 5; i++) {
    request = rig_rejoin_request("demo", &answer, 1);
    one = rig_dial_from(&rig, "10.1.0.1");
    rig_say(&rig, one, &request);
    answer = expect_answer(one);
    g_assert_true(answer.resumed);
  }
  request = rig_rejoin_request("demo", &answer, 1);
  request.body.join_request.resume.secret[0] ^= 1;
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &request), >, 0);
  rig_end(&rig);
}

/* whoever joins and leaves again and again ("flaps") is put off like one who joins too often; the others hear of it no
 * more often. So is whoever takes its own place again and again. */
static void test_members_that_flap(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 4;
  rig_start(&rig, &config);
  peer_id watcher = rig_joined(&rig, "demo", 9, 200, NULL);
  for (int i = 0; i < 8; i++) {
    rj_control request = request_of(1);
    peer_id one = rig_dial_from(&rig, "10.1.0.1");
    rig_say(&rig, one, &request);
    rejoin_JoinAnswer answer = expect_answer(one);
    g_assert_true((answer.busy_ms == 0) == (i < 4));
    if (answer.busy_ms > 0)
      continue;
    expect_joined(watcher, 1);
    rj_control goodbye = rig_goodbye(answer.session);
    rig_say(&rig, one, &goodbye);
    expect_offline(watcher, 1, OFFLINE_QUIT);
  }
  expect_nothing(watcher);
  for (uint32_t i = 0; i < 8; i++) /* S-16, from elsewhere */
    g_assert_true((join_from(&rig, "10.1.0.2", 2) == 0) == (i < 4));
  rig_end(&rig);
}

static rejoin_RoleAnswer ask_for_role(test_rig *rig, peer_id peer, uint32_t role) {
  rj_control message = {.which_body = rejoin_Control_set_role_tag};
  message.body.set_role.role = role;
  rig_say(rig, peer, &message);
  fake_sent sent;
  do
    g_assert_true(rig_next(peer, &sent));
  while (sent.message.which_body != rejoin_Control_role_answer_tag);
  return sent.message.body.role_answer;
}

/* A-3 P-6 S-31: each change of role is told to everybody, so that one member may not change it as often as it likes, by
 * whatever road. */
static void test_roles_that_flap(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.role_changes_per_minute = 3;
  rig_start(&rig, &config);
  rj_control request = request_of(1);
  request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  request.body.join_request.role = ROLE_AUDIENCE;
  rejoin_JoinAnswer answer;
  peer_id one = rig_ask(&rig, &request, &answer);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_BROADCASTER).reason, ==, 0);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_BROADCASTER).reason, ==, 0); /* no change */
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_AUDIENCE).reason, ==, 0);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_BROADCASTER).reason, ==, 0);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_AUDIENCE).reason, ==, REASON_REJECTED_BY_SERVER);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_BROADCASTER).reason, ==, 0);

  rj_control again = rig_rejoin_request("demo", &answer, 1);
  again.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
  again.body.join_request.role = ROLE_AUDIENCE;
  rejoin_JoinAnswer put_off;
  peer_id back = rig_ask(&rig, &again, &put_off);
  g_assert_cmpuint(put_off.busy_ms, ==, 20000);
  expect_open(one);
  rig_acknowledge(&rig, back);
  again.body.join_request.role = ROLE_BROADCASTER; /* in the one that it has, at any time */
  one = rig_ask(&rig, &again, &answer);
  g_assert_true(answer.resumed);

  rig_run(&rig, 20 * SECOND - 1);
  rig_beat(&rig, one);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_AUDIENCE).reason, ==, REASON_REJECTED_BY_SERVER);
  rig_run(&rig, 1);
  g_assert_cmpuint(ask_for_role(&rig, one, ROLE_AUDIENCE).reason, ==, 0);
  rig_end(&rig);
}

/* The memory is bounded: the address that was not heard of for longest is forgotten. */
static void test_addresses_are_bounded(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.joins_per_second = 1;
  config.limits.channel_members = 1;
  rig_start(&rig, &config);
  char address[32];
  for (uint32_t i = 0; i < RJ_EDGE_ADDRESSES + 1; i++) {
    g_snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
    rj_control request = request_of(i + 1);
    peer_id peer = rig_dial_from(&rig, address);
    rig_say(&rig, peer, &request);
    if (i > 0)
      g_assert_cmpuint(expect_answer(peer).busy_ms, ==, 2000); /* the channel is full */
  }
  rj_control again = request_of(7);
  g_assert_cmpuint(ask_from(&rig, "10.0.0.1", &again), ==, 1000); /* still counted */
  g_assert_cmpuint(ask_from(&rig, "10.0.0.0", &again), ==, 2000); /* forgotten: it finds it full */
  rig_end(&rig);
}

/* ---- tokens */

enum { ISSUED_AT = 1700001000 }; /* the rig's wall clock at its start */

static rj_control token_request(uint32_t uid, const char *certificate, uint32_t seconds) {
  const rj_token_grant grant = {.key = RJ_TOKEN_PRIVILEGE_JOIN, .seconds = seconds};
  const rj_token_parts parts = {.version = 7,
                                .app_id = FORGE_APP_ID,
                                .certificate = certificate,
                                .channel = "demo",
                                .uid = "",
                                .issued_at = ISSUED_AT,
                                .expire = 3600,
                                .salt = 9,
                                .grants = &grant,
                                .grant_count = 1};
  char why[RJ_TOKEN_WHY_SIZE];
  char *token = rj_token_make(&parts, why);
  rj_control request = request_of(uid);
  g_strlcpy(request.body.join_request.app_id, FORGE_APP_ID, 65);
  g_strlcpy(request.body.join_request.token, token, RJ_TOKEN_MAX + 1);
  g_free(token);
  return request;
}

static int32_t refused_from(test_rig *rig, const char *address, const rj_control *request) {
  peer_id peer = rig_dial_from(rig, address);
  rig_say(rig, peer, request);
  rejoin_JoinAnswer answer = expect_answer(peer);
  g_assert_cmpuint(answer.busy_ms, ==, 0);
  return (int32_t)answer.reason;
}

/* after so many bad tokens none is looked at for a while, be it good or bad: so the answer is busy, never a
 * refusal that a good one does not deserve. */
static void test_bad_tokens_of_an_address(void) {
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  const rj_server_app apps[] = {{.app_id = FORGE_APP_ID, .certificates = {FORGE_CERTIFICATE, NULL}},
                                {.app_id = "open"}};
  config.apps = apps;
  config.app_count = 2;
  config.limits.bad_tokens_per_minute = 3;
  rig_start(&rig, &config);
  rj_control good = token_request(1, FORGE_CERTIFICATE, 1000);
  peer_id member = rig_dial_from(&rig, "10.1.0.1");
  rig_say(&rig, member, &good);
  rejoin_JoinAnswer stay = expect_answer(member);
  g_assert_cmpuint(stay.session, !=, 0);

  rj_control expired = token_request(2, FORGE_CERTIFICATE, 1); /* it was a good one: not counted */
  rig_run(&rig, 1 * SECOND);
  for (int i = 0; i < 5; i++)
    g_assert_cmpint(refused_from(&rig, "10.1.0.1", &expired), ==, REASON_TOKEN_EXPIRED);
  rj_control bad = token_request(3, "another", 1000);
  for (int i = 0; i < 3; i++)
    g_assert_cmpint(refused_from(&rig, "10.1.0.1", &bad), ==, REASON_INVALID_TOKEN);
  good = token_request(4, FORGE_CERTIFICATE, 1000);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &bad), ==, 20000);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &good), ==, 20000);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.2", &good), ==, 0); /* from elsewhere */

  /* what needs no token is not held up, nor is a member that is back */
  rj_control open = request_of(5);
  g_strlcpy(open.body.join_request.app_id, "open", 65);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &open), ==, 0);
  rj_control back = good;
  back.body.join_request.uid = 1;
  back.body.join_request.has_resume = true;
  back.body.join_request.resume.session = stay.session;
  memcpy(back.body.join_request.resume.secret, stay.secret, sizeof stay.secret);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &back), ==, 0);

  rig_run(&rig, 20 * SECOND); /* room for one again */
  g_assert_cmpint(refused_from(&rig, "10.1.0.1", &bad), ==, REASON_INVALID_TOKEN);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &bad), >, 0);
  rig_run(&rig, 60 * SECOND);
  good = token_request(6, FORGE_CERTIFICATE, 1000);
  g_assert_cmpuint(ask_from(&rig, "10.1.0.1", &good), ==, 0);
  rig_end(&rig);
}

/* ---- the whole edge */

/* Section 5 after a restart: 1,000 come at once and are let in at the rate that is allowed, each at its turn. */
static void test_accepts_of_the_edge(void) {
  enum { MEMBERS = 1000, RATE = 100 };
  test_rig rig;
  rj_server_config config = rig_config(&rig);
  config.limits.accepts_per_second = RATE;
  rig_start(&rig, &config);
  int64_t start = rig.now, turns[MEMBERS];
  char address[32];
  uint32_t let_in = 0, asks = 0;
  for (uint32_t i = 0; i < MEMBERS; i++)
    turns[i] = start;
  for (; let_in < MEMBERS; rig_run(&rig, 10 * MS)) {
    for (uint32_t i = 0; i < MEMBERS; i++) {
      if (turns[i] > rig.now)
        continue;
      g_snprintf(address, sizeof address, "10.2.%u.%u", i >> 8, i & 255);
      rj_control request = request_of(i + 1);
      request.body.join_request.has_resume = true; /* of a session that this edge does not know */
      request.body.join_request.resume.session = i + 1;
      uint32_t wait = ask_from(&rig, address, &request);
      asks++;
      let_in += wait == 0;
      turns[i] = wait == 0 ? RJ_NEVER : rig.now + wait * MS;
    }
    g_assert_cmpuint(let_in, <=, RATE + (rig.now - start) * RATE / SECOND);
    for (uint64_t peer = 0; peer < fake_port->links->len; peer++) {
      fake_sent sent;
      while (!fake_link(peer)->freed && rig_next(peer, &sent))
        ; /* what the others hear is not looked at here */
    }
  }
  g_assert_cmpint(rig.now - start, >=, 9 * SECOND);
  g_assert_cmpint(rig.now - start, <=, 9 * SECOND + 100 * MS);
  g_assert_cmpuint(asks, ==, 2 * MEMBERS - RATE); /* nobody was told a turn that was none */
  rig_end(&rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/rates/joins of an address", test_joins_of_an_address);
  g_test_add_func("/edge/rates/a turn is at most 20 s away", test_a_turn_is_at_most_20_s_away);
  g_test_add_func("/edge/rates/what an address is", test_what_an_address_is);
  g_test_add_func("/edge/rates/members are not put off", test_members_are_not_put_off);
  g_test_add_func("/edge/rates/members that flap", test_members_that_flap);
  g_test_add_func("/edge/rates/roles that flap", test_roles_that_flap);
  g_test_add_func("/edge/rates/addresses are bounded", test_addresses_are_bounded);
  g_test_add_func("/edge/rates/bad tokens of an address", test_bad_tokens_of_an_address);
  g_test_add_func("/edge/rates/accepts of the edge", test_accepts_of_the_edge);
  return g_test_run();
}
