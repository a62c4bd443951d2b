/* The token of a member: renewed at the edge or kept for the next attempt, and the warning before its end (S-17 to S-22). */
#include "client/member_internal.h"

#include <stdlib.h>

enum { RENEWED = 0, CANCELLED = 6 }; /* codes of S-20 */

/* ---- renewals ---- */

static void end_renewal(rj_member *member) {
  free(member->renewal);
  member->renewal = NULL;
  member->renewal_in_attempt = false;
}

/* The token is now this one; it becomes the member's. */
static void replace_token(rj_member *member, char *token) {
  free(member->token);
  member->token = token;
  member->token_serial++;
  member->warned = false;
}

static void send_renewal(rj_member *member, int64_t now) {
  rj_control message = {.which_body = rejoin_Control_renew_token_tag};
  message.body.renew_token.number = member->renewal_number;
  rejoin_RenewToken *renew = &message.body.renew_token;
  rj_member_put_text(renew->token, sizeof renew->token, member->renewal);
  if (member->bound.link == NULL || !rj_member_send(member->bound.link, &message))
    rj_member_bound_failed(member, RJ_CLOSE_OVERLOADED, now);
}

/* token becomes the member's. */
static void start_renewal(rj_member *member, char *token, int64_t now) {
  member->renewal = token;
  member->renewal_in_attempt = false;
  member->renewal_number++;
  send_renewal(member, now);
}

static void cancel_renewal(rj_member *member, int64_t now) {
  if (member->renewal != NULL)
    rj_member_tell_renewal(member, member->renewal, CANCELLED, now);
  end_renewal(member);
}

int32_t rj_member_renew_token(rj_member *member, const char *token, int64_t now) {
  char *copy = rj_member_copy_text(token);
  if (copy == NULL)
    return STATUS_RESOURCE_LIMITED;
  int32_t before = member->machine.state;
  rj_step step = rj_machine_input(&member->machine, RJ_IN_RENEW_TOKEN, 0, now);
  if (step.row == NULL || step.status != STATUS_OK) {
    free(copy);
    return step.row == NULL ? STATUS_INVALID_STATE : step.status; /* S-22 */
  }
  cancel_renewal(member, now);
  if (step.actions & RJ_DO_KEEP_TOKEN)
    replace_token(member, copy);
  rj_member_apply(member, &step, before, now);
  if (step.actions & RJ_DO_SEND_TOKEN)
    start_renewal(member, copy, now);
  return STATUS_OK;
}

bool rj_member_token_answer(rj_member *member, const rejoin_RenewAnswer *answer, int64_t now) {
  if (answer->number == 0 || answer->number > member->renewal_number || answer->code >= CANCELLED)
    return false;
  if (answer->number != member->renewal_number || member->renewal == NULL)
    return true; /* of a renewal that a newer one cancelled */
  char *token = member->renewal;
  member->renewal = NULL;
  end_renewal(member);
  rj_member_tell_renewal(member, token, (int32_t)answer->code, now);
  if (answer->code == RENEWED) {
    replace_token(member, token);
    member->edge_serial = member->token_serial;
    rj_member_token_privilege(member, answer->privilege_ms, now);
  } else {
    free(token); /* the old one stays in force */
  }
  return true;
}

/* ---- attempts ---- */

const char *rj_member_token_for_attempt(const rj_member *member) {
  return member->renewal_in_attempt ? member->renewal : member->token;
}

bool rj_member_token_newer(rj_member *member) {
  if (member->renewal != NULL && !member->renewal_in_attempt) {
    member->renewal_in_attempt = true;
    return true;
  }
  return member->attempt_serial != member->token_serial;
}

void rj_member_token_accepted(rj_member *member, int64_t now) {
  member->edge_serial = member->attempt_serial;
  if (!member->renewal_in_attempt)
    return;
  char *token = member->renewal;
  member->renewal = NULL;
  end_renewal(member);
  replace_token(member, token);
  member->edge_serial = member->token_serial;
  rj_member_tell_renewal(member, member->token, RENEWED, now);
}

void rj_member_token_settle(rj_member *member, bool new_link, int64_t now) {
  if (member->renewal != NULL) {
    if (new_link)
      send_renewal(member, now); /* what went out on the old connection may be lost */
  } else if (member->token != NULL && member->edge_serial != member->token_serial) {
    char *copy = rj_member_copy_text(member->token); /* kept during the outage (S-21) */
    if (copy != NULL)
      start_renewal(member, copy, now);
  }
}

void rj_member_token_end_stay(rj_member *member) {
  end_renewal(member);
  member->warning_at = RJ_NEVER;
}

/* ---- the warning (N-6) ---- */

void rj_member_token_warn(rj_member *member, int64_t now) {
  member->warning_at = RJ_NEVER;
  member->warned = true;
  rj_member_tell_warning(member, now);
}

void rj_member_token_privilege(rj_member *member, uint64_t milliseconds, int64_t now) {
  member->warning_at = RJ_NEVER;
  if (milliseconds == 0 || member->warned)
    return; /* no limit, or this token was warned about */
  int64_t left = milliseconds < (uint64_t)(RJ_NEVER / RJ_MILLISECOND)
                     ? (int64_t)milliseconds * RJ_MILLISECOND
                     : RJ_NEVER;
  int64_t ends = rj_after(now, left);
  if (ends == RJ_NEVER)
    return;
  member->warning_at = ends - member->machine.timers.token_warning;
  if (member->warning_at <= now)
    rj_member_token_warn(member, now); /* S-17: less than that is left */
}
