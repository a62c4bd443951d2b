/* What is measured, and the page that Prometheus reads. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "abi/handles.h"
#include "base/time.h"
#include "edge/program/http/call.h"
#include "edge/program/http/event_text.h"
#include "edge/program/http/webhooks.h"

static const double join_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.05,
                                     0.1,   0.25,   0.5,   1,    2.5,  5};
static const double outage_bounds[] = {4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 30, 60};
static const double stay_bounds[] = {1, 10, 60, 300, 900, 3600, 4 * 3600.0, 24 * 3600.0};
static const double hold_bounds[] = {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                                     0.001,   0.0025,   0.005,   0.01,   0.1};

#define HISTOGRAM(the_bounds)                                                                      \
  ((rj_histogram){.bounds = (the_bounds), .count = G_N_ELEMENTS(the_bounds)})

void rj_http_meters_init(rj_http_meters *meters) {
  meters->join = HISTOGRAM(join_bounds);
  meters->outage = HISTOGRAM(outage_bounds);
  meters->stay = HISTOGRAM(stay_bounds);
  meters->hold = HISTOGRAM(hold_bounds);
}

static void observe(rj_histogram *histogram, int64_t span) {
  if (span >= 0)
    rj_histogram_observe(histogram, (double)span / (double)RJ_SECOND);
}

void rj_http_meters_note(rj_http_meters *meters, const rj_http_observation *what) {
  meters->events[what->kind]++;
  switch (what->kind) {
  case RJ_OBSERVED_JOINED:
    observe(&meters->join, what->span);
    break;
  case RJ_OBSERVED_HEARD:
    observe(&meters->outage, what->span);
    break;
  case RJ_OBSERVED_LEFT:
  case RJ_OBSERVED_DROPPED:
  case RJ_OBSERVED_REMOVED:
  case RJ_OBSERVED_REPLACED:
  case RJ_OBSERVED_MOVED:
    observe(&meters->stay, what->span);
    break;
  case RJ_OBSERVED_REFUSED: {
    bool is_known = what->reason >= 0 && what->reason < RJ_HTTP_REASONS;
    meters->refused[is_known ? what->reason : RJ_HTTP_REASONS - 1]++;
    break;
  }
  default:
    break;
  }
}

/* ------------------------------------------------------------------ the edge */

static void add_gauges(GString *out, const rj_server_view *view, uint32_t kicks) {
  const rj_server_counters *c = &view->counters;
  rj_metrics_family(out, "rejoin_members", "gauge",
                    "Members, by whether they were heard within the last 4 seconds.");
  rj_metrics_count(out, "rejoin_members", "state", "heard", c->sessions - view->silent);
  rj_metrics_count(out, "rejoin_members", "state", "silent", view->silent);
  rj_metrics_gauge(out, "rejoin_channels", "Channels.", c->channels);
  rj_metrics_gauge(out, "rejoin_connections", "QUIC connections.", c->port.links);
  rj_metrics_gauge(out, "rejoin_connections_waiting", "Connections that are no member's.",
                   c->waiting);
  rj_metrics_gauge(out, "rejoin_handshakes", "QUIC handshakes under way.", c->port.handshakes);
  rj_metrics_gauge(out, "rejoin_kicks", "Kicks in force.", kicks);
  rj_metrics_gauge(out, "rejoin_draining", "1 while the edge lets nobody new in.",
                   view->draining ? 1 : 0);
  rj_metrics_gauge(out, "rejoin_drain_members_told", "Members that this drain told to move.",
                   view->drain_told);
  rj_metrics_gauge(out, "rejoin_uptime_seconds", "Since the edge started.",
                   (double)view->age / (double)RJ_SECOND);
}

