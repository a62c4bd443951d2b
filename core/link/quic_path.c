/* Addresses between our form and the socket addresses that ngtcp2 compares; a client's new address that ngtcp2 is not told. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

ngtcp2_socklen rj_quic_sockaddr(ngtcp2_sockaddr_union *out, const rj_address *address) {
  memset(out, 0, sizeof *out);
  if (address->family == RJ_ADDRESS_IPV6) {
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(address->port);
    out->in6.sin6_scope_id = address->scope;
    memcpy(&out->in6.sin6_addr, address->bytes, sizeof out->in6.sin6_addr);
    return sizeof out->in6;
  }
  out->in.sin_family = AF_INET;
  out->in.sin_port = htons(address->port);
  memcpy(&out->in.sin_addr, address->bytes, sizeof out->in.sin_addr);
  return sizeof out->in;
}

void rj_quic_path(ngtcp2_path_storage *storage, const rj_path *path) {
  ngtcp2_sockaddr_union local, remote;
  ngtcp2_socklen remote_length = rj_quic_sockaddr(&remote, &path->remote);
  /* A host that does not know its own address: the unspecified one stands for it, always the same. */
  rj_address own = path->local;
  if (own.family == RJ_ADDRESS_NONE)
    own.family = path->remote.family;
  ngtcp2_socklen local_length = rj_quic_sockaddr(&local, &own);
  ngtcp2_path_storage_init(storage, &local.sa, local_length, &remote.sa, remote_length, NULL);
}

static void address_back(rj_address *address, const ngtcp2_addr *from) {
  *address = (rj_address){0};
  if (from->addr->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, from->addr, sizeof in6);
    address->family = RJ_ADDRESS_IPV6;
    address->port = ntohs(in6.sin6_port);
    address->scope = in6.sin6_scope_id;
    memcpy(address->bytes, &in6.sin6_addr, sizeof in6.sin6_addr);
  } else {
    struct sockaddr_in in;
    memcpy(&in, from->addr, sizeof in);
    address->family = RJ_ADDRESS_IPV4;
    address->port = ntohs(in.sin_port);
    memcpy(address->bytes, &in.sin_addr, sizeof in.sin_addr);
  }
}

static bool is_unspecified(const rj_address *address) {
  static const uint8_t zero[sizeof address->bytes];
  return address->port == 0 && memcmp(address->bytes, zero, sizeof zero) == 0;
}

void rj_quic_path_back(rj_path *path, const ngtcp2_path *from) {
  address_back(&path->local, &from->local);
  address_back(&path->remote, &from->remote);
  if (is_unspecified(&path->local))
    path->local = (rj_address){0};
}

/* ---- detours ---- */

bool rj_quic_detour(rj_link *link, const rj_address *to) {
  if (to == NULL) {
    free(link->detour);
    link->detour = NULL;
    return true;
  }
  if (link->detour == NULL) {
    link->detour = calloc(1, sizeof *link->detour);
    if (link->detour == NULL)
      return false;
    rj_path known;
    rj_quic_path_back(&known, ngtcp2_conn_get_path(link->conn));
    link->detour->from = known.local;
  }
  link->detour->to = *to;
  link->detour->unproved = true;
  return true;
}

rj_address rj_quic_known_local(const rj_link *link, const rj_address *real) {
  const rj_detour *detour = link->detour;
  return detour != NULL && rj_address_equal(real, &detour->to) ? detour->from : *real;
}

rj_address rj_quic_real_local(const rj_link *link, const rj_address *known) {
  const rj_detour *detour = link->detour;
  return detour != NULL && rj_address_equal(known, &detour->from) ? detour->to : *known;
}
