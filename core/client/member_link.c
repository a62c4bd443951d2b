/* The connections of a member whatever their purpose: datagrams in and out, events to their place, and how they end. */
#include "client/member_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- events ---- */

static rj_farewell *find_farewell(rj_member *member, const rj_link *link) {
  for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
    if (member->farewells[i].connection.link == link)
      return &member->farewells[i];
  }
  return NULL;
}

/* Hands one event to the place where the link is now. False: it is in none (any more). */
static bool take_event(rj_member *member, rj_link *link, int64_t now) {
  rj_farewell *farewell = find_farewell(member, link);
  if (link != member->bound.link && link != member->attempt.link && farewell == NULL)
    return false;
  rj_link_event event;
  if (!rj_link_next_event(link, &event)) {
    if (farewell != NULL)
      rj_member_farewell_look(member, farewell, now);
    return false;
  }
  if (link == member->bound.link)
    rj_member_bound_event(member, &event, now);
  else if (link == member->attempt.link)
    rj_member_attempt_event(member, &event, now);
  else
    rj_member_farewell_event(member, farewell, &event, now);
  return true;
}

void rj_member_take_events(rj_member *member, rj_link *link, int64_t now) {
  while (take_event(member, link, now)) {
  }
}

void rj_member_feed(rj_member *member, const rj_path *path, const uint8_t *data, size_t length,
                    int64_t now) {
  rj_link *link = rj_port_feed(member->port, path, data, length, now, NULL);
  if (link == NULL)
    return;
  rj_member_take_events(member, link, now);
  if (member->migration_pending && link == member->bound.link)
    rj_member_migrate(member, now);
}

/* ---- sending ---- */

bool rj_member_send(rj_link *link, const rj_control *message) {
  uint8_t buffer[RJ_CONTROL_MAX];
  size_t length = rj_control_encode(message, buffer, sizeof buffer);
  return length > 0 && rj_link_send(link, buffer, length) == STATUS_OK;
}

/* A link that has something to send; else its events are taken, since a write too can bring some. */
static bool write_link(rj_member *member, rj_link *link, rj_datagram *out, int64_t now) {
  if (link == NULL)
    return false;
  if (rj_link_write(link, out, now))
    return true;
  rj_member_take_events(member, link, now);
  return false;
}

static bool write_closing(rj_member *member, rj_datagram *out, int64_t now) {
  while (member->closing_count > 0) {
    rj_link *link = member->closing[member->closing_count - 1];
    if (rj_link_write(link, out, now))
      return true;
    rj_link_free(link);
    member->closing_count--;
  }
  return false;
}

bool rj_member_write(rj_member *member, rj_datagram *out, int64_t now) {
  do {
    if (write_closing(member, out, now) || write_link(member, member->bound.link, out, now) ||
        write_link(member, member->attempt.link, out, now))
      return true;
    for (size_t i = 0; i < RJ_FAREWELLS_MAX; i++) {
      if (write_link(member, member->farewells[i].connection.link, out, now))
        return true;
    }
  } while (member->closing_count > 0); /* an event just closed one */
  return false;
}

/* ---- the end of a connection ---- */

void rj_member_close_link(rj_member *member, rj_link *link, rj_close_code code, int64_t now) {
  rj_link_close(link, code, now);
  if (member->closing_count ==
      RJ_CLOSING_MAX) { /* the host does not write: the oldest goes silently */
    rj_link_free(member->closing[0]);
    member->closing_count--;
    memmove(member->closing, member->closing + 1,
            member->closing_count * sizeof member->closing[0]);
  }
  member->closing[member->closing_count++] = link;
}

void rj_member_close(rj_member *member, rj_connection *connection, rj_close_code code,
                     int64_t now) {
  rj_link *link = connection->link;
  if (link == NULL)
    return;
  rj_member_counters_link(member, connection);
  connection->link = NULL;
  rj_member_close_link(member, link, code, now);
}

void rj_member_drop(rj_member *member, rj_connection *connection) {
  if (connection->link == NULL)
    return;
  rj_member_counters_link(member, connection);
  rj_member_counters_lost(member, connection);
  rj_link_free(connection->link);
  connection->link = NULL;
}

void rj_member_close_broken(rj_member *member, rj_connection *connection, int64_t now) {
  member->protocol_errors++;
  rj_member_close(member, connection, RJ_CLOSE_PROTOCOL, now);
}

/* ---- tickets ---- */

void rj_member_keep_ticket(rj_member *member, uint8_t edge, const rj_link_event *event) {
  rj_known_edge *known = &member->edges[edge];
  if (event->length == 0 || event->length > RJ_TICKET_MAX)
    return;
  uint8_t *copy = malloc(event->length);
  if (copy == NULL)
    return; /* the next connection does without */
  memcpy(copy, event->data, event->length);
  free(known->ticket);
  known->ticket = copy;
  known->ticket_length = event->length;
}
