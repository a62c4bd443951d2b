/* Reads a control command, does it by the public interface, and words the answer. */
#include "edge/program/control_command.h"

#include <inttypes.h>
#include <string.h>

#include "edge/program/nearest.h"

enum { KICKS_AT_ONCE = 256 };
static const double seconds_max = 86400;
static const int64_t drain_default_ns = INT64_C(60000000000);

const char rj_program_control_help[] =
    "  kick [channel=NAME] [uid=N] [ip=ADDRESS] [app=ID] [seconds=S]\n"
    "      remove whoever fits all that is named, and keep it out: 3600 seconds unless said,\n"
    "      at most 86400; 0: it may join again at once\n"
    "  kicks                        list the kicks that are in force\n"
    "  change ID seconds=S          let a kick last so long from now on\n"
    "  lift ID                      end a kick\n"
    "  drain [seconds=S]            let nobody new in, and tell the members to move to another "
    "edge, spread\n"
    "                               evenly over the time: 60 seconds unless said, at most 86400\n"
    "  channels [app=ID]            list the channels\n"
    "  members NAME [app=ID]        list the uids of a channel's members\n"
    "  counters                     what the edge has and counted\n"
    "  help                         this list\n";

/* ------------------------------------------------------------------ what a command is given */

typedef enum { APP, CHANNEL, UID, IP, SECONDS, ID, PARTS } part;

static const char *const part_names[PARTS] = {"app", "channel", "uid", "ip", "seconds", "id"};

typedef struct {
  const char *values[PARTS]; /* NULL: not given */
  GString *error;            /* appended to when something is wrong */
} given;

