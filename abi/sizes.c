/* Size-first structs: taken from older and newer programs, and filled for them. */
#include "sizes.h"

#include <rejoin/rejoin.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "errors.h"

uint32_t rj_size_of_given(const void *given) {
  uint32_t size;
  memcpy(&size, given, sizeof size);
  return size;
}

int32_t rj_size_check(const void *given, size_t least, const char *name, uint64_t id) {
  uint32_t size = rj_size_of_given(given);
  /* A struct's size is a multiple of its alignment, so no field is ever cut in two. */
  if (size < least || size > RJ_STRUCT_SIZE_MAX || size % sizeof(uint32_t) != 0)
    return rj_fail(id, RJ_ERR_INVALID_ARGUMENT,
                   "%s.size is %lu; set it to sizeof the struct, here %zu to %d", name,
                   (unsigned long)size, least, (int)RJ_STRUCT_SIZE_MAX);
  return RJ_OK;
}

int32_t rj_size_take(void *known, size_t known_size, const void *given, const char *name,
                     uint64_t id) {
  uint32_t own_size = (uint32_t)known_size;
  int32_t status = rj_size_check(given, sizeof(uint64_t), name, id);
  if (status != RJ_OK)
    return status;
  size_t size = rj_size_of_given(given);
  for (size_t i = known_size; i < size; i++) {
    if (((const unsigned char *)given)[i] != 0)
      return rj_fail(id, RJ_ERR_NOT_SUPPORTED,
                     "%s is %zu bytes and sets something beyond the %zu that this library (%s) "
                     "knows; leave it 0 or use a newer library",
                     name, size, known_size, rj_version());
  }
  memset(known, 0, known_size);
  memcpy(known, given, size < known_size ? size : known_size);
  memcpy(known, &own_size, sizeof own_size);
  return RJ_OK;
}

void rj_size_give(void *given, const void *known, size_t known_size) {
  uint32_t size = rj_size_of_given(given);
  size_t shared = size < known_size ? size : known_size;
  memcpy(given, known, shared);
  if (size > shared)
    memset((char *)given + shared, 0, size - shared);
  memcpy(given, &size, sizeof size);
}
