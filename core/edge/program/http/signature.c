/* HMAC-SHA256 with GLib. */
#include "edge/program/http/signature.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

char *rj_http_signature(const char *secret, int64_t seconds, const char *body, size_t length) {
  char stamp[32];
  g_snprintf(stamp, sizeof stamp, "%" PRId64 ".", seconds);
  GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret));
  g_hmac_update(hmac, (const guchar *)stamp, (gssize)strlen(stamp));
  g_hmac_update(hmac, (const guchar *)body, (gssize)length);
  char *text = g_strdup_printf("t=%" PRId64 ",v1=%s", seconds, g_hmac_get_string(hmac));
  g_hmac_unref(hmac);
  return text;
}
