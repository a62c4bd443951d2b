/* Stream messages at the edge: to the others, again after a rejoin, kept within bounds, and what hostile members get (D-3 to D-5). */
#include <string.h>

#include "edge/edge_internal.h"
#include "edge/rig.h"

static rj_control message_of(uint64_t number, uint64_t sequence, const char *text) {
  rj_control message = {.which_body = rejoin_Control_stream_message_tag};
  rejoin_StreamMessage *m = &message.body.stream_message;
  m->stream = 1;
  m->number = number;
  m->sequence = sequence;
  m->stay = 77;
  m->data.size = (pb_size_t)strlen(text);
  memcpy(m->data.bytes, text, m->data.size);
  return message;
}

/* A message in the middle of a stream, whose number and sequence are the same. */
static void says(test_rig *rig, peer_id peer, uint64_t number, const char *text) {
  rj_control message = message_of(number, number, text);
  rig_say(rig, peer, &message);
}

/* All stream messages and gaps that a peer was sent: "UID:NUMBER:DATA", "gap:NUMBER". Anything else is wrong. */
static void expect_messages(peer_id peer, const char *expected) {
  GString *text = g_string_new(NULL);
  fake_sent sent;
  while (rig_next(peer, &sent)) {
    if (text->len > 0)
      g_string_append_c(text, ' ');
    const rejoin_StreamMessage *m = &sent.message.body.stream_message;
    if (sent.message.which_body == rejoin_Control_stream_gap_tag) {
      g_string_append_printf(text, "gap:%" G_GUINT64_FORMAT, sent.message.body.stream_gap.number);
      continue;
    }
    g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_stream_message_tag);
    g_assert_cmpuint(m->stay, ==, 77);
    g_assert_cmpuint(m->stream, ==, 1);
    g_string_append_printf(text, "%u:%" G_GUINT64_FORMAT ":%.*s", m->uid, m->number,
                           (int)m->data.size, (const char *)m->data.bytes);
  }
  g_assert_cmpstr(text->str, ==, expected);
  g_string_free(text, TRUE);
}

static void forget(peer_id peer) {
  fake_sent sent;
  while (rig_next(peer, &sent)) {
  }
}

static void beats(test_rig *rig, peer_id peer, uint64_t received) {
  uint8_t beat[RJ_BEAT_SIZE];
  rj_beat_encode(&(rj_beat){.stamp = (uint32_t)(rig->now / MS), .received = received}, beat);
  rig_feed(rig, peer, FAKE_DATAGRAM, beat, sizeof beat);
}

/* Rejoins and takes the answer and the roster. */
static peer_id rejoins(test_rig *rig, rejoin_JoinAnswer *answer, uint8_t join, uint64_t received) {
  rj_control request = rig_rejoin_request("demo", answer, join);
  request.body.join_request.resume.received = received;
  peer_id peer = rig_ask(rig, &request, answer);
  g_assert_cmpuint(answer->reason, ==, 0);
  fake_sent sent;
  do {
    g_assert_true(rig_next(peer, &sent));
    g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_roster_page_tag);
  } while (!sent.message.body.roster_page.last);
  return peer;
}

typedef struct {
  test_rig rig;
  peer_id one, two, three;
  rejoin_JoinAnswer first, second;
} trio;

/* Three members of an edge that has had its state for longer than N-4. */
static void trio_begin(trio *t) {
  rig_default(&t->rig);
  rig_run(&t->rig, 100 * SECOND);
  t->one = rig_joined(&t->rig, "demo", 1, 1, &t->first);
  t->two = rig_joined(&t->rig, "demo", 2, 2, &t->second);
  t->three = rig_joined(&t->rig, "demo", 3, 3, NULL);
  forget(t->one);
  forget(t->two);
}

/* ---- to the others */

