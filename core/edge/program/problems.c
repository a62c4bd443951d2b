/* Collects what is wrong with a config. */
#include "edge/program/problems.h"

void rj_program_problem(GPtrArray *problems, const char *path, unsigned line, const char *format,
                        ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_ptr_array_add(problems, g_strdup_printf("%s:%u: %s", path, line, text));
  g_free(text);
}

GPtrArray *rj_program_problems_new(void) {
  return g_ptr_array_new_with_free_func(g_free);
}
