/* The settings as options of the edge. */
#ifndef RJ_EDGE_PROGRAM_EDGE_OPTIONS_H
#define RJ_EDGE_PROGRAM_EDGE_OPTIONS_H

#include <rejoin/rejoin.h>

#include "edge/program/settings.h"

/* Everything in it is the settings'. */
rj_edge_options rj_program_edge_options(const rj_program_settings *settings);

#endif
