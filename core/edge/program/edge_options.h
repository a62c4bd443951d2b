/* The settings as options of the edge. */
#ifndef RJ_EDGE_PROGRAM_EDGE_OPTIONS_H
#define RJ_EDGE_PROGRAM_EDGE_OPTIONS_H

#include <rejoin/rejoin.h>

#include "abi/handles.h"
#include "edge/program/settings.h"

/* Everything in it is the settings'. */
rj_edge_options rj_program_edge_options(const rj_program_settings *settings);
/* What the interface has no option for. The certificate (may be NULL) is borrowed. */
rj_edge_extras rj_program_edge_extras(const rj_program_settings *settings,
                                      rj_certificate *certificate);

#endif
