/* The table of kicks. An entry is found by its rule through a hash map, so that a join is held against
 * all kicks with a look-up for each kind of rule in use; by its id in a list that is sorted, since ids
 * ascend; and by its end in a heap. */
#include "edge/kicks.h"

#include <string.h>

#include "edge/edge_internal.h"

/* The kinds of rules: which parts they name. */
enum { BY_CHANNEL = 1, BY_UID = 2, BY_IP = 4, KINDS = 8 };

typedef struct kick_entry kick_entry;
struct kick_entry {
  kick_entry *next; /* of another rule with the same key */
  uint64_t id;
  int64_t until;
  uint64_t version, number;    /* as in rj_kick_change */
  kick_entry *before, *behind; /* by number */
  uint32_t place;              /* in the heap */
  uint32_t uid;
  uint8_t kind, family;
  bool lifted, merged;
  uint8_t ip[16];
  char texts[]; /* app id and channel, each with its NUL */
};

typedef struct {
  uint64_t id;
  kick_entry *entry; /* NULL: it is gone */
} id_slot;

struct rj_kicks {
  rj_map *by_rule;   /* key of the rule -> chain of entries */
  kick_entry **heap; /* the one that is over first comes first */
  uint32_t count, capacity;
  id_slot *ids; /* ascending */
  uint32_t id_count, id_capacity;
  uint32_t of_kind[KINDS];
  uint64_t next_id;
  kick_entry *oldest_change, *newest_change;
  uint64_t changes; /* the number of the last one */
  uint64_t version; /* the highest one that was heard of */
  uint64_t digest;
  uint32_t lifted; /* of those in the heap */
  bool shared;     /* those that are lifted are kept */
};

rj_kicks *rj_kicks_new(void) {
  rj_kicks *kicks = g_new0(rj_kicks, 1);
  kicks->next_id = 1;
  if ((kicks->by_rule = rj_map_new()) == NULL)
    g_error("out of memory");
  return kicks;
}

void rj_kicks_free(rj_kicks *kicks) {
  for (uint32_t i = 0; i < kicks->count; i++)
    g_free(kicks->heap[i]);
  rj_map_free(kicks->by_rule);
  g_free(kicks->heap);
  g_free(kicks->ids);
  g_free(kicks);
}

/* ------------------------------------------------------------------ rules */

rj_address rj_kick_host(const rj_address *address) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  rj_address host = {.family = address->family};
  if (address->family == RJ_ADDRESS_IPV6 && memcmp(address->bytes, mapped, sizeof mapped) == 0) {
    host.family = RJ_ADDRESS_IPV4;
    memcpy(host.bytes, address->bytes + sizeof mapped, 4);
  } else {
    memcpy(host.bytes, address->bytes, sizeof host.bytes);
  }
  return host;
}

const char *rj_kick_host_text(const rj_address *host, char text[RJ_ADDRESS_TEXT_SIZE]) {
  if (host->family == RJ_ADDRESS_NONE) {
    text[0] = '\0';
    return text;
  }
  rj_address plain = rj_kick_host(host);
  rj_address_text(&plain, text);
  *strrchr(text, ':') = '\0'; /* the port */
  if (text[0] == '[') {
    size_t length = strlen(text) - 2; /* without its brackets */
    memmove(text, text + 1, length);
    text[length] = '\0';
  }
  return text;
}

bool rj_kick_host_parse(const char *text, rj_address *out) {
  rj_address address;
  if (!rj_address_parse(text, 0, &address) || text[0] == '[' ||
      (address.family == RJ_ADDRESS_IPV4 && strchr(text, ':') != NULL))
    return false;
  *out = rj_kick_host(&address);
  return true;
}

