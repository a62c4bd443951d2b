/* The loop's part of a system about which little is known: POSIX, what the BSDs and Apple's systems add to it, and no more.
 * It works on Linux too, where its tests run. */
#define _GNU_SOURCE
#include "host/loop/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  int result = clock_gettime(clock, &t);
  g_assert(result == 0);
  return (int64_t)t.tv_sec * RJ_SECOND + t.tv_nsec;
}

int64_t rj_platform_now(void) {
  return read_clock(CLOCK_MONOTONIC); /* Apple's counts time asleep */
}

int64_t rj_platform_wall(void) {
  return read_clock(CLOCK_REALTIME);
}

void rj_platform_random(void *user, uint8_t *bytes, size_t length) {
  (void)user;
  arc4random_buf(bytes, length);
}

/* ---- alarm and bell */

int rj_platform_alarm_open(void) {
  return -1;
}

void rj_platform_alarm_set(int alarm, int64_t when) {
  (void)alarm;
  (void)when;
}

void rj_platform_alarm_clear(int alarm) {
  (void)alarm;
}

static bool set_flags(int fd) {
  return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool rj_platform_bell_open(rj_bell *bell) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  bell->ear = ends[0];
  bell->button = ends[1];
  if (set_flags(ends[0]) && set_flags(ends[1]))
    return true;
  rj_platform_bell_close(bell);
  return false;
}

void rj_platform_bell_close(rj_bell *bell) {
  close(bell->ear);
  close(bell->button);
}

void rj_platform_bell_ring(const rj_bell *bell) {
  ssize_t n = write(bell->button, "", 1);
  (void)n; /* full: it rings already */
}

void rj_platform_bell_clear(const rj_bell *bell) {
  char bytes[64];
  while (read(bell->ear, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
    ;
}

/* ---- datagrams */

/* The descriptor with its flags set, or -1: then it is closed. */
static int ready(int fd) {
  if (fd < 0 || set_flags(fd))
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int rj_platform_socket(int domain) {
  return ready(socket(domain, SOCK_DGRAM, 0));
}

int rj_platform_receive(int fd, rj_message *messages, unsigned int count) {
  unsigned int done = 0;
  while (done < count) {
    ssize_t n = recvmsg(fd, &messages[done].header, MSG_DONTWAIT);
    if (n >= 0)
      messages[done++].length = (unsigned int)n;
    else if (errno != EINTR)
      break;
  }
  return done > 0 ? (int)done : -errno;
}

int rj_platform_send(int fd, rj_message *messages, unsigned int count) {
  unsigned int done = 0;
  while (done < count) {
    if (sendmsg(fd, &messages[done].header, MSG_DONTWAIT) >= 0)
      done++;
    else if (errno != EINTR)
      break;
  }
  return done > 0 ? (int)done : -errno;
}

/* ---- networks */

int rj_platform_watch_open(void) {
#if defined PF_ROUTE && !defined __linux__ /* there it is rtnetlink's, with other rules */
  return ready(socket(PF_ROUTE, SOCK_RAW, 0));
#else
  return -1;
#endif
}
