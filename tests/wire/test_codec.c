/* Control messages: every one there and back, the bounds, the rules that protobuf cannot say, and hostile bytes. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/random.h"
#include "wire/codec.h"

enum {
  FIRST_TAG = rejoin_Control_join_request_tag,
  LAST_TAG = rejoin_Control_stream_gap_tag,
};

/* ---- messages at random, all of them allowed ---- */

static uint32_t some_number(rj_random *random) {
  return (uint32_t)rj_random_next(random) >> rj_random_below(random, 32);
}

static uint32_t some_uid(rj_random *random) {
  return 1 + (uint32_t)rj_random_below(random, UINT32_MAX);
}

static void some_text(rj_random *random, char *text, size_t least, size_t most) {
  size_t length = least + rj_random_below(random, most - least + 1);
  for (size_t i = 0; i < length; i++)
    text[i] = (char)('!' + rj_random_below(random, 94));
  text[length] = '\0';
}

static pb_size_t some_uids(rj_random *random, uint32_t *uids, size_t most) {
  size_t count = rj_random_below(random, most + 1);
  uint32_t uid = 0;
  for (size_t i = 0; i < count; i++)
    uids[i] = uid += 1 + (uint32_t)rj_random_below(random, UINT32_MAX / (most + 1));
  return (pb_size_t)count;
}

static void some_join_request(rj_random *random, rejoin_JoinRequest *request) {
  request->version = RJ_PROTOCOL_VERSION;
  request->attempt = some_number(random);
  rj_random_fill(random, request->join_id, sizeof request->join_id);
  some_text(random, request->app_id, 0, RJ_APP_ID_MAX);
  some_text(random, request->channel, 1, RJ_CHANNEL_MAX);
  some_text(random, request->token, 0, rj_random_below(random, 2) == 0 ? RJ_TOKEN_MAX : 40);
  request->profile = (uint32_t)rj_random_below(random, 2);
  request->role = ROLE_BROADCASTER + (uint32_t)rj_random_below(random, 2);
  request->left_session = rj_random_next(random);
  request->left_joins_count = (pb_size_t)rj_random_below(random, RJ_FAREWELLS_MAX + 1);
  for (pb_size_t i = 0; i < request->left_joins_count; i++)
    rj_random_fill(random, request->left_joins[i], sizeof request->left_joins[i]);
  request->peer_interruptions = (uint32_t)rj_random_below(random, 2);
  request->has_resume = rj_random_below(random, 2) == 0;
  if (request->has_resume) {
    request->resume.session = rj_random_next(random);
    rj_random_fill(random, request->resume.secret, sizeof request->resume.secret);
    request->resume.joined_at = rj_random_next(random);
    request->resume.role = (uint32_t)rj_random_next(random);
    request->uid = some_uid(random);
  } else {
    request->uid = some_number(random);
  }
}

static void some_neighbours(rj_random *random, rejoin_Neighbours *neighbours) {
  neighbours->edges_count = (pb_size_t)rj_random_below(random, RJ_NEIGHBOURS + 1);
  for (pb_size_t i = 0; i < neighbours->edges_count; i++) {
    rejoin_Neighbour *edge = &neighbours->edges[i];
    some_text(random, edge->url, 0, RJ_URL_MAX);
    edge->fingerprint.size = rj_random_below(random, 2) == 0 ? 0 : RJ_FINGERPRINT_SIZE;
    rj_random_fill(random, edge->fingerprint.bytes, edge->fingerprint.size);
  }
}

static void some_join_answer(rj_random *random, rejoin_JoinAnswer *answer) {
  answer->attempt = some_number(random);
  answer->reason = (uint32_t)rj_random_below(random, REASON_INCONSISTENT_APPID + 1);
  answer->busy_ms = some_number(random);
  answer->elsewhere = rj_random_below(random, 2) == 0;
  answer->uid = some_uid(random);
  answer->session = rj_random_next(random);
  rj_random_fill(random, answer->secret, sizeof answer->secret);
  answer->joined_at = rj_random_next(random);
  answer->resumed = rj_random_below(random, 2) == 0;
  answer->edge_age_ms = some_number(random);
  answer->privilege_ms = some_number(random);
  answer->role = (uint32_t)rj_random_below(random, 3);
  answer->edge_id = rj_random_next(random);
  answer->received = rj_random_next(random);
  answer->message_number = rj_random_next(random);
  answer->has_neighbours = rj_random_below(random, 2) == 0;
  if (answer->has_neighbours)
    some_neighbours(random, &answer->neighbours);
}

