/* The files that are part of the program: the inspector's page, which may load nothing from elsewhere, and
 * the description of the API. */
#include <string.h>

#include "edge/program/http/assets.h"
#include "edge/program/http/call.h"

static const char page_policy[] =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/* Those that have a path of their own; all others belong to the page, and are below /inspector. */
static const struct {
  const char *path, *name;
} files[] = {{"/", "index.html"}, {"/v1/openapi.json", "openapi.json"}};

static const struct {
  const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
};

/* NULL: what is asked for is no file of the page. */
static const char *name_of(const rj_http_call *call) {
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    if (strcmp(files[i].path, call->route->path) == 0)
      return files[i].name;
  }
  g_assert(call->parts[0] != NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    if (strcmp(files[i].name, call->parts[0]) == 0)
      return NULL;
  }
  return call->parts[0];
}

static const rj_http_asset *find(const char *name) {
  for (size_t i = 0; name != NULL && i < rj_http_asset_count; i++) {
    if (strcmp(rj_http_assets[i].name, name) == 0)
      return &rj_http_assets[i];
  }
  return NULL;
}

static const char *type_of(const rj_http_asset *asset) {
  size_t i = 0;
  while (!g_str_has_suffix(asset->name, types[i].ending)) {
    i++;
    g_assert(i < G_N_ELEMENTS(types));
  }
  return types[i].type;
}

static char *tag_of(const rj_http_asset *asset) {
  char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, asset->data, asset->length);
  char *tag = g_strdup_printf("\"%.32s\"", sum);
  g_free(sum);
  return tag;
}

static bool has_it(const rj_http_call *call, const char *tag) {
  const char *known = soup_message_headers_get_list(
      soup_server_message_get_request_headers(call->message), "If-None-Match");
  return known != NULL && (strstr(known, tag) != NULL || strcmp(known, "*") == 0);
}

void rj_http_get_file(rj_http_call *call) {
  SoupMessageHeaders *headers = soup_server_message_get_response_headers(call->message);
  const rj_http_asset *asset = find(name_of(call));
  if (asset == NULL) {
    rj_http_problem(call, SOUP_STATUS_NOT_FOUND, NULL, "there is no such file");
    return;
  }
  char *tag = tag_of(asset);
  soup_message_headers_replace(headers, "ETag", tag);
  soup_message_headers_replace(headers, "Cache-Control", "no-cache");
  soup_message_headers_replace(headers, "Content-Security-Policy", page_policy);
  if (has_it(call, tag)) {
    soup_server_message_set_status(call->message, SOUP_STATUS_NOT_MODIFIED, NULL);
  } else {
    GString *text = g_string_new_len((const char *)asset->data, (gssize)asset->length);
    rj_http_answer(call, SOUP_STATUS_OK, type_of(asset), text);
  }
  g_free(tag);
}
