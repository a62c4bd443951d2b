/* What rejoin-edge is to do: from the command line, then the config file, then the defaults. */
#ifndef RJ_EDGE_PROGRAM_SETTINGS_H
#define RJ_EDGE_PROGRAM_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  char *listen;          /* udp://ADDRESS:PORT */
  char *listen_origin;   /* "FILE:LINE: " when it comes from a config file, else NULL */
  char *data_dir;        /* certificate, keys, kicks, control socket */
  char *channel_pattern; /* NULL: any name */
  /* administration over HTTP (http/http.h); NULL: not given */
  char *http_listen, *http_token_file, *http_certificate, *http_key;
  char *webhook_url, *webhook_secret_file, *webhook_events;
  bool http_plain, http_metrics_open;
  double time_scale;                    /* 0: 1 */
  int64_t offline_ns, empty_channel_ns; /* 0: the default, scaled */
  /* A-3; 0: the default */
  uint32_t sessions, channel_members, channel_broadcasters, handshakes;
  uint32_t joins_per_second, bad_tokens_per_minute, accepts_per_second;
  bool limit_loopback; /* the limits of one address are those of loopback ones, too */
  GPtrArray *app_ids;  /* empty: any */
  /* beside app_ids; NULL: there is none */
  GPtrArray *app_certificates, *app_second_certificates;
} rj_program_settings;

void rj_program_settings_init(rj_program_settings *settings);
void rj_program_settings_clear(rj_program_settings *settings);
/* Fills in what nobody said. */
void rj_program_settings_default(rj_program_settings *settings);

#endif
