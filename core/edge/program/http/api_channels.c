/* Channels as the API shows them. */
#include <string.h>

#include "base/numbers.h"
#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

static void add_channel(rj_json *json, const rj_channel_view *c) {
  rj_json_begin(json, NULL, '{');
  rj_json_text(json, "app", c->app_id);
  rj_json_text(json, "channel", c->channel);
  rj_json_text(json, "profile",
               c->profile == PROFILE_COMMUNICATION ? "communication" : "live_broadcasting");
  rj_json_count(json, "members", c->members);
  rj_json_count(json, "visible", c->visible);
  rj_json_count(json, "silent", c->silent);
  rj_json_end(json, '}');
}

void rj_http_get_channel(rj_http_call *call) {
  const char *app_id, *channel;
  rj_channel_view view;
  rj_server *server;
  int64_t now;
  if (!rj_http_take_channel(call, &app_id, &channel))
    return;
  if (!rj_http_hold(call->http, &server, &now)) {
    rj_http_problem_down(call);
    return;
  }
  bool found = rj_inspect_channel(server, app_id, channel, &view);
  rj_http_let_go(call->http, false);
  if (!found) {
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "channel", "there is no such channel");
    return;
  }
  rj_json json = {.out = g_string_new(NULL)};
  add_channel(&json, &view);
  rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
}

static void stand_at(rj_inspect_cursor *cursor, const rj_channel_view *c) {
  *cursor = (rj_inspect_cursor){.uid = UINT32_MAX, .begun = true};
  memcpy(cursor->app_id, c->app_id, sizeof cursor->app_id);
  memcpy(cursor->channel, c->channel, sizeof cursor->channel);
}

/* One look at the edge, and what fits of it into the page. False: the edge is down. */
static bool look(const rj_http_call *call, const rj_inspect_filter *filter, const char *part,
                 rj_inspect_cursor *cursor, uint64_t *room, rj_json *json) {
  rj_channel_view views[RJ_INSPECT_STEPS];
  rj_server *server;
  int64_t now;
  if (!rj_http_hold(call->http, &server, &now))
    return false;
  size_t capacity = part != NULL ? RJ_INSPECT_STEPS : MIN(RJ_INSPECT_STEPS, *room);
  size_t count = rj_inspect_channels(server, filter, cursor, views, capacity);
  rj_http_let_go(call->http, !cursor->ended);
  for (size_t i = 0; i < count; i++) {
    if (*room == 0) {
      stand_at(cursor, &views[i - 1]);
      break;
    }
    if (part != NULL && !rj_http_has_part(views[i].channel, part) &&
        !rj_http_has_part(views[i].app_id, part))
      continue;
    add_channel(json, &views[i]);
    (*room)--;
  }
  return true;
}

void rj_http_get_channels(rj_http_call *call) {
  rj_inspect_filter filter = {0};
  rj_inspect_cursor cursor;
  const char *search = rj_http_query(call, "search");
  uint64_t room;
  if (!rj_http_take_page(call, &cursor, &room) ||
      !rj_http_query_names(call, &filter.app_id, &filter.channel, &filter.uid))
    return;
  char *part = search != NULL && *search != '\0' ? g_ascii_strdown(search, -1) : NULL;
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_begin(&json, "channels", '[');
  bool is_up = true;
  for (int looks = 0; is_up && room > 0 && !cursor.ended && looks < RJ_HTTP_LOOKS;
       looks += RJ_INSPECT_STEPS)
    is_up = look(call, &filter, part, &cursor, &room, &json);
  rj_json_end(&json, ']');
  g_free(part);
  if (is_up) {
    rj_http_end_page(call, &json, &cursor);
  } else {
    g_string_free(json.out, TRUE);
    rj_http_problem_down(call);
  }
}
