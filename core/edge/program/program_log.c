/* A writer for GLib's structured log: entries go into a queue, from which a thread writes them. */
#include "edge/program/program_log.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/program/log_entry.h"

enum {
  WAITING_MAX = 8192,      /* entries not written yet; beyond: counted */
  STOP_SECONDS = 2,        /* how long the end waits for whoever reads */
  BEFORE_FATAL_SECONDS = 1 /* … and an entry that ends the process for those before it */
};

const rj_program_log_settings rj_program_log_default = {
    .format = RJ_PROGRAM_LOG_TEXT, .level = RJ_PROGRAM_LOG_INFO, .lines_per_second = 200};

static struct {
  pthread_mutex_t lock; /* of all that follows */
  pthread_cond_t more;  /* an entry, or the end */
  pthread_cond_t idle;  /* nothing waits, and nothing is being written */
  GQueue waiting;
  bool is_writing, is_ending;
  rj_program_log_settings settings;
  int64_t second; /* µs, monotonic: when the one began that `said` and `unsaid` count */
  uint32_t said, unsaid;
} log_state = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .more = PTHREAD_COND_INITIALIZER,
               .idle = PTHREAD_COND_INITIALIZER,
               .waiting = G_QUEUE_INIT};

/* ------------------------------------------------------------------ names */

bool rj_program_log_format_read(const char *name, rj_program_log_format *to) {
  bool is_json = strcmp(name, "json") == 0;
  if (!is_json && strcmp(name, "text") != 0)
    return false;
  *to = is_json ? RJ_PROGRAM_LOG_JSON : RJ_PROGRAM_LOG_TEXT;
  return true;
}

bool rj_program_log_level_read(const char *name, rj_program_log_level *to) {
  static const char *const names[] = {"error", "warning", "info", "debug"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(name, names[i]) == 0) {
      *to = (rj_program_log_level)i;
      return true;
    }
  }
  return false;
}

/* ------------------------------------------------------------------ writing */

static void write_line(GString *line) {
  for (gsize done = 0; done < line->len;) {
    ssize_t n = write(STDERR_FILENO, line->str + done, line->len - done);
    if (n < 0 && errno != EINTR)
      break; /* nobody is there to be told */
    done += n > 0 ? (gsize)n : 0;
  }
  g_string_free(line, TRUE);
}

static void write_entry(const rj_log_entry *entry, rj_program_log_format format) {
  if (format == RJ_PROGRAM_LOG_JSON)
    write_line(rj_log_entry_json(entry));
  else if (!g_log_writer_is_journald(STDERR_FILENO) ||
           g_log_writer_journald(entry->level, entry->fields, entry->count, NULL) !=
               G_LOG_WRITER_HANDLED)
    write_line(rj_log_entry_text(entry));
}

/* Until then (µs, monotonic), if not woken before; false: it is then. A condition waits by the wall clock, which may step: then
 * whoever waits is early or late once, and looks again. Under the lock. */
static bool wait_until(pthread_cond_t *condition, int64_t until) {
  int64_t left = until - g_get_monotonic_time();
  if (left <= 0)
    return false;
  int64_t wall = g_get_real_time() + left;
  const struct timespec then = {.tv_sec = (time_t)(wall / G_USEC_PER_SEC),
                                .tv_nsec = (long)(wall % G_USEC_PER_SEC * 1000)};
  (void)pthread_cond_timedwait(condition, &log_state.lock, &then);
  return true;
}

/* How many were not logged, once their second is over. NULL: it is not, or none were. Under the lock. */
static rj_log_entry *unsaid(int64_t now) {
  if (log_state.unsaid == 0 || now < log_state.second + G_USEC_PER_SEC)
    return NULL;
  char count[16], *message = g_strdup_printf("%u more lines were not logged", log_state.unsaid);
  g_snprintf(count, sizeof count, "%u", log_state.unsaid);
  const GLogField fields[] = {{"PRIORITY", "6", -1},
                              {"GLIB_DOMAIN", "rejoin-edge", -1},
                              {"REJOIN_EVENT", "not logged", -1},
                              {"REJOIN_COUNT", count, -1},
                              {"MESSAGE", message, -1}};
  rj_log_entry *entry =
      rj_log_entry_new(G_LOG_LEVEL_INFO, fields, G_N_ELEMENTS(fields), g_get_real_time());
  g_free(message);
  log_state.unsaid = 0;
  return entry;
}

