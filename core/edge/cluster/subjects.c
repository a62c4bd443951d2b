/* The subjects of the bus: rejoin.NAME.e for all edges, rejoin.NAME.e.ID for one, and
 * rejoin.NAME.c.APP.CHANNEL for one channel, whose names are base64url without padding, so that any name
 * is one token; "-" stands for the empty app id. */
#include <inttypes.h>
#include <string.h>

#include "edge/edge_internal.h"

/* Letters, digits, '-' and '_': one token of a subject, and no wildcard. */
bool rj_subject_takes_name(const char *cluster) {
  size_t length = strlen(cluster);
  for (size_t i = 0; i < length; i++) {
    if (!g_ascii_isalnum(cluster[i]) && cluster[i] != '-' && cluster[i] != '_')
      return false;
  }
  return length > 0 && length <= RJ_CLUSTER_NAME_MAX;
}

char *rj_subject_all(const char *cluster) {
  return g_strdup_printf("rejoin.%s.e", cluster);
}

char *rj_subject_edge(const char *cluster, uint64_t edge) {
  return g_strdup_printf("rejoin.%s.e.%016" PRIx64, cluster, edge);
}

static char *token_of(const char *text) {
  if (*text == '\0')
    return g_strdup("-");
  char *token = g_base64_encode((const guchar *)text, strlen(text));
  g_strdelimit(token, "+", '-');
  g_strdelimit(token, "/", '_');
  g_strdelimit(token, "=", '\0');
  return token;
}

char *rj_subject_channel(const char *cluster, const char *app_id, const char *channel) {
  char *app = token_of(app_id), *name = token_of(channel);
  char *subject = g_strdup_printf("rejoin.%s.c.%s.%s", cluster, app, name);
  g_assert(strlen(subject) <= RJ_BUS_SUBJECT_MAX);
  g_free(app);
  g_free(name);
  return subject;
}
