/* Whom a client believes, and what an edge can prove itself with. */
#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "link/net.h"

enum { DAY = 24 * 3600 };

/* ---- certificates as an operator has them ---- */

typedef struct {
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
} identity;

static identity make_key(gnutls_pk_algorithm_t kind, unsigned bits) {
  identity made;
  g_assert_cmpint(gnutls_x509_privkey_init(&made.key), ==, 0);
  g_assert_cmpint(gnutls_x509_privkey_generate(made.key, kind, bits, 0), ==, 0);
  g_assert_cmpint(gnutls_x509_crt_init(&made.certificate), ==, 0);
  return made;
}

/* issuer NULL: an authority that signs itself. Days are counted from today. */
static identity make(const char *name, const identity *issuer, gnutls_pk_algorithm_t kind,
                     unsigned bits, int from, int to) {
  identity made = make_key(kind, bits);
  time_t now = time(NULL);
  uint8_t serial[8] = {1};
  gnutls_rnd(GNUTLS_RND_NONCE, serial + 1, sizeof serial - 1);
  g_autofree char *dn = g_strdup_printf("CN=%s", name);
  gnutls_x509_crt_set_version(made.certificate, 3);
  gnutls_x509_crt_set_serial(made.certificate, serial, sizeof serial);
  gnutls_x509_crt_set_activation_time(made.certificate, now + from * DAY);
  gnutls_x509_crt_set_expiration_time(made.certificate, now + to * DAY);
  gnutls_x509_crt_set_dn(made.certificate, dn, NULL);
  gnutls_x509_crt_set_key(made.certificate, made.key);
  if (issuer == NULL) {
    gnutls_x509_crt_set_ca_status(made.certificate, 1);
    gnutls_x509_crt_set_key_usage(made.certificate, GNUTLS_KEY_KEY_CERT_SIGN);
  } else {
    gnutls_x509_crt_set_subject_alt_name(made.certificate, GNUTLS_SAN_DNSNAME, name,
                                         (unsigned)strlen(name), GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key_usage(made.certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  }
  const identity *signer = issuer != NULL ? issuer : &made;
  gnutls_digest_algorithm_t digest =
      kind == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256;
  g_assert_cmpint(
      gnutls_x509_crt_sign2(made.certificate, signer->certificate, signer->key, digest, 0), ==, 0);
  return made;
}

static void drop(identity *made) {
  gnutls_x509_crt_deinit(made->certificate);
  gnutls_x509_privkey_deinit(made->key);
}

static char *pem_of(const identity *made) {
  gnutls_datum_t text;
  g_assert_cmpint(gnutls_x509_crt_export2(made->certificate, GNUTLS_X509_FMT_PEM, &text), ==, 0);
  char *copy = g_strndup((const char *)text.data, text.size);
  gnutls_free(text.data);
  return copy;
}

/* As rj_credentials_generate leaves them, with another certificate: a chain of the leaf and, where given, its issuer. */
static rj_credentials_files files_of(const identity *leaf, const identity *issuer) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  free(files.certificate_pem);
  free(files.key_pem);
  g_autofree char *first = pem_of(leaf);
  g_autofree char *second = issuer != NULL ? pem_of(issuer) : g_strdup("");
  files.certificate_pem = g_strconcat(first, second, NULL);
  files.certificate_length = strlen(files.certificate_pem);
  gnutls_datum_t text;
  g_assert_cmpint(gnutls_x509_privkey_export2_pkcs8(leaf->key, GNUTLS_X509_FMT_PEM, NULL,
                                                    GNUTLS_PKCS_PLAIN, &text),
                  ==, 0);
  files.key_pem = g_strndup((const char *)text.data, text.size);
  files.key_length = text.size;
  gnutls_free(text.data);
  return files;
}

static rj_trust *trust_in(const identity *authority) {
  g_autofree char *name = NULL;
  g_autofree char *text = pem_of(authority);
  int fd = g_file_open_tmp("rejoin-ca-XXXXXX.pem", &name, NULL);
  g_assert_cmpint(fd, >=, 0);
  g_close(fd, NULL);
  g_assert_true(g_file_set_contents(name, text, -1, NULL));
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  rj_trust *trust = rj_trust_new(NULL, name, &status, error);
  g_assert_nonnull(trust);
  g_unlink(name);
  return trust;
}

/* ---- with an authority's file ---- */

/* How a client that trusts `authority` and dials `name` fares with this edge: -1 = up, else why not. */
static int fares(const identity *leaf, const identity *issuer, const identity *authority,
                 const char *name) {
  net *n = net_new(1);
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files = files_of(leaf, issuer);
  rj_credentials *credentials = rj_credentials_new(&files, &status, error);
  g_assert_nonnull(credentials);
  rj_credentials_files_clear(&files);
  rj_port_free(n->edge.port);
  n->edge_config.credentials = credentials;
  net_edge_open(n);
  rj_trust *trust = trust_in(authority);
  rj_link *link = net_dial_with(n, &(rj_dial){.server_name = name, .trust = trust});
  net_run(n, RJ_SECOND);
  int how = -1;
  if (!rj_link_is_up(link))
    how = (int)net_find(n, false, RJ_LINK_CLOSED, 0)->event.how;
  net_drop(n, link);
  n->edge_config.credentials = n->credentials;
  net_edge_crash(n);
  net_free(n);
  rj_trust_free(trust);
  rj_credentials_free(credentials);
  return how;
}

static void test_authority(void) {
  static const gnutls_pk_algorithm_t kinds[] = {GNUTLS_PK_EDDSA_ED25519, GNUTLS_PK_ECDSA};
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    unsigned bits =
        kinds[i] == GNUTLS_PK_ECDSA ? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) : 0;
    identity ca = make("an authority", NULL, kinds[i], bits, -1, 30);
    identity other = make("another authority", NULL, kinds[i], bits, -1, 30);
    identity leaf = make("edge.example", &ca, kinds[i], bits, -1, 30);
    identity old = make("edge.example", &ca, kinds[i], bits, -30, -1);
    identity early = make("edge.example", &ca, kinds[i], bits, 1, 30);
    g_assert_cmpint(fares(&leaf, NULL, &ca, "edge.example"), ==, -1);
    g_assert_cmpint(fares(&leaf, &ca, &ca, "edge.example"), ==, -1);
    g_assert_cmpint(fares(&leaf, NULL, &other, "edge.example"), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&leaf, NULL, &ca, "other.example"), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&leaf, NULL, &ca, "10.0.0.1"), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&leaf, NULL, &ca, ""), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&leaf, NULL, &ca, NULL), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&old, NULL, &ca, "edge.example"), ==, RJ_CLOSED_CERTIFICATE);
    g_assert_cmpint(fares(&early, NULL, &ca, "edge.example"), ==, RJ_CLOSED_CERTIFICATE);
    drop(&ca);
    drop(&other);
    drop(&leaf);
    drop(&old);
    drop(&early);
  }
}

