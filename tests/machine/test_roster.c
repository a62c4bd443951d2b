/* The peers that a member sees (SPEC section 4), rule by rule. */
#include <glib.h>

#include "base/numbers.h"
#include "base/time.h"
#include "machine/roster.h"

enum { CAPACITY = 64 };

static const int64_t NOW = 1000 * RJ_SECOND;

typedef struct {
  rj_peer memory[CAPACITY];
  rj_roster roster;
  GString *told; /* "+5 -5q" */
} seat;

static void sit(seat *s, bool interruptions) {
  rj_roster_init(&s->roster, interruptions);
  rj_roster_lend(&s->roster, s->memory, CAPACITY);
  s->told = g_string_new(NULL);
}

static void rise(seat *s) {
  g_string_free(s->told, TRUE);
}

static void note(seat *s, const rj_peer_change *change) {
  static const char *const offline[] = {"q", "d", "a"}; /* QUIT, DROPPED, BECOME_AUDIENCE */
  if (s->told->len > 0)
    g_string_append_c(s->told, ' ');
  switch (change->kind) {
  case RJ_PEER_JOINED:
    g_string_append_printf(s->told, "+%u", change->uid);
    break;
  case RJ_PEER_OFFLINE:
    g_string_append_printf(s->told, "-%u%s", change->uid, offline[change->reason]);
    break;
  case RJ_PEER_INTERRUPTED:
    g_string_append_printf(s->told, "?%u", change->uid);
    break;
  case RJ_PEER_RESUMED:
    g_string_append_printf(s->told, "!%u", change->uid);
    break;
  }
}

/* What was told since the last check. */
static void check(seat *s, const char *expected) {
  g_assert_cmpstr(s->told->str, ==, expected);
  g_string_truncate(s->told, 0);
}

static void joins(seat *s, uint32_t uid) {
  rj_peer_change change;
  g_assert_true(rj_roster_has_room(&s->roster, uid));
  if (rj_roster_joined(&s->roster, uid, &change))
    note(s, &change);
}

static void goes(seat *s, uint32_t uid, int32_t reason) {
  rj_peer_change change;
  if (rj_roster_offline(&s->roster, uid, reason, &change))
    note(s, &change);
}

static void silent(seat *s, uint32_t uid, bool interrupted) {
  rj_peer_change change;
  if (rj_roster_interrupted(&s->roster, uid, interrupted, &change))
    note(s, &change);
}

static void release(seat *s) {
  rj_peer_change change;
  rj_roster_release(&s->roster);
  while (rj_roster_next(&s->roster, &change))
    note(s, &change);
}

static void drop_all(seat *s) {
  rj_peer_change change;
  while (rj_roster_next_dropped(&s->roster, &change))
    note(s, &change);
}

static void wake(seat *s, int64_t now) {
  rj_peer_change change;
  while (rj_roster_wake(&s->roster, now, &change))
    note(s, &change);
}

/* A whole snapshot; 0 ends the list. */
static void snapshot(seat *s, const uint32_t *members, int64_t keep_until) {
  rj_roster_snapshot_begin(&s->roster);
  for (; *members != 0; members++)
    rj_roster_snapshot_member(&s->roster, *members, false);
  rj_roster_snapshot_end(&s->roster, keep_until, NOW);
}

#define SNAPSHOT(s, keep_until, ...) snapshot(s, (const uint32_t[]){__VA_ARGS__, 0}, keep_until)

/* S-3: the members already there, by ascending uid */
static void test_first_roster(void) {
  seat s;
  sit(&s, false);
  rj_roster_hold(&s.roster);
  rj_roster_snapshot_begin(&s.roster);
  rj_roster_snapshot_member(&s.roster, 9, false);
  rj_roster_snapshot_member(&s.roster, 2, false);
  rj_roster_snapshot_member(&s.roster, UINT32_MAX, false);
  rj_roster_snapshot_departed(&s.roster, 5, OFFLINE_QUIT); /* never told: nobody's business */
  rj_roster_snapshot_end(&s.roster, 0, NOW);
  check(&s, "");
  g_assert_cmpuint(s.roster.visible, ==, 0);
  release(&s);
  check(&s, "+2 +9 +4294967295");
  g_assert_cmpuint(s.roster.visible, ==, 3);
  g_assert_cmpuint(s.roster.count, ==, 3);
  rise(&s);
}

