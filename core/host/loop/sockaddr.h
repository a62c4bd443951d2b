/* Addresses as the system writes them, to and from ours. */
#ifndef RJ_HOST_LOOP_SOCKADDR_H
#define RJ_HOST_LOOP_SOCKADDR_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/address.h"

typedef union {
  struct sockaddr any;
  struct sockaddr_storage storage;
} rj_sockaddr;

/* Returns the length. */
socklen_t rj_sockaddr_from(const rj_address *address, rj_sockaddr *out);
/* For a socket of this family: one of IPv6 that serves both families takes IPv4 addresses in IPv6's clothes (RFC 4291, 2.5.5.2). */
socklen_t rj_sockaddr_for(uint8_t family, const rj_address *address, rj_sockaddr *out);
/* False: neither IPv4 nor IPv6. IPv4 in IPv6's clothes is IPv4. */
bool rj_sockaddr_to(const rj_sockaddr *sockaddr, socklen_t length, rj_address *out);

enum {
  RJ_CONTROL_SIZE = 64
}; /* of the control data of one datagram: a packet info of either family */

/* Writes the source address into the control data of a datagram (sendmsg) that leaves by a socket of this family. */
void rj_sockaddr_put_local(struct msghdr *message, uint8_t family, const rj_address *local);
/* The address that a received datagram was sent to; false: not told. The port is not in it. */
bool rj_sockaddr_get_local(struct msghdr *message, rj_address *local);

#endif
