/* Reads the token formats 007 and 006 into one struct. A token is hostile input: every length is
 * held against what is there, and nothing is overlooked. */
#include <glib.h>
#include <string.h>

#include "edge/token/token.h"

enum { VERSION = 3, APP_ID_006 = 32 /* characters */ };

/* ------------------------------------------------------------------ little-endian fields */

typedef struct {
  const uint8_t *at, *end;
  const char *missing; /* what was cut off first; NULL: nothing yet */
} reader;

static const uint8_t *take(reader *r, size_t length, const char *what) {
  if (r->missing != NULL || (size_t)(r->end - r->at) < length) {
    if (r->missing == NULL)
      r->missing = what;
    return NULL;
  }
  const uint8_t *at = r->at;
  r->at += length;
  return at;
}

static uint16_t take_u16(reader *r, const char *what) {
  const uint8_t *at = take(r, 2, what);
  uint16_t value = 0;
  if (at != NULL)
    value = (uint16_t)((unsigned)at[1] << 8 | at[0]);
  return value;
}

static uint32_t take_u32(reader *r, const char *what) {
  const uint8_t *at = take(r, 4, what);
  return at == NULL ? 0
                    : (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                          (uint32_t)at[3] << 24;
}

static rj_token_text take_text(reader *r, const char *what) {
  size_t length = take_u16(r, what);
  const uint8_t *at = take(r, length, what);
  return (rj_token_text){.data = at, .length = at == NULL ? 0 : length};
}

/* ------------------------------------------------------------------ complaints */

bool rj_token_complain(char why[RJ_TOKEN_WHY_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_vsnprintf(why, RJ_TOKEN_WHY_SIZE, format, arguments);
  va_end(arguments);
  return false;
}

static bool complain_missing(const reader *r, char why[RJ_TOKEN_WHY_SIZE]) {
  return rj_token_complain(why, "it ends within its %s", r->missing);
}

/* ------------------------------------------------------------------ privileges */

/* A map of the service RTC. `since`: what the times count from. */
static bool read_privileges(rj_token *token, reader *r, int64_t since,
                            char why[RJ_TOKEN_WHY_SIZE]) {
  token->privilege_count = take_u16(r, "privileges");
  int32_t previous = -1;
  for (uint32_t i = 0; i < token->privilege_count; i++) {
    uint16_t key = take_u16(r, "privileges");
    uint32_t value = take_u32(r, "privileges");
    if (r->missing != NULL)
      return complain_missing(r, why);
    if (key <= previous)
      return rj_token_complain(why, "its privileges do not ascend");
    previous = key;
    int64_t ends = value == 0 ? RJ_TOKEN_NEVER : since + value;
    if (key == RJ_TOKEN_PRIVILEGE_JOIN) {
      token->has_join = true;
      token->join_ends = ends;
    }
    if (token->privilege_seen < RJ_TOKEN_PRIVILEGES)
      token->privileges[token->privilege_seen++] = (rj_token_right){.key = key, .ends = ends};
  }
  return r->missing == NULL || complain_missing(r, why);
}

static bool read_signature(rj_token *token, reader *r, char why[RJ_TOKEN_WHY_SIZE]) {
  token->signature = take_text(r, "signature");
  if (r->missing != NULL)
    return complain_missing(r, why);
  if (token->signature.length != RJ_TOKEN_SIGNATURE)
    return rj_token_complain(why, "its signature is %zu bytes long; it has %d",
                             token->signature.length, (int)RJ_TOKEN_SIGNATURE);
  return true;
}

/* ------------------------------------------------------------------ 007 */

/* What a service of another type than RTC consists of is not known, so nothing can be read behind
 * the type of the first one; the signature covers it all the same. */
static bool read_services(rj_token *token, reader *r, char why[RJ_TOKEN_WHY_SIZE]) {
  token->service_count = take_u16(r, "services");
  int32_t previous = -1;
  for (uint32_t i = 0; i < token->service_count; i++) {
    uint16_t type = take_u16(r, "services");
    if (r->missing != NULL)
      return complain_missing(r, why);
    if (type <= previous)
      return rj_token_complain(why, "its services do not ascend");
    previous = type;
    if (token->service_seen < RJ_TOKEN_SERVICES)
      token->services[token->service_seen++] = type;
    if (type != RJ_TOKEN_SERVICE_RTC)
      return true;
    token->has_service = true;
    if (!read_privileges(token, r, token->issued_at, why))
      return false;
    token->channel = take_text(r, "channel");
    token->uid = take_text(r, "uid");
    if (r->missing != NULL)
      return complain_missing(r, why);
  }
  if (r->missing != NULL)
    return complain_missing(r, why);
  return r->at == r->end || rj_token_complain(why, "something follows its last service");
}

static bool read_007(rj_token *token, const char *text, char why[RJ_TOKEN_WHY_SIZE]) {
  size_t packed_length, length;
  uint8_t *packed = rj_token_base64(text, strlen(text), &packed_length);
  if (packed == NULL)
    return rj_token_complain(why, "what follows \"007\" is not base64");
  const char *fault;
  token->bytes = rj_token_inflate(packed, packed_length, &length, &fault);
  g_free(packed);
  if (token->bytes == NULL)
    return rj_token_complain(why, "%s", fault);

  reader r = {.at = token->bytes, .end = token->bytes + length};
  if (!read_signature(token, &r, why))
    return false;
  token->signed_bytes = (rj_token_text){.data = r.at, .length = (size_t)(r.end - r.at)};
  token->app_id = take_text(&r, "app id");
  token->issued_at = take_u32(&r, "time of issue");
  token->ends = token->issued_at + take_u32(&r, "expiry");
  token->salt = take_u32(&r, "salt");
  return read_services(token, &r, why);
}

/* ------------------------------------------------------------------ 006 */

static bool read_message_006(rj_token *token, char why[RJ_TOKEN_WHY_SIZE]) {
  rj_token_text message = token->signed_bytes;
  reader r = {.at = message.data, .end = message.data + message.length};
  token->salt = take_u32(&r, "salt");
  token->ends = take_u32(&r, "expiry");
  if (!read_privileges(token, &r, 0, why))
    return false;
  return r.at == r.end || rj_token_complain(why, "something follows its last privilege");
}

static bool read_006(rj_token *token, const char *text, char why[RJ_TOKEN_WHY_SIZE]) {
  size_t text_length = strlen(text), length;
  if (text_length < APP_ID_006)
    return rj_token_complain(why, "it ends within its app id, which has %d characters",
                             (int)APP_ID_006);
  uint8_t *content = rj_token_base64(text + APP_ID_006, text_length - APP_ID_006, &length);
  if (content == NULL)
    return rj_token_complain(why, "what follows its app id is not base64");
  /* one block of memory for both: the app id stands behind the content */
  token->bytes = g_realloc(content, length + APP_ID_006);
  memcpy(token->bytes + length, text, APP_ID_006);
  token->app_id = (rj_token_text){.data = token->bytes + length, .length = APP_ID_006};
  token->has_service = true;
  token->service_count = token->service_seen = 1;
  token->services[0] = RJ_TOKEN_SERVICE_RTC;

  reader r = {.at = token->bytes, .end = token->bytes + length};
  if (!read_signature(token, &r, why))
    return false;
  token->channel_crc = take_u32(&r, "channel's CRC");
  token->uid_crc = take_u32(&r, "uid's CRC");
  token->signed_bytes = take_text(&r, "signed part");
  if (r.missing != NULL)
    return complain_missing(&r, why);
  if (r.at != r.end)
    return rj_token_complain(why, "something follows its signed part");
  return read_message_006(token, why);
}

/* ------------------------------------------------------------------ both */

bool rj_token_read(rj_token *token, const char *text, char why[RJ_TOKEN_WHY_SIZE]) {
  *token = (rj_token){0};
  size_t length = strlen(text);
  bool taken;
  if (length > RJ_TOKEN_MAX) {
    return rj_token_complain(why, "it is %zu bytes long; at most %d are allowed", length,
                             (int)RJ_TOKEN_MAX);
  } else if (strncmp(text, "007", VERSION) == 0) {
    token->version = 7;
    taken = read_007(token, text + VERSION, why);
  } else if (strncmp(text, "006", VERSION) == 0) {
    token->version = 6;
    taken = read_006(token, text + VERSION, why);
  } else {
    return rj_token_complain(why, "it begins with neither \"007\" nor \"006\"");
  }
  if (!taken)
    rj_token_clear(token);
  return taken;
}

void rj_token_clear(rj_token *token) {
  g_free(token->bytes);
  *token = (rj_token){0};
}
