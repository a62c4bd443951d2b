/* Numbers of users: each from 1 without a gap; beyond the bound the one unheard of longest begins anew. */
#include "edge/program/http/user_numbers.h"

#include <glib.h>

static void test_each_has_its_own(void) {
  rj_user_numbers *numbers = rj_user_numbers_new(10);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 1), ==, 1);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 2), ==, 1);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 1), ==, 2);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "x", "demo", 1), ==, 1);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "other", 1), ==, 1);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 1), ==, 3);
  rj_user_numbers_free(numbers);
}

static void test_bounded(void) {
  rj_user_numbers *numbers = rj_user_numbers_new(2);
  rj_user_numbers_next(numbers, "", "demo", 1);
  rj_user_numbers_next(numbers, "", "demo", 2);
  rj_user_numbers_next(numbers, "", "demo", 1);
  rj_user_numbers_next(numbers, "", "demo", 3); /* in the place of 2 */
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 1), ==, 3);
  g_assert_cmpuint(rj_user_numbers_next(numbers, "", "demo", 2), ==, 1);
  rj_user_numbers_free(numbers);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/user_numbers/each_has_its_own", test_each_has_its_own);
  g_test_add_func("/user_numbers/bounded", test_bounded);
  return g_test_run();
}
