/* One QUIC connection: set up, callbacks, reading, timers, and its end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

/* The link that this thread reads a datagram for: the decrypt callback is told no connection. */
static _Thread_local rj_link *reading;

/* ---- callbacks ---- */

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
static int decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                   const uint8_t *text, size_t length, const uint8_t *nonce, size_t nonce_length,
                   const uint8_t *aad, size_t aad_length) {
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

static void random_bytes(uint8_t *out, size_t length, const ngtcp2_rand_ctx *context) {
  const rj_port *port = context->native_handle;
  rj_entropy_fill(port->config.entropy, out, length);
}

static int path_challenge(ngtcp2_conn *conn, uint8_t *data, void *user) {
  (void)conn;
  const rj_link *link = user;
  rj_entropy_fill(link->port->config.entropy, data, NGTCP2_PATH_CHALLENGE_DATALEN);
  return 0;
}

uint64_t rj_quic_key(const uint8_t *cid, size_t length) {
  uint64_t key = 0;
  for (size_t i = 0; i < length; i++) /* our own ids are the key; longer ones are folded into it */
    key = (key << 8 | key >> 56) ^ cid[i];
  return key;
}

static bool new_id(rj_link *link, ngtcp2_cid *cid, uint8_t *token) {
  rj_port *port = link->port;
  cid->datalen = RJ_QUIC_CID;
  do {
    rj_entropy_fill(port->config.entropy, cid->data, RJ_QUIC_CID);
  } while (rj_map_get(port->links, rj_quic_key(cid->data, RJ_QUIC_CID)) != NULL);
  return ngtcp2_crypto_generate_stateless_reset_token(token, port->reset_key,
                                                      sizeof port->reset_key, cid) == 0 &&
         rj_map_put(port->links, rj_quic_key(cid->data, RJ_QUIC_CID), link);
}

static int get_new_connection_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t length,
                                 void *user) {
  assert(length == RJ_QUIC_CID);
  if (ngtcp2_conn_get_scid(conn, NULL) >= RJ_QUIC_CIDS)
    return NGTCP2_ERR_CALLBACK_FAILURE; /* the peer uses them up as fast as it gets them */
  return new_id(user, cid, token) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static void forget_key(rj_link *link, uint64_t key) {
  if (rj_map_get(link->port->links, key) == link)
    rj_map_remove(link->port->links, key);
}

static void forget_id(rj_link *link, const ngtcp2_cid *cid) {
  forget_key(link, rj_quic_key(cid->data, cid->datalen));
}

/* The id that the client made up for its first packets; any key is possible, 0 as well. */
static void forget_original(rj_link *link) {
  if (link->original_known)
    forget_key(link, link->original_dcid);
  link->original_known = false;
}

static int remove_connection_id(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user) {
  (void)conn;
  forget_id(user, cid);
  return 0;
}

/* ---- the peer's reset tokens: how the port finds the connection of a stateless reset (S-9) */

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

static int dcid_status(ngtcp2_conn *conn, ngtcp2_connection_id_status_type type, uint64_t sequence,
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

/* The token of the first id comes with the handshake, not with an id of its own. */
static void expect_first_reset(rj_link *link) {
  ngtcp2_cid_token ids[RJ_QUIC_CIDS];
  size_t count = ngtcp2_conn_get_active_dcid(link->conn, NULL);
  assert(count <= RJ_QUIC_CIDS);
  ngtcp2_conn_get_active_dcid(link->conn, ids);
  for (size_t i = 0; i < count; i++) {
    if (ids[i].token_present)
      expect_reset(link, ids[i].token);
  }
}

static int handshake_completed(ngtcp2_conn *conn, void *user) {
  rj_link *link = user;
  if (!rj_tls_speaks_our_protocol(link)) {
    /* GnuTLS minds another protocol, and not a peer that names none */
    ngtcp2_conn_set_tls_alert(conn, RJ_TLS_ALERT_NO_PROTOCOL);
    link->wrong_protocol = true;
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  if (link->server) {
    rj_tls_send_ticket(link);
  } else if (link->early_tried && !rj_tls_early_data_accepted(link)) {
    /* GnuTLS does not say so by itself (QUIC.md 0.5) */
    if (ngtcp2_conn_tls_early_data_rejected(conn) != 0)
      return NGTCP2_ERR_CALLBACK_FAILURE;
    rj_quic_rewind(link);
  }
  if (!link->server)
    expect_first_reset(link);
  link->up = true;
  link->heard = link->now;
  rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_UP}, NULL, 0);
  return 0;
}

static int handshake_confirmed(ngtcp2_conn *conn, void *user) {
  (void)conn;
  ((rj_link *)user)->confirmed = true;
  return 0;
}

static int stream_open(ngtcp2_conn *conn, int64_t stream, void *user) {
  (void)conn;
  rj_link *link = user;
  if (link->stream >= 0 || !link->server) {
    link->broken = true; /* there is one control stream, and the client opens it */
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  link->stream = stream;
  return 0;
}

/* The control stream lives as long as its connection. */
static int broken(rj_link *link) {
  link->broken = true;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

static int recv_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t stream, uint64_t offset,
                            const uint8_t *data, size_t length, void *user, void *stream_user) {
  (void)offset;
  (void)stream_user;
  rj_link *link = user;
  if (stream != link->stream || (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0 ||
      rj_frame_reader_feed(&link->reader, data, length) != STATUS_OK)
    return broken(link);
  bool early = (flags & NGTCP2_STREAM_DATA_FLAG_0RTT) != 0;
  const uint8_t *message;
  size_t message_length;
  while (rj_frame_reader_next(&link->reader, &message, &message_length))
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_MESSAGE, .early = early && !link->up},
                 message, message_length);
  ngtcp2_conn_extend_max_stream_offset(conn, stream, length);
  ngtcp2_conn_extend_max_offset(conn, length);
  return 0;
}

static int stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t stream, uint64_t code,
                        void *user, void *stream_user) {
  (void)conn;
  (void)flags;
  (void)code;
  (void)stream_user;
  rj_link *link = user;
  return stream == link->stream && link->up ? broken(link) : 0;
}

