/* Tells the app that something waits: a descriptor to poll (made when first asked for) and a
 * callback, both coalesced. Thread-safe. */
#ifndef RJ_DISPATCH_WAKEUP_H
#define RJ_DISPATCH_WAKEUP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rj_wake rj_wake;

rj_wake *rj_wake_new(void); /* never NULL */
void rj_wake_free(rj_wake *wake);
/* The descriptor (eventfd; a pipe elsewhere), readable while raised; or STATUS_RESOURCE_LIMITED. */
int32_t rj_wake_fd(rj_wake *wake);
/* Called once for each time that it is raised, on the thread that raises it, never on two at once;
 * at once when it is raised already. NULL stops it. Does not return while the former callback runs
 * on another thread. */
void rj_wake_set_callback(rj_wake *wake, void (*callback)(void *user), void *user);
/* No lock of the wake is held while the callback runs. */
void rj_wake_raise(rj_wake *wake);
void rj_wake_lower(rj_wake *wake);
/* This thread is inside a callback of some wake. */
bool rj_wake_is_calling(void);

#endif
