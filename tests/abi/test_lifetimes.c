/* Who may go when: frees inside listeners and beside them, destroy notifiers, a runtime that goes
 * first, and calls inside listeners. */
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "abi/scene.h"

typedef struct {
  scene s;
  rj_client *client;
  int events, destroyed;
  GThread *destroyed_on;
  const rj_event *last; /* only to compare */
} stage;

static void begin(stage *st) {
  *st = (stage){0};
  scene_begin(&st->s, 1);
  st->client = scene_client(&st->s);
}

static void destroy(void *user) {
  stage *st = (stage *)user;
  st->destroyed++;
  st->destroyed_on = g_thread_self();
}

static void listen(stage *st, void (*any_event)(rj_client *, const rj_event *, void *)) {
  rj_listener listener = {.size = sizeof listener, .any_event = any_event};
  g_assert_cmpint(rj_client_set_listener(st->client, &listener, st, destroy), ==, RJ_OK);
}

static void count(rj_client *client, const rj_event *event, void *user) {
  (void)client;
  (void)event;
  ((stage *)user)->events++;
}

/* Three events wait: SM(2,0), SM(3,1), did_join_channel. */
static void join(stage *st) {
  g_assert_cmpint(rj_client_join_channel(st->client, NULL, "demo", 1), ==, RJ_OK);
  scene_run(&st->s, 1);
}

/* ---- calls inside a listener ---- */

static void call_everything(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  rj_stats stats = {.size = sizeof stats};
  rj_event next = {.size = sizeof next};
  rj_client *other = NULL, *ready = NULL;
  if (st->events++ > 0)
    return;
  g_assert_cmpint(event->state, ==, RJ_STATE_CONNECTING);
  g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_CONNECTED); /* S-24 */
  g_assert_cmpint(rj_client_dispatch(client, 0), ==, RJ_ERR_INVALID_STATE);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "dispatch while this client's listener runs, here or on another thread; let it "
                  "return first");
  g_assert_cmpint(rj_runtime_run(st->s.runtime, 100 * SECOND, 0), ==, RJ_ERR_INVALID_STATE);
  g_assert_cmpstr(rj_runtime_error_text(st->s.runtime), ==,
                  "rj_runtime_run inside a listener or a wakeup callback; let it return first");
  g_assert_cmpint(rj_client_stats(client, &stats), ==, RJ_OK);
  g_assert_cmpint(rj_client_last_heard(client), >, 0);
  g_assert_cmpint(rj_client_new(st->s.runtime, &st->s.options, &other), ==, RJ_OK);
  g_assert_cmpint(rj_client_join_channel(other, NULL, "demo", 2), ==, RJ_OK);
  g_assert_cmpint(rj_runtime_next_ready(st->s.runtime, &ready), ==, 1);
  g_assert_cmpint(rj_client_next_event(client, &next), ==, 1); /* SM(3,1) is taken here */
  g_assert_cmpint(next.state, ==, RJ_STATE_CONNECTED);
  g_assert_cmpint(rj_client_leave_channel(client), ==, RJ_OK);
  rj_client_free(other);
}

static void test_every_call_is_legal_inside_but_dispatch_and_waits(void) { /* R-1 R-4 S-24 */
  stage st;
  begin(&st);
  listen(&st, call_everything);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 3); /* as many as waited … */
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 1); /* … and what came of the calls */
  scene_expect_nothing(st.client);
  g_assert_cmpint(st.events, ==, 4);
  rj_client_free(st.client);
  scene_end(&st.s);
}

static void free_the_runtime(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  (void)client;
  (void)event;
  if (st->events++ > 0)
    return;
  g_test_expect_message("rejoin", G_LOG_LEVEL_CRITICAL, "*nothing was freed*");
  rj_runtime_free(st->s.runtime);
  g_test_assert_expected_messages();
  g_assert_cmpstr(rj_runtime_error_text(st->s.runtime), ==,
                  "rj_runtime_free inside a listener or a wakeup callback; nothing was freed");
}