static int stream_reset(ngtcp2_conn *conn, int64_t stream, uint64_t final_size, uint64_t code,
                        void *user, void *stream_user) {
  (void)conn;
  (void)stream;
  (void)final_size;
  (void)code;
  (void)stream_user;
  return broken(user);
}

static int stream_stop_sending(ngtcp2_conn *conn, int64_t stream, uint64_t code, void *user,
                               void *stream_user) {
  (void)conn;
  (void)stream;
  (void)code;
  (void)stream_user;
  return broken(user);
}

static int acked_stream_data_offset(ngtcp2_conn *conn, int64_t stream, uint64_t offset,
                                    uint64_t length, void *user, void *stream_user) {
  (void)conn;
  (void)stream_user;
  rj_link *link = user;
  if (stream == link->stream && length > 0) {
    link->proof = true;
    rj_quic_acknowledged(link, offset + length);
  }
  return 0;
}

static int recv_datagram(ngtcp2_conn *conn, uint32_t flags, const uint8_t *data, size_t length,
                         void *user) {
  (void)conn;
  if ((flags & NGTCP2_DATAGRAM_FLAG_0RTT) != 0)
    return 0; /* may be a replay, and nothing of ours */
  if (length > 0)
    rj_quic_push(user, (rj_link_event){.kind = RJ_LINK_DATAGRAM}, data, length);
  return 0;
}

static int ack_datagram(ngtcp2_conn *conn, uint64_t id, void *user) {
  (void)conn;
  (void)id;
  ((rj_link *)user)->proof = true;
  return 0;
}

static int lost_datagram(ngtcp2_conn *conn, uint64_t id, void *user) {
  (void)conn;
  rj_link *link = user;
  link->packets_lost++;
  rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_LOST, .id = id}, NULL, 0);
  return 0;
}

static int recv_stateless_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *reset,
                                void *user) {
  (void)conn;
  (void)reset;
  ((rj_link *)user)->reset = true;
  return 0;
}

static int path_validation(ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path,
                           const ngtcp2_path *old_path, ngtcp2_path_validation_result result,
                           void *user) {
  (void)conn;
  (void)flags;
  (void)old_path;
  rj_link *link = user;
  if (result == NGTCP2_PATH_VALIDATION_RESULT_ABORTED)
    return 0; /* another migration took its place */
  bool ok = result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS;
  if (ok)
    rj_quic_path_back(&link->path, path);
  if (!link->server)
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_PATH, .ok = ok}, NULL, 0);
  return 0;
}

