/* The tokens of tests/vectors/tokens.json, which an independent implementation made. */
#ifndef RJ_TESTS_EDGE_VECTORS_H
#define RJ_TESTS_EDGE_VECTORS_H

#include <glib.h>
#include <stdint.h>

#include "edge/token/token.h"

/* g_assert_cmpmem takes its lengths as int. */
#define assert_bytes(data, length, wanted, wanted_length)                                          \
  g_assert_cmpmem((data), (int)(length), (wanted), (int)(wanted_length))

enum { VECTORS = 6, VECTOR_PRIVILEGES = 4 };

typedef struct {
  char *name, *app_id, *certificate, *channel, *uid, *token;
  int version;
  int64_t issued_at; /* 007 */
  int64_t ends;      /* of the token */
  int64_t salt;
  size_t privilege_count;
  int64_t privileges[VECTOR_PRIVILEGES]; /* as they stand in the token, of 1 to 4 in turn */
} token_vector;

/* All of them; read once, never freed before the end. */
const token_vector *vectors(void);

#endif
