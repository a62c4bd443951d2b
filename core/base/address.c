/* Addresses: comparison, and their text form read and written by hand (RFC 4291, RFC 5952), since inet_pton is no libc of C11. */
#include "base/address.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"

bool rj_address_same_host(const rj_address *a, const rj_address *b) {
  return a->family == b->family && a->scope == b->scope &&
         memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool rj_address_equal(const rj_address *a, const rj_address *b) {
  return a->port == b->port && rj_address_same_host(a, b);
}

bool rj_path_equal(const rj_path *a, const rj_path *b) {
  return rj_address_equal(&a->local, &b->local) && rj_address_equal(&a->remote, &b->remote);
}

static rj_reach reach_of_ipv4(const uint8_t bytes[4]) {
  if (bytes[0] == 0 || bytes[0] >= 224)
    return RJ_REACH_NOWHERE;
  if (bytes[0] == 127)
    return RJ_REACH_MACHINE;
  if (bytes[0] == 169 && bytes[1] == 254)
    return RJ_REACH_LINK;
  bool is_private = bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
                    (bytes[0] == 192 && bytes[1] == 168) ||
                    (bytes[0] == 100 && (bytes[1] & 0xc0) == 64);
  return is_private ? RJ_REACH_SITE : RJ_REACH_WORLD;
}

static rj_reach reach_of_ipv6(const uint8_t bytes[16]) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  static const uint8_t loopback[16] = {[15] = 1}, unspecified[16] = {0};
  if (memcmp(bytes, mapped, sizeof mapped) == 0)
    return reach_of_ipv4(bytes + sizeof mapped);
  if (memcmp(bytes, loopback, sizeof loopback) == 0)
    return RJ_REACH_MACHINE;
  if (memcmp(bytes, unspecified, sizeof unspecified) == 0 || bytes[0] == 0xff)
    return RJ_REACH_NOWHERE;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
    return RJ_REACH_LINK;
  return (bytes[0] & 0xfe) == 0xfc ? RJ_REACH_SITE : RJ_REACH_WORLD;
}

rj_reach rj_address_reach(const rj_address *a) {
  switch (a->family) {
  case RJ_ADDRESS_IPV4:
    return reach_of_ipv4(a->bytes);
  case RJ_ADDRESS_IPV6:
    return reach_of_ipv6(a->bytes);
  default:
    return RJ_REACH_NOWHERE;
  }
}

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ (hash >> 32);
}

uint64_t rj_address_hash(const rj_address *a) {
  uint64_t words[2];
  memcpy(words, a->bytes, sizeof words);
  uint64_t hash = mix((uint64_t)a->family << 48 | (uint64_t)a->port << 32 | a->scope, words[0]);
  return mix(mix(hash, words[1]), hash >> 29);
}

/* ---- writing ---- */

typedef struct {
  char *text; /* RJ_ADDRESS_TEXT_SIZE bytes: enough for the longest address */
  size_t length;
} writer;

static void write_text(writer *w, const char *text) {
  w->length += (size_t)snprintf(w->text + w->length, RJ_ADDRESS_TEXT_SIZE - w->length, "%s", text);
}

static void write_decimal(writer *w, unsigned value) {
  w->length += (size_t)snprintf(w->text + w->length, RJ_ADDRESS_TEXT_SIZE - w->length, "%u", value);
}

static void write_hex(writer *w, unsigned value) {
  w->length += (size_t)snprintf(w->text + w->length, RJ_ADDRESS_TEXT_SIZE - w->length, "%x", value);
}

static void write_ipv4(writer *w, const uint8_t bytes[4]) {
  for (int i = 0; i < 4; i++) {
    write_text(w, i == 0 ? "" : ".");
    write_decimal(w, bytes[i]);
  }
}

static void write_ipv6(writer *w, const uint8_t bytes[16]) {
  static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};
  if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
    write_text(w, "::ffff:");
    write_ipv4(w, bytes + 12);
    return;
  }
  unsigned groups[8];
  for (int i = 0; i < 8; i++)
    groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];

  int gap_start = -1,
      gap_length =
          1; /* "::" stands for the longest run of two or more zeros, the first of equals */
  for (int i = 0; i < 8; i++) {
    int zeros = 0;
    while (i + zeros < 8 && groups[i + zeros] == 0)
      zeros++;
    if (zeros > gap_length) {
      gap_start = i;
      gap_length = zeros;
    }
  }
  for (int i = 0; i < 8; i++) {
    if (i == gap_start) {
      write_text(w, "::");
      i += gap_length - 1;
    } else {
      bool first = i == 0 || (gap_start >= 0 && i == gap_start + gap_length);
      write_text(w, first ? "" : ":");
      write_hex(w, groups[i]);
    }
  }
}

