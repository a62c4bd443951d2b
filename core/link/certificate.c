/* A certificate with its key, as an edge shows it: read, looked at, and kept for as long as a link uses it. */
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/credentials.h"
#include "link/quic_internal.h"

enum { FINGERPRINT_BYTES = 32, CHAIN_MAX = 8 };

struct rj_certificate {
  gnutls_certificate_credentials_t gnutls;
  atomic_uint references; /* whoever made it or took it over, and each link that has its TLS */
  char fingerprint[RJ_FINGERPRINT_TEXT_SIZE];
};

static int32_t fail(char *error, const char *what, int code) {
  snprintf(error, RJ_CREDENTIALS_ERROR_SIZE, "%s: %s", what, gnutls_strerror(code));
  return STATUS_FAILED;
}

static bool is_p256(gnutls_x509_crt_t leaf) {
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
  int code = gnutls_x509_crt_get_pk_ecc_raw(leaf, &curve, &x, &y);
  gnutls_free(x.data);
  gnutls_free(y.data);
  return code >= 0 && curve == GNUTLS_ECC_CURVE_SECP256R1;
}

/* GnuTLS takes an Ed25519 key of another certificate without a word; then every client would refuse the edge. */
static int32_t look_at_key(gnutls_x509_crt_t leaf, const gnutls_datum_t *pem, char *error) {
  gnutls_x509_privkey_t key;
  int code = gnutls_x509_privkey_init(&key);
  if (code < 0)
    return fail(error, "key", code);
  uint8_t own[FINGERPRINT_BYTES], wanted[FINGERPRINT_BYTES];
  size_t own_size = sizeof own, wanted_size = sizeof wanted;
  code = gnutls_x509_privkey_import2(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
  if (code >= 0)
    code = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, own, &own_size);
  if (code >= 0)
    code = gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, wanted, &wanted_size);
  gnutls_x509_privkey_deinit(key);
  if (code < 0)
    return fail(error, "key", code);
  return own_size == wanted_size && memcmp(own, wanted, own_size) == 0
             ? STATUS_OK
             : fail(error, "key", GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
}

/* The leaf's kind and fingerprint, and whether the key is its own. */
static int32_t look_at_leaf(rj_certificate *certificate, const gnutls_datum_t *pem,
                            const gnutls_datum_t *key, char *error) {
  gnutls_x509_crt_t chain[CHAIN_MAX];
  unsigned count = CHAIN_MAX;
  int code = gnutls_x509_crt_list_import(chain, &count, pem, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  if (code < 0)
    return fail(error, "certificate", code);
  int32_t status = STATUS_OK;
  int kind = gnutls_x509_crt_get_pk_algorithm(chain[0], NULL);
  if (kind != GNUTLS_PK_EDDSA_ED25519 && !(kind == GNUTLS_PK_ECDSA && is_p256(chain[0]))) {
    snprintf(error, RJ_CREDENTIALS_ERROR_SIZE,
             "certificate: its key is %s; an edge takes Ed25519 or ECDSA P-256",
             gnutls_pk_get_name((gnutls_pk_algorithm_t)kind));
    status = STATUS_NOT_SUPPORTED;
  }
  uint8_t digest[FINGERPRINT_BYTES];
  size_t size = sizeof digest;
  code = gnutls_x509_crt_get_fingerprint(chain[0], GNUTLS_DIG_SHA256, digest, &size);
  if (code < 0 && status == STATUS_OK)
    status = fail(error, "certificate", code);
  if (status == STATUS_OK)
    status = look_at_key(chain[0], key, error);
  for (size_t i = 0; code >= 0 && i < sizeof digest; i++)
    snprintf(certificate->fingerprint + 2 * i, 3, "%02x", digest[i]);
  for (unsigned i = 0; i < count; i++)
    gnutls_x509_crt_deinit(chain[i]);
  return status;
}

static int32_t load(rj_certificate *certificate, const gnutls_datum_t *pem,
                    const gnutls_datum_t *key, char *error) {
  int32_t status = look_at_leaf(certificate, pem, key, error);
  if (status != STATUS_OK)
    return status;
  int code = gnutls_certificate_allocate_credentials(&certificate->gnutls);
  if (code < 0)
    return fail(error, "credentials", code);
  code = gnutls_certificate_set_x509_key_mem2(certificate->gnutls, pem, key, GNUTLS_X509_FMT_PEM,
                                              NULL, 0);
  return code < 0 ? fail(error, "certificate and key", code) : STATUS_OK;
}

rj_certificate *rj_certificate_new(const char *certificate_pem, size_t certificate_length,
                                   const char *key_pem, size_t key_length, int32_t *status,
                                   char error[RJ_CREDENTIALS_ERROR_SIZE]) {
  const gnutls_datum_t pem = {(uint8_t *)certificate_pem, (unsigned)certificate_length};
  const gnutls_datum_t key = {(uint8_t *)key_pem, (unsigned)key_length};
  *status = STATUS_RESOURCE_LIMITED;
  snprintf(error, RJ_CREDENTIALS_ERROR_SIZE, "out of memory");
  rj_certificate *certificate = calloc(1, sizeof *certificate);
  if (certificate == NULL)
    return NULL;
  atomic_init(&certificate->references, 1);
  *status = load(certificate, &pem, &key, error);
  if (*status == STATUS_OK) {
    error[0] = '\0';
    return certificate;
  }
  rj_certificate_release(certificate);
  return NULL;
}

rj_certificate *rj_certificate_reference(rj_certificate *certificate) {
  atomic_fetch_add(&certificate->references, 1);
  return certificate;
}

void rj_certificate_release(rj_certificate *certificate) {
  if (certificate == NULL || atomic_fetch_sub(&certificate->references, 1) > 1)
    return;
  if (certificate->gnutls != NULL)
    gnutls_certificate_free_credentials(certificate->gnutls);
  free(certificate);
}

const char *rj_certificate_fingerprint(const rj_certificate *certificate) {
  return certificate->fingerprint;
}

gnutls_certificate_credentials_t rj_certificate_gnutls(const rj_certificate *certificate) {
  return certificate->gnutls;
}
