/* The list of messages that are not known to have reached the edge. */
#include "client/stream_window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void rj_window_init(rj_stream_window *window) {
  *window = (rj_stream_window){0};
  window->end = &window->first;
}

void rj_window_drop(rj_stream_window *window) {
  rj_window_message *first = window->first;
  window->first = first->next;
  if (window->first == NULL)
    window->end = &window->first;
  if (window->unsent == first)
    window->unsent = first->next;
  window->count--;
  window->bytes -= first->length;
  free(first);
}

void rj_window_clear(rj_stream_window *window) {
  while (window->first != NULL)
    rj_window_drop(window);
}

bool rj_window_has_room(const rj_stream_window *window, size_t length) {
  return window->count < RJ_MESSAGES_UNPROVED &&
         window->bytes + length <= (size_t)RJ_MESSAGE_BYTES_UNPROVED;
}

bool rj_window_take(rj_stream_window *window, uint32_t stream, uint64_t sequence, uint64_t lost,
                    const uint8_t *data, size_t length) {
  rj_window_message *message = malloc(sizeof *message + length);
  if (message == NULL)
    return false;
  *message = (rj_window_message){.number = ++window->last,
                                 .sequence = sequence,
                                 .lost = lost,
                                 .stream = stream,
                                 .length = (uint32_t)length};
  memcpy(message->data, data, length);
  *window->end = message;
  window->end = &message->next;
  if (window->unsent == NULL)
    window->unsent = message;
  window->count++;
  window->bytes += message->length;
  return true;
}

void rj_window_sent(rj_stream_window *window, uint64_t order) {
  assert(window->unsent != NULL);
  window->unsent->order = order;
  window->unsent = window->unsent->next;
}

void rj_window_proved(rj_stream_window *window, uint64_t order) {
  while (window->first != window->unsent && window->first->order <= order)
    rj_window_drop(window);
}

void rj_window_rewind(rj_stream_window *window, uint64_t number) {
  assert(number <= window->last);
  while (window->first != NULL && window->first->number <= number)
    rj_window_drop(window);
  window->unsent = window->first;
}
