/* The hash table, against GLib's. */
#include <glib.h>

#include "base/map.h"
#include "base/random.h"

static void *value_of(uint64_t number) {
  return GSIZE_TO_POINTER((gsize)number + 1);
}

static void test_put_get_remove(void) {
  rj_map *map = rj_map_new();
  g_assert_null(rj_map_get(map, 0));
  g_assert_null(rj_map_remove(map, 0));
  g_assert_true(rj_map_put(map, 0, value_of(1)));
  g_assert_true(rj_map_put(map, UINT64_MAX, value_of(2)));
  g_assert_true(rj_map_get(map, 0) == value_of(1));
  g_assert_true(rj_map_get(map, UINT64_MAX) == value_of(2));
  g_assert_cmpuint(rj_map_size(map), ==, 2);
  g_assert_true(rj_map_put(map, 0, value_of(3))); /* replaces */
  g_assert_true(rj_map_get(map, 0) == value_of(3));
  g_assert_cmpuint(rj_map_size(map), ==, 2);
  g_assert_true(rj_map_remove(map, 0) == value_of(3));
  g_assert_null(rj_map_get(map, 0));
  g_assert_null(rj_map_remove(map, 0));
  g_assert_cmpuint(rj_map_size(map), ==, 1);
  rj_map_free(map);
  rj_map_free(NULL);
}

/* Random operations; few keys, so that all paths of a removal come often. */
static void against_glib(uint64_t seed, uint64_t keys, int operations) {
  rj_random random;
  rj_random_seed(&random, seed);
  rj_map *map = rj_map_new();
  GHashTable *model = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (int i = 0; i < operations; i++) {
    gint64 key = (gint64)(rj_random_below(&random, keys) * G_GUINT64_CONSTANT(0x100000001));
    void *expected = g_hash_table_lookup(model, &key);
    g_assert_true(rj_map_get(map, (uint64_t)key) == expected);
    if (rj_random_below(&random, 2) == 0) {
      g_assert_true(rj_map_put(map, (uint64_t)key, value_of((uint64_t)i)));
      g_hash_table_insert(model, g_memdup2(&key, sizeof key), value_of((uint64_t)i));
    } else {
      g_assert_true(rj_map_remove(map, (uint64_t)key) == expected);
      g_hash_table_remove(model, &key);
    }
    g_assert_cmpuint(rj_map_size(map), ==, g_hash_table_size(model));
  }
  size_t cursor = 0, seen = 0;
  uint64_t key;
  void *value;
  while (rj_map_next(map, &cursor, &key, &value)) {
    gint64 their_key = (gint64)key;
    g_assert_true(g_hash_table_lookup(model, &their_key) == value);
    seen++;
  }
  g_assert_false(rj_map_next(map, &cursor, &key, &value)); /* stays at the end */
  g_assert_cmpuint(seen, ==, g_hash_table_size(model));
  g_hash_table_unref(model);
  rj_map_free(map);
}

static void test_against_glib(void) {
  for (uint64_t seed = 1; seed <= 50; seed++)
    against_glib(seed, 4 + seed * seed, 4000);
}

static void test_walk_removes_what_it_sees(void) {
  for (unsigned keep_every = 1; keep_every <= 4; keep_every++) {
    rj_map *map = rj_map_new();
    enum { KEYS = 1000 };
    for (uint64_t key = 0; key < KEYS; key++)
      g_assert_true(rj_map_put(map, key, value_of(key)));
    guint visits[KEYS] = {0};
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (rj_map_next(map, &cursor, &key, &value)) {
      visits[key]++;
      if (key % keep_every == 0)
        g_assert_true(rj_map_remove(map, key) == value);
    }
    for (key = 0; key < KEYS; key++) {
      g_assert_cmpuint(visits[key], ==, 1);
      g_assert_true((rj_map_get(map, key) == NULL) == (key % keep_every == 0));
    }
    rj_map_free(map);
  }
}

/* What was removed leaves nothing behind: after a million others through a small table a look-up looks at those that are there. */
static void test_removal_leaves_nothing_behind(void) {
  rj_map *map = rj_map_new();
  for (uint64_t key = 0; key < 8; key++)
    g_assert_true(rj_map_put(map, key, value_of(key)));
  for (uint64_t key = 8; key < 1000000; key++) {
    g_assert_true(rj_map_put(map, key, value_of(key)));
    g_assert_true(rj_map_remove(map, key - 8) == value_of(key - 8));
  }
  g_assert_cmpuint(rj_map_size(map), ==, 8);
  size_t cursor = 0, seen = 0;
  uint64_t key;
  void *value;
  while (rj_map_next(map, &cursor, &key, &value))
    seen++;
  g_assert_cmpuint(seen, ==, 8);
  g_assert_cmpuint(rj_map_longest_look(map), <=, 8 + 1);
  rj_map_free(map);
}

/* The same calls give the same order: a simulation repeats. */
static void test_order_repeats(void) {
  rj_map *maps[2] = {rj_map_new(), rj_map_new()};
  for (size_t m = 0; m < 2; m++) {
    for (uint64_t key = 0; key < 500; key++)
      g_assert_true(rj_map_put(maps[m], key * key, value_of(key)));
    for (uint64_t key = 0; key < 500; key += 3)
      g_assert_nonnull(rj_map_remove(maps[m], key * key));
  }
  size_t cursors[2] = {0, 0};
  uint64_t keys[2];
  void *values[2];
  while (rj_map_next(maps[0], &cursors[0], &keys[0], &values[0])) {
    g_assert_true(rj_map_next(maps[1], &cursors[1], &keys[1], &values[1]));
    g_assert_cmpuint(keys[0], ==, keys[1]);
  }
  g_assert_false(rj_map_next(maps[1], &cursors[1], &keys[1], &values[1]));
  rj_map_free(maps[0]);
  rj_map_free(maps[1]);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/map/put-get-remove", test_put_get_remove);
  g_test_add_func("/map/against-glib", test_against_glib);
  g_test_add_func("/map/walk-removes", test_walk_removes_what_it_sees);
  g_test_add_func("/map/leaves-nothing", test_removal_leaves_nothing_behind);
  g_test_add_func("/map/order-repeats", test_order_repeats);
  return g_test_run();
}
