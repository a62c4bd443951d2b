/* Clients: their life, and the calls that go to the member in the host. */
#include <string.h>

#include "base/limits.h"
#include "client/rules.h"
#include "errors.h"
#include "events.h"
#include "faults.h"
#include "handles.h"
#include "sizes.h"

static int32_t no_client(void) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "client is NULL");
}

/* ---- life ---- */

static void list_add(rj_client *client) {
  rj_runtime *runtime = client->runtime;
  pthread_mutex_lock(&runtime->clients_lock);
  client->next = runtime->clients;
  if (client->next != NULL)
    client->next->previous = client;
  runtime->clients = client;
  pthread_mutex_unlock(&runtime->clients_lock);
}

static void list_remove(rj_client *client) {
  rj_runtime *runtime = client->runtime;
  pthread_mutex_lock(&runtime->clients_lock);
  if (client->previous != NULL)
    client->previous->next = client->next;
  else
    runtime->clients = client->next;
  if (client->next != NULL)
    client->next->previous = client->previous;
  pthread_mutex_unlock(&runtime->clients_lock);
}

static void give_back(rj_client *client, int references) {
  if (atomic_fetch_sub(&client->references, references) != references)
    return;
  rj_queue_free(client->queue);
  rj_wake_free(client->wake);
  pthread_mutex_destroy(&client->lock);
  rj_runtime_release(client->runtime);
  g_free(client);
}

void rj_client_release(rj_client *client) {
  give_back(client, 1);
}

static rj_client *make(rj_runtime *runtime) {
  rj_client *client = g_new0(rj_client, 1);
  client->id = rj_new_handle_id();
  atomic_init(&client->references, 1);
  client->runtime = rj_runtime_reference(runtime);
  atomic_init(&client->state, RJ_STATE_DISCONNECTED);
  client->queue = rj_queue_new();
  client->wake = rj_wake_new(runtime->wakes);
  pthread_mutex_init(&client->lock, NULL);
  return client;
}

int32_t rj_client_new(rj_runtime *runtime, const rj_client_options *options, rj_client **out) {
  if (out != NULL)
    *out = NULL;
  if (runtime == NULL)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "runtime is NULL");
  if (out == NULL)
    return rj_fail(runtime->id, RJ_ERR_INVALID_ARGUMENT,
                   "out is NULL; it must be where the client goes");
  rj_host_member_config config;
  rj_url urls[RJ_URLS_MAX];
  int32_t status = rj_client_options_read(&config, urls, options, runtime->id);
  if (status != RJ_OK)
    return status;
  status = rj_gate_open(runtime, runtime->id);
  if (status != RJ_OK)
    return status;

  rj_client *client = make(runtime);
  config.member.sink = (rj_event_sink){rj_client_push, client};
  char error[RJ_HOST_ERROR_SIZE] = "";
  client->member = rj_host_member_new(runtime->host, &config, &status, error);
  if (client->member == NULL) {
    rj_gate_close(runtime);
    rj_client_release(client);
    return rj_fail(runtime->id, status, "%s", error);
  }
  atomic_fetch_add(&client->references, 1); /* the host's */
  list_add(client);
  rj_gate_close(runtime);
  *out = client;
  return RJ_OK;
}

void rj_client_free(rj_client *client) {
  if (client == NULL)
    return;
  rj_runtime *runtime = client->runtime;
  pthread_mutex_lock(&client->lock);
  client->freed = true; /* a dispatch under way ends after the call that runs */
  rj_listener_box *listener = rj_client_detach_listener(client);
  rj_queue_close(client->queue); /* from here on nothing makes it ready */
  rj_ready_remove(runtime->ready, &client->ready_node);
  rj_wake_silence(client->wake);
  pthread_mutex_unlock(&client->lock);

  int references = 1; /* the caller's */
  if (rj_gate_open(runtime, client->id) == RJ_OK) {
    rj_host_member_free(client->member);
    list_remove(client);
    references++; /* the host's; else the runtime gives it back */
    rj_gate_close(runtime);
  }
  rj_listener_box_release(listener);
  give_back(client, references);
}

/* ---- calls ---- */

/* A call on the member: holds the host, and lets the host look after the member afterwards. */
static int32_t begin(rj_client *client, int64_t *now) {
  return rj_hold(client->runtime, client->id, now);
}

static void end(rj_client *client) {
  rj_host_member_touch(client->member);
  rj_release(client->runtime);
}

int32_t rj_client_join_channel(rj_client *client, const char *token, const char *channel,
                               uint32_t uid) {
  char text[RJ_RULE_TEXT_SIZE];
  if (client == NULL)
    return no_client();
  int32_t status = rj_rule_channel(channel, text);
  if (status == RJ_OK)
    status = rj_rule_token(token, 0, text);
  if (status != RJ_OK)
    return rj_fail(client->id, status, "%s", text);
  int64_t now;
  status = begin(client, &now);
  if (status != RJ_OK)
    return status;
  int32_t state = rj_member_state(rj_host_member_get(client->member));
  status = rj_member_join(rj_host_member_get(client->member), token, channel, uid, now);
  end(client);
  if (status == RJ_ERR_JOIN_CHANNEL_REJECTED)
    return rj_fail(client->id, status, "join in state %s; leave the channel first (S-4, S-5)",
                   rj_state_name(state));
  if (status != RJ_OK)
    return rj_fail(client->id, status, "join: %s", rj_status_name(status));
  return RJ_OK;
}

