/* Where the log of rejoin-edge goes: the journal when it is there, else lines on standard error. */
#ifndef RJ_EDGE_PROGRAM_PROGRAM_LOG_H
#define RJ_EDGE_PROGRAM_PROGRAM_LOG_H

#include <stdbool.h>

/* Once, before anything logs. verbose: also INFO. */
void rj_program_log_start(bool verbose);

#endif
