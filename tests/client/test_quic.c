/* Member and real connections together: QUIC and TLS over a cable of 25 ms in virtual time, with a minimal scripted edge. */
#include <glib.h>
#include <string.h>

#include "client/member.h"
#include "link/credentials.h"
#include "link/trust.h"
#include "wire/codec.h"

#define MS     RJ_MILLISECOND
#define SECOND RJ_SECOND

static const int64_t one_way = 25 * RJ_MILLISECOND;
static const int64_t wall = INT64_C(1800000000) * RJ_SECOND;

typedef struct {
  int64_t at;
  bool up; /* to the edge */
  rj_path path;
  size_t length;
  uint8_t data[RJ_DATAGRAM_BUFFER];
} parcel;

typedef struct {
  int32_t kind, state, reason;
  uint32_t uid;
  int64_t time, elapsed;
} told;

typedef struct {
  int64_t now;
  bool cut;
  GQueue *cable;
  rj_random random;
  rj_entropy entropy;
  /* client */
  rj_trust *trust;
  rj_port *port;
  rj_member *member;
  GArray *events; /* of told */
  /* edge */
  rj_credentials *credentials;
  rj_port *edge;
  GPtrArray *links;
  guint requests, resumes, goodbyes, early;
} road;

static const rj_address edge_address = {
    .family = RJ_ADDRESS_IPV4, .bytes = {192, 0, 2, 1}, .port = 7443};
static const rj_address own_address = {
    .family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 1}, .port = 40000};

static void push(void *user, const rj_event_record *e) {
  road *r = user;
  told t = {e->kind, e->state, e->reason, e->uid, e->time, e->elapsed};
  g_array_append_val(r->events, t);
}

/* ---- the edge ---- */

static void edge_open(road *r) {
  rj_port_config config = {
      .entropy = &r->entropy,
      .credentials = r->credentials,
      .links_max = 100,
      .retry_above = 100,
      .idle_timeout = RJ_IDLE_TIMEOUT,
      .handshake_timeout = RJ_HANDSHAKE_TIMEOUT,
  };
  r->edge = rj_port_new(&config);
  g_assert_nonnull(r->edge);
  r->links = g_ptr_array_new();
}

/* Dies without a packet. */
static void edge_crash(road *r) {
  for (guint i = 0; i < r->links->len; i++)
    rj_link_free(r->links->pdata[i]);
  g_ptr_array_free(r->links, TRUE);
  rj_port_free(r->edge);
}

static void edge_send(rj_link *link, const rj_control *message) {
  uint8_t buffer[RJ_CONTROL_MAX];
  size_t length = rj_control_encode(message, buffer, sizeof buffer);
  g_assert_cmpint(rj_link_send(link, buffer, length), ==, STATUS_OK);
}

static void edge_answer(road *r, rj_link *link, const rejoin_JoinRequest *request) {
  r->requests++;
  r->resumes += request->has_resume ? 1 : 0;
  rj_control message = {.which_body = rejoin_Control_join_answer_tag};
  message.body.join_answer.attempt = request->attempt;
  message.body.join_answer.uid = request->uid;
  message.body.join_answer.session = 7;
  message.body.join_answer.role = request->role;
  message.body.join_answer.edge_age_ms = 100000;
  edge_send(link, &message);
  message = (rj_control){.which_body = rejoin_Control_roster_page_tag};
  rejoin_RosterPage *page = &message.body.roster_page;
  page->first = page->last = true;
  page->edge_age_ms = 100000;
  page->members[page->members_count++] = 2;
  edge_send(link, &message);
}

static void edge_message(road *r, rj_link *link, const rj_link_event *event) {
  rj_control message;
  g_assert_true(rj_control_decode(&message, event->data, event->length, NULL));
  r->early += event->early ? 1 : 0;
  switch (message.which_body) {
  case rejoin_Control_join_request_tag:
    edge_answer(r, link, &message.body.join_request);
    break;
  case rejoin_Control_goodbye_tag:
    r->goodbyes++;
    break;
  case rejoin_Control_roster_request_tag: {
    uint32_t number = message.body.roster_request.number;
    rj_control answer = {.which_body = rejoin_Control_roster_page_tag};
    rejoin_RosterPage *page = &answer.body.roster_page;
    page->number = number;
    page->first = page->last = true;
    page->edge_age_ms = 100000;
    page->members[page->members_count++] = 2;
    edge_send(link, &answer);
    break;
  }
  default:
    break;
  }
}

/* ---- the cable ---- */