static void test_the_runtime_is_not_freed_inside(void) {
  stage st;
  begin(&st);
  listen(&st, free_the_runtime);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 3); /* everything goes on */
  scene_run(&st.s, 1);
  rj_client_free(st.client);
  scene_end(&st.s);
}

/* Dispatching another client inside a listener is a legal call. */
static void dispatch_the_other(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  (void)event;
  if (st->events++ == 0 && client != st->client)
    g_assert_cmpint(rj_client_dispatch(st->client, 0), ==, 3);
}

static void test_another_client_may_be_dispatched_inside(void) {
  stage st;
  begin(&st);
  listen(&st, dispatch_the_other);
  join(&st);
  rj_client *other = scene_client(&st.s);
  rj_listener listener = {.size = sizeof listener, .any_event = dispatch_the_other};
  rj_client_set_listener(other, &listener, &st, NULL);
  rj_client_join_channel(other, NULL, "elsewhere", 2);
  g_assert_cmpint(rj_client_dispatch(other, 0), ==, 1);
  g_assert_cmpint(st.events, ==, 4);
  rj_client_free(other);
  rj_client_free(st.client);
  scene_end(&st.s);
}

/* ---- freed inside its own listener ---- */

static void free_it(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  g_assert_cmpint(st->events++, ==, 0);
  rj_client_free(client);
  g_assert_cmpint(st->destroyed, ==, 0);                  /* not while this function runs */
  g_assert_cmpint(event->state, ==, RJ_STATE_CONNECTING); /* the event is still there */
}

static void must_not_come(rj_client *client, int32_t old_state, int32_t state, int32_t reason,
                          void *user) {
  (void)client;
  (void)old_state;
  (void)state;
  (void)reason;
  (void)user;
  g_assert_not_reached();
}

static void test_freed_inside_a_callback_that_is_the_last(void) { /* R-5 S-30 */
  stage st;
  begin(&st);
  rj_listener listener = {.size = sizeof listener,
                          .any_event = free_it,
                          .connection_changed = must_not_come}; /* of the same event */
  rj_client_set_listener(st.client, &listener, &st, destroy);
  rj_client *two = scene_member(&st.s, 2);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 1);
  g_assert_cmpint(st.events, ==, 1);
  g_assert_cmpint(st.destroyed, ==, 1);
  scene_run(&st.s, 1);
  g_assert_cmpuint(scene_expect(two, RJ_EVENT_USER_JOINED)->uid, ==, 1);
  g_assert_cmpint(scene_expect(two, RJ_EVENT_USER_OFFLINE)->reason, ==, RJ_OFFLINE_QUIT);
  rj_client_free(two);
  scene_end(&st.s);
}

static void free_it_in_its_own_function(rj_client *client, int32_t old_state, int32_t state,
                                        int32_t reason, void *user) {
  (void)old_state;
  (void)state;
  (void)reason;
  ((stage *)user)->events++;
  rj_client_free(client);
}

static void test_freed_inside_the_events_own_function(void) { /* */
  stage st;
  begin(&st);
  rj_listener listener = {.size = sizeof listener,
                          .connection_changed = free_it_in_its_own_function};
  rj_client_set_listener(st.client, &listener, &st, destroy);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 1);
  g_assert_cmpint(st.events, ==, 1);
  g_assert_cmpint(st.destroyed, ==, 1);
  scene_end(&st.s);
}

/* ---- freed while another thread dispatches ---- */

typedef struct {
  stage st; /* first */
  atomic_bool inside, freed;
  int32_t delivered;
  GThread *dispatcher;
} two_threads;

static void wait_for_the_free(rj_client *client, const rj_event *event, void *user) {
  two_threads *t = (two_threads *)user;
  (void)client;
  (void)event;
  g_assert_cmpint(t->st.events++, ==, 0);
  atomic_store(&t->inside, true);
  while (!atomic_load(&t->freed))
    g_thread_yield();
  g_assert_cmpint(t->st.destroyed, ==, 0);
}

