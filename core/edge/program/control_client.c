/* The asking side of the control socket. */
#define _GNU_SOURCE
#include "edge/program/control_client.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "edge/program/control_socket.h"

enum { ANSWER_SECONDS = 30 }; /* an edge that says nothing for so long is stuck */

static bool send_all(int fd, const GString *text) {
  for (size_t at = 0; at < text->len;) {
    ssize_t n = write(fd, text->str + at, text->len - at);
    if (n < 0 && errno != EINTR)
      return false;
    at += n > 0 ? (size_t)n : 0;
  }
  return true;
}

/* The exit status, once the answer has its last line. */
static int show_answer(FILE *in, char **error) {
  char line[2 * RJ_PROGRAM_LINE_MAX];
  bool at_begin = true;
  while (fgets(line, sizeof line, in) != NULL) {
    if (at_begin && strcmp(line, "ok\n") == 0)
      return 0;
    if (at_begin && g_str_has_prefix(line, "error ")) {
      *error = g_strdup(g_strchomp(line + strlen("error ")));
      return 1;
    }
    fputs(at_begin ? line + 1 : line, stdout); /* without the space */
    at_begin = strchr(line, '\n') != NULL;
  }
  *error = g_strdup("the edge ended the conversation without an answer");
  return 1;
}

int rj_program_control_ask(const char *data_dir, char *const *words, char **error) {
  GString *command = g_string_new(NULL);
  for (size_t i = 0; words[i] != NULL; i++) {
    char *quoted = g_shell_quote(words[i]);
    g_string_append_printf(command, "%s%s", i > 0 ? " " : "", quoted);
    g_free(quoted);
  }
  int status = 1;
  bool is_line = strchr(command->str, '\n') == NULL;
  g_string_append_c(command, '\n');
  if (!is_line || command->len > RJ_PROGRAM_LINE_MAX) {
    *error = g_strdup_printf("a control command is one line of at most %d bytes",
                             RJ_PROGRAM_LINE_MAX - 1);
    goto done;
  }
  int fd = rj_program_control_connect(data_dir, error);
  if (fd < 0)
    goto done;
  const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  FILE *in = fdopen(fd, "r");
  if (in == NULL || !send_all(fd, command)) {
    *error = g_strdup_printf("control: %s", g_strerror(errno));
  } else {
    status = show_answer(in, error);
  }
  if (in != NULL)
    fclose(in);
  else
    close(fd);
done:
  g_string_free(command, TRUE);
  return status;
}
