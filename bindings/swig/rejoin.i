/* The private Python module rejoin._rejoin: the C functions as they are, and a few made for Python (native.h).
 *
 * Valid for SWIG 4.1 and newer. No proxy classes and no directors: handles are opaque pointers, statuses are numbers, and
 * python/rejoin turns both into what an app sees. Python holds a handle's lock around each call, so that none is freed
 * while it is used. */
%module(package="rejoin") _rejoin

%{
#include <rejoin/rejoin.h>

#include "native.h"
%}

%include <stdint.i>

/* Calls that may wait, for the network's thread or for time, let other Python threads run meanwhile. */
%define RJ_MAY_WAIT(function)
%exception function {
  Py_BEGIN_ALLOW_THREADS
  $action
  Py_END_ALLOW_THREADS
}
%enddef
RJ_MAY_WAIT(rj_runtime_free)
RJ_MAY_WAIT(rj_runtime_run)
RJ_MAY_WAIT(rj_client_free)
RJ_MAY_WAIT(rj_client_join_channel)
RJ_MAY_WAIT(rj_client_leave_channel)
RJ_MAY_WAIT(rj_client_renew_token)
RJ_MAY_WAIT(rj_client_set_client_role)
RJ_MAY_WAIT(send_stream_message)
RJ_MAY_WAIT(rj_client_last_heard)
RJ_MAY_WAIT(rj_client_network_changed)
RJ_MAY_WAIT(rj_client_rebind)
RJ_MAY_WAIT(rj_client_suspend)
RJ_MAY_WAIT(rj_edge_free)
RJ_MAY_WAIT(rj_edge_last_heard)
RJ_MAY_WAIT(rj_edge_change_kick)
RJ_MAY_WAIT(rj_edge_drain)
RJ_MAY_WAIT(rj_edge_crash)
RJ_MAY_WAIT(rj_edge_restart)
RJ_MAY_WAIT(rj_edge_pause)
RJ_MAY_WAIT(rj_runtime_step_wall)
RJ_MAY_WAIT(rj_client_follow_network)
RJ_MAY_WAIT(change_address)


/* What Python does not call: native.h has it in a form made for Python, or nothing there asks for it. */
%ignore rj_runtime_options;
%ignore rj_runtime_new;
%ignore rj_runtime_next_ready;
%ignore rj_runtime_set_wakeup;
%ignore rj_client_timers;
%ignore rj_client_options;
%ignore rj_client_new;
%ignore rj_client_next_event;
%ignore rj_client_set_wakeup;
%ignore rj_client_set_listener;
%ignore rj_client_dispatch;
%ignore rj_client_stats;
%ignore rj_client_create_data_stream;
%ignore rj_client_send_stream_message;
%ignore rj_client_set_faults;
%ignore rj_client_follow_steps;
%ignore rj_network_step;
%ignore rj_listener;
%ignore rj_stats;
%ignore rj_event;
%ignore rj_faults;
%ignore rj_bus_faults;
%ignore rj_edge_set_bus_faults;
%ignore rj_client_change_address;
%ignore rj_address_change;
%ignore rj_edge_options;
%ignore rj_edge_new;
%ignore rj_edge_members;
%ignore rj_edge_channels;
%ignore rj_kick;
%ignore rj_kick_info;
%ignore rj_edge_kick;
%ignore rj_edge_next_kick;
%ignore rj_edge_counts;
%ignore rj_edge_counters;
%ignore rj_token_privilege;
%ignore rj_token_options;
%ignore rj_token_build;
%ignore rj_token_info;
%ignore rj_token_inspect;

/* A list of str as an array of strings and its length, both borrowed for the call. */
%typemap(arginit) (const char *const *texts, uint32_t text_count) {
  memset(&holder$argnum, 0, sizeof holder$argnum); /* freearg runs also when an argument before it is wrong */
}
%typemap(in) (const char *const *texts, uint32_t text_count) (texts_holder holder) {
  if (!texts_take($input, &holder))
    SWIG_fail;
  $1 = ($1_ltype)holder.texts;
  $2 = holder.count;
}
%typemap(freearg) (const char *const *texts, uint32_t text_count) {
  texts_drop(&holder$argnum);
}
%apply (const char *const *texts, uint32_t text_count) {
  (const char *const *urls, uint32_t url_count),
  (const char *const *app_ids, uint32_t app_count)
};

/* The same beside another list of the same length; None in it is a NULL. */
%typemap(in) const char *const *beside (texts_holder holder) {
  if (!texts_take($input, &holder))
    SWIG_fail;
  $1 = ($1_ltype)holder.texts;
}
%typemap(freearg) const char *const *beside {
  texts_drop(&holder$argnum);
}
%apply const char *const *beside {
  const char *const *app_certificates,
  const char *const *app_second_certificates
};

/* bytes, borrowed for the call. */
%typemap(in) (const char *data, size_t length) {
  Py_ssize_t size;
  char *bytes;
  if (PyBytes_AsStringAndSize($input, &bytes, &size) != 0)
    SWIG_fail;
  $1 = bytes;
  $2 = (size_t)size;
}

/* A handle that the function makes: the call answers the handle, or the status where there is none. */
%typemap(in, numinputs = 0) rj_runtime **made (rj_runtime *handle) "handle = NULL; $1 = &handle;"
%typemap(in, numinputs = 0) rj_client **made (rj_client *handle) "handle = NULL; $1 = &handle;"
%typemap(in, numinputs = 0) rj_edge **made (rj_edge *handle) "handle = NULL; $1 = &handle;"
%typemap(argout) rj_runtime **made, rj_client **made, rj_edge **made {
  if (*$1 != NULL) {
    Py_DECREF($result);
    $result = SWIG_NewPointerObj(*$1, $*1_descriptor, 0);
  }
}

/* These read Python values, and let others run by themselves. */
%exception set_faults { $action if (PyErr_Occurred()) SWIG_fail; }
%exception set_bus_faults { $action if (PyErr_Occurred()) SWIG_fail; }
%exception follow_steps { $action if (PyErr_Occurred()) SWIG_fail; }

%feature("kwargs") client_new;
%feature("kwargs") edge_new;
%feature("kwargs") token_build;
%feature("autodoc", "1");

%include <rejoin/rejoin.h>
%include "native.h"
