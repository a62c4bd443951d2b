/* Rejoining: S-13, S-14, P-5, P-9, P-10, the resume secret, busy, forced attempts, backoff. */
#include "client/world.h"

#include <string.h>

/* Joined to "demo" as uid, a beat later, cut; the old connection will not heal: every rejoin is by an attempt. */
static int64_t outage(world *w, uint32_t uid) {
  world_joined(w, uid);
  world_run(w, 11750 * MS); /* the ninth proof; more than 10 s in CONNECTED */
  g_assert_cmpint(rj_member_last_proof(w->member), ==, w->now);
  world_cut(w);
  return w->now;
}

/* When the last attempt began. */
static int64_t dialled(const world *w) {
  return world_link(w)->dialled_at;
}

/* Runs until another attempt begins, and heals then. Returns when its handshake starts over: it is answered 100 ms later. */
static int64_t heal_with_attempt(world *w) {
  guint count = w->port->links->len;
  while (w->port->links->len == count)
    world_run_until(w, rj_member_deadline(w->member));
  world_heal(w);
  return dialled(w) + 100 * MS;
}

/* S-13 P-10: by an attempt; the old connection is closed, the difference told */
static void test_rejoined(void) {
  world *w = world_new();
  world_set_roster(w, 4, (uint32_t[]){2, 4, 6, 8});
  int64_t o = outage(w, 1);
  rj_link *old = world_link(w);
  world_run_until(w, o + 4 * SECOND);
  int64_t t = heal_with_attempt(w);
  g_assert_cmpint(dialled(w), >=, o + 4 * SECOND);
  g_assert_cmpint(dialled(w), <=, o + 4500 * MS);
  world_forget(w);
  world_set_roster(w, 4, (uint32_t[]){4, 6, 9, 1000});
  g_array_append_val(w->departed, ((rejoin_Departure){.uid = 2, .reason = OFFLINE_DROPPED}));
  g_array_append_val(w->departed, ((rejoin_Departure){.uid = 6, .reason = OFFLINE_QUIT}));
  old->deaf = true; /* the attempt wins */
  world_run(w, 1 * SECOND);
  const rj_event_record *rejoined = w->events->pdata[1];
  g_assert_cmpint(rejoined->kind, ==, EVENT_DID_REJOIN_CHANNEL);
  g_assert_cmpint(rejoined->elapsed, ==, t + 100 * MS - (o + 4 * SECOND));
  const rj_event_record *joined = w->events->pdata[4];
  g_assert_cmpint(joined->kind, ==, EVENT_USER_JOINED);
  g_assert_cmpint(joined->elapsed, ==, joined->time - 100 * SECOND);
  static const struct {
    int32_t kind;
    uint32_t uid;
    int32_t reason;
  } expected[] = {
      {EVENT_CONNECTION_CHANGED, 0, REASON_JOIN_SUCCESS},
      {EVENT_DID_REJOIN_CHANNEL, 1, 0},
      {EVENT_USER_OFFLINE, 2, OFFLINE_DROPPED},
      {EVENT_USER_OFFLINE, 8, OFFLINE_DROPPED}, /* gone without a word */
      {EVENT_USER_JOINED, 9, 0},                /* 6 left and came back: nothing */
      {EVENT_USER_JOINED, 1000, 0},
  };
  g_assert_cmpuint(w->events->len, ==, G_N_ELEMENTS(expected));
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
    const rj_event_record *event = w->events->pdata[i];
    g_assert_cmpint(event->kind, ==, expected[i].kind);
    g_assert_cmpuint(event->uid, ==, expected[i].uid);
    g_assert_cmpint(event->reason, ==, expected[i].reason);
    g_assert_cmpint(event->time, ==, t + 100 * MS);
  }
  g_assert_true(old->closed && old->freed);
  g_assert_cmpint(old->code, ==, RJ_CLOSE_DONE);
  world_free(w);
}

