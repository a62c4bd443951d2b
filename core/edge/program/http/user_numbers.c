/* A table of counters, and a queue by when each was used last. */
#include "edge/program/http/user_numbers.h"

#include <glib.h>

typedef struct {
  GList node; /* in the order of use; data = the user */
  char *key;
  uint64_t last;
} user;

struct rj_user_numbers {
  GHashTable *by_key;
  GQueue by_use; /* oldest first */
  size_t users_max;
};

static void user_free(gpointer data) {
  user *u = data;
  g_free(u->key);
  g_free(u);
}

rj_user_numbers *rj_user_numbers_new(size_t users) {
  rj_user_numbers *numbers = g_new0(rj_user_numbers, 1);
  numbers->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, user_free);
  g_queue_init(&numbers->by_use);
  numbers->users_max = users;
  return numbers;
}

void rj_user_numbers_free(rj_user_numbers *numbers) {
  if (numbers == NULL)
    return;
  g_hash_table_destroy(numbers->by_key); /* the nodes of the queue are in the users */
  g_free(numbers);
}

static user *add(rj_user_numbers *numbers, char *key) {
  if (g_hash_table_size(numbers->by_key) >= numbers->users_max) {
    user *oldest = g_queue_peek_head(&numbers->by_use);
    g_queue_unlink(&numbers->by_use, &oldest->node);
    g_hash_table_remove(numbers->by_key, oldest->key);
  }
  user *u = g_new0(user, 1);
  u->node.data = u;
  u->key = key;
  g_hash_table_insert(numbers->by_key, u->key, u);
  g_queue_push_tail_link(&numbers->by_use, &u->node);
  return u;
}

uint64_t rj_user_numbers_next(rj_user_numbers *numbers, const char *app_id, const char *channel,
                              uint32_t uid) {
  char *key = g_strdup_printf("%s\n%s\n%u", app_id, channel, uid);
  user *u = g_hash_table_lookup(numbers->by_key, key);
  if (u == NULL) {
    u = add(numbers, key);
  } else {
    g_free(key);
    g_queue_unlink(&numbers->by_use, &u->node);
    g_queue_push_tail_link(&numbers->by_use, &u->node);
  }
  return ++u->last;
}