static const ngtcp2_callbacks callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = rj_tls_receive,
    .handshake_completed = handshake_completed,
    .encrypt = rj_keys_encrypt,
    .decrypt = decrypt,
    .hp_mask = rj_keys_mask,
    .recv_stream_data = recv_stream_data,
    .acked_stream_data_offset = acked_stream_data_offset,
    .stream_open = stream_open,
    .stream_close = stream_close,
    .recv_stateless_reset = recv_stateless_reset,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .rand = random_bytes,
    .get_new_connection_id = get_new_connection_id,
    .remove_connection_id = remove_connection_id,
    .update_key = rj_keys_update,
    .path_validation = path_validation,
    .stream_reset = stream_reset,
    .dcid_status = dcid_status,
    .handshake_confirmed = handshake_confirmed,
    .delete_crypto_aead_ctx = rj_keys_delete_aead,
    .delete_crypto_cipher_ctx = rj_keys_delete_cipher,
    .recv_datagram = recv_datagram,
    .ack_datagram = ack_datagram,
    .lost_datagram = lost_datagram,
    .get_path_challenge_data = path_challenge,
    .stream_stop_sending = stream_stop_sending,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};

/* ---- setting up ---- */

static rj_link *new_link(rj_port *port, const rj_path *path, bool server, int64_t now) {
  rj_link *link = calloc(1, sizeof *link);
  if (link == NULL)
    return NULL;
  link->port = port;
  link->server = server;
  link->path = *path;
  link->now = now;
  link->stream = -1;
  link->largest_packet = -1;
  link->chunks_end = &link->chunks;
  link->datagrams_end = &link->datagrams;
  link->events_end = &link->events;
  rj_frame_reader_init(&link->reader);
  port->counters.links++;
  port->counters.handshakes++;
  return link;
}

static void settle(const rj_link *link, ngtcp2_settings *settings,
                   ngtcp2_transport_params *params) {
  const rj_port_config *config = &link->port->config;
  ngtcp2_settings_default(settings);
  settings->initial_ts = (ngtcp2_tstamp)link->now;
  settings->max_tx_udp_payload_size = RJ_DATAGRAM_MAX;
  settings->no_pmtud = 1;
  settings->handshake_timeout = (ngtcp2_duration)config->handshake_timeout; /* QUIC.md 0.9 */
  settings->rand_ctx.native_handle = link->port;
  if (link->server)
    settings->ack_thresh = 1; /* an answer to each packet, and no timer for each beat */

  /* These never change: a ticket remembers them (QUIC.md 0.7). */
  ngtcp2_transport_params_default(params);
  params->initial_max_stream_data_bidi_local = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_stream_data_bidi_remote = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_data = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_streams_bidi = link->server ? 1 : 0;
  params->max_idle_timeout = (ngtcp2_duration)config->idle_timeout;
  params->active_connection_id_limit = 4; /* QUIC.md 0.8 */
  params->max_datagram_frame_size = RJ_QUIC_DATAGRAM_FRAME;
}

rj_link *rj_quic_accept(rj_port *port, const ngtcp2_pkt_hd *header, const rj_path *path,
                        const ngtcp2_cid *original_dcid, bool retried, int64_t now) {
  rj_link *link = new_link(port, path, true, now);
  if (link == NULL)
    return NULL;
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  settle(link, &settings, &params);
  params.original_dcid = *original_dcid;
  params.original_dcid_present = 1;
  if (retried) {
    settings.token = header->token;
    settings.tokenlen = header->tokenlen;
    settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
    params.retry_scid = header->dcid;
    params.retry_scid_present = 1;
  }
  /* A reset must be believed for the first id, too (QUIC.md section 6). */
  ngtcp2_cid scid;
  params.stateless_reset_token_present = 1;
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, path);
  if (!rj_tls_server(link) || !new_id(link, &scid, params.stateless_reset_token)) {
    rj_link_free(link);
    return NULL;
  }
  if (ngtcp2_conn_server_new(&link->conn, &header->scid, &scid, &storage.path, header->version,
                             &callbacks, &settings, &params, NULL, link) != 0) {
    forget_id(link, &scid); /* no connection holds it yet */
    rj_link_free(link);
    return NULL;
  }
  ngtcp2_conn_set_tls_native_handle(link->conn, link->tls);
  /* the client's first packets still carry the id that it made up */
  uint64_t key = rj_quic_key(header->dcid.data, header->dcid.datalen);
  if (rj_map_get(port->links, key) == NULL && rj_map_put(port->links, key, link)) {
    link->original_dcid = key;
    link->original_known = true;
  }
  return link;
}

