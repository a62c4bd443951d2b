/* Handles made from plain values, and what an edge knows as Python lists. */
#include <stdlib.h>
#include <string.h>

#include "native.h"

/* ---- lists of text */

bool texts_take(PyObject *sequence, texts_holder *holder) {
  memset(holder, 0, sizeof *holder);
  PyObject *given = PySequence_Tuple(sequence);
  if (given == NULL)
    return false;
  Py_ssize_t count = PyTuple_Size(given);
  holder->bytes = PyTuple_New(count);
  holder->texts = calloc((size_t)count + 1, sizeof *holder->texts);
  if (holder->bytes == NULL || holder->texts == NULL) {
    PyErr_NoMemory();
    goto fail;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    if (PyTuple_GetItem(given, i) == Py_None)
      continue;
    PyObject *text = PyUnicode_AsUTF8String(PyTuple_GetItem(given, i));
    if (text == NULL || PyTuple_SetItem(holder->bytes, i, text) != 0)
      goto fail;
    holder->texts[i] = PyBytes_AsString(text);
  }
  holder->count = (uint32_t)count;
  Py_DECREF(given);
  return true;
fail:
  Py_DECREF(given);
  texts_drop(holder);
  return false;
}

void texts_drop(texts_holder *holder) {
  Py_CLEAR(holder->bytes);
  free(holder->texts);
  holder->texts = NULL;
}

/* ---- handles: others may run while one is made, since certificates and sockets take their time */

int32_t runtime_new(int32_t simulated, uint64_t seed, int64_t wall_ns, rj_runtime **made) {
  rj_runtime_options options = {
      .size = sizeof options, .simulated = simulated, .seed = seed, .wall_ns = wall_ns};
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_runtime_new(&options, made);
  Py_END_ALLOW_THREADS return status;
}

int32_t client_new(rj_runtime *runtime, int32_t role, int32_t profile, int32_t dialect,
                   const char *app_id, const char *const *urls, uint32_t url_count,
                   int32_t own_socket, const char *fingerprint, const char *ca_file,
                   double time_scale, int64_t beat_ns, int64_t interrupted_ns, int64_t lost_ns,
                   int64_t offline_ns, int64_t give_up_ns, int64_t token_warning_ns,
                   int64_t stats_ns, int32_t stats, int32_t peer_interruptions, int32_t attempts,
                   rj_client **made) {
  rj_client_options options = {
      .size = sizeof options,
      .role = role,
      .profile = profile,
      .dialect = dialect,
      .app_id = app_id,
      .urls = urls,
      .url_count = url_count,
      .own_socket = own_socket != 0,
      .fingerprint = fingerprint,
      .ca_file = ca_file,
      .time_scale = time_scale,
      .timers = {.beat_ns = beat_ns,
                 .interrupted_ns = interrupted_ns,
                 .lost_ns = lost_ns,
                 .offline_ns = offline_ns,
                 .give_up_ns = give_up_ns,
                 .token_warning_ns = token_warning_ns,
                 .stats_ns = stats_ns},
      .stats = stats,
      .peer_interruptions = peer_interruptions,
      .attempts = attempts,
  };
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_client_new(runtime, &options, made);
  Py_END_ALLOW_THREADS return status;
}

