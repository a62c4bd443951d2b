/* Makes tokens that rj_token_make does not: of any content, rightly signed and packed. */
#ifndef RJ_TESTS_EDGE_FORGE_H
#define RJ_TESTS_EDGE_FORGE_H

#include <glib.h>
#include <stdint.h>

#define FORGE_APP_ID      "0123456789abcdef0123456789abcdef"
#define FORGE_CERTIFICATE "fedcba9876543210fedcba9876543210"

void forge_u16(GByteArray *to, unsigned value);
void forge_u32(GByteArray *to, uint32_t value);
void forge_text(GByteArray *to, const char *text);
/* app id, issued_at, expire, salt 7, and the number of services; services are to follow. */
GByteArray *forge_signed(uint32_t issued_at, uint32_t expire, unsigned services);
/* A service RTC with the privileges 1 to `count`. */
void forge_rtc(GByteArray *to, unsigned count, uint32_t seconds, const char *channel,
               const char *uid);
/* Takes SIGNED and gives the token (g_free). */
char *forge_token(GByteArray *signed_bytes);
/* Any bytes as "007" + base64(zlib(bytes)). */
char *forge_packed(const uint8_t *data, size_t length);
/* The same at level 0: a stored block. */
char *forge_stored(const uint8_t *data, size_t length);
/* The same at a level, flushed after each half: a stream of several blocks. */
char *forge_flushed(const uint8_t *data, size_t length, int level);

#endif
