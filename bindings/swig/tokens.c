/* Tokens: made from plain values, and what they say as a dict. */
#include "native.h"

/* ---- build */

static bool take_privilege(PyObject *pair, rj_token_privilege *privilege) {
  PyObject *given = PySequence_Tuple(pair);
  if (given == NULL)
    return false;
  unsigned long numbers[2] = {0, 0};
  if (PyTuple_Size(given) == 2) {
    for (Py_ssize_t i = 0; i < 2 && !PyErr_Occurred(); i++)
      numbers[i] = PyLong_AsUnsignedLong(PyTuple_GetItem(given, i));
  } else {
    PyErr_SetString(PyExc_ValueError, "a privilege is a pair");
  }
  Py_DECREF(given);
  *privilege =
      (rj_token_privilege){.privilege = (uint32_t)numbers[0], .seconds = (uint32_t)numbers[1]};
  return !PyErr_Occurred();
}

PyObject *token_build(int32_t version, const char *app_id, const char *certificate,
                      const char *channel, uint32_t uid, uint32_t issued_at, uint32_t expire,
                      uint32_t salt, PyObject *privileges) {
  rj_token_privilege taken[RJ_TOKEN_LIST];
  PyObject *given = PySequence_Tuple(privileges);
  if (given == NULL)
    return NULL;
  Py_ssize_t count = PyTuple_Size(given);
  for (Py_ssize_t i = 0; i < count && i < RJ_TOKEN_LIST; i++) {
    if (!take_privilege(PyTuple_GetItem(given, i), &taken[i])) {
      Py_DECREF(given);
      return NULL;
    }
  }
  Py_DECREF(given);
  const rj_token_options options = {
      .size = sizeof options,
      .version = version,
      .app_id = app_id,
      .certificate = certificate,
      .channel = channel,
      .uid = uid,
      .issued_at = issued_at,
      .expire = expire,
      .salt = salt,
      .privileges = taken,
      .privilege_count = (uint32_t)count, /* too many: the library says so */
  };
  char text[RJ_EVENT_TEXT_SIZE];
  size_t length;
  int32_t status = rj_token_build(&options, text, sizeof text, &length);
  return status < 0 ? PyLong_FromLong(status)
                    : PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
}

/* ---- inspect */

/* Takes the value. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
  bool well = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
  Py_XDECREF(value);
  return well;
}

static bool put_number(PyObject *dict, const char *key, int64_t value) {
  return put(dict, key, PyLong_FromLongLong(value));
}

static bool put_services(PyObject *dict, const rj_token_info *info) {
  PyObject *list = PyList_New(0);
  for (uint32_t i = 0; list != NULL && i < info->services_known; i++) {
    PyObject *type = PyLong_FromUnsignedLong(info->services[i]);
    if (type == NULL || PyList_Append(list, type) != 0)
      Py_CLEAR(list);
    Py_XDECREF(type);
  }
  return put(dict, "services", list);
}

static bool put_privileges(PyObject *dict, const rj_token_info *info) {
  PyObject *list = PyList_New(0);
  for (uint32_t i = 0; list != NULL && i < info->privileges_known; i++) {
    PyObject *pair = Py_BuildValue("(IL)", (unsigned int)info->privileges[i],
                                   (long long)info->privileges_expire_at[i]);
    if (pair == NULL || PyList_Append(list, pair) != 0)
      Py_CLEAR(list);
    Py_XDECREF(pair);
  }
  return put(dict, "privileges", list);
}

PyObject *token_inspect(const char *token, const char *certificate, const char *channel,
                        const char *uid, int64_t now) {
  rj_token_info info = {.size = sizeof info};
  int32_t status = rj_token_inspect(token, certificate, channel, uid, now, &info);
  if (status < 0)
    return PyLong_FromLong(status);
  PyObject *dict = PyDict_New();
  if (dict != NULL &&
      (!put_number(dict, "version", info.version) || !put_number(dict, "valid", info.valid) ||
       !put_number(dict, "signature_valid", info.signature_valid) ||
       !put_number(dict, "issued_at", info.issued_at) ||
       !put_number(dict, "expires_at", info.expires_at) || !put_number(dict, "salt", info.salt) ||
       !put_number(dict, "service_count", info.service_count) ||
       !put_number(dict, "privilege_count", info.privilege_count) ||
       !put_number(dict, "any_uid", info.any_uid) || !put_services(dict, &info) ||
       !put_privileges(dict, &info) || !put(dict, "app_id", PyUnicode_FromString(info.app_id)) ||
       !put(dict, "channel", PyUnicode_FromString(info.channel)) ||
       !put(dict, "uid", PyUnicode_FromString(info.uid)) ||
       !put(dict, "reason", PyUnicode_FromString(info.reason))))
    Py_CLEAR(dict);
  return dict;
}
