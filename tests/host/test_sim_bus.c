/* The bus of a simulation: who hears what when, and what its faults do. A message is 1 ms on its way up, and 1 ms down. */
#include <glib.h>
#include <string.h>

#include "host/fake_cluster.h"

#define MS RJ_MILLISECOND
#define S  RJ_SECOND

typedef struct {
  stage *s;
  rj_host_server *a, *b, *c;
} three;

/* Three edges of one cluster, at time 0; each has subscribed to "all". */
static three three_edges(uint64_t seed) {
  three t = {.s = stage_new(true, seed)};
  rj_host_server **edges[] = {&t.a, &t.b, &t.c};
  for (size_t i = 0; i < G_N_ELEMENTS(edges); i++) {
    *edges[i] = fake_edge(t.s, "home");
    fake_expect(t.s, *edges[i], "+");
    fake_order(t.s, *edges[i], RJ_BUS_SUBSCRIBE, "all", NULL);
  }
  return t;
}

static void publish(stage *s, rj_host_server *edge, const char *subject, const char *text) {
  fake_order(s, edge, RJ_BUS_PUBLISH, subject, text);
}

static int32_t try_faults(stage *s, rj_host_server *edge, const rj_host_bus_faults *faults) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now = rj_host_enter(s->host);
  int32_t status = rj_host_server_set_bus_faults(edge, faults, now, error);
  rj_host_leave(s->host);
  g_assert_true((status == STATUS_OK) == (error[0] == '\0'));
  return status;
}

/* As at first but for what is given: the delays are there already. */
static void set_faults(stage *s, rj_host_server *edge, rj_host_bus_faults faults) {
  faults.up.delay_ns += MS;
  faults.down.delay_ns += MS;
  g_assert_cmpint(try_faults(s, edge, &faults), ==, STATUS_OK);
}

static void heal(stage *s, rj_host_server *edge) {
  g_assert_cmpint(try_faults(s, edge, NULL), ==, STATUS_OK);
}

static void test_those_that_subscribed_hear_it(void) {
  three t = three_edges(1);
  rj_host_server *other = fake_edge(t.s, "elsewhere"), *alone = fake_edge(t.s, NULL);
  fake_order(t.s, other, RJ_BUS_SUBSCRIBE, "all", NULL);
  fake_order(t.s, t.b, RJ_BUS_SUBSCRIBE, "room", NULL);
  publish(t.s, t.a, "all", "1");
  publish(t.s, t.a, "room", "2");
  publish(t.s, t.a, "nobody", "3");
  stage_run(t.s, 1 * MS);
  fake_expect(t.s, t.b, "");
  stage_run(t.s, 1 * MS);
  fake_expect(t.s, t.a, ""); /* never itself */
  fake_expect(t.s, t.b, "all:1@2 room:2@2");
  fake_expect(t.s, t.c, "all:1@2");
  fake_expect(t.s, other, "+");
  fake_expect(t.s, alone, "");
  fake_order(t.s, t.b, RJ_BUS_UNSUBSCRIBE, "room", NULL);
  publish(t.s, t.a, "room", "4");
  stage_run(t.s, S);
  fake_expect(t.s, t.b, "");
  stage_free(t.s);
}

static void test_faults_of_one_direction(void) {
  three t = three_edges(2);
  set_faults(t.s, t.b, (rj_host_bus_faults){.down.loss = 1});
  publish(t.s, t.a, "all", "down");
  publish(t.s, t.b, "all", "up");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.a, "all:up@2");
  fake_expect(t.s, t.b, "");
  fake_expect(t.s, t.c, "all:down@2 all:up@2");
  set_faults(t.s, t.b, (rj_host_bus_faults){.up.blackhole = 1, .down.delay_ns = 30 * MS});
  publish(t.s, t.a, "all", "late");
  publish(t.s, t.b, "all", "never");
  stage_run(t.s, 100 * MS);
  fake_expect(t.s, t.a, "");
  fake_expect(t.s, t.b, "all:late@42");
  fake_expect(t.s, t.c, "all:late@12");
  set_faults(t.s, t.a, (rj_host_bus_faults){.up.duplicate = 1});
  publish(t.s, t.a, "all", "twice");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.c, "all:twice@112 all:twice@112");
  stage_free(t.s);
}

