/* The edge as a whole: made from its config, fed, woken, written, stopped, looked at. */
#include "edge/server.h"

#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ config */

void rj_server_timers_default(rj_server_timers *timers, double scale) {
  *timers = (rj_server_timers){
      .offline = rj_scaled(RJ_OFFLINE_AFTER, scale),
      .interrupted = rj_scaled(RJ_INTERRUPTED_AFTER, scale),
      .empty_channel = rj_scaled(RJ_EMPTY_CHANNEL_AFTER, scale),
      .two_links = rj_scaled(RJ_TWO_LINKS_FOR, scale),
      .ended_kept = rj_scaled(RJ_ENDED_KEPT_FOR, scale),
      .uid_quarantine = rj_scaled(RJ_UID_QUARANTINE, scale),
      .departed_kept = rj_scaled(2 * RJ_OFFLINE_AFTER, scale),
      .farewell = rj_scaled(RJ_GOODBYE_FOR, scale),
      .busy_retry = rj_scaled(RJ_EDGE_BUSY_RETRY, scale),
      .unreliable = rj_scaled(RJ_UNRELIABLE_FOR, scale),
      .neighbours = rj_scaled(RJ_EDGE_NEIGHBOURS_EVERY, scale),
  };
}

static bool check_timers(const rj_server_timers *timers, char *error, size_t error_size) {
  const struct {
    const char *name;
    int64_t value;
  } all[] = {
      {"offline", timers->offline},
      {"interrupted", timers->interrupted},
      {"empty_channel", timers->empty_channel},
      {"two_links", timers->two_links},
      {"ended_kept", timers->ended_kept},
      {"uid_quarantine", timers->uid_quarantine},
      {"departed_kept", timers->departed_kept},
      {"farewell", timers->farewell},
      {"busy_retry", timers->busy_retry},
      {"unreliable", timers->unreliable},
      {"neighbours", timers->neighbours},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
    if (all[i].value <= 0) {
      g_snprintf(error, error_size, "timer %s is %" G_GINT64_FORMAT " ns; a timer is at least 1 ns",
                 all[i].name, all[i].value);
      return false;
    }
  }
  if (timers->departed_kept <= timers->offline) {
    g_snprintf(error, error_size,
               "timer departed_kept is not longer than offline; members that rejoin in time would "
               "miss why others left");
    return false;
  }
  return true;
}

static bool compile_pattern(rj_server *server, const char *pattern, char *error,
                            size_t error_size) {
  if (pattern == NULL)
    return true;
  GError *complaint = NULL;
  GRegex *alone =
      g_regex_new(pattern, G_REGEX_RAW, 0, &complaint); /* so that it stays in its group */
  if (alone != NULL) {
    char *whole = g_strdup_printf("\\A(?:%s)\\z", pattern);
    server->channel_pattern = g_regex_new(whole, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, &complaint);
    g_free(whole);
    g_regex_unref(alone);
  }
  if (server->channel_pattern == NULL) {
    g_snprintf(error, error_size, "channel pattern \"%s\": %s", pattern, complaint->message);
    g_error_free(complaint);
    return false;
  }
  return true;
}

static uint32_t limit_or(uint32_t limit, uint32_t otherwise) {
  return limit != 0 ? limit : otherwise;
}

/* With the defaults in the place of zeros. */
static rj_server_limits whole_limits(const rj_server_limits *given) {
  return (rj_server_limits){
      .sessions = limit_or(given->sessions, RJ_EDGE_SESSIONS),
      .channel_members = limit_or(given->channel_members, RJ_EDGE_CHANNEL_MEMBERS),
      .channel_broadcasters = limit_or(given->channel_broadcasters, RJ_EDGE_CHANNEL_BROADCASTERS),
      .handshakes = limit_or(given->handshakes, RJ_EDGE_HANDSHAKES),
      .links = limit_or(given->links, RJ_EDGE_LINKS),
      .joins_per_second = limit_or(given->joins_per_second, RJ_EDGE_JOINS_PER_SECOND),
      .bad_tokens_per_minute =
          limit_or(given->bad_tokens_per_minute, RJ_EDGE_BAD_TOKENS_PER_MINUTE),
      .accepts_per_second = limit_or(given->accepts_per_second, RJ_EDGE_ACCEPTS_PER_SECOND),
      .role_changes_per_minute =
          limit_or(given->role_changes_per_minute, RJ_EDGE_ROLE_CHANGES_PER_MINUTE),
      .loopback = given->loopback,
  };
}

