/* What the files of the QUIC link share: the port, the link, and what each file offers to the others. */
#ifndef RJ_LINK_QUIC_INTERNAL_H
#define RJ_LINK_QUIC_INTERNAL_H

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/map.h"
#include "base/numbers.h"
#include "base/time.h"
#include "link/credentials.h"
#include "link/link.h"
#include "link/trust.h"
#include "wire/frame.h"

/* How long a client may take to acknowledge what is no message (quic_acks.c): longer than a beat. */
#define RJ_QUIC_ACK_DELAY (RJ_BEAT_INTERVAL + 300 * RJ_MILLISECOND)

enum {
  RJ_QUIC_CID = 8,       /* bytes of our connection ids: a key of the port's map */
  RJ_QUIC_CIDS = 32,     /* ids of one connection, retired ones included; beyond: it is closed */
  RJ_QUIC_TOKENS = 4,    /* reset tokens of the peer's ids in use; two while a migration lasts */
  RJ_QUIC_SECRET = 32,   /* bytes of the keys for resets and Retry tokens */
  RJ_QUIC_ANSWER = 256,  /* bytes of a datagram that belongs to no link */
  RJ_QUIC_ANSWERS = 256, /* such datagrams waiting; beyond: the newest is not sent */
  RJ_QUIC_STREAM_WINDOW = 64 << 10, /* flow control of the control stream, fixed */
  RJ_QUIC_VECTORS = 16,             /* control messages offered to one packet */
  RJ_QUIC_DATAGRAM_FRAME = 1200,    /* the largest DATAGRAM frame we take */
  RJ_TLS_ALERT_NO_PROTOCOL = 120,   /* no_application_protocol */
};

/* ---- what waits inside a link: lists with the bytes behind the node */

typedef struct rj_chunk
    rj_chunk; /* control bytes that ngtcp2 may point to until they are acknowledged */
struct rj_chunk {
  rj_chunk *next;
  uint32_t length;
  uint32_t sent;
  uint8_t data[];
};

typedef struct rj_outgoing rj_outgoing; /* an unreliable datagram that waits for a packet */
struct rj_outgoing {
  rj_outgoing *next;
  uint64_t id;
  int64_t until; /* then it is not sent any more */
  uint32_t length;
  uint8_t data[];
};

typedef struct rj_incoming rj_incoming; /* an event for the owner */
struct rj_incoming {
  rj_incoming *next;
  rj_link_event event;
  uint8_t data[];
};

typedef struct rj_answer rj_answer; /* a datagram of the port's own */
struct rj_answer {
  rj_answer *next;
  rj_path path;
  uint32_t length;
  uint8_t data[];
};

/* What an edge takes a round trip for before it knows: the usual 333 ms would make it look for a client for 3 s where that has been,
 * and be deaf meanwhile to one that went back there. */
#define RJ_QUIC_EDGE_FIRST_RTT (100 * RJ_MILLISECOND)

/* New connection ids are spent on a move at most so often. Those that the peer has not replaced yet run out, and ngtcp2 1.11 miscounts those
 * of paths that it is still validating: such an edge closes the connection. */
#define RJ_QUIC_MIGRATION_EVERY (20 * RJ_SECOND)

struct rj_port {
  rj_port_config config;
  rj_map *links; /* connection id -> rj_link */
  rj_map *
      resets; /* the start of a peer's stateless-reset token -> rj_link: such a packet carries no id of ours */
  rj_answer *answers, **answers_end;
  uint32_t answers_count;
  gnutls_priority_t priority;
  uint8_t reset_key
      [RJ_QUIC_SECRET]; /* the credentials', so that it survives a restart; a client's is random */
  uint8_t retry_key[RJ_QUIC_SECRET];
  rj_port_counters counters;
};

/* What a client needs to dial once more without its ticket; gone when it is up. */
typedef struct {
  char *server_name;
  int64_t initial_rtt;
  bool pinned; /* what `trust` pins or this one */
  uint8_t fingerprint[RJ_FINGERPRINT_SIZE];
} rj_redial;

/* A client that moved without a new connection id: ngtcp2 goes on as if it were where it was, as behind a NAT that rebound. */
typedef struct {
  rj_address from, to;
  bool unproved; /* nothing has come back over it */
} rj_detour;

struct rj_link {
  rj_port *port;
  void *owner;
  ngtcp2_conn *conn;
  gnutls_session_t tls; /* NULL once it is not needed any more */
  ngtcp2_crypto_conn_ref ref;
  const rj_trust *trust;       /* a client's */
  rj_certificate *certificate; /* an edge's, while there is tls: a reference */
  rj_redial *redial;

  rj_path path; /* the current one */
  rj_detour *detour;
  int64_t now; /* of the call under way */
  int64_t heard;
  int64_t moved_at;       /* the last migration of a client's; 0: none */
  int64_t largest_packet; /* number of the newest 1-RTT packet that was heard; -1: none */
  int64_t wall_offset;    /* a client's: wall clock - now */
  uint64_t next_datagram;
  uint64_t
      original_dcid; /* an edge's, where original_known: the map key of the client's first id */

