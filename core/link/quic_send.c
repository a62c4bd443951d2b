/* What a link sends: the control stream, unreliable datagrams, and the packets that carry them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

enum { DATAGRAM_MAX = RJ_MESSAGE_MAX + 64 };

/* ---- the control stream ---- */

int32_t rj_link_send(rj_link *link, const uint8_t *data, size_t length) {
  if (link->closed)
    return STATUS_INVALID_STATE;
  if (length == 0 || length > RJ_CONTROL_MAX)
    return STATUS_SIZE_TOO_LARGE;
  size_t whole = RJ_FRAME_HEADER + length;
  if (link->chunk_bytes + whole > RJ_LINK_QUEUE_BYTES)
    return STATUS_RESOURCE_LIMITED;
  rj_chunk *chunk = malloc(sizeof *chunk + whole);
  if (chunk == NULL)
    return STATUS_RESOURCE_LIMITED;
  *chunk = (rj_chunk){.length = (uint32_t)whole};
  rj_frame_header(chunk->data, length);
  memcpy(chunk->data + RJ_FRAME_HEADER, data, length);
  *link->chunks_end = chunk;
  link->chunks_end = &chunk->next;
  if (link->unsent == NULL)
    link->unsent = chunk;
  link->chunk_bytes += (uint32_t)whole;
  link->chunks_sent++;
  return STATUS_OK;
}

bool rj_link_all_acknowledged(const rj_link *link) {
  return link->chunks == NULL;
}

rj_link_progress rj_link_progress_get(const rj_link *link) {
  return (rj_link_progress){link->chunks_sent, link->chunks_acknowledged, link->chunk_bytes};
}

void rj_quic_acknowledged(rj_link *link, uint64_t end) {
  while (link->chunks != NULL && link->chunks_offset + link->chunks->length <= end) {
    rj_chunk *chunk = link->chunks;
    assert(chunk != link->unsent);
    link->chunks_offset += chunk->length;
    link->chunk_bytes -= chunk->length;
    link->chunks_acknowledged++;
    link->chunks = chunk->next;
    if (link->chunks == NULL)
      link->chunks_end = &link->chunks;
    free(chunk);
  }
  if (link->chunks == NULL)
    rj_acks_came(link);
}

void rj_quic_rewind(rj_link *link) {
  assert(link->chunks_offset == 0); /* nothing is acknowledged before the handshake is over */
  for (rj_chunk *chunk = link->chunks; chunk != NULL; chunk = chunk->next)
    chunk->sent = 0;
  link->unsent = link->chunks;
  link->stream = -1;
}

/* The next bytes of the stream; how many vectors. */
static size_t offer(const rj_link *link, ngtcp2_vec vectors[RJ_QUIC_VECTORS]) {
  size_t count = 0;
  for (rj_chunk *chunk = link->unsent; chunk != NULL && count < RJ_QUIC_VECTORS;
       chunk = chunk->next)
    vectors[count++] = (ngtcp2_vec){chunk->data + chunk->sent, chunk->length - chunk->sent};
  return count;
}

static void sent(rj_link *link, size_t bytes) {
  while (bytes > 0) {
    rj_chunk *chunk = link->unsent;
    size_t part = chunk->length - chunk->sent;
    if (part > bytes)
      part = bytes;
    chunk->sent += (uint32_t)part;
    bytes -= part;
    if (chunk->sent == chunk->length)
      link->unsent = chunk->next;
  }
}

/* A client opens its control stream as soon as it has something to say and may. */
static bool stream_is_usable(rj_link *link) {
  if (link->unsent == NULL || link->stream_blocked)
    return false;
  if (link->stream >= 0)
    return true;
  return !link->server && ngtcp2_conn_open_bidi_stream(link->conn, &link->stream, NULL) == 0;
}

/* ---- unreliable datagrams ---- */

/* Takes the datagram out of its place in the list. */
static void drop_datagram(rj_link *link, rj_outgoing **place) {
  rj_outgoing *outgoing = *place;
  *place = outgoing->next;
  if (*place == NULL)
    link->datagrams_end = place;
  link->datagram_count--;
  free(outgoing);
}

