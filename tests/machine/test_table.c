/* The state table, walked from end to end: every dialect, state, input and argument (SPEC sections 1 and 3). */
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "machine/table.h"

enum { GIVEN_MAX = 24 };

#define TELLS                                                                                      \
  (RJ_DO_TELL_JOINED | RJ_DO_TELL_REJOINED | RJ_DO_TELL_LEFT | RJ_DO_TELL_LOST |                   \
   RJ_DO_TELL_REQUEST_TOKEN | RJ_DO_DROP_PEERS)
#define DIALS (RJ_DO_DIAL_NOW | RJ_DO_DIAL_SOON)

typedef void visit(const rj_row *row, int32_t dialect, int32_t state, rj_input input,
                   int32_t given);

/* Calls visit for every combination, row NULL where nothing happens. */
static void walk(visit *visitor) {
  for (int32_t dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    for (int32_t state = STATE_DISCONNECTED; state <= STATE_FAILED; state++) {
      for (int input = 0; input < RJ_INPUTS; input++) {
        for (int32_t given = 0; given <= GIVEN_MAX; given++)
          visitor(rj_row_find(state, (rj_input)input, dialect, given), dialect, state,
                  (rj_input)input, given);
      }
    }
  }
}

/* In which states an input does anything at all; R-6: late answers, removals and proofs of what is over do not. */
static const char *const states_of_input[RJ_INPUTS] = {
    [RJ_IN_JOIN] = "12345",     [RJ_IN_LEAVE] = "12345",        [RJ_IN_ACCEPTED] = "234",
    [RJ_IN_PROOF] = "34",       [RJ_IN_REFUSED] = "24",         [RJ_IN_REFUSED_OLD_TOKEN] = "24",
    [RJ_IN_REMOVED] = "34",     [RJ_IN_UNKNOWN] = "34",         [RJ_IN_NETWORK_CHANGED] = "12345",
    [RJ_IN_SILENCE] = "3",      [RJ_IN_SILENCE_NEW_PATH] = "3", [RJ_IN_LOST] = "24",
    [RJ_IN_PEERS_LOST] = "4",   [RJ_IN_GIVE_UP] = "24",         [RJ_IN_RENEW_TOKEN] = "12345",
    [RJ_IN_SET_ROLE] = "12345",
};

static bool is_removal_reason(int32_t reason) {
  return reason == REASON_BANNED_BY_SERVER || reason == REASON_TOKEN_EXPIRED ||
         reason == REASON_SAME_UID_LOGIN;
}

static void check_where(const rj_row *row, int32_t dialect, int32_t state, rj_input input,
                        int32_t given) {
  (void)dialect;
  bool expected = strchr(states_of_input[input], '0' + state) != NULL;
  if (input == RJ_IN_REMOVED && !is_removal_reason(given))
    expected = false; /* S-15 S-16 S-18 know three */
  if ((row != NULL) != expected)
    g_error("state %d, %s (%d): %s", state, rj_input_name(input), given,
            row != NULL ? "a row too many" : "no row");
  if (row != NULL) {
    g_assert_cmpint(row->from, ==, state);
    g_assert_cmpint(row->input, ==, input);
    g_assert_true(row->dialect == RJ_DIALECTS_BOTH || row->dialect == dialect);
  }
}

/* */
static void test_where_inputs_count(void) {
  walk(check_where);
}

