/* A plan, as `python -m rejoin play --plan` prints it: a line per thing, its words separated by tabs
 * (rejoin.scenario.plan says what they are). */
#ifndef RJ_PLAYER_PLAN_H
#define RJ_PLAYER_PLAN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* name=value, …; the texts live as long as the plan */
typedef GHashTable plan_values;

typedef struct {
  int64_t at; /* ns since the beginning; of a hook's step 0 */
  int64_t index;
  const char *actor, *verb;
  plan_values *values;
} plan_step;

typedef struct {
  const char *name;
  plan_values *values;
} plan_node;

typedef struct {
  const char *client, *event;
  plan_values *fields;
  plan_step step;
  bool over;
} plan_hook;

typedef struct {
  const char *edge, *channel;
  uint32_t uid;
  int64_t last; /* what was told of it; 0: nothing yet */
} plan_watch;

typedef struct {
  bool simulated;
  uint64_t seed;
  int64_t wall; /* seconds since 1970 */
  int64_t end;
  GPtrArray *edges, *clients; /* plan_node */
  GPtrArray *hooks;           /* plan_hook */
  GPtrArray *watches;         /* plan_watch */
  GPtrArray *steps;           /* plan_step, by their times */
  GPtrArray *lines;           /* owns all texts */
} plan;

/* From a text. A line that is none of a plan ends the program with a message. */
plan *plan_parse(const char *text);
void plan_free(plan *p);

const char *plan_text(const plan_values *values, const char *name, const char *otherwise);
int64_t plan_number(const plan_values *values, const char *name, int64_t otherwise);
double plan_real(const plan_values *values, const char *name, double otherwise);

#endif
