/* The hand-over: copies in order, from one thread to another; what finds no room is counted, and its place is known. */
#include "edge/program/http/handover.h"

#include <glib.h>
#include <stdatomic.h>

#include "edge/program/http/limits.h"

static void count_wakes(void *user) {
  (*(atomic_int *)user)++;
}

static void tell(rj_http_handover *handover, uint32_t uid) {
  char channel[8] = "demo", detail[8] = "why";
  rj_http_handover_tell(handover, &(rj_observation){.kind = RJ_OBSERVED_JOINED,
                                                    .at = 5,
                                                    .span = 7,
                                                    .app_id = "",
                                                    .channel = channel,
                                                    .uid = uid,
                                                    .detail = detail});
  channel[0] = detail[0] = 'x'; /* what was told was a copy */
}

static void test_copies_in_order(void) {
  atomic_int wakes = 0;
  rj_http_handover *handover = rj_http_handover_new(count_wakes, &wakes);
  rj_http_observation out[4];
  uint64_t lost = 1;
  g_assert_false(rj_http_handover_is_due(handover));
  g_assert_cmpuint(rj_http_handover_take(handover, out, 4, &lost), ==, 0);
  g_assert_cmpuint(lost, ==, 0);
  for (uint32_t uid = 1; uid <= 6; uid++)
    tell(handover, uid);
  g_assert_cmpint(wakes, ==, 1);
  g_assert_true(rj_http_handover_is_due(handover));
  g_assert_cmpuint(rj_http_handover_take(handover, out, 4, &lost), ==, 4);
  g_assert_cmpuint(out[0].uid, ==, 1);
  g_assert_cmpuint(out[3].uid, ==, 4);
  g_assert_cmpstr(out[3].channel, ==, "demo");
  g_assert_cmpstr(out[3].detail, ==, "why");
  g_assert_cmpint(out[3].at, ==, 5);
  g_assert_cmpint(out[3].span, ==, 7);
  g_assert_cmpuint(rj_http_handover_take(handover, out, 4, &lost), ==, 2);
  g_assert_cmpuint(out[1].uid, ==, 6);
  tell(handover, 7);
  g_assert_cmpint(wakes, ==, 2);
  rj_http_handover_free(handover);
}

/* The gap comes after all that found room, and nothing of what was told after it comes before it. */
static void test_overflow(void) {
  atomic_int wakes = 0;
  rj_http_handover *handover = rj_http_handover_new(count_wakes, &wakes);
  rj_http_observation out[100];
  uint64_t lost;
  for (uint32_t uid = 1; uid <= RJ_HTTP_OBSERVATIONS + 3; uid++)
    tell(handover, uid);
  uint32_t taken = (uint32_t)rj_http_handover_take(handover, out, 100, &lost);
  g_assert_cmpuint(lost, ==, 0);
  tell(handover, 1); /* there is room again, but the gap is not told yet */
  while (lost == 0) {
    size_t count = rj_http_handover_take(handover, out, 100, &lost);
    for (size_t i = 0; i < count; i++)
      g_assert_cmpuint(out[i].uid, ==, ++taken);
  }
  g_assert_cmpuint(taken, ==, RJ_HTTP_OBSERVATIONS);
  g_assert_cmpuint(lost, ==, 4);
  g_assert_false(rj_http_handover_is_due(handover));
  tell(handover, 9);
  g_assert_cmpuint(rj_http_handover_take(handover, out, 100, &lost), ==, 1);
  g_assert_cmpuint(out[0].uid, ==, 9);
  g_assert_cmpuint(lost, ==, 0);
  rj_http_handover_free(handover);
}

static void test_long_texts_are_cut(void) {
  atomic_int wakes = 0;
  rj_http_handover *handover = rj_http_handover_new(count_wakes, &wakes);
  char *text = g_strnfill(1000, 'a');
  rj_http_observation out[1];
  uint64_t lost;
  rj_http_handover_tell(
      handover, &(rj_observation){.app_id = text, .channel = text, .detail = text, .uid = 3});
  g_assert_cmpuint(rj_http_handover_take(handover, out, 1, &lost), ==, 1);
  g_assert_cmpuint(strlen(out[0].app_id), ==, sizeof out[0].app_id - 1);
  g_assert_cmpuint(strlen(out[0].detail), ==, sizeof out[0].detail - 1);
  g_assert_cmpuint(out[0].uid, ==, 3);
  g_free(text);
  rj_http_handover_free(handover);
}

enum { TOLD = 200000 };

static gpointer teller(gpointer handover) {
  for (uint32_t uid = 1; uid <= TOLD; uid++)
    tell(handover, uid);
  return NULL;
}

/* Two threads: each one comes once and in order, or is counted as lost. */
static void test_two_threads(void) {
  atomic_int wakes = 0;
  rj_http_handover *handover = rj_http_handover_new(count_wakes, &wakes);
  GThread *thread = g_thread_new("teller", teller, handover);
  rj_http_observation out[64];
  uint64_t lost, total = 0;
  uint32_t last = 0;
  while (total < TOLD) {
    size_t count = rj_http_handover_take(handover, out, 64, &lost);
    for (size_t i = 0; i < count; i++) {
      g_assert_cmpuint(out[i].uid, >, last);
      last = out[i].uid;
    }
    total += count + lost;
  }
  g_thread_join(thread);
  g_assert_cmpuint(total, ==, TOLD);
  g_assert_cmpint(wakes, >=, 1);
  rj_http_handover_free(handover);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/handover/copies_in_order", test_copies_in_order);
  g_test_add_func("/handover/overflow", test_overflow);
  g_test_add_func("/handover/long_texts_are_cut", test_long_texts_are_cut);
  g_test_add_func("/handover/two_threads", test_two_threads);
  return g_test_run();
}
