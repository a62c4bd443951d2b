/* Ten thousand joins and leaves leave nothing behind: the resident memory stays flat. (Under address
 * sanitizer fewer, and it is the sanitizer that looks.) */
#include <stdio.h>
#include <unistd.h>

#include "abi/scene.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
  JOINS = SANITIZED ? 1000 : 10000,
  JOINS_OF_A_CLIENT = 5, /* then it is freed and another one made */
  WARM_UP = JOINS / 2,   /* the edge forgets what it keeps for 20 minutes: 4,000 joins here */
  MAY_GROW = 128,        /* KB; a leak of 32 bytes a join would be seen */
};

static long resident_kilobytes(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  g_assert_nonnull(file);
  g_assert_cmpint(fscanf(file, "%*s %ld", &pages), ==, 1);
  (void)fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void test_joins_and_leaves(void) { /* S-3 S-25 S-30 */
  scene s;
  scene_begin(&s, 1);
  rj_client *witness = scene_member(&s, 1), *client = NULL;
  long before = 0;
  for (int i = 0; i < JOINS; i++) {
    if (i % JOINS_OF_A_CLIENT == 0)
      client = scene_client(&s);
    g_assert_cmpint(rj_client_join_channel(client, NULL, "demo", 2), ==, RJ_OK);
    scene_run(&s, 0.2);
    g_assert_cmpint(rj_client_connection_state(client), ==, RJ_STATE_CONNECTED);
    if (i % JOINS_OF_A_CLIENT == JOINS_OF_A_CLIENT - 1) {
      rj_client_free(client); /* leaves, too */
    } else {
      g_assert_cmpint(rj_client_leave_channel(client), ==, RJ_OK);
      scene_drain(client);
    }
    scene_run(&s, 0.1);
    g_assert_cmpuint(scene_expect(witness, RJ_EVENT_USER_JOINED)->uid, ==, 2);
    g_assert_cmpuint(scene_expect(witness, RJ_EVENT_USER_OFFLINE)->uid, ==, 2);
    if (i == WARM_UP)
      before = resident_kilobytes();
  }
  long grown = resident_kilobytes() - before;
  g_test_message("%d joins after warm-up: %+ld KB", JOINS - WARM_UP, grown);
  if (!SANITIZED)
    g_assert_cmpint(grown, <=, MAY_GROW);
  rj_client_free(witness);
  scene_end(&s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/leaks/joins-and-leaves", test_joins_and_leaves);
  return g_test_run();
}
