/* The bounded queue of events between the thread that produces and the one that takes.
 * Thread-safe, its own lock, no waiting.
 *
 * State events and did_… are never lost. Peer events are kept as they came while there are fewer
 * than RJ_QUEUE_PEER_EVENTS; beyond, a peer with undelivered events keeps only the net change, in
 * the place of the newest (counted). An ended stay (DISCONNECTED, FAILED) has cleared the roster:
 * beyond the bound its peer events are the ones to go. So at most RJ_QUEUE_PEER_EVENTS and a few
 * for each peer wait. Messages and stats beyond RJ_QUEUE_DATA_EVENTS are dropped, and one
 * events_dropped in the place of the first says how many. Of reliable messages among them,
 * stream_message_error also tells, stream by stream, before the next message of the stream (D-5).
 *
 * Sequence numbers are given when an event is taken: an app sees 1, 2, 3 … without gaps, and what
 * it does not get is explained by events_dropped alone. */
#ifndef RJ_DISPATCH_QUEUE_H
#define RJ_DISPATCH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

typedef struct rj_queue rj_queue;

rj_queue *rj_queue_new(void); /* never NULL */
void rj_queue_free(rj_queue *queue);

/* Copies the event in. Returns true when the queue was empty (time to wake somebody). */
bool rj_queue_push(rj_queue *queue, const rj_event_record *event);
/* The next event with its sequence number, borrowed (text and data too) until the next call of pop
 * or free by the taker; false: empty. One taker at a time. *more (may be NULL): others wait. */
bool rj_queue_pop(rj_queue *queue, rj_event_record *event, bool *more);
/* How many events wait. */
size_t rj_queue_length(rj_queue *queue);
/* Nothing more goes in, what is in is thrown away. */
void rj_queue_close(rj_queue *queue);
/* Peer events that were merged away so far. */
uint64_t rj_queue_merged(rj_queue *queue);

#endif
