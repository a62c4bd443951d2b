/* Structs that cross the border: `size` first, smaller ones taken, larger ones only with a zero
 * tail (DESIGN rule 5). */
#ifndef RJ_ABI_SIZES_H
#define RJ_ABI_SIZES_H

#include <stddef.h>
#include <stdint.h>

/* The `size` that a caller put into a struct. */
uint32_t rj_size_of_given(const void *given);

/* Copies a struct that the caller gave into `known` (what is not given is 0; its size becomes
 * known_size). RJ_OK; else a text of `id` with `name`: RJ_ERR_INVALID_ARGUMENT (size) or
 * RJ_ERR_NOT_SUPPORTED (a tail that is not zero). */
int32_t rj_size_take(void *known, size_t known_size, const void *given, const char *name,
                     uint64_t id);

/* Checks the size of a struct that is to be filled; at least `least` bytes. */
int32_t rj_size_check(const void *given, size_t least, const char *name, uint64_t id);
/* Fills it as far as it goes, and what lies beyond with zeros; its size stays what it is. */
void rj_size_give(void *given, const void *known, size_t known_size);

#endif
