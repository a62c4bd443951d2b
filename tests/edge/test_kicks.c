/* Kicks: whom a rule fits, what a kicked member hears, and how long it is kept out. */
#include "edge/kicks.h"

#include <string.h>

#include "base/limits.h"
#include "edge/rig.h"

/* ------------------------------------------------------------------ the table */

static rj_address ip(const char *text) {
  rj_address address = {0};
  g_assert_true(rj_kick_host_parse(text, &address));
  return address;
}

static uint64_t put(rj_kicks *kicks, rj_kick_rule rule, int64_t until) {
  uint64_t id = 0;
  g_assert_cmpint(rj_kicks_put(kicks, &rule, until, 0, &id), ==, STATUS_OK);
  return id;
}

static bool fits(const rj_kicks *kicks, const char *channel, uint32_t uid, const char *host) {
  const rj_kick_rule member = {.app_id = "", .channel = channel, .uid = uid, .ip = ip(host)};
  return rj_kicks_fit(kicks, &member, 10);
}

/* each combination of the three; all that is named must fit. */
static void test_whom_a_rule_fits(void) {
  const struct {
    rj_kick_rule rule;
    const char *whom; /* of the eight below */
  } cases[] = {
      {{.app_id = "", .channel = "demo", .uid = 1}, "11000000"},
      {{.app_id = "", .uid = 1}, "11001100"},
      {{.app_id = "", .channel = "demo"}, "11110000"},
      {{.app_id = "", .ip = ip("10.0.0.1")}, "10101010"},
      {{.app_id = "", .uid = 1, .ip = ip("10.0.0.1")}, "10001000"},
      {{.app_id = "", .channel = "demo", .ip = ip("10.0.0.1")}, "10100000"},
      {{.app_id = "", .channel = "demo", .uid = 1, .ip = ip("10.0.0.1")}, "10000000"},
      {{.app_id = "other", .uid = 1}, "00000000"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    rj_kicks *kicks = rj_kicks_new();
    put(kicks, cases[i].rule, 20);
    for (unsigned j = 0; j < 8; j++)
      g_assert_cmpint(fits(kicks, (j & 4) == 0 ? "demo" : "Demo", (j & 2) == 0 ? 1 : 2,
                           (j & 1) == 0 ? "10.0.0.1" : "10.0.0.2"),
                      ==, cases[i].whom[j] == '1');
    rj_kicks_free(kicks);
  }
}

static void test_an_address_is_its_host(void) {
  rj_kicks *kicks = rj_kicks_new();
  put(kicks, (rj_kick_rule){.app_id = "", .ip = ip("10.0.0.1")}, 20);
  put(kicks, (rj_kick_rule){.app_id = "", .ip = ip("fe80::1")}, 20);
  rj_kick_rule member = {.app_id = "", .channel = "demo", .uid = 1};
  g_assert_true(rj_address_parse("10.0.0.1:4711", 0, &member.ip));
  g_assert_true(rj_kicks_fit(kicks, &member, 10));
  g_assert_true(rj_address_parse("[::ffff:10.0.0.1]:4711", 0, &member.ip));
  g_assert_true(rj_kicks_fit(kicks, &member, 10));
  g_assert_true(rj_address_parse("[fe80::1%3]:1", 0, &member.ip));
  g_assert_true(rj_kicks_fit(kicks, &member, 10));
  g_assert_true(rj_address_parse("[fe80::2%3]:1", 0, &member.ip));
  g_assert_false(rj_kicks_fit(kicks, &member, 10));

  rj_address read;
  char text[RJ_ADDRESS_TEXT_SIZE];
  const char *const good[] = {"10.0.0.1", "::1", "2001:db8::7"};
  for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
    g_assert_true(rj_kick_host_parse(good[i], &read));
    g_assert_cmpstr(rj_kick_host_text(&read, text), ==, good[i]);
  }
  const char *const bad[] = {"", "10.0.0.1:80", "[::1]", "[::1]:80", "localhost", "10.0.0"};
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(rj_kick_host_parse(bad[i], &read));
  rj_kicks_free(kicks);
}

