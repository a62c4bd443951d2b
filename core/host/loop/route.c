/* The way to an address: the one that a connected socket is given, and the interface that has this address. */
#define _GNU_SOURCE
#include "host/loop/route.h"

#include <errno.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/numbers.h"
#include "host/loop/platform.h"
#include "host/loop/sockaddr.h"

enum { ANY_PORT = 9 }; /* a socket is connected to some port, whatever it is */

/* ---- interfaces */

/* Linux tells in files what an interface is; elsewhere there are none. */
static char *read_about(const char *name, const char *what) {
  char *path = g_strdup_printf("/sys/class/net/%s/%s", name, what), *text = NULL;
  g_file_get_contents(path, &text, NULL, NULL);
  g_free(path);
  return text;
}

static int32_t network_of(const char *name) {
  char *type = read_about(name, "type"), *event = read_about(name, "uevent");
  int32_t network = NETWORK_UNKNOWN;
  if (event != NULL && strstr(event, "DEVTYPE=wlan") != NULL)
    network = NETWORK_WIFI;
  else if (type != NULL && strcmp(type, "1\n") == 0 &&               /* Ethernet … */
           (event == NULL || strstr(event, "DEVTYPE=wwan") == NULL)) /* … and no modem behind it */
    network = NETWORK_LAN;
  g_free(type);
  g_free(event);
  return network;
}

static bool address_of(const struct ifaddrs *at, rj_address *out) {
  if (at->ifa_addr == NULL)
    return false;
  rj_sockaddr address = {0};
  socklen_t length = at->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                         : sizeof(struct sockaddr_in);
  memcpy(&address, at->ifa_addr, length);
  return rj_sockaddr_to(&address, length, out);
}

/* It is switched on and has a carrier. Linux says RUNNING up to a second after the first packet could pass, LOWER_UP at once. */
static bool is_running(const struct ifaddrs *at) {
#ifdef __linux__
  enum { LOWER_UP = 1 << 16 }; /* linux/if.h, which is no friend of net/if.h */
#else
  enum { LOWER_UP = 0 };
#endif
  return (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & (IFF_RUNNING | LOWER_UP)) != 0;
}

/* Fills in the interface that has route->local. False: it is not running. */
static bool find_interface(rj_route *route) {
  struct ifaddrs *all;
  bool running = true; /* nothing is known against it */
  if (getifaddrs(&all) != 0)
    return true;
  for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
    rj_address address;
    if (!address_of(at, &address) || !rj_address_same_host(&address, &route->local))
      continue;
    running = is_running(at);
    route->interface = if_nametoindex(at->ifa_name);
    route->network = network_of(at->ifa_name);
    if (running)
      break; /* the address may be on two */
  }
  freeifaddrs(all);
  return running;
}

/* ---- routes */

static bool same_family(const rj_address *a, const rj_address *b) {
  return a->family == b->family;
}

/* Our end of a connected socket, without its port; 0 or an errno. */
static int find_local(const rj_address *from, const rj_address *remote, rj_address *local) {
  rj_sockaddr to, own;
  rj_address target = *remote;
  if (target.port == 0)
    target.port = ANY_PORT;
  socklen_t to_length = rj_sockaddr_from(&target, &to), own_length = sizeof own;
  int fd = rj_platform_socket(to.any.sa_family), error = 0;
  if (fd < 0)
    return errno;
  if (from != NULL) {
    rj_sockaddr bound;
    socklen_t bound_length = rj_sockaddr_from(from, &bound);
    if (bind(fd, &bound.any, bound_length) != 0)
      error = errno;
  }
  if (error == 0 &&
      (connect(fd, &to.any, to_length) != 0 || getsockname(fd, &own.any, &own_length) != 0))
    error = errno;
  close(fd);
  if (error == 0 && !rj_sockaddr_to(&own, own_length, local))
    error = EAFNOSUPPORT;
  local->port = 0;
  return error;
}

/* It is ourselves who are short of something, whatever the network is like. */
static bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EINTR || error == EAGAIN;
}

bool rj_route_find(const rj_address *remote, rj_route *out) {
  *out = (rj_route){0};
  rj_route found = {.there = true, .network = NETWORK_UNKNOWN};
  int error = find_local(NULL, remote, &found.local);
  if (error != 0)
    return !is_shortage(error);
  /* To an address of this machine no cable is needed. */
  if (find_interface(&found) || rj_address_same_host(&found.local, remote))
    *out = found;
  return true;
}

bool rj_route_equal(const rj_route *a, const rj_route *b) {
  return a->there == b->there && a->interface == b->interface &&
         rj_address_same_host(&a->local, &b->local);
}

/* ---- another address */

static bool is_ipv4_loopback(const rj_address *address) {
  return address->family == RJ_ADDRESS_IPV4 && address->bytes[0] == 127;
}

static bool leads_to(const rj_address *from, const rj_address *remote) {
  rj_address local;
  return find_local(from, remote, &local) == 0;
}

bool rj_route_other_local(const rj_address *remote, const rj_address *local, rj_address *out) {
  if (is_ipv4_loopback(remote)) { /* the whole of 127.0.0.0/8 is ours, where the system has it */
    *out = is_ipv4_loopback(local) ? *local : *remote;
    out->port = 0;
    do
      out->bytes[3] = (uint8_t)(out->bytes[3] % 254 + 1);
    while (rj_address_same_host(out, remote));
    return leads_to(out, remote);
  }
  struct ifaddrs *all;
  bool found = false;
  if (getifaddrs(&all) != 0)
    return false;
  for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
    found = is_running(at) && (at->ifa_flags & IFF_LOOPBACK) == 0 && address_of(at, out) &&
            same_family(out, remote) && !rj_address_same_host(out, local) && leads_to(out, remote);
  }
  freeifaddrs(all);
  return found;
}