static void some_roster_page(rj_random *random, rejoin_RosterPage *page) {
  page->number = some_number(random);
  page->first = rj_random_below(random, 2) == 0;
  page->last = rj_random_below(random, 2) == 0;
  page->members_count = some_uids(random, page->members, RJ_ROSTER_PAGE);
  page->interrupted_count = some_uids(random, page->interrupted, RJ_ROSTER_PAGE);
  page->departed_count = (pb_size_t)rj_random_below(random, RJ_DEPARTED_PAGE + 1);
  for (size_t i = 0; i < page->departed_count; i++) {
    page->departed[i].uid = some_uid(random);
    page->departed[i].reason = (uint32_t)rj_random_below(random, 3);
  }
  page->edge_age_ms = some_number(random);
}

static void some_stream_message(rj_random *random, rejoin_StreamMessage *message) {
  message->uid = some_number(random);
  message->stream = 1 + (uint32_t)rj_random_below(random, RJ_DATA_STREAMS_MAX);
  message->number = rj_random_next(random) | 1;
  message->sequence = rj_random_next(random) | 1;
  message->stay = some_number(random);
  message->lost = rj_random_next(random);
  message->data.size = (pb_size_t)(1 + rj_random_below(random, RJ_MESSAGE_MAX));
  rj_random_fill(random, message->data.bytes, message->data.size);
}

/* False: no message has this tag. */
static bool some_message(rj_random *random, pb_size_t tag, rj_control *message) {
  static const uint32_t removals[] = {REASON_BANNED_BY_SERVER, REASON_TOKEN_EXPIRED,
                                      REASON_SAME_UID_LOGIN};
  memset(message, 0, sizeof *message);
  message->which_body = tag;
  switch (tag) {
  case rejoin_Control_join_request_tag:
    some_join_request(random, &message->body.join_request);
    return true;
  case rejoin_Control_goodbye_tag:
    message->body.goodbye.session = rj_random_next(random);
    return true;
  case rejoin_Control_roster_request_tag:
    message->body.roster_request.number = some_number(random);
    message->body.roster_request.received = rj_random_next(random);
    return true;
  case rejoin_Control_renew_token_tag:
    message->body.renew_token.number = some_number(random);
    some_text(random, message->body.renew_token.token, 1, RJ_TOKEN_MAX);
    return true;
  case rejoin_Control_set_role_tag:
    message->body.set_role.number = some_number(random);
    message->body.set_role.role = ROLE_BROADCASTER + (uint32_t)rj_random_below(random, 2);
    return true;
  case rejoin_Control_stream_message_tag:
    some_stream_message(random, &message->body.stream_message);
    return true;
  case rejoin_Control_stream_gap_tag:
    message->body.stream_gap.number = rj_random_next(random);
    return true;
  case rejoin_Control_neighbours_tag:
    some_neighbours(random, &message->body.neighbours);
    return true;
  case rejoin_Control_join_answer_tag:
    some_join_answer(random, &message->body.join_answer);
    return true;
  case rejoin_Control_roster_page_tag:
    some_roster_page(random, &message->body.roster_page);
    return true;
  case rejoin_Control_peer_joined_tag:
    message->body.peer_joined.uid = some_uid(random);
    return true;
  case rejoin_Control_peer_offline_tag:
    message->body.peer_offline.uid = some_uid(random);
    message->body.peer_offline.reason = (uint32_t)rj_random_below(random, 3);
    return true;
  case rejoin_Control_peer_heard_tag:
    message->body.peer_heard.uid = some_uid(random);
    message->body.peer_heard.interrupted = rj_random_below(random, 2) == 0;
    return true;
  case rejoin_Control_removed_tag:
    message->body.removed.session = rj_random_next(random);
    message->body.removed.reason = removals[rj_random_below(random, 3)];
    return true;
  case rejoin_Control_renew_answer_tag:
    message->body.renew_answer.number = some_number(random);
    message->body.renew_answer.code = (uint32_t)rj_random_below(random, 7);
    message->body.renew_answer.privilege_ms = some_number(random);
    return true;
  case rejoin_Control_role_answer_tag:
    message->body.role_answer.number = some_number(random);
    message->body.role_answer.reason = some_number(random);
    message->body.role_answer.role = some_number(random);
    return true;
  case rejoin_Control_move_tag:
    message->body.move.within_ms = some_number(random);
    return true;
  default:
    return false;
  }
}

