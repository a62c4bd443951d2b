/* The edges that a member's edge hands out: when it goes there, which of them, and what it does not believe. */
#include "client/world.h"

/* Joined at the first of `urls` urls for long enough to have no backoff; what the world hands out is known. */
static world *settled(world *w, uint32_t urls) {
  w->config.url_count = urls;
  w->hands_out = true;
  world_joined(w, 1);
  world_run(w, 11 * SECOND);
  world_forget(w);
  return w;
}

/* Two neighbours, "b" and "c", with fingerprints 0xbb.. and 0xcc... */
static world *with_two(uint32_t urls) {
  world *w = world_new();
  world_neighbour(w, "rejoin://b.example", 0xbb);
  world_neighbour(w, "rejoin://c.example:8000", 0xcc);
  return settled(w, urls);
}

static rj_link *link_at(const world *w, guint index) {
  g_assert_cmpuint(index, <, w->port->links->len);
  return w->port->links->pdata[index];
}

static void expect_dialled(const world *w, guint index, const char *name) {
  g_assert_cmpstr(link_at(w, index)->server_name, ==, name);
}

/* The edge dies: whatever goes to it is lost, on connections that are there, too. */
static void die(world *w) {
  for (guint i = 0; i < w->port->links->len; i++)
    link_at(w, i)->deaf = true;
}

static void expect_connected_by(world *w, int64_t until) {
  while (rj_member_state(w->member) != STATE_CONNECTED && w->now < until)
    world_run(w, 1 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
}

/* S-8 S-13 P-3: its only url is dead; the second attempt goes to a neighbour, with the resume, and is there well before 20 s. */
static void test_goes_to_a_neighbour(void) {
  world *w = with_two(1);
  w->dead[0] = "edge.example";
  die(w);
  int64_t o = rj_member_last_proof(w->member);
  world_run_until(w, o + 4 * SECOND + 1);
  expect_connected_by(w, o + 11 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, 3);
  expect_dialled(w, 1, "edge.example");
  const rj_link *there = link_at(w, 2);
  bool is_b = strcmp(there->server_name, "b.example") == 0;
  g_assert_cmpstr(there->server_name, ==, is_b ? "b.example" : "c.example");
  g_assert_cmpuint(there->path.remote.port, ==, 7443);
  g_assert_cmpuint(there->fingerprint, ==, is_b ? 0xbb : 0xcc);
  g_assert_true(world_last_request(w)->has_resume);
  g_assert_cmpuint(world_last_request(w)->resume.session, ==, 1001);
  g_assert_cmpint(rj_member_last_proof(w->member), >, o);
  const rj_event_record *event =
      w->events->pdata[0]; /* one RECONNECTING, and back; no peer event */
  g_assert_cmpint(event->reason, ==, REASON_INTERRUPTED);
  g_assert_cmpuint(w->events->len, ==, 3);

  /* there it stays: the next outage's first attempt goes there, then to the app's url */
  w->dead[0] = NULL;
  world_run(w, 11 * SECOND);
  guint before = w->port->links->len;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  expect_dialled(w, before, there->server_name);
  w->dead[0] = there->server_name;
  die(w);
  world_run(w, 20 * SECOND);
  expect_dialled(w, before + 1, there->server_name);
  expect_dialled(w, before + 2, "edge.example");
  world_free(w);
}

/* N-4 section 5: two of three are dead, whatever the jitter: the third attempt is there 17 s after O. */
static void test_two_are_dead(void) {
  for (uint64_t seed = 1; seed <= 40; seed++) {
    world *w = world_new();
    w->config.seed = seed;
    world_neighbour(w, "rejoin://b.example", 0xbb);
    settled(w, 2);
    w->dead[0] = "edge.example";
    w->dead[1] = "second.example";
    die(w);
    int64_t o = rj_member_last_proof(w->member);
    world_run_until(w, o + 4 * SECOND + 1);
    expect_connected_by(w, o + 17 * SECOND);
    expect_dialled(w, 1, "edge.example");
    expect_dialled(w, 2, "second.example");
    expect_dialled(w, 3, "b.example");
    world_free(w);
  }
}

/* The app's urls and the neighbours take turns, each once before any comes again. */
static void test_turns(void) {
  world *w = world_new();
  for (uint32_t i = 2; i < 5; i++) {
    char *url = g_strdup_printf("rejoin://url%u.example", i);
    g_assert_true(rj_url_parse(url, &w->urls[i], NULL));
    g_free(url);
  }
  world_neighbour(w, "rejoin://b.example", 0);
  world_neighbour(w, "rejoin://c.example", 0);
  settled(w, 5);
  w->answer = ANSWER_NOTHING;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 150 * SECOND);
  expect_dialled(w, 1, "edge.example");
  expect_dialled(w, 2, "second.example");
  expect_dialled(w, 4, "url2.example");
  expect_dialled(w, 6, "url3.example");
  expect_dialled(w, 7, "url4.example");
  const char *one = link_at(w, 3)->server_name, *other = link_at(w, 5)->server_name;
  g_assert_cmpstr(one, !=, other);
  g_assert_true(g_str_equal(one, "b.example") || g_str_equal(one, "c.example"));
  g_assert_true(g_str_equal(other, "b.example") || g_str_equal(other, "c.example"));
  for (guint i = 8; i < w->port->links->len; i++)
    expect_dialled(w, i, link_at(w, i - 7)->server_name);
  g_assert_cmpuint(w->port->links->len, >, 10);
  world_free(w);
}