/* section 5: session, secret (renewed by each answer), joined_at and the assigned uid travel with a rejoin */
static void test_secret(void) {
  world *w = world_new();
  outage(w, 0);
  for (uint32_t i = 1; i <= 3; i++) {
    world_run(w, 25 * SECOND); /* the old connection is gone */
    heal_with_attempt(w);
    world_run(w, 15 * SECOND);
    g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
    const rejoin_JoinRequest *request = world_last_request(w);
    g_assert_true(request->has_resume);
    g_assert_cmpuint(request->uid, ==, 4711);
    g_assert_cmpuint(request->resume.session, ==, 1001);
    g_assert_cmpuint(request->resume.joined_at, ==, 77);
    uint8_t secret[16];
    memset(secret, (int)w->requests->len - 1, sizeof secret); /* of the answer before */
    g_assert_cmpmem(request->resume.secret, 16, secret, 16);
    g_assert_cmpmem(request->join_id, 16, world_request(w, 0)->join_id, 16);
    world_cut(w);
  }
  world_free(w);
}

/* section 5: a first attempt 0 to 500 ms after SM(4), then the backoff from the end of the failed one */
static void test_backoff(void) {
  int64_t least = RJ_NEVER, most = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    world *w = world_new();
    w->config.seed = seed;
    int64_t o = outage(w, 1);
    world_run_until(w, o + 3 * MINUTE);
    rj_link *first = w->port->links->pdata[1];
    int64_t jitter = first->dialled_at - (o + 4 * SECOND);
    g_assert_cmpint(jitter, >=, 0);
    g_assert_cmpint(jitter, <=, 500 * MS);
    least = MIN(least, jitter);
    most = MAX(most, jitter);
    for (guint i = 2; i < w->port->links->len; i++) {
      const rj_link *before = w->port->links->pdata[i - 1], *link = w->port->links->pdata[i];
      int64_t cap = i < 6 ? (500 * MS) << (i - 2) : 8 * SECOND;
      g_assert_cmpint(link->dialled_at, >=, before->dialled_at + 5 * SECOND);
      g_assert_cmpint(link->dialled_at, <=, before->dialled_at + 5 * SECOND + cap);
      g_assert_true(before->freed);
    }
    world_free(w);
  }
  g_assert_cmpint(least, <, 150 * MS); /* it is random */
  g_assert_cmpint(most, >, 350 * MS);
}

/* section 5: CONNECTED within 1.3 s and a round trip after a heal while the old connection lives, else within 13 s */
static void test_heal_bound(void) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    for (int64_t cut = 5; cut < 120; cut += 7) {
      world *w = world_new();
      w->config.seed = seed;
      int64_t o = outage(w, 1);
      world_run_until(w, o + cut * SECOND);
      g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
      world_heal(w);
      world_run(w, cut < 18 ? 1350 * MS : 13100 * MS + 100 * MS);
      g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
      world_free(w);
    }
  }
}

/* S-14 S-6: refusals of a rejoin are final */
static void test_refused(void) {
  static const uint32_t reasons[] = {3, 6, 7, 8, 9, 10, 19, 20, 24};
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
    world *w = world_new();
    world_set_roster(w, 1, (uint32_t[]){2});
    outage(w, 1);
    world_run(w, 25 * SECOND);
    heal_with_attempt(w);
    w->answer = ANSWER_REFUSE;
    w->refuse_reason = reasons[i];
    world_forget(w);
    world_run(w, 30 * MINUTE);
    const rj_event_record *event = w->events->pdata[0];
    g_assert_cmpint(event->state, ==, STATE_FAILED);
    g_assert_cmpint(event->reason, ==, reasons[i]);
    g_assert_cmpuint(w->events->len, ==, reasons[i] == 9 ? 2 : 1);
    if (reasons[i] == 9) {
      event = w->events->pdata[1];
      g_assert_cmpint(event->kind, ==, EVENT_REQUEST_TOKEN);
    }
    g_assert_cmpuint(w->requests->len, ==, 2);
    g_assert_true(rj_member_is_quiet(w->member));
    world_free(w);
  }
}

/* S-14: also while the old connection is still there */
static void test_refused_early(void) {
  world *w = world_new();
  outage(w, 1);
  world_run(w, 4 * SECOND);
  heal_with_attempt(w);
  ((rj_link *)w->port->links->pdata[0])->deaf = true;
  w->answer = ANSWER_REFUSE;
  w->refuse_reason = REASON_SAME_UID_LOGIN;
  world_forget(w);
  int64_t healed = w->now;
  world_run(w, 200 * MS);
  world_expect_since(w, healed, "200 connection_changed 4>5 19\n");
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  world_free(w);
}

