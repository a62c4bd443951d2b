/* The connection state table, in the order of the contract (SPEC). Hold it against sections 2 to 5: a row here is a row there. */
#include "machine/table.h"

/* clang-format off */

/* from, to */
#define DISCONNECTED STATE_DISCONNECTED
#define CONNECTING   STATE_CONNECTING
#define CONNECTED    STATE_CONNECTED
#define RECONNECTING STATE_RECONNECTING
#define FAILED       STATE_FAILED

/* input, reason: the enums' names without their prefix */
#define IN(name) RJ_IN_##name
#define SM(name) REASON_##name
#define SAME     RJ_REASON_SAME
#define GIVEN    RJ_REASON_ARGUMENT

/* given: the row is for this argument alone, or for any (that no row above it took) */
#define ONLY(name) REASON_##name
#define ANY        RJ_GIVEN_ANY

/* status */
#define OK       STATUS_OK
#define REJECTED STATUS_JOIN_CHANNEL_REJECTED
#define INVALID  STATUS_INVALID_STATE

#define X3 DIALECT_3X
#define X4 DIALECT_4X
#define XX RJ_DIALECTS_BOTH

#define NOTHING       0u
#define DO(name)      ((uint32_t)RJ_DO_##name)
#define BEGIN         (DO(START_STAY) | DO(DIAL_NOW))
#define REFUSED       (DO(STOP_ATTEMPTS) | DO(CLOSE_LINKS) | DO(CLEAR_ROSTER)) /* what every FAILED does */
#define OUT_OF_TOKEN  (REFUSED | DO(TELL_REQUEST_TOKEN))
#define BACK          (DO(END_OUTAGE) | DO(TELL_REJOINED))
#define PART          (DO(STOP_ATTEMPTS) | DO(SAY_GOODBYE) | DO(CLEAR_ROSTER) | DO(TELL_LEFT))