/* A certificate that none of the system's authorities has signed. */
static void test_systems_authorities(void) {
  net *n = net_new(12);
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  rj_trust *trust = rj_trust_new(NULL, NULL, &status, error);
  if (trust != NULL) { /* a machine without any says so at once */
    g_assert_cmpint(net_dial_fails(n, &(rj_dial){.server_name = "localhost", .trust = trust}), ==,
                    RJ_CLOSED_CERTIFICATE);
    net_drop(n, n->client.links->pdata[0]);
  } else {
    g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
  }
  rj_trust_free(trust);
  net_free(n);
}

static void test_trust_arguments(void) {
  static const char *const wrong[] = {
      "", "12", "zz", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    error[0] = '\0';
    g_assert_null(rj_trust_new(wrong[i], NULL, &status, error));
    g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
    g_assert_nonnull(strstr(error, "fingerprint"));
  }
  g_assert_null(rj_trust_new("ab", "file", &status, error));
  g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
  g_assert_null(rj_trust_new(NULL, "/nonexistent/ca.pem", &status, error));
  g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(error, "/nonexistent/ca.pem"));
  /* as openssl prints it */
  rj_trust *trust = rj_trust_new("01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"
                                 "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF",
                                 NULL, &status, error);
  g_assert_nonnull(trust);
  rj_trust_free(trust);
}

/* ---- what an edge takes ---- */

