/* Names to addresses, asynchronously, each name once at a time whoever asks for it. For the loop's thread alone. */
#ifndef RJ_HOST_LOOP_RESOLVE_H
#define RJ_HOST_LOOP_RESOLVE_H

#include <gio/gio.h>
#include <stdbool.h>

#include "base/address.h"

typedef struct rj_resolver rj_resolver;
typedef struct rj_lookup rj_lookup;

enum { RJ_RESOLVED_MAX = 16 }; /* addresses of one name that are looked at */

/* Called while the context is iterated, with no lock held. The addresses, best first, have no port; count 0: nothing was found. */
typedef void (*rj_resolved)(void *user, const rj_lookup *lookup, const rj_address *addresses,
                            size_t count);

rj_resolver *rj_resolver_new(GMainContext *context, rj_resolved resolved, void *user);
/* Waits until the lookups that are under way were cancelled, with no lock held. */
void rj_resolver_free(rj_resolver *resolver);
/* The lookup of this name, started if it is not under way. The context must be the thread's default one. */
rj_lookup *rj_resolver_ask(rj_resolver *resolver, const char *host);
/* Some lookup is under way: the context has to be iterated. */
bool rj_resolver_is_busy(const rj_resolver *resolver);

#endif
