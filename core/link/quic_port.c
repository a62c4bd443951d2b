/* One socket's worth of QUIC connections: finds the connection of a datagram, accepts new ones, answers what belongs to none. */
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

/* TLS 1.3 with the ciphers and groups of our own clients first; what others need beside them. */
static const char PRIORITY[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:%DISABLE_TLS13_COMPAT_MODE";

enum {
  RESET_MIN = 21, /* RFC 9000, 10.3 */
  RESET_MIN_CAUSE =
      22, /* a smaller packet is answered by nothing: two edges must not answer each other's resets for ever */
  RESET_MAX = 43,
  RETRY_VALID_S = 10,
};

rj_port *rj_port_new(const rj_port_config *config) {
  rj_port *port = calloc(1, sizeof *port);
  if (port == NULL)
    return NULL;
  port->config = *config;
  port->answers_end = &port->answers;
  port->links = rj_map_new();
  port->resets = rj_map_new();
  if (port->links == NULL || port->resets == NULL ||
      gnutls_priority_init(&port->priority, PRIORITY, NULL) != 0) {
    rj_port_free(port);
    return NULL;
  }
  if (config->credentials != NULL)
    memcpy(port->reset_key, rj_credentials_reset_key(config->credentials), sizeof port->reset_key);
  else
    rj_entropy_fill(config->entropy, port->reset_key, sizeof port->reset_key);
  rj_entropy_fill(config->entropy, port->retry_key, sizeof port->retry_key);
  return port;
}

void rj_port_free(rj_port *port) {
  if (port == NULL)
    return;
  while (port->answers != NULL) {
    rj_answer *next = port->answers->next;
    free(port->answers);
    port->answers = next;
  }
  rj_map_free(port->links);
  rj_map_free(port->resets);
  if (port->priority != NULL)
    gnutls_priority_deinit(port->priority);
  gnutls_memset(port->reset_key, 0, sizeof port->reset_key);
  gnutls_memset(port->retry_key, 0, sizeof port->retry_key);
  free(port);
}

void rj_port_set_limits(rj_port *port, uint32_t links_max, uint32_t retry_above) {
  port->config.links_max = links_max;
  port->config.retry_above = retry_above;
}

void rj_port_counters_get(const rj_port *port, rj_port_counters *out) {
  *out = port->counters;
}

/* ---- answers that belong to no link ---- */

/* Whether it will be sent. */
static bool answer(rj_port *port, const rj_path *path, const uint8_t *data, ngtcp2_ssize length) {
  if (length <= 0 || port->answers_count == RJ_QUIC_ANSWERS)
    return false;
  rj_answer *node = malloc(sizeof *node + (size_t)length);
  if (node == NULL)
    return false;
  node->next = NULL;
  node->path = *path;
  node->length = (uint32_t)length;
  memcpy(node->data, data, (size_t)length);
  *port->answers_end = node;
  port->answers_end = &node->next;
  port->answers_count++;
  return true;
}

bool rj_port_write(rj_port *port, rj_datagram *out) {
  rj_answer *first = port->answers;
  if (first == NULL)
    return false;
  port->answers = first->next;
  if (port->answers == NULL)
    port->answers_end = &port->answers;
  port->answers_count--;
  out->path = first->path;
  out->length = first->length;
  memcpy(out->data, first->data, first->length);
  free(first);
  port->counters.datagrams_out++;
  return true;
}

static void answer_version(rj_port *port, const rj_path *path, const ngtcp2_version_cid *ids) {
  uint8_t out[RJ_QUIC_ANSWER], random;
  static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
  rj_entropy_fill(port->config.entropy, &random, 1);
  answer(port, path, out,
         ngtcp2_pkt_write_version_negotiation(out, sizeof out, random, ids->scid, ids->scidlen,
                                              ids->dcid, ids->dcidlen, versions, 1));
}

/* A packet of a connection that this edge does not have: it says so (S-9). */
static void answer_reset(rj_port *port, const rj_path *path, const ngtcp2_version_cid *ids,
                         size_t cause) {
  port->counters.unknown++;
  if (cause < RESET_MIN_CAUSE || ids->dcidlen != RJ_QUIC_CID)
    return;
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, ids->dcid, ids->dcidlen);
  uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], out[RESET_MAX], random[RESET_MAX];
  if (ngtcp2_crypto_generate_stateless_reset_token(token, port->reset_key, sizeof port->reset_key,
                                                   &cid) != 0)
    return;
  size_t length = cause - 1 < RESET_MAX ? cause - 1 : RESET_MAX;
  size_t random_length = length - sizeof token;
  rj_entropy_fill(port->config.entropy, random, random_length);
  if (answer(port, path, out,
             ngtcp2_pkt_write_stateless_reset(out, length, token, random, random_length)))
    port->counters.resets_sent++;
}

static void answer_retry(rj_port *port, const rj_path *path, const ngtcp2_pkt_hd *header,
                         int64_t now) {
  ngtcp2_sockaddr_union remote;
  ngtcp2_socklen remote_length = rj_quic_sockaddr(&remote, &path->remote);
  ngtcp2_cid scid = {.datalen = RJ_QUIC_CID};
  rj_entropy_fill(port->config.entropy, scid.data, scid.datalen);
  uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2], out[RJ_QUIC_ANSWER];
  ngtcp2_ssize token_length = ngtcp2_crypto_generate_retry_token2(
      token, port->retry_key, sizeof port->retry_key, header->version, &remote.sa, remote_length,
      &scid, &header->dcid, (ngtcp2_tstamp)now);
  if (token_length < 0)
    return;
  if (answer(port, path, out,
             ngtcp2_crypto_write_retry(out, sizeof out, header->version, &header->scid, &scid,
                                       &header->dcid, token, (size_t)token_length)))
    port->counters.retries_sent++;
}

