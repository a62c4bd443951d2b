/* A member's link that follows a profile: which step it is at, and its faults beside the app's own. */
#ifndef RJ_HOST_FOLLOW_H
#define RJ_HOST_FOLLOW_H

#include "host/host.h"
#include "host/network_profile.h"

typedef struct rj_follow rj_follow;

/* The copies of one datagram that has two sets of faults to pass. */
enum { RJ_FOLLOW_FATES_MAX = RJ_FATES_MAX * RJ_FATES_MAX };

/* What becomes of a datagram of the member: as rj_direction_pass, through the app's faults and then the profile's. */
size_t rj_host_member_pass(rj_host_member *member, bool up, size_t length, int64_t now,
                           rj_fate fates[RJ_FOLLOW_FATES_MAX]);
/* When the member has something to do: its own deadline or its profile's next step. */
int64_t rj_host_member_due(const rj_host_member *member);
/* Takes the steps that are due, then wakes the member. */
void rj_host_member_wake(rj_host_member *member, int64_t now);
/* nat_idle_ns of the step that it is at; 0: none, also where `follow` is NULL. */
int64_t rj_follow_nat_idle(const rj_follow *follow);
void rj_follow_free(rj_follow *follow); /* NULL is nothing */

#endif
