/* What a member has sent on its reliable streams and is not known to have reached the edge, oldest
 * first: what goes out again on another connection (D-4). */
#ifndef RJ_CLIENT_STREAM_WINDOW_H
#define RJ_CLIENT_STREAM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rj_window_message rj_window_message;
struct rj_window_message {
  rj_window_message *next;
  uint64_t number;   /* 1, 2, 3 … over all streams of a stay */
  uint64_t sequence; /* 1, 2, 3 … in its stream */
  uint64_t lost;     /* so many before it in its stream were given up */
  uint64_t order;    /* on the connection it was handed to: that one's count of control messages */
  uint32_t stream;
  uint32_t length;
  uint8_t data[];
};

/* All zero is an empty one, once rj_window_init has seen it. */
typedef struct {
  rj_window_message *first, **end;
  rj_window_message *unsent; /* the first one that this connection was not handed */
  uint32_t count, bytes;
  uint64_t last; /* number of the last one taken */
} rj_stream_window;

void rj_window_init(rj_stream_window *window);
/* Forgets the oldest message; its number is not used again. */
void rj_window_drop(rj_stream_window *window);
void rj_window_clear(rj_stream_window *window);
/* Room for one more of this size (RJ_MESSAGES_UNPROVED, RJ_MESSAGE_BYTES_UNPROVED)? */
bool rj_window_has_room(const rj_stream_window *window, size_t length);
/* Copies it in. False: out of memory, nothing changed. */
bool rj_window_take(rj_stream_window *window, uint32_t stream, uint64_t sequence, uint64_t lost,
                    const uint8_t *data, size_t length);

/* The next one for the connection is window->unsent; it was handed over as that one's `order`th. */
void rj_window_sent(rj_stream_window *window, uint64_t order);
/* Of what the connection was handed, the first `order` control messages arrived. */
void rj_window_proved(rj_stream_window *window, uint64_t order);
/* Another connection takes over; the edge has all up to `number` (not above window->last). */
void rj_window_rewind(rj_stream_window *window, uint64_t number);

#endif
