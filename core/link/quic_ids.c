/* Connection ids and reset tokens: how a port finds the link of a datagram. */
#include <assert.h>

#include "link/quic_internal.h"

uint64_t rj_quic_key(const uint8_t *cid, size_t length) {
  uint64_t key = 0;
  for (size_t i = 0; i < length; i++) /* our own ids are the key; longer ones are folded into it */
    key = (key << 8 | key >> 56) ^ cid[i];
  return key;
}

bool rj_ids_new(rj_link *link, ngtcp2_cid *cid, uint8_t *token) {
  rj_port *port = link->port;
  cid->datalen = RJ_QUIC_CID;
  do {
    rj_entropy_fill(port->config.entropy, cid->data, RJ_QUIC_CID);
  } while (rj_map_get(port->links, rj_quic_key(cid->data, RJ_QUIC_CID)) != NULL);
  return ngtcp2_crypto_generate_stateless_reset_token(token, port->reset_key,
                                                      sizeof port->reset_key, cid) == 0 &&
         rj_map_put(port->links, rj_quic_key(cid->data, RJ_QUIC_CID), link);
}

int rj_ids_give(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t length, void *user) {
  assert(length == RJ_QUIC_CID);
  if (ngtcp2_conn_get_scid(conn, NULL) >= RJ_QUIC_CIDS)
    return NGTCP2_ERR_CALLBACK_FAILURE; /* the peer uses them up as fast as it gets them */
  return rj_ids_new(user, cid, token) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static void forget_key(rj_link *link, uint64_t key) {
  if (rj_map_get(link->port->links, key) == link)
    rj_map_remove(link->port->links, key);
}

void rj_ids_forget(rj_link *link, const ngtcp2_cid *cid) {
  forget_key(link, rj_quic_key(cid->data, cid->datalen));
}

int rj_ids_remove(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user) {
  (void)conn;
  rj_ids_forget(user, cid);
  return 0;
}

/* ---- the id that a client makes up for its first packets: any key is possible, 0 as well ---- */

void rj_ids_keep_original(rj_link *link, const ngtcp2_cid *cid) {
  uint64_t key = rj_quic_key(cid->data, cid->datalen);
  if (rj_map_get(link->port->links, key) != NULL || !rj_map_put(link->port->links, key, link))
    return; /* then only the first packet finds the link, until its own id is known */
  link->original_dcid = key;
  link->original_known = true;
}

void rj_ids_forget_original(rj_link *link) {
  if (link->original_known)
    forget_key(link, link->original_dcid);
  link->original_known = false;
}

/* ---- the peer's reset tokens: how the port finds the connection of a stateless reset (S-9) ---- */

static void expect_reset(rj_link *link, const uint8_t *token) {
  uint64_t key = rj_quic_key(token, RJ_QUIC_CID);
  for (size_t i = 0; i < RJ_QUIC_TOKENS; i++) {
    if (link->reset_tokens[i] == key)
      return;
  }
  for (size_t i = 0; i < RJ_QUIC_TOKENS; i++) {
    if (link->reset_tokens[i] == 0 && rj_map_get(link->port->resets, key) == NULL &&
        rj_map_put(link->port->resets, key, link)) {
      link->reset_tokens[i] = key;
      return;
    }
  }
}

static void forget_reset(rj_link *link, size_t index) {
  if (link->reset_tokens[index] != 0)
    rj_map_remove(link->port->resets, link->reset_tokens[index]);
  link->reset_tokens[index] = 0;
}

int rj_ids_status(ngtcp2_conn *conn, ngtcp2_connection_id_status_type type, uint64_t sequence,
                  const ngtcp2_cid *cid, const uint8_t *token, void *user) {
  (void)conn;
  (void)sequence;
  (void)cid;
  rj_link *link = user;
  if (token == NULL || link->server)
    return 0;
  if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE) {
    expect_reset(link, token);
    return 0;
  }
  uint64_t key = rj_quic_key(token, RJ_QUIC_CID);
  for (size_t i = 0; i < RJ_QUIC_TOKENS; i++) {
    if (link->reset_tokens[i] == key)
      forget_reset(link, i);
  }
  return 0;
}

/* ---- all of them ---- */

void rj_ids_forget_all(rj_link *link) {
  if (link->conn != NULL) {
    ngtcp2_cid cids[RJ_QUIC_CIDS];
    size_t count = ngtcp2_conn_get_scid(link->conn, NULL);
    assert(count <= RJ_QUIC_CIDS); /* see rj_ids_give */
    ngtcp2_conn_get_scid(link->conn, cids);
    for (size_t i = 0; i < count; i++)
      rj_ids_forget(link, &cids[i]);
  }
  for (size_t i = 0; i < RJ_QUIC_TOKENS; i++)
    forget_reset(link, i);
  rj_ids_forget_original(link);
}
