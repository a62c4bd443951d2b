/* One event as it travels from a member through the queue to the app (SPEC section 10). */
#ifndef RJ_BASE_EVENT_H
#define RJ_BASE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* SPEC section 8, counted since the join. */
typedef struct {
  int64_t duration; /* ns in the channel */
  uint64_t bytes_sent, bytes_received;
  uint64_t packets_sent, packets_received, packets_lost;
  int64_t round_trip; /* ns, smoothed; 0 = not known */
  uint32_t members;   /* visible peers */
  uint32_t outages;
  int64_t outage_time; /* ns, their total */
  uint32_t attempts;
} rj_counters;

/* Which fields mean something depends on `kind`; the others are 0. `text` and `data` are borrowed
 * from the producer and valid only for the call that hands the event over: the queue copies them.
 */
typedef struct {
  int32_t kind;                     /* EVENT_… */
  uint64_t sequence;                /* 1, 2, 3 … per handle; set by the queue */
  int64_t time;                     /* ns, the producer's clock */
  int32_t old_state, state, reason; /* connection_changed; reason also: user_offline (OFFLINE_…),
                                       client_role_change_failed */
  uint32_t uid;
  int64_t elapsed; /* ns since the join call (or SM(4) in dialect 3x, S-13) */
  int32_t code;    /* renew_token_result */
  int32_t network; /* NETWORK_… */
  int32_t old_role, role;
  uint32_t stream_id;
  bool reliable;      /* a stream message whose loss is announced (D-5) */
  uint64_t count;     /* stream_message_error: missed; events_dropped: count */
  uint32_t attempt;   /* its number */
  int32_t outcome;    /* ATTEMPT_… */
  int64_t next_delay; /* ns until the next attempt; -1 = none */
  rj_counters stats;
  const char *text;    /* channel or token, NUL-terminated; NULL = none */
  const uint8_t *data; /* a stream message */
  uint32_t data_length;
} rj_event_record;

#endif