/* The next one to write; NULL: the end. Under the lock. */
static rj_log_entry *next_entry(void) {
  for (;;) {
    rj_log_entry *entry = g_queue_pop_head(&log_state.waiting);
    if (entry == NULL)
      entry = unsaid(log_state.is_ending ? G_MAXINT64 : g_get_monotonic_time());
    if (entry != NULL || log_state.is_ending)
      return entry;
    if (log_state.unsaid > 0)
      (void)wait_until(&log_state.more, log_state.second + G_USEC_PER_SEC);
    else
      pthread_cond_wait(&log_state.more, &log_state.lock);
  }
}

static void *write_all(void *nothing) {
  rj_log_entry *entry;
  pthread_mutex_lock(&log_state.lock);
  while ((entry = next_entry()) != NULL) {
    rj_program_log_format format = log_state.settings.format;
    log_state.is_writing = true;
    pthread_mutex_unlock(&log_state.lock);
    write_entry(entry, format);
    rj_log_entry_free(entry);
    pthread_mutex_lock(&log_state.lock);
    log_state.is_writing = false;
    if (g_queue_is_empty(&log_state.waiting))
      pthread_cond_broadcast(&log_state.idle);
  }
  pthread_mutex_unlock(&log_state.lock);
  return nothing;
}

/* Until all is written, or the time is over. Under the lock. */
static void wait_until_idle(int seconds) {
  int64_t until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
  while ((log_state.is_writing || log_state.unsaid > 0 || !g_queue_is_empty(&log_state.waiting)) &&
         wait_until(&log_state.idle, until))
    ;
}

/* ------------------------------------------------------------------ taking */

/* May one more of these be said in this second? A storm of joins is not to become one of lines. Under the lock. */
static bool may_say(rj_program_log_level level) {
  if (g_queue_get_length(&log_state.waiting) >= WAITING_MAX)
    return false;
  if (level < RJ_PROGRAM_LOG_INFO)
    return true;
  int64_t now = g_get_monotonic_time();
  if (now >= log_state.second + G_USEC_PER_SEC && log_state.unsaid == 0) {
    log_state.second = now;
    log_state.said = 0;
  }
  if (now >= log_state.second + G_USEC_PER_SEC || /* first those of the last one are counted */
      log_state.said >= log_state.settings.lines_per_second)
    return false;
  log_state.said++;
  return true;
}

static GLogWriterOutput take(GLogLevelFlags flags, const GLogField *fields, gsize count,
                             gpointer user) {
  (void)user;
  rj_program_log_level level = rj_log_level_of(flags);
  bool is_fatal = (flags & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR)) != 0;
  pthread_mutex_lock(&log_state.lock);
  if (is_fatal) { /* the process ends when this returns */
    wait_until_idle(BEFORE_FATAL_SECONDS);
    rj_log_entry *entry = rj_log_entry_new(flags, fields, count, g_get_real_time());
    write_entry(entry, log_state.settings.format);
    rj_log_entry_free(entry);
  } else if (level <= log_state.settings.level && !log_state.is_ending) {
    if (may_say(level))
      g_queue_push_tail(&log_state.waiting,
                        rj_log_entry_new(flags, fields, count, g_get_real_time()));
    else
      log_state.unsaid++;
    pthread_cond_signal(&log_state.more);
  }
  pthread_mutex_unlock(&log_state.lock);
  return G_LOG_WRITER_HANDLED;
}

/* ------------------------------------------------------------------ life */

void rj_program_log_start(void) {
  log_state.settings = rj_program_log_default;
  pthread_t thread;
  if (pthread_create(&thread, NULL, write_all, NULL) != 0)
    g_error("no thread for the log");
  (void)pthread_detach(thread);
  g_log_set_writer_func(take, NULL, NULL);
}

void rj_program_log_set(const rj_program_log_settings *settings) {
  pthread_mutex_lock(&log_state.lock);
  log_state.settings = *settings;
  pthread_mutex_unlock(&log_state.lock);
}

void rj_program_log_stop(void) {
  pthread_mutex_lock(&log_state.lock);
  log_state.is_ending = true;
  pthread_cond_signal(&log_state.more);
  wait_until_idle(STOP_SECONDS);
  pthread_mutex_unlock(&log_state.lock);
}