/* listed by id, changed, lifted, over. */
static void test_list_change_lift(void) {
  rj_kicks *kicks = rj_kicks_new();
  rj_kick_view kick;
  g_assert_cmpuint(put(kicks, (rj_kick_rule){.app_id = "", .uid = 1}, 30), ==, 1);
  g_assert_cmpuint(put(kicks, (rj_kick_rule){.app_id = "app", .channel = "demo"}, 20), ==, 2);
  g_assert_cmpuint(put(kicks, (rj_kick_rule){.app_id = "", .ip = ip("::1")}, 25), ==, 3);
  g_assert_cmpuint(put(kicks, (rj_kick_rule){.app_id = "", .uid = 1}, 40), ==, 1); /* the same */
  g_assert_cmpuint(rj_kicks_count(kicks, 0), ==, 3);
  g_assert_true(rj_kicks_next(kicks, 1, 0, &kick));
  g_assert_cmpuint(kick.id, ==, 2);
  g_assert_cmpint(kick.until, ==, 20);
  g_assert_cmpstr(kick.rule.app_id, ==, "app");
  g_assert_cmpstr(kick.rule.channel, ==, "demo");
  g_assert_cmpuint(kick.rule.uid, ==, 0);

  g_assert_true(rj_kicks_next(kicks, 1, 20, &kick)); /* 2 is over */
  g_assert_cmpuint(kick.id, ==, 3);
  g_assert_false(rj_kicks_set_until(kicks, 2, 90, 20));
  g_assert_true(rj_kicks_set_until(kicks, 3, 50, 20));
  g_assert_true(rj_kicks_set_until(kicks, 1, 20, 20)); /* lifted */
  g_assert_false(rj_kicks_get(kicks, 1, 20, &kick));
  g_assert_cmpuint(rj_kicks_count(kicks, 49), ==, 1);
  g_assert_false(rj_kicks_next(kicks, 3, 49, &kick));
  g_assert_false(rj_kicks_next(kicks, UINT64_MAX, 49, &kick));
  g_assert_cmpuint(rj_kicks_count(kicks, 50), ==, 0);
  g_assert_cmpuint(put(kicks, (rj_kick_rule){.app_id = "", .uid = 1}, 90), ==, 4);
  rj_kicks_free(kicks);
}

/* Against a plain list: puts, changes and time in random order. */
static void test_random_history(void) {
  enum { UIDS = 50, STEPS = 20000 };
  struct {
    uint64_t id;
    int64_t until;
  } model[UIDS + 1] = {0};
  rj_random random;
  rj_random_seed(&random, 3);
  rj_kicks *kicks = rj_kicks_new();
  int64_t now = 0;
  for (int step = 0; step < STEPS; step++) {
    uint32_t uid = 1 + (uint32_t)(rj_random_next(&random) % UIDS);
    int64_t until = now + 1 + (int64_t)(rj_random_next(&random) % 40);
    const rj_kick_rule rule = {.app_id = "", .uid = uid};
    bool alive = model[uid].until > now;
    if (rj_random_next(&random) % 3 != 0) {
      uint64_t id;
      g_assert_cmpint(rj_kicks_put(kicks, &rule, until, now, &id), ==, STATUS_OK);
      g_assert_true(alive ? id == model[uid].id : id > model[uid].id);
      model[uid].id = id;
      model[uid].until = until;
    } else {
      until = rj_random_next(&random) % 2 == 0 ? now : until;
      g_assert_true(rj_kicks_set_until(kicks, model[uid].id, until, now) == alive);
      model[uid].until = alive ? until : 0;
    }
    now += rj_random_next(&random) % 4 == 0 ? 1 : 0;
    size_t count = 0;
    for (uint32_t u = 1; u <= UIDS; u++) {
      const rj_kick_rule member = {.app_id = "", .channel = "demo", .uid = u, .ip = ip("::1")};
      g_assert_true(rj_kicks_fit(kicks, &member, now) == (model[u].until > now));
      count += model[u].until > now ? 1 : 0;
    }
    g_assert_cmpuint(rj_kicks_count(kicks, now), ==, count);
    rj_kick_view kick = {0};
    for (size_t i = 0; i < count; i++) {
      uint64_t before = kick.id;
      g_assert_true(rj_kicks_next(kicks, before, now, &kick));
      g_assert_cmpuint(kick.id, >, before);
      g_assert_cmpuint(model[kick.rule.uid].id, ==, kick.id);
    }
    g_assert_false(rj_kicks_next(kicks, kick.id, now, &kick));
  }
  rj_kicks_free(kicks);
}

