/* The command line of rejoin-edge. */
#ifndef RJ_EDGE_PROGRAM_COMMAND_LINE_H
#define RJ_EDGE_PROGRAM_COMMAND_LINE_H

#include <stdbool.h>

typedef struct {
  char *listen, *config, *data_dir, *http, *cluster; /* NULL: not given */
  bool version, verbose;
  bool check_config, example_config;
  char **control; /* the words of a control command; NULL: an edge is to be started */
} rj_program_arguments;

/* --help is answered here and ends the process. False: *error (the caller's, g_free) says what is wrong. */
bool rj_program_arguments_read(rj_program_arguments *arguments, int argc, char **argv,
                               char **error);
void rj_program_arguments_clear(rj_program_arguments *arguments);

#endif
