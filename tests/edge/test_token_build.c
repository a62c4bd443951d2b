/* Making tokens, and explaining them in words (SPEC section 6). */
#include <string.h>

#include "edge/forge.h"
#include "edge/vectors.h"

/* What an independent implementation made of the same parts: the same content. */
static void test_vectors(void) {
  for (size_t i = 0; i < VECTORS; i++) {
    const token_vector *v = &vectors()[i];
    if (i == 3)
      continue; /* of two services */
    uint32_t issued_at = v->version == 7 ? (uint32_t)v->issued_at : 1700000000;
    rj_token_grant grants[VECTOR_PRIVILEGES];
    for (uint16_t key = 1; key <= v->privilege_count; key++) {
      int64_t value = v->privileges[key - 1];
      grants[key - 1] = (rj_token_grant){
          .key = key, .seconds = (uint32_t)(v->version == 7 ? value : value - issued_at)};
    }
    const rj_token_parts parts = {.version = v->version,
                                  .app_id = v->app_id,
                                  .certificate = v->certificate,
                                  .channel = v->channel,
                                  .uid = v->uid,
                                  .issued_at = issued_at,
                                  .expire = (uint32_t)(v->ends - issued_at),
                                  .salt = (uint32_t)v->salt,
                                  .grants = grants,
                                  .grant_count = v->privilege_count};
    char why[RJ_TOKEN_WHY_SIZE] = "";
    char *text = rj_token_make(&parts, why);
    g_assert_cmpstr(why, ==, "");
    if (v->version == 6) {
      g_assert_cmpstr(text, ==, v->token);
    } else { /* the deflated text is another library's business */
      rj_token mine, theirs;
      g_assert_true(rj_token_read(&mine, text, why));
      g_assert_true(rj_token_read(&theirs, v->token, why));
      assert_bytes(mine.signature.data, mine.signature.length, theirs.signature.data,
                   theirs.signature.length);
      assert_bytes(mine.signed_bytes.data, mine.signed_bytes.length, theirs.signed_bytes.data,
                   theirs.signed_bytes.length);
      rj_token_clear(&mine);
      rj_token_clear(&theirs);
    }
    g_free(text);
  }
}

static const rj_token_grant join_grant = {.key = 1, .seconds = 60};

static rj_token_parts parts_of(int version) {
  return (rj_token_parts){.version = version,
                          .app_id = FORGE_APP_ID,
                          .certificate = FORGE_CERTIFICATE,
                          .channel = "room1",
                          .uid = "1",
                          .issued_at = 1700000000,
                          .expire = 3600,
                          .salt = 1,
                          .grants = &join_grant,
                          .grant_count = 1};
}

static void not_made(const rj_token_parts *parts, const char *part) {
  char why[RJ_TOKEN_WHY_SIZE] = "";
  g_assert_null(rj_token_make(parts, why));
  if (strstr(why, part) == NULL)
    g_error("\"%s\" does not say \"%s\"", why, part);
}

