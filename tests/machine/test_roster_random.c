/* The roster under random histories, against a naive model: a table of all uids, walked from end to end (P-1 to P-11). */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/random.h"
#include "base/time.h"
#include "machine/roster.h"

enum { UIDS = 12 }; /* few, so that everything happens to everybody */

typedef enum { GONE, HERE, DOUBTED } truth;

/* What the edge said of one uid last, and what the app knows. */
typedef struct {
  truth truth;
  int32_t reason; /* of GONE */
  bool silent;
  bool mentioned; /* by the snapshot under way, or by news since it began */
  bool app_sees, app_silent;
} entry;

typedef struct {
  entry entries[UIDS + 1];
  bool held, in_snapshot, interruptions;
  int64_t doubts_end;
  GArray *expected; /* rj_peer_change */
} model;

/* Checks that the app hears what a listener may rely on. */
typedef struct {
  bool here[UIDS + 1], silent[UIDS + 1];
} listener;

typedef struct {
  rj_random random;
  rj_peer memory[UIDS];
  rj_roster roster;
  model model;
  listener listener;
  int64_t now;
  guint told;
} story;

/* ---- the model ---- */

static void expect(model *m, rj_peer_change_kind kind, uint32_t uid, int32_t reason) {
  rj_peer_change change = {kind, uid, reason};
  g_array_append_val(m->expected, change);
}

static void expect_offline(model *m, uint32_t uid, int32_t reason) {
  m->entries[uid].app_sees = false;
  m->entries[uid].app_silent = false;
  expect(m, RJ_PEER_OFFLINE, uid, reason);
}

static void model_offlines(model *m) {
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    if (m->entries[uid].app_sees && m->entries[uid].truth == GONE)
      expect_offline(m, uid, m->entries[uid].reason);
  }
}

static void model_joins(model *m) {
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    entry *e = &m->entries[uid];
    if (!e->app_sees && e->truth == HERE) {
      e->app_sees = true;
      expect(m, RJ_PEER_JOINED, uid, 0);
    }
  }
}

static void model_heard(model *m) {
  for (uint32_t uid = 1; uid <= UIDS && m->interruptions; uid++) {
    entry *e = &m->entries[uid];
    if (e->app_sees && e->truth == HERE && e->app_silent != e->silent) {
      e->app_silent = e->silent;
      expect(m, e->silent ? RJ_PEER_INTERRUPTED : RJ_PEER_RESUMED, uid, 0);
    }
  }
}

/* Tells whatever differs, unless held. */
static void model_settle(model *m) {
  if (m->held)
    return;
  model_offlines(m);
  model_joins(m);
  model_heard(m);
}

static void model_end_snapshot(model *m, int64_t keep_until, int64_t now) {
  m->in_snapshot = false;
  m->doubts_end = keep_until;
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    entry *e = &m->entries[uid];
    if (e->mentioned || e->truth == GONE)
      continue;
    e->truth = e->app_sees && keep_until > now ? DOUBTED : GONE;
    if (e->truth == GONE)
      e->reason = OFFLINE_DROPPED;
  }
}

static void model_drop_all(model *m) {
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    entry *e = &m->entries[uid];
    if (e->app_sees)
      expect_offline(m, uid, OFFLINE_DROPPED);
    if (e->truth == DOUBTED) {
      e->truth = GONE;
      e->reason = OFFLINE_DROPPED;
    }
  }
}

static void model_wake(model *m, int64_t now) {
  for (uint32_t uid = 1; uid <= UIDS && !m->held && m->doubts_end <= now; uid++) {
    entry *e = &m->entries[uid];
    if (e->truth != DOUBTED)
      continue;
    e->truth = GONE;
    expect_offline(m, uid, OFFLINE_DROPPED);
  }
}

static int64_t model_deadline(const model *m) {
  for (uint32_t uid = 1; uid <= UIDS && !m->held; uid++) {
    if (m->entries[uid].truth == DOUBTED)
      return m->doubts_end;
  }
  return RJ_NEVER;
}

