/* An edge that is to be emptied: lets nobody new in, and tells its members to move, one after
 * the other over the time that it was given. Who stays is kept. */
#include "edge/edge_internal.h"

/* Members by channel and uid, so that those of one channel move together. */
static void collect(rj_drain *drain, const GPtrArray *channels) {
  for (guint i = 0; i < channels->len; i++) {
    const rj_channel *channel = g_ptr_array_index(channels, i);
    for (uint32_t j = 0; j < channel->count; j++)
      g_array_append_val(drain->sessions, channel->members[j]->id);
  }
}

void rj_drain_init(rj_drain *drain) {
  *drain = (rj_drain){.alarm.kind = RJ_SERVER_ALARM_DRAIN,
                      .sessions = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
}

void rj_drain_clear(rj_server *server) {
  rj_wheel_remove(server->wheel, &server->drain.alarm.timer);
  g_array_free(server->drain.sessions, TRUE);
}

/* When the next one is told. */
int64_t rj_drain_due(const rj_server *server) {
  const rj_drain *drain = &server->drain;
  if (drain->next == drain->sessions->len)
    return RJ_NEVER;
  double share = (double)drain->next / (double)drain->sessions->len;
  return rj_after(drain->began, (int64_t)((double)(drain->ends - drain->began) * share));
}

static uint32_t left_ms(const rj_drain *drain, int64_t now) {
  return (uint32_t)(rj_later(drain->ends - now, 0) / RJ_MILLISECOND);
}

static void tell(rj_server *server, rj_session *session, int64_t now) {
  for (rj_connection *connection = session->bound, *next; connection != NULL; connection = next) {
    next = connection->next_bound; /* sending may close and so unbind it */
    rj_neighbours_tell(connection, now);
  }
  server->out.which_body = rejoin_Control_move_tag;
  server->out.body.move = (rejoin_Move){.within_ms = left_ms(&server->drain, now)};
  size_t length = rj_server_encode(server);
  rj_observe_member(session, RJ_OBSERVED_TO_MOVE, 0, -1, "this edge drains", now);
  session->told_to_move = true;
  rj_session_send(session, server->buffer, length, now);
}

void rj_drain_wake(rj_server *server, int64_t now) {
  rj_drain *drain = &server->drain;
  while (rj_drain_due(server) <= now) {
    uint64_t id = g_array_index(drain->sessions, uint64_t, drain->next++);
    rj_session *session = rj_map_get(server->sessions, id);
    if (session != NULL)
      tell(server, session, now);
  }
  rj_server_alarm_by(server, &drain->alarm, rj_drain_due(server));
}

void rj_drain_tell_again(rj_session *session, int64_t now) {
  if (session->told_to_move)
    tell(session->server, session, now);
}

size_t rj_server_drain(rj_server *server, int64_t span, int64_t now) {
  rj_drain *drain = &server->drain;
  GPtrArray *channels = rj_channels_all(server);
  g_array_set_size(drain->sessions, 0);
  collect(drain, channels);
  g_ptr_array_free(channels, TRUE);
  drain->is_on = true;
  drain->next = 0;
  drain->began = now;
  drain->ends = rj_after(now, span);
  rj_observe_drain(server, drain->sessions->len, span, now);
  if (server->cluster != NULL)
    rj_edges_say_hello(server, false, now); /* nobody is sent here any more */
  rj_drain_wake(server, now);
  return drain->sessions->len;
}

bool rj_server_is_draining(const rj_server *server) {
  return server->drain.is_on;
}
