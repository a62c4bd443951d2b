/* The C library as Swift sees it: its public header, and what Swift cannot say by itself. */
#ifndef CREJOIN_SHIM_H
#define CREJOIN_SHIM_H

#include <rejoin/rejoin.h>

/* Swift does not see arrays of more than 4,096 elements as fields. */
static inline const char *RJ_NONNULL rj_event_text(const rj_event *RJ_NONNULL event) {
  return event->text;
}

/* A struct with pointers that may not be NULL has no empty value in Swift; the caller sets them. */
static inline rj_token_options rj_token_options_empty(void) {
  rj_token_options options = {.size = sizeof options};
  return options;
}

/* Smaller ones are tuples there. */
static inline const char *RJ_NONNULL rj_token_info_app_id(const rj_token_info *RJ_NONNULL info) {
  return info->app_id;
}
static inline const char *RJ_NONNULL rj_token_info_channel(const rj_token_info *RJ_NONNULL info) {
  return info->channel;
}
static inline const char *RJ_NONNULL rj_token_info_uid(const rj_token_info *RJ_NONNULL info) {
  return info->uid;
}
static inline const char *RJ_NONNULL rj_token_info_reason(const rj_token_info *RJ_NONNULL info) {
  return info->reason;
}
static inline const char *RJ_NONNULL rj_kick_info_app_id(const rj_kick_info *RJ_NONNULL info) {
  return info->app_id;
}
static inline const char *RJ_NONNULL rj_kick_info_channel(const rj_kick_info *RJ_NONNULL info) {
  return info->channel;
}
static inline const char *RJ_NONNULL rj_kick_info_ip(const rj_kick_info *RJ_NONNULL info) {
  return info->ip;
}

#endif
