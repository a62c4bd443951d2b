/* The faults of a real client's link: between the socket and the member, per direction. */
#define _GNU_SOURCE
#include "host/loop/loop.h"

#include <string.h>

static void delay(rj_loop *loop, rj_loop_member *member, bool up, const rj_path *path,
                  const uint8_t *data, size_t length, const rj_fate *fate) {
  rj_parcel *parcel = rj_delay_line_take(loop->line);
  rj_direction *direction = up ? &member->base.up : &member->base.down;
  direction->under_way++;
  parcel->member = member->id;
  parcel->up = up;
  parcel->path = *path;
  parcel->length = length;
  memcpy(parcel->data, data, length);
  rj_fate_apply(fate, parcel->data);
  rj_delay_line_put(loop->line, parcel, fate->arrives);
  rj_wheel_set(loop->wheel, &loop->line_alarm.timer, rj_delay_line_deadline(loop->line));
}

/* Sends the copies that come later, or changed, on their way. True: one is to be handed on as it is, now. */
static bool pass(rj_loop *loop, rj_loop_member *member, bool up, const rj_path *path,
                 const uint8_t *data, size_t length, int64_t now) {
  rj_fate fates[RJ_FOLLOW_FATES_MAX];
  size_t copies = rj_host_member_pass(&member->base, up, length, now, fates);
  bool at_once = false;
  if (up && copies > 0)
    rj_host_member_nat_lets_out(&member->base, now);
  for (size_t i = 0; i < copies; i++) {
    if (!at_once && fates[i].arrives <= now && !fates[i].corrupt)
      at_once = true;
    else
      delay(loop, member, up, path, data, length, &fates[i]);
  }
  return at_once;
}

static void arrive(rj_loop *loop, rj_loop_member *member, const rj_path *path, const uint8_t *data,
                   size_t length, int64_t now) {
  if (rj_host_member_nat_lets_in(&member->base, now))
    rj_loop_member_feed(loop, member, path, data, length, now);
}

void rj_loop_receive(rj_loop *loop, const rj_socket *socket, const rj_path *path,
                     const uint8_t *data, size_t length, int64_t now) {
  const rj_link *link = rj_port_route(loop->port, data, length);
  if (link == NULL)
    return; /* nobody's: too late, or not ours */
  const rj_member *owner = (const rj_member *)rj_link_owner(link);
  rj_loop_member *member =
      (rj_loop_member *)rj_map_get(loop->by_member, (uint64_t)(uintptr_t)owner);
  if (member != NULL && rj_loop_member_hears(loop, member, socket, now) &&
      pass(loop, member, false, path, data, length, now))
    arrive(loop, member, path, data, length, now);
}

void rj_loop_send(rj_loop *loop, rj_loop_member *member, const rj_path *path, const uint8_t *data,
                  size_t length, int64_t now) {
  if (!pass(loop, member, true, path, data, length, now))
    return;
  rj_socket *socket = rj_loop_member_way_out(loop, member, path, now);
  if (socket == NULL)
    return;
  /* where a mapping had lapsed, a socket was closed and the outbox flushed for it */
  uint8_t *buffer = rj_outbox_buffer(loop->outbox);
  if (buffer != data)
    memcpy(buffer, data, length);
  rj_outbox_post(loop->outbox, socket, path, length);
}

/* A delayed datagram leaves; that of a member which is gone meanwhile through the shared socket. */
static void send_late(rj_loop *loop, rj_loop_member *member, const rj_parcel *parcel, int64_t now) {
  rj_socket *socket = rj_loop_member_way_out(loop, member, &parcel->path, now);
  if (socket == NULL)
    return;
  memcpy(rj_outbox_buffer(loop->outbox), parcel->data, parcel->length);
  rj_outbox_post(loop->outbox, socket, &parcel->path, parcel->length);
}

void rj_loop_run_line(rj_loop *loop, int64_t now) {
  for (rj_parcel *parcel; (parcel = rj_delay_line_pop(loop->line, now)) != NULL;) {
    rj_loop_member *member = (rj_loop_member *)rj_map_get(loop->members, parcel->member);
    if (member != NULL) {
      rj_direction *direction = parcel->up ? &member->base.up : &member->base.down;
      direction->under_way--;
    }
    if (parcel->up)
      send_late(loop, member, parcel, now);
    else if (member != NULL)
      arrive(loop, member, &parcel->path, parcel->data, parcel->length, now);
    rj_delay_line_recycle(loop->line, parcel);
  }
  rj_wheel_set(loop->wheel, &loop->line_alarm.timer, rj_delay_line_deadline(loop->line));
}
