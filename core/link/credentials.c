/* What an edge proves itself with: made, read, and handed to the crypto library. */
#include "link/credentials.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

enum { SERIAL_BYTES = 16 };

static const int64_t VALID_BEFORE = 24 * 60 * RJ_MINUTE;
static const int64_t VALID_FOR = INT64_C(3650) * 24 * 60 * RJ_MINUTE;
static const char NAME[] = "rejoin-edge";

struct rj_credentials {
  rj_certificate *certificate;
  gnutls_anti_replay_t anti_replay;
  gnutls_datum_t ticket_key;
  uint8_t reset_key[RJ_QUIC_SECRET];
  char fingerprint[RJ_FINGERPRINT_TEXT_SIZE]; /* of the certificate; "": none yet */
};

static int32_t fail(char *error, const char *what, int code) {
  snprintf(error, RJ_CREDENTIALS_ERROR_SIZE, "%s: %s", what, gnutls_strerror(code));
  return STATUS_FAILED;
}

/* ---- making ---- */

static int fill_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                            int64_t wall) {
  uint8_t serial[SERIAL_BYTES];
  int code = gnutls_rnd(GNUTLS_RND_RANDOM, serial, sizeof serial);
  serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, and always as long */
  time_t from = (time_t)((wall - VALID_BEFORE) / RJ_SECOND);
  time_t to = (time_t)((wall + VALID_FOR) / RJ_SECOND);
  const char *wrong = NULL;
  if (code >= 0)
    code = gnutls_x509_crt_set_version(certificate, 3);
  if (code >= 0)
    code = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
  if (code >= 0)
    code = gnutls_x509_crt_set_activation_time(certificate, from);
  if (code >= 0)
    code = gnutls_x509_crt_set_expiration_time(certificate, to);
  if (code >= 0)
    code = gnutls_x509_crt_set_dn(certificate, "CN=rejoin-edge", &wrong);
  if (code >= 0)
    code = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, NAME,
                                                (unsigned)strlen(NAME), GNUTLS_FSAN_SET);
  if (code >= 0)
    code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (code >= 0)
    code = gnutls_x509_crt_set_key(certificate, key);
  if (code >= 0)
    code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA512, 0);
  return code;
}

/* Takes the datum's text over as the caller's own memory. */
static int keep(const gnutls_datum_t *text, char **out, size_t *length) {
  *out = malloc(text->size + 1);
  if (*out == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  memcpy(*out, text->data, text->size);
  (*out)[text->size] = '\0';
  *length = text->size;
  return 0;
}

static int export_pem(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                      rj_credentials_files *files) {
  gnutls_datum_t text = {NULL, 0};
  int code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text);
  if (code >= 0)
    code = keep(&text, &files->certificate_pem, &files->certificate_length);
  gnutls_free(text.data);
  if (code < 0)
    return code;
  text = (gnutls_datum_t){NULL, 0};
  code =
      gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &text);
  if (code >= 0)
    code = keep(&text, &files->key_pem, &files->key_length);
  gnutls_free(text.data);
  return code;
}

static int make_keys(rj_credentials_files *files) {
  int code = gnutls_rnd(GNUTLS_RND_KEY, files->reset_key, sizeof files->reset_key);
  if (code < 0)
    return code;
  gnutls_datum_t key = {NULL, 0};
  code = gnutls_session_ticket_key_generate(&key);
  if (code < 0)
    return code;
  files->ticket_key = malloc(key.size);
  if (files->ticket_key != NULL) {
    memcpy(files->ticket_key, key.data, key.size);
    files->ticket_key_length = key.size;
  }
  gnutls_free(key.data);
  return files->ticket_key != NULL ? 0 : GNUTLS_E_MEMORY_ERROR;
}

int32_t rj_credentials_generate(rj_credentials_files *files, int64_t wall,
                                char error[RJ_CREDENTIALS_ERROR_SIZE]) {
  *files = (rj_credentials_files){0};
  gnutls_x509_privkey_t key = NULL;
  gnutls_x509_crt_t certificate = NULL;
  int code = gnutls_x509_privkey_init(&key);
  if (code >= 0)
    code = gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0);
  if (code >= 0)
    code = gnutls_x509_crt_init(&certificate);
  if (code >= 0)
    code = fill_certificate(certificate, key, wall);
  if (code >= 0)
    code = export_pem(certificate, key, files);
  if (code >= 0)
    code = make_keys(files);
  if (certificate != NULL)
    gnutls_x509_crt_deinit(certificate);
  if (key != NULL)
    gnutls_x509_privkey_deinit(key);
  if (code >= 0)
    return STATUS_OK;
  rj_credentials_files_clear(files);
  return fail(error, "cannot make a certificate", code);
}

