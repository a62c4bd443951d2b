/* The local socket for control commands: `control` in the data directory, for its owner alone. */
#ifndef RJ_EDGE_PROGRAM_CONTROL_SOCKET_H
#define RJ_EDGE_PROGRAM_CONTROL_SOCKET_H

/* The most bytes of a line on it, with its newline: both sides count on it. */
enum { RJ_PROGRAM_LINE_MAX = 1024 };

/* A listening descriptor that does not block, or -1: *error (the caller's, g_free) says why. What a
 * dead edge left there is replaced. */
int rj_program_control_listen(const char *data_dir, char **error);
/* Nobody can reach it there any more. */
void rj_program_control_remove(const char *data_dir);
/* A connection to the edge of this directory, or -1: *error (the caller's, g_free) says why. */
int rj_program_control_connect(const char *data_dir, char **error);

#endif
