/* Random numbers: a source that a host plugs in, and a small seeded generator (xoshiro256**) for
 * simulation and jitter. */
#ifndef RJ_BASE_RANDOM_H
#define RJ_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Where unguessable bytes come from (ids, secrets). The loop plugs in the operating system's, the
 * simulator a seeded generator. */
typedef struct {
  void (*fill)(void *user, uint8_t *bytes, size_t length);
  void *user; /* borrowed: outlives whoever was given the source */
} rj_entropy;

static inline void rj_entropy_fill(const rj_entropy *entropy, void *bytes, size_t length) {
  entropy->fill(entropy->user, (uint8_t *)bytes, length);
}

uint64_t rj_entropy_u64(const rj_entropy *entropy);

/* xoshiro256**, seeded by splitmix64: repeatable, not secret. */
typedef struct {
  uint64_t s[4];
} rj_random;

void rj_random_seed(rj_random *random, uint64_t seed);
uint64_t rj_random_next(rj_random *random);
/* Uniform in [0, bound); 0 for bound 0. */
uint64_t rj_random_below(rj_random *random, uint64_t bound);
/* Uniform in [0, 1). */
double rj_random_unit(rj_random *random);
/* An rj_entropy.fill over an rj_random (user = the generator): for simulation. */
void rj_random_fill(void *random, uint8_t *bytes, size_t length);

#endif
