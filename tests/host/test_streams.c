/* Stream messages the whole road in virtual time: real QUIC, a real edge, and whatever the network and the edge may do to them (D-3 to D-5). */
#include <glib.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/random.h"
#include "host/stage.h"

#define MS RJ_MILLISECOND
#define S  RJ_SECOND

/* ---- what a random story must keep ---- */

enum { MEMBERS = 4, STREAMS = 2 };

typedef struct {
  stage *s;
  rj_host_server *server;
  actor *members[MEMBERS];
  uint64_t sent[MEMBERS][STREAMS]; /* messages that were taken */
  rj_random random;
  bool cut[MEMBERS];
  int64_t heal_at[MEMBERS];
} story;

static uint32_t draw(story *t, uint32_t below) {
  return (uint32_t)rj_random_below(&t->random, below);
}

static story story_new(uint64_t seed) {
  story t = {.s = stage_new(true, seed)};
  rj_random_seed(&t.random, seed);
  t.server = stage_server(t.s);
  for (uint32_t i = 0; i < MEMBERS; i++) {
    t.members[i] = stage_client_uid(t.s, t.server, i + 1);
    actor_join_and_run(t.members[i], "demo");
    for (uint32_t j = 0; j < STREAMS; j++)
      g_assert_cmpuint(actor_create_stream(t.members[i], true), ==, j + 1);
  }
  stage_run(t.s, S);
  return t;
}

static void send_one(story *t) {
  uint32_t i = draw(t, MEMBERS), j = draw(t, STREAMS);
  char text[32];
  snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, t->sent[i][j] + 1);
  int32_t status = actor_send(t->members[i], j + 1, text);
  if (status == STATUS_OK)
    t->sent[i][j]++;
  else
    g_assert_cmpint(status, ==, STATUS_BITRATE_LIMIT); /* 64 wait already */
}

/* One direction or both, for so long at most; again: also one that is not back from the last time. */
static void cut_one(story *t, int64_t longest, bool again) {
  uint32_t i = draw(t, MEMBERS);
  if (t->cut[i] || (!again && actor_state(t->members[i]) != STATE_CONNECTED))
    return;
  t->cut[i] = true;
  t->heal_at[i] = stage_now(t->s) + 1 + (int64_t)rj_random_below(&t->random, (uint64_t)longest);
  actor_cut(t->members[i], (int)(1 + draw(t, 3)));
}

static void heal_those(story *t, int64_t now) {
  for (uint32_t i = 0; i < MEMBERS; i++) {
    if (!t->cut[i] || t->heal_at[i] > now)
      continue;
    t->cut[i] = false;
    actor_heal(t->members[i], BOTH);
    if (draw(t, 3) == 0) /* and not well at that */
      actor_set_faults(t->members[i], BOTH,
                       (rj_host_faults){.loss = 0.2, .delay_ns = (int64_t)draw(t, 200) * MS});
  }
}

static void restart(story *t) {
  int32_t status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  if (draw(t, 2) == 0)
    rj_host_server_crash(t->server);
  status = rj_host_server_restart(t->server, error);
  g_assert_cmpint(status, ==, STATUS_OK);
}

static void everything_heals(story *t) {
  for (uint32_t i = 0; i < MEMBERS; i++) {
    t->cut[i] = false;
    actor_heal(t->members[i], BOTH);
  }
  stage_run(t->s, 60 * S);
  for (uint32_t i = 0; i < MEMBERS; i++)
    g_assert_cmpint(actor_state(t->members[i]), ==, STATE_CONNECTED);
}

static G_GNUC_NORETURN void give_up(story *t, const seen *e, const char *what) {
  char *log = stage_log(t->s);
  g_error("%s, at %.3f s uid %u stream %u \"%s\"; all that was told:\n%s", what,
          (double)e->time / RJ_SECOND, e->uid, e->stream, e->text, log);
}

