/* Kicks over HTTP, with the fields and the rules of SPEC section 9. */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "client/rules.h"
#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

static const double kick_max_seconds = 86400;

static void add_kick(rj_json *json, const char *key, const rj_http *http,
                     const rj_kick_info *kick) {
  int64_t now = rj_runtime_now(http->runtime);
  char id[24];
  g_snprintf(id, sizeof id, "%" PRIu64, kick->id);
  rj_json_begin(json, key, '{');
  rj_json_text(json, "id", id);
  rj_json_text(json, "app", kick->app_id);
  rj_json_text(json, "channel", *kick->channel != '\0' ? kick->channel : NULL);
  if (kick->uid != 0)
    rj_json_count(json, "uid", kick->uid);
  else
    rj_json_null(json, "uid");
  rj_json_text(json, "ip", *kick->ip != '\0' ? kick->ip : NULL);
  rj_json_whole(json, "ends_at", (kick->until_ns + rj_http_wall(http)) / RJ_MILLISECOND);
  rj_json_ms(json, "left_ms", rj_later(kick->until_ns - now, 0));
  rj_json_end(json, '}');
}

/* The kick with the least id above `after`; id 0: there is none. */
static rj_kick_info next_kick(const rj_http *http, uint64_t after) {
  rj_kick_info kick = {.size = sizeof kick};
  if (rj_edge_next_kick(http->edge, after, &kick) != 1)
    kick.id = 0;
  return kick;
}

static void answer_kick(rj_http_call *call, uint64_t id) {
  rj_kick_info kick = next_kick(call->http, id - 1);
  if (kick.id != id) {
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "id",
                    "there is no kick %" PRIu64 ", or it is over", id);
    return;
  }
  rj_json json = {.out = g_string_new(NULL)};
  add_kick(&json, NULL, call->http, &kick);
  rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
}

static bool take_id(rj_http_call *call, uint64_t *id) {
  guint64 number = 0;
  if (!g_ascii_string_to_unsigned(call->parts[0], 10, 1, G_MAXUINT64, &number, NULL))
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "id",
                           "id is \"%.100s\"; it must be a kick's id, a whole number from 1 on",
                           call->parts[0]);
  *id = number;
  return true;
}

/* ------------------------------------------------------------------ one */

void rj_http_get_kick(rj_http_call *call) {
  uint64_t id = 0;
  if (take_id(call, &id))
    answer_kick(call, id);
}

void rj_http_patch_kick(rj_http_call *call) {
  uint64_t id = 0;
  int64_t lasts = 0;
  if (!take_id(call, &id) || !rj_http_body_seconds(call, "seconds", true, kick_max_seconds, &lasts))
    return;
  if (lasts == 0)
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "seconds",
                    "seconds is missing: for how long the kick is to last from now on");
  else if (rj_edge_change_kick(call->http->edge, id, lasts) == RJ_OK)
    answer_kick(call, id);
  else
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "id",
                    "there is no kick %" PRIu64 ", or it is over", id);
}

void rj_http_delete_kick(rj_http_call *call) {
  uint64_t id = 0;
  if (!take_id(call, &id))
    return;
  if (rj_edge_change_kick(call->http->edge, id, 0) == RJ_OK)
    rj_http_answer_nothing(call);
  else
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, "id",
                    "there is no kick %" PRIu64 ", or it is over", id);
}

/* ------------------------------------------------------------------ a new one */

static bool is_named_well(rj_http_call *call, const rj_kick *kick) {
  char text[RJ_RULE_TEXT_SIZE];
  rj_address host;
  if (kick->channel == NULL && kick->uid == 0 && kick->ip == NULL)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL,
                           "none of channel, uid and ip is given; a kick names at least one (A-1)");
  if (rj_rule_app_id(kick->app_id, text) != 0)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "app", "%s", text);
  if (kick->channel != NULL && rj_rule_channel(kick->channel, text) != 0)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "channel", "%s", text);
  if (kick->ip != NULL && !rj_kick_host_parse(kick->ip, &host))
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "ip",
                           "ip is \"%.100s\"; it must be a numeric address without a port",
                           kick->ip);
  return true;
}

