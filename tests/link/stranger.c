/* A peer that is not ours. */
#include "link/stranger.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <string.h>

static const char PRIORITY[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:%DISABLE_TLS13_COMPAT_MODE";

struct stranger {
  net *n;
  bool server;
  const char *alpn;
  ngtcp2_conn *conn;
  gnutls_session_t tls;
  gnutls_certificate_credentials_t certificate;
  ngtcp2_crypto_conn_ref ref;
  int64_t stream;
  GByteArray *stream_data; /* all that was ever to be sent: ngtcp2 points into it */
  size_t stream_sent;
  bool stream_end;
  GByteArray *datagram; /* one that waits; empty: none */
  GByteArray *behind_flight;
  uint64_t close_code;
  bool closed;
  ngtcp2_ccerr last; /* what it is about to close with */
  bool closing;
  void (*mangle)(uint8_t *frames, size_t length, void *user);
  void *mangle_user;
  void (*mangle_received)(uint8_t *frames, size_t length, void *user);
  void *mangle_received_user;
};

static const char *only_cipher;

/* The encrypt callback is told no connection; one test has one stranger. */
static stranger *current;

static void random_bytes(uint8_t *out, size_t length, const ngtcp2_rand_ctx *context) {
  (void)context;
  gnutls_rnd(GNUTLS_RND_NONCE, out, length);
}

static int new_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t length, void *user) {
  (void)conn;
  (void)user;
  cid->datalen = length;
  random_bytes(cid->data, length, NULL);
  random_bytes(token, NGTCP2_STATELESS_RESET_TOKENLEN, NULL);
  return 0;
}

static int encrypt(uint8_t *out, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                   const uint8_t *text, size_t length, const uint8_t *nonce, size_t nonce_length,
                   const uint8_t *aad, size_t aad_length) {
  uint8_t changed[RJ_DATAGRAM_BUFFER];
  if (current->mangle != NULL && (aad[0] & 0x80) == 0) {
    memcpy(changed, text, length);
    current->mangle(changed, length, current->mangle_user);
    text = changed;
  }
  return ngtcp2_crypto_encrypt_cb(out, aead, ctx, text, length, nonce, nonce_length, aad,
                                  aad_length);
}

static int decrypt(uint8_t *out, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
                   const uint8_t *text, size_t length, const uint8_t *nonce, size_t nonce_length,
                   const uint8_t *aad, size_t aad_length) {
  int code =
      ngtcp2_crypto_decrypt_cb(out, aead, ctx, text, length, nonce, nonce_length, aad, aad_length);
  if (code == 0 && current->mangle_received != NULL && (aad[0] & 0x80) == 0)
    current->mangle_received(out, length - 16, current->mangle_received_user);
  return code;
}

/* The other end opens the control stream of a stranger that is an edge. */
static int stream_open(ngtcp2_conn *conn, int64_t stream, void *user) {
  (void)conn;
  ((stranger *)user)->stream = stream;
  return 0;
}

static const ngtcp2_callbacks callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .stream_open = stream_open,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .rand = random_bytes,
    .get_new_connection_id = new_id,
    .update_key = ngtcp2_crypto_update_key_cb,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *ref) {
  return ((stranger *)ref->user_data)->conn;
}

static void session(stranger *s) {
  unsigned flags = s->server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_CLIENT;
  g_assert_cmpint(gnutls_init(&s->tls, flags), ==, 0);
  g_assert_cmpint(s->server ? ngtcp2_crypto_gnutls_configure_server_session(s->tls)
                            : ngtcp2_crypto_gnutls_configure_client_session(s->tls),
                  ==, 0);
  s->ref = (ngtcp2_crypto_conn_ref){connection_of, s};
  gnutls_session_set_ptr(s->tls, &s->ref);
  g_autofree char *priority = only_cipher != NULL
                                  ? g_strconcat(PRIORITY, ":-CIPHER-ALL:+", only_cipher, NULL)
                                  : g_strdup(PRIORITY);
  g_assert_cmpint(gnutls_priority_set_direct(s->tls, priority, NULL), ==, 0);
  gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, s->certificate);
  if (s->alpn != NULL) {
    g_autofree char *text = g_strdup(s->alpn);
    gnutls_datum_t name = {(unsigned char *)text, (unsigned)strlen(text)};
    gnutls_alpn_set_protocols(s->tls, &name, 1, 0);
  }
}

