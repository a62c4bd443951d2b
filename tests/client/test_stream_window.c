/* The window of what is not known to have arrived, and the places of streams that are heard: alone, and together over connections
 * that break as they like (D-4). */
#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "base/random.h"
#include "client/heard_streams.h"
#include "client/stream_window.h"

static void take(rj_stream_window *window, uint32_t stream, uint64_t sequence) {
  g_assert_true(rj_window_take(window, stream, sequence, 0, (const uint8_t *)"x", 1));
}

static void test_acknowledged_ones_go(void) { /* D-4 */
  rj_stream_window window;
  rj_window_init(&window);
  for (uint64_t i = 1; i <= 5; i++)
    take(&window, 1, i);
  g_assert_cmpuint(window.unsent->number, ==, 1);
  rj_window_sent(&window, 4); /* the connection's fourth message, and so on */
  rj_window_sent(&window, 7);
  rj_window_sent(&window, 8);
  rj_window_proved(&window, 3);
  g_assert_cmpuint(window.count, ==, 5);
  rj_window_proved(&window, 7);
  g_assert_cmpuint(window.count, ==, 3);
  g_assert_cmpuint(window.first->number, ==, 3);
  g_assert_cmpuint(window.unsent->number, ==, 4);
  rj_window_proved(&window, 100); /* what was not sent is not proved */
  g_assert_cmpuint(window.first->number, ==, 4);
  rj_window_rewind(&window, 4);
  g_assert_cmpuint(window.first->number, ==, 5);
  rj_window_rewind(&window, 0);
  g_assert_true(window.unsent == window.first);
  rj_window_clear(&window);
  g_assert_cmpuint(window.bytes, ==, 0);
  g_assert_null(window.unsent);
  take(&window, 2, 1);
  g_assert_cmpuint(window.first->number, ==, 6); /* numbers go on */
  rj_window_clear(&window);
}

static void test_bounds(void) { /* D-2 */
  rj_stream_window window;
  rj_window_init(&window);
  for (uint64_t i = 1; i <= RJ_MESSAGES_UNPROVED; i++) {
    g_assert_true(rj_window_has_room(&window, 1));
    take(&window, 1, i);
  }
  g_assert_false(rj_window_has_room(&window, 1));
  rj_window_clear(&window);
  static const uint8_t much[RJ_MESSAGE_MAX];
  for (uint64_t i = 1; i <= RJ_MESSAGE_BYTES_UNPROVED / RJ_MESSAGE_MAX; i++) {
    g_assert_true(rj_window_has_room(&window, sizeof much));
    g_assert_true(rj_window_take(&window, 1, i, 0, much, sizeof much));
  }
  g_assert_false(rj_window_has_room(&window, 1));
  rj_window_clear(&window);
}

/* More streams than there is room for: all are forgotten, and from then on a beginning in the middle is a gap of unknown size. */
static void test_more_streams_than_fit(void) { /* D-5 */
  rj_heard_streams heard = {0};
  uint64_t missed;
  rj_stream_place place = {.stream = 1, .stay = 1, .sequence = 5};
  for (place.uid = 1; place.uid <= RJ_STREAMS_HEARD; place.uid++)
    g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  place.uid = 1;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_TWICE);
  place.uid = RJ_STREAMS_HEARD + 1;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  place.uid = 1;
  place.sequence = 6;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_GAP);
  g_assert_cmpuint(missed, ==, 0);
  rj_heard_clear(&heard);
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  rj_heard_clear(&heard);
}

/* One uid, left and joined again: at another edge both stays' messages may come again, each in turn. */
static void test_older_stays(void) { /* D-4 */
  rj_heard_streams heard = {0};
  uint64_t missed;
  rj_stream_place place = {.uid = 1, .stream = 1};
  for (place.stay = 1; place.stay <= RJ_STAYS_HEARD; place.stay++)
    for (place.sequence = 1; place.sequence <= 2; place.sequence++)
      g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  for (place.stay = 1; place.stay <= RJ_STAYS_HEARD; place.stay++)
    for (place.sequence = 1; place.sequence <= 2; place.sequence++)
      g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_TWICE);
  /* what was on its way of an older one still counts */
  place.stay = 3;
  place.sequence = 4;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_GAP);
  g_assert_cmpuint(missed, ==, 1);
  /* no more than so many: the one that was heard first is forgotten */
  place.stay = RJ_STAYS_HEARD + 1;
  place.sequence = 1;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  place.stay = 2;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_TWICE);
  place.stay = 1;
  g_assert_cmpint(rj_heard_note(&heard, &place, &missed), ==, RJ_HEARD_NEXT);
  rj_heard_clear(&heard);
}

/* ---- a member and an edge, and between them connections that break */

enum { STREAMS = 3, CONNECTIONS = 3 };

