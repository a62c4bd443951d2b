/* Linux's calls, and plain POSIX where they are missing. */
#define _GNU_SOURCE
#include "host/loop/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#endif

#include "base/time.h"

#ifdef CLOCK_BOOTTIME
#define BOOT_CLOCK CLOCK_BOOTTIME
#else
#define BOOT_CLOCK CLOCK_MONOTONIC /* Apple's counts time asleep */
#endif

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  int result = clock_gettime(clock, &t);
  g_assert(result == 0);
  return (int64_t)t.tv_sec * RJ_SECOND + t.tv_nsec;
}

int64_t rj_platform_now(void) {
  return read_clock(BOOT_CLOCK);
}

int64_t rj_platform_wall(void) {
  return read_clock(CLOCK_REALTIME);
}

void rj_platform_random(void *user, uint8_t *bytes, size_t length) {
  (void)user;
#ifdef __linux__
  while (length > 0) {
    ssize_t n = getrandom(bytes, length, 0);
    if (n < 0) {
      g_assert(errno == EINTR);
      continue;
    }
    bytes += n;
    length -= (size_t)n;
  }
#else
  arc4random_buf(bytes, length);
#endif
}

#ifdef __linux__

int rj_platform_alarm_open(void) {
  return timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
}

void rj_platform_alarm_set(int alarm, int64_t when) {
  struct itimerspec setting = {0};
  if (when != RJ_NEVER) {
    int64_t at = rj_later(when, 1); /* 0 would mean off */
    setting.it_value.tv_sec = (time_t)(at / RJ_SECOND);
    setting.it_value.tv_nsec = (long)(at % RJ_SECOND);
  }
  int result = timerfd_settime(alarm, TFD_TIMER_ABSTIME, &setting, NULL);
  g_assert(result == 0);
}

void rj_platform_alarm_clear(int alarm) {
  uint64_t count;
  ssize_t n = read(alarm, &count, sizeof count);
  (void)n; /* nothing to read: somebody set it anew meanwhile */
}

bool rj_platform_bell_open(rj_bell *bell) {
  bell->ear = bell->button = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return bell->ear >= 0;
}

void rj_platform_bell_close(rj_bell *bell) {
  close(bell->ear);
}

void rj_platform_bell_ring(const rj_bell *bell) {
  uint64_t one = 1;
  ssize_t n = write(bell->button, &one, sizeof one);
  (void)n; /* full: it rings already */
}

void rj_platform_bell_clear(const rj_bell *bell) {
  uint64_t count;
  ssize_t n = read(bell->ear, &count, sizeof count);
  (void)n;
}

int rj_platform_socket(int domain) {
  return socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int rj_platform_receive(int fd, rj_message *messages, unsigned int count) {
  int n;
  do
    n = recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

int rj_platform_send(int fd, rj_message *messages, unsigned int count) {
  int n;
  do
    n = sendmmsg(fd, messages, count, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

#else

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

int rj_platform_socket(int domain) {
  int fd = socket(domain, SOCK_DGRAM, 0);
  if (fd >= 0 && !set_flags(fd)) {
    close(fd);
    fd = -1;
  }
  return fd;
}

int rj_platform_receive(int fd, rj_message *messages, unsigned int count) {
  unsigned int done = 0;
  for (; done < count; done++) {
    ssize_t n = recvmsg(fd, &messages[done].msg_hdr, MSG_DONTWAIT);
    if (n < 0)
      break;
    messages[done].msg_len = (unsigned int)n;
  }
  return done > 0 ? (int)done : -errno;
}

int rj_platform_send(int fd, rj_message *messages, unsigned int count) {
  unsigned int done = 0;
  for (; done < count; done++) {
    if (sendmsg(fd, &messages[done].msg_hdr, MSG_DONTWAIT) < 0)
      break;
  }
  return done > 0 ? (int)done : -errno;
}

#endif
