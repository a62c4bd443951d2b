/* Reads, extends and rewrites the file of kicks.
 *
 *   next    ID                                        the next new kick gets at least this id
 *   kick    ID  UNTIL  UID  IP  APP  CHANNEL          made or changed; until in ms since 1970; 0 or nothing: not named
 *   lift    ID
 *
 * Words are separated by tabs, which neither app ids nor channel names have. The last line counts. */
#define _POSIX_C_SOURCE 200809L
#define G_LOG_DOMAIN    "rejoin-edge"

#include "host/kick_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "client/rules.h"
#include "host/disk_sync.h"

enum {
  LINE_MAX_SIZE = 512, /* with its newline and NUL; ours are shorter */
  WORDS_MAX = 7,
  SPARE_LINES = 1024 /* the file may have twice as many lines as there are kicks, and these */
};

static const char heading[] = "# The kicks of this edge, which writes this file itself.\n";

struct rj_kick_file {
  rj_kicks *kicks;
  rj_disk_sync *sync; /* of what was appended */
  char *path;
  int fd;         /* -1: to be opened */
  uint64_t lines; /* of kicks */
  bool anew;      /* the next change writes all of it */
  bool complained;
};

/* ------------------------------------------------------------------ writing */

static void add_line(GString *text, const rj_kick_view *kick, int64_t now, int64_t wall) {
  char ip[RJ_ADDRESS_TEXT_SIZE];
  int64_t until = (wall + (kick->until - now) + RJ_MILLISECOND - 1) / RJ_MILLISECOND;
  g_string_append_printf(text, "kick\t%" PRIu64 "\t%" PRId64 "\t%" PRIu32 "\t%s\t%s\t%s\n",
                         kick->id, until, kick->rule.uid, rj_kick_host_text(&kick->rule.ip, ip),
                         kick->rule.app_id, kick->rule.channel != NULL ? kick->rule.channel : "");
}

static void close_file(rj_kick_file *file) {
  if (file->fd >= 0)
    close(file->fd);
  file->fd = -1;
}

static void complain(rj_kick_file *file, const char *why) {
  if (!file->complained)
    g_warning("%s: %s; until this can be written, kicks last no longer than this edge", file->path,
              why);
  file->anew = true;
  file->complained = true;
}

/* Everything anew: whole or not at all, readable by us alone. */
static void rewrite(rj_kick_file *file, int64_t now, int64_t wall) {
  GString *text = g_string_new(heading);
  g_string_append_printf(text, "next\t%" PRIu64 "\n", rj_kicks_next_id(file->kicks));
  rj_kick_view kick = {0};
  file->lines = 0;
  while (rj_kicks_next(file->kicks, kick.id, now, &kick)) {
    add_line(text, &kick, now, wall);
    file->lines++;
  }
  GError *why = NULL;
  close_file(file);
  if (g_file_set_contents_full(file->path, text->str, (gssize)text->len,
                               G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                               &why)) {
    rj_disk_sync_forget(file->sync);
    file->anew = false;
    file->complained = false;
  } else {
    complain(file, why->message);
    g_error_free(why);
  }
  g_string_free(text, TRUE);
}

/* One write, so that a line is there or, at the very end, cut off. */
static void append(rj_kick_file *file, const GString *line) {
  if (file->fd < 0)
    file->fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  ssize_t written = file->fd < 0 ? -1 : write(file->fd, line->str, line->len);
  if (written != (ssize_t)line->len) {
    complain(file, written < 0 ? g_strerror(errno) : "the disk is full");
    close_file(file);
  } else {
    rj_disk_sync_want(file->sync, file->fd);
  }
  file->lines++;
}

void rj_kick_file_note(rj_kick_file *file, uint64_t id, int64_t now, int64_t wall) {
  rj_kick_view kick;
  bool alive = rj_kicks_get(file->kicks, id, now, &kick);
  int error = rj_disk_sync_error(file->sync);
  if (error != 0)
    complain(file, g_strerror(error));
  if (file->anew || file->lines >= 2 * rj_kicks_count(file->kicks, now) + SPARE_LINES) {
    rewrite(file, now, wall);
    return;
  }
  GString *line = g_string_new(NULL);
  if (alive)
    add_line(line, &kick, now, wall);
  else
    g_string_append_printf(line, "lift\t%" PRIu64 "\n", id);
  append(file, line);
  g_string_free(line, TRUE);
}

/* ------------------------------------------------------------------ reading */

typedef struct {
  rj_kicks *kicks;
  int64_t now, wall;
  const char *why; /* what is wrong with the line; static */
} reader;

static bool fails(reader *r, const char *why) {
  r->why = why;
  return false;
}

static bool read_number(const char *word, uint64_t most, uint64_t *out) {
  guint64 number = 0;
  bool is = g_ascii_string_to_unsigned(word, 10, 0, most, &number, NULL);
  *out = number;
  return is;
}

