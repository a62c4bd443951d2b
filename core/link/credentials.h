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

/* ---- a certificate with its key */

typedef struct rj_certificate rj_certificate;

/* Reads both (PEM; a chain is allowed; Ed25519 or P-256, anything else STATUS_NOT_SUPPORTED). The texts are copied. The
 * caller's: rj_certificate_release. NULL: *status and error say why. All of these on any thread. */
rj_certificate *rj_certificate_new(const char *certificate_pem, size_t certificate_length,
                                   const char *key_pem, size_t key_length, int32_t *status,
                                   char error[RJ_CREDENTIALS_ERROR_SIZE]);
rj_certificate *rj_certificate_reference(rj_certificate *certificate);
/* Freed once nobody refers to it, no link either. NULL is nothing. */
void rj_certificate_release(rj_certificate *certificate);
/* SHA-256 of it (DER), lower-case hex; owned by the certificate. */
const char *rj_certificate_fingerprint(const rj_certificate *certificate);

/* ---- all of it */

/* Reads them, as rj_certificate_new does. The texts are copied. Without certificate_pem one has to be set before the first
 * link. NULL: *status and error say why. */
rj_credentials *rj_credentials_new(const rj_credentials_files *files, int32_t *status,
                                   char error[RJ_CREDENTIALS_ERROR_SIZE]);
void rj_credentials_free(rj_credentials *credentials);
/* From now on new handshakes show this certificate; taken over. Links keep the one that they began with for as long as they
 * need it, and tickets that were given go on to be good. */
void rj_credentials_set_certificate(rj_credentials *credentials, rj_certificate *certificate);
/* That of the certificate; its memory is the credentials', until they are freed. */
const char *rj_credentials_fingerprint(const rj_credentials *credentials);

#endif
