/* Takes the config file and the certificate over anew, while members stay. */
#ifndef RJ_EDGE_PROGRAM_RELOAD_H
#define RJ_EDGE_PROGRAM_RELOAD_H

#include "edge/program/serve.h"

/* Reads everything, on the calling thread, and hands it to the edge only if all of it is fine; else each problem is logged
 * and nothing changes. `live`: the settings in force, replaced by the new ones. */
bool rj_program_reload(const rj_program_edge *program, rj_program_settings *live);

#endif
