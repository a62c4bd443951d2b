/* Which handles of a runtime have events: one list, one wakeup, for thousands of handles.
 * Thread-safe. */
#ifndef RJ_DISPATCH_READY_H
#define RJ_DISPATCH_READY_H

#include <stdbool.h>

#include "dispatch/wakeup.h"

typedef struct rj_ready rj_ready;

/* Lives inside a handle; zero it before use. */
typedef struct rj_ready_node {
  struct rj_ready_node *next, *previous;
  bool listed;
} rj_ready_node;

rj_ready *rj_ready_new(rj_wakes *wakes); /* never NULL; wakes must outlive it */
void rj_ready_free(rj_ready *ready);
rj_wake *rj_ready_wake(rj_ready *ready);                    /* lives as long as ready */
void rj_ready_add(rj_ready *ready, rj_ready_node *node);    /* harmless when listed */
void rj_ready_remove(rj_ready *ready, rj_ready_node *node); /* harmless when not listed */
/* Takes the first one out; NULL: none. The wakeup is lowered when none is left. */
rj_ready_node *rj_ready_next(rj_ready *ready);
bool rj_ready_is_empty(rj_ready *ready);

#endif
