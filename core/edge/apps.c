/* The apps that an edge serves, and what their members' tokens are held against (SPEC section 6). */
#include "edge/edge_internal.h"

#include <string.h>

#include "client/rules.h"

struct rj_app {
  char *certificates[2]; /* both NULL: testing mode */
};

static void free_app(gpointer data) {
  rj_app *app = data;
  for (size_t i = 0; i < G_N_ELEMENTS(app->certificates); i++)
    g_free(app->certificates[i]);
  g_free(app);
}

/* What is wrong with it, in words that follow its name; NULL: nothing. */
static const char *certificate_fault(const rj_server_app *app) {
  if (app->certificates[0] == NULL && app->certificates[1] != NULL)
    return "has a second certificate, but no first one";
  for (size_t i = 0; i < G_N_ELEMENTS(app->certificates); i++) {
    const char *certificate = app->certificates[i];
    if (certificate == NULL)
      continue;
    if (*certificate == '\0')
      return "has an empty certificate; without one it is in testing mode";
    if (strlen(certificate) > RJ_CERTIFICATE_MAX)
      return "has a certificate of more than 256 bytes";
    for (const char *c = certificate; *c != '\0'; c++) {
      if (!g_ascii_isprint(*c))
        return "has a certificate that is not printable ASCII";
    }
  }
  return NULL;
}

GHashTable *rj_apps_new(const rj_server_app *all, uint32_t count, char *error, size_t error_size) {
  char text[RJ_RULE_TEXT_SIZE];
  GHashTable *apps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_app);
  for (uint32_t i = 0; i < count; i++) {
    const rj_server_app *given = &all[i];
    const char *app_id = given->app_id != NULL ? given->app_id : "", *fault;
    if (rj_rule_app_id(app_id, text) != STATUS_OK) {
      g_snprintf(error, error_size, "app %" G_GUINT32_FORMAT ": %s", i + 1, text);
      goto fail;
    }
    if ((fault = certificate_fault(given)) != NULL) {
      g_snprintf(error, error_size, "app \"%s\" %s", app_id, fault);
      goto fail;
    }
    rj_app *app = g_new0(rj_app, 1);
    for (size_t j = 0; j < G_N_ELEMENTS(app->certificates); j++)
      app->certificates[j] = g_strdup(given->certificates[j]);
    g_hash_table_replace(apps, g_strdup(app_id), app);
  }
  return apps;

fail:
  g_hash_table_destroy(apps);
  return NULL;
}

bool rj_server_set_apps(rj_server *server, const rj_server_app *apps, uint32_t app_count,
                        char *error, size_t error_size) {
  GHashTable *made = app_count > 0 ? rj_apps_new(apps, app_count, error, error_size) : NULL;
  if (app_count > 0 && made == NULL)
    return false;
  if (server->apps != NULL)
    g_hash_table_destroy(server->apps);
  server->apps = made;
  return true;
}

bool rj_apps_welcome(const rj_server *server, const char *app_id) {
  char text[RJ_RULE_TEXT_SIZE];
  if (server->apps != NULL)
    return g_hash_table_contains(server->apps, app_id);
  return rj_rule_app_id(app_id, text) == STATUS_OK;
}

static const rj_app *app_with_certificate(const rj_server *server, const char *app_id) {
  const rj_app *app = server->apps != NULL ? g_hash_table_lookup(server->apps, app_id) : NULL;
  return app != NULL && app->certificates[0] != NULL ? app : NULL;
}

bool rj_apps_ignores_tokens(const rj_server *server, const char *app_id) {
  return app_with_certificate(server, app_id) == NULL;
}

rj_token_result rj_apps_check_token(const rj_server *server, const char *app_id,
                                    const char *channel, uint32_t uid, const char *token,
                                    int64_t now) {
  const rj_app *app = app_with_certificate(server, app_id);
  if (app == NULL)
    return (rj_token_result){.verdict = RJ_TOKEN_GOOD, .left = INT64_MAX};
  const rj_token_wanted wanted = {
      .app_id = app_id,
      .channel = channel,
      .uid = uid,
      .certificates = {app->certificates[0], app->certificates[1]},
      .wall = now + server->wall_offset,
  };
  return rj_token_check(token, &wanted);
}
