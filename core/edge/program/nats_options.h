/* How libnats is to connect to one server, and how what comes of it is worded. */
#ifndef RJ_EDGE_PROGRAM_NATS_OPTIONS_H
#define RJ_EDGE_PROGRAM_NATS_OPTIONS_H

#include <nats/nats.h>

#include "edge/program/nats_bus.h"

/* Everything but who is called: server, times, TLS, credentials. */
natsStatus rj_nats_options_set(natsOptions *options, const rj_nats_options *given, const char *url);

/* libnats' words for what this thread did last, without their "(conn.c:2088): "; what might show a password is not among
 * them. */
const char *rj_nats_words(natsStatus status);

#endif
