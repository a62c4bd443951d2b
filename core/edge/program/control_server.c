/* The connections of the control socket. Each has a line of input and an answer under way, and takes no
 * next line before that answer is written: so whoever sends much or reads nothing costs little. */
#define _GNU_SOURCE
#include "edge/program/control_server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/program/control_command.h"
#include "edge/program/control_socket.h"

enum {
  CONNECTIONS_MAX = 16, /* beyond: closed at once */
  IDLE_SECONDS = 60     /* neither asks nor takes its answer: closed */
};

struct rj_program_control {
  rj_runtime *runtime;
  rj_edge *edge;
  const char *data_dir;
  int fd;
  guint source;
  GPtrArray *connections;
};

typedef struct {
  rj_program_control *control;
  int fd;
  guint source, idle;
  rj_program_dialog dialog;
  char input[RJ_PROGRAM_LINE_MAX];
  size_t input_length;
  GString *output;
  size_t written;
  bool is_skipping; /* the rest of a line that is too long */
  bool ended;       /* nothing more is read; closed once all is written */
} connection;

static void connection_free(gpointer data) {
  connection *c = data;
  if (c->source != 0)
    g_source_remove(c->source);
  if (c->idle != 0)
    g_source_remove(c->idle);
  close(c->fd);
  g_string_free(c->output, TRUE);
  g_free(c);
}

static void drop(connection *c) {
  g_ptr_array_remove_fast(c->control->connections, c); /* frees it */
}

static gboolean idled(gpointer data) {
  connection *c = data;
  c->idle = 0;
  drop(c);
  return G_SOURCE_REMOVE;
}

/* ------------------------------------------------------------------ input */

static void answer_line(connection *c, size_t length) {
  if (c->is_skipping)
    c->is_skipping = false;
  else if (strlen(c->input) != length)
    g_string_append(c->output, "error a command is text; it has a NUL\n");
  else if (length > 0)
    rj_program_dialog_take(&c->dialog, c->input, c->output);
}

/* The next whole line is done. False: there is none. */
static bool take_line(connection *c) {
  char *end = memchr(c->input, '\n', c->input_length);
  if (end != NULL) {
    size_t length = (size_t)(end - c->input);
    *end = '\0';
    answer_line(c, length);
    c->input_length -= length + 1;
    memmove(c->input, end + 1, c->input_length);
    return true;
  }
  if (c->input_length == sizeof c->input) {
    if (!c->is_skipping)
      g_string_append_printf(c->output, "error a command has at most %d bytes\n",
                             RJ_PROGRAM_LINE_MAX - 1);
    c->is_skipping = true;
    c->input_length = 0;
  }
  return false;
}

/* Reads what there is. False: the connection broke. */
static bool fill(connection *c) {
  ssize_t n = read(c->fd, c->input + c->input_length, sizeof c->input - c->input_length);
  if (n > 0)
    c->input_length += (size_t)n;
  else if (n == 0)
    c->ended = true;
  return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* ------------------------------------------------------------------ output */

/* Writes what it can. False: the connection broke. */
static bool flush(connection *c) {
  while (c->written < c->output->len) {
    ssize_t n = write(c->fd, c->output->str + c->written, c->output->len - c->written);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    c->written += (size_t)n;
  }
  g_string_truncate(c->output, 0);
  c->written = 0;
  return true;
}

static gboolean serve(gint fd, GIOCondition condition, gpointer data);

/* Waits for what is next: to write the answer, or to read a command. */
static void watch(connection *c) {
  if (c->source != 0)
    g_source_remove(c->source);
  if (c->idle != 0)
    g_source_remove(c->idle);
  c->source = g_unix_fd_add(c->fd, c->output->len > 0 ? G_IO_OUT : G_IO_IN, serve, c);
  c->idle = g_timeout_add_seconds(IDLE_SECONDS, idled, c);
}

/* One line after the other, each with its answer written, as far as it goes without waiting. */
static bool go_on(connection *c) {
  for (;;) {
    if (!flush(c))
      return false;
    if (c->output->len > 0)
      return true;
    if (c->dialog.is_listing)
      rj_program_dialog_go_on(&c->dialog, c->output);
    else if (!take_line(c) && c->output->len == 0)
      return !c->ended;
  }
}

static gboolean serve(gint fd, GIOCondition condition, gpointer data) {
  connection *c = data;
  (void)fd;
  c->source = 0; /* this one ends by what it returns */
  bool reads = c->output->len == 0 && (condition & (G_IO_IN | G_IO_HUP)) != 0;
  if ((!reads || fill(c)) && go_on(c))
    watch(c);
  else
    drop(c);
  return G_SOURCE_REMOVE;
}

/* ------------------------------------------------------------------ life */

static bool set_flags(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static gboolean take_connection(gint listening, GIOCondition condition, gpointer data) {
  rj_program_control *control = data;
  (void)condition;
  int fd = accept(listening, NULL, NULL);
  if (fd < 0)
    return G_SOURCE_CONTINUE;
  if (control->connections->len >= CONNECTIONS_MAX || !set_flags(fd)) {
    close(fd);
    return G_SOURCE_CONTINUE;
  }
  connection *c = g_new0(connection, 1);
  c->control = control;
  c->fd = fd;
  c->dialog = (rj_program_dialog){.runtime = control->runtime, .edge = control->edge};
  c->output = g_string_new(NULL);
  g_ptr_array_add(control->connections, c);
  watch(c);
  return G_SOURCE_CONTINUE;
}

rj_program_control *rj_program_control_start(rj_runtime *runtime, rj_edge *edge,
                                             const char *data_dir, char **error) {
  int fd = rj_program_control_listen(data_dir, error);
  if (fd < 0)
    return NULL;
  rj_program_control *control = g_new0(rj_program_control, 1);
  control->runtime = runtime;
  control->edge = edge;
  control->data_dir = data_dir;
  control->fd = fd;
  control->connections = g_ptr_array_new_with_free_func(connection_free);
  control->source = g_unix_fd_add(fd, G_IO_IN, take_connection, control);
  return control;
}

void rj_program_control_stop(rj_program_control *control) {
  if (control == NULL)
    return;
  rj_program_control_remove(control->data_dir);
  g_source_remove(control->source);
  close(control->fd);
  g_ptr_array_free(control->connections, TRUE);
  g_free(control);
}
