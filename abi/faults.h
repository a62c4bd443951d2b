/* Faults that an app gives, checked. */
#ifndef RJ_ABI_FAULTS_H
#define RJ_ABI_FAULTS_H

#include <stdint.h>

#include <rejoin/rejoin.h>

#include "host/faults.h"

/* What the host takes for these directions, from a struct that rj_size_take has taken. RJ_ERR_INVALID_ARGUMENT names the field. */
int32_t rj_faults_take(rj_host_faults *out, const rj_faults *given, int32_t directions,
                       uint64_t handle);

#endif
