/* The name nearest to a mistyped one: "did you mean …?" */
#ifndef RJ_EDGE_PROGRAM_NEAREST_H
#define RJ_EDGE_PROGRAM_NEAREST_H

#include <stddef.h>

/* Of the names, the one that takes the fewest keystrokes from `given`; NULL when none is near (more than half of it differs). */
const char *rj_program_nearest(const char *given, const char *const *names, size_t count);

#endif
