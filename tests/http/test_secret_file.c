/* Secrets: made once, for the owner alone, and compared as a whole; no complaint shows one. */
#include "edge/program/http/secret_file.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *folder, *path;

static void test_made_once(void) {
  char *error = NULL;
  char *first = rj_http_secret_read_or_make(path, &error);
  g_assert_null(error);
  g_assert_cmpuint(strlen(first), ==, 64);
  struct stat about;
  g_assert_cmpint(g_stat(path, &about), ==, 0);
  g_assert_cmpint(about.st_mode & 07777, ==, 0600);
  char *second = rj_http_secret_read_or_make(path, &error);
  g_assert_cmpstr(first, ==, second);
  rj_http_secret_free(first);
  rj_http_secret_free(second);
  g_unlink(path);
}

static void expect_refused(const char *text, int mode, const char *why) {
  char *error = NULL;
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  g_assert_cmpint(g_chmod(path, mode), ==, 0);
  g_assert_null(rj_http_secret_read(path, &error));
  g_assert_nonnull(strstr(error, why));
  g_assert_true(g_str_has_prefix(error, path));
  if (*text != '\0')
    g_assert_null(strstr(error, text));
  g_free(error);
  g_unlink(path);
}

static void test_refused(void) {
  expect_refused("", 0600, "its first line must be");
  expect_refused("short", 0600, "its first line must be");
  expect_refused("0123456789 abcdef", 0600, "its first line must be");
  expect_refused("0123456789abcdef", 0640, "others may read it");
  char *error = NULL;
  g_assert_null(rj_http_secret_read("/nowhere/at/all", &error));
  g_assert_nonnull(strstr(error, "/nowhere/at/all"));
  g_free(error);
}

static void test_first_line(void) {
  char *error = NULL;
  g_assert_true(g_file_set_contents(path, "  0123456789abcdef \r\nmore\n", -1, NULL));
  g_chmod(path, 0400);
  char *secret = rj_http_secret_read(path, &error);
  g_assert_cmpstr(secret, ==, "0123456789abcdef");
  rj_http_secret_free(secret);
  g_unlink(path);
}

static void test_equal(void) {
  g_assert_true(rj_http_secret_equal("abcd", "abcd"));
  g_assert_false(rj_http_secret_equal("abcd", "abcx"));
  g_assert_false(rj_http_secret_equal("abcd", "abc"));
  g_assert_false(rj_http_secret_equal("abcd", "abcda"));
  g_assert_false(rj_http_secret_equal("abcd", "abcdabcd"));
  g_assert_false(rj_http_secret_equal("abcd", ""));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("rejoin-secret-XXXXXX", NULL);
  path = g_build_filename(folder, "token", NULL);
  g_test_add_func("/secret_file/made_once", test_made_once);
  g_test_add_func("/secret_file/refused", test_refused);
  g_test_add_func("/secret_file/first_line", test_first_line);
  g_test_add_func("/secret_file/equal", test_equal);
  int status = g_test_run();
  g_rmdir(folder);
  g_free(folder);
  g_free(path);
  return status;
}
