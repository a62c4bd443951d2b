/* A client's network: what it tells the client, how it misbehaves, and how it changes; and its device's sleep. */
#include <string.h>

#include "errors.h"
#include "faults.h"
#include "handles.h"
#include "sizes.h"

int32_t rj_client_set_faults(rj_client *client, int32_t directions, const rj_faults *faults) {
  if (client == NULL)
    return rj_no_client();
  if (directions < RJ_DIRECTION_UP || directions > (RJ_DIRECTION_UP | RJ_DIRECTION_DOWN))
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "directions is %d; it must be 1 (up), 2 (down) or 3 (both)", (int)directions);
  if (faults == NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "faults is NULL");
  rj_host_faults wanted;
  int32_t status = rj_faults_take(&wanted, faults, directions, client->id);
  if (status != RJ_OK)
    return status;
  int64_t now;
  status = rj_client_begin(client, &now);
  if (status != RJ_OK)
    return status;
  rj_host_member_set_faults(client->member, directions, &wanted, now);
  rj_client_end(client);
  return RJ_OK;
}

static bool is_network(int32_t network) {
  return network >= RJ_NETWORK_UNKNOWN && network <= RJ_NETWORK_5G;
}

int32_t rj_client_network_changed(rj_client *client, int32_t network) {
  if (client == NULL)
    return rj_no_client();
  if (!is_network(network))
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "network is %d; it must be between -1 (unknown) and 6 (5g)", (int)network);
  int64_t now;
  int32_t status = rj_client_begin(client, &now);
  if (status != RJ_OK)
    return status;
  rj_host_member_network_changed(client->member, network, now);
  rj_client_end(client);
  return RJ_OK;
}

/* ---- addresses ---- */

/* NULL: none. */
static int32_t read_address(rj_address *address, const char *text, uint64_t id) {
  *address = (rj_address){0};
  if (text != NULL && !rj_address_parse(text, 0, address))
    return rj_fail(
        id, RJ_ERR_INVALID_ARGUMENT,
        "address is \"%.80s\"; it must be a numeric address, with a port or without, or NULL",
        text);
  return RJ_OK;
}

static int32_t change_path(rj_client *client, const rj_path_change *change) {
  int64_t now;
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status = rj_client_begin(client, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_member_change_path(client->member, change, now, error);
  rj_client_end(client);
  return status == RJ_OK ? RJ_OK : rj_fail(client->id, status, "%s", error);
}

int32_t rj_client_rebind(rj_client *client, int32_t what, const char *address) {
  if (client == NULL)
    return rj_no_client();
  if (what != RJ_REBIND_PORT && what != RJ_REBIND_ADDRESS)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "what is %d; it must be 0 (the port) or 1 (the address)", (int)what);
  if (what == RJ_REBIND_PORT && address != NULL)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "address is given; where only the port changes it must be NULL");
  rj_path_change change = {.kind = what == RJ_REBIND_PORT ? RJ_PATH_REBIND_PORT
                                                          : RJ_PATH_REBIND_ADDRESS};
  int32_t status = read_address(&change.local, address, client->id);
  return status == RJ_OK ? change_path(client, &change) : status;
}

int32_t rj_client_change_address(rj_client *client, const rj_address_change *change) {
  if (client == NULL)
    return rj_no_client();
  rj_address_change given = {.network = RJ_NETWORK_UNKNOWN};
  int32_t status = RJ_OK;
  if (change != NULL)
    status = rj_size_take(&given, sizeof given, change, "rj_address_change", client->id);
  if (status != RJ_OK)
    return status;
  if (!is_network(given.network) || given.network == RJ_NETWORK_DISCONNECTED)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "network is %d; the new one must be -1 (unknown) or between 1 (lan) and 6 (5g)",
                   (int)given.network);
  if (given.overlap_ns < 0 || given.overlap_ns > RJ_PATH_OVERLAP_MAX)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT,
                   "overlap_ns is %lld; it must be between 0 and %lld (1 h)",
                   (long long)given.overlap_ns, (long long)RJ_PATH_OVERLAP_MAX);
  if (given.dead != 0 && given.dead != 1)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "dead is %d; it must be 0 or 1",
                   (int)given.dead);
  rj_path_change wanted = {.kind = RJ_PATH_MOVE,
                           .network = given.network,
                           .overlap = given.overlap_ns,
                           .dead = given.dead == 1};
  status = read_address(&wanted.local, given.address, client->id);
  return status == RJ_OK ? change_path(client, &wanted) : status;
}

/* ---- sleep ---- */

int32_t rj_client_suspend(rj_client *client, int64_t span_ns) {
  if (client == NULL)
    return rj_no_client();
  if (span_ns <= 0)
    return rj_fail(client->id, RJ_ERR_INVALID_ARGUMENT, "span_ns is %lld; it must be more than 0",
                   (long long)span_ns);
  int64_t now;
  char error[RJ_HOST_ERROR_SIZE] = "";
  int32_t status = rj_client_begin(client, &now);
  if (status != RJ_OK)
    return status;
  status = rj_host_member_suspend(client->member, span_ns, now, error);
  rj_client_end(client);
  return status == RJ_OK ? RJ_OK : rj_fail(client->id, status, "%s", error);
}