int32_t rj_link_send_datagram(rj_link *link, const uint8_t *data, size_t length, int64_t until,
                              uint64_t *id) {
  if (link->closed)
    return STATUS_INVALID_STATE;
  if (!link->up)
    return STATUS_NOT_READY;
  if (length == 0 || length > DATAGRAM_MAX) /* an empty one would end the process */
    return STATUS_SIZE_TOO_LARGE;
  rj_outgoing *outgoing = malloc(sizeof *outgoing + length);
  if (outgoing == NULL)
    return STATUS_RESOURCE_LIMITED;
  if (link->datagram_count == RJ_LINK_DATAGRAMS)
    drop_datagram(link, &link->datagrams);
  *outgoing =
      (rj_outgoing){.id = ++link->next_datagram, .until = until, .length = (uint32_t)length};
  memcpy(outgoing->data, data, length);
  *link->datagrams_end = outgoing;
  link->datagrams_end = &outgoing->next;
  link->datagram_count++;
  if (id != NULL)
    *id = outgoing->id;
  return STATUS_OK;
}

/* Those that waited for too long must not leave any more (D-4). */
static void drop_expired_datagrams(rj_link *link) {
  for (rj_outgoing **place = &link->datagrams; *place != NULL;) {
    if ((*place)->until < link->now)
      drop_datagram(link, place);
    else
      place = &(*place)->next;
  }
}

/* ---- packets ---- */

typedef struct {
  ngtcp2_path_storage path;
  ngtcp2_pkt_info info;
  uint8_t *out;
  size_t capacity;
  ngtcp2_tstamp ts;
} packet;

/* Both return what ngtcp2 returns: a length, 0, NGTCP2_ERR_WRITE_MORE (the packet has room left), or an error. */

static ngtcp2_ssize write_datagram(rj_link *link, packet *to) {
  const rj_outgoing *first = link->datagrams;
  int accepted = 0;
  ngtcp2_ssize length = ngtcp2_conn_write_datagram(
      link->conn, &to->path.path, &to->info, to->out, to->capacity, &accepted,
      NGTCP2_WRITE_DATAGRAM_FLAG_MORE, first->id, first->data, first->length, to->ts);
  if (accepted)
    link->in_flight++;
  /* A packet may leave without it: then it waits for the next one. */
  if (accepted || length == NGTCP2_ERR_INVALID_STATE || length == NGTCP2_ERR_INVALID_ARGUMENT)
    drop_datagram(link, &link->datagrams);
  return length == NGTCP2_ERR_INVALID_STATE || length == NGTCP2_ERR_INVALID_ARGUMENT
             ? NGTCP2_ERR_WRITE_MORE
             : length;
}

static ngtcp2_ssize write_stream(rj_link *link, packet *to) {
  ngtcp2_vec vectors[RJ_QUIC_VECTORS];
  bool has_stream = stream_is_usable(link);
  size_t count = has_stream ? offer(link, vectors) : 0;
  ngtcp2_ssize taken = -1;
  ngtcp2_ssize length = ngtcp2_conn_writev_stream(
      link->conn, &to->path.path, &to->info, to->out, to->capacity, &taken,
      has_stream ? NGTCP2_WRITE_STREAM_FLAG_MORE : NGTCP2_WRITE_STREAM_FLAG_NONE,
      has_stream ? link->stream : -1, count > 0 ? vectors : NULL, count, to->ts);
  if (taken > 0) {
    sent(link, (size_t)taken);
    rj_acks_expect(link);
  }
  if (length == NGTCP2_ERR_STREAM_DATA_BLOCKED || length == NGTCP2_ERR_STREAM_SHUT_WR ||
      length == NGTCP2_ERR_STREAM_NOT_FOUND) {
    link->stream_blocked = true; /* until something comes back */
    return NGTCP2_ERR_WRITE_MORE;
  }
  return length;
}