static int32_t loading(const rj_credentials_files *files, const char *says) {
  char error[RJ_CREDENTIALS_ERROR_SIZE] = "";
  int32_t status;
  rj_credentials *credentials = rj_credentials_new(files, &status, error);
  g_assert_true((credentials != NULL) == (status == STATUS_OK));
  if (says != NULL && strstr(error, says) == NULL)
    g_error("\"%s\" does not say \"%s\"", error, says);
  rj_credentials_free(credentials);
  return status;
}

static void test_made_credentials(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  rj_credentials_files files, other;
  int32_t status;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  g_assert_cmpint(rj_credentials_generate(&other, NET_WALL, error), ==, STATUS_OK);
  /* as long each time: a simulation's packets must not differ */
  g_assert_cmpuint(files.certificate_length, ==, other.certificate_length);
  g_assert_cmpuint(files.key_length, ==, other.key_length);

  rj_credentials *credentials = rj_credentials_new(&files, &status, error);
  g_assert_nonnull(credentials);
  const char *fingerprint = rj_credentials_fingerprint(credentials);
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem = {(uint8_t *)files.certificate_pem, (unsigned)files.certificate_length}, der;
  gnutls_x509_crt_init(&certificate);
  g_assert_cmpint(gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der), ==, 0);
  g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.data, der.size);
  g_assert_cmpstr(fingerprint, ==, sum);
  g_assert_cmpint(gnutls_x509_crt_get_activation_time(certificate), ==, NET_WALL / RJ_SECOND - DAY);
  g_assert_cmpint(gnutls_x509_crt_get_expiration_time(certificate), >,
                  NET_WALL / RJ_SECOND + 9 * 365 * DAY);
  gnutls_free(der.data);
  gnutls_x509_crt_deinit(certificate);
  rj_credentials_free(credentials);
  rj_credentials_files_clear(&files);
  rj_credentials_files_clear(&other);
  g_assert_null(files.key_pem);
}

static void test_refused_credentials(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  rj_credentials_files good, other;
  g_assert_cmpint(rj_credentials_generate(&good, NET_WALL, error), ==, STATUS_OK);
  g_assert_cmpint(rj_credentials_generate(&other, NET_WALL, error), ==, STATUS_OK);
  g_assert_cmpint(loading(&good, NULL), ==, STATUS_OK);

  rj_credentials_files mixed = good; /* the key of another certificate */
  mixed.key_pem = other.key_pem;
  mixed.key_length = other.key_length;
  g_assert_cmpint(loading(&mixed, "key"), ==, STATUS_FAILED);

  mixed = good;
  mixed.certificate_length /= 2;
  g_assert_cmpint(loading(&mixed, "certificate"), ==, STATUS_FAILED);
  mixed.certificate_length = 0;
  g_assert_cmpint(loading(&mixed, "certificate"), ==, STATUS_FAILED);
  mixed = good;
  mixed.key_length /= 2;
  g_assert_cmpint(loading(&mixed, "key"), ==, STATUS_FAILED);

  identity rsa = make("edge.example", NULL, GNUTLS_PK_RSA, 2048, -1, 30);
  identity p384 = make("edge.example", NULL, GNUTLS_PK_ECDSA,
                       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), -1, 30);
  rj_credentials_files files = files_of(&rsa, NULL);
  g_assert_cmpint(loading(&files, "RSA"), ==, STATUS_NOT_SUPPORTED);
  rj_credentials_files_clear(&files);
  files = files_of(&p384, NULL);
  g_assert_cmpint(loading(&files, "P-256"), ==, STATUS_NOT_SUPPORTED);
  rj_credentials_files_clear(&files);
  drop(&rsa);
  drop(&p384);
  rj_credentials_files_clear(&good);
  rj_credentials_files_clear(&other);
}

/* Where certificates are pinned, one more may be given for a dial; it is for that dial alone. Where the CAs decide, it is not
 * looked at, neither for nor against. */
