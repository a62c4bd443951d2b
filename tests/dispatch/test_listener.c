/* Typed listener functions called by a table: every kind of argument, in any mix. */
#include <glib.h>
#include <string.h>

#include "dispatch/listener.h"

typedef struct {
  int32_t i32;
  uint32_t u32;
  int64_t i64;
  uint64_t u64;
  uint32_t length;
  char text[16];
  struct {
    int a;
  } stats;
} event;

typedef struct {
  uint32_t size;
  void (*nothing)(void *handle, void *user);
  void (*numbers)(void *handle, int32_t i32, uint32_t u32, int64_t i64, uint64_t u64, void *user);
  void (*texts)(void *handle, const char *text, const uint8_t *data, uint32_t length,
                const void *stats, int32_t i32, void *user);
  void (*last)(void *handle, void *user);
} listener;

static const rj_event_row rows[] = {
    {7, "nothing", offsetof(listener, nothing), 0, {{RJ_KIND_I32, 0, 0}}},
    {8,
     "numbers",
     offsetof(listener, numbers),
     4,
     {{RJ_KIND_I32, offsetof(event, i32), 0},
      {RJ_KIND_U32, offsetof(event, u32), 0},
      {RJ_KIND_I64, offsetof(event, i64), 0},
      {RJ_KIND_U64, offsetof(event, u64), 0}}},
    {9,
     "texts",
     offsetof(listener, texts),
     4,
     {{RJ_KIND_TEXT, offsetof(event, text), 0},
      {RJ_KIND_DATA, offsetof(event, text), offsetof(event, length)},
      {RJ_KIND_STATS, offsetof(event, stats), 0},
      {RJ_KIND_I32, offsetof(event, i32), 0}}},
    {10, "last", offsetof(listener, last), 0, {{RJ_KIND_I32, 0, 0}}},
};

static const event sample = {
    .i32 = INT32_MIN,
    .u32 = UINT32_MAX,
    .i64 = INT64_MIN,
    .u64 = UINT64_MAX,
    .length = 3,
    .text = "abc",
    .stats = {5},
};

static int handle, heard;

static void on_nothing(void *h, void *user) {
  g_assert_true(h == &handle && user == &heard);
  heard += 1;
}

static void on_numbers(void *h, int32_t i32, uint32_t u32, int64_t i64, uint64_t u64, void *user) {
  g_assert_true(h == &handle && user == &heard);
  g_assert_cmpint(i32, ==, INT32_MIN);
  g_assert_cmpuint(u32, ==, UINT32_MAX);
  g_assert_cmpint(i64, ==, INT64_MIN);
  g_assert_cmpuint(u64, ==, UINT64_MAX);
  heard += 10;
}

static void on_texts(void *h, const char *text, const uint8_t *data, uint32_t length,
                     const void *stats, int32_t i32, void *user) {
  g_assert_true(h == &handle && user == &heard);
  g_assert_cmpstr(text, ==, "abc");
  g_assert_cmpmem(data, length, "abc", 3);
  g_assert_true(stats == &sample.stats);
  g_assert_cmpint(i32, ==, INT32_MIN);
  heard += 100;
}

static const listener all = {sizeof all, on_nothing, on_numbers, on_texts, on_nothing};

static void test_each_function_gets_its_arguments(void) {
  rj_calls *calls = rj_calls_new(rows, G_N_ELEMENTS(rows));
  g_assert_nonnull(calls);
  heard = 0;
  for (int32_t kind = 7; kind <= 9; kind++)
    rj_calls_invoke(calls, kind, &sample, &handle, &all, sizeof all, &heard);
  g_assert_cmpint(heard, ==, 111);
  rj_calls_free(calls);
}

static void test_what_is_not_there_is_not_called(void) {
  rj_calls *calls = rj_calls_new(rows, G_N_ELEMENTS(rows));
  listener some = all;
  some.numbers = NULL;
  heard = 0;
  rj_calls_invoke(calls, 8, &sample, &handle, &some, sizeof some, &heard);
  g_assert_cmpint(heard, ==, 0);
  /* An older program's struct ends before the slot. */
  rj_calls_invoke(calls, 10, &sample, &handle, &all, offsetof(listener, last), &heard);
  g_assert_cmpint(heard, ==, 0);
  rj_calls_invoke(calls, 10, &sample, &handle, &all, sizeof all, &heard);
  g_assert_cmpint(heard, ==, 1);
  rj_calls_free(calls);
}

static void test_an_unknown_event_is_nothing(void) {
  static const int32_t kinds[] = {INT32_MIN, -1, 0, 6, 11, INT32_MAX};
  rj_calls *calls = rj_calls_new(rows, G_N_ELEMENTS(rows));
  heard = 0;
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
    rj_calls_invoke(calls, kinds[i], &sample, &handle, &all, sizeof all, &heard);
  g_assert_cmpint(heard, ==, 0);
  rj_calls_free(calls);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/listener/arguments", test_each_function_gets_its_arguments);
  g_test_add_func("/listener/missing", test_what_is_not_there_is_not_called);
  g_test_add_func("/listener/unknown", test_an_unknown_event_is_nothing);
  return g_test_run();
}
