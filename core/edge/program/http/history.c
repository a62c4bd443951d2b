/* Histories by session: a short array each that grows, and a queue of those that ended. */
#include "edge/program/http/history.h"

#include <string.h>

#include "base/time.h"
#include "edge/program/http/event_text.h"
#include "edge/program/http/limits.h"

typedef struct {
  int64_t at, span;
  int32_t reason;
  rj_observed kind;
} entry;

typedef struct {
  guint64 session;        /* first: the key of the table */
  char *app_id, *channel; /* interned: many sessions share them */
  uint32_t uid;
  uint32_t count, capacity;
  entry *entries;
  bool has_ended;
} history;

struct rj_http_histories {
  GHashTable *by_session;
  GQueue ended; /* oldest first */
  size_t sessions_max, ended_max;
};

static void history_free(gpointer data) {
  history *h = data;
  g_ref_string_release(h->app_id);
  g_ref_string_release(h->channel);
  g_free(h->entries);
  g_free(h);
}

rj_http_histories *rj_http_histories_new(size_t sessions, size_t ended) {
  rj_http_histories *histories = g_new0(rj_http_histories, 1);
  histories->by_session = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, history_free);
  g_queue_init(&histories->ended);
  histories->sessions_max = sessions;
  histories->ended_max = ended;
  return histories;
}

void rj_http_histories_free(rj_http_histories *histories) {
  if (histories == NULL)
    return;
  rj_http_histories_forget(histories);
  g_hash_table_destroy(histories->by_session);
  g_free(histories);
}

void rj_http_histories_forget(rj_http_histories *histories) {
  g_queue_clear(&histories->ended);
  g_hash_table_remove_all(histories->by_session);
}

static history *find(const rj_http_histories *histories, uint64_t session) {
  guint64 key = session;
  return g_hash_table_lookup(histories->by_session, &key);
}

static history *find_or_make(rj_http_histories *histories, const rj_http_observation *what) {
  history *h = find(histories, what->session);
  if (h != NULL || g_hash_table_size(histories->by_session) >= histories->sessions_max)
    return h;
  h = g_new0(history, 1);
  h->session = what->session;
  h->uid = what->uid;
  h->app_id = g_ref_string_new_intern(what->app_id);
  h->channel = g_ref_string_new_intern(what->channel);
  g_hash_table_insert(histories->by_session, &h->session, h);
  return h;
}

/* Room for one more: the first one, when the stay began, is kept. */
static void make_room(history *h) {
  if (h->count == RJ_HTTP_HISTORY) {
    memmove(&h->entries[1], &h->entries[2], (RJ_HTTP_HISTORY - 2) * sizeof(entry));
    h->count--;
  } else if (h->count == h->capacity) {
    h->capacity = h->capacity == 0 ? 2 : MIN(h->capacity * 2, RJ_HTTP_HISTORY);
    h->entries = g_renew(entry, h->entries, h->capacity);
  }
}

static bool is_end(rj_observed kind) {
  return kind == RJ_OBSERVED_LEFT || kind == RJ_OBSERVED_DROPPED || kind == RJ_OBSERVED_REMOVED ||
         kind == RJ_OBSERVED_REPLACED || kind == RJ_OBSERVED_MOVED;
}

static void note_end(rj_http_histories *histories, history *h) {
  h->has_ended = true;
  g_queue_push_tail(&histories->ended, h);
  if (histories->ended.length > histories->ended_max) {
    history *oldest = g_queue_pop_head(&histories->ended);
    g_hash_table_remove(histories->by_session, &oldest->session);
  }
}

void rj_http_histories_note(rj_http_histories *histories, const rj_http_observation *what) {
  if (what->session == 0)
    return;
  history *h = find_or_make(histories, what);
  if (h == NULL || h->has_ended)
    return;
  make_room(h);
  h->entries[h->count++] =
      (entry){.at = what->at, .span = what->span, .reason = what->reason, .kind = what->kind};
  if (is_end(what->kind))
    note_end(histories, h);
}

void rj_http_histories_write(const rj_http_histories *histories, uint64_t session, rj_json *json,
                             const char *key, int64_t wall) {
  const history *h = find(histories, session);
  rj_json_begin(json, key, '[');
  for (uint32_t i = 0; h != NULL && i < h->count; i++) {
    const entry *e = &h->entries[i];
    rj_json_begin(json, NULL, '{');
    rj_json_whole(json, "at", (e->at + wall) / RJ_MILLISECOND);
    rj_json_text(json, "event", rj_http_event_name(e->kind));
    rj_json_ms(json, "span_ms", e->span);
    rj_http_event_reason(json, "reason", e->kind, e->reason);
    rj_json_end(json, '}');
  }
  rj_json_end(json, ']');
}

bool rj_http_histories_ended(const rj_http_histories *histories, uint64_t session,
                             rj_http_ended *out) {
  const history *h = find(histories, session);
  if (h == NULL || !h->has_ended)
    return false;
  *out = (rj_http_ended){
      .app_id = h->app_id, .channel = h->channel, .uid = h->uid, .began = h->entries[0].at};
  return true;
}

size_t rj_http_histories_count(const rj_http_histories *histories) {
  return g_hash_table_size(histories->by_session);
}
