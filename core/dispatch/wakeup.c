/* The wakeup: raised once, told once. The descriptor is an eventfd where there is one, else a pipe
 * (RJ_WAKE_PIPE asks for it, for its test).
 *
 * One lock for all wakes of a runtime: it guards the list of those that are due and is given away
 * for each call. After a call its wake is not looked at, so it may have been freed in it. */
#include "dispatch/wakeup.h"

#include <assert.h>
#include <glib-unix.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/numbers.h"

#if defined(__linux__) && !defined(RJ_WAKE_PIPE)
#include <sys/eventfd.h>
#else
#include <fcntl.h>
#endif

typedef void (*wake_callback)(void *user);

struct rj_wakes {
  pthread_mutex_t lock; /* of what follows, and of the wakes */
  pthread_cond_t idle;  /* a call is over */
  rj_wake *first, *last;
  atomic_uint due; /* how many are listed; read without the lock too */
  bool calling;    /* a callback runs */
  rj_wake *called; /* whose; NULL: it was freed meanwhile */
  uint64_t calls;  /* so far; so that set_callback waits for one call and not for a chain of them */
  bool stopped;
};

struct rj_wake {
  rj_wakes *wakes;
  rj_wake *next, *previous; /* in the order in which they became due */
  bool listed;
  bool raised;
  int read_fd;  /* -1: nobody asked */
  int write_fd; /* an eventfd is both */
  wake_callback callback;
  void *user;
};

/* Whose callback this thread is inside of. There is one at most: in it rj_wakes_call is not called. */
static _Thread_local const rj_wakes *caller_of;

bool rj_wake_is_calling(void) {
  return caller_of != NULL;
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

/* ---- the list of those that are due; with the lock held ---- */

static void list(rj_wake *wake) {
  rj_wakes *wakes = wake->wakes;
  if (wake->listed || wake->callback == NULL || wakes->stopped)
    return;
  wake->listed = true;
  wake->next = NULL;
  wake->previous = wakes->last;
  if (wakes->last != NULL)
    wakes->last->next = wake;
  else
    wakes->first = wake;
  wakes->last = wake;
  atomic_fetch_add(&wakes->due, 1);
}

static void unlist(rj_wake *wake) {
  rj_wakes *wakes = wake->wakes;
  if (!wake->listed)
    return;
  wake->listed = false;
  if (wake->previous != NULL)
    wake->previous->next = wake->next;
  else
    wakes->first = wake->next;
  if (wake->next != NULL)
    wake->next->previous = wake->previous;
  else
    wakes->last = wake->previous;
  atomic_fetch_sub(&wakes->due, 1);
}

/* ---- the wakes of a runtime ---- */

rj_wakes *rj_wakes_new(void) {
  rj_wakes *wakes = g_new0(rj_wakes, 1);
  pthread_mutex_init(&wakes->lock, NULL);
  pthread_cond_init(&wakes->idle, NULL);
  return wakes;
}

void rj_wakes_free(rj_wakes *wakes) {
  if (wakes == NULL)
    return;
  assert(wakes->first == NULL && !wakes->calling);
  pthread_cond_destroy(&wakes->idle);
  pthread_mutex_destroy(&wakes->lock);
  g_free(wakes);
}

bool rj_wakes_are_due(const rj_wakes *wakes) {
  return atomic_load(&wakes->due) > 0;
}

/* Gives the lock away for the call. */
static void call(rj_wakes *wakes, rj_wake *wake) {
  wake_callback callback = wake->callback;
  void *user = wake->user;
  wakes->calling = true;
  wakes->called = wake;
  pthread_mutex_unlock(&wakes->lock);
  caller_of = wakes;
  callback(user);
  caller_of = NULL;
  pthread_mutex_lock(&wakes->lock);
  wakes->calling = false;
  wakes->called = NULL;
  wakes->calls++;
  pthread_cond_broadcast(&wakes->idle);
}

void rj_wakes_call(rj_wakes *wakes) {
  assert(caller_of == NULL);
  pthread_mutex_lock(&wakes->lock);
  assert(!wakes->calling);
  for (unsigned left = atomic_load(&wakes->due); left > 0 && wakes->first != NULL; left--) {
    rj_wake *wake = wakes->first;
    unlist(wake);
    call(wakes, wake);
  }
  pthread_mutex_unlock(&wakes->lock);
}

void rj_wakes_stop(rj_wakes *wakes) {
  assert(caller_of != wakes);
  pthread_mutex_lock(&wakes->lock);
  wakes->stopped = true;
  while (wakes->first != NULL)
    unlist(wakes->first);
  while (wakes->calling)
    pthread_cond_wait(&wakes->idle, &wakes->lock);
  pthread_mutex_unlock(&wakes->lock);
}

/* ---- the wake ---- */

rj_wake *rj_wake_new(rj_wakes *wakes) {
  rj_wake *wake = g_new0(rj_wake, 1);
  wake->wakes = wakes;
  wake->read_fd = wake->write_fd = -1;
  return wake;
}

void rj_wake_free(rj_wake *wake) {
  if (wake == NULL)
    return;
  rj_wakes *wakes = wake->wakes;
  pthread_mutex_lock(&wakes->lock);
  unlist(wake);
  if (wakes->called == wake)
    wakes->called = NULL;
  pthread_mutex_unlock(&wakes->lock);
  close_fds(wake);
  g_free(wake);
}

int32_t rj_wake_fd(rj_wake *wake) {
  pthread_mutex_lock(&wake->wakes->lock);
  if (wake->read_fd < 0 && open_fds(wake) && wake->raised)
    set_readable(wake);
  int32_t fd = wake->read_fd >= 0 ? (int32_t)wake->read_fd : STATUS_RESOURCE_LIMITED;
  pthread_mutex_unlock(&wake->wakes->lock);
  return fd;
}

static void set_callback(rj_wake *wake, wake_callback callback, void *user) {
  wake->callback = callback;
  wake->user = user;
  if (callback == NULL)
    unlist(wake);
}

void rj_wake_set_callback(rj_wake *wake, void (*callback)(void *user), void *user) {
  rj_wakes *wakes = wake->wakes;
  pthread_mutex_lock(&wakes->lock);
  bool runs = wakes->called == wake;
  uint64_t calls = wakes->calls;
  set_callback(wake, callback, user);
  /* Inside the callback nothing new is to be told: a callback that sets itself would never end. */
  if (wake->raised && !(runs && caller_of == wakes))
    list(wake);
  while (runs && caller_of == NULL && wakes->calls == calls)
    pthread_cond_wait(&wakes->idle, &wakes->lock);
  pthread_mutex_unlock(&wakes->lock);
}

void rj_wake_silence(rj_wake *wake) {
  pthread_mutex_lock(&wake->wakes->lock);
  set_callback(wake, NULL, NULL);
  pthread_mutex_unlock(&wake->wakes->lock);
}

void rj_wake_raise(rj_wake *wake) {
  pthread_mutex_lock(&wake->wakes->lock);
  if (!wake->raised) {
    wake->raised = true;
    set_readable(wake);
    list(wake);
  }
  pthread_mutex_unlock(&wake->wakes->lock);
}

void rj_wake_lower(rj_wake *wake) {
  pthread_mutex_lock(&wake->wakes->lock);
  if (wake->raised) {
    wake->raised = false;
    set_unreadable(wake);
    unlist(wake);
  }
  pthread_mutex_unlock(&wake->wakes->lock);
}