static void ngtcp2_path_of(ngtcp2_path_storage *storage, const rj_path *path) {
  const rj_address *ends[] = {&path->local, &path->remote};
  struct sockaddr_in in[2] = {0};
  for (int i = 0; i < 2; i++) {
    in[i].sin_family = AF_INET;
    in[i].sin_port = htons(ends[i]->port);
    memcpy(&in[i].sin_addr, ends[i]->bytes, 4);
  }
  ngtcp2_path_storage_init(storage, (struct sockaddr *)&in[0], sizeof in[0],
                           (struct sockaddr *)&in[1], sizeof in[1], NULL);
}

static void settle(stranger *s, ngtcp2_settings *settings, ngtcp2_transport_params *params) {
  ngtcp2_settings_default(settings);
  settings->initial_ts = (ngtcp2_tstamp)s->n->now;
  settings->max_tx_udp_payload_size = RJ_DATAGRAM_MAX;
  settings->no_pmtud = 1;
  ngtcp2_transport_params_default(params);
  params->initial_max_stream_data_bidi_local = params->initial_max_stream_data_bidi_remote =
      params->initial_max_stream_data_uni = params->initial_max_data = 1 << 20;
  params->initial_max_streams_bidi = params->initial_max_streams_uni = 8;
  params->max_datagram_frame_size = 1200;
  params->active_connection_id_limit = 8;
}

static void connect_client(stranger *s, const ngtcp2_cid *dcid) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  settle(s, &settings, &params);
  ngtcp2_cid scid = {.datalen = 8};
  random_bytes(scid.data, scid.datalen, NULL);
  ngtcp2_path_storage path;
  ngtcp2_path_of(&path, &(rj_path){.local = s->n->client_address, .remote = s->n->edge_address});
  g_assert_cmpint(ngtcp2_conn_client_new(&s->conn, dcid, &scid, &path.path, NGTCP2_PROTO_VER_V1,
                                         &callbacks, &settings, &params, NULL, s),
                  ==, 0);
  session(s);
  ngtcp2_conn_set_tls_native_handle(s->conn, s->tls);
}

static bool accept_client(stranger *s, const ngtcp2_path_storage *path, const uint8_t *data,
                          size_t length) {
  ngtcp2_pkt_hd header;
  if (ngtcp2_accept(&header, data, length) != 0)
    return false;
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  settle(s, &settings, &params);
  params.original_dcid = header.dcid;
  params.original_dcid_present = 1;
  ngtcp2_cid scid = {.datalen = 8};
  random_bytes(scid.data, scid.datalen, NULL);
  g_assert_cmpint(ngtcp2_conn_server_new(&s->conn, &header.scid, &scid, &path->path, header.version,
                                         &callbacks, &settings, &params, NULL, s),
                  ==, 0);
  session(s);
  ngtcp2_conn_set_tls_native_handle(s->conn, s->tls);
  return true;
}

/* ---- an end of the cable ---- */

static void ended(stranger *s, int error) {
  if (error == 0 || s->closed)
    return;
  s->closed = true;
  if (error == NGTCP2_ERR_DRAINING)
    s->close_code = ngtcp2_conn_get_ccerr(s->conn)->error_code;
}

static void read_packet(void *peer, const rj_path *path, const uint8_t *data, size_t length,
                        int64_t now) {
  stranger *s = peer;
  ngtcp2_path_storage storage;
  ngtcp2_path_of(&storage, path);
  if (s->closed || (s->conn == NULL && !accept_client(s, &storage, data, length)))
    return;
  ngtcp2_pkt_info info = {0};
  ended(s, ngtcp2_conn_read_pkt(s->conn, &storage.path, &info, data, length, (ngtcp2_tstamp)now));
  if (!s->closed && s->behind_flight != NULL) {
    if (stranger_crypto(s, NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE, s->behind_flight->data,
                        s->behind_flight->len))
      g_clear_pointer(&s->behind_flight, g_byte_array_unref);
  }
}

