/* Pages of lists: cursors as opaque text, and what is common to all lists. */
#include <string.h>

#include "base/time.h"
#include "client/rules.h"
#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

/* app id, channel and uid as lines, in URL-safe base64: none of the names has a newline. */
char *rj_http_cursor_text(const rj_inspect_cursor *cursor) {
  char *plain = g_strdup_printf("%s\n%s\n%u", cursor->app_id, cursor->channel, cursor->uid);
  char *text = g_base64_encode((const guchar *)plain, strlen(plain));
  g_strdelimit(text, "+", '-');
  g_strdelimit(text, "/", '_');
  text[strcspn(text, "=")] = '\0';
  g_free(plain);
  return text;
}

static char *decoded(const char *text) {
  size_t length = strlen(text);
  if (length == 0 || length > 4 * (RJ_APP_ID_MAX + RJ_CHANNEL_MAX) ||
      strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != length)
    return NULL;
  char *padded = g_strdup_printf("%s%.*s", text, (int)((4 - length % 4) % 4), "===");
  g_strdelimit(padded, "-", '+');
  g_strdelimit(padded, "_", '/');
  gsize plain_length;
  guchar *bytes = g_base64_decode(padded, &plain_length);
  char *plain = g_strndup((const char *)bytes, plain_length);
  bool is_text = strlen(plain) == plain_length;
  g_free(bytes);
  g_free(padded);
  if (!is_text)
    g_clear_pointer(&plain, g_free);
  return plain;
}

bool rj_http_cursor_parse(const char *text, rj_inspect_cursor *out) {
  char *plain = decoded(text);
  char **lines = plain != NULL ? g_strsplit(plain, "\n", -1) : NULL;
  guint64 uid = 0;
  bool is_cursor = lines != NULL && g_strv_length(lines) == 3 &&
                   strlen(lines[0]) <= RJ_APP_ID_MAX && strlen(lines[1]) <= RJ_CHANNEL_MAX &&
                   g_ascii_string_to_unsigned(lines[2], 10, 0, UINT32_MAX, &uid, NULL);
  if (is_cursor) {
    *out = (rj_inspect_cursor){.uid = (uint32_t)uid, .begun = true};
    g_strlcpy(out->app_id, lines[0], sizeof out->app_id);
    g_strlcpy(out->channel, lines[1], sizeof out->channel);
  }
  g_strfreev(lines);
  g_free(plain);
  return is_cursor;
}

bool rj_http_take_page(rj_http_call *call, rj_inspect_cursor *cursor, uint64_t *limit) {
  const char *after = rj_http_query(call, "after");
  *cursor = (rj_inspect_cursor){0};
  if (after != NULL && !rj_http_cursor_parse(after, cursor))
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "after",
                           "after is \"%.100s\"; it must be the next of an earlier answer", after);
  return rj_http_query_whole(call, "limit", 1, RJ_HTTP_PAGE, RJ_HTTP_PAGE_DEFAULT, limit);
}

void rj_http_end_page(rj_http_call *call, rj_json *json, const rj_inspect_cursor *cursor) {
  char *next = cursor->ended ? NULL : rj_http_cursor_text(cursor);
  rj_json_text(json, "next", next);
  rj_json_whole(json, "now", g_get_real_time() / 1000);
  rj_json_end(json, '}');
  g_free(next);
  rj_http_answer_json(call, SOUP_STATUS_OK, json->out);
}

bool rj_http_take_channel(rj_http_call *call, const char **app_id, const char **channel) {
  char text[RJ_RULE_TEXT_SIZE];
  *app_id = strcmp(call->parts[0], "-") == 0 ? "" : call->parts[0];
  *channel = call->parts[1];
  if (rj_rule_app_id(*app_id, text) != 0)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "app", "%s", text);
  if (rj_rule_channel(*channel, text) != 0)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, "channel", "%s", text);
  return true;
}

bool rj_http_has_part(const char *text, const char *part) {
  char *lower = g_ascii_strdown(text, -1);
  bool has = strstr(lower, part) != NULL;
  g_free(lower);
  return has;
}
