/* The config file of rejoin-edge: a key file with the groups and keys of settings.def. */
#ifndef RJ_EDGE_PROGRAM_CONFIG_FILE_H
#define RJ_EDGE_PROGRAM_CONFIG_FILE_H

#include "edge/program/settings.h"

/* Reads it into settings that are still empty. Each thing that is wrong is appended to problems (texts for g_free) with
 * file, line and reason; then false. */
bool rj_program_config_read(const char *path, rj_program_settings *settings, GPtrArray *problems);

#endif
