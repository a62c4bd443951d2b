/* An entry of the log: its fields, and how they look as a line. */
#ifndef RJ_EDGE_PROGRAM_LOG_ENTRY_H
#define RJ_EDGE_PROGRAM_LOG_ENTRY_H

#include <glib.h>

#include "edge/program/program_log.h"

typedef struct {
  GLogLevelFlags level;
  int64_t at; /* µs since 1970 */
  GLogField *fields;
  gsize count;
} rj_log_entry;

/* Copies the fields. */
rj_log_entry *rj_log_entry_new(GLogLevelFlags level, const GLogField *fields, gsize count,
                               int64_t at);
void rj_log_entry_free(rj_log_entry *entry);

rj_program_log_level rj_log_level_of(GLogLevelFlags level);

/* One line with its newline, whatever is in the fields; the caller's.
 * Text: RFC 3339 time, level, message. JSON: an object of time, level, each field REJOIN_X as "x", message. */
GString *rj_log_entry_text(const rj_log_entry *entry);
GString *rj_log_entry_json(const rj_log_entry *entry);

#endif
