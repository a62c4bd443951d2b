/* What arguments must be, and the words for those that are not (S-2, S-23). */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "client/rules.h"

static void says(const char *text, const char *part) {
  if (strstr(text, part) == NULL)
    g_error("\"%s\" does not say \"%s\"", text, part);
  g_assert_cmpuint(strlen(text), <, RJ_RULE_TEXT_SIZE);
}

/* S-2: the alphabet of SPEC section 1, byte by byte */
static void test_channel_alphabet(void) {
  static const char marks[] = " !#$%&()+-:;<=.>?@[]^_{}|~,";
  char text[RJ_RULE_TEXT_SIZE];
  for (int c = 1; c < 256; c++) {
    char name[4] = {'a', (char)c, 'b', '\0'};
    bool allowed = g_ascii_isalnum((gchar)c) || (c < 128 && strchr(marks, c) != NULL);
    int32_t status = rj_rule_channel(name, text);
    if (allowed) {
      g_assert_cmpint(status, ==, STATUS_OK);
    } else {
      g_assert_cmpint(status, ==, STATUS_INVALID_CHANNEL_NAME);
      says(text, "channel name");
      says(text, "position 1");
      says(text, "allowed are");
    }
  }
}

/* S-2 */
static void test_channel_length(void) {
  char text[RJ_RULE_TEXT_SIZE];
  char name[RJ_CHANNEL_MAX + 2];
  memset(name, 'x', sizeof name);
  name[RJ_CHANNEL_MAX + 1] = '\0';
  g_assert_cmpint(rj_rule_channel(name, text), ==, STATUS_INVALID_CHANNEL_NAME);
  g_assert_cmpstr(text, ==, "channel name is 65 bytes long; a name has 1 to 64");
  name[RJ_CHANNEL_MAX] = '\0';
  g_assert_cmpint(rj_rule_channel(name, text), ==, STATUS_OK);
  g_assert_cmpint(rj_rule_channel("", text), ==, STATUS_INVALID_CHANNEL_NAME);
  g_assert_cmpstr(text, ==, "channel name is 0 bytes long; a name has 1 to 64");
  g_assert_cmpint(rj_rule_channel(NULL, text), ==, STATUS_INVALID_CHANNEL_NAME);
  says(text, "NULL");
}

/* S-2 S-23 */
static void test_token(void) {
  char text[RJ_RULE_TEXT_SIZE];
  g_assert_cmpint(rj_rule_token(NULL, 0, text), ==, STATUS_OK);
  g_assert_cmpint(rj_rule_token("", 0, text), ==, STATUS_OK);
  g_assert_cmpint(rj_rule_token(NULL, 1, text), ==, STATUS_INVALID_ARGUMENT);
  says(text, "token is NULL");
  g_assert_cmpint(rj_rule_token("", 1, text), ==, STATUS_INVALID_ARGUMENT);
  says(text, "token is empty");
  g_assert_cmpint(rj_rule_token("007abc+/=", 1, text), ==, STATUS_OK);
  g_assert_cmpint(rj_rule_token("ab\ncd", 0, text), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpstr(
      text, ==, "token has the byte 0x0a at position 2; it consists of printable ASCII characters");
  g_assert_cmpint(rj_rule_token("\xc3\xa4", 1, text), ==, STATUS_INVALID_ARGUMENT);
  says(text, "0xc3");
  g_assert_cmpint(rj_rule_token("\x7f", 1, text), ==, STATUS_INVALID_ARGUMENT);
  char *token = g_strnfill(RJ_TOKEN_MAX + 1, 't');
  g_assert_cmpint(rj_rule_token(token, 0, text), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpstr(text, ==, "token is 4097 bytes long; at most 4096 are allowed");
  token[RJ_TOKEN_MAX] = '\0';
  g_assert_cmpint(rj_rule_token(token, 0, text), ==, STATUS_OK);
  g_free(token);
}

static void test_app_id(void) {
  char text[RJ_RULE_TEXT_SIZE];
  g_assert_cmpint(rj_rule_app_id(NULL, text), ==, STATUS_OK);
  g_assert_cmpint(rj_rule_app_id("", text), ==, STATUS_OK);
  char *id = g_strnfill(RJ_APP_ID_MAX + 1, 'i');
  g_assert_cmpint(rj_rule_app_id(id, text), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpstr(text, ==, "app id is 65 bytes long; at most 64 are allowed");
  id[RJ_APP_ID_MAX] = '\0';
  g_assert_cmpint(rj_rule_app_id(id, text), ==, STATUS_OK);
  g_free(id);
  g_assert_cmpint(rj_rule_app_id("a\tb", text), ==, STATUS_INVALID_ARGUMENT);
  says(text, "app id has the byte 0x09 at position 1");
}

static void test_cluster(void) {
  char text[RJ_RULE_TEXT_SIZE];
  g_assert_cmpint(rj_rule_cluster("Home-1_b", text), ==, STATUS_OK);
  char *name = g_strnfill(RJ_CLUSTER_NAME_MAX + 1, 'n');
  g_assert_cmpint(rj_rule_cluster(name, text), ==, STATUS_INVALID_ARGUMENT);
  g_assert_cmpstr(text, ==, "cluster name is 65 bytes long; a name has 1 to 64");
  name[RJ_CLUSTER_NAME_MAX] = '\0';
  g_assert_cmpint(rj_rule_cluster(name, text), ==, STATUS_OK);
  g_free(name);
  g_assert_cmpint(rj_rule_cluster("", text), ==, STATUS_INVALID_ARGUMENT);
  static const char *const bad[] = {"a.b", "a*", ">", "a b",
                                    "\xc3\xa4"}; /* no parts of a subject */
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_cmpint(rj_rule_cluster(bad[i], text), ==, STATUS_INVALID_ARGUMENT);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/rules/channel_alphabet", test_channel_alphabet);
  g_test_add_func("/client/rules/channel_length", test_channel_length);
  g_test_add_func("/client/rules/token", test_token);
  g_test_add_func("/client/rules/app_id", test_app_id);
  g_test_add_func("/client/rules/cluster", test_cluster);
  return g_test_run();
}