static unsigned kind_of(const rj_kick_rule *rule) {
  return (rule->channel != NULL ? BY_CHANNEL : 0u) | (rule->uid != 0 ? BY_UID : 0u) |
         (rule->ip.family != RJ_ADDRESS_NONE ? BY_IP : 0u);
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *data, size_t length) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* Of the parts of `rule` that a rule of this kind names; `host` is its ip's. */
static uint64_t key_of(unsigned kind, const rj_kick_rule *rule, const rj_address *host) {
  uint64_t key = mix(UINT64_C(0xcbf29ce484222325), &kind, sizeof kind);
  key = mix(key, rule->app_id, strlen(rule->app_id) + 1);
  if ((kind & BY_CHANNEL) != 0 && rule->channel != NULL)
    key = mix(key, rule->channel, strlen(rule->channel) + 1);
  if ((kind & BY_UID) != 0)
    key = mix(key, &rule->uid, sizeof rule->uid);
  if ((kind & BY_IP) != 0)
    key = mix(mix(key, &host->family, sizeof host->family), host->bytes, sizeof host->bytes);
  return key;
}

static const char *channel_of(const kick_entry *entry) {
  return entry->texts + strlen(entry->texts) + 1;
}

static bool is_rule(const kick_entry *entry, unsigned kind, const rj_kick_rule *rule,
                    const rj_address *host) {
  return entry->kind == kind && strcmp(entry->texts, rule->app_id) == 0 &&
         ((kind & BY_CHANNEL) == 0 || strcmp(channel_of(entry), rule->channel) == 0) &&
         ((kind & BY_UID) == 0 || entry->uid == rule->uid) &&
         ((kind & BY_IP) == 0 ||
          (entry->family == host->family && memcmp(entry->ip, host->bytes, sizeof entry->ip) == 0));
}

static kick_entry *find_rule(const rj_kicks *kicks, unsigned kind, const rj_kick_rule *rule,
                             const rj_address *host) {
  kick_entry *entry = rj_map_get(kicks->by_rule, key_of(kind, rule, host));
  while (entry != NULL && !is_rule(entry, kind, rule, host))
    entry = entry->next;
  return entry;
}

static rj_kick_view view_of(const kick_entry *entry) {
  rj_kick_view view = {
      .id = entry->id,
      .until = entry->until,
      .rule = {.app_id = entry->texts,
               .channel = (entry->kind & BY_CHANNEL) != 0 ? channel_of(entry) : NULL,
               .uid = entry->uid,
               .ip = {.family = entry->family}},
  };
  memcpy(view.rule.ip.bytes, entry->ip, sizeof entry->ip);
  return view;
}

/* ------------------------------------------------------------------ the heap of ends */

static void set_place(rj_kicks *kicks, uint32_t place, kick_entry *entry) {
  kicks->heap[place] = entry;
  entry->place = place;
}

