/* Shared trust: a list of what is in use (a process knows few edges), counted. */
#include "host/trust_pool.h"

#include <glib.h>
#include <pthread.h>

typedef struct {
  char *fingerprint, *ca_file;
  rj_trust *trust;
  size_t users;
} entry;

struct rj_trust_pool {
  pthread_mutex_t lock;
  GPtrArray *entries;
};

rj_trust_pool *rj_trust_pool_new(void) {
  rj_trust_pool *pool = g_new0(rj_trust_pool, 1);
  pthread_mutex_init(&pool->lock, NULL);
  pool->entries = g_ptr_array_new();
  return pool;
}

void rj_trust_pool_free(rj_trust_pool *pool) {
  g_assert(pool->entries->len == 0);
  g_ptr_array_unref(pool->entries);
  pthread_mutex_destroy(&pool->lock);
  g_free(pool);
}

static entry *find(const rj_trust_pool *pool, const char *fingerprint, const char *ca_file) {
  for (guint i = 0; i < pool->entries->len; i++) {
    entry *e = (entry *)g_ptr_array_index(pool->entries, i);
    if (g_strcmp0(e->fingerprint, fingerprint) == 0 && g_strcmp0(e->ca_file, ca_file) == 0)
      return e;
  }
  return NULL;
}

const rj_trust *rj_trust_pool_get(rj_trust_pool *pool, const char *fingerprint, const char *ca_file,
                                  int32_t *status, char error[RJ_TRUST_ERROR_SIZE]) {
  pthread_mutex_lock(&pool->lock);
  entry *e = find(pool, fingerprint, ca_file);
  if (e == NULL) {
    rj_trust *trust = rj_trust_new(fingerprint, ca_file, status, error);
    if (trust != NULL) {
      e = g_new0(entry, 1);
      e->fingerprint = g_strdup(fingerprint);
      e->ca_file = g_strdup(ca_file);
      e->trust = trust;
      g_ptr_array_add(pool->entries, e);
    }
  }
  if (e != NULL)
    e->users++;
  pthread_mutex_unlock(&pool->lock);
  return e == NULL ? NULL : e->trust;
}

void rj_trust_pool_give_back(rj_trust_pool *pool, const rj_trust *trust) {
  pthread_mutex_lock(&pool->lock);
  for (guint i = 0; i < pool->entries->len; i++) {
    entry *e = (entry *)g_ptr_array_index(pool->entries, i);
    if (e->trust != trust)
      continue;
    if (--e->users == 0) {
      rj_trust_free(e->trust);
      g_free(e->fingerprint);
      g_free(e->ca_file);
      g_free(e);
      g_ptr_array_remove_index_fast(pool->entries, i);
    }
    break;
  }
  pthread_mutex_unlock(&pool->lock);
}