void rj_server_set_limits(rj_server *server, const rj_server_limits *limits) {
  server->limits = whole_limits(limits);
  rj_port_set_limits(server->port, server->limits.links, server->limits.handshakes);
}

static bool join_cluster(rj_server *server, const rj_server_config *config, int64_t now,
                         char *error, size_t error_size) {
  server->cluster = rj_cluster_new(server, &config->cluster, now, error, error_size);
  return server->cluster != NULL || config->cluster.name == NULL;
}

/* ------------------------------------------------------------------ construction */

rj_server *rj_server_new(const rj_server_config *config, int64_t now, char *error,
                         size_t error_size) {
  g_assert(config->entropy != NULL);
  if (!check_timers(&config->timers, error, error_size))
    return NULL;

  rj_server *server = g_new0(rj_server, 1);
  server->timers = config->timers;
  server->entropy = config->entropy;
  server->kicks = config->kicks;
  server->observer = config->observer;
  server->started = now;
  server->edge_id = rj_entropy_u64(config->entropy);
  server->limits = whole_limits(&config->limits);
  server->channels = rj_channels_new();
  server->channels_in_order = g_tree_new(rj_channel_order);
  rj_ended_init(&server->ended);
  rj_uids_init(&server->uids);
  rj_hostile_init(&server->hostile);
  rj_rates_init(&server->rates);
  rj_drain_init(&server->drain);
  server->wheel = rj_wheel_new(now);
  server->sessions = rj_map_new();
  server->joins = rj_map_new();
  if (server->wheel == NULL || server->sessions == NULL || server->joins == NULL)
    g_error("out of memory");
  if (!rj_server_set_apps(server, config->apps, config->app_count, error, error_size) ||
      !compile_pattern(server, config->channel_pattern, error, error_size) ||
      !join_cluster(server, config, now, error, error_size))
    goto fail;

  const rj_port_config port = {
      .entropy = config->entropy,
      .credentials = config->credentials,
      .links_max = server->limits.links,
      .retry_above = server->limits.handshakes,
      /* a connection outlives the silence that ends its session, also where the timers are longer */
      .idle_timeout = rj_later(RJ_IDLE_TIMEOUT, rj_after(0, server->timers.offline) / 2 * 5),
      .handshake_timeout = RJ_HANDSHAKE_TIMEOUT,
  };
  server->port = rj_port_new(&port);
  if (server->port == NULL) {
    g_snprintf(error, error_size, "the crypto library could not be set up");
    goto fail;
  }
  return server;

fail:
  rj_server_free(server);
  return NULL;
}

void rj_server_free(rj_server *server) {
  if (server == NULL)
    return;
  while (server->connections != NULL)
    rj_connection_free(server->connections);
  uint64_t id;
  void *session;
  for (size_t cursor = 0; rj_map_next(server->sessions, &cursor, &id, &session);)
    rj_session_forget(session);
  g_hash_table_destroy(server->channels);
  rj_cluster_free(server->cluster);
  g_tree_unref(server->channels_in_order);
  if (server->port != NULL)
    rj_port_free(server->port);
  rj_drain_clear(server);
  rj_map_free(server->joins);
  rj_map_free(server->sessions);
  rj_wheel_free(server->wheel);
  rj_rates_clear(&server->rates);
  rj_hostile_clear(&server->hostile);
  rj_uids_clear(&server->uids);
  rj_ended_clear(&server->ended);
  if (server->channel_pattern != NULL)
    g_regex_unref(server->channel_pattern);
  if (server->apps != NULL)
    g_hash_table_destroy(server->apps);
  g_free(server);
}

