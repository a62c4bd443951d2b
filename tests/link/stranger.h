/* A peer that is not ours: ngtcp2 and GnuTLS without our link, on either side of the cable. It speaks properly until a test makes it
 * say what no proper peer would. */
#ifndef RJ_TESTS_LINK_STRANGER_H
#define RJ_TESTS_LINK_STRANGER_H

#include <ngtcp2/ngtcp2.h>

#include "link/net.h"

typedef struct stranger stranger;

/* Takes the client's end of the cable. alpn: the protocol that it names; NULL: none. */
stranger *stranger_client(net *n, const char *alpn);
/* The same, with a first destination id of this many bytes, all alike. */
stranger *stranger_client_with_id(net *n, uint8_t fill, size_t length);
/* The only cipher of the strangers to come, as in a GnuTLS priority ("AES-256-GCM"); NULL: any. */
void stranger_only_cipher(const char *cipher);
/* Takes the edge's end; the net's client trusts its certificate. */
stranger *stranger_edge(net *n, const char *alpn);
/* The end is the net's own again, without links. */
void stranger_free(stranger *s);

bool stranger_is_up(const stranger *s);
/* What its connection ended with: the peer's close code, or 0. */
uint64_t stranger_close_code(const stranger *s);
bool stranger_is_closed(const stranger *s);

/* TLS bytes in a CRYPTO frame of this level; false: it cannot (yet, or any more). */
bool stranger_crypto(stranger *s, ngtcp2_encryption_level level, const void *data, size_t length);
/* A server's: these TLS bytes go out right behind its own flight. */
void stranger_crypto_behind_flight(stranger *s, const void *data, size_t length);
/* Bytes for the control stream (opened when there is none), and perhaps its end. */
void stranger_stream(stranger *s, const void *data, size_t length, bool end);
void stranger_reset_stream(stranger *s);
/* A second stream. */
bool stranger_another_stream(stranger *s, bool unidirectional);
/* Closes: with an error of the transport, or with an application's code. */
void stranger_close(stranger *s, bool transport, uint64_t code);
void stranger_datagram(stranger *s, const void *data, size_t length);
/* A key update of QUIC's own; false: too soon. */
bool stranger_key_update(stranger *s);
/* Called with the frames of each 1-RTT packet before they are encrypted; it may change them. */
void stranger_mangle(stranger *s, void (*mangle)(uint8_t *frames, size_t length, void *user),
                     void *user);

/* The same for what it receives, after it was decrypted. */
void stranger_mangle_received(stranger *s,
                              void (*mangle)(uint8_t *frames, size_t length, void *user),
                              void *user);

#endif