/* ---- both, side by side ---- */

static void listen(story *s, const rj_peer_change *change) {
  listener *l = &s->listener;
  uint32_t uid = change->uid;
  g_assert_true(uid >= 1 && uid <= UIDS);
  switch (change->kind) {
  case RJ_PEER_JOINED: /* strictly alternating */
    g_assert_false(l->here[uid]);
    l->here[uid] = true;
    break;
  case RJ_PEER_OFFLINE:
    g_assert_true(l->here[uid]);
    l->here[uid] = l->silent[uid] = false;
    break;
  case RJ_PEER_INTERRUPTED:
    g_assert_true(s->model.interruptions && l->here[uid] && !l->silent[uid]);
    l->silent[uid] = true;
    break;
  case RJ_PEER_RESUMED:
    g_assert_true(l->here[uid] && l->silent[uid]);
    l->silent[uid] = false;
    break;
  }
}

static void told(story *s, const rj_peer_change *change) {
  g_assert_cmpuint(s->told, <, s->model.expected->len);
  const rj_peer_change *expected = &g_array_index(s->model.expected, rj_peer_change, s->told++);
  g_assert_cmpint(change->kind, ==, expected->kind);
  g_assert_cmpuint(change->uid, ==, expected->uid);
  g_assert_cmpint(change->reason, ==, expected->reason);
  listen(s, change);
}

static void check_all(story *s) {
  g_assert_cmpuint(s->told, ==, s->model.expected->len);
  g_array_set_size(s->model.expected, 0);
  s->told = 0;

  uint32_t visible = 0;
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    const rj_peer *peer = rj_roster_find(&s->roster, uid);
    const entry *e = &s->model.entries[uid];
    visible += e->app_sees;
    g_assert_true((peer != NULL && peer->told) == e->app_sees);
    g_assert_true((peer != NULL && peer->present) == (e->truth == HERE));
    g_assert_true(e->app_sees == s->listener.here[uid]);
    g_assert_true(e->app_silent == s->listener.silent[uid]);
  }
  g_assert_cmpuint(s->roster.visible, ==, visible);
  g_assert_true(s->roster.held == s->model.held);
  g_assert_cmpint(rj_roster_deadline(&s->roster), ==, model_deadline(&s->model));
  for (uint32_t i = 1; i < s->roster.count; i++)
    g_assert_cmpuint(s->roster.peers[i - 1].uid, <, s->roster.peers[i].uid);
}

static void news(story *s) {
  model *m = &s->model;
  uint32_t uid = 1 + (uint32_t)rj_random_below(&s->random, UIDS);
  entry *e = &m->entries[uid];
  rj_peer_change change;
  bool tells;
  switch (rj_random_below(&s->random, 4)) {
  case 0: {
    int32_t reason = (int32_t)rj_random_below(&s->random, 3);
    if (e->truth != GONE || e->app_sees) {
      e->truth = GONE;
      e->reason = reason;
    }
    e->mentioned = true;
    model_settle(m);
    tells = rj_roster_offline(&s->roster, uid, reason, &change);
    break;
  }
  case 1: {
    bool silent = rj_random_below(&s->random, 2) == 0;
    if (e->truth == HERE)
      e->silent = silent;
    model_settle(m);
    tells = rj_roster_interrupted(&s->roster, uid, silent, &change);
    break;
  }
  default:
    e->truth = HERE;
    e->silent = false;
    e->mentioned = true;
    model_settle(m);
    g_assert_true(rj_roster_has_room(&s->roster, uid));
    tells = rj_roster_joined(&s->roster, uid, &change);
    break;
  }
  if (tells)
    told(s, &change);
}

static void release(story *s) {
  rj_peer_change change;
  s->model.held = false;
  model_settle(&s->model);
  rj_roster_release(&s->roster);
  while (rj_roster_next(&s->roster, &change))
    told(s, &change);
}