/* What one connection carries: it keeps the order, and loses what had not arrived when it broke. */
typedef struct {
  GQueue *on_the_way;               /* of rj_window_message */
  uint64_t sent, arrived, heard_of; /* messages: handed over, arrived, known to have arrived */
  bool broken;                      /* for the member; what is on its way may still arrive */
} connection;

typedef struct {
  rj_random random;
  rj_stream_window window;
  connection
      connections[CONNECTIONS]; /* the last one is the member's, the others are on their way out */
  uint64_t received;            /* the edge's */
  uint64_t sequence[STREAMS], told[STREAMS];
  rj_heard_streams heard;
} model;

static uint32_t draw(model *m, uint32_t below) {
  return (uint32_t)rj_random_below(&m->random, below);
}

static connection *current(model *m) {
  return &m->connections[CONNECTIONS - 1];
}

static void hand_over(model *m) {
  connection *c = current(m);
  while (!c->broken && m->window.unsent != NULL) {
    g_queue_push_tail(c->on_the_way, g_memdup2(m->window.unsent, sizeof(rj_window_message)));
    rj_window_sent(&m->window, ++c->sent);
  }
}

/* The edge gets the next one of a connection and passes it on, unless it has it. */
static void arrive(model *m, connection *c) {
  rj_window_message *message = g_queue_pop_head(c->on_the_way);
  if (message == NULL)
    return;
  c->arrived++;
  if (message->number > m->received) {
    m->received = message->number;
    const rj_stream_place place = {
        .uid = 1, .stream = message->stream, .stay = 5, .sequence = message->sequence};
    uint64_t missed;
    g_assert_cmpint(rj_heard_note(&m->heard, &place, &missed), ==, RJ_HEARD_NEXT);
    g_assert_cmpuint(message->sequence, ==, ++m->told[message->stream - 1]);
  }
  g_free(message);
}

/* The member's connection broke, and another one is accepted beside those that are not quite dead. The answer may be older than
 * what still arrives, and may be lost: then one more takes its place. */
static void reconnect(model *m) {
  connection oldest = m->connections[0];
  memmove(m->connections, m->connections + 1, sizeof m->connections - sizeof oldest);
  g_queue_free_full(oldest.on_the_way, g_free);
  uint64_t answer = m->received;
  for (uint32_t i = draw(m, 4); i > 0; i--)
    arrive(m, &m->connections[draw(m, CONNECTIONS - 1)]);
  m->connections[CONNECTIONS - 1] = (connection){.on_the_way = g_queue_new()};
  if (draw(m, 3) == 0)
    current(m)->broken = true;
  else
    rj_window_rewind(&m->window, answer);
}

static void step(model *m) {
  connection *c = current(m);
  switch (draw(m, 8)) {
  case 0:
  case 1: {
    uint32_t stream = draw(m, STREAMS);
    take(&m->window, stream + 1, ++m->sequence[stream]);
    break;
  }
  case 2:
  case 3:
  case 4:
    arrive(m, &m->connections[draw(m, CONNECTIONS)]);
    break;
  case 5:
    if (!c->broken) { /* an acknowledgement, or its loss */
      c->heard_of = c->arrived;
      rj_window_proved(&m->window, c->heard_of);
    }
    break;
  case 6:
    hand_over(m);
    break;
  default:
    if (draw(m, 4) == 0) {
      c->broken = true;
      do
        reconnect(m);
      while (current(m)->broken);
    }
    break;
  }
}

/* Exactly once and in order, whatever breaks when (D-4). */
static void test_connections_break(void) {
  for (uint64_t seed = 1; seed <= 500; seed++) {
    model m = {0};
    rj_random_seed(&m.random, seed);
    rj_window_init(&m.window);
    for (size_t i = 0; i < CONNECTIONS; i++)
      m.connections[i].on_the_way = g_queue_new();
    for (int i = 0; i < 600; i++)
      step(&m);
    reconnect(&m);
    while (current(&m)->broken)
      reconnect(&m);
    hand_over(&m);
    while (!g_queue_is_empty(current(&m)->on_the_way))
      arrive(&m, current(&m));
    rj_window_proved(&m.window, current(&m)->arrived);
    g_assert_cmpuint(m.window.count, ==, 0);
    for (size_t i = 0; i < STREAMS; i++)
      g_assert_cmpuint(m.told[i], ==, m.sequence[i]);
    for (size_t i = 0; i < CONNECTIONS; i++)
      g_queue_free_full(m.connections[i].on_the_way, g_free);
    rj_heard_clear(&m.heard);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/window/acknowledged", test_acknowledged_ones_go);
  g_test_add_func("/window/bounds", test_bounds);
  g_test_add_func("/window/heard-bound", test_more_streams_than_fit);
  g_test_add_func("/window/older stays", test_older_stays);
  g_test_add_func("/window/connections-break", test_connections_break);
  return g_test_run();
}
