/* A hash table from 64-bit keys to pointers (open addressing), for layers that may not use GLib. */
#ifndef RJ_BASE_MAP_H
#define RJ_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rj_map rj_map;

/* NULL: out of memory. */
rj_map *rj_map_new(void);
void rj_map_free(rj_map *map); /* not the values */
size_t rj_map_size(const rj_map *map);
/* NULL where the key is not there. */
void *rj_map_get(const rj_map *map, uint64_t key);
/* Puts or replaces; value must not be NULL. False: out of memory, nothing changed. */
bool rj_map_put(rj_map *map, uint64_t key, void *value);
/* The removed value, or NULL. Never allocates. */
void *rj_map_remove(rj_map *map, uint64_t key);
/* Walks all entries in no promised order; start with *cursor = 0. False: at the end. The entry just
 * returned may be removed. */
bool rj_map_next(const rj_map *map, size_t *cursor, uint64_t *key, void **value);
/* How many places a look-up looks at, at most: one more than the longest run of places in use. Walks the whole table. */
size_t rj_map_longest_look(const rj_map *map);

#endif
