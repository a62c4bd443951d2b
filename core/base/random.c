/* xoshiro256** by Blackman and Vigna (public domain), seeded by splitmix64, and an entropy source over it. */
#include "base/random.h"

uint64_t rj_entropy_u64(const rj_entropy *entropy) {
  uint8_t bytes[8];
  rj_entropy_fill(entropy, bytes, sizeof bytes);
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof bytes;
       i++) /* little-endian everywhere: a seed means the same on all machines */
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

void rj_random_seed(rj_random *random, uint64_t seed) {
  for (size_t i = 0; i < 4; i++)
    random->s[i] = splitmix64(&seed);
}

uint64_t rj_random_next(rj_random *random) {
  uint64_t *s = random->s;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint64_t rj_random_below(rj_random *random, uint64_t bound) {
  if (bound == 0)
    return 0;
  uint64_t uneven =
      (0 - bound) % bound; /* 2^64 mod bound: that many values would favour the low results */
  uint64_t value;
  do
    value = rj_random_next(random);
  while (value < uneven);
  return value % bound;
}

double rj_random_unit(rj_random *random) {
  return (double)(rj_random_next(random) >> 11) * 0x1.0p-53;
}

void rj_random_fill(void *random, uint8_t *bytes, size_t length) {
  uint64_t value = 0;
  for (size_t i = 0; i < length; i++) {
    if (i % 8 == 0)
      value = rj_random_next((rj_random *)random);
    bytes[i] = (uint8_t)(value >> (8 * (i % 8)));
  }
}
