/* All that rejoin-edge is told, from the command line and the files. */
#ifndef RJ_EDGE_PROGRAM_GATHER_H
#define RJ_EDGE_PROGRAM_GATHER_H

#include "edge/program/command_line.h"
#include "edge/program/settings.h"
#include "link/credentials.h"

/* Fills settings that were only initialised: the command line goes before the config file, that before the defaults. Each
 * thing that is wrong is appended to problems (texts for g_free); then false. */
bool rj_program_gather(const rj_program_arguments *arguments, rj_program_settings *settings,
                       GPtrArray *problems);

/* Reads the files that the settings name, and appends what is wrong with them; then false. *certificate is the caller's
 * (rj_certificate_release): the one of the settings; NULL where they name none. */
bool rj_program_read_files(const rj_program_settings *settings, rj_certificate **certificate,
                           GPtrArray *problems);

/* Can the other files that the settings name be read? Those that cannot are appended to problems. */
void rj_program_look_for_files(const rj_program_settings *settings, GPtrArray *problems);

#endif
