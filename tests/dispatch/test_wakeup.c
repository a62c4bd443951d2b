/* The wakeup: coalesced, by descriptor and by callback; as eventfd and, built with RJ_WAKE_PIPE, as
 * a pipe. */
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "dispatch/wakeup.h"

static bool is_readable(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  return poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLIN) != 0;
}

static void count(void *user) {
  g_assert_true(rj_wake_is_calling());
  atomic_fetch_add((atomic_int *)user, 1);
}

/* ---- the descriptor ---- */

static void test_the_descriptor_follows(void) {
  rj_wake *wake = rj_wake_new();
  int fd = rj_wake_fd(wake);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(rj_wake_fd(wake), ==, fd);
  g_assert_false(is_readable(fd));
  rj_wake_raise(wake);
  rj_wake_raise(wake);
  g_assert_true(is_readable(fd));
  rj_wake_lower(wake); /* one is enough, however often it was raised */
  g_assert_false(is_readable(fd));
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  g_assert_true(is_readable(fd));
  rj_wake_free(wake);
}

static void test_a_descriptor_made_late_is_readable_at_once(void) {
  rj_wake *wake = rj_wake_new();
  rj_wake_raise(wake);
  g_assert_true(is_readable(rj_wake_fd(wake)));
  rj_wake_free(wake);
}

static void test_the_descriptor_is_closed_on_exec_and_never_blocks(void) {
  rj_wake *wake = rj_wake_new();
  int fd = rj_wake_fd(wake);
  g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
  rj_wake_free(wake);
  g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1); /* and not left behind */
}

/* ---- the callback ---- */

static void test_the_callback_is_coalesced(void) {
  rj_wake *wake = rj_wake_new();
  atomic_int calls = 0;
  rj_wake_set_callback(wake, count, &calls);
  g_assert_cmpint(calls, ==, 0);
  rj_wake_raise(wake);
  rj_wake_raise(wake);
  g_assert_cmpint(calls, ==, 1);
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  g_assert_cmpint(calls, ==, 2);
  rj_wake_set_callback(wake, NULL, NULL);
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  g_assert_cmpint(calls, ==, 2);
  g_assert_false(rj_wake_is_calling());
  rj_wake_free(wake);
}

static void test_a_callback_set_late_hears_at_once(void) {
  rj_wake *wake = rj_wake_new();
  atomic_int calls = 0;
  rj_wake_raise(wake);
  rj_wake_set_callback(wake, count, &calls);
  g_assert_cmpint(calls, ==, 1);
  rj_wake_free(wake);
}

static void stop_yourself(void *user) {
  rj_wake_set_callback((rj_wake *)user, NULL, NULL);
}

static void test_a_callback_may_stop_itself(void) {
  rj_wake *wake = rj_wake_new();
  rj_wake_set_callback(wake, stop_yourself, wake);
  rj_wake_raise(wake);
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  rj_wake_free(wake);
}

typedef struct {
  rj_wake *wake;
  atomic_int depth, calls;
} nested;

static void raise_again(void *user) {
  nested *n = (nested *)user;
  g_assert_cmpint(atomic_fetch_add(&n->depth, 1), ==, 0); /* never inside itself */
  if (atomic_fetch_add(&n->calls, 1) == 0) {
    rj_wake_lower(n->wake);
    rj_wake_raise(n->wake);
  }
  atomic_fetch_sub(&n->depth, 1);
}

static void test_raised_inside_the_callback_it_comes_once_more(void) {
  nested n = {.wake = rj_wake_new()};
  rj_wake_set_callback(n.wake, raise_again, &n);
  rj_wake_raise(n.wake);
  g_assert_cmpint(n.calls, ==, 2);
  rj_wake_free(n.wake);
}

/* ---- threads ---- */

typedef struct {
  atomic_bool inside, let_go, done;
} slow;

static void wait_inside(void *user) {
  slow *s = (slow *)user;
  atomic_store(&s->inside, true);
  while (!atomic_load(&s->let_go))
    g_thread_yield();
  atomic_store(&s->done, true);
}

static gpointer raise_once(gpointer wake) {
  rj_wake_raise((rj_wake *)wake);
  return NULL;
}

static gpointer let_go(gpointer user) {
  atomic_store(&((slow *)user)->let_go, true);
  return NULL;
}

static void test_stopping_waits_for_the_call_that_runs(void) { /* */
  slow s = {0};
  rj_wake *wake = rj_wake_new();
  rj_wake_set_callback(wake, wait_inside, &s);
  GThread *raiser = g_thread_new("raiser", raise_once, wake);
  while (!atomic_load(&s.inside))
    g_thread_yield();
  GThread *helper = g_thread_new("helper", let_go, &s);
  rj_wake_set_callback(wake, NULL, NULL);
  g_assert_true(atomic_load(&s.done));
  g_thread_join(helper);
  g_thread_join(raiser);
  rj_wake_free(wake);
}

enum { ROUNDS = 20000 };

typedef struct {
  rj_wake *wake;
  atomic_int waiting; /* what a queue would hold */
  atomic_int calls;
} race;

static gpointer produce(gpointer user) {
  race *r = (race *)user;
  for (int i = 0; i < ROUNDS; i++) {
    if (atomic_fetch_add(&r->waiting, 1) == 0)
      rj_wake_raise(r->wake);
  }
  return NULL;
}

static void test_no_wakeup_is_lost(void) {
  race r = {.wake = rj_wake_new()};
  int fd = rj_wake_fd(r.wake), taken = 0;
  rj_wake_set_callback(r.wake, count, &r.calls);
  GThread *producer = g_thread_new("producer", produce, &r);
  while (taken < ROUNDS) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    g_assert_cmpint(poll(&wanted, 1, 10000), ==, 1); /* 10 s: it was lost */
    rj_wake_lower(r.wake);
    taken += atomic_exchange(&r.waiting, 0);
  }
  g_thread_join(producer);
  g_assert_cmpint(r.calls, >, 0);
  rj_wake_free(r.wake);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wakeup/descriptor", test_the_descriptor_follows);
  g_test_add_func("/wakeup/descriptor-late", test_a_descriptor_made_late_is_readable_at_once);
  g_test_add_func("/wakeup/descriptor-flags",
                  test_the_descriptor_is_closed_on_exec_and_never_blocks);
  g_test_add_func("/wakeup/callback", test_the_callback_is_coalesced);
  g_test_add_func("/wakeup/callback-late", test_a_callback_set_late_hears_at_once);
  g_test_add_func("/wakeup/callback-stops-itself", test_a_callback_may_stop_itself);
  g_test_add_func("/wakeup/callback-nested", test_raised_inside_the_callback_it_comes_once_more);
  g_test_add_func("/wakeup/stop-waits", test_stopping_waits_for_the_call_that_runs);
  g_test_add_func("/wakeup/race", test_no_wakeup_is_lost);
  return g_test_run();
}
