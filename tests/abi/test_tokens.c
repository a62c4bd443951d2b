/* Tokens through the C interface: sizes, buffers, texts (SPEC section 6, DESIGN rule 5). */
#include <glib.h>
#include <rejoin/rejoin.h>
#include <string.h>

#define APP "0123456789abcdef0123456789abcdef"
enum { ISSUED_AT = 1700000000 };

static const rj_token_privilege privileges[] = {{RJ_PRIVILEGE_VIDEO, 0}, {RJ_PRIVILEGE_JOIN, 60}};

static rj_token_options options_of(void) {
  return (rj_token_options){.size = sizeof(rj_token_options),
                            .app_id = APP,
                            .certificate = "secret",
                            .channel = "demo",
                            .uid = 7,
                            .issued_at = ISSUED_AT,
                            .expire = 600,
                            .salt = 3,
                            .privileges = privileges,
                            .privilege_count = 2};
}

static void test_there_and_back(void) {
  char text[4100];
  size_t length = 0;
  rj_token_options options = options_of();
  g_assert_cmpint(rj_token_build(&options, text, sizeof text, &length), ==, RJ_OK);
  g_assert_cmpuint(strlen(text), ==, length);
  rj_token_info info = {.size = sizeof info};
  g_assert_cmpint(rj_token_inspect(text, "secret", NULL, NULL, ISSUED_AT + 59, &info), ==, RJ_OK);
  g_assert_cmpuint(info.size, ==, sizeof info);
  g_assert_cmpint(info.version, ==, 7);
  g_assert_cmpint(info.valid, ==, 1);
  g_assert_cmpint(info.signature_valid, ==, 1);
  g_assert_cmpstr(info.app_id, ==, APP);
  g_assert_cmpstr(info.channel, ==, "demo");
  g_assert_cmpstr(info.uid, ==, "7");
  g_assert_cmpint(info.any_uid, ==, 0);
  g_assert_cmpint(info.issued_at, ==, ISSUED_AT);
  g_assert_cmpint(info.expires_at, ==, ISSUED_AT + 600);
  g_assert_cmpuint(info.privileges_known, ==, 2);
  g_assert_cmpuint(info.privileges[0], ==, RJ_PRIVILEGE_JOIN); /* put into order */
  g_assert_cmpint(info.privileges_expire_at[0], ==, ISSUED_AT + 60);
  g_assert_cmpint(info.privileges_expire_at[1], ==, 0); /* no limit of its own */
  g_assert_cmpint(rj_token_inspect(text, "secret", NULL, NULL, ISSUED_AT + 60, &info), ==, RJ_OK);
  g_assert_cmpint(info.valid, ==, 0);
  g_assert_nonnull(strstr(info.reason, "the privilege to join expired"));
  g_assert_cmpint(rj_token_inspect("rubbish", NULL, NULL, NULL, 0, &info), ==, RJ_OK);
  g_assert_cmpint(info.version, ==, 0);
  g_assert_cmpint(info.signature_valid, ==, -1);
  g_assert_cmpstr(info.app_id, ==, ""); /* nothing is left of the last one */
}

/* A buffer that is too small says how much is needed, and is left alone. */
static void test_buffers(void) {
  char text[512] = "untouched";
  size_t length = 0;
  rj_token_options options = options_of();
  g_assert_cmpint(rj_token_build(&options, NULL, 0, &length), ==, RJ_ERR_BUFFER_TOO_SMALL);
  g_assert_cmpuint(length, >, 50);
  size_t needed = length;
  g_assert_cmpint(rj_token_build(&options, text, needed, &length), ==, RJ_ERR_BUFFER_TOO_SMALL);
  g_assert_cmpstr(text, ==, "untouched");
  g_assert_cmpint(rj_token_build(&options, text, needed + 1, &length), ==, RJ_OK);
  g_assert_cmpuint(length, ==, needed);
}

static void fails(int32_t status, int32_t wanted, const char *words) {
  g_assert_cmpint(status, ==, wanted);
  if (strstr(rj_runtime_error_text(NULL), words) == NULL)
    g_error("\"%s\" does not say \"%s\"", rj_runtime_error_text(NULL), words);
}

/* As an app passes them by mistake. */
static const rj_token_options *no_options;
static const char *no_text;
static rj_token_info *no_info;
static size_t *no_length;

static void test_arguments(void) {
  rj_token_info info = {.size = sizeof info};
  size_t length;
  char text[512];
  rj_token_options options = options_of();
  const int32_t wrong = RJ_ERR_INVALID_ARGUMENT;
  fails(rj_token_build(no_options, text, sizeof text, &length), wrong, "options is NULL");
  fails(rj_token_build(&options, text, sizeof text, no_length), wrong, "length is NULL");
  fails(rj_token_build(&options, NULL, 5, &length), wrong, "text is NULL");
  options.certificate = no_text;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "certificate is NULL");
  options = options_of();
  options.channel = no_text;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "channel is NULL");
  options = options_of();
  options.privileges = NULL;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "privileges is NULL");
  options = options_of();
  options.privilege_count = 17;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "privilege_count is 17");
  const rj_token_privilege big = {65536, 1};
  options.privileges = &big;
  options.privilege_count = 1;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "privileges[0] is 65536");
  options = options_of();
  options.size = 0;
  fails(rj_token_build(&options, text, sizeof text, &length), wrong, "rj_token_options.size is 0");
  struct {
    rj_token_options known;
    uint64_t newer;
  } large = {.known = options_of(), .newer = 1};
  large.known.size = sizeof large;
  fails(rj_token_build(&large.known, text, sizeof text, &length), RJ_ERR_NOT_SUPPORTED, "beyond");
  fails(rj_token_inspect(no_text, NULL, NULL, NULL, 0, &info), wrong, "token is NULL");
  fails(rj_token_inspect("007", NULL, NULL, NULL, 0, no_info), wrong, "out is NULL");
  info.size = 8;
  fails(rj_token_inspect("007", NULL, NULL, NULL, 0, &info), wrong, "rj_token_info.size is 8");
}

/* Certificates beside the app ids of an edge. */
static void test_edge_options(void) {
  const rj_runtime_options simulated = {.size = sizeof simulated, .simulated = 1};
  rj_runtime *runtime = NULL;
  rj_edge *edge = NULL;
  g_assert_cmpint(rj_runtime_new(&simulated, &runtime), ==, RJ_OK);
  const char *const app_ids[] = {"shop", "club"};
  const char *const firsts[] = {NULL, "one"}, *const seconds[] = {NULL, "two"};
  rj_edge_options options = {.size = sizeof options,
                             .app_count = 2,
                             .app_ids = app_ids,
                             .app_certificates = firsts,
                             .app_second_certificates = seconds};
  g_assert_cmpint(rj_edge_new(runtime, &options, &edge), ==, RJ_OK);
  rj_edge_free(edge);
  options.app_certificates = NULL;
  g_assert_cmpint(rj_edge_new(runtime, &options, &edge), ==, RJ_ERR_INVALID_ARGUMENT);
  g_assert_nonnull(strstr(rj_runtime_error_text(runtime), "has a second certificate"));
  rj_runtime_free(runtime);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/abi/tokens/there-and-back", test_there_and_back);
  g_test_add_func("/abi/tokens/buffers", test_buffers);
  g_test_add_func("/abi/tokens/arguments", test_arguments);
  g_test_add_func("/abi/tokens/edge-options", test_edge_options);
  return g_test_run();
}
