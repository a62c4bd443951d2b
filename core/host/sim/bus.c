/* The buses of a simulation: one for each cluster's name, and each edge of it has a place there with faults of its own.
 *
 * A message goes up from the publisher's place to the bus, and down again to the places of those that are subscribed when it
 * gets there. All that is on its way over any bus is in one wheel, in the order in which it was sent: so the same seed gives
 * the same deliveries. */
#include <string.h>

#include "base/numbers.h"
#include "host/sim/sim.h"

struct rj_sim_bus {
  char *name;
  GHashTable *subscribers; /* by subject: a GPtrArray of rj_sim_server, by ascending number */
};

/* What a letter says, shared by its copies. */
typedef struct {
  uint32_t references;
  char subject[RJ_BUS_SUBJECT_MAX + 1];
  size_t length;
  uint8_t data[];
} letter_text;

/* A message on its way up, or down to one edge. */
struct rj_sim_letter {
  rj_timer timer; /* first: the wheel gives it back */
  bool up;
  uint32_t server;     /* its sender on the way up, its receiver on the way down */
  uint32_t side;       /* up: the sender's when it sent */
  uint64_t connection; /* down: the receiver's that it is for */
  rj_sim_bus *bus;
  letter_text *text;
  rj_sim_letter *next; /* while it waits */
};

/* ------------------------------------------------------------------ letters */

static letter_text *write_text(const rj_bus_order *order) {
  letter_text *text = g_malloc(sizeof *text + order->length);
  text->references = 1;
  g_strlcpy(text->subject, order->subject, sizeof text->subject);
  text->length = order->length;
  if (order->length > 0)
    memcpy(text->data, order->data, order->length);
  return text;
}

static void release_text(letter_text *text) {
  if (--text->references == 0)
    g_free(text);
}

static void burn(rj_sim_letter *letter) {
  release_text(letter->text);
  g_free(letter);
}

static rj_sim_server *server_of(const rj_sim *sim, uint32_t number) {
  return (rj_sim_server *)g_ptr_array_index(sim->servers, number);
}

/* Sends copies of the letter over one direction of a place, or loses it. `earliest`: none arrives before. */
static void travel(rj_sim *sim, rj_sim_place *place, const rj_sim_letter *like, int64_t earliest) {
  rj_fate fates[RJ_FATES_MAX];
  rj_direction *direction = like->up ? &place->up : &place->down;
  /* no fault of a bus looks at the length */
  size_t copies = rj_direction_pass(direction, 1, rj_sim_now(sim), fates);
  for (size_t i = 0; i < copies; i++) {
    rj_sim_letter *letter = g_new(rj_sim_letter, 1);
    *letter = *like;
    letter->timer = (rj_timer){0};
    letter->text->references++;
    direction->under_way++;
    rj_wheel_set(sim->post, &letter->timer, rj_later(rj_sim_tick(fates[i].arrives), earliest));
  }
}

/* ------------------------------------------------------------------ subscriptions */

static void subscribe(rj_sim_server *server, const char *subject) {
  rj_sim_bus *bus = server->place.bus;
  char *key;
  GPtrArray *places;
  if (!g_hash_table_lookup_extended(bus->subscribers, subject, (void **)&key, (void **)&places)) {
    key = g_strdup(subject);
    places = g_ptr_array_new();
    g_hash_table_insert(bus->subscribers, key, places);
  }
  if (!g_hash_table_add(server->place.subjects, g_strdup(subject)))
    return;
  guint at = places->len;
  while (at > 0 && ((rj_sim_server *)g_ptr_array_index(places, at - 1))->number > server->number)
    at--;
  g_ptr_array_insert(places, (gint)at, server);
}

static void leave_subject(rj_sim_server *server, const char *subject) {
  GHashTable *subscribers = server->place.bus->subscribers;
  GPtrArray *places = (GPtrArray *)g_hash_table_lookup(subscribers, subject);
  g_ptr_array_remove(places, server);
  if (places->len == 0)
    g_hash_table_remove(subscribers, subject);
}

static void unsubscribe(rj_sim_server *server, const char *subject) {
  if (!g_hash_table_contains(server->place.subjects, subject))
    return;
  leave_subject(server, subject);
  g_hash_table_remove(server->place.subjects, subject);
}

/* ------------------------------------------------------------------ places */

