/* Listener calls by libffi. A call is (handle, arguments of the row…, user); the values of plain
 * arguments are read where they stand in the event. */
#include "dispatch/listener.h"

#include <assert.h>
#include <ffi.h>
#include <glib.h>
#include <string.h>

/* DATA is two arguments; the handle and user. */
enum { ARGUMENTS_MAX = 2 * RJ_ARGUMENTS_MAX + 2 };

typedef struct {
  const rj_event_row *row;
  ffi_cif cif;
  ffi_type *types[ARGUMENTS_MAX]; /* the cif points here */
} prepared_call;

struct rj_calls {
  size_t count;
  int32_t first_event;
  prepared_call calls[];
};

static bool prepare(prepared_call *call, const rj_event_row *row) {
  static ffi_type *const plain[] = {
      [RJ_KIND_I32] = &ffi_type_sint32,    [RJ_KIND_U32] = &ffi_type_uint32,
      [RJ_KIND_I64] = &ffi_type_sint64,    [RJ_KIND_U64] = &ffi_type_uint64,
      [RJ_KIND_TEXT] = &ffi_type_pointer,  [RJ_KIND_DATA] = &ffi_type_pointer,
      [RJ_KIND_STATS] = &ffi_type_pointer,
  };
  assert(row->argument_count <= RJ_ARGUMENTS_MAX);
  unsigned count = 0;
  call->row = row;
  call->types[count++] = &ffi_type_pointer;
  for (uint32_t i = 0; i < row->argument_count; i++) {
    call->types[count++] = plain[row->arguments[i].kind];
    if (row->arguments[i].kind == RJ_KIND_DATA)
      call->types[count++] = &ffi_type_uint32;
  }
  call->types[count++] = &ffi_type_pointer;
  return ffi_prep_cif(&call->cif, FFI_DEFAULT_ABI, count, &ffi_type_void, call->types) == FFI_OK;
}

rj_calls *rj_calls_new(const rj_event_row *rows, size_t count) {
  assert(count > 0);
  rj_calls *calls = g_malloc0(sizeof(rj_calls) + count * sizeof(prepared_call));
  calls->count = count;
  calls->first_event = rows[0].event;
  for (size_t i = 0; i < count; i++) {
    assert(rows[i].event == rows[0].event + (int32_t)i); /* found by number */
    if (!prepare(&calls->calls[i], &rows[i])) {
      rj_calls_free(calls);
      return NULL;
    }
  }
  return calls;
}

void rj_calls_free(rj_calls *calls) {
  g_free(calls);
}

typedef void (*any_function)(void);

static any_function function_of(const rj_event_row *row, const void *listener,
                                size_t listener_size) {
  any_function function = NULL;
  if (row->slot + sizeof function <= listener_size)
    memcpy(&function, (const char *)listener + row->slot, sizeof function);
  return function;
}

void rj_calls_invoke(const rj_calls *calls, int32_t event_kind, const void *event, void *handle,
                     const void *listener, size_t listener_size, void *user) {
  int64_t index = (int64_t)event_kind - calls->first_event;
  if (index < 0 || (uint64_t)index >= calls->count)
    return;
  const prepared_call *call = &calls->calls[index];
  any_function function = function_of(call->row, listener, listener_size);
  if (function == NULL)
    return;

  const char *base = (const char *)event;
  const void *pointers[RJ_ARGUMENTS_MAX]; /* what pointer arguments are */
  void *values[ARGUMENTS_MAX];
  unsigned count = 0;
  values[count++] = &handle;
  for (uint32_t i = 0; i < call->row->argument_count; i++) {
    const rj_argument *argument = &call->row->arguments[i];
    bool is_pointer = argument->kind == RJ_KIND_TEXT || argument->kind == RJ_KIND_DATA ||
                      argument->kind == RJ_KIND_STATS;
    pointers[i] = base + argument->offset;
    values[count++] = is_pointer ? (void *)&pointers[i] : (void *)(base + argument->offset);
    if (argument->kind == RJ_KIND_DATA)
      values[count++] = (void *)(base + argument->length_offset);
  }
  values[count++] = &user;
  ffi_call((ffi_cif *)&call->cif, function, NULL, values);
}
