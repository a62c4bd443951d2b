/* The edges and the bus that cluster_rig.h describes. */
#include "edge/cluster_rig.h"

#include <string.h>

#include "edge/edge_internal.h"

typedef struct {
  int64_t at;
  uint64_t turn;
  int to;
  char *subject;
  GByteArray *data;
} cluster_delivery;

static void delivery_free(gpointer data) {
  cluster_delivery *delivery = data;
  g_free(delivery->subject);
  g_byte_array_unref(delivery->data);
  g_free(delivery);
}

/* ------------------------------------------------------------------ edges */

test_rig *cluster_at(cluster_rig *c, int edge) {
  fake_port = c->ports[edge];
  fake_clock = c->rigs[edge].now = c->now;
  return &c->rigs[edge];
}

static void make(cluster_rig *c, int edge) {
  test_rig *rig = &c->rigs[edge];
  static const char *const urls[CLUSTER_EDGES] = {"rejoin://a:1", "rejoin://b:1", "rejoin://c:1"};
  rj_server_config config = {.entropy = &rig->entropy,
                             .kicks = c->kicks[edge],
                             .timers = c->timers,
                             .limits = c->limits,
                             .cluster = {.name = "test", .url = urls[edge], .fingerprint = "ab"}};
  char error[256] = "";
  fake_clock = rig->now = c->now;
  rig->server = rj_server_new(&config, c->now, error, sizeof error);
  g_assert_cmpstr(error, ==, "");
  rj_server_set_wall_offset(rig->server, (1700000000 + 7 * edge) * SECOND); /* clocks differ */
  c->ports[edge] = fake_port;
  c->up[edge] = true;
}

