/* A real runtime used by many threads at once: joining, leaving, draining and freeing at random, with
 * one thread that drains whatever is ready, and wakeups; thread sanitizer looks on. */
#include <glib.h>
#include <poll.h>
#include <rejoin/rejoin.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { THREADS = 4, ROUNDS = 30, STEPS = 12 };

typedef struct {
  rj_runtime *runtime;
  rj_client_options options;
  const char *urls[1];
  atomic_int wakeups, joined, events;
  atomic_bool stop;
} world;

typedef struct {
  world *w;
  uint32_t number;
} worker;

static void real_world(world *w, rj_edge **edge) {
  g_assert_cmpint(rj_runtime_new(NULL, &w->runtime), ==, RJ_OK);
  g_assert_cmpint(rj_edge_new(w->runtime, NULL, edge), ==, RJ_OK);
  w->urls[0] = rj_edge_url(*edge);
  w->options = (rj_client_options){.size = sizeof w->options,
                                   .urls = w->urls,
                                   .url_count = 1,
                                   .fingerprint = rj_edge_fingerprint(*edge)};
}

static void wakeup(void *user) {
  atomic_fetch_add(&((world *)user)->wakeups, 1);
}

static void on_event(rj_client *client, const rj_event *event, void *user) {
  world *w = (world *)user;
  atomic_fetch_add(&w->events, 1);
  if (event->kind == RJ_EVENT_DID_JOIN_CHANNEL)
    atomic_fetch_add(&w->joined, 1);
  if (event->kind == RJ_EVENT_DID_JOIN_CHANNEL && event->uid % 3 == 0)
    rj_client_leave_channel(client);
}

typedef struct {
  world *w;
  rj_client *client;
  uint32_t uid;
} waker;

/* Does on the library's thread what the worker does on its own. */
static void drain_and_call(void *user) {
  waker *me = (waker *)user;
  rj_event event = {.size = sizeof event};
  wakeup(me->w);
  while (rj_client_next_event(me->client, &event) == 1)
    on_event(me->client, &event, me->w);
  if (rj_client_connection_state(me->client) == RJ_STATE_DISCONNECTED)
    (void)rj_client_join_channel(me->client, NULL, "odd", me->uid);
  (void)rj_client_dispatch(me->client, 0);
}

/* Waits for events of the client for at most so long. */
static void wait_for(rj_client *client, int milliseconds) {
  struct pollfd wanted = {.fd = rj_client_event_fd(client), .events = POLLIN};
  (void)poll(&wanted, 1, milliseconds);
}

static void step(waker *me, GRand *random) {
  world *w = me->w;
  rj_client *client = me->client;
  uint32_t uid = me->uid;
  rj_event event = {.size = sizeof event};
  rj_stats stats = {.size = sizeof stats};
  rj_faults faults = {.size = sizeof faults, .loss = 0.2};
  switch (g_rand_int_range(random, 0, 10)) {
  case 0:
  case 1:
    (void)rj_client_join_channel(client, NULL, uid % 2 == 0 ? "even" : "odd", uid);
    break;
  case 2:
    g_assert_cmpint(rj_client_leave_channel(client), ==, RJ_OK);
    break;
  case 3:
    while (rj_client_next_event(client, &event) == 1)
      atomic_fetch_add(&w->events, 1);
    break;
  case 4:
    if (rj_client_dispatch(client, 0) < 0) /* its wakeup dispatches */
      g_assert_cmpstr(rj_client_error_text(client), !=, "");
    break;
  case 5:
    wait_for(client, 20);
    break;
  case 6:
    g_assert_cmpint(rj_client_set_faults(client, RJ_DIRECTION_UP, &faults), ==, RJ_OK);
    break;
  case 7:
    (void)rj_client_stats(client, &stats);
    (void)rj_client_last_heard(client);
    g_assert_cmpint(rj_client_connection_state(client), >=, RJ_STATE_DISCONNECTED);
    break;
  case 8:
    g_assert_cmpint(rj_client_set_wakeup(client, wakeup, w), ==, RJ_OK);
    break;
  default:
    g_assert_cmpint(rj_client_set_wakeup(client, drain_and_call, me), ==, RJ_OK);
    break;
  }
}

