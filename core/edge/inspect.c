/* Walks along channels and members in their order, a bounded number of steps at a time, and copies what it sees. */
#include "edge/inspect.h"

#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ copies */

static void view_member(const rj_session *session, rj_member_view *out, int64_t now) {
  *out = (rj_member_view){
      .session = session->id,
      .uid = session->uid,
      .role = session->role,
      .visible = session->visible,
      .silent = session->interrupted,
      .to_move = session->told_to_move,
      .joined_at = session->joined_at >> RJ_STAY_TIME_BITS,
      .unheard = rj_later(now - session->last_heard, 0),
      .outages = session->outages,
      .outage_total =
          session->outage_total + (session->interrupted ? now - session->silent_since : 0),
      .token_left = session->privilege_until == RJ_NEVER
                        ? RJ_NEVER
                        : rj_later(session->privilege_until - now, 0),
  };
  memcpy(out->app_id, session->channel->app_id, sizeof out->app_id);
  memcpy(out->channel, session->channel->name, sizeof out->channel);
  if (session->bound != NULL) {
    out->peer = rj_link_path(session->bound->link)->remote;
    rj_link_counters_get(session->bound->link, &out->link);
  }
}

static void view_channel(const rj_channel *channel, rj_channel_view *out) {
  *out = (rj_channel_view){.profile = channel->profile,
                           .members = channel->count,
                           .visible = channel->visible,
                           .silent = channel->silent};
  memcpy(out->app_id, channel->app_id, sizeof out->app_id);
  memcpy(out->channel, channel->name, sizeof out->channel);
}

/* ------------------------------------------------------------------ the walk over channels */

typedef struct {
  const rj_inspect_filter *filter;
  rj_inspect_cursor *cursor;
  GTreeNode *node; /* the channel that is next; NULL: none */
  int steps;       /* still to be made */
} walk;

/* Names that no channel has may be longer than any: cut off, they still are in order. */
static void set_key(rj_channel *key, const char *app_id, const char *name) {
  g_strlcpy(key->app_id, app_id, sizeof key->app_id);
  g_strlcpy(key->name, name, sizeof key->name);
}

static void set_cursor(rj_inspect_cursor *cursor, const rj_channel *channel, uint32_t uid) {
  memcpy(cursor->app_id, channel->app_id, sizeof cursor->app_id);
  memcpy(cursor->channel, channel->name, sizeof cursor->channel);
  cursor->uid = uid;
  cursor->begun = true;
}

/* The channel that the cursor stands in (with_its_own) or the one after it. */
static walk begin(const rj_server *server, const rj_inspect_filter *filter,
                  rj_inspect_cursor *cursor, bool with_its_own) {
  walk w = {.filter = filter, .cursor = cursor, .steps = RJ_INSPECT_STEPS};
  rj_channel key;
  if (!cursor->begun) {
    set_key(&key, filter->app_id != NULL ? filter->app_id : "",
            filter->app_id != NULL && filter->channel != NULL ? filter->channel : "");
    w.node = g_tree_lower_bound(server->channels_in_order, &key);
  } else {
    set_key(&key, cursor->app_id, cursor->channel);
    w.node = with_its_own ? g_tree_lower_bound(server->channels_in_order, &key)
                          : g_tree_upper_bound(server->channels_in_order, &key);
  }
  return w;
}

/* The next channel that fits, each that is looked at being a step. NULL: the end (then cursor->ended) or
 * no steps are left. */
static const rj_channel *next_channel(walk *w) {
  while (w->node != NULL && w->steps > 0) {
    const rj_channel *channel = g_tree_node_key(w->node);
    const rj_inspect_filter *filter = w->filter;
    int by_app = filter->app_id != NULL ? strcmp(channel->app_id, filter->app_id) : 0;
    int by_name = filter->channel != NULL ? strcmp(channel->name, filter->channel) : 0;
    if (by_app > 0 || (filter->app_id != NULL && by_app == 0 && by_name > 0))
      break; /* all that could fit was passed */
    w->steps--;
    if (by_app == 0 && by_name == 0)
      return channel;
    set_cursor(w->cursor, channel, UINT32_MAX);
    w->node = g_tree_node_next(w->node);
  }
  w->cursor->ended = w->node == NULL || w->steps > 0;
  return NULL;
}