static gpointer dispatch_all(gpointer user) {
  two_threads *t = (two_threads *)user;
  t->dispatcher = g_thread_self();
  t->delivered = rj_client_dispatch(t->st.client, 0);
  return NULL;
}

static void test_freed_while_another_thread_dispatches(void) { /* */
  two_threads t = {.delivered = -1};
  begin(&t.st);
  listen(&t.st, wait_for_the_free);
  join(&t.st);
  GThread *thread = g_thread_new("dispatch", dispatch_all, &t);
  while (!atomic_load(&t.inside))
    g_thread_yield();
  g_assert_cmpint(rj_client_dispatch(t.st.client, 0), ==, RJ_ERR_INVALID_STATE);
  rj_client_free(t.st.client); /* never waits: the listener waits for it */
  atomic_store(&t.freed, true);
  g_thread_join(thread);
  g_assert_cmpint(t.delivered, ==, 1);
  g_assert_cmpint(t.st.destroyed, ==, 1);
  g_assert_true(t.st.destroyed_on == t.dispatcher);
  scene_end(&t.st.s);
}

/* ---- destroy notifiers ---- */

static void test_destroy_runs_once_on_replacement_and_on_free(void) {
  stage st;
  begin(&st);
  listen(&st, count);
  listen(&st, count);
  g_assert_cmpint(st.destroyed, ==, 1);
  g_assert_true(st.destroyed_on == g_thread_self());
  rj_listener bad = {.size = 3};
  g_assert_cmpint(rj_client_set_listener(st.client, &bad, &st, destroy), ==,
                  RJ_ERR_INVALID_ARGUMENT);
  g_assert_cmpint(st.destroyed, ==, 1); /* not on failure, and the old one stays */
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 3);
  g_assert_cmpint(rj_client_set_listener(st.client, NULL, NULL, NULL), ==, RJ_OK);
  g_assert_cmpint(st.destroyed, ==, 2);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, RJ_ERR_NOT_READY);
  g_assert_cmpint(rj_client_set_listener(st.client, NULL, &st, destroy), ==, RJ_OK);
  g_assert_cmpint(st.destroyed, ==, 2);
  rj_client_free(st.client);
  g_assert_cmpint(st.destroyed, ==, 3);
  scene_end(&st.s);
}

static void replace_itself(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  (void)client;
  (void)event;
  g_assert_cmpint(st->events++, ==, 0);
  listen(st, count);
  g_assert_cmpint(st->destroyed, ==, 0);
}

static void test_replaced_inside_its_own_function(void) { /* */
  stage st;
  begin(&st);
  rj_listener listener = {.size = sizeof listener,
                          .any_event = replace_itself,
                          .connection_changed = must_not_come}; /* it is replaced by then */
  rj_client_set_listener(st.client, &listener, &st, destroy);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 3); /* the others go to the new one */
  g_assert_cmpint(st.events, ==, 3);
  g_assert_cmpint(st.destroyed, ==, 1);
  rj_client_free(st.client);
  g_assert_cmpint(st.destroyed, ==, 2);
  scene_end(&st.s);
}

/* ---- the runtime goes first ---- */

