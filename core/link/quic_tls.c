/* The TLS side of a link: sessions, tickets, and the filter that keeps messages out of turn from harming ngtcp2. */
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "link/quic_internal.h"

static const gnutls_datum_t ALPN = {(unsigned char *)"rejoin/1", 8};

enum {
  TICKET_LIFETIME = 604800, /* s; the most that GnuTLS gives (7 days) */
  EARLY_DATA_MAX = -1,      /* as RFC 9001 demands: 0xffffffff */
  TLS_HEADER = 4,
  TLS_FINISHED = 20,
  TLS_MESSAGE_MAX = 1 << 16, /* a chain of certificates is the longest */
  ALERT_UNEXPECTED_MESSAGE = 10,
};

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *ref) {
  return ((rj_link *)ref->user_data)->conn;
}

rj_link *rj_tls_link(gnutls_session_t session) {
  ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
  return ref->user_data;
}

static bool common(rj_link *link, gnutls_certificate_credentials_t certificate) {
  link->ref = (ngtcp2_crypto_conn_ref){connection_of, link};
  gnutls_session_set_ptr(link->tls, &link->ref);
  rj_keys_attach(link->tls);
  return gnutls_priority_set(link->tls, link->port->priority) == 0 &&
         gnutls_credentials_set(link->tls, GNUTLS_CRD_CERTIFICATE, certificate) == 0 &&
         gnutls_alpn_set_protocols(link->tls, &ALPN, 1, GNUTLS_ALPN_MANDATORY) == 0;
}

/* ---- an edge's ---- */

bool rj_tls_server(rj_link *link) {
  const rj_credentials *credentials = link->port->config.credentials;
  if (gnutls_init(&link->tls, GNUTLS_SERVER | GNUTLS_ENABLE_EARLY_DATA |
                                  GNUTLS_NO_END_OF_EARLY_DATA | GNUTLS_NO_AUTO_SEND_TICKET) != 0) {
    link->tls = NULL;
    return false;
  }
  link->certificate = rj_certificate_reference(rj_credentials_certificate(credentials));
  /* the lifetime has to be set before tickets are switched on */
  gnutls_db_set_cache_expiration(link->tls, TICKET_LIFETIME);
  if (ngtcp2_crypto_gnutls_configure_server_session(link->tls) != 0 ||
      !common(link, rj_certificate_gnutls(link->certificate)) ||
      gnutls_session_ticket_enable_server(link->tls, rj_credentials_ticket_key(credentials)) != 0)
    return false;
  gnutls_anti_replay_enable(link->tls, rj_credentials_anti_replay(credentials));
  gnutls_record_set_max_early_data_size(link->tls, (size_t)(uint32_t)EARLY_DATA_MAX);
  return true;
}

void rj_tls_send_ticket(rj_link *link) {
  gnutls_session_ticket_send(link->tls, 1, 0); /* without one the next connection is a full one */
}

/* ---- a client's ---- */

