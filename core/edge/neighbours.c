/* The edges beside this one, handed to its members in each answer and when they change, so that they know where to go when
 * this one is gone. Nobody is woken for it: a member is told when its next beat comes. */
#include "edge/edge_internal.h"

#include <string.h>

#include "link/trust.h"

enum { LOOKS = 5 }; /* in the time between two changes */

/* False: not one that a member could use. */
static bool read_one(const char *url, const char *fingerprint, rejoin_Neighbour *out) {
  *out = (rejoin_Neighbour){0};
  if (strlen(url) >= sizeof out->url)
    return false;
  g_strlcpy(out->url, url, sizeof out->url);
  if (fingerprint != NULL && rj_fingerprint_read(fingerprint, out->fingerprint.bytes))
    out->fingerprint.size = RJ_FINGERPRINT_SIZE;
  return true;
}

static bool same_one(const rejoin_Neighbour *a, const rejoin_Neighbour *b) {
  return strcmp(a->url, b->url) == 0 && a->fingerprint.size == b->fingerprint.size &&
         memcmp(a->fingerprint.bytes, b->fingerprint.bytes, a->fingerprint.size) == 0;
}

static bool same_set(const rejoin_Neighbours *a, const rejoin_Neighbours *b) {
  if (a->edges_count != b->edges_count)
    return false;
  for (pb_size_t i = 0; i < a->edges_count; i++) {
    if (!same_one(&a->edges[i], &b->edges[i]))
      return false;
  }
  return true;
}

void rj_neighbours_set(rj_server *server, const rejoin_Neighbours *set) {
  /* without any, this edge is likely the one that is cut off: its members are better off with those that were there */
  if (set->edges_count == 0 || same_set(&server->neighbours.set, set))
    return;
  server->neighbours.set = *set;
  server->neighbours.number++;
}

static bool is_in(const rejoin_Neighbours *set, const rejoin_Neighbour *one, pb_size_t *place) {
  for (*place = 0; *place < set->edges_count; (*place)++) {
    if (same_one(&set->edges[*place], one))
      return true;
  }
  return false;
}

/* Those of the set that still are neighbours, then others while there is room: so it changes only as it must, in whatever order
 * the cluster names them, and is not the same one at all edges. */
static rejoin_Neighbours choose(rj_server *server) {
  const rejoin_Neighbours *before = &server->neighbours.set;
  rejoin_Neighbours set = {.edges_count = 0}, others = {.edges_count = 0};
  bool stays[RJ_NEIGHBOURS] = {false};
  const char *url, *fingerprint;
  for (size_t i = 0; rj_server_neighbours(server, i, &url, &fingerprint); i++) {
    rejoin_Neighbour one;
    pb_size_t place;
    if (!read_one(url, fingerprint, &one))
      continue;
    if (is_in(before, &one, &place))
      stays[place] = true;
    else if (others.edges_count < RJ_NEIGHBOURS)
      others.edges[others.edges_count++] = one;
  }
  for (pb_size_t i = 0; i < before->edges_count; i++) {
    if (stays[i])
      set.edges[set.edges_count++] = before->edges[i];
  }
  for (pb_size_t i = 0; i < others.edges_count && set.edges_count < RJ_NEIGHBOURS; i++)
    set.edges[set.edges_count++] = others.edges[i];
  return set;
}

void rj_neighbours_look(rj_server *server, int64_t now) {
  if (server->neighbours.look_at > now)
    return;
  rejoin_Neighbours set = choose(server);
  uint32_t before = server->neighbours.number;
  rj_neighbours_set(server, &set);
  bool changed = server->neighbours.number != before;
  server->neighbours.look_at =
      rj_after(now, changed ? server->timers.neighbours : server->timers.neighbours / LOOKS);
}

void rj_neighbours_put(rj_connection *connection, rejoin_JoinAnswer *answer, int64_t now) {
  rj_server *server = connection->server;
  rj_neighbours_look(server, now);
  answer->has_neighbours = server->neighbours.number != 0;
  answer->neighbours = server->neighbours.set;
  connection->neighbours = server->neighbours.number;
}

void rj_neighbours_tell(rj_connection *connection, int64_t now) {
  rj_server *server = connection->server;
  rj_neighbours_look(server, now);
  if (!connection->hears_neighbours || connection->state != RJ_CONNECTION_BOUND ||
      connection->neighbours == server->neighbours.number)
    return;
  connection->neighbours = server->neighbours.number;
  server->out.which_body = rejoin_Control_neighbours_tag;
  server->out.body.neighbours = server->neighbours.set;
  rj_connection_send_out(connection, now);
}
