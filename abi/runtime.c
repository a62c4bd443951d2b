/* Runtimes: a host with its clients and edges, the gate that every call passes, and when wakeup
 * callbacks run. */
#include <assert.h>

#include "base/limits.h"
#include "base/time.h"
#include "errors.h"
#include "handles.h"
#include "sizes.h"

/* ---- the gate ---- */

int32_t rj_check_alive(rj_runtime *runtime, uint64_t id) {
  if (!atomic_load(&runtime->alive))
    return rj_fail(id, RJ_ERR_NOT_INITIALIZED,
                   "the runtime was freed; what lived in it can only be freed too");
  return RJ_OK;
}

static bool open_gate(rj_runtime *runtime) {
  if (!atomic_load(&runtime->alive)) /* first: a stream of calls must not keep out free */
    return false;
  pthread_rwlock_rdlock(&runtime->gate);
  if (runtime->host != NULL)
    return true;
  pthread_rwlock_unlock(&runtime->gate);
  return false;
}

int32_t rj_gate_open(rj_runtime *runtime, uint64_t id) {
  return open_gate(runtime) ? RJ_OK : rj_check_alive(runtime, id);
}

void rj_gate_close(rj_runtime *runtime) {
  pthread_rwlock_unlock(&runtime->gate);
}

int32_t rj_hold(rj_runtime *runtime, uint64_t id, int64_t *now) {
  int32_t status = rj_gate_open(runtime, id);
  if (status == RJ_OK)
    *now = rj_host_enter(runtime->host);
  return status;
}

void rj_release(rj_runtime *runtime) {
  rj_host_leave(runtime->host);
  rj_gate_close(runtime);
}

void rj_tell_thread(rj_runtime *runtime) {
  if (runtime->simulated || !rj_wakes_are_due(runtime->wakes) || !open_gate(runtime))
    return;
  rj_host_poke(runtime->host);
  rj_gate_close(runtime);
}

/* ---- life ---- */

rj_runtime *rj_runtime_reference(rj_runtime *runtime) {
  atomic_fetch_add(&runtime->references, 1);
  return runtime;
}

void rj_runtime_release(rj_runtime *runtime) {
  if (atomic_fetch_sub(&runtime->references, 1) != 1)
    return;
  rj_ready_free(runtime->ready);
  rj_wakes_free(runtime->wakes);
  pthread_mutex_destroy(&runtime->clients_lock);
  pthread_rwlock_destroy(&runtime->gate);
  g_free(runtime);
}

static int32_t read_options(rj_host_config *config, const rj_runtime_options *given) {
  rj_runtime_options options = {0};
  if (given != NULL) {
    int32_t status =
        rj_size_take(&options, sizeof options, given, "rj_runtime_options", RJ_NO_HANDLE);
    if (status != RJ_OK)
      return status;
  }
  if (options.simulated != 0 && options.simulated != 1)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "simulated is %d; it must be 0 or 1",
                   (int)options.simulated);
  if (options.wall_ns < 0)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT,
                   "wall_ns is %lld; it must be ns since 1970, or 0 for the real clock",
                   (long long)options.wall_ns);
  *config = (rj_host_config){
      .simulated = options.simulated == 1, .seed = options.seed, .wall = options.wall_ns};
  return RJ_OK;
}

/* The real host's thread, between two turns. */
static void call_wakes(void *wakes) {
  rj_wakes_call((rj_wakes *)wakes);
}

int32_t rj_runtime_new(const rj_runtime_options *options, rj_runtime **out) {
  if (out == NULL)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT,
                   "out is NULL; it must be where the runtime goes");
  *out = NULL;
  rj_host_config config;
  int32_t status = read_options(&config, options);
  if (status != RJ_OK)
    return status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_wakes *wakes = rj_wakes_new();
  config.let_go = call_wakes;
  config.user = wakes;
  rj_host *host = rj_host_new(&config, &status, error);
  if (host == NULL) {
    rj_wakes_free(wakes);
    return rj_fail(RJ_NO_HANDLE, status, "%s", error);
  }

  rj_runtime *runtime = g_new0(rj_runtime, 1);
  runtime->id = rj_new_handle_id();
  atomic_init(&runtime->references, 1);
  pthread_rwlock_init(&runtime->gate, NULL);
  pthread_mutex_init(&runtime->clients_lock, NULL);
  runtime->host = host;
  runtime->simulated = config.simulated;
  atomic_init(&runtime->alive, true);
  atomic_init(&runtime->running, false);
  runtime->wakes = wakes;
  runtime->ready = rj_ready_new(wakes);
  *out = runtime;
  return RJ_OK;
}

/* On return no call is in the host, and none gets there any more. */
static rj_host *take_host(rj_runtime *runtime) {
  atomic_store(&runtime->alive, false);
  pthread_rwlock_wrlock(&runtime->gate);
  rj_host *host = runtime->host;
  runtime->host = NULL;
  pthread_rwlock_unlock(&runtime->gate);
  return host;
}

void rj_runtime_free(rj_runtime *runtime) {
  if (runtime == NULL)
    return;
  if (rj_wake_is_calling() || rj_in_listener(runtime)) {
    (void)rj_fail(runtime->id, RJ_ERR_INVALID_STATE,
                  "rj_runtime_free inside a listener or a wakeup callback; nothing was freed");
    g_critical("%s", rj_fail_text(runtime->id));
    return;
  }
  rj_host *host = take_host(runtime);
  rj_wakes_stop(runtime->wakes);
  /* The clients cannot go away meanwhile: the host's references hold them. */
  for (rj_client *client = runtime->clients; client != NULL; client = client->next)
    rj_queue_close(client->queue);
  rj_host_free(host);
  for (rj_client *client = runtime->clients, *next; client != NULL; client = next) {
    next = client->next;
    rj_client_release(client);
  }
  rj_runtime_release(runtime);
}

