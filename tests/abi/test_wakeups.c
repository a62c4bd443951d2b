/* Wakeup callbacks: when they come, and that everything may be called in them, in a real and in a
 * simulated runtime. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "abi/scene.h"

typedef struct {
  scene s;
  rj_client *client;
  GThread *thread;      /* the test's */
  pthread_mutex_t lock; /* the app's */
  atomic_int calls, events, joined;
  atomic_bool inside, let_go, done;
} stage;

static void begin(stage *st, bool real) {
  *st = (stage){.thread = g_thread_self()};
  if (real)
    scene_begin_real(&st->s);
  else
    scene_begin(&st->s, 1);
  st->client = scene_client(&st->s);
  pthread_mutex_init(&st->lock, NULL);
}

/* The client, unless the test freed it, and the rest. */
static void end(stage *st) {
  rj_client_free(st->client);
  scene_end(&st->s);
  pthread_mutex_destroy(&st->lock);
}

static void join(stage *st) {
  g_assert_cmpint(rj_client_join_channel(st->client, NULL, "demo", 1), ==, RJ_OK);
}

static void count(void *user) {
  atomic_fetch_add(&((stage *)user)->calls, 1);
}

/* ---- every call ---- */

static void on_event(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  (void)client;
  st->events++;
  if (event->kind == RJ_EVENT_DID_JOIN_CHANNEL)
    st->joined++;
}

static void call_what_waits(stage *st) {
  g_assert_cmpint(rj_runtime_run(st->s.runtime, 1000 * SECOND, 0), ==, RJ_ERR_INVALID_STATE);
  g_assert_cmpstr(rj_runtime_error_text(st->s.runtime), ==,
                  "rj_runtime_run inside a listener or a wakeup callback; let it return first");
  g_test_expect_message("rejoin", G_LOG_LEVEL_CRITICAL, "*nothing was freed*");
  rj_runtime_free(st->s.runtime);
  g_test_assert_expected_messages();
}