const rj_row rj_rows[] = {
    /* row       from          input                  given                   to            reason                         status    actions */
    {"N-2",  XX, CONNECTED,    IN(PROOF),             ANY,                    CONNECTED,    SAME,                          OK,       NOTHING}, /* moves O on */
    {"S-1",  XX, DISCONNECTED, IN(JOIN),              ANY,                    CONNECTING,   SM(CONNECTING),                OK,       BEGIN},
    {"S-3",  XX, CONNECTING,   IN(ACCEPTED),          ANY,                    CONNECTED,    SM(JOIN_SUCCESS),              OK,       DO(TELL_JOINED)},
    {"S-4",  XX, CONNECTING,   IN(JOIN),              ANY,                    CONNECTING,   SAME,                          REJECTED, NOTHING},
    {"S-4",  XX, CONNECTED,    IN(JOIN),              ANY,                    CONNECTED,    SAME,                          REJECTED, NOTHING},
    {"S-4",  XX, RECONNECTING, IN(JOIN),              ANY,                    RECONNECTING, SAME,                          REJECTED, NOTHING},
    {"S-5",  XX, FAILED,       IN(JOIN),              ANY,                    FAILED,       SAME,                          REJECTED, NOTHING},
    {"S-6",  XX, CONNECTING,   IN(REFUSED),           ONLY(TOKEN_EXPIRED),    FAILED,       GIVEN,                         OK,       OUT_OF_TOKEN},
    {"S-6",  XX, CONNECTING,   IN(REFUSED),           ANY,                    FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-7",  XX, CONNECTING,   IN(LOST),              ANY,                    CONNECTING,   SAME,                          OK,       DO(TELL_LOST)},
    {"S-7",  XX, CONNECTING,   IN(GIVE_UP),           ANY,                    FAILED,       SM(JOIN_FAILED),               OK,       REFUSED},
    {"S-8",  XX, CONNECTED,    IN(SILENCE),           ANY,                    RECONNECTING, SM(INTERRUPTED),               OK,       DO(DIAL_SOON)},
    {"S-9",  XX, CONNECTED,    IN(UNKNOWN),           ANY,                    RECONNECTING, SM(KEEP_ALIVE_TIMEOUT),        OK,       DO(DROP_OLD_LINK) | DO(DIAL_NOW)},
    {"S-9",  XX, RECONNECTING, IN(UNKNOWN),           ANY,                    RECONNECTING, SAME,                          OK,       DO(DROP_OLD_LINK) | DO(DIAL_NOW)},
    {"S-10", XX, DISCONNECTED, IN(NETWORK_CHANGED),   ANY,                    DISCONNECTED, SAME,                          OK,       NOTHING},
    {"S-10", XX, CONNECTING,   IN(NETWORK_CHANGED),   ANY,                    CONNECTING,   SAME,                          OK,       DO(DIAL_NOW)},
    {"S-10", XX, CONNECTED,    IN(NETWORK_CHANGED),   ANY,                    CONNECTED,    SAME,                          OK,       DO(MIGRATE)},
    {"S-10", XX, RECONNECTING, IN(NETWORK_CHANGED),   ANY,                    RECONNECTING, SAME,                          OK,       DO(DIAL_NOW)},
    {"S-10", XX, FAILED,       IN(NETWORK_CHANGED),   ANY,                    FAILED,       SAME,                          OK,       NOTHING},
    {"S-10", XX, CONNECTED,    IN(SILENCE_NEW_PATH),  ANY,                    RECONNECTING, SM(CLIENT_IP_ADDRESS_CHANGED), OK,       DO(DIAL_NOW)},
    {"S-11", X3, RECONNECTING, IN(LOST),              ANY,                    RECONNECTING, SAME,                          OK,       DO(TELL_LOST)},
    {"S-11", X4, RECONNECTING, IN(LOST),              ANY,                    RECONNECTING, SM(LOST),                      OK,       DO(TELL_LOST)},
    {"S-12", XX, RECONNECTING, IN(GIVE_UP),           ANY,                    FAILED,       SM(JOIN_FAILED),               OK,       REFUSED},
    {"S-13", X3, RECONNECTING, IN(ACCEPTED),          ANY,                    CONNECTED,    SM(JOIN_SUCCESS),              OK,       BACK},
    {"S-13", X3, RECONNECTING, IN(PROOF),             ANY,                    CONNECTED,    SM(JOIN_SUCCESS),              OK,       BACK},
    {"S-13", X4, RECONNECTING, IN(ACCEPTED),          ANY,                    CONNECTED,    SM(REJOIN_SUCCESS),            OK,       BACK},
    {"S-13", X4, RECONNECTING, IN(PROOF),             ANY,                    CONNECTED,    SM(REJOIN_SUCCESS),            OK,       BACK},
    {"S-14", XX, RECONNECTING, IN(REFUSED),           ONLY(TOKEN_EXPIRED),    FAILED,       GIVEN,                         OK,       OUT_OF_TOKEN},
    {"S-14", XX, RECONNECTING, IN(REFUSED),           ANY,                    FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-15", XX, CONNECTED,    IN(REMOVED),           ONLY(BANNED_BY_SERVER), FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-15", XX, RECONNECTING, IN(REMOVED),           ONLY(BANNED_BY_SERVER), FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-16", XX, CONNECTED,    IN(REMOVED),           ONLY(SAME_UID_LOGIN),   FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-16", XX, RECONNECTING, IN(REMOVED),           ONLY(SAME_UID_LOGIN),   FAILED,       GIVEN,                         OK,       REFUSED},
    {"S-18", XX, CONNECTED,    IN(REMOVED),           ONLY(TOKEN_EXPIRED),    FAILED,       GIVEN,                         OK,       OUT_OF_TOKEN},
    {"S-18", XX, RECONNECTING, IN(REMOVED),           ONLY(TOKEN_EXPIRED),    FAILED,       GIVEN,                         OK,       OUT_OF_TOKEN},
    {"S-20", XX, CONNECTED,    IN(RENEW_TOKEN),       ANY,                    CONNECTED,    SAME,                          OK,       DO(SEND_TOKEN)},
    {"S-21", XX, DISCONNECTED, IN(RENEW_TOKEN),       ANY,                    DISCONNECTED, SAME,                          OK,       DO(KEEP_TOKEN)},
    {"S-21", XX, CONNECTING,   IN(RENEW_TOKEN),       ANY,                    CONNECTING,   SAME,                          OK,       DO(KEEP_TOKEN)},
    {"S-21", XX, RECONNECTING, IN(RENEW_TOKEN),       ANY,                    RECONNECTING, SAME,                          OK,       DO(KEEP_TOKEN)},
    {"S-21", XX, CONNECTING,   IN(REFUSED_OLD_TOKEN), ANY,                    CONNECTING,   SAME,                          OK,       DO(DIAL_NOW)},
    {"S-21", XX, RECONNECTING, IN(REFUSED_OLD_TOKEN), ANY,                    RECONNECTING, SAME,                          OK,       DO(DIAL_NOW)},
    {"S-22", X4, FAILED,       IN(RENEW_TOKEN),       ONLY(TOKEN_EXPIRED),    CONNECTING,   SM(RENEW_TOKEN),               OK,       DO(KEEP_TOKEN) | BEGIN},
    {"S-22", XX, FAILED,       IN(RENEW_TOKEN),       ANY,                    FAILED,       SAME,                          INVALID,  NOTHING},
    {"S-25", XX, CONNECTED,    IN(LEAVE),             ANY,                    DISCONNECTED, SM(LEAVE_CHANNEL),             OK,       PART},
    {"S-26", XX, CONNECTING,   IN(LEAVE),             ANY,                    DISCONNECTED, SM(LEAVE_CHANNEL),             OK,       PART},
    {"S-27", XX, RECONNECTING, IN(LEAVE),             ANY,                    DISCONNECTED, SM(LEAVE_CHANNEL),             OK,       PART},
    {"S-28", XX, FAILED,       IN(LEAVE),             ANY,                    DISCONNECTED, SM(LEAVE_CHANNEL),             OK,       DO(CLEAR_ROSTER) | DO(TELL_LEFT)},
    {"S-29", XX, DISCONNECTED, IN(LEAVE),             ANY,                    DISCONNECTED, SAME,                          OK,       NOTHING},
    {"S-31", XX, DISCONNECTED, IN(SET_ROLE),          ANY,                    DISCONNECTED, SAME,                          OK,       DO(KEEP_ROLE)},
    {"S-31", XX, CONNECTING,   IN(SET_ROLE),          ANY,                    CONNECTING,   SAME,                          OK,       DO(KEEP_ROLE)},
    {"S-31", XX, CONNECTED,    IN(SET_ROLE),          ANY,                    CONNECTED,    SAME,                          OK,       DO(SEND_ROLE)},
    {"S-31", XX, RECONNECTING, IN(SET_ROLE),          ANY,                    RECONNECTING, SAME,                          OK,       DO(KEEP_ROLE)},
    {"S-31", XX, FAILED,       IN(SET_ROLE),          ANY,                    FAILED,       SAME,                          OK,       DO(KEEP_ROLE)},
    {"P-9",  XX, RECONNECTING, IN(PEERS_LOST),        ANY,                    RECONNECTING, SAME,                          OK,       DO(DROP_OLD_LINK) | DO(DROP_PEERS)},
    {"A-4",  XX, CONNECTED,    IN(ACCEPTED),          ANY,                    CONNECTED,    SAME,                          OK,       NOTHING}, /* moves O on: another edge took it over */
};

/* clang-format on */

const size_t rj_row_count = sizeof rj_rows / sizeof rj_rows[0];

const rj_row *rj_row_find(int32_t state, rj_input input, int32_t dialect, int32_t given) {
  for (const rj_row *row = rj_rows; row < rj_rows + rj_row_count; row++) {
    if (row->input == (int8_t)input && row->from == state &&
        (row->dialect == RJ_DIALECTS_BOTH || row->dialect == dialect) &&
        (row->given == RJ_GIVEN_ANY || row->given == given))
      return row;
  }
  return NULL;
}

const char *rj_input_name(rj_input input) {
  static const char *const names[RJ_INPUTS] = {
      [RJ_IN_JOIN] = "join",
      [RJ_IN_LEAVE] = "leave",
      [RJ_IN_ACCEPTED] = "accepted",
      [RJ_IN_PROOF] = "proof",
      [RJ_IN_REFUSED] = "refused",
      [RJ_IN_REFUSED_OLD_TOKEN] = "refused with an older token",
      [RJ_IN_REMOVED] = "removed",
      [RJ_IN_UNKNOWN] = "unknown to the edge",
      [RJ_IN_NETWORK_CHANGED] = "network changed",
      [RJ_IN_SILENCE] = "silence",
      [RJ_IN_SILENCE_NEW_PATH] = "silence on a new path",
      [RJ_IN_LOST] = "lost",
      [RJ_IN_PEERS_LOST] = "peers lost",
      [RJ_IN_GIVE_UP] = "give up",
      [RJ_IN_RENEW_TOKEN] = "renew token",
      [RJ_IN_SET_ROLE] = "set role",
  };
  return (unsigned)input < RJ_INPUTS ? names[input] : "unknown";
}
