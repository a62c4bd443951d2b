/* Faults that an app gives, checked. */
#ifndef RJ_ABI_FAULTS_H
#define RJ_ABI_FAULTS_H

#include <stdint.h>

#include <rejoin/rejoin.h>

#include "host/faults.h"

/* What the host takes for these directions. RJ_ERR_INVALID_ARGUMENT names the field; the size: as rj_size_take. */
int32_t rj_faults_take(rj_host_faults *out, const rj_faults *faults, int32_t directions,
                       uint64_t handle);

#endif
