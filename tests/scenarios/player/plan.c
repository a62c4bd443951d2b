/* Plans out of their text. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0'; from++) {
    if (*from == '\\' && from[1] != '\0') {
      from++;
      *to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
}

static _Noreturn void bad_line(const char *word) {
  fprintf(stderr, "player: this is no line of a plan: %s\n", word);
  exit(2);
}

/* name=value words up to the end or to the word `until`; *words stands behind them. */
static plan_values *take_values(char ***words, const char *until) {
  plan_values *values = g_hash_table_new(g_str_hash, g_str_equal);
  for (; **words != NULL && (until == NULL || strcmp(**words, until) != 0); (*words)++) {
    char *equals = strchr(**words, '=');
    if (equals == NULL)
      bad_line(**words);
    *equals = '\0';
    g_hash_table_insert(values, **words, equals + 1);
  }
  return values;
}

static void take_step(plan_step *step, char **words) {
  for (int i = 0; i < 3; i++)
    if (words[i] == NULL)
      bad_line("a step");
  step->index = g_ascii_strtoll(words[0], NULL, 10);
  step->actor = words[1];
  step->verb = words[2];
  char **rest = words + 3;
  step->values = take_values(&rest, NULL);
}

static void take_hook(plan *p, char **words) {
  plan_hook *hook = g_new0(plan_hook, 1);
  hook->client = words[0];
  hook->event = words[1];
  char **rest = words + 2;
  hook->fields = take_values(&rest, "then");
  if (*rest == NULL)
    bad_line("on, without then");
  take_step(&hook->step, rest + 1);
  g_ptr_array_add(p->hooks, hook);
}

static void take_node(GPtrArray *nodes, char **words) {
  plan_node *node = g_new0(plan_node, 1);
  node->name = words[0];
  char **rest = words + 1;
  node->values = take_values(&rest, NULL);
  g_ptr_array_add(nodes, node);
}

static void take_line(plan *p, char **words) {
  guint count = g_strv_length(words);
  const char *kind = words[0];
  if (count < 2)
    bad_line(kind);
  if (strcmp(kind, "world") == 0) {
    p->simulated = strcmp(words[1], "sim") == 0;
  } else if (strcmp(kind, "seed") == 0) {
    p->seed = g_ascii_strtoull(words[1], NULL, 10);
  } else if (strcmp(kind, "wall") == 0) {
    p->wall = g_ascii_strtoll(words[1], NULL, 10);
  } else if (strcmp(kind, "end") == 0) {
    p->end = g_ascii_strtoll(words[1], NULL, 10);
  } else if (strcmp(kind, "edge") == 0) {
    take_node(p->edges, words + 1);
  } else if (strcmp(kind, "client") == 0) {
    take_node(p->clients, words + 1);
  } else if (strcmp(kind, "watch") == 0 && count == 4) {
    plan_watch *watch = g_new0(plan_watch, 1);
    *watch = (plan_watch){.edge = words[1],
                          .channel = words[2],
                          .uid = (uint32_t)g_ascii_strtoull(words[3], NULL, 10)};
    g_ptr_array_add(p->watches, watch);
  } else if (strcmp(kind, "on") == 0 && count > 6) {
    take_hook(p, words + 1);
  } else if (strcmp(kind, "at") == 0) {
    plan_step *step = g_new0(plan_step, 1);
    step->at = g_ascii_strtoll(words[1], NULL, 10);
    take_step(step, words + 2);
    g_ptr_array_add(p->steps, step);
  } else {
    bad_line(kind);
  }
}

static void free_node(void *data) {
  plan_node *node = (plan_node *)data;
  g_hash_table_unref(node->values);
  g_free(node);
}

static void free_step(void *data) {
  plan_step *step = (plan_step *)data;
  g_hash_table_unref(step->values);
  g_free(step);
}

static void free_hook(void *data) {
  plan_hook *hook = (plan_hook *)data;
  g_hash_table_unref(hook->fields);
  g_hash_table_unref(hook->step.values);
  g_free(hook);
}

plan *plan_parse(const char *text) {
  plan *p = g_new0(plan, 1);
  p->edges = g_ptr_array_new_with_free_func(free_node);
  p->clients = g_ptr_array_new_with_free_func(free_node);
  p->hooks = g_ptr_array_new_with_free_func(free_hook);
  p->watches = g_ptr_array_new_with_free_func(g_free);
  p->steps = g_ptr_array_new_with_free_func(free_step);
  p->lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
  char **lines = g_strsplit(text, "\n", 0);
  for (char **line = lines; *line != NULL; line++) {
    if (**line == '\0')
      continue;
    char **words = g_strsplit(*line, "\t", 0);
    g_ptr_array_add(p->lines, words);
    for (char **word = words; *word != NULL; word++)
      unescape(*word);
    take_line(p, words);
  }
  g_strfreev(lines);
  return p;
}

void plan_free(plan *p) {
  g_ptr_array_unref(p->edges);
  g_ptr_array_unref(p->clients);
  g_ptr_array_unref(p->hooks);
  g_ptr_array_unref(p->watches);
  g_ptr_array_unref(p->steps);
  g_ptr_array_unref(p->lines);
  g_free(p);
}

const char *plan_text(const plan_values *values, const char *name, const char *otherwise) {
  const char *text = (const char *)g_hash_table_lookup((plan_values *)values, name);
  return text == NULL ? otherwise : text;
}

int64_t plan_number(const plan_values *values, const char *name, int64_t otherwise) {
  const char *text = plan_text(values, name, NULL);
  return text == NULL ? otherwise : g_ascii_strtoll(text, NULL, 10);
}

double plan_real(const plan_values *values, const char *name, double otherwise) {
  const char *text = plan_text(values, name, NULL);
  return text == NULL ? otherwise : g_ascii_strtod(text, NULL);
}
