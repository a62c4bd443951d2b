/* The timing wheel.
 *
 * Time is cut into ticks of 2^20 ns (about 1 ms). A ring holds one list per tick for two blocks of 1,024 ticks: the
 * block we are in and the next one, so everything that comes within a second lies in the list of its tick. Later blocks
 * lie in levels of 64 lists, each level 64 times coarser; the list of a block is spread out when the block becomes the
 * next one. A timer is moved at most once per level, six times at the very most.
 *
 * Timers of one tick always lie in one list, in the order they were set. When its turn comes a list is sorted by due
 * time (stable), which makes the order of rj_wheel_pop exact. */
#include "base/wheel.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/time.h"

enum {
  TICK_BITS = 20,
  BLOCK_BITS = 10,
  RING_SLOTS = 2 << BLOCK_BITS,
  RING_WORDS = RING_SLOTS / 64,
  LEVEL_BITS = 6,
  LEVEL_SLOTS = 1 << LEVEL_BITS,
  LEVELS = 6, /* 20 + 10 + 6 * 6 bits cover every int64_t */
};

struct rj_wheel {
  /* the tick we are in: what belongs to it or to the past lies in `ready` or in its ring list */
  uint64_t tick;
  uint64_t front; /* the last block that the ring holds: the one after the tick's */
  rj_timer ready; /* sorted by due time */
  rj_timer ring[RING_SLOTS];
  rj_timer levels[LEVELS][LEVEL_SLOTS];
  /* A bit per list. A set bit may be stale (the list is empty): looking clears it. A clear bit never lies. */
  uint64_t ring_used[RING_WORDS];
  uint64_t level_used[LEVELS];
  bool minimum_known;
  int64_t minimum; /* the earliest due time, when known */
};

/* ---- lists: circular, with a head that is not a timer ---- */

static void list_init(rj_timer *head) {
  head->next = head->previous = head;
}

static bool list_empty(const rj_timer *head) {
  return head->next == head;
}

static void list_append(rj_timer *head, rj_timer *timer) {
  timer->next = head;
  timer->previous = head->previous;
  head->previous->next = timer;
  head->previous = timer;
}

static void list_unlink(rj_timer *timer) {
  timer->next->previous = timer->previous;
  timer->previous->next = timer->next;
  timer->next = timer->previous = NULL;
}

/* Moves all of `from` to the end of `to`. */
static void list_join(rj_timer *to, rj_timer *from) {
  if (list_empty(from))
    return;
  from->next->previous = to->previous;
  to->previous->next = from->next;
  from->previous->next = to;
  to->previous = from->previous;
  list_init(from);
}

/* Merges two sorted, NULL-terminated chains (next only); of equals, a's come first. */
static rj_timer *chain_merge(rj_timer *a, rj_timer *b) {
  rj_timer *first = NULL, **end = &first;
  while (a != NULL && b != NULL) {
    rj_timer **lesser = b->due < a->due ? &b : &a;
    *end = *lesser;
    end = &(*lesser)->next;
    *lesser = (*lesser)->next;
  }
  *end = a != NULL ? a : b;
  return first;
}

/* A stable merge sort: bin i holds a sorted chain of 2^i timers. */
static void list_sort(rj_timer *head) {
  rj_timer *bins[48] = {NULL};
  size_t top = 0;
  head->previous->next = NULL;
  for (rj_timer *timer = head->next, *next; timer != NULL; timer = next) {
    next = timer->next;
    timer->next = NULL;
    rj_timer *chain = timer;
    size_t i = 0;
    for (; bins[i] != NULL; i++) {
      chain = chain_merge(bins[i], chain);
      bins[i] = NULL;
    }
    bins[i] = chain;
    if (i > top)
      top = i;
  }
  rj_timer *sorted = NULL;
  for (size_t i = 0; i <= top; i++) /* higher bins are older: they go first among equals */
    sorted = chain_merge(bins[i], sorted);

  list_init(head);
  for (rj_timer *next; sorted != NULL; sorted = next) {
    next = sorted->next;
    list_append(head, sorted);
  }
}

