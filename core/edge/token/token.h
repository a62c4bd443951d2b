/* Tokens (SPEC section 6): reading, signing, building, checking and explaining the formats 007 and
 * 006. No clock is read here: whoever asks says what time it is. */
#ifndef RJ_EDGE_TOKEN_TOKEN_H
#define RJ_EDGE_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

enum {
  RJ_TOKEN_WHY_SIZE = 256, /* a complaint in words */
  RJ_TOKEN_SIGNATURE = 32, /* bytes of an HMAC-SHA256 */
  RJ_TOKEN_SERVICE_RTC = 1
};

enum {
  RJ_TOKEN_PRIVILEGE_JOIN = 1,
  RJ_TOKEN_PRIVILEGE_AUDIO,
  RJ_TOKEN_PRIVILEGE_VIDEO,
  RJ_TOKEN_PRIVILEGE_DATA
};

/* A moment that never comes. */
#define RJ_TOKEN_NEVER INT64_MAX

/* Bytes in a token; they may be anything. */
typedef struct {
  const uint8_t *data;
  size_t length;
} rj_token_text;

typedef struct {
  uint16_t key;
  int64_t ends; /* seconds since 1970; RJ_TOKEN_NEVER: no limit of its own */
} rj_token_right;

/* A token as it was read; the texts point into `bytes`. */
typedef struct {
  uint8_t *bytes;    /* owned */
  int version;       /* 7 or 6 */
  bool has_service;  /* one of type RTC */
  bool has_join;     /* the privilege to join */
  int64_t issued_at; /* seconds since 1970; 006 does not say: 0 */
  int64_t ends;      /* when the token itself expires */
  int64_t join_ends; /* with has_join */
  uint32_t salt;
  uint32_t channel_crc, uid_crc; /* 006 */
  rj_token_text app_id;
  rj_token_text signature;    /* RJ_TOKEN_SIGNATURE bytes */
  rj_token_text signed_bytes; /* 007: SIGNED; 006: M */
  rj_token_text channel, uid; /* 007; an empty uid is any */
  uint32_t service_count;     /* as the token says */
  uint32_t service_seen;      /* those whose type could be read … */
  uint16_t services[RJ_TOKEN_SERVICES];
  uint32_t privilege_count; /* of the service RTC … */
  uint32_t privilege_seen;
  rj_token_right privileges[RJ_TOKEN_PRIVILEGES];
} rj_token;

/* ------------------------------------------------------------------ token_format.c */

