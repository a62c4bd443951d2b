/* What a cluster of 50 edges costs, simulated: memory, processor time, the bus, a storm of joins and an edge's death.
 *
 *   cluster_scale [--members 5000] [--edges 50] [--channel-size 10] [--join-seconds 10] [--idle-seconds 30]
 *
 * Members of a channel are spread over the edges; each knows one edge, and has the others from it. All join in the first
 * seconds (a crowd that comes at once), idle, and then one edge dies without a word. Real members and real QUIC in one process,
 * virtual time. The linker leads the edges' calls of this program through the functions __wrap_… here, which count and time
 * them. When somebody is not in, does not see the whole channel, or is told anything of a peer by the edge's death, this exits
 * with 1. */
#define _POSIX_C_SOURCE 200809L
#include <glib.h>
#include <inttypes.h>
#include <rejoin/rejoin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/server.h"
#include "wire/cluster_codec.h"

enum { STEPS_A_SECOND = 10, SETTLE_SECONDS = 12, DEATH_SECONDS = 30, MEMBERS_MAX = 1000000 };
static const int64_t STEP = INT64_C(1000000000) / STEPS_A_SECOND;

static int members = 5000, edges = 50, channel_size = 10, join_seconds = 10, idle_seconds = 30;

/* ------------------------------------------------------------------ the taps */

enum { HELLO, CHANGES, DIGEST, PAGE, ASK, OTHER, KINDS };
static const char *const kind_names[KINDS] = {"hello", "changes", "digest", "page", "ask", "other"};

/* What the bus carries: messages by kind with their bytes and subjects, as published and as delivered; ns of processor time. */
typedef struct {
  uint64_t published[KINDS], bytes[KINDS], delivered, delivered_bytes;
  int64_t datagrams_ns, timers_ns, bus_ns;
} tally;

static tally counted;