/* Sets a client's connection up; ticket may be NULL. */
static bool set_up_client(rj_link *link, const rj_ticket *ticket) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  settle(link, &settings, &params);
  if (link->redial->initial_rtt > 0)
    settings.initial_rtt = (ngtcp2_duration)link->redial->initial_rtt; /* QUIC.md 0.10 */
  ngtcp2_cid scid, dcid = {.datalen = NGTCP2_MIN_INITIAL_DCIDLEN};
  uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
  rj_entropy_fill(link->port->config.entropy, dcid.data, dcid.datalen);
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &link->path);
  if (!new_id(link, &scid, token))
    return false;
  if (ngtcp2_conn_client_new(&link->conn, &dcid, &scid, &storage.path, NGTCP2_PROTO_VER_V1,
                             &callbacks, &settings, &params, NULL, link) != 0) {
    forget_id(link, &scid); /* no connection holds it yet */
    return false;
  }
  if (!rj_tls_client(link, link->redial->server_name, ticket != NULL ? ticket->session : NULL,
                     ticket != NULL ? ticket->session_length : 0))
    return false;
  ngtcp2_conn_set_tls_native_handle(link->conn, link->tls);
  link->early_tried = ticket != NULL && ngtcp2_conn_decode_and_set_0rtt_transport_params(
                                            link->conn, ticket->params, ticket->params_length) == 0;
  return true;
}

/* Takes a connection's ids out of the map, and the connection away. */
static void disconnect(rj_link *link) {
  if (link->conn != NULL) {
    ngtcp2_cid cids[RJ_QUIC_CIDS];
    size_t count = ngtcp2_conn_get_scid(link->conn, NULL);
    assert(count <= RJ_QUIC_CIDS); /* see get_new_connection_id */
    ngtcp2_conn_get_scid(link->conn, cids);
    for (size_t i = 0; i < count; i++)
      forget_id(link, &cids[i]);
  }
  for (size_t i = 0; i < RJ_QUIC_TOKENS; i++)
    forget_reset(link, i);
  forget_original(link);
  rj_tls_free(link);
  ngtcp2_conn_del(link->conn);
  link->conn = NULL;
}

rj_link *rj_link_dial(rj_port *port, const rj_dial *dial, int64_t now) {
  rj_link *link = new_link(port, &dial->path, false, now);
  if (link == NULL)
    return NULL;
  link->trust = dial->trust;
  link->wall_offset = dial->wall - now;
  link->redial = calloc(1, sizeof *link->redial);
  if (link->redial != NULL) {
    const char *name = dial->server_name != NULL ? dial->server_name : "";
    size_t size = strlen(name) + 1;
    link->redial->server_name = malloc(size);
    if (link->redial->server_name != NULL)
      memcpy(link->redial->server_name, name, size);
    link->redial->initial_rtt = dial->initial_rtt;
  }
  rj_ticket ticket;
  bool usable = dial->ticket != NULL &&
                rj_ticket_read(&ticket, dial->ticket, dial->ticket_length, dial->wall);
  if (link->redial != NULL && link->redial->server_name != NULL) {
    if (set_up_client(link, usable ? &ticket : NULL))
      return link;
    /* a ticket that the crypto library does not take: without it, then */
    disconnect(link);
    if (usable && set_up_client(link, NULL))
      return link;
  }
  rj_link_free(link);
  return NULL;
}

bool rj_quic_redial(rj_link *link) {
  if (link->server || link->redial == NULL || !link->early_tried)
    return false;
  disconnect(link);
  link->early_tried = false;
  rj_quic_rewind(link);
  return set_up_client(link, NULL);
}

static void redial_free(rj_link *link) {
  if (link->redial != NULL)
    free(link->redial->server_name);
  free(link->redial);
  link->redial = NULL;
}

/* ---- the end ---- */

static void handshake_over(rj_link *link) {
  if (link->handshake_counted)
    return;
  link->handshake_counted = true;
  link->port->counters.handshakes--;
}

void rj_link_free(rj_link *link) {
  if (link == NULL)
    return;
  disconnect(link);
  handshake_over(link);
  link->port->counters.links--;
  redial_free(link);
  rj_quic_events_free(link);
  rj_quic_send_free(link);
  rj_frame_reader_clear(&link->reader);
  free(link);
}

void rj_quic_end(rj_link *link, rj_closed_how how, int error) {
  if (link->closed)
    return;
  uint64_t code = 0;
  if (how == RJ_CLOSED_BY_PEER) {
    const ngtcp2_ccerr *told = ngtcp2_conn_get_ccerr(link->conn);
    code = told->error_code;
    if (told->type != NGTCP2_CCERR_TYPE_APPLICATION)
      code += RJ_CODE_TRANSPORT;
  }
  link->closed = true;
  link->close_error = error;
  link->close_pending =
      error != 0 && link->conn != NULL; /* NULL: it could not be dialled once more */
  handshake_over(link);
  rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_CLOSED, .how = how, .code = code}, NULL, 0);
}

void rj_link_close(rj_link *link, rj_close_code code, int64_t now) {
  link->now = now;
  if (link->closed)
    return;
  link->closed = true;
  link->close_pending = true;
  link->close_code = code;
  handshake_over(link);
}

