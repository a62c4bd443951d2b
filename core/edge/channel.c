/* One channel: its members by uid, who of them is visible, who left lately, and its end once it
 * stayed empty for a while (N-7). */
#include "edge/edge_internal.h"

#include <string.h>

/* ------------------------------------------------------------------ the table of channels */

static guint channel_hash(gconstpointer key) {
  const rj_channel *channel = key;
  return g_str_hash(channel->app_id) * 31 + g_str_hash(channel->name);
}

static gboolean channel_equal(gconstpointer a, gconstpointer b) {
  const rj_channel *one = a, *other = b;
  return strcmp(one->name, other->name) == 0 && strcmp(one->app_id, other->app_id) == 0;
}

static void channel_free(gpointer value) {
  rj_channel *channel = value;
  rj_wheel_remove(channel->server->wheel, &channel->alarm.timer);
  rj_shared_close(channel, false, 0);
  g_tree_remove(channel->server->channels_in_order, channel);
  rj_streams_forget(channel);
  g_free(channel->members);
  g_free(channel->departed);
  g_free(channel);
}

GHashTable *rj_channels_new(void) {
  return g_hash_table_new_full(channel_hash, channel_equal, channel_free, NULL);
}

static bool set_names(rj_channel *channel, const char *app_id, const char *name) {
  return g_strlcpy(channel->app_id, app_id, sizeof channel->app_id) < sizeof channel->app_id &&
         g_strlcpy(channel->name, name, sizeof channel->name) < sizeof channel->name;
}

rj_channel *rj_channel_find(const rj_server *server, const char *app_id, const char *name) {
  rj_channel key;
  return set_names(&key, app_id, name) ? g_hash_table_lookup(server->channels, &key) : NULL;
}

rj_channel *rj_channel_new(rj_server *server, const char *app_id, const char *name, uint8_t profile,
                           int64_t now) {
  rj_channel *channel = g_new0(rj_channel, 1);
  channel->alarm.kind = RJ_SERVER_ALARM_CHANNEL;
  channel->server = server;
  channel->profile = profile;
  channel->empty_until = RJ_NEVER;
  channel->trim_at = RJ_NEVER;
  bool fits = set_names(channel, app_id, name);
  g_assert(fits);
  g_hash_table_add(server->channels, channel);
  g_tree_insert(server->channels_in_order, channel, channel);
  rj_observe_channel(channel, RJ_OBSERVED_CHANNEL_OPENED, now);
  if (server->cluster != NULL)
    rj_shared_open(channel, now);
  return channel;
}

gint rj_channel_order(gconstpointer a, gconstpointer b) {
  const rj_channel *one = a, *other = b;
  gint by_app = strcmp(one->app_id, other->app_id);
  return by_app != 0 ? by_app : strcmp(one->name, other->name);
}

gint rj_channel_compare(gconstpointer a, gconstpointer b) {
  const rj_channel *const *one = a, *const *other = b;
  return rj_channel_order(*one, *other);
}

/* app_id NULL: of all. */
static GPtrArray *sorted_channels(const rj_server *server, const char *app_id) {
  GPtrArray *found = g_ptr_array_new();
  GHashTableIter walk;
  gpointer key;
  g_hash_table_iter_init(&walk, server->channels);
  while (g_hash_table_iter_next(&walk, &key, NULL)) {
    if (app_id == NULL || strcmp(((const rj_channel *)key)->app_id, app_id) == 0)
      g_ptr_array_add(found, key);
  }
  g_ptr_array_sort(found, rj_channel_compare);
  return found;
}

GPtrArray *rj_channels_of(const rj_server *server, const char *app_id) {
  return sorted_channels(server, app_id);
}

GPtrArray *rj_channels_all(const rj_server *server) {
  return sorted_channels(server, NULL);
}

/* ------------------------------------------------------------------ members */

static uint64_t member_at(const void *channel, uint32_t i) {
  return ((const rj_channel *)channel)->members[i]->uid;
}

uint32_t rj_channel_place(const rj_channel *channel, uint32_t uid) {
  return rj_sorted_place(channel, channel->count, uid, member_at);
}