/* R-1 R-2 R-3: when an SM is produced, with what reason, and what goes with it */
static void check_what(const rj_row *row, int32_t dialect, int32_t state, rj_input input,
                       int32_t given) {
  if (row == NULL)
    return;
  bool moves = row->to != state;
  if (moves)
    g_assert_cmpint(row->reason, !=, RJ_REASON_SAME); /* a new state is told */
  if (!moves && row->reason != RJ_REASON_SAME) {      /* in 4 only 16, in 4x; else never */
    g_assert_cmpint(state, ==, STATE_RECONNECTING);
    g_assert_cmpint(dialect, ==, DIALECT_4X);
    g_assert_cmpint(row->reason, ==, REASON_LOST);
  }

  uint32_t actions = row->actions;
  int32_t reason = row->reason == RJ_REASON_ARGUMENT ? given : row->reason;
  if (row->to == STATE_FAILED &&
      moves) { /* terminal: nothing is tried any more, the roster goes silently */
    g_assert_cmpuint(actions & (RJ_DO_STOP_ATTEMPTS | RJ_DO_CLOSE_LINKS | RJ_DO_CLEAR_ROSTER), ==,
                     RJ_DO_STOP_ATTEMPTS | RJ_DO_CLOSE_LINKS | RJ_DO_CLEAR_ROSTER);
    g_assert_cmpuint(actions & (DIALS | RJ_DO_SAY_GOODBYE | RJ_DO_DROP_PEERS), ==, 0);
  }
  /* S-6 S-14 S-18: asked for with 9, and only then */
  g_assert_true(((actions & RJ_DO_TELL_REQUEST_TOKEN) != 0) ==
                (row->to == STATE_FAILED && moves && reason == REASON_TOKEN_EXPIRED));
  /* S-25 to S-28 */
  g_assert_true(((actions & RJ_DO_TELL_LEFT) != 0) == (row->to == STATE_DISCONNECTED && moves));
  if (actions & RJ_DO_TELL_LEFT)
    g_assert_cmpint(reason, ==, REASON_LEAVE_CHANNEL);
  g_assert_true(((actions & RJ_DO_SAY_GOODBYE) != 0) ==
                ((actions & RJ_DO_TELL_LEFT) && state != STATE_FAILED));
  /* S-3, and S-13: no second did_join_channel */
  g_assert_true(((actions & RJ_DO_TELL_JOINED) != 0) ==
                (state == STATE_CONNECTING && row->to == STATE_CONNECTED));
  g_assert_true(((actions & RJ_DO_TELL_REJOINED) != 0) ==
                (state == STATE_RECONNECTING && row->to == STATE_CONNECTED));
  g_assert_true(((actions & RJ_DO_END_OUTAGE) != 0) == ((actions & RJ_DO_TELL_REJOINED) != 0));
  /* S-7 S-11 */
  g_assert_true(((actions & RJ_DO_TELL_LOST) != 0) == (input == RJ_IN_LOST));
  /* P-9 */
  g_assert_true(((actions & RJ_DO_DROP_PEERS) != 0) == (input == RJ_IN_PEERS_LOST));
  /* S-1 S-22: a stay begins with an attempt at once */
  g_assert_true(((actions & RJ_DO_START_STAY) != 0) == (moves && row->to == STATE_CONNECTING));
  if (actions & RJ_DO_START_STAY)
    g_assert_true(actions & RJ_DO_DIAL_NOW);
  /* S-8 S-9 S-10: an outage begins with an attempt; at once unless it was plain silence */
  if (row->to == STATE_RECONNECTING && moves)
    g_assert_cmpuint(actions & DIALS, ==,
                     input == RJ_IN_SILENCE ? RJ_DO_DIAL_SOON : RJ_DO_DIAL_NOW);
  g_assert_cmpuint(actions & DIALS, !=, DIALS);

  bool is_call = input == RJ_IN_JOIN || input == RJ_IN_LEAVE || input == RJ_IN_RENEW_TOKEN ||
                 input == RJ_IN_SET_ROLE;
  if (!is_call)
    g_assert_cmpint(row->status, ==, STATUS_OK);
  if (row->status != STATUS_OK) { /* S-4 S-5: a refused call changes nothing */
    g_assert_false(moves);
    g_assert_cmpint(row->reason, ==, RJ_REASON_SAME);
    g_assert_cmpuint(actions, ==, 0);
  }
}

static void test_what_goes_with_what(void) {
  walk(check_what);
}

static guint8 *rows_met;

static void meet(const rj_row *row, int32_t dialect, int32_t state, rj_input input, int32_t given) {
  (void)dialect, (void)state, (void)input, (void)given;
  if (row != NULL)
    rows_met[row - rj_rows] = 1;
}

