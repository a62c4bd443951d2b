/* Error texts: per handle and per thread. */
#ifndef RJ_ABI_ERRORS_H
#define RJ_ABI_ERRORS_H

#include <stdint.h>

/* What stands for no handle: a failed rj_runtime_new, and calls on NULL. */
enum { RJ_NO_HANDLE = 0 };

/* A number that no handle of this process has had before, so that a freed handle's texts are never
 * taken for another's at the same address. */
uint64_t rj_new_handle_id(void);

/* Keeps the text for this thread and returns `status`. */
int32_t rj_fail(uint64_t id, int32_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The text of this thread's last failure of this handle, "" when there is none; valid until the
 * thread's next failure. */
const char *rj_fail_text(uint64_t id);

#endif
