/* Reading tokens: what an independent implementation made, and what nobody should have (SPEC section 6). */
#include <string.h>

#include "edge/forge.h"
#include "edge/vectors.h"

static void refused(const char *text, const char *part) {
  rj_token token;
  char why[RJ_TOKEN_WHY_SIZE] = "";
  g_assert_false(rj_token_read(&token, text, why));
  if (strstr(why, part) == NULL)
    g_error("\"%s\" does not say \"%s\"", why, part);
}

static rj_token taken(const char *text) {
  rj_token token;
  char why[RJ_TOKEN_WHY_SIZE] = "";
  if (!rj_token_read(&token, text, why))
    g_error("%s: %s", text, why);
  return token;
}

static void check_text(rj_token_text text, const char *wanted) {
  assert_bytes(text.data, text.length, wanted, strlen(wanted));
}

static void test_vectors(void) {
  for (size_t i = 0; i < VECTORS; i++) {
    const token_vector *v = &vectors()[i];
    rj_token token = taken(v->token);
    g_assert_cmpint(token.version, ==, v->version);
    check_text(token.app_id, v->app_id);
    g_assert_cmpint(token.issued_at, ==, v->issued_at);
    g_assert_cmpint(token.ends, ==, v->ends);
    g_assert_cmpint(token.salt, ==, v->salt);
    g_assert_true(token.has_join);
    g_assert_cmpuint(token.privilege_count, ==, v->privilege_count);
    for (size_t key = 1; key <= v->privilege_count; key++) {
      int64_t value = v->privileges[key - 1];
      g_assert_cmpuint(token.privileges[key - 1].key, ==, key);
      g_assert_cmpint(token.privileges[key - 1].ends, ==,
                      value == 0 ? RJ_TOKEN_NEVER : v->issued_at + value);
    }
    const char *uid = strcmp(v->uid, "0") == 0 ? "" : v->uid;
    if (v->version == 7) {
      check_text(token.channel, v->channel);
      check_text(token.uid, uid);
    } else {
      g_assert_cmpuint(token.channel_crc, ==, rj_token_crc32(v->channel, strlen(v->channel)));
      g_assert_cmpuint(token.uid_crc, ==, rj_token_crc32(uid, strlen(uid)));
    }
    rj_token_clear(&token);
  }
  rj_token two_services = taken(vectors()[3].token);
  g_assert_cmpuint(two_services.service_count, ==, 2);
  g_assert_cmpuint(two_services.service_seen, ==, 2);
  g_assert_cmpuint(two_services.services[1], ==, 2);
  rj_token_clear(&two_services);
}

static void test_crc32(void) {
  g_assert_cmpuint(rj_token_crc32("", 0), ==, 0);
  g_assert_cmpuint(rj_token_crc32("123456789", 9), ==, 0xcbf43926); /* the check value of CRC-32 */
}

static void test_not_tokens(void) {
  refused("", "begins with neither");
  refused("00", "begins with neither");
  refused("008abcd", "begins with neither");
  refused(" 007abcd", "begins with neither");
  refused("007", "is not base64");
  refused("007abc", "is not base64");
  refused("007ab=d", "is not base64");
  refused("007a===", "is not base64");
  refused("007====", "is not base64");
  refused("007ab-_", "is not base64");
  refused("007abcd", "zlib");
  refused("007AAAAAAAAAAAAAAAA", "zlib");
  refused("006", "within its app id");
  refused("0060123456789abcdef0123456789abcde", "within its app id");
  refused("0060123456789abcdef0123456789abcdef", "is not base64");
  refused("0060123456789abcdef0123456789abcdefAAAA", "signature is 0 bytes");
  refused("0060123456789abcdef0123456789abcdefIAAA", "ends within its signature");
  char *huge = g_strnfill(1 << 20, 'A'); /* 1 MB */
  refused(huge, "1048576 bytes long; at most 4096");
  huge[0] = huge[1] = '0';
  huge[2] = '7';
  refused(huge, "1048576 bytes long; at most 4096");
  g_free(huge);
}

/* Bits that base64 overlooks. */
static void test_base64_is_strict(void) {
  size_t length;
  g_assert_null(rj_token_base64("AB==", 4, &length));
  g_assert_null(rj_token_base64("AAB=", 4, &length));
  g_assert_null(rj_token_base64("A\nAA", 4, &length));
  uint8_t *bytes = rj_token_base64("AQ==", 4, &length);
  assert_bytes(bytes, length, "\x01", 1);
  g_free(bytes);
  bytes = rj_token_base64("AQI=", 4, &length);
  assert_bytes(bytes, length, "\x01\x02", 2);
  g_free(bytes);
}

