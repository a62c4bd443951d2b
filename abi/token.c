/* Tokens for apps: made as the app's own server makes them, and explained. */
#include <glib.h>
#include <rejoin/rejoin.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "edge/token/token.h"
#include "errors.h"
#include "sizes.h"

_Static_assert((int)RJ_TOKEN_LIST == (int)RJ_TOKEN_SERVICES &&
                   (int)RJ_TOKEN_LIST == (int)RJ_TOKEN_PRIVILEGES,
               "what is kept of a token fits what is shown of it");

static int32_t fail(const char *text) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "%s", text);
}

/* ---- build ---- */

static int compare_grants(const void *a, const void *b) {
  const rj_token_grant *one = a, *other = b;
  return (one->key > other->key) - (one->key < other->key);
}

static int32_t take_privileges(const rj_token_options *options,
                               rj_token_grant grants[RJ_TOKEN_PRIVILEGES]) {
  if (options->privilege_count > RJ_TOKEN_PRIVILEGES)
    return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT,
                   "privilege_count is %lu; it must be at most %d",
                   (unsigned long)options->privilege_count, (int)RJ_TOKEN_PRIVILEGES);
  if (options->privileges == NULL && options->privilege_count > 0)
    return fail("privileges is NULL; privilege_count says that there are some");
  for (uint32_t i = 0; i < options->privilege_count; i++) {
    if (options->privileges[i].privilege > UINT16_MAX)
      return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT,
                     "privileges[%lu] is %lu; a privilege is at most 65535", (unsigned long)i,
                     (unsigned long)options->privileges[i].privilege);
    grants[i] = (rj_token_grant){.key = (uint16_t)options->privileges[i].privilege,
                                 .seconds = options->privileges[i].seconds};
  }
  qsort(grants, options->privilege_count, sizeof grants[0], compare_grants);
  return RJ_OK;
}

int32_t rj_token_build(const rj_token_options *given, char *text, size_t capacity, size_t *length) {
  if (given == NULL || length == NULL || (text == NULL && capacity > 0))
    return fail(given == NULL    ? "options is NULL"
                : length == NULL ? "length is NULL"
                                 : "text is NULL");
  *length = 0;
  rj_token_options options;
  int32_t status = rj_size_take(&options, sizeof options, given, "rj_token_options", RJ_NO_HANDLE);
  if (status != RJ_OK)
    return status;
  if (options.certificate == NULL || options.channel == NULL)
    return fail(options.channel == NULL ? "channel is NULL" : "certificate is NULL");
  rj_token_grant grants[RJ_TOKEN_PRIVILEGES];
  if ((status = take_privileges(&options, grants)) != RJ_OK)
    return status;
  char uid[16], why[RJ_TOKEN_WHY_SIZE];
  g_snprintf(uid, sizeof uid, "%" G_GUINT32_FORMAT, options.uid);
  const rj_token_parts parts = {
      .version = options.version != 0 ? options.version : 7,
      .app_id = options.app_id != NULL ? options.app_id : "",
      .certificate = options.certificate,
      .channel = options.channel,
      .uid = uid,
      .issued_at = options.issued_at,
      .expire = options.expire,
      .salt = options.salt,
      .grants = grants,
      .grant_count = options.privilege_count,
  };
  char *token = rj_token_make(&parts, why);
  if (token == NULL)
    return fail(why);
  *length = strlen(token);
  if (*length < capacity)
    memcpy(text, token, *length + 1);
  else
    status =
        rj_fail(RJ_NO_HANDLE, RJ_ERR_BUFFER_TOO_SMALL,
                "capacity is %zu; the token and its NUL need %zu bytes", capacity, *length + 1);
  g_free(token);
  return status;
}

/* ---- inspect ---- */

static void show(char *to, size_t size, rj_token_text text) {
  char *shown = rj_token_printable(text, RJ_TOKEN_UID_MAX);
  g_strlcpy(to, shown, size);
  g_free(shown);
}

/* Seconds since 1970; 0 = never. */
static int64_t moment(int64_t ends) {
  return ends == RJ_TOKEN_NEVER ? 0 : ends;
}

static void describe(rj_token_info *info, const rj_token *token) {
  info->version = token->version;
  info->issued_at = token->issued_at;
  info->expires_at = token->ends;
  info->salt = token->salt;
  info->any_uid =
      token->version == 7 ? token->has_service && token->uid.length == 0 : token->uid_crc == 0;
  show(info->app_id, sizeof info->app_id, token->app_id);
  show(info->channel, sizeof info->channel, token->channel);
  show(info->uid, sizeof info->uid, token->uid);
  info->service_count = token->service_count;
  info->services_known = token->service_seen;
  for (uint32_t i = 0; i < token->service_seen; i++)
    info->services[i] = token->services[i];
  info->privilege_count = token->privilege_count;
  info->privileges_known = token->privilege_seen;
  for (uint32_t i = 0; i < token->privilege_seen; i++) {
    info->privileges[i] = token->privileges[i].key;
    info->privileges_expire_at[i] = moment(token->privileges[i].ends);
  }
}

int32_t rj_token_inspect(const char *token, const char *certificate, const char *channel,
                         const char *uid, int64_t now, rj_token_info *out) {
  if (token == NULL || out == NULL)
    return fail(token == NULL ? "token is NULL" : "out is NULL");
  int32_t status = rj_size_check(out, offsetof(rj_token_info, salt), "rj_token_info", RJ_NO_HANDLE);
  if (status != RJ_OK)
    return status;
  const rj_token_question question = {
      .certificate = certificate, .channel = channel, .uid = uid, .now = now};
  rj_token_report report;
  rj_token_explain(&report, token, &question);
  rj_token_info info = {.valid = report.valid, .signature_valid = report.signature_valid};
  if (report.is_token)
    describe(&info, &report.token);
  g_strlcpy(info.reason, report.reason, sizeof info.reason);
  rj_size_give(out, &info, sizeof info);
  rj_token_report_clear(&report);
  return RJ_OK;
}
