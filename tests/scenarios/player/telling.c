/* What a client hears, printed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

static void print_text(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\t')
      fputs("\\t", stdout);
    else if (*text == '\n')
      fputs("\\n", stdout);
    else if (*text == '\\')
      fputs("\\\\", stdout);
    else
      putchar(*text);
  }
}

static void print_hex(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    printf("%02x", (unsigned char)bytes[i]);
}

/* What the fields of rj_event are called in recordings, in the order in which an event has them. */
enum { FIELDS_MAX = 3 };

typedef enum { NONE, SIGNED, UNSIGNED, WIDE, TEXT, BYTES } field_kind; /* 4, 4 and 8 bytes */

typedef struct {
  const char *name;
  field_kind kind;
  size_t offset;
} field;

#define I32(name, member)                                                                          \
  { name, SIGNED, offsetof(rj_event, member) }
#define U32(name, member)                                                                          \
  { name, UNSIGNED, offsetof(rj_event, member) }
#define I64(name, member)                                                                          \
  { name, WIDE, offsetof(rj_event, member) }

static const struct {
  int32_t kind;
  field fields[FIELDS_MAX];
} kinds[] = {
    {RJ_EVENT_CONNECTION_CHANGED,
     {I32("old_state", old_state), I32("state", state), I32("reason", reason)}},
    {RJ_EVENT_DID_JOIN_CHANNEL,
     {{"channel", TEXT, 0}, U32("uid", uid), I32("elapsed", elapsed_ms)}},
    {RJ_EVENT_DID_REJOIN_CHANNEL,
     {{"channel", TEXT, 0}, U32("uid", uid), I32("elapsed", elapsed_ms)}},
    {RJ_EVENT_USER_JOINED, {U32("uid", uid), I32("elapsed", elapsed_ms)}},
    {RJ_EVENT_USER_OFFLINE, {U32("uid", uid), I32("reason", reason)}},
    {RJ_EVENT_USER_INTERRUPTED, {U32("uid", uid)}},
    {RJ_EVENT_USER_RESUMED, {U32("uid", uid)}},
    {RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE, {{"token", TEXT, 0}}},
    {RJ_EVENT_RENEW_TOKEN_RESULT, {{"token", TEXT, 0}, I32("code", code)}},
    {RJ_EVENT_NETWORK_CHANGED, {I32("network", network)}},
    {RJ_EVENT_CLIENT_ROLE_CHANGED, {I32("old_role", old_role), I32("role", role)}},
    {RJ_EVENT_CLIENT_ROLE_CHANGE_FAILED, {I32("reason", reason), I32("role", role)}},
    {RJ_EVENT_STREAM_MESSAGE, {U32("uid", uid), U32("stream_id", stream_id), {"data", BYTES, 0}}},
    {RJ_EVENT_STREAM_MESSAGE_ERROR,
     {U32("uid", uid), U32("stream_id", stream_id), I64("missed", count)}},
    {RJ_EVENT_EVENTS_DROPPED, {I64("count", count)}},
    {RJ_EVENT_ATTEMPT,
     {U32("number", attempt), I32("outcome", outcome), I64("next_delay", next_delay_ns)}},
};

static const field *fields_of(int32_t kind) {
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (kinds[i].kind == kind)
      return kinds[i].fields;
  return NULL;
}

static int64_t number_in(const rj_event *event, const field *f) {
  const char *at = (const char *)event + f->offset;
  int32_t i32;
  uint32_t u32;
  int64_t i64;
  switch (f->kind) {
  case SIGNED:
    memcpy(&i32, at, sizeof i32);
    return i32;
  case UNSIGNED:
    memcpy(&u32, at, sizeof u32);
    return u32;
  default:
    memcpy(&i64, at, sizeof i64);
    return i64;
  }
}

static void print_field(const rj_event *event, const field *f) {
  printf("\t%s=", f->name);
  if (f->kind == TEXT)
    print_text(event->text);
  else if (f->kind == BYTES)
    print_hex(event->text, event->text_length);
  else
    printf("%" PRId64, number_in(event, f));
}

static bool field_is(const rj_event *event, const field *f, const char *wanted) {
  if (f->kind == TEXT)
    return strcmp(event->text, wanted) == 0;
  return f->kind != BYTES && number_in(event, f) == g_ascii_strtoll(wanted, NULL, 10);
}

static bool fits(const plan_hook *hook, const rj_event *event) {
  if (strcmp(hook->event, rj_event_name(event->kind)) != 0)
    return false;
  const field *fields = fields_of(event->kind);
  GHashTableIter iter;
  void *name, *wanted;
  g_hash_table_iter_init(&iter, hook->fields);
  while (g_hash_table_iter_next(&iter, &name, &wanted)) {
    bool same = false;
    for (int i = 0; fields != NULL && i < FIELDS_MAX && fields[i].kind != NONE; i++)
      same |= strcmp(fields[i].name, (const char *)name) == 0 &&
              field_is(event, &fields[i], (const char *)wanted);
    if (!same)
      return false;
  }
  return true;
}

static void any_event(rj_client *client, const rj_event *event, void *user_data) {
  const player_client *own = (const player_client *)user_data;
  player *p = own->of;
  player_watch(p);
  printf("event\t%s\t%" PRId64 "\t%" PRId64 "\t%s", own->name, event->time_ns,
         rj_client_last_heard(client), rj_event_name(event->kind));
  const field *fields = fields_of(event->kind);
  for (int i = 0; fields != NULL && i < FIELDS_MAX && fields[i].kind != NONE; i++)
    print_field(event, &fields[i]);
  putchar('\n');
  for (guint i = 0; i < p->plan->hooks->len; i++) {
    plan_hook *hook = (plan_hook *)g_ptr_array_index(p->plan->hooks, i);
    if (!hook->over && strcmp(hook->client, own->name) == 0 && fits(hook, event)) {
      hook->over = true;
      player_do(p, &hook->step);
    }
  }
}

const rj_listener player_listener = {.size = sizeof player_listener, .any_event = any_event};