static rj_sim_bus *find_bus(rj_sim *sim, const char *name) {
  for (guint i = 0; i < sim->buses->len; i++) {
    rj_sim_bus *bus = (rj_sim_bus *)g_ptr_array_index(sim->buses, i);
    if (strcmp(bus->name, name) == 0)
      return bus;
  }
  rj_sim_bus *bus = g_new0(rj_sim_bus, 1);
  bus->name = g_strdup(name);
  bus->subscribers =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  g_ptr_array_add(sim->buses, bus);
  return bus;
}

void rj_sim_buses_free(rj_sim *sim) {
  for (rj_timer *timer; (timer = rj_wheel_pop(sim->post, rj_wheel_deadline(sim->post))) != NULL;)
    burn((rj_sim_letter *)timer);
  for (guint i = 0; i < sim->buses->len; i++) {
    rj_sim_bus *bus = (rj_sim_bus *)g_ptr_array_index(sim->buses, i);
    g_hash_table_unref(bus->subscribers);
    g_free(bus->name);
    g_free(bus);
  }
  g_ptr_array_unref(sim->buses);
}

void rj_sim_place_open(rj_sim *sim, rj_sim_server *server) {
  rj_sim_place *place = &server->place;
  const char *cluster = server->base.config.cluster.name;
  place->last_waiting = &place->waiting;
  if (cluster == NULL)
    return;
  place->bus = find_bus(sim, cluster);
  place->subjects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  rj_direction_init(&place->up, RJ_SIM_BUS_DELAY, rj_random_next(&sim->seeds));
  rj_direction_init(&place->down, RJ_SIM_BUS_DELAY, rj_random_next(&sim->seeds));
}

/* The oldest letter that waits, the caller's; NULL: none. */
static rj_sim_letter *take_waiting(rj_sim_place *place) {
  rj_sim_letter *letter = place->waiting;
  if (letter == NULL)
    return NULL;
  place->waiting = letter->next;
  place->waiting_count--;
  if (place->waiting == NULL)
    place->last_waiting = &place->waiting;
  return letter;
}

/* The connection breaks: subscriptions, and what came and was not read. */
static void disconnect(rj_sim_server *server) {
  rj_sim_place *place = &server->place;
  GHashTableIter all;
  void *subject;
  if (place->bus == NULL)
    return;
  g_hash_table_iter_init(&all, place->subjects);
  while (g_hash_table_iter_next(&all, &subject, NULL)) {
    leave_subject(server, (const char *)subject);
    g_hash_table_iter_remove(&all);
  }
  for (rj_sim_letter *letter; (letter = take_waiting(place)) != NULL;)
    burn(letter);
  place->connection = 0;
}

void rj_sim_place_leave(rj_sim *sim, rj_sim_server *server) {
  (void)sim;
  disconnect(server);
  server->place.told = false;
}

void rj_sim_place_close(rj_sim *sim, rj_sim_server *server) {
  rj_sim_place_leave(sim, server);
  if (server->place.subjects != NULL)
    g_hash_table_unref(server->place.subjects);
  server->place.subjects = NULL;
}

static void feed(rj_sim_server *server, const letter_text *text, int64_t now) {
  rj_server_bus_feed(server->base.server, text->subject, text->data, text->length, now);
  rj_host_server_note_kicks(&server->base, now);
}

static void tell(rj_sim_server *server, bool connected, int64_t now) {
  server->place.told = connected;
  rj_server_bus_connected(server->base.server, connected, now);
}

void rj_sim_place_tell(rj_sim *sim, rj_sim_server *server) {
  rj_sim_place *place = &server->place;
  int64_t now = rj_sim_now(sim);
  if (place->bus == NULL)
    return;
  if (place->told && place->connection == 0)
    tell(server, false, now);
  if (!place->gone && place->connection == 0) {
    place->connection = ++place->connections;
    tell(server, true, now);
  }
  for (rj_sim_letter *letter; (letter = take_waiting(place)) != NULL;) {
    feed(server, letter->text, now);
    burn(letter);
  }
}

/* ------------------------------------------------------------------ the way up */