static int verify(gnutls_session_t session) {
  rj_link *link = rj_tls_link(session);
  const rj_redial *dialled = link->redial;
  const char *name = dialled != NULL ? dialled->server_name : NULL;
  const uint8_t *pin = dialled != NULL && dialled->pinned ? dialled->fingerprint : NULL;
  link->certificate_bad = !rj_trust_accepts(link->trust, session, name, pin);
  return link->certificate_bad ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

/* A ticket came: what the next connection needs goes to the owner. Of the message GnuTLS shows only what it has not read. */
static int ticket_came(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                       const gnutls_datum_t *message) {
  (void)type;
  (void)when;
  (void)message;
  rj_link *link = rj_tls_link(session);
  if (!incoming)
    return 0;
  uint32_t lifetime =
      link->ticket_lifetime < TICKET_LIFETIME ? link->ticket_lifetime : TICKET_LIFETIME;

  uint8_t params[256], ticket[RJ_TICKET_MAX];
  ngtcp2_ssize params_length =
      ngtcp2_conn_encode_0rtt_transport_params(link->conn, params, sizeof params);
  gnutls_datum_t data = {NULL, 0};
  if (params_length <= 0 || gnutls_session_get_data2(session, &data) != 0)
    return 0;
  size_t length = rj_ticket_write(ticket, sizeof ticket, link->now + link->wall_offset, lifetime,
                                  data.data, data.size, params, (size_t)params_length);
  gnutls_free(data.data);
  link->ticket_seen = true;
  if (length > 0)
    rj_quic_push(link, (rj_link_event){.kind = RJ_LINK_TICKET}, ticket, length);
  return 0;
}

static bool is_name(const char *server_name) {
  rj_address address;
  return server_name != NULL && *server_name != '\0' && !rj_address_parse(server_name, 1, &address);
}

bool rj_tls_client(rj_link *link, const char *server_name, const uint8_t *ticket,
                   size_t ticket_length) {
  if (gnutls_init(&link->tls,
                  GNUTLS_CLIENT | GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_END_OF_EARLY_DATA) != 0) {
    link->tls = NULL;
    return false;
  }
  if (ngtcp2_crypto_gnutls_configure_client_session(link->tls) != 0 ||
      !common(link, rj_trust_gnutls(link->trust)))
    return false;
  gnutls_session_set_verify_function(link->tls, verify);
  gnutls_handshake_set_hook_function(link->tls, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
                                     GNUTLS_HOOK_POST, ticket_came);
  if (is_name(server_name) &&
      gnutls_server_name_set(link->tls, GNUTLS_NAME_DNS, server_name, strlen(server_name)) != 0)
    return false;
  return ticket == NULL || gnutls_session_set_data(link->tls, ticket, ticket_length) == 0;
}

bool rj_tls_early_data_accepted(const rj_link *link) {
  return (gnutls_session_get_flags(link->tls) & GNUTLS_SFLAGS_EARLY_DATA) != 0;
}

void rj_tls_free(rj_link *link) {
  if (link->tls == NULL)
    return;
  if (link->conn != NULL)
    ngtcp2_conn_set_tls_native_handle(link->conn, NULL);
  gnutls_deinit(link->tls);
  link->tls = NULL;
  rj_certificate_release(link->certificate);
  link->certificate = NULL;
}

bool rj_tls_speaks_our_protocol(const rj_link *link) {
  gnutls_datum_t protocol = {NULL, 0};
  return gnutls_alpn_get_selected_protocol(link->tls, &protocol) == 0 &&
         protocol.size == ALPN.size && memcmp(protocol.data, ALPN.data, ALPN.size) == 0;
}

/* ---- what may come: GnuTLS would act on a KeyUpdate at any level, and ngtcp2 does not survive the keys that it then installs ---- */

static bool may_begin(const rj_link *link, ngtcp2_encryption_level level, uint8_t type) {
  enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, NEW_SESSION_TICKET = 4, ENCRYPTED_EXTENSIONS = 8 };
  enum { CERTIFICATE = 11, CERTIFICATE_VERIFY = 15 };
  switch (level) {
  case NGTCP2_ENCRYPTION_LEVEL_INITIAL:
    return type == (link->server ? CLIENT_HELLO : SERVER_HELLO);
  case NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE:
    if (link->tls_finished)
      return false;
    return type == TLS_FINISHED ||
           (!link->server &&
            (type == ENCRYPTED_EXTENSIONS || type == CERTIFICATE || type == CERTIFICATE_VERIFY));
  case NGTCP2_ENCRYPTION_LEVEL_1RTT:
    return !link->server && type == NEW_SESSION_TICKET;
  default:
    return false;
  }
}

/* A ticket's message begins with how long it is good: 4 bytes. */
static void read_lifetime(rj_link *link, const uint8_t *data, size_t length) {
  size_t position = link->tls_body_length - link->tls_message_left;
  for (size_t i = 0; i < length && position + i < 4; i++)
    link->ticket_lifetime = link->ticket_lifetime << 8 | data[i];
}

/* Walks the messages' headers: a piece of data does not always begin a message. */
static bool may_come(rj_link *link, ngtcp2_encryption_level level, const uint8_t *data,
                     size_t length) {
  if (level != link->tls_level) {
    if (link->tls_message_left > 0 || link->tls_header_length > 0)
      return false; /* no message spans two levels */
    link->tls_level = (uint8_t)level;
  }
  for (size_t at = 0; at < length;) {
    if (link->tls_message_left > 0) {
      size_t part = length - at < link->tls_message_left ? length - at : link->tls_message_left;
      if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT)
        read_lifetime(link, data + at, part);
      link->tls_message_left -= (uint32_t)part;
      at += part;
      continue;
    }
    uint8_t byte = data[at++];
    if (link->tls_header_length == 0) {
      if (!may_begin(link, level, byte))
        return false;
      link->tls_finished = link->tls_finished ||
                           (level == NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE && byte == TLS_FINISHED);
      link->tls_header_length = 1;
      link->tls_body_length = 0;
      continue;
    }
    link->tls_body_length = link->tls_body_length << 8 | byte;
    if (++link->tls_header_length == TLS_HEADER) {
      link->tls_header_length = 0;
      link->tls_message_left = link->tls_body_length;
      if (link->tls_body_length > TLS_MESSAGE_MAX)
        return false;
    }
  }
  return true;
}

int rj_tls_receive(ngtcp2_conn *conn, ngtcp2_encryption_level level, uint64_t offset,
                   const uint8_t *data, size_t length, void *user) {
  rj_link *link = user;
  link->talked = true;
  if (!may_come(link, level, data, length)) {
    ngtcp2_conn_set_tls_alert(conn, ALERT_UNEXPECTED_MESSAGE);
    return NGTCP2_ERR_CRYPTO;
  }
  if (link->tls == NULL) /* a further ticket; the first one will do */
    return 0;
  return ngtcp2_crypto_recv_crypto_data_cb(conn, level, offset, data, length, user);
}
