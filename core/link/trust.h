/* What a client accepts as its edge: fingerprints, the CAs of a file, or the system's. There is
 * no "accept anything". */
#ifndef RJ_LINK_TRUST_H
#define RJ_LINK_TRUST_H

#include <stdint.h>

#include "link/link.h"

enum { RJ_TRUST_ERROR_SIZE = 256 };

/* fingerprint: SHA-256 in hex, upper or lower case, colons allowed; several, separated by commas, for
 * edges with certificates of their own (1 to RJ_URLS_MAX). ca_file: PEM. Both NULL: the system's
 * CAs; both given: STATUS_INVALID_ARGUMENT. With a fingerprint neither name nor dates are
 * looked at. NULL: *status and error say why. */
rj_trust *rj_trust_new(const char *fingerprint, const char *ca_file, int32_t *status,
                       char error[RJ_TRUST_ERROR_SIZE]);
void rj_trust_free(rj_trust *trust);
/* One fingerprint as above, up to a comma or the end. False: it is none. */
bool rj_fingerprint_read(const char *text, uint8_t out[RJ_FINGERPRINT_SIZE]);

#endif
