/* What a client keeps for its next connection: the TLS session and the edge's transport parameters, with the time that the crypto
 * library does not check by itself. */
#include <string.h>

#include "link/quic_internal.h"

/* version, wall (8), lifetime (4), session length (2), params length (2), session, params */
enum { VERSION = 1, HEADER = 17, WALL_AT = 1, LIFETIME_AT = 9, SESSION_AT = 13, PARAMS_AT = 15 };

static void put(uint8_t *out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const uint8_t *in, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++)
    value = value << 8 | in[i];
  return value;
}

size_t rj_ticket_write(uint8_t *out, size_t capacity, int64_t wall, uint32_t lifetime,
                       const uint8_t *session, size_t session_length, const uint8_t *params,
                       size_t params_length) {
  size_t length = HEADER + session_length + params_length;
  if (length > capacity || session_length > UINT16_MAX || params_length > UINT16_MAX)
    return 0;
  out[0] = VERSION;
  put(out + WALL_AT, (uint64_t)wall, 8);
  put(out + LIFETIME_AT, lifetime, 4);
  put(out + SESSION_AT, session_length, 2);
  put(out + PARAMS_AT, params_length, 2);
  memcpy(out + HEADER, session, session_length);
  memcpy(out + HEADER + session_length, params, params_length);
  return length;
}

bool rj_ticket_read(rj_ticket *ticket, const uint8_t *data, size_t length, int64_t wall) {
  if (length < HEADER || data[0] != VERSION)
    return false;
  *ticket = (rj_ticket){
      .session = data + HEADER,
      .session_length = (size_t)get(data + SESSION_AT, 2),
      .params_length = (size_t)get(data + PARAMS_AT, 2),
  };
  if (HEADER + ticket->session_length + ticket->params_length != length)
    return false;
  ticket->params = ticket->session + ticket->session_length;
  int64_t issued = (int64_t)get(data + WALL_AT, 8);
  uint64_t age =
      (uint64_t)wall - (uint64_t)issued; /* wherever it lies, as the bytes are anybody's */
  uint64_t lifetime = get(data + LIFETIME_AT, 4) * (uint64_t)RJ_SECOND;
  return issued <= wall && age < lifetime;
}