/* Decodes from memory of exactly this size, so that a sanitizer sees a read past its end. */
static bool decode(rj_control *message, const uint8_t *data, size_t length, const char **why) {
  uint8_t *exact = g_memdup2(data, length);
  bool taken = rj_control_decode(message, exact, length, why);
  g_free(exact);
  return taken;
}

typedef void visit(rj_random *random, const rj_control *message, const uint8_t *data,
                   size_t length);

/* Each message, `times` times. */
static void for_each_message(int times, visit *visitor) {
  static rj_control message;
  uint8_t buffer[RJ_CONTROL_MAX];
  rj_random random;
  rj_random_seed(&random, 21);
  int kinds = 0;
  for (int tag = FIRST_TAG; tag <= LAST_TAG; tag++) {
    for (int i = 0; i < times && some_message(&random, (pb_size_t)tag, &message); i++) {
      size_t length = rj_control_encode(&message, buffer, sizeof buffer);
      g_assert_cmpuint(length, >, 0);
      visitor(&random, &message, buffer, length);
      kinds += i == 0;
    }
  }
  g_assert_cmpint(kinds, ==, 16); /* a new message belongs into some_message */
}

/* ---- there and back ---- */

static void check_round_trip(rj_random *random, const rj_control *message, const uint8_t *data,
                             size_t length) {
  (void)random;
  static rj_control back;
  const char *why = "nothing was said";
  memset(&back, 0, sizeof back);
  g_assert_true(decode(&back, data, length, &why));
  g_assert_null(why);
  /* in every field; what lies between fields was zeroed in both */
  g_assert_cmpmem(message, sizeof *message, &back, sizeof back);
  g_assert_true(decode(&back, data, length, NULL));
}

static void test_round_trip(void) {
  for_each_message(200, check_round_trip);
}

static void check_capacities(rj_random *random, const rj_control *message, const uint8_t *data,
                             size_t length) {
  (void)random, (void)data;
  for (size_t capacity = 0; capacity <= length; capacity++) {
    uint8_t *exact = g_malloc(MAX(capacity, 1));
    g_assert_cmpuint(rj_control_encode(message, exact, capacity), ==,
                     capacity == length ? length : 0);
    g_free(exact);
  }
}

static void test_no_room(void) {
  for_each_message(1, check_capacities);
}

/* ---- bounds ---- */

#define LENGTH_OF(type, field) (sizeof((type *)NULL)->field)
#define COUNT_OF(type, field)  G_N_ELEMENTS(((type *)NULL)->field)

/* rejoin.options says what limits.h says. */
static void test_bounds_agree(void) {
  g_assert_cmpuint(LENGTH_OF(rejoin_JoinRequest, app_id) - 1, ==, RJ_APP_ID_MAX);
  g_assert_cmpuint(LENGTH_OF(rejoin_JoinRequest, channel) - 1, ==, RJ_CHANNEL_MAX);
  g_assert_cmpuint(LENGTH_OF(rejoin_JoinRequest, token) - 1, ==, RJ_TOKEN_MAX);
  g_assert_cmpuint(COUNT_OF(rejoin_JoinRequest, left_joins), ==, RJ_FAREWELLS_MAX);
  g_assert_cmpuint(LENGTH_OF(rejoin_JoinRequest, left_joins[0]), ==,
                   LENGTH_OF(rejoin_JoinRequest, join_id));
  g_assert_cmpuint(LENGTH_OF(rejoin_RenewToken, token) - 1, ==, RJ_TOKEN_MAX);
  g_assert_cmpuint(LENGTH_OF(rejoin_StreamMessage, data.bytes), ==, RJ_MESSAGE_MAX);
  g_assert_cmpuint(COUNT_OF(rejoin_RosterPage, members), ==, RJ_ROSTER_PAGE);
  g_assert_cmpuint(COUNT_OF(rejoin_RosterPage, interrupted), ==, RJ_ROSTER_PAGE);
  g_assert_cmpuint(COUNT_OF(rejoin_RosterPage, departed), ==, RJ_DEPARTED_PAGE);
  g_assert_cmpuint(COUNT_OF(rejoin_Neighbours, edges), ==, RJ_NEIGHBOURS);
  g_assert_cmpuint(LENGTH_OF(rejoin_Neighbour, url) - 1, ==, RJ_URL_MAX);
  g_assert_cmpuint(LENGTH_OF(rejoin_Neighbour, fingerprint.bytes), ==, RJ_FINGERPRINT_SIZE);
  g_assert_cmpuint(LENGTH_OF(rejoin_Resume, secret), ==, LENGTH_OF(rejoin_JoinAnswer, secret));

  g_assert_cmpuint(rejoin_Control_size, <=, RJ_CONTROL_MAX); /* every message fits */
  g_assert_cmpuint(RJ_CONTROL_MAX, <=, UINT16_MAX);          /* and its frame's header, too */
}