static void test_rules(void) {
  rj_token_parts parts = parts_of(5);
  not_made(&parts, "version is 5");
  parts = parts_of(6);
  parts.app_id = "short";
  not_made(&parts, "app_id is 5 characters");
  parts = parts_of(7);
  char long_text[300];
  memset(long_text, 'x', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  parts.app_id = long_text;
  not_made(&parts, "app id is 299");
  parts = parts_of(7);
  parts.certificate = "";
  not_made(&parts, "certificate is 0 bytes");
  parts.certificate = long_text;
  not_made(&parts, "certificate is 299 bytes");
  parts = parts_of(7);
  parts.channel = "";
  not_made(&parts, "channel");
  parts.channel = long_text;
  not_made(&parts, "channel");
  parts = parts_of(7);
  parts.uid = long_text;
  not_made(&parts, "uid is 299 bytes");
  parts = parts_of(6);
  parts.expire = UINT32_MAX;
  not_made(&parts, "later than a 006 token can say");
  parts = parts_of(6);
  const rj_token_grant late = {.key = 1, .seconds = UINT32_MAX};
  parts.grants = &late;
  not_made(&parts, "later than a 006 token can say");
  parts = parts_of(7);
  const rj_token_grant twice[] = {{1, 5}, {1, 6}};
  parts.grants = twice;
  parts.grant_count = 2;
  not_made(&parts, "1 is given twice");
  const rj_token_grant down[] = {{2, 5}, {1, 6}};
  parts.grants = down;
  not_made(&parts, "must ascend");
  parts.grant_count = RJ_TOKEN_PRIVILEGES + 1;
  not_made(&parts, "at most 16");
}

/* ------------------------------------------------------------------ words */

static void explains(const char *text, const rj_token_question *question, bool valid, int signature,
                     const char *const parts[]) {
  rj_token_report report;
  rj_token_explain(&report, text, question);
  g_assert_cmpint(report.valid, ==, valid);
  g_assert_cmpint(report.signature_valid, ==, signature);
  for (size_t i = 0; parts[i] != NULL; i++) {
    if (strstr(report.reason, parts[i]) == NULL)
      g_error("\"%s\" does not say \"%s\"", report.reason, parts[i]);
  }
  rj_token_report_clear(&report);
}

#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_words(void) {
  const char *one = vectors()[0].token;
  const char *any = vectors()[1].token;
  rj_token_question question = {.certificate = FORGE_CERTIFICATE, .now = 1700000000};
  explains(one, &question, true, 1,
           SAYS("uid 1 join the channel \"room1\" until 2023-11-14 23:13:20 UTC, and stay until"));
  explains(any, &question, true, 1, SAYS("any uid", "and stay without limit"));
  question.now = 1700003600;
  explains(one, &question, false, 1,
           SAYS("the token expired at 2023-11-14 23:13:20 UTC, 0 s ago", "the privilege to join"));
  question.certificate = "another";
  explains(one, &question, false, 0, SAYS("the signature is not made with", "expired"));
  question.certificate = NULL;
  explains(one, &question, false, -1, SAYS("the signature was not looked at", "expired"));
  question = (rj_token_question){
      .certificate = FORGE_CERTIFICATE, .channel = "room2", .uid = "2", .now = 1700000000};
  explains(one, &question, false, 1,
           SAYS("for the channel \"room1\", not \"room2\"", "for the uid \"1\", not \"2\""));
  question.uid = "0";
  explains(one, &question, false, 1, SAYS("for the uid \"1\", not \"0\""));
  explains("rubbish", &question, false, -1, SAYS("malformed: it begins with neither"));
  explains("", &question, false, -1, SAYS("there is no token"));
}

static void test_words_006(void) {
  const char *one = vectors()[4].token, *any = vectors()[5].token;
  rj_token_question question = {.certificate = FORGE_CERTIFICATE, .now = 1700000000};
  explains(one, &question, false, -1, SAYS("covers its channel and uid"));
  question.channel = "room1";
  explains(one, &question, false, -1, SAYS("covers its channel and uid"));
  question.uid = "1";
  explains(one, &question, true, 1, SAYS("uid 1 join the channel \"room1\" until"));
  question.uid = "2";
  explains(one, &question, false, 0, SAYS("another uid"));
  question.channel = "room2";
  explains(one, &question, false, 0, SAYS("another channel", "another uid"));
  question = (rj_token_question){
      .certificate = FORGE_CERTIFICATE, .channel = "demo-channel", .now = 1700000000};
  explains(any, &question, true, 1, SAYS("any uid"));
}

static void test_words_without_rights(void) {
  rj_token_question question = {.certificate = FORGE_CERTIFICATE, .now = 1700000000};
  GByteArray *content = forge_signed(1700000000, 60, 1);
  forge_rtc(content, 0, 0, "ro\"om\n", "1");
  char *text = forge_token(content);
  explains(text, &question, false, 1, SAYS("it has no privilege 1 (join)"));
  question.channel = "room1";
  explains(text, &question, false, 1, SAYS("\"ro\"om\\x0a\""));
  g_free(text);
  content = forge_signed(1700000000, 60, 0);
  text = forge_token(content);
  explains(text, &question, false, 1, SAYS("no service of type 1"));
  g_free(text);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/token/build/vectors", test_vectors);
  g_test_add_func("/token/build/rules", test_rules);
  g_test_add_func("/token/inspect/words", test_words);
  g_test_add_func("/token/inspect/words-006", test_words_006);
  g_test_add_func("/token/inspect/without-rights", test_words_without_rights);
  return g_test_run();
}
