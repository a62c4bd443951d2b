/* The list of handles that have events, and its wakeup, which is up while the list has one. */
#include "dispatch/ready.h"

#include <glib.h>
#include <pthread.h>

struct rj_ready {
  pthread_mutex_t lock;
  rj_ready_node *first, *last;
  rj_wake *wake;
};

rj_ready *rj_ready_new(rj_wakes *wakes) {
  rj_ready *ready = g_new0(rj_ready, 1);
  pthread_mutex_init(&ready->lock, NULL);
  ready->wake = rj_wake_new(wakes);
  return ready;
}

void rj_ready_free(rj_ready *ready) {
  if (ready == NULL)
    return;
  rj_wake_free(ready->wake);
  pthread_mutex_destroy(&ready->lock);
  g_free(ready);
}

rj_wake *rj_ready_wake(rj_ready *ready) {
  return ready->wake;
}

bool rj_ready_is_empty(rj_ready *ready) {
  pthread_mutex_lock(&ready->lock);
  bool empty = ready->first == NULL;
  pthread_mutex_unlock(&ready->lock);
  return empty;
}

/* With the lock held. */
static void take_out(rj_ready *ready, rj_ready_node *node) {
  if (node->previous != NULL)
    node->previous->next = node->next;
  else
    ready->first = node->next;
  if (node->next != NULL)
    node->next->previous = node->previous;
  else
    ready->last = node->previous;
  node->next = node->previous = NULL;
  node->listed = false;
  if (ready->first == NULL)
    rj_wake_lower(ready->wake);
}

void rj_ready_add(rj_ready *ready, rj_ready_node *node) {
  pthread_mutex_lock(&ready->lock);
  if (!node->listed) {
    node->listed = true;
    node->next = NULL;
    node->previous = ready->last;
    if (ready->last != NULL)
      ready->last->next = node;
    else
      ready->first = node;
    ready->last = node;
    rj_wake_raise(ready->wake);
  }
  pthread_mutex_unlock(&ready->lock);
}

void rj_ready_remove(rj_ready *ready, rj_ready_node *node) {
  pthread_mutex_lock(&ready->lock);
  if (node->listed)
    take_out(ready, node);
  pthread_mutex_unlock(&ready->lock);
}

rj_ready_node *rj_ready_next(rj_ready *ready) {
  pthread_mutex_lock(&ready->lock);
  rj_ready_node *node = ready->first;
  if (node != NULL)
    take_out(ready, node);
  pthread_mutex_unlock(&ready->lock);
  return node;
}
