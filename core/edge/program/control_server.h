/* Takes control commands on the local socket, on the main loop of the program. */
#ifndef RJ_EDGE_PROGRAM_CONTROL_SERVER_H
#define RJ_EDGE_PROGRAM_CONTROL_SERVER_H

#include <rejoin/rejoin.h>

typedef struct rj_program_control rj_program_control;

/* runtime, edge and data_dir are borrowed until it is stopped. NULL: *error (the caller's, g_free) says
 * why. */
rj_program_control *rj_program_control_start(rj_runtime *runtime, rj_edge *edge,
                                             const char *data_dir, char **error);
void rj_program_control_stop(rj_program_control *control); /* NULL is nothing */

#endif
