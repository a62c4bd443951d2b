/* Who is let in by which token, and for how long (S-6 S-18 S-20, SPEC sections 1 and 6). */
#include <string.h>

#include "base/time.h"
#include "edge/forge.h"
#include "edge/vectors.h"

enum { AT = 1700000000 };

static rj_token_wanted wanted_of(const token_vector *v) {
  return (rj_token_wanted){
      .app_id = v->app_id,
      .channel = v->channel,
      .uid = (uint32_t)g_ascii_strtoull(v->uid, NULL, 10),
      .certificates = {v->certificate},
      .wall = AT * RJ_SECOND,
  };
}

static rj_token_verdict verdict(const char *text, const rj_token_wanted *wanted) {
  return rj_token_check(text, wanted).verdict;
}

/* V1 V2 V4 O1 O2 let their member in; V3 names an account, and members have numbers. */
static void test_vectors(void) {
  for (size_t i = 0; i < VECTORS; i++) {
    const token_vector *v = &vectors()[i];
    rj_token_wanted wanted = wanted_of(v);
    rj_token_result result = rj_token_check(v->token, &wanted);
    bool is_account = strcmp(v->uid, "user@example") == 0;
    g_assert_cmpint(result.verdict, ==, is_account ? RJ_TOKEN_OTHER_UID : RJ_TOKEN_GOOD);
    if (!is_account)
      g_assert_cmpint(result.left, ==, v->privileges[0] == 0 ? INT64_MAX : 3600 * RJ_SECOND);
  }
}

/* Every truncation and every bit flip is refused, by what is read or by the signature. */
static void test_every_bit(void) {
  for (size_t i = 0; i < VECTORS; i++) {
    const token_vector *v = &vectors()[i];
    rj_token_wanted wanted = wanted_of(v);
    size_t length = strlen(v->token);
    char *text = g_strdup(v->token);
    for (size_t bit = 0; bit < 8 * length; bit++) {
      text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
      g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
      text[bit / 8] = v->token[bit / 8];
    }
    for (size_t cut = length; cut-- > 0;) {
      text[cut] = '\0';
      g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    }
    g_free(text);
    text = g_strconcat(v->token, "A", NULL);
    g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    g_free(text);
    text = g_strconcat(v->token, "AAAA", NULL);
    g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    g_free(text);
  }
}

/* Every bit of what is signed, packed anew so that it is read. */
static void test_every_signed_bit(void) {
  const token_vector *v = &vectors()[3];
  rj_token_wanted wanted = wanted_of(v);
  size_t packed, length;
  const char *why;
  uint8_t *bytes = rj_token_base64(v->token + 3, strlen(v->token) - 3, &packed);
  uint8_t *content = rj_token_inflate(bytes, packed, &length, &why);
  char *whole = forge_packed(content, length);
  g_assert_cmpint(verdict(whole, &wanted), ==, RJ_TOKEN_GOOD); /* another text of the same token */
  g_free(whole);
  for (size_t bit = 0; bit < 8 * length; bit++) {
    content[bit / 8] ^= (uint8_t)(1u << bit % 8);
    char *text = forge_packed(content, length);
    g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    g_free(text);
    content[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  for (size_t cut = 0; cut < length; cut++) {
    char *text = forge_packed(content, cut);
    g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    g_free(text);
  }
  g_free(content);
  g_free(bytes);
}

/* S-6: 24 before 8 before 9. */
static void test_order(void) {
  const size_t formats[] = {0, 4}; /* V1 and O1 */
  for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
    const token_vector *v = &vectors()[formats[i]];
    rj_token_wanted right = wanted_of(v), wanted;
    int64_t late = (AT + 999999) * RJ_SECOND;

    wanted = right;
    wanted.app_id = "another";
    wanted.certificates[0] = "another certificate";
    wanted.channel = "another";
    wanted.wall = late;
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_OTHER_APP);
    wanted.app_id = v->app_id;
    g_assert_cmpint(rj_token_reason(verdict(v->token, &wanted)), ==, 8);
    wanted = right;
    wanted.certificates[0] = "another certificate";
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_FORGED);
    wanted.wall = late;
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_FORGED);
    wanted = right;
    wanted.channel = "room2";
    wanted.wall = late;
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_OTHER_CHANNEL);
    wanted = right;
    wanted.uid = 2;
    wanted.wall = late;
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_OTHER_UID);
    wanted.uid = 0; /* the edge would pick one; the token names one */
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_OTHER_UID);
    wanted = right;
    wanted.wall = late;
    g_assert_cmpint(rj_token_reason(verdict(v->token, &wanted)), ==, 9);
    g_assert_cmpint(verdict(NULL, &wanted), ==, RJ_TOKEN_MISSING);
    g_assert_cmpint(verdict("", &wanted), ==, RJ_TOKEN_MISSING);
    g_assert_cmpint(verdict("rubbish", &wanted), ==, RJ_TOKEN_MALFORMED);
  }
  g_assert_cmpint(rj_token_reason(RJ_TOKEN_GOOD), ==, 0);
  g_assert_cmpint(rj_token_reason(RJ_TOKEN_MISSING), ==, 8);
  g_assert_cmpint(rj_token_reason(RJ_TOKEN_MALFORMED), ==, 8);
  g_assert_cmpint(rj_token_reason(RJ_TOKEN_NO_JOIN), ==, 8);
  g_assert_cmpint(rj_token_reason(RJ_TOKEN_OTHER_APP), ==, 24);
}

