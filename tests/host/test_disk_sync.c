/* What is written is put on the disk by a thread of its own: what went wrong is told, and its owner never waits. */
#define _POSIX_C_SOURCE 200809L
#include "host/disk_sync.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
  char *path;
  int fd;
  int pipe[2]; /* which no disk has: a sync of it fails */
  rj_disk_sync *sync;
} fixture;

static void set_up(fixture *f, gconstpointer data) {
  (void)data;
  f->fd = g_file_open_tmp("rejoin-sync-XXXXXX", &f->path, NULL);
  g_assert_cmpint(f->fd, >=, 0);
  g_assert_cmpint(pipe(f->pipe), ==, 0);
  f->sync = rj_disk_sync_new();
}

static void tear_down(fixture *f, gconstpointer data) {
  (void)data;
  rj_disk_sync_free(f->sync);
  g_close(f->fd, NULL);
  g_close(f->pipe[0], NULL);
  g_close(f->pipe[1], NULL);
  g_remove(f->path);
  g_free(f->path);
}

static void test_well(fixture *f, gconstpointer data) {
  (void)data;
  for (int i = 0; i < 1000; i++) {
    g_assert_cmpint(write(f->fd, "line\n", 5), ==, 5);
    rj_disk_sync_want(f->sync, f->fd);
  }
  rj_disk_sync_wait(f->sync);
  g_assert_cmpint(rj_disk_sync_error(f->sync), ==, 0);
}

/* Told once; the next sync is another one. */
static void test_an_error(fixture *f, gconstpointer data) {
  (void)data;
  rj_disk_sync_want(f->sync, f->pipe[1]);
  rj_disk_sync_wait(f->sync);
  rj_disk_sync_want(f->sync, f->fd);
  rj_disk_sync_wait(f->sync);
  g_assert_cmpint(rj_disk_sync_error(f->sync), ==, EINVAL);
  g_assert_cmpint(rj_disk_sync_error(f->sync), ==, 0);
}

/* The descriptor is the owner's to close at once. */
static void test_closed_at_once(fixture *f, gconstpointer data) {
  (void)data;
  int fd = dup(f->fd);
  rj_disk_sync_want(f->sync, fd);
  close(fd);
  rj_disk_sync_wait(f->sync);
  g_assert_cmpint(rj_disk_sync_error(f->sync), ==, 0);
}

static void test_ends(fixture *f, gconstpointer data) {
  (void)data;
  rj_disk_sync_forget(f->sync); /* nothing is wanted */
  rj_disk_sync_wait(f->sync);
  for (int i = 0; i < 50; i++) { /* freed with a sync wanted or under way, or without any ever */
    rj_disk_sync *other = rj_disk_sync_new();
    if (i % 2 == 0)
      rj_disk_sync_want(other, f->fd);
    if (i % 4 == 0)
      rj_disk_sync_forget(other);
    rj_disk_sync_free(other);
  }
  rj_disk_sync_free(NULL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/host/disk_sync/well", fixture, NULL, set_up, test_well, tear_down);
  g_test_add("/host/disk_sync/an error", fixture, NULL, set_up, test_an_error, tear_down);
  g_test_add("/host/disk_sync/closed at once", fixture, NULL, set_up, test_closed_at_once,
             tear_down);
  g_test_add("/host/disk_sync/ends", fixture, NULL, set_up, test_ends, tear_down);
  return g_test_run();
}
