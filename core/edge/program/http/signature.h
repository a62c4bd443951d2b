/* The signature of a delivery: whoever shares the secret can tell who sent it, and when. */
#ifndef RJ_HTTP_SIGNATURE_H
#define RJ_HTTP_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

/* "t=1700000000,v1=…": HMAC-SHA256 over "t.body" in hexadecimal; seconds since 1970. The caller's
 * (g_free). */
char *rj_http_signature(const char *secret, int64_t seconds, const char *body, size_t length);

#endif
