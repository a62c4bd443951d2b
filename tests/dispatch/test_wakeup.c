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
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
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
  rj_wakes_free(wakes);
}

static void test_a_descriptor_made_late_is_readable_at_once(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
  rj_wake_raise(wake);
  g_assert_true(is_readable(rj_wake_fd(wake)));
  rj_wake_free(wake);
  rj_wakes_free(wakes);
}

static void test_the_descriptor_is_closed_on_exec_and_never_blocks(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
  int fd = rj_wake_fd(wake);
  g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
  rj_wake_free(wake);
  rj_wakes_free(wakes);
  g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1); /* and not left behind */
}

/* ---- the callback ---- */

static void test_the_callback_is_coalesced(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
  atomic_int calls = 0;
  rj_wake_set_callback(wake, count, &calls);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 0);
  rj_wake_raise(wake);
  rj_wake_raise(wake);
  g_assert_true(rj_wakes_are_due(wakes));
  g_assert_cmpint(calls, ==, 0); /* raising calls nobody */
  rj_wakes_call(wakes);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 1);
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 2);
  rj_wake_set_callback(wake, NULL, NULL);
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 2);
  g_assert_false(rj_wake_is_calling());
  rj_wake_free(wake);
  rj_wakes_free(wakes);
}

static void test_lowered_or_stopped_before_its_call_it_is_not_due(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
  atomic_int calls = 0;
  rj_wake_set_callback(wake, count, &calls);
  rj_wake_raise(wake);
  rj_wake_lower(wake);
  g_assert_false(rj_wakes_are_due(wakes));
  rj_wake_raise(wake);
  rj_wake_silence(wake);
  g_assert_false(rj_wakes_are_due(wakes));
  rj_wake_set_callback(wake, count, &calls);
  g_assert_true(rj_wakes_are_due(wakes));
  rj_wakes_stop(wakes);
  g_assert_false(rj_wakes_are_due(wakes));
  rj_wake_lower(wake);
  rj_wake_raise(wake);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 0);
  rj_wake_free(wake);
  rj_wakes_free(wakes);
}

static void test_a_callback_set_late_hears_at_once(void) {
  rj_wakes *wakes = rj_wakes_new();
  rj_wake *wake = rj_wake_new(wakes);
  atomic_int calls = 0;
  rj_wake_raise(wake);
  rj_wakes_call(wakes);
  rj_wake_set_callback(wake, count, &calls);
  rj_wakes_call(wakes);
  g_assert_cmpint(calls, ==, 1);
  rj_wake_free(wake);
  rj_wakes_free(wakes);
}

/* ---- several ---- */

typedef struct {
  rj_wake *wakes[3];
  GString *order;
} several;

static void first_called(void *user) {
  g_string_append_c(((several *)user)->order, 'a');
}

static void second_called(void *user) {
  g_string_append_c(((several *)user)->order, 'b');
}

static void third_called(void *user) {
  g_string_append_c(((several *)user)->order, 'c');
}

static void test_in_the_order_in_which_they_became_due(void) {
  static void (*const callbacks[3])(void *) = {first_called, second_called, third_called};
  rj_wakes *wakes = rj_wakes_new();
  several all = {.order = g_string_new(NULL)};
  for (int i = 0; i < 3; i++) {
    all.wakes[i] = rj_wake_new(wakes);
    rj_wake_set_callback(all.wakes[i], callbacks[i], &all);
  }
  for (int i = 3; i-- > 0;)
    rj_wake_raise(all.wakes[i]);
  rj_wakes_call(wakes);
  g_assert_cmpstr(all.order->str, ==, "cba");
  for (int i = 0; i < 3; i++) {
    rj_wake_lower(all.wakes[i]);
    rj_wake_raise(all.wakes[i]);
  }
  rj_wake_lower(all.wakes[0]);
  rj_wake_raise(all.wakes[0]); /* its turn is the last now */
  rj_wake_free(all.wakes[1]);  /* out of the middle */
  rj_wakes_call(wakes);
  g_assert_cmpstr(all.order->str, ==, "cbaca");
  rj_wake_free(all.wakes[0]);
  rj_wake_free(all.wakes[2]);
  rj_wakes_free(wakes);
  g_string_free(all.order, TRUE);
}

static void free_all(void *user) {
  several *all = (several *)user;
  g_string_append_c(all->order, '!');
  for (int i = 0; i < 3; i++)
    rj_wake_free(all->wakes[i]); /* itself, and those that are due after it */
}

static void test_freed_inside_a_callback(void) {
  rj_wakes *wakes = rj_wakes_new();
  several all = {.order = g_string_new(NULL)};
  for (int i = 0; i < 3; i++) {
    all.wakes[i] = rj_wake_new(wakes);
    rj_wake_set_callback(all.wakes[i], free_all, &all);
    rj_wake_raise(all.wakes[i]);
  }
  rj_wakes_call(wakes);
  g_assert_cmpstr(all.order->str, ==, "!");
  rj_wakes_free(wakes);
  g_string_free(all.order, TRUE);
}

/* ---- a callback and its own wake ---- */