/* S-20: the codes of renew_token_result. */
static void test_renewal_codes(void) {
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_GOOD), ==, 0);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_EXPIRED), ==, 2);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_JOIN_EXPIRED), ==, 2);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_MALFORMED), ==, 3);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_FORGED), ==, 3);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_OTHER_UID), ==, 3);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_NO_JOIN), ==, 3);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_OTHER_CHANNEL), ==, 4);
  g_assert_cmpuint(rj_token_renewal_code(RJ_TOKEN_OTHER_APP), ==, 5);
}

/* Two certificates while one takes the other's place. */
static void test_rotation(void) {
  const size_t formats[] = {0, 4};
  for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
    const token_vector *v = &vectors()[formats[i]];
    rj_token_wanted wanted = wanted_of(v);
    wanted.certificates[0] = "the new one";
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_FORGED);
    wanted.certificates[1] = v->certificate;
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_GOOD);
    wanted.certificates[0] = v->certificate;
    wanted.certificates[1] = "the old one";
    g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_GOOD);
  }
}

/* Whoever comes may use a token for any uid: V2 and O2. */
static void test_any_uid(void) {
  const size_t any[] = {1, 5};
  for (size_t i = 0; i < G_N_ELEMENTS(any); i++) {
    const token_vector *v = &vectors()[any[i]];
    const uint32_t uids[] = {0, 1, 77, UINT32_MAX};
    for (size_t j = 0; j < G_N_ELEMENTS(uids); j++) {
      rj_token_wanted wanted = wanted_of(v);
      wanted.uid = uids[j];
      g_assert_cmpint(verdict(v->token, &wanted), ==, RJ_TOKEN_GOOD);
    }
  }
}

static char *made(int version, uint32_t expire, uint32_t join, const char *uid) {
  const rj_token_grant grant = {.key = RJ_TOKEN_PRIVILEGE_JOIN, .seconds = join};
  const rj_token_parts parts = {.version = version,
                                .app_id = FORGE_APP_ID,
                                .certificate = FORGE_CERTIFICATE,
                                .channel = "room1",
                                .uid = uid,
                                .issued_at = AT,
                                .expire = expire,
                                .salt = 5,
                                .grants = &grant,
                                .grant_count = 1};
  char why[RJ_TOKEN_WHY_SIZE];
  char *text = rj_token_make(&parts, why);
  g_assert_nonnull(text);
  return text;
}

/* Texts that are no uid let no number in; "0" is one that nobody has. */
static void test_uid_is_text(void) {
  const char *const others[] = {"01", "+1", " 1", "1 ", "1x", "user", "4294967297"};
  for (int version = 6; version <= 7; version++) {
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
      char *text = made(version, 60, 60, others[i]);
      rj_token_wanted wanted = wanted_of(&vectors()[0]);
      g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_OTHER_UID);
      g_free(text);
    }
  }
  GByteArray *content = forge_signed(AT, 60, 1);
  forge_rtc(content, 1, 60, "room1", "0");
  char *text = forge_token(content);
  rj_token_wanted wanted = wanted_of(&vectors()[0]);
  g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_OTHER_UID);
  wanted.uid = 0;
  g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_OTHER_UID);
  g_free(text);
}

