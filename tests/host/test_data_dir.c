/* An edge's data directory: made once, read back, and plain words for what is wrong in it. */
#include "host/data_dir.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/numbers.h"
#include "base/time.h"

#define WALL (INT64_C(1800000000) * RJ_SECOND)

typedef struct {
  char *parent, *path;
  char error[RJ_HOST_ERROR_SIZE];
} fixture;

static void set_up(fixture *f, gconstpointer data) {
  (void)data;
  f->parent = g_dir_make_tmp("rejoin-data-XXXXXX", NULL);
  f->path = g_build_filename(f->parent, "deeper", "data", NULL);
}

static void remove_all(const char *path) {
  GDir *dir = g_dir_open(path, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    char *child = g_build_filename(path, name, NULL);
    if (g_file_test(child, G_FILE_TEST_IS_DIR))
      remove_all(child);
    else
      g_remove(child);
    g_free(child);
  }
  if (dir != NULL)
    g_dir_close(dir);
  g_rmdir(path);
}

static void tear_down(fixture *f, gconstpointer data) {
  (void)data;
  remove_all(f->parent);
  g_free(f->parent);
  g_free(f->path);
}

static int32_t try_open(fixture *f, rj_credentials_files *files) {
  f->error[0] = '\0';
  return rj_data_dir_open(f->path, WALL, files, f->error);
}

static void assert_same(const void *a, size_t a_length, const void *b, size_t b_length) {
  g_assert_cmpuint(a_length, ==, b_length);
  g_assert_cmpint(memcmp(a, b, a_length), ==, 0);
}

static char *file(const fixture *f, const char *name) {
  return g_build_filename(f->path, name, NULL);
}

static void remove_file(const fixture *f, const char *name) {
  char *path = file(f, name);
  g_assert_cmpint(g_remove(path), ==, 0);
  g_free(path);
}

static void write_file(const fixture *f, const char *name, const char *text, size_t length) {
  char *path = file(f, name);
  g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
  g_free(path);
}

static void assert_mode(const char *path, unsigned mode) {
  struct stat info;
  g_assert_cmpint(stat(path, &info), ==, 0);
  g_assert_cmpuint(info.st_mode & 0777u, ==, mode);
}

/* Section 5: certificate, reset key and ticket key are kept over a restart */
static void test_what_was_made_is_read_back(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files first, second;
  g_assert_cmpint(try_open(f, &first), ==, STATUS_OK);
  g_assert_cmpint(try_open(f, &second), ==, STATUS_OK);
  assert_same(first.certificate_pem, first.certificate_length, second.certificate_pem,
              second.certificate_length);
  assert_same(first.key_pem, first.key_length, second.key_pem, second.key_length);
  assert_same(first.ticket_key, first.ticket_key_length, second.ticket_key,
              second.ticket_key_length);
  assert_same(first.reset_key, sizeof first.reset_key, second.reset_key, sizeof second.reset_key);

  int32_t status = STATUS_FAILED;
  char why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  rj_credentials *credentials = rj_credentials_new(&second, &status, why);
  g_assert_cmpstr(why, ==, "");
  g_assert_nonnull(credentials);
  rj_credentials_free(credentials);
  rj_credentials_files_clear(&first);
  rj_credentials_files_clear(&second);
}

static void test_nobody_else_may_look(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files files;
  g_assert_cmpint(try_open(f, &files), ==, STATUS_OK);
  rj_credentials_files_clear(&files);
  assert_mode(f->path, 0700);
  const char *names[] = {"certificate.pem", "key.pem", "ticket.key", "reset.key"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    char *path = file(f, names[i]);
    assert_mode(path, 0600);
    g_free(path);
  }
}

static void test_lost_keys_are_made_anew(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files first, second;
  g_assert_cmpint(try_open(f, &first), ==, STATUS_OK);
  remove_file(f, "ticket.key");
  remove_file(f, "reset.key");
  g_assert_cmpint(try_open(f, &second), ==, STATUS_OK);
  assert_same(first.key_pem, first.key_length, second.key_pem, second.key_length);
  g_assert_cmpint(memcmp(first.reset_key, second.reset_key, sizeof first.reset_key), !=, 0);
  rj_credentials_files_clear(&first);
  rj_credentials_files_clear(&second);
}

