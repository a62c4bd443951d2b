/* The file of kicks: what a restart finds, how it grows and shrinks, and plain words for what is wrong in it. */
#include "host/kick_file.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/numbers.h"

#define WALL (INT64_C(1800000000) * RJ_SECOND)

typedef struct {
  char *directory, *path;
  rj_kicks *kicks;
  rj_kick_file *file;
  char error[RJ_HOST_ERROR_SIZE];
} fixture;

static void set_up(fixture *f, gconstpointer data) {
  (void)data;
  f->directory = g_dir_make_tmp("rejoin-kicks-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "kicks", NULL);
}

static void shut(fixture *f) {
  rj_kick_file_free(f->file);
  if (f->kicks != NULL)
    rj_kicks_free(f->kicks);
  f->file = NULL;
  f->kicks = NULL;
}

static void tear_down(fixture *f, gconstpointer data) {
  (void)data;
  shut(f);
  g_remove(f->path);
  g_rmdir(f->directory);
  g_free(f->path);
  g_free(f->directory);
}

static int32_t try_open(fixture *f, int64_t now, int64_t wall) {
  int32_t status;
  shut(f);
  f->kicks = rj_kicks_new();
  f->file = rj_kick_file_open(f->directory, f->kicks, now, wall, &status, f->error);
  g_assert_true((f->file != NULL) == (status == STATUS_OK));
  return status;
}

/* The edge starts; its clock is `now`, the world's `wall`. */
static void start(fixture *f, int64_t now, int64_t wall) {
  g_assert_cmpint(try_open(f, now, wall), ==, STATUS_OK);
}

static uint64_t kick(fixture *f, const char *channel, uint32_t uid, const char *ip, int64_t until) {
  rj_kick_rule rule = {.app_id = "my app = 1", .channel = channel, .uid = uid};
  uint64_t id;
  g_assert_true(ip == NULL || rj_kick_host_parse(ip, &rule.ip));
  g_assert_cmpint(rj_kicks_put(f->kicks, &rule, until, 0, &id), ==, STATUS_OK);
  rj_kick_file_note(f->file, id, 0, WALL);
  return id;
}

static char *content(const fixture *f) {
  char *text = NULL;
  g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
  return text;
}

static size_t line_count(const fixture *f) {
  char *text = content(f);
  size_t count = 0;
  for (const char *c = text; *c != '\0'; c++)
    count += *c == '\n' ? 1 : 0;
  g_free(text);
  return count;
}

/* SPEC section 5: kicks survive a restart, with the time that is left of them on the wall clock. */
static void test_a_restart_finds_them(fixture *f, gconstpointer data) {
  (void)data;
  start(f, 0, WALL);
  g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS)); /* nothing to say yet */
  kick(f, "a room = {1}", 0, NULL, 100 * RJ_SECOND);
  kick(f, NULL, 4000000000u, "2001:db8::1", 200 * RJ_SECOND);
  uint64_t lifted = kick(f, NULL, 3, NULL, 300 * RJ_SECOND);
  uint64_t changed = kick(f, "demo", 4, "10.0.0.1", 20 * RJ_SECOND);
  g_assert_true(rj_kicks_set_until(f->kicks, lifted, 0, 0));
  rj_kick_file_note(f->file, lifted, 0, WALL);
  g_assert_true(rj_kicks_set_until(f->kicks, changed, 400 * RJ_SECOND, 0));
  rj_kick_file_note(f->file, changed, 0, WALL);
  struct stat info;
  g_assert_cmpint(stat(f->path, &info), ==, 0);
  g_assert_cmpuint(info.st_mode & 0777u, ==, 0600);

  int64_t now = 7777 * RJ_SECOND; /* another boot, 30 s later */
  start(f, now, WALL + 30 * RJ_SECOND);
  g_assert_cmpint(stat(f->path, &info), ==, 0);
  g_assert_cmpuint(info.st_mode & 0777u, ==, 0600);
  rj_kick_view view;
  g_assert_cmpuint(rj_kicks_count(f->kicks, now), ==, 3);
  g_assert_true(rj_kicks_next(f->kicks, 0, now, &view));
  g_assert_cmpuint(view.id, ==, 1);
  g_assert_cmpint(view.until, ==, now + 70 * RJ_SECOND);
  g_assert_cmpstr(view.rule.app_id, ==, "my app = 1");
  g_assert_cmpstr(view.rule.channel, ==, "a room = {1}");
  g_assert_true(rj_kicks_next(f->kicks, 1, now, &view));
  char text[RJ_ADDRESS_TEXT_SIZE];
  g_assert_cmpstr(rj_kick_host_text(&view.rule.ip, text), ==, "2001:db8::1");
  g_assert_cmpuint(view.rule.uid, ==, 4000000000u);
  g_assert_null(view.rule.channel);
  g_assert_true(rj_kicks_next(f->kicks, 2, now, &view));
  g_assert_cmpuint(view.id, ==, changed);
  g_assert_cmpint(view.until, ==, now + 370 * RJ_SECOND);
  g_assert_cmpuint(rj_kicks_next_id(f->kicks), ==, 5); /* no id twice */

  start(f, now, WALL + 100 * RJ_SECOND); /* to the moment */
  g_assert_false(rj_kicks_get(f->kicks, 1, now, &view));
  g_assert_true(rj_kicks_get(f->kicks, 2, now, &view));
  start(f, now, WALL + 86400 * RJ_SECOND);
  g_assert_cmpuint(rj_kicks_count(f->kicks, now), ==, 0);
  g_assert_cmpuint(rj_kicks_next_id(f->kicks), ==, 5);
}

