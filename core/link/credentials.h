/* What an edge proves itself with and keeps over a restart: certificate and key, TLS ticket key,
 * stateless-reset key (SPEC section 5). */
#ifndef RJ_LINK_CREDENTIALS_H
#define RJ_LINK_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

#include "link/link.h"

enum {
  RJ_FINGERPRINT_TEXT_SIZE = 65,
  RJ_CREDENTIALS_ERROR_SIZE = 256
}; /* SHA-256 in hex and the NUL */

/* Serialised forms, all owned by the caller. */
typedef struct {
  char *certificate_pem, *key_pem;
  size_t certificate_length, key_length;
  uint8_t reset_key[32];
  uint8_t *ticket_key;
  size_t ticket_key_length;
} rj_credentials_files;

/* Makes a self-signed Ed25519 certificate (valid from a day before `wall`, ns since 1970, for ten
 * years) and fresh keys. STATUS_OK or STATUS_FAILED with a text. files is the caller's:
 * rj_credentials_files_clear. */
int32_t rj_credentials_generate(rj_credentials_files *files, int64_t wall,
                                char error[RJ_CREDENTIALS_ERROR_SIZE]);
void rj_credentials_files_clear(rj_credentials_files *files);

/* Reads them (PEM; a chain is allowed; Ed25519 or P-256, anything else STATUS_NOT_SUPPORTED). The
 * texts are copied. NULL: *status and error say why. */
rj_credentials *rj_credentials_new(const rj_credentials_files *files, int32_t *status,
                                   char error[RJ_CREDENTIALS_ERROR_SIZE]);
void rj_credentials_free(rj_credentials *credentials);
/* SHA-256 of the certificate (DER), lower-case hex; owned by the credentials. */
const char *rj_credentials_fingerprint(const rj_credentials *credentials);

#endif
