/* Random walks: whatever the app, the network and the edge do, what the app is told keeps the rules and section 4. */
#include "client/world.h"

typedef struct {
  int32_t state, reason;
  GHashTable *peers; /* uids that are there */
  bool joined;       /* did_join_channel came in this stay */
  guint read;
} watcher;

static void check_state(watcher *seen, const rj_event_record *e, const rj_event_record *next) {
  g_assert_cmpint(e->old_state, ==, seen->state);
  g_assert_false(e->state == seen->state && e->reason == seen->reason); /* */
  if (e->state == seen->state)
    g_assert_true(e->state == STATE_RECONNECTING && e->reason == REASON_LOST);
  /* the did_… of the same cause is next */
  if (e->state == STATE_CONNECTED) {
    g_assert_nonnull(next);
    g_assert_cmpint(next->kind, ==,
                    e->old_state == STATE_CONNECTING ? EVENT_DID_JOIN_CHANNEL
                                                     : EVENT_DID_REJOIN_CHANNEL);
  }
  if (e->state == STATE_DISCONNECTED) {
    g_assert_nonnull(next);
    g_assert_cmpint(next->kind, ==, EVENT_DID_LEAVE_CHANNEL);
  }
  if (e->state == STATE_CONNECTING)
    seen->joined = false;
  if (e->state == STATE_DISCONNECTED || e->state == STATE_FAILED)
    g_hash_table_remove_all(seen->peers); /* without events */
  seen->state = e->state;
  seen->reason = e->reason;
}

static void check_event(watcher *seen, const rj_event_record *e, const rj_event_record *next) {
  switch (e->kind) {
  case EVENT_CONNECTION_CHANGED:
    check_state(seen, e, next);
    break;
  case EVENT_DID_JOIN_CHANNEL:
    g_assert_false(seen->joined); /* S-13: no second one */
    seen->joined = true;
    g_assert_cmpint(seen->state, ==, STATE_CONNECTED);
    break;
  case EVENT_USER_JOINED:
    g_assert_cmpint(seen->state, ==, STATE_CONNECTED);
    g_assert_true(g_hash_table_add(seen->peers, GUINT_TO_POINTER(e->uid)));
    break;
  case EVENT_USER_OFFLINE:
    g_assert_true(seen->state == STATE_CONNECTED || seen->state == STATE_RECONNECTING);
    g_assert_true(g_hash_table_remove(seen->peers, GUINT_TO_POINTER(e->uid)));
    if (seen->state == STATE_RECONNECTING)
      g_assert_cmpint(e->reason, ==, OFFLINE_DROPPED); /* P-9 */
    break;
  case EVENT_CONNECTION_LOST:
    g_assert_true(seen->state == STATE_CONNECTING || seen->state == STATE_RECONNECTING);
    break;
  default:
    break;
  }
}

static void check(world *w, watcher *seen) {
  for (guint i = 0; i < w->events->len; i++) {
    const rj_event_record *e = w->events->pdata[i];
    check_event(seen, e, i + 1 < w->events->len ? w->events->pdata[i + 1] : NULL);
    if (i > 0)
      g_assert_cmpint(e->time, >=, ((rj_event_record *)w->events->pdata[i - 1])->time);
  }
  world_forget(w);
  g_assert_cmpint(rj_member_state(w->member), ==, seen->state); /* */
  rj_counters counters;
  rj_member_counters(w->member, &counters, w->now);
  g_assert_cmpuint(counters.members, ==, g_hash_table_size(seen->peers));
  g_assert_cmpuint(fake_alive(w->port), <=, 2 + RJ_FAREWELLS_MAX);
}

static uint32_t below(world *w, uint64_t bound) {
  return (uint32_t)rj_random_below(&w->random, bound);
}

static rj_link *any_link(world *w) {
  if (w->port->links->len == 0)
    return NULL;
  guint back = below(w, MIN(4u, w->port->links->len));
  rj_link *link = w->port->links->pdata[w->port->links->len - 1 - back];
  return link->freed ? NULL : link;
}

static void shuffle_roster(world *w) {
  g_array_set_size(w->roster, 0);
  for (uint32_t uid = 2; uid < 20; uid++) {
    if (below(w, 2))
      g_array_append_val(w->roster, uid);
  }
}

