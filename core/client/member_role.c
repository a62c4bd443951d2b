/* The role of a member: asked for at the edge, or kept for the next attempt (S-31). */
#include "client/member_internal.h"

static void send_role(rj_member *member, int64_t now) {
  rj_control message = {.which_body = rejoin_Control_set_role_tag};
  message.body.set_role.number = ++member->role_number;
  message.body.set_role.role = (uint32_t)member->role;
  member->role_asked = member->role;
  if (member->bound.link == NULL || !rj_member_send(member->bound.link, &message))
    rj_member_bound_failed(member, RJ_CLOSE_OVERLOADED, now);
}

int32_t rj_member_set_role(rj_member *member, int32_t role, int64_t now) {
  int32_t before = member->machine.state;
  rj_step step = rj_machine_input(&member->machine, RJ_IN_SET_ROLE, 0, now);
  if (step.row == NULL)
    return STATUS_INVALID_STATE;
  if (step.status != STATUS_OK)
    return step.status;
  member->role = role;
  rj_member_apply(member, &step, before, now);
  /* In the communication profile everybody is seen whatever the role. */
  if ((step.actions & RJ_DO_SEND_ROLE) && member->profile == PROFILE_LIVE_BROADCASTING)
    send_role(member, now);
  return STATUS_OK;
}

bool rj_member_role_answer(rj_member *member, const rejoin_RoleAnswer *answer, int64_t now) {
  if (answer->number == 0 || answer->number > member->role_number)
    return false;
  if (answer->number != member->role_number)
    return true; /* a newer one is on its way and decides */
  if (answer->reason != 0) {
    member->role = member->edge_role;
    rj_member_tell_role_failed(member, (int32_t)answer->reason, member->role_asked, now);
    return true;
  }
  if (answer->role != ROLE_BROADCASTER && answer->role != ROLE_AUDIENCE)
    return false;
  int32_t old_role = member->edge_role;
  member->edge_role = (int32_t)answer->role;
  member->role = member->edge_role;
  if (old_role != member->role)
    rj_member_tell_role(member, old_role, member->role, now);
  return true;
}

void rj_member_role_accepted(rj_member *member, uint32_t role, bool rejoined, int64_t now) {
  if (role == 0)
    return;
  int32_t old_role = member->edge_role;
  member->edge_role = (int32_t)role;
  if (member->role == member->attempt_role)
    member->role = member->edge_role; /* not asked for anything else meanwhile */
  if (rejoined && old_role != 0 && old_role != member->edge_role &&
      member->profile == PROFILE_LIVE_BROADCASTING)
    rj_member_tell_role(member, old_role, member->edge_role, now);
}

void rj_member_role_settle(rj_member *member, int64_t now) {
  if (member->profile == PROFILE_LIVE_BROADCASTING && member->edge_role != 0 &&
      member->role != member->edge_role && member->bound.link != NULL)
    send_role(member, now);
}