/* The token is not one that we gave to this address (lately): a second Retry would not be taken, so this says at once that it is over. */
static void answer_invalid_token(rj_port *port, const rj_path *path, const ngtcp2_pkt_hd *header) {
  uint8_t out[RJ_QUIC_ANSWER];
  answer(port, path, out,
         ngtcp2_crypto_write_connection_close(out, sizeof out, header->version, &header->scid,
                                              &header->dcid, NGTCP2_INVALID_TOKEN, NULL, 0));
  port->counters.malformed++;
}

/* ---- finding and accepting ---- */

static bool is_long(const uint8_t *data) {
  return (data[0] & 0x80) != 0;
}

/* One that may begin a connection (RFC 9000, 17.2: of version 1, which has been looked at). */
static bool is_initial(const uint8_t *data) {
  return (data[0] & 0x30) == 0;
}

static rj_link *find(const rj_port *port, const uint8_t *data, size_t length,
                     ngtcp2_version_cid *ids, int *code) {
  *code = NGTCP2_ERR_INVALID_ARGUMENT;
  if (length == 0) /* ngtcp2 would end the process */
    return NULL;
  *code = ngtcp2_pkt_decode_version_cid(ids, data, length, RJ_QUIC_CID);
  if (*code != 0 && *code != NGTCP2_ERR_VERSION_NEGOTIATION)
    return NULL;
  rj_link *link = rj_map_get(port->links, rj_quic_key(ids->dcid, ids->dcidlen));
  if (link == NULL && *code == 0 && !is_long(data) && length >= RESET_MIN)
    link = rj_map_get(port->resets,
                      rj_quic_key(data + length - NGTCP2_STATELESS_RESET_TOKENLEN, RJ_QUIC_CID));
  return link;
}

rj_link *rj_port_route(const rj_port *port, const uint8_t *data, size_t length) {
  ngtcp2_version_cid ids;
  int code;
  return find(port, data, length, &ids, &code);
}

static bool has_retry_token(const ngtcp2_pkt_hd *header) {
  return header->tokenlen > 0 && header->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2;
}

/* Is this client, to whom a Retry went, still where it went? */
static bool came_back(const rj_port *port, const rj_path *path, const ngtcp2_pkt_hd *header,
                      ngtcp2_cid *original_dcid, int64_t now) {
  ngtcp2_sockaddr_union remote;
  ngtcp2_socklen remote_length = rj_quic_sockaddr(&remote, &path->remote);
  return ngtcp2_crypto_verify_retry_token2(
             original_dcid, header->token, header->tokenlen, port->retry_key,
             sizeof port->retry_key, header->version, &remote.sa, remote_length, &header->dcid,
             (ngtcp2_duration)(RETRY_VALID_S * RJ_SECOND), (ngtcp2_tstamp)now) == 0;
}

static rj_link *accept_initial(rj_port *port, const rj_path *path, const uint8_t *data,
                               size_t length, int64_t now) {
  ngtcp2_pkt_hd header;
  if (ngtcp2_accept(&header, data, length) != 0) {
    if (is_initial(data))
      port->counters.malformed++;
    else
      port->counters.unknown++; /* a late packet of a handshake that is over */
    return NULL;
  }
  if (port->counters.links >= port->config.links_max) {
    port->counters.refused_full++;
    return NULL;
  }
  ngtcp2_cid original_dcid = header.dcid;
  bool retried = has_retry_token(&header);
  if (retried && !came_back(port, path, &header, &original_dcid, now)) {
    answer_invalid_token(port, path, &header);
    return NULL;
  }
  if (!retried && port->counters.handshakes >= port->config.retry_above) {
    answer_retry(port, path, &header, now);
    return NULL;
  }
  rj_link *link = rj_quic_accept(port, &header, path, &original_dcid, retried, now);
  if (link == NULL)
    return NULL;
  rj_quic_read(link, path, data, length, now);
  if (link->closed &&
      link->close_error == NGTCP2_ERR_RETRY) { /* its hello comes in pieces, out of order */
    rj_link_free(link);
    answer_retry(port, path, &header, now);
    return NULL;
  }
  if (link->closed && !link->close_pending) { /* nothing that anybody would answer */
    rj_link_free(link);
    port->counters.malformed++;
    return NULL;
  }
  port->counters.accepted++;
  return link;
}

rj_link *rj_port_feed(rj_port *port, const rj_path *path, const uint8_t *data, size_t length,
                      int64_t now, bool *accepted) {
  if (accepted != NULL)
    *accepted = false;
  port->counters.datagrams_in++;
  ngtcp2_version_cid ids;
  int code;
  rj_link *link = find(port, data, length, &ids, &code);
  if (link != NULL) {
    rj_quic_read(link, path, data, length, now);
    return link;
  }
  if (code != 0 && code != NGTCP2_ERR_VERSION_NEGOTIATION) {
    port->counters.malformed++;
    return NULL;
  }
  if (port->config.credentials == NULL || accepted == NULL) {
    port->counters.unknown++;
    return NULL;
  }
  if (code == NGTCP2_ERR_VERSION_NEGOTIATION) {
    answer_version(port, path, &ids);
    return NULL;
  }
  if (!is_long(data)) {
    answer_reset(port, path, &ids, length);
    return NULL;
  }
  link = accept_initial(port, path, data, length, now);
  *accepted = link != NULL;
  return link;
}