static void snapshot(story *s) {
  model *m = &s->model;
  m->held = m->in_snapshot = true;
  for (uint32_t uid = 1; uid <= UIDS; uid++)
    m->entries[uid].mentioned = false;
  rj_roster_snapshot_begin(&s->roster);
  for (uint64_t i = rj_random_below(&s->random, 20); i > 0; i--) {
    uint32_t uid = 1 + (uint32_t)rj_random_below(&s->random, UIDS);
    entry *e = &m->entries[uid];
    switch (rj_random_below(&s->random, 4)) {
    case 0: {
      int32_t reason = (int32_t)rj_random_below(&s->random, 3);
      if (!e->mentioned && (e->truth != GONE || e->app_sees)) {
        e->truth = GONE;
        e->reason = reason;
        e->mentioned = true;
      }
      rj_roster_snapshot_departed(&s->roster, uid, reason);
      break;
    }
    case 1:
      news(s);
      break;
    default:
      e->truth = HERE;
      e->silent = rj_random_below(&s->random, 3) == 0;
      e->mentioned = true;
      rj_roster_snapshot_member(&s->roster, uid, e->silent);
      break;
    }
  }
  if (rj_random_below(&s->random, 8) == 0) { /* cut off by another outage */
    m->in_snapshot = false;
    rj_roster_hold(&s->roster);
    return;
  }
  int64_t keep_until =
      s->now + (int64_t)rj_random_below(&s->random, 20 * RJ_SECOND) - 5 * RJ_SECOND;
  model_end_snapshot(m, keep_until, s->now);
  rj_roster_snapshot_end(&s->roster, keep_until, s->now);
  if (rj_random_below(&s->random, 4) != 0)
    release(s);
}

static void one_thing(story *s) {
  rj_peer_change change;
  switch (rj_random_below(&s->random, 16)) {
  case 0:
    s->model.held = true;
    rj_roster_hold(&s->roster);
    break;
  case 1:
  case 2:
    snapshot(s);
    break;
  case 3:
    release(s);
    break;
  case 4:
    if (!s->model.held) /* P-9 comes in an outage */
      break;
    model_drop_all(&s->model);
    while (rj_roster_next_dropped(&s->roster, &change))
      told(s, &change);
    break;
  case 5:
  case 6:
    s->now += (int64_t)rj_random_below(&s->random, 5 * RJ_SECOND);
    model_wake(&s->model, s->now);
    while (rj_roster_wake(&s->roster, s->now, &change))
      told(s, &change);
    break;
  case 7:
    if (rj_random_below(&s->random, 10) != 0)
      break;
    memset(s->model.entries, 0, sizeof s->model.entries);
    memset(&s->listener, 0, sizeof s->listener);
    s->model.held = false;
    rj_roster_clear(&s->roster);
    break;
  default:
    news(s);
    break;
  }
}

static void test_random_histories(void) {
  for (uint64_t seed = 1; seed <= 400; seed++) {
    story s = {.now = 100 * RJ_SECOND};
    rj_random_seed(&s.random, seed);
    s.model.interruptions = seed % 2 == 0;
    s.model.expected = g_array_new(FALSE, FALSE, sizeof(rj_peer_change));
    rj_roster_init(&s.roster, s.model.interruptions);
    rj_roster_lend(&s.roster, s.memory, UIDS);
    for (int i = 0; i < 500; i++) {
      one_thing(&s);
      check_all(&s);
    }
    /* In the end, not held and without doubts, the app sees exactly what the edge says. */
    release(&s);
    rj_peer_change change;
    s.now += RJ_MINUTE;
    model_wake(&s.model, s.now);
    while (rj_roster_wake(&s.roster, s.now, &change))
      told(&s, &change);
    check_all(&s);
    for (uint32_t uid = 1; uid <= UIDS; uid++)
      g_assert_true(s.listener.here[uid] == (s.model.entries[uid].truth == HERE));
    g_assert_cmpuint(s.roster.count, ==, s.roster.visible); /* nothing else is kept */
    g_array_free(s.model.expected, TRUE);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/roster/random", test_random_histories);
  return g_test_run();
}