/* A million kicks each get their status; a join is held against all of them at once. */
static void test_a_million(void) {
  rj_kicks *kicks = rj_kicks_new();
  uint64_t id;
  for (uint32_t uid = 1; uid <= RJ_EDGE_KICKS; uid++)
    put(kicks, (rj_kick_rule){.app_id = "", .uid = uid}, 1000 + uid % 1000);
  const rj_kick_rule more = {.app_id = "", .channel = "demo"};
  g_assert_cmpint(rj_kicks_put(kicks, &more, 2000, 0, &id), ==, STATUS_RESOURCE_LIMITED);
  g_assert_true(fits(kicks, "demo", RJ_EDGE_KICKS, "::1"));
  g_assert_false(fits(kicks, "demo", RJ_EDGE_KICKS + 1, "::1"));
  g_assert_cmpint(rj_kicks_put(kicks, &more, 2000, 1000, &id), ==, STATUS_OK); /* some are over */
  g_assert_cmpuint(rj_kicks_count(kicks, 1500), ==, RJ_EDGE_KICKS * 499 / 1000 + 1);
  g_assert_cmpuint(rj_kicks_count(kicks, 2000), ==, 0);
  rj_kicks_free(kicks);
}

/* ------------------------------------------------------------------ at an edge */

typedef struct {
  test_rig rig;
  rj_kicks *kicks;
} stage;

static void begin(stage *s) {
  rj_server_config config = rig_config(&s->rig);
  s->kicks = rj_kicks_new();
  config.kicks = s->kicks;
  rig_start(&s->rig, &config);
}

static void end(stage *s) {
  rig_end(&s->rig);
  rj_kicks_free(s->kicks);
}

/* As a host does it; how many were removed. */
static size_t kick(stage *s, rj_kick_rule rule, int64_t lasts) {
  uint64_t id;
  rule.app_id = "";
  if (lasts > 0)
    g_assert_cmpint(rj_kicks_put(s->kicks, &rule, s->rig.now + lasts, s->rig.now, &id), ==,
                    STATUS_OK);
  return rj_server_kick(s->rig.server, &rule, s->rig.now);
}

static peer_id ask(stage *s, const rj_control *request) {
  peer_id peer = rig_dial(&s->rig, (uint8_t)request->body.join_request.uid);
  rig_say(&s->rig, peer, request);
  return peer;
}

static void expect_kept_out(stage *s, const rj_control *request) {
  peer_id peer = ask(s, request);
  expect_refused(peer, REASON_BANNED_BY_SERVER);
  expect_nothing(peer);
}

/* S-15 P-8 S-14 S-6: told at once on every connection; the others see it quit; rejoins and joins are
 * refused until the very moment when the time is over. */
static void test_kicked_and_kept_out(void) {
  stage s;
  begin(&s);
  rejoin_JoinAnswer answer, beside;
  peer_id two = rig_joined(&s.rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&s.rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  rj_control rejoin = rig_rejoin_request("demo", &answer, 1);
  peer_id other = rig_ask(&s.rig, &rejoin, &beside);
  expect_roster(other, "2");

  int64_t at = s.rig.now;
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.channel = "demo", .uid = 1}, 60 * SECOND), ==, 1);
  expect_removed(one, answer.session, REASON_BANNED_BY_SERVER);
  expect_removed(other, answer.session, REASON_BANNED_BY_SERVER);
  expect_offline_at(two, 1, OFFLINE_QUIT, at);
  expect_nothing(two);
  expect_members(&s.rig, "demo", "2");
  rig_acknowledge(&s.rig, one);
  expect_closed(one, RJ_CLOSE_REMOVED);
  g_assert_cmpuint(rig_counters(&s.rig).kicks, ==, 1);

  rejoin = rig_rejoin_request("demo", &beside, 1);
  rj_control join = rig_join_request("demo", 1, 11), again = rig_join_request("demo", 1, 1);
  expect_kept_out(&s, &rejoin);
  expect_kept_out(&s, &join);
  expect_kept_out(&s, &again); /* the join of that stay, whose answer was perhaps lost */
  rj_control elsewhere = rig_join_request("other", 1, 12);
  expect_roster((rig_ask(&s.rig, &elsewhere, &beside)), "");

  for (int i = 0; i < 3; i++) {
    rig_run_until(&s.rig, at + (i + 1) * 19 * SECOND);
    rig_beat(&s.rig, two);
  }
  rig_run_until(&s.rig, at + 60 * SECOND - 1);
  expect_kept_out(&s, &join);
  expect_nothing(two);
  rig_run_until(&s.rig, at + 60 * SECOND);
  rig_joined(&s.rig, "demo", 1, 13, NULL);
  expect_joined(two, 1);
  expect_kept_out(&s, &rejoin); /* that stay was ended so, and stays ended (section 5) */
  end(&s);
}