static bool complain(given *g, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool complain(given *g, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  for (char *c = text; *c != '\0'; c++) { /* it stays one line whatever was given */
    if (g_ascii_iscntrl(*c))
      *c = '?';
  }
  g_string_append_printf(g->error, "error %s\n", text);
  g_free(text);
  return false;
}

static bool needs(given *g, part which) {
  return g->values[which] != NULL || complain(g, "%s is missing", part_names[which]);
}

static bool read_whole(given *g, part which, uint64_t most, uint64_t *out) {
  guint64 number = 0;
  const char *value = g->values[which];
  if (!g_ascii_string_to_unsigned(value, 10, 1, most, &number, NULL))
    return complain(g, "%s is \"%s\"; it must be a whole number from 1 to %" PRIu64,
                    part_names[which], value, most);
  *out = number;
  return true;
}

static bool read_seconds(given *g, int64_t *ns) {
  char *end;
  const char *value = g->values[SECONDS];
  double seconds = g_ascii_strtod(value, &end);
  if (end == value || *end != '\0' || !(seconds >= 0 && seconds <= seconds_max))
    return complain(g, "seconds is \"%s\"; it must be a number from 0 to %.0f", value, seconds_max);
  *ns = (int64_t)(seconds * 1e9 + 0.5);
  return true;
}

/* ------------------------------------------------------------------ answers */

static bool refused(rj_program_dialog *dialog, given *g) {
  return complain(g, "%s", rj_edge_error_text(dialog->edge));
}

/* A word that a shell, and our own reader, takes as one. */
static void add_word(GString *out, const char *key, const char *word) {
  bool is_plain = *word != '\0';
  for (const char *c = word; *c != '\0'; c++)
    is_plain = is_plain && (g_ascii_isalnum(*c) || strchr("_-.:@%+,", *c) != NULL);
  char *quoted = is_plain ? g_strdup(word) : g_shell_quote(word);
  g_string_append_printf(out, " %s%s", key, quoted);
  g_free(quoted);
}

static bool do_kick(rj_program_dialog *dialog, given *g, GString *out) {
  uint64_t uid = 0, id;
  rj_kick kick = {.size = sizeof kick,
                  .app_id = g->values[APP],
                  .channel = g->values[CHANNEL],
                  .ip = g->values[IP],
                  .duration_ns = RJ_KICK_DEFAULT};
  if ((g->values[UID] != NULL && !read_whole(g, UID, UINT32_MAX, &uid)) ||
      (g->values[SECONDS] != NULL && !read_seconds(g, &kick.duration_ns)))
    return false;
  kick.uid = (uint32_t)uid;
  int32_t removed = rj_edge_kick(dialog->edge, &kick, &id);
  if (removed < 0)
    return refused(dialog, g);
  g_string_append_printf(out, " id=%" PRIu64 " removed=%" PRId32 "\n", id, removed);
  return true;
}

static bool do_kicks(rj_program_dialog *dialog, given *g, GString *out) {
  (void)g, (void)out;
  dialog->after = 0;
  dialog->is_listing = true;
  return true;
}

static bool change(rj_program_dialog *dialog, given *g, int64_t duration_ns) {
  uint64_t id = 0;
  if (!needs(g, ID) || !read_whole(g, ID, UINT64_MAX, &id))
    return false;
  return rj_edge_change_kick(dialog->edge, id, duration_ns) == RJ_OK || refused(dialog, g);
}

static bool do_change(rj_program_dialog *dialog, given *g, GString *out) {
  (void)out;
  int64_t duration_ns = 0;
  return needs(g, SECONDS) && read_seconds(g, &duration_ns) && change(dialog, g, duration_ns);
}

static bool do_lift(rj_program_dialog *dialog, given *g, GString *out) {
  (void)out;
  return change(dialog, g, 0);
}

static bool do_drain(rj_program_dialog *dialog, given *g, GString *out) {
  int64_t duration_ns = drain_default_ns;
  if (g->values[SECONDS] != NULL && !read_seconds(g, &duration_ns))
    return false;
  int32_t told = rj_edge_drain(dialog->edge, duration_ns);
  if (told < 0)
    return refused(dialog, g);
  g_string_append_printf(out, " members=%" PRId32 "\n", told);
  return true;
}

static bool do_channels(rj_program_dialog *dialog, given *g, GString *out) {
  size_t capacity = 4096, length = 0;
  char *names = g_malloc(capacity);
  int32_t status;
  while ((status = rj_edge_channels(dialog->edge, g->values[APP], names, capacity, &length)) ==
         RJ_ERR_BUFFER_TOO_SMALL) {
    capacity = length + 4096;
    names = g_realloc(names, capacity);
  }
  for (size_t at = 0; status == RJ_OK && at < length; at += strlen(names + at) + 1) {
    add_word(out, "", names + at);
    g_string_append_c(out, '\n');
  }
  g_free(names);
  return status == RJ_OK || refused(dialog, g);
}

static bool do_members(rj_program_dialog *dialog, given *g, GString *out) {
  if (!needs(g, CHANNEL))
    return false;
  size_t capacity = 64, count = 0;
  uint32_t *uids = g_new(uint32_t, capacity);
  int32_t status;
  while ((status = rj_edge_members(dialog->edge, g->values[APP], g->values[CHANNEL], uids, capacity,
                                   &count)) == RJ_ERR_BUFFER_TOO_SMALL) {
    capacity = count + 64;
    uids = g_renew(uint32_t, uids, capacity);
  }
  for (size_t i = 0; status == RJ_OK && i < count; i++)
    g_string_append_printf(out, " %" PRIu32 "\n", uids[i]);
  g_free(uids);
  return status == RJ_OK || refused(dialog, g);
}

static bool do_counters(rj_program_dialog *dialog, given *g, GString *out) {
  rj_edge_counts c = {.size = sizeof c};
  if (rj_edge_counters(dialog->edge, &c) != RJ_OK)
    return refused(dialog, g);
  const struct {
    const char *name;
    uint64_t value;
  } all[] = {
#define RJ_COUNTER(name, source) {#name, c.name},
#include "abi/counters.def"
#undef RJ_COUNTER
  };
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
    g_string_append_printf(out, " %s=%" PRIu64 "\n", all[i].name, all[i].value);
  return true;
}

static bool do_help(rj_program_dialog *dialog, given *g, GString *out) {
  (void)dialog, (void)g;
  char **lines = g_strsplit(rj_program_control_help, "\n", -1);
  for (size_t i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    g_string_append_printf(out, " %s\n", lines[i]);
  g_strfreev(lines);
  return true;
}

/* ------------------------------------------------------------------ the table of commands */

typedef struct {
  const char *name;
  bool (*run)(rj_program_dialog *dialog, given *g, GString *out);
  unsigned parts; /* that it knows, a bit for each */
  part bare;      /* the one that may stand without its name; PARTS: none */
} command;

#define BIT(part) (1u << (part))

static const command commands[] = {
    {"kick", do_kick, BIT(APP) | BIT(CHANNEL) | BIT(UID) | BIT(IP) | BIT(SECONDS), PARTS},
    {"kicks", do_kicks, 0, PARTS},
    {"change", do_change, BIT(ID) | BIT(SECONDS), ID},
    {"lift", do_lift, BIT(ID), ID},
    {"drain", do_drain, BIT(SECONDS), SECONDS},
    {"channels", do_channels, BIT(APP), PARTS},
    {"members", do_members, BIT(APP) | BIT(CHANNEL), CHANNEL},
    {"counters", do_counters, 0, PARTS},
    {"help", do_help, 0, PARTS},
};

static const command *find_command(given *g, const char *name) {
  const char *names[G_N_ELEMENTS(commands)];
  for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
    if (strcmp(commands[i].name, name) == 0)
      return &commands[i];
    names[i] = commands[i].name;
  }
  const char *nearest = rj_program_nearest(name, names, G_N_ELEMENTS(commands));
  if (nearest != NULL)
    complain(g, "there is no command \"%s\"; did you mean \"%s\"?", name, nearest);
  else
    complain(g, "there is no command \"%s\"; \"help\" lists them", name);
  return NULL;
}

/* Which part a word is for, by the name before its "="; PARTS: it names none. */
static part part_of(const char *word) {
  const char *equals = strchr(word, '=');
  part which = 0;
  while (which < PARTS && (equals == NULL || strlen(part_names[which]) != (size_t)(equals - word) ||
                           strncmp(word, part_names[which], (size_t)(equals - word)) != 0))
    which++;
  return which;
}

static bool take_word(given *g, const command *c, const char *word) {
  part which = part_of(word);
  const char *value = which < PARTS ? strchr(word, '=') + 1 : word;
  if (which == PARTS)
    which = c->bare;
  if (which == PARTS || (c->parts & BIT(which)) == 0)
    return complain(g, "%s does not take \"%s\"; \"help\" says what it takes", c->name, word);
  if (g->values[which] != NULL)
    return complain(g, "%s is given twice", part_names[which]);
  g->values[which] = value;
  return true;
}

static bool take_words(rj_program_dialog *dialog, given *g, char *const *words, GString *out) {
  const command *c = find_command(g, words[0]);
  if (c == NULL)
    return false;
  for (size_t i = 1; words[i] != NULL; i++) {
    if (!take_word(g, c, words[i]))
      return false;
  }
  return c->run(dialog, g, out);
}

void rj_program_dialog_take(rj_program_dialog *dialog, const char *line, GString *out) {
  GError *why = NULL;
  char **words = NULL;
  given g = {.error = g_string_new(NULL)};
  bool done = false;
  if (!g_utf8_validate(line, -1, NULL))
    complain(&g, "a command is UTF-8 text");
  else if (!g_shell_parse_argv(line, NULL, &words, &why))
    complain(&g, "%s", why->message);
  else
    done = take_words(dialog, &g, words, out);
  if (!done)
    g_string_append_len(out, g.error->str, (gssize)g.error->len);
  else if (dialog->is_listing)
    rj_program_dialog_go_on(dialog, out);
  else
    g_string_append(out, "ok\n");
  g_clear_error(&why);
  g_strfreev(words);
  g_string_free(g.error, TRUE);
}

/* ------------------------------------------------------------------ the list of kicks */

static void add_kick(GString *out, const rj_kick_info *kick, int64_t now) {
  g_string_append_printf(out, " id=%" PRIu64, kick->id);
  if (*kick->app_id != '\0')
    add_word(out, "app=", kick->app_id);
  if (*kick->channel != '\0')
    add_word(out, "channel=", kick->channel);
  if (kick->uid != 0)
    g_string_append_printf(out, " uid=%" PRIu32, kick->uid);
  if (*kick->ip != '\0')
    add_word(out, "ip=", kick->ip);
  g_string_append_printf(out, " seconds=%.3f\n", (double)MAX(kick->until_ns - now, 0) / 1e9);
}

void rj_program_dialog_go_on(rj_program_dialog *dialog, GString *out) {
  rj_kick_info kick = {.size = sizeof kick};
  int64_t now = rj_runtime_now(dialog->runtime);
  for (int i = 0; i < KICKS_AT_ONCE; i++) {
    if (rj_edge_next_kick(dialog->edge, dialog->after, &kick) != 1) {
      dialog->is_listing = false;
      g_string_append(out, "ok\n");
      return;
    }
    add_kick(out, &kick, now);
    dialog->after = kick.id;
  }
}