static void post(road *r, bool up, const rj_datagram *datagram) {
  if (r->cut)
    return;
  parcel *p = g_new0(parcel, 1);
  p->at = r->now + one_way;
  p->up = up;
  p->length = datagram->length;
  memcpy(p->data, datagram->data, datagram->length);
  p->path = up ? (rj_path){.local = edge_address, .remote = own_address}
               : (rj_path){.local = own_address, .remote = edge_address};
  g_queue_push_tail(r->cable, p);
}

static void pump_member(road *r, rj_datagram *out) {
  uint32_t index;
  if (rj_member_wants_address(r->member, &index))
    rj_member_set_address(r->member, index, &edge_address, r->now);
  while (rj_member_write(r->member, out, r->now))
    post(r, true, out);
}

static void pump_edge(road *r, rj_datagram *out) {
  for (guint i = 0; i < r->links->len; i++) {
    rj_link *link = r->links->pdata[i];
    rj_link_event event;
    bool closed = false, written;
    do { /* a write may bring events, too */
      while (rj_link_next_event(link, &event)) {
        if (event.kind == RJ_LINK_MESSAGE)
          edge_message(r, link, &event);
        closed = closed || event.kind == RJ_LINK_CLOSED;
      }
      written = false;
      while (rj_link_write(link, out, r->now)) {
        post(r, false, out);
        written = true;
      }
    } while (written);
    if (closed) {
      rj_link_free(link);
      g_ptr_array_remove_index(r->links, i--);
    }
  }
  while (rj_port_write(r->edge, out))
    post(r, false, out);
}

static void pump(road *r) {
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  pump_member(r, &out);
  pump_edge(r, &out);
}

static void deliver(road *r, const parcel *p) {
  if (!p->up) {
    rj_link *link = rj_port_route(r->port, p->data, p->length);
    if (link != NULL) {
      g_assert_true(rj_link_owner(link) == r->member);
      rj_member_feed(r->member, &p->path, p->data, p->length, r->now);
    }
    return;
  }
  bool accepted = false;
  rj_link *link = rj_port_feed(r->edge, &p->path, p->data, p->length, r->now, &accepted);
  if (accepted)
    g_ptr_array_add(r->links, link);
}

static int64_t next_time(const road *r) {
  int64_t next = rj_member_deadline(r->member);
  for (guint i = 0; i < r->links->len; i++)
    next = rj_earlier(next, rj_link_deadline(r->links->pdata[i]));
  const parcel *p = g_queue_peek_head(r->cable);
  return p != NULL ? rj_earlier(next, p->at) : next;
}

static void run(road *r, int64_t span) {
  int64_t until = r->now + span;
  pump(r);
  for (int rounds = 0;; rounds++) {
    g_assert_cmpint(rounds, <, 1000000); /* a deadline that never moves on */
    int64_t next = next_time(r);
    if (next > until)
      break;
    r->now = rj_later(r->now, next);
    parcel *p = g_queue_peek_head(r->cable);
    if (p != NULL && p->at <= r->now) {
      deliver(r, g_queue_pop_head(r->cable));
      g_free(p);
    } else {
      for (guint i = 0; i < r->links->len; i++) {
        if (rj_link_deadline(r->links->pdata[i]) <= r->now)
          rj_link_wake(r->links->pdata[i], r->now);
      }
      if (rj_member_deadline(r->member) <= r->now)
        rj_member_wake(r->member, r->now);
    }
    pump(r);
  }
  r->now = until;
}

/* ---- made and gone ---- */

static road *road_new_with(const char *fingerprint) {
  road *r = g_new0(road, 1);
  r->now = 100 * SECOND;
  r->cable = g_queue_new();
  r->events = g_array_new(FALSE, FALSE, sizeof(told));
  rj_random_seed(&r->random, 3);
  r->entropy = (rj_entropy){rj_random_fill, &r->random};
  char error[256]; /* both ask for as much */
  G_STATIC_ASSERT(sizeof error >= RJ_CREDENTIALS_ERROR_SIZE && sizeof error >= RJ_TRUST_ERROR_SIZE);
  int32_t status;
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, wall, error), ==, STATUS_OK);
  r->credentials = rj_credentials_new(&files, &status, error);
  g_assert_nonnull(r->credentials);
  rj_credentials_files_clear(&files);
  edge_open(r);
  r->trust =
      rj_trust_new(fingerprint != NULL ? fingerprint : rj_credentials_fingerprint(r->credentials),
                   NULL, &status, error);
  g_assert_nonnull(r->trust);
  rj_port_config config = {
      .entropy = &r->entropy,
      .links_max = 100,
      .idle_timeout = RJ_IDLE_TIMEOUT,
      .handshake_timeout = RJ_HANDSHAKE_TIMEOUT,
  };
  r->port = rj_port_new(&config);
  g_assert_nonnull(r->port);
  rj_url url;
  g_assert_true(rj_url_parse("rejoin://edge.example", &url, NULL));
  rj_member_config member = {
      .role = ROLE_BROADCASTER,
      .dialect = DIALECT_4X,
      .time_scale = 1,
      .port = r->port,
      .trust = r->trust,
      .urls = &url,
      .url_count = 1,
      .local = own_address,
      .entropy = &r->entropy,
      .seed = 1,
      .sink = {push, r},
  };
  rj_timers_default(&member.timers, 1);
  r->member = rj_member_new(&member);
  g_assert_nonnull(r->member);
  rj_member_set_wall_offset(r->member, wall);
  return r;
}

