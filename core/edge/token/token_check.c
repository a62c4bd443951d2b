/* Does this token let this member in, and for how long? The order of SPEC section 1: another app's
 * goes before whatever else is wrong, and that before the expiry. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/time.h"
#include "edge/token/token.h"

static bool same_text(rj_token_text text, const char *wanted) {
  size_t length = strlen(wanted);
  return text.length == length && (length == 0 || memcmp(text.data, wanted, length) == 0);
}

static bool same_crc(uint32_t crc, const char *text) {
  return rj_token_crc32(text, strlen(text)) == crc;
}

static bool fits_006(const rj_token *token, const char *certificate, const char *channel,
                     const char *uid) {
  uint8_t expected[RJ_TOKEN_SIGNATURE];
  rj_token_sign_006(certificate, token->app_id, channel, uid, token->signed_bytes, expected);
  return rj_token_same_signature(expected, token->signature.data);
}

bool rj_token_is_signed(const rj_token *token, const char *certificate, const char *channel,
                        const char *uid) {
  if (certificate == NULL)
    return false;
  if (token->version == 7) {
    uint8_t expected[RJ_TOKEN_SIGNATURE];
    rj_token_sign_007(certificate, (uint32_t)token->issued_at, token->salt, token->signed_bytes,
                      expected);
    return rj_token_same_signature(expected, token->signature.data);
  }
  /* the CRC of "", which is any, is 0; that of a uid may be it too */
  bool fits = token->uid_crc == 0 && fits_006(token, certificate, channel, "");
  return fits || (same_crc(token->uid_crc, uid) && fits_006(token, certificate, channel, uid));
}

/* A uid that the edge has yet to pick is "": what names one does not fit it. */
static bool fits_uid(const rj_token *token, const char *uid) {
  if (token->version == 7)
    return token->uid.length == 0 || same_text(token->uid, uid);
  return token->uid_crc == 0 || same_crc(token->uid_crc, uid);
}

static bool fits_channel(const rj_token *token, const char *channel) {
  return token->version == 7 ? same_text(token->channel, channel)
                             : same_crc(token->channel_crc, channel);
}

static bool is_over(int64_t ends, int64_t wall) {
  return ends != RJ_TOKEN_NEVER && ends * RJ_SECOND <= wall;
}

static rj_token_verdict judge(const rj_token *token, const rj_token_wanted *wanted) {
  char uid[16] = "";
  if (wanted->uid != 0)
    g_snprintf(uid, sizeof uid, "%" G_GUINT32_FORMAT, wanted->uid);
  if (!same_text(token->app_id, wanted->app_id))
    return RJ_TOKEN_OTHER_APP;
  /* 006 does not carry what its signature covers: there it is right only for the right channel */
  if (token->version == 6 && !fits_channel(token, wanted->channel))
    return RJ_TOKEN_OTHER_CHANNEL;
  if (token->version == 6 && !fits_uid(token, uid))
    return RJ_TOKEN_OTHER_UID;
  if (!rj_token_is_signed(token, wanted->certificates[0], wanted->channel, uid) &&
      !rj_token_is_signed(token, wanted->certificates[1], wanted->channel, uid))
    return RJ_TOKEN_FORGED;
  if (!token->has_service || !token->has_join)
    return RJ_TOKEN_NO_JOIN;
  if (!fits_channel(token, wanted->channel))
    return RJ_TOKEN_OTHER_CHANNEL;
  if (!fits_uid(token, uid))
    return RJ_TOKEN_OTHER_UID;
  if (is_over(token->ends, wanted->wall))
    return RJ_TOKEN_EXPIRED;
  return is_over(token->join_ends, wanted->wall) ? RJ_TOKEN_JOIN_EXPIRED : RJ_TOKEN_GOOD;
}

rj_token_result rj_token_check(const char *text, const rj_token_wanted *wanted) {
  rj_token token;
  char why[RJ_TOKEN_WHY_SIZE];
  if (text == NULL || *text == '\0')
    return (rj_token_result){.verdict = RJ_TOKEN_MISSING};
  if (!rj_token_read(&token, text, why))
    return (rj_token_result){.verdict = RJ_TOKEN_MALFORMED};
  rj_token_result result = {.verdict = judge(&token, wanted)};
  if (result.verdict == RJ_TOKEN_GOOD)
    result.left = token.join_ends == RJ_TOKEN_NEVER
                      ? INT64_MAX
                      : token.join_ends * RJ_SECOND - rj_later(wanted->wall, 0);
  rj_token_clear(&token);
  return result;
}

int32_t rj_token_reason(rj_token_verdict verdict) {
  switch (verdict) {
  case RJ_TOKEN_GOOD:
    return 0;
  case RJ_TOKEN_OTHER_APP:
    return REASON_INCONSISTENT_APPID;
  case RJ_TOKEN_EXPIRED:
  case RJ_TOKEN_JOIN_EXPIRED:
    return REASON_TOKEN_EXPIRED;
  case RJ_TOKEN_MISSING:
  case RJ_TOKEN_MALFORMED:
  case RJ_TOKEN_OTHER_CHANNEL:
  case RJ_TOKEN_OTHER_UID:
  case RJ_TOKEN_FORGED:
  case RJ_TOKEN_NO_JOIN:
    break;
  }
  return REASON_INVALID_TOKEN;
}

uint32_t rj_token_renewal_code(rj_token_verdict verdict) {
  switch (verdict) {
  case RJ_TOKEN_GOOD:
    return RJ_RENEWAL_OK;
  case RJ_TOKEN_OTHER_APP:
    return RJ_RENEWAL_APP_ID;
  case RJ_TOKEN_OTHER_CHANNEL:
    return RJ_RENEWAL_CHANNEL;
  case RJ_TOKEN_EXPIRED:
  case RJ_TOKEN_JOIN_EXPIRED:
    return RJ_RENEWAL_EXPIRED;
  case RJ_TOKEN_MISSING:
  case RJ_TOKEN_MALFORMED:
  case RJ_TOKEN_OTHER_UID:
  case RJ_TOKEN_FORGED:
  case RJ_TOKEN_NO_JOIN:
    break;
  }
  return RJ_RENEWAL_INVALID;
}

const char *rj_token_verdict_text(rj_token_verdict verdict) {
  switch (verdict) {
  case RJ_TOKEN_GOOD:
    return "token good";
  case RJ_TOKEN_MISSING:
    return "invalid token: there is none";
  case RJ_TOKEN_MALFORMED:
    return "invalid token: malformed";
  case RJ_TOKEN_OTHER_APP:
    return "the token is another app's";
  case RJ_TOKEN_OTHER_CHANNEL:
    return "invalid token: for another channel";
  case RJ_TOKEN_OTHER_UID:
    return "invalid token: for another uid";
  case RJ_TOKEN_FORGED:
    return "invalid token: not signed with the app's certificate";
  case RJ_TOKEN_NO_JOIN:
    return "invalid token: no privilege to join";
  case RJ_TOKEN_EXPIRED:
    return "token expired";
  case RJ_TOKEN_JOIN_EXPIRED:
    return "token expired: the privilege to join";
  }
  return "unknown";
}