/* The largest message there can be is as large as nanopb says. */
static void test_largest(void) {
  static rj_control message;
  rejoin_JoinRequest *request = &message.body.join_request;
  memset(&message, 0, sizeof message);
  message.which_body = rejoin_Control_join_request_tag;
  request->version = request->attempt = request->uid = UINT32_MAX;
  request->profile = request->role = request->peer_interruptions = UINT32_MAX;
  memset(request->join_id, 0xff, sizeof request->join_id);
  memset(request->app_id, 'a', RJ_APP_ID_MAX);
  memset(request->channel, 'c', RJ_CHANNEL_MAX);
  memset(request->token, 't', RJ_TOKEN_MAX);
  request->left_session = UINT64_MAX;
  request->hears_neighbours = true;
  request->left_joins_count = RJ_FAREWELLS_MAX;
  memset(request->left_joins, 0xff, sizeof request->left_joins);
  request->has_resume = true;
  request->resume.session = request->resume.joined_at = request->resume.received = UINT64_MAX;
  request->resume.role = UINT32_MAX;
  memset(request->resume.secret, 0xff, sizeof request->resume.secret);
  uint8_t buffer[RJ_CONTROL_MAX];
  g_assert_cmpuint(rj_control_encode(&message, buffer, sizeof buffer), ==, rejoin_Control_size);

  memset(request->channel, 'c', sizeof request->channel); /* a text without an end */
  g_assert_cmpuint(rj_control_encode(&message, buffer, sizeof buffer), ==, 0);
}

/* Protobuf by hand: what our own encoder would never write. */

static void put_varint(GByteArray *bytes, uint64_t value) {
  do {
    uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    g_byte_array_append(bytes, &byte, 1);
    value >>= 7;
  } while (value != 0);
}

static void put_number(GByteArray *bytes, unsigned field, uint64_t value) {
  put_varint(bytes, (uint64_t)field << 3);
  put_varint(bytes, value);
}

static void put_bytes(GByteArray *bytes, unsigned field, const void *data, size_t length) {
  put_varint(bytes, (uint64_t)field << 3 | 2);
  put_varint(bytes, length);
  g_byte_array_append(bytes, data, (guint)length);
}

/* As put_bytes, of so many bytes 'a'. */
static void put_filler(GByteArray *bytes, unsigned field, size_t length) {
  char *filler = g_strnfill(length, 'a');
  put_bytes(bytes, field, filler, length);
  g_free(filler);
}

/* Is the control message with this body taken? Consumes the body. */
static bool body_is_taken(unsigned tag, GByteArray *body) {
  static rj_control message;
  GByteArray *bytes = g_byte_array_new();
  put_bytes(bytes, tag, body->data, body->len);
  const char *why;
  bool taken = decode(&message, bytes->data, bytes->len, &why);
  g_assert_true(taken == (why == NULL));
  g_byte_array_unref(bytes);
  g_byte_array_unref(body);
  return taken;
}

static GByteArray *join_body(size_t app_id, size_t channel, size_t token) {
  GByteArray *body = g_byte_array_new();
  put_filler(body, rejoin_JoinRequest_app_id_tag, app_id);
  put_filler(body, rejoin_JoinRequest_channel_tag, channel);
  put_filler(body, rejoin_JoinRequest_token_tag, token);
  put_number(body, rejoin_JoinRequest_role_tag, ROLE_BROADCASTER);
  return body;
}

static GByteArray *body_of(unsigned field, size_t length) {
  GByteArray *body = g_byte_array_new();
  put_filler(body, field, length);
  return body;
}

/* A stream message of these fields; D-1: streams are 1 to 5, D-2: its data is 1 to 1,024 bytes. */
static GByteArray *stream_body(unsigned stream, uint64_t number, uint64_t sequence, size_t length) {
  GByteArray *body = g_byte_array_new();
  put_number(body, rejoin_StreamMessage_stream_tag, stream);
  put_number(body, rejoin_StreamMessage_number_tag, number);
  put_number(body, rejoin_StreamMessage_sequence_tag, sequence);
  put_filler(body, rejoin_StreamMessage_data_tag, length);
  return body;
}