/* A row that an earlier one hides would be a lie. */
static void test_every_row_counts(void) {
  rows_met = g_new0(guint8, rj_row_count);
  walk(meet);
  for (size_t i = 0; i < rj_row_count; i++) {
    if (!rows_met[i])
      g_error("row %zu, %s, never fits", i, rj_rows[i].id);
  }
  g_free(rows_met);
}

/* In the order of the contract, so that it can be held against it. */
static void test_order_of_the_page(void) {
  size_t i = 0;
  g_assert_cmpstr(rj_rows[i++].id, ==, "N-2");
  int last = 0;
  for (; i < rj_row_count && rj_rows[i].id[0] == 'S'; i++) {
    int row = atoi(rj_rows[i].id + 2);
    g_assert_cmpint(row, >=, last);
    last = row;
  }
  g_assert_cmpint(last, ==, 31);
  g_assert_cmpstr(rj_rows[i++].id, ==, "P-9");
  g_assert_cmpstr(rj_rows[i++].id, ==, "A-4");
  g_assert_cmpuint(i, ==, rj_row_count);
}

static void check(const char *id, int32_t dialect, int32_t state, rj_input input, int32_t given,
                  int32_t to, int32_t reason, int32_t status, uint32_t actions) {
  const rj_row *row = rj_row_find(state, input, dialect, given);
  g_assert_nonnull(row);
  g_assert_cmpstr(row->id, ==, id);
  g_assert_cmpint(row->to, ==, to);
  g_assert_cmpint(row->reason == RJ_REASON_ARGUMENT ? given : row->reason, ==, reason);
  g_assert_cmpint(row->status, ==, status);
  g_assert_cmphex(row->actions, ==, actions);
}

/* S-20 S-21 S-22 S-23: a new token in each state */
static void test_renew_token(void) {
  for (int32_t dialect = DIALECT_3X; dialect <= DIALECT_4X; dialect++) {
    check("S-20", dialect, STATE_CONNECTED, RJ_IN_RENEW_TOKEN, REASON_JOIN_SUCCESS, STATE_CONNECTED,
          RJ_REASON_SAME, STATUS_OK, RJ_DO_SEND_TOKEN);
    static const int32_t keeping[] = {STATE_DISCONNECTED, STATE_CONNECTING, STATE_RECONNECTING};
    for (size_t i = 0; i < G_N_ELEMENTS(keeping); i++)
      check("S-21", dialect, keeping[i], RJ_IN_RENEW_TOKEN, 0, keeping[i], RJ_REASON_SAME,
            STATUS_OK, RJ_DO_KEEP_TOKEN);
    for (int32_t reason = 0; reason <= GIVEN_MAX; reason++) {
      if (dialect == DIALECT_4X && reason == REASON_TOKEN_EXPIRED)
        check("S-22", dialect, STATE_FAILED, RJ_IN_RENEW_TOKEN, reason, STATE_CONNECTING,
              REASON_RENEW_TOKEN, STATUS_OK, RJ_DO_START_STAY | RJ_DO_KEEP_TOKEN | RJ_DO_DIAL_NOW);
      else
        check("S-22", dialect, STATE_FAILED, RJ_IN_RENEW_TOKEN, reason, STATE_FAILED,
              RJ_REASON_SAME, STATUS_INVALID_STATE, 0);
    }
  }
}

/* S-31: a new role in each state */
static void test_set_role(void) {
  for (int32_t state = STATE_DISCONNECTED; state <= STATE_FAILED; state++)
    check("S-31", DIALECT_3X, state, RJ_IN_SET_ROLE, 0, state, RJ_REASON_SAME, STATUS_OK,
          state == STATE_CONNECTED ? RJ_DO_SEND_ROLE : RJ_DO_KEEP_ROLE);
}