/* The inflated size is capped. */
static void test_bombs(void) {
  uint8_t *zeros = g_malloc0(4 << 20);
  const struct {
    size_t length;
    const char *part;
  } cases[] = {
      {RJ_TOKEN_INFLATED_MAX, "signature is 0 bytes"}, /* as much as is allowed, but no token */
      {RJ_TOKEN_INFLATED_MAX + 1, "more than is allowed"},
      {2 * RJ_TOKEN_INFLATED_MAX, "more than is allowed"},
      {2 << 20, "more than is allowed"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *token = forge_packed(zeros, cases[i].length);
    g_assert_cmpuint(strlen(token), <=, RJ_TOKEN_MAX);
    refused(token, cases[i].part);
    g_free(token);
  }
  g_free(zeros);
}

/* One whole stream and nothing else, down to the bit. Takes `packed`. */
static void check_every_bit(uint8_t *packed, size_t length, const void *content, size_t size) {
  size_t out_length;
  const char *why;
  packed = g_realloc(packed, length + 1);
  packed[length] = 0;
  uint8_t *out = rj_token_inflate(packed, length, &out_length, &why);
  assert_bytes(out, out_length, content, size);
  g_free(out);
  g_assert_null(rj_token_inflate(packed, length + 1, &out_length, &why)); /* something follows */
  for (size_t cut = 0; cut < length; cut++)
    g_assert_null(rj_token_inflate(packed, cut, &out_length, &why));
  for (size_t bit = 0; bit < 8 * length; bit++) {
    packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    g_assert_null(rj_token_inflate(packed, length, &out_length, &why));
    packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  g_free(packed);
}

static void check_every_bit_of(char *token, const void *content, size_t size) {
  size_t length;
  uint8_t *packed = rj_token_base64(token + 3, strlen(token) - 3, &length);
  check_every_bit(packed, length, content, size);
  g_free(token);
}

static void test_zlib_is_strict(void) {
  static const uint8_t content[] = "some content that is no token at all, at all, at all";
  size_t length;
  uint8_t *packed = rj_token_deflate(content, sizeof content, &length);
  check_every_bit(packed, length, content, sizeof content);
  check_every_bit_of(forge_stored(content, sizeof content), content, sizeof content);
}

/* Some compressors end a block with an empty stored one, whose header is filled up to a byte. */
static void test_flushed_streams(void) {
  uint8_t
      content[300]; /* enough of it, and few enough letters, for a block with codes of its own */
  for (size_t i = 0; i < sizeof content; i++)
    content[i] = (uint8_t) "eeeettaoin"[i * i * 7 % 11 % 10];
  for (size_t size = 1; size <= sizeof content; size = size * 3 / 2 + 1)
    for (int level = 0; level <= 9; level += 3)
      check_every_bit_of(forge_flushed(content, size, level), content, size);
  /* "a token", as Go's compress/zlib packs it: the last block is an empty stored one */
  static const uint8_t go[] = {0x78, 0x9c, 0x4a, 0x54, 0x28, 0xc9, 0xcf, 0x4e, 0xcd, 0x03,
                               0x04, 0x00, 0x00, 0xff, 0xff, 0x09, 0xe7, 0x02, 0xa3};
  check_every_bit(g_memdup2(go, sizeof go), sizeof go, "a token", 7);
}

/* A stream may end at any bit of its last byte. */
static void test_every_end_of_a_stream(void) {
  for (size_t size = 1; size < 300; size++) {
    uint8_t content[300];
    for (size_t i = 0; i < size; i++)
      content[i] = (uint8_t)("abcabdabeabf"[i % 12] + i / 40);
    size_t length, out_length;
    const char *why;
    uint8_t *packed = rj_token_deflate(content, size, &length);
    uint8_t *out = rj_token_inflate(packed, length, &out_length, &why);
    assert_bytes(out, out_length, content, size);
    g_free(out);
    for (unsigned bit = 0; bit < 8; bit++) {
      packed[length - 5] ^= (uint8_t)(1u << bit);
      out = rj_token_inflate(packed, length, &out_length, &why);
      g_assert_null(out);
      packed[length - 5] ^= (uint8_t)(1u << bit);
    }
    g_free(packed);
  }
}

/* Rightly packed, but not what a token consists of. */
static void test_structure(void) {
  const struct {
    const char *part;
    unsigned services;
    uint16_t words[16]; /* what follows the number of services */
    size_t count;
  } cases[] = {
      {"within its services", 1, {0}, 0},
      {"within its privileges", 1, {1}, 1},
      {"within its privileges", 1, {1, 1, 1, 5}, 4},
      {"within its privileges", 1, {1, 65535, 1, 5, 0}, 5},
      {"privileges do not ascend", 1, {1, 2, 2, 5, 0, 1, 5, 0}, 8},
      {"privileges do not ascend", 1, {1, 2, 1, 5, 0, 1, 5, 0}, 8},
      {"within its channel", 1, {1, 0}, 2},
      {"within its channel", 1, {1, 0, 3, 0}, 4},
      {"within its uid", 1, {1, 0, 0}, 3},
      {"within its uid", 1, {1, 0, 0, 65535}, 4},
      {"something follows", 1, {1, 0, 0, 0, 0}, 5},
      {"something follows", 0, {0}, 1},
      {"within its services", 2, {1, 0, 0, 0}, 4},
      {"services do not ascend", 2, {1, 0, 0, 0, 1, 0, 0, 0}, 8},
      {"services do not ascend", 2, {1, 0, 0, 0, 0, 0, 0, 0}, 8},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    GByteArray *content = forge_signed(1700000000, 60, cases[i].services);
    for (size_t word = 0; word < cases[i].count; word++)
      forge_u16(content, cases[i].words[word]);
    char *token = forge_token(content);
    refused(token, cases[i].part);
    g_free(token);
  }
}

/* Services of unknown types may follow, and bring along whatever they want. */
static void test_unknown_services(void) {
  GByteArray *content = forge_signed(1700000000, 60, 3);
  forge_rtc(content, 1, 30, "room1", "1");
  forge_u16(content, 40000);
  forge_text(content, "anything");
  char *text = forge_token(content);
  rj_token token = taken(text);
  g_assert_true(token.has_service);
  g_assert_cmpuint(token.service_count, ==, 3);
  g_assert_cmpuint(token.service_seen, ==, 2);
  g_assert_cmpuint(token.services[1], ==, 40000);
  g_assert_cmpint(token.join_ends, ==, 1700000030);
  rj_token_clear(&token);
  g_free(text);

  content = forge_signed(1700000000, 60, 1);
  forge_u16(content, 5); /* and none of type 1 */
  text = forge_token(content);
  token = taken(text);
  g_assert_false(token.has_service);
  g_assert_false(token.has_join);
  rj_token_clear(&token);
  g_free(text);

  content = forge_signed(1700000000, 60, 0);
  text = forge_token(content);
  token = taken(text);
  g_assert_false(token.has_service);
  rj_token_clear(&token);
  g_free(text);
}

/* More privileges than are kept: counted, and none of them lost sight of. */
static void test_many_privileges(void) {
  GByteArray *content = forge_signed(1700000000, 60, 1);
  forge_rtc(content, 500, 30, "room1", "1");
  char *text = forge_token(content);
  rj_token token = taken(text);
  g_assert_cmpuint(token.privilege_count, ==, 500);
  g_assert_cmpuint(token.privilege_seen, ==, RJ_TOKEN_PRIVILEGES);
  g_assert_true(token.has_join);
  rj_token_clear(&token);
  g_free(text);
}

/* The latest moments that a token can say. */
static void test_latest(void) {
  GByteArray *content = forge_signed(UINT32_MAX, UINT32_MAX, 1);
  forge_rtc(content, 1, UINT32_MAX, "room1", "");
  char *text = forge_token(content);
  rj_token token = taken(text);
  g_assert_cmpint(token.ends, ==, 2 * (int64_t)UINT32_MAX);
  g_assert_cmpint(token.join_ends, ==, 2 * (int64_t)UINT32_MAX);
  rj_token_clear(&token);
  g_free(text);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/token/format/vectors", test_vectors);
  g_test_add_func("/token/format/crc32", test_crc32);
  g_test_add_func("/token/format/not-tokens", test_not_tokens);
  g_test_add_func("/token/format/base64", test_base64_is_strict);
  g_test_add_func("/token/format/bombs", test_bombs);
  g_test_add_func("/token/format/zlib", test_zlib_is_strict);
  g_test_add_func("/token/format/flushed", test_flushed_streams);
  g_test_add_func("/token/format/ends", test_every_end_of_a_stream);
  g_test_add_func("/token/format/structure", test_structure);
  g_test_add_func("/token/format/unknown-services", test_unknown_services);
  g_test_add_func("/token/format/many-privileges", test_many_privileges);
  g_test_add_func("/token/format/latest", test_latest);
  return g_test_run();
}
