/* Stream messages of one member: what its app may send, what goes out and out again, and what it tells of what comes (D-1 to D-5). */
#include "client/world.h"

#include <string.h>

static uint32_t create(world *w, bool reliable) {
  uint32_t id = 0;
  g_assert_cmpint(rj_member_create_stream(w->member, reliable, reliable, &id), ==, STATUS_OK);
  return id;
}

static int32_t send_sized(world *w, uint32_t id, const void *data, size_t length) {
  int32_t status = rj_member_send_stream(w->member, id, data, length, w->now);
  world_pump(w);
  return status;
}

static int32_t send_text(world *w, uint32_t id, const char *text) {
  return send_sized(w, id, text, strlen(text));
}

/* The stream messages that the edge got since the last look, "STREAM:NUMBER:SEQUENCE:DATA" each and with "-LOST" where some are. */
static void expect_at_edge(world *w, const char *expected) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < w->others->len; i++) {
    const rj_control *m = w->others->pdata[i];
    if (m->which_body != rejoin_Control_stream_message_tag)
      continue;
    const rejoin_StreamMessage *s = &m->body.stream_message;
    g_assert_cmpuint(s->uid, ==, 0);
    g_assert_cmpuint(s->stay, !=, 0);
    g_string_append_printf(text, "%s%u:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%.*s",
                           text->len > 0 ? " " : "", s->stream, s->number, s->sequence,
                           (int)s->data.size, (const char *)s->data.bytes);
    if (s->lost > 0)
      g_string_append_printf(text, "-%" G_GUINT64_FORMAT, s->lost);
  }
  g_ptr_array_set_size(w->others, 0);
  g_assert_cmpstr(text->str, ==, expected);
  g_string_free(text, TRUE);
}

typedef struct {
  uint32_t uid, stream, stay;
  uint64_t number, sequence, lost;
} place;

static rj_control message_at(const place *at, const char *text) {
  rj_control message = {.which_body = rejoin_Control_stream_message_tag};
  rejoin_StreamMessage *m = &message.body.stream_message;
  m->uid = at->uid;
  m->stream = at->stream;
  m->number = at->number;
  m->sequence = at->sequence;
  m->stay = at->stay;
  m->lost = at->lost;
  m->data.size = (pb_size_t)strlen(text);
  memcpy(m->data.bytes, text, m->data.size);
  return message;
}

/* The edge relays one of uid 2's stream 1 and stay 7. */
static void comes(world *w, uint64_t number, uint64_t sequence, const char *text) {
  const place at = {.uid = 2, .stream = 1, .stay = 7, .number = number, .sequence = sequence};
  rj_control message = message_at(&at, text);
  world_say(w, world_link(w), &message);
}

/* What was told, without times. */
static void expect_told(world *w, const char *expected) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < w->events->len; i++) {
    const rj_event_record *e = w->events->pdata[i];
    if (e->kind == EVENT_STREAM_MESSAGE)
      g_string_append_printf(text, "%s%u:%u:%s", text->len > 0 ? " " : "", e->uid, e->stream_id,
                             e->text);
    if (e->kind == EVENT_STREAM_MESSAGE_ERROR)
      g_string_append_printf(text, "%s%u:%u-%" G_GUINT64_FORMAT, text->len > 0 ? " " : "", e->uid,
                             e->stream_id, e->count);
    if (e->kind == EVENT_USER_JOINED)
      g_string_append_printf(text, "%s+%u", text->len > 0 ? " " : "", e->uid);
  }
  world_forget(w);
  g_assert_cmpstr(text->str, ==, expected);
  g_string_free(text, TRUE);
}

/* ---- what the app may do */

