/* Numbers the events of each user, from 1: so a receiver sees their order, and what it missed. */
#ifndef RJ_HTTP_USER_NUMBERS_H
#define RJ_HTTP_USER_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct rj_user_numbers rj_user_numbers;

/* For so many users; beyond, the one whose last event is the oldest begins anew. */
rj_user_numbers *rj_user_numbers_new(size_t users);
void rj_user_numbers_free(rj_user_numbers *numbers);
/* The number of this user's next event. */
uint64_t rj_user_numbers_next(rj_user_numbers *numbers, const char *app_id, const char *channel,
                              uint32_t uid);

#endif