static void call_everything_else(stage *st) {
  rj_client *other = NULL;
  rj_edge *edge = NULL;
  rj_stats stats = {.size = sizeof stats};
  rj_faults faults = {.size = sizeof faults};
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  size_t members;
  uint32_t uid;
  g_assert_cmpint(rj_runtime_now(st->s.runtime), >, 0);
  g_assert_cmpint(rj_client_last_heard(st->client), >, 0);
  g_assert_cmpint(rj_client_stats(st->client, &stats), ==, RJ_OK);
  g_assert_cmpint(rj_client_set_faults(st->client, RJ_DIRECTION_UP, &faults), ==, RJ_OK);
  g_assert_cmpint(rj_client_set_client_role(st->client, RJ_ROLE_BROADCASTER), ==, RJ_OK);
  g_assert_cmpint(rj_client_set_listener(st->client, &listener, st, NULL), ==, RJ_OK);
  g_assert_cmpint(rj_client_event_fd(st->client), >=, 0);
  g_assert_cmpint(rj_runtime_event_fd(st->s.runtime), >=, 0);
  g_assert_cmpint(rj_edge_members(st->s.edge, NULL, "demo", &uid, 1, &members), ==, RJ_OK);
  g_assert_cmpuint(members, ==, 1);
  g_assert_cmpint(rj_client_new(st->s.runtime, &st->s.options, &other), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(other, NULL, "demo", 9), ==, RJ_OK);
  rj_client_free(other);
  g_assert_cmpint(rj_edge_new(st->s.runtime, NULL, &edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_crash(edge), ==, RJ_OK);
  g_assert_cmpint(rj_edge_restart(edge), ==, RJ_OK);
  rj_edge_free(edge); /* closes sockets, which waits for the poll of the real thread */
}

/* Joins a second time after a first stay, then frees the client; all of it in here. */
static void live_in_callbacks(stage *st) {
  g_assert_true((st->thread == g_thread_self()) == scene_is_simulated(&st->s));
  g_assert_false(st->done);
  g_assert_cmpint(rj_client_dispatch(st->client, 0), >, 0);
  int32_t state = rj_client_connection_state(st->client);
  if (state == RJ_STATE_DISCONNECTED) {
    g_assert_cmpint(rj_client_join_channel(st->client, NULL, "demo", 2), ==, RJ_OK);
  } else if (st->joined == 1 && state == RJ_STATE_CONNECTED) {
    call_what_waits(st);
    call_everything_else(st);
    g_assert_cmpint(rj_client_leave_channel(st->client), ==, RJ_OK);
  } else if (st->joined == 2) {
    g_assert_cmpint(rj_client_leave_channel(st->client), ==, RJ_OK);
    rj_client_free(st->client);
    st->client = NULL;
    st->done = true;
  }
}

static void clients_wakeup(void *user) {
  stage *st = (stage *)user;
  g_assert_cmpint(rj_client_set_wakeup(st->client, clients_wakeup, st), ==, RJ_OK);
  live_in_callbacks(st);
}

static void runtimes_wakeup(void *user) {
  stage *st = (stage *)user;
  rj_client *ready = NULL;
  g_assert_cmpint(rj_runtime_set_wakeup(st->s.runtime, runtimes_wakeup, st), ==, RJ_OK);
  g_assert_cmpint(rj_runtime_next_ready(st->s.runtime, &ready), ==, 1); /* there is one alone */
  g_assert_true(ready == st->client);
  live_in_callbacks(st);
}

static void test_a_whole_life_in_callbacks(bool real, bool clients) {
  stage st;
  begin(&st, real);
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  g_assert_cmpint(rj_client_set_listener(st.client, &listener, &st, NULL), ==, RJ_OK);
  if (clients)
    g_assert_cmpint(rj_client_set_wakeup(st.client, clients_wakeup, &st), ==, RJ_OK);
  else
    g_assert_cmpint(rj_runtime_set_wakeup(st.s.runtime, runtimes_wakeup, &st), ==, RJ_OK);
  join(&st);
  scene_wait(&st.s, &st.done);
  g_assert_cmpint(st.joined, ==, 2);
  g_assert_cmpint(st.events, ==, 8); /* of two stays, but for the last leave */
  end(&st);
}

static void test_everything_clients_real(void) { /* R-4 R-5 */
  test_a_whole_life_in_callbacks(true, true);
}

static void test_everything_runtimes_real(void) {
  test_a_whole_life_in_callbacks(true, false);
}

static void test_everything_clients_simulated(void) {
  test_a_whole_life_in_callbacks(false, true);
}

static void test_everything_runtimes_simulated(void) {
  test_a_whole_life_in_callbacks(false, false);
}

/* ---- the app's own locks ---- */

static void take_the_lock(void *user) {
  stage *st = (stage *)user;
  atomic_store(&st->inside, true);
  pthread_mutex_lock(&st->lock);
  st->calls++;
  pthread_mutex_unlock(&st->lock);
}

/* What an app calls while it holds its lock and a callback waits for that. */
static void call_under_the_lock(stage *st) {
  rj_event event = {.size = sizeof event};
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  rj_client *other = scene_client(&st->s);
  g_assert_cmpint(rj_client_set_wakeup(other, take_the_lock, st), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(other, NULL, "demo", 2), ==, RJ_OK);
  g_assert_cmpint(rj_client_set_listener(other, &listener, st, NULL), ==, RJ_OK);
  g_assert_cmpint(rj_client_dispatch(other, 0), ==, 1);
  g_assert_cmpint(rj_client_set_wakeup(other, NULL, NULL), ==, RJ_OK);
  rj_client_free(other);
  g_assert_cmpint(rj_client_next_event(st->client, &event), ==, 1);
  g_assert_cmpint(rj_client_leave_channel(st->client), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(st->client, NULL, "demo", 1), ==, RJ_OK);
  rj_client_free(st->client); /* never waits, not for its callback either */
  st->client = NULL;
  g_assert_cmpint(st->calls, ==, 0);
}

static void wait_until_inside(stage *st) {
  while (!atomic_load(&st->inside))
    g_thread_yield();
}

static void test_a_callback_waits_for_the_apps_lock_real(void) {
  stage st;
  begin(&st, true);
  pthread_mutex_lock(&st.lock);
  g_assert_cmpint(rj_client_set_wakeup(st.client, take_the_lock, &st), ==, RJ_OK);
  join(&st); /* not inside of this call */
  wait_until_inside(&st);
  call_under_the_lock(&st);
  pthread_mutex_unlock(&st.lock);
  end(&st); /* the runtime waits for the callback */
  g_assert_cmpint(st.calls, ==, 1);
}

static gpointer run_a_second(gpointer user) {
  scene_run(&((stage *)user)->s, 1);
  return NULL;
}

static void test_a_callback_waits_for_the_apps_lock_simulated(void) {
  stage st;
  begin(&st, false);
  pthread_mutex_lock(&st.lock);
  g_assert_cmpint(rj_client_set_wakeup(st.client, take_the_lock, &st), ==, RJ_OK);
  join(&st);
  GThread *runner = g_thread_new("runner", run_a_second, &st);
  wait_until_inside(&st);
  g_assert_cmpint(rj_runtime_run(st.s.runtime, SECOND, 0), ==, RJ_ERR_INVALID_STATE);
  g_assert_cmpstr(rj_runtime_error_text(st.s.runtime), ==,
                  "another thread is running this runtime");
  call_under_the_lock(&st);
  pthread_mutex_unlock(&st.lock);
  g_thread_join(runner);
  g_assert_cmpint(st.calls, ==, 1);
  end(&st);
}

/* ---- what waits for a callback ---- */

static void wait_inside(void *user) {
  stage *st = (stage *)user;
  atomic_store(&st->inside, true);
  while (!atomic_load(&st->let_go))
    g_thread_yield();
  atomic_store(&st->done, true);
}

static gpointer let_go(gpointer user) {
  atomic_store(&((stage *)user)->let_go, true);
  return NULL;
}

static void test_stopping_waits_for_the_call_that_runs(void) { /* */
  stage st;
  begin(&st, true);
  g_assert_cmpint(rj_client_set_wakeup(st.client, wait_inside, &st), ==, RJ_OK);
  join(&st);
  wait_until_inside(&st);
  GThread *helper = g_thread_new("helper", let_go, &st);
  g_assert_cmpint(rj_client_set_wakeup(st.client, NULL, NULL), ==, RJ_OK);
  g_assert_true(st.done);
  g_thread_join(helper);
  end(&st);
}

static void wait_for_the_end(void *user) {
  stage *st = (stage *)user;
  atomic_store(&st->inside, true);
  while (rj_client_leave_channel(st->client) == RJ_OK)
    g_thread_yield();
  g_assert_cmpint(rj_client_leave_channel(st->client), ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpint(rj_runtime_now(st->s.runtime), ==, 0);
  atomic_store(&st->done, true);
}

static void free_what_is_left(stage *st) {
  rj_client_free(st->client);
  rj_edge_free(st->s.edge);
  pthread_mutex_destroy(&st->lock);
}

static void test_the_runtime_goes_while_a_callback_runs_real(void) {
  stage st;
  begin(&st, true);
  g_assert_cmpint(rj_runtime_set_wakeup(st.s.runtime, wait_for_the_end, &st), ==, RJ_OK);
  join(&st);
  wait_until_inside(&st);
  rj_runtime_free(st.s.runtime);
  g_assert_true(st.done);
  free_what_is_left(&st);
}

static gpointer free_the_runtime(gpointer user) {
  stage *st = (stage *)user;
  wait_until_inside(st);
  rj_runtime_free(st->s.runtime);
  g_assert_true(atomic_load(&st->done));
  return NULL;
}

static void test_the_runtime_goes_while_a_callback_runs_simulated(void) {
  stage st;
  begin(&st, false);
  g_assert_cmpint(rj_client_set_wakeup(st.client, wait_for_the_end, &st), ==, RJ_OK);
  join(&st);
  GThread *thread = g_thread_new("free", free_the_runtime, &st);
  g_assert_cmpint(rj_runtime_run(st.s.runtime, SECOND, 0), ==, RJ_ERR_NOT_INITIALIZED);
  g_thread_join(thread);
  free_what_is_left(&st);
}

/* ---- when they come ---- */

static void test_coalesced_and_never_inside_a_call(void) { /* */
  stage st;
  begin(&st, false);
  g_assert_cmpint(rj_client_set_wakeup(st.client, count, &st), ==, RJ_OK);
  join(&st);
  g_assert_cmpint(st.calls, ==, 0);
  scene_run(&st.s, 1);
  g_assert_cmpint(st.calls, ==, 1); /* three events wait */
  scene_drain(st.client);
  g_assert_cmpint(rj_client_leave_channel(st.client), ==, RJ_OK);
  scene_run(&st.s, 0); /* time need not pass */
  g_assert_cmpint(st.calls, ==, 2);
  g_assert_cmpint(rj_client_set_wakeup(st.client, count, &st), ==, RJ_OK);
  scene_run(&st.s, 0);
  g_assert_cmpint(st.calls, ==, 3); /* set while events wait */
  scene_drain(st.client);
  join(&st);
  rj_client_free(st.client); /* while it is due */
  st.client = NULL;
  scene_run(&st.s, 30);
  g_assert_cmpint(st.calls, ==, 3);
  end(&st);
}

static void test_running_stops_when_the_callback_leaves_events(void) {
  stage st;
  begin(&st, false);
  g_assert_cmpint(rj_runtime_set_wakeup(st.s.runtime, count, &st), ==, RJ_OK);
  join(&st);
  g_assert_cmpint(rj_runtime_run(st.s.runtime, SECOND, 1), ==, 1);
  g_assert_cmpint(st.calls, ==, 1); /* called although nothing had to run */
  g_assert_cmpint(rj_runtime_now(st.s.runtime), ==, 0);
  scene_drain(st.client);
  g_assert_cmpint(rj_runtime_run(st.s.runtime, SECOND, 1), ==, 1);
  g_assert_cmpint(st.calls, ==, 2);
  g_assert_cmpint(rj_runtime_now(st.s.runtime), <, SECOND);
  end(&st);
}

static void drain(void *user) {
  stage *st = (stage *)user;
  st->calls++;
  st->events += scene_drain(st->client);
}

static void test_running_goes_on_when_the_callback_takes_them(void) {
  stage st;
  begin(&st, false);
  g_assert_cmpint(rj_client_set_wakeup(st.client, drain, &st), ==, RJ_OK);
  join(&st);
  g_assert_cmpint(rj_runtime_run(st.s.runtime, SECOND, 1), ==, 0);
  g_assert_cmpint(rj_runtime_now(st.s.runtime), ==, SECOND);
  g_assert_cmpint(st.events, ==, 3);
  g_assert_cmpint(st.calls, ==, 2); /* for CONNECTING, and for the rest */
  end(&st);
}

static void never_content(void *user) {
  stage *st = (stage *)user;
  drain(st);
  g_assert_cmpint(rj_client_leave_channel(st->client), ==, RJ_OK);
  join(st);
}

static void test_a_callback_that_is_always_due_does_not_hold_time_up(void) {
  stage st;
  begin(&st, false);
  g_assert_cmpint(rj_client_set_wakeup(st.client, never_content, &st), ==, RJ_OK);
  join(&st);
  scene_run(&st.s, 0.1);
  g_assert_cmpint(rj_runtime_now(st.s.runtime), ==, SECOND / 10);
  g_assert_cmpint(st.calls, >=, 100); /* about once in each tick */
  g_assert_cmpint(st.calls, <=, 110);
  end(&st);
}

/* Cut, rejoined and left; all events as text, taken in the callback or afterwards. */
static void keep_events(rj_client *client, GString *log) {
  rj_event event = {.size = sizeof event};
  while (rj_client_next_event(client, &event) == 1)
    g_string_append_printf(log, "%" G_GINT64_FORMAT " %s %d %d\n", event.time_ns,
                           rj_event_name(event.kind), event.state, event.reason);
}

typedef struct {
  rj_client *client;
  GString *log;
} keeper;

static void keep(void *user) {
  keeper *k = (keeper *)user;
  keep_events(k->client, k->log);
}

static char *story(bool in_callbacks) {
  scene s;
  scene_begin(&s, 5);
  keeper k = {scene_client(&s), g_string_new(NULL)};
  if (in_callbacks)
    g_assert_cmpint(rj_client_set_wakeup(k.client, keep, &k), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(k.client, NULL, "demo", 1), ==, RJ_OK);
  scene_run(&s, 3);
  scene_cut(k.client);
  scene_run(&s, 15);
  scene_heal(k.client);
  scene_run(&s, 20);
  g_assert_cmpint(rj_client_leave_channel(k.client), ==, RJ_OK);
  scene_run(&s, 1);
  keep_events(k.client, k.log);
  rj_client_free(k.client);
  scene_end(&s);
  return g_string_free(k.log, FALSE);
}

static void test_callbacks_change_nothing_in_a_simulation(void) {
  char *without = story(false), *with = story(true);
  g_assert_nonnull(g_strstr_len(without, -1, "did_rejoin_channel"));
  g_assert_cmpstr(with, ==, without);
  g_free(without);
  g_free(with);
}

/* ---- due without anything that happens in the host ---- */

static void wait_for_calls(stage *st, int calls) {
  gint64 limit = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
  while (atomic_load(&st->calls) < calls && g_get_monotonic_time() < limit)
    g_usleep(1000);
  g_assert_cmpint(st->calls, ==, calls);
}

static void test_the_real_thread_is_told(void) {
  stage st;
  begin(&st, true);
  rj_client *ready = NULL;
  rj_listener listener = {.size = sizeof listener, .any_event = on_event};
  g_assert_cmpint(rj_client_set_listener(st.client, &listener, &st, NULL), ==, RJ_OK);
  join(&st);
  g_assert_cmpint(rj_client_leave_channel(st.client), ==, RJ_OK); /* three events wait */
  g_usleep(50000);                                                /* nothing happens any more */
  g_assert_cmpint(rj_runtime_set_wakeup(st.s.runtime, count, &st), ==, RJ_OK);
  wait_for_calls(&st, 1);
  g_assert_cmpint(rj_runtime_next_ready(st.s.runtime, &ready), ==, 1);
  g_assert_cmpint(rj_client_dispatch(ready, 1), ==, 1); /* leaves two */
  wait_for_calls(&st, 2);
  g_assert_cmpint(rj_client_set_wakeup(st.client, count, &st), ==, RJ_OK);
  wait_for_calls(&st, 3);
  end(&st);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wakeups/everything/client/real", test_everything_clients_real);
  g_test_add_func("/wakeups/everything/client/simulated", test_everything_clients_simulated);
  g_test_add_func("/wakeups/everything/runtime/real", test_everything_runtimes_real);
  g_test_add_func("/wakeups/everything/runtime/simulated", test_everything_runtimes_simulated);
  g_test_add_func("/wakeups/lock/real", test_a_callback_waits_for_the_apps_lock_real);
  g_test_add_func("/wakeups/lock/simulated", test_a_callback_waits_for_the_apps_lock_simulated);
  g_test_add_func("/wakeups/stop-waits", test_stopping_waits_for_the_call_that_runs);
  g_test_add_func("/wakeups/runtime-goes/real", test_the_runtime_goes_while_a_callback_runs_real);
  g_test_add_func("/wakeups/runtime-goes/simulated",
                  test_the_runtime_goes_while_a_callback_runs_simulated);
  g_test_add_func("/wakeups/coalesced", test_coalesced_and_never_inside_a_call);
  g_test_add_func("/wakeups/run-stops", test_running_stops_when_the_callback_leaves_events);
  g_test_add_func("/wakeups/run-goes-on", test_running_goes_on_when_the_callback_takes_them);
  g_test_add_func("/wakeups/always-due", test_a_callback_that_is_always_due_does_not_hold_time_up);
  g_test_add_func("/wakeups/same-simulation", test_callbacks_change_nothing_in_a_simulation);
  g_test_add_func("/wakeups/told", test_the_real_thread_is_told);
  return g_test_run();
}