static GByteArray *page_body(unsigned field, uint32_t count) {
  GByteArray *body = g_byte_array_new(), *packed = g_byte_array_new();
  for (uint32_t uid = 1; uid <= count; uid++) {
    uint32_t little = GUINT32_TO_LE(uid);
    g_byte_array_append(packed, (const guint8 *)&little, sizeof little);
  }
  put_bytes(body, field, packed->data, packed->len);
  g_byte_array_unref(packed);
  return body;
}

static GByteArray *departed_body(uint32_t count) {
  static const uint8_t departure[] = {rejoin_Departure_uid_tag << 3 | 5, 7, 0, 0, 0};
  GByteArray *body = g_byte_array_new();
  for (uint32_t i = 0; i < count; i++)
    put_bytes(body, rejoin_RosterPage_departed_tag, departure, sizeof departure);
  return body;
}

static GByteArray *neighbours_body(size_t count, size_t url, size_t fingerprint) {
  GByteArray *body = g_byte_array_new();
  for (size_t i = 0; i < count; i++) {
    GByteArray *edge = g_byte_array_new();
    put_filler(edge, rejoin_Neighbour_url_tag, url);
    put_filler(edge, rejoin_Neighbour_fingerprint_tag, fingerprint);
    put_bytes(body, rejoin_Neighbours_edges_tag, edge->data, edge->len);
    g_byte_array_unref(edge);
  }
  return body;
}

static void test_one_too_many(void) {
  const unsigned join = rejoin_Control_join_request_tag, page = rejoin_Control_roster_page_tag;
  g_assert_true(body_is_taken(join, join_body(RJ_APP_ID_MAX, RJ_CHANNEL_MAX, RJ_TOKEN_MAX)));
  g_assert_false(body_is_taken(join, join_body(RJ_APP_ID_MAX + 1, RJ_CHANNEL_MAX, RJ_TOKEN_MAX)));
  g_assert_false(body_is_taken(join, join_body(RJ_APP_ID_MAX, RJ_CHANNEL_MAX + 1, RJ_TOKEN_MAX)));
  g_assert_false(body_is_taken(join, join_body(RJ_APP_ID_MAX, RJ_CHANNEL_MAX, RJ_TOKEN_MAX + 1)));

  const unsigned renew = rejoin_Control_renew_token_tag, token = rejoin_RenewToken_token_tag;
  g_assert_true(body_is_taken(renew, body_of(token, 1)));
  g_assert_true(body_is_taken(renew, body_of(token, RJ_TOKEN_MAX)));
  g_assert_false(body_is_taken(renew, body_of(token, RJ_TOKEN_MAX + 1)));

  const unsigned stream = rejoin_Control_stream_message_tag;
  g_assert_true(body_is_taken(stream, stream_body(1, 1, 1, 1)));
  g_assert_true(body_is_taken(stream, stream_body(5, 1, 1, RJ_MESSAGE_MAX)));
  g_assert_false(body_is_taken(stream, stream_body(5, 1, 1, RJ_MESSAGE_MAX + 1)));
  g_assert_false(body_is_taken(stream, stream_body(5, 1, 1, 0)));
  g_assert_false(body_is_taken(stream, stream_body(6, 1, 1, 1)));
  g_assert_false(body_is_taken(stream, stream_body(0, 1, 1, 1)));
  g_assert_false(body_is_taken(stream, stream_body(1, 0, 1, 1)));
  g_assert_false(body_is_taken(stream, stream_body(1, 1, 0, 1)));

  const unsigned members = rejoin_RosterPage_members_tag;
  const unsigned interrupted = rejoin_RosterPage_interrupted_tag;
  g_assert_true(body_is_taken(page, page_body(members, RJ_ROSTER_PAGE)));
  g_assert_false(body_is_taken(page, page_body(members, RJ_ROSTER_PAGE + 1)));
  g_assert_true(body_is_taken(page, page_body(interrupted, RJ_ROSTER_PAGE)));
  g_assert_false(body_is_taken(page, page_body(interrupted, RJ_ROSTER_PAGE + 1)));
  g_assert_true(body_is_taken(page, departed_body(RJ_DEPARTED_PAGE)));
  g_assert_false(body_is_taken(page, departed_body(RJ_DEPARTED_PAGE + 1)));

  const unsigned neighbours = rejoin_Control_neighbours_tag;
  g_assert_true(body_is_taken(neighbours, neighbours_body(RJ_NEIGHBOURS, RJ_URL_MAX, 32)));
  g_assert_true(body_is_taken(neighbours, neighbours_body(0, 0, 0)));
  g_assert_true(body_is_taken(neighbours, neighbours_body(1, 1, 0)));
  g_assert_false(body_is_taken(neighbours, neighbours_body(RJ_NEIGHBOURS + 1, 1, 32)));
  g_assert_false(body_is_taken(neighbours, neighbours_body(1, RJ_URL_MAX + 1, 32)));
  for (size_t length = 1; length <= 40; length++)
    g_assert_true(body_is_taken(neighbours, neighbours_body(2, 1, length)) ==
                  (length == RJ_FINGERPRINT_SIZE));
}

