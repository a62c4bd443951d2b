/* Makes, finds and removes the control socket. */
#define _GNU_SOURCE
#include "edge/program/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char name[] = "control";
enum { BACKLOG = 8 };

typedef struct {
  char *path;
  struct sockaddr_un address;
  int directory; /* -1: not needed */
} place;

static void place_clear(place *p) {
  if (p->directory >= 0)
    close(p->directory);
  g_free(p->path);
}

static bool set_address(place *p, const char *path) {
  p->address = (struct sockaddr_un){.sun_family = AF_UNIX};
  return g_strlcpy(p->address.sun_path, path, sizeof p->address.sun_path) <
         sizeof p->address.sun_path;
}

/* A socket's path is short; where the directory's is not, Linux knows it by another name. */
static bool place_find(place *p, const char *data_dir, char **error) {
  *p = (place){.path = g_build_filename(data_dir, name, NULL), .directory = -1};
  if (set_address(p, p->path))
    return true;
#ifdef __linux__
  p->directory = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (p->directory >= 0) {
    char *path = g_strdup_printf("/proc/self/fd/%d/%s", p->directory, name);
    bool fits = set_address(p, path);
    g_free(path);
    if (fits)
      return true;
  }
#endif
  *error = g_strdup_printf("%s: the path is %zu bytes long; a socket's has at most %zu", p->path,
                           strlen(p->path), sizeof p->address.sun_path - 1);
  place_clear(p);
  return false;
}

static int open_socket(int flags) {
#ifdef SOCK_CLOEXEC
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
#else
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd >= 0) {
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (flags != 0)
      (void)fcntl(fd, F_SETFL, flags);
  }
  return fd;
#endif
}

#ifdef SOCK_NONBLOCK
enum { NO_WAIT = SOCK_NONBLOCK };
#else
enum { NO_WAIT = O_NONBLOCK };
#endif

/* Is there an edge behind it? Else errno says what there is. */
static bool answers(const place *p) {
  int fd = open_socket(0);
  bool does = fd >= 0 && connect(fd, (const struct sockaddr *)&p->address, sizeof p->address) == 0;
  int why = errno;
  if (fd >= 0)
    close(fd);
  errno = why;
  return does;
}

static bool is_socket(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISSOCK(info.st_mode);
}

int rj_program_control_listen(const char *data_dir, char **error) {
  place p;
  if (!place_find(&p, data_dir, error))
    return -1;
  int fd = -1;
  if (answers(&p)) {
    *error = g_strdup_printf("%s: another rejoin-edge uses this data directory", p.path);
    goto done;
  }
  if (errno == ECONNREFUSED && is_socket(p.path))
    (void)unlink(p.path); /* a dead edge's */
  fd = open_socket(NO_WAIT);
  /* nobody gets in between: before listen there is nothing to connect to */
  if (fd < 0 || bind(fd, (const struct sockaddr *)&p.address, sizeof p.address) != 0 ||
      chmod(p.path, S_IRUSR | S_IWUSR) != 0 || listen(fd, BACKLOG) != 0) {
    *error = g_strdup_printf("%s: %s", p.path, g_strerror(errno));
    if (fd >= 0)
      close(fd);
    fd = -1;
  }
done:
  place_clear(&p);
  return fd;
}

void rj_program_control_remove(const char *data_dir) {
  char *path = g_build_filename(data_dir, name, NULL);
  (void)unlink(path);
  g_free(path);
}

int rj_program_control_connect(const char *data_dir, char **error) {
  place p;
  if (!place_find(&p, data_dir, error))
    return -1;
  int fd = open_socket(0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&p.address, sizeof p.address) != 0) {
    bool none = errno == ENOENT || errno == ECONNREFUSED;
    *error = g_strdup_printf("%s: %s%s", p.path, g_strerror(errno),
                             none ? " (is a rejoin-edge running with this --data-dir?)" : "");
    if (fd >= 0)
      close(fd);
    fd = -1;
  }
  place_clear(&p);
  return fd;
}