static void test_creating(void) { /* D-1 */
  world *w = world_new();
  world_start(w);
  uint32_t id = 0;
  g_assert_cmpint(rj_member_create_stream(w->member, true, true, &id), ==, STATUS_NOT_IN_CHANNEL);
  /* what is wrong with the arguments comes first */
  g_assert_cmpint(rj_member_create_stream(w->member, true, false, &id), ==,
                  STATUS_INVALID_ARGUMENT);
  world_join(w, "demo", 1);
  g_assert_cmpuint(create(w, true), ==, 1); /* CONNECTING is part of the stay */
  world_run(w, SECOND);
  for (uint32_t i = 2; i <= 5; i++)
    g_assert_cmpuint(create(w, i % 2 == 0), ==, i);
  g_assert_cmpint(rj_member_create_stream(w->member, false, true, &id), ==,
                  STATUS_INVALID_ARGUMENT);
  g_assert_cmpint(rj_member_create_stream(w->member, true, true, &id), ==,
                  STATUS_TOO_MANY_DATA_STREAMS);
  world_leave(w);
  world_join(w, "demo", 1);
  world_run(w, SECOND);
  g_assert_cmpint(send_text(w, 1, "x"), ==, STATUS_INVALID_ARGUMENT); /* of the stay before */
  g_assert_cmpuint(create(w, true), ==, 1);
  world_free(w);
}

static void test_statuses_of_sending(void) { /* D-2 */
  static const uint8_t much[RJ_MESSAGE_MAX + 1];
  world *w = world_new();
  world_start(w);
  /* the size, the state, the stream, in this order */
  g_assert_cmpint(send_sized(w, 1, much, 0), ==, STATUS_SIZE_TOO_LARGE);
  g_assert_cmpint(send_sized(w, 1, much, 1025), ==, STATUS_SIZE_TOO_LARGE);
  g_assert_cmpint(send_sized(w, 1, much, 1024), ==, STATUS_NOT_IN_CHANNEL);
  world_join(w, "demo", 1);
  uint32_t id = create(w, true);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_NOT_IN_CHANNEL);
  world_run(w, SECOND);
  g_assert_cmpint(send_text(w, 0, "x"), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpint(send_text(w, 2, "x"), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpint(send_sized(w, id, much, 1024), ==, STATUS_OK);
  for (int i = 1; i < 30; i++)
    g_assert_cmpint(send_sized(w, id, much, 1024), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_BITRATE_LIMIT); /* 30 KB */
  g_assert_cmpint(send_sized(w, id, much, 1025), ==, STATUS_SIZE_TOO_LARGE);
  world_run(w, SECOND);
  uint32_t other = create(w, false);
  for (int i = 0; i < 60; i++)
    g_assert_cmpint(send_text(w, i % 2 == 0 ? id : other, "x"), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, other, "x"), ==, STATUS_BITRATE_LIMIT); /* of all streams together */
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_BITRATE_LIMIT);
  world_removed(w, 1001, REASON_BANNED_BY_SERVER);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_NOT_IN_CHANNEL);
  g_assert_cmpint(rj_member_create_stream(w->member, true, true, &id), ==, STATUS_NOT_IN_CHANNEL);
  world_free(w);
}

static void test_the_audience_is_silent(void) { /* D-1 S-31 */
  world *w = world_new();
  w->config.profile = PROFILE_LIVE_BROADCASTING;
  w->config.role = ROLE_AUDIENCE;
  world_joined(w, 1);
  uint32_t id;
  g_assert_cmpint(rj_member_create_stream(w->member, true, true, &id), ==, STATUS_NO_PERMISSION);
  rj_member_set_role(w->member, ROLE_BROADCASTER, w->now);
  world_pump(w);
  g_assert_cmpint(rj_member_create_stream(w->member, true, true, &id), ==, STATUS_NO_PERMISSION);
  world_run(w, SECOND); /* the edge has decided */
  id = create(w, true);
  g_assert_cmpint(send_text(w, id, "one"), ==, STATUS_OK);
  rj_member_set_role(w->member, ROLE_AUDIENCE, w->now);
  world_pump(w);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_NO_PERMISSION); /* it asked for that */
  world_run(w, SECOND);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_NO_PERMISSION);
  rj_member_set_role(w->member, ROLE_BROADCASTER, w->now);
  world_run(w, SECOND);
  g_assert_cmpint(send_text(w, id, "two"), ==, STATUS_OK);
  world_run(w, SECOND);
  expect_at_edge(w, "1:1:1:one 1:2:2:two");
  world_free(w);
}

/* ---- out */

