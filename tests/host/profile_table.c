/* Prints the ready network profiles as the table of docs/networks.md. */
#include <stdio.h>

#include "base/numbers.h"
#include "host/network_profile.h"

static void print_faults(const rj_host_faults *faults) {
  const char *comma = "";
  if (faults->blackhole != 0) {
    printf("nothing passes");
    return;
  }
  printf("%lld ms", (long long)(faults->delay_ns / RJ_MILLISECOND));
  if (faults->jitter_ns > 0)
    printf(" to %lld ms", (long long)((faults->delay_ns + faults->jitter_ns) / RJ_MILLISECOND));
  comma = ", ";
  if (faults->loss > 0)
    printf("%sloss %g %%", comma, faults->loss * 100);
  if (faults->burst > 1)
    printf(" in runs of %g", faults->burst);
  if (faults->rate > 0)
    printf("%s%g kB/s", comma, (double)faults->rate / 1000);
  if (faults->queue > 0)
    printf(", %u KiB wait", faults->queue / 1024);
}

int main(void) {
  printf("| profile | from | to the edge | from the edge | |\n|---|---|---|---|---|\n");
  const rj_network_profile *profile;
  for (uint32_t i = 0; (profile = rj_network_profile_at(i)) != NULL; i++) {
    for (uint32_t k = 0; k < profile->count; k++) {
      const rj_network_profile_step *step = &profile->steps[k];
      if (k == 0)
        printf("| `%s` ", profile->name);
      else
        printf("| ");
      printf("| %lld s | ", (long long)(step->at / RJ_SECOND));
      print_faults(&step->up);
      printf(" | ");
      print_faults(&step->down);
      printf(" | ");
      if (k == 0)
        printf("%s", profile->about);
      if (step->moves)
        printf("another address (%s), the old one for %lld s more",
               step->network == NETWORK_4G ? "4G" : "another network",
               (long long)(step->overlap / RJ_SECOND));
      if (k + 1 == profile->count && profile->repeat > 0)
        printf("again after %lld s", (long long)(profile->repeat / RJ_SECOND));
      printf(" |\n");
    }
  }
  return 0;
}
