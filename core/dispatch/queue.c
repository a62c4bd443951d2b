/* The queue of R-4: a list of compact nodes, and beyond the bound of peer events an index that
 * finds each peer's undelivered ones to keep only their net change. */
#include "dispatch/queue.h"

#include <assert.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/numbers.h"
#include "dispatch/missed.h"

typedef struct node node;
struct node {
  node *next, *previous;
  int32_t kind;
};

/* user_joined, user_offline, user_interrupted, user_resumed: there may be thousands. */
typedef struct peer_node peer_node;
struct peer_node {
  node node;
  peer_node *older, *newer; /* of the same peer; only while the index is there */
  int64_t time, elapsed;
  uint32_t uid;
  int32_t reason;
};

typedef struct {
  node node;
  int64_t time;
  uint64_t count;
} dropped_node;

/* Every other event: its record up to `stats`, or whole where it has some, then text or data. */
typedef struct {
  node node;
  uint32_t record_size;
  uint32_t text_size; /* with the NUL; 0 = none */
  uint32_t data_length;
  unsigned char bytes[];
} full_node;

/* The index ends, and peer events are kept as they came again, when fewer than this wait. */
enum { CALM = RJ_QUEUE_PEER_EVENTS / 2 };

struct rj_queue {
  pthread_mutex_t lock;
  node *first, *last;
  node *taken; /* what the taker borrows */
  size_t length;
  uint32_t peer_events, data_events;
  uint64_t sequence, merged;
  dropped_node *dropping; /* counts on until the next message finds room or it is taken */
  rj_missed missed;       /* what it dropped of reliable streams and has not told yet */
  rj_map *newest;         /* the index, by uid: its newest undelivered event; NULL = no pressure */
  peer_node *spare;       /* merged away while the index is there, linked by `older` */
  bool interruptions;     /* the app asked for P-11 */
  bool closed;
};

static bool is_peer_kind(int32_t kind) {
  return kind == EVENT_USER_JOINED || kind == EVENT_USER_OFFLINE ||
         kind == EVENT_USER_INTERRUPTED || kind == EVENT_USER_RESUMED;
}

static bool is_data_kind(int32_t kind) {
  return kind == EVENT_STREAM_MESSAGE || kind == EVENT_STREAM_MESSAGE_ERROR || kind == EVENT_STATS;
}

static bool has_stats(int32_t kind) {
  return kind == EVENT_STATS || kind == EVENT_DID_LEAVE_CHANNEL;
}

/* ---- the list ---- */

static void append(rj_queue *queue, node *n) {
  n->next = NULL;
  n->previous = queue->last;
  if (queue->last != NULL)
    queue->last->next = n;
  else
    queue->first = n;
  queue->last = n;
  queue->length++;
}

static void unlink_node(rj_queue *queue, node *n) {
  if (n->previous != NULL)
    n->previous->next = n->next;
  else
    queue->first = n->next;
  if (n->next != NULL)
    n->next->previous = n->previous;
  else
    queue->last = n->previous;
  queue->length--;
}

/* ---- peers ---- */

static void index_drop(rj_queue *queue) {
  rj_map_free(queue->newest);
  queue->newest = NULL;
  while (queue->spare != NULL) {
    peer_node *peer = queue->spare;
    queue->spare = peer->older;
    g_free(peer);
  }
}

static void index_set(rj_queue *queue, uint32_t uid, peer_node *newest) {
  if (newest == NULL)
    (void)rj_map_remove(queue->newest, uid);
  else if (!rj_map_put(queue->newest, uid, newest))
    g_error("rejoin: out of memory"); /* as every other allocation of this layer */
}

static void index_add(rj_queue *queue, peer_node *peer) {
  peer->newer = NULL;
  peer->older = rj_map_get(queue->newest, peer->uid);
  if (peer->older != NULL)
    peer->older->newer = peer;
  index_set(queue, peer->uid, peer);
}

static void index_remove(rj_queue *queue, peer_node *peer) {
  if (peer->older != NULL)
    peer->older->newer = peer->newer;
  if (peer->newer != NULL)
    peer->newer->older = peer->older;
  else
    index_set(queue, peer->uid, peer->older);
}

/* Takes an undelivered peer event out for good; the next one gets its memory. */
static void merge_away(rj_queue *queue, peer_node *peer) {
  unlink_node(queue, &peer->node);
  queue->peer_events--;
  queue->merged++;
  peer->older = queue->spare;
  queue->spare = peer;
}

static peer_node *new_peer_node(rj_queue *queue) {
  peer_node *peer = queue->spare;
  if (peer == NULL)
    return g_new(peer_node, 1);
  queue->spare = peer->older;
  return peer;
}

/* Brings the peer's newest event and the one before it to their net change, and goes on while that
 * brings a new neighbour. What a peer was before its oldest waiting event, the app knows. */
