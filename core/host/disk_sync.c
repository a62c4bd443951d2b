/* A thread that syncs one file after the other; it ends with its owner and its last sync. */
#define _POSIX_C_SOURCE 200809L
#include "host/disk_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

/* Freed by whoever is the last of owner and thread. */
struct rj_disk_sync {
  pthread_mutex_t lock;
  pthread_cond_t news; /* for the thread: something is wanted, or the owner is gone */
  pthread_cond_t idle; /* for those who wait */
  int wanted;          /* a descriptor of our own; -1: none */
  int error;
  bool busy; /* in a sync */
  bool has_thread, has_owner;
};

static void destroy(rj_disk_sync *sync) {
  pthread_cond_destroy(&sync->idle);
  pthread_cond_destroy(&sync->news);
  pthread_mutex_destroy(&sync->lock);
  g_free(sync);
}

static int sync_file(int fd) {
  return fdatasync(fd) == 0 ? 0 : errno;
}

static void sync_wanted(rj_disk_sync *sync) {
  int fd = sync->wanted;
  sync->wanted = -1;
  sync->busy = true;
  pthread_mutex_unlock(&sync->lock);
  int error = sync_file(fd);
  close(fd);
  pthread_mutex_lock(&sync->lock);
  sync->busy = false;
  if (error != 0)
    sync->error = error;
}

static void *run(void *user) {
  rj_disk_sync *sync = user;
  pthread_mutex_lock(&sync->lock);
  while (sync->wanted >= 0 || sync->has_owner) {
    if (sync->wanted >= 0) {
      sync_wanted(sync);
    } else {
      pthread_cond_broadcast(&sync->idle);
      pthread_cond_wait(&sync->news, &sync->lock);
    }
  }
  pthread_mutex_unlock(&sync->lock);
  destroy(sync);
  return NULL;
}

/* With the lock. The thread takes no signals: those are the program's own threads'. */
static void start_thread(rj_disk_sync *sync) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  sync->has_thread = pthread_create(&thread, NULL, run, sync) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (sync->has_thread)
    pthread_detach(thread);
}

rj_disk_sync *rj_disk_sync_new(void) {
  rj_disk_sync *sync = g_new0(rj_disk_sync, 1);
  pthread_mutex_init(&sync->lock, NULL);
  pthread_cond_init(&sync->news, NULL);
  pthread_cond_init(&sync->idle, NULL);
  sync->wanted = -1;
  sync->has_owner = true;
  return sync;
}

void rj_disk_sync_free(rj_disk_sync *sync) {
  if (sync == NULL)
    return;
  pthread_mutex_lock(&sync->lock);
  sync->has_owner = false;
  bool has_thread = sync->has_thread;
  pthread_cond_signal(&sync->news);
  pthread_mutex_unlock(&sync->lock);
  if (!has_thread)
    destroy(sync);
}

void rj_disk_sync_want(rj_disk_sync *sync, int fd) {
  pthread_mutex_lock(&sync->lock);
  if (!sync->has_thread)
    start_thread(sync);
  if (sync->has_thread && sync->wanted < 0)
    sync->wanted = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (sync->wanted < 0) {
    int error = sync_file(fd);
    if (error != 0)
      sync->error = error;
  }
  pthread_cond_signal(&sync->news);
  pthread_mutex_unlock(&sync->lock);
}

void rj_disk_sync_forget(rj_disk_sync *sync) {
  pthread_mutex_lock(&sync->lock);
  if (sync->wanted >= 0)
    close(sync->wanted);
  sync->wanted = -1;
  pthread_mutex_unlock(&sync->lock);
}

int rj_disk_sync_error(rj_disk_sync *sync) {
  pthread_mutex_lock(&sync->lock);
  int error = sync->error;
  sync->error = 0;
  pthread_mutex_unlock(&sync->lock);
  return error;
}

void rj_disk_sync_wait(rj_disk_sync *sync) {
  pthread_mutex_lock(&sync->lock);
  while (sync->wanted >= 0 || sync->busy)
    pthread_cond_wait(&sync->idle, &sync->lock);
  pthread_mutex_unlock(&sync->lock);
}