static bool take_kick(reader *r, char *const words[]) {
  char text[RJ_RULE_TEXT_SIZE];
  uint64_t until, uid;
  rj_kick_view kick = {.rule = {.app_id = words[5]}};
  if (!read_number(words[1], INT64_MAX, &kick.id) || kick.id == 0)
    return fails(r, "the id must be a number from 1 on");
  if (!read_number(words[2], INT64_MAX / RJ_MILLISECOND, &until))
    return fails(r, "the end must be in ms since 1970");
  if (!read_number(words[3], UINT32_MAX, &uid))
    return fails(r, "the uid must be a number up to 2^32-1");
  kick.rule.uid = (uint32_t)uid;
  if (*words[4] != '\0' && !rj_kick_host_parse(words[4], &kick.rule.ip))
    return fails(r, "the address must be a numeric one without a port");
  if (rj_rule_app_id(words[5], text) != STATUS_OK)
    return fails(r, "this is no app id");
  if (*words[6] != '\0' && rj_rule_channel(words[6], text) != STATUS_OK)
    return fails(r, "this is no channel name");
  kick.rule.channel = *words[6] != '\0' ? words[6] : NULL;
  if (kick.rule.channel == NULL && uid == 0 && kick.rule.ip.family == RJ_ADDRESS_NONE)
    return fails(r, "it names neither a channel nor a uid nor an address");

  /* A wall clock that was set back makes no kick longer than any may be. */
  int64_t left = (int64_t)until * RJ_MILLISECOND - r->wall;
  kick.until = r->now + rj_earlier(left, RJ_KICK_MAX_FOR);
  if (rj_kicks_restore(r->kicks, &kick, r->now) != STATUS_OK)
    return fails(r, "there are more kicks than an edge keeps (1,000,000)");
  return true;
}

static bool take_words(reader *r, char *const words[], size_t count) {
  uint64_t id;
  if (strcmp(words[0], "kick") == 0 && count == WORDS_MAX)
    return take_kick(r, words);
  bool is_lift = strcmp(words[0], "lift") == 0;
  if ((!is_lift && strcmp(words[0], "next") != 0) || count != 2 ||
      !read_number(words[1], INT64_MAX, &id))
    return fails(r, "this is neither \"kick\" with six words, nor \"lift\" or \"next\" with an id");
  if (is_lift) /* it may have been over already */
    (void)rj_kicks_set_until(r->kicks, id, r->now, r->now);
  else
    rj_kicks_skip_ids(r->kicks, id);
  return true;
}

/* `line` is ours and is cut up. */
static bool take_line(reader *r, char *line) {
  char *words[WORDS_MAX];
  size_t count = 0;
  if (*line == '#' || *line == '\0')
    return true;
  for (char *word = line; word != NULL; count++) {
    char *tab = strchr(word, '\t');
    if (tab != NULL)
      *tab++ = '\0';
    if (count == WORDS_MAX)
      return fails(r, "it has too many words");
    words[count] = word;
    word = tab;
  }
  return take_words(r, words, count);
}

/* 0, or the number of the line that is wrong. A line that was cut off at the very end is none. */
static uint64_t take_lines(reader *r, FILE *in) {
  char line[LINE_MAX_SIZE];
  for (uint64_t number = 1; fgets(line, sizeof line, in) != NULL; number++) {
    size_t length = strlen(line);
    if (length == 0 || line[length - 1] != '\n') {
      if (length < sizeof line - 1 && feof(in))
        return 0;
      r->why = "it is no text, or over 510 bytes long";
      return number;
    }
    line[length - 1] = '\0';
    if (!take_line(r, line))
      return number;
  }
  return 0;
}

rj_kick_file *rj_kick_file_open(const char *directory, rj_kicks *kicks, int64_t now, int64_t wall,
                                int32_t *status, char error[RJ_HOST_ERROR_SIZE]) {
  rj_kick_file *file = g_new0(rj_kick_file, 1);
  file->kicks = kicks;
  file->path = g_build_filename(directory, "kicks", NULL);
  file->fd = -1;
  file->sync = rj_disk_sync_new();
  *status = STATUS_FAILED;
  FILE *in = fopen(file->path, "re");
  if (in == NULL) {
    if (errno == ENOENT) {
      file->anew = true;
      *status = STATUS_OK;
      return file;
    }
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "%s: %s", file->path, g_strerror(errno));
    goto fail;
  }
  reader r = {.kicks = kicks, .now = now, .wall = wall};
  uint64_t wrong = take_lines(&r, in);
  bool broke = ferror(in) != 0;
  fclose(in);
  if (wrong != 0) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE,
               "%s:%" PRIu64 ": %s; correct the line or remove it (it keeps somebody out)",
               file->path, wrong, r.why);
    goto fail;
  }
  if (broke) {
    g_snprintf(error, RJ_HOST_ERROR_SIZE, "%s: cannot be read to its end", file->path);
    goto fail;
  }
  rewrite(file, now, wall);
  *status = STATUS_OK;
  return file;

fail:
  rj_kick_file_free(file);
  return NULL;
}

void rj_kick_file_free(rj_kick_file *file) {
  if (file == NULL)
    return;
  close_file(file);
  rj_disk_sync_free(file->sync);
  g_free(file->path);
  g_free(file);
}
