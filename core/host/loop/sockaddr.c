/* Addresses as the system writes them. */
#define _GNU_SOURCE
#ifdef __APPLE__
#define __APPLE_USE_RFC_3542 /* without it IPV6_PKTINFO means something else */
#endif
#include "host/loop/sockaddr.h"

#include <glib.h>
#include <netinet/in.h>
#include <string.h>

socklen_t rj_sockaddr_from(const rj_address *address, rj_sockaddr *out) {
  memset(out, 0, sizeof *out);
  if (address->family == RJ_ADDRESS_IPV4) {
    struct sockaddr_in *in = (struct sockaddr_in *)&out->storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    memcpy(&in->sin_addr, address->bytes, 4);
    return sizeof *in;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->storage;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(address->port);
  in6->sin6_scope_id = address->scope;
  memcpy(&in6->sin6_addr, address->bytes, 16);
  return sizeof *in6;
}

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static rj_address mapped(const rj_address *address) {
  rj_address out = {.family = RJ_ADDRESS_IPV6, .port = address->port};
  memcpy(out.bytes, mapped_prefix, sizeof mapped_prefix);
  memcpy(out.bytes + sizeof mapped_prefix, address->bytes, 4);
  return out;
}

/* IPv6's 16 bytes into an address. */
static void take_bytes(rj_address *out, const uint8_t bytes[16]) {
  bool is_mapped = memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0;
  out->family = is_mapped ? RJ_ADDRESS_IPV4 : RJ_ADDRESS_IPV6;
  memcpy(out->bytes, is_mapped ? bytes + sizeof mapped_prefix : bytes, is_mapped ? 4 : 16);
}

socklen_t rj_sockaddr_for(uint8_t family, const rj_address *address, rj_sockaddr *out) {
  if (family != RJ_ADDRESS_IPV6 || address->family != RJ_ADDRESS_IPV4)
    return rj_sockaddr_from(address, out);
  const rj_address six = mapped(address);
  return rj_sockaddr_from(&six, out);
}

bool rj_sockaddr_to(const rj_sockaddr *sockaddr, socklen_t length, rj_address *out) {
  memset(out, 0, sizeof *out);
  if (length >= sizeof(struct sockaddr_in) && sockaddr->any.sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)&sockaddr->storage;
    out->family = RJ_ADDRESS_IPV4;
    out->port = ntohs(in->sin_port);
    memcpy(out->bytes, &in->sin_addr, 4);
    return true;
  }
  if (length >= sizeof(struct sockaddr_in6) && sockaddr->any.sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&sockaddr->storage;
    take_bytes(out, in6->sin6_addr.s6_addr);
    out->port = ntohs(in6->sin6_port);
    out->scope = out->family == RJ_ADDRESS_IPV6 ? in6->sin6_scope_id : 0;
    return true;
  }
  return false;
}

static void *put(struct msghdr *message, int level, int type, size_t size) {
  message->msg_controllen = CMSG_SPACE(size);
  g_assert(message->msg_controllen <= RJ_CONTROL_SIZE);
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  memset(control, 0, CMSG_SPACE(size));
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(size);
  return CMSG_DATA(control);
}

void rj_sockaddr_put_local(struct msghdr *message, uint8_t family, const rj_address *local) {
  if (family == RJ_ADDRESS_IPV4) {
    struct in_pktinfo info = {0};
    memcpy(&info.ipi_spec_dst, local->bytes, 4);
    memcpy(put(message, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
  } else {
    const rj_address six = local->family == RJ_ADDRESS_IPV4 ? mapped(local) : *local;
    struct in6_pktinfo info = {0};
    memcpy(&info.ipi6_addr, six.bytes, 16);
    info.ipi6_ifindex = six.scope;
    memcpy(put(message, IPPROTO_IPV6, IPV6_PKTINFO, sizeof info), &info, sizeof info);
  }
}

bool rj_sockaddr_get_local(struct msghdr *message, rj_address *local) {
  memset(local, 0, sizeof *local);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      local->family = RJ_ADDRESS_IPV4;
      memcpy(local->bytes, &info.ipi_addr, 4);
      return true;
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      take_bytes(local, info.ipi6_addr.s6_addr);
      /* only link-local addresses need their interface to be named */
      if (local->family == RJ_ADDRESS_IPV6 && local->bytes[0] == 0xfe &&
          (local->bytes[1] & 0xc0) == 0x80)
        local->scope = info.ipi6_ifindex;
      return true;
    }
  }
  return false;
}
