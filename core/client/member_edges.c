/* The edges that a member knows, the app's urls and the neighbours that an edge handed out, and whose turn is when. */
#include "client/member_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_known(const rj_member *member, uint32_t edge) {
  return edge < member->edge_count && member->edges[edge].url.host[0] != '\0';
}

/* ---- whose turn it is ---- */

enum { FIRST_OF = 60 }; /* a multiple of each number of neighbours up to RJ_NEIGHBOURS_KEPT */

/* The other urls, from the one after the edge where the member is or was last. */
static uint32_t urls_in_turn(const rj_member *member, uint8_t out[RJ_URLS_MAX]) {
  uint32_t home = member->bound.edge, count = 0;
  uint32_t first = home < member->url_count ? home + 1 : 0;
  for (uint32_t i = 0; i < member->url_count; i++) {
    uint32_t url = (first + i) % member->url_count;
    if (url != home)
      out[count++] = (uint8_t)url;
  }
  return count;
}

static uint32_t neighbours_in_turn(const rj_member *member, uint8_t out[RJ_NEIGHBOURS_KEPT]) {
  uint8_t others[RJ_NEIGHBOURS_KEPT];
  uint32_t count = 0;
  for (uint32_t edge = member->url_count; edge < member->edge_count; edge++) {
    if (edge != member->bound.edge && is_known(member, edge))
      others[count++] = (uint8_t)edge;
  }
  for (uint32_t i = 0; i < count; i++)
    out[i] = others[(member->first_neighbour + i) % count];
  return count;
}

/* Each once: where the member is or was last, then an url and a neighbour by turns. So neither many urls that are dead nor
 * many neighbours that are keep it from the others for long. */
static uint32_t all_in_turn(const rj_member *member, uint8_t out[RJ_EDGES_MAX]) {
  uint8_t urls[RJ_URLS_MAX], neighbours[RJ_NEIGHBOURS_KEPT];
  uint32_t url_count = urls_in_turn(member, urls);
  uint32_t neighbour_count = neighbours_in_turn(member, neighbours);
  uint32_t count = 0;
  if (is_known(member, member->bound.edge))
    out[count++] = member->bound.edge;
  for (uint32_t i = 0; i < url_count || i < neighbour_count; i++) {
    if (i < url_count)
      out[count++] = urls[i];
    if (i < neighbour_count)
      out[count++] = neighbours[i];
  }
  assert(count > 0); /* the app's urls are there */
  return count;
}

uint32_t rj_member_edges_in_turn(const rj_member *member, uint32_t from,
                                 uint8_t out[RJ_EDGES_MAX]) {
  uint8_t all[RJ_EDGES_MAX];
  uint32_t count = all_in_turn(member, all), first = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (all[i] == from)
      first = i;
  }
  for (uint32_t i = 0; i < count; i++)
    out[i] = all[(first + i) % count];
  return count;
}

uint32_t rj_member_edge_after(const rj_member *member, uint32_t edge) {
  uint8_t edges[RJ_EDGES_MAX] = {0};
  uint32_t count = rj_member_edges_in_turn(member, edge, edges);
  return edges[count > 1 && edges[0] == edge ? 1 : 0];
}

bool rj_member_knows_neighbours(const rj_member *member) {
  uint8_t neighbours[RJ_NEIGHBOURS_KEPT];
  return neighbours_in_turn(member, neighbours) > 0;
}

/* ---- what an edge hands out ---- */

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_url(const rj_url *a, const rj_url *b) {
  size_t i = 0;
  while (a->host[i] != '\0' && lower(a->host[i]) == lower(b->host[i]))
    i++;
  return lower(a->host[i]) == lower(b->host[i]) && a->port == b->port;
}

/* Where it is among the places from `first` to before `end`; `end`: nowhere. */
static uint32_t find(const rj_member *member, const rj_url *url, uint32_t first, uint32_t end) {
  for (uint32_t i = first; i < end; i++) {
    if (is_known(member, i) && same_url(&member->edges[i].url, url))
      return i;
  }
  return end;
}

/* Some connection goes there, or it is where the member was last: it is known for longer than it is handed out. */
static bool is_in_use(const rj_member *member, uint32_t edge) {
  if (member->bound.edge == edge)
    return true;
  if (member->attempt.edge == edge && (member->attempt.link != NULL || member->address_wanted))
    return true;
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    const rj_connection *farewell = &member->farewells[i].connection;
    if (farewell->link != NULL && farewell->edge == edge)
      return true;
  }
  return false;
}

