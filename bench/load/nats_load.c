/* nats-server alone, without Rejoin, for cross_edge.py: how long a message takes, and how many it carries.
 *
 *   nats_load URL latency MESSAGES PER_SECOND   a line for each: µs from publish to the other connection's callback
 *   nats_load URL flood MESSAGES RECEIVERS      "flood: SECONDS": of all messages, each to all receivers
 *
 * Messages have the 72 bytes of a change of presence and a subject as a channel's. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <nats/nats.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

enum { BYTES = 72, RECEIVERS_MAX = 64 };
static const char subject[] = "rejoin.bench.c.-.ZGVtbw";
static _Atomic int64_t arrived_at, arrived;

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK)
    return;
  fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

static void sleep_until(int64_t when) {
  const int64_t left = when - load_now();
  if (left > 0)
    nanosleep(&(struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000}, NULL);
}

static natsConnection *connect_to(const char *url, bool at_once) {
  natsOptions *options;
  natsConnection *made;
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetURL(options, url), "url");
  check(natsOptions_SetSendAsap(options, at_once), "options");
  check(natsConnection_Connect(&made, options), "connecting");
  natsOptions_Destroy(options);
  return made;
}

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *user) {
  (void)connection, (void)subscription, (void)user;
  atomic_store(&arrived_at, load_now());
  atomic_fetch_add(&arrived, 1);
  natsMsg_Destroy(message);
}

static void wait_for(int64_t count) {
  const int64_t limit = load_now() + INT64_C(60) * 1000000000;
  while (atomic_load(&arrived) < count) {
    if (load_now() > limit) {
      fprintf(stderr, "%" PRId64 " of %" PRId64 " messages came\n", atomic_load(&arrived), count);
      exit(1);
    }
    sleep_until(load_now() + 200000);
  }
}

static void latency(natsConnection *out, long messages, long rate) {
  static const char data[BYTES];
  int64_t next = load_now();
  for (long i = 0; i < messages; i++) {
    sleep_until(next += 1000000000 / rate);
    const int64_t began = load_now();
    check(natsConnection_Publish(out, subject, data, BYTES), "publishing");
    wait_for(i + 1);
    printf("message %" PRId64 "\n", (atomic_load(&arrived_at) - began) / 1000);
  }
}

static void flood(natsConnection *out, long messages, long receivers) {
  static const char data[BYTES];
  const int64_t began = load_now();
  for (long i = 0; i < messages; i++)
    check(natsConnection_Publish(out, subject, data, BYTES), "publishing");
  check(natsConnection_Flush(out), "flushing");
  wait_for((int64_t)messages * receivers);
  printf("flood: %.3f\n", (double)(atomic_load(&arrived_at) - began) / 1e9);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "nats_load URL latency|flood MESSAGES PER_SECOND|RECEIVERS\n");
    return 2;
  }
  const bool floods = strcmp(argv[2], "flood") == 0;
  const long messages = strtol(argv[3], NULL, 10), number = strtol(argv[4], NULL, 10);
  const long receivers = floods ? number : 1;
  if (messages < 1 || number < 1 || receivers > RECEIVERS_MAX)
    return 2;
  natsConnection *out = connect_to(argv[1], !floods), *in[RECEIVERS_MAX];
  natsSubscription *subscriptions[RECEIVERS_MAX];
  for (long i = 0; i < receivers; i++) {
    in[i] = connect_to(argv[1], false);
    check(natsConnection_Subscribe(&subscriptions[i], in[i], subject, on_message, NULL),
          "subscribing");
    check(natsSubscription_SetPendingLimits(subscriptions[i], -1, -1), "subscribing");
    check(natsConnection_Flush(in[i]), "subscribing");
  }
  (floods ? flood : latency)(out, messages, number);
  for (long i = 0; i < receivers; i++) {
    natsSubscription_Destroy(subscriptions[i]);
    natsConnection_Destroy(in[i]);
  }
  natsConnection_Destroy(out);
  nats_Close();
  return 0;
}
