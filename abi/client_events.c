/* How a client's events reach the app: from the host into the queue, and out of it by next_event or
 * by the listener. */
#include <string.h>

#include "base/numbers.h"
#include "errors.h"
#include "events.h"
#include "handles.h"
#include "sizes.h"

enum { LEAST_EVENT_SIZE = 64 }; /* rejoin.h: what every program has */

/* The dispatches that this thread is inside of. */
typedef struct frame frame;
struct frame {
  const rj_client *client;
  frame *outer;
};
static _Thread_local frame *frames;

bool rj_in_listener(const rj_runtime *runtime) {
  for (const frame *f = frames; f != NULL; f = f->outer) {
    if (runtime == NULL || f->client->runtime == runtime)
      return true;
  }
  return false;
}

static int32_t no_client(void) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "client is NULL");
}

/* ---- in ---- */

/* The host holds itself and is the only one who pushes. */
void rj_client_push(void *user, const rj_event_record *event) {
  rj_client *client = (rj_client *)user;
  if (event->kind == EVENT_CONNECTION_CHANGED)
    atomic_store(&client->state, event->state); /* before anybody can take the event */
  pthread_mutex_lock(&client->lock);
  if (rj_queue_push(client->queue, event)) {
    rj_ready_add(client->runtime->ready, &client->ready_node);
    rj_wake_raise(client->wake);
  }
  pthread_mutex_unlock(&client->lock);
}

/* ---- out ---- */

/* Takes the next event; when it was the last, nobody needs to look any more. Under the lock. */
static bool pop(rj_client *client, rj_event_record *record) {
  bool more;
  bool taken = rj_queue_pop(client->queue, record, &more);
  if (taken && !more) {
    rj_ready_remove(client->runtime->ready, &client->ready_node);
    rj_wake_lower(client->wake);
  }
  return taken;
}

/* One event for a program whose rj_event has another size than ours. */
static void take_sized(rj_event *event, const rj_event_record *record) {
  rj_event own;
  rj_event_fill(&own, record);
  uint32_t size = rj_size_of_given(event);
  if (size < sizeof own && size > offsetof(rj_event, text)) {
    uint32_t room = size - (uint32_t)offsetof(rj_event, text) - 1; /* and the NUL */
    own.text_length = MIN(own.text_length, room);
    own.text[own.text_length] = '\0';
  }
  memset(own.text + own.text_length, 0, sizeof own.text - own.text_length);
  rj_size_give(event, &own, sizeof own);
}

int32_t rj_client_next_event(rj_client *client, rj_event *event) {
  if (client == NULL)
    return no_client();
  if (event == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "event is NULL; it must be an rj_event with its size set");
  int32_t status = rj_size_check(event, LEAST_EVENT_SIZE, "rj_event", client->id);
  if (status == RJ_OK)
    status = rj_check_alive(client->runtime, client->id);
  if (status != RJ_OK)
    return status;
  rj_event_record record;
  pthread_mutex_lock(&client->lock);
  bool taken = pop(client, &record);
  if (taken && event->size == sizeof *event)
    rj_event_fill(event, &record);
  else if (taken)
    take_sized(event, &record);
  pthread_mutex_unlock(&client->lock);
  return taken ? 1 : 0;
}

int32_t rj_client_event_fd(rj_client *client) {
  if (client == NULL)
    return no_client();
  int32_t status = rj_check_alive(client->runtime, client->id);
  if (status != RJ_OK)
    return status;
  int32_t fd = rj_wake_fd(client->wake);
  return fd >= 0 ? fd : rj_fail(client->id, fd, "no descriptor is left for the event fd");
}

int32_t rj_client_set_wakeup(rj_client *client, rj_wakeup wakeup, void *user_data) {
  if (client == NULL)
    return no_client();
  int32_t status = rj_check_alive(client->runtime, client->id);
  if (status != RJ_OK)
    return status;
  rj_wake_set_callback(client->wake, wakeup, user_data);
  rj_tell_thread(client->runtime);
  return RJ_OK;
}

/* ---- the listener ---- */

void rj_listener_box_release(rj_listener_box *box) {
  if (box == NULL || atomic_fetch_sub(&box->references, 1) != 1)
    return;
  if (box->destroy != NULL)
    box->destroy(box->user_data);
  g_free(box);
}

rj_listener_box *rj_client_detach_listener(rj_client *client) {
  rj_listener_box *box = client->listener;
  client->listener = NULL;
  if (box != NULL)
    atomic_store(&box->retired, true);
  return box;
}