/* A wall clock that was set back does not keep anybody out for years. */
static void test_a_clock_set_back(fixture *f, gconstpointer data) {
  (void)data;
  start(f, 0, WALL);
  kick(f, NULL, 1, NULL, 60 * RJ_SECOND);
  start(f, 0, WALL - 400 * 86400 * RJ_SECOND);
  rj_kick_view view;
  g_assert_true(rj_kicks_get(f->kicks, 1, 0, &view));
  g_assert_cmpint(view.until, ==, RJ_KICK_MAX_FOR);
}

/* Made and lifted for ever, the file stays within bounds. */
static void test_it_does_not_grow_for_ever(fixture *f, gconstpointer data) {
  (void)data;
  start(f, 0, WALL);
  kick(f, NULL, 1, NULL, 60 * RJ_SECOND);
  for (int i = 0; i < 5000; i++) {
    uint64_t id = kick(f, NULL, 2, NULL, 60 * RJ_SECOND);
    rj_kicks_set_until(f->kicks, id, 0, 0);
    rj_kick_file_note(f->file, id, 0, WALL);
    g_assert_cmpuint(line_count(f), <=, 1100);
  }
  start(f, 0, WALL);
  g_assert_cmpuint(rj_kicks_count(f->kicks, 0), ==, 1);
  g_assert_cmpuint(rj_kicks_next_id(f->kicks), ==, 5002);
  g_assert_cmpuint(line_count(f), ==, 3); /* heading, next id, one kick */
}

/* The machine died in the middle of a line: the others count. */
static void test_a_line_cut_off(fixture *f, gconstpointer data) {
  (void)data;
  start(f, 0, WALL);
  kick(f, NULL, 1, NULL, 60 * RJ_SECOND);
  kick(f, NULL, 2, NULL, 60 * RJ_SECOND);
  char *text = content(f);
  g_assert_true(g_file_set_contents(f->path, text, (gssize)strlen(text) - 7, NULL));
  g_free(text);
  start(f, 0, WALL);
  g_assert_cmpuint(rj_kicks_count(f->kicks, 0), ==, 1);
  kick(f, NULL, 3, NULL, 60 * RJ_SECOND);
  start(f, 0, WALL);
  g_assert_cmpuint(rj_kicks_count(f->kicks, 0), ==, 2);
}

