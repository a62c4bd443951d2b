/* Reads and makes an edge's data directory. */
#include "host/data_dir.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/numbers.h"

enum { FILE_MAX = 64 * 1024 }; /* bytes of one file; beyond: an error that names it */

static const char certificate_name[] = "certificate.pem";
static const char key_name[] = "key.pem";
static const char ticket_name[] = "ticket.key";
static const char reset_name[] = "reset.key";

typedef struct {
  const char *directory;
  char *error; /* RJ_HOST_ERROR_SIZE bytes */
} opening;

static int32_t fail(const opening *o, const char *name, const char *reason) {
  g_snprintf(o->error, RJ_HOST_ERROR_SIZE, "%s%s%s: %s", o->directory, name[0] == '\0' ? "" : "/",
             name, reason);
  return STATUS_FAILED;
}

static int32_t fail_length(const opening *o, const char *name, size_t wanted) {
  char reason[64];
  g_snprintf(reason, sizeof reason, "must be %zu bytes long; remove it to get a new one", wanted);
  return fail(o, name, reason);
}

static bool exists(const opening *o, const char *name) {
  char *path = g_build_filename(o->directory, name, NULL);
  bool is = g_file_test(path, G_FILE_TEST_EXISTS);
  g_free(path);
  return is;
}

/* *bytes gets a NUL behind it, which *length does not count. */
static int32_t read_file(const opening *o, const char *name, char **bytes, size_t *length) {
  char *path = g_build_filename(o->directory, name, NULL);
  GStatBuf info;
  GError *why = NULL;
  int32_t status = STATUS_OK;
  if (g_stat(path, &info) != 0)
    status = fail(o, name, g_strerror(errno));
  else if (info.st_size > FILE_MAX)
    status = fail(o, name, "is over 64 KiB; no key or certificate is");
  else if (!g_file_get_contents(path, bytes, length, &why))
    status = fail(o, name, why->message);
  g_clear_error(&why);
  g_free(path);
  return status;
}

/* Whole or not at all, readable by us alone. */
static int32_t write_file(const opening *o, const char *name, const void *bytes, size_t length) {
  char *path = g_build_filename(o->directory, name, NULL);
  GError *why = NULL;
  int32_t status = STATUS_OK;
  if (!g_file_set_contents_full(path, bytes, (gssize)length,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                &why))
    status = fail(o, name, why->message);
  g_clear_error(&why);
  g_free(path);
  return status;
}

/* The certificate and its key: those of the files, or the fresh ones, which are then kept. */
static int32_t open_certificate(const opening *o, rj_credentials_files *files) {
  bool has_certificate = exists(o, certificate_name), has_key = exists(o, key_name);
  if (has_certificate != has_key) {
    /* making a new pair would silently change the fingerprint that clients know */
    return fail(o, has_certificate ? key_name : certificate_name,
                "is missing, its other half is there: restore it, or remove both to get new ones");
  }
  if (!has_certificate) {
    int32_t status = write_file(o, key_name, files->key_pem, files->key_length);
    return status != STATUS_OK
               ? status
               : write_file(o, certificate_name, files->certificate_pem, files->certificate_length);
  }
  g_clear_pointer(&files->certificate_pem, g_free);
  g_clear_pointer(&files->key_pem, g_free);
  int32_t status =
      read_file(o, certificate_name, &files->certificate_pem, &files->certificate_length);
  return status != STATUS_OK ? status : read_file(o, key_name, &files->key_pem, &files->key_length);
}

static int32_t open_ticket_key(const opening *o, rj_credentials_files *files) {
  if (!exists(o, ticket_name))
    return write_file(o, ticket_name, files->ticket_key, files->ticket_key_length);
  char *bytes = NULL;
  size_t length = 0;
  int32_t status = read_file(o, ticket_name, &bytes, &length);
  if (status == STATUS_OK && length != files->ticket_key_length)
    status = fail_length(o, ticket_name, files->ticket_key_length); /* no handshake would succeed */
  if (status == STATUS_OK)
    memcpy(files->ticket_key, bytes, length);
  g_free(bytes);
  return status;
}

static int32_t open_reset_key(const opening *o, rj_credentials_files *files) {
  if (!exists(o, reset_name))
    return write_file(o, reset_name, files->reset_key, sizeof files->reset_key);
  char *bytes = NULL;
  size_t length = 0;
  int32_t status = read_file(o, reset_name, &bytes, &length);
  if (status == STATUS_OK && length != sizeof files->reset_key)
    status = fail_length(o, reset_name, sizeof files->reset_key);
  if (status == STATUS_OK)
    memcpy(files->reset_key, bytes, length);
  g_free(bytes);
  return status;
}

static int32_t open_all(const char *path, int64_t wall, bool with_certificate,
                        rj_credentials_files *files, char error[RJ_HOST_ERROR_SIZE]) {
  const opening o = {path, error};
  char why[RJ_CREDENTIALS_ERROR_SIZE] = "";
  if (g_mkdir_with_parents(path, 0700) != 0)
    return fail(&o, "", g_strerror(errno));
  int32_t status = rj_credentials_generate(files, wall, why);
  if (status != STATUS_OK)
    return fail(&o, "", why);
  if (with_certificate)
    status = open_certificate(&o, files);
  else
    g_clear_pointer(&files->certificate_pem, g_free);
  if (status == STATUS_OK)
    status = open_ticket_key(&o, files);
  if (status == STATUS_OK)
    status = open_reset_key(&o, files);
  if (status != STATUS_OK)
    rj_credentials_files_clear(files);
  return status;
}

int32_t rj_data_dir_open(const char *path, int64_t wall, rj_credentials_files *files,
                         char error[RJ_HOST_ERROR_SIZE]) {
  return open_all(path, wall, true, files, error);
}

int32_t rj_data_dir_open_keys(const char *path, int64_t wall, rj_credentials_files *files,
                              char error[RJ_HOST_ERROR_SIZE]) {
  return open_all(path, wall, false, files, error);
}
