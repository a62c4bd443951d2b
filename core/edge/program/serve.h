/* What happens while the edge serves: signals, reload, drain, and what a service manager hears of it. */
#ifndef RJ_EDGE_PROGRAM_SERVE_H
#define RJ_EDGE_PROGRAM_SERVE_H

#include <rejoin/rejoin.h>

#include "edge/program/command_line.h"
#include "edge/program/http/http.h"
#include "edge/program/settings.h"

/* All borrowed. */
typedef struct {
  const rj_program_arguments *arguments;
  const rj_program_settings *started; /* what the edge began with */
  rj_runtime *runtime;
  rj_edge *edge;
  const rj_http *http; /* NULL: there is none */
} rj_program_edge;

/* Says that the edge is ready, and returns when it is to stop. */
void rj_program_serve(const rj_program_edge *program);

#endif
