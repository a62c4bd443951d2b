/* What actors do. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

typedef int32_t client_action(player_client *own, const plan_values *values);
typedef int32_t edge_action(rj_edge *edge, const plan_values *values);

static int32_t do_join(player_client *own, const plan_values *v) {
  const plan *p = own->of->plan;
  int64_t uid = 0;
  for (guint i = 0; i < p->clients->len; i++) {
    const plan_node *node = (const plan_node *)g_ptr_array_index(p->clients, i);
    if (strcmp(node->name, own->name) == 0)
      uid = plan_number(node->values, "uid", 0);
  }
  return rj_client_join_channel(own->client, plan_text(v, "token", NULL),
                                plan_text(v, "channel", ""), (uint32_t)plan_number(v, "uid", uid));
}

static int32_t do_leave(player_client *own, const plan_values *v) {
  (void)v;
  return rj_client_leave_channel(own->client);
}

static int32_t do_renew(player_client *own, const plan_values *v) {
  return rj_client_renew_token(own->client, plan_text(v, "token", ""));
}

static int32_t do_role(player_client *own, const plan_values *v) {
  return rj_client_set_client_role(own->client, (int32_t)plan_number(v, "role", 0));
}

static int32_t do_network(player_client *own, const plan_values *v) {
  return rj_client_network_changed(own->client, (int32_t)plan_number(v, "network", -1));
}

/* Whose names begin with this prefix. */
static rj_faults read_faults(const plan_values *v, const char *prefix) {
  char name[32];
#define NAMED(field) (snprintf(name, sizeof name, "%s" field, prefix), name)
  const rj_faults faults = {
      .size = sizeof faults,
      .blackhole = (int32_t)plan_number(v, NAMED("blackhole"), 0),
      .loss = plan_real(v, NAMED("loss"), 0),
      .delay_ns = plan_number(v, NAMED("delay_ns"), 0),
      .jitter_ns = plan_number(v, NAMED("jitter_ns"), 0),
      .burst = plan_real(v, NAMED("burst"), 0),
      .duplicate = plan_real(v, NAMED("duplicate"), 0),
      .reorder = plan_real(v, NAMED("reorder"), 0),
      .corrupt = plan_real(v, NAMED("corrupt"), 0),
      .rate = (uint64_t)plan_number(v, NAMED("rate"), 0),
      .queue = (uint32_t)plan_number(v, NAMED("queue"), 0),
      .mtu = (uint32_t)plan_number(v, NAMED("mtu"), 0),
      .nat_idle_ns = plan_number(v, NAMED("nat_idle_ns"), 0),
  };
#undef NAMED
  return faults;
}

static int32_t do_faults(player_client *own, const plan_values *v) {
  const rj_faults faults = read_faults(v, "");
  return rj_client_set_faults(own->client, (int32_t)plan_number(v, "direction", 0), &faults);
}

static int32_t do_follow(player_client *own, const plan_values *v) {
  return rj_client_follow_network(own->client, plan_text(v, "name", NULL));
}

static int32_t do_rebind(player_client *own, const plan_values *v) {
  bool address = plan_number(v, "address", 0) != 0;
  return rj_client_rebind(own->client, address ? RJ_REBIND_ADDRESS : RJ_REBIND_PORT, NULL);
}

static int32_t do_move(player_client *own, const plan_values *v) {
  const rj_address_change change = {.size = sizeof change,
                                    .network = (int32_t)plan_number(v, "network", -1),
                                    .overlap_ns = plan_number(v, "overlap_ns", 0),
                                    .dead = (int32_t)plan_number(v, "dead", 0)};
  return rj_client_change_address(own->client, &change);
}

static int32_t do_suspend(player_client *own, const plan_values *v) {
  return rj_client_suspend(own->client, plan_number(v, "seconds_ns", 0));
}

static int32_t do_stream(player_client *own, const plan_values *v) {
  int32_t on = (int32_t)plan_number(v, "reliable", 0);
  uint32_t id; /* they count from 1 */
  return rj_client_create_data_stream(own->client, on, on, &id);
}

