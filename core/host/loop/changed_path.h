/* A client's path that was changed by hand (rj_host_member_change_path): it has sockets of its own, and for a while perhaps two. */
#ifndef RJ_HOST_LOOP_CHANGED_PATH_H
#define RJ_HOST_LOOP_CHANGED_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "host/loop/socket.h"

typedef struct {
  rj_address told; /* the own address that the member knows of; family none: it knows of none */
  rj_socket *old;  /* what it had before: still good until `old_until`; NULL: nothing */
  bool old_is_own; /* … and closed then: it is not the clients' shared one */
  int64_t old_until;
  bool dead; /* over the present one nothing passes */
} rj_changed_path;

#endif