static void test_a_runtime_freed_first(void) {
  stage st;
  begin(&st);
  listen(&st, count);
  join(&st);
  rj_client *client = st.client, *ready = NULL;
  rj_edge *edge = st.s.edge;
  rj_event event = {.size = sizeof event};
  rj_stats stats = {.size = sizeof stats};
  rj_faults faults = {.size = sizeof faults};
  size_t count_of = 9;
  char *url = g_strdup(rj_edge_url(edge));
  rj_runtime_free(st.s.runtime);
  (void)ready;

  const int32_t statuses[] = {
      rj_client_join_channel(client, NULL, "demo", 1),
      rj_client_leave_channel(client),
      rj_client_renew_token(client, "token"),
      rj_client_set_client_role(client, RJ_ROLE_AUDIENCE),
      rj_client_next_event(client, &event),
      rj_client_event_fd(client),
      rj_client_set_wakeup(client, NULL, NULL),
      rj_client_set_listener(client, NULL, NULL, NULL),
      rj_client_dispatch(client, 0),
      rj_client_stats(client, &stats),
      rj_client_set_faults(client, RJ_DIRECTION_UP, &faults),
      rj_edge_members(edge, NULL, "demo", NULL, 0, &count_of),
      rj_edge_channels(edge, NULL, NULL, 0, &count_of),
      rj_edge_drain(edge, 0),
      rj_edge_crash(edge),
      rj_edge_restart(edge),
  };
  for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
    g_assert_cmpint(statuses[i], ==, RJ_ERR_NOT_INITIALIZED);
  g_assert_cmpstr(rj_client_error_text(client), ==,
                  "the runtime was freed; what lived in it can only be freed too");
  g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_CONNECTED); /* S-24 */
  g_assert_cmpint(rj_client_last_heard(client), ==, 0);
  g_assert_cmpint(rj_edge_last_heard(edge, NULL, "demo", 1), ==, 0);
  g_assert_cmpstr(rj_edge_url(edge), ==, url);
  g_assert_cmpuint(strlen(rj_edge_fingerprint(edge)), ==, 64);
  g_assert_cmpint(st.events, ==, 0);
  g_assert_cmpint(st.destroyed, ==, 0);
  rj_client_free(client);
  g_assert_cmpint(st.destroyed, ==, 1);
  rj_edge_free(edge);
  g_free(url);
}

static void free_runtime_elsewhere(gpointer user) {
  rj_runtime_free(((stage *)user)->s.runtime);
}

static gpointer free_runtime_thread(gpointer user) {
  free_runtime_elsewhere(user);
  return NULL;
}

static void lose_the_runtime(rj_client *client, const rj_event *event, void *user) {
  stage *st = (stage *)user;
  (void)event;
  g_assert_cmpint(st->events++, ==, 0);
  /* Another thread may free it meanwhile: no lock is held here. */
  g_thread_join(g_thread_new("free", free_runtime_thread, st));
  g_assert_cmpint(rj_client_leave_channel(client), ==, RJ_ERR_NOT_INITIALIZED);
}

static void test_a_runtime_freed_while_a_listener_runs(void) {
  stage st;
  begin(&st);
  listen(&st, lose_the_runtime);
  join(&st);
  g_assert_cmpint(rj_client_dispatch(st.client, 0), ==, 1);
  rj_client_free(st.client);
  rj_edge_free(st.s.edge);
  g_assert_cmpint(st.destroyed, ==, 1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/lifetimes/inside", test_every_call_is_legal_inside_but_dispatch_and_waits);
  g_test_add_func("/lifetimes/inside-runtime", test_the_runtime_is_not_freed_inside);
  g_test_add_func("/lifetimes/inside-other", test_another_client_may_be_dispatched_inside);
  g_test_add_func("/lifetimes/freed-inside", test_freed_inside_a_callback_that_is_the_last);
  g_test_add_func("/lifetimes/freed-inside-own", test_freed_inside_the_events_own_function);
  g_test_add_func("/lifetimes/freed-beside", test_freed_while_another_thread_dispatches);
  g_test_add_func("/lifetimes/destroy", test_destroy_runs_once_on_replacement_and_on_free);
  g_test_add_func("/lifetimes/replaced-inside", test_replaced_inside_its_own_function);
  g_test_add_func("/lifetimes/runtime-first", test_a_runtime_freed_first);
  g_test_add_func("/lifetimes/runtime-beside", test_a_runtime_freed_while_a_listener_runs);
  return g_test_run();
}
