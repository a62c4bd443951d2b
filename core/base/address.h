/* Network addresses and paths without a system header, so that the sans-I/O layers can name them.
 */
#ifndef RJ_BASE_ADDRESS_H
#define RJ_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { RJ_ADDRESS_NONE = 0, RJ_ADDRESS_IPV4 = 4, RJ_ADDRESS_IPV6 = 6 } rj_address_family;

typedef struct {
  uint8_t family;    /* rj_address_family */
  uint8_t bytes[16]; /* network order; IPv4 uses the first 4, the rest is 0 */
  uint16_t port;     /* host order */
  uint32_t scope;    /* IPv6 zone, else 0 */
} rj_address;

/* The two ends of a datagram as this side sees them. */
typedef struct {
  rj_address local;
  rj_address remote;
} rj_path;

enum { RJ_ADDRESS_TEXT_SIZE = 72 }; /* "[…]:65535" with a zone, and the NUL */

bool rj_address_equal(const rj_address *a, const rj_address *b);
bool rj_path_equal(const rj_path *a, const rj_path *b);
/* Same host, whatever the port (limits per address). */
bool rj_address_same_host(const rj_address *a, const rj_address *b);
/* From how far an address can be reached: each is nearer than the next. */
typedef enum {
  RJ_REACH_NOWHERE, /* none, unspecified, or of many at once (multicast, broadcast) */
  RJ_REACH_MACHINE, /* loopback */
  RJ_REACH_LINK,    /* link-local */
  RJ_REACH_SITE,    /* private (RFC 1918, RFC 6598, RFC 4193) */
  RJ_REACH_WORLD
} rj_reach;

rj_reach rj_address_reach(const rj_address *a);
uint64_t rj_address_hash(const rj_address *a);
/* "127.0.0.1:7443", "[::1]:7443"; returns text. */
const char *rj_address_text(const rj_address *a, char text[RJ_ADDRESS_TEXT_SIZE]);
/* Reads what rj_address_text writes; the port may be left out (then default_port). False: not a
 * numeric address. */
bool rj_address_parse(const char *text, uint16_t default_port, rj_address *out);

#endif
