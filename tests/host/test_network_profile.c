/* The ready network profiles keep the rules that an app's own steps have to keep. */
#include <glib.h>

#include "host/network_profile.h"

static void test_names(void) {
  for (uint32_t i = 0; rj_network_profile_at(i) != NULL; i++)
    g_assert_true(rj_network_profile_find(rj_network_profile_at(i)->name) ==
                  rj_network_profile_at(i));
  g_assert_true(rj_network_profile_find("train tunnel") == rj_network_profile_find("train_tunnel"));
  g_assert_nonnull(rj_network_profile_find("train tunnel"));
  g_assert_null(rj_network_profile_find("train"));
  g_assert_null(rj_network_profile_find("train-tunnels"));
  g_assert_null(rj_network_profile_find(""));
}

static void test_rules(void) {
  const rj_network_profile *profile;
  uint32_t count = 0;
  for (; (profile = rj_network_profile_at(count)) != NULL; count++) {
    g_assert_cmpuint(profile->count, >, 0);
    g_assert_cmpuint(profile->count, <=, RJ_PROFILE_STEPS_MAX);
    g_assert_cmpint(profile->steps[0].at, ==, 0);
    for (uint32_t k = 1; k < profile->count; k++)
      g_assert_cmpint(profile->steps[k].at, >, profile->steps[k - 1].at);
    g_assert_true(profile->repeat == 0 || profile->repeat > profile->steps[profile->count - 1].at);
  }
  g_assert_cmpuint(count, ==, 7);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/network-profile/names", test_names);
  g_test_add_func("/network-profile/rules", test_rules);
  return g_test_run();
}