/* Ids and secrets have one length; nothing at all stands for zeros, as a field that is left out does. */
static void test_fixed_lengths(void) {
  for (size_t length = 0; length <= 40; length++) {
    GByteArray *body = join_body(1, 1, 1);
    put_filler(body, rejoin_JoinRequest_join_id_tag, length);
    g_assert_true(body_is_taken(rejoin_Control_join_request_tag, body) ==
                  (length == 16 || length == 0));
    body = g_byte_array_new();
    put_number(body, rejoin_JoinAnswer_uid_tag, 1);
    put_filler(body, rejoin_JoinAnswer_secret_tag, length);
    g_assert_true(body_is_taken(rejoin_Control_join_answer_tag, body) ==
                  (length == 16 || length == 0));
  }
}

/* A field that is not known is ignored; a message that is not known is refused. */
static void test_unknown(void) {
  for (unsigned field = 100; field < 110; field++) {
    GByteArray *body = g_byte_array_new();
    put_number(body, field, 5);
    put_filler(body, field + 10, 50);
    put_number(body, rejoin_PeerJoined_uid_tag + 20, 7);
    uint8_t uid[] = {rejoin_PeerJoined_uid_tag << 3 | 5, 1, 0, 0, 0};
    g_byte_array_append(body, uid, sizeof uid);
    g_assert_true(body_is_taken(rejoin_Control_peer_joined_tag, body));
  }
  for (unsigned tag = 1; tag <= 40; tag++) {
    static rj_control known;
    rj_random random = {{1, 2, 3, 4}};
    if (!some_message(&random, (pb_size_t)tag, &known))
      g_assert_false(body_is_taken(tag, g_byte_array_new()));
  }
}

/* A good message that a field nobody knows makes this long. */
static GByteArray *message_of_length(size_t length) {
  enum { REST = 13 }; /* tags, lengths and the uid */
  static const uint8_t uid[] = {rejoin_PeerJoined_uid_tag << 3 | 5, 1, 0, 0, 0};
  GByteArray *body = g_byte_array_new(), *whole = g_byte_array_new();
  g_byte_array_append(body, uid, sizeof uid);
  put_filler(body, 100, length - REST);
  put_bytes(whole, rejoin_Control_peer_joined_tag, body->data, body->len);
  g_byte_array_unref(body);
  g_assert_cmpuint(whole->len, ==, length);
  return whole;
}

static void test_length_outside(void) {
  static rj_control message;
  const char *why = NULL;
  g_assert_false(decode(&message, NULL, 0, &why));
  g_assert_nonnull(why);
  GByteArray *longest = message_of_length(RJ_CONTROL_MAX);
  g_assert_true(decode(&message, longest->data, longest->len, &why));
  GByteArray *longer = message_of_length(RJ_CONTROL_MAX + 1);
  g_assert_false(decode(&message, longer->data, longer->len, &why));
  g_assert_nonnull(why);
  g_byte_array_unref(longest);
  g_byte_array_unref(longer);
}

/* ---- what protobuf cannot say ---- */

typedef void spoil(rj_control *message);

