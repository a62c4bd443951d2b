/* The edges and clients of a plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

enum { URLS_MAX = 8, APPS_MAX = 8 };

static _Noreturn void fail(const char *what, const char *text) {
  fprintf(stderr, "player: %s: %s\n", what, text);
  exit(2);
}

/* "id", "id:certificate" or "id:certificate:second", separated by commas. */
static void make_edge(player *p, const plan_node *node) {
  const char *ids[APPS_MAX], *firsts[APPS_MAX] = {NULL}, *seconds[APPS_MAX] = {NULL};
  char *apps = g_strdup(plan_text(node->values, "app", ""));
  char **list = g_strsplit(apps, ",", APPS_MAX);
  char **parts[APPS_MAX] = {NULL};
  uint32_t count = 0;
  for (; list[count] != NULL && list[count][0] != '\0'; count++) {
    parts[count] = g_strsplit(list[count], ":", 3);
    ids[count] = parts[count][0];
    firsts[count] = parts[count][1];
    seconds[count] = firsts[count] == NULL ? NULL : parts[count][2];
  }
  const plan_values *v = node->values;
  const rj_edge_options options = {
      .size = sizeof options,
      .app_count = count,
      .app_ids = count == 0 ? NULL : ids,
      .app_certificates = count == 0 ? NULL : firsts,
      .app_second_certificates = count == 0 ? NULL : seconds,
      .channel_pattern = plan_text(v, "channel_pattern", NULL),
      .time_scale = plan_real(v, "time_scale", 0),
      .offline_ns = plan_number(v, "offline_ns", 0),
      .empty_channel_ns = plan_number(v, "empty_channel_ns", 0),
      .max_sessions = (uint32_t)plan_number(v, "sessions", 0),
      .max_channel_members = (uint32_t)plan_number(v, "channel_members", 0),
      .max_channel_broadcasters = (uint32_t)plan_number(v, "channel_broadcasters", 0),
      .max_handshakes = (uint32_t)plan_number(v, "handshakes", 0),
      .cluster = plan_text(v, "cluster", NULL),
  };
  rj_edge *edge = NULL;
  if (rj_edge_new(p->edge_runtime, &options, &edge) != RJ_OK)
    fail(node->name, rj_runtime_error_text(p->edge_runtime));
  g_hash_table_insert(p->edges, (void *)node->name, edge);
  for (uint32_t i = 0; i < count; i++)
    g_strfreev(parts[i]);
  g_strfreev(list);
  g_free(apps);
}

static void make_client(player *p, const plan_node *node) {
  const plan_values *v = node->values;
  char **edges = g_strsplit(plan_text(v, "edge", ""), ",", URLS_MAX);
  const char *urls[URLS_MAX];
  GString *fingerprints = g_string_new(NULL);
  uint32_t count = 0;
  for (; edges[count] != NULL; count++) {
    const rj_edge *edge = (const rj_edge *)g_hash_table_lookup(p->edges, edges[count]);
    if (edge == NULL)
      fail(node->name, "its edge is not there");
    urls[count] = rj_edge_url(edge);
    g_string_append_printf(fingerprints, "%s%s", count > 0 ? "," : "", rj_edge_fingerprint(edge));
  }
  const rj_client_options options = {
      .size = sizeof options,
      .role = (int32_t)plan_number(v, "role", 0),
      .profile = (int32_t)plan_number(v, "profile", 0),
      .dialect = (int32_t)plan_number(v, "dialect", 0),
      .app_id = plan_text(v, "app_id", NULL),
      .urls = urls,
      .url_count = count,
      .fingerprint = fingerprints->str,
      .time_scale = plan_real(v, "time_scale", 0),
      .timers =
          {
              .beat_ns = plan_number(v, "beat_ns", 0),
              .interrupted_ns = plan_number(v, "interrupted_ns", 0),
              .lost_ns = plan_number(v, "lost_ns", 0),
              .offline_ns = plan_number(v, "offline_ns", 0),
              .give_up_ns = plan_number(v, "give_up_ns", 0),
              .token_warning_ns = plan_number(v, "token_warning_ns", 0),
              .stats_ns = plan_number(v, "stats_ns", 0),
          },
      .stats = (int32_t)plan_number(v, "stats_events", 0),
      .peer_interruptions = (int32_t)plan_number(v, "peer_interruptions", 0),
      .attempts = (int32_t)plan_number(v, "attempts", 0),
  };
  player_client *made = g_new0(player_client, 1);
  *made = (player_client){.of = p, .name = node->name};
  if (rj_client_new(p->runtime, &options, &made->client) != RJ_OK)
    fail(node->name, rj_runtime_error_text(p->runtime));
  if (rj_client_set_listener(made->client, &player_listener, made, NULL) != RJ_OK)
    fail(node->name, rj_client_error_text(made->client));
  g_hash_table_insert(p->clients, (void *)node->name, made);
  g_string_free(fingerprints, TRUE);
  g_strfreev(edges);
}

void player_make_nodes(player *p) {
  const rj_runtime_options options = {.size = sizeof options,
                                      .simulated = p->plan->simulated ? 1 : 0,
                                      .seed = p->plan->seed,
                                      .wall_ns = p->plan->wall * 1000000000};
  int32_t status = rj_runtime_new(p->plan->simulated ? &options : NULL, &p->runtime);
  if (status == RJ_OK && !p->plan->simulated)
    status = rj_runtime_new(NULL, &p->edge_runtime);
  if (status != RJ_OK)
    fail("runtime", rj_runtime_error_text(NULL));
  if (p->plan->simulated)
    p->edge_runtime = p->runtime;
  p->edges = g_hash_table_new(g_str_hash, g_str_equal);
  p->clients = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  for (guint i = 0; i < p->plan->edges->len; i++)
    make_edge(p, (const plan_node *)g_ptr_array_index(p->plan->edges, i));
  for (guint i = 0; i < p->plan->clients->len; i++)
    make_client(p, (const plan_node *)g_ptr_array_index(p->plan->clients, i));
}

void player_free_nodes(player *p) {
  GHashTableIter iter;
  void *value;
  g_hash_table_iter_init(&iter, p->clients);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    rj_client_free(((player_client *)value)->client);
  g_hash_table_iter_init(&iter, p->edges);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    rj_edge_free((rj_edge *)value);
  rj_runtime_free(p->runtime);
  if (p->edge_runtime != p->runtime)
    rj_runtime_free(p->edge_runtime);
  g_hash_table_unref(p->clients);
  g_hash_table_unref(p->edges);
}
