/* The file `kicks` of a data directory: what keeps an edge's kicks over a restart (SPEC section 5).
 *
 * Text, mode 0600. Each change adds a line, which a thread of its own puts on the disk soon after,
 * together with those that came meanwhile; now and then the file is written anew, whole or not at
 * all. Ends stand there as wall-clock time. What cannot be written is logged, and in force as long as
 * the edge runs; the next change tries again. */
#ifndef RJ_HOST_KICK_FILE_H
#define RJ_HOST_KICK_FILE_H

#include <stdint.h>

#include "edge/kicks.h"
#include "host/host.h"

typedef struct rj_kick_file rj_kick_file;

/* Fills `kicks` (borrowed until the file is freed) with what the directory has; without the file
 * there are none. wall: ns since 1970 at `now`. NULL: *status is STATUS_FAILED and the error names
 * file, line and reason. */
rj_kick_file *rj_kick_file_open(const char *directory, rj_kicks *kicks, int64_t now, int64_t wall,
                                int32_t *status, char error[RJ_HOST_ERROR_SIZE]);
void rj_kick_file_free(rj_kick_file *file);
/* This kick was made, changed or lifted. */
void rj_kick_file_note(rj_kick_file *file, uint64_t id, int64_t now, int64_t wall);

#endif
