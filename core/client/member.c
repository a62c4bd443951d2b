/* A member is made, called by the app and looked at; every step of its state machine is carried out here. */
#include "client/member_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

char *rj_member_copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy != NULL)
    memcpy(copy, text, size);
  return copy;
}

void rj_member_put_text(char *place, size_t size, const char *text) {
  size_t length = strlen(text);
  assert(length < size);
  memcpy(place, text, length + 1);
}

/* ---- made and freed ---- */

rj_member *rj_member_new(const rj_member_config *config) {
  assert(config->url_count >= 1 && config->url_count <= RJ_URLS_MAX);
  const char *app_id = config->app_id != NULL ? config->app_id : "";
  assert(strlen(app_id) <= RJ_APP_ID_MAX);
  rj_member *member = calloc(1, sizeof *member);
  if (member == NULL)
    return NULL;
  member->edges = calloc(config->url_count, sizeof *member->edges);
  if (member->edges == NULL) {
    free(member);
    return NULL;
  }
  member->url_count = member->edge_count = config->url_count;
  for (uint32_t i = 0; i < config->url_count; i++)
    member->edges[i].url = config->urls[i];

  member->port = config->port;
  member->trust = config->trust;
  member->entropy = config->entropy;
  member->sink = config->sink;
  member->stats_wanted = config->stats;
  member->attempts_wanted = config->attempts;
  member->profile = config->profile;
  member->role = config->role;
  member->local = config->local;
  memcpy(member->app_id, app_id, strlen(app_id) + 1);
  rj_machine_init(&member->machine, &config->timers, config->dialect);
  rj_attempts_init(&member->attempts);
  rj_roster_init(&member->roster, config->peer_interruptions);
  rj_random_seed(&member->random, config->seed);
  member->beat_at = RJ_NEVER;
  member->warning_at = RJ_NEVER;
  member->stats_at = RJ_NEVER;
  member->snapshot_due = RJ_NEVER;
  member->channel_since = RJ_NEVER;
  member->channel_until = RJ_NEVER;
  return member;
}

static void free_link(rj_link *link) {
  if (link != NULL)
    rj_link_free(link);
}

void rj_member_free(rj_member *member) {
  if (member == NULL)
    return;
  free_link(member->bound.link);
  free_link(member->attempt.link);
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++)
    free_link(member->farewells[i].connection.link);
  for (uint32_t i = 0; i < member->closing_count; i++)
    free_link(member->closing[i]);
  for (uint32_t i = 0; i < member->edge_count; i++)
    free(member->edges[i].ticket);
  free(member->edges);
  free(member->peers);
  free(member->token);
  free(member->renewal);
  rj_member_streams_end_stay(member);
  free(member);
}

/* ---- the machine's steps ---- */

/* A fresh stay: nothing of the last one may reach it. */
static void start_stay(rj_member *member) {
  rj_attempts_begin_stay(&member->attempts);
  rj_entropy_fill(member->entropy, member->join_id, sizeof member->join_id);
  member->session = 0;
  member->joined_at = 0;
  member->uid = 0;
  member->edge_role = 0;
  member->move_until = 0;
  member->warned = false;
  member->unasked_at = RJ_NEVER;
  if (member->bound.edge >= member->url_count) /* a stay begins with the app's own urls */
    member->bound.edge = 0;
  if (member->edge_next >= member->url_count)
    member->edge_next = member->bound.edge;
  memset(member->secret, 0, sizeof member->secret);
  rj_member_counters_begin(member);
}

/* The state went from `before` to another one. */
static void moved(rj_member *member, int32_t before, int64_t now) {
  int32_t after = member->machine.state;
  rj_member_counters_state(member, before, after, now);
  if (before == STATE_CONNECTED && after == STATE_RECONNECTING) {
    /* An attempt to move goes on as one of the outage; one for a late roster does not. */
    if (!member->moving)
      rj_member_stop_attempts(member, true, now);
    rj_member_roster_hold(member);
    rj_attempts_outage(&member->attempts, &member->machine.timers, member->machine.connected_since,
                       now);
  }
  member->moving = false;
  if (after == STATE_DISCONNECTED || after == STATE_FAILED) {
    member->session = 0;
    rj_member_token_end_stay(member);
    rj_member_streams_end_stay(member);
  }
}

/* members: how many were visible when the step came. */
static void tell_left(rj_member *member, uint32_t members, int64_t now) {
  rj_counters counters;
  rj_member_counters(member, &counters, now);
  counters.members = members;
  rj_member_tell_counters(member, EVENT_DID_LEAVE_CHANNEL, &counters, now);
}

static void tell(rj_member *member, uint32_t actions, uint32_t members, int64_t now) {
  if (actions & RJ_DO_TELL_JOINED)
    rj_member_tell_joined(member, now);
  if (actions & RJ_DO_TELL_REJOINED)
    rj_member_tell_rejoined(member, now);
  if (actions & RJ_DO_TELL_LEFT)
    tell_left(member, members, now);
  if (actions & RJ_DO_TELL_LOST)
    rj_member_tell_plain(member, EVENT_CONNECTION_LOST, now);
  if (actions & RJ_DO_TELL_REQUEST_TOKEN)
    rj_member_tell_plain(member, EVENT_REQUEST_TOKEN, now);
  if (actions & RJ_DO_DROP_PEERS)
    rj_member_roster_drop_peers(member, now);
}