void rj_quic_tidy(rj_link *link) {
  if (!link->up || link->tls == NULL)
    return;
  handshake_over(link);
  if (link->server) {
    forget_original(link);
    rj_tls_free(link); /* the ticket is ngtcp2's now, and only that was left (QUIC.md section 4) */
  } else if (link->confirmed) {
    redial_free(link);
    if (link->ticket_seen)
      rj_tls_free(link);
  }
}

/* ---- reading ---- */

/* The peer's close, as its code tells it. One that ends the handshake with an alert is a close by the peer, too: it did not like us. */
static bool is_version_alert(uint64_t alert) {
  enum { ALERT_PROTOCOL_VERSION = 70 };
  return alert == ALERT_PROTOCOL_VERSION || alert == RJ_TLS_ALERT_NO_PROTOCOL;
}

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
  link->packets_received++;
  link->bytes_received += length;
  /* Our own address is what the connection knows, whatever the host can tell; an edge sees the peer's as it is. */
  rj_path seen = {.local = link->path.local, .remote = path->remote};
  if (path->local.family != RJ_ADDRESS_NONE && link->path.local.family != RJ_ADDRESS_NONE)
    seen.local = path->local;
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &seen);
  ngtcp2_pkt_info info = {0};
  link->proof = false;
  reading = link;
  int error =
      ngtcp2_conn_read_pkt(link->conn, &storage.path, &info, data, length, (ngtcp2_tstamp)now);
  reading = NULL;
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

/* ---- time ---- */

int64_t rj_link_deadline(const rj_link *link) {
  if (link->closed)
    return RJ_NEVER;
  ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(link->conn);
  return expiry >= (ngtcp2_tstamp)RJ_NEVER ? RJ_NEVER : (int64_t)expiry;
}

void rj_link_wake(rj_link *link, int64_t now) {
  if (link->closed)
    return;
  link->now = now;
  int error = ngtcp2_conn_handle_expiry(link->conn, (ngtcp2_tstamp)now);
  /* A migration that failed leaves no path: a silence as well, and nobody to tell it. */
  if (error == NGTCP2_ERR_IDLE_CLOSE || error == NGTCP2_ERR_HANDSHAKE_TIMEOUT ||
      error == NGTCP2_ERR_NO_VIABLE_PATH)
    rj_quic_end(link, RJ_CLOSED_TIMEOUT, 0);
  else if (error != 0)
    rj_quic_end(link, RJ_CLOSED_PROTOCOL, error);
}

/* ---- the rest of link.h ---- */

int32_t rj_link_migrate(rj_link *link, const rj_address *local, int64_t now) {
  if (link->closed || link->server)
    return STATUS_INVALID_STATE;
  link->now = now;
  rj_path path = {.local = *local, .remote = link->path.remote};
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &path);
  int error =
      ngtcp2_conn_initiate_immediate_migration(link->conn, &storage.path, (ngtcp2_tstamp)now);
  switch (error) {
  case 0:
    link->path = path;
    return STATUS_OK;
  case NGTCP2_ERR_INVALID_STATE:
  case NGTCP2_ERR_CONN_ID_BLOCKED:
    return STATUS_NOT_READY;
  case NGTCP2_ERR_INVALID_ARGUMENT: /* that is where it is already */
    return STATUS_INVALID_ARGUMENT;
  default:
    return STATUS_FAILED;
  }
}

void rj_link_set_owner(rj_link *link, void *owner) {
  link->owner = owner;
}

void *rj_link_owner(const rj_link *link) {
  return link->owner;
}

rj_port *rj_link_port(const rj_link *link) {
  return link->port;
}

bool rj_link_is_up(const rj_link *link) {
  return link->up;
}

bool rj_link_is_closed(const rj_link *link) {
  return link->closed;
}

int64_t rj_link_heard(const rj_link *link) {
  return link->heard;
}

const rj_path *rj_link_path(const rj_link *link) {
  return &link->path;
}

void rj_link_counters_get(const rj_link *link, rj_link_counters *out) {
  ngtcp2_conn_info info = {0};
  if (link->up && link->conn != NULL)
    ngtcp2_conn_get_conn_info(link->conn, &info);
  *out = (rj_link_counters){
      .bytes_sent = link->bytes_sent,
      .bytes_received = link->bytes_received,
      .packets_sent = link->packets_sent,
      .packets_received = link->packets_received,
      .packets_lost = link->packets_lost,
      .round_trip = link->up ? (int64_t)info.smoothed_rtt : 0,
  };
}
