/* Reads queries and bodies, and refuses what nobody knows, what is given twice and what breaks a rule. */
#include <math.h>
#include <string.h>

#include "base/numbers.h"
#include "client/rules.h"
#include "edge/program/http/call.h"
#include "edge/program/http/limits.h"

static bool bad(rj_http_call *call, const char *field, const char *given, const char *rule) {
  return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, field, "%s is \"%.100s\"; it must be %s",
                         field, given, rule);
}

static bool is_known(const char *names, const char *given) {
  char **known = g_strsplit(names, " ", -1);
  bool found = *given != '\0' && g_strv_contains((const char *const *)known, given);
  g_strfreev(known);
  return found;
}

/* ------------------------------------------------------------------ the query */

/* NULL: bad escapes, a NUL, or no UTF-8. */
static char *decoded(const char *text, size_t length) {
  char *copy = g_strndup(text, length);
  for (char *c = copy; *c != '\0'; c++) {
    if (*c == '+')
      *c = ' ';
  }
  char *whole = g_uri_unescape_string(copy, NULL);
  g_free(copy);
  if (whole != NULL && !g_utf8_validate(whole, -1, NULL))
    g_clear_pointer(&whole, g_free);
  return whole;
}

/* Takes both texts. */
static bool take_pair(rj_http_call *call, char *name, char *value) {
  bool taken = false;
  if (name == NULL || value == NULL)
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL,
                    "the query is not percent-encoded UTF-8 text");
  else if (!is_known(call->route->query, name))
    rj_http_problem_unknown(call, "query parameter", name, call->route->query);
  else if (g_hash_table_contains(call->query, name))
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, name, "%s is given twice", name);
  else
    taken = true;
  if (taken) {
    g_hash_table_insert(call->query, name, value);
  } else {
    g_free(name);
    g_free(value);
  }
  return taken;
}

bool rj_http_take_query(rj_http_call *call) {
  const char *query = g_uri_get_query(soup_server_message_get_uri(call->message));
  call->query = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  if (query == NULL)
    return true;
  if (strlen(query) > RJ_HTTP_QUERY)
    return rj_http_problem(call, SOUP_STATUS_REQUEST_URI_TOO_LONG, NULL,
                           "the query has %zu bytes; it has at most %d", strlen(query),
                           RJ_HTTP_QUERY);
  bool all = true;
  for (const char *at = query; all && *at != '\0';) {
    size_t length = strcspn(at, "&");
    size_t name = strcspn(at, "&=");
    const char *value = name < length ? at + name + 1 : at + length;
    if (length > 0)
      all = take_pair(call, decoded(at, name), decoded(value, (size_t)(at + length - value)));
    at += length + (at[length] == '&' ? 1 : 0);
  }
  return all;
}

const char *rj_http_query(const rj_http_call *call, const char *name) {
  return g_hash_table_lookup(call->query, name);
}

bool rj_http_query_whole(rj_http_call *call, const char *name, uint64_t least, uint64_t most,
                         uint64_t otherwise, uint64_t *out) {
  const char *given = rj_http_query(call, name);
  guint64 number = otherwise;
  if (given != NULL && !g_ascii_string_to_unsigned(given, 10, least, most, &number, NULL)) {
    char *rule = g_strdup_printf("a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                                 (guint64)least, (guint64)most);
    bad(call, name, given, rule);
    g_free(rule);
    return false;
  }
  *out = number;
  return true;
}

bool rj_http_query_bool(rj_http_call *call, const char *name, bool *out) {
  const char *given = rj_http_query(call, name);
  *out = given != NULL && strcmp(given, "true") == 0;
  if (given != NULL && !*out && strcmp(given, "false") != 0)
    return bad(call, name, given, "true or false");
  return true;
}

static bool follows_rule(rj_http_call *call, const char *field, int32_t status, const char *text) {
  return status == STATUS_OK || rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, field, "%s", text);
}

bool rj_http_query_names(rj_http_call *call, const char **app_id, const char **channel,
                         uint32_t *uid) {
  char text[RJ_RULE_TEXT_SIZE];
  uint64_t number;
  *app_id = rj_http_query(call, "app");
  *channel = rj_http_query(call, "channel");
  if ((*app_id != NULL && !follows_rule(call, "app", rj_rule_app_id(*app_id, text), text)) ||
      (*channel != NULL && !follows_rule(call, "channel", rj_rule_channel(*channel, text), text)) ||
      !rj_http_query_whole(call, "uid", 1, UINT32_MAX, 0, &number))
    return false;
  *uid = (uint32_t)number;
  return true;
}

/* ------------------------------------------------------------------ the body */

/* Our bodies are one object without anything nested. Looked at before the parser, which would go as deep as
 * it is told to. */
