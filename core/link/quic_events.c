/* What a link has to tell its owner, in order, until it is taken. */
#include <stdlib.h>
#include <string.h>

#include "link/quic_internal.h"

void rj_quic_push(rj_link *link, rj_link_event event, const uint8_t *data, size_t length) {
  rj_incoming *incoming = malloc(sizeof *incoming + length);
  if (incoming == NULL) { /* an owner that misses one must not go on as if nothing was */
    link->broken = true;
    return;
  }
  incoming->next = NULL;
  incoming->event = event;
  if (length > 0) {
    memcpy(incoming->data, data, length);
    incoming->event.data = incoming->data;
    incoming->event.length = length;
  }
  *link->events_end = incoming;
  link->events_end = &incoming->next;
}

bool rj_link_next_event(rj_link *link, rj_link_event *event) {
  free(link->taken);
  link->taken = link->events;
  if (link->taken == NULL)
    return false;
  link->events = link->taken->next;
  if (link->events == NULL)
    link->events_end = &link->events;
  *event = link->taken->event;
  return true;
}

void rj_quic_events_free(rj_link *link) {
  free(link->taken);
  while (link->events != NULL) {
    rj_incoming *next = link->events->next;
    free(link->events);
    link->events = next;
  }
}