/* Members of one edge spread over its neighbours. */
static void test_spread(void) {
  guint at_b = 0, at_c = 0;
  for (uint64_t seed = 1; seed <= 200; seed++) {
    world *w = world_new();
    w->config.seed = seed;
    world_neighbour(w, "rejoin://b.example", 0);
    world_neighbour(w, "rejoin://c.example", 0);
    settled(w, 1);
    rj_control message = {.which_body = rejoin_Control_move_tag};
    world_say(w, world_link(w), &message);
    world_run(w, 1 * SECOND);
    at_b += g_str_equal(world_link(w)->server_name, "b.example") ? 1 : 0;
    at_c += g_str_equal(world_link(w)->server_name, "c.example") ? 1 : 0;
    world_free(w);
  }
  g_assert_cmpuint(at_b + at_c, ==, 200);
  g_assert_cmpuint(at_b, >, 70);
  g_assert_cmpuint(at_c, >, 70);
}

/* with one url, told to move, it moves to a neighbour without an outage. */
static void test_moves_to_a_neighbour(void) {
  world *w = with_two(1);
  rj_link *old = world_link(w);
  rj_control message = {.which_body = rejoin_Control_move_tag};
  message.body.move.within_ms = 10000;
  world_say(w, old, &message);
  world_run(w, 600 * MS);
  g_assert_true(old->closed);
  g_assert_cmpstr(world_link(w)->server_name, !=, "edge.example");
  world_expect(w, "");
  world_free(w);
}

/* told to move when it knew of nobody, and then of somebody. */
static void test_moves_once_there_is_one(void) {
  world *w = settled(world_new(), 1);
  rj_link *old = world_link(w);
  rj_control message = {.which_body = rejoin_Control_move_tag};
  message.body.move.within_ms = 60000;
  world_say(w, old, &message);
  world_run(w, 10 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, 1);
  world_neighbour(w, "rejoin://b.example", 0);
  world_say_neighbours(w, old);
  world_run(w, 600 * MS);
  g_assert_true(old->closed);
  expect_dialled(w, 1, "b.example");
  world_expect(w, "");
  world_free(w);
}

/* S-9: an edge that goes down for a while says so: the rejoin goes to a neighbour at once. */
static void test_the_edge_restarts(void) {
  world *w = with_two(1);
  w->dead[0] = "edge.example";
  int64_t t = w->now;
  world_closed(w, world_link(w), RJ_CLOSED_BY_PEER, RJ_CLOSE_RESTARTING);
  world_run(w, 200 * MS);
  world_expect_since(w, t,
                     "0 connection_changed 3>4 14\n"
                     "100 connection_changed 4>3 1\n"
                     "100 did_rejoin_channel demo 1 100\n");
  world_free(w);
}