static void test_messages_go_out_once(void) { /* D-3 D-4 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t one = create(w, true), two = create(w, true);
  g_assert_cmpint(send_text(w, one, "a"), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, two, "b"), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, one, "c"), ==, STATUS_OK);
  world_run(w, 5 * SECOND);
  expect_at_edge(w, "1:1:1:a 2:2:1:b 1:3:2:c");
  world_free(w);
}

/* Cut right after a proof; the old connection will not heal. Returns O. */
static int64_t outage(world *w) {
  world_run_until(w, w->now + 15 * SECOND);
  int64_t heard = rj_member_last_proof(w->member);
  while (rj_member_last_proof(w->member) == heard)
    world_run(w, MS);
  world_link(w)->deaf = true;
  world_cut(w);
  return rj_member_last_proof(w->member);
}

/* What waited comes after the rejoin, and what the edge says that it has does not come again. */
static void test_a_rejoin_sends_the_rest(void) { /* D-4 S-13 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, true);
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  int64_t o = outage(w);
  expect_at_edge(w, "1:1:1:a");
  g_assert_cmpint(send_text(w, id, "b"), ==, STATUS_OK); /* still CONNECTED */
  world_run_until(w, o + 5 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_cmpint(send_text(w, id, "c"), ==, STATUS_OK);
  world_run_until(w, o + 9 * SECOND);
  expect_at_edge(w, "");
  w->received = 2; /* b came, and that was not heard of */
  world_closed(w, w->port->links->pdata[0], RJ_CLOSED_TIMEOUT, 0);
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(w->requests->len, >=, 2);
  expect_at_edge(w, "1:3:3:c");
  world_run(w, 60 * SECOND);
  expect_at_edge(w, "");
  world_free(w);
}

/* The old connection carries on what it was given; what waited follows. */
static void test_a_return_on_the_old_connection(void) { /* D-4 S-13 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, true);
  world_run(w, 15 * SECOND);
  world_cut(w);
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  w->answer = ANSWER_NOTHING; /* attempts do not help */
  world_run(w, 7 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_cmpint(send_text(w, id, "b"), ==, STATUS_OK);
  rj_link *old = w->port->links->pdata[0];
  world_heal(w);
  world_run(w, 2 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_false(old->closed);
  expect_at_edge(w, "1:1:1:a 1:2:2:b");
  world_free(w);
}

static void test_sixty_four_wait(void) { /* D-4 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, true), unreliable = create(w, false);
  int64_t o = outage(w);
  g_assert_cmpint(send_text(w, id, "before"), ==, STATUS_OK); /* none of them */
  world_run_until(w, o + 5 * SECOND);
  for (int i = 0; i < 64; i++) {
    g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_OK);
    world_run(w, 20 * MS);
  }
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_BITRATE_LIMIT);
  g_assert_cmpint(send_text(w, unreliable, "x"), ==, STATUS_OK); /* D-2: discarded */
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  guint messages = 0;
  for (guint i = 0; i < w->others->len; i++) {
    const rj_control *m = w->others->pdata[i];
    messages += m->which_body == rejoin_Control_stream_message_tag ? 1 : 0;
  }
  g_assert_cmpuint(messages, ==, 65);
  rj_link *link = world_link(w);
  for (guint i = 0; i < link->datagram_bytes->len; i++)
    g_assert_cmpint(fake_datagram_at(link, i).kind, ==, RJ_DATAGRAM_BEAT);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_OK);
  world_free(w);
}

/* After O + 20 s nothing is kept; the next message says how many were given up. */
static void test_what_waits_for_too_long_is_lost(void) { /* D-5 P-9 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t one = create(w, true), two = create(w, true);
  int64_t o = outage(w);
  g_assert_cmpint(send_text(w, one, "a"), ==, STATUS_OK);
  world_run_until(w, o + 19 * SECOND);
  g_assert_cmpint(send_text(w, one, "b"), ==, STATUS_OK);
  world_run_until(w, o + 25 * SECOND);
  g_assert_cmpint(send_text(w, one, "c"), ==, STATUS_OK);
  world_heal(w);
  world_run(w, 20 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  expect_at_edge(w, "");
  g_assert_cmpint(send_text(w, two, "d"), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, one, "e"), ==, STATUS_OK);
  g_assert_cmpint(send_text(w, one, "f"), ==, STATUS_OK);
  world_run(w, SECOND);
  expect_at_edge(w, "2:4:1:d 1:5:4:e-3 1:6:5:f");
  world_free(w);
}

/* An edge that does not know the session gets all that is not known to have arrived. */
static void test_an_edge_without_its_state_gets_all(void) { /* D-5 S-9 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, true);
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  world_run(w, 12 * SECOND);
  expect_at_edge(w, "1:1:1:a");
  w->lost_state = true;
  w->received = 0;
  world_cut(w);
  g_assert_cmpint(send_text(w, id, "b"), ==, STATUS_OK);
  world_closed(w, world_link(w), RJ_CLOSED_RESET, 0);
  world_heal(w);
  world_run(w, 5 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  expect_at_edge(w, "1:2:2:b"); /* the numbers go on, for those who heard of a */
  world_free(w);
}

/* Back as one of the audience: what waited is not for it to say any more. */
static void test_waiting_messages_of_a_new_audience(void) { /* D-1 D-5 S-31 */
  world *w = world_new();
  w->config.profile = PROFILE_LIVE_BROADCASTING;
  world_joined(w, 1);
  uint32_t id = create(w, true);
  int64_t o = outage(w);
  world_run_until(w, o + 5 * SECOND);
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  rj_member_set_role(w->member, ROLE_AUDIENCE, w->now);
  g_assert_cmpint(send_text(w, id, "b"), ==, STATUS_NO_PERMISSION);
  world_run_until(w, o + 11 * SECOND); /* the attempt under way asks for what was wanted before */
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  expect_at_edge(w, "");
  rj_member_set_role(w->member, ROLE_BROADCASTER, w->now);
  world_run(w, SECOND);
  g_assert_cmpint(send_text(w, id, "c"), ==, STATUS_OK);
  world_run(w, SECOND);
  expect_at_edge(w, "1:2:2:c-1");
  world_free(w);
}

static void test_unreliable_ones_are_datagrams(void) { /* D-4 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, false);
  world_run(w, 500 * MS);
  rj_link *link = world_link(w);
  guint before = link->datagram_bytes->len;
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  g_assert_cmpuint(link->datagram_bytes->len, ==, before + 1);
  rj_datagram_content sent = fake_datagram_at(link, before);
  g_assert_cmpint(sent.kind, ==, RJ_DATAGRAM_MESSAGE);
  g_assert_cmpuint(sent.message.stream, ==, id);
  g_assert_cmpuint(sent.message.uid, ==, 0);
  g_assert_cmpuint(sent.message.age, ==, 0);
  g_assert_cmpuint(sent.message.stamp, ==, 600); /* since the join call */
  g_assert_cmpuint(sent.message.length, ==, 1);
  g_assert_cmpint(link->datagram_until, ==, w->now + SECOND);
  expect_at_edge(w, "");
  world_free(w);
}

/* More than a second's worth of limits: what an edge does not acknowledge is bounded. */
static void test_the_window_is_bounded(void) { /* D-2 */
  world *w = world_new();
  w->config.timers.interrupted = 60 * SECOND;
  world_joined(w, 1);
  uint32_t id = create(w, true);
  world_cut(w);
  uint32_t taken = 0;
  for (int i = 0; i < 1100; i++) {
    int32_t status = send_text(w, id, "x");
    g_assert_cmpint(status, ==, taken < RJ_MESSAGES_UNPROVED ? STATUS_OK : STATUS_BITRATE_LIMIT);
    taken += status == STATUS_OK ? 1 : 0;
    world_run(w, 17 * MS);
  }
  g_assert_cmpuint(taken, ==, RJ_MESSAGES_UNPROVED);
  world_heal(w);
  world_run(w, 5 * SECOND);
  g_assert_cmpint(send_text(w, id, "x"), ==, STATUS_OK);
  world_free(w);
}

/* ---- in */

static world *with_peers(void) {
  world *w = world_new();
  world_set_roster(w, 2, (uint32_t[]){2, 3});
  w->message_number = 10;
  world_joined(w, 1);
  return w;
}

static void test_each_message_is_told_once(void) { /* D-3 D-4 */
  world *w = with_peers();
  comes(w, 9, 5, "of before");
  comes(w, 11, 6, "a"); /* the first one that it hears of this stream */
  comes(w, 12, 7, "b");
  comes(w, 12, 7, "b");
  comes(w, 11, 6, "a");
  comes(w, 15, 8, "c"); /* 13 and 14 are others' */
  expect_told(w, "2:1:a 2:1:b 2:1:c");
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
  /* beats say how far it is */
  world_run(w, 2 * SECOND);
  rj_link *link = world_link(w);
  rj_datagram_content beat = fake_datagram_at(link, link->datagram_bytes->len - 1);
  g_assert_cmpint(beat.kind, ==, RJ_DATAGRAM_BEAT);
  g_assert_cmpuint(beat.beat.received, ==, 15);
  world_free(w);
}

static void test_gaps_are_told(void) { /* D-5 */
  world *w = with_peers();
  comes(w, 11, 6, "a");
  comes(w, 12, 9, "b");
  expect_told(w, "2:1:a 2:1-2 2:1:b");
  /* another stay of the same uid has other streams */
  place at = {.uid = 2, .stream = 1, .stay = 8, .number = 13, .sequence = 1};
  rj_control message = message_at(&at, "c");
  world_say(w, world_link(w), &message);
  /* given up by the sender before anybody heard of the stream */
  at = (place){.uid = 3, .stream = 2, .stay = 9, .number = 14, .sequence = 4, .lost = 3};
  message = message_at(&at, "d");
  world_say(w, world_link(w), &message);
  expect_told(w, "2:1:c 3:2-3 3:2:d");
  /* the edge could not keep what this member had not got: of a stream never heard, nobody knows how many */
  rj_control gap = {.which_body = rejoin_Control_stream_gap_tag};
  gap.body.stream_gap.number = 20;
  world_say(w, world_link(w), &gap);
  at = (place){.uid = 3, .stream = 3, .stay = 9, .number = 21, .sequence = 2};
  message = message_at(&at, "e");
  world_say(w, world_link(w), &message);
  at = (place){.uid = 3, .stream = 4, .stay = 9, .number = 22, .sequence = 1};
  message = message_at(&at, "f");
  world_say(w, world_link(w), &message);
  at = (place){.uid = 3, .stream = 2, .stay = 9, .number = 23, .sequence = 5};
  message = message_at(&at, "g");
  world_say(w, world_link(w), &message);
  expect_told(w, "3:3-0 3:3:e 3:4:f 3:2:g");
  world_free(w);
}

/* What comes in the outage is ignored, and asked for again: after the roster, so that a peer's messages follow its user_joined. */
static void test_messages_follow_the_roster(void) { /* D-4 P-10 S-13 */
  world *w = with_peers();
  comes(w, 11, 1, "a");
  expect_told(w, "2:1:a");
  world_run(w, 15 * SECOND);
  w->cut_up = true;
  w->answer = ANSWER_NOTHING;
  world_run(w, 7 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  rj_link *old = w->port->links->pdata[0];
  const place at = {.uid = 4, .stream = 1, .stay = 1, .number = 12, .sequence = 1};
  rj_control message = message_at(&at, "b");
  world_say(w, old, &message);
  expect_told(w, "");
  world_set_roster(w, 3, (uint32_t[]){2, 3, 4});
  world_heal(w);
  int32_t state = STATE_RECONNECTING;
  while (state != STATE_CONNECTED) {
    world_run(w, MS);
    state = rj_member_state(w->member);
  }
  world_say(w, old, &message); /* before the pages */
  expect_told(w, "");
  world_run(w, SECOND);
  expect_told(w, "+4");
  const rj_control *asked = NULL;
  for (guint i = 0; i < w->others->len; i++) {
    const rj_control *m = w->others->pdata[i];
    if (m->which_body == rejoin_Control_roster_request_tag)
      asked = m;
  }
  g_assert_nonnull(asked);
  g_assert_cmpuint(asked->body.roster_request.received, ==, 11);
  world_say(w, old, &message);
  expect_told(w, "4:1:b");
  world_free(w);
}

static void test_a_rejoin_says_what_it_has(void) { /* D-4 */
  world *w = with_peers();
  comes(w, 17, 1, "a");
  int64_t o = outage(w);
  w->message_number = 99; /* of a resumed session it means nothing */
  world_run_until(w, o + 6 * SECOND);
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  g_assert_cmpuint(world_last_request(w)->resume.received, ==, 17);
  world_forget(w);
  comes(w, 17, 1, "a"); /* again */
  comes(w, 18, 2, "b");
  expect_told(w, "2:1:b");
  world_free(w);
}

/* A new session numbers anew; the streams go on, and what is missing of those that were never heard is unknown. */
static void test_a_new_session_after_a_rejoin(void) { /* D-5 */
  world *w = with_peers();
  comes(w, 17, 1, "a");
  w->lost_state = true;
  w->message_number = 3;
  int64_t o = outage(w);
  world_run_until(w, o + 6 * SECOND);
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_forget(w);
  comes(w, 3, 9, "not for this session");
  comes(w, 4, 1, "a"); /* sent again by a sender that could not know */
  comes(w, 5, 3, "c");
  const place at = {.uid = 3, .stream = 1, .stay = 1, .number = 6, .sequence = 8};
  rj_control message = message_at(&at, "x");
  world_say(w, world_link(w), &message);
  expect_told(w, "2:1-1 2:1:c 3:1-0 3:1:x");
  world_free(w);
}

static void datagram_comes(world *w, uint32_t uid, uint32_t stamp, uint16_t age) {
  const rj_stream_datagram message = {.stream = 2,
                                      .uid = uid,
                                      .stamp = stamp,
                                      .age = age,
                                      .data = (const uint8_t *)"u",
                                      .length = 1};
  fake_push_datagram(world_link(w), &message);
  world_event(w, world_link(w), &(rj_link_event){.kind = RJ_LINK_PROOF});
}

static void test_unreliable_ones_are_told_in_time(void) { /* D-4 */
  world *w = with_peers(); /* the edge's clock shows 3,600,000 in the answer, which took 25 ms */
  int64_t answered = w->now;
  world_run(w, SECOND);
  uint32_t stamp = w->edge_age_ms + (uint32_t)((w->now - answered) / MS);
  datagram_comes(w, 2, stamp, 100);
  expect_told(w, "2:2:u");
  datagram_comes(w, 2, stamp, 1000);
  expect_told(w, "2:2:u");
  datagram_comes(w, 2, stamp, 1001); /* it was late at the edge */
  datagram_comes(w, 2, stamp - 950, 51);
  expect_told(w, "");
  datagram_comes(w, 2, stamp - 950, 50);
  expect_told(w, "2:2:u");
  world_link(w)->counters.round_trip = 400 * MS; /* half of it on the way */
  datagram_comes(w, 2, stamp - 800, 1);
  expect_told(w, "");
  datagram_comes(w, 2, stamp - 800, 0);
  expect_told(w, "2:2:u");
  datagram_comes(w, 9, stamp, 0); /* from somebody who is not there */
  expect_told(w, "");
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
  world_free(w);
}

/* ---- an edge that breaks the rules */

static void expect_broken(world *w) {
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 1);
  expect_told(w, "");
  world_free(w);
}

static void test_hostile_messages(void) { /* D-3 */
  const place places[] = {{.uid = 0, .stream = 1, .stay = 1, .number = 11, .sequence = 1},
                          {.uid = 1, .stream = 1, .stay = 1, .number = 11, .sequence = 1}};
  for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
    world *w = with_peers();
    rj_control message = message_at(&places[i], "x");
    world_say(w, world_link(w), &message);
    expect_broken(w);
  }
  for (uint32_t uid = 0; uid < 2; uid++) {
    world *w = with_peers();
    datagram_comes(w, uid, 0, 0);
    expect_broken(w);
  }
  world *w = with_peers();
  world_event(
      w, world_link(w),
      &(rj_link_event){.kind = RJ_LINK_DATAGRAM, .data = (const uint8_t *)"\7", .length = 1});
  expect_broken(w);
  /* a beat is none of that */
  w = with_peers();
  uint8_t beat[RJ_BEAT_SIZE];
  rj_beat_encode(&(rj_beat){.stamp = 1}, beat);
  world_event(w, world_link(w),
              &(rj_link_event){.kind = RJ_LINK_DATAGRAM, .data = beat, .length = sizeof beat});
  g_assert_cmpuint(rj_member_protocol_errors(w->member), ==, 0);
  world_free(w);
}

/* An answer that has more than was sent. */
static void test_an_answer_that_cannot_be(void) { /* D-4 */
  world *w = world_new();
  world_joined(w, 1);
  uint32_t id = create(w, true);
  g_assert_cmpint(send_text(w, id, "a"), ==, STATUS_OK);
  int64_t o = outage(w);
  world_run_until(w, o + 5 * SECOND);
  w->received = 2;
  world_heal(w);
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  g_assert_cmpuint(rj_member_protocol_errors(w->member), >=, 1);
  w->received = 1;
  world_run(w, 20 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

/* ---- the roster that does not come */

/* After a return on the old connection the pages stay away: another connection is taken, and the app hears nothing of it. */
static void test_a_late_roster_means_another_connection(void) { /* S-13 P-10 */
  world *w = with_peers();
  world_run(w, 15 * SECOND);
  w->cut_up = w->cut_down = true;
  w->answer = ANSWER_NOTHING;
  world_run(w, 6 * SECOND);
  w->no_pages = true;
  world_heal(w);
  world_run(w, 1500 * MS);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_forget(w);
  guint links = w->port->links->len;
  rj_link *old = w->port->links->pdata[0];
  g_assert_false(old->closed);
  w->no_pages = false;
  w->answer = ANSWER_ACCEPT;
  world_set_roster(w, 3, (uint32_t[]){2, 3, 4});
  world_run(w, 3 * SECOND);
  g_assert_cmpuint(w->port->links->len, ==, links + 1);
  g_assert_true(old->closed);
  g_assert_cmpuint(w->events->len, ==, 1);
  expect_told(w, "+4");
  comes(w, 11, 1, "a");
  expect_told(w, "2:1:a");
  /* and an outage is one as ever */
  world_run(w, 15 * SECOND);
  world_cut(w);
  world_run(w, 6 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_RECONNECTING);
  world_heal(w);
  world_run(w, 10 * SECOND);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_free(w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/streams/creating", test_creating);
  g_test_add_func("/streams/statuses", test_statuses_of_sending);
  g_test_add_func("/streams/audience", test_the_audience_is_silent);
  g_test_add_func("/streams/out", test_messages_go_out_once);
  g_test_add_func("/streams/rejoin", test_a_rejoin_sends_the_rest);
  g_test_add_func("/streams/old-connection", test_a_return_on_the_old_connection);
  g_test_add_func("/streams/waiting", test_sixty_four_wait);
  g_test_add_func("/streams/too-late", test_what_waits_for_too_long_is_lost);
  g_test_add_func("/streams/lost-state", test_an_edge_without_its_state_gets_all);
  g_test_add_func("/streams/new-audience", test_waiting_messages_of_a_new_audience);
  g_test_add_func("/streams/unreliable-out", test_unreliable_ones_are_datagrams);
  g_test_add_func("/streams/window", test_the_window_is_bounded);
  g_test_add_func("/streams/in", test_each_message_is_told_once);
  g_test_add_func("/streams/gaps", test_gaps_are_told);
  g_test_add_func("/streams/after-the-roster", test_messages_follow_the_roster);
  g_test_add_func("/streams/rejoin-in", test_a_rejoin_says_what_it_has);
  g_test_add_func("/streams/new-session", test_a_new_session_after_a_rejoin);
  g_test_add_func("/streams/unreliable-in", test_unreliable_ones_are_told_in_time);
  g_test_add_func("/streams/hostile", test_hostile_messages);
  g_test_add_func("/streams/hostile-answer", test_an_answer_that_cannot_be);
  g_test_add_func("/streams/late-roster", test_a_late_roster_means_another_connection);
  return g_test_run();
}