rj_session *rj_channel_member(const rj_channel *channel, uint32_t uid) {
  uint32_t place = rj_channel_place(channel, uid);
  bool found = place < channel->count && channel->members[place]->uid == uid;
  return found ? channel->members[place] : NULL;
}

/* The first one who wants to know of interruptions came: from now on they are watched for. Until
 * now nobody was told of any, so those under way are only noted; the roster's pages tell them. */
void rj_channel_start_watching(rj_channel *channel, int64_t now) {
  for (uint32_t i = 0; i < channel->count; i++) {
    rj_session *member = channel->members[i];
    bool was = member->interrupted;
    bool is_silent = rj_after(member->last_heard, channel->server->timers.interrupted) <= now;
    if (is_silent && !was)
      rj_session_begin_silence(member);
    else if (!is_silent && was)
      rj_session_end_silence(member, now);
    if (is_silent != was)
      rj_changes_put(member, now);
    rj_session_rearm(member);
  }
}

static void set_watches(rj_channel *channel, rj_session *session, bool watches, int64_t now) {
  if (session->watches == watches)
    return;
  session->watches = watches;
  if (!watches)
    channel->watchers--;
  else if (channel->watchers++ == 0) {
    rj_channel_start_watching(channel, now);
    if (channel->shared != NULL)
      rj_shared_watched(channel->shared, now);
  }
}

static void set_visible(rj_channel *channel, rj_session *session, bool visible) {
  if (session->visible == visible)
    return;
  session->visible = visible;
  channel->visible += visible ? 1 : UINT32_MAX; /* - 1 */
}

void rj_channel_set_member(rj_channel *channel, rj_session *session, uint32_t role, bool watches,
                           int64_t now) {
  session->role = (uint8_t)role;
  set_visible(channel, session,
              channel->profile == PROFILE_COMMUNICATION || role == ROLE_BROADCASTER);
  set_watches(channel, session, watches, now);
}

void rj_channel_add(rj_channel *channel, rj_session *session) {
  channel->empty_until = RJ_NEVER; /* the alarm looks when it rings */
  if (channel->count == channel->capacity) {
    channel->capacity = channel->capacity == 0 ? 2 : channel->capacity * 2;
    channel->members = g_renew(rj_session *, channel->members, channel->capacity);
  }
  uint32_t place = rj_channel_place(channel, session->uid);
  g_assert(place == channel->count || channel->members[place]->uid != session->uid);
  memmove(&channel->members[place + 1], &channel->members[place],
          (channel->count - place) * sizeof(rj_session *));
  channel->members[place] = session;
  channel->count++;
}

void rj_channel_remove(rj_channel *channel, rj_session *session, int64_t now) {
  set_visible(channel, session, false);
  set_watches(channel, session, false, now);
  if (session->interrupted)
    rj_session_end_silence(session, now);
  uint32_t place = rj_channel_place(channel, session->uid);
  g_assert(place < channel->count && channel->members[place] == session);
  channel->count--;
  memmove(&channel->members[place], &channel->members[place + 1],
          (channel->count - place) * sizeof(rj_session *));
  if (channel->count > 0)
    return;
  if (channel->shared == NULL)
    rj_streams_forget(channel); /* nobody is left who could come back for them */
  channel->empty_until = rj_after(now, channel->server->timers.empty_channel); /* N-7 */
  rj_server_alarm_by(channel->server, &channel->alarm, channel->empty_until);
}

bool rj_channel_has(const rj_channel *channel, uint32_t uid) {
  rj_mate theirs;
  return rj_channel_member(channel, uid) != NULL || rj_union_elsewhere(channel, uid, &theirs);
}

bool rj_channel_is_full(const rj_channel *channel, uint32_t uid) {
  uint32_t count = channel->count + rj_union_members_elsewhere(channel);
  if (count < channel->server->limits.channel_members)
    return false;
  return channel->shared == NULL || uid == 0 || !rj_channel_has(channel, uid);
}

/* Broadcasters at all edges, but for the one with this uid. */
static uint32_t count_others(const rj_channel *channel, uint32_t uid) {
  uint32_t others = 0, local = 0;
  rj_mate mate = {0};
  while (rj_union_next(channel, &local, mate.uid, &mate))
    others += mate.visible && mate.uid != uid;
  return others;
}