static void test_the_others_get_it(void) { /* D-3 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  says(&t.rig, t.two, 1, "b");
  says(&t.rig, t.one, 2, "c");
  expect_messages(t.one, "2:2:b");
  expect_messages(t.two, "1:1:a 1:3:c");
  expect_messages(t.three, "1:1:a 2:2:b 1:3:c");
  /* in another channel nobody does; who joins later does not get it either */
  rejoin_JoinAnswer answer;
  peer_id four = rig_joined(&t.rig, "demo", 4, 4, &answer);
  g_assert_cmpuint(answer.message_number, ==, 3);
  g_assert_cmpuint(answer.received, ==, 0);
  peer_id other = rig_joined(&t.rig, "other", 5, 5, NULL);
  forget(t.one);
  says(&t.rig, t.one, 3, "d");
  expect_messages(four, "1:4:d");
  expect_messages(other, "");
  rig_end(&t.rig);
}

/* The sender's numbers are its own affair but for this: what is not above the last one came before. */
static void test_a_repetition_is_dropped(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  says(&t.rig, t.one, 1, "a");
  says(&t.rig, t.one, 5, "b"); /* it gave up those between */
  says(&t.rig, t.one, 4, "x");
  expect_messages(t.two, "1:1:a 1:2:b");
  rejoins(&t.rig, &t.first, 1, 0);
  g_assert_cmpuint(t.first.received, ==, 5);
  expect_open(t.one);
  rig_end(&t.rig);
}

/* Who it is from is the edge's to say. */
static void test_a_uid_that_a_member_writes_is_not_believed(void) { /* D-3 */
  trio t;
  trio_begin(&t);
  rj_control message = message_of(1, 1, "a");
  message.body.stream_message.uid = 3;
  rig_say(&t.rig, t.one, &message);
  expect_messages(t.two, "1:1:a");
  rig_end(&t.rig);
}

