/* Where a key stands in a list that is sorted by it. Pure. */
#ifndef RJ_BASE_SORTED_H
#define RJ_BASE_SORTED_H

#include <stdint.h>

/* The place of the first of `count` entries whose key is not below `key`: where the key is, or belongs. key_at: the key of the
 * i-th entry of the list; a static function, so that it is compiled into the search. */
static inline uint32_t rj_sorted_place(const void *list, uint32_t count, uint64_t key,
                                       uint64_t (*key_at)(const void *list, uint32_t i)) {
  uint32_t low = 0, high = count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (key_at(list, middle) < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

#endif