void rj_member_apply(rj_member *member, const rj_step *step, int32_t before, int64_t now) {
  uint32_t actions = step->actions;
  uint32_t members = member->roster.visible;

  /* what the app cannot see; goodbyes first, since they take over the connections */
  if (actions & RJ_DO_SAY_GOODBYE)
    rj_member_say_goodbye(member, now);
  if (actions & (RJ_DO_STOP_ATTEMPTS | RJ_DO_END_OUTAGE))
    rj_member_stop_attempts(member, (actions & (RJ_DO_CLOSE_LINKS | RJ_DO_END_OUTAGE)) != 0, now);
  if (actions & RJ_DO_DROP_OLD_LINK)
    rj_member_drop(member, &member->bound);
  if (actions & RJ_DO_CLOSE_LINKS)
    rj_member_close(member, &member->bound, RJ_CLOSE_DONE, now);
  if (actions & RJ_DO_CLEAR_ROSTER)
    rj_member_roster_clear(member);
  if (actions & RJ_DO_START_STAY)
    start_stay(member);
  if (before != member->machine.state)
    moved(member, before, now);

  /* the SM, then what goes with it */
  if (step->changed)
    rj_member_tell_state(member, step, now);
  tell(member, actions, members, now);

  if (actions & RJ_DO_MIGRATE)
    rj_member_migrate(member, now);
  if ((actions & RJ_DO_DIAL_NOW) && before == STATE_CONNECTED)
    rj_member_dial_first(member, now);
  else if (actions & RJ_DO_DIAL_NOW)
    rj_member_dial_now(member, now);
  if (actions & RJ_DO_DIAL_SOON)
    rj_member_dial_soon(member, now);
}

rj_step rj_member_input(rj_member *member, rj_input input, int32_t argument, int64_t now) {
  int32_t before = member->machine.state;
  rj_step step = rj_machine_input(&member->machine, input, argument, now);
  if (step.row != NULL)
    rj_member_apply(member, &step, before, now);
  return step;
}

/* ---- calls of the app ---- */

int32_t rj_member_join(rj_member *member, const char *token, const char *channel, uint32_t uid,
                       int64_t now) {
  assert(strlen(channel) <= RJ_CHANNEL_MAX);
  bool given = token != NULL && *token != '\0';
  char *copy = given ? rj_member_copy_text(token) : NULL;
  if (given && copy == NULL)
    return STATUS_RESOURCE_LIMITED;
  int32_t before = member->machine.state;
  rj_step step = rj_machine_input(&member->machine, RJ_IN_JOIN, 0, now);
  if (step.row == NULL || step.status != STATUS_OK) {
    free(copy); /* S-4, S-5 */
    return step.status;
  }
  /* Without a token, one that renew_token left since the last stay is taken (S-21). */
  if (given) {
    free(member->token);
    member->token = copy;
    member->token_serial++;
  }
  memcpy(member->channel, channel, strlen(channel) + 1);
  member->asked_uid = uid;
  rj_member_apply(member, &step, before, now);
  return STATUS_OK;
}

int32_t rj_member_leave(rj_member *member, int64_t now) {
  bool stayed = member->machine.state != STATE_DISCONNECTED;
  rj_step step = rj_member_input(member, RJ_IN_LEAVE, 0, now);
  if (stayed) {
    free(member->token); /* the stay's token is not the next one's */
    member->token = NULL;
  }
  return step.status;
}

void rj_member_retire(rj_member *member, int64_t now) {
  member->retired = true;
  rj_member_leave(member, now);
}

int32_t rj_member_network_changed(rj_member *member, int32_t network, const rj_address *local,
                                  int64_t now) {
  if (local != NULL)
    member->local = *local;
  else if (network != NETWORK_DISCONNECTED)
    member->local = (rj_address){0};
  rj_member_tell_network(member, network, now);
  if (network == NETWORK_DISCONNECTED)
    return STATUS_OK; /* no network, nothing to try: the silence timers go on */
  rj_member_farewell_migrate(member, now);
  int32_t before = member->machine.state;
  rj_step step = rj_machine_input(&member->machine, RJ_IN_NETWORK_CHANGED, 0, now);
  if (step.row != NULL) {
    /* how an attempt starts by this cause is bounded: section 5 */
    step.actions &= ~(uint32_t)(RJ_DO_DIAL_NOW | RJ_DO_DIAL_SOON);
    rj_member_apply(member, &step, before, now);
  }
  if (member->machine.state == STATE_RECONNECTING)
    rj_member_migrate(member, now); /* the old connection may still win (S-13) */
  if (member->machine.state == STATE_CONNECTING || member->machine.state == STATE_RECONNECTING)
    rj_member_dial_forced(member, now);
  return STATUS_OK;
}

/* ---- to look at ---- */

const rj_url *rj_member_url(const rj_member *member, uint32_t index) {
  assert(index < member->edge_count);
  return &member->edges[index].url;
}

bool rj_member_is_quiet(const rj_member *member) {
  if (member->machine.state != STATE_DISCONNECTED && member->machine.state != STATE_FAILED)
    return false;
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    if (member->farewells[i].connection.link != NULL)
      return false;
  }
  return member->closing_count == 0;
}

void rj_member_set_wall_offset(rj_member *member, int64_t offset) {
  member->wall_offset = offset;
}

int32_t rj_member_state(const rj_member *member) {
  return member->machine.state;
}

uint32_t rj_member_uid(const rj_member *member) {
  return member->uid != 0 ? member->uid : member->asked_uid;
}

int64_t rj_member_last_proof(const rj_member *member) {
  return member->machine.last_proof;
}

uint64_t rj_member_protocol_errors(const rj_member *member) {
  return member->protocol_errors;
}

uint64_t rj_member_peers_not_shown(const rj_member *member) {
  return member->peers_not_shown;
}
