/* Reads the value of one setting. */
#ifndef RJ_EDGE_PROGRAM_CONFIG_VALUE_H
#define RJ_EDGE_PROGRAM_CONFIG_VALUE_H

#include "edge/program/settings.h"

/* Takes the value over into the settings; an app's goes to the last one in app_ids. NULL: done. Else what is wrong with it
 * (the caller's, g_free), and nothing changed; secrets are not shown. */
char *rj_config_value_take(rj_program_settings *settings, const rj_setting *setting,
                           const char *value);

#endif
