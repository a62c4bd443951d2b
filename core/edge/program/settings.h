/* What rejoin-edge is to do: from the command line, then the config file, then the defaults. */
#ifndef RJ_EDGE_PROGRAM_SETTINGS_H
#define RJ_EDGE_PROGRAM_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/program/program_log.h"

typedef struct {
  char *path;        /* the config file; NULL: there is none */
  GHashTable *lines; /* "group\nkey" -> the line of the file that it stands in */

  char *listen;           /* udp://ADDRESS:PORT */
  char *data_dir;         /* certificate, keys, kicks, control socket */
  char *certificate_file; /* NULL: the one in data_dir … */
  char *key_file;         /* … and its key; both or none */
  char *channel_pattern;  /* NULL: any name */
  double time_scale;      /* 0: 1 */
  int64_t drain_ns;
  /* administration over HTTP (http/http.h); NULL: not given */
  char *http_listen, *http_token_file, *http_certificate, *http_key;
  char *webhook_url, *webhook_secret_file, *webhook_events;
  bool http_plain, http_metrics_open;
  int64_t offline_ns, empty_channel_ns; /* 0: the default, scaled */
  /* A-3; 0: the default */
  uint32_t sessions, channel_members, channel_broadcasters, links, handshakes;
  uint32_t joins_per_second, bad_tokens_per_minute, accepts_per_second, role_changes_per_minute;
  bool limit_loopback; /* the limits of one address are those of loopback ones, too */
  /* NULL: there is none; without servers there is no cluster */
  char *cluster_servers, *cluster_name, *cluster_advertise;
  char *cluster_credentials, *cluster_ca_file, *cluster_certificate, *cluster_key;
  int64_t cluster_hello_ns, cluster_digest_ns; /* 0: the default */
  rj_program_log_settings log;
  GPtrArray *app_ids; /* empty: any */
  /* beside app_ids; NULL: there is none */
  GPtrArray *app_certificates, *app_second_certificates;
} rj_program_settings;

void rj_program_settings_init(rj_program_settings *settings);
void rj_program_settings_clear(rj_program_settings *settings);
/* Fills in what nobody said. */
void rj_program_settings_default(rj_program_settings *settings);
/* Is the edge one of several that share channels? */
bool rj_program_settings_has_cluster(const rj_program_settings *settings);

/* ---- the table of all settings (settings.def) */

typedef enum {
  RJ_SETTING_TEXT,
  RJ_SETTING_FILE, /* the name of one that is read */
  RJ_SETTING_LISTEN,
  RJ_SETTING_PATTERN,
  RJ_SETTING_COUNT,   /* uint32_t */
  RJ_SETTING_SECONDS, /* int64_t, ns */
  RJ_SETTING_NUMBER,  /* double */
  RJ_SETTING_SWITCH,  /* bool */
  RJ_SETTING_FORMAT,
  RJ_SETTING_LEVEL,
  RJ_SETTING_SECRET, /* of the app whose group it stands in: in a GPtrArray beside app_ids */
} rj_setting_kind;

typedef struct {
  const char *group, *key; /* the group "app" is [app NAME] */
  rj_setting_kind kind;
  size_t offset; /* in rj_program_settings */
  double least, most;
  const char *otherwise; /* "": there is no default */
  bool live;             /* a reload takes it over */
  const char *about;
} rj_setting;

extern const rj_setting rj_program_settings_table[];
extern const size_t rj_program_settings_count;

/* What a value of this setting may be, in words: "a whole number from 1 to 4294967295". The caller's. */
char *rj_setting_range(const rj_setting *setting);
/* The groups in the order of the table: a NULL-terminated list. */
const char *const *rj_setting_groups(void);

/* Where it was said: "FILE:LINE: ", or "" where the config file does not say it. The caller's. */
char *rj_program_settings_origin(const rj_program_settings *settings, const char *group,
                                 const char *key);
/* From now on the command line says it. */
void rj_program_settings_forget_origin(rj_program_settings *settings, const char *group,
                                       const char *key);
/* Do they say something else about it? */
bool rj_program_settings_differ(const rj_program_settings *a, const rj_program_settings *b,
                                const rj_setting *setting);

#endif