/* Of an edge that is alone there are none. */
static void add_cluster(GString *out, const rj_server_view *view) {
  if (!view->in_cluster)
    return;
  const rj_server_counters *c = &view->counters;
  rj_metrics_gauge(out, "rejoin_bus_connected", "1 while the cluster's bus can be reached.",
                   view->bus_connected ? 1 : 0);
  rj_metrics_gauge(out, "rejoin_cluster_edges", "Other edges of the cluster that are there.",
                   (double)view->alive);
  rj_metrics_counter(out, "rejoin_bus_received_total", "Messages of the bus that came.", c->bus_in);
  rj_metrics_counter(out, "rejoin_bus_sent_total", "Messages that went to the bus.", c->bus_out);
  rj_metrics_counter(out, "rejoin_bus_refused_total",
                     "Messages of the bus that are malformed, or claim what cannot be.",
                     c->bus_refused);
  rj_metrics_counter(out, "rejoin_bus_lost_total", "Messages that found no room on the way out.",
                     c->bus_lost);
  rj_metrics_counter(out, "rejoin_bus_repairs_total", "How often it asked for what it missed.",
                     c->bus_repairs);
  rj_metrics_counter(out, "rejoin_moves_total", "Members that are at another edge since.",
                     c->moves);
}

static void add_counters(GString *out, const rj_server_counters *c) {
  const struct {
    const char *name, *help;
    uint64_t value;
  } all[] = {
      {"rejoin_joins_total", "Joins of new members.", c->joins},
      {"rejoin_rejoins_total", "Members that came back.", c->rejoins},
      {"rejoin_takeovers_total", "Members replaced by a new join of the same uid.", c->takeovers},
      {"rejoin_leaves_total", "Members that left on purpose.", c->leaves},
      {"rejoin_drops_total", "Members that were not heard for too long.", c->drops},
      {"rejoin_expiries_total", "Members removed because their privilege ended.", c->expiries},
      {"rejoin_kicked_total", "Members removed by kicks.", c->kicks},
      {"rejoin_refusals_total", "Joins that were refused.", c->refusals},
      {"rejoin_busy_total", "Joins that were told to come again.", c->busy},
      {"rejoin_protocol_errors_total", "Connections closed for breaking the protocol.",
       c->protocol_errors},
      {"rejoin_datagrams_received_total", "UDP datagrams received.", c->port.datagrams_in},
      {"rejoin_datagrams_sent_total", "UDP datagrams sent.", c->port.datagrams_out},
      {"rejoin_connections_accepted_total", "QUIC connections accepted.", c->port.accepted},
      {"rejoin_retries_sent_total", "QUIC Retry packets sent.", c->port.retries_sent},
      {"rejoin_resets_sent_total", "Stateless resets sent.", c->port.resets_sent},
      {"rejoin_datagrams_malformed_total", "Datagrams that are no QUIC.", c->port.malformed},
      {"rejoin_datagrams_unknown_total", "Datagrams of connections that are not known.",
       c->port.unknown},
      {"rejoin_connections_refused_total", "Connections not accepted because the table is full.",
       c->port.refused_full},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
    rj_metrics_counter(out, all[i].name, all[i].help, all[i].value);
}

static void add_observed(GString *out, const rj_http_meters *meters) {
  rj_metrics_histogram(out, "rejoin_join_seconds",
                       "From a connection's first packet until its member is in.", &meters->join);
  rj_metrics_histogram(out, "rejoin_outage_seconds",
                       "How long members that came back were not heard (4 s and more).",
                       &meters->outage);
  rj_metrics_histogram(out, "rejoin_stay_seconds", "How long members stayed.", &meters->stay);
  rj_metrics_family(out, "rejoin_events_total", "counter", "What the edge told, by kind.");
  for (int kind = 0; kind < RJ_OBSERVED_KINDS; kind++)
    rj_metrics_count(out, "rejoin_events_total", "event", rj_http_event_name((rj_observed)kind),
                     meters->events[kind]);
  rj_metrics_family(out, "rejoin_refused_total", "counter", "Joins that were refused, by reason.");
  for (int reason = 0; reason < RJ_HTTP_REASONS; reason++) {
    char name[RJ_HTTP_REASON_SIZE];
    if (meters->refused[reason] > 0)
      rj_metrics_count(out, "rejoin_refused_total", "reason", rj_http_reason_name(reason, name),
                       meters->refused[reason]);
  }
}

/* ------------------------------------------------------------------ this administration */

static void add_http(GString *out, const rj_http *http) {
  const rj_http_meters *meters = &http->meters;
  rj_metrics_gauge(out, "rejoin_http_connections", "Connections of this administration.",
                   (double)rj_http_connections_count(http->connections));
  rj_metrics_gauge(out, "rejoin_http_event_listeners", "Open event streams.",
                   (double)rj_http_streams_count(http->streams));
  rj_metrics_family(out, "rejoin_http_answers_total", "counter", "Answers, by class of status.");
  for (unsigned class = 2; class < G_N_ELEMENTS(meters->answers); class ++) {
    char text[4] = {(char)('0' + class), 'x', 'x', '\0'};
    rj_metrics_count(out, "rejoin_http_answers_total", "status", text, meters->answers[class]);
  }
  rj_metrics_counter(out, "rejoin_http_observations_lost_total",
                     "Events that were lost before they were told.", meters->observations_lost);
  rj_metrics_histogram(out, "rejoin_http_hold_seconds",
                       "How long this administration kept the packet loop waiting, each time.",
                       &meters->hold);
  if (http->webhooks == NULL)
    return;
  rj_webhook_counts counts = rj_webhooks_counts(http->webhooks);
  rj_metrics_gauge(out, "rejoin_webhook_events_queued", "Events that wait to be delivered.",
                   (double)counts.queued);
  rj_metrics_counter(out, "rejoin_webhook_events_delivered_total", "Events delivered.",
                     counts.delivered);
  rj_metrics_counter(out, "rejoin_webhook_events_dropped_total",
                     "Events that found no room in the queue, or were lost before.",
                     counts.dropped);
  rj_metrics_counter(out, "rejoin_webhook_failures_total",
                     "Deliveries that failed and are tried again.", counts.failed);
}

/* ------------------------------------------------------------------ the process */

static double cpu_seconds(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0)
    return 0;
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* 0: this system does not tell. */
static double resident_bytes(void) {
  char *text = NULL;
  uint64_t size = 0, resident = 0;
  if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL) &&
      sscanf(text, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
    resident = 0;
  g_free(text);
  return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void) {
  GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
  double count = 0;
  while (dir != NULL && g_dir_read_name(dir) != NULL)
    count++;
  if (dir != NULL)
    g_dir_close(dir);
  return count > 0 ? count - 1 : 0; /* without the one that looks */
}

static void add_process(GString *out) {
  struct rlimit files;
  rj_metrics_family(out, "process_cpu_seconds_total", "counter", "User and system CPU time.");
  rj_metrics_sample(out, "process_cpu_seconds_total", NULL, NULL, cpu_seconds());
  rj_metrics_gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  rj_metrics_gauge(out, "process_open_fds", "Open file descriptors.", open_files());
  if (getrlimit(RLIMIT_NOFILE, &files) == 0)
    rj_metrics_gauge(out, "process_max_fds", "How many may be open.",
                     files.rlim_cur == RLIM_INFINITY ? -1 : (double)files.rlim_cur);
}

void rj_http_get_metrics(rj_http_call *call) {
  rj_http *http = call->http;
  rj_server_view view;
  rj_server *server;
  int64_t now;
  GString *out = g_string_new(NULL);
  bool is_up = rj_http_hold(http, &server, &now);
  if (is_up) {
    rj_inspect_server(server, &view, now);
    uint32_t kicks = (uint32_t)rj_kicks_count(rj_host_server_kicks(http->edge->server), now);
    rj_http_let_go(http, false);
    add_gauges(out, &view, kicks);
    add_counters(out, &view.counters);
    add_cluster(out, &view);
  }
  rj_metrics_gauge(out, "rejoin_up", "1 while the edge is up.", is_up ? 1 : 0);
  rj_metrics_family(out, "rejoin_build_info", "gauge", "1, with the version.");
  rj_metrics_sample(out, "rejoin_build_info", "version", rj_version(), 1);
  add_observed(out, &http->meters);
  add_http(out, http);
  add_process(out);
  rj_http_answer(call, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", out);
}