static void address_back(rj_address *address, const ngtcp2_addr *from) {
  struct sockaddr_in in;
  memcpy(&in, from->addr, sizeof in);
  *address = (rj_address){.family = RJ_ADDRESS_IPV4, .port = ntohs(in.sin_port)};
  memcpy(address->bytes, &in.sin_addr, 4);
}

static bool write_packet(void *peer, rj_datagram *out, int64_t now) {
  stranger *s = peer;
  if (s->conn == NULL || s->closed)
    return false;
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info;
  ngtcp2_ssize length = 0;
  if (s->closing) {
    length = ngtcp2_conn_write_connection_close(s->conn, &path.path, &info, out->data,
                                                RJ_DATAGRAM_MAX, &s->last, (ngtcp2_tstamp)now);
    s->closed = true;
  } else if (s->datagram->len > 0 && stranger_is_up(s)) {
    int accepted = 0;
    length = ngtcp2_conn_write_datagram(s->conn, &path.path, &info, out->data, RJ_DATAGRAM_MAX,
                                        &accepted, 0, 1, s->datagram->data, s->datagram->len,
                                        (ngtcp2_tstamp)now);
    if (accepted)
      g_byte_array_set_size(s->datagram, 0);
  }
  if (length == 0 && !s->closing) {
    size_t left = s->stream_data->len - s->stream_sent;
    bool has_stream = s->stream >= 0 && (left > 0 || s->stream_end);
    ngtcp2_ssize taken = -1;
    ngtcp2_vec vector = {s->stream_data->data + s->stream_sent, left};
    length = ngtcp2_conn_writev_stream(
        s->conn, &path.path, &info, out->data, RJ_DATAGRAM_MAX, &taken,
        has_stream && s->stream_end ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE,
        has_stream ? s->stream : -1, &vector, has_stream ? 1 : 0, (ngtcp2_tstamp)now);
    if (taken >= 0) {
      s->stream_sent += (size_t)taken;
      if (s->stream_sent == s->stream_data->len)
        s->stream_end = false;
    }
  }
  if (length <= 0) {
    ended(s, (int)length);
    return false;
  }
  out->length = (size_t)length;
  address_back(&out->path.local, &path.path.local);
  address_back(&out->path.remote, &path.path.remote);
  return true;
}

static int64_t deadline(void *peer) {
  stranger *s = peer;
  if (s->conn == NULL || s->closed)
    return RJ_NEVER;
  ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(s->conn);
  return expiry >= (ngtcp2_tstamp)RJ_NEVER ? RJ_NEVER : (int64_t)expiry;
}

static void wake(void *peer, int64_t now) {
  stranger *s = peer;
  ended(s, ngtcp2_conn_handle_expiry(s->conn, (ngtcp2_tstamp)now));
}

/* ---- what tests call ---- */

static stranger *make(net *n, bool server, const char *alpn) {
  g_assert_null(current);
  stranger *s = g_new0(stranger, 1);
  s->n = n;
  s->server = server;
  s->alpn = alpn;
  s->stream = -1;
  s->stream_data = g_byte_array_sized_new(1 << 16);
  s->datagram = g_byte_array_new();
  gnutls_certificate_allocate_credentials(&s->certificate);
  net_end *end = server ? &n->edge : &n->client;
  end->stranger = (net_stranger){s, read_packet, write_packet, deadline, wake};
  current = s;
  return s;
}

stranger *stranger_client(net *n, const char *alpn) {
  stranger *s = make(n, false, alpn);
  ngtcp2_cid dcid = {.datalen = 18};
  random_bytes(dcid.data, dcid.datalen, NULL);
  connect_client(s, &dcid);
  return s;
}

stranger *stranger_client_with_id(net *n, uint8_t fill, size_t length) {
  stranger *s = make(n, false, "rejoin/1");
  ngtcp2_cid dcid = {.datalen = length};
  memset(dcid.data, fill, length);
  connect_client(s, &dcid);
  return s;
}

void stranger_only_cipher(const char *cipher) {
  only_cipher = cipher;
}

