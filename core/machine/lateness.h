/* How much later than others a packet came, told by the stamps of its sender's clock: what it spent in
 * queues and in processes that stood still, wherever that was (D-4). Clocks need not agree: the
 * fastest of the last packets is the measure. Pure; all zero is a fresh one. */
#ifndef RJ_MACHINE_LATENESS_H
#define RJ_MACHINE_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

/* The least difference between our clock and a stamp, in this span of time and in the one before, so
 * that clocks may drift. */
typedef struct {
  int64_t since; /* when this span began */
  uint32_t least, least_before;
  bool known, known_before;
} rj_lateness;

/* A packet came whose sender's clock showed `stamp` (ms, wrapped): how many ms it is late. The first
 * one is not. */
uint32_t rj_lateness_note(rj_lateness *lateness, uint32_t stamp, int64_t now);

#endif
