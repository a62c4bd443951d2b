/* Reading, making and comparing secrets. */
#include "edge/program/http/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/program/http/limits.h"

enum { RANDOM_BYTES = 32 };

void rj_http_secret_free(char *secret) {
  if (secret == NULL)
    return;
  gnutls_memset(secret, 0, strlen(secret));
  g_free(secret);
}

static bool complain(char **error, const char *path, const char *what) {
  *error = g_strdup_printf("%s: %s", path, what);
  return false;
}

/* Others on this machine must not know it. */
static bool is_private(const char *path, char **error) {
  struct stat about;
  if (stat(path, &about) != 0)
    return complain(error, path, g_strerror(errno));
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) == 0)
    return true;
  *error = g_strdup_printf("%s: others may read it (mode %04o); chmod 600 %s", path,
                           (unsigned)(about.st_mode & 07777), path);
  return false;
}

static char *check(char *text, const char *path, char **error) {
  char *end = strchr(text, '\n');
  if (end != NULL)
    *end = '\0';
  g_strstrip(text);
  size_t length = strlen(text);
  bool is_good = length >= RJ_HTTP_TOKEN_MIN && length <= RJ_HTTP_TOKEN_MAX;
  for (const char *c = text; *c != '\0'; c++)
    is_good = is_good && g_ascii_isgraph(*c);
  if (is_good)
    return text;
  rj_http_secret_free(text);
  *error = g_strdup_printf("%s: its first line must be %d to %d visible ASCII characters", path,
                           RJ_HTTP_TOKEN_MIN, RJ_HTTP_TOKEN_MAX);
  return NULL;
}

char *rj_http_secret_read(const char *path, char **error) {
  char *text = NULL;
  GError *why = NULL;
  if (!is_private(path, error))
    return NULL;
  if (!g_file_get_contents(path, &text, NULL, &why)) {
    complain(error, path, why->message);
    g_error_free(why);
    return NULL;
  }
  return check(text, path, error);
}

static bool write_all(int fd, const char *text) {
  size_t length = strlen(text), written = 0;
  while (written < length) {
    ssize_t n = write(fd, text + written, length - written);
    if (n < 0 && errno != EINTR)
      return false;
    written += n > 0 ? (size_t)n : 0;
  }
  return true;
}

/* Under another name first: whoever reads it finds all of it or nothing. */
static bool make(const char *path, char **error) {
  unsigned char bytes[RANDOM_BYTES];
  char text[2 * RANDOM_BYTES + 2];
  if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof bytes) != 0)
    return complain(error, path, "there are no random numbers for a token");
  for (size_t i = 0; i < sizeof bytes; i++)
    g_snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  g_strlcat(text, "\n", sizeof text);
  char *fresh = g_strconcat(path, ".new", NULL);
  (void)unlink(fresh);
  int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool is_made = fd >= 0 && write_all(fd, text) && fsync(fd) == 0;
  int failed = errno;
  if (fd >= 0 && close(fd) != 0 && is_made) {
    failed = errno;
    is_made = false;
  }
  if (is_made && rename(fresh, path) != 0) {
    failed = errno;
    is_made = false;
  }
  if (!is_made)
    complain(error, path, g_strerror(failed));
  gnutls_memset(text, 0, sizeof text);
  gnutls_memset(bytes, 0, sizeof bytes);
  g_free(fresh);
  return is_made;
}

char *rj_http_secret_read_or_make(const char *path, char **error) {
  if (access(path, F_OK) != 0 && errno == ENOENT && !make(path, error))
    return NULL;
  return rj_http_secret_read(path, error);
}

bool rj_http_secret_equal(const char *secret, const char *given) {
  size_t length = strlen(secret), given_length = strlen(given);
  unsigned difference = length != given_length ? 1 : 0;
  for (size_t i = 0; i < given_length; i++) /* as long as what the asker sent, which it knows */
    difference |= (unsigned char)(given[i] ^ secret[i % length]);
  return difference == 0;
}
