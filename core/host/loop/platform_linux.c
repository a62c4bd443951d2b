/* The loop's part of Linux: boot clock, timerfd, eventfd, datagrams in batches, rtnetlink. */
#define _GNU_SOURCE
#include "host/loop/platform.h"

#include <errno.h>
#include <glib.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/timerfd.h>
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
  return read_clock(CLOCK_BOOTTIME);
}

int64_t rj_platform_wall(void) {
  return read_clock(CLOCK_REALTIME);
}

void rj_platform_random(void *user, uint8_t *bytes, size_t length) {
  (void)user;
  while (length > 0) {
    ssize_t n = getrandom(bytes, length, 0);
    if (n < 0) {
      g_assert(errno == EINTR);
      continue;
    }
    bytes += n;
    length -= (size_t)n;
  }
}

/* ---- alarm and bell */

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

/* ---- datagrams */

_Static_assert(sizeof(rj_message) == sizeof(struct mmsghdr) &&
                   offsetof(rj_message, length) == offsetof(struct mmsghdr, msg_len),
               "an rj_message is what the system's calls take");

int rj_platform_socket(int domain) {
  return socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int rj_platform_receive(int fd, rj_message *messages, unsigned int count) {
  int n;
  do
    n = recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

int rj_platform_send(int fd, rj_message *messages, unsigned int count) {
  int n;
  do
    n = sendmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

/* ---- networks */

int rj_platform_watch_open(void) {
  /* Links too: of routes that go with an interface IPv4 says nothing. */
  const struct sockaddr_nl groups = {
      .nl_family = AF_NETLINK,
      .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE |
                   RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | 1u << (RTNLGRP_IPV6_RULE - 1),
  };
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd >= 0 && bind(fd, (const struct sockaddr *)&groups, sizeof groups) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}
