/* The signatures of tokens: chains of HMAC-SHA256 (SPEC section 6). */
#include <glib.h>
#include <string.h>

#include "edge/token/token.h"

static GHmac *begin(const void *key, size_t length) {
  return g_hmac_new(G_CHECKSUM_SHA256, key, length);
}

static void add(GHmac *hmac, const void *data, size_t length) {
  if (length > 0)
    g_hmac_update(hmac, data, (gssize)length);
}

static void end(GHmac *hmac, uint8_t digest[RJ_TOKEN_SIGNATURE]) {
  gsize length = RJ_TOKEN_SIGNATURE;
  g_hmac_get_digest(hmac, digest, &length);
  g_assert(length == RJ_TOKEN_SIGNATURE);
  g_hmac_unref(hmac);
}

static void put_u32(uint8_t out[4], uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    out[i] = (uint8_t)(value >> 8 * i);
}

/* One link of the chain: the number is the key, what came before is the message. */
static void stir(uint32_t number, const void *data, size_t length,
                 uint8_t digest[RJ_TOKEN_SIGNATURE]) {
  uint8_t key[4];
  put_u32(key, number);
  GHmac *hmac = begin(key, sizeof key);
  add(hmac, data, length);
  end(hmac, digest);
}

void rj_token_sign_007(const char *certificate, uint32_t issued_at, uint32_t salt,
                       rj_token_text signed_bytes, uint8_t signature[RJ_TOKEN_SIGNATURE]) {
  uint8_t first[RJ_TOKEN_SIGNATURE], key[RJ_TOKEN_SIGNATURE];
  stir(issued_at, certificate, strlen(certificate), first);
  stir(salt, first, sizeof first, key);
  GHmac *hmac = begin(key, sizeof key);
  add(hmac, signed_bytes.data, signed_bytes.length);
  end(hmac, signature);
}

void rj_token_sign_006(const char *certificate, rj_token_text app_id, const char *channel,
                       const char *uid, rj_token_text message,
                       uint8_t signature[RJ_TOKEN_SIGNATURE]) {
  GHmac *hmac = begin(certificate, strlen(certificate));
  add(hmac, app_id.data, app_id.length);
  add(hmac, channel, strlen(channel));
  add(hmac, uid, strlen(uid));
  add(hmac, message.data, message.length);
  end(hmac, signature);
}

bool rj_token_same_signature(const uint8_t a[RJ_TOKEN_SIGNATURE],
                             const uint8_t b[RJ_TOKEN_SIGNATURE]) {
  unsigned difference = 0;
  for (size_t i = 0; i < RJ_TOKEN_SIGNATURE; i++)
    difference |= (unsigned)(a[i] ^ b[i]);
  return difference == 0;
}
