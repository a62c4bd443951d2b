/* One QUIC connection: set up, timers, and its end. */
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

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
  link->ack_by = RJ_NEVER;
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
  /* No larger size is probed than this one, the least of all. no_pmtud must not say so as well: ngtcp2 1.11 starts the discovery all
   * the same for a client that goes back while its new path is being validated, and asserts that it may. */
  settings->max_tx_udp_payload_size = RJ_DATAGRAM_MAX;
  settings->handshake_timeout = (ngtcp2_duration)config->handshake_timeout;
  settings->rand_ctx.native_handle = link->port;
  if (link->server) {
    settings->ack_thresh = 1; /* an answer to each packet, and no timer for each beat */
    settings->initial_rtt = (ngtcp2_duration)RJ_QUIC_EDGE_FIRST_RTT;
  }

  /* These never change: a ticket remembers them. */
  ngtcp2_transport_params_default(params);
  params->initial_max_stream_data_bidi_local = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_stream_data_bidi_remote = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_data = RJ_QUIC_STREAM_WINDOW;
  params->initial_max_streams_bidi = link->server ? 1 : 0;
  params->max_idle_timeout = (ngtcp2_duration)config->idle_timeout;
  params->active_connection_id_limit = 4; /* so many moves may follow each other at once */
  if (!link->server)
    params->max_ack_delay = (ngtcp2_duration)RJ_QUIC_ACK_DELAY;
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
  /* A reset must be believed for the first id, too. */
  ngtcp2_cid scid;
  params.stateless_reset_token_present = 1;
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, path);
  if (!rj_tls_server(link) || !rj_ids_new(link, &scid, params.stateless_reset_token)) {
    rj_link_free(link);
    return NULL;
  }
  if (ngtcp2_conn_server_new(&link->conn, &header->scid, &scid, &storage.path, header->version,
                             &rj_quic_callbacks, &settings, &params, NULL, link) != 0) {
    rj_ids_forget(link, &scid); /* no connection holds it yet */
    rj_link_free(link);
    return NULL;
  }
  ngtcp2_conn_set_tls_native_handle(link->conn, link->tls);
  rj_ids_keep_original(link, &header->dcid); /* the client's first packets still carry it */
  return link;
}

/* Sets a client's connection up; ticket may be NULL. */
static bool set_up_client(rj_link *link, const rj_ticket *ticket) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  settle(link, &settings, &params);
  if (link->redial->initial_rtt > 0)
    settings.initial_rtt = (ngtcp2_duration)link->redial->initial_rtt;
  ngtcp2_cid scid, dcid = {.datalen = NGTCP2_MIN_INITIAL_DCIDLEN};
  uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
  rj_entropy_fill(link->port->config.entropy, dcid.data, dcid.datalen);
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &link->path);
  if (!rj_ids_new(link, &scid, token))
    return false;
  if (ngtcp2_conn_client_new(&link->conn, &dcid, &scid, &storage.path, NGTCP2_PROTO_VER_V1,
                             &rj_quic_callbacks, &settings, &params, NULL, link) != 0) {
    rj_ids_forget(link, &scid); /* no connection holds it yet */
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

/* Takes a connection and its ids away. */
static void disconnect(rj_link *link) {
  rj_ids_forget_all(link);
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
    link->redial->pinned = dial->fingerprint != NULL;
    if (dial->fingerprint != NULL)
      memcpy(link->redial->fingerprint, dial->fingerprint, RJ_FINGERPRINT_SIZE);
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
  rj_quic_detour(link, NULL);
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
    rj_ids_forget_original(link);
    rj_tls_free(link); /* the ticket is ngtcp2's now, and only that was left */
  } else if (link->confirmed) {
    redial_free(link);
    if (link->ticket_seen)
      rj_tls_free(link);
  }
}

/* ---- time ---- */

int64_t rj_link_deadline(const rj_link *link) {
  if (link->closed)
    return RJ_NEVER;
  ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(link->conn);
  return expiry >= (ngtcp2_tstamp)link->ack_by ? link->ack_by : (int64_t)expiry;
}

void rj_link_wake(rj_link *link, int64_t now) {
  if (link->closed)
    return;
  link->now = now;
  link->timed = true;
  int error = ngtcp2_conn_handle_expiry(link->conn, (ngtcp2_tstamp)now);
  /* what is still due has to be written, or it would be due for ever */
  bool over = ngtcp2_conn_get_expiry(link->conn) > (ngtcp2_tstamp)now;
  link->all_written = over && rj_acks_wait(link, now);
  /* A migration that failed leaves no path: a silence as well, and nobody to tell it. */
  if (error == NGTCP2_ERR_IDLE_CLOSE || error == NGTCP2_ERR_HANDSHAKE_TIMEOUT ||
      error == NGTCP2_ERR_NO_VIABLE_PATH)
    rj_quic_end(link, RJ_CLOSED_TIMEOUT, 0);
  else if (error != 0)
    rj_quic_end(link, RJ_CLOSED_PROTOCOL, error);
}

/* ---- the rest of link.h ---- */

/* Packets with the connection id in use leave from the new address all the same, as behind a NAT that rebound: the peer finds out and
 * validates the path. */
static int32_t migrate_unnoticed(rj_link *link, const rj_address *local) {
  if (!link->up)
    return STATUS_NOT_READY;
  if (!rj_quic_detour(link, local))
    return STATUS_RESOURCE_LIMITED;
  link->path.local = *local;
  link->moved_at = link->now;
  return STATUS_OK;
}

int32_t rj_link_migrate(rj_link *link, const rj_address *local, int64_t now) {
  if (link->closed || link->server)
    return STATUS_INVALID_STATE;
  if (rj_address_equal(local, &link->path.local)) /* that is where it is already */
    return STATUS_INVALID_ARGUMENT;
  link->now = now;
  if (link->moved_at != 0 && now - link->moved_at < RJ_QUIC_MIGRATION_EVERY)
    return migrate_unnoticed(link, local);
  rj_path path = {.local = *local, .remote = link->path.remote};
  ngtcp2_path_storage storage;
  rj_quic_path(&storage, &path);
  int error =
      ngtcp2_conn_initiate_immediate_migration(link->conn, &storage.path, (ngtcp2_tstamp)now);
  switch (error) {
  case 0:
    link->path = path;
    link->moved_at = now;
    rj_quic_detour(link, NULL);
    link->all_written = false;
    link->timed = true;
    link->moving = true;
    return STATUS_OK;
  case NGTCP2_ERR_INVALID_STATE:    /* not confirmed yet */
  case NGTCP2_ERR_CONN_ID_BLOCKED:  /* the peer has given no new id yet */
  case NGTCP2_ERR_INVALID_ARGUMENT: /* from a detour back to where ngtcp2 thinks that it is */
    return migrate_unnoticed(link, local);
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
      .packets_open = link->in_flight,
      .round_trip = link->up ? (int64_t)info.smoothed_rtt : 0,
  };
}
