/* The measure of lateness: differences of two clocks, compared with the least one that was seen lately. */
#include "machine/lateness.h"

#include "base/limits.h"

/* Differences wrap as the stamps do; two of them are never half the range (24 days) apart. */
static uint32_t above(uint32_t difference, uint32_t least) {
  int32_t more = (int32_t)(difference - least);
  return more > 0 ? (uint32_t)more : 0;
}

static void move_on(rj_lateness *lateness, int64_t now) {
  int64_t gone = now - lateness->since;
  if (lateness->known && gone < RJ_LATENESS_SPAN)
    return;
  lateness->known_before = lateness->known && gone < 2 * RJ_LATENESS_SPAN;
  lateness->least_before = lateness->least;
  lateness->known = false;
  lateness->since = now;
}

uint32_t rj_lateness_note(rj_lateness *lateness, uint32_t stamp, int64_t now) {
  uint32_t difference = (uint32_t)(now / RJ_MILLISECOND) - stamp;
  move_on(lateness, now);
  if (!lateness->known || above(lateness->least, difference) > 0)
    lateness->least = difference;
  lateness->known = true;
  uint32_t late = above(difference, lateness->least);
  uint32_t late_before = lateness->known_before ? above(difference, lateness->least_before) : 0;
  return late > late_before ? late : late_before;
}