void cluster_begin(cluster_rig *c, int edges, uint64_t seed) {
  *c = (cluster_rig){.count = edges};
  rj_random_seed(&c->chance, seed);
  rj_server_timers_default(&c->timers, 1);
  c->limits.accepts_per_second = UINT32_MAX;
  c->limits.joins_per_second = UINT32_MAX;
  c->delay_least = c->delay_most = 1 * MS;
  c->members = g_ptr_array_new();
  g_queue_init(&c->under_way);
  for (int i = 0; i < edges; i++) {
    test_rig *rig = &c->rigs[i];
    rj_server_config ignored = rig_config(rig);
    (void)ignored;
    rj_random_seed(&rig->random, seed * 10 + (uint64_t)i);
    c->now = rig->now;
    c->kicks[i] = rj_kicks_new();
    c->subjects[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  }
  c->beat_at = c->now;
  for (int i = 0; i < edges; i++) {
    make(c, i);
    cluster_connect(c, i, true);
  }
  cluster_run(c, 100 * MS);
}

void cluster_end(cluster_rig *c) {
  for (int i = 0; i < c->count; i++) {
    fake_port = c->ports[i];
    if (c->up[i])
      rj_server_free(c->rigs[i].server);
    rj_kicks_free(c->kicks[i]);
    g_hash_table_destroy(c->subjects[i]);
    g_ptr_array_free(c->rigs[i].warnings, TRUE);
    g_ptr_array_free(c->rigs[i].infos, TRUE);
  }
  g_queue_clear_full(&c->under_way, delivery_free);
  for (guint i = 0; i < c->members->len; i++) {
    cluster_member *member = g_ptr_array_index(c->members, i);
    g_hash_table_destroy(member->seen);
    g_hash_table_destroy(member->held);
    g_hash_table_destroy(member->streams);
    g_string_free(member->told, TRUE);
    g_free(member);
  }
  g_ptr_array_free(c->members, TRUE);
}

rj_server_counters cluster_counters(cluster_rig *c, int edge) {
  return rig_counters(cluster_at(c, edge));
}

/* ------------------------------------------------------------------ the bus */

static gint by_time(gconstpointer a, gconstpointer b, gpointer user) {
  const cluster_delivery *one = a, *other = b;
  (void)user;
  if (one->at != other->at)
    return one->at < other->at ? -1 : 1;
  return one->turn < other->turn ? -1 : 1;
}

static void send_to(cluster_rig *c, int to, const char *subject, const uint8_t *data,
                    size_t length) {
  if (rj_random_unit(&c->chance) < c->loss)
    return;
  cluster_delivery *delivery = g_new0(cluster_delivery, 1);
  int64_t spread = c->delay_most - c->delay_least;
  delivery->at =
      c->now + c->delay_least + (int64_t)rj_random_below(&c->chance, (uint64_t)spread + 1);
  delivery->turn = c->published++;
  delivery->to = to;
  delivery->subject = g_strdup(subject);
  delivery->data = g_byte_array_new();
  g_byte_array_append(delivery->data, data, (guint)length);
  if (c->spoil != NULL)
    c->spoil(c->spoil_user, delivery->data);
  g_queue_insert_sorted(&c->under_way, delivery, by_time, NULL);
}

static void publish(cluster_rig *c, int from, const rj_bus_order *order) {
  for (size_t i = 0; i < order->length; i++)
    c->hash = (c->hash ^ order->data[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
  for (int to = 0; to < c->count; to++) {
    if (to == from || !c->up[to] || !c->connected[to] || c->side[to] != c->side[from] ||
        c->deaf[to][from] || !g_hash_table_contains(c->subjects[to], order->subject))
      continue;
    send_to(c, to, order->subject, order->data, order->length);
    if (rj_random_unit(&c->chance) < c->twice)
      send_to(c, to, order->subject, order->data, order->length);
  }
}

static void take_orders(cluster_rig *c, int edge) {
  rj_bus_order order;
  while (c->up[edge] && rj_server_bus_next(c->rigs[edge].server, &order)) {
    g_assert_cmpuint(strlen(order.subject), <=, RJ_BUS_SUBJECT_MAX);
    g_assert_cmpuint(order.length, <=, RJ_BUS_MESSAGE_MAX);
    switch (order.kind) {
    case RJ_BUS_PUBLISH:
      publish(c, edge, &order);
      break;
    case RJ_BUS_SUBSCRIBE:
      g_assert_true(g_hash_table_add(c->subjects[edge], g_strdup(order.subject)));
      break;
    case RJ_BUS_UNSUBSCRIBE:
      g_assert_true(g_hash_table_remove(c->subjects[edge], order.subject));
      break;
    }
  }
}

static void write_all(cluster_rig *c, int edge) {
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  while (rj_server_write(c->rigs[edge].server, &out, c->now))
    ;
}

void cluster_inject(cluster_rig *c, int edge, const char *subject, const uint8_t *data,
                    size_t length) {
  test_rig *rig = cluster_at(c, edge);
  rj_server_bus_feed(rig->server, subject, data, length, c->now);
  write_all(c, edge);
}

static void deliver(cluster_rig *c) {
  cluster_delivery *delivery = g_queue_pop_head(&c->under_way);
  if (c->up[delivery->to] && c->connected[delivery->to])
    cluster_inject(c, delivery->to, delivery->subject, delivery->data->data, delivery->data->len);
  delivery_free(delivery);
}

void cluster_connect(cluster_rig *c, int edge, bool connected) {
  g_hash_table_remove_all(c->subjects[edge]);
  c->connected[edge] = connected;
  rj_server_bus_connected(cluster_at(c, edge)->server, connected, c->now);
}

static void down(cluster_rig *c, int edge) {
  fake_port = c->ports[edge];
  rj_server_free(c->rigs[edge].server);
  c->up[edge] = c->connected[edge] = false;
  g_hash_table_remove_all(c->subjects[edge]);
  for (guint i = 0; i < c->members->len; i++) {
    cluster_member *member = g_ptr_array_index(c->members, i);
    if (member->edge == edge)
      member->beats = false, member->edge = -1;
  }
}

void cluster_crash(cluster_rig *c, int edge) {
  take_orders(c, edge);
  down(c, edge);
}

void cluster_stop(cluster_rig *c, int edge) {
  rj_server_stop(cluster_at(c, edge)->server, c->now);
  write_all(c, edge);
  take_orders(c, edge);
  down(c, edge);
}

void cluster_start(cluster_rig *c, int edge) {
  make(c, edge);
  cluster_connect(c, edge, true);
}

void cluster_part(cluster_rig *c, int alone) {
  for (int i = 0; i < c->count; i++)
    c->side[i] = i == alone;
}

void cluster_heal(cluster_rig *c) {
  for (int i = 0; i < c->count; i++)
    c->side[i] = 0;
}

/* ------------------------------------------------------------------ time */

static void beat(cluster_rig *c) {
  for (guint i = 0; i < c->members->len; i++) {
    cluster_member *member = g_ptr_array_index(c->members, i);
    if (!member->beats || member->edge < 0)
      continue;
    test_rig *rig = cluster_at(c, member->edge);
    const rj_link *link = fake_link(member->peer);
    if (link->freed || link->closed)
      continue;
    rig_beat(rig, member->peer);
    rig_acknowledge(rig, member->peer);
  }
  c->beat_at = c->now + 1300 * MS;
}

static int64_t next_moment(cluster_rig *c) {
  const cluster_delivery *first = g_queue_peek_head(&c->under_way);
  int64_t next = rj_earlier(c->beat_at, first != NULL ? first->at : RJ_NEVER);
  for (int i = 0; i < c->count; i++)
    next = rj_earlier(next, c->up[i] ? rj_server_deadline(c->rigs[i].server) : RJ_NEVER);
  return rj_later(next, c->now);
}

static void settle(cluster_rig *c) {
  for (int i = 0; i < c->count; i++)
    take_orders(c, i);
}

void cluster_run(cluster_rig *c, int64_t span) {
  int64_t until = c->now + span, next;
  settle(c);
  while ((next = next_moment(c)) <= until) {
    c->now = next;
    const cluster_delivery *first = g_queue_peek_head(&c->under_way);
    if (first != NULL && first->at <= c->now)
      deliver(c);
    else if (c->beat_at <= c->now)
      beat(c);
    for (int i = 0; i < c->count; i++) {
      if (c->up[i] && rj_server_deadline(c->rigs[i].server) <= c->now) {
        rj_server_wake(cluster_at(c, i)->server, c->now);
        write_all(c, i);
      }
    }
    settle(c);
  }
  c->now = until;
  for (int i = 0; i < c->count; i++)
    c->rigs[i].now = until;
  fake_clock = until;
}

/* ------------------------------------------------------------------ members */

rj_control cluster_request(cluster_rig *c, uint32_t uid) {
  rj_control message = rig_join_request("demo", uid, 1);
  rj_random_fill(&c->chance, message.body.join_request.join_id,
                 sizeof message.body.join_request.join_id);
  return message;
}

static void word(cluster_member *member, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void word(cluster_member *member, const char *format, ...) {
  va_list arguments;
  if (member->told->len > 0)
    g_string_append_c(member->told, ' ');
  va_start(arguments, format);
  g_string_append_vprintf(member->told, format, arguments);
  va_end(arguments);
}

/* As a client does (P-10): whom the edge names is there; whom it does not name left, if the edge says how
 * or has known the channel for long enough, and else is kept for a while. */
static void take_roster(cluster_rig *c, cluster_member *member, const rejoin_RosterPage *page,
                        int64_t at) {
  if (page->first && member->moved) {
    GHashTableIter walk;
    gpointer key;
    g_hash_table_iter_init(&walk, member->seen);
    while (g_hash_table_iter_next(&walk, &key, NULL))
      g_hash_table_add(member->held, key);
    member->held_until = at - page->edge_age_ms * MS + c->timers.offline;
  }
  for (size_t i = 0; i < page->members_count; i++) {
    gpointer uid = GUINT_TO_POINTER(page->members[i]);
    g_hash_table_remove(member->held, uid);
    if (g_hash_table_add(member->seen, uid) && member->moved)
      word(member, "+%u", page->members[i]);
  }
  for (size_t i = 0; i < page->departed_count; i++) {
    gpointer uid = GUINT_TO_POINTER(page->departed[i].uid);
    if (g_hash_table_remove(member->held, uid) && g_hash_table_remove(member->seen, uid))
      word(member, "-%u:%u", page->departed[i].uid, page->departed[i].reason);
  }
}

static void drop_held(cluster_rig *c, cluster_member *member) {
  if (c->now < member->held_until)
    return;
  GHashTableIter walk;
  gpointer key;
  g_hash_table_iter_init(&walk, member->held);
  while (g_hash_table_iter_next(&walk, &key, NULL)) {
    g_hash_table_remove(member->seen, key);
    word(member, "-%u:1", GPOINTER_TO_UINT(key));
  }
  g_hash_table_remove_all(member->held);
}

static void take_stream(cluster_member *member, const rejoin_StreamMessage *m) {
  gpointer key = GUINT_TO_POINTER(m->uid * 8 + m->stream);
  const uint64_t *heard = g_hash_table_lookup(member->streams, key);
  uint64_t last = heard != NULL ? *heard : 0;
  if (m->sequence <= last)
    return; /* a repetition, which a client drops */
  if (last > 0 && m->sequence > last + 1)
    word(member, "missed:%" G_GUINT64_FORMAT, m->sequence - last - 1);
  g_hash_table_insert(member->streams, key, g_memdup2(&m->sequence, sizeof m->sequence));
  word(member, "%u:%" G_GUINT64_FORMAT ":%.*s", m->uid, m->sequence, (int)m->data.size,
       (const char *)m->data.bytes);
}

void cluster_listen(cluster_rig *c, cluster_member *member) {
  if (member->edge < 0 || c->careless)
    return;
  cluster_at(c, member->edge);
  fake_sent sent;
  while (rig_next(member->peer, &sent)) {
    uint32_t uid;
    switch (sent.message.which_body) {
    case rejoin_Control_roster_page_tag:
      take_roster(c, member, &sent.message.body.roster_page, sent.at);
      break;
    case rejoin_Control_peer_joined_tag: /* P-4: joined and offline of one peer alternate strictly */
      uid = sent.message.body.peer_joined.uid;
      if (g_hash_table_remove(member->held, GUINT_TO_POINTER(uid)))
        break;
      g_assert_true(g_hash_table_add(member->seen, GUINT_TO_POINTER(uid)));
      word(member, "+%u", uid);
      break;
    case rejoin_Control_peer_offline_tag:
      uid = sent.message.body.peer_offline.uid;
      g_hash_table_remove(member->held, GUINT_TO_POINTER(uid));
      if (!g_hash_table_remove(member->seen, GUINT_TO_POINTER(uid))) {
        g_assert_true(member->moved); /* it came and went while it was cut off */
        break;
      }
      word(member, "-%u:%u", uid, sent.message.body.peer_offline.reason);
      break;
    case rejoin_Control_peer_heard_tag:
      word(member, sent.message.body.peer_heard.interrupted ? "?%u" : "!%u",
           sent.message.body.peer_heard.uid);
      break;
    case rejoin_Control_removed_tag:
      member->removed = true;
      member->beats = false;
      member->reason = (int32_t)sent.message.body.removed.reason;
      break;
    case rejoin_Control_stream_message_tag:
      take_stream(member, &sent.message.body.stream_message);
      break;
    case rejoin_Control_stream_gap_tag:
      word(member, "gap");
      break;
    default:
      break;
    }
    g_assert_false(g_hash_table_contains(member->seen, GUINT_TO_POINTER(member->answer.uid)));
  }
  drop_held(c, member);
  if (fake_link(member->peer)->closed || fake_link(member->peer)->freed) {
    member->removed = true;
    member->beats = false;
  }
}

/* Its answer, or what it was refused with. */
static bool ask(cluster_rig *c, cluster_member *member, int edge, const rj_control *request,
                rejoin_JoinAnswer *refused) {
  rejoin_JoinAnswer answer;
  member->profile = request->body.join_request.profile;
  member->role = request->body.join_request.role;
  peer_id peer = rig_ask(cluster_at(c, edge), request, &answer);
  if (answer.uid == 0) {
    if (refused != NULL)
      *refused = answer;
    return false;
  }
  member->edge = edge;
  member->peer = peer;
  member->answer = answer;
  member->beats = true;
  member->removed = false;
  cluster_listen(c, member);
  return true;
}

cluster_member *cluster_ask(cluster_rig *c, int edge, const rj_control *request,
                            rejoin_JoinAnswer *refused) {
  cluster_member *member = g_new0(cluster_member, 1);
  member->seen = g_hash_table_new(NULL, NULL);
  member->held = g_hash_table_new(NULL, NULL);
  member->streams = g_hash_table_new_full(NULL, NULL, NULL, g_free);
  member->told = g_string_new(NULL);
  member->edge = -1;
  g_ptr_array_add(c->members, member);
  return ask(c, member, edge, request, refused) ? member : NULL;
}

cluster_member *cluster_join(cluster_rig *c, int edge, uint32_t uid) {
  rj_control request = cluster_request(c, uid);
  cluster_member *member = cluster_ask(c, edge, &request, NULL);
  g_assert_nonnull(member);
  return member;
}

bool cluster_move(cluster_rig *c, cluster_member *member, int edge, rejoin_JoinAnswer *refused) {
  rj_control request = cluster_request(c, member->answer.uid);
  rejoin_JoinRequest *join = &request.body.join_request;
  join->attempt = 2;
  join->has_resume = true;
  join->resume.session = member->answer.session;
  join->resume.joined_at = member->answer.joined_at;
  join->resume.role = ROLE_BROADCASTER;
  join->profile = member->profile;
  join->role = member->role;
  memcpy(join->resume.secret, member->answer.secret, sizeof join->resume.secret);
  if (member->edge >= 0)
    cluster_listen(c, member);
  member->moved = true;
  return ask(c, member, edge, &request, refused);
}

void cluster_leave(cluster_rig *c, cluster_member *member) {
  rj_control goodbye = rig_goodbye(member->answer.session);
  member->beats = false;
  if (member->edge >= 0 && !fake_link((cluster_at(c, member->edge), member->peer))->closed)
    rig_say(cluster_at(c, member->edge), member->peer, &goodbye);
}

void cluster_send(cluster_rig *c, cluster_member *member, uint64_t number, const char *text) {
  rj_control message = {.which_body = rejoin_Control_stream_message_tag};
  rejoin_StreamMessage *m = &message.body.stream_message;
  m->stream = 1;
  m->number = m->sequence = number;
  m->stay = 77;
  m->data.size = (pb_size_t)strlen(text);
  memcpy(m->data.bytes, text, m->data.size);
  rig_say(cluster_at(c, member->edge), member->peer, &message);
}

static int ascending(const void *a, const void *b) {
  uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  return one < other ? -1 : one > other;
}

static char *text_of(uint32_t *uids, size_t count) {
  qsort(uids, count, sizeof *uids, ascending);
  GString *text = g_string_new(NULL);
  for (size_t i = 0; i < count; i++)
    g_string_append_printf(text, "%s%u", i > 0 ? " " : "", uids[i]);
  return g_string_free(text, FALSE);
}

char *cluster_seen(cluster_rig *c, cluster_member *member) {
  cluster_listen(c, member);
  uint32_t uids[256];
  size_t count = 0;
  GHashTableIter walk;
  gpointer key;
  g_hash_table_iter_init(&walk, member->seen);
  while (g_hash_table_iter_next(&walk, &key, NULL))
    uids[count++] = GPOINTER_TO_UINT(key);
  return text_of(uids, count);
}

char *cluster_everywhere(cluster_rig *c, int edge) {
  uint32_t uids[256];
  size_t count = rj_server_members_everywhere(c->rigs[edge].server, NULL, "demo", uids, 256);
  g_assert_cmpuint(count, <=, 256);
  return text_of(uids, count);
}