static void test_one_more_fingerprint(void) {
  net *n = net_new(25);
  uint8_t right[RJ_FINGERPRINT_SIZE], wrong[RJ_FINGERPRINT_SIZE];
  g_assert_true(rj_fingerprint_read(rj_credentials_fingerprint(n->credentials), right));
  memcpy(wrong, right, sizeof wrong);
  wrong[31] ^= 1;
  g_autofree char *other = g_strnfill(64, 'a');
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  rj_trust *pinned = rj_trust_new(other, NULL, &status, error);
  rj_link *link =
      net_dial_with(n, &(rj_dial){.server_name = "edge", .trust = pinned, .fingerprint = right});
  net_run(n, 300 * MS);
  g_assert_true(rj_link_is_up(link));
  net_drop(n, link);
  net_forget(n);
  const uint8_t *const unfitting[] = {wrong, NULL};
  for (size_t i = 0; i < G_N_ELEMENTS(unfitting); i++) {
    rj_dial dial = {.server_name = "edge", .trust = pinned, .fingerprint = unfitting[i]};
    g_assert_cmpint(net_dial_fails(n, &dial), ==, RJ_CLOSED_CERTIFICATE);
    net_drop(n, n->client.links->pdata[0]);
    net_forget(n);
  }
  rj_trust_free(pinned);

  rj_trust *right_one =
      rj_trust_new(rj_credentials_fingerprint(n->credentials), NULL, &status, error);
  link =
      net_dial_with(n, &(rj_dial){.server_name = "edge", .trust = right_one, .fingerprint = wrong});
  net_run(n, 300 * MS);
  g_assert_true(rj_link_is_up(link));
  net_drop(n, link);
  net_forget(n);
  rj_trust_free(right_one);

  identity authority = make("authority", NULL, GNUTLS_PK_EDDSA_ED25519, 0, -1, 30);
  rj_trust *by_authority = trust_in(&authority);
  rj_dial dial = {.server_name = "edge", .trust = by_authority, .fingerprint = right};
  g_assert_cmpint(net_dial_fails(n, &dial), ==, RJ_CLOSED_CERTIFICATE);
  net_drop(n, n->client.links->pdata[0]);
  rj_trust_free(by_authority);
  drop(&authority);
  net_free(n);
}

/* Several edges with certificates of their own: one of the fingerprints has to fit. */
static void test_several_fingerprints(void) {
  net *n = net_new(24);
  const char *right = rj_credentials_fingerprint(n->credentials);
  g_autofree char *other = g_strnfill(64, 'a');
  g_autofree char *fitting = g_strconcat(other, ",", right, NULL);
  g_autofree char *unfitting = g_strconcat(other, ",", other, NULL);
  char error[RJ_TRUST_ERROR_SIZE];
  int32_t status;
  rj_trust *trust = rj_trust_new(fitting, NULL, &status, error);
  g_assert_nonnull(trust);
  rj_link *link = net_dial_with(n, &(rj_dial){.server_name = "edge", .trust = trust});
  net_run(n, 300 * MS);
  g_assert_true(rj_link_is_up(link));
  net_drop(n, link);
  net_forget(n);
  rj_trust_free(trust);
  trust = rj_trust_new(unfitting, NULL, &status, error);
  g_assert_nonnull(trust);
  g_assert_cmpint(net_dial_fails(n, &(rj_dial){.server_name = "edge", .trust = trust}), ==,
                  RJ_CLOSED_CERTIFICATE);
  net_drop(n, n->client.links->pdata[0]);
  rj_trust_free(trust);

  g_autofree char *nine = g_strnfill(9 * 65 - 1, 'a');
  for (int i = 1; i < 9; i++)
    nine[i * 65 - 1] = ',';
  g_autofree char *open_end = g_strconcat(right, ",", NULL);
  const char *const bad[] = {nine, open_end, ",", "aa,bb"};
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_null(rj_trust_new(bad[i], NULL, &status, error));
    g_assert_cmpint(status, ==, STATUS_INVALID_ARGUMENT);
  }
  net_free(n);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/trust/authority", test_authority);
  g_test_add_func("/trust/systems-authorities", test_systems_authorities);
  g_test_add_func("/trust/arguments", test_trust_arguments);
  g_test_add_func("/trust/made-credentials", test_made_credentials);
  g_test_add_func("/trust/refused-credentials", test_refused_credentials);
  g_test_add_func("/trust/several-fingerprints", test_several_fingerprints);
  g_test_add_func("/trust/one-more-fingerprint", test_one_more_fingerprint);
  return g_test_run();
}
