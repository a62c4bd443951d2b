/* Reads the command line with GOptionContext. */
#include "edge/program/command_line.h"

#include <glib.h>
#include <string.h>

#include "edge/program/control_command.h"

static const char description[] =
    "Without options it listens on UDP port 7443 of all addresses and keeps its certificate, "
    "which\n"
    "it makes at the first start, in the data directory. Each start prints what clients need on\n"
    "standard output, and \"ready\" once they may come:\n"
    "\n"
    "  url rejoin://127.0.0.1:7443\n"
    "  fingerprint 5f70...\n"
    "  ready\n"
    "\n"
    "The log goes to standard error, and into the journal under systemd.\n"
    "\n"
    "Signals:\n"
    "  SIGHUP         read the config file and the certificate again; nobody is put out by it\n"
    "  SIGTERM        stop: members are told that the edge is restarting; in a cluster they are\n"
    "                 told to move to other edges first, and have the time of [edge] drain for it\n"
    "  SIGINT         (Ctrl-C) the same; the second one of both stops at once\n"
    "\n"
    "Settings that have no option stand in a config file, all of it optional:\n"
    "\n"
    "  rejoin-edge --example-config > rejoin-edge.conf    every setting, its range and default\n"
    "  rejoin-edge --config rejoin-edge.conf --check-config\n"
    "  rejoin-edge --config rejoin-edge.conf\n"
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
    "More: man rejoin-edge, man rejoin-edge.conf";

bool rj_program_arguments_read(rj_program_arguments *arguments, int argc, char **argv,
                               char **error) {
  gboolean version = FALSE, verbose = FALSE, check_config = FALSE, example_config = FALSE;
  *arguments = (rj_program_arguments){0};
  const GOptionEntry entries[] = {
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &arguments->listen,
       "Where to listen (udp://0.0.0.0:7443)", "udp://ADDRESS:PORT"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &arguments->config,
       "Read this config file; what the command line says goes before it", "FILE"},
      {"data-dir", 'd', 0, G_OPTION_ARG_FILENAME, &arguments->data_dir,
       "Where certificate, keys and kicks are kept; one edge's alone", "DIRECTORY"},
      {"http", 0, 0, G_OPTION_ARG_STRING, &arguments->http,
       "Be administered over HTTP there, as 127.0.0.1:7480", "ADDRESS:PORT"},
      {"cluster", 0, 0, G_OPTION_ARG_STRING, &arguments->cluster,
       "Be one edge of a cluster, over these nats-servers", "nats://HOST:PORT[,...]"},
      {"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
       "Log at level debug: also each silence, role and channel", NULL},
      {"check-config", 0, 0, G_OPTION_ARG_NONE, &check_config,
       "Say whether the config file, and the files that it names, are fine, and exit", NULL},
      {"example-config", 0, 0, G_OPTION_ARG_NONE, &example_config,
       "Print a config file that explains every setting, and exit", NULL},
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
  } else if (check_config && arguments->config == NULL) {
    *error = g_strdup("--check-config needs --config FILE (--help shows the options)");
    read = false;
  }
  g_option_context_free(context);
  arguments->version = version;
  arguments->verbose = verbose;
  arguments->check_config = check_config;
  arguments->example_config = example_config;
  return read;
}

void rj_program_arguments_clear(rj_program_arguments *arguments) {
  g_free(arguments->listen);
  g_free(arguments->config);
  g_free(arguments->data_dir);
  g_free(arguments->http);
  g_free(arguments->cluster);
  g_strfreev(arguments->control);
}