/* P-1 P-2 P-4 P-5 P-6 P-8: told at once, and strictly alternating whatever comes twice */
static void test_news(void) {
  seat s;
  sit(&s, false);
  joins(&s, 7);
  joins(&s, 7);
  check(&s, "+7");
  goes(&s, 7, OFFLINE_QUIT);
  goes(&s, 7, OFFLINE_DROPPED);
  check(&s, "-7q");
  joins(&s, 7); /* P-2: leave and join again, both told in order; P-5 */
  check(&s, "+7");
  goes(&s, 7, OFFLINE_BECOME_AUDIENCE);
  joins(&s, 7); /* P-6 there and back */
  check(&s, "-7a +7");
  goes(&s, 7, OFFLINE_DROPPED);
  check(&s, "-7d");
  goes(&s, 8, OFFLINE_QUIT); /* nobody we know */
  check(&s, "");
  g_assert_cmpuint(s.roster.count, ==, 0); /* and nothing is kept */
  rise(&s);
}

/* P-10: only the difference; offlines before joins, each ascending, with the reason as it happened; left and came back = nothing */
static void test_difference(void) {
  seat s;
  sit(&s, false);
  for (uint32_t uid = 1; uid <= 8; uid++)
    joins(&s, uid);
  check(&s, "+1 +2 +3 +4 +5 +6 +7 +8");

  rj_roster_hold(&s.roster);
  goes(&s, 2, OFFLINE_QUIT);
  joins(&s, 2); /* left and came back */
  goes(&s, 6, OFFLINE_QUIT);
  joins(&s, 20);
  joins(&s, 21);
  goes(&s, 21, OFFLINE_QUIT); /* came and left */
  check(&s, "");
  g_assert_cmpuint(s.roster.visible, ==, 8);

  rj_roster_snapshot_begin(&s.roster);
  rj_roster_snapshot_departed(&s.roster, 5, OFFLINE_BECOME_AUDIENCE);
  rj_roster_snapshot_member(&s.roster, 30, false);
  rj_roster_snapshot_departed(&s.roster, 3, OFFLINE_DROPPED);
  rj_roster_snapshot_member(&s.roster, 3, false); /* back again: in any order */
  rj_roster_snapshot_member(&s.roster, 4, false);
  rj_roster_snapshot_departed(&s.roster, 4, OFFLINE_QUIT);
  rj_roster_snapshot_member(&s.roster, 1, false);
  rj_roster_snapshot_member(&s.roster, 2, false);
  rj_roster_snapshot_member(&s.roster, 20, false);
  rj_roster_snapshot_member(&s.roster, 10, false);
  rj_roster_snapshot_departed(&s.roster, 8, OFFLINE_QUIT);
  rj_roster_snapshot_end(&s.roster, NOW, NOW); /* an old edge: what it does not know is gone */
  check(&s, "");
  release(&s);
  check(&s, "-5a -6q -7d -8q +10 +20 +30");
  g_assert_cmpuint(s.roster.visible, ==, 7);
  g_assert_cmpuint(s.roster.count, ==, 7);
  goes(&s, 30, OFFLINE_QUIT); /* not held any more */
  check(&s, "-30q");
  rise(&s);
}

/* P-10: a peer that the restarted edge does not know is kept until its start + 20 s, then DROPPED */
static void test_doubt(void) {
  seat s;
  sit(&s, false);
  for (uint32_t uid = 1; uid <= 5; uid++)
    joins(&s, uid);
  check(&s, "+1 +2 +3 +4 +5");
  rj_roster_hold(&s.roster);
  goes(&s, 4, OFFLINE_QUIT);
  int64_t keep_until = NOW + 3 * RJ_SECOND;
  SNAPSHOT(&s, keep_until, 2);
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, RJ_NEVER); /* not while held */
  release(&s);
  check(&s, "-4q"); /* that one is no doubt: it said goodbye */
  g_assert_cmpuint(s.roster.visible, ==, 4);
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, keep_until);
  joins(&s, 3); /* comes back in time: nothing */
  check(&s, "");
  goes(&s, 1, OFFLINE_QUIT); /* says goodbye after all */
  check(&s, "-1q");
  wake(&s, keep_until - 1);
  check(&s, "");
  wake(&s, keep_until);
  check(&s, "-5d");
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, RJ_NEVER);
  g_assert_cmpuint(s.roster.count, ==, 2);
  joins(&s, 5);
  check(&s, "+5");
  rise(&s);
}

