/* The log of rejoin-edge: what is written of it, how, and where. Whoever logs never waits for whoever reads: a thread of its
 * own writes. */
#ifndef RJ_EDGE_PROGRAM_PROGRAM_LOG_H
#define RJ_EDGE_PROGRAM_PROGRAM_LOG_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
  RJ_PROGRAM_LOG_TEXT, /* lines, or entries of the journal where standard error is that */
  RJ_PROGRAM_LOG_JSON, /* an object a line */
} rj_program_log_format;

typedef enum {
  RJ_PROGRAM_LOG_ERROR,
  RJ_PROGRAM_LOG_WARNING,
  RJ_PROGRAM_LOG_INFO,
  RJ_PROGRAM_LOG_DEBUG
} rj_program_log_level;

typedef struct {
  rj_program_log_format format;
  rj_program_log_level level; /* the least important one that is written */
  uint32_t lines_per_second;  /* of INFO and DEBUG together; beyond, they are counted */
} rj_program_log_settings;

extern const rj_program_log_settings rj_program_log_default;

/* Their names in the config. False: there is none of this name. */
bool rj_program_log_format_read(const char *name, rj_program_log_format *to);
bool rj_program_log_level_read(const char *name, rj_program_log_level *to);

/* Once, before anything logs. */
void rj_program_log_start(void);
/* From now on; any thread. */
void rj_program_log_set(const rj_program_log_settings *settings);
/* What waits is written, unless nobody has taken it for two seconds. Nothing is logged any more. */
void rj_program_log_stop(void);

#endif