  uint64_t reset_tokens[RJ_QUIC_TOKENS]; /* keys of port.resets; 0 = none */

  int64_t stream; /* the control stream; -1: not open */
  rj_frame_reader reader;
  rj_chunk *chunks, **chunks_end; /* sent and not acknowledged, then not sent */
  rj_chunk *unsent;               /* the first one with bytes to send */
  uint64_t chunks_offset;         /* stream offset of the first chunk */
  uint32_t chunk_bytes;
  uint64_t chunks_sent, chunks_acknowledged; /* control messages so far */
  uint32_t datagram_count;
  uint32_t in_flight; /* unreliable datagrams, neither acknowledged nor lost */
  rj_outgoing *datagrams, **datagrams_end;
  rj_incoming *events, **events_end;
  rj_incoming *taken; /* lends its data until the next call */

  int64_t ack_by; /* an acknowledgement that waits for company leaves then; RJ_NEVER: none does */
  int64_t nudge; /* a control message that is not acknowledged after this is asked about; 0: none */

  uint64_t close_code; /* of our close */
  int close_error;     /* a library error that the close tells; 0: close_code is an application's */
  uint64_t bytes_sent, bytes_received;
  uint32_t packets_sent, packets_received, packets_lost;

  /* The TLS messages as they come in pieces. */
  uint32_t tls_message_left, tls_body_length;
  uint32_t ticket_lifetime; /* s; of the last ticket */
  uint8_t tls_header_length, tls_level;
  bool tls_finished; /* the peer's Finished has begun: nothing may follow it at its level */

  bool server;
  bool original_known;
  bool up, confirmed, ticket_seen;
  bool compact_keys;      /* quic_keys.c keeps its keys */
  bool early_tried;       /* 0-RTT was offered */
  bool first_written;     /* the first flight has left */
  bool stream_blocked;    /* flow control lets nothing through in this write */
  bool all_written;       /* ngtcp2 has nothing to send until it is fed or woken */
  bool timed;             /* it was woken since it last had nothing to send */
  bool talked;            /* more than PINGs came since our last packet */
  bool moving;            /* a migration is not over; an edge's: the peer was seen elsewhere */
  bool proof;             /* something new was acknowledged in this feed */
  bool certificate_bad;   /* the peer's failed */
  bool wrong_protocol;    /* the peer named no protocol, or not ours */
  bool reset;             /* a stateless reset came */
  bool broken;            /* the peer broke our framing */
  bool closed;            /* no more events, and nothing to send but the close */
  bool close_pending;     /* our close has not been written */
  bool handshake_counted; /* it is over, and not counted as one under way any more */
};

/* ---- quic_link.c */
rj_link *rj_quic_accept(rj_port *port, const ngtcp2_pkt_hd *header, const rj_path *path,
                        const ngtcp2_cid *original_dcid, bool retried, int64_t now);
/* The connection ends here for this reason; `error` (a library error, 0 = none) is told to the peer. */
void rj_quic_end(rj_link *link, rj_closed_how how, int error);
/* Starts a client's connection over, without the ticket that the crypto library stumbled over. */
bool rj_quic_redial(rj_link *link);
/* The handshake is over, on the wire and for TLS: what is not needed any more goes. */
void rj_quic_tidy(rj_link *link);

/* ---- quic_ids.c */
uint64_t rj_quic_key(const uint8_t *cid, size_t length);
/* A fresh id of ours, by which the port finds the link; false: out of memory. */
bool rj_ids_new(rj_link *link, ngtcp2_cid *cid, uint8_t *token);
void rj_ids_forget(rj_link *link, const ngtcp2_cid *cid);
void rj_ids_keep_original(rj_link *link, const ngtcp2_cid *cid);
void rj_ids_forget_original(rj_link *link);
void rj_ids_forget_all(rj_link *link);
/* ngtcp2's callbacks */
int rj_ids_give(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t length, void *user);
int rj_ids_remove(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user);
int rj_ids_status(ngtcp2_conn *conn, ngtcp2_connection_id_status_type type, uint64_t sequence,
                  const ngtcp2_cid *cid, const uint8_t *token, void *user);

/* ---- quic_callbacks.c */
extern const ngtcp2_callbacks rj_quic_callbacks;

/* ---- quic_read.c */
/* A datagram for this link. */
void rj_quic_read(rj_link *link, const rj_path *path, const uint8_t *data, size_t length,
                  int64_t now);
/* ngtcp2's callback; notes when the peer is heard. */
int rj_quic_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length);