const char *rj_address_text(const rj_address *a, char text[RJ_ADDRESS_TEXT_SIZE]) {
  writer w = {text, 0};
  if (a->family == RJ_ADDRESS_IPV4) {
    write_ipv4(&w, a->bytes);
    write_text(&w, ":");
    write_decimal(&w, a->port);
  } else if (a->family == RJ_ADDRESS_IPV6) {
    write_text(&w, "[");
    write_ipv6(&w, a->bytes);
    if (a->scope != 0) {
      write_text(&w, "%");
      write_decimal(&w, a->scope);
    }
    write_text(&w, "]:");
    write_decimal(&w, a->port);
  } else {
    write_text(&w, "none");
  }
  return text;
}

/* ---- reading: each read_… moves *at past what it understood, or returns false ---- */

static bool read_char(const char **at, char c) {
  if (**at != c)
    return false;
  ++*at;
  return true;
}

/* Decimal without leading zeros, 0 to max. */
static bool read_decimal(const char **at, uint32_t max, uint32_t *out) {
  const char *s = *at;
  uint64_t value = 0;
  if (*s == '0' && s[1] >= '0' && s[1] <= '9')
    return false;
  while (*s >= '0' && *s <= '9') {
    value = value * 10 + (uint64_t)(*s++ - '0');
    if (value > max)
      return false;
  }
  if (s == *at)
    return false;
  *at = s;
  *out = (uint32_t)value;
  return true;
}

static bool read_ipv4(const char **at, uint8_t bytes[4]) {
  for (int i = 0; i < 4; i++) {
    uint32_t value;
    if ((i > 0 && !read_char(at, '.')) || !read_decimal(at, 255, &value))
      return false;
    bytes[i] = (uint8_t)value;
  }
  return true;
}

static bool read_group(const char **at, uint8_t bytes[2]) {
  const char *s = *at;
  unsigned value = 0;
  while (rj_hex_digit(*s) >= 0 && s - *at < 4)
    value = value << 4 | (unsigned)rj_hex_digit(*s++);
  if (s == *at || rj_hex_digit(*s) >= 0)
    return false;
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
  *at = s;
  return true;
}

/* Is what follows a dotted quad rather than a hexadecimal group? */
static bool at_ipv4(const char *at) {
  while (rj_hex_digit(*at) >= 0)
    at++;
  return *at == '.';
}

static bool read_ipv6(const char **at, uint8_t bytes[16]) {
  uint8_t read[16] = {0};
  int length = 0, gap = -1; /* where "::" stands */
  if (read_char(at, ':')) {
    if (!read_char(at, ':'))
      return false;
    gap = 0;
  }
  while (rj_hex_digit(**at) >= 0) {
    if (at_ipv4(*at)) {
      if (length > 12 || !read_ipv4(at, read + length))
        return false;
      length += 4;
      break;
    }
    if (length > 14 || !read_group(at, read + length))
      return false;
    length += 2;
    if (!read_char(at, ':'))
      break;
    if (read_char(at, ':')) {
      if (gap >= 0)
        return false;
      gap = length;
    } else if (rj_hex_digit(**at) < 0) {
      return false; /* a single colon at the end */
    }
  }
  if (gap < 0 ? length != 16 : length > 14)
    return false;
  if (gap < 0)
    gap = length;
  memset(bytes, 0, 16);
  memcpy(bytes, read, (size_t)gap);
  memcpy(bytes + 16 - (length - gap), read + gap, (size_t)(length - gap));
  return true;
}

static bool read_host_ipv6(const char **at, rj_address *address) {
  address->family = RJ_ADDRESS_IPV6;
  if (!read_ipv6(at, address->bytes))
    return false;
  return !read_char(at, '%') || read_decimal(at, UINT32_MAX, &address->scope);
}

bool rj_address_parse(const char *text, uint16_t default_port, rj_address *out) {
  rj_address address = {0};
  const char *at = text;
  bool port_may_follow = true;
  if (read_char(&at, '[')) {
    if (!read_host_ipv6(&at, &address) || !read_char(&at, ']'))
      return false;
  } else if (at_ipv4(at)) {
    address.family = RJ_ADDRESS_IPV4;
    if (!read_ipv4(&at, address.bytes))
      return false;
  } else {
    if (!read_host_ipv6(&at, &address))
      return false;
    port_may_follow = false; /* "::1:7443" would be ambiguous */
  }
  uint32_t port = default_port;
  if (port_may_follow && read_char(&at, ':') && !read_decimal(&at, UINT16_MAX, &port))
    return false;
  if (*at != '\0')
    return false;
  address.port = (uint16_t)port;
  *out = address;
  return true;
}