/* Merges the sorted list `from` into the sorted list `to`; of equals, to's come first. */
static void list_merge(rj_timer *to, rj_timer *from) {
  rj_timer *at = to->next;
  while (!list_empty(from)) {
    if (at == to || to->previous->due <= from->next->due) {
      list_join(to, from);
      return;
    }
    if (from->next->due < at->due) {
      rj_timer *timer = from->next;
      list_unlink(timer);
      list_append(at,
                  timer); /* "append" to any element of a circular list puts it before that one */
    } else {
      at = at->next;
    }
  }
}

static int64_t list_minimum(const rj_timer *head) {
  int64_t minimum = RJ_NEVER;
  for (const rj_timer *timer = head->next; timer != head; timer = timer->next)
    minimum = rj_earlier(minimum, timer->due);
  return minimum;
}

/* ---- the wheel ---- */

static uint64_t tick_of(int64_t time) {
  return time < 0 ? 0 : (uint64_t)time >> TICK_BITS;
}

static int lowest_bit(uint64_t word) {
  int bit = 0;
  for (int width = 32; width > 0; width /= 2) {
    if ((word & ((UINT64_C(1) << width) - 1)) == 0) {
      word >>= width;
      bit += width;
    }
  }
  return bit;
}

rj_wheel *rj_wheel_new(int64_t now) {
  rj_wheel *wheel = calloc(1, sizeof *wheel);
  if (wheel == NULL)
    return NULL;
  wheel->tick = tick_of(now);
  wheel->front = (wheel->tick >> BLOCK_BITS) + 1;
  list_init(&wheel->ready);
  for (size_t i = 0; i < RING_SLOTS; i++)
    list_init(&wheel->ring[i]);
  for (size_t level = 0; level < LEVELS; level++) {
    for (size_t i = 0; i < LEVEL_SLOTS; i++)
      list_init(&wheel->levels[level][i]);
  }
  wheel->minimum_known = true;
  wheel->minimum = RJ_NEVER;
  return wheel;
}

void rj_wheel_free(rj_wheel *wheel) {
  free(wheel);
}

/* Appends a timer to the list where its due time belongs. */
static void place(rj_wheel *wheel, rj_timer *timer) {
  uint64_t tick = tick_of(timer->due);
  if (tick < wheel->tick)
    tick = wheel->tick;
  uint64_t block = tick >> BLOCK_BITS;
  if (block <= wheel->front) {
    size_t slot = tick % RING_SLOTS;
    list_append(&wheel->ring[slot], timer);
    wheel->ring_used[slot / 64] |= UINT64_C(1) << (slot % 64);
    return;
  }
  /* The level of the highest digit (base 64) in which the block differs from the front: so all timers of one block are
   * at any time in the same list. */
  size_t level = 0;
  while ((block ^ wheel->front) >> (LEVEL_BITS * (level + 1)) != 0)
    level++;
  assert(level < LEVELS);
  size_t slot = (block >> (LEVEL_BITS * level)) % LEVEL_SLOTS;
  list_append(&wheel->levels[level][slot], timer);
  wheel->level_used[level] |= UINT64_C(1) << slot;
}

/* The first used list of the ring after the tick: its tick, or UINT64_MAX. */
static uint64_t next_ring_tick(rj_wheel *wheel) {
  uint64_t end = (wheel->front + 1) << BLOCK_BITS;
  for (uint64_t tick = wheel->tick + 1; tick < end;) {
    size_t slot = tick % RING_SLOTS;
    uint64_t *word = &wheel->ring_used[slot / 64];
    uint64_t rest = *word >> (slot % 64);
    if (rest == 0) {
      tick += 64 - slot % 64;
      continue;
    }
    tick += (uint64_t)lowest_bit(rest);
    slot = tick % RING_SLOTS;
    if (!list_empty(&wheel->ring[slot]))
      return tick;
    *word &= ~(UINT64_C(1) << (slot % 64));
  }
  return UINT64_MAX;
}

