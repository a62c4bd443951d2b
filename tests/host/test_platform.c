/* What the loop needs of the system. Built twice: with this system's own calls, and with those that any has (platform_posix.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "host/loop/platform.h"
#include "host/loop/sockaddr.h"

static bool is_readable(int fd, int timeout_ms) {
  struct pollfd entry = {.fd = fd, .events = POLLIN};
  return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN) != 0;
}

static void assert_flags(int fd) {
  g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
  g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
}

static void test_clocks(void) {
  int64_t before = rj_platform_now(), wall = rj_platform_wall();
  g_assert_cmpint(before, >, 0);
  g_assert_cmpint(rj_platform_now(), >=, before);
  g_assert_cmpint(wall, >, INT64_C(1700000000) * RJ_SECOND);
}

static void test_random(void) {
  uint8_t one[64] = {0}, two[64] = {0};
  rj_platform_random(NULL, one, sizeof one);
  rj_platform_random(NULL, two, sizeof two);
  g_assert_true(memcmp(one, two, sizeof one) != 0);
}

/* It rings however often and however hard it was rung, and is silent once it was cleared. */
static void test_bell(void) {
  rj_bell bell;
  g_assert_true(rj_platform_bell_open(&bell));
  assert_flags(bell.ear);
  assert_flags(bell.button);
  const int rings[] = {1, 2, 100000}; /* more than a pipe holds */
  for (size_t i = 0; i < G_N_ELEMENTS(rings); i++) {
    g_assert_false(is_readable(bell.ear, 0));
    for (int n = 0; n < rings[i]; n++)
      rj_platform_bell_ring(&bell);
    g_assert_true(is_readable(bell.ear, 0));
    rj_platform_bell_clear(&bell);
  }
  g_assert_false(is_readable(bell.ear, 0));
  rj_platform_bell_close(&bell);
}

static void test_alarm(void) {
  int alarm = rj_platform_alarm_open();
#ifdef RJ_TEST_PORTABLE
  g_assert_cmpint(alarm, ==, -1); /* the poll's timeout does */
  return;
#else
  g_assert_cmpint(alarm, >=, 0);
  int64_t when = rj_platform_now() + 20 * RJ_MILLISECOND;
  rj_platform_alarm_set(alarm, when);
  g_assert_true(is_readable(alarm, 10000));
  g_assert_cmpint(rj_platform_now(), >=, when);
  rj_platform_alarm_clear(alarm);
  g_assert_false(is_readable(alarm, 0));
  rj_platform_alarm_set(alarm, 0); /* long ago */
  g_assert_true(is_readable(alarm, 10000));
  rj_platform_alarm_set(alarm, RJ_NEVER);
  g_assert_false(is_readable(alarm, 0));
  close(alarm);
#endif
}

enum { COUNT = 16, SIZE = 100 };

typedef struct {
  rj_message messages[COUNT];
  struct iovec vectors[COUNT];
  rj_sockaddr names[COUNT];
  uint8_t data[COUNT][SIZE];
} batch;

static void batch_init(batch *b) {
  memset(b, 0, sizeof *b);
  for (size_t i = 0; i < COUNT; i++) {
    b->vectors[i] = (struct iovec){b->data[i], SIZE};
    b->messages[i].header.msg_iov = &b->vectors[i];
    b->messages[i].header.msg_iovlen = 1;
    b->messages[i].header.msg_name = &b->names[i];
    b->messages[i].header.msg_namelen = sizeof b->names[i];
  }
}

/* A batch goes and comes, each datagram with its length and where it is from; nothing waits: at once EAGAIN. */
static void test_batches(void) {
  static batch out, in;
  const rj_address loopback = {.family = RJ_ADDRESS_IPV4, .bytes = {127, 0, 0, 1}};
  rj_sockaddr here;
  socklen_t length = rj_sockaddr_from(&loopback, &here);
  int a = rj_platform_socket(AF_INET), b = rj_platform_socket(AF_INET);
  assert_flags(a);
  g_assert_cmpint(bind(a, &here.any, length), ==, 0);
  g_assert_cmpint(bind(b, &here.any, length), ==, 0);
  length = sizeof here;
  g_assert_cmpint(getsockname(b, &here.any, &length), ==, 0);
  batch_init(&in);
  g_assert_cmpint(rj_platform_receive(b, in.messages, COUNT), ==, -EAGAIN);
  batch_init(&out);
  for (size_t i = 0; i < COUNT; i++) {
    out.names[i] = here;
    out.messages[i].header.msg_namelen = length;
    out.vectors[i].iov_len = i + 1;
    memset(out.data[i], (int)i, SIZE);
  }
  g_assert_cmpint(rj_platform_send(a, out.messages, COUNT), ==, COUNT);
  g_assert_true(is_readable(b, 10000));
  g_assert_cmpint(rj_platform_receive(b, in.messages, COUNT), ==, COUNT);
  rj_address own, from;
  length = sizeof here;
  g_assert_cmpint(getsockname(a, &here.any, &length), ==, 0);
  g_assert_true(rj_sockaddr_to(&here, length, &own));
  for (size_t i = 0; i < COUNT; i++) {
    g_assert_cmpuint(in.messages[i].length, ==, i + 1);
    g_assert_cmpuint(in.data[i][0], ==, i);
    g_assert_true(rj_sockaddr_to(&in.names[i], in.messages[i].header.msg_namelen, &from));
    g_assert_true(rj_address_equal(&from, &own));
  }
  /* what cannot go says so, and what stood before it has gone */
  const rj_address nowhere = {.family = RJ_ADDRESS_IPV4, .bytes = {127, 0, 0, 1}, .port = 0};
  out.messages[3].header.msg_namelen = rj_sockaddr_from(&nowhere, &out.names[3]);
  g_assert_cmpint(rj_platform_send(a, out.messages, COUNT), ==, 3);
  g_assert_cmpint(rj_platform_send(a, out.messages + 3, 1), ==, -EINVAL);
  close(a);
  close(b);
  g_assert_cmpint(rj_platform_receive(b, in.messages, COUNT), ==, -EBADF);
}

/* News of the networks: none, or a descriptor that says nothing as long as nothing happens. */
static void test_watch(void) {
  int watch = rj_platform_watch_open();
#ifdef RJ_TEST_PORTABLE
  g_assert_cmpint(watch, ==, -1);
#endif
  if (watch < 0)
    return;
  assert_flags(watch);
  close(watch);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/platform/clocks", test_clocks);
  g_test_add_func("/platform/random", test_random);
  g_test_add_func("/platform/bell", test_bell);
  g_test_add_func("/platform/alarm", test_alarm);
  g_test_add_func("/platform/batches", test_batches);
  g_test_add_func("/platform/watch", test_watch);
  return g_test_run();
}
