/* A datagram for a link: into ngtcp2, and what that means for the link. */
#include "link/quic_internal.h"

/* The link that this thread reads a datagram for: the decrypt callback is told no connection. */
static _Thread_local rj_link *reading;

static bool is_one_rtt(const uint8_t *header) {
  return (header[0] & 0x80) == 0;
}

/* The whole packet number of a header whose protection is off, as RFC 9000, A.3 finds it. */
static int64_t packet_number(const uint8_t *header, size_t length, int64_t largest) {
  size_t bytes = (header[0] & 0x03U) + 1U;
  int64_t window = INT64_C(1) << (8 * bytes), number = 0;
  for (size_t i = length - bytes; i < length; i++)
    number = number << 8 | header[i];
  number |= (largest + 1) & ~(window - 1);
  if (number <= largest + 1 - window / 2)
    return number + window;
  return number > largest + 1 + window / 2 && number >= window ? number - window : number;
}

/* ngtcp2 does not tell its caller whether it took a packet, and it decrypts a replay before it discards it. So the peer is heard by a
 * packet of 1-RTT keys that is newer than all before. */
int rj_quic_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length) {
  int code = rj_keys_decrypt(dest, aead, ctx, text, length, nonce, nonce_length, aad, aad_length);
  if (code == 0 && reading != NULL && is_one_rtt(aad)) {
    int64_t number = packet_number(aad, aad_length, reading->largest_packet);
    if (number > reading->largest_packet) {
      reading->largest_packet = number;
      reading->heard = reading->now;
    }
  }
  return code;
}

static bool is_version_alert(uint64_t alert) {
  enum { ALERT_PROTOCOL_VERSION = 70 };
  return alert == ALERT_PROTOCOL_VERSION || alert == RJ_TLS_ALERT_NO_PROTOCOL;
}

/* The peer's close, as its code tells it. One that ends the handshake with an alert is a close by the peer, too: it did not like us. */
static rj_closed_how closed_how(const rj_link *link) {
  if (link->reset)
    return RJ_CLOSED_RESET;
  const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(link->conn);
  if (error->type == NGTCP2_CCERR_TYPE_TRANSPORT &&
      is_version_alert(error->error_code - NGTCP2_CRYPTO_ERROR))
    return RJ_CLOSED_VERSION;
  return RJ_CLOSED_BY_PEER;
}

static void read_failed(rj_link *link, int error) {
  switch (error) {
  case NGTCP2_ERR_DRAINING:
  case NGTCP2_ERR_CLOSING:
    rj_quic_end(link, closed_how(link), 0);
    break;
  case NGTCP2_ERR_DROP_CONN:
    rj_quic_end(link, RJ_CLOSED_PROTOCOL, 0);
    break;
  case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    rj_quic_end(link, RJ_CLOSED_VERSION, 0);
    break;
  case NGTCP2_ERR_CONNECTION_ID_LIMIT:
    /* ngtcp2 1.11 also counts ids that it gave back while it still looks for the peer at an old path: a peer that moves while its NAT
     * rebinds runs into it without a fault of its own. It is told, and connects anew. */
    rj_quic_end(link, link->server ? RJ_CLOSED_TIMEOUT : RJ_CLOSED_PROTOCOL, error);
    break;
  default:
    if (link->certificate_bad)
      rj_quic_end(link, RJ_CLOSED_CERTIFICATE, error);
    else if (link->wrong_protocol || (error == NGTCP2_ERR_CRYPTO &&
                                      is_version_alert(ngtcp2_conn_get_tls_alert(link->conn))))
      rj_quic_end(link, RJ_CLOSED_VERSION, NGTCP2_ERR_CRYPTO);
    else
      rj_quic_end(link, RJ_CLOSED_PROTOCOL, error);
    break;
  }
}

void rj_quic_read(rj_link *link, const rj_path *path, const uint8_t *data, size_t length,
                  int64_t now) {
  if (link->closed || length == 0)
    return;
  link->now = now;
  link->all_written = false;
  link->packets_received++;
  link->bytes_received += length;
  /* Our own address is what the connection knows, whatever the host can tell; an edge sees the peer's as it is. */
  rj_path seen = {.local = link->path.local, .remote = path->remote};
  if (path->local.family != RJ_ADDRESS_NONE && link->path.local.family != RJ_ADDRESS_NONE)
    seen.local = path->local;
  bool here = rj_address_equal(&seen.local, &link->path.local);
  seen.local = rj_quic_known_local(link, &seen.local);
  if (link->server && !rj_address_equal(&seen.remote, &link->path.remote))
    link->moving = true;
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &seen);
  ngtcp2_pkt_info info = {0};
  link->proof = false;
  reading = link;
  int error =
      ngtcp2_conn_read_pkt(link->conn, &storage.path, &info, data, length, (ngtcp2_tstamp)now);
  reading = NULL;
  if (link->proof && here && link->detour != NULL && link->detour->unproved) {
    link->detour->unproved = false;
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_PATH, .ok = true}, NULL, 0);
  }
  if (link->proof)
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_PROOF}, NULL, 0);
  if (link->broken) {
    link->close_code = RJ_CLOSE_PROTOCOL;
    rj_quic_end(link, RJ_CLOSED_PROTOCOL, 0);
    link->close_pending = true;
  } else if (error != 0) {
    read_failed(link, error);
  }
  rj_quic_tidy(link);
}