size_t rj_inspect_channels(const rj_server *server, const rj_inspect_filter *filter,
                           rj_inspect_cursor *cursor, rj_channel_view *out, size_t capacity) {
  size_t count = 0;
  walk w = begin(server, filter, cursor, false);
  const rj_channel *channel;
  while (count < capacity && (channel = next_channel(&w)) != NULL) {
    view_channel(channel, &out[count++]);
    set_cursor(cursor, channel, UINT32_MAX);
    w.node = g_tree_node_next(w.node);
  }
  return count;
}

/* ------------------------------------------------------------------ the walk over members */

static bool fits(const rj_session *session, const rj_inspect_filter *filter) {
  return filter->state == RJ_INSPECT_ANY ||
         session->interrupted == (filter->state == RJ_INSPECT_SILENT);
}

/* The place of the first member of this channel that was not looked at. */
static uint32_t first_place(const walk *w, const rj_channel *channel) {
  const rj_inspect_cursor *cursor = w->cursor;
  bool is_here = cursor->begun && strcmp(cursor->app_id, channel->app_id) == 0 &&
                 strcmp(cursor->channel, channel->name) == 0;
  uint32_t first = 0;
  if (is_here)
    first = cursor->uid == UINT32_MAX ? channel->count : rj_channel_place(channel, cursor->uid + 1);
  if (w->filter->uid == 0)
    return first;
  uint32_t place = rj_channel_place(channel, w->filter->uid);
  bool is_there = place < channel->count && channel->members[place]->uid == w->filter->uid;
  return is_there && place >= first ? place : channel->count;
}

/* Goes through one channel; true: to its end. */
static bool take_members(walk *w, const rj_channel *channel, rj_member_view *out, size_t capacity,
                         size_t *count, int64_t now) {
  for (uint32_t i = first_place(w, channel); i < channel->count; i++) {
    if (*count == capacity || w->steps == 0)
      return false;
    const rj_session *session = channel->members[i];
    w->steps--;
    if (fits(session, w->filter))
      view_member(session, &out[(*count)++], now);
    set_cursor(w->cursor, channel, session->uid);
    if (w->filter->uid != 0)
      break;
  }
  set_cursor(w->cursor, channel, UINT32_MAX);
  return true;
}

size_t rj_inspect_members(const rj_server *server, const rj_inspect_filter *filter,
                          rj_inspect_cursor *cursor, rj_member_view *out, size_t capacity,
                          int64_t now) {
  size_t count = 0;
  walk w = begin(server, filter, cursor, true);
  const rj_channel *channel;
  while ((channel = next_channel(&w)) != NULL &&
         take_members(&w, channel, out, capacity, &count, now))
    w.node = g_tree_node_next(w.node);
  return count;
}

/* ------------------------------------------------------------------ one thing */

bool rj_inspect_session(const rj_server *server, uint64_t session, rj_member_view *out,
                        int64_t now) {
  const rj_session *found = rj_map_get(server->sessions, session);
  if (found != NULL)
    view_member(found, out, now);
  return found != NULL;
}

bool rj_inspect_member(const rj_server *server, const char *app_id, const char *channel,
                       uint32_t uid, rj_member_view *out, int64_t now) {
  const rj_channel *place = rj_channel_find(server, app_id, channel);
  const rj_session *found = place != NULL ? rj_channel_member(place, uid) : NULL;
  if (found != NULL)
    view_member(found, out, now);
  return found != NULL;
}

bool rj_inspect_channel(const rj_server *server, const char *app_id, const char *channel,
                        rj_channel_view *out) {
  const rj_channel *found = rj_channel_find(server, app_id, channel);
  if (found != NULL)
    view_channel(found, out);
  return found != NULL;
}

void rj_inspect_server(const rj_server *server, rj_server_view *out, int64_t now) {
  const rj_drain *drain = &server->drain;
  *out = (rj_server_view){
      .edge_id = server->edge_id,
      .age = now - server->started,
      .silent = server->silent,
      .draining = drain->is_on,
      .drain_left = drain->is_on ? rj_later(drain->ends - now, 0) : 0,
      .drain_members = drain->sessions->len,
      .drain_told = drain->next,
  };
  rj_server_counters_get(server, &out->counters);
  rj_cluster_status cluster;
  rj_server_cluster_status(server, &cluster);
  out->in_cluster = cluster.name != NULL;
  if (!out->in_cluster)
    return;
  out->bus_connected = cluster.connected;
  out->edges = cluster.edges;
  out->alive = cluster.alive;
}