/* S-15 S-16 S-18: why the edge removes a user */
static void test_removals(void) {
  const uint32_t failed = RJ_DO_STOP_ATTEMPTS | RJ_DO_CLOSE_LINKS | RJ_DO_CLEAR_ROSTER;
  for (int32_t state = STATE_CONNECTED; state <= STATE_RECONNECTING; state++) {
    check("S-15", DIALECT_3X, state, RJ_IN_REMOVED, 3, STATE_FAILED, 3, STATUS_OK, failed);
    check("S-16", DIALECT_4X, state, RJ_IN_REMOVED, 19, STATE_FAILED, 19, STATUS_OK, failed);
    check("S-18", DIALECT_3X, state, RJ_IN_REMOVED, 9, STATE_FAILED, 9, STATUS_OK,
          failed | RJ_DO_TELL_REQUEST_TOKEN);
  }
}

/* S-6 S-14: each refusal is told with its reason */
static void test_refusals(void) {
  static const int32_t reasons[] = {3, 6, 7, 8, 9, 10, 20, 22, 24, 19};
  const uint32_t failed = RJ_DO_STOP_ATTEMPTS | RJ_DO_CLOSE_LINKS | RJ_DO_CLEAR_ROSTER;
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
    uint32_t actions = failed | (reasons[i] == 9 ? (uint32_t)RJ_DO_TELL_REQUEST_TOKEN : 0);
    if (reasons[i] != REASON_SAME_UID_LOGIN)
      check("S-6", DIALECT_3X, STATE_CONNECTING, RJ_IN_REFUSED, reasons[i], STATE_FAILED,
            reasons[i], STATUS_OK, actions);
    check("S-14", DIALECT_4X, STATE_RECONNECTING, RJ_IN_REFUSED, reasons[i], STATE_FAILED,
          reasons[i], STATUS_OK, actions);
  }
}

/* The order in which a member acts is the order of the bits: what the app cannot see, the tells, what goes out. */
static void test_order_of_actions(void) {
  const uint32_t unseen = RJ_DO_KEEP_TOKEN | RJ_DO_KEEP_ROLE | RJ_DO_SAY_GOODBYE |
                          RJ_DO_STOP_ATTEMPTS | RJ_DO_END_OUTAGE | RJ_DO_DROP_OLD_LINK |
                          RJ_DO_CLOSE_LINKS | RJ_DO_CLEAR_ROSTER | RJ_DO_START_STAY;
  const uint32_t sent = DIALS | RJ_DO_MIGRATE | RJ_DO_SEND_TOKEN | RJ_DO_SEND_ROLE;
  g_assert_cmphex(unseen | TELLS | sent, ==, (1u << 20) - 1);
  g_assert_cmphex(unseen, <, RJ_DO_TELL_JOINED);
  g_assert_cmphex(TELLS, <, RJ_DO_MIGRATE);
  /* a goodbye takes over the connections that the others would close */
  g_assert_cmphex(RJ_DO_SAY_GOODBYE, <, RJ_DO_STOP_ATTEMPTS);
  g_assert_cmphex(RJ_DO_SAY_GOODBYE, <, RJ_DO_CLOSE_LINKS);

  uint32_t all = 0;
  for (size_t i = 0; i < rj_row_count; i++)
    all |= rj_rows[i].actions;
  g_assert_cmphex(all, ==, unseen | TELLS | sent); /* each action is of use */
}

static void test_names(void) {
  for (int i = 0; i < RJ_INPUTS; i++) {
    g_assert_cmpstr(rj_input_name((rj_input)i), !=, "unknown");
    for (int j = 0; j < i; j++)
      g_assert_cmpstr(rj_input_name((rj_input)i), !=, rj_input_name((rj_input)j));
  }
  g_assert_cmpstr(rj_input_name(RJ_INPUTS), ==, "unknown");
  g_assert_cmpstr(rj_input_name((rj_input)-1), ==, "unknown");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/table/where", test_where_inputs_count);
  g_test_add_func("/table/what", test_what_goes_with_what);
  g_test_add_func("/table/every-row", test_every_row_counts);
  g_test_add_func("/table/order", test_order_of_the_page);
  g_test_add_func("/table/renew-token", test_renew_token);
  g_test_add_func("/table/set-role", test_set_role);
  g_test_add_func("/table/removals", test_removals);
  g_test_add_func("/table/refusals", test_refusals);
  g_test_add_func("/table/actions", test_order_of_actions);
  g_test_add_func("/table/names", test_names);
  return g_test_run();
}