static void test_a_bus_that_is_gone(void) {
  three t = three_edges(3);
  publish(t.s, t.a, "all", "on its way");
  stage_run(t.s, 1 * MS);
  set_faults(t.s, t.b, (rj_host_bus_faults){.gone = true});
  fake_expect(t.s, t.b, "-");
  publish(t.s, t.b, "all", "to nobody");
  stage_run(t.s, 10 * MS);
  set_faults(t.s, t.b, (rj_host_bus_faults){.gone = true, .up.loss = 0.5}); /* nothing new */
  fake_expect(t.s, t.b, "");
  heal(t.s, t.b);
  fake_expect(t.s, t.b, "+");
  publish(t.s, t.a, "all", "not subscribed yet");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.b, "");
  fake_order(t.s, t.b, RJ_BUS_SUBSCRIBE, "all", NULL);
  publish(t.s, t.c, "all", "again");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.a, "all:again@23");
  fake_expect(t.s, t.b, "all:again@23");
  stage_free(t.s);
}

static void test_sides_do_not_hear_each_other(void) {
  three t = three_edges(4);
  set_faults(t.s, t.b, (rj_host_bus_faults){.side = 7});
  set_faults(t.s, t.c, (rj_host_bus_faults){.side = 7});
  publish(t.s, t.a, "all", "a");
  publish(t.s, t.b, "all", "b");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.a, ""); /* and nobody was told of anything */
  fake_expect(t.s, t.b, "");
  fake_expect(t.s, t.c, "all:b@2");
  heal(t.s, t.b);
  heal(t.s, t.c);
  publish(t.s, t.a, "all", "a");
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.b, "all:a@12");
  fake_expect(t.s, t.c, "all:a@12");
  stage_free(t.s);
}

static int32_t crash(stage *s, rj_host_server *edge) {
  rj_host_enter(s->host);
  int32_t status = rj_host_server_crash(edge);
  rj_host_leave(s->host);
  return status;
}

static void restart(stage *s, rj_host_server *edge) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_enter(s->host);
  int32_t status = rj_host_server_restart(edge, error);
  rj_host_leave(s->host);
  g_assert_cmpint(status, ==, STATUS_OK);
}

static void test_a_crash_ends_the_connection(void) {
  three t = three_edges(5);
  publish(t.s, t.b, "all", "its last word");
  publish(t.s, t.a, "all", "lost");
  stage_run(t.s, 1 * MS);
  crash(t.s, t.b);
  restart(t.s, t.b);
  fake_expect(t.s, t.b, "+");
  fake_order(t.s, t.b, RJ_BUS_SUBSCRIBE, "all", NULL); /* not for what was on its way before */
  stage_run(t.s, 10 * MS);
  fake_expect(t.s, t.b, "");
  fake_expect(t.s, t.c, "all:its last word@2 all:lost@2");
  crash(t.s, t.b);
  set_faults(t.s, t.b, (rj_host_bus_faults){.gone = true}); /* also of one that is down */
  publish(t.s, t.a, "all", "to a crashed one");
  stage_run(t.s, 10 * MS);
  restart(t.s, t.b);
  fake_expect(t.s, t.b, "");
  heal(t.s, t.b);
  fake_expect(t.s, t.b, "+");
  stage_free(t.s);
}

static void pause_edge(stage *s, rj_host_server *edge, int64_t span) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  int64_t now = rj_host_enter(s->host);
  int32_t status = rj_host_server_pause(edge, span, now, error);
  rj_host_leave(s->host);
  g_assert_cmpint(status, ==, STATUS_OK);
}

