/* The player in C: a plan on standard input, a recording on standard output.
 *
 * usage: scenario_player < PLAN > RECORDING */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "player.h"

#define WATCH_EVERY (INT64_C(250) * 1000000) /* ns of virtual time between two looks */
#define LOOK_EVERY  (INT64_C(2) * 1000000)   /* ns of real time */

/* Hands out what waits. Inside a callback clients may be freed, and join again. */
static void hand_out(player *p) {
  rj_client *client;
  while (rj_runtime_next_ready(p->runtime, &client) == 1)
    rj_client_dispatch(client, 0);
}

static void wait_simulated(player *p, int64_t until) {
  hand_out(p);
  while (rj_runtime_now(p->runtime) < until) {
    int64_t stop = rj_runtime_now(p->runtime) + WATCH_EVERY;
    rj_runtime_run(p->runtime, p->plan->watches->len > 0 && stop < until ? stop : until, 1);
    hand_out(p);
    player_watch(p);
  }
}

static void wait_real(player *p, int64_t until) {
  struct pollfd fd = {.fd = rj_runtime_event_fd(p->runtime), .events = POLLIN};
  for (;;) {
    hand_out(p);
    player_watch(p);
    int64_t rest = until - rj_runtime_now(p->runtime);
    if (rest <= 0)
      return;
    poll(&fd, 1, (int)((rest < LOOK_EVERY ? rest : LOOK_EVERY) / 1000000));
  }
}

static void wait_until(player *p, int64_t until) {
  if (p->plan->simulated)
    wait_simulated(p, until);
  else
    wait_real(p, until);
}

static char *read_all(FILE *file) {
  GString *text = g_string_new(NULL);
  char part[4096];
  for (size_t length; (length = fread(part, 1, sizeof part, file)) > 0;)
    g_string_append_len(text, part, (gssize)length);
  return g_string_free(text, FALSE);
}

int main(void) {
  char *text = read_all(stdin);
  player p = {.plan = plan_parse(text)};
  g_free(text);
  player_make_nodes(&p);
  p.origin = rj_runtime_now(p.runtime);
  printf("origin\t%" PRId64 "\n", p.origin);
  for (guint i = 0; i < p.plan->steps->len; i++) {
    const plan_step *step = (const plan_step *)g_ptr_array_index(p.plan->steps, i);
    wait_until(&p, p.origin + step->at);
    player_do(&p, step);
  }
  wait_until(&p, p.origin + p.plan->end);
  player_free_nodes(&p);
  plan_free(p.plan);
  return 0;
}