bool rj_channel_is_full_of_broadcasters(const rj_channel *channel, const rj_session *current,
                                        uint32_t uid) {
  uint32_t limit = channel->server->limits.channel_broadcasters;
  if (channel->profile == PROFILE_COMMUNICATION)
    return false;
  uint32_t others = channel->visible - (current != NULL && current->visible ? 1 : 0);
  others += rj_union_visible_elsewhere(channel);
  if (others < limit || channel->shared == NULL)
    return others >= limit;
  return count_others(channel, current != NULL ? current->uid : uid) >= limit; /* none twice */
}

int64_t rj_channel_known_since(const rj_channel *channel) {
  return channel->shared != NULL ? channel->shared->since : channel->server->started;
}

int64_t rj_channel_due(const rj_channel *channel) {
  int64_t due = rj_earlier(channel->empty_until, channel->trim_at);
  return channel->shared == NULL ? due : rj_earlier(due, rj_shared_due(channel->shared));
}

void rj_channel_wake(rj_channel *channel, int64_t now) {
  if (channel->empty_until <= now) { /* N-7 */
    rj_observe_channel(channel, RJ_OBSERVED_CHANNEL_CLOSED, now);
    rj_shared_close(channel, true, now);
    g_hash_table_remove(channel->server->channels, channel); /* frees it */
    return;
  }
  if (channel->trim_at <= now)
    rj_streams_trim(channel, now);
  if (channel->shared != NULL && rj_shared_due(channel->shared) <= now)
    rj_shared_wake(channel->shared, now);
  rj_server_alarm_by(channel->server, &channel->alarm, rj_channel_due(channel));
}

/* ------------------------------------------------------------------ who left lately */

static uint64_t departed_at(const void *channel, uint32_t i) {
  return ((const rj_channel *)channel)->departed[i].uid;
}

static uint32_t departed_place(const rj_channel *channel, uint32_t uid) {
  return rj_sorted_place(channel, channel->departed_count, uid, departed_at);
}

static void remove_departed(rj_channel *channel, uint32_t place) {
  channel->departed_count--;
  memmove(&channel->departed[place], &channel->departed[place + 1],
          (channel->departed_count - place) * sizeof(rj_departure));
}

/* Makes room for one more: without those that nobody will ask for any more, or the oldest. */
static void make_room(rj_channel *channel, int64_t now) {
  if (channel->departed_count == channel->departed_capacity) {
    uint32_t kept = 0, oldest = 0;
    for (uint32_t i = 0; i < channel->departed_count; i++) {
      if (channel->departed[i].at > now - channel->server->timers.departed_kept)
        channel->departed[kept++] = channel->departed[i];
    }
    channel->departed_count = kept;
    for (uint32_t i = 1; i < kept; i++) {
      if (channel->departed[i].at < channel->departed[oldest].at)
        oldest = i;
    }
    if (kept == RJ_EDGE_DEPARTED)
      remove_departed(channel, oldest);
  }
  if (channel->departed_count == channel->departed_capacity) {
    uint32_t capacity = channel->departed_capacity == 0 ? 4 : channel->departed_capacity * 2;
    channel->departed_capacity = MIN(capacity, RJ_EDGE_DEPARTED);
    channel->departed = g_renew(rj_departure, channel->departed, channel->departed_capacity);
  }
}

void rj_channel_note_departed(rj_channel *channel, uint32_t uid, int32_t reason, int64_t now) {
  rj_channel_forget_departed(channel, uid);
  make_room(channel, now);
  uint32_t place = departed_place(channel, uid);
  memmove(&channel->departed[place + 1], &channel->departed[place],
          (channel->departed_count - place) * sizeof(rj_departure));
  channel->departed[place] = (rj_departure){.at = now, .uid = uid, .reason = reason};
  channel->departed_count++;
}

void rj_channel_forget_departed(rj_channel *channel, uint32_t uid) {
  uint32_t place = departed_place(channel, uid);
  if (place < channel->departed_count && channel->departed[place].uid == uid)
    remove_departed(channel, place);
}
