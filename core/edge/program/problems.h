/* What is wrong with a config: a list of texts, each with file and line. */
#ifndef RJ_EDGE_PROGRAM_PROBLEMS_H
#define RJ_EDGE_PROGRAM_PROBLEMS_H

#include <glib.h>

/* One more: "PATH:LINE: …". */
void rj_program_problem(GPtrArray *problems, const char *path, unsigned line, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
GPtrArray *rj_program_problems_new(void);

#endif