/* Holds what one member was told of the others' streams against what they sent. Returns how often a gap was told. */
static uint32_t check_receiver(story *t, uint32_t receiver, bool all) {
  uint64_t had[MEMBERS][STREAMS] = {{0}};
  const seen *announced = NULL;
  uint32_t gaps = 0;
  const GArray *events = t->members[receiver]->seen;
  for (guint i = 0; i < events->len; i++) {
    const seen *e = &g_array_index(events, seen, i);
    if (e->kind == EVENT_STREAM_MESSAGE_ERROR) {
      announced = e;
      gaps++;
    }
    if (e->kind != EVENT_STREAM_MESSAGE)
      continue;
    uint64_t *last = &had[e->uid - 1][e->stream - 1];
    uint64_t index = g_ascii_strtoull(e->text, NULL, 10), missed = index - *last - 1;
    if (index <= *last)
      give_up(t, e, "a message came twice or out of order");
    if (missed > 0 && announced == NULL)
      give_up(t, e, "a message is missing and that was not announced");
    if (announced != NULL && (announced->uid != e->uid || announced->stream != e->stream))
      give_up(t, e, "a gap of another stream was announced");
    if (announced != NULL && announced->count != 0 && announced->count != missed)
      give_up(t, e, "another number of messages is missing than was announced");
    *last = index;
    announced = NULL;
  }
  for (uint32_t i = 0; i < MEMBERS; i++) {
    for (uint32_t j = 0; j < STREAMS; j++) {
      g_assert_cmpuint(had[i][j], <=, t->sent[i][j]);
      if (i != receiver && all)
        g_assert_cmpuint(had[i][j], ==, t->sent[i][j]);
    }
  }
  return gaps;
}

/* Was somebody away for too long after all? */
static bool dropped(const story *t) {
  for (uint32_t i = 0; i < MEMBERS; i++) {
    const GArray *events = t->members[i]->seen;
    for (guint j = 0; j < events->len; j++) {
      if (g_array_index(events, seen, j).kind == EVENT_USER_OFFLINE)
        return true;
    }
  }
  return false;
}

/* D-3 D-4: outages shorter than 20 s, of senders and receivers, in one direction or both: every message comes exactly once, in order, and nothing is announced. */
static void test_short_outages_lose_nothing(void) {
  uint32_t short_ones = 0;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    story t = story_new(seed);
    int64_t end = stage_now(t.s) + 180 * S;
    while (stage_now(t.s) < end) {
      if (draw(&t, 40) == 0)
        cut_one(&t, 8 * S, false); /* O lies before, and the rejoin takes a few seconds more */
      for (uint32_t i = draw(&t, 3); i > 0; i--)
        send_one(&t);
      stage_run(t.s, (int64_t)(1 + draw(&t, 100)) * MS);
      heal_those(&t, stage_now(t.s));
    }
    everything_heals(&t);
    bool all_short = !dropped(&t);
    for (uint32_t i = 0; i < MEMBERS; i++) {
      uint32_t gaps = check_receiver(&t, i, all_short);
      g_assert_true(gaps == 0 || !all_short);
    }
    short_ones += all_short ? 1 : 0;
    stage_free(t.s);
  }
  g_assert_cmpuint(short_ones, >=, 10);
}

/* D-4 D-5: long outages, too, and edges that lose their state: never twice, never out of order, and what is missing is announced. */
static void test_whatever_is_missing_is_announced(void) {
  uint32_t gaps = 0;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    story t = story_new(seed + 100);
    int64_t end = stage_now(t.s) + 300 * S;
    while (stage_now(t.s) < end) {
      if (draw(&t, 60) == 0)
        cut_one(&t, 40 * S, true);
      if (draw(&t, 500) == 0)
        restart(&t);
      for (uint32_t i = draw(&t, 3); i > 0; i--)
        send_one(&t);
      stage_run(t.s, (int64_t)(1 + draw(&t, 100)) * MS);
      heal_those(&t, stage_now(t.s));
    }
    everything_heals(&t);
    /* one more of each, so that each gap is announced */
    for (uint32_t i = 0; i < MEMBERS; i++) {
      for (uint32_t j = 0; j < STREAMS; j++) {
        char text[32];
        snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, ++t.sent[i][j]);
        g_assert_cmpint(actor_send(t.members[i], j + 1, text), ==, STATUS_OK);
      }
    }
    stage_run(t.s, S);
    for (uint32_t i = 0; i < MEMBERS; i++)
      gaps += check_receiver(&t, i, true);
    stage_free(t.s);
  }
  g_assert_cmpuint(gaps, >, 20);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/streams/short-outages", test_short_outages_lose_nothing);
  g_test_add_func("/streams/announced", test_whatever_is_missing_is_announced);
  return g_test_run();
}
