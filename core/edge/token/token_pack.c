/* How a token is packed: base64, zlib, CRC-32. All of it strict, so that no two texts are the same
 * token by what a decoder would overlook. */
#include <gio/gio.h>
#include <glib.h>
#include <string.h>

#include "edge/token/token.h"

/* ------------------------------------------------------------------ base64 */

/* The six bits of a character; -1: not in the alphabet. */
static int six_bits(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

uint8_t *rj_token_base64(const char *text, size_t length, size_t *out_length) {
  if (length == 0 || length % 4 != 0)
    return NULL;
  size_t padding = text[length - 1] != '=' ? 0 : text[length - 2] != '=' ? 1 : 2;
  size_t body = length - padding;
  for (size_t i = 0; i < body; i++) {
    if (six_bits(text[i]) < 0)
      return NULL;
  }
  /* the last character's bits that belong to no byte */
  int unused = padding == 0 ? 0 : padding == 1 ? 0x3 : 0xf;
  if ((six_bits(text[body - 1]) & unused) != 0)
    return NULL;
  uint8_t *out = g_malloc(length / 4 * 3 + 3);
  gint state = 0;
  guint save = 0;
  *out_length = g_base64_decode_step(text, length, out, &state, &save);
  return out;
}

/* ------------------------------------------------------------------ zlib */

enum {
  ZLIB_HEADER = 2,
  ZLIB_TRAILER = 4, /* Adler-32 */
  FIRST_ROOM = 2048,
  MOST_ROOM = RJ_TOKEN_INFLATED_MAX + 1 /* so that a full buffer tells that it is too much */
};

/* Inflates into `out`, at most up to the cap. False: not one whole stream, or too much in it. */
static bool inflate_into(const uint8_t *data, size_t length, GByteArray *out, bool *too_big) {
  GConverter *converter = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  GConverterResult result = G_CONVERTER_CONVERTED;
  size_t taken = 0, made = 0;
  while (result == G_CONVERTER_CONVERTED) {
    if (made == out->len) {
      if (out->len >= MOST_ROOM)
        break;
      g_byte_array_set_size(out, MIN(MAX(FIRST_ROOM, 2 * out->len), MOST_ROOM));
    }
    gsize read = 0, written = 0;
    result = g_converter_convert(converter, data + taken, length - taken, out->data + made,
                                 out->len - made, G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
    if (result == G_CONVERTER_ERROR)
      break;
    taken += read;
    made += written;
  }
  g_object_unref(converter);
  *too_big = made > RJ_TOKEN_INFLATED_MAX;
  g_byte_array_set_size(out, (guint)made);
  return result == G_CONVERTER_FINISHED && taken == length && !*too_big;
}

uint8_t *rj_token_inflate(const uint8_t *data, size_t length, size_t *out_length,
                          const char **why) {
  GByteArray *out = g_byte_array_new();
  bool too_big = false;
  *why = NULL;
  if (length <= ZLIB_HEADER + ZLIB_TRAILER || !inflate_into(data, length, out, &too_big))
    *why = too_big ? "its content inflates to more than is allowed"
                   : "its content is not one whole zlib stream";
  else if (!rj_token_pads_with_zeros(data + ZLIB_HEADER, length - ZLIB_HEADER - ZLIB_TRAILER))
    *why = "its zlib stream has bits that mean nothing";
  if (*why != NULL) {
    g_byte_array_unref(out);
    return NULL;
  }
  *out_length = out->len;
  return g_byte_array_free(out, FALSE);
}

uint8_t *rj_token_deflate(const uint8_t *data, size_t length, size_t *out_length) {
  GConverter *converter = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, -1));
  size_t room = length + length / 1000 + 64; /* more than zlib ever needs */
  uint8_t *out = g_malloc(room);
  gsize read = 0, written = 0;
  GConverterResult result = g_converter_convert(converter, data, length, out, room,
                                                G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
  g_assert(result == G_CONVERTER_FINISHED && read == length);
  g_object_unref(converter);
  *out_length = written;
  return out;
}

/* ------------------------------------------------------------------ CRC-32 */

/* Four bits at a time: the remainders of 0 to 15 by the reflected polynomial 0xedb88320. */
static const uint32_t remainders[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t rj_token_crc32(const void *data, size_t length) {
  const uint8_t *bytes = data;
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ remainders[crc & 0xf];
    crc = (crc >> 4) ^ remainders[crc & 0xf];
  }
  return ~crc;
}