/* P-10: an edge restart in which all return within 20 s gives no peer event at all */
static void test_restart_in_which_all_return(void) {
  seat s;
  sit(&s, false);
  for (uint32_t uid = 1; uid <= 3; uid++)
    joins(&s, uid);
  check(&s, "+1 +2 +3");
  rj_roster_hold(&s.roster);
  rj_roster_snapshot_begin(&s.roster); /* nobody is back yet */
  rj_roster_snapshot_end(&s.roster, NOW + 19 * RJ_SECOND, NOW);
  release(&s);
  for (uint32_t uid = 3; uid >= 1; uid--)
    joins(&s, uid);
  wake(&s, NOW + RJ_MINUTE);
  check(&s, "");
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, RJ_NEVER);
  rise(&s);
}

/* P-10: a second restart moves the doubts to its own end */
static void test_two_restarts(void) {
  seat s;
  sit(&s, false);
  joins(&s, 1);
  rj_roster_hold(&s.roster);
  SNAPSHOT(&s, NOW + RJ_SECOND, 2);
  release(&s);
  check(&s, "+1 +2");
  rj_roster_hold(&s.roster);
  wake(&s, NOW + RJ_MINUTE); /* nothing is told while held */
  check(&s, "");
  SNAPSHOT(&s, NOW + 9 * RJ_SECOND, 3);
  release(&s);
  check(&s, "+3");
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, NOW + 9 * RJ_SECOND);
  wake(&s, NOW + 9 * RJ_SECOND);
  check(&s, "-1d -2d");
  rise(&s);
}

/* P-9: cut off for 20 s; all DROPPED, and after the rejoin they come as joined */
static void test_dropped(void) {
  seat s;
  sit(&s, true);
  for (uint32_t uid = 1; uid <= 4; uid++)
    joins(&s, uid);
  silent(&s, 3, true);
  check(&s, "+1 +2 +3 +4 ?3");
  rj_roster_hold(&s.roster);
  goes(&s, 2, OFFLINE_QUIT); /* heard, but not told */
  drop_all(&s);
  check(&s, "-1d -2d -3d -4d");
  g_assert_cmpuint(s.roster.visible, ==, 0);
  drop_all(&s);
  check(&s, ""); /* once */
  SNAPSHOT(&s, NOW + RJ_MINUTE, 3, 4, 5);
  release(&s);
  check(&s, "+3 +4 +5"); /* 1 was told as gone: no doubt is left of it */
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, RJ_NEVER);
  rise(&s);

  sit(&s, false); /* in a roster that is not held */
  joins(&s, 1);
  drop_all(&s);
  check(&s, "+1 -1d");
  rise(&s);
}

/* P-11: exactly one of resumed and offline follows; a takeover counts as resumed */
static void test_interruptions(void) {
  seat s;
  sit(&s, true);
  joins(&s, 1);
  joins(&s, 2);
  joins(&s, 3);
  check(&s, "+1 +2 +3");
  silent(&s, 1, true);
  silent(&s, 1, true);
  silent(&s, 2, true);
  silent(&s, 3, true);
  silent(&s, 9, true);
  check(&s, "?1 ?2 ?3");
  silent(&s, 1, false);
  silent(&s, 1, false);
  check(&s, "!1");
  goes(&s, 2, OFFLINE_DROPPED);
  check(&s, "-2d");
  joins(&s, 3); /* taken over */
  check(&s, "!3");
  joins(&s, 2); /* the offline ended the interruption */
  silent(&s, 2, false);
  check(&s, "+2");
  rise(&s);

  sit(&s, false); /* not asked for */
  joins(&s, 1);
  silent(&s, 1, true);
  check(&s, "+1");
  rise(&s);
}

