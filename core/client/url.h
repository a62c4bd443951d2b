/* The address of an edge as people write it: rejoin://host[:port], IPv6 in brackets. */
#ifndef RJ_CLIENT_URL_H
#define RJ_CLIENT_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

enum { RJ_DEFAULT_PORT = 7443, RJ_HOST_MAX = 253 };

typedef struct {
  char host[RJ_HOST_MAX + 1]; /* name or numeric, without brackets */
  uint16_t port;
} rj_url;

/* False: not such a url; *why (may be NULL) is a static text that names the rule. */
bool rj_url_parse(const char *text, rj_url *out, const char **why);

#endif