static void join_without_channel(rj_control *m) {
  m->body.join_request.channel[0] = '\0';
}
static void join_with_profile_2(rj_control *m) {
  m->body.join_request.profile = 2;
}
static void join_with_role_0(rj_control *m) {
  m->body.join_request.role = 0;
}
static void join_with_role_3(rj_control *m) {
  m->body.join_request.role = 3;
}
static void rejoin_without_uid(rj_control *m) {
  m->body.join_request.has_resume = true;
  m->body.join_request.uid = 0;
}
static void renewal_without_token(rj_control *m) {
  m->body.renew_token.token[0] = '\0';
}
static void role_0(rj_control *m) {
  m->body.set_role.role = 0;
}
static void role_3(rj_control *m) {
  m->body.set_role.role = 3;
}
static void acceptance_without_uid(rj_control *m) {
  m->body.join_answer.reason = m->body.join_answer.busy_ms = m->body.join_answer.uid = 0;
}
static void members_descending(rj_control *m) {
  m->body.roster_page.members_count = 2;
  m->body.roster_page.members[0] = 2;
  m->body.roster_page.members[1] = 1;
}
static void member_twice(rj_control *m) {
  m->body.roster_page.members_count = 2;
  m->body.roster_page.members[0] = m->body.roster_page.members[1] = 1;
}
static void member_0(rj_control *m) {
  m->body.roster_page.members_count = 1;
  m->body.roster_page.members[0] = 0;
}
static void interrupted_descending(rj_control *m) {
  m->body.roster_page.interrupted_count = 2;
  m->body.roster_page.interrupted[0] = 2;
  m->body.roster_page.interrupted[1] = 1;
}
static void departure_without_uid(rj_control *m) {
  m->body.roster_page.departed_count = 1;
  m->body.roster_page.departed[0].uid = 0;
}
static void departure_with_reason_3(rj_control *m) {
  m->body.roster_page.departed_count = 2;
  m->body.roster_page.departed[0].uid = m->body.roster_page.departed[1].uid = 1;
  m->body.roster_page.departed[0].reason = 0;
  m->body.roster_page.departed[1].reason = 3;
}
static void peer_joined_without_uid(rj_control *m) {
  m->body.peer_joined.uid = 0;
}
static void peer_offline_without_uid(rj_control *m) {
  m->body.peer_offline.uid = 0;
}
static void peer_offline_with_reason_3(rj_control *m) {
  m->body.peer_offline.reason = 3;
}
static void peer_heard_without_uid(rj_control *m) {
  m->body.peer_heard.uid = 0;
}
static void removal_without_reason(rj_control *m) {
  m->body.removed.reason = 0;
}
static void neighbour_with_half_a_fingerprint(rj_control *m) {
  m->body.neighbours.edges_count = 2;
  m->body.neighbours.edges[1].fingerprint.size = RJ_FINGERPRINT_SIZE / 2;
}
static void answer_with_half_a_fingerprint(rj_control *m) {
  m->body.join_answer.has_neighbours = true;
  m->body.join_answer.neighbours.edges_count = 1;
  m->body.join_answer.neighbours.edges[0].fingerprint.size = RJ_FINGERPRINT_SIZE / 2;
}
static void removal_for_no_success(rj_control *m) {
  m->body.removed.reason = REASON_JOIN_FAILED;
}

static const struct {
  pb_size_t tag;
  spoil *spoil;
} faults[] = {
    {rejoin_Control_join_request_tag, join_without_channel},
    {rejoin_Control_join_request_tag, join_with_profile_2},
    {rejoin_Control_join_request_tag, join_with_role_0},
    {rejoin_Control_join_request_tag, join_with_role_3},
    {rejoin_Control_join_request_tag, rejoin_without_uid},
    {rejoin_Control_renew_token_tag, renewal_without_token},
    {rejoin_Control_set_role_tag, role_0},
    {rejoin_Control_set_role_tag, role_3},
    {rejoin_Control_join_answer_tag, acceptance_without_uid},
    {rejoin_Control_roster_page_tag, members_descending},
    {rejoin_Control_roster_page_tag, member_twice},
    {rejoin_Control_roster_page_tag, member_0},
    {rejoin_Control_roster_page_tag, interrupted_descending},
    {rejoin_Control_roster_page_tag, departure_without_uid},
    {rejoin_Control_roster_page_tag, departure_with_reason_3},
    {rejoin_Control_peer_joined_tag, peer_joined_without_uid},
    {rejoin_Control_peer_offline_tag, peer_offline_without_uid},
    {rejoin_Control_peer_offline_tag, peer_offline_with_reason_3},
    {rejoin_Control_peer_heard_tag, peer_heard_without_uid},
    {rejoin_Control_removed_tag, removal_without_reason},
    {rejoin_Control_removed_tag, removal_for_no_success},
    {rejoin_Control_neighbours_tag, neighbour_with_half_a_fingerprint},
    {rejoin_Control_join_answer_tag, answer_with_half_a_fingerprint},
};

/* S-15 S-16 S-18 for removals, P-2 P-4 P-6 for how a peer went */
static void test_faults(void) {
  static rj_control message, back;
  rj_random random;
  rj_random_seed(&random, 5);
  for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
    for (int round = 0; round < 20; round++) {
      uint8_t buffer[RJ_CONTROL_MAX];
      g_assert_true(some_message(&random, faults[i].tag, &message));
      faults[i].spoil(&message);
      size_t length = rj_control_encode(&message, buffer, sizeof buffer);
      const char *why = NULL;
      if (decode(&back, buffer, length, &why))
        g_error("fault %zu was taken", i);
      g_assert_nonnull(why);
    }
  }
}