void rj_credentials_files_clear(rj_credentials_files *files) {
  free(files->certificate_pem);
  if (files->key_pem != NULL)
    gnutls_memset(files->key_pem, 0, files->key_length);
  free(files->key_pem);
  if (files->ticket_key != NULL)
    gnutls_memset(files->ticket_key, 0, files->ticket_key_length);
  free(files->ticket_key);
  gnutls_memset(files->reset_key, 0, sizeof files->reset_key);
  *files = (rj_credentials_files){0};
}

/* ---- reading ---- */

/* A rejoin that is replayed changes nothing (its secret is used up), so early data needs no memory of the seen. */
static int never_seen(void *user, time_t expires, const gnutls_datum_t *key,
                      const gnutls_datum_t *data) {
  (void)user;
  (void)expires;
  (void)key;
  (void)data;
  return 0;
}

static int32_t load(rj_credentials *credentials, const rj_credentials_files *files, char *error) {
  if (files->certificate_pem != NULL) {
    int32_t status = STATUS_OK;
    rj_certificate *certificate =
        rj_certificate_new(files->certificate_pem, files->certificate_length, files->key_pem,
                           files->key_length, &status, error);
    if (certificate == NULL)
      return status;
    rj_credentials_set_certificate(credentials, certificate);
  }
  credentials->ticket_key.data = gnutls_malloc(files->ticket_key_length);
  if (credentials->ticket_key.data == NULL)
    return fail(error, "ticket key", GNUTLS_E_MEMORY_ERROR);
  memcpy(credentials->ticket_key.data, files->ticket_key, files->ticket_key_length);
  credentials->ticket_key.size = (unsigned)files->ticket_key_length;
  memcpy(credentials->reset_key, files->reset_key, sizeof credentials->reset_key);

  int code = gnutls_anti_replay_init(&credentials->anti_replay);
  if (code < 0)
    return fail(error, "anti-replay", code);
  /* The default window would refuse the early data of every ticket older than 10 s. */
  gnutls_anti_replay_set_window(credentials->anti_replay, UINT32_MAX);
  gnutls_anti_replay_set_add_function(credentials->anti_replay, never_seen);
  return STATUS_OK;
}

rj_credentials *rj_credentials_new(const rj_credentials_files *files, int32_t *status,
                                   char error[RJ_CREDENTIALS_ERROR_SIZE]) {
  *status = STATUS_RESOURCE_LIMITED;
  snprintf(error, RJ_CREDENTIALS_ERROR_SIZE, "out of memory");
  rj_credentials *credentials = calloc(1, sizeof *credentials);
  if (credentials == NULL)
    return NULL;
  *status = load(credentials, files, error);
  if (*status == STATUS_OK) {
    error[0] = '\0';
    return credentials;
  }
  rj_credentials_free(credentials);
  return NULL;
}

void rj_credentials_free(rj_credentials *credentials) {
  if (credentials == NULL)
    return;
  if (credentials->anti_replay != NULL)
    gnutls_anti_replay_deinit(credentials->anti_replay);
  rj_certificate_release(credentials->certificate);
  if (credentials->ticket_key.data != NULL)
    gnutls_memset(credentials->ticket_key.data, 0, credentials->ticket_key.size);
  gnutls_free(credentials->ticket_key.data);
  gnutls_memset(credentials->reset_key, 0, sizeof credentials->reset_key);
  free(credentials);
}

const char *rj_credentials_fingerprint(const rj_credentials *credentials) {
  return credentials->fingerprint;
}

void rj_credentials_set_certificate(rj_credentials *credentials, rj_certificate *certificate) {
  rj_certificate_release(credentials->certificate);
  credentials->certificate = certificate;
  memcpy(credentials->fingerprint, rj_certificate_fingerprint(certificate),
         sizeof credentials->fingerprint);
}

rj_certificate *rj_credentials_certificate(const rj_credentials *credentials) {
  return credentials->certificate;
}

const gnutls_datum_t *rj_credentials_ticket_key(const rj_credentials *credentials) {
  return &credentials->ticket_key;
}

gnutls_anti_replay_t rj_credentials_anti_replay(const rj_credentials *credentials) {
  return credentials->anti_replay;
}

const uint8_t *rj_credentials_reset_key(const rj_credentials *credentials) {
  return credentials->reset_key;
}
