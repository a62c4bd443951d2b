/* Runtimes: a host with its clients and edges, and the gate that every call passes. */
#include "base/limits.h"
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

int32_t rj_gate_open(rj_runtime *runtime, uint64_t id) {
  if (rj_wake_is_calling())
    return rj_fail(id, RJ_ERR_INVALID_STATE,
                   "called inside a wakeup callback; tell another thread, or your loop, to call");
  int32_t status =
      rj_check_alive(runtime, id); /* first: a stream of calls must not keep out free */
  if (status != RJ_OK)
    return status;
  pthread_rwlock_rdlock(&runtime->gate);
  if (runtime->host != NULL)
    return RJ_OK;
  pthread_rwlock_unlock(&runtime->gate);
  return rj_check_alive(runtime, id);
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

/* ---- life ---- */

rj_runtime *rj_runtime_reference(rj_runtime *runtime) {
  atomic_fetch_add(&runtime->references, 1);
  return runtime;
}

void rj_runtime_release(rj_runtime *runtime) {
  if (atomic_fetch_sub(&runtime->references, 1) != 1)
    return;
  rj_ready_free(runtime->ready);
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
  *config = (rj_host_config){options.simulated == 1, options.seed, options.wall_ns};
  return RJ_OK;
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
  rj_host *host = rj_host_new(&config, &status, error);
  if (host == NULL)
    return rj_fail(RJ_NO_HANDLE, status, "%s", error);

  rj_runtime *runtime = g_new0(rj_runtime, 1);
  runtime->id = rj_new_handle_id();
  atomic_init(&runtime->references, 1);
  pthread_rwlock_init(&runtime->gate, NULL);
  pthread_mutex_init(&runtime->clients_lock, NULL);
  runtime->host = host;
  atomic_init(&runtime->alive, true);
  runtime->ready = rj_ready_new();
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
  rj_wake_set_callback(rj_ready_wake(runtime->ready), NULL, NULL);
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
  if (runtime == NULL || rj_check_alive(runtime, runtime->id) != RJ_OK)
    return 0;
  return rj_host_now(runtime->host);
}

static bool something_is_ready(void *ready) {
  return !rj_ready_is_empty((rj_ready *)ready);
}

int32_t rj_runtime_run(rj_runtime *runtime, int64_t until_ns, int32_t stop_when_ready) {
  if (runtime == NULL)
    return no_runtime();
  if (stop_when_ready != 0 && stop_when_ready != 1)
    return rj_fail(runtime->id, RJ_ERR_INVALID_ARGUMENT, "stop_when_ready is %d; it must be 0 or 1",
                   (int)stop_when_ready);
  if (rj_in_listener(NULL))
    return rj_fail(runtime->id, RJ_ERR_INVALID_STATE,
                   "rj_runtime_run inside a listener; let it return first");
  int32_t status = rj_gate_open(runtime, runtime->id);
  if (status != RJ_OK)
    return status;
  bool stopped = false;
  if (stop_when_ready == 1 && something_is_ready(runtime->ready)) {
    stopped = true;
  } else {
    status = rj_host_run(runtime->host, until_ns, stop_when_ready == 1 ? something_is_ready : NULL,
                         runtime->ready, &stopped);
  }
  rj_gate_close(runtime);
  if (status == RJ_ERR_NOT_SUPPORTED)
    return rj_fail(runtime->id, status, "the runtime is a real one; its time passes by itself");
  if (status == RJ_ERR_INVALID_STATE)
    return rj_fail(runtime->id, status, "another thread is running this runtime");
  if (status != RJ_OK)
    return rj_fail(runtime->id, status, "the runtime could not run: %s", rj_status_name(status));
  return stopped ? 1 : 0;
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
  if (rj_wake_is_calling()) /* it waits for callbacks: two would wait for each other */
    return rj_fail(runtime->id, RJ_ERR_INVALID_STATE,
                   "set_wakeup inside a wakeup callback; tell another thread to call");
  rj_wake_set_callback(rj_ready_wake(runtime->ready), wakeup, user_data);
  return RJ_OK;
}

const char *rj_runtime_error_text(const rj_runtime *runtime) {
  return rj_fail_text(runtime == NULL ? RJ_NO_HANDLE : runtime->id);
}