int32_t edge_new(rj_runtime *runtime, const char *const *app_ids, uint32_t app_count,
                 const char *const *app_certificates, const char *const *app_second_certificates,
                 const char *listen, const char *data_dir, const char *channel_pattern,
                 double time_scale, int64_t offline_ns, int64_t empty_channel_ns,
                 uint32_t max_sessions, uint32_t max_channel_members,
                 uint32_t max_channel_broadcasters, uint32_t max_handshakes,
                 uint32_t max_joins_per_second, uint32_t max_bad_tokens_per_minute,
                 uint32_t max_accepts_per_second, uint32_t limit_loopback, const char *cluster,
                 rj_edge **made) {
  rj_edge_options options = {
      .size = sizeof options,
      .app_count = app_count,
      .listen = listen,
      .data_dir = data_dir,
      .app_ids = app_ids,
      .app_certificates = app_certificates,
      .app_second_certificates = app_second_certificates,
      .channel_pattern = channel_pattern,
      .time_scale = time_scale,
      .offline_ns = offline_ns,
      .empty_channel_ns = empty_channel_ns,
      .max_sessions = max_sessions,
      .max_channel_members = max_channel_members,
      .max_channel_broadcasters = max_channel_broadcasters,
      .max_handshakes = max_handshakes,
      .max_joins_per_second = max_joins_per_second,
      .max_bad_tokens_per_minute = max_bad_tokens_per_minute,
      .max_accepts_per_second = max_accepts_per_second,
      .limit_loopback = limit_loopback,
      .cluster = cluster,
  };
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_edge_new(runtime, &options, made);
  Py_END_ALLOW_THREADS return status;
}

int32_t change_address(rj_client *client, int32_t network, int64_t overlap_ns, int32_t dead,
                       const char *address) {
  rj_address_change change = {.size = sizeof change,
                              .network = network,
                              .overlap_ns = overlap_ns,
                              .address = address,
                              .dead = dead};
  return rj_client_change_address(client, &change);
}

/* ---- stream messages */

int32_t create_data_stream(rj_client *client, int32_t reliable, int32_t ordered) {
  uint32_t id = 0;
  int32_t status;
  Py_BEGIN_ALLOW_THREADS status = rj_client_create_data_stream(client, reliable, ordered, &id);
  Py_END_ALLOW_THREADS return status < 0 ? status : (int32_t)id;
}

int32_t send_stream_message(rj_client *client, uint32_t stream_id, const char *data,
                            size_t length) {
  return rj_client_send_stream_message(client, stream_id, (const uint8_t *)data, length);
}

/* ---- what an edge knows: asked with a guess of the room needed, and again while that was too little */

PyObject *edge_members(rj_edge *edge, const char *app_id, const char *channel) {
  uint32_t *uids = NULL;
  size_t capacity = 64, count = 0;
  int32_t status;
  for (;;) {
    uint32_t *room = realloc(uids, capacity * sizeof *uids);
    if (room == NULL) {
      free(uids);
      return PyErr_NoMemory();
    }
    uids = room;
    Py_BEGIN_ALLOW_THREADS status = rj_edge_members(edge, app_id, channel, uids, capacity, &count);
    Py_END_ALLOW_THREADS if (status != RJ_ERR_BUFFER_TOO_SMALL) break;
    capacity = count + 64;
  }
  PyObject *answer = status < 0 ? PyLong_FromLong(status) : PyList_New(0);
  for (size_t i = 0; status >= 0 && answer != NULL && i < count; i++) {
    PyObject *uid = PyLong_FromUnsignedLong(uids[i]);
    if (uid == NULL || PyList_Append(answer, uid) != 0)
      Py_CLEAR(answer);
    Py_XDECREF(uid);
  }
  free(uids);
  return answer;
}

PyObject *edge_channels(rj_edge *edge, const char *app_id) {
  char *names = NULL;
  size_t capacity = 1024, length = 0;
  int32_t status;
  for (;;) {
    char *room = realloc(names, capacity);
    if (room == NULL) {
      free(names);
      return PyErr_NoMemory();
    }
    names = room;
    Py_BEGIN_ALLOW_THREADS status = rj_edge_channels(edge, app_id, names, capacity, &length);
    Py_END_ALLOW_THREADS if (status != RJ_ERR_BUFFER_TOO_SMALL) break;
    capacity = length + 1024;
  }
  PyObject *answer = status < 0 ? PyLong_FromLong(status) : PyList_New(0);
  for (size_t at = 0; status >= 0 && answer != NULL && at < length; at += strlen(names + at) + 1) {
    PyObject *name = PyUnicode_FromString(names + at);
    if (name == NULL || PyList_Append(answer, name) != 0)
      Py_CLEAR(answer);
    Py_XDECREF(name);
  }
  free(names);
  return answer;
}
