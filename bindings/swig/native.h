/* What the private module has beside the C functions: making handles from plain values, and events as Python objects.
 *
 * SWIG reads this header too. A function that answers a PyObject answers a new reference, or NULL with the exception set. */
#ifndef RJ_SWIG_NATIVE_H
#define RJ_SWIG_NATIVE_H

#include <Python.h>
#include <stdint.h>

#include <rejoin/rejoin.h>

#ifndef SWIG
#include <stdbool.h>

/* The strings of a Python sequence, for as long as the holder lives. */
typedef struct {
  PyObject *bytes; /* a tuple of bytes objects, which own what texts points to */
  const char **texts;
  uint32_t count;
} texts_holder;

/* From a sequence of str and None (NULL); false: the exception is set and nothing is held. */
bool texts_take(PyObject *sequence, texts_holder *holder);
void texts_drop(texts_holder *holder);
#endif

/* ---- handles (handles.c) */

/* As rj_runtime_new; simulated: 0 or 1. */
int32_t runtime_new(int32_t simulated, uint64_t seed, int64_t wall_ns, rj_runtime **made);

/* As rj_client_new: every option in the order of rj_client_options. Text may be None. */
int32_t client_new(rj_runtime *runtime, int32_t role, int32_t profile, int32_t dialect,
                   const char *app_id, const char *const *urls, uint32_t url_count,
                   int32_t own_socket, const char *fingerprint, const char *ca_file,
                   double time_scale, int64_t beat_ns, int64_t interrupted_ns, int64_t lost_ns,
                   int64_t offline_ns, int64_t give_up_ns, int64_t token_warning_ns,
                   int64_t stats_ns, int32_t stats, int32_t peer_interruptions, int32_t attempts,
                   rj_client **made);

/* As rj_edge_new: every option in the order of rj_edge_options. Text may be None. */
int32_t edge_new(rj_runtime *runtime, const char *const *app_ids, uint32_t app_count,
                 const char *const *app_certificates, const char *const *app_second_certificates,
                 const char *listen, const char *data_dir, const char *channel_pattern,
                 double time_scale, int64_t offline_ns, int64_t empty_channel_ns,
                 uint32_t max_sessions, uint32_t max_channel_members,
                 uint32_t max_channel_broadcasters, uint32_t max_handshakes,
                 uint32_t max_joins_per_second, uint32_t max_bad_tokens_per_minute,
                 uint32_t max_accepts_per_second, uint32_t limit_loopback, const char *cluster,
                 rj_edge **made);

/* As rj_client_change_address. Text may be None. */
int32_t change_address(rj_client *client, int32_t network, int64_t overlap_ns, int32_t dead,
                       const char *address);

/* ---- faults of links and buses (faults.c): those of a direction are a tuple in the order of rj_faults */

/* As rj_client_set_faults. */
int32_t set_faults(rj_client *client, int32_t directions, PyObject *faults);

/* As rj_client_follow_steps: each step a tuple (at_ns, moves, network, overlap_ns, up, down). */
int32_t follow_steps(rj_client *client, PyObject *steps, int64_t repeat_ns);

/* As rj_edge_set_bus_faults. */
int32_t set_bus_faults(rj_edge *edge, int32_t gone, uint32_t side, PyObject *up, PyObject *down);

/* As rj_client_create_data_stream: the id, or a negative status. */
int32_t create_data_stream(rj_client *client, int32_t reliable, int32_t ordered);

/* As rj_client_send_stream_message; data is bytes. */
int32_t send_stream_message(rj_client *client, uint32_t stream_id, const char *data, size_t length);

/* The uids of a channel's members, ascending, as a list of int; a negative status as an int. */
PyObject *edge_members(rj_edge *edge, const char *app_id, const char *channel);

/* The names of an app's channels as a list of str; a negative status as an int. */
PyObject *edge_channels(rj_edge *edge, const char *app_id);

/* ---- kicks and counters of an edge (kicks.c) */

/* As rj_edge_kick: (the kick's id, how many members were removed); a negative status as an int. */
PyObject *edge_kick(rj_edge *edge, const char *app_id, const char *channel, uint32_t uid,
                    const char *ip, int64_t duration_ns);

/* All kicks by rj_edge_next_kick, as a list of (id, app_id, channel or None, uid or None, ip or None,
 * until_ns); a negative status as an int. */
PyObject *edge_kicks(rj_edge *edge);

/* As rj_edge_counters: a dict of int; a negative status as an int. */
PyObject *edge_counters(rj_edge *edge);

/* ---- tokens (tokens.c) */

/* As rj_token_build: the token as str; a negative status as an int. privileges is a list of (privilege,
 * seconds). */
PyObject *token_build(int32_t version, const char *app_id, const char *certificate,
                      const char *channel, uint32_t uid, uint32_t issued_at, uint32_t expire,
                      uint32_t salt, PyObject *privileges);

/* As rj_token_inspect: a dict of what rj_token_info has, its lists as lists; a negative status as an
 * int. */
PyObject *token_inspect(const char *token, const char *certificate, const char *channel,
                        const char *uid, int64_t now);

/* ---- events (events.c) */

/* Tell once which Python types events are made of: `event` and `stats` are named tuples with the fields that events.c
 * lists; `enums` is a tuple of the enum types State, Reason, OfflineReason, Network, Role and AttemptOutcome. */
PyObject *bind_types(PyObject *event, PyObject *stats, PyObject *enums);

/* All events that wait at this client, oldest first, as a list of Event. */
PyObject *drain(rj_client *client);

/* As rj_client_stats: a Stats; a negative status as an int. */
PyObject *client_stats(rj_client *client);

/* As rj_runtime_next_ready: the address of the next client that has events; 0: none. Not a uintptr_t, of which SWIG keeps
 * 32 bits. */
uint64_t next_ready(rj_runtime *runtime);

#endif