typedef struct {
  rj_wakes *wakes;
  rj_wake *wake;
  atomic_int depth, calls;
} nested;

static void nested_begin(nested *n, void (*callback)(void *user)) {
  *n = (nested){.wakes = rj_wakes_new()};
  n->wake = rj_wake_new(n->wakes);
  rj_wake_set_callback(n->wake, callback, n);
  rj_wake_raise(n->wake);
  rj_wakes_call(n->wakes);
}

static void nested_end(nested *n) {
  rj_wake_free(n->wake);
  rj_wakes_free(n->wakes);
}

static void stop_yourself(void *user) {
  nested *n = (nested *)user;
  n->calls++;
  rj_wake_set_callback(n->wake, NULL, NULL);
}

static void test_a_callback_may_stop_itself(void) {
  nested n;
  nested_begin(&n, stop_yourself);
  rj_wake_lower(n.wake);
  rj_wake_raise(n.wake);
  rj_wakes_call(n.wakes);
  g_assert_cmpint(n.calls, ==, 1);
  nested_end(&n);
}

static void set_yourself(void *user) {
  nested *n = (nested *)user;
  n->calls++;
  rj_wake_set_callback(n->wake, set_yourself, n);
}

static void test_a_callback_that_sets_itself_comes_to_an_end(void) {
  nested n;
  nested_begin(&n, set_yourself);
  g_assert_false(rj_wakes_are_due(n.wakes));
  rj_wake_lower(n.wake);
  rj_wake_raise(n.wake);
  rj_wakes_call(n.wakes);
  g_assert_cmpint(n.calls, ==, 2);
  nested_end(&n);
}

static void raise_again(void *user) {
  nested *n = (nested *)user;
  g_assert_cmpint(atomic_fetch_add(&n->depth, 1), ==, 0); /* never inside itself */
  if (atomic_fetch_add(&n->calls, 1) == 0) {
    rj_wake_lower(n->wake);
    rj_wake_raise(n->wake);
  }
  atomic_fetch_sub(&n->depth, 1);
}

static void test_raised_inside_the_callback_it_is_due_once_more(void) {
  nested n;
  nested_begin(&n, raise_again);
  g_assert_cmpint(n.calls, ==, 1); /* so that rj_wakes_call ends, whatever callbacks do */
  rj_wakes_call(n.wakes);
  g_assert_cmpint(n.calls, ==, 2);
  g_assert_false(rj_wakes_are_due(n.wakes));
  nested_end(&n);
}

/* ---- threads ---- */

typedef struct {
  rj_wakes *wakes;
  rj_wake *wake;
  GThread *caller;
  atomic_bool inside, let_go, done;
} slow;

static void wait_inside(void *user) {
  slow *s = (slow *)user;
  atomic_store(&s->inside, true);
  while (!atomic_load(&s->let_go))
    g_thread_yield();
  atomic_store(&s->done, true);
}

static gpointer call_once(gpointer wakes) {
  rj_wakes_call((rj_wakes *)wakes);
  return NULL;
}

static gpointer let_go(gpointer user) {
  atomic_store(&((slow *)user)->let_go, true);
  return NULL;
}

/* On return another thread is inside the callback. */
static void slow_begin(slow *s, void (*callback)(void *user)) {
  *s = (slow){.wakes = rj_wakes_new()};
  s->wake = rj_wake_new(s->wakes);
  rj_wake_set_callback(s->wake, callback, s);
  rj_wake_raise(s->wake);
  s->caller = g_thread_new("caller", call_once, s->wakes);
  while (!atomic_load(&s->inside))
    g_thread_yield();
}

static void slow_end(slow *s) {
  g_thread_join(s->caller);
  rj_wake_free(s->wake);
  rj_wakes_free(s->wakes);
}

static void test_stopping_waits_for_the_call_that_runs(void) { /* */
  slow s;
  slow_begin(&s, wait_inside);
  GThread *helper = g_thread_new("helper", let_go, &s);
  rj_wake_set_callback(s.wake, NULL, NULL);
  g_assert_true(atomic_load(&s.done));
  g_thread_join(helper);
  slow_end(&s);
}

static void test_stopping_all_waits_too(void) {
  slow s;
  slow_begin(&s, wait_inside);
  GThread *helper = g_thread_new("helper", let_go, &s);
  rj_wakes_stop(s.wakes);
  g_assert_true(atomic_load(&s.done));
  g_thread_join(helper);
  slow_end(&s);
}

static void test_silencing_and_freeing_never_wait(void) { /* */
  slow s;
  slow_begin(&s, wait_inside);
  rj_wake_silence(s.wake);
  rj_wake_free(s.wake);
  s.wake = NULL;
  g_assert_false(atomic_load(&s.done));
  atomic_store(&s.let_go, true);
  rj_wakes_stop(s.wakes); /* also for the callback of one that was freed */
  g_assert_true(atomic_load(&s.done));
  slow_end(&s);
}

typedef struct {
  slow side; /* first */
  slow *other;
} crossing;