/* section 5: busy during an outage keeps the old connection and does not count as a failure */
static void test_busy(void) {
  world *w = world_new();
  outage(w, 1);
  world_run(w, 4 * SECOND);
  w->answer = ANSWER_BUSY;
  w->busy_ms = 2000;
  rj_link *old = w->port->links->pdata[0];
  old->deaf = true;
  int64_t t = heal_with_attempt(w);
  world_run_until(w, t + 100 * MS);
  g_assert_cmpuint(w->requests->len, ==, 2);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_false(old->freed);
  w->answer = ANSWER_ACCEPT;
  world_run_until(w, t + 2100 * MS);
  g_assert_cmpuint(w->requests->len, ==, 2); /* obeyed */
  world_run_until(w, t + 2700 * MS);
  g_assert_cmpuint(w->requests->len, ==, 3); /* plus at most 500 ms */
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* P-9 P-5: at O + 20 s every peer goes; after the rejoin those who are there come */
static void test_peers_lost(void) {
  world *w = world_new();
  world_set_roster(w, 3, (uint32_t[]){2, 5, 6});
  int64_t o = outage(w, 1);
  world_run_until(w, o + 21 * SECOND);
  world_expect_since(w, o,
                     "4000 connection_changed 3>4 2\n"
                     "10000 connection_lost\n"
                     "20000 user_offline 2 1\n"
                     "20000 user_offline 5 1\n"
                     "20000 user_offline 6 1\n");
  world_set_roster(w, 2, (uint32_t[]){5, 7});
  int64_t t = heal_with_attempt(w);
  world_run(w, 2 * SECOND);
  static const int32_t kinds[] = {EVENT_CONNECTION_CHANGED, EVENT_DID_REJOIN_CHANNEL,
                                  EVENT_USER_JOINED, EVENT_USER_JOINED};
  static const uint32_t uids[] = {0, 1, 5, 7};
  g_assert_cmpuint(w->events->len, ==, G_N_ELEMENTS(kinds));
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
    const rj_event_record *event = w->events->pdata[i];
    g_assert_cmpint(event->kind, ==, kinds[i]);
    g_assert_cmpuint(event->uid, ==, uids[i]);
    g_assert_cmpint(event->time, ==, t + 100 * MS);
  }
  world_free(w);
}

/* P-10: an edge that restarted 3 s before the answer: whom it does not know is kept until its start + 20 s, then DROPPED */
static void test_restarted_edge(void) {
  world *w = world_new();
  world_set_roster(w, 3, (uint32_t[]){2, 5, 6});
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  w->edge_age_ms = 3000;
  world_set_roster(w, 1, (uint32_t[]){5});
  int64_t t = w->now;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 10 * SECOND);
  world_expect_since(w, t,
                     "0 connection_changed 3>4 14\n"
                     "100 connection_changed 4>3 1\n"
                     "100 did_rejoin_channel demo 1 100\n");
  world_peer_joined(w, 2); /* it comes back in time: nothing */
  world_run(w, 20 * SECOND);
  world_expect_since(w, t, "17100 user_offline 6 1\n"); /* 100 - 3000 + 20000 */
  world_free(w);
}

/* P-10: a second outage before the pages came: the hold goes on, nothing is lost or told twice */
static void test_outage_before_pages(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  w->no_pages = true;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 11 * SECOND);
  world_set_roster(w, 2, (uint32_t[]){3, 4});
  world_peer_joined(w, 4); /* noted */
  w->no_pages = false;
  world_forget(w);
  int64_t t = w->now;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  world_expect_since(w, t,
                     "0 connection_changed 3>4 14\n"
                     "100 connection_changed 4>3 1\n"
                     "100 did_rejoin_channel demo 1 100\n"
                     "100 user_offline 2 1\n"
                     "100 user_joined 4 22200\n");
  world_free(w);
}

