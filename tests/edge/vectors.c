/* Reads tests/vectors/tokens.json, one field a line as it is written. */
#include "edge/vectors.h"

#include <string.h>

static token_vector all[VECTORS];

static void take_field(token_vector *vector, const char *key, const char *value) {
  const struct {
    const char *key;
    char **to;
  } texts[] = {{"name", &vector->name},  {"appId", &vector->app_id}, {"cert", &vector->certificate},
               {"ch", &vector->channel}, {"uid", &vector->uid},      {"token", &vector->token}};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    if (strcmp(key, texts[i].key) == 0)
      *texts[i].to = g_strdup(value);
  }
  int64_t number = g_ascii_strtoll(value, NULL, 10);
  if (strcmp(key, "version") == 0)
    vector->version = (int)number;
  else if (strcmp(key, "ts") == 0 && vector->version == 7)
    vector->issued_at = number;
  else if (strcmp(key, "ts") == 0)
    vector->ends = number;
  else if (strcmp(key, "expire") == 0)
    vector->ends = vector->issued_at + number;
  else if (strcmp(key, "salt") == 0)
    vector->salt = number;
  else if (g_ascii_isdigit(key[0]))
    vector->privileges[vector->privilege_count++] = number;
}

const token_vector *vectors(void) {
  if (all[0].name != NULL)
    return all;
  char *text;
  g_assert_true(g_file_get_contents("tests/vectors/tokens.json", &text, NULL, NULL));
  GRegex *field = g_regex_new("^ +\"(\\w+)\": \"?([^\"]*?)\"?,?$", G_REGEX_MULTILINE, 0, NULL);
  GMatchInfo *match;
  size_t count = 0;
  g_regex_match(field, text, 0, &match);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    char *key = g_match_info_fetch(match, 1), *value = g_match_info_fetch(match, 2);
    if (strcmp(key, "name") == 0)
      count++;
    g_assert_cmpuint(count, <=, VECTORS);
    if (strcmp(key, "privs") != 0)
      take_field(&all[count - 1], key, value);
    g_free(key);
    g_free(value);
  }
  g_match_info_free(match);
  g_regex_unref(field);
  g_free(text);
  g_assert_cmpuint(count, ==, VECTORS);
  return all;
}