/* Each stops the callback that the other is inside of. */
static void stop_the_other(void *user) {
  crossing *c = (crossing *)user;
  atomic_store(&c->side.inside, true);
  while (!atomic_load(&c->other->inside))
    g_thread_yield();
  rj_wake_set_callback(c->other->wake, NULL, NULL);
  atomic_store(&c->side.done, true);
}

static void test_two_callbacks_do_not_wait_for_each_other(void) {
  crossing two[2] = {{.other = &two[1].side}, {.other = &two[0].side}};
  for (int i = 0; i < 2; i++) {
    two[i].side.wakes = rj_wakes_new();
    two[i].side.wake = rj_wake_new(two[i].side.wakes);
    rj_wake_set_callback(two[i].side.wake, stop_the_other, &two[i]);
    rj_wake_raise(two[i].side.wake);
  }
  for (int i = 0; i < 2; i++)
    two[i].side.caller = g_thread_new("caller", call_once, two[i].side.wakes);
  for (int i = 0; i < 2; i++)
    g_thread_join(two[i].side.caller);
  for (int i = 0; i < 2; i++) {
    g_assert_true(two[i].side.done);
    rj_wake_free(two[i].side.wake);
    rj_wakes_free(two[i].side.wakes);
  }
}

enum { ROUNDS = 20000 };

typedef struct {
  rj_wakes *wakes;
  rj_wake *wake;
  atomic_int waiting; /* what a queue would hold */
  atomic_int calls;
  int taken; /* by callbacks */
} race;

static gpointer produce(gpointer user) {
  race *r = (race *)user;
  for (int i = 0; i < ROUNDS; i++) {
    if (atomic_fetch_add(&r->waiting, 1) == 0)
      rj_wake_raise(r->wake);
  }
  return NULL;
}

static void race_begin(race *r, void (*callback)(void *user), void *user) {
  *r = (race){.wakes = rj_wakes_new()};
  r->wake = rj_wake_new(r->wakes);
  rj_wake_set_callback(r->wake, callback, user);
}

static void race_end(race *r) {
  rj_wake_free(r->wake);
  rj_wakes_free(r->wakes);
}

static void test_no_descriptor_is_forgotten(void) {
  race r;
  race_begin(&r, count, &r.calls);
  int fd = rj_wake_fd(r.wake), taken = 0;
  GThread *producer = g_thread_new("producer", produce, &r);
  while (taken < ROUNDS) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    g_assert_cmpint(poll(&wanted, 1, 10000), ==, 1); /* 10 s: it was lost */
    rj_wakes_call(r.wakes);
    rj_wake_lower(r.wake);
    taken += atomic_exchange(&r.waiting, 0);
  }
  g_thread_join(producer);
  g_assert_cmpint(r.calls, >, 0);
  race_end(&r);
}

static void take_all(void *user) {
  race *r = (race *)user;
  rj_wake_lower(r->wake);
  r->taken += atomic_exchange(&r->waiting, 0);
}

static void test_no_callback_is_forgotten(void) {
  race r;
  race_begin(&r, take_all, &r);
  GThread *producer = g_thread_new("producer", produce, &r);
  gint64 limit = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
  while (r.taken < ROUNDS) {
    g_assert_cmpint(g_get_monotonic_time(), <, limit); /* it was lost */
    rj_wakes_call(r.wakes);
  }
  g_thread_join(producer);
  race_end(&r);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wakeup/descriptor", test_the_descriptor_follows);
  g_test_add_func("/wakeup/descriptor-late", test_a_descriptor_made_late_is_readable_at_once);
  g_test_add_func("/wakeup/descriptor-flags",
                  test_the_descriptor_is_closed_on_exec_and_never_blocks);
  g_test_add_func("/wakeup/callback", test_the_callback_is_coalesced);
  g_test_add_func("/wakeup/not-due", test_lowered_or_stopped_before_its_call_it_is_not_due);
  g_test_add_func("/wakeup/callback-late", test_a_callback_set_late_hears_at_once);
  g_test_add_func("/wakeup/order", test_in_the_order_in_which_they_became_due);
  g_test_add_func("/wakeup/freed-inside", test_freed_inside_a_callback);
  g_test_add_func("/wakeup/callback-stops-itself", test_a_callback_may_stop_itself);
  g_test_add_func("/wakeup/callback-sets-itself", test_a_callback_that_sets_itself_comes_to_an_end);
  g_test_add_func("/wakeup/callback-nested", test_raised_inside_the_callback_it_is_due_once_more);
  g_test_add_func("/wakeup/stop-waits", test_stopping_waits_for_the_call_that_runs);
  g_test_add_func("/wakeup/stop-all-waits", test_stopping_all_waits_too);
  g_test_add_func("/wakeup/silence", test_silencing_and_freeing_never_wait);
  g_test_add_func("/wakeup/crossing", test_two_callbacks_do_not_wait_for_each_other);
  g_test_add_func("/wakeup/race-descriptor", test_no_descriptor_is_forgotten);
  g_test_add_func("/wakeup/race-callback", test_no_callback_is_forgotten);
  return g_test_run();
}