static gpointer work(gpointer user) {
  worker *me = (worker *)user;
  GRand *random = g_rand_new_with_seed(me->number);
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  for (uint32_t round = 0; round < ROUNDS; round++) {
    rj_client *client = NULL;
    g_assert_cmpint(rj_client_new(me->w->runtime, &me->w->options, &client), ==, RJ_OK);
    g_assert_cmpint(rj_client_set_listener(client, &listener, me->w, NULL), ==, RJ_OK);
    waker here = {me->w, client, me->number * 1000 + round + 1};
    for (int i = 0; i < STEPS; i++)
      step(&here, random);
    /* free does not wait for a wakeup that uses the client, this does */
    g_assert_cmpint(rj_client_set_wakeup(client, round % 2 == 0 ? NULL : wakeup, me->w), ==, RJ_OK);
    rj_client_free(client);
  }
  g_rand_free(random);
  return NULL;
}

static void test_everybody_at_random(void) { /* R-4 R-5 */
  world w = {0};
  rj_edge *edge;
  worker workers[THREADS];
  GThread *threads[THREADS];
  real_world(&w, &edge);
  g_assert_cmpint(rj_runtime_set_wakeup(w.runtime, wakeup, &w), ==, RJ_OK);
  for (uint32_t i = 0; i < THREADS; i++) {
    workers[i] = (worker){&w, i};
    threads[i] = g_thread_new("worker", work, &workers[i]);
  }
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  g_assert_cmpint(w.wakeups, >, 0);
  g_assert_cmpint(w.events, >, 0);
  rj_edge_free(edge);
  rj_runtime_free(w.runtime);
}

/* ---- one thread drains what is ready while others join and leave ---- */

static gpointer drain_ready(gpointer user) {
  world *w = (world *)user;
  struct pollfd wanted = {.fd = rj_runtime_event_fd(w->runtime), .events = POLLIN};
  while (!atomic_load(&w->stop)) {
    (void)poll(&wanted, 1, 20);
    rj_client *client;
    while (rj_runtime_next_ready(w->runtime, &client) == 1)
      g_assert_cmpint(rj_client_dispatch(client, 3), >=, 0);
  }
  return NULL;
}

static void test_one_thread_drains_for_all(void) { /* no wakeup is lost */
  enum { CLIENTS = 12 };
  world w = {0};
  rj_edge *edge;
  rj_client *clients[CLIENTS];
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  real_world(&w, &edge);
  for (int i = 0; i < CLIENTS; i++) {
    g_assert_cmpint(rj_client_new(w.runtime, &w.options, &clients[i]), ==, RJ_OK);
    g_assert_cmpint(rj_client_set_listener(clients[i], &listener, &w, NULL), ==, RJ_OK);
  }
  GThread *drainer = g_thread_new("drainer", drain_ready, &w);
  for (uint32_t i = 0; i < CLIENTS; i++)
    g_assert_cmpint(rj_client_join_channel(clients[i], NULL, "demo", i + 1), ==, RJ_OK);
  gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  while (atomic_load(&w.joined) < CLIENTS && g_get_monotonic_time() < limit)
    g_usleep(1000);
  g_assert_cmpint(atomic_load(&w.joined), ==, CLIENTS);
  atomic_store(&w.stop, true);
  g_thread_join(drainer);
  for (int i = 0; i < CLIENTS; i++)
    rj_client_free(clients[i]);
  rj_edge_free(edge);
  rj_runtime_free(w.runtime);
}

/* ---- the runtime goes while others call ---- */

static gpointer call_until_it_is_gone(gpointer user) {
  rj_client *client = (rj_client *)user;
  int32_t status;
  do {
    status = rj_client_join_channel(client, NULL, "demo", 1);
    if (status == RJ_OK || status == RJ_ERR_JOIN_CHANNEL_REJECTED)
      status = rj_client_leave_channel(client);
  } while (status == RJ_OK);
  g_assert_cmpint(status, ==, RJ_ERR_NOT_INITIALIZED);
  rj_client_free(client);
  return NULL;
}

static void test_the_runtime_goes_while_others_call(void) {
  world w = {0};
  rj_edge *edge;
  GThread *threads[THREADS];
  real_world(&w, &edge);
  for (int i = 0; i < THREADS; i++) {
    rj_client *client = NULL;
    g_assert_cmpint(rj_client_new(w.runtime, &w.options, &client), ==, RJ_OK);
    threads[i] = g_thread_new("caller", call_until_it_is_gone, client);
  }
  g_usleep(20000);
  rj_runtime_free(w.runtime);
  for (int i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  rj_edge_free(edge);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/threads/random", test_everybody_at_random);
  g_test_add_func("/threads/one-drains", test_one_thread_drains_for_all);
  g_test_add_func("/threads/runtime-goes", test_the_runtime_goes_while_others_call);
  return g_test_run();
}
