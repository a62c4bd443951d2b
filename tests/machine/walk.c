/* Plays the machine and the backoff from lines on stdin and prints what each did, one line per line. The other side of
 * the comparison is model.py.
 *
 *   begin 3|4                           a new machine in this dialect (and new attempts)
 *   state STATE REASON                  puts the machine there by force, as after 100 s, proofs until then
 *   path 0|1                            a new path is being validated
 *   input NS ARGUMENT NAME ...          an input, by its name in the table
 *   wake NS                             the one timer that is due first
 *   seed N                              of the backoff's jitter
 *   attempts NAME NS [NS]               stay now soon force started failed busy stop outage */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "machine/attempts.h"

static const struct {
  uint32_t action;
  const char *name;
} actions[] = {
    {RJ_DO_STOP_ATTEMPTS, "stop-attempts"},
    {RJ_DO_DROP_OLD_LINK, "drop-old-connection"},
    {RJ_DO_CLOSE_LINKS, "close-connections"},
    {RJ_DO_SAY_GOODBYE, "goodbye"},
    {RJ_DO_CLEAR_ROSTER, "clear-roster"},
    {RJ_DO_DIAL_NOW, "attempt-at-once"},
    {RJ_DO_DIAL_SOON, "attempt-soon"},
    {RJ_DO_TELL_JOINED, "did_join_channel"},
    {RJ_DO_TELL_REJOINED, "did_rejoin_channel"},
    {RJ_DO_TELL_LEFT, "did_leave_channel"},
    {RJ_DO_TELL_LOST, "connection_lost"},
    {RJ_DO_TELL_REQUEST_TOKEN, "request_token"},
    {RJ_DO_DROP_PEERS, "drop-peers"},
    {RJ_DO_MIGRATE, "migrate"},
    {RJ_DO_KEEP_TOKEN, "keep-token"},
    {RJ_DO_SEND_TOKEN, "send-token"},
    {RJ_DO_KEEP_ROLE, "keep-role"},
    {RJ_DO_SEND_ROLE, "send-role"},
    {RJ_DO_START_STAY, "start-stay"},
    {RJ_DO_END_OUTAGE, "end-outage"},
};

static rj_timers timers;
static rj_machine machine;
static rj_attempts attempts;
static rj_random chance;

static void print_time(const char *name, int64_t time) {
  if (time == RJ_NEVER)
    printf(" %s=never", name);
  else
    printf(" %s=%" PRId64, name, time);
}

static void print_step(const rj_step *step) {
  printf("row=%s sm=", step->row != NULL ? step->row : "-");
  if (step->changed)
    printf("%d,%d", (int)step->state, (int)step->reason);
  else
    printf("-");
  printf(" status=%d do=", (int)step->status);
  const char *separator = "";
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
    if (step->actions & actions[i].action) {
      printf("%s%s", separator, actions[i].name);
      separator = ",";
    }
  }
  if (*separator == '\0')
    printf("-");
  printf(" state=%d", (int)machine.state);
  print_time("o", machine.last_proof);
  print_time("deadline", rj_machine_deadline(&machine));
  printf("\n");
}

static void begin(int32_t dialect) {
  rj_timers_default(&timers, 1);
  rj_machine_init(&machine, &timers, dialect);
  rj_attempts_init(&attempts);
  printf("begin\n");
}

/* As if it had come there: joined at 100 s, the last proof then. */
static void force_state(int32_t state, int32_t reason) {
  const int64_t then = 100 * RJ_SECOND;
  rj_machine_init(&machine, &timers, machine.dialect);
  machine.state = state;
  machine.reason = reason;
  if (state != STATE_DISCONNECTED)
    machine.join_called = then;
  if (state > STATE_CONNECTING)
    machine.last_proof = machine.connected_since = machine.interrupted_at = then;
  printf("state\n");
}

static int play_input(const char *line) {
  int64_t now;
  int argument, name_at = 0;
  if (sscanf(line, "%" SCNd64 " %d %n", &now, &argument, &name_at) != 2 || name_at == 0)
    return 1;
  for (int input = 0; input < RJ_INPUTS; input++) {
    if (strcmp(line + name_at, rj_input_name((rj_input)input)) == 0) {
      rj_step step = rj_machine_input(&machine, (rj_input)input, argument, now);
      print_step(&step);
      return 0;
    }
  }
  return 1;
}

static void play_wake(int64_t now) {
  rj_step step;
  if (rj_machine_wake(&machine, now, &step))
    print_step(&step);
  else
    printf("nothing\n");
}

static int play_attempts(const char *name, int64_t now, int64_t more) {
  int64_t delay = 0;
  bool abandoned = false;
  if (strcmp(name, "stay") == 0)
    rj_attempts_begin_stay(&attempts);
  else if (strcmp(name, "now") == 0)
    rj_attempts_plan_now(&attempts, now);
  else if (strcmp(name, "soon") == 0)
    rj_attempts_plan_soon(&attempts, &timers, &chance, now);
  else if (strcmp(name, "force") == 0)
    abandoned = rj_attempts_force(&attempts, &timers, now);
  else if (strcmp(name, "started") == 0)
    rj_attempts_started(&attempts, &timers, now);
  else if (strcmp(name, "failed") == 0)
    delay = rj_attempts_failed(&attempts, &timers, &chance, now);
  else if (strcmp(name, "busy") == 0)
    delay = rj_attempts_busy(&attempts, &timers, &chance, more, now);
  else if (strcmp(name, "stop") == 0)
    rj_attempts_stop(&attempts);
  else if (strcmp(name, "outage") == 0)
    rj_attempts_outage(&attempts, &timers, more, now);
  else
    return 1;
  printf("number=%" PRIu32 " n=%" PRIu32 " running=%d abandoned=%d delay=%" PRId64, attempts.number,
         attempts.n, attempts.running, abandoned, delay);
  print_time("start", attempts.start_at);
  print_time("give_up", attempts.give_up_at);
  print_time("deadline", rj_attempts_deadline(&attempts));
  printf("\n");
  return 0;
}

static int play(const char *line) {
  int first, second;
  int64_t now, more = 0;
  uint64_t seed;
  char name[16];
  if (strncmp(line, "input ", 6) == 0)
    return play_input(line + 6);
  if (sscanf(line, "attempts %15s %" SCNd64 " %" SCNd64, name, &now, &more) >= 2)
    return play_attempts(name, now, more);
  if (sscanf(line, "begin %d", &first) == 1 && (first == DIALECT_3X || first == DIALECT_4X))
    begin(first);
  else if (sscanf(line, "state %d %d", &first, &second) == 2)
    force_state(first, second);
  else if (sscanf(line, "path %d", &first) == 1)
    printf("path %d\n", machine.path_pending = first != 0);
  else if (sscanf(line, "wake %" SCNd64, &now) == 1)
    play_wake(now);
  else if (sscanf(line, "seed %" SCNu64, &seed) == 1)
    rj_random_seed(&chance, seed), printf("seed\n");
  else
    return 1;
  return 0;
}

int main(void) {
  char line[256];
  begin(DIALECT_3X);
  for (int number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
    line[strcspn(line, "\n")] = '\0';
    if (play(line) != 0) {
      fprintf(stderr, "line %d: not understood: %s\n", number, line);
      return 1;
    }
  }
  return 0;
}