static void settle(rj_queue *queue, peer_node *peer) {
  for (peer_node *older = peer->older; older != NULL; older = peer->older) {
    int32_t was = older->node.kind, is = peer->node.kind;
    bool cancel = (was == EVENT_USER_JOINED && is == EVENT_USER_OFFLINE) ||
                  (was == EVENT_USER_INTERRUPTED && is == EVENT_USER_RESUMED) ||
                  (was == EVENT_USER_RESUMED && is == EVENT_USER_INTERRUPTED) ||
                  /* Gone while interrupted and back without: not nothing (P-11). */
                  (was == EVENT_USER_OFFLINE && is == EVENT_USER_JOINED && !queue->interruptions);
    bool absorb =
        is == EVENT_USER_OFFLINE && (was == EVENT_USER_INTERRUPTED || was == EVENT_USER_RESUMED);
    if (!cancel && !absorb)
      return;
    assert(older->newer == peer);
    index_remove(queue, older);
    merge_away(queue, older);
    if (cancel) {
      index_remove(queue, peer);
      merge_away(queue, peer);
      return;
    }
  }
}

static bool ends_stay(const rj_event_record *event) {
  return event->kind == EVENT_CONNECTION_CHANGED &&
         (event->state == STATE_DISCONNECTED || event->state == STATE_FAILED);
}

static bool node_ends_stay(const node *n) {
  if (n->kind != EVENT_CONNECTION_CHANGED)
    return false;
  rj_event_record event = {0};
  const full_node *full = (const full_node *)n;
  memcpy(&event, full->bytes, full->record_size);
  return ends_stay(&event);
}

/* The roster of a stay that has ended is empty: of its peers nothing is left to tell. */
static void merge_peers_before(rj_queue *queue, const node *end) {
  for (node *n = queue->first, *next; n != end; n = next) {
    next = n->next;
    if (is_peer_kind(n->kind))
      merge_away(queue, (peer_node *)n);
  }
}

static void index_make(rj_queue *queue) {
  const node *end = queue->last;
  while (end != NULL && !node_ends_stay(end))
    end = end->previous;
  if (end != NULL)
    merge_peers_before(queue, end);
  queue->newest = rj_map_new();
  if (queue->newest == NULL)
    g_error("rejoin: out of memory");
  for (node *n = end == NULL ? queue->first : end->next, *next; n != NULL; n = next) {
    next = n->next; /* settle takes out this one and older ones only */
    if (is_peer_kind(n->kind)) {
      index_add(queue, (peer_node *)n);
      settle(queue, (peer_node *)n);
    }
  }
}

static void push_peer(rj_queue *queue, const rj_event_record *event) {
  if (event->kind == EVENT_USER_INTERRUPTED)
    queue->interruptions = true;
  peer_node *peer = new_peer_node(queue);
  peer->node.kind = event->kind;
  peer->time = event->time;
  peer->elapsed = event->elapsed;
  peer->uid = event->uid;
  peer->reason = event->reason;
  append(queue, &peer->node);
  queue->peer_events++;
  if (queue->newest != NULL) {
    index_add(queue, peer);
    settle(queue, peer);
  } else if (queue->peer_events > RJ_QUEUE_PEER_EVENTS) {
    index_make(queue);
  }
}

/* ---- whole events ---- */

static void push_full(rj_queue *queue, const rj_event_record *event) {
  size_t record_size =
      has_stats(event->kind) ? sizeof(rj_event_record) : offsetof(rj_event_record, stats);
  size_t text_size = event->text == NULL ? 0 : strlen(event->text) + 1;
  full_node *full = g_malloc(sizeof(full_node) + record_size + text_size + event->data_length);
  full->node.kind = event->kind;
  full->record_size = (uint32_t)record_size;
  full->text_size = (uint32_t)text_size;
  full->data_length = event->data_length;
  memcpy(full->bytes, event, record_size);
  if (text_size > 0)
    memcpy(full->bytes + record_size, event->text, text_size);
  if (event->data_length > 0)
    memcpy(full->bytes + record_size + text_size, event->data, event->data_length);
  append(queue, &full->node);
}

/* ---- messages and stats ---- */

static void drop(rj_queue *queue, const rj_event_record *event) {
  if (queue->dropping == NULL) {
    dropped_node *dropped = g_new(dropped_node, 1);
    dropped->node.kind = EVENT_EVENTS_DROPPED;
    dropped->time = event->time;
    dropped->count = 0;
    append(queue, &dropped->node);
    queue->dropping = dropped;
  }
  queue->dropping->count++;
}

static void push_data_event(rj_queue *queue, const rj_event_record *event) {
  push_full(queue, event);
  queue->data_events++;
  queue->dropping = NULL; /* what is dropped later is dropped after this one */
}

/* Its loss is announced before the next message of its stream (D-5). */
static bool is_of_reliable_stream(const rj_event_record *event) {
  return (event->kind == EVENT_STREAM_MESSAGE && event->reliable) ||
         event->kind == EVENT_STREAM_MESSAGE_ERROR;
}

