/* Tokens of any content, as forge.h says. */
#include "edge/forge.h"

#include <gio/gio.h>
#include <string.h>

#include "edge/token/token.h"

void forge_u16(GByteArray *to, unsigned value) {
  const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
  g_byte_array_append(to, bytes, sizeof bytes);
}

void forge_u32(GByteArray *to, uint32_t value) {
  forge_u16(to, value & 0xffff);
  forge_u16(to, value >> 16);
}

void forge_text(GByteArray *to, const char *text) {
  forge_u16(to, (unsigned)strlen(text));
  g_byte_array_append(to, (const uint8_t *)text, (guint)strlen(text));
}

GByteArray *forge_signed(uint32_t issued_at, uint32_t expire, unsigned services) {
  GByteArray *to = g_byte_array_new();
  forge_text(to, FORGE_APP_ID);
  forge_u32(to, issued_at);
  forge_u32(to, expire);
  forge_u32(to, 7);
  forge_u16(to, services);
  return to;
}

void forge_rtc(GByteArray *to, unsigned count, uint32_t seconds, const char *channel,
               const char *uid) {
  forge_u16(to, RJ_TOKEN_SERVICE_RTC);
  forge_u16(to, count);
  for (unsigned key = 1; key <= count; key++) {
    forge_u16(to, key);
    forge_u32(to, seconds);
  }
  forge_text(to, channel);
  forge_text(to, uid);
}

static char *as_007(const uint8_t *packed, size_t length) {
  char *base64 = g_base64_encode(packed, length);
  char *token = g_strconcat("007", base64, NULL);
  g_free(base64);
  return token;
}

static char *pack(const uint8_t *data, size_t length, int level) {
  GConverter *converter = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, level));
  size_t room = length + length / 100 + 64;
  uint8_t *out = g_malloc(room);
  gsize read, written;
  g_assert_cmpint(g_converter_convert(converter, data, length, out, room, G_CONVERTER_INPUT_AT_END,
                                      &read, &written, NULL),
                  ==, G_CONVERTER_FINISHED);
  char *token = as_007(out, written);
  g_free(out);
  g_object_unref(converter);
  return token;
}

char *forge_flushed(const uint8_t *data, size_t length, int level) {
  GConverter *converter = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, level));
  size_t room = 2 * length + 128, made = 0;
  uint8_t *out = g_malloc(room);
  const size_t ends[] = {length / 2, length, length};
  for (size_t i = 0, taken = 0; i < G_N_ELEMENTS(ends); i++) {
    GConverterFlags flags = i == 2 ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_FLUSH;
    gsize read = 0, written = 0;
    if (i < 2 && ends[i] == taken)
      continue; /* zlib does not flush twice */
    g_assert_cmpint(g_converter_convert(converter, data + taken, ends[i] - taken, out + made,
                                        room - made, flags, &read, &written, NULL),
                    !=, G_CONVERTER_ERROR);
    g_assert_cmpuint(read, ==, ends[i] - taken);
    taken += read;
    made += written;
  }
  char *token = as_007(out, made);
  g_free(out);
  g_object_unref(converter);
  return token;
}

char *forge_packed(const uint8_t *data, size_t length) {
  return pack(data, length, 9);
}

char *forge_stored(const uint8_t *data, size_t length) {
  return pack(data, length, 0);
}

char *forge_token(GByteArray *signed_bytes) {
  const uint8_t *at = signed_bytes->data + 2 + strlen(FORGE_APP_ID);
  uint32_t issued_at;
  memcpy(&issued_at, at, sizeof issued_at);
  uint8_t signature[RJ_TOKEN_SIGNATURE];
  rj_token_sign_007(FORGE_CERTIFICATE, GUINT32_FROM_LE(issued_at), 7,
                    (rj_token_text){signed_bytes->data, signed_bytes->len}, signature);
  GByteArray *whole = g_byte_array_new();
  forge_u16(whole, sizeof signature);
  g_byte_array_append(whole, signature, sizeof signature);
  g_byte_array_append(whole, signed_bytes->data, signed_bytes->len);
  g_byte_array_unref(signed_bytes);
  char *token = forge_packed(whole->data, whole->len);
  g_byte_array_unref(whole);
  return token;
}