/* ---- quic_acks.c */
/* A client's link was woken: is there nothing but an acknowledgement to send, which waits for the next beat? */
bool rj_acks_wait(rj_link *link, int64_t now);
/* A packet left. */
void rj_acks_written(rj_link *link);
/* Control bytes left. */
void rj_acks_expect(rj_link *link);
/* All control bytes are acknowledged. */
void rj_acks_came(rj_link *link);

/* ---- quic_events.c */
void rj_quic_push(rj_link *link, rj_link_event event, const uint8_t *data, size_t length);
void rj_quic_events_free(rj_link *link);

/* ---- quic_send.c */
void rj_quic_acknowledged(rj_link *link, uint64_t end);
/* 0-RTT was refused: everything goes out anew. */
void rj_quic_rewind(rj_link *link);
void rj_quic_send_free(rj_link *link);

/* ---- quic_tls.c */
/* The TLS session of a link; ticket may be NULL. False: the crypto library failed. */
bool rj_tls_client(rj_link *link, const char *server_name, const uint8_t *session,
                   size_t session_length);
bool rj_tls_server(rj_link *link);
void rj_tls_free(rj_link *link);
int rj_tls_receive(ngtcp2_conn *conn, ngtcp2_encryption_level level, uint64_t offset,
                   const uint8_t *data, size_t length, void *user);
/* An edge's handshake is complete: the ticket goes out. */
void rj_tls_send_ticket(rj_link *link);
bool rj_tls_early_data_accepted(const rj_link *link);
bool rj_tls_speaks_our_protocol(const rj_link *link);

/* The link that a session belongs to. */
rj_link *rj_tls_link(gnutls_session_t session);

/* ---- quic_keys.c: ngtcp2's callbacks */
int rj_keys_encrypt(uint8_t *out, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length);
int rj_keys_decrypt(uint8_t *out, const ngtcp2_crypto_aead *aead,
                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *text, size_t length,
                    const uint8_t *nonce, size_t nonce_length, const uint8_t *aad,
                    size_t aad_length);
int rj_keys_mask(uint8_t *out, const ngtcp2_crypto_cipher *hp,
                 const ngtcp2_crypto_cipher_ctx *context, const uint8_t *sample);
void rj_keys_delete_aead(ngtcp2_conn *conn, ngtcp2_crypto_aead_ctx *context, void *user);
void rj_keys_delete_cipher(ngtcp2_conn *conn, ngtcp2_crypto_cipher_ctx *context, void *user);
int rj_keys_update(ngtcp2_conn *conn, uint8_t *rx_secret, uint8_t *tx_secret,
                   ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx,
                   uint8_t *tx_iv, const uint8_t *current_rx, const uint8_t *current_tx,
                   size_t length, void *user);
/* After ngtcp2 configured the session: the secrets come here. */
void rj_keys_attach(gnutls_session_t session);

/* ---- quic_ticket.c: what RJ_LINK_TICKET carries */
typedef struct {
  const uint8_t *session, *params;
  size_t session_length, params_length;
} rj_ticket;
/* False: not ours, or out of its time at `wall`. Borrows data. */
bool rj_ticket_read(rj_ticket *ticket, const uint8_t *data, size_t length, int64_t wall);
/* The length, or 0 when it does not fit. */
size_t rj_ticket_write(uint8_t *out, size_t capacity, int64_t wall, uint32_t lifetime,
                       const uint8_t *session, size_t session_length, const uint8_t *params,
                       size_t params_length);

/* ---- quic_path.c */
void rj_quic_path(ngtcp2_path_storage *storage, const rj_path *path);
void rj_quic_path_back(rj_path *path, const ngtcp2_path *from);
/* The same detour, made anew or led elsewhere; a NULL `to` ends it. False: out of memory. */
bool rj_quic_detour(rj_link *link, const rj_address *to);
/* An own address as ngtcp2 knows it, and as it is. */
rj_address rj_quic_known_local(const rj_link *link, const rj_address *real);
rj_address rj_quic_real_local(const rj_link *link, const rj_address *known);
/* The address for tokens; returns its length. */
ngtcp2_socklen rj_quic_sockaddr(ngtcp2_sockaddr_union *out, const rj_address *address);

/* ---- certificate.c, credentials.c, trust.c */
gnutls_certificate_credentials_t rj_certificate_gnutls(const rj_certificate *certificate);
/* The one for new handshakes; borrowed. */
rj_certificate *rj_credentials_certificate(const rj_credentials *credentials);
const gnutls_datum_t *rj_credentials_ticket_key(const rj_credentials *credentials);
gnutls_anti_replay_t rj_credentials_anti_replay(const rj_credentials *credentials);
const uint8_t *rj_credentials_reset_key(const rj_credentials *credentials);
gnutls_certificate_credentials_t rj_trust_gnutls(const rj_trust *trust);
/* Is the peer of this session the one that is trusted? fingerprint: one more where certificates are pinned, or NULL. */
bool rj_trust_accepts(const rj_trust *trust, gnutls_session_t session, const char *server_name,
                      const uint8_t *fingerprint);

#endif