static void publish(rj_sim *sim, rj_sim_server *server, const rj_bus_order *order) {
  rj_sim_letter like = {.up = true,
                        .server = server->number,
                        .side = server->place.side,
                        .bus = server->place.bus,
                        .text = write_text(order)};
  /* never there in the tick in which it was sent: so a tick ends */
  travel(sim, &server->place, &like, rj_sim_now(sim) + RJ_SIM_TICK);
  release_text(like.text);
}

void rj_sim_place_send(rj_sim *sim, rj_sim_server *server) {
  rj_bus_order order;
  while (rj_server_bus_next(server->base.server, &order)) {
    g_assert(strlen(order.subject) <= RJ_BUS_SUBJECT_MAX);
    if (server->place.connection == 0)
      continue;
    if (order.kind == RJ_BUS_SUBSCRIBE)
      subscribe(server, order.subject);
    else if (order.kind == RJ_BUS_UNSUBSCRIBE)
      unsubscribe(server, order.subject);
    else
      publish(sim, server, &order);
  }
}

/* ------------------------------------------------------------------ the way down */

static void fan_out(rj_sim *sim, const rj_sim_letter *letter) {
  GPtrArray *places =
      (GPtrArray *)g_hash_table_lookup(letter->bus->subscribers, letter->text->subject);
  for (guint i = 0; places != NULL && i < places->len; i++) {
    rj_sim_server *server = (rj_sim_server *)g_ptr_array_index(places, i);
    if (server->number == letter->server || server->place.side != letter->side)
      continue;
    const rj_sim_letter like = {.server = server->number,
                                .connection = server->place.connection,
                                .bus = letter->bus,
                                .text = letter->text};
    travel(sim, &server->place, &like, rj_sim_now(sim));
  }
}

/* True: the letter is the place's now. */
static bool arrive(rj_sim *sim, rj_sim_server *server, rj_sim_letter *letter) {
  rj_sim_place *place = &server->place;
  const letter_text *text = letter->text;
  if (letter->connection != place->connection ||
      !g_hash_table_contains(place->subjects, text->subject))
    return false; /* it was for one that is no more */
  if (rj_sim_stands_still(server)) {
    if (place->waiting_count == RJ_SIM_SOCKET_QUEUE)
      return false;
    letter->next = NULL;
    *place->last_waiting = letter;
    place->last_waiting = &letter->next;
    place->waiting_count++;
    return true;
  }
  feed(server, text, rj_sim_now(sim));
  rj_sim_server_care(sim, server, 0);
  return false;
}

bool rj_sim_post_deliver(rj_sim *sim) {
  bool any = false;
  for (rj_timer *timer; (timer = rj_wheel_pop(sim->post, rj_sim_now(sim))) != NULL; any = true) {
    rj_sim_letter *letter = (rj_sim_letter *)timer;
    rj_sim_server *server = server_of(sim, letter->server);
    bool kept = false;
    if (server != NULL)
      (letter->up ? &server->place.up : &server->place.down)->under_way--;
    if (letter->up)
      fan_out(sim, letter); /* also when its sender is gone meanwhile */
    else if (server != NULL)
      kept = arrive(sim, server, letter);
    if (!kept)
      burn(letter);
  }
  return any;
}

/* ------------------------------------------------------------------ faults */

int32_t rj_sim_server_set_bus_faults(rj_host_server *base, const rj_host_bus_faults *faults,
                                     int64_t now, char error[RJ_HOST_ERROR_SIZE]) {
  static const rj_host_bus_faults none = {.up.delay_ns = RJ_SIM_BUS_DELAY,
                                          .down.delay_ns = RJ_SIM_BUS_DELAY};
  rj_sim *sim = (rj_sim *)base->host;
  rj_sim_server *server = (rj_sim_server *)base;
  rj_sim_place *place = &server->place;
  (void)now;
  if (place->bus == NULL) {
    g_strlcpy(error, "the edge has no cluster, so there is no bus under it", RJ_HOST_ERROR_SIZE);
    return STATUS_INVALID_STATE;
  }
  if (faults == NULL)
    faults = &none;
  place->up.faults = faults->up;
  place->down.faults = faults->down;
  place->side = faults->side;
  place->gone = faults->gone;
  if (place->gone)
    disconnect(server);
  if (base->server != NULL && !rj_sim_stands_still(server)) {
    rj_sim_place_tell(sim, server);
    rj_sim_server_touch(base);
  }
  return STATUS_OK;
}