/* section 5: network_changed starts an attempt at once, at most one a second */
static void test_forced(void) {
  world *w = world_new();
  w->config.attempts = true;
  int64_t o = outage(w, 1);
  world_run_until(w, o + 7 * SECOND);
  guint before = w->port->links->len;
  rj_link *running = world_link(w);
  world_forget(w);
  rj_member_network_changed(w->member, NETWORK_WIFI, NULL, w->now);
  world_pump(w);
  g_assert_cmpuint(w->port->links->len, ==, before + 1);
  g_assert_cmpint(dialled(w), ==, w->now);
  g_assert_true(running->freed);
  world_run(w, 300 * MS);
  rj_member_network_changed(w->member, NETWORK_4G, NULL, w->now);
  world_pump(w);
  rj_member_network_changed(w->member, NETWORK_WIFI, NULL, w->now);
  world_pump(w);
  g_assert_cmpuint(w->port->links->len, ==, before + 1);
  world_run_until(w, o + 8 * SECOND - 1);
  g_assert_cmpuint(w->port->links->len, ==, before + 1);
  world_run_until(w, o + 8 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, before + 2);
  g_assert_cmpint(dialled(w), ==, o + 8 * SECOND);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, before + 2);
  world_free(w);
}

/* also while connecting, from an unreachable network to a reachable one */
static void test_forced_connecting(void) {
  world *w = world_new();
  world_cut(w);
  int64_t called = w->now;
  world_join(w, "demo", 1);
  world_run(w, 3 * SECOND);
  world_heal(w);
  world_forget(w);
  rj_member_network_changed(w->member, NETWORK_5G, NULL, w->now);
  world_pump(w);
  g_assert_cmpuint(w->port->links->len, ==, 2);
  world_run(w, 100 * MS);
  world_expect_since(w, called,
                     "3000 network_changed 6\n"
                     "3100 connection_changed 2>3 1\n"
                     "3100 did_join_channel demo 1 3100\n");
  world_free(w);
}

/* the round trip last seen goes into the next dial */
static void test_round_trip(void) {
  world *w = world_new();
  world_joined(w, 1);
  world_link(w)->counters.round_trip = 42 * MS;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  g_assert_cmpint(world_link(w)->initial_rtt, ==, 42 * MS);
  world_free(w);
}

/* The edge closes the older of two with DONE while the attempt's answer is on its way: no news. */
static void test_done_on_the_older(void) {
  world *w = world_new();
  outage(w, 1);
  world_run(w, 4 * SECOND);
  heal_with_attempt(w);
  rj_link *old = w->port->links->pdata[0], *attempt = world_link(w);
  world_run(w, 160 * MS);
  g_assert_true(attempt->up);
  world_forget(w);
  world_closed(w, old, RJ_CLOSED_BY_PEER, RJ_CLOSE_DONE);
  world_run(w, 40 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_true(world_link(w) == attempt);
  world_free(w);
}

/* A broken edge is not asked again and again at full speed. */
static void test_broken_edge(void) {
  world *w = world_new();
  world_joined(w, 1);
  int64_t t = w->now;
  for (int i = 0; w->now < t + 60 * SECOND; i++) {
    if (rj_member_state(w->member) == STATE_CONNECTED) {
      rj_link *link = world_link(w);
      world_event(
          w, link,
          &(rj_link_event){.kind = RJ_LINK_MESSAGE, .data = (const uint8_t *)"x", .length = 1});
      g_assert_cmpint(link->code, ==, RJ_CLOSE_PROTOCOL);
    }
    world_run(w, 10 * MS);
  }
  g_assert_cmpuint(w->port->links->len, <, 60);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), >=, w->port->links->len - 1);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/rejoin/rejoined", test_rejoined);
  g_test_add_func("/client/rejoin/secret", test_secret);
  g_test_add_func("/client/rejoin/backoff", test_backoff);
  g_test_add_func("/client/rejoin/heal_bound", test_heal_bound);
  g_test_add_func("/client/rejoin/refused", test_refused);
  g_test_add_func("/client/rejoin/refused_early", test_refused_early);
  g_test_add_func("/client/rejoin/busy", test_busy);
  g_test_add_func("/client/rejoin/peers_lost", test_peers_lost);
  g_test_add_func("/client/rejoin/restarted_edge", test_restarted_edge);
  g_test_add_func("/client/rejoin/outage_before_pages", test_outage_before_pages);
  g_test_add_func("/client/rejoin/forced", test_forced);
  g_test_add_func("/client/rejoin/forced_connecting", test_forced_connecting);
  g_test_add_func("/client/rejoin/round_trip", test_round_trip);
  g_test_add_func("/client/rejoin/done_on_the_older", test_done_on_the_older);
  g_test_add_func("/client/rejoin/broken_edge", test_broken_edge);
  return g_test_run();
}