void rj_member_forget_neighbour(rj_member *member, uint32_t edge) {
  rj_known_edge *known = &member->edges[edge];
  free(known->ticket);
  *known = (rj_known_edge){0};
}

static bool make_places(rj_member *member) {
  if (member->edge_count > member->url_count)
    return true;
  uint32_t count = member->url_count + RJ_NEIGHBOURS_KEPT;
  rj_known_edge *edges = realloc(member->edges, count * sizeof *edges);
  if (edges == NULL)
    return false; /* it does without */
  memset(edges + member->url_count, 0, RJ_NEIGHBOURS_KEPT * sizeof *edges);
  member->edges = edges;
  member->edge_count = count;
  return true;
}

/* One that is of use: an url that is understood, not one of the app's own, nor nearer to this member than the edge that
 * tells of it, which would lead it into its own network. A name is looked at once it is resolved. */
static bool is_of_use(const rj_member *member, const rejoin_Neighbour *told, rj_reach reach,
                      rj_url *out) {
  rj_address address;
  if (!rj_url_parse(told->url, out, NULL) ||
      find(member, out, 0, member->url_count) < member->url_count)
    return false;
  return !rj_address_parse(out->host, out->port, &address) || rj_address_reach(&address) >= reach;
}

/* A certificate that was accepted for another fingerprint must not be trusted on by its ticket. */
static void pin(rj_known_edge *edge, const rejoin_Neighbour *told) {
  bool pinned = told->fingerprint.size == RJ_FINGERPRINT_SIZE;
  if (pinned == edge->pinned &&
      (!pinned || memcmp(edge->fingerprint, told->fingerprint.bytes, RJ_FINGERPRINT_SIZE) == 0))
    return;
  free(edge->ticket);
  edge->ticket = NULL;
  edge->ticket_length = 0;
  edge->pinned = pinned;
  if (pinned)
    memcpy(edge->fingerprint, told->fingerprint.bytes, RJ_FINGERPRINT_SIZE);
}

/* True: it was not known before. */
static bool learn(rj_member *member, const rj_url *url, const rejoin_Neighbour *told,
                  rj_reach reach) {
  uint32_t place = find(member, url, member->url_count, member->edge_count);
  bool is_new = place == member->edge_count;
  for (uint32_t i = member->url_count; is_new && i < member->edge_count; i++) {
    if (is_known(member, i) || is_in_use(member, i))
      continue;
    place = i;
    rj_member_forget_neighbour(member, i); /* a ticket may have come late */
    member->edges[i].url = *url;
    member->move_failed &= ~(1u << i);
    member->move_refused &= ~(1u << i);
    break;
  }
  if (place == member->edge_count)
    return false; /* goodbyes to earlier neighbours are still under way */
  pin(&member->edges[place], told);
  member->edges[place].reach = reach;
  return is_new;
}

void rj_member_learn_neighbours(rj_member *member, const rejoin_Neighbours *told, uint32_t from,
                                int64_t now) {
  if (!make_places(member))
    return;
  rj_reach reach = rj_address_reach(&member->edges[from].address);
  if (reach == RJ_REACH_NOWHERE)
    reach = RJ_REACH_MACHINE;
  rj_url urls[RJ_NEIGHBOURS];
  bool of_use[RJ_NEIGHBOURS], stays[RJ_EDGES_MAX] = {false};
  for (uint32_t i = 0; i < told->edges_count; i++) {
    of_use[i] = is_of_use(member, &told->edges[i], reach, &urls[i]);
    uint32_t place = of_use[i] ? find(member, &urls[i], member->url_count, member->edge_count)
                               : member->edge_count;
    if (place < member->edge_count)
      stays[place] = true;
  }
  for (uint32_t i = member->url_count; i < member->edge_count; i++) {
    if (!stays[i] && !is_in_use(member, i))
      rj_member_forget_neighbour(member, i);
  }
  bool any_new = false;
  for (uint32_t i = 0; i < told->edges_count; i++) {
    if (of_use[i])
      any_new = learn(member, &urls[i], &told->edges[i], reach) || any_new;
  }
  if (any_new) /* the members of an edge that dies are not all to go to the same one */
    member->first_neighbour = (uint32_t)rj_random_below(&member->random, FIRST_OF);
  if (any_new && member->move_until > now)
    rj_member_move(member, member->move_until, now);
}