/* An answer says one thing at least: accepted with a uid, refused, or busy. */
static void test_answers(void) {
  static const unsigned each[] = {rejoin_JoinAnswer_reason_tag, rejoin_JoinAnswer_busy_ms_tag,
                                  rejoin_JoinAnswer_uid_tag};
  for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
    GByteArray *body = g_byte_array_new();
    put_number(body, each[i], 8);
    g_assert_true(body_is_taken(rejoin_Control_join_answer_tag, body));
  }
  g_assert_false(body_is_taken(rejoin_Control_join_answer_tag, g_byte_array_new()));
}

/* ---- hostile bytes ---- */

static void check_truncated(rj_random *random, const rj_control *message, const uint8_t *data,
                            size_t length) {
  (void)random, (void)message;
  static rj_control back;
  for (size_t cut = 0; cut < length; cut++) {
    const char *why = NULL;
    g_assert_false(decode(&back, data, cut, &why));
    g_assert_nonnull(why);
  }
}

static void test_truncated(void) {
  for_each_message(3, check_truncated);
}

/* Whatever the bytes are: refused with a text, or taken as a message that keeps the rules, so that it goes round again. */
static bool check_any(const uint8_t *data, size_t length) {
  static rj_control message, back;
  const char *why = NULL;
  memset(&message, 0, sizeof message);
  if (!decode(&message, data, length, &why)) {
    g_assert_nonnull(why);
    return false;
  }
  g_assert_null(why);
  uint8_t again[RJ_CONTROL_MAX];
  size_t size = rj_control_encode(&message, again, sizeof again);
  g_assert_cmpuint(size, >, 0);
  g_assert_true(decode(&back, again, size, &why));
  g_assert_cmpuint(back.which_body, ==, message.which_body);
  return true;
}

static void check_flipped(rj_random *random, const rj_control *message, const uint8_t *data,
                          size_t length) {
  (void)message;
  uint8_t bytes[RJ_CONTROL_MAX];
  memcpy(bytes, data, length);
  for (size_t bit = 0; bit < 8 * length; bit++) {
    if (length > 400 && rj_random_below(random, 20) != 0)
      continue; /* long messages are mostly text */
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    check_any(bytes, length);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  for (int i = 0; i < 300; i++) { /* some bytes anew, often the first ones, where the lengths are */
    memcpy(bytes, data, length);
    for (uint64_t n = 1 + rj_random_below(random, 5); n > 0; n--)
      bytes[rj_random_below(random, rj_random_below(random, 2) == 0 ? MIN(length, 12) : length)] =
          (uint8_t)rj_random_next(random);
    check_any(bytes, length);
  }
}

static void test_flipped(void) {
  for_each_message(4, check_flipped);
}

static void test_random_bytes(void) {
  rj_random random;
  rj_random_seed(&random, 77);
  uint8_t bytes[RJ_CONTROL_MAX];
  guint taken = 0;
  for (int i = 0; i < 200000; i++) {
    size_t length = 1 + rj_random_below(&random, i % 100 == 0 ? RJ_CONTROL_MAX : 24);
    rj_random_fill(&random, bytes, length);
    if (i % 2 == 0 && length > 2) { /* half of them get past the first check */
      bytes[0] = (uint8_t)(rj_random_below(&random, 8) << 3 | 2);
      bytes[1] = (uint8_t)(length - 2);
    }
    taken += check_any(bytes, length);
  }
  g_assert_cmpuint(taken, >, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/codec/round-trip", test_round_trip);
  g_test_add_func("/codec/no-room", test_no_room);
  g_test_add_func("/codec/bounds-agree", test_bounds_agree);
  g_test_add_func("/codec/largest", test_largest);
  g_test_add_func("/codec/one-too-many", test_one_too_many);
  g_test_add_func("/codec/fixed-lengths", test_fixed_lengths);
  g_test_add_func("/codec/unknown", test_unknown);
  g_test_add_func("/codec/length-outside", test_length_outside);
  g_test_add_func("/codec/faults", test_faults);
  g_test_add_func("/codec/answers", test_answers);
  g_test_add_func("/codec/truncated", test_truncated);
  g_test_add_func("/codec/flipped", test_flipped);
  g_test_add_func("/codec/random-bytes", test_random_bytes);
  return g_test_run();
}
