/* NAT mappings that lapse. Nothing waits for the moment: whoever passes finds out. */
#include "host/nat.h"

#include "base/numbers.h"
#include "host/host_internal.h"

/* The shorter of what the app and the profile say; 0: neither does. */
static int64_t idle(const rj_host_member *member) {
  int64_t own = member->up.faults.nat_idle_ns, followed = rj_follow_nat_idle(member->follow);
  return own == 0 || followed == 0 ? own + followed : rj_earlier(own, followed);
}

bool rj_host_member_nat_lets_in(rj_host_member *member, int64_t now) {
  rj_nat *nat = &member->nat;
  int64_t most = idle(member);
  if (nat->state == RJ_NAT_USED && most > 0 && now >= rj_after(nat->used_at, most))
    nat->state = RJ_NAT_LAPSED;
  return nat->state != RJ_NAT_LAPSED;
}

void rj_host_member_nat_lets_out(rj_host_member *member, int64_t now) {
  if (!rj_host_member_nat_lets_in(member, now)) {
    const rj_path_change change = {.kind = RJ_PATH_REBIND_PORT};
    char error[RJ_HOST_ERROR_SIZE];
    (void)rj_host_member_change_path(member, &change, now, error);
  }
  member->nat = (rj_nat){.state = RJ_NAT_USED, .used_at = now};
}
