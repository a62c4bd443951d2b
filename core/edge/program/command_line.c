/* Reads the command line with GOptionContext. */
#include "edge/program/command_line.h"

#include <glib.h>
#include <string.h>

#include "edge/program/control_command.h"

static const char description[] =
    "At the first start a certificate and keys are made in the data directory. Each start prints\n"
    "what clients need on standard output, and \"ready\" once they may come:\n"
    "\n"
    "  url rejoin://127.0.0.1:7443\n"
    "  fingerprint 5f70...\n"
    "  ready\n"
    "\n"
    "The log goes to standard error. SIGTERM and Ctrl-C tell the members that the edge is\n"
    "restarting, and end it.\n"
    "\n"
    "While an edge runs, its owner may say on another terminal, with the same --data-dir (or\n"
    "--config):\n"
    "\n"
    "  rejoin-edge --data-dir DIRECTORY control COMMAND...\n"
    "\n"
    "Commands:\n"
    "\n"
    "%s"
    "\n"
    "Programs send them as lines to the socket \"control\" in the data directory; words are "
    "quoted\n"
    "as in a shell. An answer is lines that begin with a space, then \"ok\" or \"error WHY\".\n"
    "\n"
    "Config file (all of it optional; the command line goes before it):\n"
    "\n"
    "  [edge]\n"
    "  listen=udp://0.0.0.0:7443\n"
    "  data_dir=/var/lib/rejoin-edge\n"
    "  time_scale=1\n"
    "  channel_pattern=room-[0-9]+\n"
    "  [limits]\n"
    "  sessions=100000\n"
    "  channel_members=10000\n"
    "  channel_broadcasters=20\n"
    "  handshakes=1000\n"
    "  joins_per_second=100\n"
    "  bad_tokens_per_minute=30\n"
    "  accepts_per_second=500\n"
    "  loopback=false\n"
    "  [timers]\n"
    "  offline=20\n"
    "  empty_channel=10\n"
    "  [http]\n"
    "  listen=127.0.0.1:7480\n"
    "  token_file=/etc/rejoin-edge/http.token\n"
    "  certificate=/etc/rejoin-edge/http.crt\n"
    "  key=/etc/rejoin-edge/http.key\n"
    "  plain=false\n"
    "  metrics_open=false\n"
    "  [webhooks]\n"
    "  url=https://example.org/rejoin\n"
    "  secret_file=/etc/rejoin-edge/webhook.secret\n"
    "  events=joined,left,dropped,removed\n"
    "  [app my-app]\n"
    "  certificate=0123456789abcdef0123456789abcdef\n"
    "  certificate2=fedcba9876543210fedcba9876543210\n"
    "\n"
    "Without any [app ...] every app id is welcome, and tokens are not looked at. An app with a\n"
    "certificate lets in only members with a token that is signed with it, or with certificate2\n"
    "while one takes the other's place; an app without is in testing mode.";

bool rj_program_arguments_read(rj_program_arguments *arguments, int argc, char **argv,
                               char **error) {
  gboolean version = FALSE, verbose = FALSE;
  *arguments = (rj_program_arguments){0};
  const GOptionEntry entries[] = {
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &arguments->listen,
       "Where to listen (udp://0.0.0.0:7443)", "udp://ADDRESS:PORT"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &arguments->config, "Read this config file",
       "FILE"},
      {"data-dir", 'd', 0, G_OPTION_ARG_FILENAME, &arguments->data_dir,
       "Where certificate, keys and kicks are kept; one edge's alone", "DIRECTORY"},
      {"http", 0, 0, G_OPTION_ARG_STRING, &arguments->http,
       "Be administered over HTTP there, as 127.0.0.1:7480 (docs/http.md)", "ADDRESS:PORT"},
      {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log each join, rejoin, loss and removal",
       NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL},
      {NULL, 0, 0, 0, NULL, NULL, NULL},
  };
  GOptionContext *context = g_option_context_new("[control COMMAND...]");
  g_option_context_set_summary(context, "A Rejoin edge: the server that clients join channels on.");
  char *whole = g_strdup_printf(description, rj_program_control_help);
  g_option_context_set_description(context, whole);
  g_free(whole);
  g_option_context_add_main_entries(context, entries, NULL);
  GError *why = NULL;
  bool read = g_option_context_parse(context, &argc, &argv, &why);
  if (!read) {
    *error = g_strdup_printf("%s (--help shows the options)", why->message);
    g_error_free(why);
  } else if (argc > 2 && strcmp(argv[1], "control") == 0) {
    arguments->control = g_strdupv(argv + 2);
  } else if (argc == 2 && strcmp(argv[1], "control") == 0) {
    *error = g_strdup("control needs a command (--help shows the options and commands)");
    read = false;
  } else if (argc > 1) {
    *error = g_strdup_printf("unexpected argument \"%s\" (--help shows the options)", argv[1]);
    read = false;
  }
  g_option_context_free(context);
  arguments->version = version;
  arguments->verbose = verbose;
  return read;
}

void rj_program_arguments_clear(rj_program_arguments *arguments) {
  g_free(arguments->listen);
  g_free(arguments->config);
  g_free(arguments->data_dir);
  g_free(arguments->http);
  g_strfreev(arguments->control);
}
