/* Members as the API shows them: lists with filters, and one alone with its history. */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

/* ------------------------------------------------------------------ one member */

static void add_link(rj_json *json, const rj_link_counters *link) {
  rj_json_ms(json, "rtt_ms", link->round_trip > 0 ? link->round_trip : -1);
  rj_json_count(json, "bytes_in", link->bytes_received);
  rj_json_count(json, "bytes_out", link->bytes_sent);
  rj_json_count(json, "packets_in", link->packets_received);
  rj_json_count(json, "packets_out", link->packets_sent);
  rj_json_count(json, "packets_lost", link->packets_lost);
}

static void add_member(rj_json *json, const rj_http *http, const rj_member_view *m,
                       bool with_history) {
  char peer[RJ_ADDRESS_TEXT_SIZE];
  rj_json_begin(json, NULL, '{');
  rj_json_text(json, "app", m->app_id);
  rj_json_text(json, "channel", m->channel);
  rj_json_count(json, "uid", m->uid);
  rj_json_id(json, "session", m->session);
  rj_json_text(json, "role", rj_role_name(m->role));
  rj_json_bool(json, "visible", m->visible);
  rj_json_text(json, "state", m->silent ? "silent" : "heard");
  rj_json_count(json, "joined_at", m->joined_at);
  rj_json_ms(json, "last_heard_ms", m->unheard);
  rj_json_begin(json, "outages", '{');
  rj_json_count(json, "count", m->outages);
  rj_json_ms(json, "total_ms", m->outage_total);
  rj_json_end(json, '}');
  add_link(json, &m->link);
  rj_json_text(json, "peer",
               m->peer.family != RJ_ADDRESS_NONE ? rj_address_text(&m->peer, peer) : NULL);
  rj_json_ms(json, "token_left_ms", m->token_left == RJ_NEVER ? -1 : m->token_left);
  rj_json_bool(json, "moving", m->to_move);
  if (with_history)
    rj_http_histories_write(http->histories, m->session, json, "history", rj_http_wall(http));
  rj_json_end(json, '}');
}

/* A session that ended lately: what is not known any more is null. */
static void add_ended(rj_json *json, const rj_http *http, uint64_t session,
                      const rj_http_ended *ended) {
  static const char *const unknown[] = {
      "last_heard_ms", "outages",     "rtt_ms",       "bytes_in", "bytes_out",
      "packets_in",    "packets_out", "packets_lost", "peer",     "token_left_ms"};
  int64_t wall = rj_http_wall(http);
  rj_json_begin(json, NULL, '{');
  rj_json_text(json, "app", ended->app_id);
  rj_json_text(json, "channel", ended->channel);
  rj_json_count(json, "uid", ended->uid);
  rj_json_id(json, "session", session);
  rj_json_null(json, "role");
  rj_json_bool(json, "visible", false);
  rj_json_text(json, "state", "ended");
  rj_json_whole(json, "joined_at", (ended->began + wall) / RJ_MILLISECOND);
  for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++)
    rj_json_null(json, unknown[i]);
  rj_json_bool(json, "moving", false);
  rj_http_histories_write(http->histories, session, json, "history", wall);
  rj_json_end(json, '}');
}

static void answer_member(rj_http_call *call, const rj_member_view *view) {
  rj_json json = {.out = g_string_new(NULL)};
  add_member(&json, call->http, view, true);
  rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
}

static bool parse_session(const char *text, uint64_t *session) {
  guint64 number = 0;
  bool is_id =
      strlen(text) == 16 && g_ascii_string_to_unsigned(text, 16, 0, G_MAXUINT64, &number, NULL);
  *session = number;
  return is_id;
}

void rj_http_get_member(rj_http_call *call) {
  rj_member_view view;
  rj_http_ended ended;
  rj_server *server;
  uint64_t session;
  int64_t now;
  if (!parse_session(call->parts[0], &session)) {
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "session",
                    "session is \"%.100s\"; it must be 16 hexadecimal digits", call->parts[0]);
    return;
  }
  if (!rj_http_hold(call->http, &server, &now)) {
    rj_http_problem_down(call);
    return;
  }
  bool found = rj_inspect_session(server, session, &view, now);
  rj_http_let_go(call->http, false);
  if (found) {
    answer_member(call, &view);
  } else if (rj_http_histories_ended(call->http->histories, session, &ended)) {
    rj_json json = {.out = g_string_new(NULL)};
    add_ended(&json, call->http, session, &ended);
    rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
  } else {
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "session", "there is no such session");
  }
}