/* Section 5: "busy, elsewhere" says where. */
static void test_busy_elsewhere(void) {
  world *w = world_new();
  world_neighbour(w, "rejoin://b.example", 0xbb);
  w->hands_out = true;
  w->answer = ANSWER_BUSY;
  w->busy_ms = 60000;
  w->elsewhere = true;
  world_join(w, "demo", 1);
  while (w->port->links->len < 2)
    world_run(w, 1 * MS);
  w->answer = ANSWER_ACCEPT;
  world_run(w, 1 * SECOND);
  expect_dialled(w, 1, "b.example");
  g_assert_cmpuint(link_at(w, 1)->fingerprint, ==, 0xbb);
  g_assert_false(world_last_request(w)->has_resume);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* The newest word replaces the older ones; without any, none is known; where the member is, it stays known. */
static void test_replaced(void) {
  world *w = with_two(1);
  w->neighbours.edges_count = 0;
  world_neighbour(w, "rejoin://d.example", 0xdd);
  world_neighbour(w, "rejoin://C.example:8000", 0xce);
  world_say_neighbours(w, world_link(w));
  w->answer = ANSWER_NOTHING;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 40 * SECOND);
  bool seen_c = false, seen_d = false;
  for (guint i = 1; i < w->port->links->len; i++) {
    const rj_link *link = link_at(w, i);
    g_assert_cmpstr(link->server_name, !=, "b.example");
    if (g_str_equal(link->server_name, "c.example"))
      g_assert_cmpuint(link->fingerprint, ==, 0xce); /* the name that it was given first */
    seen_c = seen_c || g_str_equal(link->server_name, "c.example");
    seen_d = seen_d || g_str_equal(link->server_name, "d.example");
  }
  g_assert_true(seen_c && seen_d);
  world_free(w);

  w = with_two(1);
  w->neighbours.edges_count = 0;
  world_say_neighbours(w, world_link(w));
  w->answer = ANSWER_NOTHING;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 40 * SECOND);
  for (guint i = 1; i < w->port->links->len; i++)
    expect_dialled(w, i, "edge.example");
  world_free(w);
}

/* At a neighbour, which hands out others: what it knows stays bounded, whatever it meets on its way. */
static void test_wanders(void) {
  world *w = settled(world_new(), 1);
  for (int i = 0; i < 50; i++) {
    w->neighbours.edges_count = 0;
    for (int j = 0; j < RJ_NEIGHBOURS; j++) {
      char *url = g_strdup_printf("rejoin://n%d-%d.example", i, j);
      world_neighbour(w, url, (uint8_t)(i + 1));
      g_free(url);
    }
    world_say_neighbours(w, world_link(w));
    rj_control message = {.which_body = rejoin_Control_move_tag};
    world_say(w, world_link(w), &message);
    world_run(w, 12 * SECOND);
    char *prefix = g_strdup_printf("n%d-", i);
    bool is_one = g_str_has_prefix(world_link(w)->server_name, prefix);
    /* the app's url has its turn first where it is not the one that drains */
    g_assert_true(is_one || g_str_equal(world_link(w)->server_name, "edge.example"));
    g_assert_true(i % 2 == 1 || is_one);
    if (is_one)
      g_assert_cmpuint(world_link(w)->fingerprint, ==, (guint)i + 1);
    g_free(prefix);
  }
  world_expect(w, "");
  world_free(w);
}

/* A new stay begins with the app's own urls. */
static void test_a_new_stay(void) {
  world *w = with_two(1);
  rj_control message = {.which_body = rejoin_Control_move_tag};
  world_say(w, world_link(w), &message);
  world_run(w, 1 * SECOND);
  g_assert_cmpstr(world_link(w)->server_name, !=, "edge.example");
  world_leave(w);
  world_run(w, 2 * SECOND);
  world_join(w, "demo", 1);
  world_run(w, 1 * SECOND);
  g_assert_cmpstr(world_link(w)->server_name, ==, "edge.example");
  world_free(w);
}

/* Of what an edge hands out this is passed over: no url of ours, the app's own, one twice, and what lies nearer to the member than
 * the edge itself. */
static void test_not_believed(void) {
  static const char *const urls[] = {
      "https://b.example",
      "rejoin://",
      "rejoin://b example",
      "rejoin://b.example:0",
      "",
      "rejoin://EDGE.example:7443",
      "rejoin://127.0.0.1:7443",
      "rejoin://10.0.0.7",
      "rejoin://192.168.1.1",
      "rejoin://172.16.0.1",
      "rejoin://[::1]",
      "rejoin://[fe80::1]",
      "rejoin://169.254.0.1",
      "rejoin://[fd00::1]",
      "rejoin://0.0.0.0",
      "rejoin://224.0.0.1",
      "rejoin://[ff02::1]",
      "rejoin://255.255.255.255",
      "rejoin://100.64.0.1",
      "rejoin://[::ffff:10.0.0.1]",
  };
  for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
    world *w = world_new();
    world_neighbour(w, urls[i], 0xbb);
    settled(w, 1);
    w->answer = ANSWER_NOTHING;
    world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
    world_run(w, 20 * SECOND);
    g_assert_cmpuint(w->port->links->len, >, 2);
    for (guint j = 1; j < w->port->links->len; j++) {
      expect_dialled(w, j, "edge.example");
      g_assert_cmpuint(link_at(w, j)->fingerprint, ==,
                       0); /* trust in the app's urls is the app's */
    }
    g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
    world_free(w);
  }
}

