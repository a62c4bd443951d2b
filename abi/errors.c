/* The last failures of this thread, one per handle: a small ring, the oldest goes first. */
#include "errors.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/limits.h"
#include "host/host.h"

typedef struct {
  bool used;
  uint64_t id;
  uint64_t age; /* when it was written; the smallest is the oldest */
  char text[RJ_HOST_ERROR_SIZE];
} failure;

static _Thread_local failure failures[RJ_ERRORS_KEPT];
static _Thread_local uint64_t failures_so_far;

uint64_t rj_new_handle_id(void) {
  static atomic_uint_fast64_t last = RJ_NO_HANDLE;
  return atomic_fetch_add(&last, 1) + 1;
}

static failure *find(uint64_t id) {
  for (int i = 0; i < RJ_ERRORS_KEPT; i++) {
    if (failures[i].used && failures[i].id == id)
      return &failures[i];
  }
  return NULL;
}

static failure *oldest(void) {
  failure *found = &failures[0];
  for (int i = 1; i < RJ_ERRORS_KEPT; i++) {
    if (failures[i].age < found->age)
      found = &failures[i];
  }
  return found;
}

int32_t rj_fail(uint64_t id, int32_t status, const char *format, ...) {
  failure *kept = find(id);
  if (kept == NULL)
    kept = oldest();
  kept->used = true;
  kept->id = id;
  kept->age = ++failures_so_far;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(kept->text, sizeof kept->text, format, arguments);
  va_end(arguments);
  return status;
}

const char *rj_fail_text(uint64_t id) {
  const failure *kept = find(id);
  return kept == NULL ? "" : kept->text;
}
