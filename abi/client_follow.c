/* Links of clients that follow a profile: an app's own steps, and the ready ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"
#include "errors.h"
#include "faults.h"
#include "handles.h"
#include "host/network_profile.h"
#include "sizes.h"

static int32_t take_faults(rj_host_faults *out, const rj_faults *given, int32_t direction,
                           uint64_t id) {
  *out = (rj_host_faults){0};
  return given == NULL ? RJ_OK : rj_faults_take(out, given, direction, id);
}

/* One step against its rules, the one before it included; NULL: it is the first. */
static int32_t take_step(rj_network_profile_step *out, const rj_network_step *given,
                         uint32_t number, const rj_network_profile_step *before, uint64_t id) {
  rj_network_step own;
  if (given == NULL)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "step %u is NULL", number);
  int32_t status = rj_size_take(&own, sizeof own, given, "rj_network_step", id);
  if (status != RJ_OK)
    return status;
  if (before == NULL && own.at_ns != 0)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "at_ns of step 0 is %lld; the first step is at 0",
                   (long long)own.at_ns);
  if (before != NULL && (own.at_ns <= before->at || own.at_ns > RJ_TIMER_MAX))
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "at_ns of step %u is %lld; it must be after the step before, and within 30 days",
                   number, (long long)own.at_ns);
  if (own.moves != 0 && own.moves != 1)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT, "moves of step %u is %d; it must be 0 or 1", number,
                   (int)own.moves);
  if (own.moves == 1 && (own.overlap_ns < 0 || own.overlap_ns > RJ_PATH_OVERLAP_MAX))
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "overlap_ns of step %u is %lld; it must be between 0 and 1 h", number,
                   (long long)own.overlap_ns);
  if (own.moves == 1 && (own.network < NETWORK_UNKNOWN || own.network > NETWORK_5G ||
                         own.network == NETWORK_DISCONNECTED))
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "network of step %u is %d; it must be -1, or 1 to 6 (one to move to)", number,
                   (int)own.network);
  *out = (rj_network_profile_step){
      .at = own.at_ns, .moves = own.moves == 1, .network = own.network, .overlap = own.overlap_ns};
  status = take_faults(&out->up, own.up, RJ_DIRECTION_UP, id);
  return status == RJ_OK ? take_faults(&out->down, own.down, RJ_DIRECTION_DOWN, id) : status;
}

static int32_t follow(rj_client *client, const rj_network_profile_step *steps, uint32_t count,
                      int64_t repeat) {
  int64_t now;
  int32_t status = rj_client_begin(client, &now);
  if (status != RJ_OK)
    return status;
  rj_host_member_follow(client->member, steps, count, repeat, now);
  rj_client_end(client);
  return RJ_OK;
}

int32_t rj_client_follow_steps(rj_client *client, const rj_network_step *const *steps,
                               uint32_t count, int64_t repeat_ns) {
  if (client == NULL)
    return rj_no_client();
  if (count > RJ_PROFILE_STEPS_MAX)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "count is %u; it must be at most %d", count,
                   RJ_PROFILE_STEPS_MAX);
  if (count > 0 && steps == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "steps is NULL");
  rj_network_profile_step *taken = calloc(count + 1u, sizeof *taken);
  if (taken == NULL)
    return rj_fail(client->id, RJ_ERR_RESOURCE_LIMITED, "out of memory");
  int32_t status = RJ_OK;
  for (uint32_t i = 0; i < count && status == RJ_OK; i++)
    status = take_step(&taken[i], steps[i], i, i == 0 ? NULL : &taken[i - 1], client->id);
  int64_t last = count == 0 ? 0 : taken[count - 1].at;
  if (status == RJ_OK && repeat_ns != 0 && (repeat_ns <= last || repeat_ns > RJ_TIMER_MAX))
    status = rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                     "repeat_ns is %lld; it must be 0, or after the last step and within 30 days",
                     (long long)repeat_ns);
  if (status == RJ_OK)
    status = follow(client, taken, count, repeat_ns);
  free(taken);
  return status;
}

/* "3g, lift, …" */
static void list_profiles(char *text, size_t size) {
  size_t length = 0;
  const rj_network_profile *profile;
  for (uint32_t i = 0; (profile = rj_network_profile_at(i)) != NULL && length < size; i++)
    length +=
        (size_t)snprintf(text + length, size - length, "%s%s", i == 0 ? "" : ", ", profile->name);
}

int32_t rj_client_follow_network(rj_client *client, const char *name) {
  if (client == NULL)
    return rj_no_client();
  if (name == NULL)
    return follow(client, NULL, 0, 0);
  const rj_network_profile *profile = rj_network_profile_find(name);
  if (profile == NULL) {
    char known[256] = "";
    list_profiles(known, sizeof known);
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "name is \"%.40s\"; there is no such network profile, there are: %s", name,
                   known);
  }
  return follow(client, profile->steps, profile->count, profile->repeat);
}
