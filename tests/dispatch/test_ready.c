/* Which handles have events: each listed once, one wakeup for all. */
#include <glib.h>
#include <poll.h>
#include <stdatomic.h>

#include "dispatch/ready.h"

static bool is_raised(rj_ready *ready) {
  struct pollfd wanted = {.fd = rj_wake_fd(rj_ready_wake(ready)), .events = POLLIN};
  return poll(&wanted, 1, 0) == 1;
}

static void test_first_in_first_out_each_once(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_ready *ready = rj_ready_new(wakes);
  rj_ready_node a = {0}, b = {0}, c = {0};
  g_assert_true(rj_ready_is_empty(ready));
  rj_ready_add(ready, &a);
  rj_ready_add(ready, &b);
  rj_ready_add(ready, &a);
  rj_ready_add(ready, &c);
  g_assert_true(rj_ready_next(ready) == &a);
  rj_ready_add(ready, &a);
  g_assert_true(rj_ready_next(ready) == &b);
  g_assert_true(rj_ready_next(ready) == &c);
  g_assert_true(rj_ready_next(ready) == &a);
  g_assert_null(rj_ready_next(ready));
  rj_ready_free(ready);
  rj_wakes_free(wakes);
}

static void test_taken_out_of_any_place(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_ready *ready = rj_ready_new(wakes);
  rj_ready_node nodes[4] = {{0}};
  for (int i = 0; i < 4; i++)
    rj_ready_add(ready, &nodes[i]);
  rj_ready_remove(ready, &nodes[1]);
  rj_ready_remove(ready, &nodes[1]);
  rj_ready_remove(ready, &nodes[3]);
  rj_ready_remove(ready, &nodes[0]);
  g_assert_true(rj_ready_next(ready) == &nodes[2]);
  g_assert_null(rj_ready_next(ready));
  rj_ready_free(ready);
  rj_wakes_free(wakes);
}

static void test_the_wakeup_is_up_while_one_is_listed(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_ready *ready = rj_ready_new(wakes);
  rj_ready_node a = {0}, b = {0};
  g_assert_false(is_raised(ready));
  rj_ready_add(ready, &a);
  rj_ready_add(ready, &b);
  g_assert_true(is_raised(ready));
  rj_ready_next(ready);
  g_assert_true(is_raised(ready));
  rj_ready_next(ready);
  g_assert_false(is_raised(ready));
  rj_ready_add(ready, &a);
  g_assert_true(is_raised(ready));
  rj_ready_remove(ready, &a);
  g_assert_false(is_raised(ready));
  rj_ready_free(ready);
  rj_wakes_free(wakes);
}

static void take_one(void *user) {
  g_assert_nonnull(rj_ready_next((rj_ready *)user)); /* no lock is held: this would hang */
}

static void test_the_callback_may_take(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_ready *ready = rj_ready_new(wakes);
  rj_ready_node a = {0};
  rj_wake_set_callback(rj_ready_wake(ready), take_one, ready);
  rj_ready_add(ready, &a);
  g_assert_false(rj_ready_is_empty(ready));
  rj_wakes_call(wakes);
  g_assert_true(rj_ready_is_empty(ready));
  rj_ready_free(ready);
  rj_wakes_free(wakes);
}

/* ---- threads: a handle has events, is listed, is emptied and listed again ---- */

enum { HANDLES = 8, EVENTS = 20000 };

typedef struct {
  rj_ready_node node; /* first */
  atomic_int events;
} handle;

typedef struct {
  rj_ready *ready;
  handle handles[HANDLES];
} world;

static gpointer produce(gpointer user) {
  world *w = (world *)user;
  for (int i = 0; i < EVENTS; i++) {
    handle *h = &w->handles[i % HANDLES];
    if (atomic_fetch_add(&h->events, 1) == 0)
      rj_ready_add(w->ready, &h->node);
  }
  return NULL;
}

static void test_no_handle_is_forgotten(void) {
  static world w;
  rj_wakes *wakes = rj_wakes_new();
  w.ready = rj_ready_new(wakes);
  GThread *producer = g_thread_new("producer", produce, &w);
  int taken = 0;
  while (taken < EVENTS) {
    struct pollfd wanted = {.fd = rj_wake_fd(rj_ready_wake(w.ready)), .events = POLLIN};
    g_assert_cmpint(poll(&wanted, 1, 10000), ==, 1);
    rj_ready_node *node;
    while ((node = rj_ready_next(w.ready)) != NULL)
      taken += atomic_exchange(&((handle *)(void *)node)->events, 0);
  }
  g_thread_join(producer);
  rj_ready_free(w.ready);
  rj_wakes_free(wakes);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ready/order", test_first_in_first_out_each_once);
  g_test_add_func("/ready/remove", test_taken_out_of_any_place);
  g_test_add_func("/ready/wakeup", test_the_wakeup_is_up_while_one_is_listed);
  g_test_add_func("/ready/callback", test_the_callback_may_take);
  g_test_add_func("/ready/race", test_no_handle_is_forgotten);
  return g_test_run();
}
