/* Hexadecimal digits, in either case. */
#ifndef RJ_BASE_HEX_H
#define RJ_BASE_HEX_H

/* Its value; -1: not one. */
static inline int rj_hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

#endif