/* The first used list of the levels: its first block, or UINT64_MAX. */
static uint64_t next_level_block(rj_wheel *wheel, rj_timer **list) {
  for (size_t level = 0; level < LEVELS; level++) {
    while (wheel->level_used[level] != 0) {
      size_t slot = (size_t)lowest_bit(wheel->level_used[level]);
      if (!list_empty(&wheel->levels[level][slot])) {
        *list = &wheel->levels[level][slot];
        uint64_t above = wheel->front >> (LEVEL_BITS * (level + 1));
        return (above * LEVEL_SLOTS + slot) << (LEVEL_BITS * level);
      }
      wheel->level_used[level] &= ~(UINT64_C(1) << slot);
    }
  }
  *list = NULL;
  return UINT64_MAX;
}

/* Brings the ring's last block to `front`; only blocks without timers are skipped on the way. */
static void move_front(rj_wheel *wheel, uint64_t front) {
  while (wheel->front < front) {
    rj_timer *list, moved;
    uint64_t block = next_level_block(wheel, &list);
    if (block > front) {
      wheel->front = front;
      return;
    }
    wheel->front = block;
    list_init(&moved);
    list_join(&moved, list);
    while (!list_empty(&moved)) {
      rj_timer *timer = moved.next;
      list_unlink(timer);
      place(wheel, timer);
    }
  }
}

static void move_to_tick(rj_wheel *wheel, uint64_t tick) {
  wheel->tick = tick;
  move_front(wheel, (tick >> BLOCK_BITS) + 1);
}

/* Sorts what was put into the present tick's list and merges it into `ready`. */
static void collect(rj_wheel *wheel) {
  rj_timer *list = &wheel->ring[wheel->tick % RING_SLOTS];
  if (list_empty(list))
    return;
  list_sort(list);
  list_merge(&wheel->ready, list);
}

void rj_wheel_remove(rj_wheel *wheel, rj_timer *timer) {
  if (timer->next == NULL)
    return;
  list_unlink(timer);
  if (timer->due == wheel->minimum)
    wheel->minimum_known = false;
}

void rj_wheel_set(rj_wheel *wheel, rj_timer *timer, int64_t due) {
  if (timer->next != NULL && timer->due == due)
    return; /* keeps its turn */
  rj_wheel_remove(wheel, timer);
  timer->due = due;
  if (due == RJ_NEVER)
    return;
  place(wheel, timer);
  if (due < wheel->minimum)
    wheel->minimum = due; /* stays unknown when it was: another may be earlier */
}

int64_t rj_wheel_deadline(rj_wheel *wheel) {
  if (wheel->minimum_known)
    return wheel->minimum;
  collect(wheel);
  uint64_t tick;
  rj_timer *list;
  if (!list_empty(&wheel->ready))
    wheel->minimum = wheel->ready.next->due;
  else if ((tick = next_ring_tick(wheel)) != UINT64_MAX)
    wheel->minimum = list_minimum(&wheel->ring[tick % RING_SLOTS]);
  else if (next_level_block(wheel, &list) != UINT64_MAX)
    wheel->minimum = list_minimum(list);
  else
    wheel->minimum = RJ_NEVER;
  wheel->minimum_known = true;
  return wheel->minimum;
}

rj_timer *rj_wheel_pop(rj_wheel *wheel, int64_t now) {
  uint64_t last = tick_of(now);
  bool in_next_block = last >> BLOCK_BITS >=
                       wheel->front; /* then move on, so that the ring stays ahead of the time */
  if (wheel->minimum_known && wheel->minimum > now && !in_next_block)
    return NULL;
  for (;;) {
    collect(wheel);
    if (!list_empty(&wheel->ready)) {
      rj_timer *timer = wheel->ready.next;
      if (timer->due > now)
        return NULL;
      rj_wheel_remove(wheel, timer);
      return timer;
    }
    if (wheel->tick >= last)
      return NULL;
    uint64_t tick = next_ring_tick(wheel);
    if (tick == UINT64_MAX) {
      rj_timer *list;
      uint64_t block = next_level_block(wheel, &list);
      tick = block == UINT64_MAX ? last : block << BLOCK_BITS;
    }
    move_to_tick(wheel, tick < last ? tick : last);
  }
}