static bool is_flat(const char *text) {
  bool in_text = false;
  int depth = 0;
  for (const char *c = text; *c != '\0'; c++) {
    if (in_text) {
      if (*c == '\\' && c[1] != '\0')
        c++;
      else if (*c == '"')
        in_text = false;
    } else if (*c == '"') {
      in_text = true;
    } else if (*c == '[' || *c == '/' || (*c == '{' && ++depth > 1)) {
      return false;
    }
  }
  return true;
}

static bool is_json(rj_http_call *call) {
  const char *type = soup_message_headers_get_content_type(
      soup_server_message_get_request_headers(call->message), NULL);
  return type != NULL && g_ascii_strcasecmp(type, "application/json") == 0;
}

static bool knows_all_keys(rj_http_call *call) {
  GList *keys = json_object_get_members(call->body);
  bool all = true;
  for (GList *key = keys; all && key != NULL; key = key->next) {
    if (!is_known(call->route->body, key->data))
      all = rj_http_problem_unknown(call, "field", key->data, call->route->body);
  }
  g_list_free(keys);
  return all;
}

static bool parse_body(rj_http_call *call, const char *text, gsize length) {
  if (!g_utf8_validate_len(text, length, NULL))
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL, "the body is no UTF-8 text");
  char *copy = g_strstrip(g_strndup(text, length));
  bool is_object = *copy == '{' && is_flat(copy);
  JsonParser *parser = json_parser_new();
  GError *why = NULL;
  if (!is_object)
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL,
                    "the body must be one JSON object without lists or objects in it");
  else if (!json_parser_load_from_data(parser, copy, -1, &why))
    is_object = rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL, "the body is no JSON: %s",
                                why->message);
  JsonNode *root = is_object ? json_parser_get_root(parser) : NULL;
  if (is_object && (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)))
    is_object =
        rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL, "the body must be one JSON object");
  if (is_object)
    call->body = json_object_ref(json_node_get_object(root));
  g_clear_error(&why);
  g_object_unref(parser);
  g_free(copy);
  return is_object && knows_all_keys(call);
}

bool rj_http_take_body(rj_http_call *call) {
  SoupMessageBody *given = soup_server_message_get_request_body(call->message);
  if (given->length == 0) {
    if (call->route->body != NULL)
      call->body = json_object_new();
    return true;
  }
  if (call->route->body == NULL)
    return rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, NULL, "%s takes no body",
                           call->route->path);
  if (!is_json(call))
    return rj_http_problem(call, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL,
                           "the body must come with Content-Type: application/json");
  GBytes *bytes = soup_message_body_flatten(given);
  gsize length;
  const char *text = g_bytes_get_data(bytes, &length);
  bool taken = parse_body(call, text, length);
  g_bytes_unref(bytes);
  return taken;
}

bool rj_http_body_has(const rj_http_call *call, const char *name) {
  return json_object_has_member(call->body, name);
}

static bool bad_value(rj_http_call *call, const char *name, const char *rule) {
  char *given = json_to_string(json_object_get_member(call->body, name), FALSE);
  rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, name, "%s is %.100s; it must be %s", name, given,
                  rule);
  g_free(given);
  return false;
}

static GType type_of(const rj_http_call *call, const char *name) {
  JsonNode *node = json_object_get_member(call->body, name);
  return JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
}

bool rj_http_body_text(rj_http_call *call, const char *name, const char **out) {
  *out = NULL;
  if (!rj_http_body_has(call, name))
    return true;
  if (type_of(call, name) != G_TYPE_STRING)
    return bad_value(call, name, "text in quotes");
  *out = json_object_get_string_member(call->body, name);
  return true;
}

bool rj_http_body_whole(rj_http_call *call, const char *name, uint64_t least, uint64_t most,
                        uint64_t *out) {
  if (!rj_http_body_has(call, name))
    return true;
  gint64 number =
      type_of(call, name) == G_TYPE_INT64 ? json_object_get_int_member(call->body, name) : -1;
  if (number < 0 || (uint64_t)number < least || (uint64_t)number > most) {
    char *rule = g_strdup_printf("a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                                 (guint64)least, (guint64)most);
    bad_value(call, name, rule);
    g_free(rule);
    return false;
  }
  *out = (uint64_t)number;
  return true;
}

bool rj_http_body_seconds(rj_http_call *call, const char *name, bool above_zero, double most,
                          int64_t *out) {
  if (!rj_http_body_has(call, name))
    return true;
  GType type = type_of(call, name);
  bool is_number = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
  double seconds = is_number ? json_object_get_double_member(call->body, name) : -1;
  int64_t ns = seconds >= 0 && seconds <= most ? (int64_t)(seconds * 1e9 + 0.5) : -1;
  if (ns < 0 || (above_zero && ns == 0)) {
    char *rule = above_zero
                     ? g_strdup_printf("a number above 0, at most %.0f; DELETE ends it", most)
                     : g_strdup_printf("a number from 0 to %.0f", most);
    bad_value(call, name, rule);
    g_free(rule);
    return false;
  }
  *out = ns;
  return true;
}