/* Its end changed, or it was put where another one was. */
static void settle(rj_kicks *kicks, kick_entry *entry) {
  uint32_t place = entry->place;
  while (place > 0 && kicks->heap[(place - 1) / 2]->until > entry->until) {
    set_place(kicks, place, kicks->heap[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (;;) {
    uint32_t child = 2 * place + 1;
    if (child >= kicks->count)
      break;
    if (child + 1 < kicks->count && kicks->heap[child + 1]->until < kicks->heap[child]->until)
      child++;
    if (kicks->heap[child]->until >= entry->until)
      break;
    set_place(kicks, place, kicks->heap[child]);
    place = child;
  }
  set_place(kicks, place, entry);
}

static void heap_add(rj_kicks *kicks, kick_entry *entry) {
  if (kicks->count == kicks->capacity) {
    kicks->capacity = kicks->capacity == 0 ? 16 : kicks->capacity * 2;
    kicks->heap = g_renew(kick_entry *, kicks->heap, kicks->capacity);
  }
  set_place(kicks, kicks->count++, entry);
  settle(kicks, entry);
}

static void heap_remove(rj_kicks *kicks, uint32_t place) {
  kick_entry *last = kicks->heap[--kicks->count];
  if (place == kicks->count)
    return;
  set_place(kicks, place, last);
  settle(kicks, last);
}

/* ------------------------------------------------------------------ the list of ids */

static uint64_t id_at(const void *kicks, uint32_t i) {
  return ((const rj_kicks *)kicks)->ids[i].id;
}

/* Where the id is or belongs. */
static uint32_t id_place(const rj_kicks *kicks, uint64_t id) {
  return rj_sorted_place(kicks, kicks->id_count, id, id_at);
}

static kick_entry *find_id(const rj_kicks *kicks, uint64_t id) {
  uint32_t place = id_place(kicks, id);
  return place < kicks->id_count && kicks->ids[place].id == id ? kicks->ids[place].entry : NULL;
}

/* Without those that are gone. */
static void close_up_ids(rj_kicks *kicks) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < kicks->id_count; i++) {
    if (kicks->ids[i].entry != NULL)
      kicks->ids[kept++] = kicks->ids[i];
  }
  kicks->id_count = kept;
}

static void ids_add(rj_kicks *kicks, kick_entry *entry) {
  uint32_t place = id_place(kicks, entry->id);
  if (place < kicks->id_count && kicks->ids[place].id == entry->id) {
    kicks->ids[place].entry = entry;
    return;
  }
  if (kicks->id_count == kicks->id_capacity) {
    kicks->id_capacity = kicks->id_capacity == 0 ? 16 : kicks->id_capacity * 2;
    kicks->ids = g_renew(id_slot, kicks->ids, kicks->id_capacity);
  }
  memmove(&kicks->ids[place + 1], &kicks->ids[place], (kicks->id_count - place) * sizeof(id_slot));
  kicks->ids[place] = (id_slot){entry->id, entry};
  kicks->id_count++;
}

/* After the heap: at most every second one of the list is gone. */
static void ids_remove(rj_kicks *kicks, const kick_entry *entry) {
  kicks->ids[id_place(kicks, entry->id)].entry = NULL;
  if (kicks->id_count > 2 * kicks->count + 16)
    close_up_ids(kicks);
}

/* ------------------------------------------------------------------ changes */

static uint64_t digest_of(const kick_entry *entry) {
  rj_kick_view view = view_of(entry);
  uint64_t key = key_of(entry->kind, &view.rule, &view.rule.ip);
  return mix(key, &entry->version, sizeof entry->version);
}

static void unlink_change(rj_kicks *kicks, kick_entry *entry) {
  kicks->digest -= digest_of(entry);
  if (entry->before != NULL)
    entry->before->behind = entry->behind;
  else
    kicks->oldest_change = entry->behind;
  if (entry->behind != NULL)
    entry->behind->before = entry->before;
  else
    kicks->newest_change = entry->before;
}

/* It is the newest change, with this version. */
static void link_change(rj_kicks *kicks, kick_entry *entry, uint64_t version, bool merged) {
  kicks->version = MAX(kicks->version, version);
  entry->version = version;
  entry->merged = merged;
  entry->number = ++kicks->changes;
  entry->before = kicks->newest_change;
  entry->behind = NULL;
  if (entry->before != NULL)
    entry->before->behind = entry;
  else
    kicks->oldest_change = entry;
  kicks->newest_change = entry;
  kicks->digest += digest_of(entry);
}

static void note_change(rj_kicks *kicks, kick_entry *entry) {
  unlink_change(kicks, entry);
  link_change(kicks, entry, kicks->version + 1, false);
}

/* ------------------------------------------------------------------ entries */

/* The caller links its change. */
static kick_entry *add(rj_kicks *kicks, uint64_t id, const rj_kick_rule *rule,
                       const rj_address *host, int64_t until) {
  const char *channel = rule->channel != NULL ? rule->channel : "";
  size_t app_size = strlen(rule->app_id) + 1, channel_size = strlen(channel) + 1;
  kick_entry *entry = g_malloc0(sizeof *entry + app_size + channel_size);
  entry->id = id;
  entry->until = until;
  entry->kind = (uint8_t)kind_of(rule);
  entry->uid = rule->uid;
  entry->family = host->family;
  memcpy(entry->ip, host->bytes, sizeof entry->ip);
  memcpy(entry->texts, rule->app_id, app_size);
  memcpy(entry->texts + app_size, channel, channel_size);

  uint64_t key = key_of(entry->kind, rule, host);
  entry->next = rj_map_get(kicks->by_rule, key);
  rj_map_must_put(kicks->by_rule, key, entry);
  kicks->of_kind[entry->kind]++;
  heap_add(kicks, entry);
  ids_add(kicks, entry);
  return entry;
}

/* The one at this place of the heap. */
static void remove_at(rj_kicks *kicks, uint32_t place) {
  kick_entry *entry = kicks->heap[place];
  rj_kick_view view = view_of(entry);
  uint64_t key = key_of(entry->kind, &view.rule, &view.rule.ip);
  kick_entry *first = rj_map_get(kicks->by_rule, key);
  if (first != entry) {
    kick_entry *before = first;
    while (before->next != entry)
      before = before->next;
    before->next = entry->next;
  } else if (entry->next != NULL) {
    rj_map_must_put(kicks->by_rule, key, entry->next);
  } else {
    rj_map_remove(kicks->by_rule, key);
  }
  kicks->of_kind[entry->kind]--;
  kicks->lifted -= entry->lifted;
  unlink_change(kicks, entry);
  heap_remove(kicks, place);
  ids_remove(kicks, entry);
  g_free(entry);
}

static void forget_overdue(rj_kicks *kicks, int64_t now) {
  while (kicks->count > 0 && kicks->heap[0]->until <= now)
    remove_at(kicks, 0);
}

static void set_lifted(rj_kicks *kicks, kick_entry *entry, bool lifted) {
  kicks->lifted -= entry->lifted;
  entry->lifted = lifted;
  kicks->lifted += entry->lifted;
}

static void set_until(rj_kicks *kicks, kick_entry *entry, int64_t until) {
  set_lifted(kicks, entry, false);
  entry->until = until;
  settle(kicks, entry);
}

/* NULL: none with this id is in force. */
static kick_entry *find_in_force(const rj_kicks *kicks, uint64_t id) {
  kick_entry *entry = find_id(kicks, id);
  return entry != NULL && !entry->lifted ? entry : NULL;
}

/* ------------------------------------------------------------------ changing */

int32_t rj_kicks_put(rj_kicks *kicks, const rj_kick_rule *rule, int64_t until, int64_t now,
                     uint64_t *id) {
  forget_overdue(kicks, now);
  unsigned kind = kind_of(rule);
  g_assert(kind != 0);
  rj_address host = rj_kick_host(&rule->ip);
  kick_entry *same = find_rule(kicks, kind, rule, &host);
  if (same != NULL) {
    set_until(kicks, same, until);
    note_change(kicks, same);
    *id = same->id;
    return STATUS_OK;
  }
  if (kicks->count >= RJ_EDGE_KICKS)
    return STATUS_RESOURCE_LIMITED;
  *id = kicks->next_id++;
  link_change(kicks, add(kicks, *id, rule, &host, until), kicks->version + 1, false);
  return STATUS_OK;
}

bool rj_kicks_set_until(rj_kicks *kicks, uint64_t id, int64_t until, int64_t now) {
  forget_overdue(kicks, now);
  kick_entry *entry = find_in_force(kicks, id);
  if (entry == NULL)
    return false;
  if (until > now) {
    set_until(kicks, entry, until);
    note_change(kicks, entry);
  } else if (kicks->shared) {
    set_lifted(kicks, entry, true);
    note_change(kicks, entry);
  } else {
    remove_at(kicks, entry->place);
  }
  return true;
}

int32_t rj_kicks_restore(rj_kicks *kicks, const rj_kick_view *kick, int64_t now) {
  rj_kicks_skip_ids(kicks, kick->id + 1);
  rj_address host = rj_kick_host(&kick->rule.ip);
  kick_entry *older = find_id(kicks, kick->id);
  if (older != NULL)
    remove_at(kicks, older->place);
  older = find_rule(kicks, kind_of(&kick->rule), &kick->rule, &host);
  if (older != NULL)
    remove_at(kicks, older->place);
  if (kick->until <= now)
    return STATUS_OK;
  if (kicks->count >= RJ_EDGE_KICKS)
    return STATUS_RESOURCE_LIMITED;
  link_change(kicks, add(kicks, kick->id, &kick->rule, &host, kick->until), 1, false);
  return STATUS_OK;
}

uint64_t rj_kicks_next_id(const rj_kicks *kicks) {
  return kicks->next_id;
}

void rj_kicks_skip_ids(rj_kicks *kicks, uint64_t next_id) {
  kicks->next_id = MAX(kicks->next_id, next_id);
}

/* ------------------------------------------------------------------ other edges */

void rj_kicks_share(rj_kicks *kicks) {
  kicks->shared = true;
}

uint64_t rj_kicks_changes(const rj_kicks *kicks) {
  return kicks->changes;
}

uint64_t rj_kicks_digest(rj_kicks *kicks, int64_t now) {
  forget_overdue(kicks, now);
  return kicks->digest;
}

void rj_kicks_each_change(rj_kicks *kicks, uint64_t after, int64_t now,
                          void (*take)(void *user, const rj_kick_change *change), void *user) {
  forget_overdue(kicks, now);
  const kick_entry *first = kicks->newest_change;
  while (first != NULL && first->before != NULL && first->before->number > after)
    first = first->before;
  for (const kick_entry *entry = first; entry != NULL; entry = entry->behind) {
    const rj_kick_change change = {.kick = view_of(entry),
                                   .lifted = entry->lifted,
                                   .merged = entry->merged,
                                   .version = entry->version,
                                   .number = entry->number};
    if (entry->number > after)
      take(user, &change);
  }
}

/* Of two changes that did not know of each other, the one that keeps out for longer holds. */
static bool holds(const rj_kick_change *theirs, const kick_entry *ours) {
  if (theirs->version != ours->version)
    return theirs->version > ours->version;
  if (theirs->lifted != ours->lifted)
    return ours->lifted;
  return theirs->kick.until > ours->until + RJ_SECOND; /* less comes of the way that it took */
}

bool rj_kicks_merge(rj_kicks *kicks, const rj_kick_change *theirs, int64_t now) {
  forget_overdue(kicks, now);
  const rj_kick_rule *rule = &theirs->kick.rule;
  rj_address host = rj_kick_host(&rule->ip);
  kick_entry *ours = find_rule(kicks, kind_of(rule), rule, &host);
  if (theirs->kick.until <= now || (ours != NULL && !holds(theirs, ours)))
    return false;
  if (ours != NULL) {
    unlink_change(kicks, ours);
    set_until(kicks, ours, theirs->kick.until);
  } else {
    if (kicks->count >= RJ_EDGE_KICKS)
      return false;
    uint64_t id = find_id(kicks, theirs->kick.id) == NULL ? theirs->kick.id : kicks->next_id++;
    ours = add(kicks, id, rule, &host, theirs->kick.until);
  }
  set_lifted(kicks, ours, theirs->lifted);
  link_change(kicks, ours, theirs->version, true);
  return true;
}

/* ------------------------------------------------------------------ looking */

bool rj_kicks_fit(const rj_kicks *kicks, const rj_kick_rule *member, int64_t now) {
  if (kicks->count == 0)
    return false;
  unsigned known = kind_of(member);
  rj_address host = rj_kick_host(&member->ip);
  for (unsigned kind = 1; kind < KINDS; kind++) {
    if (kicks->of_kind[kind] == 0 || (kind & ~known) != 0)
      continue;
    const kick_entry *entry = find_rule(kicks, kind, member, &host);
    if (entry != NULL && entry->until > now && !entry->lifted)
      return true;
  }
  return false;
}

bool rj_kicks_next(rj_kicks *kicks, uint64_t after, int64_t now, rj_kick_view *out) {
  forget_overdue(kicks, now);
  if (after == UINT64_MAX)
    return false;
  for (uint32_t place = id_place(kicks, after + 1); place < kicks->id_count; place++) {
    if (kicks->ids[place].entry != NULL && !kicks->ids[place].entry->lifted) {
      *out = view_of(kicks->ids[place].entry);
      return true;
    }
  }
  return false;
}

bool rj_kicks_get(rj_kicks *kicks, uint64_t id, int64_t now, rj_kick_view *out) {
  forget_overdue(kicks, now);
  const kick_entry *entry = find_in_force(kicks, id);
  if (entry != NULL)
    *out = view_of(entry);
  return entry != NULL;
}

size_t rj_kicks_count(rj_kicks *kicks, int64_t now) {
  forget_overdue(kicks, now);
  return kicks->count - kicks->lifted;
}