/* Words a complaint, and returns false. */
bool rj_token_complain(char why[RJ_TOKEN_WHY_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False: not a token, `why` says which part is wrong, and there is nothing to clear. */
bool rj_token_read(rj_token *token, const char *text, char why[RJ_TOKEN_WHY_SIZE]);
void rj_token_clear(rj_token *token);

/* ------------------------------------------------------------------ token_pack.c */

/* Strict base64: nothing but the alphabet, full padding, no bit that means nothing. NULL: not such a
 * text; else the caller's. */
uint8_t *rj_token_base64(const char *text, size_t length, size_t *out_length);
/* All of it is one zlib stream of at most RJ_TOKEN_INFLATED_MAX bytes. NULL: not so, *why (static)
 * says what is wrong; else the caller's. */
uint8_t *rj_token_inflate(const uint8_t *data, size_t length, size_t *out_length, const char **why);
/* The caller's. */
uint8_t *rj_token_deflate(const uint8_t *data, size_t length, size_t *out_length);
/* CRC-32 as in zlib. */
uint32_t rj_token_crc32(const void *data, size_t length);

/* ------------------------------------------------------------------ token_deflate.c */

/* Are all bits 0 that mean nothing in this deflate stream, which can be inflated and is nothing but
 * one? */
bool rj_token_pads_with_zeros(const uint8_t *data, size_t length);

/* ------------------------------------------------------------------ token_sign.c */

void rj_token_sign_007(const char *certificate, uint32_t issued_at, uint32_t salt,
                       rj_token_text signed_bytes, uint8_t signature[RJ_TOKEN_SIGNATURE]);
void rj_token_sign_006(const char *certificate, rj_token_text app_id, const char *channel,
                       const char *uid, rj_token_text message,
                       uint8_t signature[RJ_TOKEN_SIGNATURE]);
/* Takes the same time wherever they differ. */
bool rj_token_same_signature(const uint8_t a[RJ_TOKEN_SIGNATURE],
                             const uint8_t b[RJ_TOKEN_SIGNATURE]);

/* ------------------------------------------------------------------ token_build.c */

typedef struct {
  uint16_t key;
  uint32_t seconds; /* after issued_at; 0: no limit of its own */
} rj_token_grant;

typedef struct {
  int version; /* 7 or 6 */
  const char *app_id, *certificate, *channel;
  const char *uid;                  /* decimal or an account; "" and "0": any */
  uint32_t issued_at, expire, salt; /* expire: seconds after issued_at */
  const rj_token_grant *grants;     /* ascending by key */
  size_t grant_count;
} rj_token_parts;

/* The caller's (g_free). NULL: `why` names the part and its rule. */
char *rj_token_make(const rj_token_parts *parts, char why[RJ_TOKEN_WHY_SIZE]);

/* ------------------------------------------------------------------ token_check.c */

/* What is wrong with a token, in the order in which one goes before the other. */
typedef enum {
  RJ_TOKEN_GOOD,
  RJ_TOKEN_MISSING,
  RJ_TOKEN_MALFORMED,
  RJ_TOKEN_OTHER_APP,
  RJ_TOKEN_OTHER_CHANNEL,
  RJ_TOKEN_OTHER_UID,
  RJ_TOKEN_FORGED, /* the signature is not made with (one of) the app's certificates */
  RJ_TOKEN_NO_JOIN,
  RJ_TOKEN_EXPIRED,
  RJ_TOKEN_JOIN_EXPIRED
} rj_token_verdict;

/* Whose token it is to be. */
typedef struct {
  const char *app_id, *channel;
  uint32_t uid;                /* 0: the edge picks it */
  const char *certificates[2]; /* NULL: there is none */
  int64_t wall;                /* ns since 1970 */
} rj_token_wanted;

typedef struct {
  rj_token_verdict verdict;
  int64_t left; /* GOOD: ns until the privilege to join ends; INT64_MAX: it does not */
} rj_token_result;

/* text: NULL or "" is no token. */
rj_token_result rj_token_check(const char *text, const rj_token_wanted *wanted);
/* Is this the certificate that signed it? channel and uid are for 006, which does not carry them. */
bool rj_token_is_signed(const rj_token *token, const char *certificate, const char *channel,
                        const char *uid);
/* What is wrong, in words; static. */
const char *rj_token_verdict_text(rj_token_verdict verdict);

/* What renew_token_result says (S-20); 1 and 6 have other causes than the token. */
enum {
  RJ_RENEWAL_OK = 0,
  RJ_RENEWAL_EXPIRED = 2,
  RJ_RENEWAL_INVALID = 3,
  RJ_RENEWAL_CHANNEL = 4,
  RJ_RENEWAL_APP_ID = 5
};

/* 0, 8, 9 or 24 (SPEC section 1). */
int32_t rj_token_reason(rj_token_verdict verdict);
/* One of RJ_RENEWAL_…. */
uint32_t rj_token_renewal_code(rj_token_verdict verdict);

/* ------------------------------------------------------------------ token_inspect.c */

typedef struct {
  const char *certificate; /* NULL: the signature is not looked at */
  const char *channel;     /* NULL: any; the signature of 006 covers it */
  const char *uid;         /* decimal; NULL: any; "" or "0": picked by the edge */
  int64_t now;             /* seconds since 1970 */
} rj_token_question;

typedef struct {
  bool is_token;       /* else `token` holds nothing */
  rj_token token;      /* to be cleared */
  int signature_valid; /* 1, 0; -1: not looked at */
  bool valid;          /* it lets a member join now */
  char *reason;        /* in words why (not); the caller's (g_free) */
} rj_token_report;

/* Explains a token. Never says what signature it expected. */
void rj_token_explain(rj_token_report *report, const char *text, const rj_token_question *question);
void rj_token_report_clear(rj_token_report *report);
/* The caller's (g_free): what may be shown of it, the rest as \xNN, cut at `most` bytes. */
char *rj_token_printable(rj_token_text text, size_t most);

#endif
