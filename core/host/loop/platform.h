/* The operating system's part of the loop: clock, alarm, bell, random bytes, datagrams in batches, and news of the networks.
 * What differs between systems stands in platform_linux.c and platform_posix.c, of which one is built in. Include after
 * _GNU_SOURCE is defined. */
#ifndef RJ_HOST_LOOP_PLATFORM_H
#define RJ_HOST_LOOP_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* ns on the clock that counts time asleep. */
int64_t rj_platform_now(void);
/* ns since 1970. */
int64_t rj_platform_wall(void);
/* An rj_entropy.fill: the system's random numbers. */
void rj_platform_random(void *user, uint8_t *bytes, size_t length);

/* An alarm is a descriptor that becomes readable at a time of rj_platform_now, also when the system slept meanwhile.
 * -1: the system has none (or no descriptor is left); then the poll's timeout must do. */
int rj_platform_alarm_open(void);
void rj_platform_alarm_set(int alarm, int64_t when); /* RJ_NEVER: off */
void rj_platform_alarm_clear(int alarm);

/* A bell wakes a polling thread. */
typedef struct {
  int ear, button; /* poll the ear */
} rj_bell;

bool rj_platform_bell_open(rj_bell *bell);
void rj_platform_bell_close(rj_bell *bell);
void rj_platform_bell_ring(const rj_bell *bell);
void rj_platform_bell_clear(const rj_bell *bell);

/* One datagram of a batch, as Linux lays it out. */
typedef struct {
  struct msghdr header;
  unsigned int length; /* received */
} rj_message;

/* A datagram socket that does not block and is not inherited; -1 and errno. */
int rj_platform_socket(int domain);
/* How many came or went (> 0), or minus errno. */
int rj_platform_receive(int fd, rj_message *messages, unsigned int count);
int rj_platform_send(int fd, rj_message *messages, unsigned int count);

/* A descriptor that becomes readable when interfaces, addresses or routes of this machine changed; what it says is of no
 * interest. -1: the system has none, or does not let us have it. */
int rj_platform_watch_open(void);

#endif
