/* Administration over HTTP in a build without libsoup: whoever asks for it is told. */
#include <glib.h>

#include "edge/program/http/http.h"

rj_http *rj_http_new(const rj_http_options *options, char **error) {
  if (options->listen != NULL || options->webhook_url != NULL)
    *error = g_strdup_printf(
        "%s: this rejoin-edge was built without libsoup and json-glib, so it has no "
        "administration over HTTP and no webhooks",
        options->listen != NULL ? "http" : "webhooks");
  return NULL;
}

bool rj_http_check(const rj_http_options *options, char **error) {
  (void)rj_http_new(options, error);
  return *error == NULL;
}

rj_observer rj_http_observer(rj_http *http) {
  (void)http;
  return (rj_observer){0};
}

void rj_http_start(rj_http *http, rj_runtime *runtime, rj_edge *edge) {
  (void)http, (void)runtime, (void)edge;
}

void rj_http_stop(rj_http *http) {
  (void)http;
}

void rj_http_free(rj_http *http) {
  (void)http;
}

const char *rj_http_url(const rj_http *http) {
  (void)http;
  return NULL;
}

const char *rj_http_token_path(const rj_http *http) {
  (void)http;
  return NULL;
}
