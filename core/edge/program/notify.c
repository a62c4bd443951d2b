/* Datagrams to the socket that $NOTIFY_SOCKET names: a path, or with @ an abstract one. */
#define _GNU_SOURCE
#include "edge/program/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *socket_name(void) {
  const char *name = g_getenv("NOTIFY_SOCKET");
  bool is_one = name != NULL && (*name == '/' || *name == '@') && name[1] != '\0' &&
                strlen(name) < sizeof((struct sockaddr_un *)NULL)->sun_path;
  return is_one ? name : NULL;
}

bool rj_program_notify_wanted(void) {
  return socket_name() != NULL;
}

void rj_program_notify(const char *format, ...) {
  const char *name = socket_name();
  if (name == NULL)
    return;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  memcpy(address.sun_path, name, length);
  if (*name == '@')
    address.sun_path[0] = '\0'; /* an abstract one, which ends where its length says */
  va_list arguments;
  va_start(arguments, format);
  char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    (void)sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                 (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
  }
  g_free(text);
}

guint rj_program_watchdog_ms(void) {
  const char *usec = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
  guint64 wanted = 0, whose = 0;
  if (usec == NULL || !rj_program_notify_wanted() ||
      !g_ascii_string_to_unsigned(usec, 10, 1, G_MAXINT64, &wanted, NULL))
    return 0;
  if (pid != NULL && (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT64, &whose, NULL) ||
                      whose != (guint64)getpid()))
    return 0; /* another process is to say so */
  return (guint)CLAMP(wanted / 1000 / 3, 1, G_MAXINT / 2);
}
