/* The control commands: what an edge's owner may ask and tell it while it runs. */
#ifndef RJ_EDGE_PROGRAM_CONTROL_COMMAND_H
#define RJ_EDGE_PROGRAM_CONTROL_COMMAND_H

#include <glib.h>
#include <rejoin/rejoin.h>
#include <stdbool.h>

/* A conversation: one command at a time. */
typedef struct {
  rj_runtime *runtime;
  rj_edge *edge;
  uint64_t after; /* the last kick that was listed */
  bool is_listing;
} rj_program_dialog;

/* For --help. */
extern const char rj_program_control_help[];

/* Does what a line (without its newline) says, and appends the answer to `out`: lines that begin with a
 * space, then "ok", or "error " and why. A list that is long comes in parts: while is_listing, call
 * rj_program_dialog_go_on for the next one. */
void rj_program_dialog_take(rj_program_dialog *dialog, const char *line, GString *out);
void rj_program_dialog_go_on(rj_program_dialog *dialog, GString *out);

#endif
