/* The directory where an edge keeps what must survive a restart: certificate, key, ticket key, reset key (SPEC section 5). */
#ifndef RJ_HOST_DATA_DIR_H
#define RJ_HOST_DATA_DIR_H

#include <stdint.h>

#include "host/host.h"
#include "link/credentials.h"

/* Reads the files; those of a new directory are made: the directory with mode 0700, each file with 0600 and whole or not at all.
 * Missing ticket and reset keys are made anew; a certificate without its key, or a key without its certificate, is an error.
 * wall: ns since 1970. STATUS_OK, then *files is the caller's; STATUS_FAILED and a text with the file and the reason. */
int32_t rj_data_dir_open(const char *path, int64_t wall, rj_credentials_files *files,
                         char error[RJ_HOST_ERROR_SIZE]);

/* The same without certificate and key, which then are neither looked for nor made: files->certificate_pem is NULL. */
int32_t rj_data_dir_open_keys(const char *path, int64_t wall, rj_credentials_files *files,
                              char error[RJ_HOST_ERROR_SIZE]);

#endif
