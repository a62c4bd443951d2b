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
  double time_scale;     /* 0: 1 */
  int64_t offline_ns, empty_channel_ns;                                 /* 0: the default, scaled */
  uint32_t sessions, channel_members, channel_broadcasters, handshakes; /* 0: the default */
  GPtrArray *app_ids;                                                   /* empty: any */
  /* beside app_ids; NULL: there is none */
  GPtrArray *app_certificates, *app_second_certificates;
} rj_program_settings;

void rj_program_settings_init(rj_program_settings *settings);
void rj_program_settings_clear(rj_program_settings *settings);
/* Fills in what nobody said. */
void rj_program_settings_default(rj_program_settings *settings);

#endif