static void test_the_audience_is_not_heard(void) { /* D-1 D-3 */
  test_rig rig;
  rig_default(&rig);
  peer_id peers[2];
  for (uint32_t uid = 1; uid <= 2; uid++) {
    rj_control request = rig_join_request("live", uid, (uint8_t)uid);
    request.body.join_request.profile = PROFILE_LIVE_BROADCASTING;
    request.body.join_request.role = uid == 1 ? ROLE_BROADCASTER : ROLE_AUDIENCE;
    rejoin_JoinAnswer answer;
    peers[uid - 1] = rig_ask(&rig, &request, &answer);
  }
  forget(peers[0]);
  forget(peers[1]);
  says(&rig, peers[0], 1, "a");
  expect_messages(peers[1], "1:1:a"); /* it hears */
  says(&rig, peers[1], 1, "x");
  expect_messages(peers[0], "");
  const rj_stream_datagram message = {.stream = 1, .data = (const uint8_t *)"x", .length = 1};
  uint8_t bytes[RJ_STREAM_DATAGRAM_MAX];
  size_t length = rj_stream_datagram_encode(&message, bytes);
  rig_feed(&rig, peers[1], FAKE_DATAGRAM, bytes, length);
  g_assert_true(g_queue_is_empty(fake_link(peers[0])->datagrams_sent));
  expect_open(peers[1]); /* it may not have known */
  /* a broadcaster that asks for another role: what came before counts */
  says(&rig, peers[0], 2, "b");
  rj_control role = {.which_body = rejoin_Control_set_role_tag};
  role.body.set_role = (rejoin_SetRole){.number = 1, .role = ROLE_AUDIENCE};
  rig_say(&rig, peers[0], &role);
  says(&rig, peers[0], 3, "c");
  fake_sent sent;
  g_assert_true(rig_next(peers[1], &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_stream_message_tag);
  expect_offline(peers[1], 1, OFFLINE_BECOME_AUDIENCE);
  expect_nothing(peers[1]);
  rig_end(&rig);
}

/* ---- again */

static void test_a_receiver_rejoins(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  expect_messages(t.two, "1:1:a");
  says(&t.rig, t.one, 2, "b"); /* into a dead path */
  rig_run(&t.rig, 15 * SECOND);
  says(&t.rig, t.one, 3, "c");
  expect_messages(t.two, "1:2:b 1:3:c");
  peer_id again = rejoins(&t.rig, &t.second, 2, 1);
  expect_messages(again, "1:2:b 1:3:c");
  /* both connections have their own place */
  says(&t.rig, t.one, 4, "d");
  expect_messages(again, "1:4:d");
  expect_messages(t.two, "1:4:d");
  /* the answer was lost; a third one begins where the member says */
  peer_id third = rejoins(&t.rig, &t.second, 2, 2);
  expect_messages(third, "1:3:c 1:4:d");
  rig_end(&t.rig);
}

/* A return on the old connection: the roster, then all that was ignored, on this connection alone. */
static void test_a_roster_request_goes_back(void) { /* D-4 S-13 */
  trio t;
  trio_begin(&t);
  for (uint64_t i = 1; i <= 3; i++)
    says(&t.rig, t.one, i, "x");
  peer_id again = rejoins(&t.rig, &t.second, 2, 0);
  expect_messages(t.two, "1:1:x 1:2:x 1:3:x");
  rj_control request = {.which_body = rejoin_Control_roster_request_tag};
  request.body.roster_request = (rejoin_RosterRequest){.number = 1, .received = 1};
  rig_say(&t.rig, t.two, &request);
  expect_roster(t.two, "1 3");
  expect_messages(t.two, "1:2:x 1:3:x");
  expect_closed(again, RJ_CLOSE_DONE);
  rig_end(&t.rig);
}

/* A sender that rejoins is told what it need not send again. */
static void test_a_sender_rejoins(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  peer_id again = rejoins(&t.rig, &t.first, 1, 0);
  g_assert_cmpuint(t.first.received, ==, 1);
  g_assert_true(t.first.resumed);
  says(&t.rig, t.one, 2, "b"); /* was on its way on the old connection */
  says(&t.rig, again, 2, "b");
  says(&t.rig, again, 3, "c");
  says(&t.rig, t.one, 3, "c");
  expect_messages(t.two, "1:1:a 1:2:b 1:3:c");
  expect_messages(again, ""); /* its own are not for it */
  rig_end(&t.rig);
}

/* The repeat of a join whose answer was lost is at the place of its first answer. */
static void test_a_join_is_repeated(void) { /* D-3 S-3 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  rejoin_JoinAnswer answer;
  rig_joined(&t.rig, "demo", 4, 4, &answer);
  g_assert_cmpuint(answer.message_number, ==, 1);
  says(&t.rig, t.two, 1, "b");
  peer_id repeat = rig_joined(&t.rig, "demo", 4, 4, &answer);
  g_assert_cmpuint(answer.message_number, ==, 1);
  expect_messages(repeat, "2:2:b");
  rig_end(&t.rig);
}

/* S-16: another stay of the uid begins anew, and does not hear itself from before. */
static void test_a_takeover(void) { /* D-5 S-16 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  rejoin_JoinAnswer answer;
  peer_id newer = rig_joined(&t.rig, "demo", 1, 11, &answer);
  g_assert_cmpuint(answer.received, ==, 0);
  g_assert_cmpuint(answer.message_number, ==, 1);
  says(&t.rig, newer, 1, "b");
  expect_messages(t.two, "1:1:a 1:2:b");
  expect_messages(newer, "");
  rig_end(&t.rig);
}

/* ---- what is kept */

/* What all have is forgotten: who asks for it later is told of a gap. */
static void test_what_all_have_is_forgotten(void) { /* D-4 D-5 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  says(&t.rig, t.two, 1, "b");
  beats(&t.rig, t.one, 2);
  beats(&t.rig, t.two, 1); /* the second is its own */
  rig_run(&t.rig, 5 * SECOND);
  forget(t.two);
  peer_id again = rejoins(&t.rig, &t.second, 2, 0);
  expect_messages(again, "1:1:a"); /* 3 has none of them yet */
  beats(&t.rig, t.three, 2);
  rig_run(&t.rig, 5 * SECOND);
  g_assert_cmpuint(t.rig.server->message_bytes, ==, 0);
  again = rejoins(&t.rig, &t.second, 2, 0);
  expect_messages(again, "gap:2");
  rig_end(&t.rig);
}

/* A member that beats and never says that it got anything does not keep everything for ever. */
static void test_nothing_is_kept_for_ever(void) { /* D-5 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  for (int i = 0; i < 60; i++) {
    g_assert_true(i > 38 || t.rig.server->message_bytes > 0);
    rig_beat(&t.rig, t.one);
    rig_beat(&t.rig, t.two);
    rig_beat(&t.rig, t.three);
    rig_run(&t.rig, SECOND);
  }
  g_assert_cmpuint(t.rig.server->message_bytes, ==, 0);
  expect_members(&t.rig, "demo", "1 2 3");
  rig_end(&t.rig);
}

static void test_an_empty_channel_keeps_nothing(void) { /* D-5 N-7 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  g_assert_cmpuint(t.rig.server->message_bytes, >, 0);
  rig_run(&t.rig, 21 * SECOND);
  expect_members(&t.rig, "demo", "");
  g_assert_cmpuint(t.rig.server->message_bytes, ==, 0);
  rig_run(&t.rig, 20 * SECOND);
  g_assert_cmpuint(rig_counters(&t.rig).channels, ==, 0);
  rig_end(&t.rig);
}

/* Who does not read gets no more than the backlog, without a loss; the others are not held up. */
static void test_a_slow_reader(void) { /* D-4 */
  char text[1001];
  memset(text, 'x', 1000);
  text[1000] = '\0';
  trio t;
  trio_begin(&t);
  enum { MANY = 300 };
  for (uint64_t i = 1; i <= MANY; i++) {
    says(&t.rig, t.one, i, text);
    rig_acknowledge(&t.rig, t.three);
    rig_run(&t.rig, 32 * MS);
  }
  g_assert_cmpuint(fake_link(t.two)->backlog, >=, RJ_EDGE_MESSAGE_BACKLOG);
  g_assert_cmpuint(fake_link(t.two)->backlog, <=, RJ_EDGE_MESSAGE_BACKLOG + 1200);
  g_assert_cmpuint(g_queue_get_length(fake_link(t.three)->sent), ==, MANY);
  for (int i = 0; i < 3; i++) /* it reads after all */
    rig_acknowledge(&t.rig, t.two);
  g_assert_cmpuint(g_queue_get_length(fake_link(t.two)->sent), ==, MANY);
  uint64_t number = 0;
  fake_sent sent;
  while (rig_next(t.two, &sent))
    g_assert_cmpuint(sent.message.body.stream_message.number, ==, ++number);
  rig_end(&t.rig);
}

/* More than the edge keeps for a member that is away: the oldest are gone, and it is told. */
static void test_too_much_for_one_that_is_away(void) { /* D-5 */
  test_rig rig;
  rig_default(&rig);
  rig_run(&rig, 100 * SECOND);
  rejoin_JoinAnswer away;
  rig_joined(&rig, "demo", 1, 1, &away);
  enum { SENDERS = 8 };
  peer_id senders[SENDERS];
  for (uint32_t i = 0; i < SENDERS; i++)
    senders[i] = rig_joined(&rig, "demo", 10 + i, (uint8_t)(10 + i), NULL);
  uint32_t each = RJ_EDGE_CHANNEL_MESSAGES / SENDERS + 10;
  for (uint64_t n = 1; n <= each; n++) {
    for (uint32_t i = 0; i < SENDERS; i++) {
      says(&rig, senders[i], n, "x");
      forget(senders[i]);
    }
    rig_run(&rig, 17 * MS);
  }
  uint64_t last = (uint64_t)each * SENDERS;
  peer_id again = rejoins(&rig, &away, 1, 3);
  fake_sent sent;
  g_assert_true(rig_next(again, &sent));
  g_assert_cmpuint(sent.message.which_body, ==, rejoin_Control_stream_gap_tag);
  g_assert_cmpuint(sent.message.body.stream_gap.number, ==, last - RJ_EDGE_CHANNEL_MESSAGES);
  uint64_t number = last - RJ_EDGE_CHANNEL_MESSAGES;
  do {
    while (rig_next(again, &sent))
      g_assert_cmpuint(sent.message.body.stream_message.number, ==, ++number);
    rig_acknowledge(&rig, again);
  } while (!g_queue_is_empty(fake_link(again)->sent));
  g_assert_cmpuint(number, ==, last);
  rig_end(&rig);
}

/* Whoever returns to an edge that lost its state gets what the others sent there meanwhile. */
static void test_an_edge_that_is_young(void) { /* D-5 S-9 */
  test_rig rig;
  const rj_server_config config = rig_config(&rig);
  rig_start(&rig, &config);
  rejoin_JoinAnswer first, second;
  rig_joined(&rig, "demo", 1, 1, &first);
  rig_joined(&rig, "demo", 2, 2, &second);
  rig_restart(&rig, &config);
  peer_id one = rejoins(&rig, &first, 1, 0);
  g_assert_false(first.resumed);
  says(&rig, one, 7, "a");
  beats(&rig, one, 1);
  rig_run(&rig, 10 * SECOND);
  peer_id two = rejoins(&rig, &second, 2, 44);
  g_assert_cmpuint(second.message_number, ==, 0);
  expect_messages(two, "1:1:a");
  rejoin_JoinAnswer answer;
  peer_id three = rig_joined(&rig, "demo", 3, 3, &answer); /* was not there */
  g_assert_cmpuint(answer.message_number, ==, 1);
  expect_messages(three, "");
  rig_end(&rig);
}

/* ---- unreliable ones */

static void says_unreliable(test_rig *rig, peer_id peer, uint32_t stamp, const char *text) {
  const rj_stream_datagram message = {
      .stream = 2, .stamp = stamp, .data = (const uint8_t *)text, .length = strlen(text)};
  uint8_t bytes[RJ_STREAM_DATAGRAM_MAX];
  size_t length = rj_stream_datagram_encode(&message, bytes);
  rig_feed(rig, peer, FAKE_DATAGRAM, bytes, length);
}

/* The next datagram that a peer was sent; false: none. */
static bool takes(peer_id peer, rj_stream_datagram *message, char text[8]) {
  GByteArray *bytes = g_queue_pop_head(fake_link(peer)->datagrams_sent);
  if (bytes == NULL)
    return false;
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes->data, bytes->len));
  g_assert_cmpint(content.kind, ==, RJ_DATAGRAM_MESSAGE);
  *message = content.message;
  memcpy(text, content.message.data, content.message.length);
  text[content.message.length] = '\0';
  g_byte_array_unref(bytes);
  return true;
}

static void test_unreliable_messages(void) { /* D-3 D-4 */
  trio t;
  trio_begin(&t);
  uint32_t clock = (uint32_t)(t.rig.now / MS);
  rj_stream_datagram message;
  char text[8];
  says_unreliable(&t.rig, t.one, clock, "a");
  g_assert_false(takes(t.one, &message, text));
  g_assert_true(takes(t.two, &message, text));
  g_assert_cmpstr(text, ==, "a");
  g_assert_cmpuint(message.uid, ==, 1);
  g_assert_cmpuint(message.stream, ==, 2);
  g_assert_cmpuint(message.age, ==, 0);
  g_assert_cmpuint(message.stamp, ==, rj_server_age_ms(t.rig.server, t.rig.now));
  g_assert_cmpint(fake_link(t.two)->datagram_until, ==, t.rig.now + SECOND);
  g_assert_true(takes(t.three, &message, text));
  /* over the newest connection alone */
  peer_id again = rejoins(&t.rig, &t.second, 2, 0);
  says_unreliable(&t.rig, t.one, clock, "b");
  g_assert_false(takes(t.two, &message, text));
  g_assert_true(takes(again, &message, text));
  g_assert_false(takes(again, &message, text));
  rig_end(&t.rig);
}

/* What was on its way for more than a second goes no further, wherever it was held up. */
static void test_unreliable_messages_that_are_late(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  beats(&t.rig, t.one, 0); /* the measure */
  uint32_t clock = (uint32_t)(t.rig.now / MS);
  rj_stream_datagram message;
  char text[8];
  says_unreliable(&t.rig, t.one, clock - 1000, "a");
  g_assert_true(takes(t.two, &message, text));
  g_assert_cmpuint(message.age, ==, 1000);
  g_assert_cmpint(fake_link(t.two)->datagram_until, ==, t.rig.now);
  says_unreliable(&t.rig, t.one, clock - 1001, "b");
  g_assert_false(takes(t.two, &message, text));
  fake_link(t.one)->round_trip = 300 * MS; /* half of it on the way here */
  says_unreliable(&t.rig, t.one, clock - 850, "c");
  g_assert_true(takes(t.two, &message, text));
  g_assert_cmpuint(message.age, ==, 1000);
  says_unreliable(&t.rig, t.one, clock - 851, "d");
  g_assert_false(takes(t.two, &message, text));
  expect_open(t.one);
  rig_end(&t.rig);
}

/* An edge beats back where nothing is acknowledged, to find out whether the path is whole. */
static void test_a_beat_back(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  rig_acknowledge(&t.rig, t.two);
  rig_beat(&t.rig, t.two);
  g_assert_true(g_queue_is_empty(fake_link(t.two)->datagrams_sent)); /* nothing waits */
  says(&t.rig, t.one, 1, "a");
  rig_beat(&t.rig, t.two);
  GByteArray *bytes = g_queue_pop_head(fake_link(t.two)->datagrams_sent);
  g_assert_nonnull(bytes);
  rj_datagram_content content;
  g_assert_true(rj_datagram_decode(&content, bytes->data, bytes->len));
  g_assert_cmpint(content.kind, ==, RJ_DATAGRAM_BEAT);
  g_assert_cmpint(fake_link(t.two)->datagram_until, ==, RJ_NEVER);
  g_byte_array_unref(bytes);
  rig_end(&t.rig);
}

/* ---- hostile members */

static void test_too_many_messages(void) { /* D-2 */
  trio t;
  trio_begin(&t);
  uint64_t number = 0;
  for (int i = 0; i < RJ_EDGE_MESSAGE_BURST; i++) /* all that may have waited */
    says(&t.rig, t.one, ++number, "x");
  expect_open(t.one);
  for (int s = 0; s < 20; s++) { /* and what may follow */
    rig_run(&t.rig, SECOND);
    rig_beat(&t.rig, t.two);
    for (int i = 0; i < 60; i++)
      says(&t.rig, t.one, ++number, "x");
  }
  expect_open(t.one);
  for (int i = 0; i < 200; i++)
    says(&t.rig, t.one, ++number, "x");
  expect_closed(t.one, RJ_CLOSE_PROTOCOL);
  g_assert_cmpuint(rig_counters(&t.rig).protocol_errors, ==, 1);
  g_assert_cmpuint(t.rig.warnings->len, ==, 1);
  g_assert_nonnull(strstr(t.rig.warnings->pdata[0], "more stream messages than a member may send"));
  rig_end(&t.rig);
}

static void test_too_many_bytes(void) { /* D-2 */
  char text[1025];
  memset(text, 'x', 1024);
  text[1024] = '\0';
  trio t;
  trio_begin(&t);
  for (uint64_t i = 1; i <= RJ_EDGE_MESSAGE_BYTE_BURST / 1024; i++)
    says(&t.rig, t.one, i, text);
  expect_open(t.one);
  says(&t.rig, t.one, 1000, text);
  expect_closed(t.one, RJ_CLOSE_PROTOCOL);
  rig_end(&t.rig);
}

/* Unreliable ones and repetitions count as well; a rejoin gives no fresh allowance. */
static void test_too_many_of_any_kind(void) { /* D-2 */
  trio t;
  trio_begin(&t);
  for (int i = 0; i < RJ_EDGE_MESSAGE_BURST / 2; i++) {
    says_unreliable(&t.rig, t.one, 0, "x");
    says(&t.rig, t.one, 1, "x");
  }
  expect_open(t.one);
  peer_id again = rejoins(&t.rig, &t.first, 1, 0);
  says_unreliable(&t.rig, again, 0, "x");
  expect_closed(again, RJ_CLOSE_PROTOCOL);
  rig_end(&t.rig);
}

static void expect_fault(test_rig *rig, peer_id peer, const char *why) {
  expect_closed(peer, RJ_CLOSE_PROTOCOL);
  g_assert_nonnull(strstr(rig->warnings->pdata[rig->warnings->len - 1], why));
}

static void test_what_breaks_the_rules(void) { /* D-1 D-2 */
  const struct {
    uint32_t stream;
    uint64_t number, sequence;
    const char *text, *why;
  } faults[] = {
      {0, 1, 1, "x", "a stream that cannot be"}, {6, 1, 1, "x", "a stream that cannot be"},
      {1, 0, 1, "x", "without a number"},        {1, 1, 0, "x", "without a number"},
      {1, 1, 1, "", "an empty stream message"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
    test_rig rig;
    rig_default(&rig);
    peer_id peer = rig_joined(&rig, "demo", 1, 1, NULL);
    rj_control message = message_of(faults[i].number, faults[i].sequence, faults[i].text);
    message.body.stream_message.stream = faults[i].stream;
    rig_say(&rig, peer, &message);
    expect_fault(&rig, peer, faults[i].why);
    rig_end(&rig);
  }
  test_rig rig;
  rig_default(&rig);
  peer_id peer = rig_dial(&rig, 1);
  says(&rig, peer, 1, "x");
  expect_fault(&rig, peer, "a message before any join request");
  peer = rig_dial(&rig, 2);
  says_unreliable(&rig, peer, 0, "x");
  expect_fault(&rig, peer, "a message before any join request");
  peer = rig_joined(&rig, "demo", 3, 3, NULL);
  beats(&rig, peer, 1);
  expect_fault(&rig, peer, "a beat for a message that was never sent");
  peer = rig_joined(&rig, "demo", 4, 4, NULL);
  rj_control gap = {.which_body = rejoin_Control_stream_gap_tag};
  rig_say(&rig, peer, &gap);
  expect_fault(&rig, peer, "a message that only an edge sends");
  peer = rig_joined(&rig, "demo", 5, 5, NULL);
  uint8_t bytes[RJ_STREAM_DATAGRAM_MAX + 1] = {RJ_DATAGRAM_MESSAGE, 1};
  rig_feed(&rig, peer, FAKE_DATAGRAM, bytes, sizeof bytes);
  expect_fault(&rig, peer, "neither a beat nor a message");
  rig_end(&rig);
}

/* A place that cannot be is taken for the newest. */
static void test_a_place_that_cannot_be(void) { /* D-4 */
  trio t;
  trio_begin(&t);
  says(&t.rig, t.one, 1, "a");
  peer_id again = rejoins(&t.rig, &t.second, 2, 1000);
  says(&t.rig, t.one, 2, "b");
  expect_messages(again, "1:2:b");
  rig_end(&t.rig);
}

int main(int argc, char **argv) {
  rig_init(&argc, &argv);
  g_test_add_func("/streams/others", test_the_others_get_it);
  g_test_add_func("/streams/repetition", test_a_repetition_is_dropped);
  g_test_add_func("/streams/uid", test_a_uid_that_a_member_writes_is_not_believed);
  g_test_add_func("/streams/audience", test_the_audience_is_not_heard);
  g_test_add_func("/streams/receiver-rejoins", test_a_receiver_rejoins);
  g_test_add_func("/streams/roster-request", test_a_roster_request_goes_back);
  g_test_add_func("/streams/sender-rejoins", test_a_sender_rejoins);
  g_test_add_func("/streams/join-repeated", test_a_join_is_repeated);
  g_test_add_func("/streams/takeover", test_a_takeover);
  g_test_add_func("/streams/forgotten", test_what_all_have_is_forgotten);
  g_test_add_func("/streams/not-for-ever", test_nothing_is_kept_for_ever);
  g_test_add_func("/streams/empty", test_an_empty_channel_keeps_nothing);
  g_test_add_func("/streams/slow", test_a_slow_reader);
  g_test_add_func("/streams/away", test_too_much_for_one_that_is_away);
  g_test_add_func("/streams/young", test_an_edge_that_is_young);
  g_test_add_func("/streams/unreliable", test_unreliable_messages);
  g_test_add_func("/streams/unreliable-late", test_unreliable_messages_that_are_late);
  g_test_add_func("/streams/beat-back", test_a_beat_back);
  g_test_add_func("/streams/too-many", test_too_many_messages);
  g_test_add_func("/streams/too-many-bytes", test_too_many_bytes);
  g_test_add_func("/streams/too-many-of-any", test_too_many_of_any_kind);
  g_test_add_func("/streams/rules", test_what_breaks_the_rules);
  g_test_add_func("/streams/place", test_a_place_that_cannot_be);
  return g_test_run();
}