static void test_what_comes_to_a_paused_edge_waits(void) {
  three t = three_edges(6);
  pause_edge(t.s, t.b, 1 * S);
  publish(t.s, t.a, "all", "1");
  publish(t.s, t.a, "all", "2");
  stage_run(t.s, 999 * MS);
  fake_expect(t.s, t.b, "");
  stage_run(t.s, 1 * MS);
  fake_expect(t.s, t.b, "all:1@1000 all:2@1000");
  pause_edge(t.s, t.b, 1 * S);
  publish(t.s, t.a, "all", "lost with the connection");
  stage_run(t.s, 500 * MS);
  set_faults(t.s, t.b, (rj_host_bus_faults){.gone = true});
  heal(t.s, t.b);
  fake_expect(t.s, t.b, "");
  stage_run(t.s, 500 * MS);
  fake_expect(t.s, t.b, "- +");
  stage_free(t.s);
}

static char *story(uint64_t seed) {
  three t = three_edges(seed);
  rj_host_server *edges[] = {t.a, t.b, t.c};
  for (size_t i = 0; i < G_N_ELEMENTS(edges); i++)
    set_faults(t.s, edges[i],
               (rj_host_bus_faults){
                   .up = {.loss = 0.2, .jitter_ns = 20 * MS, .duplicate = 0.1},
                   .down = {.loss = 0.2, .burst = 3, .reorder = 0.2},
               });
  for (int i = 0; i < 60; i++) {
    char *text = g_strdup_printf("%d", i);
    publish(t.s, edges[i % 3], "all", text);
    g_free(text);
    stage_run(t.s, 7 * MS);
  }
  stage_run(t.s, S);
  char *heard[] = {fake_heard(t.s, t.a), fake_heard(t.s, t.b), fake_heard(t.s, t.c), NULL};
  char *all = g_strjoinv("\n", heard);
  for (size_t i = 0; heard[i] != NULL; i++)
    g_free(heard[i]);
  stage_free(t.s);
  return all;
}

static void test_the_same_seed_gives_the_same(void) {
  char *one = story(7), *two = story(7), *other = story(8);
  g_assert_cmpstr(one, ==, two);
  g_assert_cmpstr(one, !=, other);
  g_free(one);
  g_free(two);
  g_free(other);
}

static void test_without_a_cluster_there_is_no_bus(void) {
  stage *s = stage_new(true, 9);
  rj_host_server *alone = fake_edge(s, NULL);
  g_assert_cmpint(try_faults(s, alone, NULL), ==, STATUS_INVALID_STATE);
  stage_free(s);
}

/* With messages on their way and waiting. */
static void test_an_end_in_the_middle(void) {
  three t = three_edges(10);
  pause_edge(t.s, t.b, 10 * S);
  publish(t.s, t.a, "all", "waits");
  stage_run(t.s, 10 * MS);
  publish(t.s, t.a, "all", "on its way");
  rj_host_server_free(t.c);
  g_ptr_array_remove(t.s->servers, t.c);
  stage_run(t.s, 1 * MS);
  stage_free(t.s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sim-bus/subscribed", test_those_that_subscribed_hear_it);
  g_test_add_func("/sim-bus/faults", test_faults_of_one_direction);
  g_test_add_func("/sim-bus/gone", test_a_bus_that_is_gone);
  g_test_add_func("/sim-bus/sides", test_sides_do_not_hear_each_other);
  g_test_add_func("/sim-bus/crash", test_a_crash_ends_the_connection);
  g_test_add_func("/sim-bus/pause", test_what_comes_to_a_paused_edge_waits);
  g_test_add_func("/sim-bus/same-seed", test_the_same_seed_gives_the_same);
  g_test_add_func("/sim-bus/alone", test_without_a_cluster_there_is_no_bus);
  g_test_add_func("/sim-bus/end", test_an_end_in_the_middle);
  return g_test_run();
}