/* P-11: in state 4 none is produced; the difference carries what is left, after the offlines and the joins */
static void test_interruptions_in_an_outage(void) {
  seat s;
  sit(&s, true);
  for (uint32_t uid = 1; uid <= 5; uid++)
    joins(&s, uid);
  silent(&s, 1, true);
  silent(&s, 2, true);
  silent(&s, 5, true);
  check(&s, "+1 +2 +3 +4 +5 ?1 ?2 ?5");
  rj_roster_hold(&s.roster);
  silent(&s, 4, true);
  silent(&s, 4, false);
  check(&s, "");
  rj_roster_snapshot_begin(&s.roster);
  rj_roster_snapshot_member(&s.roster, 1, false);
  rj_roster_snapshot_member(&s.roster, 2, true);
  rj_roster_snapshot_member(&s.roster, 3, true);
  rj_roster_snapshot_member(&s.roster, 4, false);
  rj_roster_snapshot_member(&s.roster, 6, true);
  rj_roster_snapshot_departed(&s.roster, 5, OFFLINE_QUIT);
  rj_roster_snapshot_end(&s.roster, NOW, NOW);
  release(&s);
  check(&s, "-5q +6 !1 ?3 ?6");
  rise(&s);
}

/* News between the pages of a snapshot is newer than they are. */
static void test_news_between_pages(void) {
  seat s;
  sit(&s, false);
  joins(&s, 1);
  joins(&s, 2);
  check(&s, "+1 +2");
  rj_roster_hold(&s.roster);
  rj_roster_snapshot_begin(&s.roster);
  rj_roster_snapshot_member(&s.roster, 1, false);
  joins(&s, 3);
  goes(&s, 2, OFFLINE_QUIT);
  rj_roster_snapshot_departed(&s.roster, 3, OFFLINE_DROPPED); /* of an earlier time */
  rj_roster_snapshot_departed(&s.roster, 2, OFFLINE_DROPPED);
  rj_roster_snapshot_end(&s.roster, NOW + RJ_MINUTE, NOW);
  release(&s);
  check(&s, "-2q +3");
  rise(&s);
}

/* A snapshot that a new outage cuts off counts for nothing; the next one is whole. */
static void test_a_snapshot_cut_off(void) {
  seat s;
  sit(&s, false);
  joins(&s, 1);
  joins(&s, 2);
  rj_roster_hold(&s.roster);
  rj_roster_snapshot_begin(&s.roster);
  rj_roster_snapshot_member(&s.roster, 3, false);
  rj_roster_hold(&s.roster);
  g_assert_false(s.roster.in_snapshot);
  SNAPSHOT(&s, NOW, 1, 2);
  release(&s);
  check(&s, "+1 +2"); /* 3 was never told */
  g_assert_cmpuint(s.roster.count, ==, 2);
  rise(&s);
}

/* An outage that begins while the difference is being told holds back the rest. */
static void test_held_while_telling(void) {
  seat s;
  sit(&s, false);
  rj_peer_change change;
  rj_roster_hold(&s.roster);
  SNAPSHOT(&s, NOW, 1, 2, 3);
  rj_roster_release(&s.roster);
  g_assert_true(rj_roster_next(&s.roster, &change));
  note(&s, &change);
  rj_roster_hold(&s.roster);
  g_assert_false(rj_roster_next(&s.roster, &change));
  check(&s, "+1");
  goes(&s, 2, OFFLINE_QUIT);
  release(&s);
  check(&s, "+3");
  rise(&s);
}

/* S-25 S-12: the roster goes without events */
static void test_clear(void) {
  seat s;
  sit(&s, true);
  joins(&s, 1);
  rj_roster_hold(&s.roster);
  SNAPSHOT(&s, NOW + RJ_SECOND, 2);
  rj_roster_clear(&s.roster);
  g_assert_cmpuint(s.roster.count, ==, 0);
  g_assert_cmpuint(s.roster.visible, ==, 0);
  g_assert_false(s.roster.held);
  g_assert_cmpint(rj_roster_deadline(&s.roster), ==, RJ_NEVER);
  g_string_truncate(s.told, 0);
  drop_all(&s);
  release(&s);
  wake(&s, NOW + RJ_MINUTE);
  check(&s, "");
  joins(&s, 1);
  check(&s, "+1");

  rj_roster_snapshot_begin(&s.roster); /* between two pages */
  rj_roster_snapshot_member(&s.roster, 7, false);
  rj_roster_clear(&s.roster);
  g_assert_false(s.roster.in_snapshot);
  release(&s);
  check(&s, "");

  SNAPSHOT(&s, NOW, 1, 2, 3); /* in the middle of the telling */
  rj_roster_release(&s.roster);
  rj_peer_change change;
  g_assert_true(rj_roster_next(&s.roster, &change));
  rj_roster_clear(&s.roster);
  joins(&s, 5);
  g_assert_false(rj_roster_next(&s.roster, &change));
  check(&s, "+5");
  rise(&s);
}

