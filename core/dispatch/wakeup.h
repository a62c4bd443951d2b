/* Tells the app that something waits: a descriptor to poll (made when first asked for) and a
 * callback, both coalesced.
 *
 * Raising a wake calls nobody: it makes the descriptor readable and the callback due, whatever locks
 * the raiser holds. The runtime has one thread that calls what is due (rj_wakes_call), at a moment
 * when it holds none. Thread-safe. */
#ifndef RJ_DISPATCH_WAKEUP_H
#define RJ_DISPATCH_WAKEUP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rj_wakes rj_wakes; /* the wakes of one runtime: who is due, and who is called */
typedef struct rj_wake rj_wake;

rj_wakes *rj_wakes_new(void);        /* never NULL */
void rj_wakes_free(rj_wakes *wakes); /* after its wakes; NULL is nothing */
bool rj_wakes_are_due(const rj_wakes *wakes);
/* Calls the callbacks that are due now, in the order in which they became so. What becomes due
 * meanwhile waits for the next time, so that this ends. One thread at a time; it holds no lock. */
void rj_wakes_call(rj_wakes *wakes);
/* Nothing is called any more. Waits for the callback that runs: never call it inside one. */
void rj_wakes_stop(rj_wakes *wakes);

rj_wake *rj_wake_new(rj_wakes *wakes); /* never NULL; wakes must outlive it */
/* Also inside its own callback, and while it is due. Never waits. NULL is nothing. */
void rj_wake_free(rj_wake *wake);
/* The descriptor (eventfd; a pipe elsewhere), readable while raised; or STATUS_RESOURCE_LIMITED. */
int32_t rj_wake_fd(rj_wake *wake);
/* Due once for each time that it is raised, and at once when it is raised already; NULL stops it.
 * Waits until a call of the former callback that runs is over, but inside a callback of whatever
 * wake (two would wait for each other). */
void rj_wake_set_callback(rj_wake *wake, void (*callback)(void *user), void *user);
/* Stops the callback without waiting. */
void rj_wake_silence(rj_wake *wake);
void rj_wake_raise(rj_wake *wake);
void rj_wake_lower(rj_wake *wake); /* nor is its callback due any more */
/* This thread is inside a callback of some wake. */
bool rj_wake_is_calling(void);

#endif
