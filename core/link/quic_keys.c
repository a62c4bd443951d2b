/* The keys of an established connection, most of them small: 16 bytes instead of a cipher's whole state.
 *
 * A connection has six keys: one for each direction's packets, one for each direction's packet numbers, and two that ngtcp2 makes
 * ready for the next key update. As whole ciphers they take 4.5 KB. The two in use stay whole, because
 * setting a cipher up for each packet costs an edge more than it saves; the other four are compact, and their cipher is set up when one is
 * used. After a key update the packets' keys are compact, too.
 *
 * Only AES-128-GCM is kept this way, which is what our own ends agree on; other ciphers and all keys of the handshake stay with
 * ngtcp2's own functions. A compact key's native handle points to its second byte: an odd address, as no other handle has. */
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

enum { KEY = 16, IV = 12, TAG = 16, SAMPLE = 16, SECRET_MAX = 48 };

_Static_assert(NGTCP2_HP_MASKLEN <= SAMPLE, "a mask is the front of one block");

/* ---- handles ---- */

static bool is_compact(const void *handle) {
  return ((uintptr_t)handle & 1) != 0;
}

static uint8_t *key_of(const void *handle) {
  return (uint8_t *)handle - 1;
}

static void *make_handle(const uint8_t key[KEY]) {
  uint8_t *copy = malloc(KEY); /* malloc aligns it */
  if (copy == NULL)
    return NULL;
  memcpy(copy, key, KEY);
  return copy + 1;
}

static void free_handle(void *handle) {
  gnutls_memset(key_of(handle), 0, KEY);
  free(key_of(handle));
}

/* ---- packets ---- */

static int aead_open(gnutls_aead_cipher_hd_t *cipher, const void *handle) {
  gnutls_datum_t key = {key_of(handle), KEY};
  return gnutls_aead_cipher_init(cipher, GNUTLS_CIPHER_AES_128_GCM, &key);
}

