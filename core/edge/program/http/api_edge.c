/* The edge as a whole: what it is and has, whether it is well, and draining it. */
#include <inttypes.h>

#include "base/time.h"
#include "edge/program/http/call.h"
#include "edge/program/http/webhooks.h"

static const double drain_max_seconds = 86400;
static const int64_t drain_default = 60 * RJ_SECOND;

static bool look(rj_http_call *call, rj_server_view *view) {
  rj_server *server;
  int64_t now;
  if (!rj_http_hold(call->http, &server, &now))
    return false;
  rj_inspect_server(server, view, now);
  rj_http_let_go(call->http, false);
  return true;
}

static int64_t now_ms(void) {
  return g_get_real_time() / 1000;
}

static void add_drain(rj_json *json, const rj_server_view *view) {
  if (!view->draining) {
    rj_json_null(json, "drain");
    return;
  }
  rj_json_begin(json, "drain", '{');
  rj_json_whole(json, "ends_at", now_ms() + view->drain_left / RJ_MILLISECOND);
  rj_json_count(json, "members", view->drain_members);
  rj_json_count(json, "told", view->drain_told);
  rj_json_end(json, '}');
}

static void add_cluster(rj_json *json, const rj_server_view *view) {
  if (!view->in_cluster) {
    rj_json_null(json, "cluster");
    return;
  }
  rj_json_begin(json, "cluster", '{');
  rj_json_bool(json, "connected", view->bus_connected);
  rj_json_count(json, "edges", view->edges);
  rj_json_count(json, "alive", view->alive);
  rj_json_end(json, '}');
}

static void add_counters(rj_json *json, rj_edge *edge) {
  rj_edge_counts c = {.size = sizeof c};
  (void)rj_edge_counters(edge, &c);
  rj_json_begin(json, "counters", '{');
#define RJ_COUNTER(name, source) rj_json_count(json, #name, c.name);
#include "abi/counters.def"
#undef RJ_COUNTER
  rj_json_end(json, '}');
}

static void add_http(rj_json *json, const rj_http *http) {
  rj_json_begin(json, "events", '{');
  rj_json_count(json, "listeners", rj_http_streams_count(http->streams));
  rj_json_count(json, "seq", rj_http_event_log_next(http->log) - 1);
  rj_json_count(json, "lost", http->meters.observations_lost);
  rj_json_end(json, '}');
  if (http->webhooks == NULL) {
    rj_json_null(json, "webhooks");
    return;
  }
  rj_webhook_counts counts = rj_webhooks_counts(http->webhooks);
  rj_json_begin(json, "webhooks", '{');
  rj_json_count(json, "queued", counts.queued);
  rj_json_count(json, "delivered", counts.delivered);
  rj_json_count(json, "failed", counts.failed);
  rj_json_count(json, "dropped", counts.dropped);
  rj_json_end(json, '}');
}

void rj_http_get_edge(rj_http_call *call) {
  rj_server_view view;
  if (!look(call, &view)) {
    rj_http_problem_down(call);
    return;
  }
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_id(&json, "id", view.edge_id);
  rj_json_text(&json, "version", rj_version());
  rj_json_text(&json, "url", rj_edge_url(call->http->edge));
  rj_json_text(&json, "fingerprint", rj_edge_fingerprint(call->http->edge));
  rj_json_whole(&json, "now", now_ms());
  rj_json_whole(&json, "started_at", now_ms() - view.age / RJ_MILLISECOND);
  rj_json_ms(&json, "uptime_ms", view.age);
  rj_json_bool(&json, "draining", view.draining);
  add_drain(&json, &view);
  rj_json_begin(&json, "members", '{');
  rj_json_count(&json, "heard", view.counters.sessions - view.silent);
  rj_json_count(&json, "silent", view.silent);
  rj_json_end(&json, '}');
  rj_json_count(&json, "channels", view.counters.channels);
  rj_json_count(&json, "connections_waiting", view.counters.waiting);
  add_counters(&json, call->http->edge);
  add_http(&json, call->http);
  add_cluster(&json, &view);
  rj_json_end(&json, '}');
  rj_http_answer_json(call, SOUP_STATUS_OK, json.out);
}

/* This thread answers, and the loop lets go of the host. */
void rj_http_get_health(rj_http_call *call) {
  rj_server_view view;
  bool is_up = look(call, &view);
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_text(&json, "status", is_up ? "ok" : "down");
  rj_json_end(&json, '}');
  rj_http_answer_json(call, is_up ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, json.out);
}

/* Ready for new members: up, and not draining. */
void rj_http_get_readiness(rj_http_call *call) {
  rj_server_view view = {0};
  bool is_up = look(call, &view), is_ready = is_up && !view.draining;
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_bool(&json, "ready", is_ready);
  rj_json_bool(&json, "draining", view.draining);
  if (view.in_cluster)
    rj_json_bool(&json, "bus", view.bus_connected);
  else
    rj_json_null(&json, "bus");
  rj_json_end(&json, '}');
  rj_http_answer_json(call, is_ready ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, json.out);
}

void rj_http_post_drain(rj_http_call *call) {
  int64_t span = drain_default;
  if (!rj_http_body_seconds(call, "seconds", false, drain_max_seconds, &span))
    return;
  int32_t members = rj_edge_drain(call->http->edge, span);
  if (members < 0) {
    rj_http_problem(call, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "%s",
                    rj_edge_error_text(call->http->edge));
    return;
  }
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_json_bool(&json, "draining", true);
  rj_json_whole(&json, "members", members);
  rj_json_whole(&json, "ends_at", now_ms() + span / RJ_MILLISECOND);
  rj_json_end(&json, '}');
  rj_http_answer_json(call, SOUP_STATUS_ACCEPTED, json.out);
}
