/* Whatever the bus does, and whatever members and edges do at the same time: once it is quiet, all edges know the same, and
 * all members see it (P-1 to P-10). Told by chance, one seed after the other. */
#include <stdlib.h>
#include <string.h>

#include "edge/cluster_rig.h"

enum { UIDS = 8 };

typedef struct {
  cluster_rig c;
  cluster_member *players[UIDS + 1]; /* by uid; the last session of each */
} chaos;

static uint64_t below(chaos *t, uint64_t bound) {
  return rj_random_below(&t->c.chance, bound);
}

static int some_edge(chaos *t) {
  int edge = (int)below(t, CLUSTER_EDGES);
  while (!t->c.up[edge])
    edge = (edge + 1) % CLUSTER_EDGES;
  return edge;
}

static bool is_in(chaos *t, cluster_member *player) {
  if (player == NULL || player->edge < 0)
    return false;
  cluster_listen(&t->c, player);
  return !player->removed && player->beats;
}

static void join_anew(chaos *t, uint32_t uid) {
  rj_control request = cluster_request(&t->c, uid);
  cluster_member *before = t->players[uid];
  if (before != NULL && !before->beats && below(t, 2) == 0) /* P-2 */
    request.body.join_request.left_session = before->answer.session;
  cluster_member *player = cluster_ask(&t->c, some_edge(t), &request, NULL);
  if (player != NULL)
    t->players[uid] = player;
}

static void move_player(chaos *t, cluster_member *player) {
  rejoin_JoinAnswer refused;
  if (!cluster_move(&t->c, player, some_edge(t), &refused))
    player->beats = false;
}

static void step(chaos *t) {
  uint32_t uid = 1 + (uint32_t)below(t, UIDS);
  cluster_member *player = t->players[uid];
  switch (below(t, 12)) {
  case 0:
  case 1:
  case 2:
    if (!is_in(t, player) || below(t, 4) == 0) /* or from another device (S-16) */
      join_anew(t, uid);
    break;
  case 3:
    if (is_in(t, player))
      cluster_leave(&t->c, player);
    break;
  case 4:
  case 5:
    if (is_in(t, player))
      move_player(t, player);
    break;
  case 6: /* it is cut off, for good or for a while */
    if (player != NULL)
      player->beats = !player->beats && !player->removed && player->edge >= 0;
    break;
  case 7:
    cluster_part(&t->c, (int)below(t, CLUSTER_EDGES));
    break;
  case 8:
    cluster_heal(&t->c);
    break;
  case 9: {
    int edge = (int)below(t, CLUSTER_EDGES);
    if (t->c.up[edge])
      cluster_connect(&t->c, edge, !t->c.connected[edge]);
    break;
  }
  case 10: {
    int edge = (int)below(t, CLUSTER_EDGES), others = 0;
    for (int i = 0; i < CLUSTER_EDGES; i++)
      others += i != edge && t->c.up[i];
    if (!t->c.up[edge])
      cluster_start(&t->c, edge);
    else if (others > 0 && below(t, 2) == 0)
      cluster_crash(&t->c, edge);
    else if (others > 0)
      cluster_stop(&t->c, edge);
    break;
  }
  default:
    break;
  }
  static const int64_t spans[] = {0,          1 * MS,     20 * MS,    300 * MS,
                                  2 * SECOND, 7 * SECOND, 25 * SECOND};
  cluster_run(&t->c, spans[below(t, G_N_ELEMENTS(spans))]);
}

/* What a member of the channel is to see: all but itself. */
static char *without(const char *all, uint32_t uid) {
  char **words = g_strsplit(all, " ", -1);
  GString *text = g_string_new(NULL);
  for (char **word = words; *word != NULL; word++) {
    if ((uint32_t)strtoul(*word, NULL, 10) != uid)
      g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", *word);
  }
  g_strfreev(words);
  return g_string_free(text, FALSE);
}

/* The members of all edges, each of which has some of them. */
static char *truth(chaos *t) {
  gboolean here[UIDS + 1] = {0};
  for (int i = 0; i < CLUSTER_EDGES; i++) {
    uint32_t uids[UIDS];
    size_t count = rj_server_members(t->c.rigs[i].server, NULL, "demo", uids, UIDS);
    for (size_t j = 0; j < count; j++) {
      g_assert_false(here[uids[j]]); /* one uid, one session */
      here[uids[j]] = TRUE;
    }
  }
  GString *text = g_string_new(NULL);
  for (uint32_t uid = 1; uid <= UIDS; uid++) {
    if (here[uid])
      g_string_append_printf(text, "%s%u", text->len > 0 ? " " : "", uid);
  }
  return g_string_free(text, FALSE);
}

static void check(chaos *t) {
  char *all = truth(t);
  for (int i = 0; i < CLUSTER_EDGES; i++) {
    if (rj_server_members(t->c.rigs[i].server, NULL, "demo", NULL, 0) > 0)
      expect_everywhere(&t->c, i, all);
    g_assert_cmpuint(cluster_counters(&t->c, i).bus_refused, ==, 0);
    g_assert_cmpuint(cluster_counters(&t->c, i).edges, ==, 2);
  }
  for (guint i = 0; i < t->c.members->len; i++) {
    cluster_member *member = g_ptr_array_index(t->c.members, i);
    if (!is_in(t, member))
      continue;
    char *others = without(all, member->answer.uid);
    expect_seen(&t->c, member, others);
    g_free(others);
  }
  g_free(all);
}

static void play(uint64_t seed) {
  chaos t = {0};
  cluster_begin(&t.c, CLUSTER_EDGES, seed);
  t.c.loss = (double)below(&t, 3) * 0.15;
  t.c.twice = (double)below(&t, 3) * 0.15;
  t.c.delay_most = t.c.delay_least + (int64_t)below(&t, 3) * 400 * MS;
  for (int i = 0; i < 80; i++)
    step(&t);
  cluster_heal(&t.c);
  for (int i = 0; i < CLUSTER_EDGES; i++) {
    if (!t.c.up[i])
      cluster_start(&t.c, i);
    else if (!t.c.connected[i])
      cluster_connect(&t.c, i, true);
  }
  t.c.loss = 0;
  t.c.delay_most = t.c.delay_least;
  cluster_run(&t.c, 30 * SECOND); /* those that were cut off drop, and digests go round */
  check(&t);
  cluster_end(&t.c);
}

static void test_convergence(void) {
  const char *one = g_getenv("RJ_SEED");
  if (one != NULL) {
    play(g_ascii_strtoull(one, NULL, 10));
    return;
  }
  for (uint64_t seed = 1; seed <= 400; seed++) {
    g_test_message("seed %" G_GUINT64_FORMAT, seed);
    play(seed);
  }
}

/* The same seed gives the same, byte for byte. */
static void test_repeatable(void) {
  uint64_t published[2], bytes[2];
  for (int i = 0; i < 2; i++) {
    chaos t = {0};
    cluster_begin(&t.c, CLUSTER_EDGES, 5);
    t.c.loss = t.c.twice = 0.1;
    for (int j = 0; j < 80; j++)
      step(&t);
    published[i] = t.c.published;
    bytes[i] = t.c.hash;
    cluster_end(&t.c);
  }
  g_assert_cmpuint(published[0], ==, published[1]);
  g_assert_cmpuint(bytes[0], ==, bytes[1]);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/edge/cluster/convergence/by chance", test_convergence);
  g_test_add_func("/edge/cluster/convergence/repeatable", test_repeatable);
  return g_test_run();
}
