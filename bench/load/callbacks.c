/* Calls from C into a function that somebody else made, such as Python by way of cffi or ctypes: for python_events.py. */
#include <rejoin/rejoin.h>

/* The shape of rj_listener.connection_changed. */
typedef void (*state_function)(rj_client *client, int32_t old_state, int32_t state, int32_t reason,
                               void *user_data);

RJ_API void call_often(state_function function, uint32_t count);

void call_often(state_function function, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    function(NULL, 1, 2, 0, NULL);
}