int32_t rj_client_set_listener(rj_client *client, const rj_listener *listener, void *user_data,
                               void (*destroy)(void *user_data)) {
  if (client == NULL)
    return no_client();
  int32_t status = rj_check_alive(client->runtime, client->id);
  if (status != RJ_OK)
    return status;
  rj_listener functions;
  if (listener != NULL) {
    status = rj_size_take(&functions, sizeof functions, listener, "rj_listener", client->id);
    if (status != RJ_OK)
      return status;
  } else {
    memset(&functions, 0, sizeof functions);
  }
  /* Without functions it still carries user_data to its destroy. */
  rj_listener_box *box = NULL;
  if (listener != NULL || destroy != NULL) {
    box = g_new0(rj_listener_box, 1);
    atomic_init(&box->references, 1);
    atomic_init(&box->retired, listener == NULL);
    box->functions = functions;
    box->user_data = user_data;
    box->destroy = destroy;
  }
  pthread_mutex_lock(&client->lock);
  rj_listener_box *before = rj_client_detach_listener(client);
  client->listener = box;
  pthread_mutex_unlock(&client->lock);
  rj_listener_box_release(before);
  return RJ_OK;
}

static bool has_listener(const rj_client *client) {
  return client->listener != NULL && !atomic_load(&client->listener->retired);
}

/* Starts a dispatch: the client stays, whatever the listener does. */
static int32_t begin(rj_client *client) {
  int32_t status = rj_check_alive(client->runtime, client->id);
  if (status != RJ_OK)
    return status;
  pthread_mutex_lock(&client->lock);
  bool busy = client->dispatching, listening = has_listener(client);
  if (!busy && listening) {
    client->dispatching = true;
    atomic_fetch_add(&client->references, 1);
  }
  pthread_mutex_unlock(&client->lock);
  if (busy)
    return rj_fail(client->id, RJ_ERR_INVALID_STATE,
                   "dispatch while this client's listener runs, here or on another thread; let it "
                   "return first");
  if (!listening)
    return rj_fail(client->id, RJ_ERR_NOT_READY,
                   "dispatch without a listener; call rj_client_set_listener first");
  return RJ_OK;
}

static void end(rj_client *client) {
  pthread_mutex_lock(&client->lock);
  client->dispatching = false;
  bool more = !client->freed && rj_queue_length(client->queue) > 0;
  if (more)
    rj_ready_add(client->runtime->ready, &client->ready_node);
  pthread_mutex_unlock(&client->lock);
  if (more)
    rj_tell_thread(client->runtime);
  rj_client_release(client);
}

/* The next event and who is to hear it; NULL: none, or nobody. */
static rj_listener_box *take(rj_client *client, rj_event *event) {
  rj_event_record record;
  rj_listener_box *box = NULL;
  pthread_mutex_lock(&client->lock);
  if (!client->freed && has_listener(client) && pop(client, &record)) {
    event->size = sizeof *event;
    rj_event_fill(event, &record);
    box = client->listener;
    atomic_fetch_add(&box->references, 1);
  }
  pthread_mutex_unlock(&client->lock);
  return box;
}

static void deliver(rj_client *client, const rj_event *event, rj_listener_box *box) {
  if (box->functions.any_event != NULL)
    box->functions.any_event(client, event, box->user_data);
  if (!atomic_load(&box->retired))
    rj_calls_invoke(rj_event_calls(), event->kind, event, client, &box->functions,
                    sizeof box->functions, box->user_data);
}

int32_t rj_client_dispatch(rj_client *client, uint32_t max_events) {
  if (client == NULL)
    return no_client();
  int32_t status = begin(client);
  if (status != RJ_OK)
    return status;
  frame here = {client, frames};
  frames = &here;
  /* The listener's own calls bring about events; so that this ends, no more than wait now. */
  size_t limit = rj_queue_length(client->queue);
  if (max_events != 0)
    limit = MIN(limit, (size_t)max_events);
  limit = MIN(limit, (size_t)INT32_MAX);
  int32_t delivered = 0;
  rj_event event;
  for (rj_listener_box *box; (size_t)delivered < limit && (box = take(client, &event)) != NULL;) {
    delivered++;
    deliver(client, &event, box);
    rj_listener_box_release(box);
  }
  frames = here.outer;
  end(client);
  return delivered;
}
