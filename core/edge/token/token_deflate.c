/* Walks through a deflate stream (RFC 1951) for the bits that mean nothing: those between a stored
 * block's header and its bytes, and those behind the end. An inflater overlooks them; in a token they
 * must be 0, so that a bit that was turned there is noticed. Nothing is inflated here: GLib does that,
 * and what it did not take is not walked through. Every read is checked all the same. */
#include <string.h>

#include "edge/token/token.h"

enum {
  CODE_MAX = 15, /* bits of one code */
  LITERALS = 288,
  DISTANCES = 32,
  LENGTH_CODES = 19,
  END_OF_BLOCK = 256,
  FIRST_LENGTH = 257
};

typedef struct {
  const uint8_t *data;
  size_t bits, at; /* how many there are, and where the walk is */
} walk;

/* A canonical code: how many symbols have each length, and the symbols in the order of their codes. */
typedef struct {
  uint16_t count[CODE_MAX + 1];
  uint16_t symbols[LITERALS];
} code;

/* The next `count` bits, the lowest first; -1: there are not so many. */
static int32_t take(walk *w, unsigned count) {
  if (w->bits - w->at < count)
    return -1;
  uint32_t value = 0;
  for (unsigned i = 0; i < count; i++, w->at++)
    value |= (uint32_t)(w->data[w->at / 8] >> w->at % 8 & 1) << i;
  return (int32_t)value;
}

static void make_code(code *c, const uint8_t *lengths, size_t symbols) {
  uint16_t next[CODE_MAX + 1] = {0};
  memset(c->count, 0, sizeof c->count);
  for (size_t i = 0; i < symbols; i++)
    c->count[lengths[i]]++;
  for (size_t length = 1; length < CODE_MAX; length++)
    next[length + 1] = (uint16_t)(next[length] + c->count[length]);
  for (size_t i = 0; i < symbols; i++) {
    if (lengths[i] != 0)
      c->symbols[next[lengths[i]]++] = (uint16_t)i;
  }
}

/* The next symbol; -1: there is no such code. */
static int32_t take_symbol(walk *w, const code *c) {
  int32_t value = 0, first = 0, index = 0;
  for (unsigned length = 1; length <= CODE_MAX && w->at < w->bits; length++) {
    value |= w->data[w->at / 8] >> w->at % 8 & 1;
    w->at++;
    if (value - first < c->count[length])
      return c->symbols[index + value - first];
    index += c->count[length];
    first = (first + c->count[length]) * 2;
    value *= 2;
  }
  return -1;
}

/* The bits up to the next byte. */
static bool skips_zeros(walk *w) {
  return take(w, (unsigned)(-w->at % 8)) == 0;
}

static bool walk_stored(walk *w) {
  if (!skips_zeros(w))
    return false;
  int32_t length = take(w, 16);
  if (length < 0 || take(w, 16) < 0 || (w->bits - w->at) / 8 < (size_t)length)
    return false;
  w->at += 8 * (size_t)length;
  return true;
}

static bool walk_symbols(walk *w, const code *literals, const code *distances) {
  static const uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                        2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static const uint8_t distance_bits[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                          6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
  for (;;) {
    int32_t symbol = take_symbol(w, literals);
    if (symbol < END_OF_BLOCK) {
      if (symbol < 0)
        return false;
      continue;
    }
    if (symbol == END_OF_BLOCK)
      return true;
    if (symbol - FIRST_LENGTH >= (int32_t)sizeof length_bits ||
        take(w, length_bits[symbol - FIRST_LENGTH]) < 0)
      return false;
    int32_t distance = take_symbol(w, distances);
    if (distance < 0 || distance >= (int32_t)sizeof distance_bits ||
        take(w, distance_bits[distance]) < 0)
      return false;
  }
}

static bool walk_fixed(walk *w) {
  uint8_t lengths[LITERALS];
  code literals, distances;
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  make_code(&literals, lengths, LITERALS);
  memset(lengths, 5, DISTANCES);
  make_code(&distances, lengths, DISTANCES);
  return walk_symbols(w, &literals, &distances);
}

/* The lengths of a dynamic block's two codes, themselves in a code. */
static bool take_lengths(walk *w, const code *c, uint8_t *lengths, size_t wanted) {
  for (size_t i = 0; i < wanted;) {
    int32_t symbol = take_symbol(w, c);
    if (symbol >= 0 && symbol < 16) {
      lengths[i++] = (uint8_t)symbol;
      continue;
    }
    if (symbol < 0 || (symbol == 16 && i == 0))
      return false;
    int32_t times = symbol == 16 ? 3 + take(w, 2) : symbol == 17 ? 3 + take(w, 3) : 11 + take(w, 7);
    if (times < 3 || (size_t)times > wanted - i)
      return false;
    memset(lengths + i, symbol == 16 ? lengths[i - 1] : 0, (size_t)times);
    i += (size_t)times;
  }
  return true;
}

static bool walk_dynamic(walk *w) {
  static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                              11, 4,  12, 3, 13, 2, 14, 1, 15};
  uint8_t lengths[LITERALS + DISTANCES] = {0};
  code literals, distances;
  int32_t literal_count = take(w, 5), distance_count = take(w, 5), length_count = take(w, 4);
  if (length_count < 0)
    return false;
  literal_count += FIRST_LENGTH;
  distance_count += 1;
  if (literal_count > LITERALS)
    return false;
  for (int32_t i = 0; i < length_count + 4; i++) {
    int32_t length = take(w, 3);
    if (length < 0)
      return false;
    lengths[order[i]] = (uint8_t)length;
  }
  make_code(&literals, lengths, LENGTH_CODES);
  if (!take_lengths(w, &literals, lengths, (size_t)literal_count + (size_t)distance_count))
    return false;
  make_code(&distances, lengths + literal_count, (size_t)distance_count);
  make_code(&literals, lengths, (size_t)literal_count);
  return walk_symbols(w, &literals, &distances);
}

bool rj_token_pads_with_zeros(const uint8_t *data, size_t length) {
  walk w = {.data = data, .bits = 8 * length};
  int32_t is_last = 0;
  while (is_last == 0) {
    is_last = take(&w, 1);
    int32_t type = take(&w, 2);
    bool walked = type == 0   ? walk_stored(&w)
                  : type == 1 ? walk_fixed(&w)
                  : type == 2 ? walk_dynamic(&w)
                              : false;
    if (is_last < 0 || !walked)
      return false;
  }
  return skips_zeros(&w) && w.at == w.bits;
}
