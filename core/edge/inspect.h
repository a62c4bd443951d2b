/* What an edge has, to look at part by part: members, channels and totals, as copies.
 *
 * Whoever looks holds the host, so a walk goes in steps: each call looks at so many things, and the
 * cursor says where the next one goes on. Members and channels that come or go meanwhile are seen or not;
 * all others are seen exactly once. */
#ifndef RJ_EDGE_INSPECT_H
#define RJ_EDGE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/limits.h"
#include "edge/server.h"
#include "link/link.h"

typedef struct {
  char app_id[RJ_APP_ID_MAX + 1], channel[RJ_CHANNEL_MAX + 1];
  uint64_t session;
  uint32_t uid;
  int32_t role; /* ROLE_… */
  bool visible; /* to the others in its channel */
  bool silent;  /* not heard for 4 s (P-11); kept up to date where somebody watches or observes */
  bool to_move; /* it was told to go to another edge */
  uint64_t joined_at;    /* ms since 1970 */
  int64_t unheard;       /* ns since it was heard */
  uint32_t outages;      /* how often it fell silent … */
  int64_t outage_total;  /* ns, … and for how long, with the silence that goes on */
  int64_t token_left;    /* ns until its privilege to join ends (S-18); RJ_NEVER: it does not */
  rj_address peer;       /* of its newest connection; family none: it has none */
  rj_link_counters link; /* of that connection; zeros: it has none */
} rj_member_view;

typedef struct {
  char app_id[RJ_APP_ID_MAX + 1], channel[RJ_CHANNEL_MAX + 1];
  uint8_t profile; /* PROFILE_… */
  uint32_t members, visible, silent;
} rj_channel_view;

typedef struct {
  uint64_t edge_id;   /* drawn when it started */
  int64_t age;        /* ns since then */
  uint32_t silent;    /* of the sessions */
  bool draining;      /* */
  int64_t drain_left; /* ns until all were told to move; 0: they were */
  uint32_t drain_members,
      drain_told;  /* those that were there when the drain began, or began anew */
  bool in_cluster; /* else nothing of the next three counts */
  bool bus_connected;
  size_t edges, alive; /* others of the cluster that it knows; and that are there */
  rj_server_counters counters;
} rj_server_view;

typedef enum { RJ_INSPECT_ANY, RJ_INSPECT_HEARD, RJ_INSPECT_SILENT } rj_inspect_state;

typedef struct {
  const char *app_id, *channel; /* NULL: any */
  uint32_t uid;                 /* 0: any */
  rj_inspect_state state;
} rj_inspect_filter;

/* The last thing that was looked at: by app id, then channel, then uid. All zeros: nothing yet. */
typedef struct {
  char app_id[RJ_APP_ID_MAX + 1], channel[RJ_CHANNEL_MAX + 1];
  uint32_t uid;
  bool begun, ended; /* ended: there is nothing more */
} rj_inspect_cursor;

enum { RJ_INSPECT_STEPS = 256 }; /* what one call looks at, at most: some 100 µs */

/* Fills `out` (up to capacity, at most RJ_INSPECT_STEPS) with the next members that fit, and returns how
 * many. Fewer, also none, does not mean the end: cursor->ended does. */
size_t rj_inspect_members(const rj_server *server, const rj_inspect_filter *filter,
                          rj_inspect_cursor *cursor, rj_member_view *out, size_t capacity,
                          int64_t now);
/* The same for channels; of the filter only app id and channel count. */
size_t rj_inspect_channels(const rj_server *server, const rj_inspect_filter *filter,
                           rj_inspect_cursor *cursor, rj_channel_view *out, size_t capacity);
/* One member, by its session or by its place; false: there is none. */
bool rj_inspect_session(const rj_server *server, uint64_t session, rj_member_view *out,
                        int64_t now);
bool rj_inspect_member(const rj_server *server, const char *app_id, const char *channel,
                       uint32_t uid, rj_member_view *out, int64_t now);
bool rj_inspect_channel(const rj_server *server, const char *app_id, const char *channel,
                        rj_channel_view *out);
/* Takes the same time however many members there are. */
void rj_inspect_server(const rj_server *server, rj_server_view *out, int64_t now);

#endif
