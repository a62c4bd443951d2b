/* Explains a token in words: what it grants and until when, or all that is wrong with it. */
#include <glib.h>
#include <string.h>

#include "edge/token/token.h"

enum { SHOWN = 64 /* bytes of a text in a sentence */ };

/* ------------------------------------------------------------------ words */

char *rj_token_printable(rj_token_text text, size_t most) {
  GString *out = g_string_new(NULL);
  for (size_t i = 0; i < text.length && i < most; i++) {
    if (g_ascii_isprint(text.data[i]) && text.data[i] != '\\')
      g_string_append_c(out, (char)text.data[i]);
    else
      g_string_append_printf(out, "\\x%02x", text.data[i]);
  }
  if (text.length > most)
    g_string_append(out, "...");
  return g_string_free(out, FALSE);
}

static void say_time(GString *out, int64_t seconds) {
  GDateTime *time = g_date_time_new_from_unix_utc(seconds);
  char *text = g_date_time_format(time, "%Y-%m-%d %H:%M:%S UTC");
  g_string_append(out, text);
  g_free(text);
  g_date_time_unref(time);
}

/* Sentences are put beside each other. */
static GString *next(GString *out) {
  return out->len > 0 ? g_string_append(out, "; ") : out;
}

static bool same_text(rj_token_text text, const char *wanted) {
  return text.length == strlen(wanted) &&
         (text.length == 0 || memcmp(text.data, wanted, text.length) == 0);
}

/* ------------------------------------------------------------------ what is wrong */

static void say_signature(GString *out, rj_token_report *report, const rj_token_question *question,
                          const char *uid) {
  const rj_token *token = &report->token;
  report->signature_valid = -1;
  if (question->certificate == NULL) {
    g_string_append(next(out), "the signature was not looked at: no certificate was given");
    return;
  }
  bool is_complete =
      token->version == 7 || (question->channel != NULL && (uid != NULL || token->uid_crc == 0));
  if (!is_complete) {
    g_string_append(next(out), "the signature was not looked at: that of a 006 token covers its "
                               "channel and uid, which it does not carry; give both");
    return;
  }
  report->signature_valid = rj_token_is_signed(token, question->certificate,
                                               question->channel != NULL ? question->channel : "",
                                               uid != NULL ? uid : "");
  if (report->signature_valid == 0)
    g_string_append(next(out), token->version == 7
                                   ? "the signature is not made with this certificate"
                                   : "the signature is not made with this certificate for this "
                                     "channel and uid");
}

static void say_rights(GString *out, const rj_token *token) {
  if (!token->has_service)
    g_string_append(next(out), "it has no service of type 1 (RTC), so it lets nobody join");
  else if (!token->has_join)
    g_string_append(next(out), "it has no privilege 1 (join)");
}

static void say_channel(GString *out, const rj_token *token, const char *channel) {
  if (channel == NULL || !token->has_service)
    return;
  if (token->version == 6) {
    if (rj_token_crc32(channel, strlen(channel)) != token->channel_crc)
      g_string_append_printf(next(out), "it is for another channel than \"%s\"", channel);
  } else if (!same_text(token->channel, channel)) {
    char *shown = rj_token_printable(token->channel, SHOWN);
    g_string_append_printf(next(out), "it is for the channel \"%s\", not \"%s\"", shown, channel);
    g_free(shown);
  }
}

static void say_uid(GString *out, const rj_token *token, const char *uid) {
  if (uid == NULL || !token->has_service)
    return;
  if (token->version == 6) {
    if (token->uid_crc != 0 && rj_token_crc32(uid, strlen(uid)) != token->uid_crc)
      g_string_append_printf(next(out), "it is for another uid than \"%s\"", uid);
  } else if (token->uid.length > 0 && !same_text(token->uid, uid)) {
    char *shown = rj_token_printable(token->uid, SHOWN);
    g_string_append_printf(next(out), "it is for the uid \"%s\", not \"%s\"", shown,
                           *uid != '\0' ? uid : "0");
    g_free(shown);
  }
}

static void say_expiry(GString *out, const char *what, int64_t ends, int64_t now) {
  if (ends == RJ_TOKEN_NEVER || ends > now)
    return;
  g_string_append_printf(next(out), "%s expired at ", what);
  say_time(out, ends);
  g_string_append_printf(out, ", %" G_GINT64_FORMAT " s ago", now - ends);
}

/* ------------------------------------------------------------------ what is right */

static void say_grant(GString *out, const rj_token *token, const rj_token_question *question) {
  g_string_append(out, "it lets ");
  if (token->version == 6 ? token->uid_crc == 0 : token->uid.length == 0) {
    g_string_append(out, "any uid");
  } else if (token->version == 6) {
    g_string_append_printf(out, "uid %s", question->uid);
  } else {
    char *uid = rj_token_printable(token->uid, SHOWN);
    g_string_append_printf(out, "uid %s", uid);
    g_free(uid);
  }
  char *channel =
      token->version == 7 ? rj_token_printable(token->channel, SHOWN) : g_strdup(question->channel);
  g_string_append_printf(out, " join the channel \"%s\" until ", channel);
  g_free(channel);
  say_time(out, MIN(token->ends, token->join_ends));
  if (token->join_ends == RJ_TOKEN_NEVER) {
    g_string_append(out, ", and stay without limit");
  } else {
    g_string_append(out, ", and stay until ");
    say_time(out, token->join_ends);
  }
}

void rj_token_explain(rj_token_report *report, const char *text,
                      const rj_token_question *question) {
  char why[RJ_TOKEN_WHY_SIZE];
  *report = (rj_token_report){.signature_valid = -1};
  if (*text == '\0' || !rj_token_read(&report->token, text, why)) {
    report->reason = *text == '\0' ? g_strdup("there is no token: it is empty")
                                   : g_strdup_printf("malformed: %s", why);
    return;
  }
  report->is_token = true;
  const char *uid = question->uid;
  if (uid != NULL && strcmp(uid, "0") == 0)
    uid = "";
  GString *out = g_string_new(NULL);
  say_signature(out, report, question, uid);
  say_rights(out, &report->token);
  say_channel(out, &report->token, question->channel);
  say_uid(out, &report->token, uid);
  say_expiry(out, "the token", report->token.ends, question->now);
  if (report->token.has_join)
    say_expiry(out, "the privilege to join", report->token.join_ends, question->now);
  report->valid = out->len == 0;
  if (report->valid)
    say_grant(out, &report->token, question);
  report->reason = g_string_free(out, FALSE);
}

void rj_token_report_clear(rj_token_report *report) {
  if (report->is_token)
    rj_token_clear(&report->token);
  g_free(report->reason);
  *report = (rj_token_report){0};
}
