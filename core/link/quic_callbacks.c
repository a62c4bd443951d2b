/* What ngtcp2 tells a link while it reads, writes or keeps time. */
#include "link/quic_internal.h"

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
    /* GnuTLS does not say so by itself */
    if (ngtcp2_conn_tls_early_data_rejected(conn) != 0)
      return NGTCP2_ERR_CALLBACK_FAILURE;
    rj_quic_rewind(link);
  }
  link->up = true;
  link->heard = link->now;
  rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_UP}, NULL, 0);
  return 0;
}

static int handshake_confirmed(ngtcp2_conn *conn, void *user) {
  (void)conn;
  rj_link *link = user;
  link->confirmed = true;
  link->talked = true;
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
  link->talked = true;
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
  rj_link *link = user;
  link->talked = true;
  if ((flags & NGTCP2_DATAGRAM_FLAG_0RTT) != 0)
    return 0; /* may be a replay, and nothing of ours */
  if (length > 0)
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_DATAGRAM}, data, length);
  return 0;
}

static int ack_datagram(ngtcp2_conn *conn, uint64_t id, void *user) {
  (void)conn;
  (void)id;
  rj_link *link = user;
  link->in_flight--;
  link->proof = true;
  return 0;
}

static int lost_datagram(ngtcp2_conn *conn, uint64_t id, void *user) {
  (void)conn;
  rj_link *link = user;
  link->in_flight--;
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
  link->moving = false;
  if (link->detour != NULL)
    return 0; /* it is of the time before; what comes back tells (quic_read.c) */
  bool ok = result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS;
  if (ok)
    rj_quic_path_back(&link->path, path);
  if (!link->server)
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_PATH, .ok = ok}, NULL, 0);
  return 0;
}

const ngtcp2_callbacks rj_quic_callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = rj_tls_receive,
    .handshake_completed = handshake_completed,
    .encrypt = rj_keys_encrypt,
    .decrypt = rj_quic_decrypt,
    .hp_mask = rj_keys_mask,
    .recv_stream_data = recv_stream_data,
    .acked_stream_data_offset = acked_stream_data_offset,
    .stream_open = stream_open,
    .stream_close = stream_close,
    .recv_stateless_reset = recv_stateless_reset,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .rand = random_bytes,
    .get_new_connection_id = rj_ids_give,
    .remove_connection_id = rj_ids_remove,
    .update_key = rj_keys_update,
    .path_validation = path_validation,
    .stream_reset = stream_reset,
    .dcid_status = rj_ids_status,
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
