/* The edit distance between names, and the nearest one. */
#include "edge/program/nearest.h"

#include <glib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 63 }; /* longer ones are near to nothing */

/* How many insertions, removals and replacements lead from a to b. */
static size_t distance(const char *a, const char *b) {
  size_t row[NAME_MAX_LENGTH + 1];
  size_t length = strlen(b);
  for (size_t j = 0; j <= length; j++)
    row[j] = j;
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t diagonal = row[0]; /* of the row above */
    row[0] = i;
    for (size_t j = 1; j <= length; j++) {
      size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
    }
  }
  return row[length];
}

const char *rj_program_nearest(const char *given, const char *const *names, size_t count) {
  const char *nearest = NULL;
  size_t length = strlen(given), best = length / 2 + 1;
  if (length > NAME_MAX_LENGTH)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    size_t away = distance(given, names[i]);
    if (away < best) {
      best = away;
      nearest = names[i];
    }
  }
  return nearest;
}