static ngtcp2_ssize write_packet(rj_link *link, packet *to) {
  link->stream_blocked = false;
  drop_expired_datagrams(link);
  bool datagrams_blocked = false;
  for (;;) {
    bool datagram = link->datagrams != NULL && !datagrams_blocked;
    ngtcp2_ssize length = datagram ? write_datagram(link, to) : write_stream(link, to);
    if (length == 0 && datagram) /* there is no room for it now; something smaller may pass */
      datagrams_blocked = true;
    else if (length != NGTCP2_ERR_WRITE_MORE)
      return length;
  }
}

static ngtcp2_ssize write_close(rj_link *link, packet *to) {
  link->close_pending = false;
  ngtcp2_ccerr error;
  ngtcp2_ccerr_default(&error);
  if (link->close_error == NGTCP2_ERR_CRYPTO)
    ngtcp2_ccerr_set_tls_alert(&error, ngtcp2_conn_get_tls_alert(link->conn), NULL, 0);
  else if (link->close_error != 0)
    ngtcp2_ccerr_set_liberr(&error, link->close_error, NULL, 0);
  else
    ngtcp2_ccerr_set_application_error(&error, link->close_code, NULL, 0);
  return ngtcp2_conn_write_connection_close(link->conn, &to->path.path, &to->info, to->out,
                                            to->capacity, &error, to->ts);
}

/* Would anything more have gone into this packet? It had room, and no other path is looked at, which takes packets of its own. What a
 * timer asked for may be more than one packet. */
static bool was_the_last(const rj_link *link, const rj_datagram *out) {
  return link->up && !link->timed && !link->moving && out->length < RJ_DATAGRAM_MAX / 2 &&
         rj_path_equal(&out->path, &link->path);
}

static bool finish(rj_link *link, packet *from, rj_datagram *out, ngtcp2_ssize length) {
  if (length <= 0)
    return false;
  out->length = (size_t)length;
  rj_quic_path_back(&out->path, &from->path.path);
  out->path.local = rj_quic_real_local(link, &out->path.local);
  link->all_written = was_the_last(link, out);
  link->first_written = true;
  rj_acks_written(link);
  link->packets_sent++;
  link->bytes_sent += out->length;
  link->port->counters.datagrams_out++;
  return true;
}

bool rj_link_write(rj_link *link, rj_datagram *out, int64_t now) {
  assert(out->capacity >= RJ_DATAGRAM_BUFFER);
  link->now = now;
  packet to = {.out = out->data, .capacity = RJ_DATAGRAM_MAX, .ts = (ngtcp2_tstamp)now};
  ngtcp2_path_storage_zero(&to.path);
  ngtcp2_ssize length;
  if (link->closed) {
    if (!link->close_pending)
      return false;
    /* What was said before the close goes first: a removal, a refusal. */
    bool words = link->unsent != NULL && link->stream >= 0 && link->close_error == 0;
    length = words && !link->broken ? write_packet(link, &to) : 0;
    return finish(link, &to, out, length > 0 ? length : write_close(link, &to));
  }

  if (link->all_written && link->unsent == NULL && link->datagrams == NULL)
    return false;
  length = write_packet(link, &to);
  if (length == 0) {
    link->all_written = true;
    link->timed = false;
  }
  if (length == NGTCP2_ERR_CALLBACK_FAILURE && !link->first_written && rj_quic_redial(link))
    length = write_packet(link, &to);
  if (length < 0) {
    if (length != NGTCP2_ERR_CLOSING && length != NGTCP2_ERR_DRAINING)
      rj_quic_end(link, RJ_CLOSED_PROTOCOL, (int)length);
    return link->close_pending && finish(link, &to, out, write_close(link, &to));
  }
  return finish(link, &to, out, length);
}

void rj_quic_send_free(rj_link *link) {
  while (link->chunks != NULL) {
    rj_chunk *next = link->chunks->next;
    free(link->chunks);
    link->chunks = next;
  }
  while (link->datagrams != NULL)
    drop_datagram(link, &link->datagrams);
}
