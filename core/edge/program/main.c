/* rejoin-edge: starts an edge, says where it is and what it proves itself with, and serves until a signal. */
#include <glib-unix.h>
#include <glib.h>
#include <locale.h>
#include <rejoin/rejoin.h>
#include <signal.h>
#include <stdio.h>

#include "abi/handles.h"
#include "edge/program/command_line.h"
#include "edge/program/config_file.h"
#include "edge/program/control_client.h"
#include "edge/program/control_server.h"
#include "edge/program/http/http.h"
#include "edge/program/program_log.h"
#include "edge/program/settings.h"

static int fail(const char *origin, const char *text) {
  fprintf(stderr, "rejoin-edge: %s%s\n", origin, text);
  return 1;
}

/* ------------------------------------------------------------------ settings */

static void replace(char **value, const char *given) {
  if (given == NULL)
    return;
  g_free(*value);
  *value = g_strdup(given);
}

/* The command line goes before the config file. */
static bool gather_settings(const rj_program_arguments *arguments, rj_program_settings *settings,
                            char **error) {
  if (arguments->config != NULL && !rj_program_config_read(arguments->config, settings, error))
    return false;
  replace(&settings->listen, arguments->listen);
  replace(&settings->data_dir, arguments->data_dir);
  replace(&settings->http_listen, arguments->http);
  if (arguments->listen != NULL)
    g_clear_pointer(&settings->listen_origin, g_free);
  rj_program_settings_default(settings);
  return true;
}

/* ------------------------------------------------------------------ serving */

static gboolean quit(gpointer loop) {
  g_main_loop_quit(loop);
  return G_SOURCE_CONTINUE;
}

static void serve(const rj_edge *edge, const rj_http *http) {
  GMainLoop *loop = g_main_loop_new(NULL, FALSE);
  guint terminate = g_unix_signal_add(SIGTERM, quit, loop);
  guint interrupt = g_unix_signal_add(SIGINT, quit, loop);
  printf("url %s\nfingerprint %s\n", rj_edge_url(edge), rj_edge_fingerprint(edge));
  if (rj_http_url(http) != NULL)
    printf("http %s\nhttp_token %s\n", rj_http_url(http), rj_http_token_path(http));
  puts("ready");
  fflush(stdout);
  g_main_loop_run(loop);
  g_source_remove(terminate);
  g_source_remove(interrupt);
  g_main_loop_unref(loop);
}

/* Without its control socket an edge serves all the same. */
static rj_program_control *start_control(rj_runtime *runtime, rj_edge *edge, const char *data_dir) {
  char *error = NULL;
  rj_program_control *control = rj_program_control_start(runtime, edge, data_dir, &error);
  if (control == NULL)
    g_warning("no control commands: %s", error);
  g_free(error);
  return control;
}

/* NULL, and *error is set: it was asked for and cannot be. */
static rj_http *open_http(const rj_program_settings *settings, char **error) {
  const rj_http_options options = {
      .listen = settings->http_listen,
      .token_file = settings->http_token_file,
      .certificate = settings->http_certificate,
      .key = settings->http_key,
      .data_dir = settings->data_dir,
      .webhook_url = settings->webhook_url,
      .webhook_secret_file = settings->webhook_secret_file,
      .webhook_events = settings->webhook_events,
      .plain = settings->http_plain,
      .metrics_open = settings->http_metrics_open,
  };
  return rj_http_new(&options, error);
}

static int run(const rj_program_settings *settings, rj_http *http) {
  const rj_edge_options options = {
      .size = sizeof options,
      .app_count = settings->app_ids->len,
      .app_ids = (const char *const *)settings->app_ids->pdata,
      .app_certificates = (const char *const *)settings->app_certificates->pdata,
      .app_second_certificates = (const char *const *)settings->app_second_certificates->pdata,
      .listen = settings->listen,
      .data_dir = settings->data_dir,
      .channel_pattern = settings->channel_pattern,
      .time_scale = settings->time_scale,
      .offline_ns = settings->offline_ns,
      .empty_channel_ns = settings->empty_channel_ns,
      .max_sessions = settings->sessions,
      .max_channel_members = settings->channel_members,
      .max_channel_broadcasters = settings->channel_broadcasters,
      .max_handshakes = settings->handshakes,
      .max_joins_per_second = settings->joins_per_second,
      .max_bad_tokens_per_minute = settings->bad_tokens_per_minute,
      .max_accepts_per_second = settings->accepts_per_second,
      .limit_loopback = settings->limit_loopback,
  };
  rj_runtime *runtime = NULL;
  rj_edge *edge = NULL;
  if (rj_runtime_new(NULL, &runtime) != RJ_OK)
    return fail("", rj_runtime_error_text(NULL));
  int status = 0;
  const rj_edge_extras extras = {.observer = rj_http_observer(http)};
  if (rj_edge_new_with(runtime, &options, &extras, &edge) == RJ_OK) {
    rj_program_control *control = start_control(runtime, edge, settings->data_dir);
    rj_http_start(http, runtime, edge);
    serve(edge, http);
    rj_http_stop(http);
    rj_program_control_stop(control);
  } else {
    const char *text = rj_runtime_error_text(runtime);
    bool is_listen = settings->listen_origin != NULL && g_str_has_prefix(text, "listen");
    status = fail(is_listen ? settings->listen_origin : "", text);
  }
  rj_edge_free(edge); /* the members hear "restarting" */
  rj_runtime_free(runtime);
  return status;
}

static int start_or_ask(const rj_program_arguments *arguments, rj_program_settings *settings) {
  char *error = NULL;
  int status = 1;
  bool gathered = gather_settings(arguments, settings, &error);
  if (gathered && arguments->control != NULL) {
    status = rj_program_control_ask(settings->data_dir, arguments->control, &error);
  } else if (gathered) {
    rj_http *http = open_http(settings, &error);
    if (error == NULL)
      status = run(settings, http);
    rj_http_free(http);
  }
  if (error != NULL)
    fail("", error);
  g_free(error);
  return status;
}

int main(int argc, char **argv) {
  rj_program_arguments arguments;
  rj_program_settings settings;
  char *error = NULL;
  int status = 0;
  setlocale(LC_ALL, ""); /* for texts; numbers are read and written as in C */
  setlocale(LC_NUMERIC, "C");
  signal(SIGPIPE, SIG_IGN); /* whoever read our output may have gone */
  rj_program_settings_init(&settings);
  if (!rj_program_arguments_read(&arguments, argc, argv, &error)) {
    status = fail("", error);
  } else if (arguments.version) {
    printf("rejoin-edge %s\n", rj_version());
  } else {
    rj_program_log_start(arguments.verbose);
    status = start_or_ask(&arguments, &settings);
  }
  g_free(error);
  rj_program_arguments_clear(&arguments);
  rj_program_settings_clear(&settings);
  return status;
}
