/* Names of the numbers of SPEC section 1, looked up in the one list. */
#include "base/numbers.h"

#include <stddef.h>
#include <stdio.h>

#include "base/limits.h"

typedef struct {
  int32_t group, value;
  const char *text;
} named_number;

#define RJ_NUMBER(group, name, value, text) {RJ_GROUP_##group, (value), (text)},
static const named_number named_numbers[] = {
#include "base/numbers.def"
};
#undef RJ_NUMBER

enum { UNKNOWN_TEXT_SIZE = sizeof "unknown(-2147483648)" };

const char *rj_number_name(rj_number_group group, int32_t value) {
  static _Thread_local char unknown[RJ_UNKNOWN_NAMES][UNKNOWN_TEXT_SIZE];
  static _Thread_local unsigned used;

  for (size_t i = 0; i < sizeof named_numbers / sizeof named_numbers[0]; i++) {
    if (named_numbers[i].group == (int32_t)group && named_numbers[i].value == value)
      return named_numbers[i].text;
  }
  char *text = unknown[used++ % RJ_UNKNOWN_NAMES];
  (void)snprintf(text, UNKNOWN_TEXT_SIZE, "unknown(%ld)", (long)value);
  return text;
}