void rj_http_get_channel_member(rj_http_call *call) {
  const char *app_id, *channel;
  rj_member_view view;
  rj_server *server;
  guint64 uid = 0;
  int64_t now;
  if (!rj_http_take_channel(call, &app_id, &channel))
    return;
  if (!g_ascii_string_to_unsigned(call->parts[2], 10, 1, UINT32_MAX, &uid, NULL)) {
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "uid",
                    "uid is \"%.100s\"; it must be a whole number from 1 to %u", call->parts[2],
                    UINT32_MAX);
    return;
  }
  if (!rj_http_hold(call->http, &server, &now)) {
    rj_http_problem_down(call);
    return;
  }
  bool found = rj_inspect_member(server, app_id, channel, (uint32_t)uid, &view, now);
  rj_http_let_go(call->http, false);
  if (found)
    answer_member(call, &view);
  else
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "uid", "there is no such member");
}

/* ------------------------------------------------------------------ lists */

typedef struct {
  rj_inspect_filter filter;
  char *search; /* lower case; NULL: any */
  bool with_history;
} wanted;

static bool take_state(rj_http_call *call, rj_inspect_state *state) {
  const char *given = rj_http_query(call, "state");
  *state = RJ_INSPECT_ANY;
  if (given == NULL)
    return true;
  *state = strcmp(given, "silent") == 0 ? RJ_INSPECT_SILENT : RJ_INSPECT_HEARD;
  return *state == RJ_INSPECT_SILENT || strcmp(given, "heard") == 0 ||
         rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "state",
                         "state is \"%.100s\"; it must be heard or silent", given);
}

static bool is_found(const rj_member_view *m, const char *part) {
  char peer[RJ_ADDRESS_TEXT_SIZE] = "", uid[16], session[20];
  if (part == NULL)
    return true;
  g_snprintf(uid, sizeof uid, "%" PRIu32, m->uid);
  g_snprintf(session, sizeof session, "%016" PRIx64, m->session);
  if (m->peer.family != RJ_ADDRESS_NONE)
    rj_address_text(&m->peer, peer);
  return rj_http_has_part(m->channel, part) || rj_http_has_part(m->app_id, part) ||
         strstr(uid, part) != NULL || strstr(session, part) != NULL || strstr(peer, part) != NULL;
}

static void stand_at(rj_inspect_cursor *cursor, const rj_member_view *m) {
  *cursor = (rj_inspect_cursor){.uid = m->uid, .begun = true};
  memcpy(cursor->app_id, m->app_id, sizeof cursor->app_id);
  memcpy(cursor->channel, m->channel, sizeof cursor->channel);
}

/* One look at the edge, and what fits of it into the page. False: the edge is down. */
static bool look(const rj_http_call *call, const wanted *w, rj_inspect_cursor *cursor,
                 rj_member_view *views, uint64_t *room, rj_json *json) {
  rj_server *server;
  int64_t now;
  if (!rj_http_hold(call->http, &server, &now))
    return false;
  size_t capacity = w->search != NULL ? RJ_INSPECT_STEPS : MIN(RJ_INSPECT_STEPS, *room);
  size_t count = rj_inspect_members(server, &w->filter, cursor, views, capacity, now);
  rj_http_let_go(call->http, !cursor->ended);
  for (size_t i = 0; i < count; i++) {
    if (*room == 0) {
      stand_at(cursor, &views[i - 1]);
      break;
    }
    if (!is_found(&views[i], w->search))
      continue;
    add_member(json, call->http, &views[i], w->with_history);
    (*room)--;
  }
  return true;
}

static void list(rj_http_call *call, wanted *w) {
  rj_inspect_cursor cursor;
  uint64_t room;
  const char *search = rj_http_query(call, "search");
  if (!rj_http_take_page(call, &cursor, &room) || !take_state(call, &w->filter.state) ||
      !rj_http_query_bool(call, "history", &w->with_history))
    return;
  w->search = search != NULL && *search != '\0' ? g_ascii_strdown(search, -1) : NULL;
  rj_member_view *views = g_new(rj_member_view, RJ_INSPECT_STEPS);
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_begin(&json, "members", '[');
  bool is_up = true;
  for (int looks = 0; is_up && room > 0 && !cursor.ended && looks < RJ_HTTP_LOOKS;
       looks += RJ_INSPECT_STEPS)
    is_up = look(call, w, &cursor, views, &room, &json);
  rj_json_end(&json, ']');
  if (is_up) {
    rj_http_end_page(call, &json, &cursor);
  } else {
    g_string_free(json.out, TRUE);
    rj_http_problem_down(call);
  }
  g_free(views);
  g_free(w->search);
}

void rj_http_get_members(rj_http_call *call) {
  wanted w = {0};
  if (rj_http_query_names(call, &w.filter.app_id, &w.filter.channel, &w.filter.uid))
    list(call, &w);
}

void rj_http_get_channel_members(rj_http_call *call) {
  wanted w = {0};
  const char *app_id, *channel; /* the path's are meant, not the query's, which has none */
  if (rj_http_query_names(call, &app_id, &channel, &w.filter.uid) &&
      rj_http_take_channel(call, &w.filter.app_id, &w.filter.channel))
    list(call, &w);
}
