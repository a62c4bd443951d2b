/* The main loop of a serving edge. SIGHUP reloads; SIGTERM and SIGINT end it: at once, or, of one in a cluster, when its
 * members have moved or have had the time for it. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1
#include "edge/program/serve.h"

#include <glib-unix.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/time.h"
#include "edge/program/notify.h"
#include "edge/program/reload.h"

enum {
  STATUS_SECONDS = 5, /* how often the service manager is told how many members there are */
  DRAINED_MS = 100,   /* how often it is looked whether all have moved */
  MOVING_SECONDS = 5  /* for the last ones that were told to move: an attempt may take as long */
};

typedef struct {
  const rj_program_edge *program;
  rj_program_settings live;
  GMainLoop *loop;
  GPtrArray *sources;
  bool is_stopping;
  int64_t stop_by; /* µs, monotonic */
} serving;

static void add_source(serving *s, GSource *source, GSourceFunc function) {
  g_source_set_callback(source, function, s, NULL);
  g_source_attach(source, NULL);
  g_ptr_array_add(s->sources, source);
}

static void free_source(gpointer source) {
  g_source_destroy(source);
  g_source_unref(source);
}

/* ------------------------------------------------------------------ what the service manager hears */

/* Held up for as long as the edge is: a loop that hangs is noticed. */
static gboolean feed_watchdog(gpointer data) {
  serving *s = data;
  rj_edge_counts counts = {.size = sizeof counts};
  if (rj_edge_counters(s->program->edge, &counts) == RJ_OK)
    rj_program_notify("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static gboolean tell_status(gpointer data) {
  serving *s = data;
  rj_edge_counts counts = {.size = sizeof counts};
  if (rj_edge_counters(s->program->edge, &counts) == RJ_OK)
    rj_program_notify("STATUS=%s: %" PRIu32 " members in %" PRIu32 " channels",
                      s->is_stopping ? "draining" : "serving", counts.members, counts.channels);
  return G_SOURCE_CONTINUE;
}

static void tell_ready(serving *s) {
  rj_program_notify("READY=1");
  (void)tell_status(s);
}

/* ------------------------------------------------------------------ signals */

static gboolean reload(gpointer data) {
  serving *s = data;
  if (s->is_stopping)
    return G_SOURCE_CONTINUE;
  rj_program_notify("RELOADING=1\nMONOTONIC_USEC=%" PRId64, g_get_monotonic_time());
  bool done = rj_program_reload(s->program, &s->live);
  tell_ready(s);
  if (!done)
    rj_program_notify("STATUS=serving; the last reload changed nothing, the log says why");
  return G_SOURCE_CONTINUE;
}

static gboolean look_whether_drained(gpointer data) {
  serving *s = data;
  rj_edge_counts counts = {.size = sizeof counts};
  (void)rj_edge_counters(s->program->edge, &counts);
  bool is_over =
      counts.members == 0 || counts.connections == 0 || g_get_monotonic_time() >= s->stop_by;
  if (is_over) {
    g_info("stops; %" PRIu32 " connections are still here", counts.connections);
    g_main_loop_quit(s->loop);
  }
  return G_SOURCE_CONTINUE;
}

static void drain(serving *s) {
  int64_t span = s->live.drain_ns;
  int64_t longest = span / RJ_MICROSECOND + MOVING_SECONDS * G_USEC_PER_SEC;
  s->stop_by = g_get_monotonic_time() + longest;
  rj_program_notify("EXTEND_TIMEOUT_USEC=%" PRId64, longest + MOVING_SECONDS * G_USEC_PER_SEC);
  if (rj_edge_drain(s->program->edge, span) < 0) {
    g_main_loop_quit(s->loop);
    return;
  }
  add_source(s, g_timeout_source_new(DRAINED_MS), look_whether_drained);
}

static gboolean stop(gpointer data) {
  serving *s = data;
  bool is_first = !s->is_stopping;
  s->is_stopping = true;
  if (is_first)
    rj_program_notify("STOPPING=1");
  if (is_first && rj_program_settings_has_cluster(s->program->started))
    drain(s);
  else
    g_main_loop_quit(s->loop);
  return G_SOURCE_CONTINUE;
}

/* ------------------------------------------------------------------ life */

void rj_program_serve(const rj_program_edge *program) {
  serving s = {.program = program,
               .loop = g_main_loop_new(NULL, FALSE),
               .sources = g_ptr_array_new_with_free_func(free_source)};
  rj_program_settings_init(&s.live);
  s.live.drain_ns = program->started->drain_ns;
  add_source(&s, g_unix_signal_source_new(SIGTERM), stop);
  add_source(&s, g_unix_signal_source_new(SIGINT), stop);
  add_source(&s, g_unix_signal_source_new(SIGHUP), reload);
  if (rj_program_notify_wanted())
    add_source(&s, g_timeout_source_new_seconds(STATUS_SECONDS), tell_status);
  if (rj_program_watchdog_ms() > 0)
    add_source(&s, g_timeout_source_new(rj_program_watchdog_ms()), feed_watchdog);
  printf("url %s\nfingerprint %s\n", rj_edge_url(program->edge),
         rj_edge_fingerprint(program->edge));
  if (rj_http_url(program->http) != NULL)
    printf("http %s\nhttp_token %s\n", rj_http_url(program->http),
           rj_http_token_path(program->http));
  puts("ready");
  fflush(stdout);
  tell_ready(&s);
  g_main_loop_run(s.loop);
  g_ptr_array_free(s.sources, TRUE);
  g_main_loop_unref(s.loop);
  rj_program_settings_clear(&s.live);
}