/* A name that leads into the member's own network is not followed, whoever hands it out; the app's own may. */
static void test_private_names(void) {
  world *w = world_new();
  world_neighbour(w, "rejoin://b.example", 0xbb);
  settled(w, 1);
  w->answer = ANSWER_NOTHING;
  w->nearby = "b.example";
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 30 * SECOND);
  for (guint i = 1; i < w->port->links->len; i++)
    expect_dialled(w, i, "edge.example");
  world_free(w);

  w = world_new(); /* an edge that is in it itself may */
  w->nearby = "edge.example";
  world_neighbour(w, "rejoin://10.0.0.7", 0xbb);
  settled(w, 1);
  w->answer = ANSWER_NOTHING;
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 11 * SECOND);
  expect_dialled(w, 2, "10.0.0.7");
  world_free(w);
}

/* Reason 22 is for the app's urls: a neighbour with another certificate than was said is forgotten, and the stay goes on. */
static void test_another_certificate(void) {
  world *w = world_new();
  world_neighbour(w, "rejoin://b.example", 0xbb);
  settled(w, 1);
  w->dead[0] = "edge.example";
  w->unlike[0] = "b.example";
  die(w);
  world_run(w, 60 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  guint tried = 0;
  for (guint i = 0; i < w->port->links->len; i++)
    tried += g_str_equal(link_at(w, i)->server_name, "b.example") ? 1 : 0;
  g_assert_cmpuint(tried, ==, 1);
  w->dead[0] = NULL;
  world_run(w, 15 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);

  w = world_new(); /* nor does it end a stay whose edge drains */
  world_neighbour(w, "rejoin://b.example", 0xbb);
  settled(w, 1);
  w->unlike[0] = "b.example";
  rj_control message = {.which_body = rejoin_Control_move_tag};
  world_say(w, world_link(w), &message);
  world_run(w, 30 * SECOND);
  world_expect(w, "");
  g_assert_cmpuint(w->port->links->len, ==, 2);
  world_free(w);
}

/* A ticket is for the certificate that was accepted: with another fingerprint it is gone. */
static void test_tickets(void) {
  world *w = with_two(1);
  rj_control message = {.which_body = rejoin_Control_move_tag};
  world_say(w, world_link(w), &message);
  world_run(w, 11 * SECOND);
  bool is_b = g_str_equal(world_link(w)->server_name, "b.example");
  world_event(w, world_link(w),
              &(rj_link_event){.kind = RJ_LINK_TICKET, .data = (const uint8_t *)"t", .length = 1});
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(world_link(w)->ticket_length, ==, 1);
  world_run(w, 11 * SECOND);
  w->neighbours.edges[is_b ? 0 : 1].fingerprint.bytes[0] = 0x11;
  world_say_neighbours(w, world_link(w));
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_run(w, 1 * SECOND);
  g_assert_cmpuint(world_link(w)->ticket_length, ==, 0);
  g_assert_cmpuint(world_link(w)->fingerprint, ==, 0x11);
  world_free(w);
}

/* An edge that knows of no cluster says nothing of neighbours, and a fingerprint that is none is a fault. */
static void test_wire(void) {
  world *w = world_new();
  world_joined(w, 1);
  g_assert_true(world_last_request(w)->hears_neighbours);
  rj_control message = {.which_body = rejoin_Control_neighbours_tag};
  message.body.neighbours.edges_count = 1;
  message.body.neighbours.edges[0].fingerprint.size = 31;
  world_say(w, world_link(w), &message);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 1);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/neighbours/goes_to_a_neighbour", test_goes_to_a_neighbour);
  g_test_add_func("/client/neighbours/two_are_dead", test_two_are_dead);
  g_test_add_func("/client/neighbours/turns", test_turns);
  g_test_add_func("/client/neighbours/spread", test_spread);
  g_test_add_func("/client/neighbours/moves", test_moves_to_a_neighbour);
  g_test_add_func("/client/neighbours/moves_once_there_is_one", test_moves_once_there_is_one);
  g_test_add_func("/client/neighbours/the_edge_restarts", test_the_edge_restarts);
  g_test_add_func("/client/neighbours/busy_elsewhere", test_busy_elsewhere);
  g_test_add_func("/client/neighbours/replaced", test_replaced);
  g_test_add_func("/client/neighbours/wanders", test_wanders);
  g_test_add_func("/client/neighbours/a_new_stay", test_a_new_stay);
  g_test_add_func("/client/neighbours/not_believed", test_not_believed);
  g_test_add_func("/client/neighbours/private_names", test_private_names);
  g_test_add_func("/client/neighbours/another_certificate", test_another_certificate);
  g_test_add_func("/client/neighbours/tickets", test_tickets);
  g_test_add_func("/client/neighbours/wire", test_wire);
  return g_test_run();
}
