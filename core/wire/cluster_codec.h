/* What the edges of a cluster say to each other, as structs and as bytes: the twin of codec.h. */
#ifndef RJ_WIRE_CLUSTER_CODEC_H
#define RJ_WIRE_CLUSTER_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "cluster.pb.h" /* built from wire/cluster.proto */

typedef rejoin_ClusterMessage rj_cluster_message; /* about 10 KB: keep one per edge */

enum { RJ_CLUSTER_VERSION = 1 };

/* SharedMember.how */
enum { RJ_REPLACED_MOVED = 0, RJ_REPLACED_LEFT = 1, RJ_REPLACED_TAKEN_OVER = 2 };
/* SharedPage.answer */
enum { RJ_ANSWER_NOTHING = 0, RJ_ANSWER_PAGES = 1, RJ_ANSWER_DIGEST = 2 };
/* SharedChange.ended, beside the reasons */
enum { RJ_SHARED_ENDED_NOTHING = 0, RJ_SHARED_ENDED_LEFT = 1 };

/* Encodes into buffer; the length, or 0 when it does not fit (a programming error: every message
 * fits RJ_CLUSTER_MESSAGE_MAX). */
size_t rj_cluster_encode(const rj_cluster_message *message, uint8_t *buffer, size_t capacity);
/* Decodes and checks: bounds, version, known body, channel where one is due, enums in range, members
 * ascending. False: malformed; *why (may be NULL) is a static text. */
bool rj_cluster_decode(rj_cluster_message *message, const uint8_t *data, size_t length,
                       const char **why);

#endif