/* A ban that nobody can read must not be lost in silence: the edge does not start, and says where. */
static void test_what_is_wrong_is_named(fixture *f, gconstpointer data) {
  (void)data;
  static const struct {
    const char *line, *why;
  } cases[] = {
      {"kick\t1\t1800000060000\t1\t\t", "this is neither \"kick\" with six words"},
      {"kick\t1\t1800000060000\t1\t\t\tdemo\t", "it has too many words"},
      {"kick\tx\t1800000060000\t1\t\t\t", "the id must be a number from 1 on"},
      {"kick\t0\t1800000060000\t1\t\t\t", "the id must be a number from 1 on"},
      {"kick\t18446744073709551615\t1\t1\t\t\t", "the id must be a number from 1 on"},
      {"kick\t1\t-5\t1\t\t\t", "the end must be in ms since 1970"},
      {"kick\t1\t1800000060000\t4294967296\t\t\t", "the uid must be a number up to 2^32-1"},
      {"kick\t1\t1800000060000\t1\t1.2.3.4:5\t\t", "the address must be a numeric one"},
      {"kick\t1\t1800000060000\t1\t\t\xff\t", "this is no app id"},
      {"kick\t1\t1800000060000\t1\t\t\t'demo'", "this is no channel name"},
      {"kick\t1\t1800000060000\t0\t\tapp\t", "it names neither a channel nor a uid nor"},
      {"lift", "this is neither \"kick\" with six words"},
      {"hello", "this is neither \"kick\" with six words"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *text = g_strdup_printf("# comment\nkick\t7\t1800000060000\t1\t\t\t\n%s\n", cases[i].line);
    g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
    char *expected = g_strdup_printf("%s:3: %s", f->path, cases[i].why);
    g_assert_cmpint(try_open(f, 0, WALL), ==, STATUS_FAILED);
    g_assert_cmpint(strncmp(f->error, expected, strlen(expected)), ==, 0);
    g_free(expected);
    char *after = content(f);
    g_assert_cmpstr(after, ==, text); /* and is left as it is */
    g_free(after);
    g_free(text);
  }
  char *endless = g_strnfill(4000, 'x');
  g_assert_true(g_file_set_contents(f->path, endless, -1, NULL));
  g_free(endless);
  g_assert_cmpint(try_open(f, 0, WALL), ==, STATUS_FAILED);
  g_assert_nonnull(strstr(f->error, "kicks:1: it is no text, or over 510 bytes long"));
}

/* The directory is gone: said once, kept in memory, and written when it is there again. */
static void test_what_cannot_be_written_is_written_later(fixture *f, gconstpointer data) {
  (void)data;
  start(f, 0, WALL);
  g_assert_cmpint(g_rmdir(f->directory), ==, 0);
  g_test_expect_message("rejoin-edge", G_LOG_LEVEL_WARNING, "*kicks*no longer than this edge*");
  kick(f, NULL, 1, NULL, 60 * RJ_SECOND);
  kick(f, NULL, 2, NULL, 60 * RJ_SECOND);
  g_test_assert_expected_messages();
  g_assert_cmpuint(rj_kicks_count(f->kicks, 0), ==, 2);
  g_assert_cmpint(g_mkdir(f->directory, 0700), ==, 0);
  kick(f, NULL, 3, NULL, 60 * RJ_SECOND);
  start(f, 0, WALL);
  g_assert_cmpuint(rj_kicks_count(f->kicks, 0), ==, 3);
}

#define CASE(name, function) g_test_add(name, fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  CASE("/host/kick_file/a restart finds them", test_a_restart_finds_them);
  CASE("/host/kick_file/a clock set back", test_a_clock_set_back);
  CASE("/host/kick_file/it does not grow for ever", test_it_does_not_grow_for_ever);
  CASE("/host/kick_file/a line cut off", test_a_line_cut_off);
  CASE("/host/kick_file/what is wrong is named", test_what_is_wrong_is_named);
  CASE("/host/kick_file/what cannot be written is written later",
       test_what_cannot_be_written_is_written_later);
  return g_test_run();
}