static road *road_new(void) {
  return road_new_with(NULL);
}

static void road_free(road *r) {
  rj_member_free(r->member);
  rj_port_free(r->port);
  edge_crash(r);
  rj_trust_free(r->trust);
  rj_credentials_free(r->credentials);
  g_queue_free_full(r->cable, g_free);
  g_array_free(r->events, TRUE);
  g_free(r);
}

static void join(road *r) {
  g_assert_cmpint(rj_member_join(r->member, NULL, "demo", 1, r->now), ==, STATUS_OK);
}

static void joined(road *r) {
  join(r);
  run(r, 1 * SECOND);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  g_array_set_size(r->events, 0);
}

static const told *event_at(const road *r, guint index) {
  g_assert_cmpuint(index, <, r->events->len);
  return &g_array_index(r->events, told, index);
}

/* ---- the tests ---- */

/* S-1 S-3; section 5: two round trips from the call */
static void test_join(void) {
  road *r = road_new();
  int64_t called = r->now;
  join(r);
  run(r, 1 * SECOND);
  g_assert_cmpuint(r->events->len, ==, 4);
  g_assert_cmpint(event_at(r, 1)->state, ==, STATE_CONNECTED);
  g_assert_cmpint(event_at(r, 1)->time, ==, called + 100 * MS);
  g_assert_cmpint(event_at(r, 2)->kind, ==, EVENT_DID_JOIN_CHANNEL);
  g_assert_cmpint(event_at(r, 2)->elapsed, ==, 100 * MS);
  g_assert_cmpint(event_at(r, 3)->kind, ==, EVENT_USER_JOINED);
  /* beats and their proofs keep it CONNECTED */
  run(r, 5 * RJ_MINUTE);
  g_assert_cmpuint(r->events->len, ==, 4);
  g_assert_cmpint(rj_member_last_proof(r->member), >, r->now - 1400 * MS);
  rj_counters counters;
  rj_member_counters(r->member, &counters, r->now);
  g_assert_cmpint(counters.round_trip, >=, 50 * MS);
  g_assert_cmpint(counters.round_trip, <, 60 * MS);
  g_assert_cmpuint(counters.packets_sent, >, 230);
  road_free(r);
}

/* S-8 S-13 N-1 N-2: the old connection heals within a beat and a round trip */
static void test_short_cut(void) {
  road *r = road_new();
  joined(r);
  run(r, 11 * SECOND);
  r->cut = true;
  run(r, 100 * MS); /* what was on its way has arrived */
  int64_t o = rj_member_last_proof(r->member);
  run(r, o + 4 * SECOND - r->now - 1);
  g_assert_cmpuint(r->events->len, ==, 0);
  run(r, 1);
  g_assert_cmpuint(r->events->len, ==, 1);
  g_assert_cmpint(event_at(r, 0)->state, ==, STATE_RECONNECTING);
  g_assert_cmpint(event_at(r, 0)->reason, ==, REASON_INTERRUPTED);
  g_assert_cmpint(event_at(r, 0)->time, ==, o + 4 * SECOND);
  run(r, 6 * SECOND);
  r->cut = false;
  run(r, 1350 * MS);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  run(r, 10 * SECOND);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  g_assert_cmpint(event_at(r, r->events->len - 1)->kind, ==, EVENT_DID_REJOIN_CHANNEL);
  g_assert_cmpuint(rj_member_protocol_errors(r->member), ==, 0);
  road_free(r);
}

/* S-11 S-13 P-9: a long cut ends with an attempt that resumes */
static void test_long_cut(void) {
  road *r = road_new();
  joined(r);
  run(r, 11 * SECOND);
  r->cut = true;
  run(r, 60 * SECOND);
  r->cut = false;
  run(r, 13100 * MS);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(r->resumes, ==, 1);
  run(r, 20 * SECOND);
  static const int32_t kinds[] = {
      EVENT_CONNECTION_CHANGED, EVENT_CONNECTION_CHANGED, EVENT_CONNECTION_LOST, EVENT_USER_OFFLINE,
      EVENT_CONNECTION_CHANGED, EVENT_DID_REJOIN_CHANNEL, EVENT_USER_JOINED};
  g_assert_cmpuint(r->events->len, ==, G_N_ELEMENTS(kinds));
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    g_assert_cmpint(event_at(r, i)->kind, ==, kinds[i]);
  road_free(r);
}

