/* Prints the state table as the markdown table of docs/behaviour.md, in the words of that page; with an argument, "data", the
 * timers and the table as lines of words between tabs, for the pictures there. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "machine/table.h"

/* The page names numbers as their constants are: TOKEN_EXPIRED. */
static void print_constant(rj_number_group group, int32_t value) {
  for (const char *c = rj_number_name(group, value); *c != '\0'; c++)
    putchar(*c == ' ' ? '_' : toupper((unsigned char)*c));
}

/* ---- which rows of the table share a line ---- */

/* All but where they start; rows that stay differ in where they end, too. */
static bool same_line(const rj_row *a, const rj_row *b) {
  bool both_stay = a->from == a->to && b->from == b->to;
  bool both_move = a->from != a->to && b->from != b->to && a->to == b->to;
  return strcmp(a->id, b->id) == 0 && a->dialect == b->dialect && a->input == b->input &&
         a->given == b->given && a->reason == b->reason && a->status == b->status &&
         a->actions == b->actions && (both_stay || both_move);
}

static bool has_a_line_above(const rj_row *row) {
  for (const rj_row *above = rj_rows; above < row; above++) {
    if (same_line(above, row))
      return true;
  }
  return false;
}

/* Does a row above take some arguments of this state and input, so that this one is for the others? */
static bool is_for_others(const rj_row *row) {
  for (const rj_row *above = rj_rows; above < row; above++) {
    if (above->from == row->from && above->input == row->input && above->given != row->given)
      return true;
  }
  return false;
}

/* ---- the columns ---- */

static void print_from(const rj_row *row) {
  const char *separator = "";
  for (const rj_row *other = row; other < rj_rows + rj_row_count; other++) {
    if (!same_line(row, other))
      continue;
    printf("%s", separator);
    print_constant(RJ_GROUP_STATE, other->from);
    separator = ", ";
  }
}

/* What the timers count from (SPEC section 2). */
static const char *origin(const rj_row *row) {
  return row->from == STATE_CONNECTING ? "the join call" : "O";
}

static void print_refusal(const rj_row *row) {
  printf("the edge refuses");
  if (row->given != RJ_GIVEN_ANY) {
    printf(": ");
    print_constant(RJ_GROUP_REASON, row->given);
  } else if (is_for_others(row)) {
    printf(" for another reason");
  }
}

static void print_removal(const rj_row *row) {
  switch (row->given) {
  case REASON_BANNED_BY_SERVER:
    printf("kicked or banned");
    break;
  case REASON_TOKEN_EXPIRED:
    printf("the join privilege expires");
    break;
  case REASON_SAME_UID_LOGIN:
    printf("the same uid joins elsewhere");
    break;
  default:
    printf("the edge removes the user");
    break;
  }
}

static void print_renewal(const rj_row *row) {
  printf("`renew_token`");
  if (row->given != RJ_GIVEN_ANY) {
    printf(" after ");
    print_constant(RJ_GROUP_REASON, row->given);
  } else if (is_for_others(row)) {
    printf(" otherwise");
  }
}

static void print_input(const rj_row *row) {
  switch ((rj_input)row->input) {
  case RJ_IN_JOIN:
    printf("`join_channel`");
    break;
  case RJ_IN_LEAVE:
    printf("`leave_channel`");
    break;
  case RJ_IN_ACCEPTED:
    printf(row->from == STATE_CONNECTED ? "another edge accepts, since its own asked it to move"
                                        : "the edge accepts");
    break;
  case RJ_IN_PROOF:
    printf("a proof that the path works");
    if (row->from == STATE_RECONNECTING)
      printf(", on the old connection");
    break;
  case RJ_IN_REFUSED:
    print_refusal(row);
    break;
  case RJ_IN_REFUSED_OLD_TOKEN:
    printf("the edge refuses a token, and a newer one was given");
    break;
  case RJ_IN_REMOVED:
    print_removal(row);
    break;
  case RJ_IN_UNKNOWN:
    printf("the edge does not know the client any more, or closes the connection");
    break;
  case RJ_IN_NETWORK_CHANGED:
    printf("the network or the local address changes");
    break;
  case RJ_IN_SILENCE:
    printf("4 s since O");
    break;
  case RJ_IN_SILENCE_NEW_PATH:
    printf("4 s since O, and the way over a new network is not proved yet");
    break;
  case RJ_IN_LOST:
    printf("10 s since %s", origin(row));
    break;
  case RJ_IN_PEERS_LOST:
    printf("20 s since O");
    break;
  case RJ_IN_GIVE_UP:
    printf("20 min since %s", origin(row));
    break;
  case RJ_IN_RENEW_TOKEN:
    print_renewal(row);
    break;
  case RJ_IN_SET_ROLE:
    printf("`set_client_role`");
    break;
  case RJ_INPUTS:
    break;
  }
  if (row->dialect != RJ_DIALECTS_BOTH)
    printf(" (%s)", rj_number_name(RJ_GROUP_DIALECT, row->dialect));
}