void rj_server_stop(rj_server *server, int64_t now) {
  server->stopped = true;
  if (server->cluster != NULL)
    rj_cluster_bye(server, now);
  for (rj_connection *connection = server->connections; connection != NULL;
       connection = connection->next)
    rj_connection_close(connection, RJ_CLOSE_RESTARTING, now);
}

/* ------------------------------------------------------------------ packets and time */

void rj_server_feed(rj_server *server, const rj_path *path, const uint8_t *data, size_t length,
                    int64_t now) {
  if (server->stopped)
    return;
  bool accepted = false;
  rj_link *link = rj_port_feed(server->port, path, data, length, now, &accepted);
  if (link == NULL)
    return;
  if (accepted)
    rj_connection_accepted(server, link, now);
  rj_connection_service(rj_link_owner(link), now);
}

int64_t rj_server_deadline(rj_server *server) {
  return rj_wheel_deadline(server->wheel);
}

/* The timer stands first in the alarm, the alarm first in its owner. */
static void ring(rj_server *server, rj_timer *timer, int64_t now) {
  switch (((rj_server_alarm *)timer)->kind) {
  case RJ_SERVER_ALARM_CONNECTION:
    rj_connection_wake((rj_connection *)timer, now);
    break;
  case RJ_SERVER_ALARM_SESSION:
    rj_session_wake((rj_session *)timer, now);
    break;
  case RJ_SERVER_ALARM_CHANNEL:
    rj_channel_wake((rj_channel *)timer, now);
    break;
  case RJ_SERVER_ALARM_DRAIN:
    rj_drain_wake(server, now);
    break;
  case RJ_SERVER_ALARM_CLUSTER:
    rj_edges_wake(server, now);
    break;
  }
}

static int64_t really_due(const rj_server *server, const rj_timer *timer) {
  switch (((const rj_server_alarm *)timer)->kind) {
  case RJ_SERVER_ALARM_CONNECTION:
    return ((const rj_connection *)timer)->due;
  case RJ_SERVER_ALARM_SESSION:
    return rj_session_due((const rj_session *)timer);
  case RJ_SERVER_ALARM_DRAIN:
    return rj_drain_due(server);
  case RJ_SERVER_ALARM_CLUSTER:
    return rj_edges_due(server->cluster);
  case RJ_SERVER_ALARM_CHANNEL:
    return rj_channel_due((const rj_channel *)timer);
  }
  return timer->due;
}

/* Since beats move no alarm, most alarms ring for nothing. Those that would soon are put off now
 * that the edge is awake, so that the next one does not wake it for their sake. */
static void put_off_idle_alarms(rj_server *server, int64_t now) {
  int64_t horizon = rj_after(now, RJ_EDGE_LOOK_AHEAD);
  rj_timer *timer;
  while ((timer = rj_wheel_pop(server->wheel, horizon)) != NULL) {
    int64_t due = really_due(server, timer);
    rj_wheel_set(server->wheel, timer, due);
    if (due <= horizon)
      return;
  }
}

void rj_server_wake(rj_server *server, int64_t now) {
  rj_timer *timer;
  while ((timer = rj_wheel_pop(server->wheel, now)) != NULL)
    ring(server, timer, now);
  put_off_idle_alarms(server, now);
}

bool rj_server_write(rj_server *server, rj_datagram *out, int64_t now) {
  if (rj_port_write(server->port, out))
    return true;
  while (server->dirty_first != NULL) {
    if (rj_link_write(server->dirty_first->link, out, now))
      return true;
    rj_connection_written(server->dirty_first, now);
  }
  return false;
}

