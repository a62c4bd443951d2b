/* Links that follow a profile. A step that fell due while nobody looked (a device that slept) is taken late, in its turn. */
#include "host/follow.h"

#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "host/host_internal.h"

struct rj_follow {
  rj_direction up, down; /* with the faults of the step */
  rj_network_profile_step *steps;
  uint32_t count, next; /* next == count: all are taken */
  int64_t began, repeat;
};

void rj_follow_free(rj_follow *follow) {
  if (follow != NULL)
    g_free(follow->steps);
  g_free(follow);
}

int64_t rj_follow_nat_idle(const rj_follow *follow) {
  return follow == NULL ? 0 : follow->up.faults.nat_idle_ns;
}

static int64_t next_at(const rj_follow *follow) {
  return follow->next < follow->count ? rj_after(follow->began, follow->steps[follow->next].at)
                                      : RJ_NEVER;
}

static void take(rj_host_member *member, const rj_network_profile_step *step, int64_t now) {
  (void)rj_host_member_nat_lets_in(member, now);
  member->follow->up.faults = step->up;
  member->follow->down.faults = step->down;
  if (!step->moves || member->retired)
    return;
  char error[RJ_HOST_ERROR_SIZE];
  const rj_path_change change = {
      .kind = RJ_PATH_MOVE, .network = step->network, .overlap = step->overlap};
  /* where no address is left the client stays where it is, and the faults change all the same */
  (void)rj_host_member_change_path(member, &change, now, error);
}

static void run(rj_host_member *member, int64_t now) {
  rj_follow *follow = member->follow;
  while (next_at(follow) <= now) {
    take(member, &follow->steps[follow->next++], now);
    if (follow->next == follow->count && follow->repeat > 0) {
      follow->next = 0;
      follow->began = rj_after(follow->began, follow->repeat);
    }
  }
}

void rj_host_member_follow(rj_host_member *member, const rj_network_profile_step *steps,
                           uint32_t count, int64_t repeat, int64_t now) {
  (void)rj_host_member_nat_lets_in(member, now);
  rj_follow_free(member->follow);
  member->follow = NULL;
  if (count > 0) {
    rj_follow *follow = g_new0(rj_follow, 1);
    rj_direction_init(&follow->up, 0, rj_random_next(&member->up.random));
    rj_direction_init(&follow->down, 0, rj_random_next(&member->down.random));
    follow->steps = g_new(rj_network_profile_step, count);
    memcpy(follow->steps, steps, count * sizeof *steps);
    follow->count = count;
    follow->began = now;
    follow->repeat = repeat;
    member->follow = follow;
    run(member, now);
  }
  rj_host_member_touch(member);
}

size_t rj_host_member_pass(rj_host_member *member, bool up, size_t length, int64_t now,
                           rj_fate fates[RJ_FOLLOW_FATES_MAX]) {
  rj_fate first[RJ_FATES_MAX];
  rj_follow *follow = member->follow;
  if (follow == NULL)
    return rj_direction_pass(up ? &member->up : &member->down, length, now, fates);
  size_t passed = rj_direction_pass(up ? &member->up : &member->down, length, now, first);
  size_t copies = 0;
  for (size_t i = 0; i < passed; i++) {
    rj_fate *own = &fates[copies];
    size_t more =
        rj_direction_pass(up ? &follow->up : &follow->down, length, first[i].arrives, own);
    for (size_t k = 0; k < more; k++)
      if (first[i].corrupt) { /* once is as bad as twice */
        own[k].corrupt = true;
        own[k].bit = first[i].bit;
      }
    copies += more;
  }
  return copies;
}

int64_t rj_host_member_due(const rj_host_member *member) {
  int64_t due = rj_member_deadline(member->member);
  return member->follow == NULL ? due : rj_earlier(due, next_at(member->follow));
}

void rj_host_member_wake(rj_host_member *member, int64_t now) {
  if (member->follow != NULL)
    run(member, now);
  rj_member_wake(member->member, now);
}
