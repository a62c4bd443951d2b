/* Names to addresses over GResolver. */
#include "host/loop/resolve.h"

#include <string.h>

struct rj_resolver {
  GMainContext *context;
  rj_resolved resolved;
  void *user;
  GHashTable *lookups; /* host -> rj_lookup */
};

struct rj_lookup {
  rj_resolver *resolver;
  char *host;
  GCancellable *cancellable;
};

rj_resolver *rj_resolver_new(GMainContext *context, rj_resolved resolved, void *user) {
  rj_resolver *resolver = g_new0(rj_resolver, 1);
  resolver->context = context;
  resolver->resolved = resolved;
  resolver->user = user;
  resolver->lookups = g_hash_table_new(g_str_hash, g_str_equal);
  return resolver;
}

static bool is_ipv4_loopback(const rj_address *address) {
  return address->family == RJ_ADDRESS_IPV4 && address->bytes[0] == 127;
}

/* As the system has sorted them, but 127.0.0.1 before ::1: there an edge listens unless it is told otherwise. */
static size_t copy(const GList *found, rj_address *addresses) {
  size_t count = 0;
  for (const GList *at = found; at != NULL && count < RJ_RESOLVED_MAX; at = at->next) {
    GInetAddress *inet = (GInetAddress *)at->data;
    GSocketFamily family = g_inet_address_get_family(inet);
    if (family != G_SOCKET_FAMILY_IPV4 && family != G_SOCKET_FAMILY_IPV6)
      continue;
    rj_address address = {0};
    address.family = family == G_SOCKET_FAMILY_IPV4 ? RJ_ADDRESS_IPV4 : RJ_ADDRESS_IPV6;
    memcpy(address.bytes, g_inet_address_to_bytes(inet), g_inet_address_get_native_size(inet));
    addresses[count++] = address;
    if (is_ipv4_loopback(&address)) {
      addresses[count - 1] = addresses[0];
      addresses[0] = address;
    }
  }
  return count;
}

static void done(GObject *source, GAsyncResult *result, gpointer data) {
  rj_lookup *lookup = (rj_lookup *)data;
  rj_resolver *resolver = lookup->resolver;
  GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, NULL);
  rj_address addresses[RJ_RESOLVED_MAX];
  size_t count = copy(found, addresses);
  g_resolver_free_addresses(found);
  g_hash_table_remove(resolver->lookups, lookup->host);
  if (!g_cancellable_is_cancelled(lookup->cancellable))
    resolver->resolved(resolver->user, lookup, addresses, count);
  g_object_unref(lookup->cancellable);
  g_free(lookup->host);
  g_free(lookup);
}

rj_lookup *rj_resolver_ask(rj_resolver *resolver, const char *host) {
  rj_lookup *lookup = (rj_lookup *)g_hash_table_lookup(resolver->lookups, host);
  if (lookup != NULL)
    return lookup;
  lookup = g_new0(rj_lookup, 1);
  lookup->resolver = resolver;
  lookup->host = g_strdup(host);
  lookup->cancellable = g_cancellable_new();
  g_hash_table_insert(resolver->lookups, lookup->host, lookup);
  GResolver *system = g_resolver_get_default();
  g_resolver_lookup_by_name_async(system, host, lookup->cancellable, done, lookup);
  g_object_unref(system);
  return lookup;
}

bool rj_resolver_is_busy(const rj_resolver *resolver) {
  return g_hash_table_size(resolver->lookups) > 0;
}

void rj_resolver_free(rj_resolver *resolver) {
  GHashTableIter at;
  gpointer lookup;
  g_hash_table_iter_init(&at, resolver->lookups);
  while (g_hash_table_iter_next(&at, NULL, &lookup))
    g_cancellable_cancel(((rj_lookup *)lookup)->cancellable);
  while (rj_resolver_is_busy(resolver))
    g_main_context_iteration(resolver->context, TRUE);
  g_hash_table_unref(resolver->lookups);
  g_free(resolver);
}
