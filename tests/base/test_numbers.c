/* The numbers of SPEC section 1: their values and total names. */
#include <glib.h>
#include <string.h>

#include "base/limits.h"
#include "base/numbers.h"

#define RJ_NUMBER(group, name, value, text) {RJ_GROUP_##group, value, text},
static const struct {
  rj_number_group group;
  int32_t value;
  const char *text;
} numbers[] = {
#include "base/numbers.def"
};
#undef RJ_NUMBER

static void test_every_number_has_its_name(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
    g_assert_cmpstr(rj_number_name(numbers[i].group, numbers[i].value), ==, numbers[i].text);
}

static void test_no_number_and_no_name_twice_in_a_group(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    for (size_t j = 0; j < i; j++) {
      if (numbers[i].group != numbers[j].group)
        continue;
      g_assert_cmpint(numbers[i].value, !=, numbers[j].value);
      g_assert_cmpstr(numbers[i].text, !=, numbers[j].text);
    }
  }
}

/* The contract's values, written down once more. */
static void test_values(void) {
  g_assert_cmpint(STATE_DISCONNECTED, ==, 1);
  g_assert_cmpint(STATE_CONNECTING, ==, 2);
  g_assert_cmpint(STATE_CONNECTED, ==, 3);
  g_assert_cmpint(STATE_RECONNECTING, ==, 4);
  g_assert_cmpint(STATE_FAILED, ==, 5);
  g_assert_cmpint(REASON_CONNECTING, ==, 0);
  g_assert_cmpint(REASON_JOIN_FAILED, ==, 4);
  g_assert_cmpint(REASON_REJECTED_BY_SERVER, ==, 10);
  g_assert_cmpint(REASON_KEEP_ALIVE_TIMEOUT, ==, 14);
  g_assert_cmpint(REASON_LOST, ==, 16);
  g_assert_cmpint(REASON_SAME_UID_LOGIN, ==, 19);
  g_assert_cmpint(REASON_INCONSISTENT_APPID, ==, 24);
  g_assert_cmpint(OFFLINE_QUIT, ==, 0);
  g_assert_cmpint(OFFLINE_BECOME_AUDIENCE, ==, 2);
  g_assert_cmpint(NETWORK_UNKNOWN, ==, -1);
  g_assert_cmpint(NETWORK_5G, ==, 6);
  g_assert_cmpint(ROLE_AUDIENCE, ==, 2);
  g_assert_cmpint(STATUS_JOIN_CHANNEL_REJECTED, ==, -17);
  g_assert_cmpint(STATUS_INVALID_CHANNEL_NAME, ==, -102);
  g_assert_cmpint(STATUS_INVALID_USER_ID, ==, -121);
}

static void test_an_unknown_number_gets_a_text(void) {
  g_assert_cmpstr(rj_number_name(RJ_GROUP_STATE, 0), ==, "unknown(0)");
  g_assert_cmpstr(rj_number_name(RJ_GROUP_REASON, 25), ==, "unknown(25)");
  g_assert_cmpstr(rj_number_name(RJ_GROUP_STATUS, INT32_MIN), ==, "unknown(-2147483648)");
  g_assert_cmpstr(rj_number_name(RJ_GROUP_EVENT, INT32_MAX), ==, "unknown(2147483647)");
  g_assert_cmpstr(rj_number_name((rj_number_group)99, 1), ==, "unknown(1)");
}

static void test_unknown_texts_are_kept_for_a_while(void) {
  const char *texts[RJ_UNKNOWN_NAMES];
  for (int i = 0; i < RJ_UNKNOWN_NAMES; i++)
    texts[i] = rj_number_name(RJ_GROUP_STATE, 1000 + i);
  for (int i = 0; i < RJ_UNKNOWN_NAMES; i++) {
    char *expected = g_strdup_printf("unknown(%d)", 1000 + i);
    g_assert_cmpstr(texts[i], ==, expected);
    g_free(expected);
  }
}

static void *ask_elsewhere(void *unused) {
  (void)unused;
  for (int i = 0; i < 100; i++)
    (void)rj_number_name(RJ_GROUP_STATE, 2000 + i);
  return NULL;
}

static void test_unknown_texts_belong_to_their_thread(void) {
  const char *text = rj_number_name(RJ_GROUP_STATE, 77);
  g_thread_join(g_thread_new("other", ask_elsewhere, NULL));
  g_assert_cmpstr(text, ==, "unknown(77)");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/numbers/names", test_every_number_has_its_name);
  g_test_add_func("/numbers/unique", test_no_number_and_no_name_twice_in_a_group);
  g_test_add_func("/numbers/values", test_values);
  g_test_add_func("/numbers/unknown", test_an_unknown_number_gets_a_text);
  g_test_add_func("/numbers/unknown-kept", test_unknown_texts_are_kept_for_a_while);
  g_test_add_func("/numbers/unknown-threads", test_unknown_texts_belong_to_their_thread);
  return g_test_run();
}
