/* Reads rejoin://host[:port]. */
#include "client/url.h"

#include <string.h>

#include "base/address.h"

static const char scheme[] = "rejoin://";

static bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

static bool has_scheme(const char *text) {
  for (size_t i = 0; scheme[i] != '\0'; i++) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z')
      c = (char)(c - 'A' + 'a');
    if (c != scheme[i])
      return false;
  }
  return true;
}

static bool has_two_colons(const char *host) {
  const char *colon = strchr(host, ':');
  return colon != NULL && strchr(colon + 1, ':') != NULL;
}

/* A name or an IPv4 address. */
static const char *check_name(const char *host, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (!is_name_byte(host[i]))
      return "a host name has letters, digits, '-', '.' and '_'";
  }
  return NULL;
}

/* What stood between the brackets, as a string. A zone (fe80::1%eth0) is the host's to understand. */
static const char *check_ipv6(const char *host) {
  static const char why[] = "in brackets stands an IPv6 address";
  char bare[RJ_ADDRESS_TEXT_SIZE];
  size_t length = strcspn(host, "%");
  if (length + 3 > sizeof bare || (host[length] == '%' && host[length + 1] == '\0'))
    return why;
  if (host[length] == '%' && check_name(host + length + 1, strlen(host + length + 1)) != NULL)
    return why;
  bare[0] = '[';
  memcpy(bare + 1, host, length);
  memcpy(bare + 1 + length, "]", 2);
  rj_address address;
  if (!rj_address_parse(bare, RJ_DEFAULT_PORT, &address) || address.family != RJ_ADDRESS_IPV6)
    return why;
  return NULL;
}

/* `text` is what follows the host: "", "/", ":port" or ":port/". */
static const char *read_port(const char *text, uint16_t *port) {
  static const char why[] = "a port is a number from 1 to 65535";
  uint32_t value = RJ_DEFAULT_PORT;
  if (*text == ':') {
    value = 0;
    text++;
    if (*text < '0' || *text > '9')
      return why;
    for (; *text >= '0' && *text <= '9'; text++) {
      value = value * 10 + (uint32_t)(*text - '0');
      if (value > UINT16_MAX)
        return why;
    }
    if (value == 0)
      return why;
  }
  if (*text == '/')
    text++;
  if (*text != '\0')
    return "after the host comes at most a port: rejoin://host[:port]";
  *port = (uint16_t)value;
  return NULL;
}

static const char *parse(const char *text, rj_url *out) {
  if (text == NULL)
    return "a url is rejoin://host[:port], not NULL";
  if (memchr(text, 0, RJ_URL_MAX + 1) == NULL)
    return "a url has at most 256 bytes";
  if (!has_scheme(text))
    return "a url starts with rejoin://";
  const char *host = text + sizeof scheme - 1;
  bool bracketed = *host == '[';
  if (bracketed)
    host++;
  if (!bracketed && has_two_colons(host))
    return "an IPv6 address stands in brackets: rejoin://[::1]:7443";
  size_t length = strcspn(host, bracketed ? "]" : ":/");
  const char *rest = host + length;
  if (bracketed && *rest++ != ']')
    return "the bracket around the IPv6 address is not closed";
  if (length == 0)
    return "the host is missing: rejoin://host[:port]";
  if (length > RJ_HOST_MAX)
    return "a host has at most 253 bytes";
  memset(out, 0, sizeof *out);
  memcpy(out->host, host, length);
  const char *why = bracketed ? check_ipv6(out->host) : check_name(out->host, length);
  return why != NULL ? why : read_port(rest, &out->port);
}

bool rj_url_parse(const char *text, rj_url *out, const char **why) {
  rj_url url;
  const char *wrong = parse(text, &url);
  if (wrong != NULL) {
    if (why != NULL)
      *why = wrong;
    return false;
  }
  *out = url;
  return true;
}