/* Expired when the moment <= now; to the nanosecond. */
static void test_edges_of_time(void) {
  for (int version = 6; version <= 7; version++) {
    const struct {
      uint32_t expire, join;
      int64_t after; /* ns after AT */
      rj_token_verdict verdict;
      int64_t left;
    } cases[] = {
        {60, 50, 0, RJ_TOKEN_GOOD, 50 * RJ_SECOND},
        {60, 50, 50 * RJ_SECOND - 1, RJ_TOKEN_GOOD, 1},
        {60, 50, 50 * RJ_SECOND, RJ_TOKEN_JOIN_EXPIRED, 0},
        {60, 0, 60 * RJ_SECOND - 1, RJ_TOKEN_GOOD, INT64_MAX},
        {60, 0, 60 * RJ_SECOND, RJ_TOKEN_EXPIRED, 0},
        {60, 90, 60 * RJ_SECOND - 1, RJ_TOKEN_GOOD, 30 * RJ_SECOND + 1},
        {60, 90, 60 * RJ_SECOND, RJ_TOKEN_EXPIRED, 0},
        {0, 0, -1, RJ_TOKEN_GOOD, INT64_MAX}, /* issued in the future: the wall clocks differ */
        {0, 0, 0, RJ_TOKEN_EXPIRED, 0},
        {1, 1, -1, RJ_TOKEN_GOOD, RJ_SECOND + 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
      char *text = made(version, cases[i].expire, cases[i].join, "1");
      rj_token_wanted wanted = wanted_of(&vectors()[0]);
      wanted.wall = AT * RJ_SECOND + cases[i].after;
      rj_token_result result = rj_token_check(text, &wanted);
      g_assert_cmpint(result.verdict, ==, cases[i].verdict);
      g_assert_cmpint(result.left, ==, cases[i].left);
      g_free(text);
    }
  }
  GByteArray *content = forge_signed(UINT32_MAX, UINT32_MAX, 1); /* the latest there is */
  forge_rtc(content, 1, UINT32_MAX, "room1", "1");
  char *text = forge_token(content);
  rj_token_wanted wanted = wanted_of(&vectors()[0]);
  wanted.wall = 0;
  g_assert_cmpint(rj_token_check(text, &wanted).left, ==, 2 * (int64_t)UINT32_MAX * RJ_SECOND);
  wanted.wall = -5 * RJ_SECOND;
  g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_GOOD);
  g_free(text);
}

/* No service RTC, or no privilege to join: 8, and that before the expiry. */
static void test_no_right_to_join(void) {
  rj_token_wanted wanted = wanted_of(&vectors()[0]);
  wanted.wall = (AT + 999) * RJ_SECOND;
  GByteArray *content = forge_signed(AT, 60, 1);
  forge_rtc(content, 0, 0, "room1", "1");
  char *text = forge_token(content);
  g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_NO_JOIN);
  g_free(text);
  content = forge_signed(AT, 60, 1);
  forge_u16(content, 2);
  text = forge_token(content);
  g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_NO_JOIN);
  g_free(text);
}

/* A channel's name is compared whole. */
static void test_channel(void) {
  const char *const others[] = {"room", "room11", "Room1", "room1 "};
  for (int version = 6; version <= 7; version++) {
    char *text = made(version, 60, 60, "1");
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
      rj_token_wanted wanted = wanted_of(&vectors()[0]);
      wanted.channel = others[i];
      g_assert_cmpint(verdict(text, &wanted), ==, RJ_TOKEN_OTHER_CHANNEL);
    }
    g_free(text);
  }
}

/* Random rubbish behind each beginning. */
static void test_rubbish(void) {
  GRand *random = g_rand_new_with_seed(3);
  rj_token_wanted wanted = wanted_of(&vectors()[0]);
  for (int i = 0; i < 20000; i++) {
    uint8_t bytes[120];
    size_t length = (size_t)g_rand_int_range(random, 1, sizeof bytes);
    for (size_t at = 0; at < length; at++)
      bytes[at] = (uint8_t)(g_rand_boolean(random) ? g_rand_int(random)
                                                   : (guint32)g_rand_int_range(random, 0, 3));
    char *base64 = g_base64_encode(bytes, length);
    char *text = i % 3 == 0   ? forge_packed(bytes, length)
                 : i % 3 == 1 ? g_strconcat("006" FORGE_APP_ID, base64, NULL)
                              : g_strconcat("007", base64, NULL);
    g_assert_cmpint(verdict(text, &wanted), !=, RJ_TOKEN_GOOD);
    g_free(text);
    g_free(base64);
  }
  g_rand_free(random);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/token/check/vectors", test_vectors);
  g_test_add_func("/token/check/every-bit", test_every_bit);
  g_test_add_func("/token/check/every-signed-bit", test_every_signed_bit);
  g_test_add_func("/token/check/order", test_order);
  g_test_add_func("/token/check/renewal-codes", test_renewal_codes);
  g_test_add_func("/token/check/rotation", test_rotation);
  g_test_add_func("/token/check/any-uid", test_any_uid);
  g_test_add_func("/token/check/uid-is-text", test_uid_is_text);
  g_test_add_func("/token/check/edges-of-time", test_edges_of_time);
  g_test_add_func("/token/check/no-right-to-join", test_no_right_to_join);
  g_test_add_func("/token/check/channel", test_channel);
  g_test_add_func("/token/check/rubbish", test_rubbish);
  return g_test_run();
}