stranger *stranger_edge(net *n, const char *alpn) {
  stranger *s = make(n, true, alpn);
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files;
  g_assert_cmpint(rj_credentials_generate(&files, NET_WALL, error), ==, STATUS_OK);
  gnutls_datum_t certificate = {(uint8_t *)files.certificate_pem,
                                (unsigned)files.certificate_length};
  gnutls_datum_t key = {(uint8_t *)files.key_pem, (unsigned)files.key_length};
  g_assert_cmpint(
      gnutls_certificate_set_x509_key_mem(s->certificate, &certificate, &key, GNUTLS_X509_FMT_PEM),
      >=, 0);
  rj_credentials *credentials = rj_credentials_new(&files, &status, error);
  rj_trust_free(n->trust);
  n->trust = rj_trust_new(rj_credentials_fingerprint(credentials), NULL, &status, error);
  g_assert_nonnull(n->trust);
  rj_credentials_free(credentials);
  rj_credentials_files_clear(&files);
  return s;
}

void stranger_free(stranger *s) {
  net_end *end = s->server ? &s->n->edge : &s->n->client;
  end->stranger = (net_stranger){0};
  ngtcp2_conn_del(s->conn);
  if (s->tls != NULL)
    gnutls_deinit(s->tls);
  gnutls_certificate_free_credentials(s->certificate);
  g_byte_array_unref(s->stream_data);
  g_byte_array_unref(s->datagram);
  if (s->behind_flight != NULL)
    g_byte_array_unref(s->behind_flight);
  g_free(s);
  current = NULL;
}

bool stranger_is_up(const stranger *s) {
  return s->conn != NULL && ngtcp2_conn_get_handshake_completed(s->conn);
}

uint64_t stranger_close_code(const stranger *s) {
  return s->close_code;
}

bool stranger_is_closed(const stranger *s) {
  return s->closed;
}

bool stranger_crypto(stranger *s, ngtcp2_encryption_level level, const void *data, size_t length) {
  return ngtcp2_conn_submit_crypto_data(s->conn, level, data, length) == 0;
}

void stranger_crypto_behind_flight(stranger *s, const void *data, size_t length) {
  s->behind_flight = g_byte_array_append(g_byte_array_new(), data, (guint)length);
}

void stranger_stream(stranger *s, const void *data, size_t length, bool end) {
  g_assert_cmpuint(s->stream_data->len + length, <=, 1 << 16); /* it must not move */
  if (s->stream < 0)
    g_assert_cmpint(ngtcp2_conn_open_bidi_stream(s->conn, &s->stream, NULL), ==, 0);
  g_byte_array_append(s->stream_data, data, (guint)length);
  s->stream_end = end;
}

void stranger_reset_stream(stranger *s) {
  g_assert_cmpint(ngtcp2_conn_shutdown_stream(s->conn, 0, s->stream, 7), ==, 0);
}

bool stranger_another_stream(stranger *s, bool unidirectional) {
  int code = unidirectional ? ngtcp2_conn_open_uni_stream(s->conn, &s->stream, NULL)
                            : ngtcp2_conn_open_bidi_stream(s->conn, &s->stream, NULL);
  return code == 0;
}

void stranger_close(stranger *s, bool transport, uint64_t code) {
  ngtcp2_ccerr_default(&s->last);
  if (transport)
    ngtcp2_ccerr_set_transport_error(&s->last, code, NULL, 0);
  else
    ngtcp2_ccerr_set_application_error(&s->last, code, NULL, 0);
  s->closing = true;
}

void stranger_datagram(stranger *s, const void *data, size_t length) {
  g_byte_array_append(s->datagram, data, (guint)length);
}

bool stranger_key_update(stranger *s) {
  return ngtcp2_conn_initiate_key_update(s->conn, (ngtcp2_tstamp)s->n->now) == 0;
}

void stranger_mangle(stranger *s, void (*mangle)(uint8_t *frames, size_t length, void *user),
                     void *user) {
  s->mangle = mangle;
  s->mangle_user = user;
}

void stranger_mangle_received(stranger *s,
                              void (*mangle)(uint8_t *frames, size_t length, void *user),
                              void *user) {
  s->mangle_received = mangle;
  s->mangle_received_user = user;
}
