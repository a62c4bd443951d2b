/* What a client accepts as its edge. */
#include "link/trust.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "link/quic_internal.h"

struct rj_trust {
  gnutls_certificate_credentials_t authorities;
  size_t pinned; /* 0: the CAs decide */
  uint8_t fingerprints[RJ_URLS_MAX][RJ_FINGERPRINT_SIZE];
};

bool rj_fingerprint_read(const char *text, uint8_t out[RJ_FINGERPRINT_SIZE]) {
  size_t digits = 0;
  for (; *text != '\0' && *text != ','; text++) {
    if (*text == ':' && digits % 2 == 0 && digits > 0)
      continue;
    int digit = rj_hex_digit(*text);
    if (digit < 0 || digits == 2 * RJ_FINGERPRINT_SIZE)
      return false;
    uint8_t *byte = &out[digits / 2];
    *byte = (uint8_t)(digits % 2 == 0 ? digit << 4 : *byte | digit);
    digits++;
  }
  return digits == 2 * RJ_FINGERPRINT_SIZE;
}

static bool read_fingerprints(rj_trust *trust, const char *text) {
  for (;;) {
    if (trust->pinned == RJ_URLS_MAX ||
        !rj_fingerprint_read(text, trust->fingerprints[trust->pinned]))
      return false;
    trust->pinned++;
    text = strchr(text, ',');
    if (text == NULL)
      return true;
    text++;
  }
}

static int32_t load(rj_trust *trust, const char *fingerprint, const char *ca_file, char *error) {
  if (fingerprint != NULL && ca_file != NULL) {
    snprintf(error, RJ_TRUST_ERROR_SIZE,
             "fingerprint and ca_file are both given; one of them says who is trusted");
    return STATUS_INVALID_ARGUMENT;
  }
  if (fingerprint != NULL && !read_fingerprints(trust, fingerprint)) {
    snprintf(
        error, RJ_TRUST_ERROR_SIZE,
        "fingerprint \"%.80s\" is not a SHA-256 in hex (64 digits, colons allowed), nor up to %d "
        "of them with commas between",
        fingerprint, (int)RJ_URLS_MAX);
    return STATUS_INVALID_ARGUMENT;
  }
  int code = gnutls_certificate_allocate_credentials(&trust->authorities);
  if (code < 0) {
    snprintf(error, RJ_TRUST_ERROR_SIZE, "credentials: %s", gnutls_strerror(code));
    return STATUS_RESOURCE_LIMITED;
  }
  if (trust->pinned > 0)
    return STATUS_OK;
  code = ca_file != NULL ? gnutls_certificate_set_x509_trust_file(trust->authorities, ca_file,
                                                                  GNUTLS_X509_FMT_PEM)
                         : gnutls_certificate_set_x509_system_trust(trust->authorities);
  if (code > 0)
    return STATUS_OK;
  snprintf(error, RJ_TRUST_ERROR_SIZE, "%s %.120s: %s", ca_file != NULL ? "ca_file" : "CAs of",
           ca_file != NULL ? ca_file : "the system",
           code == 0 ? "there is no certificate in it" : gnutls_strerror(code));
  return STATUS_INVALID_ARGUMENT;
}

rj_trust *rj_trust_new(const char *fingerprint, const char *ca_file, int32_t *status,
                       char error[RJ_TRUST_ERROR_SIZE]) {
  *status = STATUS_RESOURCE_LIMITED;
  snprintf(error, RJ_TRUST_ERROR_SIZE, "out of memory");
  rj_trust *trust = calloc(1, sizeof *trust);
  if (trust == NULL)
    return NULL;
  *status = load(trust, fingerprint, ca_file, error);
  if (*status == STATUS_OK) {
    error[0] = '\0';
    return trust;
  }
  rj_trust_free(trust);
  return NULL;
}

void rj_trust_free(rj_trust *trust) {
  if (trust == NULL)
    return;
  if (trust->authorities != NULL)
    gnutls_certificate_free_credentials(trust->authorities);
  free(trust);
}

gnutls_certificate_credentials_t rj_trust_gnutls(const rj_trust *trust) {
  return trust->authorities;
}

bool rj_trust_accepts(const rj_trust *trust, gnutls_session_t session, const char *server_name,
                      const uint8_t *fingerprint) {
  if (trust->pinned == 0) {
    unsigned status = 0;
    return gnutls_certificate_verify_peers3(session, server_name, &status) >= 0 && status == 0;
  }
  unsigned count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
  uint8_t digest[RJ_FINGERPRINT_SIZE];
  if (chain == NULL || count == 0 ||
      gnutls_hash_fast(GNUTLS_DIG_SHA256, chain[0].data, chain[0].size, digest) < 0)
    return false;
  bool accepted = fingerprint != NULL && gnutls_memcmp(digest, fingerprint, sizeof digest) == 0;
  for (size_t i = 0; i < trust->pinned; i++)
    accepted = accepted || gnutls_memcmp(digest, trust->fingerprints[i], sizeof digest) == 0;
  return accepted;
}
