/* rejoin-edge: starts an edge, says where it is and what it proves itself with, and serves until a signal. */
#include <glib.h>
#include <locale.h>
#include <rejoin/rejoin.h>
#include <signal.h>
#include <stdio.h>

#include "abi/handles.h"
#include "edge/program/cluster.h"
#include "edge/program/command_line.h"
#include "edge/program/config_example.h"
#include "edge/program/control_client.h"
#include "edge/program/control_server.h"
#include "edge/program/edge_options.h"
#include "edge/program/gather.h"
#include "edge/program/http/http.h"
#include "edge/program/problems.h"
#include "edge/program/program_log.h"
#include "edge/program/serve.h"

static int fail(const char *origin, const char *text) {
  fprintf(stderr, "rejoin-edge: %s%s\n", origin, text);
  return 1;
}

static int fail_all(const GPtrArray *problems) {
  for (guint i = 0; i < problems->len; i++)
    fail("", problems->pdata[i]);
  return 1;
}

/* ------------------------------------------------------------------ serving */

/* Without its control socket an edge serves all the same. */
static rj_program_control *start_control(rj_runtime *runtime, rj_edge *edge, const char *data_dir) {
  char *error = NULL;
  rj_program_control *control = rj_program_control_start(runtime, edge, data_dir, &error);
  if (control == NULL)
    g_warning("no control commands: %s", error);
  g_free(error);
  return control;
}

static int fail_to_start(const rj_program_settings *settings, const char *text) {
  char *origin = rj_program_settings_origin(settings, "edge", "listen");
  int status = fail(g_str_has_prefix(text, "listen") ? origin : "", text);
  g_free(origin);
  return status;
}

static rj_http_options http_options(const rj_program_settings *settings) {
  return (rj_http_options){
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
}

/* Which setting a problem is about: it begins with its name, or with the file that it names. Takes the text. */
static char *http_problem(const rj_program_settings *settings, char *text) {
  const struct {
    const char *begins, *group, *key;
  } places[] = {
      {"http ", "http", "listen"},
      {"[http] certificate", "http", "certificate"},
      {"[http] key", "http", "key"},
      {"[webhooks] url", "webhooks", "url"},
      {"[webhooks] events", "webhooks", "events"},
      {settings->http_certificate, "http", "certificate"},
      {settings->http_token_file, "http", "token_file"},
      {settings->webhook_secret_file, "webhooks", "secret_file"},
  };
  size_t i = 0;
  while (i < G_N_ELEMENTS(places) &&
         (places[i].begins == NULL || !g_str_has_prefix(text, places[i].begins)))
    i++;
  char *origin = i < G_N_ELEMENTS(places)
                     ? rj_program_settings_origin(settings, places[i].group, places[i].key)
                     : g_strdup("");
  char *whole = g_strconcat(origin, text, NULL);
  g_free(origin);
  g_free(text);
  return whole;
}

static int run(const rj_program_arguments *arguments, const rj_program_settings *settings,
               rj_certificate *certificate, rj_http *http) {
  const rj_edge_options options = rj_program_edge_options(settings);
  rj_edge_extras extras = rj_program_edge_extras(settings, certificate);
  extras.observer = rj_http_observer(http);
  extras.observer.silences = true; /* each outage is logged */
  rj_runtime *runtime = NULL;
  rj_edge *edge = NULL;
  if (rj_runtime_new(NULL, &runtime) != RJ_OK)
    return fail("", rj_runtime_error_text(NULL));
  rj_program_cluster *cluster = rj_program_cluster_join(settings, &extras);
  int status = 0;
  if (rj_edge_new_with(runtime, &options, &extras, &edge) == RJ_OK) {
    rj_program_control *control = start_control(runtime, edge, settings->data_dir);
    rj_http_start(http, runtime, edge);
    rj_program_serve(&(rj_program_edge){.arguments = arguments,
                                        .started = settings,
                                        .runtime = runtime,
                                        .edge = edge,
                                        .http = http});
    rj_http_stop(http);
    rj_program_control_stop(control);
  } else {
    status = fail_to_start(settings, rj_runtime_error_text(runtime));
  }
  rj_edge_free(edge); /* the members hear "restarting" */
  rj_runtime_free(runtime);
  rj_program_cluster_leave(cluster);
  return status;
}

/* ------------------------------------------------------------------ what is to be done */

static int start(const rj_program_arguments *arguments, const rj_program_settings *settings,
                 GPtrArray *problems) {
  rj_certificate *certificate = NULL;
  if (!rj_program_read_files(settings, &certificate, problems))
    return fail_all(problems);
  rj_program_log_start();
  rj_program_log_set(&settings->log);
  const rj_http_options options = http_options(settings);
  char *error = NULL;
  rj_http *http = rj_http_new(&options, &error);
  int status = 1;
  if (error == NULL) {
    status = run(arguments, settings, certificate, http);
  } else {
    error = http_problem(settings, error);
    fail("", error);
  }
  rj_http_free(http);
  g_free(error);
  rj_program_log_stop();
  rj_certificate_release(certificate);
  return status;
}

static int ask(const rj_program_arguments *arguments, const rj_program_settings *settings) {
  char *error = NULL;
  int status = rj_program_control_ask(settings->data_dir, arguments->control, &error);
  if (error != NULL)
    status = fail("", error);
  g_free(error);
  return status;
}

/* All that is wrong is told, in the way of a compiler. */
static int check(const rj_program_arguments *arguments, const rj_program_settings *settings,
                 GPtrArray *problems) {
  rj_certificate *certificate = NULL;
  (void)rj_program_read_files(settings, &certificate, problems);
  rj_certificate_release(certificate);
  guint found = problems->len;
  rj_program_look_for_files(settings, problems);
  const rj_http_options options = http_options(settings);
  char *error = NULL;
  /* what is wrong with a file that cannot be read was said already */
  if (problems->len == found && !rj_http_check(&options, &error))
    g_ptr_array_add(problems, http_problem(settings, error));
  for (guint i = 0; i < problems->len; i++)
    printf("%s\n", (const char *)problems->pdata[i]);
  if (problems->len > 0)
    return 1;
  printf("%s: fine\n", arguments->config);
  return 0;
}

static int act(const rj_program_arguments *arguments) {
  rj_program_settings settings;
  GPtrArray *problems = rj_program_problems_new();
  rj_program_settings_init(&settings);
  bool gathered = rj_program_gather(arguments, &settings, problems);
  int status;
  if (arguments->check_config)
    status = check(arguments, &settings, problems);
  else if (!gathered)
    status = fail_all(problems);
  else if (arguments->control != NULL)
    status = ask(arguments, &settings);
  else
    status = start(arguments, &settings, problems);
  rj_program_settings_clear(&settings);
  g_ptr_array_free(problems, TRUE);
  return status;
}

int main(int argc, char **argv) {
  rj_program_arguments arguments;
  char *error = NULL;
  int status = 0;
  setlocale(LC_ALL, ""); /* for texts; numbers are read and written as in C */
  setlocale(LC_NUMERIC, "C");
  signal(SIGPIPE, SIG_IGN); /* whoever read our output may have gone */
  if (!rj_program_arguments_read(&arguments, argc, argv, &error))
    status = fail("", error);
  else if (arguments.version)
    printf("rejoin-edge %s\n", rj_version());
  else if (arguments.example_config)
    rj_program_config_example();
  else
    status = act(&arguments);
  g_free(error);
  rj_program_arguments_clear(&arguments);
  return status;
}