/* 0 seconds: once; a new join goes well, a rejoin of the ended stay does not. */
static void test_once(void) {
  stage s;
  begin(&s);
  rejoin_JoinAnswer answer;
  peer_id one = rig_joined(&s.rig, "demo", 1, 1, &answer);
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.uid = 1}, 0), ==, 1);
  expect_removed(one, answer.session, REASON_BANNED_BY_SERVER);
  rj_control rejoin = rig_rejoin_request("demo", &answer, 1);
  expect_kept_out(&s, &rejoin);
  rig_joined(&s.rig, "demo", 1, 2, NULL);
  expect_members(&s.rig, "demo", "1");
  end(&s);
}

/* Everyone there: none of them hears of the others. */
static void test_a_whole_channel(void) {
  stage s;
  begin(&s);
  peer_id peers[5];
  rejoin_JoinAnswer answers[5];
  for (uint8_t i = 0; i < 5; i++)
    peers[i] = rig_joined(&s.rig, "demo", i + 1u, i + 1, &answers[i]);
  for (uint32_t i = 0; i < 5; i++) {
    for (uint32_t later = i + 1; later < 5; later++)
      expect_joined(peers[i], later + 1);
  }
  peer_id other = rig_joined(&s.rig, "other", 1, 9, NULL);
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.channel = "demo"}, 60 * SECOND), ==, 5);
  for (int i = 0; i < 5; i++) {
    expect_removed(peers[i], answers[i].session, REASON_BANNED_BY_SERVER);
    expect_nothing(peers[i]);
  }
  expect_members(&s.rig, "demo", "");
  rj_control join = rig_join_request("demo", 77, 20), unnamed = rig_join_request("demo", 0, 21);
  expect_kept_out(&s, &join);
  expect_kept_out(&s, &unnamed);
  expect_open(other);
  expect_nothing(other);
  end(&s);
}

/* That user everywhere, that address everywhere: also where the member rejoins from there. */
static void test_everywhere(void) {
  stage s;
  begin(&s);
  rejoin_JoinAnswer answer;
  peer_id a = rig_joined(&s.rig, "a", 1, 1, &answer);
  peer_id two = rig_joined(&s.rig, "b", 2, 2, NULL);
  peer_id three = rig_joined(&s.rig, "b", 3, 3, NULL);
  peer_id b = rig_joined(&s.rig, "b", 1, 4, NULL);
  expect_joined(two, 3);
  expect_joined(two, 1);
  expect_joined(three, 1);
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.uid = 1}, SECOND), ==, 2);
  expect_removed(a, answer.session, REASON_BANNED_BY_SERVER);
  fake_sent sent;
  g_assert_true(rig_next(b, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_removed_tag);
  expect_offline(two, 1, OFFLINE_QUIT);

  /* members come from 10.0.0.<uid> here */
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.ip = ip("10.0.0.3")}, 60 * SECOND), ==, 1);
  expect_offline(two, 3, OFFLINE_QUIT);
  expect_nothing(two);
  rj_control join = rig_join_request("c", 3, 5);
  expect_kept_out(&s, &join);
  expect_open(two);
  end(&s);
}

/* A-1 P-8: a member that rejoins from where it is kept out is removed, on all its connections; without its secret
 * nobody can do that to it. */