static void test_half_a_pair_is_an_error(fixture *f, gconstpointer data) {
  const char *name = (const char *)data;
  rj_credentials_files files;
  g_assert_cmpint(try_open(f, &files), ==, STATUS_OK);
  rj_credentials_files_clear(&files);
  remove_file(f, name);
  g_assert_cmpint(try_open(f, &files), ==, STATUS_FAILED);
  g_assert_nonnull(strstr(f->error, name));
  g_assert_nonnull(strstr(f->error, "missing"));
}

static void test_a_reset_key_of_another_size(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files files;
  g_assert_cmpint(try_open(f, &files), ==, STATUS_OK);
  rj_credentials_files_clear(&files);
  write_file(f, "reset.key", "short", 5);
  g_assert_cmpint(try_open(f, &files), ==, STATUS_FAILED);
  g_assert_nonnull(strstr(f->error, "reset.key"));
  g_assert_nonnull(strstr(f->error, "32"));
}

static void test_a_giant_file(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files files;
  g_assert_cmpint(try_open(f, &files), ==, STATUS_OK);
  rj_credentials_files_clear(&files);
  char *giant = g_malloc0(100000);
  write_file(f, "ticket.key", giant, 100000);
  g_free(giant);
  g_assert_cmpint(try_open(f, &files), ==, STATUS_FAILED);
  g_assert_nonnull(strstr(f->error, "ticket.key"));
}

static void test_a_directory_that_cannot_be_made(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files files;
  char *blocker = g_build_filename(f->parent, "deeper", NULL);
  g_assert_true(g_file_set_contents(blocker, "", 0, NULL));
  g_free(blocker);
  g_assert_cmpint(try_open(f, &files), ==, STATUS_FAILED);
  g_assert_nonnull(strstr(f->error, f->path));
}

/* The certificate comes from elsewhere: none is made, and one that is there does not matter. */
static void test_keys_alone(fixture *f, gconstpointer data) {
  (void)data;
  rj_credentials_files files, again;
  g_assert_cmpint(rj_data_dir_open_keys(f->path, WALL, &files, f->error), ==, STATUS_OK);
  g_assert_null(files.certificate_pem);
  char *certificate = file(f, "certificate.pem"), *key = file(f, "key.pem");
  g_assert_false(g_file_test(certificate, G_FILE_TEST_EXISTS));
  g_assert_false(g_file_test(key, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_set_contents(certificate, "half of a pair", -1, NULL));
  g_assert_cmpint(rj_data_dir_open_keys(f->path, WALL, &again, f->error), ==, STATUS_OK);
  assert_same(files.ticket_key, files.ticket_key_length, again.ticket_key, again.ticket_key_length);
  assert_same(files.reset_key, sizeof files.reset_key, again.reset_key, sizeof again.reset_key);
  rj_credentials_files_clear(&files);
  rj_credentials_files_clear(&again);
  g_free(certificate);
  g_free(key);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, data, test) g_test_add(path, fixture, data, set_up, test, tear_down)
  ADD("/data-dir/kept", NULL, test_what_was_made_is_read_back);
  ADD("/data-dir/modes", NULL, test_nobody_else_may_look);
  ADD("/data-dir/lost-keys", NULL, test_lost_keys_are_made_anew);
  ADD("/data-dir/no-key", "key.pem", test_half_a_pair_is_an_error);
  ADD("/data-dir/no-certificate", "certificate.pem", test_half_a_pair_is_an_error);
  ADD("/data-dir/reset-key-size", NULL, test_a_reset_key_of_another_size);
  ADD("/data-dir/giant", NULL, test_a_giant_file);
  ADD("/data-dir/blocked", NULL, test_a_directory_that_cannot_be_made);
  ADD("/data-dir/keys-alone", NULL, test_keys_alone);
  return g_test_run();
}
