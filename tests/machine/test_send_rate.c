/* The sliding second of D-2. */
#include <glib.h>

#include "base/random.h"
#include "base/time.h"
#include "machine/send_rate.h"

#define MS RJ_MILLISECOND

static bool take(rj_send_rate *rate, size_t size, int64_t now) {
  bool allowed = rj_send_rate_allows(rate, size, now);
  if (allowed)
    rj_send_rate_note(rate, size, now);
  return allowed;
}

static void test_sixty_messages(void) { /* D-2 */
  rj_send_rate rate = {0};
  for (int i = 0; i < 60; i++)
    g_assert_true(take(&rate, 1, i * 10 * MS));
  g_assert_false(take(&rate, 1, 600 * MS));
  g_assert_false(take(&rate, 1, 1000 * MS - 1)); /* what was refused did not count */
  g_assert_true(take(&rate, 1, 1000 * MS));      /* the first one is a whole second ago */
  g_assert_false(take(&rate, 1, 1000 * MS));
  g_assert_true(take(&rate, 1, 1010 * MS));
}

static void test_thirty_kilobytes(void) { /* D-2 */
  rj_send_rate rate = {0};
  for (int i = 0; i < 30; i++)
    g_assert_true(take(&rate, 1024, 5 * MS));
  g_assert_false(take(&rate, 1, 1004 * MS));
  g_assert_true(take(&rate, 1024, 1005 * MS));
}

/* A bucket that is filled once a second would let twice as much through here. */
static void test_no_border_lets_twice_as_much_through(void) { /* D-2 */
  rj_send_rate rate = {0};
  for (int i = 0; i < 60; i++)
    g_assert_true(take(&rate, 1, 999 * MS));
  g_assert_false(take(&rate, 1, 1001 * MS));
}

/* Against the definition: in no second that begins with a message is there more than allowed, and what is refused would be. */
static void test_any_second(void) { /* D-2 */
  enum { MANY = 4000 };
  static int64_t at[MANY];
  static size_t size[MANY];
  rj_random random;
  rj_random_seed(&random, 3);
  rj_send_rate rate = {0};
  int64_t now = 0;
  int sent = 0;
  for (int i = 0; i < 40000 && sent < MANY; i++) {
    now += (int64_t)rj_random_below(&random, 30) * MS;
    if (rj_random_below(&random, 500) == 0)
      now += 2000 * MS;
    size_t length = 1 + rj_random_below(&random, i % 3 == 0 ? 1024 : 300);
    uint32_t count = 1;
    size_t bytes = length;
    for (int j = sent; j-- > 0 && now - at[j] < 1000 * MS;) {
      count++;
      bytes += size[j];
    }
    bool fits = count <= 60 && bytes <= 30720;
    g_assert_true(take(&rate, length, now) == fits);
    if (fits) {
      at[sent] = now;
      size[sent++] = length;
    }
  }
  g_assert_cmpint(sent, >, 1000);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/send-rate/messages", test_sixty_messages);
  g_test_add_func("/send-rate/bytes", test_thirty_kilobytes);
  g_test_add_func("/send-rate/border", test_no_border_lets_twice_as_much_through);
  g_test_add_func("/send-rate/any-second", test_any_second);
  return g_test_run();
}