static void step(world *w) {
  static const world_answer answers[] = {ANSWER_ACCEPT, ANSWER_ACCEPT, ANSWER_ACCEPT,
                                         ANSWER_BUSY,   ANSWER_REFUSE, ANSWER_NOTHING};
  rj_link *link = any_link(w);
  switch (below(w, 20)) {
  case 0:
  case 1:
    world_join(w, "demo", 1);
    break;
  case 2:
    if (below(w, 4) == 0)
      world_leave(w);
    break;
  case 3:
    w->cut_up = below(w, 2);
    w->cut_down = below(w, 2);
    break;
  case 4:
  case 5:
    world_heal(w);
    break;
  case 6:
    w->answer = answers[below(w, G_N_ELEMENTS(answers))];
    w->busy_ms = 1 + below(w, 3000);
    break;
  case 7:
    w->answer = ANSWER_ACCEPT;
    break;
  case 8:
    if (link != NULL)
      world_closed(w, link, (rj_closed_how)(below(w, 2) ? RJ_CLOSED_RESET : RJ_CLOSED_BY_PEER),
                   below(w, 5));
    break;
  case 9:
    shuffle_roster(w);
    break;
  case 10:
    if (link != NULL && link->up) {
      rj_control message = {.which_body = rejoin_Control_peer_joined_tag};
      message.body.peer_joined.uid = 2 + below(w, 18);
      if (rj_member_state(w->member) >= STATE_CONNECTED)
        world_say(w, link, &message);
    }
    break;
  case 11:
    if (link != NULL && link->up) {
      rj_control message = {.which_body = rejoin_Control_peer_offline_tag};
      message.body.peer_offline.uid = 2 + below(w, 18);
      message.body.peer_offline.reason = below(w, 2);
      world_say(w, link, &message);
    }
    break;
  case 12:
    rj_member_network_changed(w->member, (int32_t)below(w, 7), NULL, w->now);
    world_pump(w);
    break;
  case 13:
    rj_member_renew_token(w->member, below(w, 2) ? "one" : "two", w->now);
    world_pump(w);
    break;
  case 14:
    w->edge_age_ms = below(w, 2) ? 3600000 : below(w, 20000);
    w->no_pages = below(w, 5) == 0;
    break;
  case 15:
    if (below(w, 10) == 0)
      world_sleep(w, below(w, 40) * SECOND);
    break;
  case 16:
    if (link != NULL && below(w, 10) == 0)
      world_removed(w, 1000 + w->sessions, REASON_SAME_UID_LOGIN);
    break;
  case 17:
    if (link != NULL && link->up) { /* */
      rj_control message = {.which_body = rejoin_Control_move_tag};
      message.body.move.within_ms = below(w, 60000);
      world_say(w, link, &message);
    }
    break;
  default:
    break;
  }
}

/* R-1 R-2 R-3 R-4 R-6 S-24 A-4, section 4: joined and offline of one peer alternate */
static void test_walk(void) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    world *w = world_new();
    w->config.dialect = seed % 2 ? DIALECT_3X : DIALECT_4X;
    w->config.url_count = 1 + (uint32_t)(seed / 2 % 2);
    w->config.seed = seed;
    w->refuse_reason = REASON_TOKEN_EXPIRED;
    rj_random_seed(&w->random, seed);
    world_start(w);
    watcher seen = {.state = STATE_DISCONNECTED,
                    .reason = REASON_LEAVE_CHANNEL,
                    .peers = g_hash_table_new(NULL, NULL)};
    for (int i = 0; i < 1500; i++) {
      step(w);
      check(w, &seen);
      world_run(w, below(w, 10) == 0 ? below(w, 30000) * MS : below(w, 300) * MS);
      check(w, &seen);
    }
    /* it always comes back, and always becomes quiet */
    world_heal(w);
    w->answer = ANSWER_ACCEPT;
    w->no_pages = false;
    for (guint i = 0; i < w->port->links->len; i++)
      ((rj_link *)w->port->links->pdata[i])->deaf = false;
    world_leave(w);
    world_run(w, 2 * SECOND);
    g_assert_true(rj_member_is_quiet(w->member));
    g_assert_cmpuint(fake_alive(w->port), ==, 0);
    world_join(w, "demo", 1);
    world_run(w, 15 * SECOND);
    check(w, &seen);
    g_assert_cmpint(seen.state, ==, STATE_CONNECTED);
    g_assert_cmpuint(g_hash_table_size(seen.peers), ==, w->roster->len);
    g_hash_table_destroy(seen.peers);
    world_free(w);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/walk/random", test_walk);
  return g_test_run();
}
