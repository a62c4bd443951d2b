/* A writer for GLib's structured log. */
#include "edge/program/program_log.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char *level_name(GLogLevelFlags level) {
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return "error";
  if (level & G_LOG_LEVEL_WARNING)
    return "warning";
  return "info";
}

static const char *field(const GLogField *fields, gsize count, const char *key) {
  for (gsize i = 0; i < count; i++) {
    if (strcmp(fields[i].key, key) == 0 && fields[i].length < 0)
      return fields[i].value;
  }
  return "";
}

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                  gpointer user) {
  const bool *verbose = user;
  if ((level & G_LOG_LEVEL_DEBUG) || ((level & G_LOG_LEVEL_INFO) && !*verbose))
    return G_LOG_WRITER_HANDLED;
  if (g_log_writer_is_journald(fileno(stderr)))
    return g_log_writer_journald(level, fields, count, NULL);
  GDateTime *now = g_date_time_new_now_local();
  char *stamp = g_date_time_format(now, "%F %T");
  fprintf(stderr, "%s.%03d %s: %s\n", stamp, g_date_time_get_microsecond(now) / 1000,
          level_name(level), field(fields, count, "MESSAGE"));
  g_free(stamp);
  g_date_time_unref(now);
  return G_LOG_WRITER_HANDLED;
}

void rj_program_log_start(bool verbose) {
  static bool kept;
  kept = verbose;
  g_log_set_writer_func(write_log, &kept, NULL);
}
