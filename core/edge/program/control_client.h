/* Asks an edge (rejoin-edge control COMMAND): says a command to the edge that runs, and shows its answer. */
#ifndef RJ_EDGE_PROGRAM_CONTROL_CLIENT_H
#define RJ_EDGE_PROGRAM_CONTROL_CLIENT_H

/* Writes the answer to standard output. The exit status: 0, or 1 and *error (the caller's, g_free). */
int rj_program_control_ask(const char *data_dir, char *const *words, char **error);

#endif
