/* Hands the settings on to the library. */
#include "edge/program/edge_options.h"

rj_edge_options rj_program_edge_options(const rj_program_settings *settings) {
  return (rj_edge_options){
      .size = sizeof(rj_edge_options),
      .app_count = settings->app_ids->len,
      .app_ids = (const char *const *)settings->app_ids->pdata,
      .app_certificates = (const char *const *)settings->app_certificates->pdata,
      .app_second_certificates = (const char *const *)settings->app_second_certificates->pdata,
      .listen = settings->listen,
      .data_dir = settings->data_dir,
      .channel_pattern = settings->channel_pattern,
      .time_scale = settings->time_scale,
      .offline_ns = settings->offline_ns,
      .empty_channel_ns = settings->empty_channel_ns,
      .max_sessions = settings->sessions,
      .max_channel_members = settings->channel_members,
      .max_channel_broadcasters = settings->channel_broadcasters,
      .max_handshakes = settings->handshakes,
      .max_joins_per_second = settings->joins_per_second,
      .max_bad_tokens_per_minute = settings->bad_tokens_per_minute,
      .max_accepts_per_second = settings->accepts_per_second,
      .limit_loopback = settings->limit_loopback,
  };
}

rj_edge_extras rj_program_edge_extras(const rj_program_settings *settings,
                                      rj_certificate *certificate) {
  return (rj_edge_extras){
      .certificate = certificate,
      .max_links = settings->links,
      .max_role_changes_per_minute = settings->role_changes_per_minute,
  };
}
