/* The config file of rejoin-edge: a key file with the groups [edge], [limits], [timers] and [app NAME]. */
#ifndef RJ_EDGE_PROGRAM_CONFIG_FILE_H
#define RJ_EDGE_PROGRAM_CONFIG_FILE_H

#include "edge/program/settings.h"

/* Reads it into settings that are still empty. False: *error (the caller's, g_free) names file, line and reason. */
bool rj_program_config_read(const char *path, rj_program_settings *settings, char **error);

#endif