static void push_data(rj_queue *queue, const rj_event_record *event) {
  uint64_t missed;
  bool streams = is_of_reliable_stream(event);
  bool announces = streams && rj_missed_find(&queue->missed, event, &missed);
  /* one that itself says how many are missing says it of all */
  bool joined = announces && event->kind == EVENT_STREAM_MESSAGE_ERROR;
  uint32_t room = RJ_QUEUE_DATA_EVENTS - queue->data_events;
  if (room < (announces && !joined ? 2 : 1)) {
    drop(queue, event);
    if (streams)
      rj_missed_note(&queue->missed, event);
    return;
  }
  if (joined)
    rj_missed_note(&queue->missed, event);
  if (announces) {
    rj_event_record error = {.kind = EVENT_STREAM_MESSAGE_ERROR,
                             .time = event->time,
                             .uid = event->uid,
                             .stream_id = event->stream_id};
    (void)rj_missed_find(&queue->missed, event, &error.count);
    rj_missed_forget(&queue->missed, event);
    push_data_event(queue, &error);
  }
  if (!joined)
    push_data_event(queue, event);
}

static void read_node(const node *n, rj_event_record *event) {
  if (is_peer_kind(n->kind)) {
    const peer_node *peer = (const peer_node *)n;
    *event = (rj_event_record){.kind = n->kind,
                               .time = peer->time,
                               .elapsed = peer->elapsed,
                               .uid = peer->uid,
                               .reason = peer->reason};
  } else if (n->kind == EVENT_EVENTS_DROPPED) {
    const dropped_node *dropped = (const dropped_node *)n;
    *event = (rj_event_record){.kind = n->kind, .time = dropped->time, .count = dropped->count};
  } else {
    const full_node *full = (const full_node *)n;
    const unsigned char *text = full->bytes + full->record_size;
    memset(event, 0, sizeof *event);
    memcpy(event, full->bytes, full->record_size);
    event->text = full->text_size > 0 ? (const char *)text : NULL;
    event->data = full->data_length > 0 ? text + full->text_size : NULL;
    event->data_length = full->data_length;
  }
}

/* ---- the queue ---- */

rj_queue *rj_queue_new(void) {
  rj_queue *queue = g_new0(rj_queue, 1);
  pthread_mutex_init(&queue->lock, NULL);
  return queue;
}

static void throw_away(rj_queue *queue) {
  while (queue->first != NULL) {
    node *n = queue->first;
    queue->first = n->next;
    g_free(n);
  }
  queue->last = NULL;
  queue->length = 0;
  queue->peer_events = queue->data_events = 0;
  queue->dropping = NULL;
  rj_missed_clear(&queue->missed);
  index_drop(queue);
}

void rj_queue_free(rj_queue *queue) {
  if (queue == NULL)
    return;
  throw_away(queue);
  g_free(queue->taken);
  pthread_mutex_destroy(&queue->lock);
  g_free(queue);
}

bool rj_queue_push(rj_queue *queue, const rj_event_record *event) {
  pthread_mutex_lock(&queue->lock);
  bool was_empty = queue->first == NULL;
  if (queue->closed) {
    was_empty = false;
  } else if (is_peer_kind(event->kind)) {
    push_peer(queue, event);
  } else if (!is_data_kind(event->kind)) {
    if (ends_stay(event))
      rj_missed_clear(&queue->missed); /* stream ids are another stay's from now on */
    if (queue->newest != NULL && ends_stay(event)) {
      merge_peers_before(queue, NULL);
      index_drop(queue);
    }
    push_full(queue, event);
  } else {
    push_data(queue, event);
  }
  pthread_mutex_unlock(&queue->lock);
  return was_empty;
}

bool rj_queue_pop(rj_queue *queue, rj_event_record *event, bool *more) {
  pthread_mutex_lock(&queue->lock);
  node *before = queue->taken, *n = queue->first;
  queue->taken = n;
  bool others = n != NULL && n->next != NULL;
  if (n != NULL) {
    unlink_node(queue, n);
    if (is_peer_kind(n->kind)) {
      assert(queue->peer_events > 0);
      queue->peer_events--;
      if (queue->newest != NULL) {
        index_remove(queue, (peer_node *)n);
        if (queue->peer_events < CALM)
          index_drop(queue);
      }
    } else if (is_data_kind(n->kind)) {
      assert(queue->data_events > 0);
      queue->data_events--;
    } else if (n == (node *)queue->dropping) {
      queue->dropping = NULL;
    }
    read_node(n, event);
    event->sequence = ++queue->sequence;
  }
  pthread_mutex_unlock(&queue->lock);
  g_free(before);
  if (more != NULL)
    *more = others;
  return n != NULL;
}

size_t rj_queue_length(rj_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  size_t length = queue->length;
  pthread_mutex_unlock(&queue->lock);
  return length;
}

void rj_queue_close(rj_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  queue->closed = true;
  throw_away(queue);
  pthread_mutex_unlock(&queue->lock);
}

uint64_t rj_queue_merged(rj_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  uint64_t merged = queue->merged;
  pthread_mutex_unlock(&queue->lock);
  return merged;
}