static int32_t do_send(player_client *own, const plan_values *v) {
  const char *hex = plan_text(v, "data", "");
  size_t length = strlen(hex) / 2;
  uint8_t *data = (uint8_t *)g_malloc(length + 1);
  for (size_t i = 0; i < length; i++)
    data[i] =
        (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
  int32_t status = rj_client_send_stream_message(own->client, (uint32_t)plan_number(v, "stream", 0),
                                                 data, length);
  g_free(data);
  return status;
}

static int32_t do_free(player_client *own, const plan_values *v) {
  (void)v;
  rj_client_free(own->client);
  own->client = NULL;
  return RJ_OK;
}

static int32_t do_state(player_client *own, const plan_values *v) {
  (void)v;
  return rj_client_connection_state(own->client);
}

static const struct {
  const char *verb;
  client_action *act;
} client_verbs[] = {
    {"join", do_join},       {"leave", do_leave},     {"renew", do_renew},   {"role", do_role},
    {"network", do_network}, {"faults", do_faults},   {"follow", do_follow}, {"rebind", do_rebind},
    {"move", do_move},       {"suspend", do_suspend}, {"stream", do_stream}, {"send", do_send},
    {"free", do_free},       {"state", do_state},
};

static int32_t edge_crash(rj_edge *edge, const plan_values *v) {
  (void)v;
  return rj_edge_crash(edge);
}

static int32_t edge_restart(rj_edge *edge, const plan_values *v) {
  (void)v;
  return rj_edge_restart(edge);
}

static int32_t edge_pause(rj_edge *edge, const plan_values *v) {
  return rj_edge_pause(edge, plan_number(v, "seconds_ns", 0));
}

static int32_t edge_drain(rj_edge *edge, const plan_values *v) {
  int32_t told = rj_edge_drain(edge, plan_number(v, "seconds_ns", 0));
  return told < 0 ? told : RJ_OK;
}

static int32_t edge_kick(rj_edge *edge, const plan_values *v) {
  const rj_kick kick = {.size = sizeof kick,
                        .uid = (uint32_t)plan_number(v, "uid", 0),
                        .app_id = plan_text(v, "app_id", NULL),
                        .channel = plan_text(v, "channel", NULL),
                        .duration_ns = plan_number(v, "seconds_ns", RJ_KICK_DEFAULT)};
  int32_t removed = rj_edge_kick(edge, &kick, NULL);
  return removed < 0 ? removed : RJ_OK;
}

static int32_t edge_bus(rj_edge *edge, const plan_values *v) {
  const rj_faults up = read_faults(v, "up_"), down = read_faults(v, "down_");
  const rj_bus_faults faults = {.size = sizeof faults,
                                .gone = (int32_t)plan_number(v, "gone", 0),
                                .up = &up,
                                .down = &down,
                                .side = (uint32_t)plan_number(v, "side", 0)};
  return rj_edge_set_bus_faults(edge, &faults);
}

static const struct {
  const char *verb;
  edge_action *act;
} edge_verbs[] = {
    {"crash", edge_crash}, {"restart", edge_restart}, {"pause", edge_pause},
    {"drain", edge_drain}, {"kick", edge_kick},       {"bus", edge_bus},
};

static _Noreturn void unknown(const plan_step *step) {
  fprintf(stderr, "player: %s does not know how to %s\n", step->actor, step->verb);
  exit(2);
}

static int32_t act_client(player_client *own, const plan_step *step) {
  for (size_t i = 0; i < G_N_ELEMENTS(client_verbs); i++)
    if (strcmp(client_verbs[i].verb, step->verb) == 0)
      return own->client == NULL && strcmp(step->verb, "state") != 0
                 ? RJ_ERR_NOT_INITIALIZED
                 : client_verbs[i].act(own, step->values);
  unknown(step);
}

static void print_members(rj_edge *edge, const plan_step *step) {
  uint32_t uids[1024];
  size_t count = 0;
  int32_t status =
      rj_edge_members(edge, plan_text(step->values, "app_id", NULL),
                      plan_text(step->values, "channel", ""), uids, G_N_ELEMENTS(uids), &count);
  printf("result\t%" PRId64, step->index);
  if (status != RJ_OK)
    printf("\t%d", (int)status);
  for (size_t i = 0; status == RJ_OK && i < count; i++)
    printf("\t%" PRIu32, uids[i]);
  putchar('\n');
}

static int32_t act_edge(rj_edge *edge, const plan_step *step) {
  for (size_t i = 0; i < G_N_ELEMENTS(edge_verbs); i++)
    if (strcmp(edge_verbs[i].verb, step->verb) == 0)
      return edge_verbs[i].act(edge, step->values);
  unknown(step);
}

void player_do(player *p, const plan_step *step) {
  player_watch(p);
  player_client *own = (player_client *)g_hash_table_lookup(p->clients, step->actor);
  rj_edge *edge = (rj_edge *)g_hash_table_lookup(p->edges, step->actor);
  int32_t status;
  if (own != NULL) {
    status = act_client(own, step);
  } else if (edge != NULL && strcmp(step->verb, "members") == 0) {
    print_members(edge, step);
    return;
  } else if (edge != NULL) {
    status = act_edge(edge, step);
  } else {
    status = rj_runtime_step_wall(p->runtime, plan_number(step->values, "seconds_ns", 0));
  }
  printf("result\t%" PRId64 "\t%d\n", step->index, (int)status);
}

void player_watch(player *p) {
  for (guint i = 0; i < p->plan->watches->len; i++) {
    plan_watch *watch = (plan_watch *)g_ptr_array_index(p->plan->watches, i);
    rj_edge *edge = (rj_edge *)g_hash_table_lookup(p->edges, watch->edge);
    int64_t heard = rj_edge_last_heard(edge, NULL, watch->channel, watch->uid);
    if (heard <= 0 || heard == watch->last)
      continue;
    watch->last = heard;
    printf("heard\t%" PRId64 "\t%s\t%s\t%" PRIu32 "\t%" PRId64 "\n", rj_runtime_now(p->runtime),
           watch->edge, watch->channel, watch->uid, heard);
  }
}