/* The memory is the owner's: full, and then lent anew. */
static void test_room(void) {
  rj_peer small[2], large[4];
  rj_roster roster;
  rj_peer_change change;
  rj_roster_init(&roster, false);
  g_assert_false(rj_roster_has_room(&roster, 1));
  g_assert_null(rj_roster_find(&roster, 1));
  rj_roster_lend(&roster, small, 2);
  g_assert_true(rj_roster_joined(&roster, 5, &change));
  g_assert_true(rj_roster_joined(&roster, 3, &change));
  g_assert_false(rj_roster_has_room(&roster, 4));
  g_assert_true(rj_roster_has_room(&roster, 5)); /* it has a place */
  rj_roster_lend(&roster, large, 4);
  small[0].uid = small[1].uid = 99; /* the owner's again */
  g_assert_true(rj_roster_has_room(&roster, 4));
  g_assert_true(rj_roster_joined(&roster, 4, &change));
  g_assert_cmpuint(rj_roster_find(&roster, 3)->uid, ==, 3);
  g_assert_cmpuint(rj_roster_find(&roster, 5)->uid, ==, 5);
  g_assert_null(rj_roster_find(&roster, 99));
  /* held: who came and left needs no place */
  rj_roster_hold(&roster);
  for (uint32_t uid = 100; uid < 200; uid++) {
    g_assert_true(rj_roster_has_room(&roster, uid));
    g_assert_false(rj_roster_joined(&roster, uid, &change));
    g_assert_false(rj_roster_offline(&roster, uid, OFFLINE_QUIT, &change));
  }
  g_assert_cmpuint(roster.count, ==, 3);
}

/* A large channel after an edge restart: not quadratic. */
static void test_many_doubts(void) {
  enum { MANY = 16384 };
  rj_peer *memory = g_new0(rj_peer, MANY);
  rj_roster roster;
  rj_peer_change change;
  rj_roster_init(&roster, false);
  rj_roster_lend(&roster, memory, MANY);
  for (uint32_t uid = 1; uid <= MANY; uid++)
    g_assert_true(rj_roster_joined(&roster, uid, &change));
  rj_roster_hold(&roster);
  rj_roster_snapshot_begin(&roster);
  for (uint32_t uid = 1; uid <= MANY / 2; uid++)
    rj_roster_snapshot_member(&roster, uid, false);
  rj_roster_snapshot_end(&roster, NOW + RJ_SECOND, NOW);
  rj_roster_release(&roster);
  g_assert_false(rj_roster_next(&roster, &change));
  for (uint32_t uid = MANY / 2 + 1; uid <= MANY; uid++) {
    g_assert_true(rj_roster_wake(&roster, NOW + RJ_SECOND, &change));
    g_assert_cmpuint(roster.cursor, ==, uid); /* each peer is looked at once */
    g_assert_cmpuint(roster.count, ==, MANY); /* and none is moved before the end */
    g_assert_cmpuint(change.uid, ==, uid);
    g_assert_cmpint(change.reason, ==, OFFLINE_DROPPED);
  }
  g_assert_false(rj_roster_wake(&roster, NOW + RJ_SECOND, &change));
  g_assert_cmpuint(roster.count, ==, MANY / 2);
  g_assert_cmpuint(roster.visible, ==, MANY / 2);
  g_free(memory);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/roster/first", test_first_roster);
  g_test_add_func("/roster/news", test_news);
  g_test_add_func("/roster/difference", test_difference);
  g_test_add_func("/roster/doubt", test_doubt);
  g_test_add_func("/roster/restart", test_restart_in_which_all_return);
  g_test_add_func("/roster/two-restarts", test_two_restarts);
  g_test_add_func("/roster/dropped", test_dropped);
  g_test_add_func("/roster/interruptions", test_interruptions);
  g_test_add_func("/roster/interruptions-outage", test_interruptions_in_an_outage);
  g_test_add_func("/roster/between-pages", test_news_between_pages);
  g_test_add_func("/roster/cut-off", test_a_snapshot_cut_off);
  g_test_add_func("/roster/held-while-telling", test_held_while_telling);
  g_test_add_func("/roster/clear", test_clear);
  g_test_add_func("/roster/room", test_room);
  g_test_add_func("/roster/many-doubts", test_many_doubts);
  return g_test_run();
}