void rj_server_stalled(rj_server *server, int64_t gap, int64_t now) {
  uint64_t id;
  void *value;
  for (size_t cursor = 0; rj_map_next(server->sessions, &cursor, &id, &value);) {
    rj_session *session = value;
    /* who was heard since the stall was heard just now */
    session->last_heard = rj_later(session->last_heard, rj_earlier(session->last_heard + gap, now));
  }
  if (server->cluster != NULL)
    rj_edges_stalled(server->cluster, gap, now);
}

void rj_server_set_wall_offset(rj_server *server, int64_t offset) {
  if (!server->wall_known)
    server->first_wall_offset = offset;
  server->wall_known = true;
  server->wall_offset = offset;
}

/* ------------------------------------------------------------------ what the other files use */

void rj_server_alarm_by(rj_server *server, rj_server_alarm *alarm, int64_t due) {
  bool is_set = alarm->timer.next != NULL;
  if (due != RJ_NEVER && (!is_set || due < alarm->timer.due))
    rj_wheel_set(server->wheel, &alarm->timer, due);
}

size_t rj_server_encode(rj_server *server) {
  size_t length = rj_control_encode(&server->out, server->buffer, sizeof server->buffer);
  g_assert(length > 0);
  return length;
}

uint64_t rj_server_join_time(const rj_server *server, int64_t now) {
  int64_t wall = now + server->first_wall_offset;
  return wall > 0 ? (uint64_t)(wall / RJ_MILLISECOND) : 0;
}

uint64_t rj_server_stay_time(uint64_t ms, uint64_t join_key) {
  return ms << RJ_STAY_TIME_BITS | (join_key & ((1U << RJ_STAY_TIME_BITS) - 1));
}

uint32_t rj_server_age_ms(const rj_server *server, int64_t now) {
  return (uint32_t)rj_earlier((now - server->started) / RJ_MILLISECOND, UINT32_MAX);
}

void rj_map_must_put(rj_map *map, uint64_t key, void *value) {
  if (!rj_map_put(map, key, value))
    g_error("out of memory");
}

/* ------------------------------------------------------------------ to look at */

static const rj_channel *look_up(const rj_server *server, const char *app_id, const char *channel) {
  return rj_channel_find(server, app_id != NULL ? app_id : "", channel);
}

int64_t rj_server_last_heard(const rj_server *server, const char *app_id, const char *channel,
                             uint32_t uid) {
  const rj_channel *found = look_up(server, app_id, channel);
  const rj_session *session = found != NULL ? rj_channel_member(found, uid) : NULL;
  return session != NULL ? session->last_heard : 0;
}

size_t rj_server_members(const rj_server *server, const char *app_id, const char *channel,
                         uint32_t *uids, size_t capacity) {
  const rj_channel *found = look_up(server, app_id, channel);
  if (found == NULL)
    return 0;
  for (size_t i = 0; i < found->count && i < capacity; i++)
    uids[i] = found->members[i]->uid;
  return found->count;
}

size_t rj_server_channels(const rj_server *server, const char *app_id, char *names,
                          size_t capacity) {
  GPtrArray *found = rj_channels_of(server, app_id != NULL ? app_id : "");
  size_t needed = 0;
  for (guint i = 0; i < found->len; i++) {
    const rj_channel *channel = g_ptr_array_index(found, i);
    size_t size = strlen(channel->name) + 1;
    if (needed + size <= capacity)
      memcpy(names + needed, channel->name, size);
    needed += size;
  }
  g_ptr_array_free(found, TRUE);
  return needed;
}

void rj_server_counters_get(const rj_server *server, rj_server_counters *out) {
  *out = server->counters;
  rj_port_counters_get(server->port, &out->port);
  out->sessions = (uint32_t)rj_map_size(server->sessions);
  out->channels = g_hash_table_size(server->channels);
  rj_cluster_status cluster;
  rj_server_cluster_status(server, &cluster);
  out->edges = (uint32_t)cluster.alive;
  out->waiting = out->port.links - server->bound;
}
