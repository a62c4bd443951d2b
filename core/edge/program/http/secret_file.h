/* Secrets from files: the bearer token and the key of the webhooks' signatures. */
#ifndef RJ_HTTP_SECRET_FILE_H
#define RJ_HTTP_SECRET_FILE_H

#include <stdbool.h>

/* The secret of a file: its first line without spaces around it, RJ_HTTP_TOKEN_MIN to RJ_HTTP_TOKEN_MAX
 * visible ASCII characters. NULL: *error (the caller's, g_free) says why, and never what stands there. */
char *rj_http_secret_read(const char *path, char **error);
/* The same; a file that is not there is made first, for its owner alone, with a random secret. */
char *rj_http_secret_read_or_make(const char *path, char **error);
/* Takes the same time wherever they differ. */
bool rj_http_secret_equal(const char *secret, const char *given);
/* Overwrites it and frees it; NULL is nothing. */
void rj_http_secret_free(char *secret);

#endif