/* S-9: the edge lost its state: a stateless reset answers the next beat, the rejoin follows at once, by 0-RTT in one round trip */
static void test_edge_restart(void) {
  road *r = road_new();
  joined(r);
  run(r, 11 * SECOND);
  edge_crash(r);
  edge_open(r);
  run(r, 2 * SECOND);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  g_assert_cmpint(event_at(r, 0)->reason, ==, REASON_KEEP_ALIVE_TIMEOUT);
  g_assert_cmpint(event_at(r, 1)->reason, ==, REASON_REJOIN_SUCCESS);
  g_assert_cmpint(event_at(r, 1)->time - event_at(r, 0)->time, ==, 50 * MS);
  g_assert_cmpuint(r->early, ==, 1);
  g_assert_cmpuint(r->resumes, ==, 1);
  run(r, 20 * SECOND);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  road_free(r);
}

/* S-25: the goodbye arrives, and then all is quiet; S-26 at several moments */
static void test_leave(void) {
  road *r = road_new();
  joined(r);
  g_assert_cmpint(rj_member_leave(r->member, r->now), ==, STATUS_OK);
  run(r, 60 * MS);
  g_assert_cmpuint(r->goodbyes, ==, 1);
  g_assert_true(rj_member_is_quiet(r->member));
  for (int64_t after = 0; after < 110; after += 10) {
    run(r, 1 * SECOND);
    g_array_set_size(r->events, 0);
    join(r);
    run(r, after * MS);
    guint before = r->events->len;
    rj_member_leave(r->member, r->now);
    run(r, 1500 * MS);
    g_assert_cmpuint(r->events->len, ==, before + 2);
    g_assert_true(rj_member_is_quiet(r->member));
  }
  g_assert_cmpuint(r->goodbyes, ==, r->requests);
  run(r, 2 * RJ_IDLE_TIMEOUT);
  g_assert_cmpuint(r->links->len, ==, 0);
  road_free(r);
}

/* S-6: 22 */
static void test_wrong_fingerprint(void) {
  road *r = road_new_with("0000000000000000000000000000000000000000000000000000000000000000");
  join(r);
  run(r, 30 * SECOND);
  g_assert_cmpuint(r->events->len, ==, 2);
  g_assert_cmpint(event_at(r, 1)->state, ==, STATE_FAILED);
  g_assert_cmpint(event_at(r, 1)->reason, ==, REASON_CERTIFICATION_VERIFY_FAILURE);
  g_assert_cmpuint(r->requests, ==, 0);
  road_free(r);
}

/* a malformed message closes the connection with a code; the member comes back */
static void test_malformed(void) {
  road *r = road_new();
  joined(r);
  run(r, 11 * SECOND);
  g_assert_cmpint(rj_link_send(r->links->pdata[0], (const uint8_t *)"\377\377", 2), ==, STATUS_OK);
  run(r, 2 * SECOND);
  g_assert_cmpuint(rj_member_protocol_errors(r->member), ==, 1);
  g_assert_cmpint(rj_member_state(r->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(r->resumes, ==, 1);
  road_free(r);
}

/* S-12 N-5: to the end; then leave and join work again */
static void test_give_up(void) {
  road *r = road_new();
  joined(r);
  r->cut = true;
  run(r, 100 * MS);
  int64_t o = rj_member_last_proof(r->member);
  run(r, 21 * RJ_MINUTE);
  const told *last = event_at(r, r->events->len - 1);
  g_assert_cmpint(last->state, ==, STATE_FAILED);
  g_assert_cmpint(last->time, ==, o + 20 * RJ_MINUTE);
  g_assert_true(rj_member_is_quiet(r->member));
  r->cut = false;
  rj_member_leave(r->member, r->now);
  joined(r);
  road_free(r);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/quic/join", test_join);
  g_test_add_func("/client/quic/short_cut", test_short_cut);
  g_test_add_func("/client/quic/long_cut", test_long_cut);
  g_test_add_func("/client/quic/edge_restart", test_edge_restart);
  g_test_add_func("/client/quic/leave", test_leave);
  g_test_add_func("/client/quic/wrong_fingerprint", test_wrong_fingerprint);
  g_test_add_func("/client/quic/malformed", test_malformed);
  g_test_add_func("/client/quic/give_up", test_give_up);
  return g_test_run();
}
