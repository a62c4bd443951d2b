/* What a member's arguments must be (SPEC sections 1 and 3, S-2), with the words for those that are
 * not. */
#ifndef RJ_CLIENT_RULES_H
#define RJ_CLIENT_RULES_H

#include <stddef.h>
#include <stdint.h>

enum { RJ_RULE_TEXT_SIZE = 192 };

/* Each returns STATUS_OK or the status of S-2, and then a text that names the argument, what was
 * given and the rule. */
int32_t rj_rule_channel(const char *channel, char text[RJ_RULE_TEXT_SIZE]);
/* NULL and "" are no token; then STATUS_OK unless required (renew_token, S-23). */
int32_t rj_rule_token(const char *token, int required, char text[RJ_RULE_TEXT_SIZE]);
/* NULL is "". */
int32_t rj_rule_app_id(const char *app_id, char text[RJ_RULE_TEXT_SIZE]);
/* The name of a cluster: a part of its bus's subjects. */
int32_t rj_rule_cluster(const char *name, char text[RJ_RULE_TEXT_SIZE]);

#endif
