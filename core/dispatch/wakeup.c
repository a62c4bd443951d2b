/* The wakeup: raised once, told once. The descriptor is an eventfd where there is one, else a pipe
 * (RJ_WAKE_PIPE asks for it, for its test). */
#include "dispatch/wakeup.h"

#include <glib-unix.h>
#include <pthread.h>
#include <unistd.h>

#include "base/numbers.h"

#if defined(__linux__) && !defined(RJ_WAKE_PIPE)
#include <sys/eventfd.h>
#else
#include <fcntl.h>
#endif

typedef void (*wake_callback)(void *user);

struct rj_wake {
  pthread_mutex_t lock;
  pthread_cond_t idle; /* the runner is done with one call */
  int read_fd;         /* -1: nobody asked */
  int write_fd;        /* an eventfd is both */
  bool raised;
  bool again;   /* raised anew while the callback ran: the runner calls once more */
  bool running; /* a thread, the runner, is inside the callback */
  pthread_t runner;
  uint64_t calls_done; /* so that set_callback waits for one call and not for a chain of them */
  wake_callback callback;
  void *user;
};

static _Thread_local unsigned calls_under_way;

bool rj_wake_is_calling(void) {
  return calls_under_way > 0;
}

/* ---- the descriptor ---- */

#if defined(__linux__) && !defined(RJ_WAKE_PIPE)

static bool open_fds(rj_wake *wake) {
  wake->read_fd = wake->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return wake->read_fd >= 0;
}

#else

static bool open_fds(rj_wake *wake) {
  int fds[2];
  if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL))
    return false;
  if (!g_unix_set_fd_nonblocking(fds[0], TRUE, NULL) ||
      !g_unix_set_fd_nonblocking(fds[1], TRUE, NULL)) {
    close(fds[0]);
    close(fds[1]);
    return false;
  }
  wake->read_fd = fds[0];
  wake->write_fd = fds[1];
  return true;
}

#endif

static void close_fds(rj_wake *wake) {
  if (wake->read_fd >= 0)
    close(wake->read_fd);
  if (wake->write_fd >= 0 && wake->write_fd != wake->read_fd)
    close(wake->write_fd);
}

static void set_readable(rj_wake *wake) {
  uint64_t one = 1; /* an eventfd takes 8 bytes; a pipe takes them too */
  if (wake->write_fd >= 0 && write(wake->write_fd, &one, sizeof one) < 0)
    return; /* full: then it is readable */
}

static void set_unreadable(rj_wake *wake) {
  uint64_t count;
  if (wake->read_fd >= 0 && read(wake->read_fd, &count, sizeof count) < 0)
    return; /* empty: then it is not readable */
}

/* ---- the wake ---- */

rj_wake *rj_wake_new(void) {
  rj_wake *wake = g_new0(rj_wake, 1);
  pthread_mutex_init(&wake->lock, NULL);
  pthread_cond_init(&wake->idle, NULL);
  wake->read_fd = wake->write_fd = -1;
  return wake;
}

void rj_wake_free(rj_wake *wake) {
  if (wake == NULL)
    return;
  close_fds(wake);
  pthread_cond_destroy(&wake->idle);
  pthread_mutex_destroy(&wake->lock);
  g_free(wake);
}

int32_t rj_wake_fd(rj_wake *wake) {
  pthread_mutex_lock(&wake->lock);
  if (wake->read_fd < 0 && open_fds(wake) && wake->raised)
    set_readable(wake);
  int32_t fd = wake->read_fd >= 0 ? (int32_t)wake->read_fd : STATUS_RESOURCE_LIMITED;
  pthread_mutex_unlock(&wake->lock);
  return fd;
}

static bool is_runner(const rj_wake *wake) {
  return wake->running && pthread_equal(wake->runner, pthread_self());
}

/* Holding the lock, which is given away for each call. */
static void run_callback(rj_wake *wake) {
  if (wake->callback == NULL)
    return;
  if (wake->running) {
    wake->again = true;
    return;
  }
  wake->running = true;
  wake->runner = pthread_self();
  do {
    wake->again = false;
    wake_callback callback = wake->callback;
    void *user = wake->user;
    pthread_mutex_unlock(&wake->lock);
    calls_under_way++;
    callback(user);
    calls_under_way--;
    pthread_mutex_lock(&wake->lock);
    wake->calls_done++;
    pthread_cond_broadcast(&wake->idle);
  } while (wake->again && wake->callback != NULL);
  wake->running = false;
}

void rj_wake_set_callback(rj_wake *wake, void (*callback)(void *user), void *user) {
  pthread_mutex_lock(&wake->lock);
  wake->callback = callback;
  wake->user = user;
  uint64_t done = wake->calls_done;
  while (wake->running && !is_runner(wake) && wake->calls_done == done)
    pthread_cond_wait(&wake->idle, &wake->lock);
  /* Inside the callback nothing new is to be told: a callback that sets itself would never end. */
  if (wake->raised && !is_runner(wake))
    run_callback(wake);
  pthread_mutex_unlock(&wake->lock);
}

void rj_wake_raise(rj_wake *wake) {
  pthread_mutex_lock(&wake->lock);
  if (!wake->raised) {
    wake->raised = true;
    set_readable(wake);
    run_callback(wake);
  }
  pthread_mutex_unlock(&wake->lock);
}

void rj_wake_lower(rj_wake *wake) {
  pthread_mutex_lock(&wake->lock);
  if (wake->raised) {
    wake->raised = false;
    set_unreadable(wake);
  }
  pthread_mutex_unlock(&wake->lock);
}
