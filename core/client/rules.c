/* The checks of S-2 and S-23 and their words. */
#include "client/rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/numbers.h"

/* SPEC section 1: what a channel name may have beside letters and digits. */
static const char channel_marks[] = " !#$%&()+-:;<=.>?@[]^_{}|~,";

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_channel_byte(char c) {
  return is_letter_or_digit(c) || (c != '\0' && strchr(channel_marks, c) != NULL);
}

static bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

int32_t rj_rule_channel(const char *channel, char text[RJ_RULE_TEXT_SIZE]) {
  if (channel == NULL) {
    snprintf(text, RJ_RULE_TEXT_SIZE, "channel name is NULL; a name has 1 to %d bytes",
             RJ_CHANNEL_MAX);
    return STATUS_INVALID_CHANNEL_NAME;
  }
  size_t length = strlen(channel);
  if (length == 0 || length > RJ_CHANNEL_MAX) {
    snprintf(text, RJ_RULE_TEXT_SIZE, "channel name is %zu bytes long; a name has 1 to %d", length,
             RJ_CHANNEL_MAX);
    return STATUS_INVALID_CHANNEL_NAME;
  }
  for (size_t i = 0; i < length; i++) {
    if (!is_channel_byte(channel[i])) {
      snprintf(text, RJ_RULE_TEXT_SIZE,
               "channel name has the byte 0x%02x at position %zu; allowed are letters, digits, "
               "space and %s",
               (unsigned)(unsigned char)channel[i], i, channel_marks + 1);
      return STATUS_INVALID_CHANNEL_NAME;
    }
  }
  return STATUS_OK;
}

/* A text of at most `most` printable ASCII characters. */
static int32_t check_printable(const char *name, const char *value, size_t most,
                               char text[RJ_RULE_TEXT_SIZE]) {
  size_t length = strlen(value);
  if (length > most) {
    snprintf(text, RJ_RULE_TEXT_SIZE, "%s is %zu bytes long; at most %zu are allowed", name, length,
             most);
    return STATUS_INVALID_ARGUMENT;
  }
  for (size_t i = 0; i < length; i++) {
    if (!is_printable(value[i])) {
      snprintf(text, RJ_RULE_TEXT_SIZE,
               "%s has the byte 0x%02x at position %zu; it consists of printable ASCII characters",
               name, (unsigned)(unsigned char)value[i], i);
      return STATUS_INVALID_ARGUMENT;
    }
  }
  return STATUS_OK;
}

int32_t rj_rule_token(const char *token, int required, char text[RJ_RULE_TEXT_SIZE]) {
  if (token == NULL || *token == '\0') {
    if (!required)
      return STATUS_OK;
    snprintf(text, RJ_RULE_TEXT_SIZE, "token is %s; a renewal needs one of 1 to %d bytes",
             token == NULL ? "NULL" : "empty", RJ_TOKEN_MAX);
    return STATUS_INVALID_ARGUMENT;
  }
  return check_printable("token", token, RJ_TOKEN_MAX, text);
}

int32_t rj_rule_app_id(const char *app_id, char text[RJ_RULE_TEXT_SIZE]) {
  return check_printable("app id", app_id == NULL ? "" : app_id, RJ_APP_ID_MAX, text);
}

int32_t rj_rule_cluster(const char *name, char text[RJ_RULE_TEXT_SIZE]) {
  size_t length = strlen(name);
  if (length == 0 || length > RJ_CLUSTER_NAME_MAX) {
    snprintf(text, RJ_RULE_TEXT_SIZE, "cluster name is %zu bytes long; a name has 1 to %d", length,
             RJ_CLUSTER_NAME_MAX);
    return STATUS_INVALID_ARGUMENT;
  }
  for (size_t i = 0; i < length; i++) {
    if (!is_letter_or_digit(name[i]) && name[i] != '-' && name[i] != '_') {
      snprintf(text, RJ_RULE_TEXT_SIZE,
               "cluster name has the byte 0x%02x at position %zu; allowed are letters, digits, - "
               "and _",
               (unsigned)(unsigned char)name[i], i);
      return STATUS_INVALID_ARGUMENT;
    }
  }
  return STATUS_OK;
}
