/* Answers: headers that all of them have, JSON, and problems that name the field and the rule. */
#include <string.h>

#include "edge/program/http/call.h"
#include "edge/program/nearest.h"

static void add_headers(rj_http_call *call) {
  SoupMessageHeaders *headers = soup_server_message_get_response_headers(call->message);
  soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace(headers, "X-Frame-Options", "DENY");
  soup_message_headers_replace(headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace(headers, "Cross-Origin-Resource-Policy", "same-origin");
  if (soup_message_headers_get_one(headers, "Content-Security-Policy") == NULL)
    soup_message_headers_replace(headers, "Content-Security-Policy",
                                 "default-src 'none'; frame-ancestors 'none'");
  if (soup_message_headers_get_one(headers, "Cache-Control") == NULL)
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
}

void rj_http_answer(rj_http_call *call, guint status, const char *type, GString *text) {
  gsize length = text->len;
  add_headers(call);
  soup_server_message_set_status(call->message, status, NULL);
  soup_server_message_set_response(call->message, type, SOUP_MEMORY_TAKE,
                                   g_string_free(text, FALSE), length);
}

void rj_http_answer_json(rj_http_call *call, guint status, GString *json) {
  rj_http_answer(call, status, "application/json", json);
}

void rj_http_answer_nothing(rj_http_call *call) {
  add_headers(call);
  soup_server_message_set_status(call->message, SOUP_STATUS_NO_CONTENT, NULL);
}

bool rj_http_problem(rj_http_call *call, guint status, const char *field, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *detail = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_text(&json, "type", "about:blank");
  rj_json_text(&json, "title", soup_status_get_phrase(status));
  rj_json_count(&json, "status", status);
  rj_json_text(&json, "detail", detail);
  rj_json_text(&json, "field", field);
  rj_json_end(&json, '}');
  g_free(detail);
  rj_http_answer(call, status, "application/problem+json", json.out);
  return false;
}

bool rj_http_problem_down(rj_http_call *call) {
  return rj_http_problem(call, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "the edge is down");
}

bool rj_http_problem_unknown(rj_http_call *call, const char *what, const char *given,
                             const char *names) {
  char **known = g_strsplit(names, " ", -1);
  guint count = *names != '\0' ? g_strv_length(known) : 0;
  const char *nearest = rj_program_nearest(given, (const char *const *)known, count);
  char *all = g_strjoinv(", ", known);
  if (nearest != NULL)
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, given,
                    "there is no %s \"%s\" here; did you mean \"%s\"?", what, given, nearest);
  else
    rj_http_problem(call, SOUP_STATUS_BAD_REQUEST, given, "there is no %s \"%s\" here; there %s %s",
                    what, given, count == 1 ? "is" : "are", count > 0 ? all : "none");
  g_free(all);
  g_strfreev(known);
  return false;
}
