/* Virtual time, a network of one cable, an edge that answers by script, and the log of what the app was told. */
#include "client/world.h"

#include <string.h>

/* ---- the agenda ---- */

typedef enum { HANDSHAKE, UP, FLUSH_UP, FLUSH_DOWN, AT_EDGE, AT_MEMBER, ACKNOWLEDGE, PROOF } what;

typedef struct {
  int64_t at;
  uint64_t order;
  what what;
  rj_link *link;
  rj_control *message; /* AT_EDGE (NULL: a beat), AT_MEMBER; owned */
} item;

static const int64_t one_way = ONE_WAY_MS * RJ_MILLISECOND;
static const int64_t retry = 100 * RJ_MILLISECOND; /* what a cut cable delays is sent again */

static gint compare(gconstpointer a, gconstpointer b, gpointer user) {
  (void)user;
  const item *x = a, *y = b;
  if (x->at != y->at)
    return x->at < y->at ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

static void plan(world *w, int64_t at, what what_, rj_link *link, rj_control *message) {
  item *i = g_new0(item, 1);
  *i = (item){at, w->agenda_order++, what_, link, message};
  g_queue_insert_sorted(w->agenda, i, compare, NULL);
}

static void item_free(gpointer data) {
  item *i = data;
  g_free(i->message);
  g_free(i);
}

/* ---- the edge ---- */

static void feed(world *w, rj_link *link) {
  rj_member_feed(w->member, &link->path, (const uint8_t *)&link->id, sizeof link->id, w->now);
  world_pump(w);
}

static void edge_says(world *w, rj_link *link, const rj_control *message) {
  g_queue_push_tail(link->stream_down, g_memdup2(message, sizeof *message));
  if (!link->flushing_down) {
    link->flushing_down = true;
    plan(w, w->now, FLUSH_DOWN, link, NULL);
  }
}

static void edge_sends_pages(world *w, rj_link *link, uint32_t number) {
  guint sent = 0;
  bool first = true;
  do {
    rj_control message = {.which_body = rejoin_Control_roster_page_tag};
    rejoin_RosterPage *page = &message.body.roster_page;
    page->number = number;
    page->first = first;
    page->edge_age_ms = w->edge_age_ms;
    for (; page->members_count < RJ_ROSTER_PAGE && sent < w->roster->len; sent++)
      page->members[page->members_count++] = g_array_index(w->roster, uint32_t, sent);
    page->last = sent == w->roster->len;
    for (guint i = 0; page->last && i < w->departed->len; i++)
      page->departed[page->departed_count++] = g_array_index(w->departed, rejoin_Departure, i);
    edge_says(w, link, &message);
    first = false;
  } while (sent < w->roster->len);
}

static void edge_answers(world *w, rj_link *link, const rejoin_JoinRequest *request) {
  g_ptr_array_add(w->requests, g_memdup2(request, sizeof *request));
  rj_control message = {.which_body = rejoin_Control_join_answer_tag};
  rejoin_JoinAnswer *answer = &message.body.join_answer;
  answer->attempt = request->attempt;
  switch (w->answer) {
  case ANSWER_NOTHING:
    return;
  case ANSWER_REFUSE:
    answer->reason = w->refuse_reason;
    break;
  case ANSWER_BUSY:
    answer->busy_ms = w->busy_ms;
    answer->elsewhere = w->elsewhere;
    break;
  case ANSWER_ACCEPT:
    answer->uid = request->uid != 0 ? request->uid : w->assigned_uid;
    answer->session = request->has_resume ? request->resume.session : 1000 + ++w->sessions;
    answer->resumed = request->has_resume && !w->lost_state;
    answer->received = w->received;
    answer->message_number = w->message_number;
    memset(answer->secret, (int)w->requests->len, sizeof answer->secret);
    answer->joined_at = 77;
    answer->edge_age_ms = w->edge_age_ms;
    answer->privilege_ms = w->privilege_ms;
    answer->role = w->role != 0 ? w->role : request->role;
    answer->edge_id = 5;
    break;
  }
  answer->has_neighbours = w->hands_out;
  answer->neighbours = w->neighbours;
  edge_says(w, link, &message);
  if (w->answer == ANSWER_ACCEPT && !w->no_pages)
    edge_sends_pages(w, link, 0);
}

static bool is_named(const char *const names[RJ_URLS_MAX], const rj_link *link) {
  for (size_t i = 0; i < RJ_URLS_MAX && names[i] != NULL; i++) {
    if (strcmp(names[i], link->server_name) == 0)
      return true;
  }
  return false;
}

static void edge_hears(world *w, rj_link *link, const rj_control *message) {
  rj_control answer = {0};
  switch (message->which_body) {
  case rejoin_Control_join_request_tag:
    edge_answers(w, link, &message->body.join_request);
    return;
  case rejoin_Control_goodbye_tag:
    g_array_append_val(w->goodbyes, message->body.goodbye.session);
    return;
  case rejoin_Control_roster_request_tag:
    if (!w->no_pages)
      edge_sends_pages(w, link, message->body.roster_request.number);
    break;
  case rejoin_Control_renew_token_tag:
    answer.which_body = rejoin_Control_renew_answer_tag;
    answer.body.renew_answer.number = message->body.renew_token.number;
    answer.body.renew_answer.code = w->renew_code;
    answer.body.renew_answer.privilege_ms = w->privilege_ms;
    edge_says(w, link, &answer);
    break;
  case rejoin_Control_set_role_tag:
    answer.which_body = rejoin_Control_role_answer_tag;
    answer.body.role_answer.number = message->body.set_role.number;
    answer.body.role_answer.reason = w->role_reason;
    answer.body.role_answer.role = message->body.set_role.role;
    edge_says(w, link, &answer);
    break;
  case rejoin_Control_stream_message_tag:
    w->received = MAX(w->received, message->body.stream_message.number);
    break;
  default:
    g_error("a member does not send this: %d", message->which_body);
  }
  g_ptr_array_add(w->others, g_memdup2(message, sizeof *message));
}

/* ---- the network ---- */

/* Streams arrive whole and in order as soon as the cable is whole; a beat that meets a cut is gone. */
static void run_item(world *w, item *i) {
  rj_link *link = i->link;
  rj_control *message;
  switch (i->what) {
  case HANDSHAKE:
    if (link->freed || link->closed)
      break;
    if (w->cut_up || w->cut_down || is_named(w->dead, link))
      plan(w, w->now + retry, HANDSHAKE, link, NULL);
    else
      plan(w, w->now + 2 * one_way, UP, link, NULL);
    break;
  case UP:
    if (link->freed || link->closed)
      break;
    if (is_named(w->unlike, link)) {
      fake_push(link, &(rj_link_event){.kind = RJ_LINK_CLOSED, .how = RJ_CLOSED_CERTIFICATE});
      feed(w, link);
      break;
    }
    link->up = true;
    fake_push(link, &(rj_link_event){.kind = RJ_LINK_UP});
    feed(w, link);
    break;
  case FLUSH_UP:
    if (link->freed || link->closed)
      break; /* nobody sends it again */
    if (w->cut_up || !link->up) {
      plan(w, w->now + (link->up ? retry : MS), FLUSH_UP, link, NULL);
      break;
    }
    link->flushing_up = false;
    while ((message = g_queue_pop_head(link->stream_up)) != NULL)
      plan(w, w->now + one_way, AT_EDGE, link, message);
    break;
  case FLUSH_DOWN:
    if (w->cut_down) {
      plan(w, w->now + retry, FLUSH_DOWN, link, NULL);
      break;
    }
    link->flushing_down = false;
    while ((message = g_queue_pop_head(link->stream_down)) != NULL)
      plan(w, w->now + one_way, AT_MEMBER, link, message);
    break;
  case AT_EDGE:
    plan(w, w->now, ACKNOWLEDGE, link, i->message != NULL ? g_new0(rj_control, 1) : NULL);
    if (i->message != NULL)
      edge_hears(w, link, i->message);
    break;
  case ACKNOWLEDGE: /* with a message: of the stream, and said again until it arrives */
    if (!w->cut_down)
      plan(w, w->now + one_way, PROOF, link, g_steal_pointer(&i->message));
    else if (i->message != NULL)
      plan(w, w->now + retry, ACKNOWLEDGE, link, g_steal_pointer(&i->message));
    break;
  case AT_MEMBER:
    if (link->freed || link->closed)
      break;
    fake_push_control(link, i->message);
    feed(w, link);
    break;
  case PROOF:
    if (link->freed || link->closed)
      break;
    link->acknowledged += i->message != NULL ? 1 : 0;
    fake_push(link, &(rj_link_event){.kind = RJ_LINK_PROOF});
    feed(w, link);
    break;
  }
}

/* What the member put on a connection since the last look goes on its way. */
static void collect(world *w, rj_link *link) {
  if (!link->handshaking) {
    link->handshaking = true;
    plan(w, w->now, HANDSHAKE, link, NULL);
  }
  for (; link->collected < link->sent->len; link->collected++)
    g_queue_push_tail(link->stream_up,
                      g_memdup2(link->sent->pdata[link->collected], sizeof(rj_control)));
  if (!g_queue_is_empty(link->stream_up) && !link->flushing_up) {
    link->flushing_up = true;
    plan(w, w->now, FLUSH_UP, link, NULL);
  }
  for (; link->collected_datagrams < link->datagrams; link->collected_datagrams++) {
    if (fake_datagram_at(link, link->collected_datagrams).kind == RJ_DATAGRAM_BEAT)
      g_array_append_val(w->beats, w->now);
    if (!w->cut_up && !link->deaf)
      plan(w, w->now + one_way, AT_EDGE, link, NULL);
  }
}

void world_pump(world *w) {
  uint32_t index;
  while (rj_member_wants_address(w->member, &index)) {
    rj_address address = {.family = RJ_ADDRESS_IPV4, .port = 7443};
    address.bytes[0] = 192;
    address.bytes[3] = (uint8_t)(index + 1);
    if (w->nearby != NULL && strcmp(w->nearby, rj_member_url(w->member, index)->host) == 0)
      address.bytes[0] = 10;
    address.port = rj_member_url(w->member, index)->port;
    rj_member_set_address(w->member, index, w->resolves ? &address : NULL, w->now);
  }
  uint8_t buffer[RJ_DATAGRAM_BUFFER];
  rj_datagram out = {.data = buffer, .capacity = sizeof buffer};
  while (rj_member_write(w->member, &out, w->now)) {
  }
  for (guint i = 0; i < w->port->links->len; i++) {
    rj_link *link = w->port->links->pdata[i];
    collect(w, link);
  }
}

/* ---- time ---- */

void world_run_until(world *w, int64_t until) {
  world_start(w);
  for (int rounds = 0;; rounds++) {
    g_assert_cmpint(rounds, <, 1000000);
    item *first = g_queue_peek_head(w->agenda);
    int64_t deadline = rj_member_deadline(w->member);
    int64_t next = first != NULL ? rj_earlier(first->at, deadline) : deadline;
    if (next > until)
      break;
    w->now = rj_later(w->now, next);
    /* same instant: packets first, then timers (SPEC section 2) */
    if (first != NULL && first->at <= w->now) {
      g_queue_pop_head(w->agenda);
      run_item(w, first);
      item_free(first);
      continue;
    }
    rj_member_wake(w->member, w->now);
    world_pump(w);
  }
  w->now = until;
}

void world_run(world *w, int64_t span) {
  world_run_until(w, w->now + span);
}

void world_sleep(world *w, int64_t span) {
  w->now += span;
  rj_member_wake(w->member, w->now);
  world_pump(w);
}

/* ---- the log ---- */

static void push(void *user, const rj_event_record *event) {
  world *w = user;
  rj_event_record *copy = g_memdup2(event, sizeof *event);
  copy->text = event->data != NULL ? g_strndup((const char *)event->data, event->data_length)
                                   : g_strdup(event->text);
  g_ptr_array_add(w->events, copy);
}

static void event_free(gpointer data) {
  rj_event_record *event = data;
  g_free((void *)event->text);
  g_free(event);
}

static void append_time(GString *out, int64_t time) {
  int64_t ns = time % MS;
  g_string_append_printf(out, "%" G_GINT64_FORMAT, time / MS);
  if (ns != 0)
    g_string_append_printf(out, "+%" G_GINT64_FORMAT, ns);
}

static void append_event(GString *out, const rj_event_record *e, int64_t since) {
  append_time(out, e->time - since);
  g_string_append_printf(out, " %s", rj_number_name(RJ_GROUP_EVENT, e->kind));
  switch (e->kind) {
  case EVENT_CONNECTION_CHANGED:
    g_string_append_printf(out, " %d>%d %d", e->old_state, e->state, e->reason);
    break;
  case EVENT_DID_JOIN_CHANNEL:
  case EVENT_DID_REJOIN_CHANNEL:
    g_string_append_printf(out, " %s %u ", e->text, e->uid);
    append_time(out, e->elapsed);
    break;
  case EVENT_USER_JOINED:
    g_string_append_printf(out, " %u ", e->uid);
    append_time(out, e->elapsed);
    break;
  case EVENT_USER_OFFLINE:
    g_string_append_printf(out, " %u %d", e->uid, e->reason);
    break;
  case EVENT_USER_INTERRUPTED:
  case EVENT_USER_RESUMED:
    g_string_append_printf(out, " %u", e->uid);
    break;
  case EVENT_ATTEMPT:
    g_string_append_printf(out, " %u %s", e->attempt, rj_number_name(RJ_GROUP_ATTEMPT, e->outcome));
    break;
  case EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE:
    g_string_append_printf(out, " %s", e->text);
    break;
  case EVENT_RENEW_TOKEN_RESULT:
    g_string_append_printf(out, " %s %d", e->text, e->code);
    break;
  case EVENT_NETWORK_CHANGED:
    g_string_append_printf(out, " %d", e->network);
    break;
  case EVENT_CLIENT_ROLE_CHANGED:
    g_string_append_printf(out, " %d>%d", e->old_role, e->role);
    break;
  case EVENT_CLIENT_ROLE_CHANGE_FAILED:
    g_string_append_printf(out, " %d %d", e->reason, e->role);
    break;
  case EVENT_STREAM_MESSAGE:
    g_string_append_printf(out, " %u %u %s", e->uid, e->stream_id, e->text);
    break;
  case EVENT_STREAM_MESSAGE_ERROR:
    g_string_append_printf(out, " %u %u %" G_GUINT64_FORMAT, e->uid, e->stream_id, e->count);
    break;
  default:
    break;
  }
  g_string_append_c(out, '\n');
}

void world_expect_since(world *w, int64_t since, const char *lines) {
  GString *log = g_string_new(NULL);
  for (guint i = 0; i < w->events->len; i++)
    append_event(log, w->events->pdata[i], since);
  world_forget(w);
  g_assert_cmpstr(log->str, ==, lines);
  g_string_free(log, TRUE);
}

void world_expect(world *w, const char *lines) {
  world_expect_since(w, 0, lines);
}

void world_forget(world *w) {
  g_ptr_array_set_size(w->events, 0);
}

/* ---- made and gone ---- */

world *world_new(void) {
  world *w = g_new0(world, 1);
  w->port = fake_port_new();
  w->resolves = true;
  w->assigned_uid = 4711;
  w->edge_age_ms = 3600000;
  w->roster = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  w->departed = g_array_new(FALSE, FALSE, sizeof(rejoin_Departure));
  w->requests = g_ptr_array_new_with_free_func(g_free);
  w->goodbyes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
  w->others = g_ptr_array_new_with_free_func(g_free);
  w->beats = g_array_new(FALSE, FALSE, sizeof(int64_t));
  w->events = g_ptr_array_new_with_free_func(event_free);
  w->agenda = g_queue_new();
  w->now = 100 * SECOND; /* a clock starts anywhere */
  rj_random_seed(&w->random, 1);
  w->entropy = (rj_entropy){rj_random_fill, &w->random};
  g_assert_true(rj_url_parse("rejoin://edge.example", &w->urls[0], NULL));
  g_assert_true(rj_url_parse("rejoin://second.example:7000", &w->urls[1], NULL));
  w->config = (rj_member_config){
      .app_id = "app",
      .role = ROLE_BROADCASTER,
      .profile = PROFILE_COMMUNICATION,
      .dialect = DIALECT_3X,
      .time_scale = 1,
      .port = w->port,
      .urls = w->urls,
      .url_count = 1,
      .entropy = &w->entropy,
      .seed = 7,
      .sink = {push, w},
  };
  rj_timers_default(&w->config.timers, 1);
  return w;
}

void world_start(world *w) {
  if (w->member != NULL)
    return;
  w->member = rj_member_new(&w->config);
  g_assert_nonnull(w->member);
}

void world_free(world *w) {
  rj_member_free(w->member);
  g_assert_cmpuint(fake_alive(w->port), ==, 0);
  g_queue_free_full(w->agenda, item_free);
  fake_port_free(w->port);
  g_array_free(w->roster, TRUE);
  g_array_free(w->departed, TRUE);
  g_ptr_array_free(w->requests, TRUE);
  g_array_free(w->goodbyes, TRUE);
  g_ptr_array_free(w->others, TRUE);
  g_array_free(w->beats, TRUE);
  g_ptr_array_free(w->events, TRUE);
  g_free(w);
}

/* ---- the app ---- */

int32_t world_join(world *w, const char *channel, uint32_t uid) {
  world_start(w);
  int32_t status = rj_member_join(w->member, NULL, channel, uid, w->now);
  world_pump(w);
  return status;
}

int32_t world_leave(world *w) {
  int32_t status = rj_member_leave(w->member, w->now);
  world_pump(w);
  return status;
}

void world_joined(world *w, uint32_t uid) {
  g_assert_cmpint(world_join(w, "demo", uid), ==, STATUS_OK);
  world_run(w, 4 * one_way);
  g_assert_cmpint(rj_member_state(w->member), ==, STATE_CONNECTED);
  world_forget(w);
}

/* ---- the network and the edge, as tests move them ---- */

void world_cut(world *w) {
  w->cut_up = w->cut_down = true;
}

void world_heal(world *w) {
  w->cut_up = w->cut_down = false;
}

rj_link *world_link(const world *w) {
  return fake_last(w->port);
}

void world_event(world *w, rj_link *link, const rj_link_event *event) {
  fake_push(link, event);
  feed(w, link);
}

void world_closed(world *w, rj_link *link, rj_closed_how how, uint64_t code) {
  world_event(w, link, &(rj_link_event){.kind = RJ_LINK_CLOSED, .how = how, .code = code});
}

void world_say(world *w, rj_link *link, const rj_control *message) {
  fake_push_control(link, message);
  feed(w, link);
}

void world_peer_joined(world *w, uint32_t uid) {
  rj_control message = {.which_body = rejoin_Control_peer_joined_tag};
  message.body.peer_joined.uid = uid;
  world_say(w, world_link(w), &message);
}

void world_peer_offline(world *w, uint32_t uid, uint32_t reason) {
  rj_control message = {.which_body = rejoin_Control_peer_offline_tag};
  message.body.peer_offline.uid = uid;
  message.body.peer_offline.reason = reason;
  world_say(w, world_link(w), &message);
}

void world_removed(world *w, uint64_t session, uint32_t reason) {
  rj_control message = {.which_body = rejoin_Control_removed_tag};
  message.body.removed.session = session;
  message.body.removed.reason = reason;
  world_say(w, world_link(w), &message);
}

void world_neighbour(world *w, const char *url, uint8_t fingerprint) {
  rejoin_Neighbour *neighbour = &w->neighbours.edges[w->neighbours.edges_count++];
  *neighbour = (rejoin_Neighbour){0};
  g_strlcpy(neighbour->url, url, sizeof neighbour->url);
  if (fingerprint == 0)
    return;
  neighbour->fingerprint.size = RJ_FINGERPRINT_SIZE;
  memset(neighbour->fingerprint.bytes, fingerprint, RJ_FINGERPRINT_SIZE);
}

void world_say_neighbours(world *w, rj_link *link) {
  rj_control message = {.which_body = rejoin_Control_neighbours_tag};
  message.body.neighbours = w->neighbours;
  world_say(w, link, &message);
}

void world_set_roster(world *w, uint32_t count, const uint32_t *uids) {
  g_array_set_size(w->roster, 0);
  g_array_append_vals(w->roster, uids, count);
}

const rejoin_JoinRequest *world_request(const world *w, guint index) {
  g_assert_cmpuint(index, <, w->requests->len);
  return w->requests->pdata[index];
}

const rejoin_JoinRequest *world_last_request(const world *w) {
  g_assert_cmpuint(w->requests->len, >, 0);
  return w->requests->pdata[w->requests->len - 1];
}
