/* The hash table: entries lie densely in an array, an open-addressed index (linear probing) finds them.
 *
 * A removed entry's place is taken by the last one and the index is closed up behind it (backward shift), so nothing is
 * left behind that would slow later lookups down, and a walk sees the same order for the same history of calls. */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
  uint64_t key;
  void *value;
} map_entry;

struct rj_map {
  map_entry *entries;
  size_t size, entries_capacity;
  uint64_t *slots;   /* hash << 32 | place in entries + 1; 0 = empty */
  size_t slots_mask; /* number of slots - 1 */
};

enum { SMALLEST_SLOTS = 16 };

/* The murmur3 finalizer: neighbouring keys (uids, counters) land far from each other. */
static uint32_t key_hash(uint64_t key) {
  key = (key ^ (key >> 33)) * UINT64_C(0xff51afd7ed558ccd);
  key = (key ^ (key >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
  return (uint32_t)((key ^ (key >> 33)) >> 32);
}

static uint64_t slot_make(uint32_t hash, size_t place) {
  return (uint64_t)hash << 32 | (uint64_t)(place + 1);
}

static size_t slot_place(uint64_t slot) {
  return (size_t)(slot & UINT32_MAX) - 1;
}

static size_t slot_home(const rj_map *map, uint64_t slot) {
  return (size_t)(slot >> 32) & map->slots_mask;
}

/* Index entries for this many places: at most 3/4 of the slots are in use. */
static size_t places_for(size_t slots) {
  return slots / 4 * 3;
}

rj_map *rj_map_new(void) {
  rj_map *map = calloc(1, sizeof *map);
  if (map == NULL)
    return NULL;
  map->slots = calloc(SMALLEST_SLOTS, sizeof *map->slots);
  map->slots_mask = SMALLEST_SLOTS - 1;
  map->entries_capacity = places_for(SMALLEST_SLOTS);
  map->entries = malloc(map->entries_capacity * sizeof *map->entries);
  if (map->slots == NULL || map->entries == NULL) {
    rj_map_free(map);
    return NULL;
  }
  return map;
}

void rj_map_free(rj_map *map) {
  if (map == NULL)
    return;
  free(map->slots);
  free(map->entries);
  free(map);
}

size_t rj_map_size(const rj_map *map) {
  return map->size;
}

/* True: *at is the key's slot. False: *at is the empty slot where it would go. */
static bool find_slot(const rj_map *map, uint64_t key, uint32_t hash, size_t *at) {
  size_t i = hash & map->slots_mask;
  for (; map->slots[i] != 0; i = (i + 1) & map->slots_mask) {
    if ((uint32_t)(map->slots[i] >> 32) == hash &&
        map->entries[slot_place(map->slots[i])].key == key) {
      *at = i;
      return true;
    }
  }
  *at = i;
  return false;
}

void *rj_map_get(const rj_map *map, uint64_t key) {
  size_t at;
  return find_slot(map, key, key_hash(key), &at) ? map->entries[slot_place(map->slots[at])].value
                                                 : NULL;
}

/* Doubles everything; on failure the map stays as it was. */
static bool grow(rj_map *map) {
  size_t count = (map->slots_mask + 1) * 2;
  if (count > UINT32_MAX || places_for(count) > SIZE_MAX / sizeof *map->entries)
    return false;
  uint64_t *slots = calloc(count, sizeof *slots);
  if (slots == NULL)
    return false;
  map_entry *entries = realloc(map->entries, places_for(count) * sizeof *entries);
  if (entries == NULL) {
    free(slots);
    return false;
  }
  for (size_t old = 0; old <= map->slots_mask; old++) {
    if (map->slots[old] == 0)
      continue;
    size_t i = (size_t)(map->slots[old] >> 32) & (count - 1);
    while (slots[i] != 0)
      i = (i + 1) & (count - 1);
    slots[i] = map->slots[old];
  }
  free(map->slots);
  map->slots = slots;
  map->slots_mask = count - 1;
  map->entries = entries;
  map->entries_capacity = places_for(count);
  return true;
}

bool rj_map_put(rj_map *map, uint64_t key, void *value) {
  assert(value != NULL);
  uint32_t hash = key_hash(key);
  size_t at;
  if (find_slot(map, key, hash, &at)) {
    map->entries[slot_place(map->slots[at])].value = value;
    return true;
  }
  if (map->size == map->entries_capacity) {
    if (!grow(map))
      return false;
    (void)find_slot(map, key, hash, &at);
  }
  map->entries[map->size] = (map_entry){key, value};
  map->slots[at] = slot_make(hash, map->size);
  map->size++;
  return true;
}

/* Empties a slot and moves up what was pushed past it. */
static void close_up(rj_map *map, size_t hole) {
  for (size_t i = (hole + 1) & map->slots_mask; map->slots[i] != 0; i = (i + 1) & map->slots_mask) {
    size_t from_home = (i - slot_home(map, map->slots[i])) & map->slots_mask;
    size_t from_hole = (i - hole) & map->slots_mask;
    if (from_home >= from_hole) {
      map->slots[hole] = map->slots[i];
      hole = i;
    }
  }
  map->slots[hole] = 0;
}

void *rj_map_remove(rj_map *map, uint64_t key) {
  size_t at;
  if (!find_slot(map, key, key_hash(key), &at))
    return NULL;
  size_t place = slot_place(map->slots[at]);
  void *value = map->entries[place].value;
  close_up(map, at);

  size_t last = --map->size;
  if (place != last) {
    map->entries[place] = map->entries[last];
    uint32_t hash = key_hash(map->entries[place].key);
    for (at = hash & map->slots_mask; slot_place(map->slots[at]) != last;
         at = (at + 1) & map->slots_mask)
      assert(map->slots[at] != 0);
    map->slots[at] = slot_make(hash, place);
  }
  return value;
}

bool rj_map_next(const rj_map *map, size_t *cursor, uint64_t *key, void **value) {
  /* From the last entry down: when the one just returned is removed, its place is taken by one that was seen before.
   * The cursor is SIZE_MAX - the place just seen, and 0 before the first. */
  size_t next = *cursor == 0 ? map->size : SIZE_MAX - *cursor;
  if (next == 0)
    return false;
  *cursor = SIZE_MAX - (next - 1);
  *key = map->entries[next - 1].key;
  *value = map->entries[next - 1].value;
  return true;
}

size_t rj_map_longest_look(const rj_map *map) {
  size_t longest = 0, run = 0;
  /* twice around, for the run that goes on at the start; at least a quarter of the slots is empty */
  for (size_t i = 0; i <= 2 * map->slots_mask + 1; i++) {
    run = map->slots[i & map->slots_mask] == 0 ? 0 : run + 1;
    longest = run > longest ? run : longest;
  }
  return longest + 1;
}