static void test_rejoin_from_a_kicked_address(void) {
  stage s;
  begin(&s);
  rejoin_JoinAnswer answer;
  peer_id two = rig_joined(&s.rig, "demo", 2, 2, NULL);
  peer_id one = rig_joined(&s.rig, "demo", 1, 1, &answer);
  expect_joined(two, 1);
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.ip = ip("10.0.0.77")}, 60 * SECOND), ==, 0);
  rj_control rejoin = rig_rejoin_request("demo", &answer, 1);
  rejoin.body.join_request.resume.secret[3] ^= 1;
  peer_id there = rig_dial(&s.rig, 77);
  rig_say(&s.rig, there, &rejoin);
  expect_refused(there, REASON_BANNED_BY_SERVER);
  expect_nothing(one);

  rejoin = rig_rejoin_request("demo", &answer, 1);
  there = rig_dial(&s.rig, 77);
  rig_say(&s.rig, there, &rejoin);
  expect_refused(there, REASON_BANNED_BY_SERVER);
  expect_removed(one, answer.session, REASON_BANNED_BY_SERVER);
  expect_offline_at(two, 1, OFFLINE_QUIT, s.rig.now);
  expect_nothing(two);
  expect_members(&s.rig, "demo", "2");
  g_assert_cmpuint(rig_counters(&s.rig).kicks, ==, 1);
  expect_kept_out(&s, &rejoin); /* that stay is over, from everywhere */
  end(&s);
}

/* What a member without a uid gets is never one that is kept out. */
static void test_a_kicked_uid_is_not_given_out(void) {
  stage s;
  begin(&s);
  rejoin_JoinAnswer first, second;
  rj_random as_it_was = s.rig.random;
  rj_control join = rig_join_request("demo", 0, 1);
  rig_ask(&s.rig, &join, &first);
  g_assert_cmpuint(kick(&s, (rj_kick_rule){.uid = first.uid}, 60 * SECOND), ==, 1);
  rig_run(&s.rig, 11 * SECOND);
  rj_server_config config = {.entropy = &s.rig.entropy, .kicks = s.kicks};
  rj_server_timers_default(&config.timers, 1);
  rig_restart(&s.rig, &config); /* knows nothing of that uid's rest */
  s.rig.random = as_it_was;     /* and draws the same one first */
  rig_ask(&s.rig, &join, &second);
  g_assert_cmpuint(second.uid, !=, 0);
  g_assert_cmpuint(second.uid, !=, first.uid);
  end(&s);
}

/* SPEC section 1: 3 stands behind 6, 7, 24, 8 and 9, before 20 and 10. Section 5: kicks outlive the
 * edge that they were made at. */
static void test_order_of_reasons_and_a_restart(void) {
  static const rj_server_app app = {.app_id = ""};
  stage s;
  begin(&s);
  kick(&s, (rj_kick_rule){.uid = 1}, 60 * SECOND);
  rj_server_config config = {.entropy = &s.rig.entropy, .kicks = s.kicks, .channel_pattern = "d.*"};
  config.apps = &app;
  config.app_count = 1;
  rj_server_timers_default(&config.timers, 1);
  rig_restart(&s.rig, &config);
  rj_control join = rig_join_request("demo", 1, 1);
  expect_kept_out(&s, &join);
  join.body.join_request.version++; /* 10 */
  expect_kept_out(&s, &join);
  join = rig_join_request("Demo", 1, 1);
  expect_refused(ask(&s, &join), REASON_INVALID_CHANNEL_NAME);
  g_strlcpy(join.body.join_request.app_id, "x", sizeof join.body.join_request.app_id);
  expect_refused(ask(&s, &join), REASON_INVALID_APP_ID);
  end(&s);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/kicks/whom a rule fits", test_whom_a_rule_fits);
  g_test_add_func("/edge/kicks/an address is its host", test_an_address_is_its_host);
  g_test_add_func("/edge/kicks/list, change, lift", test_list_change_lift);
  g_test_add_func("/edge/kicks/random history", test_random_history);
  g_test_add_func("/edge/kicks/a million", test_a_million);
  g_test_add_func("/edge/kicks/kicked and kept out", test_kicked_and_kept_out);
  g_test_add_func("/edge/kicks/once", test_once);
  g_test_add_func("/edge/kicks/a whole channel", test_a_whole_channel);
  g_test_add_func("/edge/kicks/everywhere", test_everywhere);
  g_test_add_func("/edge/kicks/a kicked uid is not given out", test_a_kicked_uid_is_not_given_out);
  g_test_add_func("/edge/kicks/order of reasons and a restart",
                  test_order_of_reasons_and_a_restart);
  g_test_add_func("/edge/kicks/rejoin from a kicked address", test_rejoin_from_a_kicked_address);
  return g_test_run();
}
