/* What clients accept as their edge, shared: a thousand members with the same CA file read it once. Thread-safe. */
#ifndef RJ_HOST_TRUST_POOL_H
#define RJ_HOST_TRUST_POOL_H

#include <stdint.h>

#include "link/trust.h"

typedef struct rj_trust_pool rj_trust_pool;

rj_trust_pool *rj_trust_pool_new(void);
void rj_trust_pool_free(rj_trust_pool *pool); /* everything must have been given back */
/* As rj_trust_new; to be given back. */
const rj_trust *rj_trust_pool_get(rj_trust_pool *pool, const char *fingerprint, const char *ca_file,
                                  int32_t *status, char error[RJ_TRUST_ERROR_SIZE]);
void rj_trust_pool_give_back(rj_trust_pool *pool, const rj_trust *trust);

#endif