/* ---- calls ---- */

static int32_t no_runtime(void) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "runtime is NULL");
}

int64_t rj_runtime_now(rj_runtime *runtime) {
  if (runtime == NULL || rj_gate_open(runtime, runtime->id) != RJ_OK)
    return 0;
  int64_t now = rj_host_now(runtime->host);
  rj_gate_close(runtime);
  return now;
}

int32_t rj_runtime_step_wall(rj_runtime *runtime, int64_t step_ns) {
  if (runtime == NULL)
    return no_runtime();
  int64_t now;
  int32_t status = rj_hold(runtime, runtime->id, &now);
  if (status != RJ_OK)
    return status;
  char error[RJ_HOST_ERROR_SIZE] = "";
  status = rj_host_step_wall(runtime->host, step_ns, error);
  rj_release(runtime);
  return status == RJ_OK ? RJ_OK : rj_fail(runtime->id, status, "%s", error);
}

typedef struct {
  rj_runtime *runtime;
  bool when_ready; /* it is to stop when an event waits */
  bool one_tick;   /* callbacks wait for its end */
} run_order;

static bool stops_for_events(const run_order *order) {
  return order->when_ready && !rj_ready_is_empty(order->runtime->ready);
}

static bool has_reason_to_stop(void *user) {
  const run_order *order = (const run_order *)user;
  return (!order->one_tick && rj_wakes_are_due(order->runtime->wakes)) || stops_for_events(order);
}

/* Lets time pass until `until` (then *arrived) or until there is a reason to stop. */
static int32_t run_on(run_order *order, int64_t until, bool *arrived) {
  rj_runtime *runtime = order->runtime;
  bool stopped;
  int32_t status = rj_gate_open(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  /* What callbacks made due is called in the next tick: so a tick ends, whatever they do. */
  order->one_tick = rj_wakes_are_due(runtime->wakes);
  int64_t limit = order->one_tick ? MIN(until, rj_host_now(runtime->host) + RJ_MILLISECOND) : until;
  status = rj_host_run(runtime->host, limit, has_reason_to_stop, order, &stopped);
  assert(status == RJ_OK); /* a simulated host, and nobody else runs it */
  *arrived = !stopped && limit == until;
  rj_gate_close(runtime);
  return status;
}

/* Runs, and calls wakeup callbacks between ticks. */
static int32_t run(run_order *order, int64_t until) {
  bool arrived = false;
  while (!arrived) {
    rj_wakes_call(order->runtime->wakes);
    if (stops_for_events(order))
      return 1;
    int32_t status = run_on(order, until, &arrived);
    if (status != RJ_OK)
      return status;
  }
  rj_wakes_call(order->runtime->wakes); /* what other threads did meanwhile */
  return 0;
}

int32_t rj_runtime_run(rj_runtime *runtime, int64_t until_ns, int32_t stop_when_ready) {
  if (runtime == NULL)
    return no_runtime();
  if (stop_when_ready != 0 && stop_when_ready != 1)
    return rj_fail(runtime->id, RJ_ERR_INVALID_ARGUMENT, "stop_when_ready is %d; it must be 0 or 1",
                   (int)stop_when_ready);
  if (rj_in_listener(NULL) || rj_wake_is_calling())
    return rj_fail(runtime->id, RJ_ERR_INVALID_STATE,
                   "rj_runtime_run inside a listener or a wakeup callback; let it return first");
  int32_t status = rj_check_alive(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  if (!runtime->simulated)
    return rj_fail(runtime->id, RJ_ERR_NOT_SUPPORTED,
                   "the runtime is a real one; its time passes by itself");
  if (atomic_exchange(&runtime->running, true))
    return rj_fail(runtime->id, RJ_ERR_INVALID_STATE, "another thread is running this runtime");
  (void)rj_runtime_reference(runtime); /* another thread may free it while a callback runs */
  run_order order = {.runtime = runtime, .when_ready = stop_when_ready == 1};
  status = run(&order, until_ns);
  atomic_store(&runtime->running, false);
  rj_runtime_release(runtime);
  return status;
}

int32_t rj_runtime_event_fd(rj_runtime *runtime) {
  if (runtime == NULL)
    return no_runtime();
  int32_t status = rj_check_alive(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  int32_t fd = rj_wake_fd(rj_ready_wake(runtime->ready));
  return fd >= 0 ? fd : rj_fail(runtime->id, fd, "no descriptor is left for the event fd");
}

int32_t rj_runtime_next_ready(rj_runtime *runtime, rj_client **out) {
  if (runtime == NULL)
    return no_runtime();
  if (out == NULL)
    return rj_fail(runtime->id, RJ_ERR_INVALID_ARGUMENT,
                   "out is NULL; it must be where the client goes");
  *out = NULL;
  int32_t status = rj_check_alive(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  rj_ready_node *node = rj_ready_next(runtime->ready);
  if (node == NULL)
    return 0;
  *out = (rj_client *)(void *)((char *)node - offsetof(rj_client, ready_node));
  return 1;
}

int32_t rj_runtime_set_wakeup(rj_runtime *runtime, rj_wakeup wakeup, void *user_data) {
  if (runtime == NULL)
    return no_runtime();
  int32_t status = rj_check_alive(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  rj_wake_set_callback(rj_ready_wake(runtime->ready), wakeup, user_data);
  rj_tell_thread(runtime);
  return RJ_OK;
}

const char *rj_runtime_error_text(const rj_runtime *runtime) {
  return rj_fail_text(runtime == NULL ? RJ_NO_HANDLE : runtime->id);
}
