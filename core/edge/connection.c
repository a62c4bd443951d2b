/* One link at the edge: taking its events, sending on it, its deadlines, and the ways it ends. */
#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ lists */

static void mark_dirty(rj_connection *connection) {
  rj_server *server = connection->server;
  if (connection->dirty)
    return;
  connection->dirty = true;
  connection->next_dirty = NULL;
  connection->previous_dirty = server->dirty_last;
  if (server->dirty_last != NULL)
    server->dirty_last->next_dirty = connection;
  else
    server->dirty_first = connection;
  server->dirty_last = connection;
}

static void unmark_dirty(rj_connection *connection) {
  rj_server *server = connection->server;
  if (!connection->dirty)
    return;
  connection->dirty = false;
  if (connection->previous_dirty != NULL)
    connection->previous_dirty->next_dirty = connection->next_dirty;
  else
    server->dirty_first = connection->next_dirty;
  if (connection->next_dirty != NULL)
    connection->next_dirty->previous_dirty = connection->previous_dirty;
  else
    server->dirty_last = connection->previous_dirty;
}

void rj_connection_accepted(rj_server *server, rj_link *link, int64_t now) {
  rj_connection *connection = g_new0(rj_connection, 1);
  connection->alarm.kind = RJ_SERVER_ALARM_CONNECTION;
  connection->server = server;
  connection->link = link;
  connection->until = RJ_NEVER; /* the link itself ends a handshake that takes too long */
  connection->due = RJ_NEVER;
  connection->budget = RJ_EDGE_CONTROL_BURST;
  connection->budget_at = connection->accepted_at = now;
  connection->next = server->connections;
  if (connection->next != NULL)
    connection->next->previous = connection;
  server->connections = connection;
  rj_link_set_owner(link, connection);
}

static void drop_early(rj_connection *connection) {
  g_free(connection->early);
  connection->early = NULL;
}

void rj_connection_free(rj_connection *connection) {
  rj_server *server = connection->server;
  rj_session_unbind(connection);
  unmark_dirty(connection);
  rj_wheel_remove(server->wheel, &connection->alarm.timer);
  if (connection->previous != NULL)
    connection->previous->next = connection->next;
  else
    server->connections = connection->next;
  if (connection->next != NULL)
    connection->next->previous = connection->previous;
  drop_early(connection);
  rj_link_free(connection->link);
  g_free(connection);
}

/* ------------------------------------------------------------------ endings */

/* No more than the last packets of its link is left of it. */
static void set_closed(rj_connection *connection) {
  rj_session_unbind(connection);
  drop_early(connection);
  connection->state = RJ_CONNECTION_CLOSED;
  connection->until = RJ_NEVER;
  mark_dirty(connection);
}

void rj_connection_close(rj_connection *connection, rj_close_code code, int64_t now) {
  if (connection->state == RJ_CONNECTION_CLOSED)
    return;
  rj_link_close(connection->link, code, now);
  set_closed(connection);
}

void rj_connection_leave(rj_connection *connection, rj_close_code code, bool close_when_told,
                         int64_t now) {
  if (connection->state == RJ_CONNECTION_CLOSED)
    return;
  rj_session_unbind(connection);
  drop_early(connection);
  connection->state = RJ_CONNECTION_LEAVING;
  connection->code = code;
  connection->close_when_told = close_when_told;
  connection->until = rj_after(now, connection->server->timers.farewell);
  mark_dirty(connection); /* which arms its alarm in the end */
}

void rj_connection_fault(rj_connection *connection, const char *why, int64_t now) {
  rj_server *server = connection->server;
  server->counters.protocol_errors++;
  rj_hostile_note(server, &rj_link_path(connection->link)->remote, why, now);
  rj_connection_close(connection, RJ_CLOSE_PROTOCOL, now);
}

/* ------------------------------------------------------------------ sending */

void rj_connection_send(rj_connection *connection, const uint8_t *data, size_t length,
                        int64_t now) {
  if (connection->state == RJ_CONNECTION_CLOSED)
    return;
  if (rj_link_send(connection->link, data, length) == STATUS_OK)
    mark_dirty(connection);
  else /* it does not read what we send; the member will find out and rejoin (S-9) */
    rj_connection_close(connection, RJ_CLOSE_OVERLOADED, now);
}