int rj_keys_encrypt(uint8_t *out, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length) {
  if (!is_compact(context->native_handle))
    return ngtcp2_crypto_encrypt_cb(out, aead, context, text, length, nonce, nonce_length, aad,
                                    aad_length);
  gnutls_aead_cipher_hd_t cipher;
  if (aead_open(&cipher, context->native_handle) != 0)
    return NGTCP2_ERR_CALLBACK_FAILURE;
  size_t out_length = length + TAG;
  int code = gnutls_aead_cipher_encrypt(cipher, nonce, nonce_length, aad, aad_length, TAG, text,
                                        length, out, &out_length);
  gnutls_aead_cipher_deinit(cipher);
  return code == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

int rj_keys_decrypt(uint8_t *out, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length) {
  if (!is_compact(context->native_handle))
    return ngtcp2_crypto_decrypt_cb(out, aead, context, text, length, nonce, nonce_length, aad,
                                    aad_length);
  if (length < TAG)
    return NGTCP2_ERR_DECRYPT;
  gnutls_aead_cipher_hd_t cipher;
  if (aead_open(&cipher, context->native_handle) != 0)
    return NGTCP2_ERR_CALLBACK_FAILURE;
  size_t out_length = length - TAG;
  int code = gnutls_aead_cipher_decrypt(cipher, nonce, nonce_length, aad, aad_length, TAG, text,
                                        length, out, &out_length);
  gnutls_aead_cipher_deinit(cipher);
  return code == 0 ? 0 : NGTCP2_ERR_DECRYPT;
}

int rj_keys_mask(uint8_t *out, const ngtcp2_crypto_cipher *hp,
                 const ngtcp2_crypto_cipher_ctx *context, const uint8_t *sample) {
  if (!is_compact(context->native_handle))
    return ngtcp2_crypto_hp_mask_cb(out, hp, context, sample);
  /* RFC 9001 asks for the plain block cipher, which GnuTLS does not offer; Nettle, its own crypto library, does. */
  struct aes128_ctx cipher;
  uint8_t block[SAMPLE];
  aes128_set_encrypt_key(&cipher, key_of(context->native_handle));
  aes128_encrypt(&cipher, SAMPLE, block, sample);
  gnutls_memset(&cipher, 0, sizeof cipher);
  memcpy(out, block, NGTCP2_HP_MASKLEN);
  return 0;
}

void rj_keys_delete_aead(ngtcp2_conn *conn, ngtcp2_crypto_aead_ctx *context, void *user) {
  if (!is_compact(context->native_handle))
    ngtcp2_crypto_delete_crypto_aead_ctx_cb(conn, context, user);
  else
    free_handle(context->native_handle);
}

void rj_keys_delete_cipher(ngtcp2_conn *conn, ngtcp2_crypto_cipher_ctx *context, void *user) {
  if (!is_compact(context->native_handle))
    ngtcp2_crypto_delete_crypto_cipher_ctx_cb(conn, context, user);
  else
    free_handle(context->native_handle);
}

/* ---- deriving (RFC 9001, 5.1 and 6.1) ---- */

static bool expand(uint8_t *out, size_t length, const ngtcp2_crypto_md *md, const uint8_t *secret,
                   size_t secret_length, const char *label) {
  static const char prefix[] = "tls13 ";
  uint8_t info[32];
  size_t label_length = sizeof prefix - 1 + strlen(label);
  info[0] = (uint8_t)(length >> 8);
  info[1] = (uint8_t)length;
  info[2] = (uint8_t)label_length;
  memcpy(info + 3, prefix, sizeof prefix - 1);
  memcpy(info + 3 + sizeof prefix - 1, label, strlen(label));
  info[3 + label_length] = 0; /* no context */
  return ngtcp2_crypto_hkdf_expand(out, length, md, secret, secret_length, info,
                                   4 + label_length) == 0;
}

/* One direction's key and vector; the key as a whole cipher of this kind, or compact where that is NULL. */
static bool derive(ngtcp2_crypto_aead_ctx *context, uint8_t iv[IV], const ngtcp2_crypto_md *md,
                   const uint8_t *secret, size_t secret_length, const ngtcp2_crypto_aead *whole) {
  uint8_t key[KEY];
  bool ok = expand(key, sizeof key, md, secret, secret_length, "quic key") &&
            expand(iv, IV, md, secret, secret_length, "quic iv");
  context->native_handle = NULL;
  if (ok && whole == NULL)
    context->native_handle = make_handle(key);
  else if (ok && ngtcp2_crypto_aead_ctx_encrypt_init(context, whole, key, IV) != 0)
    context->native_handle = NULL; /* GnuTLS has one kind of handle for both directions */
  gnutls_memset(key, 0, sizeof key);
  return context->native_handle != NULL;
}

typedef int (*installer)(ngtcp2_conn *conn, const uint8_t *secret, size_t secret_length,
                         const ngtcp2_crypto_aead_ctx *aead, const uint8_t *iv, size_t iv_length,
                         const ngtcp2_crypto_cipher_ctx *hp);

static bool install(ngtcp2_conn *conn, installer into, const uint8_t *secret, size_t length) {
  const ngtcp2_crypto_ctx *crypto = ngtcp2_conn_get_crypto_ctx(conn);
  uint8_t iv[IV], hp_key[KEY];
  ngtcp2_crypto_aead_ctx aead = {NULL};
  ngtcp2_crypto_cipher_ctx hp = {NULL};
  bool ok = derive(&aead, iv, &crypto->md, secret, length, &crypto->aead) &&
            expand(hp_key, sizeof hp_key, &crypto->md, secret, length, "quic hp");
  if (ok)
    hp.native_handle = make_handle(hp_key);
  gnutls_memset(hp_key, 0, sizeof hp_key);
  if (ok && hp.native_handle != NULL && into(conn, secret, length, &aead, iv, IV, &hp) == 0)
    return true;
  if (aead.native_handle != NULL)
    ngtcp2_crypto_aead_ctx_free(&aead);
  if (hp.native_handle != NULL)
    free_handle(hp.native_handle);
  return false;
}

int rj_keys_update(ngtcp2_conn *conn, uint8_t *rx_secret, uint8_t *tx_secret,
                   ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx,
                   uint8_t *tx_iv, const uint8_t *current_rx, const uint8_t *current_tx,
                   size_t length, void *user) {
  const rj_link *link = user;
  if (!link->compact_keys)
    return ngtcp2_crypto_update_key_cb(conn, rx_secret, tx_secret, rx, rx_iv, tx, tx_iv, current_rx,
                                       current_tx, length, user);
  const ngtcp2_crypto_md *md = &ngtcp2_conn_get_crypto_ctx(conn)->md;
  if (!expand(rx_secret, length, md, current_rx, length, "quic ku") ||
      !expand(tx_secret, length, md, current_tx, length, "quic ku") ||
      !derive(rx, rx_iv, md, rx_secret, length, NULL))
    return NGTCP2_ERR_CALLBACK_FAILURE;
  if (derive(tx, tx_iv, md, tx_secret, length, NULL))
    return 0;
  free_handle(rx->native_handle);
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

/* ---- what TLS gives ---- */

/* Takes the place of the function that ngtcp2's configure call set. */
static int secrets_came(gnutls_session_t session, gnutls_record_encryption_level_t at,
                        const void *rx, const void *tx, size_t length) {
  rj_link *link = rj_tls_link(session);
  ngtcp2_encryption_level level = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(at);
  ngtcp2_conn *conn = link->conn;
  if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT &&
      gnutls_cipher_get(session) == GNUTLS_CIPHER_AES_128_GCM && length <= SECRET_MAX) {
    link->compact_keys = true;
    return (rx == NULL || install(conn, ngtcp2_conn_install_rx_key, rx, length)) &&
                   (tx == NULL || install(conn, ngtcp2_conn_install_tx_key, tx, length))
               ? 0
               : -1;
  }
  if (rx != NULL &&
      ngtcp2_crypto_derive_and_install_rx_key(conn, NULL, NULL, NULL, level, rx, length) != 0)
    return -1;
  if (tx != NULL &&
      ngtcp2_crypto_derive_and_install_tx_key(conn, NULL, NULL, NULL, level, tx, length) != 0)
    return -1;
  return 0;
}

void rj_keys_attach(gnutls_session_t session) {
  gnutls_handshake_set_secret_function(session, secrets_came);
}
