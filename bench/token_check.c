/* What checking a token costs an edge (budget: 20 us; a join costs far more). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "edge/token/token.h"

enum { CHECKS = 100000 };

static int64_t clock_now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * RJ_SECOND + time.tv_nsec;
}

static void measure(const char *name, const char *token, const rj_token_wanted *wanted,
                    rj_token_verdict verdict) {
  int64_t began = clock_now();
  for (int i = 0; i < CHECKS; i++) {
    if (rj_token_check(token, wanted).verdict != verdict)
      abort();
  }
  printf("%s: %.2f us\n", name, (double)(clock_now() - began) / CHECKS / 1000);
}

int main(void) {
  static const rj_token_grant grants[] = {{1, 3600}, {2, 3600}, {3, 3600}, {4, 3600}};
  rj_token_parts parts = {.app_id = "0123456789abcdef0123456789abcdef",
                          .certificate = "fedcba9876543210fedcba9876543210",
                          .channel = "room1",
                          .uid = "4294967295",
                          .issued_at = 1700000000,
                          .expire = 3600,
                          .salt = 99999999,
                          .grants = grants,
                          .grant_count = 4};
  rj_token_wanted wanted = {.app_id = parts.app_id,
                            .channel = parts.channel,
                            .uid = UINT32_MAX,
                            .certificates = {parts.certificate},
                            .wall = 1700000000 * RJ_SECOND};
  char why[RJ_TOKEN_WHY_SIZE];
  for (parts.version = 6; parts.version <= 7; parts.version++) {
    char *token = rj_token_make(&parts, why), name[32];
    snprintf(name, sizeof name, "00%d, good", parts.version);
    measure(name, token, &wanted, RJ_TOKEN_GOOD);
    rj_token_wanted second = wanted;
    second.certificates[0] = "another";
    second.certificates[1] = parts.certificate;
    snprintf(name, sizeof name, "00%d, second certificate", parts.version);
    measure(name, token, &second, RJ_TOKEN_GOOD);
    free(token);
  }
  return 0;
}
