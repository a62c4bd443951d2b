/* Makes tokens of the formats 007 and 006: what an app's own server does. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "client/rules.h"
#include "edge/token/token.h"

enum { APP_ID_006 = 32 /* characters */ };

/* ------------------------------------------------------------------ little-endian fields */

static void put_u16(GByteArray *to, size_t value) {
  const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
  g_byte_array_append(to, bytes, sizeof bytes);
}

static void put_u32(GByteArray *to, uint32_t value) {
  put_u16(to, value & 0xffff);
  put_u16(to, value >> 16);
}

static void put_bytes(GByteArray *to, const void *data, size_t length) {
  put_u16(to, length);
  g_byte_array_append(to, data, (guint)length);
}

static void put_text(GByteArray *to, const char *text) {
  put_bytes(to, text, strlen(text));
}

/* The times count from `since`; 0 stays "no limit". */
static void put_grants(GByteArray *to, const rj_token_parts *parts, uint32_t since) {
  put_u16(to, parts->grant_count);
  for (size_t i = 0; i < parts->grant_count; i++) {
    uint32_t seconds = parts->grants[i].seconds;
    put_u16(to, parts->grants[i].key);
    put_u32(to, seconds == 0 ? 0 : since + seconds);
  }
}

static rj_token_text text_of(const void *data, size_t length) {
  return (rj_token_text){.data = data, .length = length};
}

/* ------------------------------------------------------------------ rules */

static bool check_grants(const rj_token_parts *parts, char why[RJ_TOKEN_WHY_SIZE]) {
  if (parts->grant_count > RJ_TOKEN_PRIVILEGES)
    return rj_token_complain(why, "privileges: %zu are given; at most %d are allowed",
                             parts->grant_count, (int)RJ_TOKEN_PRIVILEGES);
  for (size_t i = 0; i < parts->grant_count; i++) {
    const rj_token_grant *grant = &parts->grants[i];
    if (i > 0 && grant->key == grant[-1].key)
      return rj_token_complain(why, "privileges: %d is given twice", grant->key);
    if (i > 0 && grant->key < grant[-1].key)
      return rj_token_complain(why, "privileges: %d follows %d; they must ascend", grant->key,
                               grant[-1].key);
    if (parts->version == 6 && grant->seconds > UINT32_MAX - parts->issued_at)
      return rj_token_complain(why, "privileges: %d ends later than a 006 token can say (2^32-1)",
                               grant->key);
  }
  return true;
}

static bool check_parts(const rj_token_parts *parts, const char *uid, char why[RJ_TOKEN_WHY_SIZE]) {
  char text[RJ_RULE_TEXT_SIZE];
  size_t app_id = strlen(parts->app_id), certificate = strlen(parts->certificate);
  if (parts->version != 7 && parts->version != 6)
    return rj_token_complain(why, "version is %d; it must be 7 or 6", parts->version);
  if (rj_rule_app_id(parts->app_id, text) != STATUS_OK ||
      rj_rule_channel(parts->channel, text) != STATUS_OK)
    return rj_token_complain(why, "%s", text);
  if (parts->version == 6 && app_id != APP_ID_006)
    return rj_token_complain(why, "app_id is %zu characters long; in a 006 token it has %d", app_id,
                             (int)APP_ID_006);
  if (certificate == 0 || certificate > RJ_CERTIFICATE_MAX)
    return rj_token_complain(why, "certificate is %zu bytes long; it has 1 to %d", certificate,
                             (int)RJ_CERTIFICATE_MAX);
  if (strlen(uid) > RJ_TOKEN_UID_MAX)
    return rj_token_complain(why, "uid is %zu bytes long; at most %d are allowed", strlen(uid),
                             (int)RJ_TOKEN_UID_MAX);
  if (parts->version == 6 && parts->expire > UINT32_MAX - parts->issued_at)
    return rj_token_complain(why, "expire: the token ends later than a 006 token can say (2^32-1)");
  return check_grants(parts, why);
}

/* ------------------------------------------------------------------ the formats */

static char *make_007(const rj_token_parts *parts, const char *uid) {
  GByteArray *body = g_byte_array_new(), *whole = g_byte_array_new();
  put_text(body, parts->app_id);
  put_u32(body, parts->issued_at);
  put_u32(body, parts->expire);
  put_u32(body, parts->salt);
  put_u16(body, 1);
  put_u16(body, RJ_TOKEN_SERVICE_RTC);
  put_grants(body, parts, 0);
  put_text(body, parts->channel);
  put_text(body, uid);

  uint8_t signature[RJ_TOKEN_SIGNATURE];
  rj_token_sign_007(parts->certificate, parts->issued_at, parts->salt,
                    text_of(body->data, body->len), signature);
  put_bytes(whole, signature, sizeof signature);
  g_byte_array_append(whole, body->data, body->len);
  size_t length;
  uint8_t *packed = rj_token_deflate(whole->data, whole->len, &length);
  char *base64 = g_base64_encode(packed, length);
  char *token = g_strconcat("007", base64, NULL);
  g_free(base64);
  g_free(packed);
  g_byte_array_unref(whole);
  g_byte_array_unref(body);
  return token;
}

static char *make_006(const rj_token_parts *parts, const char *uid) {
  GByteArray *message = g_byte_array_new(), *whole = g_byte_array_new();
  put_u32(message, parts->salt);
  put_u32(message, parts->issued_at + parts->expire);
  put_grants(message, parts, parts->issued_at);

  uint8_t signature[RJ_TOKEN_SIGNATURE];
  rj_token_sign_006(parts->certificate, text_of(parts->app_id, strlen(parts->app_id)),
                    parts->channel, uid, text_of(message->data, message->len), signature);
  put_bytes(whole, signature, sizeof signature);
  put_u32(whole, rj_token_crc32(parts->channel, strlen(parts->channel)));
  put_u32(whole, rj_token_crc32(uid, strlen(uid)));
  put_bytes(whole, message->data, message->len);
  char *base64 = g_base64_encode(whole->data, whole->len);
  char *token = g_strconcat("006", parts->app_id, base64, NULL);
  g_free(base64);
  g_byte_array_unref(whole);
  g_byte_array_unref(message);
  return token;
}

char *rj_token_make(const rj_token_parts *parts, char why[RJ_TOKEN_WHY_SIZE]) {
  const char *uid = strcmp(parts->uid, "0") == 0 ? "" : parts->uid;
  if (!check_parts(parts, uid, why))
    return NULL;
  return parts->version == 7 ? make_007(parts, uid) : make_006(parts, uid);
}