static double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t spent(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int kind_of(const rj_bus_order *order) {
  static rj_cluster_message message;
  if (!rj_cluster_decode(&message, order->data, order->length, NULL))
    return OTHER;
  switch (message.which_body) {
  case rejoin_ClusterMessage_hello_tag:
    return HELLO;
  case rejoin_ClusterMessage_changes_tag:
    return CHANGES;
  case rejoin_ClusterMessage_digest_tag:
    return DIGEST;
  case rejoin_ClusterMessage_page_tag:
    return PAGE;
  case rejoin_ClusterMessage_ask_tag:
    return ASK;
  default:
    return OTHER;
  }
}

/* The names are the linker's (--wrap). */
void __real_rj_server_feed(rj_server *, const rj_path *, const uint8_t *, size_t, int64_t);
void __wrap_rj_server_feed(rj_server *, const rj_path *, const uint8_t *, size_t, int64_t);
bool __real_rj_server_write(rj_server *, rj_datagram *, int64_t);
bool __wrap_rj_server_write(rj_server *, rj_datagram *, int64_t);
void __real_rj_server_wake(rj_server *, int64_t);
void __wrap_rj_server_wake(rj_server *, int64_t);
bool __real_rj_server_bus_next(rj_server *, rj_bus_order *);
bool __wrap_rj_server_bus_next(rj_server *, rj_bus_order *);
void __real_rj_server_bus_feed(rj_server *, const char *, const uint8_t *, size_t, int64_t);
void __wrap_rj_server_bus_feed(rj_server *, const char *, const uint8_t *, size_t, int64_t);

void __wrap_rj_server_feed(rj_server *server, const rj_path *path, const uint8_t *data,
                           size_t length, int64_t now) {
  const int64_t began = spent();
  __real_rj_server_feed(server, path, data, length, now);
  counted.datagrams_ns += spent() - began;
}

bool __wrap_rj_server_write(rj_server *server, rj_datagram *out, int64_t now) {
  const int64_t began = spent();
  const bool any = __real_rj_server_write(server, out, now);
  counted.datagrams_ns += spent() - began;
  return any;
}

void __wrap_rj_server_wake(rj_server *server, int64_t now) {
  const int64_t began = spent();
  __real_rj_server_wake(server, now);
  counted.timers_ns += spent() - began;
}

bool __wrap_rj_server_bus_next(rj_server *server, rj_bus_order *out) {
  const int64_t began = spent();
  const bool any = __real_rj_server_bus_next(server, out);
  counted.bus_ns += spent() - began;
  if (any && out->kind == RJ_BUS_PUBLISH) {
    const int kind = kind_of(out);
    counted.published[kind]++;
    counted.bytes[kind] += out->length + strlen(out->subject);
  }
  return any;
}

void __wrap_rj_server_bus_feed(rj_server *server, const char *subject, const uint8_t *data,
                               size_t length, int64_t now) {
  const int64_t began = spent();
  __real_rj_server_bus_feed(server, subject, data, length, now);
  counted.bus_ns += spent() - began;
  counted.delivered++;
  counted.delivered_bytes += length + strlen(subject);
}

/* ------------------------------------------------------------------ the cluster */

typedef struct {
  rj_runtime *runtime;
  rj_edge **edges;
  rj_client **clients; /* uids from 1 on */
  GHashTable *numbers; /* of the clients */
  int64_t *back;       /* ns: when it last became CONNECTED, by client */
  uint8_t *outages;    /* 1: it was RECONNECTING, by client, since the edge died */
  int64_t did_join, peer_events, failed;
} cluster;

static void check(int32_t status, const rj_runtime *runtime, const char *what) {
  if (status >= 0)
    return;
  fprintf(stderr, "%s: %s (%s)\n", what, rj_status_name(status), rj_runtime_error_text(runtime));
  exit(1);
}

static void expect(int64_t is, int64_t wanted, const char *what) {
  if (is == wanted)
    return;
  fprintf(stderr, "%s: %" PRId64 ", and not %" PRId64 "\n", what, is, wanted);
  exit(1);
}

static double resident_mib(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
    exit(1);
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static int edge_of(int client) {
  /* the channel's number too: else channels of 10 would share five groups of edges */
  return (client + client / channel_size * 7) % edges;
}

static void take_events(cluster *c) {
  static rj_event event; /* it holds 4 KB of text */
  event.size = sizeof event;
  rj_client *ready;
  while (rj_runtime_next_ready(c->runtime, &ready) == 1) {
    const size_t number = GPOINTER_TO_SIZE(g_hash_table_lookup(c->numbers, ready));
    while (rj_client_next_event(ready, &event) == 1) {
      c->did_join += event.kind == RJ_EVENT_DID_JOIN_CHANNEL;
      c->peer_events += event.kind == RJ_EVENT_USER_JOINED || event.kind == RJ_EVENT_USER_OFFLINE;
      if (event.kind != RJ_EVENT_CONNECTION_CHANGED)
        continue;
      c->failed += event.state == RJ_STATE_FAILED;
      if (event.state == RJ_STATE_RECONNECTING)
        c->outages[number] = 1;
      if (event.state == RJ_STATE_CONNECTED)
        c->back[number] = event.time_ns;
    }
  }
}

static void run(cluster *c, int64_t span) {
  for (const int64_t until = rj_runtime_now(c->runtime) + span;
       rj_runtime_now(c->runtime) < until;) {
    check(rj_runtime_run(c->runtime, rj_runtime_now(c->runtime) + STEP, 0), c->runtime, "run");
    take_events(c);
  }
}

static void start(cluster *c) {
  const rj_runtime_options simulated = {.size = sizeof simulated, .simulated = 1, .seed = 1};
  check(rj_runtime_new(&simulated, &c->runtime), NULL, "runtime");
  const rj_edge_options options = {.size = sizeof options, .cluster = "scale"};
  c->edges = g_new0(rj_edge *, (gsize)edges);
  c->clients = g_new0(rj_client *, (gsize)members);
  c->numbers = g_hash_table_new(NULL, NULL);
  c->back = g_new0(int64_t, (gsize)members);
  c->outages = g_new0(uint8_t, (gsize)members);
  for (int i = 0; i < edges; i++)
    check(rj_edge_new(c->runtime, &options, &c->edges[i]), c->runtime, "edge");
  run(c, 3 * INT64_C(1000000000)); /* they meet */
}

static void make_clients(cluster *c) {
  for (int i = 0; i < members; i++) {
    const char *url = rj_edge_url(c->edges[edge_of(i)]);
    const rj_client_options one = {.size = sizeof one,
                                   .urls = &url,
                                   .url_count = 1,
                                   .fingerprint = rj_edge_fingerprint(c->edges[edge_of(i)])};
    check(rj_client_new(c->runtime, &one, &c->clients[i]), c->runtime, "client");
    g_hash_table_insert(c->numbers, c->clients[i], GSIZE_TO_POINTER((size_t)i));
  }
}

/* ------------------------------------------------------------------ what is told */

static tally since(const tally *before) {
  tally d = counted;
  for (int i = 0; i < KINDS; i++) {
    d.published[i] -= before->published[i];
    d.bytes[i] -= before->bytes[i];
  }
  d.delivered -= before->delivered;
  d.delivered_bytes -= before->delivered_bytes;
  d.datagrams_ns -= before->datagrams_ns;
  d.timers_ns -= before->timers_ns;
  d.bus_ns -= before->bus_ns;
  return d;
}

static void print_bus(const tally *d, double seconds) {
  uint64_t all = 0, bytes = 0;
  printf("    bus, published:");
  for (int i = 0; i < KINDS; i++) {
    all += d->published[i];
    bytes += d->bytes[i];
    if (d->published[i] > 0)
      printf(" %s %.0f/s of %.0f bytes;", kind_names[i], (double)d->published[i] / seconds,
             (double)d->bytes[i] / (double)d->published[i]);
  }
  printf("\n    bus, in all: %.0f messages/s, %.0f KB/s published; %.0f messages/s, %.0f KB/s "
         "delivered, %.0f messages/s to an edge\n",
         (double)all / seconds, (double)bytes / seconds / 1000, (double)d->delivered / seconds,
         (double)d->delivered_bytes / seconds / 1000, (double)d->delivered / seconds / edges);
  printf("    bus, of a member: %.3f messages/s, %.1f bytes/s published; %.3f messages/s, %.1f "
         "bytes/s delivered\n",
         (double)all / seconds / members, (double)bytes / seconds / members,
         (double)d->delivered / seconds / members, (double)d->delivered_bytes / seconds / members);
}

static void print_time(const char *of, const tally *d, double units, double all) {
  printf("    processor time of %s: edges %.3f ms (datagrams %.3f, timers %.3f, bus %.3f); with "
         "members and simulator %.3f ms\n",
         of, (double)(d->datagrams_ns + d->timers_ns + d->bus_ns) / units / 1e6,
         (double)d->datagrams_ns / units / 1e6, (double)d->timers_ns / units / 1e6,
         (double)d->bus_ns / units / 1e6, all * 1e3 / units);
}

static uint64_t edge_sum(cluster *c) {
  uint64_t sum = 0;
  for (int i = 0; i < edges; i++) {
    rj_edge_counts counts = {.size = sizeof counts};
    check(rj_edge_counters(c->edges[i], &counts), c->runtime, "counters");
    sum += counts.members;
  }
  return sum;
}

static int compare(const void *a, const void *b) {
  const int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
  return (one > two) - (one < two);
}

/* ------------------------------------------------------------------ the story */

static void come(cluster *c) {
  const tally before = counted;
  const double memory = resident_mib(), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const int steps = join_seconds * STEPS_A_SECOND;
  const int64_t began = rj_runtime_now(c->runtime);
  make_clients(c);
  const double made = resident_mib();
  for (int step = 0, i = 0; step < steps; step++) {
    for (; i < (int)((int64_t)members * (step + 1) / steps); i++) {
      char channel[32];
      snprintf(channel, sizeof channel, "channel-%d", i / channel_size);
      g_assert(c->clients[i] != NULL);
      check(rj_client_join_channel(c->clients[i], NULL, channel, (uint32_t)i + 1), c->runtime,
            "join");
    }
    run(c, STEP);
  }
  for (int wait = 0; c->did_join < members && wait < 600; wait++)
    run(c, STEP);
  const double seconds = (double)(rj_runtime_now(c->runtime) - began) / 1e9;
  tally d = since(&before);
  printf("\n  %d members join in %d s: all are in after %.1f s\n", members, join_seconds, seconds);
  print_bus(&d, seconds);
  print_time("a join", &d, members, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  expect(c->did_join, members, "members that came in");
  run(c, SETTLE_SECONDS * INT64_C(1000000000));
  int64_t pairs = 0;
  for (int left = members; left > 0; left -= channel_size) {
    const int size = left < channel_size ? left : channel_size;
    pairs += (int64_t)size * (size - 1);
  }
  expect(c->peer_events, pairs, "user_joined");
  const double full = resident_mib();
  printf("    memory: %.0f MiB; a member %.1f KB, with its client (%.1f KB before the join), its "
         "share of the edge, and what the cluster knows of it\n",
         full, (full - memory) * 1048.576 / members, (made - memory) * 1048.576 / members);
  fflush(stdout);
}

static void idle(cluster *c) {
  const tally before = counted;
  const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  run(c, idle_seconds * INT64_C(1000000000));
  const tally d = since(&before);
  printf("\n  they idle for %d s\n", idle_seconds);
  print_bus(&d, idle_seconds);
  print_time("a member-minute", &d, (double)members * idle_seconds / 60.0,
             seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  fflush(stdout);
}

static void die(cluster *c) {
  rj_edge_counts counts = {.size = sizeof counts};
  g_assert(c->edges[0] != NULL);
  check(rj_edge_counters(c->edges[0], &counts), c->runtime, "counters");
  const tally before = counted;
  const int64_t at = rj_runtime_now(c->runtime), failed = c->failed;
  c->peer_events = 0;
  memset(c->outages, 0, (size_t)members);
  check(rj_edge_crash(c->edges[0]), c->runtime, "crash");
  run(c, DEATH_SECONDS * INT64_C(1000000000));
  int64_t *took = g_new0(int64_t, counts.members + 1);
  uint32_t moved = 0, disturbed = 0;
  for (int i = 0; i < members; i++) {
    if (edge_of(i) == 0 && c->back[i] > at && moved < counts.members)
      took[moved++] = c->back[i] - at;
    disturbed += edge_of(i) != 0 && c->outages[i] > 0;
  }
  const uint32_t half = moved / 2;
  expect(moved, counts.members, "members of the dead edge that are in again");
  qsort(took, moved, sizeof *took, compare);
  const tally d = since(&before);
  printf("\n  an edge with %" PRIu32
         " members dies: all are at other edges, half after %.1f s, the "
         "last after %.1f s; RECONNECTING elsewhere: %" PRIu32 "; peer events: %" PRId64 "\n",
         counts.members, moved ? (double)took[half] / 1e9 : 0,
         moved ? (double)took[moved - 1] / 1e9 : 0, disturbed, c->peer_events);
  print_bus(&d, DEATH_SECONDS);
  g_free(took);
  expect((int64_t)edge_sum(c), members, "members of all edges afterwards");
  expect(c->failed - failed, 0, "members that failed");
  expect(c->peer_events, 0, "peer events");
}

static void end(cluster *c) {
  for (int i = 0; i < members; i++)
    rj_client_free(c->clients[i]);
  for (int i = 0; i < edges; i++)
    rj_edge_free(c->edges[i]);
  rj_runtime_free(c->runtime);
  g_free(c->edges);
  g_free(c->clients);
  g_hash_table_unref(c->numbers);
  g_free(c->back);
  g_free(c->outages);
}

static void read_options(int argc, char **argv) {
  const struct {
    const char *name;
    int *value;
    long least, most;
  } options[] = {{"--members", &members, 1, MEMBERS_MAX},
                 {"--edges", &edges, 2, RJ_CLUSTER_EDGES},
                 {"--channel-size", &channel_size, 1, 10000},
                 {"--join-seconds", &join_seconds, 1, 3600},
                 {"--idle-seconds", &idle_seconds, 1, 3600}};
  for (int i = 1; i < argc; i += 2) {
    size_t at = 0;
    while (at < sizeof options / sizeof *options && strcmp(argv[i], options[at].name) != 0)
      at++;
    char *rest = NULL;
    const long value = i + 1 < argc ? strtol(argv[i + 1], &rest, 10) : 0;
    if (at == sizeof options / sizeof *options || rest == NULL || *rest != '\0' ||
        value < options[at].least || value > options[at].most) {
      fprintf(stderr,
              "%s: options are --members --edges --channel-size --join-seconds "
              "--idle-seconds, each with a number\n",
              argv[i]);
      exit(2);
    }
    *options[at].value = (int)value;
  }
}

int main(int argc, char **argv) {
  static cluster c;
  read_options(argc, argv);
  const double began = seconds_of(CLOCK_MONOTONIC);
  printf("%d edges, %d members in channels of %d\n", edges, members, channel_size);
  fflush(stdout);
  start(&c);
  const tally before = counted;
  run(&c, 10 * INT64_C(1000000000));
  const tally d = since(&before);
  printf("\n  the edges alone\n");
  print_bus(&d, 10);
  come(&c);
  idle(&c);
  die(&c);
  end(&c);
  printf("\n  all of it took %.0f s, %.0f s of processor time\n",
         seconds_of(CLOCK_MONOTONIC) - began, seconds_of(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}
