/* Stream messages (SPEC section 7): the calls that send; what comes is an event. */
#include "base/limits.h"
#include "errors.h"
#include "handles.h"

static int32_t no_client(void) {
  return rj_fail(RJ_NO_HANDLE, RJ_ERR_INVALID_ARGUMENT, "client is NULL");
}

static bool is_flag(int32_t value) {
  return value == 0 || value == 1;
}

static int32_t explain(const rj_client *client, int32_t status, uint32_t id, size_t length,
                       const char *state) {
  switch (status) {
  case RJ_ERR_SIZE_TOO_LARGE:
    return rj_fail(client->id, status, "the message is %zu bytes long; it has 1 to %d", length,
                   RJ_MESSAGE_MAX);
  case RJ_ERR_NOT_IN_CHANNEL:
    return rj_fail(client->id, status,
                   "a stream message in state %s; it can be sent in connected and reconnecting",
                   state);
  case RJ_ERR_INVALID_ARGUMENT:
    return rj_fail(client->id, status, "stream_id is %u; this stay created no such stream",
                   (unsigned)id);
  case RJ_ERR_NO_PERMISSION:
    return rj_fail(client->id, status, "the audience may not send; ask for the role broadcaster");
  case RJ_ERR_BITRATE_LIMIT:
    return rj_fail(client->id, status,
                   "too much at once: at most %d messages and %d bytes in any second, and %d "
                   "messages that wait while reconnecting; send it later",
                   RJ_MESSAGES_PER_SECOND, RJ_MESSAGE_BYTES_PER_SECOND, RJ_MESSAGES_WAITING);
  default:
    return rj_fail(client->id, status, "send_stream_message: %s", rj_status_name(status));
  }
}

int32_t rj_client_create_data_stream(rj_client *client, int32_t reliable, int32_t ordered,
                                     uint32_t *stream_id) {
  if (client == NULL)
    return no_client();
  if (stream_id == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "stream_id is NULL; it must be where the id goes");
  *stream_id = 0;
  if (!is_flag(reliable) || reliable != ordered)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "reliable is %d and ordered is %d; they must both be 1 or both be 0",
                   (int)reliable, (int)ordered);
  int64_t now;
  int32_t status = rj_hold(client->runtime, client->id, &now);
  if (status != RJ_OK)
    return status;
  rj_member *member = rj_host_member_get(client->member);
  status = rj_member_create_stream(member, reliable == 1, ordered == 1, stream_id);
  const char *state = rj_state_name(rj_member_state(member));
  rj_release(client->runtime);
  switch (status) {
  case RJ_OK:
    return RJ_OK;
  case RJ_ERR_NOT_IN_CHANNEL:
    return rj_fail(client->id, status,
                   "create_data_stream in state %s; join first, streams live for one stay", state);
  case RJ_ERR_TOO_MANY_DATA_STREAMS:
    return rj_fail(client->id, status, "this stay has its %d streams already", RJ_DATA_STREAMS_MAX);
  case RJ_ERR_NO_PERMISSION:
    return rj_fail(client->id, status,
                   "the audience may not create streams; ask for the role broadcaster");
  default:
    return rj_fail(client->id, status, "create_data_stream: %s", rj_status_name(status));
  }
}

int32_t rj_client_send_stream_message(rj_client *client, uint32_t stream_id, const uint8_t *data,
                                      size_t length) {
  if (client == NULL)
    return no_client();
  if (data == NULL && length > 0)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "data is NULL; it must be %zu bytes",
                   length);
  int64_t now;
  int32_t status = rj_hold(client->runtime, client->id, &now);
  if (status != RJ_OK)
    return status;
  rj_member *member = rj_host_member_get(client->member);
  status = rj_member_send_stream(member, stream_id, data, length, now);
  const char *state = rj_state_name(rj_member_state(member));
  rj_host_member_touch(client->member);
  rj_release(client->runtime);
  return status == RJ_OK ? RJ_OK : explain(client, status, stream_id, length, state);
}