static void print_to(const rj_row *row) {
  if (row->from == row->to)
    printf("–");
  else
    print_constant(RJ_GROUP_STATE, row->to);
}

static void print_reason(const rj_row *row) {
  if (row->reason == RJ_REASON_SAME) {
    printf("–");
  } else if (row->reason == RJ_REASON_ARGUMENT && row->given == RJ_GIVEN_ANY) {
    printf("the edge's");
  } else {
    int32_t reason = row->reason == RJ_REASON_ARGUMENT ? row->given : row->reason;
    print_constant(RJ_GROUP_REASON, reason);
    printf(" (%d)", (int)reason);
  }
}

/* In the order in which an app notices them; events as code. */
static const struct {
  uint32_t action;
  const char *text;
} consequences[] = {
    {RJ_DO_STOP_ATTEMPTS, "no more attempts"},
    {RJ_DO_DROP_OLD_LINK, "the old connection is dropped"},
    {RJ_DO_CLOSE_LINKS, "the connection is closed"},
    {RJ_DO_SAY_GOODBYE, "a goodbye goes to the edge in the background"},
    {RJ_DO_CLEAR_ROSTER, "the peers are forgotten without events"},
    {RJ_DO_START_STAY, "the timers start"},
    {RJ_DO_KEEP_TOKEN, "the token is kept for the next attempt"},
    {RJ_DO_SEND_TOKEN, "the token goes to the edge, `renew_token_result` follows"},
    {RJ_DO_KEEP_ROLE, "the role is kept for the next attempt"},
    {RJ_DO_SEND_ROLE, "the edge decides"},
    {RJ_DO_DIAL_NOW, "an attempt at once"},
    {RJ_DO_DIAL_SOON, "attempts start beside the old connection"},
    {RJ_DO_MIGRATE, "the connection moves to the new path"},
    {RJ_DO_END_OUTAGE, "the outage is over"},
    {RJ_DO_TELL_JOINED, "`did_join_channel`, then `user_joined` for each member already there"},
    {RJ_DO_TELL_REJOINED, "`did_rejoin_channel`, then what is different among the peers"},
    {RJ_DO_TELL_LEFT, "`did_leave_channel`"},
    {RJ_DO_TELL_LOST, "`connection_lost`"},
    {RJ_DO_TELL_REQUEST_TOKEN, "`request_token`"},
    {RJ_DO_DROP_PEERS, "`user_offline` (DROPPED) for each peer"},
};

static void print_consequences(const rj_row *row) {
  const char *separator = "";
  if (row->status != STATUS_OK) {
    printf("returns ");
    print_constant(RJ_GROUP_STATUS, row->status);
    printf(" (%d)", (int)row->status);
    separator = "; ";
  }
  /* What needs no action of the member: */
  if (row->input == RJ_IN_PROOF && row->from == row->to) {
    printf("O is now");
    separator = "; ";
  } else if (row->input == RJ_IN_NETWORK_CHANGED) {
    printf("`network_changed`");
    separator = "; ";
  }
  for (size_t i = 0; i < sizeof consequences / sizeof consequences[0]; i++) {
    if (row->actions & consequences[i].action) {
      printf("%s%s", separator, consequences[i].text);
      separator = "; ";
    }
  }
  if (*separator == '\0')
    printf("nothing");
}

/* ---- the two forms ---- */

static void print_columns(const rj_row *row, const char *separator) {
  printf("%s%s", row->id, separator);
  print_from(row);
  printf("%s", separator);
  print_input(row);
  printf("%s", separator);
  print_to(row);
  printf("%s", separator);
  print_reason(row);
  printf("%s", separator);
  print_consequences(row);
}

static void print_page(void) {
  printf("| row | from | what happens | to | reason | what follows |\n");
  printf("|---|---|---|---|---|---|\n");
  for (const rj_row *row = rj_rows; row < rj_rows + rj_row_count; row++) {
    if (has_a_line_above(row))
      continue;
    printf("| ");
    print_columns(row, " | ");
    printf(" |\n");
  }
}

/* Timers in ms by the names that apps set them by. */
static void print_data(void) {
  static const struct {
    const char *name;
    int64_t span;
  } timers[] = {
      {"beat", RJ_BEAT_INTERVAL},    {"interrupted", RJ_INTERRUPTED_AFTER}, {"lost", RJ_LOST_AFTER},
      {"offline", RJ_OFFLINE_AFTER}, {"give_up", RJ_GIVE_UP_AFTER},
  };
  for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
    printf("timer\t%s\t%lld\n", timers[i].name, (long long)(timers[i].span / RJ_MILLISECOND));
  for (const rj_row *row = rj_rows; row < rj_rows + rj_row_count; row++) {
    if (has_a_line_above(row))
      continue;
    printf("row\t");
    print_columns(row, "\t");
    printf("\n");
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "data") == 0)
    print_data();
  else if (argc == 1)
    print_page();
  else
    return 2;
  return 0;
}