int32_t rj_client_leave_channel(rj_client *client) {
  if (client == NULL)
    return no_client();
  int64_t now;
  int32_t status = begin(client, &now);
  if (status != RJ_OK)
    return status;
  status = rj_member_leave(rj_host_member_get(client->member), now);
  end(client);
  if (status != RJ_OK)
    return rj_fail(client->id, status, "leave: %s", rj_status_name(status));
  return RJ_OK;
}

int32_t rj_client_renew_token(rj_client *client, const char *token) {
  char text[RJ_RULE_TEXT_SIZE];
  if (client == NULL)
    return no_client();
  int32_t status = rj_rule_token(token, 1, text);
  if (status != RJ_OK)
    return rj_fail(client->id, status, "%s", text);
  int64_t now;
  status = begin(client, &now);
  if (status != RJ_OK)
    return status;
  status = rj_member_renew_token(rj_host_member_get(client->member), token, now);
  end(client);
  if (status == RJ_ERR_INVALID_STATE)
    return rj_fail(client->id, status,
                   "renew_token in state failed; leave, then join with the new token (S-22)");
  if (status != RJ_OK)
    return rj_fail(client->id, status, "renew_token: %s", rj_status_name(status));
  return RJ_OK;
}

int32_t rj_client_set_client_role(rj_client *client, int32_t role) {
  if (client == NULL)
    return no_client();
  if (role != RJ_ROLE_BROADCASTER && role != RJ_ROLE_AUDIENCE)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "role is %d; it must be 1 (broadcaster) or 2 (audience)", (int)role);
  int64_t now;
  int32_t status = begin(client, &now);
  if (status != RJ_OK)
    return status;
  status = rj_member_set_role(rj_host_member_get(client->member), role, now);
  end(client);
  if (status != RJ_OK)
    return rj_fail(client->id, status, "set_client_role: %s", rj_status_name(status));
  return RJ_OK;
}

int32_t rj_client_connection_state(const rj_client *client) {
  return client == NULL ? RJ_STATE_DISCONNECTED : (int32_t)atomic_load(&client->state);
}

int64_t rj_client_last_heard(const rj_client *client) {
  int64_t now;
  if (client == NULL || rj_hold(client->runtime, client->id, &now) != RJ_OK)
    return 0;
  int64_t heard = rj_member_last_proof(rj_host_member_get(client->member));
  rj_release(client->runtime);
  return heard;
}

int32_t rj_client_stats(rj_client *client, rj_stats *out) {
  if (client == NULL)
    return no_client();
  if (out == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "out is NULL; it must be an rj_stats with its size set");
  int32_t status = rj_size_check(out, sizeof(uint64_t), "rj_stats", client->id);
  if (status != RJ_OK)
    return status;
  int64_t now;
  status = rj_hold(client->runtime, client->id, &now);
  if (status != RJ_OK)
    return status;
  const rj_member *member = rj_host_member_get(client->member);
  int32_t state = rj_member_state(member);
  rj_counters counters;
  rj_member_counters(member, &counters, now);
  rj_release(client->runtime);
  if (state == RJ_STATE_DISCONNECTED || state == RJ_STATE_FAILED)
    return rj_fail(client->id, RJ_ERR_NOT_IN_CHANNEL, "no statistics in state %s",
                   rj_state_name(state));
  rj_stats stats;
  rj_stats_fill(&stats, &counters);
  rj_size_give(out, &stats, sizeof stats);
  return RJ_OK;
}

int32_t rj_client_set_faults(rj_client *client, int32_t directions, const rj_faults *faults) {
  if (client == NULL)
    return no_client();
  if (directions < RJ_DIRECTION_UP || directions > (RJ_DIRECTION_UP | RJ_DIRECTION_DOWN))
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "directions is %d; it must be 1 (up), 2 (down) or 3 (both)", (int)directions);
  if (faults == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "faults is NULL");
  rj_faults given;
  int32_t status = rj_size_take(&given, sizeof given, faults, "rj_faults", client->id);
  if (status != RJ_OK)
    return status;
  rj_host_faults wanted;
  status = rj_faults_take(&wanted, &given, client->id);
  if (status != RJ_OK)
    return status;
  int64_t now;
  status = begin(client, &now);
  if (status != RJ_OK)
    return status;
  rj_host_member_set_faults(client->member, directions, &wanted);
  end(client);
  return RJ_OK;
}

const char *rj_client_error_text(const rj_client *client) {
  return rj_fail_text(client == NULL ? RJ_NO_HANDLE : client->id);
}