static void answer_new(rj_http_call *call, uint64_t id, int32_t removed) {
  rj_kick_info kick = next_kick(call->http, id - 1);
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_whole(&json, "removed", removed);
  if (id != 0 && kick.id == id) {
    char *place = g_strdup_printf("/v1/kicks/%" PRIu64, id);
    soup_message_headers_replace(soup_server_message_get_response_headers(call->message),
                                 "Location", place);
    g_free(place);
    add_kick(&json, "kick", call->http, &kick);
  } else {
    rj_json_null(&json, "kick");
  }
  rj_json_end(&json, '}');
  rj_http_answer_json(call, id != 0 ? SOUP_STATUS_CREATED : SOUP_STATUS_OK, json.out);
}

void rj_http_post_kick(rj_http_call *call) {
  uint64_t uid = 0, id = 0;
  rj_kick kick = {.size = sizeof kick, .duration_ns = RJ_KICK_DEFAULT};
  if (!rj_http_body_text(call, "app", &kick.app_id) ||
      !rj_http_body_text(call, "channel", &kick.channel) ||
      !rj_http_body_text(call, "ip", &kick.ip) ||
      !rj_http_body_whole(call, "uid", 1, UINT32_MAX, &uid) ||
      !rj_http_body_seconds(call, "seconds", false, kick_max_seconds, &kick.duration_ns))
    return;
  kick.uid = (uint32_t)uid;
  if (!is_named_well(call, &kick))
    return;
  int32_t removed = rj_edge_kick(call->http->edge, &kick, &id);
  if (removed < 0)
    rj_http_problem(call, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "%s",
                    rj_edge_error_text(call->http->edge));
  else
    answer_new(call, id, removed);
}

/* ------------------------------------------------------------------ the list */

typedef struct {
  const char *app_id, *channel, *ip; /* NULL: any */
  uint32_t uid;
} wanted;

static bool fits(const rj_kick_info *kick, const wanted *w) {
  return (w->app_id == NULL || strcmp(kick->app_id, w->app_id) == 0) &&
         (w->channel == NULL || strcmp(kick->channel, w->channel) == 0) &&
         (w->ip == NULL || strcmp(kick->ip, w->ip) == 0) && (w->uid == 0 || kick->uid == w->uid);
}

/* The address as the list of kicks writes it. */
static bool take_ip(rj_http_call *call, char text[RJ_ADDRESS_TEXT_SIZE], const char **ip) {
  const char *given = rj_http_query(call, "ip");
  rj_address host;
  *ip = NULL;
  if (given == NULL)
    return true;
  if (!rj_kick_host_parse(given, &host))
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "ip",
                           "ip is \"%.100s\"; it must be a numeric address without a port", given);
  *ip = rj_kick_host_text(&host, text);
  return true;
}

static void write_list(rj_http_call *call, const wanted *w, uint64_t after, uint64_t limit) {
  rj_json json = {.out = g_string_new(NULL)};
  bool ended = false;
  rj_json_begin(&json, NULL, '{');
  rj_json_begin(&json, "kicks", '[');
  for (int looks = 1; limit > 0 && looks <= RJ_HTTP_KICKS_LOOKS && !ended; looks++) {
    rj_kick_info kick = next_kick(call->http, after);
    ended = kick.id == 0;
    if (ended)
      break;
    after = kick.id;
    if (fits(&kick, w)) {
      add_kick(&json, NULL, call->http, &kick);
      limit--;
    }
    if (looks % RJ_HTTP_KICKS_HOLD == 0)
      g_usleep(100); /* so that the loop, too, gets the host */
  }
  rj_json_end(&json, ']');
  char next[24];
  g_snprintf(next, sizeof next, "%" PRIu64, after);
  rj_json_text(&json, "next", ended ? NULL : next);
  rj_json_whole(&json, "now", g_get_real_time() / 1000);
  rj_json_end(&json, '}');
  rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
}

void rj_http_get_kicks(rj_http_call *call) {
  wanted w = {0};
  char ip[RJ_ADDRESS_TEXT_SIZE];
  uint64_t after, limit;
  if (rj_http_query_names(call, &w.app_id, &w.channel, &w.uid) && take_ip(call, ip, &w.ip) &&
      rj_http_query_whole(call, "after", 0, G_MAXUINT64, 0, &after) &&
      rj_http_query_whole(call, "limit", 1, RJ_HTTP_PAGE, RJ_HTTP_PAGE_DEFAULT, &limit))
    write_list(call, &w, after, limit);
}