void rj_connection_send_datagram(rj_connection *connection, const uint8_t *data, size_t length,
                                 int64_t until) {
  if (rj_link_send_datagram(connection->link, data, length, until, NULL) == STATUS_OK)
    mark_dirty(connection);
}

void rj_connection_send_out(rj_connection *connection, int64_t now) {
  rj_server *server = connection->server;
  size_t length = rj_server_encode(server);
  rj_connection_send(connection, server->buffer, length, now);
}

/* ------------------------------------------------------------------ events */

bool rj_connection_within_budget(rj_connection *connection, int64_t now) {
  int64_t refill = (now - connection->budget_at) / (RJ_SECOND / RJ_EDGE_CONTROL_RATE);
  if (refill > 0) {
    int64_t budget = connection->budget + rj_earlier(refill, RJ_EDGE_CONTROL_BURST);
    connection->budget = (uint16_t)rj_earlier(budget, RJ_EDGE_CONTROL_BURST);
    connection->budget_at = now;
  }
  if (connection->budget == 0)
    return false;
  connection->budget--;
  return true;
}

static void closed_by_link(rj_connection *connection, const rj_link_event *event, int64_t now) {
  rj_server *server = connection->server;
  if (event->how == RJ_CLOSED_BY_PEER && event->code == RJ_CLOSE_LEFT)
    rj_connection_left(connection, now);
  if (event->how == RJ_CLOSED_PROTOCOL) {
    server->counters.protocol_errors++;
    rj_hostile_note(server, &rj_link_path(connection->link)->remote,
                    "a packet or frame that the transport does not allow", now);
  }
  set_closed(connection);
}

static void take_event(rj_connection *connection, const rj_link_event *event, int64_t now) {
  switch (event->kind) {
  case RJ_LINK_UP:
    connection->up = true;
    connection->until = rj_after(now, RJ_HANDSHAKE_TIMEOUT); /* to ask to join, and be bound */
    connection->code = RJ_CLOSE_PROTOCOL;
    rj_connection_up(connection, now);
    break;
  case RJ_LINK_MESSAGE:
    rj_connection_message(connection, event->data, event->length, now);
    break;
  case RJ_LINK_DATAGRAM:
    rj_connection_datagram(connection, event->data, event->length, now);
    break;
  case RJ_LINK_CLOSED:
    closed_by_link(connection, event, now);
    break;
  case RJ_LINK_PROOF: /* these matter to members only */
  case RJ_LINK_LOST:
  case RJ_LINK_PATH:
  case RJ_LINK_TICKET:
    break;
  }
}

static void take_events(rj_connection *connection, int64_t now) {
  rj_link_event event;
  while (rj_link_next_event(connection->link, &event)) {
    if (connection->state != RJ_CONNECTION_CLOSED)
      take_event(connection, &event, now);
  }
  if (connection->state == RJ_CONNECTION_LEAVING && connection->close_when_told &&
      rj_link_all_acknowledged(connection->link))
    rj_connection_close(connection, connection->code, now);
}

void rj_connection_service(rj_connection *connection, int64_t now) {
  if (connection->session != NULL)
    rj_session_note_heard(connection->session, rj_link_heard(connection->link));
  take_events(connection, now);
  if (connection->session != NULL)
    rj_session_tell_heard(connection->session, now);
  rj_streams_pump(connection, now); /* its backlog may have become shorter */
  mark_dirty(connection);
}

/* ------------------------------------------------------------------ time and writing */

void rj_connection_wake(rj_connection *connection, int64_t now) {
  if (rj_link_deadline(connection->link) <= now)
    rj_link_wake(connection->link, now);
  if (connection->until <= now)
    rj_connection_close(connection, connection->code, now);
  take_events(connection, now);
  mark_dirty(connection);
}

void rj_connection_written(rj_connection *connection, int64_t now) {
  unmark_dirty(connection);
  take_events(connection, now); /* writing may have ended it */
  if (connection->dirty)
    return;
  if (connection->state == RJ_CONNECTION_CLOSED) {
    rj_connection_free(connection);
    return;
  }
  connection->due = rj_earlier(connection->until, rj_link_deadline(connection->link));
  rj_server_alarm_by(connection->server, &connection->alarm, connection->due);
}
